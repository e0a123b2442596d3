//! SQLite: which kinds an existing column holds. Outside of STRICT tables a column's type is a word from which SQLite
//! takes an affinity, and what looks like a number may become one.

use crate::dialect::plan::ExistingColumn;
use crate::record::{Column, From, Kind, Limit};

/// What a column does with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    /// Texts that look like numbers become numbers.
    Integer,
    Real,
    /// Both of the above.
    Numeric,
    Text,
    Blob,
    /// Every value stays as it is.
    Any,
    /// The database computes it.
    Generated,
}

fn affinity(found: &ExistingColumn) -> Affinity {
    let declared = found.sql_type.to_ascii_uppercase();
    if declared.ends_with(" GENERATED") {
        return Affinity::Generated;
    }
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match declared.as_str() {
        "" => Affinity::Any,
        "ANY" if found.is_strict => Affinity::Any,
        // In this order: CHARINT is an integer.
        _ if has(&["INT"]) => Affinity::Integer,
        _ if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        _ if has(&["BLOB"]) => Affinity::Blob,
        _ if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
        _ => Affinity::Numeric,
    }
}

/// Whether the column holds every value of the wanted one's kind that is not too long for it.
pub(in crate::dialect) fn holds(found: &ExistingColumn, column: &Column) -> bool {
    let affinity = affinity(found);
    if affinity == Affinity::Any {
        return true;
    }
    match column.kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => {
            matches!(affinity, Affinity::Integer | Affinity::Numeric)
        }
        Kind::Float32 | Kind::Float64 => affinity == Affinity::Real,
        Kind::Bytes(_) | Kind::Fixed(_) => affinity == Affinity::Blob,
        Kind::Text(_) => {
            let stands = !found.is_own() && matches!(column.from, From::Field(_));
            affinity == Affinity::Text && (stands || room(found).is_none())
        }
        Kind::Decimal { .. } | Kind::BigDecimal | Kind::Json => affinity == Affinity::Text,
        // These texts never look like numbers.
        Kind::Uuid
        | Kind::UuidText
        | Kind::Date
        | Kind::Time
        | Kind::TimeSpan
        | Kind::TimestampTz
        | Kind::Timestamp
        | Kind::Duration => matches!(affinity, Affinity::Text | Affinity::Numeric),
    }
}

/// The kinds that the column holds as wide as its type allows.
pub(in crate::dialect) fn kinds(found: &ExistingColumn) -> Vec<Kind> {
    match affinity(found) {
        Affinity::Integer | Affinity::Numeric => vec![Kind::Int64],
        Affinity::Real => vec![Kind::Float64],
        Affinity::Blob => vec![Kind::Bytes(None)],
        Affinity::Text => vec![Kind::Text(None)],
        Affinity::Any | Affinity::Generated => vec![],
    }
}

/// The length that a type declares. SQLite would not look at it; who reads the table relies on it all the same.
pub(super) fn room(found: &ExistingColumn) -> Option<Limit> {
    let (_, rest) = found.sql_type.split_once('(').filter(|_| affinity(found) == Affinity::Text)?;
    rest.strip_suffix(')')?.trim().parse().ok().map(Limit::Characters)
}
