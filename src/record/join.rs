//! The lattice of kinds (docs/types.md, "When a schema changes"): what a column must be to hold the values of two.

use super::Kind;
use crate::dialect::cell::decimal::DIGITS_MAX;

/// Digits of the largest int, and of the largest long.
const INT_DIGITS: u32 = 10;
const LONG_DIGITS: u32 = 19;

/// The narrowest kind that holds every value of both, unchanged; `None` where there is none. Commutative,
/// associative, idempotent, so the order in which schemas come does not matter. Databases may have less room:
/// `Dialect::join`.
pub fn join(one: Kind, other: Kind) -> Option<Kind> {
    if one == other {
        return Some(one);
    }
    half(one, other).or_else(|| half(other, one))
}

/// Whether a column of `wide` holds every value of `narrow`.
pub fn holds(wide: Kind, narrow: Kind) -> bool {
    join(wide, narrow) == Some(wide)
}

/// The join of two different kinds in one order.
fn half(one: Kind, other: Kind) -> Option<Kind> {
    Some(match (one, other) {
        (Kind::Text(one), Kind::Text(other)) => Kind::Text(widest(one, other)),
        (Kind::Bytes(one), Kind::Bytes(other)) => Kind::Bytes(widest(one, other)),
        (Kind::Uuid, Kind::Text(_) | Kind::UuidText) | (Kind::UuidText, Kind::Text(_)) => Kind::Text(None),
        (Kind::Fixed(_), Kind::Fixed(_) | Kind::Bytes(_)) => Kind::Bytes(None),
        (Kind::Int32, Kind::Int64) => Kind::Int64,
        (Kind::Int32 | Kind::Float32, Kind::Float64) | (Kind::Int32, Kind::Float32) => Kind::Float64,
        (Kind::Int32 | Kind::Int64 | Kind::Decimal { .. }, Kind::BigDecimal) => Kind::BigDecimal,
        (Kind::Int32, Kind::Decimal { precision, scale }) => decimal((INT_DIGITS, 0), (precision, scale))?,
        (Kind::Int64, Kind::Decimal { precision, scale }) => decimal((LONG_DIGITS, 0), (precision, scale))?,
        (Kind::Decimal { precision: p, scale: s }, Kind::Decimal { precision, scale }) => {
            decimal((p, s), (precision, scale))?
        }
        _ => return None,
    })
}

/// The larger limit; none is the largest.
fn widest(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    Some(one?.max(other?))
}

/// The digits of both before the point, and those of both behind it; no more than any value may have.
fn decimal(one: (u32, u32), other: (u32, u32)) -> Option<Kind> {
    let scale = one.1.max(other.1);
    let whole = one.0.checked_sub(one.1)?.max(other.0.checked_sub(other.1)?);
    let precision = whole.checked_add(scale).filter(|precision| *precision as usize <= DIGITS_MAX)?;
    Some(Kind::Decimal { precision, scale })
}

#[cfg(test)]
mod tests;
