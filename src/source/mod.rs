//! Kafka in: messages, rebalances, statistics; and the commit that lag tools read. The only place that knows
//! rdkafka. It never decides: what to do about an event is the pipeline's.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Config;
use crate::record::{Message, Partition};
use crate::sink::Durable;

/// What went wrong with Kafka.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Asking again will not help: login, TLS, a wrong host name, a property that librdkafka refuses.
    #[error("{0}")]
    Fatal(String),
    /// No answer for now.
    #[error("{0}")]
    Unavailable(String),
}

/// One consumer of the group; lives on its worker's thread.
#[derive(Debug)]
pub struct Source {}

/// What a poll brought.
#[derive(Debug)]
pub enum Polled<'a> {
    /// A message; its bytes are borrowed from the consumer.
    Message(Received<'a>),
    /// Nothing within the time given.
    Nothing,
    /// The partition's offset is not on the broker (`_AUTO_OFFSET_RESET`).
    OutOfRange(String),
    /// A passing failure; dozens a second in an outage.
    Failed(SourceError),
}

/// A received message.
#[derive(Debug)]
pub struct Received<'a>(std::marker::PhantomData<&'a ()>);

impl Received<'_> {
    /// Its view.
    pub fn message(&self) -> Message<'_> {
        Message { topic: "", partition: 0, offset: 0, timestamp: None, key: None, value: None, headers: &[] }
    }
}

/// A change of the assignment, in order; taken after each poll and before its message is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// These are ours now, at `End` and not paused, until the claim seeks.
    Assigned(Vec<Partition>),
    /// These are no longer ours; they may have been lost long ago.
    Revoked(Vec<Partition>),
}

/// What librdkafka's statistics say of one assigned partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionStatistics {
    /// Messages that wait in the queue.
    pub queued: i64,
    /// The next offset to fetch.
    pub next_offset: i64,
    /// The offset at which the end was last reached; −1 before.
    pub eof_offset: i64,
    /// The last stable offset; −1 before it is known.
    pub stable_offset: i64,
}

impl Source {
    /// Makes the consumer; it connects by itself and joins the group with `subscribe`.
    ///
    /// # Errors
    /// `Fatal`: a property that librdkafka refuses.
    pub fn open(_config: &Config, _worker: usize) -> Result<Source, SourceError> {
        Err(SourceError::Fatal("the source is not there yet".into()))
    }

    /// Reads these topics from now on, by name.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn subscribe(&self, _topics: &[String]) -> Result<(), SourceError> {
        Ok(())
    }

    /// Waits for the next message, at most so long. Serves rebalances and statistics.
    pub fn poll(&self, _timeout: Duration) -> Polled<'_> {
        Polled::Nothing
    }

    /// The changes of the assignment since the last call.
    pub fn take_rebalances(&self) -> Vec<Rebalance> {
        Vec::new()
    }

    /// The statistics, if they came since the last call (every second).
    pub fn take_statistics(&self) -> Option<BTreeMap<Partition, PartitionStatistics>> {
        None
    }

    /// Moves assigned partitions, and waits until it is done: what comes afterwards is at or above the offset.
    /// A partition whose fetch state does not allow it yet is in the answer, with why.
    pub fn seek(&self, _to: &BTreeMap<Partition, i64>) -> BTreeMap<Partition, SourceError> {
        BTreeMap::new()
    }

    /// Fetches no more from these.
    pub fn pause(&self, _partitions: &[Partition]) {}

    /// Fetches from these again, where they stood.
    pub fn resume(&self, _partitions: &[Partition]) {}

    /// Takes a partition that is out of range off the assignment and on again at this offset.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn restart(&self, _partition: &Partition, _offset: i64) -> Result<(), SourceError> {
        Ok(())
    }

    /// Tells the group, without waiting: for lag tools only, and only of what is durable and still ours.
    pub fn commit(&self, _durable: &Durable) {}

    /// A handle for questions that block: to be used off the polling thread.
    pub fn broker(&self) -> Broker {
        Broker {}
    }

    /// Leaves the group and closes, within this time.
    pub fn close(self, _timeout: Duration) {}
}

/// Questions to the cluster; each blocks until the answer or a time-out of 10 s.
#[derive(Clone, Debug)]
pub struct Broker {}

/// What became of a commit that was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Accepted under our generation: the partition is ours.
    Accepted,
    /// The group no longer counts us in.
    Lost,
    /// No certain answer.
    Unknown(String),
}

impl Broker {
    /// A client without a group, for questions before there is a consumer (`check`, `reset`, the start of `run`).
    ///
    /// # Errors
    /// `Fatal`: a property that librdkafka refuses.
    pub fn open(_config: &Config) -> Result<Broker, SourceError> {
        Err(SourceError::Fatal("the source is not there yet".into()))
    }

    /// All topics and how many partitions each has.
    ///
    /// # Errors
    /// See `SourceError`; a wrong host name, TLS or login is `Fatal`.
    pub fn topics(&self) -> Result<BTreeMap<String, i32>, SourceError> {
        Ok(BTreeMap::new())
    }

    /// The first offset that is retained, and the offset after the last (the last stable one) of a partition.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn watermarks(&self, _partition: &Partition) -> Result<(i64, i64), SourceError> {
        Ok((0, 0))
    }

    /// By partition the first offset of this time (milliseconds since 1970) or later; the end where there is none.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn offsets_at(&self, _topic: &str, _partitions: i32, _timestamp: i64) -> Result<Vec<i64>, SourceError> {
        Ok(Vec::new())
    }

    /// By partition what another group has committed.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn committed(&self, _group: &str, _topic: &str, _partitions: i32) -> Result<Vec<Option<i64>>, SourceError> {
        Ok(Vec::new())
    }

    /// Commits one offset and waits: tells whether the group still counts us in (R3).
    pub fn commit_and_wait(&self, _partition: &Partition, _offset: i64) -> Committed {
        Committed::Lost
    }
}
