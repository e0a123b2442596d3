//! Two schemas of one topic, its messages, and what must come of them.

use std::collections::{BTreeMap, HashMap};

use super::calendar;
use super::cell::{Cell, Reason};
use super::datum::{Wanted, datum};
use super::evolve;
use super::invent::Inventor;
use super::reading::{Filler, Reader};
use super::schema::{Logical, Schema, Ty};
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
    /// Whether records inside are taken apart.
    pub is_flat: bool,
}

pub const VARIANTS: [Variant; 6] = [
    Variant { code: "cs", is_yelp: false, is_table: false, is_flat: false },
    Variant { code: "ys", is_yelp: true, is_table: false, is_flat: false },
    Variant { code: "ct", is_yelp: false, is_table: true, is_flat: false },
    Variant { code: "yt", is_yelp: true, is_table: true, is_flat: false },
    Variant { code: "cf", is_yelp: false, is_table: false, is_flat: true },
    Variant { code: "yf", is_yelp: true, is_table: true, is_flat: true },
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
    /// Of the first schema; the next is that of the second, and the one behind that of the Kafka key.
    pub id: i32,
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
    /// The columns that stop the table.
    pub conflicts: Vec<String>,
}

/// A row: its metadata and its cells, in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub time: i64,
    pub uuid: Option<[u8; 16]>,
    pub message_type: &'static str,
    pub schema_id: i32,
    pub cells: Vec<Cell>,
}

impl Pair {
    /// The pair of a seed, its schemas to be known by two ids from `id` on. It may differ between databases: what is
    /// a conflict in one and none in the other is loaded in another order.
    pub fn new(seed: u64, id: i32, db: Db) -> Pair {
        let mut chance = Chance::seeded(seed);
        let variant = VARIANTS[chance.below(VARIANTS.len() as u64) as usize];
        let (steps, schemas, outcomes) = loop {
            let one = Inventor::schema(&mut chance, variant.is_table);
            let mut other = one.clone();
            let steps: Vec<String> = (0..1 + chance.below(3)).map(|_| evolve::step(&mut other, &mut chance)).collect();
            let schemas = if chance.below(3) == 0 { [other, one] } else { [one, other] };
            let columns = schemas.each_ref().map(|schema| table::columns(schema, variant.is_flat, db));
            if let [Some(one), Some(other)] = columns {
                break (steps, schemas, [table::both(&one, &other, db), table::both(&other, &one, db)]);
            }
        };
        // Where the order of the schemas matters, it is a certain one.
        let partitions = match outcomes {
            [Outcome::Table(_), Outcome::Table(_)] => 1 + chance.below(3) as i32,
            _ => 1,
        };
        let count = 12 + chance.below(30) as usize;
        let first = 1 + chance.below(count as u64 - 2) as usize;
        let mut pair = Pair { seed, variant, id, schemas, steps, partitions, messages: Vec::new(), first };
        let readers = pair.schemas.each_ref().map(Reader::new);
        for index in 0..count {
            let message = pair.message(index, &readers, &mut chance);
            pair.messages.push(message);
        }
        pair
    }

    fn message(&self, index: usize, readers: &[Reader; 2], chance: &mut Chance) -> Message {
        // The first of each run is of a certain schema, so that both are seen.
        let certain = index == 0 || index == self.first;
        let schema = match index {
            0 => 0,
            _ if index == self.first => 1,
            // Where the second stops the table, the first was loaded before.
            _ if self.partitions == 1 && index < self.first => 0,
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
        if kind == 4 && self.variant.is_table && !self.variant.is_yelp && index > self.first {
            self.bury(&mut message, &readers[0], chance);
            if message.raw.key.is_some() {
                return message;
            }
        }
        self.fill(&mut message, kind, schema, &readers[schema], chance);
        let (Effect::Datum(_, payload) | Effect::Delete(_, payload)) = &message.effect else { return message };
        message.raw.value = Some(self.framed(&message, schema, payload));
        message
    }

    /// Makes a tombstone of the message, if a key comes out that no part of is null.
    fn bury(&self, message: &mut Message, reader: &Reader, chance: &mut Chance) {
        let wanted = Wanted { key: self.key(chance), ..Wanted::default() };
        let row = datum(&self.schemas[0], wanted, chance).bytes;
        let key = reader.key(&self.schemas[0], &row);
        // A uuid in other words may be another text than the row's: no tombstone is taken for that.
        let [is_uuid, is_still] = self.schemas.each_ref().map(|schema| {
            let key = schema.fields().iter().filter(|field| schema.is_key(field));
            key.filter(|field| field.ty == Ty::Logical(Logical::Uuid)).count()
        });
        if !key.contains("Null") && is_uuid <= is_still {
            message.raw.key = Some(confluent(self.id + 2, &datum(&self.key_schema(), wanted, chance).bytes));
            message.partition = self.partition_of(&key);
            message.effect = Effect::Delete(0, row);
        }
    }

    /// One of the few keys of all messages.
    fn key(&self, chance: &mut Chance) -> u64 {
        self.seed ^ chance.below(8)
    }

    fn partition_of(&self, key: &str) -> i32 {
        let hash = key.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        (hash % self.partitions as u32) as i32
    }

    /// The schema of the Kafka key: the key's fields of the first schema.
    pub fn key_schema(&self) -> Schema {
        let mut schema = self.schemas[0].clone();
        let key = schema.key.clone();
        schema.fields_mut().retain(|field| key.contains(&field.name));
        schema.named[0].name = "the_key".to_owned();
        schema
    }

    /// Makes a datum of the schema, and of the message what that is.
    fn fill(&self, message: &mut Message, kind: u64, schema: usize, reader: &Reader, chance: &mut Chance) {
        let of = &self.schemas[schema];
        if kind == 3
            && let Some(null) = of.null_at
        {
            message.effect = Effect::Datum(schema, long(null as i64));
            return;
        }
        let deletes = self.variant.is_table && self.variant.is_yelp && message.message_type == "delete";
        let mut wanted = Wanted { key: self.key(chance), ..Wanted::default() };
        match kind {
            _ if deletes => {}
            3..=8 => wanted.doubtful = 1,
            9..=11 => wanted.wrong_at = Some(chance.below(12)),
            12 => wanted.depth = 5 + chance.below(30) as usize,
            _ => {}
        }
        let datum = datum(of, wanted, chance);
        if let Some(reason) = datum.wrong {
            message.raw.value = Some(self.framed(message, schema, &datum.bytes));
            message.effect = Effect::Dead(Some(schema), reason);
            return;
        }
        if self.variant.is_table {
            message.partition = self.partition_of(&reader.key(of, &datum.bytes));
        }
        message.effect = if deletes { Effect::Delete(schema, datum.bytes) } else { Effect::Datum(schema, datum.bytes) };
    }

    fn framed(&self, message: &Message, schema: usize, payload: &[u8]) -> Vec<u8> {
        let id = self.id + schema as i32;
        match message.uuid {
            None => confluent(id, payload),
            Some(uuid) => {
                let timestamp = (message.time / 1_000_000) as i32;
                let envelope = Envelope::new(message.message_type, id, payload.to_vec());
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
        let columns = self.schemas.each_ref().map(|schema| table::columns(schema, self.variant.is_flat, db));
        let [Some(one), Some(other)] = columns else { panic!("no two columns are one") };
        let mut expected = Expected::default();
        match table::both(&one, &other, db) {
            Outcome::Table(columns) => expected.columns = columns,
            Outcome::Conflict(columns) => {
                expected.conflicts = columns;
                expected.columns = one;
            }
        }
        let filler = |schema| Filler::new(schema, self.variant.is_flat, &expected.columns, db);
        let fillers: Vec<Filler<'_>> = self.schemas.iter().map(filler).collect();
        let mut next: HashMap<i32, i64> = HashMap::new();
        let (mut seen, mut keys) = (HashMap::new(), HashMap::new());
        for message in &self.messages {
            if let Effect::Datum(1, _) | Effect::Delete(1, _) | Effect::Dead(Some(1), _) = message.effect
                && !expected.conflicts.is_empty()
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
        // What MySQL's keys have room for; other texts in keys are short.
        let is_long = |cell: &&Cell| matches!(cell, Cell::Text(text) if text.chars().count() > 255);
        if filler.db.database.is_mysql() && key.iter().any(is_long) {
            return expected.bury(place, "key_too_long");
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
        let (Message { time, uuid, message_type, .. }, schema_id) = (message, self.id + schema as i32);
        expected.rows.insert(place, Row { time: *time, uuid: *uuid, message_type, schema_id, cells });
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
