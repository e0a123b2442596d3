//! What cannot go on stops no more than it must: a row, a partition, a table.

use crate::support::avro::{Envelope, long, record};
use crate::support::world::{Config, Counts, World, on_each_database};
use crate::support::{Kind, PATIENCE, Raw, eventually};

on_each_database!(
    a_row_that_the_database_refuses_is_isolated,
    a_partition_can_stop_before_its_bad_record,
    a_partition_can_stop_before_a_row_that_the_database_refuses,
    a_topic_full_of_garbage_trips_its_breaker,
    one_broken_table_among_many_stops_alone,
    a_table_with_rows_of_others_is_refused_unless_adopted,
    a_changed_kind_stops_its_table,
);

/// Adds a constraint to a user's table as its user would; SQLite has only triggers for that.
pub fn forbid(world: &World, table: &str, column: &str, condition: &str) {
    let sql = match world.database.kind {
        Kind::Sqlite => ["INSERT", "UPDATE"]
            .map(|event| {
                let condition = condition.replace(column, &format!("new.{column}"));
                format!(
                    "CREATE TRIGGER refuse_{table}_{event} BEFORE {event} ON {table} WHEN NOT ({condition}) \
                     BEGIN SELECT RAISE(ABORT, 'refused'); END;"
                )
            })
            .concat(),
        _ => format!("ALTER TABLE {table} ADD CONSTRAINT refuse_{table} CHECK ({condition})"),
    };
    world.database.query(&sql);
}

fn message(n: i64) -> Raw {
    Raw::value(Envelope::new("log", 1, record(&[long(n)])).value()).partition(0)
}

fn messages(numbers: impl IntoIterator<Item = i64>) -> Vec<Raw> {
    numbers.into_iter().map(message).collect()
}

fn entry(topic: &str, more: &str) -> String {
    format!("topic: {topic}, table: numbers, format: yelp, mode: stream, unique: uuid{more}")
}

fn numbers(world: &World, partitions: i32) -> (String, Config) {
    world.schema(1, r#"{"type":"record","name":"numbers","fields":[{"name":"n","type":"int"}]}"#);
    (world.broker.topic("numbers", partitions, &[]), world.config())
}

fn a_row_that_the_database_refuses_is_isolated(world: &World) {
    let (topic, config) = numbers(world, 1);
    world.broker.produce(&topic, &messages(0..10));
    let config = config.topic(&entry(&topic, ""));
    config.load();
    forbid(world, "numbers", "n", "n < 1000");
    let culprits = [10, 11, 300, 777, 999];
    let sent: Vec<Raw> = (10..1000).map(|n| message(if culprits.contains(&n) { n + 1000 } else { n })).collect();
    world.broker.produce(&topic, &sent);
    config.load();
    let dead = world.dead(&topic);
    assert_eq!(dead.iter().map(|dead| dead.offset).collect::<Vec<_>>(), culprits);
    for dead in &dead {
        let sent = sent[dead.offset as usize - 10].value.as_ref().map(hex::encode);
        assert_eq!(
            (dead.reason.as_str(), dead.value.as_deref()),
            ("constraint", sent.map(|it| format!("\\x{it}")).as_deref())
        );
    }
    assert_eq!(world.counts(&topic), Counts { applied: 995, dead: 5, ..Counts::default() });
    assert_eq!(world.database.number("SELECT count(DISTINCT n) FROM numbers WHERE n < 1000"), 995);
}

/// The last line on stderr names the record's coordinates.
fn names(line: &str, topic: &str, offset: i64) {
    assert!(line.contains(topic) && line.contains(&offset.to_string()), "{topic} at {offset} is not in: {line}");
}

fn a_partition_can_stop_before_its_bad_record(world: &World) {
    let (topic, config) = numbers(world, 2);
    world.broker.produce(&topic, &messages(0..4242));
    world.broker.produce(&topic, &[Raw::value([7]).partition(0)]);
    world.broker.produce(&topic, &messages(5000..5010));
    world.broker.produce(&topic, &[Raw { partition: Some(1), ..message(-1) }]);
    let config = config.topic(&entry(&topic, ", on_bad_record: stop"));
    names(&config.fail(), &topic, 4242);
    assert_eq!(world.next(&topic), [4242, 1], "the other partition goes on");
    assert_eq!(world.database.number("SELECT count(*) FROM numbers"), 4243);
    assert!(world.dead(&topic).is_empty());
    // It stops there again, and running it goes on with the rest.
    names(&config.fail(), &topic, 4242);
    let mut flatsink = config.run();
    world.broker.produce(&topic, &[Raw { partition: Some(1), ..message(-2) }]);
    eventually("the other partition goes on", PATIENCE, || world.next(&topic) == [4242, 2]);
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    flatsink.stop();
}

fn a_partition_can_stop_before_a_row_that_the_database_refuses(world: &World) {
    let (topic, config) = numbers(world, 1);
    world.broker.produce(&topic, &messages(0..10));
    let config = config.topic(&entry(&topic, ", on_bad_record: stop"));
    config.load();
    forbid(world, "numbers", "n", "n < 1000");
    world.broker.produce(&topic, &messages([10, 11, 1012, 13]));
    names(&config.fail(), &topic, 12);
    assert_eq!(world.next(&topic), [12]);
    assert_eq!(world.database.number("SELECT max(n) FROM numbers"), 11);
}

fn a_topic_full_of_garbage_trips_its_breaker(world: &World) {
    let (topic, config) = numbers(world, 1);
    world.broker.produce(&topic, &messages(0..10));
    world.broker.produce(&topic, &vec![Raw::value("garbage").partition(0); 5000]);
    let line = config.topic(&entry(&topic, "")).with("batch: {rows_max: 200}").fail();
    assert!(line.contains(&topic), "{line}");
    let counts = world.counts(&topic);
    assert_eq!(counts.applied, 10);
    assert!((100..2000).contains(&counts.dead), "the breaker opens soon after 1000 records: {counts:?}");

    let (topic, config) = numbers(world, 1);
    world.broker.produce(&topic, &vec![Raw::value("garbage").partition(0); 5000]);
    config.topic(&entry(&topic, ", breaker: none").replace("table: numbers", "table: others")).load();
    assert_eq!(world.counts(&topic).dead, 5000);
}

fn one_broken_table_among_many_stops_alone(world: &World) {
    let (broken, config) = numbers(world, 1);
    let mut config = config.topic(&format!("topic: {broken}, table: broken, mode: stream"));
    world.database.query("CREATE TABLE broken (n VARCHAR(20), other INTEGER)");
    world.database.query("INSERT INTO broken VALUES ('mine', 1)");
    world.broker.produce(&broken, &messages(0..100));
    let mut topics = Vec::new();
    for table in ["one", "two", "three"] {
        let topic = world.broker.topic(table, 2, &[]);
        world.broker.produce(&topic, &messages(0..500));
        config = config.topic(&format!("topic: {topic}, table: {table}, mode: stream"));
        topics.push((topic, table));
    }
    let line = config.fail();
    assert!(line.contains("broken"), "{line}");
    for (topic, table) in &topics {
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")), 500);
        assert_eq!(world.counts(topic).applied, 500);
    }
    assert_eq!(world.lines("SELECT n, other FROM broken"), ["mine|1"]);
    assert_eq!(world.counts(&broken), Counts::default());

    // Running, it goes on without the broken one.
    let mut flatsink = config.run();
    for (topic, table) in &topics {
        world.broker.produce(topic, &messages(500..600));
        world.caught_up(topic);
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")), 600);
    }
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    flatsink.stop();
}

fn a_table_with_rows_of_others_is_refused_unless_adopted(world: &World) {
    let (topic, config) = numbers(world, 1);
    world.broker.produce(&topic, &messages(0..5));
    config.topic(&entry(&topic, "")).load();
    let more = world.broker.topic("numbers", 1, &[]);
    world.broker.produce(&more, &messages(5..8));
    let stranger = world.config().with("sink: stranger");
    let line = stranger.clone().topic(&entry(&more, "")).fail();
    assert!(line.contains("numbers"), "{line}");
    assert_eq!(world.database.number("SELECT count(*) FROM numbers"), 5);
    stranger.topic(&entry(&more, ", existing: adopt")).load();
    assert_eq!(world.database.number("SELECT count(DISTINCT n) FROM numbers"), 8);
}

fn a_changed_kind_stops_its_table(world: &World) {
    let (topic, config) = numbers(world, 2);
    world.schema(2, r#"{"type":"record","name":"numbers","fields":[{"name":"n","type":"string"}]}"#);
    world.broker.produce(&topic, &messages(0..5));
    let config = config.topic(&entry(&topic, ""));
    config.load();
    let changed = Envelope::new("log", 2, crate::support::avro::text("five"));
    world.broker.produce(&topic, &[Raw::value(changed.value()).partition(0), message(6)]);
    let line = config.fail();
    assert!(line.contains("numbers") && line.contains("type_conflict"), "{line}");
    assert_eq!(world.lines("SELECT n FROM numbers ORDER BY n"), ["0", "1", "2", "3", "4"]);
    assert_eq!(world.counts(&topic).dead, 0);
}
