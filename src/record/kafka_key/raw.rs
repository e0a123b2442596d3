//! A Kafka key that is one value without a schema.

use crate::config::KafkaKey;
use crate::dialect::cell::{Encode, calendar};
use crate::record::value::wider::{padded, whole_decimal};
use crate::record::{Code, Kind, uuid};

/// How such a key is written, what the payload's field takes of it, and what the column makes of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawKey {
    declared: KafkaKey,
    field: Kind,
    column: Kind,
}

impl RawKey {
    /// `None`: such a key cannot be this field, or the field not this column.
    pub fn new(declared: KafkaKey, field: Kind, column: Kind) -> Option<RawKey> {
        let is_key = match declared {
            KafkaKey::String => matches!(field, Kind::Text(_) | Kind::Uuid | Kind::UuidText),
            KafkaKey::Bytes => matches!(field, Kind::Bytes(_) | Kind::Fixed(_) | Kind::Uuid | Kind::UuidText),
            KafkaKey::Int32 | KafkaKey::Int64 => matches!(field, Kind::Int32 | Kind::Int64),
            KafkaKey::Auto | KafkaKey::Avro | KafkaKey::None => false,
        };
        let is_column = match field {
            Kind::Text(_) => matches!(column, Kind::Text(_)),
            Kind::Bytes(_) | Kind::Fixed(_) => matches!(column, Kind::Bytes(_) | Kind::Fixed(_)),
            Kind::Uuid => matches!(column, Kind::Uuid | Kind::Text(_)),
            Kind::UuidText => matches!(column, Kind::UuidText | Kind::Text(_)),
            _ => matches!(column, Kind::Int32 | Kind::Int64 | Kind::Decimal { .. }),
        };
        (is_key && is_column).then_some(RawKey { declared, field, column })
    }

    /// Appends the key's cell.
    ///
    /// # Errors
    /// `no_key` where the bytes are no such key.
    pub fn read<E: Encode>(self, key: &[u8], out: &mut Vec<u8>) -> Result<(), Code> {
        match (self.declared, self.field) {
            (KafkaKey::Int32, _) => {
                self.whole::<E>(i64::from(i32::from_be_bytes(key.try_into().map_err(|_| Code::NoKey)?)), out)
            }
            (KafkaKey::Int64, _) => self.whole::<E>(i64::from_be_bytes(key.try_into().map_err(|_| Code::NoKey)?), out),
            (KafkaKey::String, Kind::Uuid | Kind::UuidText) => match uuid::parse(key) {
                Some(uuid) => self.uuid::<E>(&uuid, out),
                // Rows of schemas whose field is a string.
                None if matches!(self.column, Kind::Text(_)) => text::<E>(key, out),
                None => Err(Code::BadUuid),
            },
            (_, Kind::Uuid | Kind::UuidText) => self.uuid::<E>(key.try_into().map_err(|_| Code::BadUuid)?, out),
            (KafkaKey::String, _) => text::<E>(key, out),
            (_, Kind::Fixed(length)) if length as usize != key.len() => Err(Code::NoKey),
            _ => {
                E::bytes(out, key);
                Ok(())
            }
        }
    }

    fn whole<E: Encode>(self, value: i64, out: &mut Vec<u8>) -> Result<(), Code> {
        match self.column {
            Kind::Int32 => E::int(out, i32::try_from(value).map_err(|_| Code::IntOverflow)?),
            Kind::Decimal { scale, .. } => whole_decimal(value, |it| padded(it, scale, |it| E::decimal(out, &it))),
            _ => E::long(out, value),
        }
        Ok(())
    }

    fn uuid<E: Encode>(self, value: &[u8; 16], out: &mut Vec<u8>) -> Result<(), Code> {
        if self.column == Kind::Uuid {
            E::uuid(out, value);
            return Ok(());
        }
        E::text(out, std::str::from_utf8(&calendar::uuid(value)).map_err(|_| Code::BadUuid)?)
    }
}

fn text<E: Encode>(key: &[u8], out: &mut Vec<u8>) -> Result<(), Code> {
    E::text(out, simdutf8::basic::from_utf8(key).map_err(|_| Code::BadUtf8)?)
}
