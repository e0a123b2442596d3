//! Outages and broken wires: nothing is lost, doubled or dead-lettered, nobody has to help, the process goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::chance::Chance;
use crate::support::events::{Events, SCHEMA, event};
use crate::support::flights::sample;
use crate::support::http::Stub;
use crate::support::proxy::Proxy;
use crate::support::{Broker, Database, Flatsink, Kind, PATIENCE, Servers, World, eventually};

#[test]
fn a_swallowed_answer_of_commit_changes_nothing_postgres() {
    swallow(Kind::Postgres);
}

#[test]
fn a_swallowed_answer_of_commit_changes_nothing_mariadb() {
    swallow(Kind::Mariadb);
}

#[test]
fn a_swallowed_answer_of_commit_changes_nothing_mysql() {
    swallow(Kind::Mysql);
}

fn swallow(kind: Kind) {
    let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(kind)) else { return };
    let world = World::new(broker, database);
    let proxy = Proxy::start(&world.database.url, Chance::new(&format!("commits on {kind:?}")));
    let mut events = Events::new(&world, 2);
    events.produce(10_000);
    let config = world.config().database(&format!("url: '{}'", proxy.url)).topic(&events.entry());
    let mut flatsink = config.with("batch: {rows_max: 250}").run();
    world.caught_up(&events.topic);
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    flatsink.stop();
    let cuts = proxy.cuts();
    assert!(cuts.iter().all(|count| *count >= 2), "every kind of cut came about: {cuts:?}");
    events.check(&world);
}

#[test]
fn a_database_that_dies_in_mid_load_is_waited_for_postgres() {
    restart_database(Kind::Postgres, "postgres");
}

#[test]
fn a_database_that_dies_in_mid_load_is_waited_for_mariadb() {
    restart_database(Kind::Mariadb, "mariadb");
}

#[test]
fn a_database_that_dies_in_mid_load_is_waited_for_mysql() {
    restart_database(Kind::Mysql, "mysql");
}

/// How often an outage was told.
fn told(flatsink: &Flatsink) -> usize {
    flatsink.stderr().matches("outage begins").count()
}

fn restart_database(kind: Kind, name: &str) {
    let Some(broker) = Broker::shared() else { return };
    let Some(servers) = Servers::start(&[name]) else { return };
    let world = World::new(broker, servers.database(kind).expect("the server was started"));
    let mut events = Events::new(&world, 2);
    events.produce(20_000);
    let mut flatsink = world.config().topic(&events.entry()).with("batch: {rows_max: 100}").run();
    for _ in 0..2 {
        let loaded = events.applied(&world);
        events.produce(5_000);
        eventually("the load is under way", PATIENCE, || events.applied(&world) > loaded + 2_000);
        let outages = told(&flatsink);
        servers.stop(name);
        events.produce(1_000);
        eventually("the outage is told", PATIENCE, || told(&flatsink) > outages);
        assert!(flatsink.is_running(), "{}", flatsink.stderr());
        servers.resume(name);
    }
    world.caught_up(&events.topic);
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    let ended = flatsink.stop();
    let lines = ended.stderr.lines().count();
    assert!(lines < 100, "two outages need no {lines} lines:\n{}", ended.stderr);
    events.check(&world);
}

#[test]
fn a_broker_that_dies_in_mid_load_is_waited_for() {
    let Some(servers) = Servers::start(&["kafka"]) else { return };
    let databases: Vec<Database> = Kind::ALL.into_iter().filter_map(Database::fresh).collect();
    let start = |database| {
        let world = World::new(servers.broker(), database);
        let mut events = Events::new(&world, 2);
        events.produce(20_000);
        let flatsink = world.config().topic(&events.entry()).with("batch: {rows_max: 100}").run();
        (world, events, flatsink)
    };
    let mut loads: Vec<(World, Events, Flatsink)> = databases.into_iter().map(start).collect();
    for (world, events, _) in &loads {
        eventually("the load is under way", PATIENCE, || events.applied(world) > 1_000);
    }
    servers.restart("kafka");
    for (world, events, flatsink) in &mut loads {
        events.produce(5_000);
        world.caught_up(&events.topic);
        assert!(flatsink.is_running(), "{}", flatsink.stderr());
    }
    for (world, events, flatsink) in loads {
        flatsink.stop();
        events.check(&world);
    }
}

#[test]
fn a_registry_that_gives_no_answer_is_waited_for() {
    let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(Kind::Sqlite)) else { return };
    let world = World::new(broker, database);
    let up = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&up);
    let stub = Stub::start(move |_, _| match answers.load(Ordering::SeqCst) {
        true => (200, serde_json::json!({ "schema": SCHEMA }).to_string()),
        false => (500, "{}".to_owned()),
    });
    let mut events = Events::new(&world, 1);
    events.produce(100);
    let config = world.config().topic(&events.entry()).with("unknown_schema_after: 1s");
    let mut flatsink = config.schemas(&format!("confluent: {{url: '{}'}}", stub.url)).run();
    // Each wait is longer than the one before: eight of them are well beyond unknown_schema_after.
    eventually("the registry is asked again and again", PATIENCE, || stub.requests().len() >= 8);
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    assert_eq!(events.applied(&world), 0);
    assert!(world.reasons(&events.topic).is_empty(), "no answer is no reason for a dead letter");
    up.store(true, Ordering::SeqCst);
    world.caught_up(&events.topic);
    let asked = stub.requests().len();
    events.produce(100);
    world.caught_up(&events.topic);
    assert_eq!(stub.requests().len(), asked, "a schema is asked for once");
    flatsink.stop();
    events.check(&world);
}

#[test]
fn memory_holds_with_a_backlog_and_a_database_that_stalls() {
    let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(Kind::Sqlite)) else { return };
    let world = World::new(broker, database);
    let sample = sample(&world.broker);
    let config = sample.config(&world).with("memory_max: 64MiB").with("workers: 2");
    let flights = sample.topics.iter().find(|topic| topic.is_stream()).expect("flights is a stream");
    let mut flatsink = config.run();
    eventually("the load is under way", PATIENCE, || world.counts(&flights.name).applied > 10_000);
    let writer = world.database.hold();
    eventually("the outage is told", PATIENCE, || told(&flatsink) > 0);
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    drop(writer);
    sample.topics.iter().for_each(|topic| world.caught_up(&topic.name));
    let peak = flatsink.memory_peak();
    assert!(peak < 150 << 20, "the peak of memory was {} MiB", peak >> 20);
    flatsink.stop();
    sample.compare(&world);
}

#[test]
fn records_that_come_before_the_database_does_are_all_there() {
    let Some(broker) = Broker::shared() else { return };
    let Some(servers) = Servers::start(&["postgres"]) else { return };
    let world = World::new(broker, servers.database(Kind::Postgres).expect("the server was started"));
    let mut events = Events::new(&world, 1);
    world.broker.produce(&events.topic, &[event(0).partition(0)]);
    events.sent = 1;
    servers.stop("postgres");
    let mut flatsink = world.config().topic(&events.entry()).run();
    eventually("the database is waited for", PATIENCE, || flatsink.stderr().contains("waiting for the database"));
    assert!(flatsink.is_running(), "{}", flatsink.stderr());
    servers.resume("postgres");
    world.caught_up(&events.topic);
    flatsink.stop();
    events.check(&world);
}
