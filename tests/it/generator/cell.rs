//! What a value becomes in a column of a database, or why it becomes nothing: docs/types.md once more, on the values
//! as apache-avro reads them.

use apache_avro::types::Value;
use num_bigint::BigInt;

use super::calendar::{self, DAY};
use super::nested;
use super::schema::{Definition, Logical, OnFixed, Schema, Ty, Unit};
use super::table::{Db, Kind, is_decimal};
use crate::support::Kind as Database;

/// A cell as a query shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    /// A number of 32 bits, by its digits.
    Single(f32),
    /// A number of 64 bits.
    Double(f64),
    /// A text whose value as JSON counts.
    Json(String),
}

/// The code of a dead letter.
pub type Reason = &'static str;

/// A value, apart from how a database stores it.
enum Meant {
    Bool(bool),
    Int(i64),
    Single(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Digits, and how many of them stand behind the point.
    Decimal(BigInt, i64),
    Uuid([u8; 16]),
    /// Days since 1970.
    Date(i64),
    /// Microseconds of a day.
    Time(i64),
    /// Microseconds since 1970.
    Timestamp(i64),
    /// Months, days, milliseconds.
    Duration(u32, u32, u32),
    Json(String),
}

/// The cell of a field's value in a column of this kind.
///
/// # Errors
/// The reason of the dead letter.
pub fn cell(schema: &Schema, ty: &Ty, value: &Value, kind: Kind, db: Db) -> Result<Cell, Reason> {
    let (ty, value) = match (ty, value) {
        (Ty::Union(branches), Value::Union(index, value)) => {
            let branch = &branches[*index as usize];
            if *branch == Ty::Null {
                return Ok(Cell::Null);
            }
            let others = branches.iter().filter(|branch| **branch != Ty::Null).count();
            if others > 1 { (ty, &Value::Union(*index, value.clone())) } else { (branch, &**value) }
        }
        _ => (ty, value),
    };
    let meant = meant(schema, ty, value, db)?;
    Ok(shown(meant, kind, db))
}

fn meant(schema: &Schema, ty: &Ty, value: &Value, db: Db) -> Result<Meant, Reason> {
    let finite = |finite: bool, nan: bool| match db.database {
        Database::Mariadb | Database::Mysql if !finite => Err("not_finite"),
        Database::Sqlite if nan => Err("not_finite"),
        _ => Ok(()),
    };
    Ok(match (ty, value) {
        (Ty::Inert(inner, _), value) => return meant(schema, inner, value, db),
        (Ty::Array(_) | Ty::Map(_) | Ty::Union(_), _) => Meant::Json(nested::json(schema, ty, value, db)?),
        (Ty::Named(index), value) => match (&schema.named[*index].definition, value) {
            (Definition::Record(_), _) => Meant::Json(nested::json(schema, ty, value, db)?),
            (Definition::Enum(symbols), Value::Enum(index, _)) => Meant::Text(symbols[*index as usize].clone()),
            (Definition::Fixed(_, OnFixed::Decimal(precision, scale)), Value::Decimal(value)) => {
                decimal(value.clone().into(), *precision, *scale)?
            }
            (_, Value::Fixed(_, bytes)) => Meant::Bytes(bytes.clone()),
            (_, Value::Uuid(uuid)) => Meant::Uuid(*uuid.as_bytes()),
            (_, Value::Duration(duration)) => {
                let (months, days) = (u32::from(duration.months()), u32::from(duration.days()));
                if db.database == Database::Postgres && (months | days) > i32::MAX as u32 {
                    return Err("interval_range");
                }
                Meant::Duration(months, days, u32::from(duration.millis()))
            }
            (definition, value) => panic!("{definition:?} is read as {value:?}"),
        },
        (_, Value::Boolean(value)) => Meant::Bool(*value),
        (_, Value::Int(value)) => Meant::Int(i64::from(*value)),
        (_, Value::Long(value) | Value::TimestampNanos(value) | Value::LocalTimestampNanos(value)) => {
            Meant::Int(*value)
        }
        (_, Value::Float(value)) => {
            finite(value.is_finite(), value.is_nan())?;
            Meant::Single(*value)
        }
        (_, Value::Double(value)) => {
            finite(value.is_finite(), value.is_nan())?;
            Meant::Double(*value)
        }
        (_, Value::Bytes(bytes)) => Meant::Bytes(bytes.clone()),
        (_, Value::String(text)) => Meant::Text(checked(text, db)?.to_owned()),
        (_, Value::Uuid(uuid)) => Meant::Uuid(*uuid.as_bytes()),
        (Ty::Logical(Logical::Decimal(precision, scale)), Value::Decimal(value)) => {
            decimal(value.clone().into(), *precision, *scale)?
        }
        (_, Value::BigDecimal(value)) => {
            let (digits, scale) = value.as_bigint_and_exponent();
            big_decimal(&digits, scale)?;
            Meant::Decimal(digits, scale)
        }
        (_, Value::Date(days)) => Meant::Date(held(i64::from(*days), true, db).ok_or("date_range")?),
        (_, Value::TimeMillis(millis)) => Meant::Time(time(i64::from(*millis) * 1_000)?),
        (_, Value::TimeMicros(micros)) => Meant::Time(time(*micros)?),
        (Ty::Logical(Logical::Timestamp(unit) | Logical::LocalTimestamp(unit)), value) => {
            let factor = if *unit == Unit::Millis { 1_000 } else { 1 };
            let micros = number(value).checked_mul(factor).ok_or("timestamp_range")?;
            held(micros.div_euclid(DAY), false, db).ok_or("timestamp_range")?;
            Meant::Timestamp(micros)
        }
        (ty, value) => panic!("{ty:?} is read as {value:?}"),
    })
}

/// A timestamp's number.
pub fn number(value: &Value) -> i64 {
    match value {
        Value::TimestampMillis(number)
        | Value::TimestampMicros(number)
        | Value::TimestampNanos(number)
        | Value::LocalTimestampMillis(number)
        | Value::LocalTimestampMicros(number)
        | Value::LocalTimestampNanos(number) => *number,
        other => panic!("{other:?} is no timestamp"),
    }
}

/// The day, if the database has it.
fn held(days: i64, is_date: bool, db: Db) -> Option<i64> {
    let range = match db.database {
        // 4714-11-24 BC to 5874897-12-31, or to 294276-12-31.
        Database::Postgres => -2_440_588..=if is_date { 2_145_042_905 } else { 106_761_556 },
        _ => -719_162..=2_932_896,
    };
    range.contains(&days).then_some(days)
}

/// A text without what the database cannot hold.
pub fn checked(text: &str, db: Db) -> Result<&str, Reason> {
    if db.database == Database::Postgres && text.contains('\0') { Err("nul_in_text") } else { Ok(text) }
}

/// Microseconds that are a time of day.
pub fn time(micros: i64) -> Result<i64, Reason> {
    if (0..DAY).contains(&micros) { Ok(micros) } else { Err("time_range") }
}

/// A decimal of at most so many digits.
pub fn big_decimal(digits: &BigInt, scale: i64) -> Result<(), Reason> {
    let length = if *digits == BigInt::from(0) { 0 } else { digits.magnitude().to_string().len() as i64 };
    let fits = (-16_383..=16_383).contains(&scale) && length - scale.min(0) <= 16_383;
    if fits { Ok(()) } else { Err("decimal_range") }
}

fn decimal(digits: BigInt, precision: u32, scale: u32) -> Result<Meant, Reason> {
    in_precision(&digits, precision)?;
    Ok(Meant::Decimal(digits, i64::from(scale)))
}

/// Whether the number has at most so many digits.
pub fn in_precision(digits: &BigInt, precision: u32) -> Result<(), Reason> {
    let fits = *digits.magnitude() < BigInt::from(10).pow(precision).magnitude().clone();
    if fits { Ok(()) } else { Err("decimal_range") }
}

/// All digits of a number, `scale` of them behind the point (in front of it, zeros where that is negative).
pub fn plain(digits: &BigInt, scale: i64) -> String {
    let sign = if *digits < BigInt::from(0) { "-" } else { "" };
    let digits = digits.magnitude().to_string();
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { scale.unsigned_abs() as usize };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let padded = format!("{digits:0>width$}", width = scale as usize + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale as usize);
    format!("{sign}{whole}.{fraction}")
}

/// `P1M2DT0.003S`.
pub fn duration(months: u32, days: u32, millis: u32) -> String {
    format!("P{months}M{days}DT{}.{:03}S", millis / 1_000, millis % 1_000)
}

/// How the column's text looks to `compare::selected`.
fn shown(meant: Meant, kind: Kind, db: Db) -> Cell {
    let is_postgres = db.database == Database::Postgres;
    Cell::Text(match (meant, kind) {
        (Meant::Single(value), Kind::Float32) if is_postgres => return Cell::Single(value),
        (Meant::Single(value), Kind::Float32 | Kind::Float64) => return Cell::Double(f64::from(value)),
        (Meant::Double(value), Kind::Float64) => return Cell::Double(value),
        (Meant::Int(value), Kind::Float64) => return Cell::Double(value as f64),
        (Meant::Json(text), Kind::Json) if db.database == Database::Sqlite || db.is_mariadb => text,
        (Meant::Json(text), Kind::Json) => return Cell::Json(text),
        (Meant::Bool(value), Kind::Bool) => u8::from(value).to_string(),
        (Meant::Int(value), Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal) => value.to_string(),
        (Meant::Int(value), Kind::Decimal(_, 0) | Kind::BigDecimal) => value.to_string(),
        (Meant::Int(value), Kind::Decimal(_, scale)) => format!("{value}.{}", "0".repeat(scale as usize)),
        (Meant::Text(text), Kind::Text(_)) => text,
        (Meant::Bytes(bytes), Kind::Bytes | Kind::Fixed(_)) => format!("\\x{}", hex::encode(bytes)),
        (Meant::Decimal(digits, scale), Kind::Decimal(_, wider)) => {
            plain(&(digits * BigInt::from(10).pow(wider - scale as u32)), i64::from(wider))
        }
        (Meant::Decimal(digits, scale), Kind::BigDecimal) => plain(&digits, scale),
        (Meant::Uuid(bytes), Kind::Uuid) if db.database.is_mysql() => format!("\\x{}", hex::encode(bytes)),
        (Meant::Uuid(bytes), Kind::Uuid | Kind::Text(_)) => uuid(bytes),
        (Meant::Date(days), Kind::Date) => calendar::date(days, is_postgres),
        (Meant::Time(micros), Kind::Time) => calendar::time(micros, is_postgres),
        (Meant::Timestamp(micros), Kind::Timestamp) => calendar::timestamp(micros, is_postgres, ""),
        (Meant::Timestamp(micros), Kind::TimestampTz) => {
            calendar::timestamp(micros, is_postgres, if is_postgres { "+00" } else { "" })
        }
        (Meant::Duration(months, days, millis), Kind::Duration) if is_postgres => {
            format!("{:016x}{days:08x}{months:08x}", u64::from(millis) * 1_000)
        }
        (Meant::Duration(months, days, millis), Kind::Duration) => duration(months, days, millis),
        _ => panic!("such a value is not meant for {kind:?} (a decimal: {})", is_decimal(kind, db)),
    })
}

/// 36 characters in lower case.
pub fn uuid(bytes: [u8; 16]) -> String {
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}
