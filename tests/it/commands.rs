//! The commands beside `run`: what they print is true and can be used, and they change what they say, no more.

use std::fs;
use std::path::Path;

use crate::support::events::Events;
use crate::support::process::Ended;
use crate::support::world::{Config, Counts, World, on_each_database};
use crate::support::{Database, Flatsink, Kind, PATIENCE, unique};

on_each_database!(
    a_printed_table_can_be_made,
    a_plan_is_what_run_would_do,
    a_check_looks_at_everything_and_changes_nothing,
    what_produce_writes_can_be_loaded,
    a_demo_loads_any_database,
);

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/nycflights");

/// `flatsink` in a folder with this configuration.
fn flatsink(folder: &Path, config: &Config, arguments: &[&str]) -> Ended {
    fs::write(folder.join("flatsink.yaml"), config.yaml()).expect("the configuration can be written");
    Flatsink::start(arguments, folder).wait(PATIENCE)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn dialect(kind: Kind) -> &'static str {
    match kind {
        Kind::Postgres => "postgres",
        Kind::Mariadb => "mariadb",
        Kind::Mysql => "mysql",
        Kind::Sqlite => "sqlite",
    }
}

fn a_printed_table_can_be_made(world: &World) {
    for table in ["airlines", "airports", "planes", "weather", "flights"] {
        let file = format!("{DATA}/{table}.avsc");
        let arguments = ["schema", &file, "--dialect", dialect(world.database.kind)];
        let ended = Flatsink::start(&arguments, world.folder()).wait(PATIENCE);
        assert!(ended.status.success(), "{}", ended.stderr);
        world.database.query(&ended.stdout);
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")), 0);
    }
    world.database.query("SELECT faa, tzone FROM airports");
    for dialect in ["postgres", "mysql", "mariadb", "sqlite"] {
        let file = format!("{DATA}/flights.avsc");
        let ended = Flatsink::start(&["schema", &file, "--dialect", dialect], world.folder()).wait(PATIENCE);
        assert!(ended.stdout.contains("CREATE TABLE"), "{}", ended.stdout);
    }
}

fn a_plan_is_what_run_would_do(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(10);
    let (config, folder) = (world.config().topic(&events.entry()), folder());
    let first = flatsink(folder.path(), &config, &["plan", "--exit-code"]);
    assert_eq!(first.status.code(), Some(4), "{}", first.stderr);
    assert!(first.stdout.contains("CREATE TABLE") && first.stdout.contains("events"), "{}", first.stdout);
    assert!(world.ledger(&events.topic).is_empty(), "a plan changes nothing");
    assert!(world.database.try_query("SELECT n FROM events").is_err(), "a plan changes nothing");
    let again = flatsink(folder.path(), &config, &["plan"]);
    assert_eq!((again.status.code(), again.stdout), (Some(0), first.stdout.clone()));
    // It is runnable as it is, and then there is nothing left to do but load.
    world.database.query(&first.stdout);
    config.load();
    events.check(world);
    let after = flatsink(folder.path(), &config, &["plan", "--exit-code"]);
    assert_eq!(after.status.code(), Some(0), "{}\n{}", after.stdout, after.stderr);

    // What would be refused is said, and is an exit code.
    world.schema(2, r#"{"type":"record","name":"events","fields":[{"name":"n","type":"string"}]}"#);
    let changed = crate::support::avro::Envelope::new("log", 2, crate::support::avro::text("n"));
    world.broker.produce(&events.topic, &[crate::support::Raw::value(changed.value()).partition(0)]);
    let refused = flatsink(folder.path(), &config, &["plan"]);
    assert_eq!(refused.status.code(), Some(3), "{}\n{}", refused.stdout, refused.stderr);
    assert!(refused.stdout.lines().any(|line| line.starts_with("--") && line.contains("type_conflict")));
}

fn a_check_looks_at_everything_and_changes_nothing(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(10);
    let (config, folder) = (world.config().topic(&events.entry()), folder());
    let ended = flatsink(folder.path(), &config, &["check"]);
    assert_eq!(ended.status.code(), Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains(&events.topic), "{}", ended.stdout);
    assert!(world.ledger(&events.topic).is_empty(), "a check changes nothing");
    let ended = flatsink(folder.path(), &config, &["check", "--topic", &events.topic]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("words"), "the columns of one topic are shown: {}", ended.stdout);
    let ended = flatsink(folder.path(), &config, &["check", "--json"]);
    serde_json::from_str::<serde_json::Value>(&ended.stdout).expect("--json prints JSON");
    let missing = config.topic(&format!("topic: {}, mode: stream", unique("missing")));
    let ended = flatsink(folder.path(), &missing, &["check"]);
    assert_eq!(ended.status.code(), Some(3), "{}\n{}", ended.stdout, ended.stderr);
}

fn what_produce_writes_can_be_loaded(world: &World) {
    let (folder, brokers) = (folder(), world.broker.address.as_str());
    let schemas = folder.path().join("schemas");
    fs::create_dir(&schemas).expect("a folder can be made");
    let produce = |topic: &str, table: &str, more: &[&str]| {
        let file = format!("{DATA}/{table}.avro");
        let mut arguments = vec!["produce", "--brokers", brokers, "--topic", topic, "--schemas", "schemas"];
        arguments.extend(["--partitions", "3"]);
        arguments.extend(more);
        arguments.push(&file);
        let ended = Flatsink::start(&arguments, folder.path()).wait(PATIENCE);
        assert!(ended.status.success(), "{}", ended.stderr);
        world.broker.read(topic)
    };
    let one = unique("airports");
    let messages = produce(&one, "airports", &["--seed", "7", "--type", "create"]);
    assert_eq!(messages.len(), 1458);
    let file = |name: &str| fs::read_to_string(schemas.join(name)).ok();
    assert!(file(&format!("{one}.1.avsc")).is_some_and(|text| text.contains("pkey")));
    let value = |it: &(i32, i64, crate::support::Raw)| (it.2.key.clone(), it.2.value.clone());
    // With a seed it is all the same again, behind what is there.
    let both = produce(&one, "airports", &["--seed", "7", "--type", "create"]);
    let first = |it: &&(i32, i64, crate::support::Raw)| messages.iter().any(|old| (old.0, old.1) == (it.0, it.1));
    let (old, repeated): (Vec<_>, Vec<_>) = both.iter().partition(first);
    assert_eq!(old.len(), messages.len());
    assert!(repeated.into_iter().map(value).eq(messages.iter().map(value)));
    assert!(messages.iter().all(|it| it.2.key.as_ref().is_some_and(|key| key.len() == 4 && key[0] == 6)));
    // Confluent's wire format, a few.
    let plain = unique("planes");
    let few = produce(&plain, "planes", &["--format", "confluent", "--limit", "5"]);
    assert_eq!(few.len(), 5);
    assert!(few.iter().all(|it| it.2.value.as_ref().is_some_and(|value| value[0] == 0)));

    let config = world.config().schemas(&format!("directory: '{}'", schemas.display()));
    let config = config.topic(&format!("topic: {one}, table: airports, mode: table"));
    config.topic(&format!("topic: {plain}, table: planes, format: confluent")).load();
    assert_eq!(world.database.number("SELECT count(*) FROM airports"), 1458);
    assert_eq!(
        world.lines("SELECT name, tzone FROM airports WHERE faa = 'JFK'"),
        ["John F Kennedy Intl|America/New_York"]
    );
    assert_eq!(world.database.number("SELECT count(*) FROM planes"), 5);
    assert_eq!(world.counts(&one), Counts { applied: 2 * 1458, ..Counts::default() });
}

/// The demo's tables and its ledger in this database: on PostgreSQL in a schema of their own.
fn check_demo(database: &Database) {
    let place = if database.kind == Kind::Postgres { "flatsink_demo." } else { "" };
    let count = |table: &str| database.number(&format!("SELECT count(*) FROM {place}{table}"));
    assert_eq!(["airlines", "airports", "planes", "weather"].map(count), [16, 1458, 3322, 26115]);
    let flights = count("flights");
    assert!((20_000..=336_776).contains(&flights), "{flights}");
    assert_eq!(database.number(&format!("SELECT count(DISTINCT _sink_uuid) FROM {place}flights")), flights);
    let ledger = format!("{place}flatsink_offset");
    let sum = "next_offset - start_offset - (n_applied + n_duplicate + n_dead + n_deleted + n_skipped + n_gap)";
    assert_eq!(database.number(&format!("SELECT count(*) FROM {ledger} WHERE {sum} <> 0")), 0);
    assert_eq!(database.number(&format!("SELECT sum(n_applied) FROM {ledger}")), flights + 16 + 1458 + 3322 + 26115);
}

fn a_demo_loads_any_database(world: &World) {
    let folder = folder();
    let ended = Flatsink::start(&["demo", "--database", &world.database.url], folder.path()).wait(PATIENCE);
    assert!(ended.status.success(), "{}", ended.stderr);
    check_demo(&world.database);
    assert_eq!(left(folder.path()), [""; 0], "nothing is left in the folder");
}

fn left(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_demo_needs_nothing_and_leaves_one_file() {
    let folder = folder();
    for _ in 0..2 {
        let ended = Flatsink::start(&["demo"], folder.path()).wait(PATIENCE);
        assert!(ended.status.success(), "{}", ended.stderr);
        assert_eq!(left(folder.path()), ["flatsink-demo.db"]);
        check_demo(&Database::open(&folder.path().join("flatsink-demo.db")));
        for word in ["SIGKILL", "flatsink-demo.db", "flights", "kafka:", "arr_delay"] {
            let said = ended.stdout.contains(word) || ended.stderr.contains(word);
            assert!(said, "{word} is not in what the demo says:\n{}{}", ended.stdout, ended.stderr);
        }
    }
}

#[test]
fn a_demo_never_touches_a_file_of_others() {
    let folder = folder();
    let path = folder.path().join("flatsink-demo.db");
    Database::open(&path).query("CREATE TABLE mine (a INTEGER)");
    let before = fs::read(&path).expect("it is there");
    let ended = Flatsink::start(&["demo"], folder.path()).wait(PATIENCE);
    assert!(!ended.status.success());
    assert!(ended.stderr.contains("flatsink-demo.db"), "{}", ended.stderr);
    assert_eq!(fs::read(&path).expect("it is there"), before);
}
