//! Values read as another type than their schema's, because the configuration says so: exactly, or not at all.

use super::json::{Renderer, Texts};
use super::schema::{Record, Type};
use super::value::{self, Blind, Read};
use super::wire::Reader;
use super::{Code, datetime, uuid};
use crate::config::TimeUnit;
use crate::dialect::cell::decimal::{DIGITS_MAX, with_digits};
use crate::dialect::cell::{Decimal, Encode, calendar};

/// Records inside each other that are left out at most.
const DEPTH_MAX: usize = 1_000;

/// How to read a value as what it was not.
#[derive(Clone, Debug, PartialEq)]
pub enum Retype {
    /// Read over, no column.
    Skip(Type),
    /// The text that the value would be in JSON, without quotes around it.
    TextOf(Type),
    /// A uuid's characters; whether it stands as 16 bytes.
    TextOfUuid(bool),
    /// A text; one that is a uuid, in its usual form.
    UuidOrText,
    /// The text of a uuid, which must have the usual form.
    UsualUuid,
    /// A uuid's 16 bytes; whether it stands so.
    BytesOfUuid(bool),
    /// 16 bytes that are a uuid.
    UuidOfBytes,
    /// A string's bytes in UTF-8.
    BytesOfText,
    DateOfText,
    DateOfLong,
    /// A timestamp as an int or a long.
    Timestamp {
        long: bool,
        unit: TimeUnit,
    },
    /// Of so many digits, so many of them behind the point.
    DecimalOfText(u32, u32),
    DecimalOfNumber {
        long: bool,
        precision: u32,
        scale: u32,
    },
    /// Of a big-decimal, or of Debezium's record of one.
    DecimalOfBig {
        record: bool,
        precision: u32,
        scale: u32,
    },
}

impl Retype {
    /// Reads one value and appends its cell.
    ///
    /// # Errors
    /// Those of the wire; a value that cannot be read as this.
    pub fn read<E: Encode>(&self, records: &[Record], reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
        match self {
            Retype::Skip(ty) => skip(ty, records, reader, 0)?,
            Retype::TextOf(ty) => text_of::<E>(ty, records, reader, out)?,
            Retype::TextOfUuid(raw) => {
                let text = calendar::uuid(&uuid_of(*raw, reader)?);
                E::text(out, std::str::from_utf8(&text).map_err(|_| Code::BadUuid)?)?;
            }
            Retype::UuidOrText => {
                let text = reader.string()?;
                let uuid = uuid::parse(text.as_bytes()).map(|uuid| calendar::uuid(&uuid));
                let usual = uuid.as_ref().and_then(|uuid| std::str::from_utf8(uuid).ok());
                E::text(out, usual.unwrap_or(text))?;
            }
            Retype::UsualUuid => {
                let text = reader.string()?;
                let usual = uuid::parse(text.as_bytes()).map(|uuid| calendar::uuid(&uuid));
                if usual.is_none_or(|usual| usual != *text.as_bytes()) {
                    return Err(Code::BadUuid);
                }
                E::text(out, text)?;
            }
            Retype::BytesOfUuid(raw) => E::bytes(out, &uuid_of(*raw, reader)?),
            Retype::UuidOfBytes => E::uuid(out, reader.bytes()?.try_into().map_err(|_| Code::BadUuid)?),
            Retype::BytesOfText => E::bytes(out, reader.string()?.as_bytes()),
            Retype::DateOfText => E::date(out, datetime::date(reader.string()?)?)?,
            Retype::DateOfLong => E::date(out, i32::try_from(reader.long()?).map_err(|_| Code::DateRange)?)?,
            Retype::Timestamp { long, unit } => {
                let value = number(*long, reader)?;
                E::timestamp(out, micros(value, *unit)?)?;
            }
            Retype::DecimalOfText(..) | Retype::DecimalOfNumber { .. } | Retype::DecimalOfBig { .. } => {
                self.decimal(reader, |value| E::decimal(out, &value))?;
            }
        }
        Ok(())
    }

    /// Whether it makes a decimal.
    pub fn is_decimal(&self) -> bool {
        matches!(self, Retype::DecimalOfText(..) | Retype::DecimalOfNumber { .. } | Retype::DecimalOfBig { .. })
    }

    /// Reads one value that becomes a decimal.
    ///
    /// # Errors
    /// Those of the wire; `bad_decimal`, `decimal_range`, `decimal_inexact`.
    pub fn decimal(&self, reader: &mut Reader<'_>, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
        match self {
            Retype::DecimalOfText(precision, scale) => {
                decimal_text(reader.string()?.as_bytes(), *precision, *scale, then)
            }
            Retype::DecimalOfNumber { long, precision, scale } => {
                with_digits(&number(*long, reader)?.to_be_bytes(), |negative, digits| {
                    rescale(&Decimal { negative, digits, scale: 0 }, *precision, *scale, then)
                })
            }
            Retype::DecimalOfBig { record, precision, scale } => {
                let mut done = Ok(());
                let rescaled = |value: Decimal<'_>| done = rescale(&value, *precision, *scale, then);
                if *record {
                    let (scale, bytes) = (reader.int()?, reader.bytes()?);
                    value::scaled(bytes, i64::from(scale), rescaled)?;
                } else {
                    value::big_decimal(reader.bytes()?, rescaled)?;
                }
                done
            }
            _ => Err(Code::BadDecimal),
        }
    }

    /// Whether the value is read to its end though something is wrong with it.
    pub fn reads_on(&self) -> bool {
        match self {
            Retype::TextOf(ty) => !is_nested(ty),
            _ => true,
        }
    }
}

fn is_nested(ty: &Type) -> bool {
    matches!(ty, Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Union(_))
}

fn uuid_of(raw: bool, reader: &mut Reader<'_>) -> Result<[u8; 16], Code> {
    if raw { reader.chunk().copied() } else { uuid::parse(reader.string()?.as_bytes()).ok_or(Code::BadUuid) }
}

fn number(long: bool, reader: &mut Reader<'_>) -> Result<i64, Code> {
    if long { reader.long() } else { reader.int().map(i64::from) }
}

fn micros(value: i64, unit: TimeUnit) -> Result<i64, Code> {
    let times = |factor| value.checked_mul(factor).ok_or(Code::TimestampRange);
    match unit {
        TimeUnit::S => times(1_000_000),
        TimeUnit::Ms => times(1_000),
        TimeUnit::Us => Ok(value),
        TimeUnit::Ns if value % 1_000 == 0 => Ok(value / 1_000),
        TimeUnit::Ns => Err(Code::SubMicrosecond),
    }
}

fn text_of<E: Encode>(ty: &Type, records: &[Record], reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
    // In a text the escape of U+0000 is as good as any other.
    let renderer = Renderer::new(records, Texts::default(), 0);
    let mut json = Vec::new();
    match ty {
        Type::Union(branches) => {
            let branch = &branches[reader.index(branches.len(), Code::BadUnion)?];
            if branch.ty == Type::Null {
                E::null(out);
                return Ok(());
            }
            renderer.branch(branches, branch, reader, &mut json, 0)?;
        }
        ty => renderer.value(ty, reader, &mut json, 0)?,
    }
    let text = match json.as_slice() {
        [b'"', inner @ .., b'"'] if !is_nested(ty) => inner,
        whole => whole,
    };
    E::text(out, std::str::from_utf8(text).map_err(|_| Code::BadUtf8)?)
}

/// Reads `-12.30`: digits, and digits behind a point, if there is one.
fn decimal_text(text: &[u8], precision: u32, scale: u32, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        text => (false, text),
    };
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !digits(whole) || (point.is_some() && !digits(fraction)) {
        return Err(Code::BadDecimal);
    }
    let all: Vec<u8> = whole.iter().chain(fraction).copied().skip_while(|digit| *digit == b'0').collect();
    let own = i32::try_from(fraction.len()).map_err(|_| Code::DecimalRange)?;
    rescale(&Decimal { negative, digits: &all, scale: own }, precision, scale, then)
}

/// The same number with so many digits behind the point.
fn rescale(value: &Decimal<'_>, precision: u32, scale: u32, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    let wanted = scale as i32;
    let more = i64::from(wanted) - i64::from(value.scale);
    let mut digits = value.digits.to_vec();
    if more < 0 {
        let kept = digits.len().saturating_sub(more.unsigned_abs() as usize);
        if digits[kept..].iter().any(|digit| *digit != b'0') {
            return Err(Code::DecimalInexact);
        }
        digits.truncate(kept);
    }
    let zeros = if digits.is_empty() { 0 } else { more.max(0) as usize };
    if digits.len() + zeros > (precision as usize).min(DIGITS_MAX) {
        return Err(Code::DecimalRange);
    }
    digits.resize(digits.len() + zeros, b'0');
    then(Decimal { negative: value.negative, digits: &digits, scale: wanted });
    Ok(())
}

/// Reads over one value.
fn skip(ty: &Type, records: &[Record], reader: &mut Reader<'_>, depth: usize) -> Result<(), Code> {
    if depth > DEPTH_MAX {
        return Err(Code::TooDeep);
    }
    match ty {
        Type::Null => {}
        Type::Boolean => drop(reader.boolean()?),
        Type::Int(_) => drop(reader.int()?),
        Type::Long(_) => drop(reader.long()?),
        Type::Float => drop(reader.take(4)?),
        Type::Double => drop(reader.take(8)?),
        Type::Bytes(_) | Type::String(_) => drop(reader.bytes()?),
        Type::Enum(symbols) => drop(reader.index(symbols.len(), Code::BadEnum)?),
        Type::Fixed(size, _) => drop(reader.take(*size)?),
        Type::Array(items) => reader.blocks(|reader| skip(items, records, reader, depth + 1))?,
        Type::Map(values) => reader.blocks(|reader| {
            reader.bytes()?;
            skip(values, records, reader, depth + 1)
        })?,
        Type::Union(branches) => {
            let branch = reader.index(branches.len(), Code::BadUnion)?;
            skip(&branches[branch].ty, records, reader, depth + 1)?;
        }
        Type::Refined(_, read) => match read.as_ref() {
            Read::JsonText => drop(reader.bytes()?),
            read => match value::read::<Blind>(read, records, reader, &mut Vec::new()) {
                Err(code) if !value::is_of_value(read, code) => return Err(code),
                _ => {}
            },
        },
        Type::Record(index) => {
            for field in &records[*index].fields {
                reader.item()?;
                skip(&field.ty, records, reader, depth + 1)?;
            }
        }
    }
    Ok(())
}
