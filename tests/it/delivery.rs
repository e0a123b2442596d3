//! Every record of the sample data becomes its row, once, in every database.

use crate::support::flights::{RECORDS, sample};
use crate::support::world::{World, on_each_database};

on_each_database!(every_value_arrives_once);

fn every_value_arrives_once(world: &World) {
    world.database.query("CREATE TABLE canary (words VARCHAR(9))");
    world.database.query("INSERT INTO canary VALUES ('sings')");
    let sample = sample(&world.broker);
    let config = sample.config(world).with("workers: 2");
    config.load();
    sample.compare(world);
    let ledger = || sample.topics.iter().flat_map(|topic| world.ledger(&topic.name)).collect::<Vec<_>>();
    let before = ledger();
    assert_eq!(before.iter().map(|row| row.counts.applied).sum::<i64>(), RECORDS);

    // Kafka's own offsets are never ahead of the rows.
    for topic in &sample.topics {
        let committed = world.broker.committed(&config.group, &topic.name);
        let next = world.next(&topic.name);
        let ahead = committed.iter().zip(&next).any(|(committed, next)| committed.is_some_and(|it| it > *next));
        assert!(!ahead, "{}: Kafka says {committed:?}, the ledger {next:?}", topic.name);
    }

    // A second run finds nothing to do, nor does one of another group: the ledger says where to go on.
    config.load();
    sample.config(world).load();
    assert_eq!(ledger(), before);
    sample.compare(world);
    assert_eq!(world.lines("SELECT words FROM canary"), ["sings"]);
}
