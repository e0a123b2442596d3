//! SQLite: types and options.

use super::ddl::too_many_columns;
pub(super) use super::found::sqlite::{holds, kinds};
use crate::record::{Kind, Refusal, Table};

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
