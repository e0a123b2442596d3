use crate::dialect::Dialect;
use crate::dialect::plan::{ExistingColumn, Noted};
use crate::dialect::stand::{Found, judge};
use crate::record::{Column, From, Kind, Limit, Table, TableName};

fn wanted(kind: Kind, millis: bool) -> Table {
    let column = Column {
        name: "c".to_owned(),
        path: "c".to_owned(),
        kind,
        not_null: false,
        from: From::Field(0),
        comment: None,
        millis,
        room: None,
    };
    Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: vec![column],
        key: 0,
        mode: crate::config::Mode::Stream,
        unique: crate::config::Unique::None,
        comment: None,
        not_null: false,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

fn column(dialect: Dialect, sql_type: &str) -> ExistingColumn {
    let collation = dialect.is_mysql().then(|| "utf8mb4_general_ci".to_owned());
    ExistingColumn { name: "c".to_owned(), sql_type: sql_type.to_owned(), collation, ..ExistingColumn::default() }
}

/// What a column of somebody else's becomes for a kind, with its room.
fn stands(dialect: Dialect, sql_type: &str, kind: Kind, millis: bool) -> Option<(Kind, Option<Limit>)> {
    let (table, found) = (wanted(kind, millis), column(dialect, sql_type));
    let types = dialect.column_types(&table).unwrap();
    let stands = judge(dialect, &found, &table, 0, &types[0]).unwrap();
    let room = dialect.room(&found, &table.columns[0], &types[0]);
    if let Found::Stands(kind) = stands { Some((kind, room)) } else { None }
}

const PG: Dialect = Dialect::Postgres;
const MY: Dialect = Dialect::Mariadb;
const LITE: Dialect = Dialect::Sqlite;

fn decimal(precision: u32, scale: u32) -> Kind {
    Kind::Decimal { precision, scale }
}

#[test]
fn what_holds_every_value_is_taken() {
    let text = Kind::Text(None);
    for (dialect, sql_type, kind, as_kind) in [
        (PG, "bigint", Kind::Int32, Kind::Int64),
        (PG, "numeric", Kind::Int64, Kind::BigDecimal),
        (PG, "numeric(20,0)", Kind::Int64, decimal(20, 0)),
        (PG, "double precision", Kind::Float32, Kind::Float64),
        (PG, "numeric", decimal(10, 2), decimal(10, 2)),
        (PG, "character varying", text, text),
        (PG, "text", Kind::Uuid, text),
        (PG, "json", Kind::Json, Kind::Json),
        (PG, "timestamp without time zone", Kind::TimestampTz, Kind::Timestamp),
        (PG, "timestamp(6) with time zone", Kind::TimestampTz, Kind::TimestampTz),
        (MY, "bigint(20)", Kind::Int32, Kind::Int64),
        (MY, "bit(1)", Kind::Bool, Kind::Bool),
        (MY, "tinyint(4)", Kind::Bool, Kind::Bool),
        (MY, "decimal(65,2)", decimal(64, 2), decimal(64, 2)),
        (MY, "decimal(65,2)", Kind::Int64, decimal(65, 2)),
        (MY, "datetime(6)", Kind::TimestampTz, Kind::TimestampTz),
        (MY, "varbinary(20)", Kind::Fixed(16), Kind::Fixed(16)),
        (LITE, "BIGINT", Kind::Int64, Kind::Int64),
        (LITE, "VARCHAR", text, text),
        (LITE, "DATETIME", Kind::TimestampTz, Kind::TimestampTz),
        (LITE, "BOOLEAN", Kind::Bool, Kind::Bool),
        (LITE, "NUMERIC", Kind::Int64, Kind::Int64),
        (LITE, "DOUBLE PRECISION", Kind::Int32, Kind::Float64),
        (LITE, "", decimal(38, 2), decimal(38, 2)),
    ] {
        assert_eq!(stands(dialect, sql_type, kind, false), Some((as_kind, None)), "{dialect} {sql_type} {kind}");
    }
}

#[test]
fn what_would_change_a_value_is_refused() {
    let text = Kind::Text(None);
    for (dialect, sql_type, kind) in [
        (PG, "smallint", Kind::Int32),
        (PG, "integer", Kind::Int64),
        (PG, "numeric(18,0)", Kind::Int64),
        (PG, "numeric(10,2)", decimal(10, 3)),
        (PG, "real", Kind::Float64),
        (PG, "character(9)", text),
        (PG, "mood", text),
        (PG, "text[]", Kind::Json),
        (PG, "text", Kind::Int64),
        (PG, "text", Kind::Json),
        (PG, "timestamp(3) without time zone", Kind::Timestamp),
        (PG, "timestamp with time zone", Kind::Timestamp),
        (PG, "time with time zone", Kind::Time),
        (PG, "bigint GENERATED", Kind::Int64),
        (MY, "smallint(6)", Kind::Int32),
        (MY, "int(10) unsigned", Kind::Int32),
        (MY, "float", Kind::Float32),
        (MY, "double(10,2)", Kind::Float64),
        (MY, "timestamp(6)", Kind::TimestampTz),
        (MY, "datetime(3)", Kind::TimestampTz),
        (MY, "datetime", Kind::TimestampTz),
        (MY, "enum('a','b')", text),
        (MY, "char(9)", text),
        (MY, "longtext", Kind::Int64),
        (MY, "varchar(9)", decimal(70, 2)),
        (MY, "blob", Kind::Fixed(300)),
        (LITE, "DECIMAL(38,2)", decimal(38, 2)),
        (LITE, "NUMERIC", text),
        (LITE, "JSON", Kind::Json),
        (LITE, "STRING", text),
        (LITE, "FLOATING POINT", Kind::Float64),
        (LITE, "NUMERIC", Kind::Float64),
        (LITE, "TEXT", Kind::Int64),
        (LITE, "INTEGER GENERATED", Kind::Int64),
    ] {
        assert_eq!(stands(dialect, sql_type, kind, false), None, "{dialect} {sql_type} {kind}");
    }
    let mut found = column(MY, "longtext");
    found.collation = Some("utf8mb3_general_ci".to_owned());
    let table = wanted(text, false);
    assert_eq!(judge(MY, &found, &table, 0, "LONGTEXT").unwrap(), Found::TooNarrow);
}

#[test]
fn milliseconds_need_three_digits() {
    for (dialect, sql_type, kind) in [
        (PG, "timestamp(3) with time zone", Kind::TimestampTz),
        (PG, "timestamp(3) without time zone", Kind::Timestamp),
        (PG, "time(3) without time zone", Kind::Time),
        (MY, "datetime(3)", Kind::TimestampTz),
        (MY, "time(3)", Kind::Time),
    ] {
        assert_eq!(stands(dialect, sql_type, kind, true), Some((kind, None)), "{dialect} {sql_type}");
        assert_eq!(stands(dialect, sql_type, kind, false), None, "{dialect} {sql_type}");
        assert_eq!(stands(dialect, &sql_type.replace('3', "2"), kind, true), None, "{dialect} {sql_type}");
    }
}

#[test]
fn a_column_that_takes_shorter_values_says_which() {
    let (text, bytes) = (Kind::Text(None), Kind::Bytes(None));
    for (dialect, sql_type, kind, room) in [
        (PG, "character varying(3)", text, Some(Limit::Characters(3))),
        (PG, "character varying(3)", Kind::Text(Some(3)), None),
        (PG, "character varying(3)", Kind::Text(Some(4)), Some(Limit::Characters(3))),
        (MY, "varchar(256)", text, Some(Limit::Characters(256))),
        (MY, "text", text, Some(Limit::Bytes(65_535))),
        (MY, "text", Kind::Text(Some(100)), None),
        (MY, "mediumblob", bytes, Some(Limit::Bytes(16_777_215))),
        (MY, "varbinary(9)", bytes, Some(Limit::Bytes(9))),
        (MY, "longtext", text, None),
        (LITE, "VARCHAR(3)", text, Some(Limit::Characters(3))),
        (LITE, "TEXT", text, None),
    ] {
        assert_eq!(stands(dialect, sql_type, kind, false), Some((kind, room)), "{dialect} {sql_type} {kind}");
        if !sql_type.to_ascii_lowercase().contains("var") {
            continue;
        }
        // What we have made ourselves is made wider instead.
        let mut found = column(dialect, sql_type);
        found.noted = Some(Noted { kind: Kind::Text(Some(3)), schema_id: 1 });
        let table = wanted(kind, false);
        let types = dialect.column_types(&table).unwrap();
        let ours = judge(dialect, &found, &table, 0, &types[0]).unwrap();
        assert_eq!(matches!(ours, Found::Stands(_)), room.is_none(), "{dialect} {sql_type} {kind}");
    }
}
