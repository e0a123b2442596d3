//! The statements on flatsink's own tables. Each names its parameters in the order in which they are bound.

use super::super::Dialect;
use super::list;

/// The columns of a position, as `Ledger::read` gives them.
const POSITION: &str = "topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner";

/// The columns of a dead letter, as `Ledger::dead_letter` binds them.
const DEAD_LETTER: [(&str, Type); 18] = [
    ("sink", Type::Text),
    ("topic", Type::Text),
    ("incarnation", Type::Text),
    ("part", Type::Int),
    ("record_offset", Type::Int),
    ("record_key", Type::Bytes),
    ("record_value", Type::Bytes),
    ("headers", Type::Bytes),
    ("record_length", Type::Int),
    ("record_sha256", Type::Bytes),
    ("truncated", Type::Bool),
    ("record_timestamp", Type::Time),
    ("schema_id", Type::Int),
    ("reason", Type::Text),
    ("sqlstate", Type::Text),
    ("message", Type::Text),
    ("table_name", Type::Text),
    ("version", Type::Text),
];

/// How many columns of a dead letter are its key.
const DEAD_LETTER_KEY: usize = 5;

#[derive(Clone, Copy)]
enum Type {
    Text,
    Int,
    Bool,
    Bytes,
    Time,
}

/// Where our own tables are, and how this database speaks.
#[derive(Clone, Debug)]
pub struct Ledger {
    dialect: Dialect,
    schema: Option<String>,
}

impl Ledger {
    /// `schema`: where our own tables live; PostgreSQL's default is `flatsink`, MySQL's the connection's database.
    pub fn new(dialect: Dialect, schema: Option<&str>) -> Ledger {
        let schema = match dialect {
            Dialect::Postgres => Some(schema.unwrap_or("flatsink")),
            Dialect::Mysql | Dialect::Mariadb => schema,
            Dialect::Sqlite => None,
        };
        Ledger { dialect, schema: schema.map(str::to_owned) }
    }

    /// The schema of our own tables; `None` is the connection's own.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// One of our own tables, qualified and quoted.
    pub fn table(&self, name: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", self.dialect.quote(schema), self.dialect.quote(name)),
            None => self.dialect.quote(name),
        }
    }

    /// The swap: (next, tail offset, tail fingerprint, last timestamp, six counts, sink, topic, part, epoch, from).
    pub fn swap(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET next_offset = ", self.table("flatsink_offset"))).bind(Type::Int);
        sql.put(", tail_offset = COALESCE(").bind(Type::Int).put(", tail_offset), tail_fp = COALESCE(");
        sql.bind(Type::Int).put(", tail_fp), last_timestamp = COALESCE(").bind(Type::Time).put(", last_timestamp)");
        sql.counts().put(&format!(", updated_at = {}", self.now())).key();
        sql.put(" AND epoch = ").bind(Type::Int).put(" AND next_offset = ").bind(Type::Int);
        sql.text
    }

    /// Corrects the counts inside the swap's transaction: (six counts, sink, topic, part).
    pub fn correct(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET part = part", self.table("flatsink_offset"))).counts().key();
        sql.text
    }

    /// Positions, by a plain read: (sink, then topic and part of each); all of the sink where `rows` is `None`.
    pub fn read(&self, rows: Option<usize>) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("SELECT {POSITION} FROM {} WHERE sink = ", self.table("flatsink_offset"))).bind(Type::Text);
        if let Some(rows) = rows {
            sql.any_key(rows);
        }
        sql.put(" ORDER BY topic, part");
        sql.text
    }

    /// Positions, their rows locked, in lock order; rows that others hold are left out where `skip` says so.
    pub fn lock(&self, rows: usize, skip: bool) -> String {
        let mut sql = self.read(Some(rows));
        if self.dialect != Dialect::Sqlite {
            sql.push_str(if skip { " FOR UPDATE SKIP LOCKED" } else { " FOR UPDATE" });
        }
        sql
    }

    /// A claim: (epoch, owner, sink, topic, part).
    pub fn claim(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET epoch = ", self.table("flatsink_offset"))).bind(Type::Int);
        sql.put(", owner = ").bind(Type::Text).key();
        sql.text
    }

    /// Names a new connection the owner of a claim that still holds: (owner, sink, topic, part, epoch).
    pub fn renew(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET owner = ", self.table("flatsink_offset"))).bind(Type::Text).key();
        sql.put(" AND epoch = ").bind(Type::Int);
        sql.text
    }

    /// All topics: (sink); one: (sink, topic), its row locked.
    pub fn topics(&self, one: bool) -> String {
        let mut sql = Sql::new(self.dialect);
        let table = self.table("flatsink_topic");
        sql.put(&format!("SELECT topic, incarnation, partitions FROM {table} WHERE sink = ")).bind(Type::Text);
        if one {
            sql.put(" AND topic = ").bind(Type::Text);
            if self.dialect != Dialect::Sqlite {
                sql.put(" FOR UPDATE");
            }
        }
        sql.text
    }

    /// A topic: (sink, topic, incarnation, partitions).
    pub fn add_topic(&self) -> String {
        let columns =
            [("sink", Type::Text), ("topic", Type::Text), ("incarnation", Type::Text), ("partitions", Type::Int)];
        self.insert("flatsink_topic", &columns, 1)
    }

    /// Changes a topic: (incarnation, partitions, sink, topic).
    pub fn set_topic(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET incarnation = ", self.table("flatsink_topic"))).bind(Type::Text);
        sql.put(", partitions = ").bind(Type::Int).put(" WHERE sink = ").bind(Type::Text);
        sql.put(" AND topic = ").bind(Type::Text);
        sql.text
    }

    /// Partitions: (sink, topic, part, incarnation, start, next) of each.
    pub fn add_partitions(&self, rows: usize) -> String {
        let columns = [
            ("sink", Type::Text),
            ("topic", Type::Text),
            ("part", Type::Int),
            ("incarnation", Type::Text),
            ("start_offset", Type::Int),
            ("next_offset", Type::Int),
        ];
        self.insert("flatsink_offset", &columns, rows)
    }

    /// Sets a partition anew: (incarnation, start, next, sink, topic, part).
    pub fn reset(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("UPDATE {} SET epoch = epoch + 1, incarnation = ", self.table("flatsink_offset")));
        sql.bind(Type::Text).put(", start_offset = ").bind(Type::Int).put(", next_offset = ").bind(Type::Int);
        for count in COUNTS {
            sql.put(&format!(", {count} = 0"));
        }
        sql.put(", tail_offset = NULL, tail_fp = NULL, last_timestamp = NULL, crash_offset = NULL, crash_count = 0");
        sql.put(&format!(", updated_at = {}", self.now())).key();
        sql.text
    }

    /// Forgets partitions from a number on: (sink, topic, part).
    pub fn forget_partitions(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        sql.put(&format!("DELETE FROM {} WHERE sink = ", self.table("flatsink_offset"))).bind(Type::Text);
        sql.put(" AND topic = ").bind(Type::Text).put(" AND part >= ").bind(Type::Int);
        sql.text
    }

    /// Where a topic's rows are: (sink, topic).
    pub fn table_of(&self) -> String {
        let mut sql = Sql::new(self.dialect);
        let table = self.table("flatsink_table");
        sql.put(&format!("SELECT table_schema, table_name FROM {table} WHERE sink = ")).bind(Type::Text);
        sql.put(" AND topic = ").bind(Type::Text);
        sql.text
    }

    /// Dead letters, each in place of one of the same record.
    pub fn dead_letters(&self, rows: usize) -> String {
        let sql = self.insert("flatsink_dead_letter", &DEAD_LETTER, rows);
        self.replacing(sql, &DEAD_LETTER, DEAD_LETTER_KEY)
    }

    /// A range that retention removed: (sink, topic, incarnation, part, from, to).
    pub fn gap(&self) -> String {
        let columns = [
            ("sink", Type::Text),
            ("topic", Type::Text),
            ("incarnation", Type::Text),
            ("part", Type::Int),
            ("from_offset", Type::Int),
            ("to_offset", Type::Int),
        ];
        let sql = self.insert("flatsink_gap", &columns, 1);
        self.replacing(sql, &columns, 5)
    }

    fn insert(&self, table: &str, columns: &[(&str, Type)], rows: usize) -> String {
        let mut sql = Sql::new(self.dialect);
        let names = list(columns.iter().map(|(name, _)| self.dialect.quote(name)));
        sql.put(&format!("INSERT INTO {} ({names}) VALUES ", self.table(table)));
        for row in 0..rows {
            sql.put(if row == 0 { "(" } else { ", (" });
            for (index, (_, kind)) in columns.iter().enumerate() {
                sql.put(if index == 0 { "" } else { ", " }).bind(*kind);
            }
            sql.put(")");
        }
        sql.text
    }

    fn replacing(&self, sql: String, columns: &[(&str, Type)], key: usize) -> String {
        let quoted =
            |columns: &[(&str, Type)]| columns.iter().map(|(name, _)| self.dialect.quote(name)).collect::<Vec<_>>();
        let rest = quoted(&columns[key..]).into_iter();
        match self.dialect {
            Dialect::Mysql | Dialect::Mariadb => {
                format!("{sql} ON DUPLICATE KEY UPDATE {}", list(rest.map(|name| format!("{name} = VALUES({name})"))))
            }
            Dialect::Postgres | Dialect::Sqlite => format!(
                "{sql} ON CONFLICT ({}) DO UPDATE SET {}",
                quoted(&columns[..key]).join(", "),
                list(rest.map(|name| format!("{name} = excluded.{name}")))
            ),
        }
    }

    fn now(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "now()",
            Dialect::Mysql | Dialect::Mariadb => "CURRENT_TIMESTAMP(6)",
            Dialect::Sqlite => "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
        }
    }
}

const COUNTS: [&str; 6] = ["n_applied", "n_duplicate", "n_dead", "n_deleted", "n_skipped", "n_gap"];

/// A text that grows, and the number of its parameters.
struct Sql {
    dialect: Dialect,
    text: String,
    bound: usize,
}

impl Sql {
    fn new(dialect: Dialect) -> Sql {
        Sql { dialect, text: String::new(), bound: 0 }
    }

    fn put(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    fn bind(&mut self, kind: Type) -> &mut Sql {
        self.bound += 1;
        let number = self.bound;
        self.text.push_str(&match (self.dialect, kind) {
            (Dialect::Postgres, Type::Text) => format!("CAST(${number} AS text)"),
            (Dialect::Postgres, Type::Int) => format!("CAST(${number} AS bigint)"),
            (Dialect::Postgres, Type::Bool) => format!("(CAST(${number} AS bigint) <> 0)"),
            (Dialect::Postgres, Type::Bytes) => format!("CAST(${number} AS bytea)"),
            (Dialect::Postgres, Type::Time) => format!("CAST(CAST(${number} AS text) AS timestamptz)"),
            _ => "?".to_owned(),
        });
        self
    }

    fn counts(&mut self) -> &mut Sql {
        for count in COUNTS {
            self.put(&format!(", {count} = {count} + ")).bind(Type::Int);
        }
        self
    }

    fn key(&mut self) -> &mut Sql {
        self.put(" WHERE sink = ").bind(Type::Text).put(" AND topic = ").bind(Type::Text);
        self.put(" AND part = ").bind(Type::Int)
    }

    fn any_key(&mut self, rows: usize) -> &mut Sql {
        self.put(" AND (");
        for row in 0..rows {
            self.put(if row == 0 { "(topic = " } else { " OR (topic = " }).bind(Type::Text);
            self.put(" AND part = ").bind(Type::Int).put(")");
        }
        self.put(")")
    }
}
