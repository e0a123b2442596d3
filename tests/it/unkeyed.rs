//! Tables without a key (`unique: none`): the ledger alone sees to it that each record is there once.

use crate::support::avro::{Envelope, confluent, long, record, text};
use crate::support::chance::Chance;
use crate::support::events::{Events, SCHEMA};
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Flatsink, Kind, PATIENCE, Raw, eventually};

on_each_database!(
    kills_and_replays_append_each_record_once,
    rows_that_the_database_refuses_are_found_without_a_key,
    going_back_needs_the_rows_to_go,
    metadata_may_be_left_out,
);

const KILLS: i64 = 8;
const RECORDS: i64 = 40_000;

fn entry(topic: &str, table: &str) -> String {
    format!("topic: {topic}, table: {table}, format: yelp, mode: stream, unique: none")
}

fn kills_and_replays_append_each_record_once(world: &World) {
    let mut events = Events::new(world, 4);
    let config = world.config().impatient().topic(&entry(&events.topic, "events")).with("batch: {rows_max: 500}");
    let mut chance = Chance::new(&format!("unkeyed kills on {:?}", world.database.kind));
    events.produce(RECORDS);
    let mut pair = [config.run(), config.run()];
    for kill in 1..=KILLS {
        let wanted = RECORDS * (kill - 1) / KILLS;
        eventually(&format!("{wanted} records are loaded"), PATIENCE, || events.applied(world) >= wanted);
        chance.pause(150);
        let victim = &mut pair[chance.below(2) as usize];
        assert!(victim.is_running(), "{}", victim.stderr());
        std::mem::replace(victim, config.run()).kill();
    }
    world.caught_up(&events.topic);
    pair.into_iter().for_each(|flatsink| drop(flatsink.stop()));
    events.check(world);
    // Who comes again, in a group that has read nothing, finds nothing to do.
    let again = world.config().topic(&entry(&events.topic, "events"));
    again.load();
    events.check(world);
    // The same uuid again is a row again: nobody looks for it.
    world.broker.produce(&events.topic, &[crate::support::events::event(0)]);
    again.load();
    assert_eq!(world.database.number("SELECT count(*) FROM events WHERE n = 0"), 2);
}

fn rows_that_the_database_refuses_are_found_without_a_key(world: &World) {
    let mut events = Events::new(world, 2);
    // Made by hand, with a rule that no schema knows.
    world.database.query(match world.database.kind {
        Kind::Postgres => "CREATE TABLE events (n bigint CHECK (n % 50 <> 7), words text)",
        Kind::Mariadb | Kind::Mysql => {
            "CREATE TABLE events (n BIGINT CHECK (n % 50 <> 7), words LONGTEXT) CHARACTER SET utf8mb4"
        }
        Kind::Sqlite => "CREATE TABLE events (n INTEGER CHECK (n % 50 <> 7), words TEXT) STRICT",
    });
    events.produce(300);
    world.config().topic(&entry(&events.topic, "events")).load();
    let dead: Vec<i64> = world.dead(&events.topic).iter().map(|dead| dead.offset * 2 + dead.part).collect();
    let expected: Vec<i64> = (0..300).filter(|n| n % 50 == 7).collect();
    assert_eq!(dead, expected);
    assert!(world.reasons(&events.topic).iter().all(|reason| reason == "constraint"));
    let found = world.lines("SELECT n FROM events ORDER BY n");
    let expected: Vec<String> = (0..300).filter(|n| n % 50 != 7).map(|n| n.to_string()).collect();
    assert_eq!(found, expected);
    assert_eq!((world.counts(&events.topic).applied, world.counts(&events.topic).dead), (294, 6));
}

fn reset(config: &Config, topic: &str, arguments: &[&str]) -> crate::support::process::Ended {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("flatsink.yaml"), config.yaml()).expect("it can be written");
    let arguments = [&["reset", "--topic", topic, "--yes"], arguments].concat();
    Flatsink::start(&arguments, folder.path()).wait(PATIENCE)
}

fn going_back_needs_the_rows_to_go(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(10);
    let config = world.config().topic(&format!("{}, existing: adopt", entry(&events.topic, "events")));
    // A row that was there before is nobody's repeat.
    world.database.query(match world.database.kind {
        Kind::Postgres => "CREATE TABLE events (n bigint, words text)",
        Kind::Mariadb | Kind::Mysql => "CREATE TABLE events (n BIGINT, words LONGTEXT) CHARACTER SET utf8mb4",
        Kind::Sqlite => "CREATE TABLE events (n INTEGER, words TEXT)",
    });
    world.database.query("INSERT INTO events (n) VALUES (-1)");
    config.load();
    let ended = reset(&config, &events.topic, &["--to", "earliest"]);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--truncate") && ended.stderr.contains("unique: none"), "{}", ended.stderr);
    assert_eq!(world.next(&events.topic), [5, 5]);
    let ended = reset(&config, &events.topic, &["--to", "2", "--partition", "1", "--truncate"]);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(world.lines("SELECT n FROM events ORDER BY n"), ["-1", "0", "2", "4", "6", "8"]);
    let ended = reset(&config, &events.topic, &["--to", "earliest", "--truncate"]);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(world.lines("SELECT n FROM events"), ["-1"]);
    config.load();
    let expected: Vec<String> = (-1..10).map(|n| n.to_string()).collect();
    assert_eq!(world.lines("SELECT n FROM events ORDER BY n"), expected);
    // Forwards there is nothing to lose.
    let ended = reset(&config, &events.topic, &["--to", "latest"]);
    assert!(ended.status.success(), "{}", ended.stderr);
}

fn metadata_may_be_left_out(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("bare", 2, &[]);
    let datum = |n: i64| record(&[long(n), text("words")]);
    let messages: Vec<Raw> = (0..6).map(|n| Raw::value(confluent(1, &datum(n))).partition((n % 2) as i32)).collect();
    world.broker.produce(&topic, &messages);
    let entry = format!("topic: {topic}, table: bare, format: confluent, unique: none, metadata: []");
    let config = world.config().topic(&entry);
    config.load();
    config.load();
    assert_eq!(world.lines("SELECT * FROM bare ORDER BY n"), (0..6).map(|n| format!("{n}|words")).collect::<Vec<_>>());
    let ended = reset(&config, &topic, &["--to", "earliest", "--partition", "0", "--truncate"]);
    assert!(!ended.status.success() && ended.stderr.contains("_sink_partition"), "{}", ended.stderr);
    assert_eq!(world.next(&topic), [3, 3]);

    // An envelope's uuid is a column like any other then, and the nil one is a value.
    let topic = world.broker.topic("nil", 1, &[]);
    let nil = Envelope { uuid: [0; 16], ..Envelope::new("log", 1, datum(7)) };
    world.broker.produce(&topic, &[Raw::value(nil.value()), Raw::value(nil.value())]);
    world.config().topic(&format!("{}, metadata: [uuid]", self::entry(&topic, "nil"))).load();
    let rows = world.lines("SELECT _sink_uuid, n, words FROM nil").join(" ").replace(['-', '\\', 'x'], "");
    assert_eq!(rows, [format!("{:032}|7|words", 0), format!("{:032}|7|words", 0)].join(" "));
}
