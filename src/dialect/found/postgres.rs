//! PostgreSQL: which kinds an existing column holds, in the bytes that each is encoded as.

use crate::dialect::plan::{ExistingColumn, arguments};
use crate::dialect::postgres::limit;
use crate::record::{Column, From, Kind, Limit};

use super::decimal_holds;

/// Whether the column holds every value of the wanted one's kind that is not too long for it.
pub(in crate::dialect) fn holds(found: &ExistingColumn, column: &Column) -> bool {
    let sql_type = found.sql_type.as_str();
    match column.kind {
        Kind::Bool => sql_type == "boolean",
        Kind::Int32 => sql_type == "integer",
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => sql_type == "bigint",
        Kind::Float32 => sql_type == "real",
        Kind::Float64 => sql_type == "double precision",
        Kind::Bytes(_) | Kind::Fixed(_) => sql_type == "bytea",
        Kind::UuidText => match arguments(sql_type, "character varying").as_deref() {
            Some([held]) => *held >= 36,
            Some(_) => true,
            None => sql_type == "text",
        },
        Kind::Text(_) => match arguments(sql_type, "character varying").as_deref() {
            Some([held]) => {
                let stands = !found.is_own() && matches!(column.from, From::Field(_));
                stands || limit(column).is_some_and(|limit| limit <= *held)
            }
            Some(_) => true,
            None => sql_type == "text",
        },
        Kind::Decimal { precision, scale } => match arguments(sql_type, "numeric").as_deref() {
            Some([]) => true,
            Some(held) => decimal_holds(held, precision, scale),
            None => false,
        },
        Kind::BigDecimal => sql_type == "numeric",
        Kind::Uuid => sql_type == "uuid",
        Kind::Date => sql_type == "date",
        Kind::Time => digits(sql_type, "time", " without time zone") >= digits_of(column),
        Kind::TimestampTz => digits(sql_type, "timestamp", " with time zone") >= digits_of(column),
        Kind::Timestamp => digits(sql_type, "timestamp", " without time zone") >= digits_of(column),
        Kind::Duration => digits(sql_type, "interval", "") >= 3,
        Kind::TimeSpan => digits(sql_type, "interval", "") == 6,
        Kind::Json => sql_type == "jsonb" || (sql_type == "json" && !found.is_own()),
    }
}

/// The kinds that the column holds as wide as its type allows.
pub(in crate::dialect) fn kinds(found: &ExistingColumn) -> Vec<Kind> {
    let sql_type = found.sql_type.as_str();
    if let Some(arguments) = arguments(sql_type, "character varying") {
        return vec![Kind::Text(arguments.first().copied())];
    }
    if let Some(arguments) = arguments(sql_type, "numeric") {
        return match arguments[..] {
            [precision, scale] if scale <= precision => vec![Kind::Decimal { precision, scale }],
            [] => vec![Kind::BigDecimal],
            _ => vec![],
        };
    }
    match sql_type {
        "boolean" => vec![Kind::Bool],
        "integer" => vec![Kind::Int32],
        "bigint" => vec![Kind::Int64, Kind::NanosUtc, Kind::NanosLocal],
        "real" => vec![Kind::Float32],
        "double precision" => vec![Kind::Float64],
        "bytea" => vec![Kind::Bytes(None)],
        "text" => vec![Kind::Text(None)],
        "uuid" => vec![Kind::Uuid],
        "date" => vec![Kind::Date],
        "time without time zone" | "time(6) without time zone" => vec![Kind::Time],
        "timestamp with time zone" | "timestamp(6) with time zone" => vec![Kind::TimestampTz],
        "timestamp without time zone" | "timestamp(6) without time zone" => vec![Kind::Timestamp],
        "interval" | "interval(6)" => vec![Kind::Duration, Kind::TimeSpan],
        "jsonb" => vec![Kind::Json],
        _ => vec![],
    }
}

/// PostgreSQL cuts trailing blanks that are too much, without a word.
pub(super) fn room(found: &ExistingColumn) -> Option<Limit> {
    let held = *arguments(&found.sql_type, "character varying")?.first()?;
    Some(Limit::Characters(held as usize))
}

/// The digits of a second that `timestamp(3) with time zone` keeps; -1 for another type.
fn digits(sql_type: &str, name: &str, rest: &str) -> i64 {
    match sql_type.strip_suffix(rest).and_then(|sql_type| arguments(sql_type, name)).as_deref() {
        Some([]) => 6,
        Some([digits]) => i64::from(*digits),
        _ => -1,
    }
}

fn digits_of(column: &Column) -> i64 {
    if column.millis { 3 } else { 6 }
}
