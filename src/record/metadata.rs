//! The cells of metadata columns: what travelled beside the datum.

use super::framing::meta_item;
use super::json::{self, Renderer, Texts};
use super::value::optional;
use super::wire::Reader;
use super::{Code, Data, From, Message, MessageType, rows, uuid};
use crate::config::{Topic, UuidFrom};
use crate::dialect::cell::Encode;

/// One message with its parts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The message.
    pub message: &'a Message<'a>,
    /// Its envelope; a tombstone has none.
    pub data: Option<&'a Data<'a>>,
    /// Its uuid.
    pub uuid: Option<[u8; 16]>,
}

/// The uuid of a message, where it has one outside of its datum.
///
/// # Errors
/// `bad_uuid`.
pub fn uuid(entry: &Option<UuidFrom>, message: &Message<'_>, data: &Data<'_>) -> Result<Option<[u8; 16]>, Code> {
    let raw = match entry {
        None => return Ok(data.uuid),
        Some(UuidFrom::Field(_)) => return Ok(None),
        Some(UuidFrom::Key) => message.key,
        Some(UuidFrom::Header(name)) => {
            let found = message.headers.iter().find(|(header, _)| header == name);
            found.and_then(|(_, value)| value.as_deref())
        }
    };
    raw.map(|raw| uuid::raw_or_text(raw).ok_or(Code::BadUuid)).transpose()
}

/// Where the entry's messages have their uuid: the envelope, unless it says otherwise.
pub fn uuid_from(entry: &Topic) -> Option<UuidFrom> {
    match entry.format {
        crate::config::Format::Yelp => None,
        crate::config::Format::Confluent => entry.uuid.clone(),
    }
}

/// Appends the cell of a metadata column.
///
/// # Errors
/// What the database cannot hold.
pub fn cell<E: Encode>(from: From, context: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
    let (message, data) = (context.message, context.data);
    match from {
        From::Uuid => optional(out, context.uuid, |out, uuid| {
            E::uuid(out, &uuid);
            Ok(())
        })?,
        From::Topic => E::text(out, message.topic)?,
        From::Partition => E::int(out, message.partition),
        From::Offset => E::long(out, message.offset),
        From::Timestamp => {
            let kafka = || message.timestamp.and_then(|millis| millis.checked_mul(1_000));
            timestamp::<E>(data.and_then(|data| data.timestamp).or_else(kafka), out);
        }
        From::KafkaTimestamp => {
            timestamp::<E>(message.timestamp.and_then(|millis| millis.checked_mul(1_000)), out);
        }
        From::MessageType => {
            let name = data.and_then(|data| data.message_type).map(type_name);
            optional(out, name, |out, name| E::text(out, name))?;
        }
        From::SchemaId => optional(out, data, |out, data| {
            E::int(out, data.schema_id);
            Ok(())
        })?,
        From::KafkaKey => optional(out, message.key, |out, key| {
            E::bytes(out, key);
            Ok(())
        })?,
        From::Headers => headers::<E>(message, out)?,
        From::Meta => meta::<E>(data.map_or(&[], |data| data.meta), out)?,
        // The sink knows when.
        From::LoadedAt => rows::null(out),
        From::Field(_) => {}
    }
    Ok(())
}

/// A time of no use to the database is NULL: it is not the row's content.
fn timestamp<E: Encode>(micros: Option<i64>, out: &mut Vec<u8>) {
    let start = out.len();
    if micros.is_none_or(|micros| E::timestamp(out, micros).is_err()) {
        out.truncate(start);
        rows::null(out);
    }
}

fn type_name(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Create => "create",
        MessageType::Update => "update",
        MessageType::Delete => "delete",
        MessageType::Refresh => "refresh",
        MessageType::Heartbeat => "heartbeat",
        MessageType::Monitor => "monitor",
        MessageType::Registration => "registration",
        MessageType::Log => "log",
    }
}

/// `[{"name":"a","value":"00ff"},..]`: bytes are hexadecimal, as in all JSON here.
fn headers<E: Encode>(message: &Message<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
    if message.headers.is_empty() {
        rows::null(out);
        return Ok(());
    }
    let renderer = Renderer::new(&[], Texts::of::<E>(), out.len());
    E::json(out, |out| {
        out.push(b'[');
        for (index, (name, value)) in message.headers.iter().enumerate() {
            out.extend_from_slice(if index > 0 { b",{\"name\":" } else { b"{\"name\":" });
            renderer.text(name, out)?;
            out.extend_from_slice(b",\"value\":");
            match value {
                Some(value) => json::hex(value, out),
                None => out.extend_from_slice(b"null"),
            }
            out.push(b'}');
        }
        out.push(b']');
        Ok(())
    })
}

/// `[{"schema_id":7,"payload":"00ff"},..]`.
fn meta<E: Encode>(meta: &[u8], out: &mut Vec<u8>) -> Result<(), Code> {
    if meta.is_empty() {
        rows::null(out);
        return Ok(());
    }
    E::json(out, |out| {
        let mut separator: &[u8] = b"[";
        Reader::new(meta).blocks(|reader| {
            let (id, payload) = meta_item(reader)?;
            out.extend_from_slice(std::mem::replace(&mut separator, b","));
            out.extend_from_slice(b"{\"schema_id\":");
            json::number(i64::from(id), out);
            out.extend_from_slice(b",\"payload\":");
            json::hex(payload, out);
            out.push(b'}');
            Ok(())
        })?;
        if separator == b"[" {
            out.push(b'[');
        }
        out.push(b']');
        Ok(())
    })
}
