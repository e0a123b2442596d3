//! Topics and messages on a real broker.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A broker that answers.
#[derive(Clone, Debug)]
pub struct Broker {
    /// `host:port`, for `kafka.brokers`.
    pub address: String,
}

/// A message as it will lie in the topic.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970; else now.
    pub timestamp: Option<i64>,
    /// Else by the key, or any.
    pub partition: Option<i32>,
}

impl Raw {
    /// A message with this value and no key.
    pub fn value(value: impl Into<Vec<u8>>) -> Raw {
        Raw { value: Some(value.into()), ..Raw::default() }
    }

    /// With this key.
    pub fn key(self, key: impl Into<Vec<u8>>) -> Raw {
        Raw { key: Some(key.into()), ..self }
    }

    /// Into this partition.
    pub fn partition(self, partition: i32) -> Raw {
        Raw { partition: Some(partition), ..self }
    }
}

impl Broker {
    /// The broker that all tests share: never restarted. `None`: there is none, and that was said.
    pub fn shared() -> Option<Broker> {
        super::variable("FLATSINK_TEST_KAFKA").map(|address| Broker { address })
    }

    /// Creates a topic of its own name and returns it.
    pub fn topic(&self, prefix: &str, partitions: i32, properties: &[(&str, &str)]) -> String {
        let name = super::unique(prefix);
        self.create_topic(&name, partitions, properties);
        name
    }

    /// Creates a topic; there once this returns.
    pub fn create_topic(&self, name: &str, partitions: i32, properties: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in properties {
            topic = topic.set(key, value);
        }
        let done = super::wait(self.admin().create_topics([&topic], &AdminOptions::new()));
        done.expect("the broker answers").remove(0).expect("the topic is created");
        super::eventually("the new topic is known", TIMEOUT, || self.partitions(name) == partitions as usize);
    }

    /// Creates topics of these partitions at once, whose records stay; there once this returns.
    pub fn create_topics(&self, topics: &[(&str, i32)]) {
        let new = |&(name, partitions): &(_, i32)| {
            NewTopic::new(name, partitions, TopicReplication::Fixed(1)).set("retention.ms", "-1")
        };
        let new: Vec<NewTopic<'_>> = topics.iter().map(new).collect();
        let done = super::wait(self.admin().create_topics(&new, &AdminOptions::new())).expect("the broker answers");
        done.into_iter().for_each(|done| drop(done.expect("the topic is created")));
        let consumer = self.consumer();
        super::eventually("the new topics are known", TIMEOUT, || {
            let metadata = consumer.fetch_metadata(None, TIMEOUT).expect("the broker answers");
            topics.iter().all(|(name, partitions)| {
                let mut found = metadata.topics().iter().filter(|found| found.name() == *name);
                found.any(|found| found.partitions().len() == *partitions as usize)
            })
        });
    }

    /// Deletes topics at once, as far as they are there; they may be for another moment.
    pub fn delete_topics(&self, names: &[&str]) {
        let done = super::wait(self.admin().delete_topics(names, &AdminOptions::new()));
        if let Err(error) = done {
            eprintln!("topics are left behind: {error}");
        }
    }

    /// Deletes a topic; gone once this returns.
    pub fn delete_topic(&self, name: &str) {
        let done = super::wait(self.admin().delete_topics(&[name], &AdminOptions::new()));
        done.expect("the broker answers").remove(0).expect("the topic is deleted");
        super::eventually("the topic is gone", TIMEOUT, || self.partitions(name) == 0);
    }

    /// Raises the number of partitions.
    pub fn add_partitions(&self, name: &str, partitions: usize) {
        let more = NewPartitions::new(name, partitions);
        let done = super::wait(self.admin().create_partitions([&more], &AdminOptions::new()));
        done.expect("the broker answers").remove(0).expect("the partitions are added");
        super::eventually("the partitions are known", TIMEOUT, || self.partitions(name) == partitions);
    }

    /// Deletes the records before this offset, as retention does.
    pub fn delete_records(&self, name: &str, partition: i32, before: i64) {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(name, partition, Offset::Offset(before)).expect("an offset is valid");
        let done = super::wait(self.admin().delete_records(&offsets, &AdminOptions::new())).expect("records go");
        done.elements().iter().for_each(|element| element.error().expect("records are deleted"));
    }

    /// Writes messages in this order and waits for the broker's word on each.
    pub fn produce(&self, topic: &str, messages: &[Raw]) {
        let producer = self.producer(&[("enable.idempotence", "true")]);
        send(&producer, topic, messages);
        producer.flush(TIMEOUT).expect("all messages are acknowledged");
    }

    /// The same into several topics.
    pub fn produce_to(&self, topics: &[(&str, Vec<Raw>)]) {
        let producer = self.producer(&[("enable.idempotence", "true")]);
        topics.iter().for_each(|(topic, messages)| send(&producer, topic, messages));
        producer.flush(TIMEOUT).expect("all messages are acknowledged");
    }

    /// Writes messages into many topics, each in its order, and waits for the broker's word on all.
    pub fn produce_all(&self, topics: &[(String, Vec<Raw>)]) {
        let producer = self.producer(&[("enable.idempotence", "true"), ("queue.buffering.max.kbytes", "500000")]);
        topics.iter().for_each(|(topic, messages)| send(&producer, topic, messages));
        producer.flush(TIMEOUT).expect("all messages are acknowledged");
    }

    /// Writes messages in one transaction and commits or aborts it; both leave a marker in the log.
    pub fn transaction(&self, topic: &str, messages: &[Raw], commit: bool) {
        let producer = self.producer(&[("transactional.id", &super::unique("test"))]);
        producer.init_transactions(TIMEOUT).expect("transactions are initialized");
        producer.begin_transaction().expect("a transaction begins");
        send(&producer, topic, messages);
        producer.flush(TIMEOUT).expect("all messages are acknowledged");
        let end = if commit { producer.commit_transaction(TIMEOUT) } else { producer.abort_transaction(TIMEOUT) };
        end.expect("the transaction ends");
    }

    /// All messages of a topic by partition and offset, as they lie there.
    pub fn read(&self, topic: &str) -> Vec<(i32, i64, Raw)> {
        let ends = self.end_offsets(topic);
        let consumer: BaseConsumer = self
            .config()
            .set("group.id", super::unique("reader"))
            .set("enable.partition.eof", "true")
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer needs no connection");
        let mut from = TopicPartitionList::new();
        for partition in 0..ends.len() as i32 {
            from.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset is valid");
        }
        consumer.assign(&from).expect("partitions can be assigned");
        let (mut messages, mut open) = (Vec::new(), ends.len());
        while open > 0 {
            match consumer.poll(TIMEOUT).expect("the broker answers") {
                Err(KafkaError::PartitionEOF(_)) => open -= 1,
                Err(error) => panic!("{topic} cannot be read: {error}"),
                Ok(message) => {
                    let (key, value) = (message.key().map(<[u8]>::to_vec), message.payload().map(<[u8]>::to_vec));
                    let raw = Raw { key, value, partition: Some(message.partition()), ..Raw::default() };
                    messages.push((message.partition(), message.offset(), raw));
                }
            }
        }
        messages.sort_by_key(|(partition, offset, _)| (*partition, *offset));
        messages
    }

    /// Per partition the offset of the next record, markers counted.
    pub fn end_offsets(&self, topic: &str) -> Vec<i64> {
        let consumer = self.consumer();
        let end = |partition| {
            let mut end = Err(KafkaError::Canceled);
            // A new partition may have no leader yet.
            super::eventually("the broker says where the partition ends", TIMEOUT, || {
                end = consumer.fetch_watermarks(topic, partition, TIMEOUT);
                end.is_ok()
            });
            end.expect("awaited above").1
        };
        (0..self.partitions(topic) as i32).map(end).collect()
    }

    /// Per partition the offset that a group has committed.
    pub fn committed(&self, group: &str, topic: &str) -> Vec<Option<i64>> {
        let consumer: BaseConsumer =
            self.config().set("group.id", group).create().expect("a consumer needs no connection");
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(topic, 0, self.partitions(topic) as i32 - 1);
        let mut answer = Err(KafkaError::Canceled);
        // A broker that has just started does not know its groups yet.
        super::eventually("the group's coordinator answers", TIMEOUT, || {
            answer = consumer.committed_offsets(asked.clone(), TIMEOUT);
            answer.is_ok()
        });
        let offsets = answer.expect("awaited above");
        offsets.elements().iter().map(|element| element.offset().to_raw().filter(|offset| *offset >= 0)).collect()
    }

    fn partitions(&self, topic: &str) -> usize {
        let metadata = self.consumer().fetch_metadata(Some(topic), TIMEOUT).expect("the broker answers");
        metadata.topics().iter().filter(|found| found.name() == topic).map(|found| found.partitions().len()).sum()
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        config
    }

    fn consumer(&self) -> BaseConsumer {
        self.config().create().expect("a consumer needs no connection")
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().expect("an admin client needs no connection")
    }

    fn producer(&self, properties: &[(&str, &str)]) -> BaseProducer {
        let mut config = self.config();
        config.set("linger.ms", "5").set("message.timeout.ms", "30000").set("message.max.bytes", "20000000");
        for (key, value) in properties {
            config.set(*key, *value);
        }
        config.create().expect("a producer needs no connection")
    }
}

fn send(producer: &BaseProducer, topic: &str, messages: &[Raw]) {
    for message in messages {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &message.headers {
            headers = headers.insert(Header { key, value: value.as_ref() });
        }
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
        record.key = message.key.as_deref();
        record.payload = message.value.as_deref();
        record.timestamp = message.timestamp;
        record.partition = message.partition;
        record.headers = (!message.headers.is_empty()).then_some(headers);
        while let Err((error, unsent)) = producer.send(record) {
            let full = matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            assert!(full, "a message cannot be sent to {topic}: {error}");
            producer.poll(Duration::from_millis(10));
            record = unsent;
        }
        producer.poll(Duration::ZERO);
    }
}
