//! Hostile and broken input, all of it in one run of the real program: each of the 82 inputs of the corpus has the
//! outcome that its line names, on every database, and what is beside it is untouched.

mod broken;
mod memory;
mod names;
mod schemas;
mod tables;
mod values;
mod width;

use std::collections::{BTreeMap, BTreeSet};

use crate::support::avro::confluent;
use crate::support::http::Stub;
use crate::support::world::{World, on_each_database};
use crate::support::{Kind, PATIENCE, Raw, unique};

on_each_database!(each_input_has_its_outcome);

/// The inputs of the corpus.
const INPUTS: u32 = 82;

/// What becomes of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A row of these values, `|` between them, `-` for NULL.
    Row(String),
    /// A dead letter of this reason.
    Dead(&'static str),
    /// Nothing to see: it is skipped, a duplicate, or deletes a row or is deleted.
    Gone,
}

/// One topic of an input with its schema and its records.
#[derive(Clone, Debug)]
pub struct Part {
    /// The input's number in the corpus.
    number: u32,
    what: String,
    /// The registry's answer for the schema's id.
    answer: String,
    /// Further keys of the entry.
    entry: String,
    topic: String,
    properties: Vec<(&'static str, &'static str)>,
    table: Option<String>,
    /// What is read of each row.
    select: String,
    order: String,
    records: Vec<(Raw, Fate)>,
    /// Records of a second run.
    later: Vec<(Raw, Fate)>,
    /// The table stops with this code.
    stop: Option<&'static str>,
    /// The schema of `following`.
    next: Option<String>,
    /// Statements before the first run.
    before: Vec<String>,
}

/// Row of this value.
pub fn row(text: impl Into<String>) -> Fate {
    Fate::Row(text.into())
}

/// Dead letter of this reason.
pub fn dead(reason: &'static str) -> Fate {
    Fate::Dead(reason)
}

/// What it is on this database.
pub fn by<T>(kind: Kind, postgres: T, mysql: T, sqlite: T) -> T {
    match kind {
        Kind::Postgres => postgres,
        Kind::Mariadb | Kind::Mysql => mysql,
        Kind::Sqlite => sqlite,
    }
}

/// The JSON of column `a` without the blanks that some databases put in.
pub fn json(kind: Kind) -> &'static str {
    by(kind, "replace(a::text, ' ', '')", "replace(a, ' ', '')", "replace(a, ' ', '')")
}

/// A record's schema of these fields.
pub fn schema(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"r","fields":[{fields}]}}"#)
}

/// The schema's id stands in its place until the part has one.
const ID: i32 = 0x7eee_eeee;
/// That of the schema that follows.
const NEXT: i32 = ID + 1;
/// So far behind a schema's id is that of the one that follows.
const BEHIND: i32 = 100_000;

impl Part {
    /// A schema of one field `a` of this type, Confluent's wire format, a stream by position.
    pub fn of(number: u32, what: &str, ty: &str) -> Part {
        Part::with(number, what, &schema(&format!(r#"{{"name":"a","type":{ty}}}"#)))
    }

    /// A schema.
    pub fn with(number: u32, what: &str, schema: &str) -> Part {
        let answer = serde_json::json!({ "schema": schema }).to_string();
        Part {
            number,
            what: what.to_owned(),
            answer,
            entry: "format: confluent, mode: stream, metadata: [partition, offset]".to_owned(),
            topic: String::new(),
            properties: Vec::new(),
            table: None,
            select: "a".to_owned(),
            order: "_sink_offset".to_owned(),
            records: Vec::new(),
            later: Vec::new(),
            stop: None,
            next: None,
            before: Vec::new(),
        }
    }

    /// The registry's whole answer.
    pub fn answer(self, answer: &str) -> Part {
        Part { answer: answer.to_owned(), ..self }
    }

    /// The entry's keys, beside topic and table.
    pub fn entry(self, entry: &str) -> Part {
        Part { entry: entry.to_owned(), ..self }
    }

    /// A topic of this name; `UNIQUE` in it becomes what no other test has. Without `table` it is the table's name.
    pub fn topic(self, topic: &str, table: Option<&str>) -> Part {
        Part { topic: topic.to_owned(), table: table.map(str::to_owned), ..self }
    }

    pub fn property(mut self, key: &'static str, value: &'static str) -> Part {
        self.properties.push((key, value));
        self
    }

    pub fn select(self, select: &str) -> Part {
        Part { select: select.to_owned(), ..self }
    }

    pub fn order(self, order: &str) -> Part {
        Part { order: order.to_owned(), ..self }
    }

    /// A statement before the run; TABLE is the part's table.
    pub fn before(mut self, sql: &str) -> Part {
        self.before.push(sql.to_owned());
        self
    }

    /// A datum in Confluent's wire format.
    pub fn datum(self, datum: impl AsRef<[u8]>, fate: Fate) -> Part {
        self.raw(Raw::value(confluent(ID, datum.as_ref())), fate)
    }

    /// Another schema of the topic.
    pub fn next(self, schema: &str) -> Part {
        Part { next: Some(schema.to_owned()), ..self }
    }

    /// A datum of the other schema.
    pub fn following(self, datum: impl AsRef<[u8]>, fate: Fate) -> Part {
        self.raw(Raw::value(confluent(NEXT, datum.as_ref())), fate)
    }

    /// A whole message.
    pub fn raw(mut self, raw: Raw, fate: Fate) -> Part {
        self.records.push((raw, fate));
        self
    }

    /// A message that comes when the first run is over.
    pub fn later(mut self, raw: Raw, fate: Fate) -> Part {
        self.later.push((raw, fate));
        self
    }

    /// The table stops. Its record is an empty datum, unless there is one.
    pub fn stop(mut self, code: &'static str) -> Part {
        if self.records.is_empty() {
            self = self.datum([], Fate::Gone);
        }
        Part { stop: Some(code), ..self }
    }
}

/// All inputs as one database takes them.
fn parts(world: &World) -> Vec<Part> {
    let kind = world.database.kind;
    let all = [
        broken::framing(kind),
        broken::binary(kind),
        schemas::parts(kind),
        names::parts(kind),
        width::parts(kind),
        values::parts(kind),
        tables::parts(kind),
    ];
    all.concat()
}

/// A part with all its names.
struct Placed {
    part: Part,
    id: i32,
    topic: String,
    table: String,
}

fn each_input_has_its_outcome(world: &World) {
    let parts = parts(world);
    let missing: Vec<u32> = (1..=INPUTS).filter(|number| parts.iter().all(|part| part.number != *number)).collect();
    assert!(missing.is_empty(), "inputs without a part: {missing:?}");
    outcomes(world, parts);
}

/// Loads all parts in one run, and what comes later in another; each must have its outcome, and nothing else changes.
fn outcomes(world: &World, parts: Vec<Part>) {
    world.database.query("CREATE TABLE canary (words VARCHAR(9))");
    world.database.query("INSERT INTO canary VALUES ('sings')");
    let tag = unique("h");
    let place = |(index, part): (usize, Part)| {
        let topic = match part.topic.as_str() {
            "" => format!("{tag}_{}_{index}", part.number),
            name => name.replace("UNIQUE", &tag),
        };
        let table =
            part.table.clone().unwrap_or(if part.topic.is_empty() { format!("t{index}") } else { topic.clone() });
        Placed { part, id: 1_000 + index as i32, topic, table }
    };
    let placed: Vec<Placed> = parts.into_iter().enumerate().map(place).collect();
    let strangers = tables(world);

    let path = |id: i32| format!("/schemas/ids/{id}");
    let mut answers: BTreeMap<String, String> = placed.iter().map(|it| (path(it.id), it.part.answer.clone())).collect();
    let next = |it: &Placed| {
        let schema = it.part.next.as_ref()?;
        Some((path(it.id + BEHIND), serde_json::json!({ "schema": schema }).to_string()))
    };
    answers.extend(placed.iter().filter_map(next));
    let stub = Stub::start(move |path, _| {
        let unknown = (404, r#"{"error_code":40403,"message":"Schema not found"}"#.to_owned());
        answers.get(path.split('?').next().unwrap_or_default()).map_or(unknown, |answer| (200, answer.clone()))
    });
    let mut config = world.config().schemas(&format!("confluent: {{url: '{}'}}", stub.url));
    config = config.with("unknown_schema_after: 1s").with("defaults: {breaker: none}");
    let plain: Vec<(&str, i32)> =
        placed.iter().filter(|it| it.part.properties.is_empty()).map(|it| (it.topic.as_str(), 1)).collect();
    world.broker.create_topics(&plain);
    for it in placed.iter().filter(|it| !it.part.properties.is_empty()) {
        world.broker.create_topic(&it.topic, 1, &it.part.properties);
    }
    produce(world, &placed, |part| &part.records);
    for it in &placed {
        it.part.before.iter().for_each(|sql| drop(world.database.query(&sql.replace("TABLE_", &it.table))));
        let table = if it.part.table.is_none() && !it.part.topic.is_empty() { "{topic}" } else { &it.table };
        let table = table.replace('\'', "''");
        config = config.topic(&format!("topic: {}, table: '{table}', {}", it.topic, it.part.entry));
    }
    let first = run(&config);
    produce(world, &placed, |part| &part.later);
    let second = run(&config);

    // A broker remembers each topic that it has, and these are many.
    world.broker.delete_topics(&placed.iter().map(|it| it.topic.as_str()).collect::<Vec<_>>());

    let seen = Seen::of(world, format!("{first}{second}"));
    let mut wrong = BTreeMap::new();
    for it in &placed {
        if let Some(complaint) = judge(world, it, &seen) {
            wrong.insert((it.part.number, it.topic.clone()), format!("{}: {complaint}", it.part.what));
        }
    }
    let failed: BTreeSet<u32> = wrong.keys().map(|(number, _)| *number).collect();
    let name = format!("{:?}", world.database.kind).to_lowercase();
    let all: BTreeSet<u32> = placed.iter().map(|it| it.part.number).collect();
    println!("hostile input on {name}: {} of {}", all.len() - failed.len(), all.len());
    let lines: Vec<String> = wrong.iter().map(|((number, _), complaint)| format!("{number}: {complaint}")).collect();
    assert!(wrong.is_empty(), "\n{}", lines.join("\n"));

    assert_eq!(world.lines("SELECT words FROM canary"), ["sings"]);
    let made: BTreeSet<String> =
        world.lines(&format!("SELECT table_name FROM {}", world.ours("flatsink_table"))).into_iter().collect();
    let foreign = |table: &String| !table.starts_with("flatsink_") && !made.contains(table);
    let after: BTreeSet<String> = tables(world).into_iter().filter(foreign).collect();
    let before: BTreeSet<String> = strangers
        .into_iter()
        .chain(placed.iter().filter(|it| !it.part.before.is_empty()).map(|it| it.table.clone()))
        .collect();
    let unknown: Vec<&String> = after
        .iter()
        .filter(|table| !before.contains(*table) && !table.ends_with("_parent") && !table.ends_with("_t"))
        .collect();
    assert!(unknown.is_empty(), "tables that nobody ordered: {unknown:?}");
}

/// Loads to the end of all topics that do not stop; what was logged.
fn run(config: &crate::support::world::Config) -> String {
    let ended = crate::support::Flatsink::run(&config.yaml(), &["--until-latest"]).wait(2 * PATIENCE);
    assert_eq!(ended.status.code(), Some(1), "some tables stop, and nothing else is wrong:\n{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    ended.stderr
}

/// Sends the records of all parts, with the ids of their schemas.
fn produce(world: &World, placed: &[Placed], records: fn(&Part) -> &Vec<(Raw, Fate)>) {
    let id = |bytes: &Option<Vec<u8>>, id: i32| {
        let mut bytes = bytes.clone();
        if let Some(header) = bytes.as_mut().and_then(|bytes| bytes.get_mut(1..5)) {
            let behind = if *header == NEXT.to_be_bytes() { BEHIND } else { 0 };
            if *header == ID.to_be_bytes() || behind > 0 {
                header.copy_from_slice(&(id + behind).to_be_bytes());
            }
        }
        bytes
    };
    let raw = |raw: &Raw, it: &Placed| Raw {
        key: id(&raw.key, it.id),
        value: envelope(id(&raw.value, it.id), it.id),
        ..raw.clone()
    };
    let of = |it: &Placed| (it.topic.clone(), records(&it.part).iter().map(|(record, _)| raw(record, it)).collect());
    world.broker.produce_all(&placed.iter().map(of).collect::<Vec<_>>());
}

/// Yelp's envelope has the id behind the uuid and the type.
fn envelope(value: Option<Vec<u8>>, id: i32) -> Option<Vec<u8>> {
    let mark = crate::support::avro::long(ID.into());
    let value = value?;
    match value.get(18..18 + mark.len()) == Some(&mark) {
        true => Some([&value[..18], &crate::support::avro::long(id.into()), &value[18 + mark.len()..]].concat()),
        false => Some(value),
    }
}

/// What came of all parts together.
struct Seen {
    log: String,
    /// The table that each topic went to, as flatsink wrote it down.
    tables: BTreeMap<String, String>,
    /// The reasons of each topic's dead letters, by offset.
    reasons: BTreeMap<String, Vec<String>>,
}

impl Seen {
    fn of(world: &World, log: String) -> Seen {
        let pairs = |sql: String| {
            let pair = |row: Vec<Option<String>>| match <[_; 2]>::try_from(row).expect("two columns") {
                [topic, other] => (topic.unwrap_or_default(), other.unwrap_or_default()),
            };
            world.database.query(&sql).into_iter().map(pair).collect::<Vec<_>>()
        };
        let tables = pairs(format!("SELECT topic, table_name FROM {}", world.ours("flatsink_table")));
        let letters = world.ours("flatsink_dead_letter");
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (topic, reason) in pairs(format!("SELECT topic, reason FROM {letters} ORDER BY topic, record_offset")) {
            reasons.entry(topic).or_default().push(reason);
        }
        Seen { log, tables: tables.into_iter().collect(), reasons }
    }
}

/// What is wrong with a part's outcome.
fn judge(world: &World, it: &Placed, seen: &Seen) -> Option<String> {
    let letters = seen.reasons.get(&it.topic).cloned().unwrap_or_default();
    let mine = format!("{}[0]", it.topic);
    let stopped = seen.log.lines().find(|line| line.contains("partition stopped") && line.contains(&mine));
    let (part, table) = (&it.part, seen.tables.get(&it.topic));
    match (part.stop, stopped) {
        (Some(code), Some(line)) if line.contains(&format!("\"code\":\"{code}\"")) => {}
        (Some(code), line) => {
            return Some(format!("it does not stop with {code}: {line:?}; {letters:?}"));
        }
        (None, Some(line)) => return Some(line.to_owned()),
        (None, None) => {}
    }
    let records = || part.records.iter().chain(&part.later);
    let mut expected: Vec<String> = records()
        .filter_map(|(_, fate)| match fate {
            Fate::Row(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let reasons: Vec<&str> =
        records().filter_map(|(_, fate)| if let Fate::Dead(reason) = fate { Some(*reason) } else { None }).collect();
    if reasons != letters {
        return Some(format!("dead letters are {letters:?}, not {reasons:?}"));
    }
    // A topic without a table, and one that stops before its table fits, has no rows.
    let Some(table) = table.filter(|_| part.stop.is_none() || !expected.is_empty()) else {
        return (!expected.is_empty()).then(|| "it has no table".to_owned());
    };
    let sql = format!("SELECT {} FROM {} ORDER BY {}", part.select, world.quoted(table), part.order);
    let mut rows = match world.database.try_query(&sql) {
        Ok(rows) => rows.iter().map(|row| crate::support::world::line(row)).collect::<Vec<_>>(),
        Err(error) => return Some(error.to_string()),
    };
    if part.order == "1" {
        rows.sort();
        expected.sort();
    }
    // Long values are told by their ends.
    let short = |rows: &[String]| -> Vec<String> {
        rows.iter()
            .map(|row| {
                if row.len() > 300 {
                    format!("{}.. of {}", row.chars().take(9).collect::<String>(), row.len())
                } else {
                    row.clone()
                }
            })
            .collect()
    };
    (rows != expected).then(|| format!("rows are {:?}, not {:?}", short(&rows), short(&expected)))
}

/// The catalogue's tables.
fn tables(world: &World) -> Vec<String> {
    world.lines(match world.database.kind {
        Kind::Postgres => "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
            WHERE relkind IN ('r', 'v', 'm', 'S', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'flatsink') ORDER BY 1",
        Kind::Mariadb | Kind::Mysql => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
        Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    })
}
