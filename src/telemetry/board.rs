//! How the load stands at this moment: the workers write, the endpoints read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::record::Partition;

/// More workers than a configuration may have.
const WORKERS_MAX: usize = 512;
/// A polling thread that is silent for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// What `/status`, `/ready` and `/live` show: the workers write, the endpoints read.
#[derive(Clone, Debug)]
pub struct Board(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How often each worker has polled: all that the hot path does.
    polls: [AtomicU64; WORKERS_MAX],
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    started: Instant,
    workers: BTreeMap<usize, Worker>,
    dependencies: BTreeMap<&'static str, Dependency>,
    partitions: BTreeMap<Partition, (usize, PartitionStatus)>,
    tables: BTreeMap<String, String>,
    /// The partition that stopped last.
    stopped_last: Option<Partition>,
    stopping: bool,
}

/// What is known of a worker.
#[derive(Clone, Copy, Debug, Default)]
struct Worker {
    joined: bool,
    /// The count of polls that was seen last, and when it was new.
    seen: Option<(u64, Instant)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Dependency {
    up: bool,
    /// It has answered once.
    answered: bool,
}

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

/// How far the load is, over all partitions of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The partitions.
    pub partitions: usize,
    /// Those among them that have stopped.
    pub stopped: usize,
    /// The sum of their durable offsets.
    pub offsets: i64,
    /// Records that are not durable yet.
    pub lag: i64,
}

impl PartitionStatus {
    /// Records that are not durable yet, where the end is known.
    pub fn lag(&self) -> Option<i64> {
        self.stable_offset.map(|stable| stable.saturating_sub(self.next_offset).max(0))
    }

    fn stopped(&self) -> bool {
        self.state == "stopped"
    }
}

impl Default for Board {
    fn default() -> Board {
        let state = State {
            started: Instant::now(),
            workers: BTreeMap::new(),
            dependencies: BTreeMap::new(),
            partitions: BTreeMap::new(),
            tables: BTreeMap::new(),
            stopped_last: None,
            stopping: false,
        };
        Board(Arc::new(Shared { polls: [const { AtomicU64::new(0) }; WORKERS_MAX], state: Mutex::new(state) }))
    }
}

impl Board {
    /// The worker's thread has polled: it is not stuck.
    pub fn polled(&self, worker: usize) {
        if let Some(polls) = self.0.polls.get(worker) {
            polls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The worker has joined the group.
    pub fn joined(&self, worker: usize) {
        self.state().workers.entry(worker).or_default().joined = true;
    }

    /// The database, the broker or the registry answers, or not (`flatsink_dependency_up`).
    pub fn dependency(&self, name: &'static str, up: bool) {
        let mut state = self.state();
        let dependency = state.dependencies.entry(name).or_default();
        *dependency = Dependency { up, answered: dependency.answered || up };
    }

    /// How a partition of this worker stands; `None`: it is no longer its.
    pub fn partition(&self, worker: usize, partition: &Partition, status: Option<PartitionStatus>) {
        let mut state = self.state();
        let Some(status) = status else {
            // Another worker of this process may have it by now.
            if state.partitions.get(partition).is_some_and(|(owner, _)| *owner == worker) {
                state.partitions.remove(partition);
            }
            return;
        };
        let before = state.partitions.get(partition).is_some_and(|(_, before)| before.stopped());
        if status.stopped() && !before {
            state.stopped_last = Some(partition.clone());
        }
        state.partitions.insert(partition.clone(), (worker, status));
    }

    /// The table of a topic.
    pub fn table(&self, topic: &str, table: &str) {
        self.state().tables.insert(topic.to_owned(), table.to_owned());
    }

    /// The partitions that have stopped, and why.
    pub fn stopped(&self) -> BTreeMap<Partition, String> {
        let state = self.state();
        let stopped = state.partitions.iter().filter(|(_, (_, status))| status.stopped());
        stopped.map(|(partition, (_, status))| (partition.clone(), words(status))).collect()
    }

    /// Why the last partition stopped, where none of this process flows any more.
    pub fn all_stopped(&self) -> Option<String> {
        let state = self.state();
        if state.partitions.is_empty() || !state.partitions.values().all(|(_, status)| status.stopped()) {
            return None;
        }
        let last = state.stopped_last.as_ref().and_then(|last| Some((last, state.partitions.get(last)?)));
        let (partition, (_, status)) = last.or_else(|| state.partitions.iter().next())?;
        Some(format!("{partition}: {}", words(status)))
    }

    /// How far the load is, for a line that people read.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        let mut progress = Progress::default();
        for (_, status) in state.partitions.values() {
            progress.partitions += 1;
            progress.stopped += usize::from(status.stopped());
            progress.offsets += status.next_offset;
            progress.lag += status.lag().unwrap_or_default();
        }
        progress
    }

    /// The process is stopping.
    pub fn stopping(&self) {
        self.state().stopping = true;
    }

    /// Looks whether the workers have polled since the last look.
    pub(super) fn watch(&self) {
        self.watch_at(Instant::now());
    }

    pub(super) fn watch_at(&self, now: Instant) {
        let mut state = self.state();
        for (number, polls) in self.0.polls.iter().enumerate() {
            let polls = polls.load(Ordering::Relaxed);
            if polls == 0 {
                continue;
            }
            let worker = state.workers.entry(number).or_default();
            if worker.seen.is_none_or(|(seen, _)| seen != polls) {
                worker.seen = Some((polls, now));
            }
        }
    }

    /// The workers whose threads are stuck.
    pub(super) fn stuck(&self, now: Instant) -> Vec<usize> {
        let silent = |worker: &Worker| worker.seen.map(|(_, at)| now.saturating_duration_since(at));
        let state = self.state();
        let stuck =
            state.workers.iter().filter(|(_, worker)| silent(worker).is_some_and(|silent| silent >= STUCK_AFTER));
        stuck.map(|(number, _)| *number).collect()
    }

    /// Why the process is not ready; `None` where it is.
    pub(super) fn unready(&self) -> Option<&'static str> {
        let state = self.state();
        if state.stopping {
            Some("stopping")
        } else if !state.workers.values().any(|worker| worker.joined) {
            Some("the consumer group is not joined yet")
        } else if !state.dependencies.get("database").is_some_and(|database| database.answered) {
            Some("the database has not answered yet")
        } else {
            None
        }
    }

    /// All of it.
    pub(super) fn status(&self, sink: &str) -> Value {
        let ready = self.unready();
        let state = self.state();
        let partitions = state.partitions.iter().map(|(partition, (worker, status))| {
            json!({
                "topic": &*partition.topic,
                "partition": partition.number,
                "worker": worker,
                "state": status.state,
                "code": status.code,
                "reason": status.reason,
                "next_offset": status.next_offset,
                "stable_offset": status.stable_offset,
                "lag": status.lag(),
                "table": state.tables.get(&*partition.topic),
            })
        });
        let partitions = partitions.collect::<Vec<_>>();
        let workers: Vec<Value> =
            state.workers.iter().map(|(number, worker)| json!({ "worker": number, "joined": worker.joined })).collect();
        let dependencies: BTreeMap<_, _> = state.dependencies.iter().map(|(name, one)| (name, one.up)).collect();
        json!({
            "sink": sink,
            "state": if state.stopping { "stopping" } else if ready.is_some() { "starting" } else { "running" },
            "uptime_seconds": state.started.elapsed().as_secs(),
            "build": { "version": env!("CARGO_PKG_VERSION") },
            "dependencies": dependencies,
            "workers": workers,
            "partitions": partitions,
            "tables": state.tables,
        })
    }

    /// Calls this on every partition and on every dependency.
    pub(super) fn each(
        &self,
        mut partition: impl FnMut(&Partition, &PartitionStatus),
        mut dependency: impl FnMut(&str, bool),
    ) {
        let state = self.state();
        state.partitions.iter().for_each(|(name, (_, status))| partition(name, status));
        state.dependencies.iter().for_each(|(name, one)| dependency(name, one.up));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked in there left whole values behind.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn words(status: &PartitionStatus) -> String {
    match (&status.code, &status.reason) {
        (Some(code), Some(reason)) => format!("{code}: {reason}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "stopped".to_owned(),
    }
}
