//! One writer schema of one topic: the table that it becomes and the compiled way from a datum to a row.

use std::sync::Arc;

use super::{Data, Message, Reason, Refusal, Rows, Table, Why};
use crate::config::Topic;
use crate::dialect::Dialect;

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
}

/// A writer schema made ready: its table, and how its datums become rows.
#[derive(Debug)]
pub struct Shape {
    /// The table as this schema wants it.
    pub table: Arc<Table>,
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
    /// Derives the table and compiles the decoder. `key` is the schema of the Kafka key, where
    /// `key_schema_id` gave one.
    ///
    /// # Errors
    /// What types.md calls STOP: `schema_invalid`, `key_type`, `bad_name`, `name_collision`, ..
    pub fn new(
        _schema: Source<'_>,
        _key: Option<Source<'_>>,
        _topic: &str,
        _entry: &Topic,
        _dialect: Dialect,
    ) -> Result<Shape, Refusal> {
        Err(Refusal::new("schema_invalid", "shapes are not there yet"))
    }

    /// Judges a message with a datum of this schema; its row goes to `rows`.
    pub fn judge(&self, _message: &Message<'_>, _data: &Data<'_>, _rows: &mut Rows) -> Outcome {
        Outcome::Skip(Why::Protected)
    }

    /// Judges a message whose value is null: in mode table it deletes the key that the Kafka key names.
    pub fn tombstone(&self, _message: &Message<'_>) -> Outcome {
        Outcome::Skip(Why::Tombstone)
    }
}
