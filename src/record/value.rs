//! One value: how it stands on the wire, and what the column makes of it.

pub(super) mod wider;

use std::fmt::Write;
use std::sync::Arc;

use super::json::{self, Renderer, Texts};
use super::retype::Retype;
use super::schema::{Record, Type};
use super::wire::Reader;
use super::{Code, Limit, datetime, rows};
use crate::dialect::cell::decimal::{DIGITS_MAX, with_digits};
use crate::dialect::cell::{Decimal, Duration, Encode, calendar};
pub use wider::As;
use wider::{decimal_value, uuid_value, wider};

/// How to read a value and what to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// Nothing on the wire, no column.
    Nothing,
    Boolean,
    Int,
    Long,
    /// A long for a column of 32 bits.
    LongAsInt,
    Float,
    Double,
    /// With a limit in bytes.
    Bytes(Option<u32>),
    /// With a limit in characters.
    Text(Option<u32>),
    Enum(Arc<[String]>),
    Fixed(usize),
    /// A decimal on bytes, or on a fixed of so many.
    Decimal {
        size: Option<usize>,
        precision: u32,
        scale: u32,
    },
    BigDecimal,
    /// Debezium's record of a scale and the unscaled bytes.
    VariableScale,
    /// A double that is a decimal.
    FixedPoint {
        precision: u32,
        scale: u32,
    },
    UuidText,
    UuidFixed,
    Date,
    /// A time of day as an int of milliseconds.
    TimeMillis,
    /// A time of day as a long; so many of its units are a microsecond: 1 or 1,000.
    TimeLong(i64),
    /// A signed time as a long of microseconds.
    TimeSpan,
    /// A timestamp as a long of units of so many microseconds.
    Timestamp(i64),
    /// A local date-time as an ISO text.
    Datetime,
    /// An instant as an ISO text.
    Zoned,
    Duration,
    /// A JSON text made of the value.
    Json(Type),
    /// A text that is JSON.
    JsonText,
    /// As the configuration wants it.
    Retyped(Retype),
    /// For a column that also holds what other schemas write.
    As(Box<Read>, As),
    /// For a column that takes no longer values.
    Within(Box<Read>, Limit),
}

/// Reads one value and appends its cell.
///
/// # Errors
/// Those of the wire; what the schema or the database does not allow.
#[inline]
pub fn read<E: Encode>(
    read: &Read,
    records: &[Record],
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Code> {
    match read {
        Read::Boolean => E::boolean(out, reader.boolean()?),
        Read::Int => E::int(out, reader.int()?),
        Read::Long => E::long(out, reader.long()?),
        Read::Float => E::float(out, f32::from_le_bytes(*reader.chunk()?))?,
        Read::Double => E::double(out, f64::from_le_bytes(*reader.chunk()?))?,
        Read::Text(None) => E::text(out, reader.string()?)?,
        Read::Timestamp(unit) => {
            let micros = reader.long()?.checked_mul(*unit).ok_or(Code::TimestampRange)?;
            E::timestamp(out, micros)?;
        }
        _ => return read_rarer::<E>(read, records, reader, out),
    }
    Ok(())
}

fn read_rarer<E: Encode>(
    read: &Read,
    records: &[Record],
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Code> {
    match read {
        Read::LongAsInt => E::int(out, i32::try_from(reader.long()?).map_err(|_| Code::IntOverflow)?),
        Read::Bytes(limit) => {
            let bytes = reader.bytes()?;
            within(bytes.len(), *limit)?;
            E::bytes(out, bytes);
        }
        Read::Text(limit) => {
            let text = reader.string()?;
            within(text.chars().count(), *limit)?;
            E::text(out, text)?;
        }
        Read::Enum(symbols) => E::text(out, &symbols[reader.index(symbols.len(), Code::BadEnum)?])?,
        Read::Fixed(size) => E::bytes(out, reader.take(*size)?),
        Read::Decimal { .. } | Read::FixedPoint { .. } => {
            decimal_value(read, reader, |value| E::decimal(out, &value))?;
        }
        Read::BigDecimal => big_decimal(reader.bytes()?, |value| E::decimal(out, &value))?,
        Read::VariableScale => {
            let (scale, bytes) = (reader.int()?, reader.bytes()?);
            scaled(bytes, i64::from(scale), |value| E::decimal(out, &value))?;
        }
        Read::UuidText | Read::UuidFixed => E::uuid(out, &uuid_value(read, reader)?),
        Read::Date => E::date(out, reader.int()?)?,
        Read::TimeMillis => E::time(out, time_of_day(i64::from(reader.int()?) * 1_000)?),
        Read::TimeLong(1) => E::time(out, time_of_day(reader.long()?)?),
        Read::TimeLong(units) => {
            let value = reader.long()?;
            let micros = time_of_day(value.div_euclid(*units))?;
            if value % units != 0 {
                return Err(Code::SubMicrosecond);
            }
            E::time(out, micros);
        }
        Read::TimeSpan => E::time_span(out, time_span(reader.long()?)?),
        Read::Datetime => E::timestamp(out, datetime::local(reader.string()?)?)?,
        Read::Zoned => E::timestamp(out, datetime::zoned(reader.string()?)?)?,
        Read::Duration => E::duration(out, duration(reader.take(12)?)?)?,
        Read::Json(ty) => nested::<E>(ty, records, reader, out)?,
        Read::JsonText => {
            let text = reader.string()?;
            json::check(text, Texts::of::<E>())?;
            E::json(out, |out| {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            })?;
        }
        Read::Retyped(retype) => retype.read::<E>(records, reader, out)?,
        Read::Within(inner, room) => {
            let start = out.len();
            self::read::<E>(inner, records, reader, out)?;
            // A cell is its length and its bytes; where the value is only read over there is none.
            if !room.holds(out.get(start + 4..).unwrap_or_default()) {
                return Err(Code::TooLong);
            }
        }
        Read::As(read, to) => wider::<E>(read, *to, reader, out)?,
        _ => {}
    }
    Ok(())
}

/// A nested value; a union's null branch is NULL.
fn nested<E: Encode>(ty: &Type, records: &[Record], reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
    let renderer = Renderer::new(records, Texts::of::<E>(), out.len());
    let Type::Union(branches) = ty else {
        return E::json(out, |out| renderer.value(ty, reader, out, 0));
    };
    let branch = &branches[reader.index(branches.len(), Code::BadUnion)?];
    if branch.ty == Type::Null {
        E::null(out);
        return Ok(());
    }
    E::json(out, |out| renderer.branch(branches, branch, reader, out, 0))
}

fn within(length: usize, limit: Option<u32>) -> Result<(), Code> {
    if limit.is_some_and(|limit| length > limit as usize) { Err(Code::TooLong) } else { Ok(()) }
}

fn time_of_day(micros: i64) -> Result<i64, Code> {
    if (0..calendar::DAY).contains(&micros) { Ok(micros) } else { Err(Code::TimeRange) }
}

/// A signed time that MySQL's TIME can hold.
///
/// # Errors
/// `time_range`.
pub fn time_span(micros: i64) -> Result<i64, Code> {
    if micros.unsigned_abs() <= TIME_SPAN_MAX { Ok(micros) } else { Err(Code::TimeRange) }
}

/// 838:59:59, the end of MySQL's TIME, in microseconds; MariaDB's ends with that second.
const TIME_SPAN_MAX: u64 = 3_020_399_000_000;

/// Reads an unscaled number of at most `precision` digits.
///
/// # Errors
/// `bad_decimal`, `decimal_range`.
pub fn decimal(bytes: &[u8], precision: u32, scale: u32, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    with_digits(bytes, |negative, digits| {
        if digits.len() > (precision as usize).min(DIGITS_MAX) || scale as usize > DIGITS_MAX {
            return Err(Code::DecimalRange);
        }
        then(Decimal { negative, digits, scale: scale as i32 });
        Ok(())
    })
}

/// Reads Avro's big-decimal: unscaled bytes and a scale inside of bytes.
///
/// # Errors
/// `bad_decimal`, `decimal_range`.
pub fn big_decimal(bytes: &[u8], then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    let mut reader = Reader::new(bytes);
    let parts = (reader.bytes(), reader.long(), reader.end());
    let (Ok(unscaled), Ok(scale), Ok(())) = parts else { return Err(Code::BadDecimal) };
    scaled(unscaled, scale, then)
}

/// Reads an unscaled number that stands behind its scale.
///
/// # Errors
/// `bad_decimal`, `decimal_range`.
pub fn scaled(bytes: &[u8], scale: i64, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    let max = DIGITS_MAX as i64;
    with_digits(bytes, |negative, digits| {
        if !(-max..=max).contains(&scale) || digits.len() as i64 - scale.min(0) > max {
            return Err(Code::DecimalRange);
        }
        then(Decimal { negative, digits, scale: scale as i32 });
        Ok(())
    })
}

/// A double as the decimal of so many digits that converts back to it.
///
/// # Errors
/// `decimal_inexact`, `decimal_range`.
pub fn fixed_point(value: f64, precision: u32, scale: u32, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    if !value.is_finite() {
        return Err(Code::DecimalInexact);
    }
    let mut text = Buffer { bytes: [0; FIXED_POINT], length: 0 };
    write!(text, "{value:.*}", scale as usize).map_err(|_| Code::DecimalRange)?;
    let text = &text.bytes[..text.length];
    let back: Option<f64> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    if back != Some(value) {
        return Err(Code::DecimalInexact);
    }
    let (mut digits, mut length) = ([0; FIXED_POINT], 0);
    for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
        if length > 0 || *byte != b'0' {
            digits[length] = *byte;
            length += 1;
        }
    }
    if length > precision as usize {
        return Err(Code::DecimalRange);
    }
    then(Decimal { negative: value < 0.0, digits: &digits[..length], scale: scale as i32 });
    Ok(())
}

/// A double has 309 digits before the point at most; a scale beyond the rest is no decimal of anyone's.
const FIXED_POINT: usize = 512;
/// The largest scale that the buffer has room for.
pub const FIXED_POINT_SCALE: u32 = 150;

struct Buffer {
    bytes: [u8; FIXED_POINT],
    length: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// A duration's three numbers, little-endian.
///
/// # Errors
/// `truncated`.
pub fn duration(bytes: &[u8]) -> Result<Duration, Code> {
    let mut reader = Reader::new(bytes);
    let mut number = || reader.chunk().map(|bytes| u32::from_le_bytes(*bytes));
    Ok(Duration { months: number()?, days: number()?, millis: number()? })
}

/// Writes nothing and refuses nothing: reads the values of a datum whose key alone is wanted.
pub struct Blind;

impl Encode for Blind {
    const NUL_IN_TEXT: bool = true;
    const JUDGES: bool = false;

    fn null(_: &mut Vec<u8>) {}
    fn boolean(_: &mut Vec<u8>, _: bool) {}
    fn int(_: &mut Vec<u8>, _: i32) {}
    fn long(_: &mut Vec<u8>, _: i64) {}
    fn float(_: &mut Vec<u8>, _: f32) -> Result<(), Code> {
        Ok(())
    }
    fn double(_: &mut Vec<u8>, _: f64) -> Result<(), Code> {
        Ok(())
    }
    fn bytes(_: &mut Vec<u8>, _: &[u8]) {}
    fn text(_: &mut Vec<u8>, _: &str) -> Result<(), Code> {
        Ok(())
    }
    fn uuid(_: &mut Vec<u8>, _: &[u8; 16]) {}
    fn decimal(_: &mut Vec<u8>, _: &Decimal<'_>) {}
    fn date(_: &mut Vec<u8>, _: i32) -> Result<(), Code> {
        Ok(())
    }
    fn time(_: &mut Vec<u8>, _: i64) {}
    fn time_span(_: &mut Vec<u8>, _: i64) {}
    fn timestamp(_: &mut Vec<u8>, _: i64) -> Result<(), Code> {
        Ok(())
    }
    fn duration(_: &mut Vec<u8>, _: Duration) -> Result<(), Code> {
        Ok(())
    }
    fn json(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Code>) -> Result<(), Code> {
        let start = out.len();
        write(out)?;
        out.truncate(start);
        Ok(())
    }
}

/// Whether the value is the trouble, while the bytes are read: it does not matter where the key alone is wanted.
pub fn is_of_value(read: &Read, code: Code) -> bool {
    let of_value = matches!(
        code,
        Code::TooLong
            | Code::BadDecimal
            | Code::DecimalRange
            | Code::DecimalInexact
            | Code::DateRange
            | Code::TimestampRange
            | Code::TimeRange
            | Code::SubMicrosecond
            | Code::BadDatetime
            | Code::BadUuid
            | Code::BadJson
            | Code::MapDuplicateKey
    );
    of_value && reads_on(read)
}

/// Whether the value is read to its end though something is wrong with it.
pub fn reads_on(read: &Read) -> bool {
    match read {
        Read::Json(_) => false,
        Read::Retyped(retype) => retype.reads_on(),
        Read::As(inner, _) | Read::Within(inner, _) => reads_on(inner),
        _ => true,
    }
}

/// Appends a NULL or what `write` makes of the value.
///
/// # Errors
/// Those of `write`.
pub fn optional<T>(
    out: &mut Vec<u8>,
    value: Option<T>,
    write: impl FnOnce(&mut Vec<u8>, T) -> Result<(), Code>,
) -> Result<(), Code> {
    match value {
        Some(value) => write(out, value),
        None => {
            rows::null(out);
            Ok(())
        }
    }
}
