//! The properties that librdkafka gets: what flatsink's promise rests on is set here and nowhere else.

use rdkafka::ClientConfig;
use secrecy::ExposeSecret;

use crate::config::{Config, Kafka};

const GROUP: &str = "kafka.group names the group";
const LEDGER: &str = "offsets move with the rows, in the database; Kafka's are for lag tools only";
const START: &str = "the ledger and `start` say where to begin";
const MEMORY: &str = "memory_max divides the memory";
const PROTOCOL: &str = "only the classic group protocol is supported";

/// Properties that a configuration may not set, each with the reason.
pub const OWNED: [(&str, &str); 33] = [
    ("bootstrap.servers", "kafka.brokers names them"),
    ("metadata.broker.list", "kafka.brokers names them"),
    ("group.id", GROUP),
    ("group.protocol", PROTOCOL),
    ("group.remote.assignor", PROTOCOL),
    ("enable.auto.commit", LEDGER),
    ("auto.commit.enable", LEDGER),
    ("auto.commit.interval.ms", LEDGER),
    ("enable.auto.offset.store", LEDGER),
    ("offset.store.method", LEDGER),
    ("offset.store.path", LEDGER),
    ("offset.store.sync.interval.ms", LEDGER),
    ("auto.offset.reset", START),
    ("isolation.level", "only committed records may become rows"),
    ("check.crcs", "damage on the way must not become rows"),
    ("allow.auto.create.topics", "a sink makes no topics"),
    ("enable.partition.eof", "the end of a partition comes with the statistics"),
    ("statistics.interval.ms", "the end of a partition comes with the statistics"),
    ("queued.max.messages.kbytes", MEMORY),
    ("queued.min.messages", MEMORY),
    ("fetch.max.bytes", MEMORY),
    ("fetch.message.max.bytes", MEMORY),
    ("max.partition.fetch.bytes", MEMORY),
    ("fetch.queue.backoff.ms", "a bounded queue starves with a longer one"),
    ("log.queue", "the logs are flatsink's"),
    ("opaque", "it cannot be set by text"),
    ("default_topic_conf", "it cannot be set by text"),
    ("interceptors", "it cannot be set by text"),
    ("transactional.id", "flatsink only reads"),
    ("enable.metrics.push", "nobody is told what flatsink does"),
    ("enable.sparse.connections", "it is for tests of librdkafka"),
    ("test.mock.num.brokers", "it is for tests of librdkafka"),
    ("test.mock.broker.rtt", "it is for tests of librdkafka"),
];

/// What librdkafka may hold for one worker. Half of `memory_max` is for all workers' prefetch, the other half for
/// their batches. Of a worker's prefetch one half is the messages, a quarter is librdkafka's own bookkeeping
/// (about 500 bytes a message), a quarter is the answer that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefetch {
    kilobytes: usize,
    messages: usize,
    fetch_bytes: usize,
}

impl Prefetch {
    fn new(memory_max: usize, workers: usize) -> Prefetch {
        let share = memory_max / 2 / workers.max(1);
        Prefetch {
            kilobytes: (share / 2 / 1024).clamp(64, 2_097_151),
            messages: (share / 4 / 512).clamp(100, 100_000),
            // librdkafka takes no less than a million: the largest message that brokers accept by default.
            fetch_bytes: (share / 4).clamp(1_000_000, 50 << 20),
        }
    }
}

/// What every client gets: the way to the brokers and the user's properties.
pub(super) fn client(kafka: &Kafka, id: &str) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings.set("client.id", id);
    settings.set("topic.metadata.refresh.interval.ms", "30000");
    settings.set("socket.keepalive.enable", "true");
    if !["ssl.ca.location", "ssl.ca.pem"].iter().any(|name| kafka.properties.contains_key(*name)) {
        settings.set("ssl.ca.location", "probe");
    }
    for (name, value) in &kafka.properties {
        settings.set(name, value.expose_secret());
    }
    settings.set("bootstrap.servers", kafka.brokers.join(","));
    settings.set("enable.metrics.push", "false");
    settings
}

/// A client that asks and reads nothing.
pub(super) fn question(kafka: &Kafka, id: &str) -> ClientConfig {
    let mut settings = client(kafka, id);
    settings.remove("group.instance.id");
    settings.set("isolation.level", "read_committed");
    settings.set("allow.auto.create.topics", "false");
    settings.set("enable.auto.commit", "false");
    settings
}

/// The name that brokers know a sink's clients by.
pub(super) fn id(config: &Config) -> String {
    format!("flatsink-{}", config.sink)
}

/// A member of the group.
pub(super) fn consumer(config: &Config, worker: usize) -> ClientConfig {
    let mut settings = client(&config.kafka, &id(config));
    if settings.get("partition.assignment.strategy").is_none() {
        settings.set("partition.assignment.strategy", "cooperative-sticky");
    }
    if let Some(id) = settings.get("group.instance.id").map(|id| format!("{id}-{worker}")) {
        settings.set("group.instance.id", id);
    }
    if settings.get("fetch.wait.max.ms").is_none() {
        // A broker is asked for one fetch at a time: a partition that has just been claimed waits for the one that
        // is under way for partitions without records.
        settings.set("fetch.wait.max.ms", "100");
    }
    let prefetch = Prefetch::new(config.memory_max, config.workers);
    settings
        .set("group.id", &config.kafka.group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("check.crcs", "true")
        .set("allow.auto.create.topics", "false")
        .set("statistics.interval.ms", "1000")
        .set("fetch.queue.backoff.ms", "5")
        .set("queued.max.messages.kbytes", prefetch.kilobytes.to_string())
        .set("queued.min.messages", prefetch.messages.to_string())
        .set("fetch.max.bytes", prefetch.fetch_bytes.to_string())
        .set("max.partition.fetch.bytes", prefetch.fetch_bytes.min(1 << 20).to_string());
    settings
}

/// Settings of the user that take protection away; obeyed, and said at each start.
pub(super) fn weakened(settings: &ClientConfig) -> Vec<&'static str> {
    let off = |name: &str, word: &str| settings.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let mut found = Vec::new();
    if off("enable.ssl.certificate.verification", "false") {
        found.push("enable.ssl.certificate.verification");
    }
    if off("ssl.endpoint.identification.algorithm", "none") {
        found.push("ssl.endpoint.identification.algorithm");
    }
    found
}
