//! From a writer schema to its table, and to the steps that fill its columns.

use std::collections::HashMap;

use super::leaf::{How, Leaf, leaves};
use super::plan::{KEY_COLUMNS_MAX, Step};
use super::schema::{Record, Schema};
use super::value::Read;
use super::{Column, From, Kind, Refusal, Source, Table, TableName, naming, overrides};
use crate::config::{ColumnOverride, Format, Metadata, Mode, NotNull, Topic, Unique, UuidFrom};
use crate::dialect::Dialect;

/// The order of metadata columns, and what fills them.
const METADATA: [(Metadata, From, &str, Kind); 12] = [
    (Metadata::Uuid, From::Uuid, "_sink_uuid", Kind::Uuid),
    (Metadata::Topic, From::Topic, "_sink_topic", Kind::Text(None)),
    (Metadata::Partition, From::Partition, "_sink_partition", Kind::Int32),
    (Metadata::Offset, From::Offset, "_sink_offset", Kind::Int64),
    (Metadata::Timestamp, From::Timestamp, "_sink_timestamp", Kind::TimestampTz),
    (Metadata::MessageType, From::MessageType, "_sink_message_type", Kind::Text(None)),
    (Metadata::LoadedAt, From::LoadedAt, "_sink_loaded_at", Kind::TimestampTz),
    (Metadata::SchemaId, From::SchemaId, "_sink_schema_id", Kind::Int32),
    (Metadata::KafkaTimestamp, From::KafkaTimestamp, "_sink_kafka_timestamp", Kind::TimestampTz),
    (Metadata::Key, From::KafkaKey, "_sink_key", Kind::Bytes(None)),
    (Metadata::Headers, From::Headers, "_sink_headers", Kind::Json),
    (Metadata::Meta, From::Meta, "_sink_meta", Kind::Json),
];

/// Attributes of Yelp's that say what the column was, and change nothing.
const NOTES: [&str; 3] = ["unsigned", "bitlen", "fsp"];

/// A table with the steps that fill its columns from a datum.
#[derive(Debug)]
pub struct Derived {
    /// The table.
    pub table: Table,
    /// How its fields are read; `From::Field` counts these.
    pub steps: Vec<Step>,
    /// The steps of the key, in its order.
    pub key: Vec<usize>,
    /// What the values of each field are; a column may be wider.
    pub kinds: Vec<Option<Kind>>,
    /// Columns with the names that their fields had before.
    pub aliases: Vec<(String, String)>,
}

/// Derives the table of a schema. `kafka_key` has the field names of the Kafka key, where its schema is known.
///
/// # Errors
/// `no_key`, `key_type`, `key_size`, `bad_name`, `name_collision`, `not_flat`, `schema_limits`, `uuid_missing`.
pub fn derive(
    schema: &Schema,
    source: &Source<'_>,
    kafka_key: &[String],
    topic: &str,
    entry: &Topic,
    dialect: Dialect,
) -> Result<Derived, Refusal> {
    let record = schema.top();
    let how = How { format: entry.format, nested: entry.nested, columns: &entry.columns };
    let mut fields = leaves(&record.fields, &schema.records, how)?;
    overrides::check_names(&fields, record, entry)?;
    for Leaf { name, given, refined, .. } in &mut fields {
        if let (Some(Kind::Text(Some(longest))), Read::Enum(_)) = (refined.kind, &refined.read) {
            refined.kind = Some(Kind::Text(dialect.enum_limit(longest)));
        }
        // A field that is always null has no column, so its name is nobody's trouble.
        if refined.kind.is_some() {
            let wanted = given.take().unwrap_or_else(|| naming::apply(entry.naming, name));
            *name = dialect.column_name(&wanted)?;
        }
    }
    let key = key_fields(record, source, kafka_key, entry, &mut fields)?;
    let in_front = key_metadata(entry);
    let mut columns: Vec<Column> = in_front.iter().map(|from| metadata_column(*from, true)).collect();
    for &index in &key {
        columns.extend(field_column(index, &fields[index], entry.format, true));
    }
    let key_columns = columns.len();
    columns.extend(metadata(entry).into_iter().filter(|from| !in_front.contains(from)).map(|from| {
        let always = matches!(from, From::Partition | From::Offset);
        metadata_column(from, always)
    }));
    for index in (0..fields.len()).filter(|index| !key.contains(index)) {
        columns.extend(field_column(index, &fields[index], entry.format, false));
    }
    for &index in &key {
        let leaf = &fields[index];
        if let Some(column) = entry.columns.get(&leaf.path) {
            overrides::check_key(leaf.field, column, leaf.refined.kind)?;
        }
    }
    check_key(&columns[..key_columns])?;
    check_names(&columns, dialect)?;
    let table = Table {
        name: table_name(topic, record, entry, dialect)?,
        columns,
        key: key_columns,
        mode: entry.mode,
        unique: entry.unique,
        comment: comment(record, source, entry),
        not_null: entry.not_null.map_or(dialect == Dialect::Postgres, |not_null| not_null == NotNull::Schema),
        absent: Vec::new(),
        foreign: Vec::new(),
        by_insert: false,
    };
    let aliases = aliases(&fields, entry, dialect);
    let kinds = fields.iter().map(|leaf| leaf.refined.kind).collect();
    let steps = fields.into_iter().enumerate().map(|(index, leaf)| Step {
        name: leaf.path,
        union: leaf.refined.union,
        read: leaf.refined.read,
        key: key.iter().position(|key| *key == index),
        skip: false,
    });
    Ok(Derived { table, steps: steps.collect(), key, kinds, aliases })
}

fn table_name(topic: &str, record: &Record, entry: &Topic, dialect: Dialect) -> Result<TableName, Refusal> {
    let schema = match &entry.schema {
        Some(template) => Some(dialect.schema_name(&naming::expand(template, topic, record, entry)?)?),
        None => None,
    };
    let name = naming::apply(entry.naming, &naming::expand(&entry.table, topic, record, entry)?);
    Ok(TableName { schema, name: dialect.table_name(&name)? })
}

/// The indices of the fields that are the key.
fn key_fields(
    record: &Record,
    source: &Source<'_>,
    kafka_key: &[String],
    entry: &Topic,
    fields: &mut [Leaf<'_>],
) -> Result<Vec<usize>, Refusal> {
    let find = |fields: &[Leaf<'_>], wanted: &str, where_from: &str| {
        let mut by_path =
            (0..fields.len()).filter(|index| fields[*index].path == wanted && !fields[*index].is_presence());
        // A dot may stand in a field's name, so two may have one path.
        let by_path = by_path.next().filter(|_| by_path.next().is_none());
        let found = by_path.or_else(|| fields.iter().position(|leaf| leaf.name == wanted));
        let found = found.filter(|index| fields[*index].refined.kind.is_some());
        found.ok_or_else(|| {
            if entry.columns.get(wanted).is_some_and(ColumnOverride::skips) {
                let text = format!("{where_from} names {wanted:?}, and `columns` leaves it out");
                return Refusal::new("bad_column", text);
            }
            let text = format!("{where_from} names {wanted:?}, and record {:?} has no such field", record.name);
            Refusal::new("no_key", text)
        })
    };
    if entry.mode == Mode::Stream {
        if entry.unique == Unique::Uuid && entry.format == Format::Confluent && entry.uuid.is_none() {
            return Err(Refusal::new("uuid_missing", "`unique: uuid` needs `uuid`: where a message's uuid is"));
        }
        let (Unique::Uuid, Some(UuidFrom::Field(name))) = (entry.unique, &entry.uuid) else { return Ok(Vec::new()) };
        let index = find(fields, name, "`uuid`")?;
        let refined = &mut fields[index].refined;
        match (refined.kind, &refined.read) {
            (Some(Kind::Uuid | Kind::UuidText), _) => {}
            (Some(Kind::Text(_)), Read::Text(_)) => (refined.kind, refined.read) = (Some(Kind::Uuid), Read::UuidText),
            (Some(Kind::Fixed(16)), _) => (refined.kind, refined.read) = (Some(Kind::Uuid), Read::UuidFixed),
            _ => return Err(Refusal::new("key_type", format!("field {name:?} is neither a uuid nor a string"))),
        }
        return Ok(vec![index]);
    }
    let (names, where_from): (&[String], &str) = if !entry.key.is_empty() {
        (&entry.key, "`key`")
    } else if !record.pkey.is_empty() {
        (&record.pkey, "the schema's pkey")
    } else if !source.pkey.is_empty() {
        (source.pkey, "the registry's pkey")
    } else if !kafka_key.is_empty() {
        (kafka_key, "the Kafka key's schema")
    } else {
        let text = format!(
            "record {:?} has no pkey, and the Kafka key has no fields: name the key's columns with `key`, or use \
             `mode: stream`",
            record.name
        );
        return Err(Refusal::new("no_key", text));
    };
    let mut key = Vec::with_capacity(names.len());
    for name in names {
        let index = find(fields, name, where_from)?;
        if !key.contains(&index) {
            key.push(index);
        }
    }
    Ok(key)
}

/// The metadata columns that the key begins with.
fn key_metadata(entry: &Topic) -> Vec<From> {
    match (entry.mode, entry.unique) {
        (Mode::Stream, Unique::Uuid) if matches!(entry.uuid, Some(UuidFrom::Field(_))) => vec![],
        (Mode::Stream, Unique::Uuid) => vec![From::Uuid],
        (Mode::Stream, Unique::Position) if entry.topic_column => vec![From::Topic, From::Partition, From::Offset],
        (Mode::Stream, Unique::Position) => vec![From::Partition, From::Offset],
        (Mode::Stream, Unique::None) => vec![],
        (Mode::Table, _) if entry.topic_column && !entry.shared_keys => vec![From::Topic],
        (Mode::Table, _) => vec![],
    }
}

/// All metadata columns, in their order.
fn metadata(entry: &Topic) -> Vec<From> {
    let stream = entry.mode == Mode::Stream;
    let yelp = entry.format == Format::Yelp;
    let has = |wanted: Metadata| {
        let asked = entry.metadata.contains(&wanted);
        match wanted {
            Metadata::Uuid => asked && (yelp || matches!(entry.uuid, Some(UuidFrom::Key | UuidFrom::Header(_)))),
            Metadata::Topic => asked || entry.topic_column,
            // What was loaded is verified by them.
            Metadata::Partition | Metadata::Offset => asked || (stream && entry.unique != Unique::None),
            Metadata::MessageType => asked && stream && yelp,
            Metadata::Meta => asked && yelp,
            _ => asked,
        }
    };
    METADATA.iter().filter(|(wanted, ..)| has(*wanted)).map(|(_, from, ..)| *from).collect()
}

fn metadata_column(from: From, not_null: bool) -> Column {
    let (_, _, name, kind) = METADATA.iter().find(|(_, other, ..)| *other == from).expect("all are listed");
    Column {
        name: (*name).to_owned(),
        path: (*name).to_owned(),
        kind: *kind,
        not_null,
        from,
        comment: None,
        millis: false,
        room: None,
    }
}

fn field_column(index: usize, leaf: &Leaf<'_>, format: Format, key: bool) -> Option<Column> {
    let field = leaf.field;
    let notes =
        NOTES.iter().filter(|_| format == Format::Yelp).filter_map(|note| match field.attributes.get(*note)? {
            serde_json::Value::Bool(true) => Some((*note).to_owned()),
            serde_json::Value::Number(number) => Some(format!("{note} {number}")),
            _ => None,
        });
    let comment: Vec<String> = field.doc.iter().cloned().chain(notes).collect();
    Some(Column {
        name: leaf.name.clone(),
        path: leaf.path.clone(),
        kind: leaf.refined.kind?,
        not_null: key || !leaf.nullable(),
        from: From::Field(index),
        comment: (!comment.is_empty()).then(|| comment.join("; ")),
        millis: match leaf.refined.read {
            Read::TimeMillis => true,
            Read::Timestamp(unit) => unit % 1_000 == 0,
            _ => false,
        },
        room: None,
    })
}

/// Columns with the names that their fields had before: Avro's aliases, of fields that are no records.
fn aliases(fields: &[Leaf<'_>], entry: &Topic, dialect: Dialect) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for leaf in fields.iter().filter(|leaf| leaf.refined.kind.is_some() && !leaf.is_presence()) {
        let around = leaf.path.strip_suffix(&leaf.field.name).unwrap_or_default().replace('.', "_");
        let aliases = leaf.field.attributes.get("aliases").and_then(serde_json::Value::as_array);
        let names = aliases.into_iter().flatten().filter_map(serde_json::Value::as_str);
        let columns =
            names.filter_map(|name| dialect.column_name(&naming::apply(entry.naming, &format!("{around}{name}"))).ok());
        all.extend(columns.map(|alias| (leaf.name.clone(), alias)));
    }
    all
}

/// The record's doc, and who answers for the data.
fn comment(record: &Record, source: &Source<'_>, entry: &Topic) -> Option<String> {
    let owner = source.owner.or(entry.owner.as_deref()).map(|owner| format!("Owner: {owner}"));
    let parts: Vec<String> = record.doc.iter().cloned().chain(owner).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn check_key(key: &[Column]) -> Result<(), Refusal> {
    if key.len() > KEY_COLUMNS_MAX {
        let text = format!("a key of {} columns: {KEY_COLUMNS_MAX} are the limit", key.len());
        return Err(Refusal::new("key_size", text));
    }
    match key.iter().find(|column| !column.kind.is_key()) {
        Some(column) => {
            let text = format!(
                "column {:?} of kind {:?} cannot be a key: values that differ may be equal to the database; choose \
                 others with `key`",
                column.name, column.kind
            );
            Err(Refusal::new("key_type", text))
        }
        None => Ok(()),
    }
}

fn check_names(columns: &[Column], dialect: Dialect) -> Result<(), Refusal> {
    let (mut seen, mut forms): (HashMap<String, &Column>, HashMap<String, &Column>) = Default::default();
    for column in columns {
        let mixed_up = dialect.mixed_up(&column.name).and_then(|form| forms.insert(form, column));
        if let Some(other) = seen.insert(dialect.fold(&column.name), column).or(mixed_up) {
            let source = |column: &Column| match column.from {
                From::Field(_) => format!("field {:?}", column.path),
                _ => format!("metadata column {:?}", column.name),
            };
            let text = format!("{} and {} would be one column in {dialect}", source(other), source(column));
            return Err(Refusal::new("name_collision", text));
        }
    }
    Ok(())
}
