//! A value for a column that also holds what other schemas write: exact.

use super::{Read, decimal, fixed_point};
use crate::dialect::cell::{Decimal, Encode, calendar};
use crate::record::wire::Reader;
use crate::record::{Code, uuid};

/// What a wider column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// A whole number of 64 bits.
    Long,
    /// A number that 53 bits hold.
    Double,
    /// A decimal with so many digits behind the point at least.
    Decimal { scale: u32 },
    /// A uuid in its usual form.
    Text,
}

impl As {
    /// Whether values that are read so can become this.
    pub fn takes(self, read: &Read) -> bool {
        match self {
            As::Long => matches!(read, Read::Int | Read::LongAsInt),
            As::Double => matches!(read, Read::Int | Read::LongAsInt | Read::Float),
            As::Decimal { .. } if matches!(read, Read::Retyped(retype) if retype.is_decimal()) => true,
            As::Decimal { .. } => matches!(
                read,
                Read::Int | Read::LongAsInt | Read::Long | Read::Decimal { .. } | Read::FixedPoint { .. }
            ),
            As::Text => matches!(read, Read::UuidText | Read::UuidFixed),
        }
    }
}

/// A value for a column of a wider kind.
pub fn wider<E: Encode>(read: &Read, to: As, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
    match (to, read) {
        (As::Long, _) => E::long(out, whole(read, reader)?),
        (As::Double, Read::Float) => E::double(out, f64::from(f32::from_le_bytes(*reader.chunk()?)))?,
        // An int has 32 bits, a double keeps 53.
        (As::Double, _) => E::double(out, whole(read, reader)? as f64)?,
        (As::Decimal { scale }, _) => {
            decimal_value(read, reader, |value| padded(value, scale, |it| E::decimal(out, &it)))?
        }
        (As::Text, _) => {
            let text = calendar::uuid(&uuid_value(read, reader)?);
            E::text(out, std::str::from_utf8(&text).map_err(|_| Code::BadUuid)?)?;
        }
    }
    Ok(())
}

/// A whole number.
fn whole(read: &Read, reader: &mut Reader<'_>) -> Result<i64, Code> {
    match read {
        Read::Int => Ok(i64::from(reader.int()?)),
        Read::LongAsInt => Ok(i64::from(i32::try_from(reader.long()?).map_err(|_| Code::IntOverflow)?)),
        _ => reader.long(),
    }
}

/// A number of a known scale, or a whole one.
pub fn decimal_value(read: &Read, reader: &mut Reader<'_>, then: impl FnOnce(Decimal<'_>)) -> Result<(), Code> {
    match read {
        Read::Decimal { size, precision, scale } => {
            let bytes = if let Some(size) = size { reader.take(*size)? } else { reader.bytes()? };
            decimal(bytes, *precision, *scale, then)
        }
        Read::FixedPoint { precision, scale } => {
            fixed_point(f64::from_le_bytes(*reader.chunk()?), *precision, *scale, then)
        }
        Read::Retyped(retype) => retype.decimal(reader, then),
        _ => {
            whole_decimal(whole(read, reader)?, then);
            Ok(())
        }
    }
}

pub fn whole_decimal(value: i64, then: impl FnOnce(Decimal<'_>)) {
    let (mut digits, mut at, mut rest) = ([0; 20], 20, value.unsigned_abs());
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    then(Decimal { negative: value < 0, digits: &digits[at..], scale: 0 });
}

/// The same number with so many digits behind the point at least.
pub fn padded(value: Decimal<'_>, scale: u32, then: impl FnOnce(Decimal<'_>)) {
    let missing = i64::from(scale) - i64::from(value.scale);
    if missing <= 0 {
        return then(value);
    }
    let mut digits = value.digits.to_vec();
    if !digits.is_empty() {
        digits.resize(digits.len() + missing as usize, b'0');
    }
    then(Decimal { digits: &digits, scale: scale as i32, ..value });
}

pub fn uuid_value(read: &Read, reader: &mut Reader<'_>) -> Result<[u8; 16], Code> {
    match read {
        Read::UuidText => uuid::parse(reader.string()?.as_bytes()).ok_or(Code::BadUuid),
        _ => reader.chunk().copied(),
    }
}
