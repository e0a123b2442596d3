//! One Kafka message, before and after its framing is taken off.

use std::fmt;
use std::sync::Arc;

/// A partition of a topic. Ordered by topic, then number: the lock order of the ledger.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub number: i32,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.topic, self.number)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One header of a Kafka message; a value may be null.
pub type Header = (String, Option<Vec<u8>>);

/// A message as the source received it; the bytes are borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition's number.
    pub partition: i32,
    /// The offset of this very message (not the next one to read).
    pub offset: i64,
    /// Kafka's timestamp, milliseconds since 1970-01-01 UTC.
    pub timestamp: Option<i64>,
    /// The Kafka key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, in their order.
    pub headers: &'a [Header],
}

/// The kinds of message of the Yelp envelope (`envelope_v1.avsc`, field `message_type`), in wire order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// A new row.
    Create,
    /// A changed row; the previous one may come with it.
    Update,
    /// A removed row.
    Delete,
    /// A row as it stands: part of a bootstrap.
    Refresh,
    /// Sign of life of an idle topic.
    Heartbeat,
    /// An audit count.
    Monitor,
    /// A client's registration.
    Registration,
    /// An event.
    Log,
}

/// What a framing gives: the datum with all that travelled beside it.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The registry's id of the writer schema of `payload` and `previous`.
    pub schema_id: i32,
    /// The envelope's message type; `None` where the format has no envelope (confluent).
    pub message_type: Option<MessageType>,
    /// The Avro datum.
    pub payload: &'a [u8],
    /// The row before the change, as a datum of the same schema.
    pub previous: Option<&'a [u8]>,
    /// The message's own uuid, where the format has one.
    pub uuid: Option<[u8; 16]>,
    /// The envelope's time, microseconds since 1970-01-01 UTC.
    pub timestamp: Option<i64>,
    /// The envelope's meta array, raw Avro bytes; empty where there is none.
    pub meta: &'a [u8],
}

/// Why a message makes no row though nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A null value in mode stream.
    Tombstone,
    /// Heartbeat, monitor or registration.
    Protected,
    /// A delete where `deletes: ignore` is set.
    DeletesIgnored,
}

/// A message without its framing.
#[derive(Debug)]
pub enum Framed<'a> {
    /// It carries a datum.
    Data(Data<'a>),
    /// Its value is null.
    Tombstone,
    /// It is not meant for a table.
    Skip(Why),
    /// Its framing is damaged.
    Dead(super::Reason),
}
