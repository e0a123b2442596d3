//! Topic entries as they are validated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ColumnOverride, Nul};

/// One topic entry: which topics it takes and what becomes of them.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Which topics it takes.
    pub select: Select,
    /// Topics that it leaves out, though the pattern matches.
    pub exclude: Vec<regex::Regex>,
    /// How messages are framed.
    pub format: Format,
    /// One row a message, or the latest row of each key.
    pub mode: Mode,
    /// The template of the table's name.
    pub table: String,
    /// The template of the table's schema.
    pub schema: Option<String>,
    /// How names of tables and columns are made.
    pub naming: Naming,
    /// Mode stream: the primary key.
    pub unique: Unique,
    /// Format confluent with `unique: uuid`: where the uuid is.
    pub uuid: Option<UuidFrom>,
    /// Mode table: the key's column names; empty is the schema's `pkey`, else the Kafka key's fields.
    pub key: Vec<String>,
    /// Format confluent: how the Kafka key is encoded.
    pub kafka_key: KafkaKey,
    /// Whether deletes are applied.
    pub deletes: Deletes,
    /// Where a topic begins when this sink first sees it.
    pub start: Start,
    /// What to do with a table that has rows and is not ours.
    pub existing: Existing,
    /// The owner shown in comments and dead letters.
    pub owner: Option<String>,
    /// What becomes of nested values.
    pub nested: Nested,
    /// The schema by which all records are read, in place of each record's own.
    pub reader_schema: Option<ReaderSchema>,
    /// Which metadata columns there are.
    pub metadata: Vec<Metadata>,
    /// Whether several topics can reach one table through this entry, so that `_sink_topic` is a column.
    pub topic_column: bool,
    /// Whether `_sink_topic` stays out of the key though it is a column.
    pub shared_keys: bool,
    /// What happens when a schema changes.
    pub schema_changes: SchemaChanges,
    /// What happens to a field whose column holds something else.
    pub on_conflict: OnConflict,
    /// Which columns are made NOT NULL; `None` is the database's default.
    pub not_null: Option<NotNull>,
    /// The size in bytes up to which a table is rewritten for a wider type.
    pub rewrite_max: u64,
    /// What happens to a record that cannot become a row.
    pub on_bad_record: OnBadRecord,
    /// What happens when retention has removed records that were not read.
    pub on_gap: OnGap,
    /// Mode table: what happens when partitions are added.
    pub on_partition_change: OnPartitionChange,
    /// When too many dead letters stop a partition; `None` is never.
    pub breaker: Option<Breaker>,
    /// Whether this entry may share its table with another.
    pub merge: bool,
    /// What it says of single columns, by the names of their fields.
    pub columns: BTreeMap<String, ColumnOverride>,
    /// What becomes of U+0000 in texts that the database cannot hold.
    pub nul: Nul,
}

/// Which topics an entry takes.
#[derive(Clone, Debug)]
pub enum Select {
    /// These names.
    Names(Vec<String>),
    /// The names that match, anchored at both ends.
    Pattern(regex::Regex),
}

/// How messages are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Yelp's envelope (`0x30` and an Avro record around the payload).
    Yelp,
    /// Confluent's wire format (`0x00`, four bytes of schema id, the datum).
    Confluent,
}

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One row a message.
    Stream,
    /// The latest row of each key.
    Table,
}

/// Mode stream: what the primary key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unique {
    /// The message's uuid.
    Uuid,
    /// Topic, partition, offset.
    Position,
    /// There is none: rows are only appended.
    #[serde(alias = "off", alias = "false")]
    None,
}

/// How names of tables and columns are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// As they are.
    Keep,
    /// `snake_case`.
    Snake,
}

/// Format confluent: where the uuid of a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UuidFrom {
    /// The Kafka key: 16 bytes or a uuid's text.
    Key,
    /// A header of this name.
    Header(String),
    /// A field of this name.
    Field(String),
}

/// Format confluent: how the Kafka key is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KafkaKey {
    /// Avro where it begins with the wire format's magic byte, else none.
    Auto,
    /// Confluent's wire format.
    Avro,
    /// UTF-8 text.
    String,
    /// Four bytes, big-endian.
    Int32,
    /// Eight bytes, big-endian.
    Int64,
    /// The bytes themselves.
    Bytes,
    /// Not used.
    #[serde(alias = "off", alias = "false")]
    None,
}

/// Whether deletes are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deletes {
    /// The row goes.
    Apply,
    /// Counted as skipped.
    Ignore,
}

/// Where a topic begins when this sink first sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the first record that is retained.
    Earliest,
    /// At the end.
    Latest,
    /// At the first record of this time or later, milliseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// Where this other consumer group stopped.
    Group(String),
}

/// What to do with a table that has rows and is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// Stop the table.
    Refuse,
    /// Load into it.
    Adopt,
}

/// A schema by which all records of a topic are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderSchema {
    /// That of this id in the registry.
    Id(i32),
    /// That of this file.
    File(PathBuf),
}

/// What becomes of nested values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nested {
    /// One JSON text a field.
    Json,
    /// The fields of records become columns; arrays, maps and unions of several types become JSON.
    Flatten,
    /// The table stops.
    Reject,
}

/// A metadata column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metadata {
    /// `_sink_uuid`
    Uuid,
    /// `_sink_partition`
    Partition,
    /// `_sink_offset`
    Offset,
    /// `_sink_timestamp`
    Timestamp,
    /// `_sink_message_type`
    MessageType,
    /// `_sink_loaded_at`
    LoadedAt,
    /// `_sink_topic`
    Topic,
    /// `_sink_schema_id`
    SchemaId,
    /// `_sink_kafka_timestamp`
    KafkaTimestamp,
    /// `_sink_key`
    Key,
    /// `_sink_headers`
    Headers,
    /// `_sink_meta`
    Meta,
}

/// What happens when a schema changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaChanges {
    /// The table follows.
    Apply,
    /// Tables are made, never altered: a change stops the table.
    CreateOnly,
    /// Tables are made, never altered: new fields are left out, any other change stops the table.
    Ignore,
    /// Nothing is made or altered: a change stops the table.
    Refuse,
}

/// What happens to a field whose column holds something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The table stops.
    Stop,
    /// Its values go to a column of their own.
    NewColumn,
}

/// Which columns are made NOT NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotNull {
    /// Those that the schema never leaves empty.
    Schema,
    /// Those of the key alone, and partition and offset.
    Keys,
}

/// What happens to a record that cannot become a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBadRecord {
    /// It becomes a dead letter.
    DeadLetter,
    /// The partition stops before it.
    Stop,
}

/// What happens when retention has removed records that were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnGap {
    /// The partition stops.
    Stop,
    /// The range is written down and the partition goes on.
    Record,
}

/// Mode table: what happens when partitions are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnPartitionChange {
    /// The topic stops.
    Stop,
    /// The new partitions are read.
    Accept,
}

/// When too many dead letters of one reason stop a partition (from 1,000 records on).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// So many in a row.
    pub consecutive: u64,
    /// So many percent of the last 10,000.
    pub percent: f64,
}
