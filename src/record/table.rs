//! The table that one writer schema becomes.

use std::fmt;

use super::{Kind, Limit};
use crate::config::{Mode, Unique};

/// Where a table lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema (PostgreSQL) or database (MySQL); `None` is the connection's own.
    pub schema: Option<String>,
    /// The table's name, already mapped for the dialect.
    pub name: String,
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What fills a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum From {
    /// `_sink_uuid`
    Uuid,
    /// `_sink_topic`
    Topic,
    /// `_sink_partition`
    Partition,
    /// `_sink_offset`
    Offset,
    /// `_sink_timestamp`: the envelope's time, else Kafka's
    Timestamp,
    /// `_sink_message_type`
    MessageType,
    /// `_sink_loaded_at`: the start of the transaction; written by the sink, never by the decoder
    LoadedAt,
    /// `_sink_schema_id`
    SchemaId,
    /// `_sink_kafka_timestamp`
    KafkaTimestamp,
    /// `_sink_key`: the raw Kafka key
    KafkaKey,
    /// `_sink_headers`
    Headers,
    /// `_sink_meta`
    Meta,
    /// The field of this index among those that the writer schema becomes, records taken apart.
    Field(usize),
}

/// One column as a writer schema wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The column's name, already mapped for the dialect, not quoted.
    pub name: String,
    /// The field's names in the schema from the top down, with dots; of a metadata column its own name.
    pub path: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether the schema says that it is never null.
    pub not_null: bool,
    /// What fills it.
    pub from: From,
    /// The comment: the field's doc.
    pub comment: Option<String>,
    /// Whether its times have no digits behind the millisecond.
    pub millis: bool,
    /// The longest value that the column of the table takes, where that is less than its kind allows.
    pub room: Option<Limit>,
}

/// A table as one writer schema of one topic wants it: the shape of its rows. Key columns come first, then
/// metadata, then the fields in the schema's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Where it lives.
    pub name: TableName,
    /// All columns.
    pub columns: Vec<Column>,
    /// How many of the first columns are the primary key; 0 is a table without one.
    pub key: usize,
    /// One row a message, or the latest row of each key.
    pub mode: Mode,
    /// Mode stream: what the primary key is.
    pub unique: Unique,
    /// The comment: the record's doc and its owner.
    pub comment: Option<String>,
    /// Whether columns that the schema never leaves empty are made NOT NULL.
    pub not_null: bool,
    /// Our columns that this schema does not have: NULL in a row of mode table.
    pub absent: Vec<String>,
    /// Somebody else's columns, as far as they were there when the table was looked at.
    pub foreign: Vec<String>,
    /// Whether rows come by INSERT where they could come by COPY otherwise: into a view, ..
    pub by_insert: bool,
}
