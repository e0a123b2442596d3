//! The sample data in Kafka, once a run, and what each table must hold: read from the container files by the
//! apache-avro crate, encoded and shown by hand.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use apache_avro::types::Value;

use super::avro::{Envelope, TIMESTAMP, double, let_reference_nest, long, text};
use super::chance::Chance;
use super::world::{Config, World, line, number};
use super::{Broker, Raw, unique};

pub const PARTITIONS: usize = 4;

/// Rows that are compared in one query.
const CHUNK: usize = 20_000;

/// The five topics.
#[derive(Debug)]
pub struct Sample {
    pub topics: Vec<Topic>,
    schemas: PathBuf,
}

/// A topic; record `i` lies at offset `i / PARTITIONS` of partition `i % PARTITIONS`.
#[derive(Debug)]
pub struct Topic {
    pub name: String,
    pub table: &'static str,
    /// Rows as `line` shows them: uuid, timestamp, fields.
    pub rows: Vec<Box<str>>,
    fields: Vec<String>,
}

/// Tables, how many rows they have, and the fields of their keys.
const TABLES: [(&str, usize, &[&str]); 5] = [
    ("airlines", 16, &["carrier"]),
    ("airports", 1_458, &["faa"]),
    ("planes", 3_322, &["tailnum"]),
    ("weather", 26_115, &["origin", "time_hour"]),
    ("flights", 336_776, &[]),
];

/// All records of all topics.
pub const RECORDS: i64 = 367_687;

/// The sample data in the shared broker's topics, which nobody may change.
pub fn sample(broker: &Broker) -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let schemas = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nycflights");
        std::fs::create_dir_all(&schemas).expect("a folder can be made");
        let topics = (1..).zip(TABLES).map(|(id, table)| produce(broker, &schemas, id, table)).collect();
        Sample { topics, schemas }
    })
}

impl Sample {
    /// A configuration that loads all five.
    pub fn config(&self, world: &World) -> Config {
        let config = world.config().schemas(&format!("directory: '{}'", self.schemas.display()));
        self.topics.iter().fold(config, |config, topic| {
            let mode = if topic.is_stream() { "mode: stream, unique: uuid" } else { "mode: table" };
            config.topic(&format!("topic: {}, table: {}, format: yelp, {mode}", topic.name, topic.table))
        })
    }

    /// Every value of every table is that of the container files, and nothing else is there.
    pub fn compare(&self, world: &World) {
        for topic in &self.topics {
            let rows = (0..PARTITIONS).map(|partition| topic.compare(world, partition)).sum::<usize>();
            assert_eq!(rows, topic.rows.len(), "{}", topic.table);
            let all = world.database.number(&format!("SELECT count(*) FROM {}", topic.table));
            assert_eq!(all as usize, rows, "{}: rows of no partition", topic.table);
            assert_eq!(world.counts(&topic.name).applied as usize, rows, "{}", topic.table);
        }
    }
}

impl Topic {
    pub fn is_stream(&self) -> bool {
        self.table == "flights"
    }

    fn compare(&self, world: &World, partition: usize) -> usize {
        let metadata = ["_sink_offset", "_sink_uuid", "_sink_timestamp"];
        let named = self.is_stream().then_some("_sink_message_type");
        let columns = metadata.into_iter().chain(named).chain(self.fields.iter().map(String::as_str));
        let columns: Vec<String> = columns.map(|column| world.quoted(column)).collect();
        let (columns, table) = (columns.join(", "), self.table);
        let mut expected = (partition..self.rows.len()).step_by(PARTITIONS);
        let mut rows = 0;
        for from in (0..self.rows.len().div_ceil(PARTITIONS)).step_by(CHUNK) {
            let sql = format!(
                "SELECT {columns} FROM {table} WHERE _sink_partition = {partition} AND _sink_offset >= {from} \
                 AND _sink_offset < {} ORDER BY _sink_offset",
                from + CHUNK
            );
            for mut row in world.database.query(&sql) {
                let offset = number(&row[0]) as usize;
                let index = expected.next().expect("no more rows than records");
                assert_eq!(offset, index / PARTITIONS, "{table}/{partition}: the first lost or doubled offset");
                row[1] = row[1].as_ref().map(|uuid| uuid.replace('-', "").replace("\\x", ""));
                assert_eq!(line(&row[1..]), *self.rows[index], "{table}/{partition}@{offset}");
                rows += 1;
            }
        }
        rows
    }
}

fn produce(broker: &Broker, schemas: &Path, id: i32, (table, count, key): (&'static str, usize, &[&str])) -> Topic {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nycflights");
    std::fs::copy(data.join(format!("{table}.avsc")), schemas.join(format!("{table}.{id}.avsc")))
        .expect("a schema can be copied");
    let file = File::open(data.join(format!("{table}.avro"))).expect("the sample data is there");
    let_reference_nest();
    let reader = apache_avro::Reader::new(BufReader::new(file)).expect("it is a container file");
    let name = unique(table);
    broker.create_topic(&name, PARTITIONS as i32, &[]);
    let message_type = if key.is_empty() { "log" } else { "create" };
    let mut topic = Topic { name, table, rows: Vec::new(), fields: Vec::new() };
    let mut messages = Vec::new();
    let mut chance = Chance::seeded(id as u64);
    for value in reader {
        let Ok(Value::Record(fields)) = value else { panic!("{table}: {value:?} is no record") };
        let uuid = chance.uuid();
        let payload = fields.iter().flat_map(|(_, value)| encoded(value)).collect();
        let envelope = Envelope { uuid, ..Envelope::new(message_type, id, payload) };
        let field = |name: &&str| fields.iter().find(|(field, _)| field == name).expect("the key's field is there");
        let key_bytes: Vec<u8> = key.iter().flat_map(|name| encoded(&field(name).1)).collect();
        messages.push(Raw {
            key: (!key.is_empty()).then_some(key_bytes),
            ..Raw::value(envelope.value()).partition((topic.rows.len() % PARTITIONS) as i32)
        });
        let metadata = [Some(hex::encode(uuid)), Some(TIMESTAMP.1.to_owned())];
        let named = key.is_empty().then(|| Some(message_type.to_owned()));
        let row: Vec<_> =
            metadata.into_iter().chain(named).chain(fields.iter().map(|(_, value)| shown(value))).collect();
        topic.rows.push(line(&row).into_boxed_str());
        if topic.fields.is_empty() {
            topic.fields = fields.into_iter().map(|(name, _)| name).collect();
        }
        if messages.len() == CHUNK {
            broker.produce(&topic.name, &messages);
            messages.clear();
        }
    }
    broker.produce(&topic.name, &messages);
    assert_eq!(topic.rows.len(), count, "{table}");
    let ends = (0..PARTITIONS).map(|partition| (count + PARTITIONS - 1 - partition) / PARTITIONS);
    assert_eq!(broker.end_offsets(&topic.name), ends.map(|end| end as i64).collect::<Vec<_>>(), "{table}");
    topic
}

fn encoded(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Int(number) => long((*number).into()),
        Value::Long(number) | Value::TimestampMillis(number) => long(*number),
        Value::Double(number) => double(*number),
        Value::String(words) => text(words),
        Value::Union(branch, value) => [long((*branch).into()), encoded(value)].concat(),
        other => panic!("the sample data has no {other:?}"),
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(number) => Some(number.to_string()),
        Value::Long(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::String(words) => Some(words.clone()),
        Value::Union(_, value) => shown(value),
        Value::TimestampMillis(instant) => {
            let instant = jiff::Timestamp::from_millisecond(*instant).expect("the sample data is of 2013");
            Some(instant.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
        }
        other => panic!("the sample data has no {other:?}"),
    }
}
