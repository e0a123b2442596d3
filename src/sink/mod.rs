//! The only place that executes SQL: one transaction of ledger, deletes, rows and dead letters; tables; our own
//! tables. It never touches Kafka, and only it can make a `Durable`.

use std::collections::BTreeMap;

use crate::batch::{Batch, Tail};
use crate::error::Failure;
use crate::record::{Partition, Refusal};

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

// The methods, all `async`, take `&mut self`:
//   Sink::connect(config: &Config, worker: usize) -> Result<Sink, Failure>
//   migrate() -> Result<(), Failure>
//   topics() -> Result<BTreeMap<String, KnownTopic>, Failure>
//   first_sight(topic: &str, incarnation: &str, starts: &[i64]) -> Result<KnownTopic, Failure>
//   add_partitions(topic: &str, starts: &[i64]) -> Result<KnownTopic, Failure>     // rows from the stored count on
//   claim(partitions: &[Partition]) -> Result<BTreeMap<Partition, Claim>, Failure>
//   prepare(topic: &str, table: &Table) -> Result<Result<(), Refusal>, Failure>    // create or alter
//   write(batch: &Batch) -> Result<Written, Failure>
//   probe(partitions: &[Partition]) -> Result<BTreeMap<Partition, Position>, Failure>   // plain read

#[allow(dead_code)]
fn seal(offsets: BTreeMap<Partition, i64>, _: &Batch) -> Result<Durable, Failure> {
    Ok(Durable(offsets))
}
