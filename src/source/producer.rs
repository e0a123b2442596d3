//! Kafka out, for `produce` and `demo` only: the sink itself writes nothing to Kafka.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::{ClientContext, Statistics};

use super::{SourceError, refused, settings};
use crate::config::Kafka;

/// Callbacks are served once in so many messages.
const SERVE_EVERY: u64 = 500;
/// How long a full queue, and the end, wait at a time.
const TICK: Duration = Duration::from_millis(100);

/// Writes messages, each once, in order, as fast as the broker takes them.
pub(crate) struct Producer {
    producer: BaseProducer<Deliveries>,
    sent: u64,
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("sent", &self.sent).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Deliveries(Mutex<Option<String>>);

impl Producer {
    /// Prepares the producer; it connects by itself.
    ///
    /// # Errors
    /// `Fatal`: a property that librdkafka refuses.
    pub(crate) fn open(kafka: &Kafka) -> Result<Producer, SourceError> {
        let mut settings = settings::client(kafka, "flatsink-produce");
        let defaults =
            [("linger.ms", "20"), ("queue.buffering.max.kbytes", "65536"), ("partitioner", "murmur2_random")];
        for (name, value) in defaults {
            if settings.get(name).is_none() {
                settings.set(name, value);
            }
        }
        settings.set("enable.idempotence", "true");
        let producer = settings.create_with_context(Deliveries::default()).map_err(refused)?;
        Ok(Producer { producer, sent: 0 })
    }

    /// Queues a message; waits while the queue is full.
    ///
    /// # Errors
    /// A message, this one or an earlier one, that the broker did not take.
    pub(crate) fn send(
        &mut self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&[u8]>,
        value: &[u8],
    ) -> Result<(), SourceError> {
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).payload(value);
        record.key = key;
        record.partition = partition;
        while let Err((error, back)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(SourceError::Fatal(format!("cannot write to {topic}: {error}")));
            }
            record = back;
            self.producer.poll(TICK);
            self.check()?;
        }
        self.sent += 1;
        if self.sent.is_multiple_of(SERVE_EVERY) {
            self.producer.poll(Duration::ZERO);
            self.check()?;
        }
        Ok(())
    }

    /// Serves deliveries for so long: the pace of a slow producer.
    pub(crate) fn wait(&self, time: Duration) {
        self.producer.poll(time);
    }

    /// Waits until the broker has taken everything.
    ///
    /// # Errors
    /// A message that the broker did not take.
    pub(crate) fn finish(self) -> Result<(), SourceError> {
        while self.producer.in_flight_count() > 0 {
            self.check()?;
            // A time-out only means: not yet.
            let _ = self.producer.flush(TICK);
        }
        self.check()
    }

    fn check(&self) -> Result<(), SourceError> {
        let failed = self.producer.context().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        failed.map_or(Ok(()), |reason| Err(SourceError::Fatal(reason)))
    }
}

impl ClientContext for Deliveries {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, "{message}");
    }

    fn stats(&self, _statistics: Statistics) {}

    fn error(&self, _error: KafkaError, reason: &str) {
        tracing::warn!("kafka: {reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let reason = format!("a message was not written to {}: {error}", message.topic());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        }
    }
}

/// Creates a topic, replicated as the cluster does by default; one that is there already is left alone.
///
/// # Errors
/// The cluster does not want to.
pub(crate) async fn create_topic(kafka: &Kafka, topic: &str, partitions: i32) -> Result<(), SourceError> {
    let settings = settings::client(kafka, "flatsink-produce");
    let admin: AdminClient<DefaultClientContext> = settings.create().map_err(refused)?;
    let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1));
    let failed = |error: &dyn fmt::Display| SourceError::Fatal(format!("cannot create topic {topic}: {error}"));
    let created = admin.create_topics([&new], &AdminOptions::new()).await.map_err(|error| failed(&error))?;
    match created.into_iter().next() {
        Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => Err(failed(&code)),
        _ => Ok(()),
    }
}

/// A broker in this process, for the demo: real to the client, gone with the process. It keeps 5 MB or 100,000
/// messages a partition.
pub(crate) struct Mock(MockCluster<'static, rdkafka::producer::DefaultProducerContext>);

impl Mock {
    /// Starts it, with these topics and their partitions.
    ///
    /// # Errors
    /// `Fatal`: no port, no memory.
    pub(crate) fn start(topics: &[(&str, i32)]) -> Result<Mock, SourceError> {
        let failed = |error: KafkaError| SourceError::Fatal(format!("cannot start the broker inside: {error}"));
        let cluster = MockCluster::new(1).map_err(failed)?;
        for (topic, partitions) in topics {
            cluster.create_topic(topic, *partitions, 1).map_err(failed)?;
        }
        Ok(Mock(cluster))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.0.bootstrap_servers()
    }
}
