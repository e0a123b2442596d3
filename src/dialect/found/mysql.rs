//! MySQL and MariaDB: which kinds an existing column holds.

use crate::dialect::Dialect;
use crate::dialect::mysql::{VARCHAR_MIN, is_decimal};
use crate::dialect::plan::{ExistingColumn, arguments};
use crate::record::{Column, From, Kind, Limit};

use super::{decimal_holds, first};

/// Bytes of the types that have no length of their own.
const LENGTHS: [(&str, usize); 6] = [
    ("tinytext", 255),
    ("text", 65_535),
    ("mediumtext", 16_777_215),
    ("tinyblob", 255),
    ("blob", 65_535),
    ("mediumblob", 16_777_215),
];

/// Whether the column holds every value of the wanted one's kind that is not too long for it; `wanted` is the type
/// that a new table would have.
pub(in crate::dialect) fn holds(dialect: Dialect, found: &ExistingColumn, column: &Column, wanted: &str) -> bool {
    let sql_type = found.sql_type.to_ascii_lowercase();
    let wanted = wanted.to_ascii_lowercase();
    let same = |name: &str| arguments(&sql_type, name).is_some();
    let stands = !found.is_own() && matches!(column.from, From::Field(_));
    let text = |limit: Option<u32>| {
        let held = first(&sql_type, "varchar");
        is_utf8(found)
            && match held {
                Some(held) => stands || limit.is_some_and(|limit| limit <= held),
                None => sql_type == "longtext" || (stands && LENGTHS[..3].iter().any(|(name, _)| *name == sql_type)),
            }
    };
    let bytes = |limit: Option<u32>| match first(&sql_type, "varbinary") {
        Some(held) => stands || limit.is_some_and(|limit| limit <= held),
        None => sql_type == "longblob" || (stands && LENGTHS[3..].iter().any(|(name, _)| *name == sql_type)),
    };
    // What is written in one length only, or made up by us.
    let exactly = |limit: u32| match first(&sql_type, "varchar") {
        Some(held) => is_utf8(found) && limit <= held,
        None => is_utf8(found) && sql_type == "longtext",
    };
    let digits = |name: &str| match arguments(&sql_type, name).as_deref() {
        Some([digits]) => *digits >= if column.millis { 3 } else { 6 },
        _ => false,
    };
    match (column.from, column.kind) {
        (From::Topic | From::MessageType, _) => first(&wanted, "varchar").is_some_and(exactly),
        (_, Kind::Bool) => same("tinyint") || sql_type == "bit(1)",
        (_, Kind::Int32) => same("int"),
        (_, Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal) => same("bigint"),
        (_, Kind::Float32 | Kind::Float64) => sql_type == "double",
        // A limit of ours, where the schema declares none: that of the key.
        (_, Kind::Bytes(limit)) => bytes(limit.or(first(&wanted, "varbinary"))),
        (_, Kind::Text(limit)) => text(limit.or(first(&wanted, "varchar"))),
        (_, Kind::Fixed(length)) => {
            let held = first(&sql_type, "varbinary");
            sql_type == format!("binary({length})")
                || sql_type == "longblob"
                || held.is_some_and(|held| length <= held)
                || (stands && length <= 255 && LENGTHS[3..].iter().any(|(name, _)| *name == sql_type))
        }
        (_, Kind::Decimal { precision, scale }) if is_decimal(dialect, precision, scale) => {
            arguments(&sql_type, "decimal").is_some_and(|held| decimal_holds(&held, precision, scale))
        }
        (_, Kind::Decimal { .. } | Kind::BigDecimal) => match first(&wanted, "varchar") {
            Some(limit) => exactly(limit),
            None => is_utf8(found) && sql_type == "longtext",
        },
        (_, Kind::Uuid) => sql_type == "binary(16)",
        (_, Kind::UuidText) => sql_type == "char(36)" || exactly(36),
        (_, Kind::Date) => sql_type == "date",
        (_, Kind::Time) => digits("time"),
        (_, Kind::TimeSpan) => sql_type == "time(6)",
        (_, Kind::TimestampTz | Kind::Timestamp) => digits("datetime"),
        (_, Kind::Duration) => exactly(VARCHAR_MIN as u32),
        // MariaDB's JSON is LONGTEXT.
        (_, Kind::Json) => {
            sql_type == "json" || (dialect == Dialect::Mariadb && sql_type == "longtext" && is_utf8(found))
        }
    }
}

/// The kinds that the column holds as wide as its type allows.
pub(in crate::dialect) fn kinds(found: &ExistingColumn) -> Vec<Kind> {
    let sql_type = found.sql_type.to_ascii_lowercase();
    let (name, _) = sql_type.split_once('(').unwrap_or((&sql_type, ""));
    let Some(arguments) = arguments(&sql_type, name) else { return vec![] };
    match (name, &arguments[..]) {
        ("tinyint", _) => vec![Kind::Bool],
        ("int", _) => vec![Kind::Int32],
        ("bigint", _) => vec![Kind::Int64, Kind::NanosUtc, Kind::NanosLocal],
        ("double", []) => vec![Kind::Float64],
        ("varchar", [limit]) if is_utf8(found) => vec![Kind::Text(Some(*limit))],
        ("longtext", []) if is_utf8(found) => vec![Kind::Text(None), Kind::Json],
        ("varbinary", [limit]) => vec![Kind::Bytes(Some(*limit))],
        ("longblob", []) => vec![Kind::Bytes(None)],
        ("binary", [16]) => vec![Kind::Uuid, Kind::Fixed(16)],
        ("binary", [length]) => vec![Kind::Fixed(*length)],
        ("decimal", [precision, scale]) => vec![Kind::Decimal { precision: *precision, scale: *scale }],
        ("date", []) => vec![Kind::Date],
        ("time", [6]) => vec![Kind::Time, Kind::TimeSpan],
        ("char", [36]) => vec![Kind::UuidText],
        ("datetime", [6]) => vec![Kind::TimestampTz, Kind::Timestamp],
        ("json", []) => vec![Kind::Json],
        _ => vec![],
    }
}

/// MySQL cuts trailing blanks that are too much, without an error.
pub(super) fn room(found: &ExistingColumn) -> Option<Limit> {
    let sql_type = found.sql_type.to_ascii_lowercase();
    let characters = first(&sql_type, "varchar").map(|held| Limit::Characters(held as usize));
    let bytes = || first(&sql_type, "varbinary").map(|held| Limit::Bytes(held as usize));
    let of_type = || LENGTHS.iter().find(|(name, _)| *name == sql_type).map(|(_, bytes)| Limit::Bytes(*bytes));
    characters.or_else(bytes).or_else(of_type)
}

fn is_utf8(found: &ExistingColumn) -> bool {
    found.collation.as_deref().is_some_and(|name| name.starts_with("utf8mb4"))
}
