//! The polling thread of a worker: polls, decodes, fills the batch; hands a full one to its task while the next one
//! fills. It never waits for the database and never goes longer than a second without a poll.

mod answers;
mod ties;

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::sync::mpsc as thread_mpsc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use ties::{Ended, Order, Ties};

use super::decide::{Action, Event, Figures};
use super::intake::{After, Intake};
use super::outage::Outage;
use super::shapes::{Learned, Need, Shapes};
use super::task::Job;
use super::told;
use crate::config::{Config, Topic};
use crate::record::Partition;
use crate::source::{PartitionStatistics, Polled, Rebalance, Source, SourceError};
use crate::telemetry::{Board, REBALANCES};

/// The longest time without a poll.
const UNPOLLED_MAX: Duration = Duration::from_secs(1);
/// How long a poll waits when nothing is under way.
const IDLE: Duration = Duration::from_millis(50);
/// How long it waits while the task may answer at any time.
const BUSY: Duration = Duration::from_millis(1);
/// How many messages are taken before the task's answers are looked at again.
const RUN: usize = 256;
/// How often partitions are asked what time brings.
const TICK: Duration = Duration::from_millis(20);
/// So many looks at offsets without records are under way at most: each is a client of its own.
const LOOKS_MAX: usize = 8;
/// How often the board is told how partitions stand.
const TELL: Duration = Duration::from_millis(500);
/// All is written by then, and the group only has to hear of it: a broker that says nothing for so long holds a
/// join back until others have joined too.
const LEAVE_MAX: Duration = Duration::from_secs(6);
/// How often the log is reminded of partitions that have stopped.
const REMIND: Duration = Duration::from_secs(60);

/// What came of a look at a partition.
type Looked = (Partition, Event);

/// A worker's thread.
pub struct Worker {
    config: Arc<Config>,
    number: usize,
    source: Source,
    shapes: Arc<Shapes>,
    ties: Ties,
    board: Board,
    kafka: Outage,
    began: Instant,
    intake: Intake,
    entries: HashMap<Arc<str>, Arc<Topic>>,
    /// Where partitions are to be moved.
    seeks: BTreeMap<Partition, i64>,
    learning: JoinSet<(Need, Option<Learned>)>,
    /// What came of looks at offsets without records, and how many are under way.
    looks: (thread_mpsc::Sender<Looked>, thread_mpsc::Receiver<Looked>),
    looking: usize,
    /// Jobs that wait for a place in the task's queue.
    waiting: Vec<Job>,
    /// How many jobs were answered: answers come in the order of the jobs.
    replied: u64,
    /// Jobs under way, and whether one of them writes.
    asked: usize,
    writing: bool,
    /// When the batch was found full while the task was writing.
    full: Option<Instant>,
    /// All fetching is paused: the task has been busy for long.
    stalled: bool,
    ticked: Instant,
    told: Instant,
    reminded: Instant,
    failed: Option<String>,
}

impl Worker {
    pub fn new(
        config: Arc<Config>,
        number: usize,
        source: Source,
        shapes: Arc<Shapes>,
        ties: Ties,
        board: Board,
    ) -> Worker {
        let now = Instant::now();
        Worker {
            config,
            number,
            source,
            shapes,
            ties,
            kafka: Outage::new("kafka", board.clone()),
            board,
            began: now,
            intake: Intake::default(),
            entries: HashMap::new(),
            seeks: BTreeMap::new(),
            learning: JoinSet::new(),
            looks: thread_mpsc::channel(),
            looking: 0,
            waiting: Vec::new(),
            replied: 0,
            asked: 0,
            writing: false,
            full: None,
            stalled: false,
            ticked: now,
            told: now,
            reminded: now,
            failed: None,
        }
    }

    /// Reads until it is told to stop; then writes what is buffered and leaves the group.
    pub fn run(mut self) -> Ended {
        while !*self.ties.stop.borrow() && self.failed.is_none() {
            self.answers();
            self.flush();
            self.seek();
            self.receive();
            self.tick();
            self.board.polled(self.number);
        }
        // A tenth is left for whoever waits for this thread: a consumer that does not close is no failure.
        let end = Instant::now() + self.config.shutdown_max * 9 / 10;
        if self.failed.is_none() {
            self.finish(end);
        }
        let Worker { source, ties, failed, learning, .. } = self;
        // The task's questions hold the consumer: it ends with its jobs.
        drop((ties, learning));
        source.close(end.saturating_duration_since(Instant::now()).min(LEAVE_MAX));
        failed.map_or(Ended::Stopped, Ended::Failed)
    }

    /// Hands over what is buffered and waits until it is written, polling on. In an outage the task gives up and is
    /// gone: nothing is lost, the ledger says where to go on.
    fn finish(&mut self, end: Instant) {
        while Instant::now() < end && self.failed.is_none() {
            if !self.writing && !self.hand_over() {
                break;
            }
            match self.ties.replies.recv_timeout(BUSY) {
                Ok(reply) => self.reply(reply),
                Err(thread_mpsc::RecvTimeoutError::Timeout) => {}
                Err(thread_mpsc::RecvTimeoutError::Disconnected) => break,
            }
            // Rebalances go on being served; what still comes is not taken.
            drop(self.source.poll(Duration::ZERO));
            self.rebalances();
            self.ask();
        }
    }

    // ---- messages

    fn receive(&mut self) {
        if self.intake.is_full(&self.config.batch) {
            self.stall();
            return;
        }
        self.full = None;
        if mem::take(&mut self.stalled) {
            // Not only those that flow: one that was claimed anew meanwhile is paused still.
            let awake = self.intake.those(|lane| !lane.progress.rests());
            self.source.resume(&awake);
            // What came meanwhile was not taken, and a hole would pass for one of the log's: all are read on from
            // where they stood.
            for partition in self.intake.those(|_| true) {
                self.event(&partition, Event::Resumed);
            }
        }
        let mut timeout = self.patience();
        for _ in 0..RUN {
            if !self.poll(timeout) || self.intake.is_full(&self.config.batch) {
                break;
            }
            timeout = Duration::ZERO;
        }
    }

    /// How long a poll may wait.
    fn patience(&self) -> Duration {
        if self.asked > 0 || !self.learning.is_empty() {
            return BUSY;
        }
        match self.intake.since() {
            Some(since) => self.config.batch.linger_max.saturating_sub(since.elapsed()).min(IDLE),
            None => IDLE,
        }
    }

    /// Both batches are full: up to a second without a poll, then paused and polling.
    fn stall(&mut self) {
        let full = *self.full.get_or_insert_with(Instant::now);
        if self.stalled {
            drop(self.source.poll(BUSY * 10));
            self.rebalances();
            return;
        }
        let left = UNPOLLED_MAX.saturating_sub(full.elapsed());
        if left > Duration::ZERO {
            if let Ok(reply) = self.ties.replies.recv_timeout(left.min(TICK)) {
                self.reply(reply);
            }
            return;
        }
        self.stalled = true;
        let flowing = self.intake.those(|lane| lane.progress.flows());
        self.source.pause(&flowing);
    }

    /// Polls once; false where nothing came.
    fn poll(&mut self, timeout: Duration) -> bool {
        let polled = self.source.poll(timeout);
        let rebalances = self.source.take_rebalances();
        let after = match polled {
            Polled::Message(received) if rebalances.is_empty() => self.intake.take(&received.message()),
            // The assignment changed within this very poll: the message belongs to a partition that is claimed anew
            // (its claim seeks), or to one that stayed, which is read again from where it stood.
            Polled::Message(received) => {
                let message = received.message();
                let partition = Partition { topic: Arc::from(message.topic), number: message.partition };
                drop(received);
                self.rebalance(rebalances);
                self.event(&partition, Event::Resumed);
                return true;
            }
            Polled::Nothing => {
                self.rebalance(rebalances);
                return false;
            }
            Polled::OutOfRange(why) => {
                tracing::warn!(why, "an offset is not on the broker");
                self.rebalance(rebalances);
                for partition in self.intake.those(|_| true) {
                    self.event(&partition, Event::OutOfRange);
                }
                return false;
            }
            Polled::Damaged(why) => {
                tracing::debug!(why, "damaged on the way, or in the log: reading it again");
                self.rebalance(rebalances);
                for partition in self.intake.those(|_| true) {
                    self.event(&partition, Event::Damaged);
                }
                return false;
            }
            Polled::Failed(error) => {
                self.rebalance(rebalances);
                match error {
                    SourceError::Fatal(why) => self.failed = Some(why),
                    SourceError::Unavailable(why) => tracing::debug!(why, "kafka"),
                }
                return false;
            }
        };
        match after {
            After::Nothing => {}
            After::Park(partition, need) => self.park(&partition, need),
            After::Stop(partition, refusal) => self.event(&partition, Event::Stop(refusal)),
            After::Fatal(why) => self.failed = Some(why),
        }
        self.failed.is_none()
    }

    fn park(&mut self, partition: &Partition, need: Need) {
        let asked = self.intake.lanes().any(|lane| lane.waits.as_ref() == Some(&need));
        if let Some(lane) = self.intake.lane(partition) {
            lane.waits = Some(need.clone());
        }
        self.event(partition, Event::Park);
        if !asked {
            let (shapes, mut stop) = (Arc::clone(&self.shapes), self.ties.stop.clone());
            let learn = async move {
                let learned = shapes.learn(&need, &mut stop).await;
                (need, learned)
            };
            self.learning.spawn_on(learn, &self.ties.runtime);
        }
    }

    fn rebalances(&mut self) {
        let rebalances = self.source.take_rebalances();
        self.rebalance(rebalances);
    }

    fn rebalance(&mut self, rebalances: Vec<Rebalance>) {
        for rebalance in rebalances {
            metrics::counter!(REBALANCES).increment(1);
            match rebalance {
                Rebalance::Assigned(partitions) => self.assigned(partitions),
                Rebalance::Revoked(partitions) => self.revoked(partitions),
            }
        }
    }

    fn assigned(&mut self, partitions: Vec<Partition>) {
        self.board.joined(self.number);
        // What was asked until now is about an earlier assignment.
        let unsent = self.waiting.iter().filter(|job| job.is_answered()).count();
        let born = self.replied + (self.asked + unsent) as u64;
        for partition in partitions {
            let entry = match self.entries.get(&partition.topic) {
                Some(entry) => Arc::clone(entry),
                None => match self.config.entry(&partition.topic) {
                    Some(entry) => {
                        let entry = Arc::new(entry.clone());
                        self.entries.insert(Arc::clone(&partition.topic), Arc::clone(&entry));
                        entry
                    }
                    None => continue,
                },
            };
            self.intake.add(partition, entry, self.config.record_max, born);
        }
    }

    fn revoked(&mut self, partitions: Vec<Partition>) {
        for partition in &partitions {
            self.intake.remove(partition);
            self.seeks.remove(partition);
            self.board.partition(self.number, partition, None);
        }
        self.waiting.push(Job::Release(partitions));
    }

    // ---- what time brings

    fn flush(&mut self) {
        if self.writing {
            return;
        }
        let Some(since) = self.intake.since() else { return };
        if self.intake.is_full(&self.config.batch) || since.elapsed() >= self.config.batch.linger_max {
            self.hand_over();
        }
    }

    /// Hands the batch to the task; false: there is nothing in it.
    fn hand_over(&mut self) -> bool {
        let Some(batch) = self.intake.hand_over() else { return false };
        self.writing = true;
        self.waiting.push(Job::Write(Box::new(batch)));
        self.ask();
        true
    }

    /// Puts waiting jobs into the task's queue, as far as there is room.
    fn ask(&mut self) {
        let mut jobs = mem::take(&mut self.waiting).into_iter();
        for job in jobs.by_ref() {
            let answered = job.is_answered();
            match self.ties.jobs.try_send(job) {
                Ok(()) => self.asked += usize::from(answered),
                Err(mpsc::error::TrySendError::Full(job)) => {
                    self.waiting.push(job);
                    break;
                }
                // `answers` says that the task is gone.
                Err(mpsc::error::TrySendError::Closed(_)) => break,
            }
        }
        self.waiting.extend(jobs);
    }

    fn tick(&mut self) {
        if let Some(statistics) = self.source.take_statistics() {
            match self.source.outage() {
                Some(why) => self.kafka.failed(&why),
                None => self.kafka.healed(),
            }
            for (partition, figures) in statistics {
                if let Some(lane) = self.intake.lane(&partition)
                    && figures.stable_offset >= 0
                {
                    lane.stable = Some(figures.stable_offset);
                }
                let PartitionStatistics { queued, next_offset, eof_offset, fetches, .. } = figures;
                self.event(&partition, Event::Statistics(Figures { queued, next_offset, eof_offset, fetches }));
            }
        }
        if self.ticked.elapsed() < TICK {
            return;
        }
        self.ticked = Instant::now();
        let now = self.began.elapsed();
        let (mut claims, mut confirms, mut probes) = (BTreeMap::new(), Vec::new(), Vec::new());
        for partition in self.intake.those(|_| true) {
            let Some(lane) = self.intake.lane(&partition) else { continue };
            for action in lane.progress.on(now, Event::Tick, &partition) {
                match action {
                    Action::Claim(seen) => drop(claims.insert(partition.clone(), seen)),
                    Action::Confirm(offset) => confirms.push((partition.clone(), offset)),
                    Action::Probe => probes.push(partition.clone()),
                    other => self.act(&partition, other),
                }
            }
        }
        if !claims.is_empty() {
            self.waiting.push(Job::Claim(claims));
        }
        if !confirms.is_empty() {
            self.waiting.push(Job::Confirm(confirms));
        }
        if !probes.is_empty() {
            self.waiting.push(Job::Probe(probes));
        }
        self.ask();
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            told::lanes(&self.board, self.number, &self.intake, told::now());
        }
        if self.reminded.elapsed() >= REMIND {
            self.reminded = Instant::now();
            told::stopped(&self.intake);
        }
    }
}
