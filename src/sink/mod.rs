//! The only place that executes SQL: one transaction of ledger, deletes, rows and dead letters; tables; our own
//! tables. It never touches Kafka, and only it can make a `Durable`.

mod account;
mod bisect;
mod claim;
mod collapse;
mod connection;
mod dead_letter;
mod grants;
mod inspect;
mod ledger;
mod merge;
mod migrate;
mod mysql;
mod postgres;
pub(crate) mod report;
mod reset;
mod rows;
mod session;
mod sqlite;
mod tables;
mod topics;
mod transaction;
mod write;

pub(crate) use inspect::{Finding, Verdict, is_foreign_journal, privileges, server};
pub(crate) use ledger::own_table;
pub(crate) use migrate::all as all_migrations;
pub(crate) use tables::{Looked, look};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::batch::{Batch, Tail};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::dialect::statement::ledger::Ledger;
use crate::error::{Class, Failure};
use crate::record::{Code, Partition, Reason, Refusal, Standing, Table, TableName};

use connection::{Connection, Purpose, Value};
use ledger::Owner;

/// Offsets whose rows are durable: proof that a transaction with them has committed. Only the sink makes one.
#[must_use]
#[derive(Clone, Debug, Default)]
pub struct Durable(BTreeMap<Partition, i64>);

impl Durable {
    /// The next offset to read, by partition.
    pub fn offsets(&self) -> &BTreeMap<Partition, i64> {
        &self.0
    }
}

/// A row of the ledger as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which topic this is: Kafka's topic id if known, else a number that `reset` raises.
    pub incarnation: String,
    /// Raised by every claim.
    pub epoch: i64,
    /// Where the count began.
    pub start_offset: i64,
    /// The next offset to apply.
    pub next_offset: i64,
    /// The last record delivered.
    pub tail: Option<Tail>,
}

/// What a claim of one partition came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Ours, at this position.
    Held(Position),
    /// Another transaction holds the row: try again.
    Locked,
    /// The ledger has no row of it.
    Missing,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Written {
    /// What is durable now.
    pub durable: Durable,
    /// The partitions that left the batch, and why; nothing of theirs was written.
    pub left: Vec<(Partition, Left)>,
    /// What was counted, by partition, for the metrics.
    pub counts: BTreeMap<Partition, Counts>,
    /// Records that only the database refused, by offset; they are among `counts.dead`.
    pub refused: Vec<(Partition, i64, Code)>,
}

/// Why a partition left a batch.
#[derive(Clone, Debug)]
pub enum Left {
    /// The swap missed: another owner, or a database that went back. The ledger's row as it stands, if any.
    Fenced(Option<Position>),
    /// Its table stopped.
    Stopped(Refusal),
    /// Its table is locked by somebody; the partition may try again in a minute.
    Busy(String),
    /// The table is not as the shape says: `prepare` again, then read again from the ledger's offset.
    Reshaped(String),
    /// `on_bad_record: stop`, and the database refused the record at this offset.
    Bad(i64, Reason),
}

/// How the records of a partition in one batch ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows written.
    pub applied: u64,
    /// Equal repeats of a uuid.
    pub duplicate: u64,
    /// Dead letters.
    pub dead: u64,
    /// Deletes.
    pub deleted: u64,
    /// Skipped by rule.
    pub skipped: u64,
    /// Offsets never delivered.
    pub gap: u64,
}

/// A topic as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTopic {
    /// Which topic of this name it is.
    pub incarnation: String,
    /// How many partitions have rows.
    pub partitions: i32,
}

/// The sink of one worker: one connection for data, a second on need. After a failure the connection may be gone;
/// the next call connects again.
#[derive(Debug)]
pub struct Sink {
    config: Arc<Config>,
    worker: usize,
    dialect: Dialect,
    ledger: Ledger,
    connection: Option<Connection>,
    /// The text that names our connection in the ledger.
    owner: String,
    /// The claims that a new connection renews.
    held: BTreeMap<Partition, Held>,
    /// How long we have waited in all for rows that others hold.
    waited: BTreeMap<Partition, Duration>,
    /// Batches that still look first, by table.
    careful: HashMap<TableName, u32>,
    /// Batches that waited in vain for a lock, by table.
    busy: HashMap<TableName, u32>,
    shapes: tables::ShapeCache,
    /// Failures in a row whose code no table knows.
    unknown: u32,
}

/// A claim of ours.
#[derive(Clone, Debug)]
struct Held {
    epoch: i64,
    incarnation: String,
}

/// A server that has not answered for so long is given up: its own limits end everything sooner.
const WRITE_DEADLINE: Duration = Duration::from_secs(300);
const DEADLINE: Duration = Duration::from_secs(60);
/// A code that no table knows is tried again so often.
const UNKNOWN_MAX: u32 = 5;

impl Sink {
    /// Connects, sets the session's limits and checks what the promise rests on.
    ///
    /// # Errors
    /// `Class::Stop` with `Scope::Process` where asking again cannot help.
    pub async fn connect(config: Arc<Config>, worker: usize) -> Result<Sink, Failure> {
        let connection = Connection::open(&config.database, Purpose::Data).await?;
        let dialect = connection.dialect();
        let ledger = Ledger::new(dialect, config.database.ledger_schema.as_deref());
        let owner = Owner::of(worker, &connection.session);
        if let Some(why) = dead_letter::too_small(&config, &connection) {
            let todo = "raise max_allowed_packet, or make record_max smaller";
            return Err(Failure::stop("connect to the database", format!("{why}; {todo}")));
        }
        let whole = dead_letter::record_max(&config, &connection);
        if whole < config.record_max && worker == 0 {
            tracing::warn!(
                max_allowed_packet = connection.session.packet_max,
                "the server takes smaller packets than twice record_max: larger records than {whole} bytes are cut in \
                 flatsink_dead_letter"
            );
        }
        Ok(Sink {
            config,
            worker,
            dialect,
            ledger,
            connection: Some(connection),
            owner,
            held: BTreeMap::new(),
            waited: BTreeMap::new(),
            careful: HashMap::new(),
            busy: HashMap::new(),
            shapes: tables::ShapeCache::default(),
            unknown: 0,
        })
    }

    /// The dialect, MySQL told from MariaDB.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Reads files of secrets again; false: nothing has changed, so that trying again cannot help.
    pub fn reload_secrets(&mut self) -> bool {
        use secrecy::ExposeSecret as _;
        let Ok(config) = self.config.reload_secrets() else {
            return false;
        };
        let password = |config: &Config| config.database.password.as_ref().map(|it| it.expose_secret().to_owned());
        let changed = password(&config) != password(&self.config);
        self.config = Arc::new(config);
        changed
    }

    /// Makes and migrates flatsink's own tables, under a lock.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn migrate(&mut self) -> Result<(), Failure> {
        migrate::migrate(&self.config.database).await
    }

    /// The statements that `migrate` would execute now; nothing is changed.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn migrations(&mut self) -> Result<Vec<String>, Failure> {
        migrate::pending(&self.config.database).await
    }

    /// All topics that this sink has seen.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn topics(&mut self) -> Result<BTreeMap<String, KnownTopic>, Failure> {
        self.all_topics().await
    }

    /// Writes the topic and all its partitions down, each with where it starts; whoever comes second reads what
    /// the first wrote.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn first_sight(&mut self, topic: &str, starts: &[i64]) -> Result<KnownTopic, Failure> {
        self.add_topic(topic, starts).await
    }

    /// Adds the partitions from the stored count on; `starts` has one entry for each partition of the topic.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn add_partitions(&mut self, topic: &str, starts: &[i64]) -> Result<KnownTopic, Failure> {
        self.extend_topic(topic, starts).await
    }

    /// Claims partitions: raises each epoch above the stored one and above `seen`, and names us the owner.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn claim(
        &mut self,
        partitions: &[Partition],
        seen: &BTreeMap<Partition, i64>,
    ) -> Result<BTreeMap<Partition, Claim>, Failure> {
        within(DEADLINE, "claim partitions in the ledger", self.claim_all(partitions, seen)).await
    }

    /// Forgets claims, so that a new connection does not renew them.
    pub fn release(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            self.held.remove(partition);
            self.waited.remove(partition);
        }
    }

    /// Writes every partition that still holds, in one transaction, or none; says which left and why. Writing it
    /// again changes nothing.
    ///
    /// # Errors
    /// See `Failure`; nothing of the batch was written, or the outcome is unknown and writing again resolves it.
    pub async fn write(&mut self, batch: &Batch) -> Result<Written, Failure> {
        let done = within(WRITE_DEADLINE, "write a batch", self.write_batch(batch)).await;
        self.count(done)
    }

    /// The ledger's rows of these partitions, by a plain read.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn probe(&mut self, partitions: &[Partition]) -> Result<BTreeMap<Partition, Position>, Failure> {
        let partitions: Vec<&Partition> = partitions.iter().collect();
        self.read(&partitions).await
    }

    /// All rows of this sink in the ledger.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn positions(&mut self) -> Result<BTreeMap<Partition, Position>, Failure> {
        let values = [Value::from(self.config.sink.as_str())];
        let rows = self.query("read the ledger", &self.ledger.read(None), &values).await?;
        Ok(claim::owned(&rows).into_iter().map(|(partition, position, _)| (partition, position)).collect())
    }

    /// Makes or alters the table so that rows of this schema fit, in a step and a session of its own, safe against
    /// others who do the same, and answers with what stands of it. `schema_id` becomes the topic's newest.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn prepare(
        &mut self,
        topic: &str,
        schema_id: i32,
        table: &Table,
    ) -> Result<Result<Standing, Refusal>, Failure> {
        tables::prepare(&self.config, topic, schema_id, table).await
    }

    /// The newest schema id that `prepare` has seen for the topic: what a tombstone without one is read by.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn newest_schema(&mut self, topic: &str) -> Result<Option<i32>, Failure> {
        let mut connection = self.open().await?;
        let newest = tables::newest_schema(&mut connection, &self.config, topic).await;
        self.keep(connection, newest)
    }

    /// Sets a topic's partitions (or the one) to these offsets, deliberately: the epoch rises, the counts begin
    /// anew. `recreated` makes it another topic of the same name; `truncate` deletes the rows that came from these
    /// partitions, in the same transaction.
    ///
    /// # Errors
    /// See `Failure`; nothing was changed then.
    pub async fn reset(
        &mut self,
        topic: &str,
        partition: Option<i32>,
        to: &[(i32, i64)],
        recreated: bool,
        truncate: bool,
    ) -> Result<(), Failure> {
        self.reset_topic(topic, partition, to, recreated, truncate).await
    }

    /// Closes the connections in order.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }

    /// The connection, taken: it comes back where it is still good. A new one first renews the claims.
    async fn open(&mut self) -> Result<Connection, Failure> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = Connection::open(&self.config.database, Purpose::Data).await?;
        self.owner = Owner::of(self.worker, &connection.session);
        self.renew(connection).await
    }

    /// Gives the connection back, unless the failure says that it is gone.
    fn keep<T>(&mut self, connection: Connection, done: Result<T, Failure>) -> Result<T, Failure> {
        if !matches!(&done, Err(failure) if failure.class == Class::Reconnect) {
            self.connection = Some(connection);
        }
        done
    }

    /// One query by itself.
    async fn query(&mut self, attempted: &str, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Failure> {
        within(DEADLINE, attempted, async {
            let mut connection = self.open().await?;
            let rows = connection.fetch(sql, values).await.map_err(|error| self.failed(attempted, &error));
            self.keep(connection, rows)
        })
        .await
    }

    /// A failure, classified.
    fn failed(&self, attempted: &str, error: &sqlx::Error) -> Failure {
        Failure::new(self.dialect, false, attempted, error)
    }

    /// Stops after some failures in a row that nobody knows.
    fn count<T>(&mut self, done: Result<T, Failure>) -> Result<T, Failure> {
        match done {
            Err(failure) if failure.class == Class::Retry && !failure.known(self.dialect) => {
                self.unknown += 1;
                let class = if self.unknown >= UNKNOWN_MAX { Class::Stop } else { Class::Retry };
                Err(Failure { class, ..failure })
            }
            done => {
                self.unknown = 0;
                done
            }
        }
    }
}

/// The answer, unless it takes too long: a connection to a server that the network lost says nothing for ever. What
/// is cut off here owns its connection, which is closed with it, so that nothing half done is ever gone on with.
async fn within<T>(
    limit: Duration,
    attempted: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = |_| Failure {
        class: Class::Reconnect,
        ..Failure::stop(attempted, format!("no answer for {} s", limit.as_secs()))
    };
    tokio::time::timeout(limit, work).await.map_err(late)?
}

#[cfg(test)]
mod tests;
