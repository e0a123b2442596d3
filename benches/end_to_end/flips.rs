//! What it costs that the schema changes with every record: the same records once with one schema and once with two
//! by turns, one of which has a field more; several loads of each by turns, medians, their ratio.

use tokio::runtime::Runtime;

use crate::process::{self, Load};
use crate::records::{LATER_ID, PARTITIONS, Record, SCHEMA, SCHEMA_ID, later};
use crate::support::{Broker, Database, Kind, unique};

/// How much of a load without any a load with flips may take.
const TARGET: f64 = 1.1;

/// Loads and prints, for each database.
pub fn run(broker: &Broker, runtime: &Runtime, count: u64, rounds: usize) {
    let topics = [("same", 0), ("flips", 1)].map(|(name, flips)| {
        let topic = broker.topic(name, PARTITIONS, &[("retention.ms", "-1")]);
        // Each partition's neighbours differ in their schema, where the schema flips.
        let schema =
            |number: u64| if flips == 1 && (number / PARTITIONS as u64) % 2 == 1 { SCHEMA_ID } else { LATER_ID };
        crate::produce(broker, &topic, (0..count).map(|number| (Record::new(number), schema(number))));
        topic
    });
    println!("\nA schema that changes with every record, {count} records, medians of {rounds} loads of each by turns:");
    for kind in Kind::ALL {
        let mut seconds = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (topic, seconds) in topics.iter().zip(&mut seconds) {
                let Some(database) = Database::fresh(kind) else { continue };
                let load = runtime.block_on(load(broker, topic, &database, count));
                seconds.push(1.0 / load.rows_a_second);
            }
        }
        if seconds[0].is_empty() {
            continue;
        }
        let [same, flips] = seconds.map(|seconds| crate::median(seconds.into_iter()));
        println!(
            "{}: {:.0} k rows/s without, {:.0} k with: {:.3} times the time, at most {TARGET}",
            crate::name(kind),
            0.001 / same,
            0.001 / flips,
            flips / same,
        );
    }
    topics.iter().for_each(|topic| broker.delete_topic(topic));
}

async fn load(broker: &Broker, topic: &str, database: &Database, count: u64) -> Load {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (id, schema) in [(SCHEMA_ID, SCHEMA.to_owned()), (LATER_ID, later())] {
        std::fs::write(folder.path().join(format!("{id}.avsc")), schema).expect("a schema can be written");
    }
    let config = format!(
        "sink: bench\nhttp: none\nkafka: {{brokers: ['{}'], group: {}}}\nschemas: {{directory: '{}'}}\n\
         database: {{url: '{}'}}\ntopics:\n  - {{topic: {topic}, table: visits, format: confluent, mode: stream}}\n",
        broker.address,
        unique("bench"),
        folder.path().display(),
        database.url,
    );
    std::fs::write(folder.path().join("flatsink.yaml"), config).expect("a configuration can be written");
    crate::settle(database);
    let load = process::load(database, folder.path(), count).await;
    let rows = database.number("SELECT count(*) FROM visits");
    assert_eq!(rows, count as i64, "each record is a row");
    load
}
