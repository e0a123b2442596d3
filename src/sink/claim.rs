//! Claims: each raises the ledger's epoch and names the connection that holds it, so that a successor can end it
//! where it froze.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::connection::{Connection, Purpose, Value};
use super::ledger::{Owner, key, keys, position};
use super::transaction::BatchTx;
use super::{Claim, Held, Position, Sink};
use crate::dialect::Dialect;
use crate::error::{Class, Failure};
use crate::record::Partition;

/// Partitions of one statement.
const CHUNK: usize = 100;
/// How long one claim waits for a locked row at most, in seconds.
const WAIT: u32 = 2;
/// Who could not lock a row for so long in all ends the connection that holds it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the blocker is looked for while we wait for its row.
const PAUSE: Duration = Duration::from_millis(50);

type Row = (Partition, Position, String);

impl Sink {
    pub(super) async fn claim_all(
        &mut self,
        partitions: &[Partition],
        seen: &BTreeMap<Partition, i64>,
    ) -> Result<BTreeMap<Partition, Claim>, Failure> {
        let sorted: BTreeSet<&Partition> = partitions.iter().collect();
        let sorted: Vec<&Partition> = sorted.into_iter().collect();
        let mut claims = BTreeMap::new();
        for chunk in sorted.chunks(CHUNK) {
            let held = self.claim_chunk(chunk, seen, None).await?;
            claims.extend(held.into_iter().map(|(partition, position)| (partition, Claim::Held(position))));
        }
        let rest: Vec<&Partition> = sorted.iter().copied().filter(|each| !claims.contains_key(*each)).collect();
        // Only a plain read says that a row is missing.
        let there = if rest.is_empty() { BTreeMap::new() } else { self.read(&rest).await? };
        let mut waited_in_vain = false;
        for partition in rest {
            let claim = if !there.contains_key(partition) {
                Claim::Missing
            } else if waited_in_vain {
                Claim::Locked
            } else {
                self.claim_locked(partition, seen).await?
            };
            waited_in_vain |= claim == Claim::Locked;
            claims.insert(partition.clone(), claim);
        }
        Ok(claims)
    }

    /// One try at a row that another transaction holds.
    async fn claim_locked(&mut self, partition: &Partition, seen: &BTreeMap<Partition, i64>) -> Result<Claim, Failure> {
        let since = Instant::now();
        let left = PATIENCE.saturating_sub(self.waited.get(partition).copied().unwrap_or_default());
        let wait = u32::try_from(left.as_secs()).unwrap_or(WAIT).clamp(1, WAIT);
        let mut held = self.claim_chunk(&[partition], seen, Some(wait)).await?;
        if let Some(position) = held.remove(partition) {
            self.waited.remove(partition);
            return Ok(Claim::Held(position));
        }
        let waited = self.waited.entry(partition.clone()).or_default();
        *waited += since.elapsed();
        if *waited >= PATIENCE {
            let mut connection = self.open().await?;
            self.end_predecessor(&mut connection, partition).await;
            self.connection = Some(connection);
            self.waited.remove(partition);
        }
        Ok(Claim::Locked)
    }

    /// Claims the rows that are not locked or, with a wait in seconds, the one row; what is not in the answer is
    /// locked or missing.
    async fn claim_chunk(
        &mut self,
        partitions: &[&Partition],
        seen: &BTreeMap<Partition, i64>,
        wait: Option<u32>,
    ) -> Result<BTreeMap<Partition, Position>, Failure> {
        let attempted = "claim partitions in the ledger";
        let mut connection = self.open().await?;
        let dialect = connection.dialect();
        if let (Dialect::Mysql | Dialect::Mariadb, Some(wait)) = (dialect, wait) {
            let sql = format!("SET SESSION innodb_lock_wait_timeout = {wait}");
            connection.script(&sql).await.map_err(|error| self.failed(attempted, &error))?;
        }
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed(attempted, &error))?;
        if let (Dialect::Postgres, Some(wait)) = (dialect, wait) {
            let sql = format!("SET LOCAL lock_timeout = '{wait}s'");
            tx.script(&sql).await.map_err(|error| self.failed(attempted, &error))?;
        }
        let sql = self.ledger.lock(partitions.len(), wait.is_none());
        let rows = tx.fetch(&sql, &keys(&self.config.sink, partitions.iter().copied())).await;
        let mut held = BTreeMap::new();
        let mut failure = None;
        match rows {
            Err(error) if wait.is_some() && is_lock_timeout(dialect, &error) => {}
            Err(error) => failure = Some(self.failed(attempted, &error)),
            Ok(rows) => {
                for (partition, mut position, _) in owned(&rows) {
                    position.epoch = position.epoch.max(seen.get(&partition).copied().unwrap_or(0)) + 1;
                    let mut values = vec![Value::Int(position.epoch), Value::Text(self.owner.clone())];
                    values.extend(key(&self.config.sink, &partition));
                    let done = tx.execute(&self.ledger.claim(), &values).await;
                    done.map_err(|error| self.failed(attempted, &error))?;
                    held.insert(partition, position);
                }
            }
        }
        let mut connection = if held.is_empty() {
            tx.rollback().await
        } else {
            Some(tx.commit().await.map_err(|error| self.failed(attempted, &error))?)
        };
        if let (Dialect::Mysql | Dialect::Mariadb, Some(_), Some(open)) = (dialect, wait, &mut connection) {
            let sql = format!("SET SESSION innodb_lock_wait_timeout = {}", PATIENCE.as_secs());
            open.script(&sql).await.map_err(|error| self.failed(attempted, &error))?;
        }
        if failure.as_ref().is_none_or(|failure| failure.class != Class::Reconnect) {
            self.connection = connection;
        }
        for (partition, position) in &held {
            let held = Held { epoch: position.epoch, incarnation: position.incarnation.clone() };
            self.held.insert(partition.clone(), held);
        }
        failure.map_or(Ok(held), Err)
    }

    /// Names a new connection the owner of all claims that still hold, before any batch.
    pub(super) async fn renew(&self, connection: Connection) -> Result<Connection, Failure> {
        let attempted = "renew the claims in the ledger";
        if self.held.is_empty() {
            return Ok(connection);
        }
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed(attempted, &error))?;
        for (partition, held) in &self.held {
            let mut values = vec![Value::Text(self.owner.clone())];
            values.extend(key(&self.config.sink, partition));
            values.push(Value::Int(held.epoch));
            if let Err(error) = tx.execute(&self.ledger.renew(), &values).await {
                let failure = self.failed(attempted, &error);
                // Our own earlier connection may still hold the row.
                if failure.class == Class::Retry
                    && let Some(mut connection) = tx.rollback().await
                {
                    self.end_predecessor(&mut connection, partition).await;
                }
                return Err(failure);
            }
        }
        tx.commit().await.map_err(|error| self.failed(attempted, &error))
    }

    /// Ends the connection that the ledger's row names as its owner, where that is one of our own user and it
    /// holds the row. What goes wrong here is the next attempt's affair.
    pub(super) async fn end_predecessor(&self, waiter: &mut Connection, partition: &Partition) {
        let ended = match waiter.dialect() {
            Dialect::Postgres => self.end_postgres(waiter, partition).await,
            Dialect::Mysql | Dialect::Mariadb => self.end_mysql(waiter, partition).await,
            // The file is the dead process's until the system takes it back.
            Dialect::Sqlite => return,
        };
        match ended {
            Ok(true) => tracing::warn!(%partition, "ended the connection that held the ledger's row"),
            Ok(false) => {}
            Err(failure) => tracing::warn!(%partition, %failure, "could not end the connection that holds the row"),
        }
    }

    /// Waits for the row on one connection and asks on another who is in the way, so that only the blocker itself
    /// is ended.
    async fn end_postgres(&self, waiter: &mut Connection, partition: &Partition) -> Result<bool, Failure> {
        let Some(owner) = self.owner_of(waiter, partition).await? else {
            return Ok(false);
        };
        let mut second = Connection::open(&self.config.database, Purpose::Data).await?;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 \
                   AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2 AND usename = current_user \
                   AND pid = ANY (pg_blocking_pids(CAST($3 AS integer)))";
        let values = [Value::Int(owner.id), Value::Int(owner.started), Value::Int(waiter.session.id)];
        let lock = self.ledger.lock(1, false);
        let keys = keys(&self.config.sink, std::iter::once(partition));
        let over = AtomicBool::new(false);
        let wait = async {
            // It ends by its own time-out, or with the blocker.
            let _ = waiter.script("BEGIN").await;
            let _ = waiter.fetch(&lock, &keys).await;
            over.store(true, Ordering::Release);
            waiter.script("ROLLBACK").await
        };
        let ask = async {
            while !over.load(Ordering::Acquire) {
                if !second.fetch(sql, &values).await?.is_empty() {
                    return Ok(true);
                }
                tokio::time::sleep(PAUSE).await;
            }
            Ok(false)
        };
        let (waited, ended) = tokio::join!(wait, ask);
        waited.map_err(|error| self.failed("wait for the ledger's row", &error))?;
        let ended = ended.map_err(|error| self.failed("end a blocking connection", &error))?;
        second.close().await;
        Ok(ended)
    }

    async fn end_mysql(&self, waiter: &mut Connection, partition: &Partition) -> Result<bool, Failure> {
        let Some(owner) = self.owner_of(waiter, partition).await? else {
            return Ok(false);
        };
        // The server's start is known to a second or two only; an id is not given twice between two starts.
        if owner.id == waiter.session.id || (owner.started - waiter.session.started).abs() > 2 {
            return Ok(false);
        }
        let mut second = Connection::open(&self.config.database, Purpose::Data).await?;
        let alive = is_ours(&mut second, owner.id).await;
        let alive = alive.map_err(|error| self.failed("look for a blocking connection", &error))?;
        if alive {
            let ended = second.script(&format!("KILL {}", owner.id)).await;
            ended.map_err(|error| self.failed("end a blocking connection", &error))?;
        }
        second.close().await;
        Ok(alive)
    }

    async fn owner_of(&self, connection: &mut Connection, partition: &Partition) -> Result<Option<Owner>, Failure> {
        let values = keys(&self.config.sink, std::iter::once(partition));
        let rows = connection.fetch(&self.ledger.read(Some(1)), &values).await;
        let rows = rows.map_err(|error| self.failed("read the ledger", &error))?;
        Ok(owned(&rows).into_iter().next().and_then(|(_, _, owner)| Owner::parse(&owner)))
    }

    /// Positions by a plain read.
    pub(super) async fn read(&mut self, partitions: &[&Partition]) -> Result<BTreeMap<Partition, Position>, Failure> {
        let mut positions = BTreeMap::new();
        for chunk in partitions.chunks(CHUNK) {
            let values = keys(&self.config.sink, chunk.iter().copied());
            let rows = self.query("read the ledger", &self.ledger.read(Some(chunk.len())), &values).await?;
            positions.extend(owned(&rows).into_iter().map(|(partition, position, _)| (partition, position)));
        }
        Ok(positions)
    }
}

/// The rows of a read that are as they should be.
pub(super) fn owned(rows: &[Vec<Value>]) -> Vec<Row> {
    let owned = rows.iter().filter_map(|row| position(row));
    owned.map(|(partition, position, owner)| (partition, position, owner.to_owned())).collect()
}

/// Whether a connection of this MySQL user has that id. Not by information_schema.processlist: MySQL fails with 3854
/// as long as any connection's statement holds bytes that are no text.
pub(super) async fn is_ours(connection: &mut Connection, id: i64) -> Result<bool, sqlx::Error> {
    let user = connection.fetch("SELECT SUBSTRING_INDEX(USER(), '@', 1)", &[]).await?;
    let user = user.first().and_then(|row| row.first()).and_then(Value::text);
    let found = connection.fetch("SHOW PROCESSLIST", &[]).await?;
    Ok(found.iter().any(|row| row[0].int() == Some(id) && row[1].text() == user))
}

fn is_lock_timeout(dialect: Dialect, error: &sqlx::Error) -> bool {
    let code = crate::error::code(dialect, error);
    matches!((dialect, code.as_str()), (Dialect::Postgres, "55P03") | (Dialect::Mysql | Dialect::Mariadb, "1205"))
}
