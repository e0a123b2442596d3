//! What existing columns hold: those that we made, and those that people and other loaders made. A column holds a
//! kind if every value of it can be written and read back equal; where the column takes only shorter ones, the
//! longer are refused before they get there (`room`).

pub(super) mod mysql;
pub(super) mod postgres;
pub(super) mod sqlite;

use super::Dialect;
use super::plan::{ExistingColumn, ExistingTable, arguments};
use crate::record::{Column, From, Kind, Limit};

impl Dialect {
    /// The longest value that an existing column takes, where that is less than the wanted one's kind allows; `ty`
    /// is the type that a new table would have.
    pub(super) fn room(self, found: &ExistingColumn, column: &Column, ty: &str) -> Option<Limit> {
        let bounds = match column.kind {
            Kind::Text(_) | Kind::Bytes(_) if matches!(column.from, From::Field(_)) => match self {
                Dialect::Postgres => postgres::room(found),
                Dialect::Mysql | Dialect::Mariadb => mysql::room(found),
                Dialect::Sqlite => sqlite::room(found),
            },
            _ => None,
        };
        let ty = ty.to_ascii_lowercase();
        let wanted = match column.kind {
            Kind::Text(limit) => limit.or_else(|| first(&ty, "varchar")),
            Kind::Bytes(limit) => limit.or_else(|| first(&ty, "varbinary")),
            _ => None,
        };
        bounds.filter(|bounds| match (*bounds, column.kind) {
            (Limit::Bytes(most), Kind::Text(_)) => wanted.is_none_or(|wanted| 4 * wanted as usize > most),
            (Limit::Bytes(most) | Limit::Characters(most), _) => wanted.is_none_or(|wanted| wanted as usize > most),
        })
    }

    /// Whether a column of somebody else's may stand in this kind for the wanted one, though no schema change leads
    /// there: PostgreSQL's `timestamp` takes instants as what a clock in UTC shows, as Kafka Connect writes them.
    pub(super) fn adopts(self, found: &ExistingColumn, kind: Kind, wanted: Kind) -> bool {
        self == Dialect::Postgres && !found.is_own() && (kind, wanted) == (Kind::Timestamp, Kind::TimestampTz)
    }

    /// Whether rows come by INSERT where they could come by COPY otherwise.
    pub(super) fn by_insert(self, existing: &ExistingTable, columns: &[Column]) -> bool {
        let needs_cast =
            |found: &ExistingColumn| found.sql_type == "json" && columns.iter().any(|column| column.name == found.name);
        self == Dialect::Postgres && (existing.is_view || existing.columns.iter().any(needs_cast))
    }
}

/// The first number of `name(1,2)`.
fn first(sql_type: &str, name: &str) -> Option<u32> {
    arguments(sql_type, name)?.first().copied()
}

/// Whether each column of one decimal type holds all of another: digits before the point and behind it.
fn decimal_holds(held: &[u32], precision: u32, scale: u32) -> bool {
    match held {
        [p, s] => *s >= scale && p.saturating_sub(*s) >= precision.saturating_sub(scale),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
