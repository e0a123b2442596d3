//! What waits to be written: rows by table and partition, the next offset by partition. Pure. Nothing is
//! collapsed across partitions before the flush, so a revoked partition's share leaves whole.

mod tail;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::record::{Header, Message, Partition, Reason, Rows, Table};

/// One transaction's worth of work, by partition.
#[derive(Debug, Default)]
pub struct Batch {
    /// Each partition's share, in the ledger's lock order.
    pub shares: BTreeMap<Partition, Share>,
}

/// What one partition adds to a batch: the offsets [from, next) and all that became of them.
#[derive(Debug)]
pub struct Share {
    /// The ledger's epoch of the claim under which it was read.
    pub epoch: i64,
    /// The ledger's offset that this share goes on from.
    pub from: i64,
    /// The next offset to read once this share is durable.
    pub next: i64,
    /// The last record delivered with an effect; `None` leaves what the ledger has.
    pub tail: Option<Tail>,
    /// Records that make no row though nothing is wrong with them.
    pub skipped: u64,
    /// Offsets that are never delivered: markers, aborted and compacted records.
    pub gap: u64,
    /// Ranges [from, to) that retention removed before they were read; they are among `gap`.
    pub lost: Vec<(i64, i64)>,
    /// The newest record's time, microseconds since 1970-01-01 UTC.
    pub last_timestamp: Option<i64>,
    /// Encoded rows, one segment a table shape.
    pub segments: Vec<Segment>,
    /// The records with an effect, in offset order.
    pub records: Vec<Record>,
    raw: Vec<u8>,
    /// Bytes of all headers.
    headers: usize,
}

/// The last record delivered: what tells a recreated or truncated topic from the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The record's own offset.
    pub offset: i64,
    /// A fingerprint of its timestamp, key and value.
    pub fingerprint: i64,
}

/// The rows of one partition in one shape of one table.
#[derive(Debug)]
pub struct Segment {
    /// The shape: the table as one writer schema wants it.
    pub table: Arc<Table>,
    /// The rows.
    pub rows: Rows,
}

/// One record with an effect on a table or the dead letters.
#[derive(Debug)]
pub struct Record {
    /// The record's own offset.
    pub offset: i64,
    /// Kafka's timestamp, milliseconds since 1970-01-01 UTC.
    pub timestamp: Option<i64>,
    /// The writer schema's id, where the framing could be read.
    pub schema_id: Option<i32>,
    /// What it does.
    pub effect: Effect,
    start: usize,
    key: Option<usize>,
    value: Option<usize>,
    headers: Box<[Header]>,
}

/// What a record does.
#[derive(Debug)]
pub enum Effect {
    /// Its row stands in the table.
    Row {
        /// Index in `Share::segments`.
        segment: usize,
        /// Index in the segment's rows.
        row: usize,
        /// The key that the row had before, if it moved.
        moved_from: Option<Box<[u8]>>,
    },
    /// The row of this key (encoded key cells) goes.
    Delete {
        /// Index in `Share::segments`; tells the table.
        segment: usize,
        /// The encoded key cells.
        key: Box<[u8]>,
    },
    /// It cannot become a row.
    Dead(Reason),
}

/// The raw bytes of a record, kept until the commit.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// The Kafka key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header],
}

impl Share {
    /// An empty share that goes on from the ledger's `from`.
    pub fn new(epoch: i64, from: i64) -> Share {
        Share {
            epoch,
            from,
            next: from,
            tail: None,
            skipped: 0,
            gap: 0,
            lost: Vec::new(),
            last_timestamp: None,
            segments: Vec::new(),
            records: Vec::new(),
            raw: Vec::new(),
            headers: 0,
        }
    }

    /// The segment of this shape, made if it is missing.
    pub fn segment(&mut self, table: &Arc<Table>) -> usize {
        if let Some(found) = self.segments.iter().rposition(|segment| Arc::ptr_eq(&segment.table, table)) {
            return found;
        }
        self.segments.push(Segment { table: Arc::clone(table), rows: Rows::default() });
        self.segments.len() - 1
    }

    /// Adds a record's effect, with its raw bytes.
    pub fn push(&mut self, message: &Message<'_>, schema_id: Option<i32>, effect: Effect) {
        let start = self.raw.len();
        self.raw.extend_from_slice(message.key.unwrap_or_default());
        self.raw.extend_from_slice(message.value.unwrap_or_default());
        self.headers += message.headers.iter().map(header_size).sum::<usize>();
        self.records.push(Record {
            offset: message.offset,
            timestamp: message.timestamp,
            schema_id,
            effect,
            start,
            key: message.key.map(<[u8]>::len),
            value: message.value.map(<[u8]>::len),
            headers: message.headers.into(),
        });
    }

    /// The raw bytes of a record of this share.
    pub fn raw<'a>(&'a self, record: &'a Record) -> Raw<'a> {
        let key_end = record.start + record.key.unwrap_or(0);
        let value_end = key_end + record.value.unwrap_or(0);
        Raw {
            key: record.key.map(|_| &self.raw[record.start..key_end]),
            value: record.value.map(|_| &self.raw[key_end..value_end]),
            headers: &record.headers,
        }
    }

    /// Remembers the last record with an effect as the tail, for the ledger.
    pub fn seal(&mut self) {
        if let Some(last) = self.records.last() {
            let Raw { key, value, headers } = self.raw(last);
            let (offset, timestamp) = (last.offset, last.timestamp);
            self.tail = Some(Tail::of(&Message { topic: "", partition: 0, offset, timestamp, key, value, headers }));
        }
    }

    /// Bytes held: raw records with their headers, what goes with each, and encoded rows.
    pub fn size(&self) -> usize {
        let records = self.records.len() * size_of::<Record>();
        self.raw.len() + self.headers + records + self.segments.iter().map(|segment| segment.rows.size()).sum::<usize>()
    }
}

/// Bytes that a header holds: its name and value, and where they lie.
fn header_size((name, value): &Header) -> usize {
    size_of::<Header>() + name.len() + value.as_ref().map_or(0, Vec::len)
}
