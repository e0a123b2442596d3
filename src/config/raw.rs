//! The file as it may be written: what serde reads and what the JSON Schema says. All keys are optional here;
//! `validate` knows which are not, and the defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units::{Lasting, OneOrMany, OrNone, Size};
use super::{
    ColumnOverride, Deletes, Existing, Format, KafkaKey, Metadata, Mode, Naming, Nested, NotNull, Nul, OnBadRecord,
    OnConflict, OnGap, OnPartitionChange, SchemaChanges, Tls, Unique,
};

/// A configuration of flatsink.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "flatsink")]
pub(super) struct RawConfig {
    /// Names this sink: its rows in the ledger, its metrics; 1 to 64 of a-z 0-9 _ -. Required.
    pub(super) sink: Option<String>,
    /// The brokers and the consumer group. Required.
    pub(super) kafka: Option<RawKafka>,
    /// Where writer schemas come from: exactly one of the three. Required.
    pub(super) schemas: Option<RawSchemas>,
    /// Where tables are made. Required.
    pub(super) database: Option<RawDatabase>,
    /// What each topic entry takes unless it says otherwise.
    #[expect(dead_code, reason = "merged into the entries before they are read")]
    pub(super) defaults: Option<RawTopic>,
    /// Which topics to load and how, at least one. A name beats a pattern; of patterns the first wins. Required.
    pub(super) topics: Option<Vec<RawTopic>>,
    /// The limits of one batch: one transaction of one worker.
    pub(super) batch: Option<RawBatch>,
    /// Consumers in this process. Default 1.
    pub(super) workers: Option<usize>,
    /// What all buffers together may hold, prefetch included. Default 64MiB.
    pub(super) memory_max: Option<Size>,
    /// The largest record. Default 16MiB.
    pub(super) record_max: Option<Size>,
    /// How long a schema id must be unknown to the registry before its records become dead letters. Default 60s.
    pub(super) unknown_schema_after: Option<Lasting>,
    /// How long a stop may take. Default 25s.
    pub(super) shutdown_max: Option<Lasting>,
    /// Where the HTTP endpoints listen, or none. Default $FLATSINK_HTTP, else 127.0.0.1:9464.
    pub(super) http: Option<OrNone<String>>,
}

/// The brokers and the consumer group.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Kafka")]
pub(super) struct RawKafka {
    /// host:port of the brokers to ask first. Required.
    pub(super) brokers: Option<OneOrMany>,
    /// The consumer group. Default flatsink-<sink>.
    pub(super) group: Option<String>,
    /// librdkafka properties, except those that flatsink owns.
    pub(super) properties: Option<BTreeMap<String, Scalar>>,
}

/// A text, number or boolean.
#[derive(Debug, Deserialize)]
pub(super) struct Scalar(pub(super) String);

/// Where writer schemas come from: exactly one of the three.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Schemas")]
pub(super) struct RawSchemas {
    /// A folder of files <id>.avsc or NAME.<id>.avsc.
    pub(super) directory: Option<PathBuf>,
    /// A Confluent-compatible registry.
    pub(super) confluent: Option<RawRegistry>,
    /// Yelp's Schematizer.
    pub(super) schematizer: Option<RawRegistry>,
}

/// How a registry is reached over HTTP.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Registry")]
pub(super) struct RawRegistry {
    /// http:// or https://. Required.
    pub(super) url: Option<String>,
    /// Basic authentication.
    pub(super) user: Option<String>,
    /// Basic authentication.
    pub(super) password: Option<String>,
    /// Bearer authentication.
    pub(super) bearer_token: Option<String>,
    /// A PEM file of certificate authorities. Default the system's.
    pub(super) ca_file: Option<PathBuf>,
    /// A PEM file of the client's certificate.
    pub(super) cert_file: Option<PathBuf>,
    /// A PEM file of the client's private key.
    pub(super) key_file: Option<PathBuf>,
    /// The longest that one request may take. Default 10s.
    pub(super) timeout: Option<Lasting>,
}

/// How the database is reached.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Database")]
pub(super) struct RawDatabase {
    /// postgres:// mysql:// mariadb:// sqlite://. Required.
    pub(super) url: Option<String>,
    /// The user, instead of the URL's; taken as it is, no encoding.
    pub(super) user: Option<String>,
    /// The password, instead of the URL's; taken as it is, no encoding.
    pub(super) password: Option<String>,
    /// PostgreSQL: the schema where tables are made (default public); MySQL: another database.
    pub(super) schema: Option<String>,
    /// PostgreSQL: the schema where flatsink's own tables live (default flatsink); MySQL: another database.
    pub(super) ledger_schema: Option<String>,
    /// Encryption. Default verify-full; none on loopback and sockets.
    pub(super) tls: Option<Tls>,
    /// A PEM file of certificate authorities. Default the system's.
    pub(super) ca_file: Option<PathBuf>,
    /// A PEM file of the client's certificate.
    pub(super) cert_file: Option<PathBuf>,
    /// A PEM file of the client's private key.
    pub(super) key_file: Option<PathBuf>,
}

/// A topic entry.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topic")]
pub(super) struct RawTopic {
    /// A name or a list of names. This or `pattern`.
    pub(super) topic: Option<OneOrMany>,
    /// A regular expression that the whole name must match; named groups can be used in templates.
    pub(super) pattern: Option<String>,
    /// Patterns of topics that `pattern` must not take.
    pub(super) exclude: Option<OneOrMany>,
    /// How messages are framed. Default yelp.
    pub(super) format: Option<Format>,
    /// One row a message (stream) or the latest row of each key (table). Default stream.
    pub(super) mode: Option<Mode>,
    /// Template of the table's name: {topic}, {namespace}, {record} and the pattern's named groups. Default {topic}.
    pub(super) table: Option<String>,
    /// Template of the table's schema. Default database.schema.
    pub(super) schema: Option<String>,
    /// How names of tables and columns are made. Default keep.
    pub(super) naming: Option<Naming>,
    /// Mode stream: the primary key, or none. Default uuid for yelp, position for confluent.
    pub(super) unique: Option<Unique>,
    /// Format confluent: where the uuid is: key, header:NAME or field:NAME.
    pub(super) uuid: Option<String>,
    /// Mode table: column names. Default the schema's pkey, else the Kafka key's fields.
    pub(super) key: Option<OneOrMany>,
    /// Format confluent: how the Kafka key is encoded. Default auto.
    pub(super) kafka_key: Option<KafkaKey>,
    /// Mode table: whether deletes are applied. Default apply.
    pub(super) deletes: Option<Deletes>,
    /// Where the topic begins when this sink first sees it: earliest, latest, a time (2026-01-31T00:00:00Z) or
    /// group:NAME. Default earliest.
    pub(super) start: Option<String>,
    /// What to do with a table that has rows and is not this sink's. Default refuse.
    pub(super) existing: Option<Existing>,
    /// Shown in table comments, dead letters and status.
    pub(super) owner: Option<String>,
    /// What becomes of nested values. Default json.
    pub(super) nested: Option<Nested>,
    /// The schema by which all records are read, an id of the registry or a file. Default each record's own.
    pub(super) reader_schema: Option<Scalar>,
    /// The metadata columns. Default uuid, partition, offset, timestamp, message_type, where there are such.
    pub(super) metadata: Option<Vec<Metadata>>,
    /// Several topics in one table: keys are equal across topics, so _sink_topic stays out of the primary key.
    pub(super) shared_keys: Option<bool>,
    /// What happens when a schema changes. Default apply.
    pub(super) schema_changes: Option<SchemaChanges>,
    /// What happens to a field whose column holds something else. Default stop.
    pub(super) on_conflict: Option<OnConflict>,
    /// Which columns are made NOT NULL. Default schema on PostgreSQL, else keys.
    pub(super) not_null: Option<NotNull>,
    /// The size up to which a table is rewritten for a wider type; above, the table stops. Default 1GiB.
    pub(super) rewrite_max: Option<Size>,
    /// What happens to a record that cannot become a row. Default dead_letter.
    pub(super) on_bad_record: Option<OnBadRecord>,
    /// What happens when records were lost to retention before they were read. Default stop.
    pub(super) on_gap: Option<OnGap>,
    /// Mode table: what happens when partitions are added. Default stop.
    pub(super) on_partition_change: Option<OnPartitionChange>,
    /// When too many dead letters of one reason stop a partition, or none.
    pub(super) breaker: Option<OrNone<RawBreaker>>,
    /// Whether this entry may share its table with another that says so too. Default false.
    pub(super) merge: Option<bool>,
    /// What is said of single columns, by the names of their fields.
    pub(super) columns: Option<BTreeMap<String, ColumnOverride>>,
    /// PostgreSQL: what becomes of U+0000 in a text or in JSON, outside of keys. Default dead_letter.
    pub(super) nul: Option<Nul>,
}

/// When too many dead letters of one reason stop a partition.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Breaker")]
pub(super) struct RawBreaker {
    /// So many in a row. Default 100.
    pub(super) consecutive: Option<u64>,
    /// So many percent of the last 10,000. Default 5.
    pub(super) percent: Option<f64>,
}

/// The limits of one batch: one transaction of one worker.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Batch")]
pub(super) struct RawBatch {
    /// Rows. Default 10000.
    pub(super) rows_max: Option<usize>,
    /// Bytes: raw records and encoded rows. Default 4MiB.
    pub(super) bytes_max: Option<Size>,
    /// How long a batch waits for more once the writer is free. Default 5ms.
    pub(super) linger_max: Option<Lasting>,
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}
