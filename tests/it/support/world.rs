//! One test's world: the shared broker, a database and a folder of schemas of its own, and a configuration for them.

use std::path::Path;
use std::time::Duration;

use super::process::Ended;
use super::{Broker, Database, Flatsink, Kind, eventually, unique};

/// Enough for any load of a test on a busy machine, and the end of one that hangs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Tests the laws on every database: `mod law { fn postgres, fn mariadb, fn mysql, fn sqlite }` for each `fn law(&World)`.
macro_rules! on_each_database {
    ($($law:ident),* $(,)?) => {
        $(mod $law {
            #[test]
            fn postgres() {
                $crate::support::world::on($crate::support::Kind::Postgres, super::$law);
            }
            #[test]
            fn mariadb() {
                $crate::support::world::on($crate::support::Kind::Mariadb, super::$law);
            }
            #[test]
            fn mysql() {
                $crate::support::world::on($crate::support::Kind::Mysql, super::$law);
            }
            #[test]
            fn sqlite() {
                $crate::support::world::on($crate::support::Kind::Sqlite, super::$law);
            }
        })*
    };
}
pub(crate) use on_each_database;

/// Tests one law on one database; without the servers it is skipped aloud.
pub fn on(kind: Kind, law: fn(&World)) {
    if let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(kind)) {
        law(&World::new(broker, database));
    }
}

/// A broker, a database, schemas.
#[derive(Debug)]
pub struct World {
    pub broker: Broker,
    pub database: Database,
    folder: tempfile::TempDir,
}

/// One partition's row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub part: i64,
    pub start: i64,
    pub next: i64,
    pub counts: Counts,
}

/// How records ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub applied: i64,
    pub duplicate: i64,
    pub dead: i64,
    pub deleted: i64,
    pub skipped: i64,
    pub gap: i64,
}

/// A dead letter; key and value as `\x` and hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    pub part: i64,
    pub offset: i64,
    pub reason: String,
    pub key: Option<String>,
    pub value: Option<String>,
}

impl World {
    pub fn new(broker: Broker, database: Database) -> World {
        World { broker, database, folder: tempfile::tempdir().expect("a folder can be made") }
    }

    /// The folder of schemas.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a schema into the folder.
    pub fn schema(&self, id: i32, schema: &str) {
        let path = self.folder.path().join(format!("{id}.avsc"));
        std::fs::write(path, schema).expect("a schema can be written");
    }

    /// A configuration of a group of its own, without topics.
    pub fn config(&self) -> Config {
        Config::new(&self.broker, &self.database.url, self.folder.path())
    }

    /// A name in the database's quotes.
    pub fn quoted(&self, name: &str) -> String {
        let quote = if self.database.kind.is_mysql() { '`' } else { '"' };
        format!("{quote}{name}{quote}")
    }

    /// One of flatsink's own tables, where it lies.
    pub fn ours(&self, table: &str) -> String {
        if self.database.kind == Kind::Postgres { format!("flatsink.{table}") } else { table.to_owned() }
    }

    /// The rows of a query, one line each, `-` for NULL.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        self.database.query(sql).iter().map(|row| line(row)).collect()
    }

    /// The ledger of a topic in the order of its partitions; none before flatsink made it. Nothing is
    /// unaccounted for in any committed state.
    pub fn ledger(&self, topic: &str) -> Vec<Ledger> {
        let sql = format!(
            "SELECT part, start_offset, next_offset, n_applied, n_duplicate, n_dead, n_deleted, n_skipped, n_gap \
             FROM {} WHERE topic = '{topic}' ORDER BY part",
            self.ours("flatsink_offset")
        );
        let rows = self.database.try_query(&sql).unwrap_or_default();
        rows.iter().map(|row| ledger(topic, row)).collect()
    }

    /// The ledger's sum over all partitions of a topic.
    pub fn counts(&self, topic: &str) -> Counts {
        let sum = |sum: Counts, row: Ledger| Counts {
            applied: sum.applied + row.counts.applied,
            duplicate: sum.duplicate + row.counts.duplicate,
            dead: sum.dead + row.counts.dead,
            deleted: sum.deleted + row.counts.deleted,
            skipped: sum.skipped + row.counts.skipped,
            gap: sum.gap + row.counts.gap,
        };
        self.ledger(topic).into_iter().fold(Counts::default(), sum)
    }

    /// The next offsets of a topic's partitions.
    pub fn next(&self, topic: &str) -> Vec<i64> {
        self.ledger(topic).iter().map(|row| row.next).collect()
    }

    /// Waits until the ledger has reached the topic's ends as they are now.
    pub fn caught_up(&self, topic: &str) {
        let ends = self.broker.end_offsets(topic);
        let what = format!("the ledger of {topic} reaches {ends:?}");
        eventually(&what, PATIENCE, || {
            let next = self.next(topic);
            next.len() == ends.len() && next.iter().zip(&ends).all(|(next, end)| next >= end)
        });
    }

    /// The dead letters of a topic by partition and offset.
    pub fn dead(&self, topic: &str) -> Vec<Dead> {
        let sql = format!(
            "SELECT part, record_offset, reason, record_key, record_value FROM {} WHERE topic = '{topic}' \
             ORDER BY part, record_offset",
            self.ours("flatsink_dead_letter")
        );
        let dead = |row: Vec<Option<String>>| match <[_; 5]>::try_from(row).expect("five columns") {
            [part, offset, reason, key, value] => {
                Dead { part: number(&part), offset: number(&offset), reason: reason.unwrap_or_default(), key, value }
            }
        };
        self.database.query(&sql).into_iter().map(dead).collect()
    }

    /// The reasons of a topic's dead letters by partition and offset.
    pub fn reasons(&self, topic: &str) -> Vec<String> {
        self.dead(topic).into_iter().map(|dead| dead.reason).collect()
    }
}

fn ledger(topic: &str, row: &[Option<String>]) -> Ledger {
    let numbers: Vec<i64> = row.iter().map(number).collect();
    let [part, start, next, applied, duplicate, dead, deleted, skipped, gap] =
        numbers[..].try_into().expect("nine columns");
    let counts = Counts { applied, duplicate, dead, deleted, skipped, gap };
    let counted = applied + duplicate + dead + deleted + skipped + gap;
    assert_eq!(next - start, counted, "{topic}/{part}: [{start}, {next}) is unaccounted for by {counts:?}");
    Ledger { part, start, next, counts }
}

/// A value as a whole number.
pub fn number(value: &Option<String>) -> i64 {
    value.as_ref().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("a whole number, not {value:?}"))
}

/// A row as one line, `-` for NULL.
pub fn line(row: &[Option<String>]) -> String {
    row.iter().map(|value| value.as_deref().unwrap_or("-")).collect::<Vec<_>>().join("|")
}

/// A configuration file.
#[derive(Clone, Debug)]
pub struct Config {
    pub group: String,
    brokers: String,
    database: String,
    schemas: String,
    properties: Vec<String>,
    topics: Vec<String>,
    lines: Vec<String>,
}

impl Config {
    pub fn new(broker: &Broker, database: &str, schemas: &Path) -> Config {
        Config {
            group: unique("it"),
            brokers: broker.address.clone(),
            database: format!("url: '{database}'"),
            schemas: format!("directory: '{}'", schemas.display()),
            properties: Vec::new(),
            topics: Vec::new(),
            lines: vec!["sink: it".to_owned(), "http: none".to_owned()],
        }
    }

    /// With a topic entry, written as in the file: `topic: a, mode: stream`.
    pub fn topic(mut self, entry: &str) -> Config {
        self.topics.push(entry.to_owned());
        self
    }

    /// With a top-level line.
    pub fn with(mut self, line: &str) -> Config {
        let key = line.split(':').next().unwrap_or_default();
        self.lines.retain(|line| line.split(':').next() != Some(key));
        self.lines.push(line.to_owned());
        self
    }

    /// With a property for librdkafka.
    pub fn property(mut self, name: &str, value: &str) -> Config {
        self.properties.push(format!("{name}: {value}"));
        self
    }

    /// With `schemas` as written here.
    pub fn schemas(self, schemas: &str) -> Config {
        Config { schemas: schemas.to_owned(), ..self }
    }

    /// With `database` as written here.
    pub fn database(self, database: &str) -> Config {
        Config { database: database.to_owned(), ..self }
    }

    /// With other brokers.
    pub fn brokers(self, brokers: &str) -> Config {
        Config { brokers: brokers.to_owned(), ..self }
    }

    /// A killed or frozen consumer of this group is missed within about a second.
    pub fn impatient(self) -> Config {
        self.property("session.timeout.ms", "1500").property("heartbeat.interval.ms", "300")
    }

    /// The file.
    pub fn yaml(&self) -> String {
        let topics: Vec<String> = self.topics.iter().map(|entry| format!("  - {{{entry}}}\n")).collect();
        format!(
            "kafka:\n  brokers: ['{}']\n  group: {}\n  properties: {{{}}}\nschemas: {{{}}}\ndatabase: {{{}}}\n\
             topics:\n{}{}\n",
            self.brokers,
            self.group,
            self.properties.join(", "),
            self.schemas,
            self.database,
            topics.concat(),
            self.lines.join("\n"),
        )
    }

    /// `flatsink run`, until it is told to stop.
    pub fn run(&self) -> Flatsink {
        Flatsink::run(&self.yaml(), &[])
    }

    /// `flatsink run --until-latest`, which must succeed.
    pub fn load(&self) -> Ended {
        Flatsink::load(&self.yaml(), PATIENCE)
    }

    /// `flatsink run --until-latest`, which must end with 1; the last line on stderr is the reason.
    pub fn fail(&self) -> String {
        let ended = Flatsink::run(&self.yaml(), &["--until-latest"]).wait(PATIENCE);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        ended.stderr.trim_end().lines().last().unwrap_or_default().to_owned()
    }
}

impl Flatsink {
    /// Ends it with SIGTERM, which must succeed.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        let ended = self.wait(Duration::from_secs(30));
        assert!(ended.status.success(), "{}\n{}", ended.status, ended.stderr);
        ended
    }
}
