//! Kafka in: messages, rebalances, statistics; and the commit that lag tools read. The only place that knows
//! rdkafka. It never decides: what to do about an event is the pipeline's.

mod broker;
mod context;
mod ffi;
mod last;
mod producer;
pub(crate) mod settings;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

pub use broker::Broker;
pub(crate) use producer::{Mock, Producer, create_topic};
pub use settings::OWNED;

use crate::config::Config;
use crate::record::{Header, Message, Partition};
use crate::sink::Durable;
use context::Context;

/// A seek that the client's own threads have not carried out by then is asked for again.
const SEEK_MAX: Duration = Duration::from_secs(5);

/// How long a request that only wakes librdkafka may be waited for.
const WAKE_MAX: Duration = Duration::from_millis(1);

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
pub struct Source {
    consumer: Arc<BaseConsumer<Context>>,
    /// For questions.
    settings: ClientConfig,
    brokers: usize,
    /// A static member stays in the group when it closes.
    is_static: bool,
    /// Ends when the client is gone.
    gone: Receiver<Infallible>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

/// What a poll brought.
#[derive(Debug)]
pub enum Polled<'a> {
    /// A message; its bytes are borrowed from the consumer.
    Message(Received<'a>),
    /// Nothing within the time given.
    Nothing,
    /// An assigned partition's offset is not on the broker (`_AUTO_OFFSET_RESET`); which one, librdkafka does not
    /// say: the watermarks do. It is not fetched any more until `restart`.
    OutOfRange(String),
    /// A part of an assigned partition's log arrived damaged, and librdkafka passes over it; of which partition it
    /// does not say.
    Damaged(String),
    /// A passing failure; dozens a second in an outage.
    Failed(SourceError),
}

/// A received message.
#[derive(Debug)]
pub struct Received<'a> {
    message: BorrowedMessage<'a>,
    headers: Vec<Header>,
}

impl<'a> Received<'a> {
    fn new(message: BorrowedMessage<'a>) -> Received<'a> {
        let headers = ffi::headers(&message);
        Received { message, headers }
    }

    /// Its view.
    pub fn message(&self) -> Message<'_> {
        Message {
            topic: self.message.topic(),
            partition: self.message.partition(),
            offset: self.message.offset(),
            timestamp: self.message.timestamp().to_millis(),
            key: self.message.key(),
            value: self.message.payload(),
            headers: &self.headers,
        }
    }
}

/// A change of the assignment, in order; taken after each poll and before its message is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// These are ours now. Nothing comes from them until the claim seeks.
    Assigned(Vec<Partition>),
    /// These are no longer ours; they may have been lost long ago.
    Revoked(Vec<Partition>),
}

/// What librdkafka's statistics say of one assigned partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionStatistics {
    /// Messages that wait in the consumer's queue, those of other partitions counted.
    pub queued: i64,
    /// The next offset to fetch.
    pub next_offset: i64,
    /// The offset at which the end was last reached; −1 before.
    pub eof_offset: i64,
    /// The last stable offset; −1 before it is known.
    pub stable_offset: i64,
    /// The broker that serves the partition, and how many fetches were sent to it; `None`: none serves it now.
    pub fetches: Option<(i32, i64)>,
}

impl Source {
    /// Makes the consumer; it connects by itself and joins the group with `subscribe`.
    ///
    /// # Errors
    /// `Fatal`: a property that librdkafka refuses.
    pub fn open(config: &Config, worker: usize) -> Result<Source, SourceError> {
        let settings = settings::consumer(config, worker);
        // Workers count from 1; once is enough.
        if worker <= 1 {
            for property in settings::weakened(&settings) {
                tracing::warn!(property, "brokers are not verified: whoever is in between can read and change");
            }
        }
        let brokers = config.kafka.brokers.len();
        let is_static = settings.get("group.instance.id").is_some();
        let (alive, gone) = channel();
        let consumer = settings.create_with_context(Context::new(brokers, Some(alive))).map_err(refused)?;
        Ok(Source {
            consumer: Arc::new(consumer),
            settings: settings::question(&config.kafka, &settings::id(config)),
            brokers,
            is_static,
            gone,
        })
    }

    /// Reads these topics from now on, by name.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn subscribe(&self, topics: &[String]) -> Result<(), SourceError> {
        if topics.is_empty() {
            self.consumer.unsubscribe();
            return Ok(());
        }
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        self.consumer.subscribe(&names).map_err(|error| SourceError::Fatal(format!("cannot subscribe: {error}")))
    }

    /// Waits for the next message, at most so long. Serves rebalances and statistics.
    pub fn poll(&self, timeout: Duration) -> Polled<'_> {
        let error = match self.consumer.poll(timeout) {
            None => return Polled::Nothing,
            Some(Ok(message)) => return Polled::Message(Received::new(message)),
            Some(Err(error)) => error,
        };
        let reason = self.consumer.context().take_reason().unwrap_or_else(|| error.to_string());
        match error {
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                self.consumer.context().out_of_range();
                Polled::OutOfRange(reason)
            }
            error if is_damage(&error) => Polled::Damaged(reason),
            KafkaError::MessageConsumptionFatal(_) => Polled::Failed(SourceError::Fatal(reason)),
            _ => Polled::Failed(SourceError::Unavailable(reason)),
        }
    }

    /// The changes of the assignment since the last call.
    pub fn take_rebalances(&self) -> Vec<Rebalance> {
        self.consumer.context().take_rebalances()
    }

    /// The statistics, if they came since the last call (every second).
    pub fn take_statistics(&self) -> Option<BTreeMap<Partition, PartitionStatistics>> {
        self.consumer.context().take_statistics()
    }

    /// Why no broker is connected, if none is. Changes with the statistics; without topics there is nothing to ask.
    pub fn outage(&self) -> Option<String> {
        let why = self.consumer.context().cut_off()?;
        self.consumer.subscription().is_ok_and(|topics| topics.count() > 0).then_some(why)
    }

    /// Moves assigned partitions, and waits until it is done: what comes afterwards is at or above the offset. The
    /// first seek after an assignment starts the partition, unless `pause` was called for it.
    /// A partition whose fetch state does not allow it yet is in the answer, with why.
    pub fn seek(&self, to: &BTreeMap<Partition, i64>) -> BTreeMap<Partition, SourceError> {
        if to.is_empty() {
            return BTreeMap::new();
        }
        let reason = |error: KafkaError| SourceError::Unavailable(format!("cannot seek yet: {error}"));
        let offsets = to.iter().map(|(partition, offset)| (partition, Offset::Offset(*offset)));
        let list = match list(offsets).and_then(|list| self.consumer.seek_partitions(list, SEEK_MAX)) {
            Ok(list) => list,
            Err(error) => return to.keys().map(|partition| (partition.clone(), reason(error.clone()))).collect(),
        };
        let (mut failed, mut moved) = (BTreeMap::new(), Vec::new());
        for (partition, offset) in to {
            let element = list.find_partition(&partition.topic, partition.number);
            match element.map_or(Ok(()), |element| element.error()) {
                Err(error) if !self.is_astray(partition, &error) => {
                    failed.insert(partition.clone(), reason(error));
                    continue;
                }
                Err(_) => {
                    if let Err(error) = self.restart(partition, *offset) {
                        failed.insert(partition.clone(), error);
                        continue;
                    }
                }
                Ok(()) => {}
            }
            moved.push(partition.clone());
        }
        self.set_fetching("resume", &self.consumer.context().release(&moved), |list| self.consumer.resume(list));
        self.wake(&moved);
        failed
    }

    /// librdkafka's thread for a broker sleeps for up to a second where there is nothing to fetch, and neither a
    /// resume nor a seek to 0 wakes it. A request does, and the answer to this one is of no interest.
    fn wake(&self, partitions: &[Partition]) {
        let leaders = list(partitions.iter().map(|partition| (partition, Offset::Offset(0))));
        let _ = leaders.and_then(|list| self.consumer.offsets_for_times(list, WAKE_MAX));
    }

    /// A partition that librdkafka did not know when it was assigned may have been fetched at 0 and found nothing
    /// there; it refuses to seek for ever.
    fn is_astray(&self, partition: &Partition, error: &KafkaError) -> bool {
        let context = self.consumer.context();
        error.rdkafka_error_code() == Some(RDKafkaErrorCode::State) && context.is_astray() && context.is_held(partition)
    }

    /// Fetches no more from these.
    pub fn pause(&self, partitions: &[Partition]) {
        self.consumer.context().release(partitions);
        self.set_fetching("pause", partitions, |list| self.consumer.pause(list));
    }

    /// Fetches from these again, where they stood; not from those that have not been sought yet.
    pub fn resume(&self, partitions: &[Partition]) {
        let context = self.consumer.context();
        let sought: Vec<_> = partitions.iter().filter(|partition| !context.is_held(partition)).cloned().collect();
        self.set_fetching("resume", &sought, |list| self.consumer.resume(list));
    }

    fn set_fetching(
        &self,
        verb: &str,
        partitions: &[Partition],
        change: impl Fn(&TopicPartitionList) -> KafkaResult<()>,
    ) {
        if partitions.is_empty() {
            return;
        }
        let list = list(partitions.iter().map(|partition| (partition, Offset::Invalid)));
        if let Err(error) = list.and_then(|list| change(&list)) {
            tracing::warn!(?partitions, %error, "cannot {verb}");
        }
    }

    /// Takes a partition that is out of range off the assignment and on again at this offset. With an eager
    /// assignor the whole assignment begins anew, as `Revoked` and `Assigned` of all will say.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn restart(&self, partition: &Partition, offset: i64) -> Result<(), SourceError> {
        let context = self.consumer.context();
        if !context.is_assigned(partition) {
            return Err(SourceError::Unavailable(format!("{partition} is no longer assigned")));
        }
        let changed = if matches!(self.consumer.rebalance_protocol(), RebalanceProtocol::Cooperative) {
            list([(partition, Offset::Offset(offset))].into_iter()).and_then(|list| {
                self.consumer.incremental_unassign(&list)?;
                self.consumer.incremental_assign(&list)?;
                let held = context.release(std::slice::from_ref(partition));
                self.set_fetching("resume", &held, |list| self.consumer.resume(list));
                Ok(())
            })
        } else {
            let all: Vec<Partition> = context.assigned().into_iter().collect();
            list(all.iter().map(|partition| (partition, Offset::Invalid))).and_then(|mut list| {
                context.give_up(all);
                context.take_up(&self.consumer, &mut list, false).map(drop)
            })
        };
        changed.map_err(|error| SourceError::Unavailable(format!("cannot restart {partition}: {error}")))
    }

    /// Tells the group, without waiting: for lag tools only, and only of what is durable and still ours.
    pub fn commit(&self, durable: &Durable) {
        let context = self.consumer.context();
        let ours = durable.offsets().iter().filter(|(partition, _)| context.is_assigned(partition));
        let offsets = ours.map(|(partition, offset)| (partition, Offset::Offset(*offset)));
        let committed = list(offsets).and_then(|list| match list.count() {
            0 => Ok(()),
            _ => self.consumer.commit(&list, CommitMode::Async),
        });
        if let Err(error) = committed {
            tracing::debug!(%error, "kafka did not take the offsets; the ledger has them");
        }
    }

    /// A handle for questions that block: to be used off the polling thread.
    pub fn broker(&self) -> Broker {
        Broker::of(&self.consumer, &self.settings, self.brokers)
    }

    /// Leaves the group and closes, within this time.
    pub fn close(self, timeout: Duration) {
        let Source { consumer, is_static, gone, .. } = self;
        let close = move || {
            // A member that holds no partition, or is about to join again, does not leave when librdkafka closes it
            // (2.12.1, cooperative protocol): all others would wait for its session to end.
            if !is_static {
                consumer.unsubscribe();
            }
            drop(consumer);
        };
        // librdkafka's close has no limit of its own.
        if let Err(error) = std::thread::Builder::new().name("close".into()).spawn(close) {
            tracing::warn!(%error, "no thread to close the consumer on");
        }
        if let Err(RecvTimeoutError::Timeout) = gone.recv_timeout(timeout) {
            tracing::warn!(?timeout, "the consumer did not close in time: the group will miss it and go on");
        }
    }
}

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

fn list<'a>(offsets: impl Iterator<Item = (&'a Partition, Offset)>) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets {
        list.add_partition_offset(&partition.topic, partition.number, offset)?;
    }
    Ok(list)
}

/// Whether a part of the log could not be read, and librdkafka goes on behind it.
fn is_damage(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{BadCompression, BadMessage, InvalidMessage, NotImplemented, Underflow};
    let KafkaError::MessageConsumption(code) = error else { return false };
    matches!(code, BadMessage | BadCompression | NotImplemented | Underflow | InvalidMessage)
}

/// Why a client could not be made: which property, and what about it, without its value.
fn refused(error: KafkaError) -> SourceError {
    SourceError::Fatal(match error {
        KafkaError::ClientConfig(_, reason, name, _) => format!("kafka.properties: {name}: {reason}"),
        error => format!("kafka.properties: {error}"),
    })
}
