//! Random schemas in pairs, random values of both, loaded by the binary and compared, cell by cell, with what
//! apache-avro reads and docs/types.md makes of it. Any difference is a bug, here or there.
//!
//! `FLATSINK_TEST_PAIRS` sets how many pairs. Pair n has the seed of the test plus n, so that each can be had alone:
//! `FLATSINK_TEST_SEED=.. FLATSINK_TEST_PAIRS=1`, and then with flatsink's log.

pub mod calendar;
pub mod cell;
mod compare;
mod datum;
mod evolve;
mod invent;
mod nested;
mod pair;
mod reading;
mod schema;
mod table;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use compare::Found;
use pair::{Pair, VARIANTS};
use table::Db;

use crate::support::avro;
use crate::support::chance::Chance;
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Flatsink, Kind, Raw, unique};

on_each_database!(what_is_loaded_is_what_apache_avro_reads);

/// Pairs that share topics' creation, two runs of the binary and some looks at the database.
const AT_ONCE: u64 = 100;
/// Pairs unless `FLATSINK_TEST_PAIRS` says otherwise.
const PAIRS: u64 = 100;
/// Of the first pair of a short run, unless `FLATSINK_TEST_SEED` says otherwise.
const SEED: u64 = 4_000;
/// For each run of the binary.
const PATIENCE: Duration = Duration::from_secs(300);
/// Pairs whose differences are told in full.
const TOLD_MAX: usize = 20;

fn what_is_loaded_is_what_apache_avro_reads(world: &World) {
    // apache-avro reads nested values by recursion, and they nest deeply here.
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    std::thread::scope(|scope| {
        let test = thread.spawn_scoped(scope, || load_all(world)).expect("a thread can be started");
        test.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn load_all(world: &World) {
    avro::let_reference_nest();
    let pairs = std::env::var("FLATSINK_TEST_PAIRS").ok();
    let pairs = pairs.map_or(PAIRS, |text| text.parse().expect("FLATSINK_TEST_PAIRS is a number"));
    // The short run is the same each time; the long one looks for what is new.
    let is_short = pairs == PAIRS && std::env::var_os("FLATSINK_TEST_SEED").is_none();
    let seed = if is_short { SEED } else { Chance::new("random schemas").seed() };
    let db = Db { database: world.database.kind, is_mariadb: world.database.kind == Kind::Mariadb };
    let (start, mut records, mut conflicts, mut wrong) = (Instant::now(), 0, 0, Vec::new());
    for from in (0..pairs).step_by(AT_ONCE as usize) {
        let seeds = seed.wrapping_add(from)..seed.wrapping_add(pairs.min(from + AT_ONCE));
        let round = Round::new(world, db, seeds);
        records += round.pairs.iter().map(|(pair, _)| pair.messages.len()).sum::<usize>();
        conflicts += round.expected.iter().filter(|expected| !expected.conflicts.is_empty()).count();
        for (pair, differences) in round.load_and_compare() {
            if wrong.len() < TOLD_MAX {
                eprintln!("{}", told(&pair, &differences));
            }
            wrong.push(pair.seed);
        }
        if pairs > PAIRS {
            let (done, seconds) = (pairs.min(from + AT_ONCE), start.elapsed().as_secs());
            eprintln!("{:?}: {done} pairs, {records} records, {seconds} s, {} differ", db.database, wrong.len());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "{:?}: {pairs} pairs ({conflicts} of them in conflict), {records} records, {seconds:.0} s, seed {seed}, {} \
         pairs differ",
        db.database,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} pairs differ, each to be had alone by its seed: {wrong:?}", wrong.len());
}

/// A pair that is not as it should be.
fn told(pair: &Pair, differences: &[String]) -> String {
    let mut lines = vec![format!("FLATSINK_TEST_SEED={} FLATSINK_TEST_PAIRS=1 ({:?})", pair.seed, pair.variant)];
    lines.extend(pair.steps.iter().map(|step| format!("  step: {step}")));
    lines.extend(pair.schemas.iter().map(|schema| format!("  schema: {}", schema.text())));
    let many = differences.len();
    lines.extend(differences.iter().take(8).map(|difference| {
        let short: String = difference.chars().take(2_000).collect();
        format!("  DIFFERENCE (of {many}): {short}")
    }));
    lines.join("\n")
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        // Thousands that are left behind are too many for a small broker, also where the test failed.
        let topics: Vec<&str> = self.pairs.iter().map(|(_, topic)| &**topic).collect();
        self.world.broker.delete_topics(&topics);
    }
}

/// Some pairs that are loaded together, each from a topic of its own.
struct Round<'w> {
    world: &'w World,
    db: Db,
    prefix: String,
    folder: tempfile::TempDir,
    /// Each with its topic.
    pairs: Vec<(Pair, String)>,
    expected: Vec<pair::Expected>,
}

impl<'w> Round<'w> {
    fn new(world: &'w World, db: Db, seeds: std::ops::Range<u64>) -> Round<'w> {
        let prefix = unique("gen").replace('_', "");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut pairs = Vec::new();
        for (index, seed) in seeds.enumerate() {
            let id = 1 + 3 * index as i32;
            let pair = Pair::new(seed, id, db);
            write(folder.path(), id, &pair.schemas[0].text());
            write(folder.path(), id + 1, &pair.schemas[1].text());
            write(folder.path(), id + 2, &pair.key_schema().text());
            let topic = format!("{prefix}.{}.{index}", pair.variant.code);
            pairs.push((pair, topic));
        }
        let expected = pairs.iter().map(|(pair, _)| pair.expected(db)).collect();
        Round { world, db, prefix, folder, pairs, expected }
    }

    /// The pairs that are not as they should be.
    fn load_and_compare(self) -> Vec<(Pair, Vec<String>)> {
        let topics: Vec<(&str, i32)> = self.pairs.iter().map(|(pair, topic)| (&**topic, pair.partitions)).collect();
        self.world.broker.create_topics(&topics);
        let config = self.config();
        self.produce(|pair| 0..pair.first);
        let first = self.run(&config);
        self.produce(|pair| pair.first..pair.messages.len());
        let stops = self.run(&config);
        let found = Found::look(self.world, &self.prefix);
        let mut wrong = Vec::new();
        for ((pair, topic), expected) in self.pairs.iter().zip(&self.expected) {
            let mut differences = Vec::new();
            if let Some(stop) = first.get(topic) {
                differences.push(format!("the first run stopped: {stop}"));
            }
            let is_told = match stops.get(topic) {
                None => expected.conflicts.is_empty(),
                Some(stop) => {
                    stop.starts_with("type_conflict") && expected.conflicts.iter().any(|column| stop.contains(column))
                }
            };
            if !is_told {
                let stop = stops.get(topic);
                differences.push(format!("stopped by {stop:?}, expected for {:?}", expected.conflicts));
            }
            differences.extend(found.differences(self.world, topic, pair, expected, self.db));
            if !differences.is_empty() {
                wrong.push((pair.clone(), differences));
            }
        }
        wrong
    }

    fn config(&self) -> String {
        let mut chance = Chance::seeded(self.pairs[0].0.seed);
        let (rows_max, workers) = ([3, 20, 200, 10_000][chance.below(4) as usize], 1 + chance.below(3));
        let mut config = Config::new(&self.world.broker, &self.world.database.url, self.folder.path())
            .with(&format!("batch: {{rows_max: {rows_max}}}"))
            .with(&format!("workers: {workers}"));
        for variant in VARIANTS {
            let format = if variant.is_yelp { "yelp" } else { "confluent" };
            let metadata = match (variant.is_yelp, variant.is_table) {
                (false, _) => "partition, offset, timestamp, schema_id",
                (true, false) => "uuid, partition, offset, timestamp, message_type, schema_id",
                (true, true) => "uuid, partition, offset, timestamp, schema_id",
            };
            let nested = if variant.is_flat { "flatten" } else { "json" };
            let mode = if variant.is_table { "table" } else { "stream" };
            let pattern = format!("{}\\.{}\\..*", self.prefix, variant.code);
            config = config.topic(&format!(
                "pattern: '{pattern}', table: '{{topic}}', format: {format}, mode: {mode}, nested: {nested}, \
                 breaker: none, metadata: [{metadata}]"
            ));
        }
        config.yaml()
    }

    /// Loads to the end, and says which topics stopped, and why.
    fn run(&self, config: &str) -> HashMap<String, String> {
        let ended = Flatsink::run(config, &["--until-latest"]).wait(PATIENCE);
        if self.pairs.len() == 1 {
            eprintln!("{}", ended.stderr);
        }
        let mut stops = HashMap::new();
        for line in ended.stderr.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            let field = |name: &str| line[name].as_str().unwrap_or_default();
            if let Some(why) = field("message").strip_prefix("partition stopped: ") {
                let topic = field("partition").rsplit_once('[').map_or("", |(topic, _)| topic);
                stops.insert(topic.to_owned(), format!("{}: {why}", field("code")));
            }
        }
        let code = i32::from(!stops.is_empty());
        if ended.status.code() != Some(code) {
            let last: Vec<&str> = ended.stderr.lines().rev().take(5).collect();
            eprintln!("flatsink ended with {} where {code} is due: {last:#?}", ended.status);
            stops.insert(self.pairs[0].1.clone(), "the run ended as it must not".to_owned());
        }
        stops
    }

    fn produce(&self, part: impl Fn(&Pair) -> std::ops::Range<usize>) {
        let message = |message: &pair::Message| message.raw.clone().partition(message.partition);
        let all: Vec<(&str, Vec<Raw>)> = self
            .pairs
            .iter()
            .map(|(pair, topic)| (&**topic, pair.messages[part(pair)].iter().map(message).collect()))
            .collect();
        self.world.broker.produce_to(&all);
    }
}

fn write(folder: &Path, id: i32, text: &str) {
    std::fs::write(folder.join(format!("{id}.avsc")), text).expect("a schema can be written");
}
