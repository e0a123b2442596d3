//! The only place that executes SQL: one transaction of ledger, deletes, rows and dead letters; tables; our own
//! tables. It never touches Kafka, and only it can make a `Durable`.

mod connection;
mod ledger;
mod migrate;
mod session;
mod tables;

pub(crate) use tables::plan_of;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::batch::{Batch, Tail};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::record::{Code, Partition, Reason, Refusal, Table};

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

/// The sink of one worker: one connection for data, a second on need.
#[derive(Debug)]
pub struct Sink {}

impl Sink {
    /// Connects, sets the session's limits and checks what the promise rests on (guarantees.md A.1, A.7, R8).
    ///
    /// # Errors
    /// `Class::Stop` with `Scope::Process` where asking again cannot help.
    pub async fn connect(_config: Arc<Config>, _worker: usize) -> Result<Sink, Failure> {
        Err(absent())
    }

    /// The dialect, MySQL told from MariaDB.
    pub fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    /// Reads files of secrets again; false: nothing has changed, so that trying again cannot help.
    pub fn reload_secrets(&mut self) -> bool {
        false
    }

    /// Makes and migrates flatsink's own tables, under a lock.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn migrate(&mut self) -> Result<(), Failure> {
        Err(absent())
    }

    /// All topics that this sink has seen.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn topics(&mut self) -> Result<BTreeMap<String, KnownTopic>, Failure> {
        Err(absent())
    }

    /// Writes the topic and all its partitions down, each with where it starts; whoever comes second reads what
    /// the first wrote.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn first_sight(&mut self, _topic: &str, _starts: &[i64]) -> Result<KnownTopic, Failure> {
        Err(absent())
    }

    /// Adds the partitions from the stored count on; `starts` has one entry for each partition of the topic.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn add_partitions(&mut self, _topic: &str, _starts: &[i64]) -> Result<KnownTopic, Failure> {
        Err(absent())
    }

    /// Claims partitions: raises each epoch above the stored one and above `seen`, and names us the owner.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn claim(
        &mut self,
        _partitions: &[Partition],
        _seen: &BTreeMap<Partition, i64>,
    ) -> Result<BTreeMap<Partition, Claim>, Failure> {
        Err(absent())
    }

    /// Forgets claims, so that a new connection does not renew them.
    pub fn release(&mut self, _partitions: &[Partition]) {}

    /// Writes every partition that still holds, in one transaction, or none; says which left and why. Writing it
    /// again changes nothing.
    ///
    /// # Errors
    /// See `Failure`; nothing of the batch was written, or the outcome is unknown and writing again resolves it.
    pub async fn write(&mut self, _batch: &Batch) -> Result<Written, Failure> {
        Err(absent())
    }

    /// The ledger's rows of these partitions, by a plain read.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn probe(&mut self, _partitions: &[Partition]) -> Result<BTreeMap<Partition, Position>, Failure> {
        Err(absent())
    }

    /// All rows of this sink in the ledger.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn positions(&mut self) -> Result<BTreeMap<Partition, Position>, Failure> {
        Err(absent())
    }

    /// Makes or alters the table so that rows of this shape fit, in a step and a session of its own, safe against
    /// others who do the same. `schema_id` becomes the topic's newest.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn prepare(
        &mut self,
        _topic: &str,
        _schema_id: i32,
        _table: &Table,
    ) -> Result<Result<(), Refusal>, Failure> {
        Err(absent())
    }

    /// The newest schema id that `prepare` has seen for the topic: what a tombstone without one is read by.
    ///
    /// # Errors
    /// See `Failure`.
    pub async fn newest_schema(&mut self, _topic: &str) -> Result<Option<i32>, Failure> {
        Err(absent())
    }

    /// Closes the connections in order.
    pub async fn close(self) {}
}

fn absent() -> Failure {
    Failure {
        class: crate::error::Class::Stop,
        scope: crate::error::Scope::Process,
        code: String::new(),
        attempted: "reach the database".into(),
        message: "the sink is not there yet".into(),
    }
}

#[allow(dead_code)]
fn seal(offsets: BTreeMap<Partition, i64>) -> Durable {
    Durable(offsets)
}
