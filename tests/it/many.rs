//! Many tables in one process.

use std::time::Instant;

use crate::support::avro::{confluent, long};
use crate::support::world::{World, number, on_each_database};
use crate::support::{PATIENCE, Raw, eventually, unique};

on_each_database!(five_hundred_tables_fit_into_one_process);

const TABLES: usize = 500;
const RECORDS: i64 = 3;
/// What a small machine has to spare for it.
const MEMORY_MAX: u64 = 150 << 20;

/// Each topic has a schema of its own, and both kinds of tables are there.
fn five_hundred_tables_fit_into_one_process(world: &World) {
    let prefix = unique("many").replace('_', "");
    let topics: Vec<String> = (0..TABLES).map(|number| format!("{prefix}.{number}")).collect();
    let new: Vec<(&str, i32)> = topics.iter().map(|topic| (&**topic, 1)).collect();
    world.broker.create_topics(&new);
    let messages: Vec<(&str, Vec<Raw>)> =
        topics.iter().zip(1..).map(|(topic, id)| (&**topic, messages(world, id))).collect();
    world.broker.produce_to(&messages);
    let entry = format!("pattern: '{prefix}\\..*', table: '{{topic}}', format: confluent, mode: stream");
    let start = Instant::now();
    let flatsink = world.config().with("workers: 2").topic(&entry).run();
    let done = format!("SELECT count(*) FROM {} WHERE next_offset = {RECORDS}", world.ours("flatsink_offset"));
    eventually("all is loaded", PATIENCE, || {
        world.database.try_query(&done).is_ok_and(|rows| number(&rows[0][0]) == TABLES as i64)
    });
    let (seconds, peak) = (start.elapsed().as_secs_f64(), flatsink.memory_peak());
    flatsink.stop();
    world.broker.delete_topics(&topics.iter().map(String::as_str).collect::<Vec<_>>());
    for (topic, id) in topics.iter().zip(1i64..) {
        let table = world.quoted(topic);
        let rows = world.lines(&format!("SELECT field_{id} FROM {table} ORDER BY field_{id}"));
        assert_eq!(rows, (0..RECORDS).map(|record| (id * 10 + record).to_string()).collect::<Vec<_>>(), "{topic}");
    }
    eprintln!("{:?}: {TABLES} tables in {seconds:.1} s, at most {} MiB", world.database.kind, peak >> 20);
    assert!(peak < MEMORY_MAX, "{} MiB", peak >> 20);
}

fn messages(world: &World, id: i32) -> Vec<Raw> {
    let schema = format!(r#"{{"type":"record","name":"r{id}","fields":[{{"name":"field_{id}","type":"long"}}]}}"#);
    world.schema(id, &schema);
    (0..RECORDS).map(|record| Raw::value(confluent(id, &long(i64::from(id) * 10 + record)))).collect()
}
