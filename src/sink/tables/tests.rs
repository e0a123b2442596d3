//! Tables on real databases: what is asked for is there, whoever asks, and nothing else was touched.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::config::{Existing, Mode, SchemaChanges, Unique};
use crate::record::{Column, From, Kind, TableName};
use crate::sink::migrate::migrate;

/// A database of one test.
struct World {
    config: Config,
    dialect: Dialect,
    server: Option<Database>,
    _folder: tempfile::TempDir,
}

/// One world for each database that there is; the others are skipped aloud.
async fn worlds() -> Vec<World> {
    let mut worlds = vec![sqlite()];
    for url in crate::sink::tests::world::urls() {
        worlds.push(server(&url).await);
    }
    worlds
}

fn sqlite() -> World {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let config = config(&folder, &format!("sqlite://{}", folder.path().join("test.db").display()));
    World { config, dialect: Dialect::Sqlite, server: None, _folder: folder }
}

async fn server(url: &str) -> World {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let server = config(&folder, url).database;
    let name = format!("tables_{:08x}_{}", rand::random::<u32>(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let mut connection = Connection::open(&server, Purpose::Tables).await.expect("the server answers");
    let dialect = connection.dialect();
    connection.script(&format!("CREATE DATABASE {name}")).await.expect("the user may create databases");
    connection.close().await;
    let (base, _) = url.rsplit_once('/').expect("the server's URL names a database");
    World { config: config(&folder, &format!("{base}/{name}")), dialect, server: Some(server), _folder: folder }
}

fn config(folder: &tempfile::TempDir, url: &str) -> Config {
    let file = folder.path().join("flatsink.yaml");
    let text = format!(
        "sink: test\nkafka: {{brokers: [localhost:9092]}}\nschemas: {{directory: {}}}\ndatabase: {{url: '{url}'}}\n\
         topics: [{{pattern: '.*', format: confluent, mode: table, key: [id]}}]\n",
        folder.path().display()
    );
    std::fs::write(&file, text).expect("the file can be written");
    Config::load(&file).expect("the configuration is sound")
}

impl World {
    async fn migrated(self) -> World {
        migrate(&self.config.database).await.expect("our own tables can be made");
        self
    }

    async fn connect(&self, purpose: Purpose) -> Connection {
        Connection::open(&self.config.database, purpose).await.expect("the database answers")
    }

    async fn fetch(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut connection = self.connect(Purpose::Data).await;
        let rows = connection.fetch(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await;
        rows
    }

    async fn script(&self, sql: &str) {
        let mut connection = self.connect(Purpose::Data).await;
        connection.script(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await;
    }

    async fn prepare(&self, schema_id: i32, table: &Table) -> Result<(), &'static str> {
        self.stand(schema_id, table).await.map(drop)
    }

    /// What `plan` would print.
    async fn planned(&self, table: &Table) -> Vec<Step> {
        let looked = look(&self.config, "topic", table).await.expect("it answers");
        let policy = Policy::of(&self.config.topics[0]);
        let planned = plan::plan(self.dialect, looked.existing.as_ref(), looked.schema_missing, &looked.wanted, policy);
        planned.expect("it is possible").steps
    }

    async fn stand(&self, schema_id: i32, table: &Table) -> Result<Standing, &'static str> {
        let prepared = prepare(&self.config, "topic", schema_id, table).await;
        prepared.unwrap_or_else(|failure| panic!("{}: {failure}", self.dialect)).map_err(|refusal| refusal.code)
    }

    async fn fits(&self, table: &Table) -> bool {
        let mut connection = self.connect(Purpose::Data).await;
        connection.script("BEGIN").await.expect("a transaction begins");
        let fits = fits(&mut connection, &self.config, &[table], &mut ShapeCache::default()).await;
        connection.close().await;
        fits.unwrap_or_else(|error| panic!("{}: {error}", self.dialect))
    }

    /// Ends the world; one whose test failed stays, to be looked at.
    async fn end(self) {
        let Some(server) = &self.server else { return };
        let mut connection = Connection::open(server, Purpose::Tables).await.expect("the server answers");
        let force = if self.dialect == Dialect::Postgres { " WITH (FORCE)" } else { "" };
        connection.script(&format!("DROP DATABASE {}{force}", self.config.database.name)).await.expect("it is dropped");
        connection.close().await;
    }
}

/// The table as it stands for the schema that wants this one.
fn on(standing: &Standing, wanted: &Table) -> Table {
    let mut table = wanted.clone();
    let rooms = standing.rooms.iter().copied().chain(std::iter::repeat(None));
    let stands = table.columns.drain(..).zip(&standing.columns).zip(rooms).filter_map(|((column, stand), room)| {
        let stand = stand.as_ref()?;
        Some(Column { name: stand.name.clone(), kind: stand.kind, room, ..column })
    });
    table.columns = stands.collect();
    table.absent.clone_from(&standing.absent);
    table.foreign.clone_from(&standing.foreign);
    table.by_insert = standing.by_insert;
    table
}

fn field(dialect: Dialect, name: &str, kind: Kind) -> Column {
    let name = dialect.column_name(name).expect("an allowed name");
    Column {
        path: name.clone(),
        name,
        kind,
        not_null: false,
        from: From::Field(0),
        comment: Some("it's \\ a \"comment\"; --".into()),
        millis: false,
        room: None,
    }
}

/// All kinds, under names that must be quoted.
fn hostile(dialect: Dialect) -> Table {
    let kinds = [
        ("select", Kind::Uuid),
        ("a.b; DROP TABLE canary;--", Kind::Text(None)),
        ("ctid", Kind::Bool),
        ("rowid", Kind::Int32),
        ("db_row_id", Kind::Int64),
        ("_sink_x", Kind::Float32),
        ("1st", Kind::Float64),
        ("naïve ſ", Kind::Bytes(None)),
        ("b20", Kind::Bytes(Some(20))),
        ("t20", Kind::Text(Some(20))),
        ("t700", Kind::Text(Some(700))),
        ("t900", Kind::Text(Some(900))),
        ("f12", Kind::Fixed(12)),
        ("f300", Kind::Fixed(300)),
        ("d", Kind::Decimal { precision: 10, scale: 2 }),
        ("d66", Kind::Decimal { precision: 66, scale: 2 }),
        ("d1001", Kind::Decimal { precision: 1001, scale: 1000 }),
        ("big", Kind::BigDecimal),
        ("day", Kind::Date),
        ("time", Kind::Time),
        ("at", Kind::TimestampTz),
        ("local", Kind::Timestamp),
        ("nanos", Kind::NanosUtc),
        ("local nanos", Kind::NanosLocal),
        ("duration", Kind::Duration),
        ("json", Kind::Json),
        (&"é".repeat(80), Kind::Text(None)),
    ];
    let meta = |name: &str, kind: Kind, from: From| Column {
        name: name.into(),
        path: name.into(),
        from,
        ..field(dialect, "x", kind)
    };
    let mut columns = vec![meta("_sink_topic", Kind::Text(None), From::Topic)];
    columns.extend(kinds[..2].iter().map(|(name, kind)| field(dialect, name, *kind)));
    columns.push(meta("_sink_partition", Kind::Int32, From::Partition));
    columns.push(meta("_sink_offset", Kind::Int64, From::Offset));
    columns.push(meta("_sink_message_type", Kind::Text(None), From::MessageType));
    columns.extend(kinds[2..].iter().map(|(name, kind)| field(dialect, name, *kind)));
    Table {
        name: TableName { schema: None, name: dialect.table_name("flatsink_order by; --").expect("an allowed name") },
        columns,
        key: 3,
        mode: Mode::Table,
        unique: Unique::Position,
        comment: Some("it's \\ a \"table\"".into()),
        not_null: dialect == Dialect::Postgres,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

/// A key and fields.
fn small(dialect: Dialect, fields: &[(&str, Kind)]) -> Table {
    let mut columns = vec![field(dialect, "id", Kind::Int64)];
    columns.extend(fields.iter().map(|(name, kind)| field(dialect, name, *kind)));
    let name = TableName { schema: None, name: "small".into() };
    Table {
        name,
        columns,
        key: 1,
        mode: Mode::Table,
        unique: Unique::Position,
        comment: None,
        not_null: dialect == Dialect::Postgres,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

#[tokio::test]
async fn a_table_is_made_then_grows_and_asking_again_changes_nothing() {
    for world in worlds().await {
        let world = world.migrated().await;
        world.script("CREATE TABLE canary (a INTEGER)").await;
        let whole = hostile(world.dialect);
        let mut part = whole.clone();
        part.columns.truncate(10);
        assert_eq!(world.prepare(3, &part).await, Ok(()), "{}", world.dialect);
        assert!(world.fits(&part).await, "{}", world.dialect);
        assert!(!world.fits(&whole).await, "{}", world.dialect);
        assert_eq!(world.prepare(5, &whole).await, Ok(()), "{}", world.dialect);
        assert!(world.fits(&whole).await, "{}", world.dialect);
        assert!(!world.fits(&part).await, "{}: it leaves out columns of ours without knowing", world.dialect);
        assert!(world.planned(&whole).await.is_empty(), "{}", world.dialect);
        let standing = world.stand(4, &part).await.expect("it is possible");
        assert!(world.fits(&on(&standing, &part)).await, "{}", world.dialect);
        assert_eq!(standing.absent.len(), whole.columns.len() - part.columns.len(), "{}", world.dialect);
        let mut connection = world.connect(Purpose::Data).await;
        let newest = newest_schema(&mut connection, &world.config, "topic").await.expect("it answers");
        assert_eq!(newest, Some(5), "{}: an older schema is no newer one", world.dialect);
        assert_eq!(newest_schema(&mut connection, &world.config, "other").await.expect("it answers"), None);
        connection.close().await;
        let columns = super::super::ledger::own_table(world.dialect, &world.config.database, "flatsink_column");
        let noted = world.fetch(&format!("SELECT state, count(*) FROM {columns} GROUP BY state")).await;
        let noted: Vec<_> = noted.iter().map(|row| (row[0].text(), row[1].int())).collect();
        assert_eq!(noted, [(Some("confirmed"), Some(whole.columns.len() as i64))], "{}", world.dialect);
        world.fetch("SELECT a FROM canary").await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_whole_table_is_made_at_once_with_its_schema() {
    for world in worlds().await {
        let mut world = world.migrated().await;
        let mut table = hostile(world.dialect);
        if world.server.is_some() {
            table.name.schema = Some(format!("{} of; mine", world.config.database.name));
        }
        let steps = world.planned(&table).await;
        assert_eq!(steps.len(), if world.server.is_some() { 2 } else { 1 }, "{}", world.dialect);
        assert_eq!(world.prepare(1, &table).await, Ok(()), "{}", world.dialect);
        assert!(world.fits(&table).await, "{}", world.dialect);
        if world.dialect.is_mysql() {
            world.script(&format!("DROP DATABASE {}", world.dialect.quote(&table.name.schema.clone().unwrap()))).await;
        }
        world.config.topics[0].schema_changes = SchemaChanges::Refuse;
        assert_eq!(world.prepare(1, &small(world.dialect, &[])).await, Err("schema_change"), "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn plan_answers_before_anything_was_made() {
    for world in worlds().await {
        let steps = world.planned(&small(world.dialect, &[])).await;
        assert_eq!(steps.len(), 1, "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn sinks_that_race_for_the_same_tables_all_succeed() {
    for world in worlds().await {
        let world = world.migrated().await;
        let schema = world.server.as_ref().map(|_| format!("{}_raced", world.config.database.name));
        for round in 0..3 {
            let names: Vec<String> = (0..12).map(|field| format!("f{round}_{field}")).collect();
            let fields: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), Kind::Text(None))).collect();
            let tasks = (0..4usize).map(|worker| {
                // Each wants a part of the columns, some of them the same.
                let mut table = small(world.dialect, &fields[worker..worker + 8]);
                table.name.schema.clone_from(&schema);
                let mut config = world.config.clone();
                if worker % 2 == 1 {
                    config.sink = "other".into();
                }
                tokio::spawn(async move {
                    loop {
                        match prepare(&config, "topic", 1, &table).await {
                            Ok(outcome) => break outcome,
                            Err(failure) => assert_eq!(failure.class, Class::Retry, "{failure}"),
                        }
                    }
                })
            });
            let tasks: Vec<_> = tasks.collect();
            for task in tasks {
                assert!(task.await.expect("it ends").is_ok(), "{}", world.dialect);
            }
            let mut all = small(world.dialect, &fields[..11]);
            all.name.schema.clone_from(&schema);
            let standing = world.stand(1, &all).await.expect("it is possible");
            assert!(world.fits(&on(&standing, &all)).await, "{}", world.dialect);
        }
        if let (true, Some(schema)) = (world.dialect.is_mysql(), &schema) {
            world.script(&format!("DROP DATABASE {schema}")).await;
        }
        world.end().await;
    }
}

#[tokio::test]
async fn what_others_made_is_refused_with_its_reason_and_left_alone() {
    for world in worlds().await {
        let mut world = world.migrated().await;
        let wanted = small(world.dialect, &[("v", Kind::Text(None))]);
        let text = match world.dialect {
            Dialect::Postgres | Dialect::Sqlite => "TEXT",
            _ => "LONGTEXT CHARACTER SET utf8mb4",
        };
        let short = text.replace("LONGTEXT", "VARCHAR(5)").replace("TEXT", "VARCHAR(5)");
        let view = if world.dialect == Dialect::Postgres { "not_writable" } else { "not_durable" };
        let cases = [
            (format!("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, v {text})"), Ok(())),
            (format!("CREATE TABLE small (id BIGINT NOT NULL, v {text})"), Err("key_conflict")),
            (
                format!("CREATE TABLE small (id BIGINT NOT NULL, v {text}, x INTEGER NOT NULL, PRIMARY KEY (id, x))"),
                Err("key_conflict"),
            ),
            ("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, v SMALLINT)".into(), Err("type_conflict")),
            (format!("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, v {short})"), Ok(())),
            ("CREATE TABLE small (id VARCHAR(9) NOT NULL PRIMARY KEY)".into(), Err("type_conflict")),
            (format!("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, v {text} NOT NULL)"), Err("type_conflict")),
            ("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, x INTEGER NOT NULL)".into(), Err("type_conflict")),
            ("CREATE TABLE small (id BIGINT NOT NULL PRIMARY KEY, x INTEGER NOT NULL DEFAULT 5)".into(), Ok(())),
            ("CREATE VIEW small AS SELECT 1 AS id".into(), Err(view)),
        ];
        for (index, (sql, expected)) in cases.into_iter().enumerate() {
            // What one sink has written down of the table that was dropped is not this one's.
            world.config.sink = format!("sink{index}");
            let sql = if world.dialect == Dialect::Sqlite { sql.replace("BIGINT", "INTEGER") } else { sql };
            world.script(&sql).await;
            let standing = world.stand(1, &wanted).await;
            assert_eq!(standing.as_ref().map(drop).map_err(|code| *code), expected, "{}: {sql}", world.dialect);
            let shape = standing.map_or_else(|_| wanted.clone(), |standing| on(&standing, &wanted));
            assert_eq!(world.fits(&shape).await, expected.is_ok(), "{}: {sql}", world.dialect);
            world.script(if sql.contains("VIEW") { "DROP VIEW small" } else { "DROP TABLE small" }).await;
        }
        world.config.sink = "another".into();
        world
            .script(
                &format!("CREATE TABLE small (id {} NOT NULL PRIMARY KEY)", "INTEGER")
                    .replace("INTEGER", if world.dialect == Dialect::Sqlite { "INTEGER" } else { "BIGINT" }),
            )
            .await;
        world.script("INSERT INTO small VALUES (1)").await;
        assert_eq!(world.prepare(1, &wanted).await, Err("table_exists"), "{}", world.dialect);
        world.config.topics[0].existing = Existing::Adopt;
        assert_eq!(world.prepare(1, &wanted).await, Ok(()), "{}", world.dialect);
        world.config.topics[0].existing = Existing::Refuse;
        assert_eq!(world.prepare(2, &wanted).await, Ok(()), "{}: it is ours now", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn tables_that_a_crash_would_empty_are_refused() {
    for world in worlds().await {
        let world = world.migrated().await;
        let sql = match world.dialect {
            Dialect::Postgres => "CREATE UNLOGGED TABLE small (id BIGINT PRIMARY KEY)",
            Dialect::Mysql | Dialect::Mariadb => "CREATE TABLE small (id BIGINT PRIMARY KEY) ENGINE=MyISAM",
            Dialect::Sqlite => "CREATE VIRTUAL TABLE small USING fts5(id)",
        };
        world.script(sql).await;
        assert_eq!(world.prepare(1, &small(world.dialect, &[])).await, Err("not_durable"), "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn the_same_sql_type_with_another_meaning_is_a_conflict_until_the_table_is_dropped() {
    for world in worlds().await {
        let world = world.migrated().await;
        let number = small(world.dialect, &[("v", Kind::Int64)]);
        let nanos = small(world.dialect, &[("v", Kind::NanosUtc)]);
        assert_eq!(world.prepare(1, &number).await, Ok(()), "{}", world.dialect);
        assert_eq!(world.prepare(2, &nanos).await, Err("type_conflict"), "{}", world.dialect);
        world.script("DROP TABLE small").await;
        assert_eq!(world.prepare(2, &nanos).await, Ok(()), "{}", world.dialect);
        assert_eq!(world.prepare(2, &nanos).await, Ok(()), "{}", world.dialect);
        assert_eq!(world.prepare(1, &number).await, Err("type_conflict"), "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn a_field_that_goes_or_becomes_nullable_loses_its_not_null_on_postgresql() {
    for world in worlds().await {
        let world = world.migrated().await;
        let mut first = small(world.dialect, &[("a", Kind::Int64), ("b", Kind::Int64)]);
        first.columns[1].not_null = true;
        first.columns[2].not_null = true;
        assert_eq!(world.prepare(1, &first).await, Ok(()), "{}", world.dialect);
        let second = small(world.dialect, &[("a", Kind::Int64)]);
        let second = Table { absent: vec!["b".into()], ..second };
        assert_eq!(world.fits(&second).await, world.dialect != Dialect::Postgres, "{}", world.dialect);
        assert_eq!(world.prepare(2, &second).await, Ok(()), "{}", world.dialect);
        assert!(world.fits(&second).await && world.fits(&first).await, "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn a_table_that_somebody_holds_is_tried_again_later() {
    for world in worlds().await {
        let world = world.migrated().await;
        let first = small(world.dialect, &[]);
        assert_eq!(world.prepare(1, &first).await, Ok(()), "{}", world.dialect);
        let mut holder = world.connect(Purpose::Data).await;
        holder
            .script(if world.dialect == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" })
            .await
            .expect("it begins");
        holder.script("INSERT INTO small (id) VALUES (1)").await.expect("a row goes in");
        let second = small(world.dialect, &[("v", Kind::Text(None))]);
        let failure = prepare(&world.config, "topic", 2, &second).await.expect_err("it is locked");
        assert_eq!(failure.class, Class::Retry, "{failure}");
        let place = super::located(world.dialect, &world.config.database, &second).name;
        assert_eq!(failure.scope, crate::error::Scope::Table(place), "{failure}");
        holder.close().await;
        assert_eq!(world.prepare(2, &second).await, Ok(()), "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn sqlite_looks_again_only_when_the_schema_has_changed() {
    let world = sqlite().migrated().await;
    let table = small(Dialect::Sqlite, &[("v", Kind::Text(None))]);
    assert_eq!(world.prepare(1, &table).await, Ok(()));
    let mut connection = world.connect(Purpose::Data).await;
    let mut cache = ShapeCache::default();
    assert!(fits(&mut connection, &world.config, &[&table], &mut cache).await.expect("it answers"));
    assert_eq!(cache.tables.len(), 1);
    assert!(fits(&mut connection, &world.config, &[&table], &mut cache).await.expect("it answers"));
    world.script("ALTER TABLE small RENAME COLUMN v TO w").await;
    assert!(!fits(&mut connection, &world.config, &[&table], &mut cache).await.expect("it answers"));
    connection.close().await;
}

#[tokio::test]
async fn mysql_refuses_upserts_beside_another_unique_key() {
    for world in worlds().await {
        if !world.dialect.is_mysql() {
            world.end().await;
            continue;
        }
        let world = world.migrated().await;
        world.script("CREATE TABLE small (id BIGINT PRIMARY KEY, x BIGINT UNIQUE)").await;
        let mut table = small(world.dialect, &[]);
        assert_eq!(world.prepare(1, &table).await, Err("key_conflict"));
        table.mode = Mode::Stream;
        assert_eq!(world.prepare(1, &table).await, Ok(()));
        world.end().await;
    }
}

/// The budgets of `dialect::mysql` beside InnoDB's own.
#[tokio::test]
async fn the_widest_tables_that_we_allow_can_be_made_and_filled() {
    for world in worlds().await {
        if !world.dialect.is_mysql() {
            world.end().await;
            continue;
        }
        let world = world.migrated().await;
        let cases = [
            (Kind::Int64, 994),
            (Kind::Text(None), 195),
            (Kind::Text(Some(255)), 195),
            (Kind::Text(Some(70)), 195),
            (Kind::Fixed(255), 31),
            (Kind::Bool, 1_016),
        ];
        for (index, (kind, count)) in cases.into_iter().enumerate() {
            let names: Vec<String> = (0..count).map(|index| format!("c{index}")).collect();
            let fields: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), kind)).collect();
            let mut table = small(world.dialect, &fields);
            table.name.name = format!("wide{index}");
            assert_eq!(world.prepare(1, &table).await, Ok(()), "{kind:?}");
            let long = match kind {
                Kind::Text(_) => "repeat('é', 60)",
                Kind::Fixed(_) => "repeat('x', 255)",
                _ => "1",
            };
            let values = vec![long; count].join(", ");
            world.script(&format!("INSERT INTO wide{index} VALUES (1, {values})")).await;
        }
        world.end().await;
    }
}

#[tokio::test]
async fn a_look_at_a_table_opens_no_other_tables() {
    for world in worlds().await.into_iter().filter(|world| world.dialect == Dialect::Mariadb) {
        world.script("CREATE TABLE t (a INT)").await;
        let mut connection = world.connect(Purpose::Tables).await;
        let (schema, table) = (Value::Text(world.config.database.name.clone()), Value::from("t"));
        let place = [schema, table.clone(), table];
        let explain = format!("EXPLAIN {}", catalogue::MYSQL);
        let plan = connection.fetch(&explain, &[place.as_slice(), &place].concat()).await.expect("it can be explained");
        connection.close().await;
        let extra: Vec<&str> = plan.iter().filter_map(|row| row.last()?.text()).collect();
        assert!(extra.iter().any(|text| text.contains("Scanned 0 databases")), "{extra:?}");
        assert!(!extra.iter().any(|text| text.contains("Scanned all databases")), "{extra:?}");
        world.end().await;
    }
}

/// MySQL 9.7 would read values in old rows, or fail an assertion, after adding a column in an instant.
#[tokio::test]
async fn a_column_that_innodb_takes_for_its_own_makes_no_old_row_differ() {
    for world in worlds().await {
        let world = world.migrated().await;
        let columns: String = (0..13).map(|n| format!(", \"c{n}\" INTEGER")).collect();
        let strict = if world.dialect == Dialect::Sqlite { " STRICT" } else { "" };
        let mut sql = format!(
            "CREATE TABLE \"small\" (\"id\" BIGINT PRIMARY KEY, \"DB_ROW_ID_OF_OLD\" INTEGER{columns}){strict}; \
             INSERT INTO small (id) VALUES (1)"
        );
        if world.dialect.is_mysql() {
            sql = sql.replace('"', "`");
        } else if world.dialect == Dialect::Sqlite {
            sql = sql.replace("BIGINT", "INTEGER NOT NULL");
        }
        world.script(&sql).await;
        let mut config = world.config.clone();
        config.topics[0].existing = Existing::Adopt;
        let wanted = small(world.dialect, &[("DB_ROW_ID", Kind::Int64), ("v", Kind::Int64), ("w", Kind::Json)]);
        let prepared = prepare(&config, "topic", 1, &wanted).await.expect("the database answers");
        prepared.unwrap_or_else(|refusal| panic!("{}: {refusal}", world.dialect));
        let own = world.dialect.quote(&wanted.columns[1].name);
        let rows = world.fetch(&format!("SELECT v, w, {own} FROM small")).await;
        assert_eq!(rows, [[Value::Null, Value::Null, Value::Null]], "{}", world.dialect);
        world.end().await;
    }
}
