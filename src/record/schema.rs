//! Avro writer schemas, read from their raw JSON (Avro 1.12 specification, "Schema Declaration"), tolerant of
//! names and defaults that the specification refuses but producers emit.

pub(super) mod parse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::value::Read;
use super::{Kind, Refusal};

/// A parsed writer schema whose top is a record, or a union of null and a record.
#[derive(Clone, Debug)]
pub struct Schema {
    /// All records, the top one first; `Type::Record` points into it, so a schema may be recursive.
    pub records: Vec<Record>,
    /// For a union at the top: the index of its null branch (the other branch is the record).
    pub null_branch: Option<usize>,
    /// For a union at the top: the index of the record's branch.
    pub record_branch: Option<usize>,
    /// What the schema says and this parser does not follow.
    pub warnings: Vec<String>,
}

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    /// The name without its namespace.
    pub name: String,
    /// The namespace, empty if there is none.
    pub namespace: String,
    /// The documentation.
    pub doc: Option<String>,
    /// The fields in wire order.
    pub fields: Vec<Field>,
    /// The primary key: the record's `pkey` list, else the fields that carry a `pkey` number, in its order.
    pub pkey: Vec<String>,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name as the producer wrote it.
    pub name: String,
    /// The documentation.
    pub doc: Option<String>,
    /// The type.
    pub ty: Type,
    /// All attributes of the field's JSON object, as written (`maxlen`, `unsigned`, ..), and those of its type's
    /// object (for a union: of its only branch beside null) that the field lacks.
    pub attributes: Map<String, Value>,
}

/// A type; its logical type where it is valid on this base (else the base type alone, with a warning).
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// null
    Null,
    /// boolean
    Boolean,
    /// int, with date or time-millis
    Int(Option<Logical>),
    /// long, with its time types
    Long(Option<Logical>),
    /// float
    Float,
    /// double
    Double,
    /// bytes, with decimal or big-decimal
    Bytes(Option<Logical>),
    /// string, with uuid
    String(Option<Logical>),
    /// enum and its symbols in wire order
    Enum(Arc<[String]>),
    /// fixed of so many bytes, with decimal, uuid (16) or duration (12)
    Fixed(usize, Option<Logical>),
    /// array
    Array(Box<Type>),
    /// map; keys are strings
    Map(Box<Type>),
    /// union
    Union(Vec<Branch>),
    /// a record: its index in `Schema::records`
    Record(usize),
    /// what attributes make of a type inside of a nested value: no schema says so by itself
    Refined(Kind, Box<Read>),
}

/// A branch of a union with the name that tags it in Avro's JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// `long`, `com.acme.Click`, ..
    pub tag: String,
    /// The branch's type.
    pub ty: Type,
}

/// The logical types of Avro 1.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logical {
    /// decimal
    Decimal {
        /// All digits.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
    /// big-decimal
    BigDecimal,
    /// uuid
    Uuid,
    /// date
    Date,
    /// time-millis
    TimeMillis,
    /// time-micros
    TimeMicros,
    /// timestamp-millis
    TimestampMillis,
    /// timestamp-micros
    TimestampMicros,
    /// timestamp-nanos
    TimestampNanos,
    /// local-timestamp-millis
    LocalTimestampMillis,
    /// local-timestamp-micros
    LocalTimestampMicros,
    /// local-timestamp-nanos
    LocalTimestampNanos,
    /// duration
    Duration,
}

impl Schema {
    /// Reads a schema from its JSON text.
    ///
    /// # Errors
    /// `schema_invalid`, `schema_limits`, `schema_recursive`, `fixed_too_large`, `not_a_record`.
    pub fn parse(text: &str) -> Result<Schema, Refusal> {
        let (records, top, warnings) = parse::parse(text)?;
        let (null_branch, record_branch) = match &top {
            Type::Record(0) => (None, None),
            Type::Union(branches) => top_branches(branches).ok_or_else(not_a_record)?,
            _ => return Err(not_a_record()),
        };
        Ok(Schema { records, null_branch, record_branch, warnings })
    }

    /// The record at the top.
    pub fn top(&self) -> &Record {
        &self.records[0]
    }
}

/// The indices of the null branch, if any, and of the record in a union at the top.
fn top_branches(branches: &[Branch]) -> Option<(Option<usize>, Option<usize>)> {
    let position = |wanted: &Type| branches.iter().position(|branch| branch.ty == *wanted);
    let (null, record) = (position(&Type::Null), position(&Type::Record(0))?);
    (branches.len() == 1 + usize::from(null.is_some())).then_some((null, Some(record)))
}

fn not_a_record() -> Refusal {
    Refusal::new("not_a_record", "the schema's top is no record: only records become tables")
}
