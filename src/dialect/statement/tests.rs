//! Every statement of every dialect side by side, with hostile names.

use super::ledger::Ledger;
use super::*;
use crate::config::{Mode, Unique};
use crate::record::TableName;

const ALL: [Dialect; 4] = [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];

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

fn table(key: usize, mode: Mode, unique: Unique) -> Table {
    let columns = vec![
        column("_sink_topic", Kind::Text(Some(249)), From::Topic),
        column("_sink_partition", Kind::Int32, From::Partition),
        column("_sink_offset", Kind::Int64, From::Offset),
        column("se\"le`ct ?", Kind::Json, From::Field(0)),
        column("b", Kind::Decimal { precision: 5, scale: 2 }, From::Field(1)),
        column("c", Kind::TimestampTz, From::Field(2)),
    ];
    let name = TableName { schema: Some("s\"`1".into()), name: "t'; DROP".into() };
    Table {
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
    }
}

#[test]
fn statements_on_tables() {
    let (stream, mut single) = (table(3, Mode::Stream, Unique::Position), table(1, Mode::Table, Unique::Uuid));
    single.absent = vec!["go`n\"e".into(), "lost".into()];
    single.foreign = vec!["theirs".into()];
    let mut text = String::new();
    for statement in [
        Statement::Insert,
        Statement::InsertMissing,
        Statement::Upsert,
        Statement::Delete,
        Statement::Lock,
        Statement::Coordinates,
        Statement::Equal,
    ] {
        for (name, table) in [("three key columns", &stream), ("one", &single)] {
            for dialect in ALL {
                text.push_str(&format!("-- {statement:?}, {name}, {dialect}\n{}\n", statement.text(dialect, table, 2)));
            }
        }
    }
    text.push_str(&format!("-- copy\n{}\n", copy(&stream)));
    check("tables", &text);
}

#[test]
fn decimal_keys_are_compared_one_by_one_on_mysql() {
    let mut table = table(1, Mode::Table, Unique::Uuid);
    table.columns[0] = column("k", Kind::Decimal { precision: 20, scale: 0 }, From::Field(3));
    for statement in [Statement::Delete, Statement::Lock, Statement::Coordinates, Statement::Equal] {
        let text = statement.text(Dialect::Mariadb, &table, 2);
        assert_eq!(text.matches("`k` = ?").count(), 2, "{text}");
    }
}

#[test]
fn statements_on_the_ledger() {
    let mut text = String::new();
    type Item = (&'static str, fn(&Ledger) -> String);
    let items: [Item; 18] = [
        ("swap", Ledger::swap),
        ("correct", Ledger::correct),
        ("read", |ledger| ledger.read(Some(2))),
        ("read all", |ledger| ledger.read(None)),
        ("lock", |ledger| ledger.lock(2, false)),
        ("lock, skip", |ledger| ledger.lock(2, true)),
        ("claim", Ledger::claim),
        ("renew", Ledger::renew),
        ("topics", |ledger| ledger.topics(false)),
        ("topic", |ledger| ledger.topics(true)),
        ("add topic", Ledger::add_topic),
        ("set topic", Ledger::set_topic),
        ("add partitions", |ledger| ledger.add_partitions(2)),
        ("reset", Ledger::reset),
        ("forget partitions", Ledger::forget_partitions),
        ("table of", Ledger::table_of),
        ("gap", Ledger::gap),
        ("dead letters", |ledger| ledger.dead_letters(1)),
    ];
    for (name, statement) in items {
        for dialect in ALL {
            let ledger = Ledger::new(dialect, Some("o\"`wn"));
            text.push_str(&format!("-- {name}, {dialect}\n{}\n", statement(&ledger)));
        }
    }
    check("ledger", &text);
}

#[test]
fn postgresql_and_sqlite_parse_what_is_said() {
    let tables = [table(3, Mode::Stream, Unique::Position), table(1, Mode::Table, Unique::Uuid)];
    for statement in [Statement::Insert, Statement::InsertMissing, Statement::Upsert, Statement::Delete] {
        for table in &tables {
            let parse = |dialect: &dyn sqlparser::dialect::Dialect, ours| {
                let sql = statement.text(ours, table, 3);
                if let Err(error) = sqlparser::parser::Parser::parse_sql(dialect, &sql) {
                    panic!("{ours}: {sql}: {error}");
                }
            };
            parse(&sqlparser::dialect::PostgreSqlDialect {}, Dialect::Postgres);
            parse(&sqlparser::dialect::SQLiteDialect {}, Dialect::Sqlite);
        }
    }
}

#[test]
fn no_statement_binds_more_than_the_database_takes() {
    let mut wide = table(1, Mode::Table, Unique::Uuid);
    for columns in [1usize, 7, 100, 1000, 30_000] {
        wide.columns = vec![column("a", Kind::Int64, From::Field(0)); columns];
        for dialect in ALL {
            let rows = Statement::Insert.rows_max(dialect, &wide);
            let binds = if dialect == Dialect::Postgres { columns } else { rows * columns };
            assert!(
                rows > 0 && binds <= if dialect == Dialect::Sqlite { 32_766 } else { 65_535 },
                "{dialect} {columns}"
            );
        }
    }
}

/// Compares with `golden/NAME.sql`, which `UPDATE_GOLDEN=1` writes anew.
fn check(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/dialect/statement/golden")
        .join(format!("{name}.sql"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("below src")).expect("the folder can be made");
        std::fs::write(&path, text).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "UPDATE_GOLDEN=1 writes {} anew", path.display());
}
