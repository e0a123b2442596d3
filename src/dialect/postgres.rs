//! PostgreSQL: types and comments.

use super::Dialect;
use super::alter::Change;
use super::ddl::{column_comment, comment_text, too_many_columns};
pub(super) use super::found::postgres::{holds, kinds};
use crate::record::{Column, From, Kind, Refusal, Table};

const COLUMNS_MAX: usize = 1_600;
/// What one row can hold in its page, header included; longer values are moved out, pointers to them are not.
const TUPLE_MAX: usize = 8_160;
const TUPLE_HEADER: usize = 24;
const POINTER: usize = 18;
/// The precision that `numeric(p,s)` can declare.
const PRECISION_MAX: u32 = 1_000;

pub(super) fn types(table: &Table) -> Result<Vec<String>, Refusal> {
    if table.columns.len() > COLUMNS_MAX {
        return Err(too_many_columns(table, "PostgreSQL allows 1600"));
    }
    let tuple = table.columns.iter().fold(TUPLE_HEADER, |end, column| {
        let (size, align) = size(column.kind);
        end.next_multiple_of(align) + size
    });
    if tuple > TUPLE_MAX {
        return Err(too_many_columns(table, "a row of them all would not fit PostgreSQL's page of 8160 bytes"));
    }
    Ok(table.columns.iter().enumerate().map(|(index, column)| sql_type(column, index < table.key)).collect())
}

fn sql_type(column: &Column, in_key: bool) -> String {
    let name = match column.kind {
        Kind::Bool => "boolean",
        Kind::Int32 => "integer",
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "bigint",
        Kind::Float32 => "real",
        Kind::Float64 => "double precision",
        Kind::Bytes(_) | Kind::Fixed(_) => "bytea",
        Kind::Text(_) | Kind::UuidText => {
            let collation = if in_key { " COLLATE \"C\"" } else { "" };
            return match limit(column) {
                Some(limit) => format!("varchar({limit}){collation}"),
                None => format!("text{collation}"),
            };
        }
        Kind::Decimal { precision, scale } if precision <= PRECISION_MAX => {
            return format!("numeric({precision},{scale})");
        }
        Kind::Decimal { .. } | Kind::BigDecimal => "numeric",
        Kind::Uuid => "uuid",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::TimestampTz => "timestamptz",
        Kind::Timestamp => "timestamp",
        Kind::Duration | Kind::TimeSpan => "interval",
        Kind::Json => "jsonb",
    };
    name.to_owned()
}

/// The type in which cells of a kind are sent.
pub(super) fn element(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int32 => "int4",
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "int8",
        Kind::Float32 => "float4",
        Kind::Float64 => "float8",
        Kind::Text(_) | Kind::UuidText => "text",
        Kind::Bytes(_) | Kind::Fixed(_) => "bytea",
        Kind::Decimal { .. } | Kind::BigDecimal => "numeric",
        Kind::Uuid => "uuid",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::Timestamp => "timestamp",
        Kind::TimestampTz => "timestamptz",
        Kind::Duration | Kind::TimeSpan => "interval",
        Kind::Json => "jsonb",
    }
}

/// The declared limit of a text field; `varchar` holds at most 10,485,760 characters.
pub(super) fn limit(column: &Column) -> Option<u32> {
    match (column.kind, column.from) {
        (Kind::Text(limit), From::Field(_)) => limit.filter(|limit| (1..=10_485_760).contains(limit)),
        _ => None,
    }
}

/// Bytes in a full row, and their alignment.
fn size(kind: Kind) -> (usize, usize) {
    match kind {
        Kind::Bool => (1, 1),
        Kind::Int32 | Kind::Float32 | Kind::Date => (4, 4),
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal | Kind::Float64 => (8, 8),
        Kind::Time | Kind::TimestampTz | Kind::Timestamp => (8, 8),
        Kind::Uuid => (16, 1),
        Kind::Duration | Kind::TimeSpan => (16, 8),
        // Three bytes of header and two for each group of four digits, on each side of the point.
        Kind::Decimal { precision, scale } => {
            let groups = precision.saturating_sub(scale).div_ceil(4) + scale.div_ceil(4);
            ((3 + 2 * groups as usize).min(POINTER + 6), 1)
        }
        Kind::Text(Some(limit)) => ((1 + 4 * limit as usize).min(POINTER), 1),
        Kind::Fixed(length) => ((1 + length as usize).min(POINTER), 1),
        Kind::Bytes(_) | Kind::Text(None) | Kind::UuidText | Kind::BigDecimal | Kind::Json => (POINTER, 1),
    }
}

/// `COMMENT ON` the table, if asked for, and on these columns.
pub(super) fn comments(table: &Table, of_table: bool, columns: &[usize]) -> Vec<String> {
    let name = Dialect::Postgres.qualified(&table.name);
    let whole = table.comment.as_deref().filter(|_| of_table).and_then(comment_text);
    let mut statements: Vec<String> = whole
        .map(|text| format!("COMMENT ON TABLE {name} IS {}", Dialect::Postgres.literal(&text)))
        .into_iter()
        .collect();
    for column in columns.iter().map(|&index| &table.columns[index]) {
        if let Some(text) = column_comment(column) {
            let column = Dialect::Postgres.quote(&column.name);
            statements.push(format!("COMMENT ON COLUMN {name}.{column} IS {}", Dialect::Postgres.literal(&text)));
        }
    }
    statements
}

/// A type as the catalogue spells it, and its collation.
pub(super) fn spelled(ty: &str) -> (String, Option<String>) {
    let (ty, collation) = match ty.strip_suffix(" COLLATE \"C\"") {
        Some(ty) => (ty, Some("C".to_owned())),
        None => (ty, None),
    };
    let name = match ty {
        "time" => "time without time zone".to_owned(),
        "timestamp" => "timestamp without time zone".to_owned(),
        "timestamptz" => "timestamp with time zone".to_owned(),
        _ => ty.replace("varchar", "character varying"),
    };
    (name, collation)
}

/// `ALTER COLUMN .. TYPE`; and whether that leaves the rows as they are.
pub(super) fn retype(change: &Change<'_>, ty: &str) -> (String, bool) {
    let found = change.found.sql_type.as_str();
    let name = Dialect::Postgres.quote(&change.found.name);
    let (new, _) = spelled(ty);
    let numeric = |sql_type: &str| super::plan::arguments(sql_type, "numeric");
    let in_place = match (numeric(found).as_deref(), numeric(&new).as_deref()) {
        (Some([p, s]), Some([q, t])) => s == t && p <= q,
        (Some(_), Some([])) => true,
        _ => found.starts_with("character varying") && (new.starts_with("character varying") || new == "text"),
    };
    let using = if found == "uuid" { format!(" USING {name}::text") } else { String::new() };
    (format!("ALTER COLUMN {name} TYPE {ty}{using}"), in_place)
}
