//! A stream of numbered events whose row tells where its record lies: record n of p partitions is at offset n / p
//! of partition n % p, so that every row can be checked without the input.

use super::avro::{Envelope, long, record, text};
use super::chance::Chance;
use super::world::{World, number};
use super::{Broker, Raw};

/// Schema id 1 of a world that has events.
pub const SCHEMA: &str = r#"{"type":"record","name":"events","fields":[
    {"name":"n","type":"long"},{"name":"words","type":"string"}]}"#;

/// A topic of events.
#[derive(Debug)]
pub struct Events {
    pub topic: String,
    pub partitions: i64,
    pub sent: i64,
    broker: Broker,
}

impl Events {
    pub fn new(world: &World, partitions: i64) -> Events {
        world.schema(1, SCHEMA);
        let topic = world.broker.topic("events", partitions as i32, &[]);
        Events { topic, partitions, sent: 0, broker: world.broker.clone() }
    }

    /// The next so many.
    pub fn produce(&mut self, count: i64) {
        let message = |n| event(n).partition((n % self.partitions) as i32);
        let messages: Vec<Raw> = (self.sent..self.sent + count).map(message).collect();
        self.broker.produce(&self.topic, &messages);
        self.sent += count;
    }

    /// How many the ledger counts as applied.
    pub fn applied(&self, world: &World) -> i64 {
        world.counts(&self.topic).applied
    }

    /// The entry for the configuration: a stream by uuid into a table `events`.
    pub fn entry(&self) -> String {
        format!("topic: {}, table: events, format: yelp, mode: stream, unique: uuid", self.topic)
    }

    /// Every event is a row, once, with all its values, and nothing else is.
    pub fn check(&self, world: &World) {
        let sql = "SELECT n, _sink_partition, _sink_offset, words FROM events ORDER BY n";
        let rows = world.database.query(sql);
        for (expected, row) in (0..).zip(&rows) {
            let (n, partition, offset) = (number(&row[0]), number(&row[1]), number(&row[2]));
            assert_eq!(n, expected, "{}: the first number that is lost or doubled", self.topic);
            assert_eq!((partition, offset), (n % self.partitions, n / self.partitions), "{}: {n}", self.topic);
            assert_eq!(row[3].as_deref(), Some(words(n).as_str()), "{}: {n}", self.topic);
        }
        assert_eq!(rows.len() as i64, self.sent, "{}", self.topic);
        assert_eq!(self.applied(world), self.sent, "{}", self.topic);
    }
}

/// The message of an event.
pub fn event(n: i64) -> Raw {
    let uuid = Chance::seeded(n as u64).uuid();
    let payload = record(&[long(n), text(words(n))]);
    Raw::value(Envelope { uuid, ..Envelope::new("log", 1, payload) }.value())
}

fn words(n: i64) -> String {
    format!("event number {n} says Grüße")
}
