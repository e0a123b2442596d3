//! What a scenario has at hand: topics, schemas, a table, and the loads that it waits for.

use std::collections::BTreeSet;

use super::stage::{Stage, Stop, Wish};
use crate::support::world::{Counts, World, line};
use crate::support::{Kind, Raw, unique};

/// One scenario on one database: a table of its own and the topics that lead to it.
pub struct Scene<'a> {
    stage: &'a Stage,
    number: usize,
    pub kind: Kind,
    /// The table's name, of letters, digits and `_` only.
    pub table: String,
    feeds: Vec<Feed>,
    lines: Vec<String>,
    /// How records and partitions ended that did not become rows.
    ends: BTreeSet<String>,
    /// Whether there are dead letters that the scenario has not asked for.
    unasked: bool,
}

/// A topic and its entry in the configuration.
struct Feed {
    topic: String,
    /// Until it is made.
    partitions: Option<i32>,
    options: String,
    /// Instead of topic, table and options; empty: none.
    entry: Option<String>,
    messages: Vec<Raw>,
}

impl<'a> Scene<'a> {
    pub fn new(stage: &'a Stage, number: usize) -> Scene<'a> {
        let (kind, table) = (stage.world.database.kind, format!("t{number}"));
        let mut scene = Scene {
            stage,
            number,
            kind,
            table,
            feeds: Vec::new(),
            lines: Vec::new(),
            ends: BTreeSet::new(),
            unasked: false,
        };
        scene.feed("");
        scene
    }

    /// Registers a schema and returns its id.
    pub fn schema(&self, schema: &str) -> i32 {
        self.stage.schema(schema)
    }

    /// Registers the schema of a record of these fields, written as in JSON, and returns its id.
    pub fn fields(&self, fields: &str) -> i32 {
        self.schema(&format!(r#"{{"type":"record","name":"{}","fields":[{fields}]}}"#, self.table))
    }

    /// The same with a key in Yelp's manner, which Kafka keys have too, and returns its id.
    pub fn keyed(&self, key: &str, fields: &str) -> i32 {
        self.schema(&format!(r#"{{"type":"record","name":"{}","pkey":["{key}"],"fields":[{fields}]}}"#, self.table))
    }

    /// What the topic's entry has, beside topic and table.
    pub fn options(&mut self, options: &str) {
        options.clone_into(&mut self.feeds[0].options);
    }

    /// Calls the topic so; before anything else is done.
    pub fn name_topic(&mut self, topic: &str) {
        topic.clone_into(&mut self.feeds[0].topic);
    }

    /// The topic's whole entry, where more than its name leads to the table.
    pub fn entry(&mut self, entry: &str) {
        self.feeds[0].entry = Some(entry.to_owned());
    }

    /// How many partitions the topic will have.
    pub fn partitions(&mut self, partitions: i32) {
        self.feeds[0].partitions = Some(partitions);
    }

    /// A top-level line of the configuration.
    pub fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// Another topic with these options; its number, the first is 0.
    pub fn feed(&mut self, options: &str) -> usize {
        let (topic, options) = (unique(&format!("conformance_{}", self.table)), options.to_owned());
        self.feeds.push(Feed { topic, partitions: Some(1), options, entry: None, messages: Vec::new() });
        self.feeds.len() - 1
    }

    /// Another topic of this name, which the first one's entry takes; its number.
    pub fn companion(&mut self, topic: &str) -> usize {
        let feed = self.feed("");
        topic.clone_into(&mut self.feeds[feed].topic);
        self.feeds[feed].entry = Some(String::new());
        feed
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.feeds[0].topic
    }

    /// The name of another topic.
    pub fn topic_of(&self, feed: usize) -> &str {
        &self.feeds[feed].topic
    }

    /// Messages for the topic, written before the next load.
    pub fn send(&mut self, messages: impl IntoIterator<Item = Raw>) {
        self.send_to(0, messages);
    }

    /// Messages for another topic.
    pub fn send_to(&mut self, feed: usize, messages: impl IntoIterator<Item = Raw>) {
        self.feeds[feed].messages.extend(messages);
    }

    /// Loads all that was sent; no partition may stop.
    pub fn load(&mut self) {
        let stops = self.run();
        assert!(stops.is_empty(), "stopped: {stops:?}");
    }

    /// Loads all that was sent; the table must stop with this code, and with a message that names it.
    pub fn stops(&mut self, code: &str) -> Stop {
        let stops = self.run();
        let stop = stops.first().unwrap_or_else(|| panic!("it did not stop with {code}")).clone();
        assert_eq!(stop.code, code, "{}", stop.message);
        self.ends.insert(format!("stops: `{code}`"));
        stop
    }

    /// Loads all that was sent; all topics but the first one must stop with this code.
    pub fn others_stop(&mut self, code: &str) {
        let stops = self.run();
        let codes: Vec<&str> = stops.iter().map(|stop| stop.code.as_str()).collect();
        assert_eq!(codes, vec![code; self.feeds.len() - 1], "{stops:?}");
        assert!(stops.iter().all(|stop| stop.topic != self.feeds[0].topic));
        self.ends.insert(format!("stops: `{code}`"));
    }

    fn run(&mut self) -> Vec<Stop> {
        let mut wish = Wish { lines: self.lines.clone(), ..Wish::default() };
        for feed in &mut self.feeds {
            let table = if feed.options.contains("table:") { "" } else { &format!("table: {}, ", self.table) };
            let entry = || format!("topic: {}, {table}{}", feed.topic, feed.options);
            wish.entries.extend(Some(feed.entry.clone().unwrap_or_else(entry)).filter(|entry| !entry.is_empty()));
            wish.topics.push((feed.topic.clone(), feed.partitions.take(), std::mem::take(&mut feed.messages)));
        }
        let told = self.stage.load(wish).unwrap_or_else(|why| panic!("{why}"));
        let mine = |stop: &&Stop| self.feeds.iter().any(|feed| feed.topic == stop.topic);
        let stops = told.iter().filter(mine).cloned().collect();
        self.unasked = (0..self.feeds.len()).any(|feed| self.counts_of(feed).dead > 0);
        stops
    }

    /// The world around it.
    pub fn world(&self) -> &World {
        &self.stage.world
    }

    /// The rows of these columns, one line each (`1|a|-`), in the order of the first one; see `lines`.
    pub fn rows(&self, columns: &str) -> Vec<String> {
        self.lines(&format!("SELECT {columns} FROM {{t}} ORDER BY 1"))
    }

    /// The rows of a query, one line each, `-` for NULL; `{t}` is the table. JSON has no blanks, and its keys are
    /// sorted.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        self.query(sql).iter().map(|row| line(&row.iter().map(canonical).collect::<Vec<_>>())).collect()
    }

    /// The rows of a query; `{t}` is the table.
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let _turn = self.stage.asking(self.number);
        self.world().database.query(&sql.replace("{t}", &self.world().quoted(&self.table)))
    }

    /// The table's name for those who make it by hand: PostgreSQL would take flatsink's own schema for the user's.
    pub fn by_hand(&self) -> String {
        if self.kind == Kind::Postgres { format!("public.{}", self.table) } else { self.table.clone() }
    }

    /// A statement of somebody else's; `{t}` is the table.
    pub fn sql(&self, sql: &str) {
        self.query(sql);
    }

    /// A name in the database's quotes.
    pub fn quoted(&self, name: &str) -> String {
        self.world().quoted(name)
    }

    /// The columns of the table's primary key, in their order.
    pub fn key(&self) -> Vec<String> {
        let table = &self.table;
        self.lines(&match self.kind {
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"),
            Kind::Mariadb | Kind::Mysql => format!(
                "SELECT column_name FROM information_schema.key_column_usage WHERE constraint_name = 'PRIMARY' \
                 AND table_name = '{table}' AND table_schema = database() ORDER BY ordinal_position"
            ),
            Kind::Postgres => format!(
                "SELECT column_name FROM information_schema.key_column_usage WHERE table_name = '{table}' \
                 AND table_schema = 'public' ORDER BY ordinal_position"
            ),
        })
    }

    /// Whether the table has this column.
    pub fn has(&self, column: &str) -> bool {
        let _turn = self.stage.asking(self.number);
        let (table, column) = (self.world().quoted(&self.table), self.world().quoted(column));
        self.world().database.try_query(&format!("SELECT {table}.{column} FROM {table} WHERE 1 = 0")).is_ok()
    }

    /// Whether there is such a table.
    pub fn is_table(&self) -> bool {
        let _turn = self.stage.asking(self.number);
        let table = self.world().quoted(&self.table);
        self.world().database.try_query(&format!("SELECT 1 FROM {table} WHERE 1 = 0")).is_ok()
    }

    /// How the topic's records ended, all loads together.
    pub fn counts(&self) -> Counts {
        self.counts_of(0)
    }

    /// How another topic's records ended.
    pub fn counts_of(&self, feed: usize) -> Counts {
        let _turn = self.stage.asking(self.number);
        self.world().counts(&self.feeds[feed].topic)
    }

    /// The reasons of the topic's dead letters, in the order of its records.
    pub fn dead(&mut self) -> Vec<String> {
        let reasons = {
            let _turn = self.stage.asking(self.number);
            self.world().reasons(&self.feeds[0].topic)
        };
        self.ends.extend(reasons.iter().map(|reason| format!("dead letter `{reason}`")));
        self.unasked = false;
        reasons
    }

    /// One of three, by the database.
    pub fn each<T>(&self, postgres: T, mysql: T, sqlite: T) -> T {
        match self.kind {
            Kind::Postgres => postgres,
            Kind::Mariadb | Kind::Mysql => mysql,
            Kind::Sqlite => sqlite,
        }
    }

    /// A uuid as a query shows it.
    pub fn uuid(&self, uuid: &str) -> String {
        if self.kind.is_mysql() { format!("\\x{}", uuid.replace('-', "")) } else { uuid.to_owned() }
    }

    /// How its records ended, in words.
    ///
    /// # Panics
    /// When there are dead letters that it did not ask for.
    pub fn outcome(self) -> String {
        assert!(!self.unasked, "there are dead letters: {:?}", self.world().reasons(&self.feeds[0].topic));
        if self.ends.is_empty() { "loads".to_owned() } else { self.ends.into_iter().collect::<Vec<_>>().join(", ") }
    }
}

/// JSON in one form: databases order and space it as they like.
fn canonical(value: &Option<String>) -> Option<String> {
    let text = value.as_ref()?;
    let nested = text.starts_with(['{', '[']);
    let json = nested.then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten();
    Some(json.map_or_else(|| text.clone(), |json| sorted(json).to_string()))
}

fn sorted(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match json {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(entries) => {
            let entries: std::collections::BTreeMap<_, _> = entries.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(entries.into_iter().collect())
        }
        other => other,
    }
}
