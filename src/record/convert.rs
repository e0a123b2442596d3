//! A field's values for a column of another kind: exact, or not at all.

use super::Kind;
use super::join::holds;
use super::retype::Retype;
use super::value::{As, Read};

/// How to read a field of the kind `from` for a column of the kind `to`, which holds all its values; `None` where
/// there is no way.
pub fn convert(read: &Read, from: Kind, to: Kind) -> Option<Read> {
    if from == to {
        return Some(read.clone());
    }
    if (from, to) == (Kind::TimestampTz, Kind::Timestamp) {
        // What a clock in UTC shows has the same cell.
        return Some(read.clone());
    }
    if !holds(to, from) {
        return None;
    }
    let to = match (from, to) {
        // The value's cell is the same: limits are the schema's, and a big decimal takes each scale.
        (Kind::Text(_) | Kind::UuidText, Kind::Text(_))
        | (Kind::Bytes(_) | Kind::Fixed(_), Kind::Bytes(_))
        | (Kind::Decimal { .. }, Kind::BigDecimal) => return Some(read.clone()),
        (_, Kind::Int64) => As::Long,
        (_, Kind::Float64) => As::Double,
        (_, Kind::Decimal { scale, .. }) => As::Decimal { scale },
        (_, Kind::BigDecimal) => As::Decimal { scale: 0 },
        (Kind::Uuid, Kind::Text(_)) => As::Text,
        _ => return None,
    };
    to.takes(read).then(|| Read::As(Box::new(read.clone()), to))
}

/// How to read a field of the Kafka key of the kind `from` as the payload's field of the kind `to`. Values that the
/// payload's field cannot have name no row.
pub fn as_field(read: &Read, from: Kind, to: Kind) -> Option<Read> {
    match (from, to) {
        (Kind::Text(_), Kind::Text(_)) | (Kind::Bytes(_), Kind::Bytes(_)) => Some(read.clone()),
        (Kind::Int64, Kind::Int32) if *read == Read::Long => Some(Read::LongAsInt),
        (Kind::Text(_), Kind::Uuid) => Some(Read::UuidText),
        (Kind::Text(_), Kind::UuidText) => Some(Read::Retyped(Retype::TextOfUuid(false))),
        (Kind::Int32, Kind::Int64) => convert(read, from, to),
        (Kind::Decimal { scale: one, .. }, Kind::Decimal { scale: other, .. }) if one == other => Some(read.clone()),
        _ => (from == to).then(|| read.clone()),
    }
}

#[cfg(test)]
mod tests;
