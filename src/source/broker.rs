//! Questions to the cluster that block: asked off the polling thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::context::Context;
use super::{Committed, SourceError, refused, settings};
use crate::config::{Config, Kafka};
use crate::record::Partition;

/// One question asks so often, each time so many seconds: a login that fails is seen between two of them.
const TRIES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3), Duration::from_secs(4)];
const TIMEOUT: Duration = Duration::from_secs(10);

/// Questions to the cluster; each blocks until the answer or a time-out of 10 s.
#[derive(Clone)]
pub struct Broker {
    client: Client,
    /// For clients of another group.
    pub(super) settings: ClientConfig,
    pub(super) brokers: usize,
}

#[derive(Clone)]
enum Client {
    Own(Arc<BaseConsumer<Context>>),
    /// The worker's; closing it does not wait for questions.
    Worker(Weak<BaseConsumer<Context>>),
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

impl Broker {
    /// A client without a group, for questions before there is a consumer (`check`, `reset`, the start of `run`).
    ///
    /// # Errors
    /// `Fatal`: a property that librdkafka refuses.
    pub fn open(config: &Config) -> Result<Broker, SourceError> {
        Broker::connect(&config.kafka, &settings::id(config))
    }

    /// The same, without a whole configuration.
    pub(crate) fn connect(kafka: &Kafka, id: &str) -> Result<Broker, SourceError> {
        let settings = settings::question(kafka, id);
        let brokers = kafka.brokers.len();
        let client = settings.create_with_context(Context::new(brokers, None)).map_err(refused)?;
        Ok(Broker { client: Client::Own(Arc::new(client)), settings, brokers })
    }

    pub(super) fn of(consumer: &Arc<BaseConsumer<Context>>, settings: &ClientConfig, brokers: usize) -> Broker {
        Broker { client: Client::Worker(Arc::downgrade(consumer)), settings: settings.clone(), brokers }
    }

    /// All topics and how many partitions each has.
    ///
    /// # Errors
    /// See `SourceError`; a wrong host name, TLS or login is `Fatal`.
    pub fn topics(&self) -> Result<BTreeMap<String, i32>, SourceError> {
        let metadata = self.ask("list the topics", |client, timeout| client.fetch_metadata(None, timeout))?;
        let known = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let counted = known.map(|topic| (topic.name().to_owned(), topic.partitions().len() as i32));
        Ok(counted.filter(|(_, partitions)| *partitions > 0).collect())
    }

    /// The first offset that is retained, and the offset after the last (the last stable one) of a partition.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn watermarks(&self, partition: &Partition) -> Result<(i64, i64), SourceError> {
        // The client reads committed records only, so the broker answers with the last stable offset as the end.
        self.ask(&format!("ask for the offsets of {partition}"), |client, timeout| {
            client.fetch_watermarks(&partition.topic, partition.number, timeout)
        })
    }

    /// By partition the first offset of this time (milliseconds since 1970) or later; the end where there is none.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn offsets_at(&self, topic: &str, partitions: i32, timestamp: i64) -> Result<Vec<i64>, SourceError> {
        let mut offsets = self.offsets(topic, partitions, timestamp.max(0))?;
        if offsets.contains(&None) {
            // A time of -1 asks for the end.
            let ends = self.offsets(topic, partitions, -1)?;
            for (offset, end) in offsets.iter_mut().zip(ends) {
                *offset = offset.or(end);
            }
        }
        let absent = || SourceError::Unavailable(format!("no offsets of {topic} came"));
        offsets.into_iter().collect::<Option<Vec<i64>>>().ok_or_else(absent)
    }

    fn offsets(&self, topic: &str, partitions: i32, time: i64) -> Result<Vec<Option<i64>>, SourceError> {
        let what = format!("ask for the offsets of {topic} at a time");
        let time = Offset::from_raw(time);
        let list =
            self.ask(&what, |client, timeout| client.offsets_for_times(self::list(topic, partitions, time)?, timeout))?;
        offsets_of(&what, &list)
    }

    /// By partition what another group has committed.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn committed(&self, group: &str, topic: &str, partitions: i32) -> Result<Vec<Option<i64>>, SourceError> {
        let mut settings = self.settings.clone();
        settings.set("group.id", group);
        let client = settings.create_with_context(Context::new(self.brokers, None)).map_err(refused)?;
        let client = Broker { client: Client::Own(Arc::new(client)), settings, brokers: self.brokers };
        let what = format!("ask for the offsets that group {group} has committed of {topic}");
        let list = client.ask(&what, |client, timeout| {
            client.committed_offsets(self::list(topic, partitions, Offset::Invalid)?, timeout)
        })?;
        offsets_of(&what, &list)
    }

    /// Commits one offset and waits: tells whether the group still counts us in.
    pub fn commit_and_wait(&self, partition: &Partition, offset: i64) -> Committed {
        let client = match self.client() {
            Ok(client) => client,
            Err(error) => return Committed::Unknown(error.to_string()),
        };
        if !client.context().is_assigned(partition) || client.assignment_lost() {
            return Committed::Lost;
        }
        let mut list = TopicPartitionList::new();
        if let Err(error) = list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(offset)) {
            return Committed::Unknown(error.to_string());
        }
        // librdkafka waits without a limit: on a thread that nobody has to wait for.
        let (done, answer) = channel();
        let (consumer, partition) = (Arc::clone(&client), partition.clone());
        let commit = move || {
            let result = consumer.commit(&list, CommitMode::Sync);
            // A member that was put out commits as nobody, which an empty group accepts.
            let held = consumer.context().is_assigned(&partition) && !consumer.assignment_lost();
            // The other end is gone where it did not wait.
            let _ = done.send((result, held));
        };
        if let Err(error) = std::thread::Builder::new().name("commit".into()).spawn(commit) {
            return Committed::Unknown(format!("no thread to commit on: {error}"));
        }
        match answer.recv_timeout(TIMEOUT) {
            Ok((_, false)) => Committed::Lost,
            Ok((Ok(()), true)) => Committed::Accepted,
            Ok((Err(error), true)) => refusal(&error),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Committed::Unknown("the group's coordinator did not answer in 10 s".into())
            }
        }
    }

    fn client(&self) -> Result<Arc<BaseConsumer<Context>>, SourceError> {
        match &self.client {
            Client::Own(client) => Ok(Arc::clone(client)),
            Client::Worker(client) => {
                client.upgrade().ok_or_else(|| SourceError::Unavailable("the consumer is closed".into()))
            }
        }
    }

    fn ask<T>(
        &self,
        what: &str,
        mut question: impl FnMut(&BaseConsumer<Context>, Duration) -> KafkaResult<T>,
    ) -> Result<T, SourceError> {
        let client = self.client()?;
        let mut failed = SourceError::Unavailable(format!("{what}: no answer"));
        for timeout in TRIES {
            let begin = Instant::now();
            let error = match question(&client, timeout) {
                Ok(answer) => {
                    client.context().mended();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if matches!(self.client, Client::Own(_)) {
                // Nobody else serves this client's callbacks.
                for _ in 0..1_000 {
                    let _ = client.poll(Duration::ZERO);
                }
            }
            failed = match (client.context().trouble(), error.rdkafka_error_code()) {
                (_, Some(RDKafkaErrorCode::GroupAuthorizationFailed)) => SourceError::Fatal(format!("{what}: {error}")),
                (Some(SourceError::Fatal(reason)), _) => return Err(SourceError::Fatal(format!("{what}: {reason}"))),
                (Some(SourceError::Unavailable(reason)), _) => SourceError::Unavailable(format!("{what}: {reason}")),
                (None, _) => SourceError::Unavailable(format!("{what}: {error}")),
            };
            if begin.elapsed() < timeout / 2 {
                // An answer, not a time-out.
                break;
            }
        }
        Err(failed)
    }
}

fn list(topic: &str, partitions: i32, offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, offset)?;
    }
    Ok(list)
}

/// The offsets of partitions 0, 1, ..; `None` where there is none.
fn offsets_of(what: &str, list: &TopicPartitionList) -> Result<Vec<Option<i64>>, SourceError> {
    let mut found = BTreeMap::new();
    for element in list.elements() {
        element.error().map_err(|error| SourceError::Unavailable(format!("{what}: {error}")))?;
        found.insert(element.partition(), element.offset().to_raw().filter(|offset| *offset >= 0));
    }
    Ok(found.into_values().collect())
}

fn refusal(error: &KafkaError) -> Committed {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(
            Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::FencedInstanceId
            | Code::Fenced
            | Code::AssignmentLost,
        ) => Committed::Lost,
        _ => Committed::Unknown(error.to_string()),
    }
}
