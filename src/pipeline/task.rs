//! The task of a worker: it owns the connection for data and does one job after the other: claim, write, probe. What
//! fails is tried again here, for as long as it takes; the polling thread never waits for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::mpsc as thread_mpsc;
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet, spawn_blocking};

use super::decide::{Claimed, Standing};
use super::outage::Outage;
use super::retry::Backoff;
use super::{starts, told};
use crate::batch::Batch;
use crate::config::{Config, Mode, OnPartitionChange};
use crate::error::{Class, Failure, Scope};
use crate::record::{Partition, Refusal, TableName};
use crate::sink::{Claim, KnownTopic, Position, Sink, Written};
use crate::source::{Broker, Committed, SourceError};
use crate::telemetry::{BATCHES, Board, RETRIES};

/// How often a failure that is not an outage is tried again before it stops what it is tied to.
const TRIES_MAX: u32 = 3;

/// How many questions to the cluster are under way at a time.
const AT_ONCE: usize = 32;

/// What the thread asks for.
#[derive(Debug)]
pub enum Job {
    /// Ask the group whether these are ours, with what is durable of each.
    Confirm(Vec<(Partition, i64)>),
    /// Claim these; each epoch becomes higher than the one given.
    Claim(BTreeMap<Partition, i64>),
    /// Write a batch.
    Write(Box<Batch>),
    /// Look at the ledger's rows.
    Probe(Vec<Partition>),
    /// These are no longer ours.
    Release(Vec<Partition>),
}

impl Job {
    /// Whether a reply comes of it.
    pub fn is_answered(&self) -> bool {
        !matches!(self, Job::Release(_))
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Reply {
    Confirmed(Vec<(Partition, Standing)>),
    Claimed(Vec<(Partition, Claimed)>),
    Written(Written),
    /// Nothing was written: this table cannot be written to.
    Stopped(TableName, Refusal),
    Probed(BTreeMap<Partition, Position>, Vec<Partition>),
    Fatal(Failure),
}

pub struct Task {
    pub config: Arc<Config>,
    pub broker: Broker,
    pub stop: watch::Receiver<bool>,
    pub replies: thread_mpsc::Sender<Reply>,
    pub board: Board,
    pub kafka: Outage,
}

/// Does a job until it works, the process stops, or trying again cannot help.
macro_rules! persist {
    ($task:ident, $sink:ident, $job:expr) => {{
        let mut tries = Tries::new(&$task.board);
        loop {
            match $job.await {
                Ok(done) => {
                    tries.outage.healed();
                    break Ok(done);
                }
                Err(failure) => {
                    let reload = || $sink.reload_secrets();
                    if let Err(end) = tries.failed(failure, reload, &mut $task.stop).await {
                        break Err(end);
                    }
                }
            }
        }
    }};
}

/// The tries of one job.
struct Tries {
    backoff: Backoff,
    outage: Outage,
    count: u32,
    reloaded: bool,
}

impl Tries {
    fn new(board: &Board) -> Tries {
        let outage = Outage::new("database", board.clone());
        Tries { backoff: Backoff::default(), outage, count: 0, reloaded: false }
    }

    /// Waits for the next try, if there is to be one.
    async fn failed(
        &mut self,
        failure: Failure,
        reload: impl FnOnce() -> bool,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), End> {
        metrics::counter!(RETRIES, "class" => failure.class.as_str()).increment(1);
        match failure.class {
            Class::Retry | Class::Reconnect | Class::Wait => self.outage.failed(&failure),
            // A secret may have been changed: once more with what the files say now.
            Class::Stop if failure.scope == Scope::Process && !self.reloaded => {
                self.reloaded = true;
                if !reload() {
                    return Err(End::Fatal(failure));
                }
            }
            Class::Stop => return Err(End::Fatal(failure)),
            Class::Schema | Class::Row => {
                self.count += 1;
                if self.count >= TRIES_MAX {
                    return Err(End::Fatal(failure));
                }
                tracing::warn!(%failure, "trying again");
            }
        }
        self.backoff.wait(stop).await.ok_or(End::Stopping)
    }
}

/// Why the task ends before its time.
enum End {
    Stopping,
    Fatal(Failure),
}

impl Task {
    /// Serves jobs until the thread is gone.
    pub async fn run(mut self, mut sink: Sink, mut jobs: mpsc::Receiver<Job>) {
        let mut topics = HashMap::new();
        while let Some(job) = jobs.recv().await {
            let reply = match job {
                Job::Release(partitions) => {
                    sink.release(&partitions);
                    continue;
                }
                Job::Confirm(asked) => Ok(Reply::Confirmed(self.confirm(asked).await)),
                Job::Claim(asked) => self.claim(&mut sink, &mut topics, asked).await.map(Reply::Claimed),
                Job::Write(batch) => self.write(&mut sink, &batch).await,
                Job::Probe(asked) => persist!(self, sink, sink.probe(&asked)).map(|found| Reply::Probed(found, asked)),
            };
            let reply = match reply {
                Ok(reply) => reply,
                // What was asked for is dropped: the ledger says where to go on.
                Err(End::Stopping) => break,
                Err(End::Fatal(failure)) => Reply::Fatal(failure),
            };
            if self.replies.send(reply).is_err() {
                break;
            }
        }
        sink.close().await;
    }

    async fn write(&mut self, sink: &mut Sink, batch: &Batch) -> Result<Reply, End> {
        let begun = Instant::now();
        match persist!(self, sink, sink.write(batch)) {
            Ok(written) => {
                told::batch(batch, &written, begun.elapsed().as_secs_f64(), told::now());
                Ok(Reply::Written(written))
            }
            Err(End::Fatal(Failure { scope: Scope::Table(table), code, attempted, message, .. })) => {
                metrics::counter!(BATCHES, "result" => "failed").increment(1);
                let message = format!("{attempted}: {message} ({code})");
                Ok(Reply::Stopped(table, Refusal::new("write_failed", message)))
            }
            Err(end) => Err(end),
        }
    }

    async fn confirm(&mut self, asked: Vec<(Partition, i64)>) -> Vec<(Partition, Standing)> {
        let questions = asked.into_iter().map(|(partition, offset)| {
            (partition.clone(), move |broker: &Broker| broker.commit_and_wait(&partition, offset))
        });
        let mut answers = Vec::new();
        for (partition, committed) in at_once(&self.broker, questions).await {
            let standing = match committed {
                Committed::Accepted => Standing::Ours,
                Committed::Lost => Standing::Lost,
                Committed::Unknown(why) => {
                    tracing::debug!(%partition, why, "the group did not answer");
                    Standing::Unknown
                }
            };
            answers.push((partition, standing));
        }
        answers
    }

    async fn claim(
        &mut self,
        sink: &mut Sink,
        topics: &mut HashMap<Arc<str>, KnownTopic>,
        asked: BTreeMap<Partition, i64>,
    ) -> Result<Vec<(Partition, Claimed)>, End> {
        let mut answers = Vec::new();
        let mut wanted = Vec::new();
        let mut counts = None;
        for partition in asked.keys() {
            match self.know(sink, topics, &mut counts, partition).await? {
                None => wanted.push(partition.clone()),
                Some(claimed) => answers.push((partition.clone(), claimed)),
            }
        }
        let claims = persist!(self, sink, sink.claim(&wanted, &asked))?;
        let mut positions = BTreeMap::new();
        for (partition, claim) in claims {
            let claimed = match claim {
                Claim::Held(position) => {
                    positions.insert(partition, position);
                    continue;
                }
                Claim::Locked => Claimed::Locked,
                Claim::Missing => Claimed::Refused(Refusal::new(
                    "ledger_row_missing",
                    format!(
                        "{partition} has no row in flatsink_offset though its topic is known: restore it, or \
                         `flatsink reset` makes a new one"
                    ),
                )),
            };
            answers.push((partition, claimed));
        }
        let held: Vec<Partition> = positions.keys().cloned().collect();
        let questions =
            held.into_iter().map(|partition| (partition.clone(), move |broker: &Broker| broker.watermarks(&partition)));
        for (partition, marks) in at_once(&self.broker, questions).await {
            let Some(position) = positions.remove(&partition) else { continue };
            let claimed = match self.answer(marks) {
                Some((low, high)) => {
                    tracing::info!(%partition, epoch = position.epoch, offset = position.next_offset, "claimed");
                    Claimed::Held { position, low, high }
                }
                None => Claimed::Unanswered,
            };
            answers.push((partition, claimed));
        }
        Ok(answers)
    }

    /// Sees to it that the ledger knows the partition; else what its claim came to. `counts`: the
    /// partitions of each topic, where this job has asked already.
    async fn know(
        &mut self,
        sink: &mut Sink,
        topics: &mut HashMap<Arc<str>, KnownTopic>,
        counts: &mut Option<BTreeMap<String, i32>>,
        partition: &Partition,
    ) -> Result<Option<Claimed>, End> {
        let topic = Arc::clone(&partition.topic);
        let Some(entry) = self.config.entry(&topic).cloned() else {
            let refusal = Refusal::new("no_entry", format!("no entry takes topic {topic}"));
            return Ok(Some(Claimed::Refused(refusal)));
        };
        let strict = entry.mode == Mode::Table && entry.on_partition_change == OnPartitionChange::Stop;
        if !strict && topics.get(&topic).is_some_and(|topic| partition.number < topic.partitions) {
            return Ok(None);
        }
        if counts.is_none() {
            for (topic, known) in persist!(self, sink, sink.topics())? {
                topics.insert(Arc::from(topic), known);
            }
            *counts = Some(self.ask(Broker::topics).await.unwrap_or_default());
        }
        // A topic that the cluster does not list has no count: a guess would give its other partitions a wrong start.
        let Some(count) = counts.as_ref().and_then(|counts| counts.get(&*topic)) else {
            return Ok(Some(Claimed::Unanswered));
        };
        let count = (*count).max(partition.number + 1);
        let seen = match topics.get(&topic) {
            None => {
                let asking = Arc::clone(&topic);
                let starts = self.ask(move |broker| starts::resolve(broker, &asking, count, &entry.start)).await;
                let Some(starts) = starts else { return Ok(unanswered(counts, &topic)) };
                persist!(self, sink, sink.first_sight(&topic, &starts))?
            }
            Some(known) if known.partitions < count && strict => {
                return Ok(Some(Claimed::Refused(partitions_changed(&topic, known.partitions, count))));
            }
            Some(known) if known.partitions <= partition.number => {
                let asking = Arc::clone(&topic);
                let starts = self.ask(move |broker| starts::earliest(broker, &asking, count)).await;
                let Some(starts) = starts else { return Ok(unanswered(counts, &topic)) };
                persist!(self, sink, sink.add_partitions(&topic, &starts))?
            }
            Some(_) => return Ok(None),
        };
        topics.insert(topic, seen);
        Ok(None)
    }

    /// Asks the cluster once; `None`: it does not answer, and whoever asked has to come again. Nothing waits here for
    /// one partition without a leader or one topic that is gone: batches of the others are behind it.
    async fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&Broker) -> Result<T, SourceError> + Send + 'static,
    ) -> Option<T> {
        let answer = blocking(&self.broker, question).await;
        self.answer(answer)
    }

    fn answer<T>(&mut self, answer: Result<T, SourceError>) -> Option<T> {
        match answer {
            Ok(answer) => {
                self.kafka.healed();
                Some(answer)
            }
            Err(error) => {
                self.kafka.failed(&error);
                None
            }
        }
    }
}

/// The cluster did not answer for the topic: its other partitions do not ask again in this job.
fn unanswered(counts: &mut Option<BTreeMap<String, i32>>, topic: &str) -> Option<Claimed> {
    if let Some(counts) = counts {
        counts.remove(topic);
    }
    Some(Claimed::Unanswered)
}

/// Asks for several partitions at once, so that one without an answer keeps the others waiting no longer than itself.
async fn at_once<T: Send + 'static, Q: FnOnce(&Broker) -> T + Send + 'static>(
    broker: &Broker,
    questions: impl Iterator<Item = (Partition, Q)>,
) -> Vec<(Partition, T)> {
    let (mut asked, mut answers) = (JoinSet::new(), Vec::new());
    for (partition, question) in questions {
        if asked.len() >= AT_ONCE {
            answers.extend(asked.join_next().await.map(finished));
        }
        let broker = broker.clone();
        asked.spawn(async move { (partition, blocking(&broker, question).await) });
    }
    while let Some(done) = asked.join_next().await {
        answers.push(finished(done));
    }
    answers
}

fn finished<T>(done: Result<T, JoinError>) -> T {
    match done {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Keys may have moved between partitions.
pub fn partitions_changed(topic: &str, before: i32, now: i32) -> Refusal {
    let message = format!(
        "topic {topic} has {now} partitions and had {before}: keys may have moved, and the latest row of a key can no \
         longer be told; reload it with `flatsink reset`, or set `on_partition_change: accept`"
    );
    Refusal::new("partitions_changed", message)
}

/// Runs a question to the cluster off the runtime's threads.
pub async fn blocking<T: Send + 'static>(broker: &Broker, question: impl FnOnce(&Broker) -> T + Send + 'static) -> T {
    let broker = broker.clone();
    match spawn_blocking(move || question(&broker)).await {
        Ok(answer) => answer,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
