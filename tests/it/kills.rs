//! Processes that die, freeze, come and go at random moments lose nothing and double nothing, and whoever looks in
//! between sees for each partition exactly the records up to the ledger's offset.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::chance::Chance;
use crate::support::events::Events;
use crate::support::flights::{RECORDS, Sample, sample};
use crate::support::world::{World, number, on_each_database};
use crate::support::{Flatsink, Kind, PATIENCE, eventually};

/// How often a process is killed, by database.
const KILLS: i64 = 20;
/// How long a partition may go without an owner: the session time-out of `impatient` and ten seconds.
const HANDOVER: Duration = Duration::from_millis(11_500);
/// The first few come soon after a start: in the middle of migrations, claims and the making of tables.
const EARLY: i64 = 4;

on_each_database!(
    kill_dash_nine_at_random_moments_changes_nothing,
    a_frozen_process_that_wakes_changes_nothing,
    partitions_of_a_process_that_is_gone_change_hands_in_time,
    two_processes_that_race_for_the_first_record_make_one_table,
);

fn kill_dash_nine_at_random_moments_changes_nothing(world: &World) {
    let sample = sample(&world.broker);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| watch(world, sample, &done));
        {
            let _end = Ended(&done);
            load_and_kill(world, sample);
        }
        let looks = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert!(looks > 20, "the concurrent reader looked {looks} times");
    });
    sample.compare(world);
}

fn load_and_kill(world: &World, sample: &Sample) {
    let mut chance = Chance::new(&format!("kills on {:?}", world.database.kind));
    let config = sample.config(world).impatient().with("batch: {rows_max: 1000}");
    let mut pair = [config.run(), config.run()];
    let mut guest = None;
    for kill in 0..KILLS {
        let wanted = RECORDS * (kill - EARLY + 1) / (KILLS - EARLY + 1);
        let what = format!("{wanted} records are loaded before kill {kill}");
        eventually(&what, PATIENCE, || applied(world) >= wanted);
        chance.pause(if kill < EARLY { 1500 } else { 200 });
        let victim = &mut pair[chance.below(2) as usize];
        assert!(victim.is_running(), "{}", victim.stderr());
        mem::replace(victim, config.run()).kill();
        if kill == KILLS / 3 {
            guest = Some(config.run());
        }
        if kill == 2 * KILLS / 3 {
            guest.take().expect("it was started").stop();
        }
    }
    eventually("everything is loaded", PATIENCE, || applied(world) >= RECORDS);
    pair.into_iter().for_each(|flatsink| drop(flatsink.stop()));
}

/// Before there is a ledger, nothing.
fn applied(world: &World) -> i64 {
    let sql = format!("SELECT sum(n_applied) FROM {}", world.ours("flatsink_offset"));
    world.database.try_query(&sql).ok().and_then(|rows| rows[0][0].as_ref()?.parse().ok()).unwrap_or(0)
}

struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Looks again and again; returns how often it saw a table and a ledger.
fn watch(world: &World, sample: &Sample, done: &AtomicBool) -> u32 {
    let flights = sample.topics.iter().find(|topic| topic.is_stream()).expect("flights is a stream");
    // One statement is one snapshot.
    let sql = format!(
        "SELECT o.part, o.epoch, o.start_offset, o.next_offset, COALESCE(t.n, 0), COALESCE(t.distinct_n, 0), \
         COALESCE(t.low, o.start_offset), COALESCE(t.high, o.next_offset - 1) FROM {} o LEFT JOIN \
         (SELECT _sink_partition AS part, count(*) AS n, count(DISTINCT _sink_offset) AS distinct_n, \
         min(_sink_offset) AS low, max(_sink_offset) AS high FROM {} GROUP BY _sink_partition) t \
         ON t.part = o.part WHERE o.topic = '{}' ORDER BY o.part",
        world.ours("flatsink_offset"),
        flights.table,
        flights.name
    );
    let mut seen = BTreeMap::<i64, (i64, i64)>::new();
    let mut looks = 0;
    while !done.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(200));
        // Before the first record there is no table.
        let Ok(rows) = world.database.try_query(&sql) else { continue };
        for row in rows {
            let numbers: Vec<i64> = row.iter().map(number).collect();
            let [part, epoch, start, next, count, distinct, low, high] = numbers[..].try_into().expect("eight columns");
            let story = format!("partition {part}: [{start}, {next}) has {count} rows, {low} to {high}");
            assert_eq!((count, distinct), (next - start, next - start), "{story}");
            assert_eq!((low, high), (start, next - 1), "{story}");
            let (last_epoch, last_next) = seen.insert(part, (epoch, next)).unwrap_or((0, 0));
            assert!(epoch >= last_epoch && next >= last_next, "{story}: before it was at {last_next}");
        }
        looks += 1;
    }
    looks
}

fn a_frozen_process_that_wakes_changes_nothing(world: &World) {
    let mut events = Events::new(world, 2);
    let config = world.config().impatient().topic(&events.entry()).with("batch: {rows_max: 100}");
    let mut chance = Chance::new(&format!("freezes on {:?}", world.database.kind));
    events.produce(10_000);
    let (one, other) = (config.run(), config.run());
    for (zombie, heir) in [(&one, &other), (&other, &one)] {
        let loaded = events.applied(world);
        events.produce(10_000);
        eventually("the load goes on", PATIENCE, || events.applied(world) > loaded + 1000);
        chance.pause(100);
        zombie.signal("STOP");
        // One who is frozen in a transaction holds SQLite's file until it wakes.
        if world.database.kind != Kind::Sqlite {
            world.caught_up(&events.topic);
        } else {
            eventually("the group gives all to the other", PATIENCE, || held(heir, &events.topic) == 2);
        }
        zombie.signal("CONT");
    }
    events.produce(1000);
    world.caught_up(&events.topic);
    one.stop();
    other.stop();
    events.check(world);
}

fn partitions_of_a_process_that_is_gone_change_hands_in_time(world: &World) {
    let mut events = Events::new(world, 4);
    let config = world.config().impatient().topic(&events.entry()).with("batch: {rows_max: 1000}");
    let mut chance = Chance::new(&format!("handovers on {:?}", world.database.kind));
    for frozen in [false, true] {
        // One who is frozen in a transaction holds SQLite's file until it wakes.
        if frozen && world.database.kind == Kind::Sqlite {
            continue;
        }
        let (gone, heir) = (config.run(), config.run());
        eventually("both have partitions", PATIENCE, || claims(&gone) > 0 && claims(&heir) > 0);
        events.produce(8_000);
        let loaded = events.applied(world);
        eventually("the load goes on", PATIENCE, || events.applied(world) > loaded);
        chance.pause(100);
        let begun = Instant::now();
        gone.signal(if frozen { "STOP" } else { "KILL" });
        let at = world.next(&events.topic);
        events.produce(400);
        eventually("every partition goes on", PATIENCE, || {
            let next = world.next(&events.topic);
            next.iter().zip(&at).all(|(next, at)| next > at)
        });
        let handover = begun.elapsed();
        eprintln!("{:?}: handed over within {handover:?}, frozen: {frozen}", world.database.kind);
        assert!(handover < HANDOVER, "{handover:?}, frozen: {frozen}\n{}", heir.stderr());
        gone.kill();
        world.caught_up(&events.topic);
        heir.stop();
    }
    events.check(world);
}

/// The partitions that the group has given to it, as it tells.
fn held(flatsink: &Flatsink, topic: &str) -> usize {
    let stderr = flatsink.stderr();
    let told = |word: &str| {
        let word = format!("\"message\":\"{word}\"");
        stderr.lines().filter(|line| line.contains(&word)).map(|line| line.matches(topic).count()).sum::<usize>()
    };
    told("assigned").saturating_sub(told("revoked"))
}

/// How many partitions it has claimed so far.
fn claims(flatsink: &Flatsink) -> usize {
    flatsink.stderr().matches("\"claimed\"").count()
}

fn two_processes_that_race_for_the_first_record_make_one_table(world: &World) {
    let mut events = Events::new(world, 4);
    events.produce(400);
    let config = world.config().impatient().topic(&events.entry());
    let (one, other) = (config.run(), config.run());
    world.caught_up(&events.topic);
    one.stop();
    other.stop();
    events.check(world);
}
