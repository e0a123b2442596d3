//! The key columns from the Kafka key: what a tombstone, and a delete without a row, are applied by.

mod raw;

use std::collections::BTreeMap;

use raw::RawKey;

use super::convert::{as_field, convert};
use super::derive::Derived;
use super::framing::key_datum;
use super::leaf::{How, Leaf, leaves};
use super::plan::{Plan, Step};
use super::retype::Retype;
use super::schema::{Field, Record, Schema, Type, parse};
use super::value::Read;
use super::{Code, Kind, Message, Reason, Refusal, Source, framing, overrides};
use crate::config::{ColumnOverride, Format, KafkaKey, Mode, Nested, Topic};
use crate::dialect::cell::Encode;

/// Nothing is said of a Kafka key's fields.
static AS_THEY_ARE: BTreeMap<String, ColumnOverride> = BTreeMap::new();

/// The schema of a Kafka key.
#[derive(Debug)]
pub struct KeySchema {
    id: i32,
    records: Vec<Record>,
    fields: Vec<Field>,
    is_record: bool,
}

/// How the key columns are read from the Kafka key.
#[derive(Debug)]
pub enum KeyReader {
    /// They are not, and why.
    Unused(&'static str),
    /// A datum without framing, of the value's own schema.
    Bare(Plan),
    /// A datum in Confluent's wire format, of the schema of this id.
    Framed(i32, Plan),
    /// A value without a schema.
    Raw(RawKey),
}

impl KeySchema {
    /// Reads the schema of a Kafka key: a record, or one value.
    ///
    /// # Errors
    /// Those of the schema.
    pub fn parse(source: &Source<'_>) -> Result<KeySchema, Refusal> {
        let in_key = |refusal: Refusal| Refusal::new(refusal.code, format!("the Kafka key: {}", refusal.message));
        let (records, top, _) = parse::parse(source.text).map_err(in_key)?;
        let (is_record, fields) = match top {
            Type::Record(index) => (true, records[index].fields.clone()),
            ty => (false, vec![Field { name: "the key".into(), doc: None, ty, attributes: serde_json::Map::new() }]),
        };
        Ok(KeySchema { id: source.id, records, fields, is_record })
    }

    /// The paths of its fields; a key of one value has none.
    ///
    /// # Errors
    /// `schema_limits`.
    pub fn paths(&self, entry: &Topic) -> Result<Vec<String>, Refusal> {
        if !self.is_record {
            return Ok(Vec::new());
        }
        let fields = self.leaves(entry)?.into_iter().filter(|leaf| !leaf.is_presence() && leaf.refined.kind.is_some());
        Ok(fields.map(|leaf| leaf.path).collect())
    }

    /// Its fields, records taken apart where those of the value are.
    fn leaves(&self, entry: &Topic) -> Result<Vec<Leaf<'_>>, Refusal> {
        let nested = if entry.nested == Nested::Flatten { Nested::Flatten } else { Nested::Json };
        leaves(&self.fields, &self.records, How { format: Format::Confluent, nested, columns: &AS_THEY_ARE })
    }
}

impl KeyReader {
    /// Compiles the way from the Kafka key to the key columns.
    ///
    /// # Errors
    /// `key_type` where the entry declares a Kafka key that cannot be the key columns.
    pub fn new(
        written: &Schema,
        schema: &Schema,
        source: &Source<'_>,
        key: Option<&KeySchema>,
        derived: &Derived,
        entry: &Topic,
    ) -> Result<KeyReader, Refusal> {
        if entry.mode == Mode::Stream {
            return Ok(KeyReader::Unused("mode stream has no use for it"));
        }
        if entry.format == Format::Yelp {
            return Ok(yelp(written, schema, source, derived));
        }
        match (entry.kafka_key, key) {
            (KafkaKey::Auto | KafkaKey::Avro, Some(key)) => avro(key, derived, entry),
            (KafkaKey::Auto | KafkaKey::Avro, None) => Ok(KeyReader::Unused("its schema is not known")),
            (KafkaKey::None, _) => Ok(KeyReader::Unused("`kafka_key: none` says not to use it")),
            (declared, _) => raw(declared, derived).map(KeyReader::Raw),
        }
    }

    /// Appends the key's cells.
    ///
    /// # Errors
    /// `no_key` with the reason in words.
    pub fn read<E: Encode>(&self, message: &Message<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
        let no_key = |why: &str| Reason::new(Code::NoKey, format!("the Kafka key does not name a row: {why}"));
        let key = message.key.ok_or_else(|| no_key("it is null"))?;
        let (plan, datum) = match self {
            KeyReader::Unused(why) => return Err(no_key(why)),
            KeyReader::Raw(raw) => return raw.read::<E>(key, out).map_err(|code| no_key(code.as_str())),
            KeyReader::Bare(plan) => (plan, Some(key)),
            KeyReader::Framed(id, plan) => {
                let header = key.first_chunk().and_then(framing::schema_id);
                (plan, key_datum(key).filter(|_| header == Some(*id)))
            }
        };
        let datum = datum.ok_or_else(|| no_key("it is not of the expected schema"))?;
        match plan.begin(datum) {
            Ok(Ok(reader)) => plan.key::<E>(reader, out).map_err(|fault| no_key(fault.code.as_str())),
            Ok(Err(_)) => Err(no_key("it is null")),
            Err(fault) => Err(no_key(fault.code.as_str())),
        }
    }
}

/// Yelp's keys: the fields of the schema's pkey in its order, of the types that they have in the payload.
fn yelp(written: &Schema, schema: &Schema, source: &Source<'_>, derived: &Derived) -> KeyReader {
    let record = written.top();
    let pkey = if record.pkey.is_empty() { source.pkey } else { &record.pkey };
    let ty = |schema: &Schema, name: &String| {
        schema.top().fields.iter().find(|field| field.name == *name).map(|field| field.ty.clone())
    };
    if pkey.iter().any(|name| ty(written, name) != ty(schema, name)) {
        return KeyReader::Unused("its types are not those of the reader schema");
    }
    let step = |name: &String| {
        let index = derived.steps.iter().position(|step| step.name == *name && step.read != Read::Nothing)?;
        Some(Step { key: derived.key.iter().position(|key| *key == index), ..derived.steps[index].clone() })
    };
    let steps: Option<Vec<Step>> = pkey.iter().map(step).collect();
    match steps {
        Some(steps) if covers(&steps, derived) => KeyReader::Bare(Plan::new(schema.records.clone(), None, steps)),
        _ => KeyReader::Unused("it does not hold the key's columns"),
    }
}

fn avro(key: &KeySchema, derived: &Derived, entry: &Topic) -> Result<KeyReader, Refusal> {
    let column = |leaf: &Leaf<'_>| {
        let named = |index: &usize| derived.steps[*index].name == leaf.path && !leaf.is_presence();
        if key.is_record { derived.key.iter().position(named) } else { (derived.key.len() == 1).then_some(0) }
    };
    let unused = |why| Ok(KeyReader::Unused(why));
    let mut steps = Vec::with_capacity(key.fields.len());
    for mut leaf in key.leaves(entry)? {
        let place = column(&leaf);
        // The columns that it fills are what the configuration has made of them.
        let named = place.and_then(|place| entry.columns.get(&derived.steps[derived.key[place]].name));
        if let Some(Ok(refined)) = named
            .map(|named| overrides::apply(leaf.refined.clone(), leaf.field, named, &key.records, Format::Confluent))
        {
            leaf.refined = refined;
        }
        let read = match place {
            None => Some(leaf.refined.read.clone()),
            Some(place) => leaf.refined.kind.zip(kinds(derived, place)).and_then(|(kind, (field, column))| {
                let read = &leaf.refined.read;
                // What the column holds names its row, whatever the field of this one schema is. Only texts may be
                // other words for the field's values.
                let direct = match (kind, field, column) {
                    (Kind::Text(_), Kind::Uuid | Kind::UuidText, Kind::Text(_)) => {
                        Some(Read::Retyped(Retype::UuidOrText))
                    }
                    (Kind::Text(_), ..) | (Kind::TimestampTz, Kind::Timestamp, _) => None,
                    (Kind::Uuid | Kind::UuidText, Kind::Text(_), _) if *read == Read::UuidText => {
                        Some(Read::Retyped(Retype::UsualUuid))
                    }
                    _ => convert(read, kind, column),
                };
                direct.or_else(|| convert(&as_field(read, kind, field)?, field, column))
            }),
        };
        let Some(read) = read else { return unused("its types are not those of the key's columns") };
        if place.is_some() && steps.iter().any(|step: &Step| step.key == place) {
            return unused("it names a column of the key twice");
        }
        steps.push(Step { name: leaf.path, union: leaf.refined.union, read, key: place, skip: false });
    }
    if !covers(&steps, derived) {
        return unused("it does not hold the key's columns");
    }
    Ok(KeyReader::Framed(key.id, Plan::new(key.records.clone(), None, steps)))
}

fn raw(declared: KafkaKey, derived: &Derived) -> Result<RawKey, Refusal> {
    let wrong = |what: &str| Refusal::new("key_type", format!("`kafka_key` declares one value, and {what}"));
    if derived.key.len() != 1 {
        return Err(wrong(&format!("the key has {} columns", derived.key.len())));
    }
    let (field, column) = kinds(derived, 0).ok_or_else(|| wrong("the key's column has no kind"))?;
    RawKey::new(declared, field, column)
        .ok_or_else(|| wrong(&format!("{declared:?} cannot be the key's column of kind {field:?}")))
}

/// The kind of the key's field at this place, and that of its column.
fn kinds(derived: &Derived, place: usize) -> Option<(Kind, Kind)> {
    let field = *derived.key.get(place)?;
    let columns = derived.table.columns[..derived.table.key].iter();
    let column = columns.rev().find(|column| column.from == super::From::Field(field))?;
    Some((derived.kinds[field]?, column.kind))
}

fn covers(steps: &[Step], derived: &Derived) -> bool {
    !derived.key.is_empty() && (0..derived.key.len()).all(|key| steps.iter().any(|step| step.key == Some(key)))
}
