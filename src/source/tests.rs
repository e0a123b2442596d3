//! The source against a real broker, and against librdkafka's own where a real one cannot be told what to do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::OwnedHeaders;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use secrecy::SecretString;

use super::*;
use crate::config::{BatchLimits, Database, Kafka, Schemas, Tls};

const PATIENCE: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(50);

/// The address of the real broker; without one the test is skipped aloud, and fails where `CI` is set.
fn broker() -> Option<String> {
    let address = std::env::var("FLATSINK_TEST_KAFKA").ok().filter(|address| !address.is_empty());
    if address.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI is set, and FLATSINK_TEST_KAFKA is not");
        eprintln!("SKIPPED: FLATSINK_TEST_KAFKA is not set; `tests/services run cargo test` has all tests");
    }
    address
}

fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{:08x}_{}", rand::random::<u32>(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

fn config(brokers: &str, group: &str) -> Config {
    let properties = [("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "200")];
    let properties = properties.map(|(name, value)| (name.to_owned(), SecretString::from(value)));
    let database = Database {
        dialect: crate::dialect::Dialect::Sqlite,
        host: String::new(),
        port: None,
        socket: None,
        name: String::new(),
        user: None,
        password: None,
        schema: None,
        ledger_schema: None,
        tls: Tls::None,
        ca_file: None,
        cert_file: None,
        key_file: None,
    };
    Config {
        sink: "test".into(),
        kafka: Kafka { brokers: vec![brokers.into()], group: group.into(), properties: properties.into() },
        schemas: Schemas::Directory(".".into()),
        database,
        topics: Vec::new(),
        batch: BatchLimits { rows_max: 1, bytes_max: 1, linger_max: TICK },
        workers: 2,
        memory_max: 64 << 20,
        record_max: 16 << 20,
        unknown_schema_after: PATIENCE,
        shutdown_max: PATIENCE,
        http: None,
        origin: crate::config::Origin::default(),
    }
}

fn client(brokers: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", brokers);
    client
}

fn topic(brokers: &str, partitions: i32) -> String {
    let name = unique("source");
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().expect("a client");
    let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
    let topics = [&topic];
    let options = AdminOptions::new();
    let made = admin.create_topics(topics, &options);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(made).expect("an answer").remove(0).expect("the topic is made");
    let questions = Broker::open(&config(brokers, "none")).expect("a client");
    eventually("the topic is known", || questions.topics().is_ok_and(|topics| topics.contains_key(&name)));
    name
}

fn producer(brokers: &str, properties: &[(&str, &str)]) -> BaseProducer {
    let mut client = client(brokers);
    client.set("linger.ms", "0");
    for (name, value) in properties {
        client.set(*name, *value);
    }
    client.create().expect("a producer")
}

/// Messages `0`, `1`, .. into one partition.
fn produce(brokers: &str, topic: &str, partition: i32, count: usize) {
    let producer = producer(brokers, &[]);
    send(&producer, topic, partition, count);
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, count: usize) {
    for number in 0..count {
        let value = number.to_string();
        let record = BaseRecord::<(), str>::to(topic).partition(partition).payload(&value);
        producer.send(record).map_err(|(error, _)| error).expect("it is queued");
    }
    producer.flush(PATIENCE).expect("all are acknowledged");
}

fn transactional(brokers: &str) -> BaseProducer {
    let producer = producer(brokers, &[("transactional.id", &unique("source"))]);
    producer.init_transactions(PATIENCE).expect("transactions");
    producer.begin_transaction().expect("a transaction");
    producer
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(TICK);
    }
}

fn at(topic: &str, number: i32) -> Partition {
    Partition { topic: topic.into(), number }
}

/// A source with what it was told so far.
struct Reader {
    source: Source,
    assigned: std::collections::BTreeSet<Partition>,
    revoked: Vec<Partition>,
    /// Partition and offset in the order of delivery.
    delivered: Vec<(i32, i64)>,
    out_of_range: usize,
    statistics: BTreeMap<Partition, PartitionStatistics>,
}

impl Reader {
    fn new(config: &Config, worker: usize, topic: &str) -> Reader {
        let source = Source::open(config, worker).expect("a consumer");
        source.subscribe(&[topic.to_owned()]).expect("a subscription");
        Reader {
            source,
            assigned: Default::default(),
            revoked: Vec::new(),
            delivered: Vec::new(),
            out_of_range: 0,
            statistics: BTreeMap::new(),
        }
    }

    fn poll(&mut self) {
        match self.source.poll(TICK) {
            Polled::Message(received) => {
                let message = received.message();
                self.delivered.push((message.partition, message.offset));
            }
            Polled::OutOfRange(_) => self.out_of_range += 1,
            Polled::Nothing | Polled::Damaged(_) | Polled::Failed(_) => {}
        }
        for rebalance in self.source.take_rebalances() {
            match rebalance {
                Rebalance::Assigned(partitions) => self.assigned.extend(partitions),
                Rebalance::Revoked(partitions) => {
                    self.assigned.retain(|partition| !partitions.contains(partition));
                    self.revoked.extend(partitions);
                }
            }
        }
        if let Some(statistics) = self.source.take_statistics() {
            self.statistics = statistics;
        }
    }

    fn until(&mut self, what: &str, condition: impl Fn(&Reader) -> bool) {
        let begin = Instant::now();
        while !condition(self) {
            assert!(begin.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}; delivered {:?}", self.delivered);
            self.poll();
        }
    }

    fn until_assigned(&mut self, count: usize) {
        self.until("partitions are assigned", |reader| reader.assigned.len() == count);
    }

    /// As a claim does: try again where the state does not allow it yet. What came before does not count.
    fn seek(&mut self, to: &[(Partition, i64)]) {
        let mut to: BTreeMap<Partition, i64> = to.iter().cloned().collect();
        let begin = Instant::now();
        while !to.is_empty() {
            assert!(begin.elapsed() < PATIENCE, "cannot seek {to:?}");
            let failed = self.source.seek(&to);
            to.retain(|partition, _| failed.contains_key(partition));
            if !to.is_empty() {
                self.poll();
            }
        }
        self.delivered.clear();
    }

    fn offsets(&self) -> Vec<i64> {
        self.delivered.iter().map(|(_, offset)| *offset).collect()
    }

    fn quiet(&mut self, time: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < time {
            self.poll();
        }
    }
}

#[test]
fn after_a_seek_comes_exactly_what_lies_at_the_offset_and_above() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 2);
    produce(&brokers, &topic, 0, 100);
    produce(&brokers, &topic, 1, 10);
    let mut reader = Reader::new(&config(&brokers, &unique("group")), 0, &topic);
    reader.until_assigned(2);
    reader.seek(&[(at(&topic, 0), 40), (at(&topic, 1), 0)]);
    reader.until("all came", |reader| reader.delivered.len() >= 70);
    let of =
        |number| reader.delivered.iter().filter(|found| found.0 == number).map(|found| found.1).collect::<Vec<_>>();
    assert_eq!(of(0), (40..100).collect::<Vec<i64>>());
    assert_eq!(of(1), (0..10).collect::<Vec<i64>>());

    reader.seek(&[(at(&topic, 0), 95)]);
    reader.until("the last five came again", |reader| reader.delivered.len() >= 5);
    assert_eq!(reader.offsets(), [95, 96, 97, 98, 99]);
    reader.source.close(PATIENCE);
}

#[test]
fn a_paused_partition_keeps_its_position() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 10);
    let mut reader = Reader::new(&config(&brokers, &unique("group")), 0, &topic);
    reader.until_assigned(1);
    reader.seek(&[(at(&topic, 0), 0)]);
    reader.until("three came", |reader| reader.delivered.len() == 3);
    reader.source.pause(&[at(&topic, 0)]);
    reader.quiet(Duration::from_millis(500));
    assert_eq!(reader.offsets(), [0, 1, 2], "nothing comes while it is paused");
    reader.source.resume(&[at(&topic, 0)]);
    reader.until("the rest came", |reader| reader.delivered.len() >= 10);
    assert_eq!(reader.offsets(), (0..10).collect::<Vec<i64>>());
    reader.source.close(PATIENCE);
}

/// A header's name as other producers can send it; rdkafka only copies its bytes.
#[allow(unsafe_code, reason = "there is no other way to send one")]
fn not_utf8(name: &'static [u8]) -> &'static str {
    unsafe { std::str::from_utf8_unchecked(name) }
}

#[test]
fn key_value_headers_and_time_arrive_as_they_were() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    let producer = producer(&brokers, &[]);
    let headers = OwnedHeaders::new()
        .insert(rdkafka::message::Header { key: "a", value: Some(&b"\xff"[..]) })
        .insert(rdkafka::message::Header::<&[u8]> { key: "b", value: None })
        .insert(rdkafka::message::Header { key: not_utf8(b"c\xff"), value: Some(&b""[..]) });
    let full = BaseRecord::to(&topic).partition(0).key(&b""[..]).payload(&b"v"[..]).timestamp(1_357).headers(headers);
    producer.send(full).map_err(|(error, _)| error).expect("it is queued");
    let null = BaseRecord::<[u8], [u8]>::to(&topic).partition(0);
    producer.send(null).map_err(|(error, _)| error).expect("it is queued");
    producer.flush(PATIENCE).expect("all are acknowledged");

    let mut reader = Reader::new(&config(&brokers, &unique("group")), 0, &topic);
    reader.until_assigned(1);
    reader.seek(&[(at(&topic, 0), 0)]);
    let mut seen = 0;
    let begin = Instant::now();
    while seen < 2 {
        assert!(begin.elapsed() < PATIENCE, "both messages come");
        let Polled::Message(received) = reader.source.poll(TICK) else { continue };
        let message = received.message();
        match message.offset {
            0 => {
                assert_eq!((message.topic, message.partition, message.timestamp), (&*topic, 0, Some(1_357)));
                assert_eq!((message.key, message.value), (Some(&b""[..]), Some(&b"v"[..])));
                let names = ["a", "b", "c\u{fffd}"].map(str::to_owned);
                let values = [Some(vec![0xff]), None, Some(vec![])];
                assert_eq!(message.headers, names.into_iter().zip(values).collect::<Vec<_>>());
            }
            _ => {
                assert_eq!((message.key, message.value, message.headers.len()), (None, None, 0));
                assert!(message.timestamp > Some(1_357));
            }
        }
        seen += 1;
    }
    reader.source.close(PATIENCE);
}

#[test]
fn two_consumers_share_the_partitions_and_hand_them_over() {
    let Some(brokers) = broker() else { return };
    for strategy in ["cooperative-sticky", "range"] {
        let topic = topic(&brokers, 4);
        let mut config = config(&brokers, &unique("group"));
        config.kafka.properties.insert("partition.assignment.strategy".into(), strategy.into());
        config.kafka.properties.insert("group.instance.id".into(), unique("member").into());
        let mut one = Reader::new(&config, 0, &topic);
        one.until_assigned(4);
        let mut other = Reader::new(&config, 1, &topic);
        let begin = Instant::now();
        while one.assigned.len() != 2 || other.assigned.len() != 2 {
            assert!(begin.elapsed() < PATIENCE, "{strategy}: {:?} {:?}", one.assigned, other.assigned);
            one.poll();
            other.poll();
        }
        assert!(one.assigned.is_disjoint(&other.assigned));
        let moved = one.revoked.len();
        assert_eq!(moved, if strategy == "range" { 4 } else { 2 }, "{strategy}");
        // A static member is only missed after its session.
        other.source.close(PATIENCE);
        one.until_assigned(4);
        one.source.close(PATIENCE);
    }
}

#[test]
fn a_member_without_partitions_leaves_the_group_too() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    let mut config = config(&brokers, &unique("group"));
    // Longer than anybody waits here.
    config.kafka.properties.insert("session.timeout.ms".into(), "45000".into());
    let mut one = Reader::new(&config, 1, &topic);
    one.until_assigned(1);
    let other = Reader::new(&config, 2, &topic);
    let begin = Instant::now();
    let mut joined = false;
    while !joined {
        assert!(begin.elapsed() < PATIENCE, "it does not join");
        one.poll();
        let _ = other.source.poll(TICK);
        joined = !other.source.take_rebalances().is_empty();
    }
    other.source.close(PATIENCE);
    one.source.close(PATIENCE);
    let mut next = Reader::new(&config, 1, &topic);
    next.until_assigned(1);
    next.source.close(PATIENCE);
}

#[test]
fn the_statistics_know_the_end_behind_an_abort_marker() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 3);
    let aborted = transactional(&brokers);
    send(&aborted, &topic, 0, 2);
    aborted.abort_transaction(PATIENCE).expect("it is aborted");

    let mut reader = Reader::new(&config(&brokers, &unique("group")), 0, &topic);
    reader.until_assigned(1);
    reader.seek(&[(at(&topic, 0), 0)]);
    let partition = at(&topic, 0);
    reader.until("the end is known", |reader| {
        reader.statistics.get(&partition).is_some_and(|found| found.eof_offset == 6)
    });
    assert_eq!(reader.offsets(), [0, 1, 2], "aborted records do not come");
    let found = reader.statistics[&partition];
    assert!(found.fetches.is_some_and(|(broker, fetches)| broker >= 0 && fetches > 0), "{found:?}");
    let expected =
        PartitionStatistics { queued: 0, next_offset: 6, eof_offset: 6, stable_offset: 6, fetches: found.fetches };
    assert_eq!(found, expected);
    reader.source.close(PATIENCE);
}

#[test]
fn the_end_is_the_last_stable_offset() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 3);
    let open = transactional(&brokers);
    send(&open, &topic, 0, 2);
    let questions = Broker::open(&config(&brokers, "none")).expect("a client");
    assert_eq!(questions.watermarks(&at(&topic, 0)), Ok((0, 3)), "an open transaction is beyond the end");
    assert_eq!(questions.offsets_at(&topic, 1, i64::MAX / 2), Ok(vec![3]));
    open.commit_transaction(PATIENCE).expect("it is committed");
    eventually("the transaction ends", || questions.watermarks(&at(&topic, 0)) == Ok((0, 6)));
}

#[test]
fn markers_and_aborted_records_are_void_and_records_are_not() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 2);
    let aborted = transactional(&brokers);
    send(&aborted, &topic, 0, 3);
    aborted.abort_transaction(PATIENCE).expect("it is aborted");
    let questions = Broker::open(&config(&brokers, &unique("group"))).expect("a client");
    // The marker follows the abort's answer. 0 1, 2 3 4 aborted, 5 their marker, 6.
    eventually("the transaction ends", || questions.watermarks(&at(&topic, 0)) == Ok((0, 6)));
    produce(&brokers, &topic, 0, 1);
    eventually("the last record is stable", || questions.watermarks(&at(&topic, 0)) == Ok((0, 7)));
    for (from, to, void) in
        [(0, 7, false), (1, 6, false), (2, 6, true), (2, 7, false), (5, 6, true), (6, 7, false), (7, 9, false)]
    {
        assert_eq!(questions.is_void(&at(&topic, 0), from, to), Ok(void), "[{from}, {to})");
    }
}

#[test]
fn an_offset_that_is_gone_is_told_and_the_partition_starts_again() {
    let Some(brokers) = broker() else { return };
    for strategy in ["cooperative-sticky", "range"] {
        let topic = topic(&brokers, 2);
        produce(&brokers, &topic, 0, 10);
        produce(&brokers, &topic, 1, 10);
        delete_before(&brokers, &topic, 0, 6);
        let mut config = config(&brokers, &unique("group"));
        config.kafka.properties.insert("partition.assignment.strategy".into(), strategy.into());
        let mut reader = Reader::new(&config, 0, &topic);
        reader.until_assigned(2);
        reader.seek(&[(at(&topic, 0), 2), (at(&topic, 1), 0)]);
        reader.until("it is told", |reader| reader.out_of_range > 0 && reader.delivered.len() == 10);
        assert!(reader.delivered.iter().all(|(partition, _)| *partition == 1), "{:?}", reader.delivered);
        assert_eq!(reader.source.broker().watermarks(&at(&topic, 0)), Ok((6, 10)));

        reader.delivered.clear();
        reader.source.restart(&at(&topic, 0), 6).expect("it starts again");
        reader.poll();
        if strategy == "range" {
            assert_eq!(reader.revoked.len(), 2, "the whole assignment begins anew");
            assert_eq!(reader.assigned.len(), 2);
            reader.seek(&[(at(&topic, 0), 6), (at(&topic, 1), 10)]);
        }
        reader.until("the rest came", |reader| reader.delivered.len() >= 4);
        assert_eq!(reader.delivered, [(0, 6), (0, 7), (0, 8), (0, 9)]);
        reader.source.close(PATIENCE);
    }
}

fn delete_before(brokers: &str, topic: &str, partition: i32, offset: i64) {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().expect("a client");
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset");
    let options = AdminOptions::new();
    let deleted = admin.delete_records(&offsets, &options);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(deleted).expect("records are deleted");
}

#[test]
fn a_commit_is_accepted_while_the_group_counts_us_in() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 10);
    let group = unique("group");
    let mut config = config(&brokers, &group);
    config.kafka.properties.insert("session.timeout.ms".into(), "1500".into());
    let mut one = Reader::new(&config, 0, &topic);
    one.until_assigned(1);
    let partition = at(&topic, 0);
    let questions = one.source.broker();
    assert_eq!(questions.commit_and_wait(&partition, 4), Committed::Accepted);
    assert_eq!(questions.commit_and_wait(&at(&topic, 7), 4), Committed::Lost, "it never was ours");
    let outsider = Broker::open(&config).expect("a client");
    assert_eq!(outsider.committed(&group, &topic, 1), Ok(vec![Some(4)]));
    assert_eq!(outsider.committed(&unique("nobody"), &topic, 1), Ok(vec![None]));

    one.source.close(PATIENCE);
    assert!(matches!(questions.commit_and_wait(&partition, 5), Committed::Unknown(_)), "there is no consumer");
    assert!(questions.topics().is_err());
}

#[test]
fn a_commit_is_lost_once_another_member_took_over() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 1);
    produce(&brokers, &topic, 0, 10);
    let mut config = config(&brokers, &unique("group"));
    // A woken sleeper: its heartbeats go on, but it does not poll.
    config.kafka.properties.insert("max.poll.interval.ms".into(), "1500".into());
    config.kafka.properties.insert("session.timeout.ms".into(), "1500".into());
    let mut one = Reader::new(&config, 0, &topic);
    one.until_assigned(1);
    let questions = one.source.broker();
    let mut other = Reader::new(&config, 1, &topic);
    other.until_assigned(1);
    assert_eq!(questions.commit_and_wait(&at(&topic, 0), 4), Committed::Lost);
    one.until("the revocation comes", |reader| !reader.revoked.is_empty());
    assert_eq!(questions.commit_and_wait(&at(&topic, 0), 4), Committed::Lost);
    other.source.close(PATIENCE);
    one.source.close(PATIENCE);
}

#[test]
fn topics_are_listed_with_their_partitions() {
    let Some(brokers) = broker() else { return };
    let topic = topic(&brokers, 3);
    let questions = Broker::open(&config(&brokers, "none")).expect("a client");
    assert_eq!(questions.topics().expect("an answer").get(&topic), Some(&3));
    assert_eq!(questions.offsets_at(&topic, 3, 0), Ok(vec![0, 0, 0]));
    assert!(matches!(questions.watermarks(&at("nowhere", 0)), Err(SourceError::Unavailable(_))));
}

#[test]
fn what_no_waiting_mends_is_told_from_what_it_may() {
    let mock = MockCluster::new(1).expect("a broker");
    let check = |brokers: &str, properties: &[(&str, &str)], expected: &str| {
        let mut config = config(brokers, "none");
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)));
        config.kafka.properties.extend(properties);
        let begin = Instant::now();
        let error = Broker::open(&config).and_then(|questions| questions.topics()).expect_err(expected);
        let kind = if matches!(error, SourceError::Fatal(_)) { "fatal" } else { "unavailable" };
        let told = format!("{kind}: {error}");
        assert!(told.contains(expected), "{told}");
        if kind == "fatal" {
            assert!(begin.elapsed() < Duration::from_secs(8), "it is told at once: {told}");
        }
    };
    check("nowhere.invalid:9092", &[], "fatal: list the topics: nowhere.invalid:9092/bootstrap: Failed to resolve");
    check("127.0.0.1:1", &[], "unavailable: list the topics: 127.0.0.1:1/bootstrap: Connect to");
    check(&mock.bootstrap_servers(), &[("security.protocol", "ssl")], "in state SSL_HANDSHAKE");
    check(&mock.bootstrap_servers(), &[("no.such.property", "1")], "fatal: kafka.properties: no.such.property");
    check(&mock.bootstrap_servers(), &[("sasl.mechanism", "x"), ("security.protocol", "sasl_plaintext")], "fatal");
}

#[test]
fn the_mock_broker_serves_a_group_too() {
    let mock = MockCluster::new(1).expect("a broker");
    let brokers = mock.bootstrap_servers();
    mock.create_topic("t", 2, 1).expect("a topic");
    produce(&brokers, "t", 0, 5);
    produce(&brokers, "t", 1, 5);
    let mut reader = Reader::new(&config(&brokers, "g"), 0, "t");
    reader.until_assigned(2);
    reader.seek(&[(at("t", 0), 2), (at("t", 1), 0)]);
    reader.until("all came", |reader| reader.delivered.len() == 8);
    assert_eq!(reader.source.broker().watermarks(&at("t", 0)), Ok((0, 5)));
    assert_eq!(reader.source.broker().commit_and_wait(&at("t", 1), 5), Committed::Accepted);
    reader.source.close(PATIENCE);
}

#[test]
fn a_cluster_that_is_gone_is_told() {
    let mock = MockCluster::new(1).expect("a broker");
    let brokers = mock.bootstrap_servers();
    mock.create_topic("t", 1, 1).expect("a topic");
    let mut reader = Reader::new(&config(&brokers, "g"), 0, "t");
    reader.until_assigned(1);
    assert_eq!(reader.source.outage(), None);
    drop(mock);
    reader.until("nobody is connected", |reader| reader.source.outage().is_some());
    reader.source.close(PATIENCE);
}

#[test]
fn a_configuration_cannot_touch_what_the_promise_rests_on() {
    let mut config = config("a:1", "g");
    config.kafka.brokers.push("b:2".into());
    for (name, _) in OWNED {
        config.kafka.properties.insert(name.into(), "yes".into());
    }
    config.kafka.properties.insert("group.instance.id".into(), "me".into());
    config.kafka.properties.insert("ssl.ca.location".into(), "/ca.pem".into());
    let settings = settings::consumer(&config, 3);
    let check = |name: &str, expected: &str| assert_eq!(settings.get(name), Some(expected), "{name}");
    check("bootstrap.servers", "a:1,b:2");
    check("group.id", "g");
    check("group.instance.id", "me-3");
    check("ssl.ca.location", "/ca.pem");
    check("partition.assignment.strategy", "cooperative-sticky");
    check("enable.auto.commit", "false");
    check("enable.auto.offset.store", "false");
    check("auto.offset.reset", "error");
    check("isolation.level", "read_committed");
    check("check.crcs", "true");
    check("allow.auto.create.topics", "false");
    check("statistics.interval.ms", "1000");
    check("queued.max.messages.kbytes", "8192");
    check("queued.min.messages", "8192");
    check("fetch.max.bytes", "4194304");
    assert_eq!(settings::question(&config.kafka, "id").get("group.instance.id"), None);
}

#[test]
fn properties_that_take_protection_away_are_named() {
    let check = |properties: &[(&str, &str)], expected: &[&str]| {
        let settings = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(settings::weakened(&settings), expected);
    };
    check(&[], &[]);
    check(&[("enable.ssl.certificate.verification", "true")], &[]);
    check(&[("enable.ssl.certificate.verification", "FALSE")], &["enable.ssl.certificate.verification"]);
    check(&[("ssl.endpoint.identification.algorithm", "none")], &["ssl.endpoint.identification.algorithm"]);
}
