//! SQLite: types, options, and which existing types hold a kind.

use super::ddl::too_many_columns;
use super::plan::ExistingColumn;
use crate::record::{Column, Kind, Refusal, Table};

const COLUMNS_MAX: usize = 2_000;
/// Without it SQLite would turn texts that look like numbers into rounded numbers.
pub(super) const OPTIONS: &str = " STRICT";

pub(super) fn types(table: &Table) -> Result<Vec<String>, Refusal> {
    if table.columns.len() > COLUMNS_MAX {
        return Err(too_many_columns(table, "SQLite allows 2000"));
    }
    Ok(table.columns.iter().map(|column| sql_type(column.kind).to_owned()).collect())
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "INTEGER",
        Kind::Float32 | Kind::Float64 => "REAL",
        Kind::Bytes(_) | Kind::Fixed(_) => "BLOB",
        Kind::Text(_)
        | Kind::Decimal { .. }
        | Kind::BigDecimal
        | Kind::Uuid
        | Kind::UuidText
        | Kind::Date
        | Kind::Time
        | Kind::TimeSpan
        | Kind::TimestampTz
        | Kind::Timestamp
        | Kind::Duration
        | Kind::Json => "TEXT",
    }
}

/// Whether every value of the column's kind fits an existing column unchanged.
pub(super) fn holds(existing: &ExistingColumn, column: &Column) -> bool {
    let wanted = sql_type(column.kind);
    existing.sql_type.eq_ignore_ascii_case(wanted)
        || (wanted == "INTEGER" && existing.sql_type.eq_ignore_ascii_case("INT"))
}

/// The kinds that an existing column holds, without those that `holds` knows anyway.
pub(super) fn kinds(existing: &ExistingColumn) -> Vec<Kind> {
    match existing.sql_type.to_ascii_uppercase().as_str() {
        "INTEGER" | "INT" => vec![Kind::Int64],
        "REAL" => vec![Kind::Float64],
        "BLOB" => vec![Kind::Bytes(None)],
        "TEXT" => vec![Kind::Text(None), Kind::BigDecimal],
        _ => vec![],
    }
}
