//! Stopping is quick and clean at any moment, and what runs can be asked how it is.

use std::time::{Duration, Instant};

use crate::support::chance::Chance;
use crate::support::events::Events;
use crate::support::http::{free_address, get};
use crate::support::world::{World, on_each_database};
use crate::support::{Broker, Database, Kind, PATIENCE, Raw, eventually};

on_each_database!(
    a_signal_in_the_middle_of_a_load_stops_it_cleanly,
    until_latest_ends_when_others_have_loaded_it,
    it_says_how_it_is,
);

fn a_signal_in_the_middle_of_a_load_stops_it_cleanly(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(30_000);
    let config = world.config().topic(&events.entry()).with("batch: {rows_max: 250}");
    let mut chance = Chance::new(&format!("stops on {:?}", world.database.kind));
    for signal in ["TERM", "INT", "HUP"] {
        let loaded = events.applied(world);
        let flatsink = config.run();
        eventually("the load is under way", PATIENCE, || events.applied(world) >= loaded + 2_000);
        chance.pause(100);
        let start = Instant::now();
        flatsink.signal(signal);
        let ended = flatsink.wait(PATIENCE);
        assert_eq!(ended.status.code(), Some(0), "{signal}: {}", ended.stderr);
        assert!(start.elapsed() < Duration::from_secs(5), "{signal}: {:?}", start.elapsed());
        let rows = world.database.number("SELECT count(*) FROM events");
        assert_eq!(rows, events.applied(world), "{signal}: all of a batch or nothing of it");
        events.produce(2_000);
    }
    // While it starts, too.
    let flatsink = config.run();
    chance.pause(300);
    let start = Instant::now();
    flatsink.signal("TERM");
    flatsink.wait(PATIENCE);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    config.load();
    events.check(world);
}

fn until_latest_ends_when_others_have_loaded_it(world: &World) {
    // One partition: one of the two has nothing to do.
    let mut events = Events::new(world, 1);
    events.produce(5_000);
    let config = world.config().topic(&events.entry()).with("batch: {rows_max: 500}");
    let other = config.run();
    eventually("the other one has the partition", PATIENCE, || events.applied(world) > 0);
    events.produce(1_000);
    config.load();
    assert_eq!(events.applied(world), events.sent);
    other.stop();
    events.check(world);
}

fn it_says_how_it_is(world: &World) {
    let mut events = Events::new(world, 2);
    events.produce(1_000);
    world.broker.produce(&events.topic, &[Raw::value("garbage").partition(0)]);
    let address = free_address();
    let config = world.config().topic(&events.entry()).with(&format!("http: '{address}'"));
    let mut flatsink = config.run();
    let status = |path: &str| get(&address, path).map(|(status, _)| status);
    eventually("it is ready", PATIENCE, || status("/ready") == Some(200));
    world.caught_up(&events.topic);
    for path in ["/live", "/livez", "/readyz", "/healthz"] {
        assert_eq!(status(path), Some(200), "{path}");
    }
    assert_eq!(status("/nothing"), Some(404));
    let metric = |name: &str, labels: &[&str]| {
        let (_, text) = get(&address, "/metrics").expect("it answers");
        let line = text.lines().find(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    let topic = format!("topic=\"{}\"", events.topic);
    let records = |outcome: &str| metric("flatsink_records_total{", &[&topic, outcome, "sink=\"it\""]);
    eventually("the metrics follow", PATIENCE, || records("outcome=\"applied\"") == Some(1000.0));
    assert_eq!(records("outcome=\"dead\""), Some(1.0));
    assert_eq!(metric("flatsink_dead_letters_total{", &[&topic, "reason=\"bad_magic\""]), Some(1.0));
    for partition in ["partition=\"0\"", "partition=\"1\""] {
        // The end of the log comes with the next statistics.
        let lag = || metric("flatsink_lag_records{", &[&topic, partition]);
        eventually("the lag is known", PATIENCE, || lag() == Some(0.0));
    }
    for name in ["flatsink_build_info{", "flatsink_batch_rows_count", "flatsink_commit_duration_seconds_sum"] {
        assert!(metric(name, &[]).is_some_and(|value| value > 0.0), "{name}");
    }
    for name in ["flatsink_partitions{", "flatsink_dependency_up{", "flatsink_buffer_bytes", "process_"] {
        assert!(metric(name, &[]).is_some(), "{name}");
    }
    let (_, text) = get(&address, "/status").expect("it answers");
    serde_json::from_str::<serde_json::Value>(&text).expect("the status is JSON");
    assert!(text.contains(&events.topic) && !text.contains("says Gr"), "no values of rows: {text}");

    // A port that is taken is no reason not to load.
    let mut second = config.with("workers: 1").run();
    eventually("it says that the port is taken", PATIENCE, || second.stderr().contains(&address));
    assert!(second.is_running() && flatsink.is_running());
    second.stop();
    flatsink.stop();
}

#[test]
fn a_second_signal_ends_a_stop_that_hangs() {
    let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(Kind::Sqlite)) else { return };
    let world = World::new(broker, database);
    let mut events = Events::new(&world, 1);
    events.produce(5_000);
    let config = world.config().impatient().topic(&events.entry()).with("batch: {rows_max: 100}");
    let flatsink = config.run();
    eventually("the load is under way", PATIENCE, || events.applied(&world) > 1_000);
    let writer = world.database.hold();
    flatsink.signal("TERM");
    eventually("the stop is under way", PATIENCE, || flatsink.stderr().contains("stopping"));
    flatsink.signal("TERM");
    let start = Instant::now();
    let ended = flatsink.wait(PATIENCE);
    assert_eq!(ended.status.code(), Some(128 + 15), "{}", ended.stderr);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    drop(writer);
    config.load();
    events.check(&world);
}
