//! The SQL of every dialect side by side, with names and comments that mean harm.

use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

use super::Dialect;
use super::plan::{ExistingColumn, ExistingTable, Noted, Planned, Policy, fits, plan};
use crate::config::{Existing, Mode, OnConflict, SchemaChanges, Unique};
use crate::record::{Column, From, Kind, Table, TableName};

const ALL: [Dialect; 4] = [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];

fn column(name: &str, kind: Kind, from: From) -> Column {
    Column {
        name: name.to_owned(),
        path: name.to_owned(),
        kind,
        not_null: false,
        from,
        comment: None,
        millis: false,
        room: None,
    }
}

fn field(name: &str, kind: Kind) -> Column {
    column(name, kind, From::Field(0))
}

fn table(key: usize, columns: Vec<Column>) -> Table {
    let name = TableName { schema: None, name: "t".to_owned() };
    Table {
        name,
        columns,
        key,
        mode: Mode::Table,
        unique: Unique::Position,
        comment: None,
        not_null: true,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

/// All kinds, with names that must be quoted and comments that must be escaped.
fn hostile(dialect: Dialect) -> Table {
    let name = |wanted: &str| dialect.column_name(wanted).expect("the name is allowed");
    let mut columns = vec![
        column("_sink_topic", Kind::Text(None), From::Topic),
        field(&name("select"), Kind::Uuid),
        field(&name("a.b; DROP TABLE x;--"), Kind::Text(None)),
        field(&name("ctid"), Kind::Bytes(Some(20))),
        column("_sink_partition", Kind::Int32, From::Partition),
        column("_sink_offset", Kind::Int64, From::Offset),
        column("_sink_timestamp", Kind::TimestampTz, From::Timestamp),
        column("_sink_message_type", Kind::Text(None), From::MessageType),
    ];
    let kinds = [
        ("rowid", Kind::Bool),
        ("db_row_id", Kind::Int32),
        ("_sink_x", Kind::Int64),
        ("1st", Kind::Float32),
        ("naïve ſ", Kind::Float64),
        ("b", Kind::Bytes(None)),
        ("b20", Kind::Bytes(Some(20))),
        ("t", Kind::Text(None)),
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
        ("span", Kind::TimeSpan),
        ("uuid text", Kind::UuidText),
    ];
    columns.extend(kinds.iter().map(|(wanted, kind)| field(&name(wanted), *kind)));
    columns[9].not_null = true;
    columns[9].comment = Some("it's\n\"5\\' OR 1=1;--\u{202e}\u{1b}[31m 😀".to_owned());
    Table {
        name: TableName {
            schema: (dialect != Dialect::Sqlite).then(|| "my.schema".to_owned()),
            name: dialect.table_name("flatsink_order by").expect("the name is allowed"),
        },
        columns,
        key: 4,
        mode: Mode::Table,
        unique: Unique::Position,
        comment: Some("owner's; */ -- \\".to_owned()),
        not_null: dialect == Dialect::Postgres,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

#[test]
fn names_become_what_the_database_can_hold() {
    let long = "a".repeat(64);
    let longer = "é".repeat(65);
    let columns = [
        ("ctid", ["ctid_", "ctid", "ctid"]),
        ("CTID", ["CTID", "CTID", "CTID"]),
        ("tableoid", ["tableoid_", "tableoid", "tableoid"]),
        ("DB_ROW_ID", ["DB_ROW_ID", "f_DB_ROW_ID", "DB_ROW_ID"]),
        ("db_trx_id_", ["db_trx_id_", "f_db_trx_id_", "db_trx_id_"]),
        ("FTS_DOC_ID", ["FTS_DOC_ID", "FTS_DOC_ID_", "FTS_DOC_ID"]),
        ("RowId", ["RowId", "RowId", "RowId_"]),
        ("_rowid_", ["_rowid_", "_rowid_", "_rowid__"]),
        ("_sink_offset", ["f_sink_offset", "f_sink_offset", "f_sink_offset"]),
        ("_SINK_x", ["f_SINK_x", "f_SINK_x", "f_SINK_x"]),
        ("_sink", ["_sink", "_sink", "_sink"]),
        ("select", ["select", "select", "select"]),
        ("a.b-c d", ["a.b-c d", "a.b-c d", "a.b-c d"]),
        ("1st", ["1st", "1st", "1st"]),
        ("a; DROP TABLE x;--", ["a; DROP TABLE x;--", "a; DROP TABLE x;--", "a; DROP TABLE x;--"]),
        (&long, ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_ffe054fe", &long, &long]),
        (&longer, ["ééééééééééééééééééééééééééé_c8a2666a", &format!("{}_c8a2666a", "é".repeat(55)), &longer]),
    ];
    for (wanted, expected) in columns {
        for (dialect, expected) in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite].into_iter().zip(expected) {
            assert_eq!(dialect.column_name(wanted).as_deref(), Ok(expected), "{dialect} {wanted}");
        }
    }
    for dialect in ALL {
        let table = |wanted: &str| dialect.table_name(wanted).expect("the name is allowed");
        assert_eq!(table("flatsink_offset"), "t_flatsink_offset");
        assert_eq!(table("SQLite_master"), "t_SQLite_master");
        assert_eq!(table("../x.y"), "../x.y");
        assert_eq!(table("ctid"), "ctid");
        let (one, two) = (table(&format!("{}1", "a".repeat(249))), table(&format!("{}2", "a".repeat(249))));
        assert_ne!(one, two, "{dialect}");
        assert!(dialect == Dialect::Sqlite || one.len() <= 64, "{dialect}");
    }
}

#[test]
fn names_that_would_deceive_are_refused() {
    let wanted = [
        "",
        " a",
        "a ",
        "a\u{a0}",
        "a\0b",
        "a\nb",
        "\u{1b}[2J",
        "a\"b",
        "a'b",
        "a`b",
        "a\\b",
        "a\u{202e}b",
        "a\u{200f}",
    ];
    for dialect in ALL {
        for name in wanted {
            for result in [dialect.column_name(name), dialect.table_name(name), dialect.schema_name(name)] {
                let refusal = result.expect_err("it is refused");
                assert_eq!(refusal.code, "bad_name", "{dialect} {name:?}");
                assert!(!refusal.message.contains(char::is_control), "{dialect} {name:?}");
            }
        }
        let emoji = dialect.column_name("smile 😀").map_err(|refusal| refusal.code);
        assert_eq!(emoji, if dialect.is_mysql() { Err("bad_name") } else { Ok("smile 😀".to_owned()) });
        assert_eq!(dialect.schema_name("pg_x").is_err(), dialect == Dialect::Postgres);
    }
}

#[test]
fn folding_says_which_names_are_one() {
    let pairs = [
        ("id", "ID", [false, true, true]),
        ("é", "É", [false, true, false]),
        ("i", "İ", [false, true, false]),
        ("e", "é", [false, false, false]),
        ("s", "ſ", [false, false, false]),
        ("ß", "ss", [false, false, false]),
    ];
    for (one, two, same) in pairs {
        for (dialect, same) in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite].into_iter().zip(same) {
            assert_eq!(dialect.fold(one) == dialect.fold(two), same, "{dialect} {one} {two}");
        }
    }
}

#[test]
fn quotes_cannot_be_left() {
    let name = TableName { schema: Some("s\"`".to_owned()), name: "t\"`".to_owned() };
    assert_eq!(Dialect::Postgres.qualified(&name), r#""s""`"."t""`""#);
    assert_eq!(Dialect::Sqlite.qualified(&name), r#""s""`"."t""`""#);
    assert_eq!(Dialect::Mysql.qualified(&name), r#"`s"```.`t"```"#);
}

/// Every statement of one dialect.
fn statements(dialect: Dialect) -> Vec<String> {
    let table = hostile(dialect);
    let mut all = Vec::new();
    if dialect != Dialect::Sqlite {
        all.push(dialect.create_schema("my.schema"));
    }
    all.extend(dialect.create_table(&table).expect("the table is possible"));
    let types = dialect.column_types(&table).expect("the table is possible");
    all.extend(dialect.add_columns(&table, &[9, 10, 15, 16, 29], &types));
    while let Some((slower, _)) = all.last().and_then(|last| dialect.slower(last)) {
        all.push(slower);
    }
    if dialect == Dialect::Postgres {
        all.push(dialect.drop_not_null(&table, &["a.b; DROP TABLE x;--".to_owned(), "c".to_owned()]));
    }
    all
}

#[test]
fn the_statements_of_each_dialect() {
    for (dialect, golden) in [
        (Dialect::Postgres, include_str!("golden/postgres.sql")),
        (Dialect::Mysql, include_str!("golden/mysql.sql")),
        (Dialect::Mariadb, include_str!("golden/mariadb.sql")),
        (Dialect::Sqlite, include_str!("golden/sqlite.sql")),
    ] {
        let text = statements(dialect).iter().map(|statement| format!("{statement};\n")).collect::<String>();
        assert!(text == golden, "{dialect}:\n{text}");
    }
}

#[test]
fn the_statements_parse_as_one_statement_each() {
    for dialect in ALL {
        for statement in statements(dialect) {
            let parsed = match dialect {
                Dialect::Postgres => Parser::parse_sql(&PostgreSqlDialect {}, &statement),
                Dialect::Mysql | Dialect::Mariadb => Parser::parse_sql(&MySqlDialect {}, &statement),
                Dialect::Sqlite => Parser::parse_sql(&SQLiteDialect {}, &statement),
            };
            match parsed {
                Ok(parsed) => assert_eq!(parsed.len(), 1, "{dialect}: {statement}"),
                Err(error) => panic!("{dialect}: {error}: {statement}"),
            }
        }
    }
}

fn codes(result: Result<Vec<String>, crate::record::Refusal>) -> Result<usize, &'static str> {
    result.map(|types| types.len()).map_err(|refusal| refusal.code)
}

#[test]
fn tables_that_cannot_hold_a_row_are_refused_before_they_are_made() {
    let wide = |kind: Kind, count: usize| {
        let fields = (0..count).map(|index| field(&format!("c{index}"), kind)).collect();
        table(0, fields)
    };
    let decimal = Kind::Decimal { precision: 38, scale: 9 };
    let cases = [
        (Dialect::Postgres, Kind::Int64, 1_017, "too_many_columns"),
        (Dialect::Postgres, Kind::Uuid, 508, "too_many_columns"),
        (Dialect::Postgres, Kind::Text(None), 452, "too_many_columns"),
        (Dialect::Postgres, Kind::Bool, 1_600, "too_many_columns"),
        (Dialect::Mysql, Kind::Bool, 1_017, "too_many_columns"),
        (Dialect::Mysql, Kind::Int64, 995, "row_size"),
        (Dialect::Mariadb, Kind::Text(None), 196, "row_size"),
        (Dialect::Mariadb, Kind::Text(Some(768)), 196, "row_size"),
        (Dialect::Mariadb, Kind::Fixed(255), 31, "row_size"),
        (Dialect::Mariadb, decimal, 472, "row_size"),
        (Dialect::Sqlite, Kind::Text(None), 2_000, "too_many_columns"),
    ];
    for (dialect, kind, most, code) in cases {
        assert_eq!(codes(dialect.column_types(&wide(kind, most))), Ok(most), "{dialect} {kind:?}");
        assert_eq!(codes(dialect.column_types(&wide(kind, most + 1))), Err(code), "{dialect} {kind:?}");
    }
}

#[test]
fn the_widest_texts_of_mysql_move_out_until_the_row_fits() {
    let mut columns: Vec<Column> = (0..60).map(|index| field(&format!("c{index}"), Kind::Text(Some(255)))).collect();
    columns.push(field("wide", Kind::Text(Some(768))));
    let types = Dialect::Mysql.column_types(&table(1, columns)).expect("it fits");
    assert_eq!(types.iter().filter(|ty| *ty == "VARCHAR(255)").count(), 60);
    assert_eq!(types[60], "VARCHAR(768)", "it fits as it is");
    let columns: Vec<Column> = (0..100).map(|index| field(&format!("c{index}"), Kind::Text(Some(255)))).collect();
    let types = Dialect::Mysql.column_types(&table(1, columns)).expect("it fits");
    assert_eq!(types.iter().filter(|ty| *ty == "LONGTEXT").count(), 37);
    assert_eq!(types[0], "VARCHAR(255)", "a key stays");
}

#[test]
fn enums_leave_room_for_new_symbols() {
    let limits = |dialect: Dialect| [1, 64, 65, 255, 256].map(|longest| dialect.enum_limit(longest));
    assert_eq!(limits(Dialect::Mysql), [Some(64), Some(64), Some(255), Some(255), None]);
    assert_eq!(limits(Dialect::Mariadb), [Some(64), Some(64), Some(255), Some(255), None]);
    assert_eq!(limits(Dialect::Postgres), [None; 5]);
    assert_eq!(limits(Dialect::Sqlite), [None; 5]);
}

#[test]
fn keys_get_what_the_database_can_index() {
    let text = |names: &[Kind]| {
        let columns = names.iter().enumerate().map(|(index, kind)| field(&format!("k{index}"), *kind));
        table(names.len(), columns.collect())
    };
    let types = |dialect: Dialect, kinds: &[Kind]| dialect.column_types(&text(kinds)).map_err(|refusal| refusal.code);
    let strings = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>());
    let mysql = |kinds: &[Kind]| types(Dialect::Mysql, kinds);
    assert_eq!(mysql(&[Kind::Text(None)]), strings(&["VARCHAR(255)"]));
    assert_eq!(mysql(&[Kind::Text(Some(10)), Kind::Int64]), strings(&["VARCHAR(64)", "BIGINT"]));
    assert_eq!(mysql(&[Kind::Text(Some(768))]), strings(&["VARCHAR(768)"]));
    assert_eq!(mysql(&[Kind::Text(Some(768)), Kind::Bool]), Err("key_size"));
    assert_eq!(mysql(&[Kind::Text(Some(400)), Kind::Text(None)]), strings(&["VARCHAR(400)", "VARCHAR(255)"]));
    assert_eq!(mysql(&[Kind::Text(Some(700)), Kind::Text(None)]), strings(&["VARCHAR(700)", "VARCHAR(68)"]));
    assert_eq!(mysql(&[Kind::Text(None); 4]), strings(&["VARCHAR(192)"; 4]));
    assert_eq!(mysql(&[Kind::Bytes(None)]), strings(&["VARBINARY(1020)"]));
    assert_eq!(mysql(&[Kind::Fixed(300)]), strings(&["VARBINARY(300)"]));
    assert_eq!(mysql(&[Kind::Int32; 17]), Err("key_size"));
    assert_eq!(mysql(&[Kind::Decimal { precision: 66, scale: 0 }]), strings(&["VARCHAR(255)"]));
    assert_eq!(types(Dialect::Postgres, &[Kind::Text(Some(9))]), strings(&["varchar(9) COLLATE \"C\""]));
    for dialect in ALL {
        for kind in [Kind::Float32, Kind::Float64, Kind::BigDecimal, Kind::Duration, Kind::Json] {
            assert_eq!(types(dialect, &[kind]), Err("key_type"), "{dialect} {kind:?}");
        }
    }
}

/// A table in the catalogue, as the wanted one would be made.
fn made(dialect: Dialect, wanted: &Table) -> ExistingTable {
    plan(dialect, None, false, wanted, APPLY).expect("the table is possible").after
}

fn noted(kind: Kind) -> Option<Noted> {
    Some(Noted { kind, schema_id: 1 })
}

const APPLY: Policy = Policy {
    schema_changes: SchemaChanges::Apply,
    existing: Existing::Refuse,
    on_conflict: OnConflict::Stop,
    rewrite_max: 1_000,
};

fn actions(result: Result<Planned, crate::record::Refusal>) -> Result<Vec<&'static str>, &'static str> {
    let actions = |planned: Planned| planned.steps.iter().map(|step| step.action).collect();
    result.map(actions).map_err(|refusal| refusal.code)
}

#[test]
fn a_table_as_we_make_it_needs_nothing() {
    for dialect in ALL {
        let wanted = hostile(dialect);
        let existing = made(dialect, &wanted);
        assert_eq!(actions(plan(dialect, Some(&existing), false, &wanted, APPLY)), Ok(Vec::new()), "{dialect}");
        assert!(fits(dialect, &existing, &wanted), "{dialect}");
    }
}

#[test]
fn what_is_missing_is_made_as_far_as_the_entry_allows() {
    let refuse = Policy { schema_changes: SchemaChanges::Refuse, ..APPLY };
    let create_only = Policy { schema_changes: SchemaChanges::CreateOnly, ..APPLY };
    for dialect in ALL {
        let wanted = hostile(dialect);
        let made_schema = if dialect == Dialect::Sqlite { vec![] } else { vec!["create_schema"] };
        let all = [made_schema, vec!["create_table"]].concat();
        for (policy, expected) in [(APPLY, Ok(all.clone())), (create_only, Ok(all)), (refuse, Err("schema_change"))] {
            assert_eq!(actions(plan(dialect, None, true, &wanted, policy)), expected, "{dialect} {policy:?}");
        }
        let mut older = made(dialect, &wanted);
        older.columns.remove(20);
        assert!(!fits(dialect, &older, &wanted), "{dialect}");
        assert_eq!(actions(plan(dialect, Some(&older), false, &wanted, APPLY)), Ok(vec!["add_column"]), "{dialect}");
        for policy in [refuse, create_only] {
            assert_eq!(actions(plan(dialect, Some(&older), false, &wanted, policy)), Err("schema_change"), "{dialect}");
        }
    }
}

#[test]
fn a_not_null_of_ours_goes_on_postgresql_and_a_foreign_one_stops_the_table() {
    for dialect in ALL {
        let wanted = hostile(dialect);
        let cases: [&dyn Fn(&mut ExistingTable); 2] = [&|table| table.columns[12].not_null = true, &|table| {
            let gone = ExistingColumn { not_null: true, noted: noted(Kind::Text(None)), ..table.columns[12].clone() };
            table.columns.push(ExistingColumn { name: "gone".into(), ..gone });
        }];
        for change in cases {
            let mut existing = made(dialect, &wanted);
            change(&mut existing);
            let step = if dialect == Dialect::Postgres { "drop_not_null" } else { "widen_column" };
            let expected = match dialect {
                // Its text does not have them.
                Dialect::Sqlite => Err("rewrite_needed"),
                _ => Ok(vec![step]),
            };
            assert_eq!(actions(plan(dialect, Some(&existing), false, &wanted, APPLY)), expected, "{dialect}");
            assert!(!fits(dialect, &existing, &wanted), "{dialect}");
            existing.columns.iter_mut().for_each(|column| column.noted = None);
            assert_eq!(actions(plan(dialect, Some(&existing), false, &wanted, APPLY)), Err("type_conflict"));
        }
        let mut existing = made(dialect, &wanted);
        let serial = ExistingColumn {
            name: "serial".into(),
            sql_type: "x".into(),
            not_null: true,
            ..existing.columns[0].clone()
        };
        existing.columns.push(ExistingColumn { is_filled: true, noted: None, ..serial });
        let wanted = Table { foreign: vec!["serial".into()], ..wanted };
        assert!(fits(dialect, &existing, &wanted), "{dialect}: the database fills it");
    }
}

#[test]
fn tables_that_others_made_stop_where_they_would_not_hold() {
    for dialect in ALL {
        let wanted = hostile(dialect);
        let judge = |policy: Policy, change: &dyn Fn(&mut ExistingTable)| {
            let mut existing = made(dialect, &wanted);
            change(&mut existing);
            actions(plan(dialect, Some(&existing), false, &wanted, policy))
        };
        let adopt = Policy { existing: Existing::Adopt, ..APPLY };
        let filled = |table: &mut ExistingTable| (table.has_rows, table.is_ours) = (true, false);
        assert_eq!(judge(APPLY, &filled), Err("table_exists"), "{dialect}");
        assert_eq!(judge(adopt, &filled), Ok(vec![]), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.is_ours = false), Ok(vec![]), "{dialect}: it is empty");
        assert_eq!(judge(APPLY, &|table| table.unfit = Some("is a view".into())), Err("not_durable"), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.key.clear()), Err("key_conflict"), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.key[0] = "rowid".into()), Err("key_conflict"), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.key.reverse()), Ok(vec![]), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.unfit_key = Some("can wait".into())), Err("key_conflict"), "{dialect}");
        assert_eq!(judge(APPLY, &|table| table.columns[2].is_blurred = true), Err("type_conflict"), "{dialect}");
        assert_eq!(
            judge(APPLY, &|table| table.columns[12].sql_type = "int4".into()),
            Err("type_conflict"),
            "{dialect}"
        );
        assert_eq!(judge(APPLY, &|table| table.columns[10].noted = noted(Kind::NanosUtc)), Err("type_conflict"));
    }
}

#[test]
fn which_types_hold_which_kinds() {
    let utf8 = Some("utf8mb4_nopad_bin".to_owned());
    let decimal = |precision, scale| Kind::Decimal { precision, scale };
    let check = |dialect: Dialect, sql_type: &str, kind: Kind, expected: bool| {
        let wanted = table(0, vec![field("c", kind)]);
        let column = ExistingColumn {
            sql_type: sql_type.into(),
            collation: utf8.clone(),
            ..made(dialect, &wanted).columns[0].clone()
        };
        let existing = ExistingTable { columns: vec![column], ..made(dialect, &wanted) };
        assert_eq!(fits(dialect, &existing, &wanted), expected, "{dialect}: {kind:?} in {sql_type}");
    };
    let cases = [
        (Dialect::Postgres, "text", Kind::Text(Some(5)), true),
        (Dialect::Postgres, "character varying(5)", Kind::Text(Some(5)), true),
        (Dialect::Postgres, "character varying(4)", Kind::Text(Some(5)), false),
        (Dialect::Postgres, "character varying(5)", Kind::Text(None), false),
        (Dialect::Postgres, "character varying", Kind::Text(None), true),
        (Dialect::Postgres, "character(5)", Kind::Text(Some(5)), false),
        (Dialect::Postgres, "numeric", decimal(5, 2), true),
        (Dialect::Postgres, "numeric(6,3)", decimal(5, 2), true),
        (Dialect::Postgres, "numeric(5,3)", decimal(5, 2), false),
        (Dialect::Postgres, "numeric(5,2)", Kind::BigDecimal, false),
        (Dialect::Postgres, "bigint", Kind::Int32, false),
        (Dialect::Postgres, "timestamp(3) with time zone", Kind::TimestampTz, false),
        (Dialect::Postgres, "json", Kind::Json, false),
        (Dialect::Mysql, "int", Kind::Int32, true),
        (Dialect::Mysql, "int unsigned", Kind::Int32, false),
        (Dialect::Mysql, "varchar(64)", Kind::Text(Some(5)), true),
        (Dialect::Mysql, "varchar(4)", Kind::Text(Some(5)), false),
        (Dialect::Mysql, "longtext", Kind::Text(Some(5)), true),
        (Dialect::Mysql, "text", Kind::Text(None), false),
        (Dialect::Mysql, "timestamp(6)", Kind::TimestampTz, false),
        (Dialect::Mysql, "float", Kind::Float32, false),
        (Dialect::Mysql, "longtext", Kind::Json, false),
        (Dialect::Mariadb, "longtext", Kind::Json, true),
        (Dialect::Mariadb, "uuid", Kind::Uuid, false),
        (Dialect::Mariadb, "decimal(6,3)", decimal(5, 2), true),
        (Dialect::Mariadb, "longblob", Kind::Fixed(5), true),
        (Dialect::Mariadb, "binary(6)", Kind::Fixed(5), false),
        (Dialect::Sqlite, "int", Kind::Int64, true),
        (Dialect::Sqlite, "DECIMAL(5,2)", decimal(5, 2), false),
        (Dialect::Sqlite, "ANY", Kind::Text(None), false),
    ];
    for (dialect, sql_type, kind, expected) in cases {
        check(dialect, sql_type, kind, expected);
    }
    let latin =
        ExistingColumn { sql_type: "longtext".into(), collation: Some("latin1_bin".into()), ..Default::default() };
    let existing = ExistingTable { columns: vec![ExistingColumn { name: "c".into(), ..latin }], ..Default::default() };
    assert!(!fits(Dialect::Mariadb, &existing, &table(0, vec![field("c", Kind::Json)])));
    let stored = |dialect: Dialect, kind: Kind, wanted: Kind| {
        let wanted = table(0, vec![field("c", wanted)]);
        let mut existing = made(dialect, &wanted);
        existing.columns[0].noted = noted(kind);
        fits(dialect, &existing, &wanted)
    };
    assert!(stored(Dialect::Postgres, Kind::Text(Some(5)), Kind::Text(None)));
    assert!(stored(Dialect::Postgres, Kind::Fixed(5), Kind::Bytes(None)));
    assert!(stored(Dialect::Sqlite, Kind::Uuid, Kind::Text(None)));
    assert!(!stored(Dialect::Sqlite, decimal(5, 2), decimal(6, 3)), "the text would differ");
    assert!(stored(Dialect::Sqlite, decimal(5, 2), decimal(6, 2)));
    assert!(!stored(Dialect::Sqlite, Kind::Int64, Kind::NanosUtc));
}

#[test]
fn names_that_differ_in_marks_alone_are_mixed_up_by_mysql() {
    let check = |one: &str, other: &str, expected: bool| {
        assert_eq!(Dialect::Mariadb.mixed_up(one) == Dialect::Mariadb.mixed_up(other), expected, "{one} {other}");
    };
    check("é", "è", true);
    check("año", "aňo", true);
    check("Eé", "ÉE", true);
    check("ß", "ſ", true);
    check("е", "ё", true);
    // Of another length they are not.
    check("e", "é", false);
    check("s", "ſ", false);
    check("ss", "ß", false);
    check("й", "и", false);
    check("国", "中", false);
    assert_eq!(Dialect::Postgres.mixed_up("é"), None);
    assert_eq!(Dialect::Sqlite.mixed_up("é"), None);
}

/// What is there, what is wanted, whose the columns are, and where the wanted ones stand.
#[test]
fn a_column_of_another_case_is_taken_where_no_other_is_meant() {
    let cases = [
        ("ID Name", "id name", false, "ID Name"),
        ("id ID Name", "id name", false, "id Name"),
        ("ID Id", "id", false, "id"),
        ("ID", "id Id", false, "id Id"),
        ("ID", "id", true, "id"),
    ];
    for (there, wanted, ours, expected) in cases {
        let columns = there.split(' ').map(|name| ExistingColumn {
            name: name.to_owned(),
            sql_type: "text".into(),
            noted: ours.then_some(noted(Kind::Text(None))).flatten(),
            ..ExistingColumn::default()
        });
        let existing = ExistingTable { columns: columns.collect(), ..ExistingTable::default() };
        let wanted = table(0, wanted.split(' ').map(|name| field(name, Kind::Text(None))).collect());
        let planned = plan(Dialect::Postgres, Some(&existing), false, &wanted, APPLY).expect("it can be done");
        let stands: Vec<&str> = planned.standing.columns.iter().flatten().map(|stand| &*stand.name).collect();
        assert_eq!(stands.join(" "), expected, "{there}");
    }
}

#[test]
fn the_row_of_a_table_that_stays_as_it_is_is_the_servers_affair() {
    let text = |name: &str, sql_type: &str| ExistingColumn {
        name: name.to_owned(),
        sql_type: sql_type.into(),
        collation: Some("utf8mb4_0900_bin".into()),
        ..ExistingColumn::default()
    };
    // One byte a character there, four here.
    let columns = vec![text("a", "longtext"), text("theirs", "varchar(20000)")];
    let mut existing = ExistingTable { columns, ..ExistingTable::default() };
    let wanted = table(0, vec![field("a", Kind::Text(None))]);
    assert_eq!(actions(plan(Dialect::Mysql, Some(&existing), false, &wanted, APPLY)), Ok(vec![]));
    existing.columns.remove(0);
    assert_eq!(actions(plan(Dialect::Mysql, Some(&existing), false, &wanted, APPLY)), Err("row_size"));
}
