//! From the raw types to `Config`: what must be there, what goes together, and the defaults.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

use super::entry::Entry;
use super::pattern::known_tables;
use super::problem::Problems;
use super::raw::{RawBatch, RawConfig, RawKafka, RawSchemas};
use super::tree::Node;
use super::units::OrNone;
use super::{BatchLimits, Config, Kafka, Origin, Schemas, Select, Topic};
use crate::dialect::Dialect;
use crate::source::OWNED;

const MIB: usize = 1 << 20;
/// What one worker's prefetch takes at least: librdkafka fetches a million bytes at once.
const PREFETCH_MIN: usize = 4_000_000;

pub(super) fn validate(
    raw: &RawConfig,
    tree: &Node,
    default_http: Option<&str>,
    problems: &mut Problems,
) -> Option<Config> {
    let sink = sink(raw.sink.as_deref(), tree, problems);
    let kafka = kafka(raw.kafka.as_ref(), sink.as_deref(), tree, problems);
    let schemas = schemas(raw.schemas.as_ref(), tree, problems);
    let database = match &raw.database {
        Some(database) => super::database::database(database, tree, problems),
        None => {
            missing(tree, "database", "`database.url` says where tables are made", problems);
            None
        }
    };
    let topics = topics(raw, database.as_ref(), tree, problems);
    let batch = batch(raw.batch.as_ref(), tree, problems);
    let workers = raw.workers.unwrap_or(1);
    if !(1..=256).contains(&workers) {
        problems.at(tree, "workers", "there are 1 to 256 workers in a process");
    }
    let memory_max = raw.memory_max.map_or(64 * MIB, |size| size.0);
    memory(memory_max, batch.bytes_max, workers, tree, problems);
    let record_max = raw.record_max.map_or((16 * MIB).min(memory_max / 2), |size| size.0);
    if record_max == 0 || record_max > memory_max / 2 {
        problems.at(tree, "record_max", "the largest record is more than nothing and at most half of memory_max");
    }
    let shutdown_max = raw.shutdown_max.map_or(Duration::from_secs(25), |time| time.0);
    if shutdown_max < Duration::from_secs(1) {
        problems.at(tree, "shutdown_max", "what is buffered cannot be written in so short a time: at least 1s");
    }
    let http = http(raw.http.as_ref(), default_http, tree, problems);
    Some(Config {
        sink: sink?,
        kafka: kafka?,
        schemas: schemas?,
        database: database?,
        topics: topics?,
        batch,
        workers,
        memory_max,
        record_max,
        unknown_schema_after: raw.unknown_schema_after.map_or(Duration::from_secs(60), |time| time.0),
        shutdown_max,
        http,
        origin: Origin::default(),
    })
}

/// A section that is not there; not worth a word where something else was unreadable, which may be its place.
fn missing(tree: &Node, key: &str, message: &str, problems: &mut Problems) {
    if tree.get(key).is_none() {
        problems.at(tree, "", format!("`{key}` is missing: {message}"));
    } else if problems.is_empty() {
        problems.at(tree, key, format!("`{key}` is empty: {message}"));
    }
}

fn sink(sink: Option<&str>, tree: &Node, problems: &mut Problems) -> Option<String> {
    let Some(sink) = sink else {
        missing(tree, "sink", "it names this sink's rows in the ledger and its metrics", problems);
        return None;
    };
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if sink.is_empty() || sink.len() > 64 || !sink.chars().all(legal) {
        problems.at(tree, "sink", "a sink's name is 1 to 64 of a-z 0-9 _ -");
        return None;
    }
    Some(sink.to_owned())
}

fn kafka(raw: Option<&RawKafka>, sink: Option<&str>, tree: &Node, problems: &mut Problems) -> Option<Kafka> {
    let Some(raw) = raw else {
        missing(tree, "kafka", "`kafka.brokers` says where the topics are", problems);
        return None;
    };
    let given = raw.brokers.as_ref().map(|brokers| brokers.0.as_slice()).unwrap_or_default();
    let brokers: Vec<String> =
        given.iter().flat_map(|broker| broker.split(',')).map(|broker| broker.trim().to_owned()).collect();
    if brokers.is_empty() {
        problems.at(tree, "kafka", "`kafka.brokers` is missing: a list of host:port");
    }
    for broker in &brokers {
        let address = broker.rsplit_once("://").map_or(broker.as_str(), |(_, address)| address);
        let sound = match address.rsplit_once(':') {
            Some((host, port)) => !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0),
            None => !address.is_empty(),
        };
        if !sound || address.contains(char::is_whitespace) {
            problems.at(tree, "kafka/brokers", format!("`{broker}` is no broker: host:port"));
        }
    }
    let group = raw.group.clone().or(sink.map(|sink| format!("flatsink-{sink}")));
    if group.as_ref().is_some_and(|group| group.is_empty() || group.len() > 255) {
        problems.at(tree, "kafka/group", "a group's name is 1 to 255 bytes");
    }
    let properties = raw.properties.iter().flatten();
    for (name, _) in properties.clone() {
        if let Some((_, why)) = OWNED.iter().find(|(owned, _)| owned.eq_ignore_ascii_case(name)) {
            let path = format!("kafka/properties/{name}");
            problems.at(tree, &path, format!("`{name}` is set by flatsink and cannot be changed: {why}"));
        }
    }
    let properties = properties.map(|(name, value)| (name.clone(), SecretString::from(value.0.clone()))).collect();
    Some(Kafka { brokers, group: group?, properties })
}

fn schemas(raw: Option<&RawSchemas>, tree: &Node, problems: &mut Problems) -> Option<Schemas> {
    let exactly = "exactly one of `directory`, `confluent` and `schematizer` says where writer schemas come from";
    let Some(raw) = raw else {
        missing(tree, "schemas", exactly, problems);
        return None;
    };
    let mut registry = |raw, path: &str| super::database::registry(raw, path, tree, problems);
    match (&raw.directory, &raw.confluent, &raw.schematizer) {
        (Some(path), None, None) => Some(Schemas::Directory(path.clone())),
        (None, Some(raw), None) => registry(raw, "schemas/confluent").map(Schemas::Confluent),
        (None, None, Some(raw)) => registry(raw, "schemas/schematizer").map(Schemas::Schematizer),
        _ => {
            problems.at(tree, "schemas", exactly);
            None
        }
    }
}

fn topics(
    raw: &RawConfig,
    database: Option<&super::Database>,
    tree: &Node,
    problems: &mut Problems,
) -> Option<Vec<Topic>> {
    let Some(entries) = raw.topics.as_ref().filter(|entries| !entries.is_empty()) else {
        missing(tree, "topics", "at least one entry with `topic` or `pattern`", problems);
        return None;
    };
    let mut topics = Vec::new();
    for (index, raw) in entries.iter().enumerate() {
        let entry = Entry { raw, path: format!("topics/{index}"), tree, problems };
        topics.push(entry.validate(database));
    }
    collisions(&topics, database, tree, problems);
    topics.into_iter().collect()
}

/// Topics that two entries name, and tables that two entries reach, as far as the file tells.
fn collisions(topics: &[Option<Topic>], database: Option<&super::Database>, tree: &Node, problems: &mut Problems) {
    let insensitive = database.is_some_and(|database| database.dialect != Dialect::Postgres);
    let known: Vec<_> = topics.iter().map(|topic| topic.as_ref().map(known_tables).unwrap_or_default()).collect();
    for (index, second) in topics.iter().enumerate() {
        let Some(second) = second else { continue };
        for (earlier, first) in topics.iter().take(index).enumerate() {
            let Some(first) = first else { continue };
            if let (Select::Names(ours), Select::Names(theirs)) = (&second.select, &first.select)
                && let Some(name) = ours.iter().find(|name| theirs.contains(name))
            {
                let message = format!("`{name}` is named by an earlier entry, which takes it");
                problems.at(tree, &format!("topics/{index}/topic"), message);
                continue;
            }
            let same = |one: &str, other: &str| one == other || (insensitive && one.eq_ignore_ascii_case(other));
            let shared = known[index]
                .iter()
                .find(|(schema, table)| known[earlier].iter().any(|other| *schema == other.0 && same(table, &other.1)));
            if let Some((_, table)) = shared
                && !(first.merge && second.merge)
            {
                let message = format!(
                    "this entry and an earlier one both reach the table `{table}`: give them different templates, \
                     or `merge: true` in both"
                );
                problems.at(tree, &format!("topics/{index}"), message);
            }
        }
    }
}

fn batch(raw: Option<&RawBatch>, tree: &Node, problems: &mut Problems) -> BatchLimits {
    let limits = BatchLimits {
        rows_max: raw.and_then(|raw| raw.rows_max).unwrap_or(10_000),
        bytes_max: raw.and_then(|raw| raw.bytes_max).map_or(4 * MIB, |size| size.0),
        linger_max: raw.and_then(|raw| raw.linger_max).map_or(Duration::from_millis(5), |time| time.0),
    };
    if limits.rows_max == 0 {
        problems.at(tree, "batch/rows_max", "a batch has at least 1 row");
    }
    if limits.bytes_max == 0 {
        problems.at(tree, "batch/bytes_max", "a batch has room for something: 4MiB");
    }
    if limits.linger_max > Duration::from_secs(60) {
        problems.at(tree, "batch/linger_max", "at most 60s: the database would seem to stand still");
    }
    limits
}

/// Each worker has two batches, in one half of the memory; Kafka's prefetch has the other.
fn memory(memory_max: usize, bytes_max: usize, workers: usize, tree: &Node, problems: &mut Problems) {
    let worker = 2 * bytes_max.saturating_mul(2).max(PREFETCH_MIN);
    let needed = worker.saturating_mul(workers);
    if needed <= memory_max || workers == 0 || bytes_max == 0 {
        return;
    }
    let size = |bytes: usize| super::show::size(bytes.div_ceil(MIB) * MIB);
    let mut ways = vec![format!("memory_max: {}", size(needed))];
    if memory_max >= worker {
        ways.push(format!("workers: {}", memory_max / worker));
    }
    let fitting = memory_max / workers / 4 / MIB;
    if fitting >= 1 && memory_max / workers / 2 >= PREFETCH_MIN {
        ways.push(format!("batch.bytes_max: {fitting}MiB"));
    }
    let place = ["memory_max", "workers", "batch"].into_iter().find(|key| tree.get(key).is_some());
    problems.at(
        tree,
        place.unwrap_or_default(),
        format!(
            "{workers} workers with two batches of {} each, and as much for Kafka's prefetch, need {}; memory_max is {}. \
             What fits: {}",
            size(bytes_max),
            size(needed),
            size(memory_max),
            ways.join(", or ")
        ),
    );
}

fn http(
    raw: Option<&OrNone<String>>,
    default: Option<&str>,
    tree: &Node,
    problems: &mut Problems,
) -> Option<SocketAddr> {
    let (text, from) = match (raw, default) {
        (Some(OrNone::None), _) => return None,
        (Some(OrNone::Some(text)), _) => (text.as_str(), "`http`"),
        (None, Some("none" | "off" | "false")) => return None,
        (None, Some(text)) => (text, "$FLATSINK_HTTP"),
        (None, None) => ("127.0.0.1:9464", ""),
    };
    let address = text.replace("localhost", "127.0.0.1").parse().ok();
    if address.is_none() {
        problems.at(tree, "http", format!("{from}: expected address:port like 127.0.0.1:9464, or none"));
    }
    address
}
