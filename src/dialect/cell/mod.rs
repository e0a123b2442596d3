//! The bytes of one cell (docs/types.md): what each database can hold is checked here, before SQL.
//!
//! | kind | PostgreSQL | MySQL, MariaDB | SQLite |
//! |---|---|---|---|
//! | Bool | 1 byte 0 or 1 | 1 byte 0 or 1 | i64, little-endian |
//! | Int32 | i32, big-endian | i32, little-endian | i64, little-endian |
//! | Int64, NanosUtc, NanosLocal | i64, big-endian | i64, little-endian | i64, little-endian |
//! | Float32 | f32, big-endian | f64, little-endian | f64, little-endian |
//! | Float64 | f64, big-endian | f64, little-endian | f64, little-endian |
//! | Text, UuidText, Bytes, Fixed | the bytes | the bytes | the bytes |
//! | Uuid | 16 bytes | 16 bytes | text of 36 |
//! | Json | 0x01 and the text | the text | the text |
//! | all others | binary, as the server sends it | text | text |

pub(crate) mod calendar;
pub(crate) mod decimal;
mod mysql;
mod nul;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

pub(crate) use decimal::Decimal;
pub(crate) use mysql::Mysql;
pub(crate) use postgres::{Postgres, PostgresReplace, PostgresStrip};
pub(crate) use sqlite::Sqlite;

use super::Dialect;
use crate::record::{Code, Column, From, Kind, rows};

/// Appends cells in one database's encoding; `Err` is a value that this database cannot hold. Checks of the
/// schema's own limits are not made here.
pub(crate) trait Encode {
    /// Whether a text may hold U+0000.
    const NUL_IN_TEXT: bool;
    /// Whether numbers in JSON are whole numbers of 64 bits or doubles.
    const JSON_DOUBLES: bool = false;
    /// Whether a value that cannot be held matters.
    const JUDGES: bool = true;

    #[inline]
    fn null(out: &mut Vec<u8>) {
        rows::null(out);
    }

    fn boolean(out: &mut Vec<u8>, value: bool);
    fn int(out: &mut Vec<u8>, value: i32);
    fn long(out: &mut Vec<u8>, value: i64);
    fn float(out: &mut Vec<u8>, value: f32) -> Result<(), Code>;
    fn double(out: &mut Vec<u8>, value: f64) -> Result<(), Code>;
    fn bytes(out: &mut Vec<u8>, value: &[u8]);
    fn text(out: &mut Vec<u8>, value: &str) -> Result<(), Code>;
    fn uuid(out: &mut Vec<u8>, value: &[u8; 16]);
    fn decimal(out: &mut Vec<u8>, value: &Decimal<'_>);
    /// Days since 1970-01-01.
    fn date(out: &mut Vec<u8>, days: i32) -> Result<(), Code>;
    /// Microseconds of a day, already checked.
    fn time(out: &mut Vec<u8>, micros: i64);
    /// A signed number of microseconds, already checked.
    fn time_span(out: &mut Vec<u8>, micros: i64);
    /// Microseconds since 1970-01-01, UTC or local.
    fn timestamp(out: &mut Vec<u8>, micros: i64) -> Result<(), Code>;
    fn duration(out: &mut Vec<u8>, value: Duration) -> Result<(), Code>;
    /// A JSON text that `write` appends.
    fn json(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Code>) -> Result<(), Code>;
}

/// Avro's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub months: u32,
    pub days: u32,
    pub millis: u32,
}

/// Bytes of a key in InnoDB.
const MYSQL_KEY: usize = 3_072;
const MYSQL_KEY_CHARACTERS: usize = 255;
/// Bytes of a key in PostgreSQL's B-tree: random bytes of 2,690 pass, 2,704 fail.
const POSTGRES_KEY: usize = 2_600;

impl Dialect {
    /// The characters that each text without a declared limit may have in this key (bytes: four times as many);
    /// `None` where the database limits none by itself.
    pub(crate) fn key_text_max(self, key: &[Column]) -> Option<usize> {
        if matches!(self, Dialect::Postgres | Dialect::Sqlite) {
            return None;
        }
        let bounded: usize = key.iter().filter_map(|column| self.key_bytes(column)).sum();
        let unbounded = key.iter().filter(|column| self.key_bytes(column).is_none()).count();
        Some((MYSQL_KEY.saturating_sub(bounded) / 4 / unbounded.max(1)).min(MYSQL_KEY_CHARACTERS))
    }

    /// Whether `key_text_max` limits this column of a key.
    pub(crate) fn key_is_unbounded(self, column: &Column) -> bool {
        self.key_bytes(column).is_none()
    }

    /// The bytes that all cells of one key may have together.
    pub(crate) fn key_size_max(self) -> Option<usize> {
        (self == Dialect::Postgres).then_some(POSTGRES_KEY)
    }

    /// Bytes of a key column in MySQL, where its type bounds them.
    fn key_bytes(self, column: &Column) -> Option<usize> {
        match (column.from, column.kind) {
            (From::Topic, _) => Some(4 * 249),
            (_, Kind::Text(Some(limit))) if limit <= 768 => Some(4 * (limit as usize).max(64)),
            (_, Kind::Bytes(Some(limit))) if limit <= 3_072 => Some((limit as usize).max(256)),
            (_, Kind::Text(_) | Kind::Bytes(_) | Kind::Json | Kind::BigDecimal) => None,
            (_, Kind::Fixed(length)) => Some(length as usize),
            (_, Kind::Decimal { precision, scale }) => {
                let fits = super::mysql::is_decimal(self, precision, scale);
                fits.then(|| decimal::packed(precision - scale.min(precision)) + decimal::packed(scale))
            }
            (_, Kind::Bool) => Some(1),
            (_, Kind::Int32) => Some(4),
            (_, Kind::Date) => Some(3),
            (_, Kind::Time | Kind::TimeSpan) => Some(6),
            (_, Kind::Uuid) => Some(16),
            (_, Kind::UuidText) => Some(36),
            (_, Kind::Duration) => Some(4 * 64),
            (_, Kind::Int64 | Kind::Float32 | Kind::Float64 | Kind::NanosUtc | Kind::NanosLocal) => Some(8),
            (_, Kind::TimestampTz | Kind::Timestamp) => Some(8),
        }
    }
}

/// Appends a cell of a known size in one go.
fn fixed<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    let mut cell = [0; 40];
    cell[..4].copy_from_slice(&(N as i32).to_be_bytes());
    cell[4..4 + N].copy_from_slice(&bytes);
    out.extend_from_slice(&cell[..4 + N]);
}

/// Appends a cell of these bytes.
fn slice(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = i32::try_from(bytes.len()).expect("a cell is smaller than a record");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a cell of a text that cannot fail.
fn text(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let written: Result<(), Code> = rows::cell(out, |out| {
        write(out);
        Ok(())
    });
    debug_assert!(written.is_ok(), "writing a text cannot fail");
}

/// The date as a text of a four-digit year.
fn date_text(out: &mut Vec<u8>, days: i32) -> Result<(), Code> {
    let days = i64::from(days);
    if !calendar::has_four_digits(days) {
        return Err(Code::DateRange);
    }
    let (year, month, day) = calendar::civil(days);
    fixed(out, calendar::date_digits(year, month, day));
    Ok(())
}

fn timestamp_text(out: &mut Vec<u8>, micros: i64) -> Result<(), Code> {
    let days = micros.div_euclid(calendar::DAY);
    if !calendar::has_four_digits(days) {
        return Err(Code::TimestampRange);
    }
    let (year, month, day) = calendar::civil(days);
    let mut text = [b' '; 26];
    text[..10].copy_from_slice(&calendar::date_digits(year, month, day));
    text[11..].copy_from_slice(&calendar::time_digits(micros.rem_euclid(calendar::DAY) * 1_000)[..15]);
    fixed(out, text);
    Ok(())
}
