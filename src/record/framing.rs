//! Takes the framing off a message: Yelp's envelope (`envelope_v1.avsc`) or Confluent's wire format.

#[cfg(test)]
pub(in crate::record) mod tests;

use super::wire::Reader;
use super::{Code, Data, Framed, Message, MessageType, Reason, Why};
use crate::config::{Format, KafkaKey, Mode, Topic};

/// The bytes before the envelope's fields of variable length: the magic byte and the uuid.
const YELP_HEADER: usize = 17;
const CONFLUENT_HEADER: usize = 5;

const MESSAGE_TYPES: [MessageType; 8] = [
    MessageType::Create,
    MessageType::Update,
    MessageType::Delete,
    MessageType::Refresh,
    MessageType::Heartbeat,
    MessageType::Monitor,
    MessageType::Registration,
    MessageType::Log,
];

/// Splits a message into its schema id and its datum, without copying; `scratch` holds a base64-framed envelope.
pub fn frame<'a>(format: Format, message: &Message<'a>, scratch: &'a mut Vec<u8>) -> Framed<'a> {
    let Some(value) = message.value else { return Framed::Tombstone };
    let Some(&magic) = value.first() else {
        return Framed::Dead(Reason::new(Code::EmptyPayload, "the value has no bytes"));
    };
    match (format, magic) {
        (Format::Confluent, 0) => confluent(value),
        (Format::Yelp, 0x30 | 0) => yelp(value),
        (Format::Yelp, 0x61) => match base64(&value[1..], scratch).map(|()| scratch.first()) {
            Some(Some(0x30 | 0)) => yelp(scratch),
            Some(Some(magic)) => bad_magic(*magic),
            Some(None) => Framed::Dead(Reason::new(Code::ShortHeader, "nothing stands behind the base64 mark")),
            None => Framed::Dead(Reason::new(Code::BadEnvelope, "the value is not URL-safe base64")),
        },
        (_, magic) => bad_magic(magic),
    }
}

/// The schema id inside the Kafka key, where the entry reads keys so: mode table, format confluent, an Avro key.
pub fn key_schema_id(entry: &Topic, message: &Message<'_>) -> Option<i32> {
    let reads_keys = entry.mode == Mode::Table && entry.format == Format::Confluent;
    if !reads_keys || !matches!(entry.kafka_key, KafkaKey::Auto | KafkaKey::Avro) {
        return None;
    }
    let (header, _) = message.key?.split_first_chunk::<CONFLUENT_HEADER>()?;
    schema_id(header)
}

/// The datum behind the wire format's header of a Kafka key.
pub(super) fn key_datum(key: &[u8]) -> Option<&[u8]> {
    let (header, datum) = key.split_first_chunk::<CONFLUENT_HEADER>()?;
    schema_id(header).map(|_| datum)
}

/// The schema id of the wire format's header.
pub(super) fn schema_id(header: &[u8; CONFLUENT_HEADER]) -> Option<i32> {
    let [magic, id @ ..] = *header;
    (magic == 0).then(|| i32::from_be_bytes(id))
}

fn bad_magic(magic: u8) -> Framed<'static> {
    Framed::Dead(Reason::new(
        Code::BadMagic,
        format!("the first byte is 0x{magic:02x}, which no such message begins with"),
    ))
}

fn short_header(value: &[u8], header: usize) -> Framed<'static> {
    let text = format!("the value has {} bytes, its header alone has {header}", value.len());
    Framed::Dead(Reason::new(Code::ShortHeader, text))
}

fn confluent(value: &[u8]) -> Framed<'_> {
    let Some((header, payload)) = value.split_first_chunk::<CONFLUENT_HEADER>() else {
        return short_header(value, CONFLUENT_HEADER);
    };
    let [_, id @ ..] = *header;
    Framed::Data(Data {
        schema_id: i32::from_be_bytes(id),
        message_type: None,
        payload,
        previous: None,
        uuid: None,
        timestamp: None,
        meta: &[],
    })
}

fn yelp(value: &[u8]) -> Framed<'_> {
    if value.len() < YELP_HEADER {
        return short_header(value, YELP_HEADER);
    }
    let mut reader = Reader::new(&value[1..]);
    match envelope(&mut reader) {
        Err(code) => {
            let text = format!("the envelope cannot be read: {code} at byte {}", reader.position() + 1);
            Framed::Dead(Reason::new(Code::BadEnvelope, text))
        }
        Ok((data, encrypted)) => match data.message_type {
            Some(MessageType::Heartbeat | MessageType::Monitor | MessageType::Registration) => {
                Framed::Skip(Why::Protected)
            }
            _ if encrypted => {
                Framed::Dead(Reason::new(Code::Encrypted, "the payload is encrypted, which is not supported yet"))
            }
            _ => Framed::Data(data),
        },
    }
}

/// The envelope's fields, and whether its payload is encrypted.
fn envelope<'a>(reader: &mut Reader<'a>) -> Result<(Data<'a>, bool), Code> {
    let uuid = *reader.chunk::<16>()?;
    let message_type = MESSAGE_TYPES[reader.index(MESSAGE_TYPES.len(), Code::BadEnum)?];
    let schema_id = reader.int()?;
    let payload = reader.bytes()?;
    let previous = if present(reader)? { Some(reader.bytes()?) } else { None };
    let meta = if present(reader)? { meta(reader)? } else { &[] };
    let encrypted = present(reader)?;
    if encrypted {
        reader.string()?;
    }
    let seconds = reader.int()?;
    reader.end()?;
    let data = Data {
        schema_id,
        message_type: Some(message_type),
        payload,
        previous,
        uuid: Some(uuid),
        timestamp: Some(i64::from(seconds) * 1_000_000),
        meta,
    };
    Ok((data, encrypted))
}

/// Reads the branch of `["null", T]`: whether T follows.
fn present(reader: &mut Reader<'_>) -> Result<bool, Code> {
    Ok(reader.index(2, Code::BadUnion)? == 1)
}

/// The bytes of the meta array.
fn meta<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Code> {
    let all = reader.rest();
    reader.blocks(|reader| meta_item(reader).map(|_| ()))?;
    Ok(&all[..all.len() - reader.rest().len()])
}

/// One item of the meta array: the id of its schema, and its datum.
pub(super) fn meta_item<'a>(reader: &mut Reader<'a>) -> Result<(i32, &'a [u8]), Code> {
    Ok((reader.int()?, reader.bytes()?))
}

/// Decodes URL-safe base64, padded or not; `None` where it is none.
fn base64(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &text[..text.len() - padding];
    if padding > 2 || text.len() % 4 == 1 || (padding > 0 && !(text.len() + padding).is_multiple_of(4)) {
        return None;
    }
    out.clear();
    for quad in text.chunks(4) {
        let mut bits = 0u32;
        for byte in quad {
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(six);
        }
        bits <<= 6 * (4 - quad.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..quad.len()]);
    }
    Some(())
}
