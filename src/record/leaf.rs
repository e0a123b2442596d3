//! The columns-to-be of a schema: the fields of the record at its top and, with `nested: flatten`, those of the
//! records inside.

use std::collections::BTreeMap;

use super::plan::Union;
use super::refine::{Refined, refine, unwrap};
use super::schema::{Field, Record, Type};
use super::value::Read;
use super::{Kind, Refusal, inside, overrides};
use crate::config::{ColumnOverride, Format, Nested};

/// Records inside each other that are taken apart; what lies deeper stays JSON, as deep as JSON may be.
const DEPTH_MAX: usize = 30;
/// Fields that one schema becomes: a record that holds two of the next, and so on, makes 2^n of n.
const FIELDS_MAX: usize = 10_000;

/// A value on the wire that becomes a column, or nothing.
#[derive(Clone, Debug)]
pub struct Leaf<'s> {
    /// The names of the fields from the top down, with dots between them.
    pub path: String,
    /// The same with underscores between them: the column's name before it is mapped.
    pub name: String,
    /// The column's name as the configuration gives it.
    pub given: Option<String>,
    /// The field.
    pub field: &'s Field,
    /// What it becomes.
    pub refined: Refined,
    /// Whether a record around it may be null.
    pub optional: bool,
}

impl Leaf<'_> {
    /// Whether the column may be null.
    pub fn nullable(&self) -> bool {
        self.optional || self.refined.nullable()
    }

    /// Whether it says that a record is there, and is no field.
    pub fn is_presence(&self) -> bool {
        matches!(self.refined.union, Union::Record { .. })
    }
}

/// What the leaves depend on beside the schema.
#[derive(Clone, Copy, Debug)]
pub struct How<'s> {
    /// How messages are framed.
    pub format: Format,
    /// What becomes of nested values.
    pub nested: Nested,
    /// What is said of single columns.
    pub columns: &'s BTreeMap<String, ColumnOverride>,
}

/// The leaves of these fields in wire order.
///
/// # Errors
/// `bad_column`, `not_flat` for a nested value that is rejected, `schema_limits`.
pub fn leaves<'s>(fields: &'s [Field], records: &'s [Record], how: How<'s>) -> Result<Vec<Leaf<'s>>, Refusal> {
    let mut walk = Walk { records, how, open: vec![0], seen: 0, leaves: Vec::with_capacity(fields.len()) };
    walk.fields(fields, &Place::default())?;
    Ok(walk.leaves)
}

struct Walk<'s> {
    records: &'s [Record],
    how: How<'s>,
    /// The records that are being taken apart: one of them inside itself stays JSON.
    open: Vec<usize>,
    seen: usize,
    leaves: Vec<Leaf<'s>>,
}

/// Where a record stands.
#[derive(Default)]
struct Place {
    path: String,
    name: String,
    optional: bool,
    /// What the configuration says of nested values here.
    nested: Option<Nested>,
}

impl<'s> Walk<'s> {
    fn fields(&mut self, fields: &'s [Field], place: &Place) -> Result<(), Refusal> {
        self.seen += fields.len();
        if self.seen > FIELDS_MAX {
            let text = format!("records inside of records make more than {FIELDS_MAX} fields: use `nested: json`");
            return Err(Refusal::new("schema_limits", text));
        }
        for field in fields {
            let (path, name) = if self.open.len() == 1 {
                (field.name.clone(), field.name.clone())
            } else {
                (format!("{}.{}", place.path, field.name), format!("{}_{}", place.name, field.name))
            };
            let place = Place { path, name, optional: place.optional, nested: place.nested };
            self.field(field, place)?;
        }
        Ok(())
    }

    fn field(&mut self, field: &'s Field, mut place: Place) -> Result<(), Refusal> {
        let column = self.how.columns.get(&place.path);
        place.nested = column.and_then(|column| column.nested).or(place.nested);
        let nested = place.nested.unwrap_or(self.how.nested);
        let mut refined = refine(field, self.records, self.how.format);
        if let Some(column) = column {
            refined = overrides::apply(refined, field, column, self.records, self.how.format)?;
        }
        match &refined.read {
            Read::Json(_) if nested == Nested::Reject => return Err(not_flat(&place.path)),
            Read::Json(Type::Record(index)) if nested == Nested::Flatten && self.takes_apart(*index) => {
                if column.is_some_and(|column| column.name.is_some()) {
                    return Err(overrides::no_column(&place.path));
                }
                self.record(field, *index, refined.union, place)?;
            }
            _ => {
                if let Read::Json(_) = refined.read {
                    let rendering = inside::rendering(field, self.records, self.how.format);
                    refined.read = Read::Json(unwrap(&rendering).1.clone());
                }
                self.push(field, refined, place);
                if let (Some(leaf), Some(column)) = (self.leaves.last_mut(), column) {
                    leaf.given.clone_from(&column.name);
                }
            }
        }
        Ok(())
    }

    fn takes_apart(&self, record: usize) -> bool {
        !self.open.contains(&record) && self.open.len() <= DEPTH_MAX
    }

    fn record(&mut self, field: &'s Field, record: usize, union: Union, mut place: Place) -> Result<(), Refusal> {
        let first = self.leaves.len();
        match union {
            Union::Null(null) => {
                let (path, name) = (place.path.clone(), format!("{}_present", place.name));
                let union = Union::Record { null, steps: 0 };
                let refined = Refined { kind: Some(Kind::Bool), union, read: Read::Nothing };
                self.push(field, refined, Place { path, name, ..place });
                place.optional = true;
            }
            Union::Single => {
                let refined = Refined { kind: None, union, read: Read::Nothing };
                self.push(field, refined, Place { path: place.path.clone(), name: String::new(), ..place });
            }
            Union::None | Union::Record { .. } => {}
        }
        self.open.push(record);
        self.fields(&self.records[record].fields, &place)?;
        self.open.pop();
        let inside = self.leaves.len() - first;
        if let Some(Union::Record { steps, .. }) = self.leaves.get_mut(first).map(|leaf| &mut leaf.refined.union)
            && matches!(union, Union::Null(_))
        {
            *steps = inside - 1;
        }
        Ok(())
    }

    fn push(&mut self, field: &'s Field, refined: Refined, place: Place) {
        let Place { path, name, optional, .. } = place;
        self.leaves.push(Leaf { path, name, given: None, field, refined, optional });
    }
}

fn not_flat(path: &str) -> Refusal {
    let text = format!(
        "field {path:?} holds a record, an array, a map or a union of several types, and the entry says \
         `nested: reject`: take `json` or `flatten`"
    );
    Refusal::new("not_flat", text)
}
