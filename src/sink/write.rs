//! One batch, one transaction: the ledger's swap first, then tables by name, then dead letters and gaps. Partitions
//! that cannot be written leave, and the transaction is repeated without them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::account::{counted, difference, effect, promised};
use super::bisect::Culprit;
use super::collapse::{At, Shares, any_table, by_table, partitions};
use super::connection::{Connection, Value};
use super::dead_letter::{self, DeadLetter};
use super::ledger::{key, keys, position, time_value};
use super::merge::{Halt, TableWork, Verdict};
use super::tables::fits;
use super::transaction::BatchTx;
use super::{Counts, Left, Sink, Written};
use crate::batch::{Batch, Effect, Share};
use crate::config::OnBadRecord;
use crate::dialect::Dialect;
use crate::error::{Class, Failure};
use crate::record::{Code, Partition, Refusal, TableName};
use crate::telemetry::COMMIT_DURATION;

/// After a key was there already, so many batches look first.
const CAREFUL_BATCHES: u32 = 100;
/// A table that made so many batches wait for a lock in vain lets the others go on without it.
const BUSY_AFTER: u32 = 2;

/// What one attempt came to.
enum Attempt {
    /// All of it is durable.
    Committed(Committed),
    /// These leave; the others go on without them.
    Left(BTreeMap<Partition, Left>),
    /// These swaps missed because an earlier attempt was committed after all; the others go on without them.
    Missed { applied: Vec<(Partition, i64)>, fenced: BTreeMap<Partition, Left> },
    /// A deferred constraint failed at the commit: once more, with each checked at once.
    Immediate,
}

/// What a transaction left behind.
#[derive(Default)]
struct Committed {
    counts: Vec<Counts>,
    refused: Vec<(Partition, i64, Code)>,
}

/// Why an attempt ended before its commit.
enum Stop {
    Failed(Failure),
    Leave(BTreeMap<Partition, Left>),
}

impl Sink {
    pub(super) async fn write_batch(&mut self, batch: &Batch) -> Result<Written, Failure> {
        let mut written = Written::default();
        let mut shares: Vec<(&Partition, &Share)> = batch.shares.iter().collect();
        let mut immediate = false;
        while !shares.is_empty() {
            match self.attempt(&shares, immediate).await? {
                Attempt::Immediate => immediate = true,
                Attempt::Left(left) => leave(&mut shares, &mut written, left),
                Attempt::Missed { applied, fenced } => {
                    for (partition, next) in applied {
                        shares.retain(|(other, _)| **other != partition);
                        written.durable.0.insert(partition, next);
                    }
                    leave(&mut shares, &mut written, fenced);
                }
                Attempt::Committed(committed) => {
                    for ((partition, share), counts) in shares.drain(..).zip(committed.counts) {
                        written.durable.0.insert(partition.clone(), share.next);
                        written.counts.insert(partition.clone(), counts);
                    }
                    written.refused = committed.refused;
                }
            }
        }
        Ok(written)
    }

    async fn attempt(&mut self, shares: &Shares<'_>, immediate: bool) -> Result<Attempt, Failure> {
        let connection = self.open().await?;
        let dialect = connection.dialect();
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed("begin a transaction", &error))?;
        if immediate && dialect == Dialect::Postgres {
            let done = tx.script("SET CONSTRAINTS ALL IMMEDIATE").await;
            done.map_err(|error| self.failed("check constraints at once", &error))?;
        }
        if let Err(error) = self.swap_all(&mut tx, shares).await {
            return match error {
                Swap::Missed(applied, fenced) => {
                    self.connection = tx.rollback().await;
                    Ok(Attempt::Missed { applied, fenced })
                }
                Swap::Failed(partition, error) => {
                    let failure = self.failed(&format!("write the ledger's row of {partition}"), &error);
                    let mut connection = tx.rollback().await;
                    if failure.class == Class::Retry
                        && let Some(connection) = &mut connection
                    {
                        self.end_predecessor(connection, &partition).await;
                    }
                    self.connection = connection;
                    Err(failure)
                }
            };
        }
        match self.fill(&mut tx, shares).await {
            Ok(committed) => self.commit(tx, committed, immediate).await,
            Err(Stop::Leave(left)) => {
                self.connection = tx.rollback().await;
                Ok(Attempt::Left(left))
            }
            Err(Stop::Failed(failure)) => {
                let connection = tx.rollback().await;
                // SQLite is to open its file again after the disk was full.
                let reopen = dialect == Dialect::Sqlite && failure.class == Class::Wait;
                if failure.class != Class::Reconnect && !reopen {
                    self.connection = connection;
                }
                Err(failure)
            }
        }
    }

    async fn commit(&mut self, tx: BatchTx, committed: Committed, immediate: bool) -> Result<Attempt, Failure> {
        let begun = Instant::now();
        match tx.commit().await {
            Ok(connection) => {
                metrics::histogram!(COMMIT_DURATION).record(begun.elapsed().as_secs_f64());
                self.connection = Some(connection);
                Ok(Attempt::Committed(committed))
            }
            // The outcome is unknown, and the connection is gone: the next attempt's swap tells.
            Err(error) => {
                let failure = self.failed("commit", &error);
                match failure.class {
                    Class::Row if !immediate => Ok(Attempt::Immediate),
                    _ => Err(failure),
                }
            }
        }
    }

    /// Moves every partition's offset on, in lock order, with the counts that its effects promise.
    async fn swap_all(&self, tx: &mut BatchTx, shares: &Shares<'_>) -> Result<(), Swap> {
        let sql = self.ledger.swap();
        let mut missed = Vec::new();
        for (partition, share) in shares {
            let mut values = vec![
                Value::Int(share.next),
                Value::from(share.tail.map(|tail| tail.offset)),
                Value::from(share.tail.map(|tail| tail.fingerprint)),
                time_value(self.dialect, share.last_timestamp),
            ];
            values.extend(counted(&promised(share)));
            values.extend(key(&self.config.sink, partition));
            values.extend([Value::Int(share.epoch), Value::Int(share.from)]);
            let hit = tx.execute(&sql, &values).await;
            match hit.map_err(|error| Swap::Failed((*partition).clone(), error))? {
                1 => {}
                _ => missed.push((*partition, *share)),
            }
        }
        if missed.is_empty() {
            return Ok(());
        }
        let sql = self.ledger.read(Some(missed.len()));
        let values = keys(&self.config.sink, missed.iter().map(|(partition, _)| *partition));
        let rows = tx.fetch(&sql, &values).await.map_err(|error| Swap::Failed(missed[0].0.clone(), error))?;
        let mut stored: BTreeMap<Partition, super::Position> =
            rows.iter().filter_map(|row| position(row)).map(|(partition, position, _)| (partition, position)).collect();
        let (mut applied, mut fenced) = (Vec::new(), BTreeMap::new());
        for (partition, share) in missed {
            let stored = stored.remove(partition);
            if stored.as_ref().is_some_and(|row| row.epoch == share.epoch && row.next_offset == share.next) {
                applied.push((partition.clone(), share.next));
            } else {
                fenced.insert(partition.clone(), Left::Fenced(stored));
            }
        }
        Err(Swap::Missed(applied, fenced))
    }

    /// Everything between the swap and the commit.
    async fn fill(&mut self, tx: &mut BatchTx, shares: &Shares<'_>) -> Result<Committed, Stop> {
        let tables = by_table(shares);
        let mut dead: Vec<Culprit> = Vec::new();
        let mut duplicates: Vec<At> = Vec::new();
        for (name, records) in &tables {
            let verdict = self.write_table(tx, shares, name, records).await?;
            duplicates.extend(verdict.duplicates);
            dead.extend(verdict.dead);
        }
        self.stop_at_bad_records(shares, &dead)?;
        let incarnations = self.incarnations(tx, shares).await?;
        let incarnations: Vec<&str> = incarnations.iter().map(String::as_str).collect();
        self.write_dead_letters(tx, shares, &incarnations, &dead).await?;
        self.write_gaps(tx, shares, &incarnations).await?;
        let mut committed = Committed::default();
        for (index, (partition, share)) in shares.iter().enumerate() {
            let mut counts = promised(share);
            let before = counts;
            let here = |at: &At| at.share == index;
            for at in duplicates.iter().filter(|at| here(at)) {
                *effect(&mut counts, share, *at) -= 1;
                counts.duplicate += 1;
            }
            for culprit in dead.iter().filter(|culprit| here(&culprit.at)) {
                *effect(&mut counts, share, culprit.at) -= 1;
                counts.dead += 1;
                let offset = share.records[culprit.at.record].offset;
                committed.refused.push(((*partition).clone(), offset, culprit.reason.code));
            }
            if counts != before {
                let mut values = difference(&counts, &before).to_vec();
                values.extend(key(&self.config.sink, partition));
                let done = tx.execute(&self.ledger.correct(), &values).await;
                done.map_err(|error| Stop::Failed(self.failed("correct the ledger's counts", &error)))?;
            }
            committed.counts.push(counts);
        }
        Ok(committed)
    }

    /// Checks a table's shapes and writes its part.
    async fn write_table(
        &mut self,
        tx: &mut BatchTx,
        shares: &Shares<'_>,
        name: &TableName,
        records: &[At],
    ) -> Result<Verdict, Stop> {
        let leave = |left: Left| {
            let leaving = partitions(shares, records).into_iter().map(|partition| (partition, left.clone()));
            Stop::Leave(leaving.collect())
        };
        let halt = match self.fit(tx, shares, name, records).await {
            Ok(true) => {
                let careful = self.careful.get(name).is_some_and(|left| *left > 0);
                let work = TableWork { dialect: self.dialect, shares, records, careful };
                match work.write(tx).await {
                    Ok(verdict) => {
                        self.remember(name, verdict.collided);
                        return Ok(verdict);
                    }
                    Err(halt) => halt,
                }
            }
            Ok(false) => return Err(leave(Left::Reshaped(format!("table {name} is not as its shape says")))),
            Err(error) => Halt::Error(error),
        };
        let error = match halt {
            Halt::Taken(taken) => {
                let message = format!(
                    "write to table {name}: positions of this topic were loaded before, while the ledger says they were \
                     not; empty the table with `flatsink reset --truncate`"
                );
                let left = Left::Stopped(Refusal::new("position_taken", message));
                return Err(Stop::Leave(taken.into_iter().map(|partition| (partition, left.clone())).collect()));
            }
            Halt::Error(error) => error,
        };
        let failure = self.failed(&format!("write to table {name}"), &error).of_table(name);
        let lock = matches!(
            (self.dialect, failure.code.as_str()),
            (Dialect::Postgres, "55P03") | (Dialect::Mysql | Dialect::Mariadb, "1205")
        );
        match failure.class {
            Class::Schema => Err(leave(Left::Reshaped(failure.to_string()))),
            Class::Stop if is_tables_own(self.dialect, &failure.code) => {
                Err(leave(Left::Stopped(Refusal::new(refusal_code(&failure.code), failure.to_string()))))
            }
            Class::Retry if lock => {
                let waited = self.busy.entry(name.clone()).or_default();
                *waited += 1;
                if *waited >= BUSY_AFTER {
                    return Err(leave(Left::Busy(failure.to_string())));
                }
                Err(Stop::Failed(failure))
            }
            _ => Err(Stop::Failed(failure)),
        }
    }

    /// Whether all shapes of a table's records fit the table as it is.
    async fn fit(
        &mut self,
        tx: &mut BatchTx,
        shares: &Shares<'_>,
        name: &TableName,
        records: &[At],
    ) -> Result<bool, sqlx::Error> {
        let mut shapes: Vec<&crate::record::Table> = any_table(shares, records).into_iter().collect();
        let used: BTreeSet<usize> = records.iter().map(|at| at.share).collect();
        for segment in used.into_iter().flat_map(|index| &shares[index].1.segments) {
            let table = &*segment.table;
            if table.name == *name && !shapes.iter().any(|shape| std::ptr::eq(*shape, table) || **shape == *table) {
                shapes.push(table);
            }
        }
        let (cache, config) = (&mut self.shapes, &self.config);
        tx.ask(async |connection: &mut Connection| fits(connection, config, &shapes, cache).await).await
    }

    fn remember(&mut self, name: &TableName, collided: bool) {
        self.busy.remove(name);
        if collided {
            self.careful.insert(name.clone(), CAREFUL_BATCHES);
        } else if let Some(left) = self.careful.get_mut(name) {
            *left -= 1;
            if *left == 0 {
                self.careful.remove(name);
            }
        }
    }

    /// `on_bad_record: stop`: the first that the database refused stops its partition.
    fn stop_at_bad_records(&self, shares: &Shares<'_>, dead: &[Culprit]) -> Result<(), Stop> {
        let mut left: BTreeMap<Partition, Left> = BTreeMap::new();
        let mut sorted: Vec<&Culprit> = dead.iter().collect();
        sorted.sort_by_key(|culprit| culprit.at);
        for culprit in sorted {
            let (partition, share) = shares[culprit.at.share];
            let stops =
                self.config.entry(&partition.topic).is_some_and(|entry| entry.on_bad_record == OnBadRecord::Stop);
            if stops && !left.contains_key(partition) {
                let offset = share.records[culprit.at.record].offset;
                left.insert(partition.clone(), Left::Bad(offset, culprit.reason.clone()));
            }
        }
        if left.is_empty() { Ok(()) } else { Err(Stop::Leave(left)) }
    }

    /// The incarnation of each share's topic, asked only where something is written under it.
    async fn incarnations(&self, tx: &mut BatchTx, shares: &Shares<'_>) -> Result<Vec<String>, Stop> {
        let held = shares.iter().map(|(partition, _)| self.held.get(*partition).map(|held| held.incarnation.clone()));
        if let Some(all) = held.collect::<Option<Vec<String>>>() {
            return Ok(all);
        }
        let values = keys(&self.config.sink, shares.iter().map(|(partition, _)| *partition));
        let rows = tx.fetch(&self.ledger.read(Some(shares.len())), &values).await;
        let rows = rows.map_err(|error| Stop::Failed(self.failed("read the ledger", &error)))?;
        let found: BTreeMap<Partition, String> = rows
            .iter()
            .filter_map(|row| position(row))
            .map(|(partition, row, _)| (partition, row.incarnation))
            .collect();
        Ok(shares.iter().map(|(partition, _)| found.get(*partition).cloned().unwrap_or_default()).collect())
    }

    async fn write_dead_letters(
        &self,
        tx: &mut BatchTx,
        shares: &Shares<'_>,
        incarnations: &[&str],
        dead: &[Culprit],
    ) -> Result<(), Stop> {
        let mut letters = Vec::new();
        for (index, (_, share)) in shares.iter().enumerate() {
            for (number, record) in share.records.iter().enumerate() {
                if let Effect::Dead(reason) = &record.effect {
                    letters.push(DeadLetter { at: At { share: index, record: number }, reason, sqlstate: None });
                }
            }
        }
        letters.extend(dead.iter().map(|culprit| DeadLetter {
            at: culprit.at,
            reason: &culprit.reason,
            sqlstate: culprit.sqlstate.as_deref(),
        }));
        letters.sort_by_key(|letter| letter.at);
        let context = dead_letter::Context {
            dialect: self.dialect,
            ledger: &self.ledger,
            sink: &self.config.sink,
            shares,
            incarnations,
            record_max: dead_letter::record_max(&self.config, tx.connection()),
        };
        let done = dead_letter::write(tx, &context, &letters).await;
        // Its own row is never at fault here: nothing of a dead letter is judged by the database.
        done.map_err(|error| Stop::Failed(never_row(self.failed("write dead letters", &error))))
    }

    async fn write_gaps(&self, tx: &mut BatchTx, shares: &Shares<'_>, incarnations: &[&str]) -> Result<(), Stop> {
        for ((partition, share), incarnation) in shares.iter().zip(incarnations) {
            for (from, to) in &share.lost {
                let [sink, topic, part] = key(&self.config.sink, partition);
                let values = [sink, topic, Value::from(*incarnation), part, Value::Int(*from), Value::Int(*to)];
                let done = tx.execute(&self.ledger.gap(), &values).await;
                done.map_err(|error| Stop::Failed(never_row(self.failed("write down a gap", &error))))?;
            }
        }
        Ok(())
    }
}

/// Why the swaps did not all hit.
enum Swap {
    Missed(Vec<(Partition, i64)>, BTreeMap<Partition, Left>),
    Failed(Partition, sqlx::Error),
}

fn leave(shares: &mut Vec<(&Partition, &Share)>, written: &mut Written, left: BTreeMap<Partition, Left>) {
    shares.retain(|(partition, _)| !left.contains_key(*partition));
    written.left.extend(left);
}

fn never_row(failure: Failure) -> Failure {
    Failure { class: if failure.class == Class::Row { Class::Stop } else { failure.class }, ..failure }
}

/// Whether a code that stops is about the table that was written to, and not about the login or the whole database.
fn is_tables_own(dialect: Dialect, code: &str) -> bool {
    match dialect {
        Dialect::Postgres => code.starts_with("42") || code.starts_with("54") || code == "21000" || code == "3F000",
        Dialect::Mysql | Dialect::Mariadb => !matches!(code, "1044" | "1045" | "1049" | ""),
        Dialect::Sqlite => code == "1",
    }
}

fn refusal_code(code: &str) -> &'static str {
    match code {
        "42501" | "1142" | "1143" | "1227" => "privilege",
        _ => "refused",
    }
}
