//! Where a topic begins, and what happens when Kafka has lost, replaced or added something.

use crate::support::avro::{Envelope, long, record, text};
use crate::support::events::{Events, SCHEMA, event};
use crate::support::world::{Config, Counts, World, on_each_database};
use crate::support::{Broker, Database, Flatsink, Kind, PATIENCE, Raw, eventually};

on_each_database!(
    partitions_that_are_added_are_read_from_their_beginning,
    added_partitions_stop_a_keyed_table_unless_accepted,
    records_lost_to_retention_stop_the_partition,
    records_lost_to_retention_can_be_written_down,
    a_topic_that_was_made_anew_is_noticed,
    a_topic_starts_where_it_is_told,
    another_groups_offsets_are_a_place_to_start,
    a_reset_loads_again,
    a_topic_that_was_made_anew_goes_on_after_a_reset,
);

fn entry(topic: &str, more: &str) -> String {
    format!("topic: {topic}, table: events, format: yelp, mode: stream, unique: uuid{more}")
}

fn at(n: i64, partition: i32) -> Raw {
    event(n).partition(partition)
}

fn loaded(world: &World) -> Vec<String> {
    world.lines("SELECT n FROM events ORDER BY n")
}

fn partitions_that_are_added_are_read_from_their_beginning(world: &World) {
    let events = Events::new(world, 1);
    let topic = &events.topic;
    world.broker.produce(topic, &[at(0, 0)]);
    let config = world.config().topic(&entry(topic, ", start: latest"));
    let config = config.property("topic.metadata.refresh.interval.ms", "500");
    let flatsink = config.run();
    eventually("the topic is seen", PATIENCE, || world.next(topic) == [1]);
    world.broker.produce(topic, &[at(1, 0)]);
    world.broker.add_partitions(topic, 3);
    world.broker.produce(topic, &[at(2, 1), at(3, 2)]);
    world.caught_up(topic);
    flatsink.stop();
    assert_eq!(loaded(world), ["1", "2", "3"]);
    // And added while nobody was there.
    world.broker.add_partitions(topic, 4);
    world.broker.produce(topic, &[at(4, 3)]);
    config.load();
    assert_eq!(loaded(world), ["1", "2", "3", "4"]);
}

fn added_partitions_stop_a_keyed_table_unless_accepted(world: &World) {
    world.schema(2, &SCHEMA.replace(r#""fields""#, r#""pkey":["n"],"fields""#));
    let topic = world.broker.topic("keyed", 1, &[]);
    let create = |n| Raw::value(Envelope::new("create", 2, record(&[long(n), text("words")])).value());
    world.broker.produce(&topic, &[create(1)]);
    let keyed = format!("topic: {topic}, table: events, format: yelp, mode: table");
    let config = world.config().topic(&keyed);
    config.load();
    world.broker.add_partitions(&topic, 2);
    world.broker.produce(&topic, &[create(2).partition(1)]);
    for _ in 0..2 {
        let line = config.fail();
        assert!(line.contains("partitions_changed") && line.contains(&topic), "{line}");
        assert_eq!(loaded(world), ["1"], "the stop outlives a restart");
    }
    world.config().topic(&format!("{keyed}, on_partition_change: accept")).load();
    assert_eq!(loaded(world), ["1", "2"]);
}

/// Records 0 to 4 are loaded, 5 to 9 come, and all below 8 go.
fn with_a_gap(world: &World) -> String {
    let events = Events::new(world, 1);
    world.broker.produce(&events.topic, &(0..5).map(|n| at(n, 0)).collect::<Vec<_>>());
    world.config().topic(&entry(&events.topic, "")).load();
    world.broker.produce(&events.topic, &(5..10).map(|n| at(n, 0)).collect::<Vec<_>>());
    world.broker.delete_records(&events.topic, 0, 8);
    events.topic
}

fn records_lost_to_retention_stop_the_partition(world: &World) {
    let topic = with_a_gap(world);
    let line = world.config().topic(&entry(&topic, "")).fail();
    assert!(line.contains(&format!("{topic}[0]: the records 5 to 7 were removed")), "[5, 8) of {topic}: {line}");
    assert_eq!(world.next(&topic), [5]);
    assert_eq!(loaded(world), ["0", "1", "2", "3", "4"]);
}

fn records_lost_to_retention_can_be_written_down(world: &World) {
    let topic = with_a_gap(world);
    let config = world.config().topic(&entry(&topic, ", on_gap: record"));
    config.load();
    assert_eq!(loaded(world), ["0", "1", "2", "3", "4", "8", "9"]);
    assert_eq!(world.counts(&topic), Counts { applied: 7, gap: 3, ..Counts::default() });
    assert_eq!(world.database.number(&format!("SELECT count(*) FROM {}", world.ours("flatsink_gap"))), 1);
    // A topic that starts behind its beginning has no gap.
    let later = entry(&topic, "").replace("table: events", "table: later");
    world.config().with("sink: later").topic(&later).load();
    assert_eq!(world.lines("SELECT n FROM later ORDER BY n"), ["8", "9"]);
}

/// Five records are loaded, then there is another topic of this name with so many.
fn made_anew(world: &World, count: i64) -> (String, Config) {
    let topic = Events::new(world, 1).topic;
    world.broker.produce(&topic, &(0..5).map(|n| at(n, 0)).collect::<Vec<_>>());
    let config = world.config().topic(&entry(&topic, ""));
    config.load();
    world.broker.delete_topic(&topic);
    world.broker.create_topic(&topic, 1, &[]);
    world.broker.produce(&topic, &(100..100 + count).map(|n| at(n, 0)).collect::<Vec<_>>());
    (topic, config)
}

fn a_topic_that_was_made_anew_is_noticed(world: &World) {
    let (topic, config) = made_anew(world, 9);
    let line = config.fail();
    assert!(line.contains(&topic), "{line}");
    assert_eq!(loaded(world), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_topic_that_was_made_anew_and_is_shorter_is_noticed_in_time() {
    let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(Kind::Sqlite)) else { return };
    let world = World::new(broker, database);
    let (topic, config) = made_anew(&world, 2);
    let flatsink = config.run();
    eventually("it says so", PATIENCE, || {
        flatsink.stderr().lines().any(|line| line.contains(&topic) && line.contains("reset"))
    });
    assert_eq!(loaded(&world), ["0", "1", "2", "3", "4"]);
    flatsink.stop();
}

fn a_topic_starts_where_it_is_told(world: &World) {
    let check = |start: &str, table: &str, expected: &[&str]| {
        let events = Events::new(world, 1);
        let old = |n: i64| Raw { timestamp: Some(1_600_000_000_000 + n * 1000), ..at(n, 0) };
        world.broker.produce(&events.topic, &(0..5).map(old).collect::<Vec<_>>());
        let entry =
            entry(&events.topic, &format!(", start: {start}")).replace("table: events", &format!("table: {table}"));
        let config = world.config().topic(&entry);
        config.load();
        world.broker.produce(&events.topic, &[old(5)]);
        config.load();
        assert_eq!(world.lines(&format!("SELECT n FROM {table} ORDER BY n")), expected, "{start}");
    };
    check("earliest", "from_earliest", &["0", "1", "2", "3", "4", "5"]);
    check("latest", "from_latest", &["5"]);
    check("'2020-09-13T12:26:43Z'", "from_timestamp", &["3", "4", "5"]);
}

fn another_groups_offsets_are_a_place_to_start(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(10);
    let first = world.config().topic(&entry(&events.topic, ""));
    first.load();
    eventually("its offsets are in Kafka", PATIENCE, || {
        world.broker.committed(&first.group, &events.topic) == [Some(5), Some(5)]
    });
    events.produce(4);
    let heir = world.config().with("sink: heir");
    let other = entry(&events.topic, &format!(", start: 'group:{}'", first.group));
    heir.topic(&other.replace("table: events", "table: heir")).load();
    assert_eq!(world.lines("SELECT n FROM heir ORDER BY n"), ["10", "11", "12", "13"]);
}

fn a_reset_loads_again(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(10);
    let config = world.config().topic(&entry(&events.topic, ""));
    config.load();
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("flatsink.yaml"), config.yaml()).expect("it can be written");
    let reset = |arguments: &[&str]| {
        let arguments = [&["reset", "--topic", &events.topic], arguments].concat();
        Flatsink::start(&arguments, folder.path()).wait(PATIENCE)
    };
    // Nobody said yes.
    assert!(!reset(&["--to", "earliest"]).status.success());
    assert_eq!(world.next(&events.topic), [5, 5]);
    // From the beginning, with the rows there: all are repeats.
    let ended = reset(&["--to", "earliest", "--yes"]);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(world.next(&events.topic), [0, 0]);
    assert_eq!(world.counts(&events.topic), Counts::default());
    config.load();
    assert_eq!(loaded(world).len(), 10);
    // One partition, with its rows.
    let ended = reset(&["--partition", "1", "--to", "3", "--truncate", "--yes"]);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(loaded(world), ["0", "2", "4", "6", "8"]);
    config.load();
    assert_eq!(loaded(world), ["0", "2", "4", "6", "7", "8", "9"]);
    // To the end: what lies between is left out.
    world.broker.produce(&events.topic, &[at(100, 0), at(101, 1)]);
    let ended = reset(&["--to", "latest", "--yes"]);
    assert!(ended.status.success(), "{}", ended.stderr);
    config.load();
    assert_eq!(loaded(world).len(), 7);
}

fn a_topic_that_was_made_anew_goes_on_after_a_reset(world: &World) {
    // Longer than it was, and shorter.
    for count in [9, 2] {
        let _ = world.database.try_query("DROP TABLE events");
        let (topic, config) = made_anew(world, count);
        let by_position = world.config().topic(&entry(&topic, "").replace("unique: uuid", "unique: position"));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let reset = |config: &Config, arguments: &[&str]| {
            std::fs::write(folder.path().join("flatsink.yaml"), config.yaml()).expect("it can be written");
            let arguments = [&["reset", "--topic", &topic, "--to", "earliest", "--yes"], arguments].concat();
            Flatsink::start(&arguments, folder.path()).wait(PATIENCE)
        };
        // Rows by position would be taken for those that are there; a part of a new topic is none.
        for (config, arguments, word) in [(&by_position, &[][..], "truncate"), (&config, &["--partition", "0"], "all")]
        {
            let ended = reset(config, arguments);
            assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
            assert!(ended.stderr.contains(word) && ended.stderr.contains("anew"), "{}", ended.stderr);
            assert_eq!(world.next(&topic), [5]);
        }
        let ended = reset(&config, &[]);
        assert!(ended.status.success(), "{}", ended.stderr);
        config.load();
        assert_eq!(world.next(&topic), [count]);
        assert_eq!(loaded(world).len() as i64, 5 + count);
        let topics = world.ours("flatsink_topic");
        let sql = format!("SELECT count(*) FROM {topics} WHERE topic = '{topic}' AND incarnation = '2'");
        assert_eq!(world.database.number(&sql), 1);
    }
}
