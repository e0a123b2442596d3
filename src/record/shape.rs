//! One writer schema of one topic: the table that it becomes and the compiled way from a datum to a row.

use std::sync::Arc;

#[cfg(test)]
mod tests;

use super::derive::{Derived, derive};
use super::kafka_key::{KeyReader, KeySchema};
use super::metadata::{self, Context};
use super::plan::{Absent, Fault, KeyCheck, Limit, Plan};
use super::resolve::Resolution;
use super::schema::Schema;
use super::wire::Reader;
use super::{
    Code, Column, Data, From, Kind, Message, MessageType, Reason, Refusal, Rows, Standing, Table, Why, inside, rows,
};
use crate::config::{Deletes, Mode, Topic, Unique, UuidFrom};
use crate::dialect::Dialect;
use crate::dialect::cell::{Encode, Mysql, Postgres, Sqlite};

/// A schema as a registry gave it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The registry's id.
    pub id: i32,
    /// The schema's JSON text.
    pub text: &'a str,
    /// Who answers for the data, where the registry knows it.
    pub owner: Option<&'a str>,
    /// The primary key, where the registry knows it and the text does not say it.
    pub pkey: &'a [String],
    /// The schema by which its records are read, where the configuration pins one.
    pub reader: Option<Pinned<'a>>,
}

/// A pinned reader schema.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'a> {
    /// The registry's id; `None` is a file.
    pub id: Option<i32>,
    /// The schema's JSON text.
    pub text: &'a str,
}

/// A writer schema made ready: its table, and how its datums become rows.
#[derive(Debug)]
pub struct Shape {
    /// The table as this schema wants it, or as it stands for this schema.
    pub table: Arc<Table>,
    /// Columns with the names that their fields had before, as the schema says.
    pub aliases: Vec<(String, String)>,
    /// What the schema says and flatsink does not follow.
    pub warnings: Vec<String>,
    dialect: Dialect,
    deletes: Deletes,
    uuid: Option<UuidFrom>,
    plan: Plan,
    /// The way to the pinned reader schema's datums, which the plan reads then.
    resolution: Option<Resolution>,
    /// Metadata in front of the key's fields, and behind them.
    front: Vec<From>,
    between: Vec<From>,
    check: KeyCheck,
    kafka_key: KeyReader,
}

/// What one record does.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Its row was appended to the rows.
    Row {
        /// The row's index.
        row: usize,
        /// The encoded key cells that the row had before, if the key moved.
        moved_from: Option<Box<[u8]>>,
    },
    /// The row of this key (encoded key cells) goes.
    Delete(Box<[u8]>),
    /// It cannot become a row.
    Dead(Reason),
    /// Nothing is to be done, and nothing is wrong.
    Skip(Why),
}

impl Shape {
    /// Derives the table that the schema wants and compiles the decoder for it. `key` is the schema of the Kafka
    /// key, where `key_schema_id` gave one.
    ///
    /// # Errors
    /// What stops a table: `schema_invalid`, `no_key`, `key_type`, `bad_name`, `name_collision`, ..
    pub fn new(
        source: Source<'_>,
        key: Option<Source<'_>>,
        topic: &str,
        entry: &Topic,
        dialect: Dialect,
    ) -> Result<Shape, Refusal> {
        Shape::compile(source, key, topic, entry, dialect, None)
    }

    /// The same for the table as it stands.
    ///
    /// # Errors
    /// Those of `new`, and `type_conflict`.
    pub fn on(
        standing: &Standing,
        source: Source<'_>,
        key: Option<Source<'_>>,
        topic: &str,
        entry: &Topic,
        dialect: Dialect,
    ) -> Result<Shape, Refusal> {
        Shape::compile(source, key, topic, entry, dialect, Some(standing))
    }

    fn compile(
        source: Source<'_>,
        key: Option<Source<'_>>,
        topic: &str,
        entry: &Topic,
        dialect: Dialect,
        standing: Option<&Standing>,
    ) -> Result<Shape, Refusal> {
        let written = Schema::parse(source.text)?;
        let pinned = source.reader.filter(|pinned| pinned.text != source.text);
        let pinned = pinned.map(|pinned| resolve(&source, &pinned)).transpose()?;
        let schema = pinned.as_ref().map_or(&written, |(schema, _)| schema);
        let key = key.as_ref().map(KeySchema::parse).transpose()?;
        let in_key = key.as_ref().map(|key| key.paths(entry)).transpose()?.unwrap_or_default();
        let derived = derive(schema, &source, &in_key, topic, entry, dialect)?;
        let derived = match standing {
            Some(standing) => derived.stand(standing)?,
            None => derived,
        };
        let kafka_key = KeyReader::new(&written, schema, &source, key.as_ref(), &derived, entry)?;
        let Derived { table, steps, aliases, .. } = derived;
        let metadata = |columns: &[Column]| -> Vec<From> {
            columns.iter().map(|column| column.from).filter(|from| !matches!(from, From::Field(_))).collect()
        };
        let union = schema.record_branch.map(|record| (1 + usize::from(schema.null_branch.is_some()), record));
        // A resolved datum is that of the record alone.
        let union = union.filter(|_| pinned.is_none());
        Ok(Shape {
            dialect,
            deletes: entry.deletes,
            uuid: metadata::uuid_from(entry),
            front: metadata(&table.columns[..table.key]),
            between: metadata(&table.columns[table.key..]),
            check: key_check(&table, dialect),
            plan: Plan::new(inside::records(&schema.records, entry.format), union, steps).with_nul(entry.nul),
            kafka_key,
            aliases,
            warnings: schema.warnings.clone(),
            resolution: pinned.map(|(_, resolution)| resolution),
            table: Arc::new(table),
        })
    }

    /// Judges a message with a datum of this schema; its row goes to `rows`.
    pub fn judge(&self, message: &Message<'_>, data: &Data<'_>, rows: &mut Rows) -> Outcome {
        match self.dialect {
            Dialect::Postgres => self.judge_as::<Postgres>(message, data, rows),
            Dialect::Mysql | Dialect::Mariadb => self.judge_as::<Mysql>(message, data, rows),
            Dialect::Sqlite => self.judge_as::<Sqlite>(message, data, rows),
        }
    }

    /// The values from which U+0000 was taken, as the entry allows, since this was last asked.
    pub fn take_mended(&self) -> u64 {
        self.plan.take_mended()
    }

    /// Judges a message whose value is null: in mode table it deletes the key that the Kafka key names.
    pub fn tombstone(&self, message: &Message<'_>) -> Outcome {
        match self.dialect {
            Dialect::Postgres => self.tombstone_as::<Postgres>(message),
            Dialect::Mysql | Dialect::Mariadb => self.tombstone_as::<Mysql>(message),
            Dialect::Sqlite => self.tombstone_as::<Sqlite>(message),
        }
    }

    fn judge_as<E: Encode>(&self, message: &Message<'_>, data: &Data<'_>, rows: &mut Rows) -> Outcome {
        if self.table.mode == Mode::Table && data.message_type == Some(MessageType::Delete) {
            return self.delete_as::<E>(message, data);
        }
        let mut resolved = Vec::new();
        let reader = match self.begin(data.payload, "payload", &mut resolved) {
            Ok(Ok(reader)) => reader,
            Ok(Err(_)) => return self.tombstone_as::<E>(message),
            Err(reason) => return Outcome::Dead(reason),
        };
        let mut moved_from = None;
        let pushed = rows.push(|out| {
            let start = out.len();
            let context = self.context(message, data)?;
            self.metadata::<E>(&self.front, &context, out)?;
            let between = |out: &mut Vec<u8>| self.between_cells::<E>(&context, out);
            self.plan.row::<E>(reader, out, between).map_err(|fault| self.reason(fault, "payload"))?;
            self.check.judge(&out[start..]).map_err(|code| self.key_reason(code))?;
            if let (Mode::Table, Some(previous)) = (self.table.mode, data.previous) {
                moved_from = self.moved_from::<E>(&context, previous, start, out)?;
            }
            Ok(())
        });
        match pushed {
            Ok(row) => Outcome::Row { row, moved_from },
            Err(reason) => Outcome::Dead(reason),
        }
    }

    /// Begins a datum: that of the pinned reader schema, where there is one.
    fn begin<'a>(
        &self,
        datum: &'a [u8],
        what: &str,
        resolved: &'a mut Vec<u8>,
    ) -> Result<Result<Reader<'a>, Absent>, Reason> {
        let Some(resolution) = &self.resolution else {
            return self.plan.begin(datum).map_err(|fault| self.reason(fault, what));
        };
        match resolution.resolve(datum, resolved) {
            Ok(true) => Ok(Ok(Reader::new(resolved))),
            Ok(false) => Ok(Err(Absent)),
            Err(lost) => Err(Reason::new(lost.code, place(Some(&lost.path()), lost.at, what))),
        }
    }

    fn between_cells<E: Encode>(&self, context: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Code> {
        self.between.iter().try_for_each(|from| metadata::cell::<E>(*from, context, out))
    }

    fn context<'a>(&self, message: &'a Message<'a>, data: &'a Data<'a>) -> Result<Context<'a>, Reason> {
        let uuid = metadata::uuid(&self.uuid, message, data);
        let uuid = uuid.map_err(|code| Reason::new(code, "the message's uuid is none"))?;
        Ok(Context { message, data: Some(data), uuid })
    }

    fn metadata<E: Encode>(&self, columns: &[From], context: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
        let written = columns.iter().try_for_each(|from| metadata::cell::<E>(*from, context, out));
        written.map_err(|code| Reason::new(code, "a metadata column cannot be written"))
    }

    /// The key that the row had before, where it is another; the row stands at `start`.
    fn moved_from<E: Encode>(
        &self,
        context: &Context<'_>,
        previous: &[u8],
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<Option<Box<[u8]>>, Reason> {
        let end = out.len();
        let found = self.key_of::<E>(context, previous, "previous payload", out)?;
        let (row, before) = out[start..].split_at(end - start);
        // A key that no row can have is nobody's: nothing moved.
        let moved = found && self.check.judge(before).is_ok() && before != rows::prefix(row, self.table.key);
        let moved_from = moved.then(|| before.into());
        out.truncate(end);
        Ok(moved_from)
    }

    /// Appends the key's cells of a datum; whether there is one.
    fn key_of<E: Encode>(
        &self,
        context: &Context<'_>,
        datum: &[u8],
        what: &str,
        out: &mut Vec<u8>,
    ) -> Result<bool, Reason> {
        if datum.is_empty() {
            return Ok(false);
        }
        let mut resolved = Vec::new();
        match self.begin(datum, what, &mut resolved)? {
            Err(_) => Ok(false),
            Ok(reader) => {
                self.metadata::<E>(&self.front, context, out)?;
                self.plan.key::<E>(reader, out).map_err(|fault| self.reason(fault, what))?;
                Ok(true)
            }
        }
    }

    fn delete_as<E: Encode>(&self, message: &Message<'_>, data: &Data<'_>) -> Outcome {
        if self.deletes == Deletes::Ignore {
            return Outcome::Skip(Why::DeletesIgnored);
        }
        let context = Context { message, data: Some(data), uuid: None };
        let mut key = Vec::new();
        let from_row = match self.key_of::<E>(&context, data.payload, "payload", &mut key) {
            Ok(false) => self.key_of::<E>(&context, data.previous.unwrap_or_default(), "previous payload", &mut key),
            decided => decided,
        };
        match from_row {
            Ok(true) => self.deleted(key),
            Ok(false) => self.delete_by_kafka_key::<E>(message),
            Err(reason) => Outcome::Dead(reason),
        }
    }

    fn tombstone_as<E: Encode>(&self, message: &Message<'_>) -> Outcome {
        match (self.table.mode, self.deletes) {
            (Mode::Stream, _) => Outcome::Skip(Why::Tombstone),
            (Mode::Table, Deletes::Ignore) => Outcome::Skip(Why::DeletesIgnored),
            (Mode::Table, Deletes::Apply) => self.delete_by_kafka_key::<E>(message),
        }
    }

    fn delete_by_kafka_key<E: Encode>(&self, message: &Message<'_>) -> Outcome {
        let context = Context { message, data: None, uuid: None };
        let mut key = Vec::new();
        let written = self.metadata::<E>(&self.front, &context, &mut key);
        match written.and_then(|()| self.kafka_key.read::<E>(message, &mut key)) {
            Ok(()) => self.deleted(key),
            Err(reason) => Outcome::Dead(reason),
        }
    }

    fn deleted(&self, key: Vec<u8>) -> Outcome {
        match self.check.judge(&key) {
            Ok(()) => Outcome::Delete(key.into()),
            Err(code) => Outcome::Dead(self.key_reason(code)),
        }
    }

    #[cold]
    fn reason(&self, fault: Fault, what: &str) -> Reason {
        let Fault { code, step, at } = fault;
        let field = step.map(|step| self.plan.steps[step].name.as_str());
        match self.resolution {
            None => Reason::new(code, place(field, at, what)),
            Some(_) => Reason::new(code, place(field, at, &format!("{what} as the reader schema has it"))),
        }
    }

    #[cold]
    fn key_reason(&self, code: Code) -> Reason {
        let columns: Vec<&str> = self.table.columns[..self.table.key].iter().map(|column| &*column.name).collect();
        Reason::new(code, format!("the key ({})", columns.join(", ")))
    }
}

/// The nil uuid as a text.
const NIL: &[u8] = b"00000000-0000-0000-0000-000000000000";

/// Where it was, in words.
fn place(field: Option<&str>, at: usize, what: &str) -> String {
    match field {
        Some(field) if !field.is_empty() => format!("field {field:?} at byte {at} of the {what}"),
        _ => format!("byte {at} of the {what}"),
    }
}

/// The pinned reader schema and the way to it.
fn resolve(source: &Source<'_>, pinned: &Pinned<'_>) -> Result<(Schema, Resolution), Refusal> {
    let named = |refusal: Refusal| Refusal::new(refusal.code, format!("`reader_schema`: {}", refusal.message));
    let schema = Schema::parse(pinned.text).map_err(named)?;
    Ok((schema, Resolution::new(source, pinned)?))
}

/// What a key of this table must be.
fn key_check(table: &Table, dialect: Dialect) -> KeyCheck {
    let key = &table.columns[..table.key];
    let by_uuid = table.mode == Mode::Stream && table.unique == Unique::Uuid;
    let nil = by_uuid.then(|| match dialect {
        Dialect::Sqlite => NIL.to_vec(),
        _ if key.iter().any(|column| column.kind == Kind::UuidText) => NIL.to_vec(),
        _ => vec![0; 16],
    });
    let null = match table.mode {
        Mode::Stream if by_uuid => Some(Code::UuidMissing),
        _ => Some(Code::NullViolation),
    };
    let limit = |column: &Column| {
        let characters = dialect.key_text_max(key).filter(|_| dialect.key_is_unbounded(column))?;
        Some(match column.kind {
            Kind::Bytes(_) => Limit::Bytes(4 * characters),
            _ => Limit::Characters(characters),
        })
    };
    KeyCheck { limits: key.iter().map(limit).collect(), size_max: dialect.key_size_max(), nil, null }
}
