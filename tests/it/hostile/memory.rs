//! What a few bytes announce is not allocated.

use super::schema;
use crate::support::avro::{confluent, long};
use crate::support::world::{World, on_each_database};
use crate::support::{PATIENCE, Raw, eventually};

on_each_database!(lengths_and_counts_are_not_believed);

/// Room for what else a process does meanwhile.
const NOISE: u64 = 8 << 20;

fn lengths_and_counts_are_not_believed(world: &World) {
    world.schema(1, &schema(r#"{"name":"a","type":"string"}"#));
    world.schema(2, &schema(r#"{"name":"b","type":{"type":"array","items":"null"}}"#));
    let topic = world.broker.topic("memory", 1, &[]);
    let message = |id, datum: &[u8]| Raw::value(confluent(id, datum));
    let good = [message(1, b"\x02a"), message(2, &[2, 0]), message(1, &long(-1))];
    world.broker.produce(&topic, &good);
    let entry = format!("topic: {topic}, table: memory, format: confluent, mode: stream, breaker: none");
    let flatsink = world.config().topic(&entry).run();
    world.caught_up(&topic);
    let before = flatsink.memory_peak();
    let lengths = [512 << 20, 1 << 62, i64::MAX, i64::MIN].map(|length| message(1, &long(length)));
    let counts = [9_000_000, i64::MAX].map(|count| message(2, &long(count)));
    let bombs: Vec<Raw> = lengths.into_iter().chain(counts).cycle().take(600).collect();
    world.broker.produce(&topic, &bombs);
    world.caught_up(&topic);
    eventually("all are dead letters", PATIENCE, || world.counts(&topic).dead == 601);
    let after = flatsink.memory_peak();
    flatsink.stop();
    assert!(after < before + NOISE, "{} KiB grew to {} KiB", before >> 10, after >> 10);
}
