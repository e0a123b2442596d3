//! A database of one test, tables in it, and batches made by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::batch::{Batch, Effect, Share};
use crate::config::{Config, Database, Mode, Unique};
use crate::dialect::Dialect;
use crate::record::rows::{cell, null};
use crate::record::{Column, From, Kind, Message, Partition, Reason, Table, TableName};
use crate::sink::connection::{Connection, Purpose, Value};
use crate::sink::migrate::migrate;
use crate::sink::{Claim, Position, Sink};

pub struct World {
    pub config: Arc<Config>,
    pub dialect: Dialect,
    server: Option<Database>,
    folder: tempfile::TempDir,
}

/// One world for each database that there is; the others are skipped aloud.
pub async fn worlds(entry: &str) -> Vec<World> {
    let mut worlds = vec![sqlite(entry).await];
    worlds.extend(servers(entry).await);
    worlds
}

/// The worlds with a server.
pub async fn servers(entry: &str) -> Vec<World> {
    let mut worlds = Vec::new();
    for url in urls() {
        worlds.push(server(&url, entry).await);
    }
    worlds
}

/// The URLs of the tests' servers. `none`: one cannot be had, and `tests/services` has said so.
pub fn urls() -> Vec<String> {
    let mut urls = Vec::new();
    for variable in ["FLATSINK_TEST_POSTGRES", "FLATSINK_TEST_MARIADB", "FLATSINK_TEST_MYSQL"] {
        let url = std::env::var(variable).unwrap_or_default();
        assert!(!url.is_empty() || std::env::var_os("CI").is_none(), "CI is set, and {variable} is not");
        if url.is_empty() || url == "none" {
            eprintln!("SKIPPED: {variable} names no server");
        } else {
            urls.push(url);
        }
    }
    urls
}

async fn sqlite(entry: &str) -> World {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let config = config(&folder, &format!("sqlite://{}", folder.path().join("test.db").display()), entry);
    migrate(&config.database).await.expect("our own tables can be made");
    World { config: Arc::new(config), dialect: Dialect::Sqlite, server: None, folder }
}

async fn server(url: &str, entry: &str) -> World {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let server = config(&folder, url, entry).database;
    let name = format!("sink_{:08x}_{}", rand::random::<u32>(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let mut connection = Connection::open(&server, Purpose::Tables).await.expect("the server answers");
    let dialect = connection.dialect();
    connection.script(&format!("CREATE DATABASE {name}")).await.expect("the user may create databases");
    connection.close().await;
    let (base, _) = url.rsplit_once('/').expect("the server's URL names a database");
    let config = config(&folder, &format!("{base}/{name}"), entry);
    migrate(&config.database).await.expect("our own tables can be made");
    World { config: Arc::new(config), dialect, server: Some(server), folder }
}

fn config(folder: &tempfile::TempDir, url: &str, entry: &str) -> Config {
    let file = folder.path().join("flatsink.yaml");
    let text = format!(
        "sink: test\nkafka: {{brokers: [localhost:9092]}}\nschemas: {{directory: {}}}\ndatabase: {{url: '{url}'}}\n\
         topics: [{{pattern: '.*', {entry}}}]\n",
        folder.path().display()
    );
    std::fs::write(&file, text).expect("the file can be written");
    Config::load(&file).expect("the configuration is sound")
}

impl World {
    pub async fn connect(&self) -> Connection {
        Connection::open(&self.config.database, Purpose::Data).await.expect("the database answers")
    }

    pub async fn fetch(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut connection = self.connect().await;
        let rows = connection.fetch(sql, &[]).await.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.dialect));
        connection.close().await;
        rows
    }

    pub async fn script(&self, sql: &str) {
        let mut connection = self.connect().await;
        connection.script(sql).await.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.dialect));
        connection.close().await;
    }

    /// A query's answer, one line a row.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let line = |row: &Vec<Value>| {
            let cells = row.iter().map(|value| match value {
                Value::Null => "null".to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                Value::Bytes(bytes) => hex::encode(bytes),
            });
            cells.collect::<Vec<_>>().join(" ")
        };
        self.fetch(sql).await.iter().map(line).collect()
    }

    pub async fn sink(&self) -> Sink {
        Sink::connect(Arc::clone(&self.config), 0).await.expect("the database answers")
    }

    /// One of our own tables.
    pub fn own(&self, name: &str) -> String {
        crate::sink::ledger::own_table(self.dialect, &self.config.database, name)
    }

    /// The ledger's counts of all partitions: next, applied, duplicate, dead, deleted, skipped, gap; they add up.
    pub async fn counts(&self) -> Vec<String> {
        let ledger = self.own("flatsink_offset");
        let law = format!(
            "SELECT CAST(next_offset - start_offset - (n_applied + n_duplicate + n_dead + n_deleted + n_skipped + \
             n_gap) AS {}) FROM {ledger}",
            if self.dialect == Dialect::Sqlite {
                "INTEGER"
            } else if self.dialect == Dialect::Postgres {
                "bigint"
            } else {
                "SIGNED"
            }
        );
        for unaccounted in self.lines(&law).await {
            assert_eq!(unaccounted, "0", "{}: records are unaccounted for", self.dialect);
        }
        self.lines(&format!(
            "SELECT next_offset, n_applied, n_duplicate, n_dead, n_deleted, n_skipped, n_gap FROM {ledger} \
             ORDER BY topic, part"
        ))
        .await
    }

    pub async fn rows(&self, table: &Table) -> Vec<String> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .filter(|column| column.from != From::LoadedAt)
            .map(|column| {
                let name = self.dialect.quote(&column.name);
                match (self.dialect, column.kind) {
                    (Dialect::Postgres, Kind::Decimal { .. }) => format!("{name}::text"),
                    _ => name,
                }
            })
            .collect();
        let name = self.dialect.quote(&table.name.name);
        self.lines(&format!("SELECT {} FROM {name} ORDER BY 1", columns.join(", "))).await
    }

    /// Makes the table.
    pub async fn make(&self, table: &Table) {
        let statements = self.dialect.create_table(table).expect("a sound table");
        for statement in statements {
            self.script(&statement).await;
        }
    }

    /// A sink that has seen topic `t` with so many partitions and holds all of them.
    pub async fn holding(&self, partitions: usize) -> (Sink, Vec<Position>) {
        let mut sink = self.sink().await;
        sink.first_sight("t", &vec![0; partitions]).await.expect("the topic is written down");
        let positions = claim(&mut sink, partitions).await;
        (sink, positions)
    }

    /// Ends the world; one whose test failed stays, to be looked at.
    pub async fn end(self) {
        let Some(server) = &self.server else { return };
        let mut connection = Connection::open(server, Purpose::Tables).await.expect("the server answers");
        let force = if self.dialect == Dialect::Postgres { " WITH (FORCE)" } else { "" };
        connection.script(&format!("DROP DATABASE {}{force}", self.config.database.name)).await.expect("it is dropped");
        connection.close().await;
        drop(self.folder);
    }
}

pub fn partition(number: i32) -> Partition {
    Partition { topic: "t".into(), number }
}

/// Claims partitions of topic `t`, all of which are free.
pub async fn claim(sink: &mut Sink, partitions: usize) -> Vec<Position> {
    let names: Vec<Partition> = (0..).take(partitions).map(partition).collect();
    let claims = sink.claim(&names, &Default::default()).await.expect("claims are possible");
    let held = |claim| match claim {
        Claim::Held(position) => position,
        other => panic!("not free: {other:?}"),
    };
    claims.into_values().map(held).collect()
}

fn column(name: &str, kind: Kind, from: From) -> Column {
    Column {
        name: name.into(),
        path: name.into(),
        kind,
        not_null: false,
        from,
        comment: None,
        millis: false,
        room: None,
    }
}

/// A table whose rows are `(id, partition, offset, .., a, b [, c])`.
fn table(mode: Mode, unique: Unique, key: usize, wide: bool) -> Arc<Table> {
    let mut columns = match (mode, unique) {
        (Mode::Table, _) => vec![column("id", Kind::Int64, From::Field(9))],
        (Mode::Stream, Unique::Uuid) => vec![column("_sink_uuid", Kind::Uuid, From::Uuid)],
        (Mode::Stream, Unique::Position | Unique::None) => vec![],
    };
    columns.extend([
        column("_sink_partition", Kind::Int32, From::Partition),
        column("_sink_offset", Kind::Int64, From::Offset),
        column("_sink_loaded_at", Kind::TimestampTz, From::LoadedAt),
        column("a", Kind::Int64, From::Field(0)),
        column("b \"`?", Kind::Text(None), From::Field(1)),
        column("price", Kind::Decimal { precision: 10, scale: 2 }, From::Field(2)),
    ]);
    if wide {
        columns.push(column("c", Kind::Float64, From::Field(3)));
    }
    let name = TableName { schema: None, name: "sto\"ck".into() };
    Arc::new(Table {
        name,
        columns,
        key,
        mode,
        unique,
        comment: None,
        not_null: true,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    })
}

pub fn stream() -> Arc<Table> {
    table(Mode::Stream, Unique::Uuid, 1, false)
}

pub fn wide_stream() -> Arc<Table> {
    table(Mode::Stream, Unique::Uuid, 1, true)
}

pub fn latest() -> Arc<Table> {
    table(Mode::Table, Unique::Uuid, 1, false)
}

/// As the older of two schemas has it: the wide one's last column is not its own.
pub fn older_latest() -> Arc<Table> {
    let mut table = Arc::unwrap_or_clone(latest());
    table.absent = vec!["c".into()];
    Arc::new(table)
}

pub fn wide_latest() -> Arc<Table> {
    table(Mode::Table, Unique::Uuid, 1, true)
}

pub fn positions() -> Arc<Table> {
    table(Mode::Stream, Unique::Position, 2, false)
}

pub fn unkeyed() -> Arc<Table> {
    table(Mode::Stream, Unique::None, 0, false)
}

/// A share that goes on from the position.
pub struct Made {
    pub dialect: Dialect,
    pub partition: Partition,
    pub share: Share,
}

impl Made {
    pub fn new(dialect: Dialect, number: i32, position: &Position) -> Made {
        let share = Share::new(position.epoch, position.next_offset);
        Made { dialect, partition: partition(number), share }
    }

    fn push(&mut self, effect: Effect) -> &mut Made {
        let message = Message {
            topic: "t",
            partition: self.partition.number,
            offset: self.share.next,
            timestamp: Some(1_700_000_000_123),
            key: None,
            value: Some(b"raw"),
            headers: &[("h".to_owned(), None)],
        };
        self.share.push(&message, Some(7), effect);
        self.share.next += 1;
        self.share.last_timestamp = Some(1_700_000_000_123_000);
        self
    }

    /// Adds a row whose key is `id`, with `a`, and `b` as text.
    pub fn row(&mut self, table: &Arc<Table>, id: u8, a: i64, b: &str) -> &mut Made {
        self.moved(table, id, a, b, None)
    }

    pub fn moved(&mut self, table: &Arc<Table>, id: u8, a: i64, b: &str, from: Option<u8>) -> &mut Made {
        let segment = self.share.segment(table);
        let (number, offset, dialect) = (self.partition.number, self.share.next, self.dialect);
        let pushed = self.share.segments[segment].rows.push::<()>(|out| {
            for column in &table.columns {
                match column.from {
                    From::Uuid => uuid(dialect, out, id),
                    From::Field(9) => int64(dialect, out, i64::from(id)),
                    From::Partition => int32(dialect, out, number),
                    From::Offset => int64(dialect, out, offset),
                    From::Field(0) => int64(dialect, out, a),
                    From::Field(1) => bytes(out, b.as_bytes()),
                    From::Field(2) => price(dialect, out),
                    From::Field(3) => float(dialect, out, 0.5),
                    _ => null(out),
                }
            }
            Ok(())
        });
        let row = pushed.expect("nothing fails");
        let moved_from = from.map(|id| key(dialect, id));
        self.push(Effect::Row { segment, row, moved_from })
    }

    pub fn delete(&mut self, table: &Arc<Table>, id: u8) -> &mut Made {
        let segment = self.share.segment(table);
        let key = key(self.dialect, id);
        self.push(Effect::Delete { segment, key })
    }

    pub fn dead(&mut self, reason: Reason) -> &mut Made {
        self.push(Effect::Dead(reason))
    }

    pub fn skip(&mut self) -> &mut Made {
        self.share.next += 1;
        self.share.skipped += 1;
        self
    }
}

/// A batch of these shares.
pub fn batch(made: impl IntoIterator<Item = Made>) -> Batch {
    let mut batch = Batch::default();
    for mut made in made {
        made.share.seal();
        batch.shares.insert(made.partition, made.share);
    }
    batch
}

fn key(dialect: Dialect, id: u8) -> Box<[u8]> {
    let mut out = Vec::new();
    int64(dialect, &mut out, i64::from(id));
    out.into()
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    cell::<()>(out, |out| {
        out.extend_from_slice(bytes);
        Ok(())
    })
    .expect("nothing fails");
}

fn int64(dialect: Dialect, out: &mut Vec<u8>, number: i64) {
    bytes(out, &if dialect == Dialect::Postgres { number.to_be_bytes() } else { number.to_le_bytes() });
}

fn int32(dialect: Dialect, out: &mut Vec<u8>, number: i32) {
    match dialect {
        Dialect::Postgres => bytes(out, &number.to_be_bytes()),
        Dialect::Mysql | Dialect::Mariadb => bytes(out, &number.to_le_bytes()),
        Dialect::Sqlite => bytes(out, &i64::from(number).to_le_bytes()),
    }
}

fn float(dialect: Dialect, out: &mut Vec<u8>, number: f64) {
    bytes(out, &if dialect == Dialect::Postgres { number.to_be_bytes() } else { number.to_le_bytes() });
}

fn uuid(dialect: Dialect, out: &mut Vec<u8>, id: u8) {
    let uuid = uuid::Uuid::from_bytes([id; 16]);
    match dialect {
        Dialect::Sqlite => bytes(out, uuid.to_string().as_bytes()),
        _ => bytes(out, uuid.as_bytes()),
    }
}

/// 101.41
fn price(dialect: Dialect, out: &mut Vec<u8>) {
    match dialect {
        Dialect::Postgres => bytes(out, &[0, 2, 0, 0, 0, 0, 0, 2, 0, 0x65, 0x10, 0x04]),
        _ => bytes(out, b"101.41"),
    }
}
