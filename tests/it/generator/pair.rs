//! Two schemas of one topic, its messages, and what must come of them.

use std::collections::{BTreeMap, HashMap};

use apache_avro::Schema as Reference;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;

use super::calendar;
use super::cell::{self, Cell, Reason};
use super::datum::{Wanted, datum};
use super::evolve;
use super::invent::Inventor;
use super::schema::{Definition, Schema, Ty};
use super::table::{self, Column, Db, Outcome};
use crate::support::avro::{Envelope, confluent, long};
use crate::support::chance::Chance;
use crate::support::world::Counts;
use crate::support::{Kind, Raw};

/// How a topic is framed and loaded; its code is part of the topic's name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    pub code: &'static str,
    pub is_yelp: bool,
    pub is_table: bool,
}

pub const VARIANTS: [Variant; 4] = [
    Variant { code: "cs", is_yelp: false, is_table: false },
    Variant { code: "ys", is_yelp: true, is_table: false },
    Variant { code: "ct", is_yelp: false, is_table: true },
    Variant { code: "yt", is_yelp: true, is_table: true },
];

/// When all messages begin to be of, in seconds since 1970.
const SINCE: i64 = 1_750_000_000;

/// A message, and what is known of it.
#[derive(Clone, Debug)]
pub struct Message {
    pub partition: i32,
    pub raw: Raw,
    /// Microseconds since 1970.
    time: i64,
    uuid: Option<[u8; 16]>,
    message_type: &'static str,
    effect: Effect,
}

/// What a message is meant to do.
#[derive(Clone, Debug)]
enum Effect {
    /// A datum of one of the schemas.
    Datum(usize, Vec<u8>),
    /// A key to be deleted, by such a datum.
    Delete(usize, Vec<u8>),
    /// No reader takes it; of this schema, where that is known.
    Dead(Option<usize>, Reason),
    Skip,
}

/// Two schemas and messages of both.
#[derive(Clone, Debug)]
pub struct Pair {
    pub seed: u64,
    pub variant: Variant,
    pub schemas: [Schema; 2],
    /// From the one to the other, in words.
    pub steps: Vec<String>,
    pub partitions: i32,
    pub messages: Vec<Message>,
    /// So many are loaded by a first run.
    pub first: usize,
}

/// What a database must hold afterwards.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub columns: Vec<Column>,
    /// By partition and offset.
    pub rows: BTreeMap<(i64, i64), Row>,
    /// By partition and offset: the reason.
    pub dead: BTreeMap<(i64, i64), Reason>,
    pub counts: Counts,
    /// The column that stops the table.
    pub conflict: Option<String>,
}

/// A row: its metadata and its cells, in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub time: i64,
    pub uuid: Option<[u8; 16]>,
    pub message_type: &'static str,
    pub cells: Vec<Cell>,
}

impl Pair {
    /// The pair of a seed, its schemas to be known by two ids from `id` on. It may differ between databases: what is
    /// a conflict in one and none in the other is loaded in another order.
    pub fn new(seed: u64, id: i32, db: Db) -> Pair {
        let mut chance = Chance::seeded(seed);
        let variant = VARIANTS[chance.below(4) as usize];
        let one = Inventor::schema(&mut chance, variant.is_table);
        let (steps, other) = loop {
            let mut other = one.clone();
            let steps = (0..1 + chance.below(3)).map(|_| evolve::step(&mut other, &mut chance)).collect();
            // Types do not widen yet.
            if !table::widens(&one, &other, db) {
                break (steps, other);
            }
        };
        let is_swapped = chance.below(3) == 0;
        let schemas = if is_swapped { [other, one] } else { [one, other] };
        let partitions = match table::both(&schemas[0], &schemas[1], db) {
            Outcome::Conflict(_) => 1,
            Outcome::Table(_) => 1 + chance.below(3) as i32,
        };
        let count = 12 + chance.below(30) as usize;
        let first = 1 + chance.below(count as u64 - 2) as usize;
        let mut pair = Pair { seed, variant, schemas, steps, partitions, messages: Vec::new(), first };
        let readers = pair.schemas.each_ref().map(Reader::new);
        for index in 0..count {
            let old_only = partitions == 1 && index < first;
            let message = pair.message(index, old_only, id, &readers, &mut chance);
            pair.messages.push(message);
        }
        pair
    }

    fn message(&self, index: usize, old_only: bool, id: i32, readers: &[Reader; 2], chance: &mut Chance) -> Message {
        // The first of each run is of a certain schema, so that both are seen.
        let certain = index == 0 || index == self.first;
        let schema = match index {
            0 => 0,
            _ if index == self.first => 1,
            _ if old_only => 0,
            _ => chance.below(2) as usize,
        };
        let time = (SINCE + index as i64) * 1_000_000;
        let mut message = Message {
            partition: chance.below(self.partitions as u64) as i32,
            raw: Raw { timestamp: Some(time / 1_000), ..Raw::default() },
            time,
            uuid: self.variant.is_yelp.then(|| chance.uuid()),
            message_type: ["create", "update", "refresh", "log", "delete"][chance.below(5) as usize],
            effect: Effect::Skip,
        };
        let kind = if certain { 99 } else { chance.below(30) };
        if kind == 0 && self.variant.is_yelp && !self.variant.is_table && !self.messages.is_empty() {
            // The same once more: a duplicate.
            return self.messages[chance.below(self.messages.len() as u64) as usize].clone();
        }
        if kind == 1 && !self.variant.is_table {
            return message;
        }
        if kind == 2 && !self.variant.is_yelp {
            let (value, reason) = [(vec![0, 0, 0], "short_header"), (vec![7; 9], "bad_magic")][index % 2].clone();
            message.raw.value = Some(value);
            message.effect = Effect::Dead(None, reason);
            return message;
        }
        self.fill(&mut message, kind, (schema, id), &readers[schema], chance);
        let (Effect::Datum(_, payload) | Effect::Delete(_, payload)) = &message.effect else { return message };
        let (payload, schema) = (payload.clone(), schema as i32);
        message.raw.value = Some(self.framed(&message, id + schema, payload));
        message
    }

    /// Makes a datum of the schema, and of the message what that is; `id` is that of the first schema.
    fn fill(&self, message: &mut Message, kind: u64, (schema, id): (usize, i32), reader: &Reader, chance: &mut Chance) {
        let of = &self.schemas[schema];
        if kind == 3
            && let Some(null) = of.null_at
        {
            message.effect = Effect::Datum(schema, long(null as i64));
            return;
        }
        let deletes = self.variant.is_table && self.variant.is_yelp && message.message_type == "delete";
        let mut wanted = Wanted { key: self.seed ^ chance.below(8), ..Wanted::default() };
        match kind {
            _ if deletes => {}
            3..=8 => wanted.doubtful = 1,
            9..=11 => wanted.wrong_at = Some(chance.below(12)),
            12 => wanted.depth = 5 + chance.below(30) as usize,
            _ => {}
        }
        let datum = datum(of, wanted, chance);
        if let Some(reason) = datum.wrong {
            message.raw.value = Some(self.framed(message, id + schema as i32, datum.bytes));
            message.effect = Effect::Dead(Some(schema), reason);
            return;
        }
        if self.variant.is_table {
            let key = reader.key(of, &datum.bytes);
            let hash = key.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
            message.partition = (hash % self.partitions as u32) as i32;
        }
        message.effect = if deletes { Effect::Delete(schema, datum.bytes) } else { Effect::Datum(schema, datum.bytes) };
    }

    fn framed(&self, message: &Message, id: i32, payload: Vec<u8>) -> Vec<u8> {
        match message.uuid {
            None => confluent(id, &payload),
            Some(uuid) => {
                let timestamp = (message.time / 1_000_000) as i32;
                let envelope = Envelope::new(message.message_type, id, payload);
                Envelope { uuid, timestamp, ..envelope }.value()
            }
        }
    }

    /// The value of the message that lies there.
    pub fn value_at(&self, (partition, offset): (i64, i64)) -> Option<&Vec<u8>> {
        let mut messages = self.messages.iter().filter(|message| i64::from(message.partition) == partition);
        messages.nth(offset as usize)?.raw.value.as_ref()
    }

    /// What must come of the messages in a database.
    pub fn expected(&self, db: Db) -> Expected {
        let [one, other] = &self.schemas;
        let mut expected = Expected::default();
        match table::both(one, other, db) {
            Outcome::Table(columns) => expected.columns = columns,
            Outcome::Conflict(column) => {
                expected.conflict = Some(column);
                expected.columns = table::columns(one, db).into_iter().flatten().collect();
                expected.columns.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
        let fillers: Vec<Filler<'_>> =
            self.schemas.iter().map(|schema| Filler::new(schema, &expected.columns, db)).collect();
        let mut next: HashMap<i32, i64> = HashMap::new();
        let (mut seen, mut keys) = (HashMap::new(), HashMap::new());
        for message in &self.messages {
            if let Effect::Datum(1, _) | Effect::Delete(1, _) | Effect::Dead(Some(1), _) = message.effect
                && expected.conflict.is_some()
            {
                break;
            }
            let offset = next.entry(message.partition).or_default();
            let place = (i64::from(message.partition), *offset);
            *offset += 1;
            self.judge(message, place, &fillers, &mut expected, &mut seen, &mut keys);
        }
        expected
    }

    fn judge(
        &self,
        message: &Message,
        place: (i64, i64),
        fillers: &[Filler<'_>],
        expected: &mut Expected,
        seen: &mut HashMap<[u8; 16], (i64, i64)>,
        keys: &mut HashMap<String, (i64, i64)>,
    ) {
        let (schema, payload, deletes) = match &message.effect {
            Effect::Skip => return expected.counts.skipped += 1,
            Effect::Dead(_, reason) => return expected.bury(place, reason),
            Effect::Datum(schema, payload) => (*schema, payload, false),
            Effect::Delete(schema, payload) => (*schema, payload, true),
        };
        let filler = &fillers[schema];
        let cells = match filler.cells(payload) {
            Err(reason) => return expected.bury(place, reason),
            Ok(None) => return expected.counts.skipped += 1,
            Ok(Some(cells)) => cells,
        };
        let key: Vec<&Cell> = filler.key.iter().map(|index| &cells[*index]).collect();
        if key.contains(&&Cell::Null) {
            return expected.bury(place, "null_violation");
        }
        let key = format!("{key:?}");
        if deletes {
            expected.counts.deleted += 1;
            keys.remove(&key).and_then(|before| expected.rows.remove(&before));
            return;
        }
        if self.variant.is_table {
            keys.insert(key, place).and_then(|before| expected.rows.remove(&before));
        } else if let Some(uuid) = message.uuid
            && seen.insert(uuid, place).is_some()
        {
            expected.counts.duplicate += 1;
            return;
        }
        expected.counts.applied += 1;
        let Message { time, uuid, message_type, .. } = message;
        expected.rows.insert(place, Row { time: *time, uuid: *uuid, message_type, cells });
    }
}

impl Expected {
    fn bury(&mut self, place: (i64, i64), reason: Reason) {
        self.counts.dead += 1;
        self.dead.insert(place, reason);
    }
}

impl Row {
    /// The time of the message as a query shows it.
    pub fn time(&self, db: Db) -> String {
        let is_postgres = db.database == Kind::Postgres;
        calendar::timestamp(self.time, is_postgres, if is_postgres { "+00" } else { "" })
    }
}

/// apache-avro's reading by one schema.
struct Reader(Reference);

impl Reader {
    fn new(schema: &Schema) -> Reader {
        let text = schema.plain_text();
        Reader(Reference::parse_str(&text).unwrap_or_else(|error| panic!("apache-avro refuses {text}: {error}")))
    }

    /// The top record's values; `None` for the null of a union at the top.
    fn read(&self, bytes: &[u8]) -> Option<Vec<Value>> {
        let reader = GenericDatumReader::builder(&self.0).build().expect("apache-avro took the schema");
        let mut rest = bytes;
        let value = reader.read_value(&mut rest).unwrap_or_else(|error| {
            panic!("apache-avro refuses {} by {}: {error}", hex::encode(bytes), self.0.canonical_form())
        });
        assert!(rest.is_empty(), "apache-avro leaves bytes behind");
        match value {
            Value::Union(_, inner) => match *inner {
                Value::Null => None,
                value => Some(fields(value)),
            },
            value => Some(fields(value)),
        }
    }

    /// A text that is the same for the same key.
    fn key(&self, schema: &Schema, bytes: &[u8]) -> String {
        let values = self.read(bytes).expect("a table's schema has no union at the top");
        let mut key: Vec<(&String, String)> = Vec::new();
        for (field, value) in schema.fields().iter().zip(&values).filter(|(field, _)| schema.is_key(field)) {
            key.push((&field.name, identity(schema, &field.ty, value)));
        }
        key.sort();
        format!("{key:?}")
    }
}

/// The value without what schemas may write differently.
fn identity(schema: &Schema, ty: &Ty, value: &Value) -> String {
    match (ty, value) {
        (Ty::Union(branches), Value::Union(index, value)) => identity(schema, &branches[*index as usize], value),
        (Ty::Named(index), Value::Enum(symbol, _)) => match &schema.named[*index].definition {
            Definition::Enum(symbols) => symbols[*symbol as usize].clone(),
            other => panic!("{other:?} is no enum"),
        },
        (_, Value::String(text)) => text.clone(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Long(number)) => number.to_string(),
        (_, other) => format!("{other:?}"),
    }
}

fn fields(value: Value) -> Vec<Value> {
    match value {
        Value::Record(fields) => fields.into_iter().map(|(_, value)| value).collect(),
        other => panic!("{other:?} is no record"),
    }
}

/// From the datums of one schema to the cells of the table.
struct Filler<'s> {
    schema: &'s Schema,
    reader: Reader,
    db: Db,
    width: usize,
    /// For each field its column.
    columns: Vec<Option<(usize, table::Kind)>>,
    /// The key's columns, in any order.
    key: Vec<usize>,
}

impl<'s> Filler<'s> {
    fn new(schema: &'s Schema, table: &[Column], db: Db) -> Filler<'s> {
        let place = |column: Option<Column>| {
            let fold = table::fold(&column?.name, db);
            let index = table.iter().position(|column| table::fold(&column.name, db) == fold)?;
            Some((index, table[index].kind))
        };
        let columns = table::columns(schema, db).into_iter().map(place).collect();
        let key = (0..table.len()).filter(|index| table[*index].is_key).collect();
        Filler { schema, reader: Reader::new(schema), db, width: table.len(), columns, key }
    }

    fn cells(&self, payload: &[u8]) -> Result<Option<Vec<Cell>>, Reason> {
        let Some(values) = self.reader.read(payload) else { return Ok(None) };
        let mut cells = vec![Cell::Null; self.width];
        for ((field, value), column) in self.schema.fields().iter().zip(&values).zip(&self.columns) {
            if let Some((index, kind)) = column {
                cells[*index] = cell::cell(self.schema, &field.ty, value, *kind, self.db)?;
            }
        }
        Ok(Some(cells))
    }
}
