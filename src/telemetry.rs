//! What flatsink tells of itself: logs, metrics, and the HTTP endpoints.

use std::sync::Arc;
use std::sync::Mutex;

use crate::record::Partition;

/// What `/status`, `/ready` and `/live` show: the workers write, the endpoints read.
#[derive(Clone, Debug, Default)]
pub struct Board(#[allow(dead_code)] Arc<Mutex<()>>);

/// How one partition stands.
#[derive(Clone, Debug, Default)]
pub struct PartitionStatus {
    /// claiming, flowing, paused, parked, stopped
    pub state: &'static str,
    /// Why it does not flow.
    pub reason: Option<String>,
    /// A stable code of the reason, where it has stopped.
    pub code: Option<String>,
    /// The next offset that is durable.
    pub next_offset: i64,
    /// The last stable offset, where it is known.
    pub stable_offset: Option<i64>,
}

impl Board {
    /// The worker's thread has polled: it is not stuck.
    pub fn polled(&self, _worker: usize) {}

    /// The worker has joined the group.
    pub fn joined(&self, _worker: usize) {}

    /// The database, the broker or the registry answers, or not (`flatsink_dependency_up`).
    pub fn dependency(&self, _name: &'static str, _up: bool) {}

    /// How a partition of this worker stands; `None`: it is no longer its.
    pub fn partition(&self, _worker: usize, _partition: &Partition, _status: Option<PartitionStatus>) {}

    /// The table of a topic.
    pub fn table(&self, _topic: &str, _table: &str) {}

    /// The partitions that have stopped, and why.
    pub fn stopped(&self) -> std::collections::BTreeMap<Partition, String> {
        Default::default()
    }

    /// Why the last partition stopped, where none of this process flows any more.
    pub fn all_stopped(&self) -> Option<String> {
        None
    }

    /// The process is stopping.
    pub fn stopping(&self) {}
}
