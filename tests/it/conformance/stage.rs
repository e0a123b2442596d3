//! Where scenarios are played: each on a thread of its own, and when all of them wait for a load, one process loads
//! for all.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::scene::Scene;
use super::{Play, Scenario};
use crate::support::{Broker, Database, Flatsink, Kind, Raw, World};

/// Enough for a load of three hundred new tables on a busy machine.
const LOAD_MAX: Duration = Duration::from_secs(400);

/// The database that scenarios share, and their turns.
pub struct Stage {
    pub world: World,
    schema_ids: AtomicI32,
    turns: Mutex<Turns>,
    turned: Condvar,
    queries: [Mutex<()>; 4],
    /// The topics, to be deleted in the end.
    made: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Turns {
    /// Scenarios that are busy.
    playing: usize,
    /// Those that wait for a load.
    wishes: Vec<Wish>,
    loads: usize,
    /// Of the last load, by the lines of its configuration.
    told: BTreeMap<Vec<String>, Told>,
}

/// What one scenario wants loaded.
#[derive(Default)]
pub struct Wish {
    /// With partitions, where they are yet to be made.
    pub topics: Vec<(String, Option<i32>, Vec<Raw>)>,
    pub entries: Vec<String>,
    /// Top-level lines of the configuration.
    pub lines: Vec<String>,
}

/// What a load said: the partitions that stopped, or why it failed as a whole.
type Told = Result<Arc<[Stop]>, String>;

/// A partition that stopped.
#[derive(Clone, Debug)]
pub struct Stop {
    pub topic: String,
    pub code: String,
    pub message: String,
}

/// The database's name and what became of each scenario: how its records ended, or `None` where the law did not hold.
pub type Results = (&'static str, Vec<(String, Option<String>)>);

/// Plays scenarios on a database. `None`: there are no servers, and that was said.
pub fn play(kind: Kind, scenarios: Vec<&Scenario>) -> Option<Results> {
    let world = fresh(kind)?;
    let name = name(&world);
    let stage = Stage {
        world,
        schema_ids: AtomicI32::new(1),
        turns: Mutex::default(),
        turned: Condvar::new(),
        queries: Default::default(),
        made: Mutex::default(),
    };
    let together = scenarios.iter().enumerate().filter_map(|(number, scenario)| match &scenario.play {
        Play::Together(play) => Some((number, &scenario.name, play)),
        Play::Alone(_) => None,
    });
    let together: Vec<_> = together.collect();
    stage.turns().playing = together.len();
    let stage = &stage;
    let mut outcomes: BTreeMap<usize, Option<String>> = std::thread::scope(|scope| {
        let acts: Vec<_> = together
            .into_iter()
            .map(|(number, name, play)| {
                let act = move || {
                    let _turn = Turn(stage);
                    let mut scene = Scene::new(stage, number);
                    play(&mut scene);
                    scene.outcome()
                };
                // The default hook says the thread's name with the panic.
                (number, std::thread::Builder::new().name(name.clone()).spawn_scoped(scope, act))
            })
            .collect();
        stage.direct();
        acts.into_iter().map(|(number, act)| (number, act.expect("threads can be had").join().ok())).collect()
    });
    let made = stage.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if !made.is_empty() {
        stage.world.broker.delete_topics(&made.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for (number, scenario) in scenarios.iter().enumerate() {
        if let Play::Alone(play) = scenario.play {
            let world = fresh(kind)?;
            let act = || catch_unwind(AssertUnwindSafe(|| play(&world))).ok().map(|()| "holds".to_owned());
            let thread = std::thread::Builder::new().name(scenario.name.clone());
            let outcome = std::thread::scope(|scope| thread.spawn_scoped(scope, act).map(|act| act.join().ok()));
            outcomes.insert(number, outcome.expect("threads can be had").flatten());
        }
    }
    let results = outcomes.into_iter().map(|(number, outcome)| (scenarios[number].name.clone(), outcome));
    Some((name, results.collect()))
}

fn fresh(kind: Kind) -> Option<World> {
    Some(World::new(Broker::shared()?, Database::fresh(kind)?))
}

/// The database's name, as the page has it.
fn name(world: &World) -> &'static str {
    match world.database.kind {
        Kind::Postgres => "PostgreSQL",
        Kind::Mariadb => "MariaDB",
        Kind::Mysql => "MySQL",
        Kind::Sqlite => "SQLite",
    }
}

/// A scenario is busy until this is dropped, however it ends.
struct Turn<'a>(&'a Stage);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.turns().playing -= 1;
        self.0.turned.notify_all();
    }
}

impl Stage {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().expect("nothing panics while it holds the turns")
    }

    /// A schema id that no other scenario has.
    pub fn schema(&self, schema: &str) -> i32 {
        let id = self.schema_ids.fetch_add(1, Ordering::Relaxed);
        self.world.schema(id, schema);
        id
    }

    /// Not all scenarios ask the database at the same time: it has only so many connections.
    pub fn asking(&self, number: usize) -> MutexGuard<'_, ()> {
        // A query that panicked leaves nothing half done.
        self.queries[number % self.queries.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until that was loaded, together with what others wish.
    pub fn load(&self, wish: Wish) -> Told {
        let lines = wish.lines.clone();
        let mut turns = self.turns();
        let before = turns.loads;
        turns.wishes.push(wish);
        turns.playing -= 1;
        self.turned.notify_all();
        let turns = self.turned.wait_while(turns, |turns| turns.loads == before);
        turns.expect("nothing panics while it holds the turns").told[&lines].clone()
    }

    /// Loads whenever nobody is busy and somebody waits; ends when all scenarios have ended.
    fn direct(&self) {
        loop {
            let turns = self.turned.wait_while(self.turns(), |turns| turns.playing > 0);
            let wishes = std::mem::take(&mut turns.expect("nothing panics while it holds the turns").wishes);
            if wishes.is_empty() {
                return;
            }
            let playing = wishes.len();
            let told = self.fulfil(wishes);
            let mut turns = self.turns();
            (turns.told, turns.playing, turns.loads) = (told, playing, turns.loads + 1);
            self.turned.notify_all();
        }
    }

    /// Makes the topics, writes the messages, and loads: one process for all wishes of the same configuration, all
    /// processes at the same time.
    fn fulfil(&self, wishes: Vec<Wish>) -> BTreeMap<Vec<String>, Told> {
        let mut topics = Vec::new();
        let mut entries: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for wish in wishes {
            topics.extend(wish.topics);
            entries.entry(wish.lines).or_default().extend(wish.entries);
        }
        let make = || {
            let new = topics.iter().filter_map(|(topic, partitions, _)| Some((topic.as_str(), (*partitions)?)));
            let new: Vec<(&str, i32)> = new.collect();
            if !new.is_empty() {
                self.world.broker.create_topics(&new);
            }
            let messages = topics.iter().map(|(topic, _, messages)| (topic.as_str(), messages.clone()));
            self.world.broker.produce_to(&messages.collect::<Vec<_>>());
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.extend(new.into_iter().map(|(topic, _)| topic.to_owned()));
        };
        let made = catch_unwind(AssertUnwindSafe(make)).is_ok();
        let load = |lines: &[String], entries: &[String]| {
            if !made {
                return Err("the messages could not be written".to_owned());
            }
            let told = catch_unwind(AssertUnwindSafe(|| self.run(lines, entries)));
            told.unwrap_or_else(|_| Err("the load did not end".to_owned()))
        };
        std::thread::scope(|scope| {
            let loads: Vec<_> = entries
                .into_iter()
                .map(|(lines, entries)| scope.spawn(move || (load(&lines, &entries), lines)))
                .collect();
            let told = loads.into_iter().map(|load| load.join().expect("what panics in there is caught"));
            told.map(|(told, lines)| (lines, told)).collect()
        })
    }

    fn run(&self, lines: &[String], entries: &[String]) -> Told {
        let config = self.world.config().with("unknown_schema_after: 1s");
        let config = entries.iter().fold(config, |config, entry| config.topic(entry));
        let config = lines.iter().fold(config, |config, line| config.with(line));
        let began = Instant::now();
        let ended = Flatsink::run(&config.yaml(), &["--until-latest"]).wait(LOAD_MAX);
        eprintln!("{} topics loaded in {:?}", entries.len(), began.elapsed());
        match ended.status.code() {
            Some(0 | 1) => Ok(ended.stderr.lines().filter_map(stop).collect()),
            _ => {
                eprintln!("{}\n{}", ended.status, ended.stderr);
                Err("the load failed".to_owned())
            }
        }
    }
}

/// What a line of the log says of a partition that stopped.
fn stop(line: &str) -> Option<Stop> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let message = line["message"].as_str()?.strip_prefix("partition stopped: ")?;
    let (topic, _) = line["partition"].as_str()?.rsplit_once('[')?;
    Some(Stop { topic: topic.to_owned(), code: line["code"].as_str()?.to_owned(), message: message.to_owned() })
}
