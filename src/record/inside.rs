//! Attributes inside of nested values: what would be a date or a decimal as a column is one in their JSON too.

use serde_json::{Map, Value};

use super::Kind;
use super::refine::refine;
use super::schema::parse::type_object;
use super::schema::{Branch, Field, Record, Type};
use super::value::Read;
use crate::config::Format;

/// The records as their values are rendered.
pub fn records(records: &[Record], format: Format) -> Vec<Record> {
    let mut rendered = records.to_vec();
    for record in &mut rendered {
        for field in &mut record.fields {
            field.ty = rendering(field, records, format);
        }
    }
    rendered
}

/// The type as which a field's value is rendered where it is nested.
pub fn rendering(field: &Field, records: &[Record], format: Format) -> Type {
    let json = field.attributes.get("type").unwrap_or(&Value::Null);
    Inside { records, format }.ty(&field.ty, json, &field.attributes)
}

struct Inside<'a> {
    records: &'a [Record],
    format: Format,
}

impl Inside<'_> {
    /// The type, which is written as this JSON, with the attributes of the field or of the type's object.
    fn ty(&self, ty: &Type, json: &Value, attributes: &Map<String, Value>) -> Type {
        match ty {
            Type::Union(branches) => {
                let several = branches.iter().filter(|branch| branch.ty != Type::Null).count() > 1;
                let written = list(json);
                let branch = |(index, branch): (usize, &Branch)| {
                    let json = written.get(index).unwrap_or(&Value::Null);
                    let ty = match several {
                        true => self.ty(&branch.ty, json, &of_type(json)),
                        false => self.ty(&branch.ty, json, attributes),
                    };
                    Branch { tag: branch.tag.clone(), ty }
                };
                Type::Union(branches.iter().enumerate().map(branch).collect())
            }
            Type::Array(items) => Type::Array(self.item(items, json, "items")),
            Type::Map(values) => Type::Map(self.item(values, json, "values")),
            _ => self.single(ty, attributes),
        }
    }

    fn item(&self, ty: &Type, json: &Value, key: &str) -> Box<Type> {
        let item = type_object(json).and_then(|object| object.get(key)).unwrap_or(&Value::Null);
        Box::new(self.ty(ty, item, &of_type(item)))
    }

    fn single(&self, ty: &Type, attributes: &Map<String, Value>) -> Type {
        let field = Field { name: String::new(), doc: None, ty: ty.clone(), attributes: attributes.clone() };
        let bare = Field { attributes: Map::new(), ..field.clone() };
        let refined = refine(&field, self.records, self.format);
        let is_other = refined != refine(&bare, self.records, self.format);
        let nanos = matches!(refined.kind, Some(Kind::NanosUtc | Kind::NanosLocal));
        match (refined.kind, refined.read) {
            (Some(kind), read) if is_other && has_form(&read, nanos) => Type::Refined(kind, Box::new(read)),
            (Some(kind), read @ Read::VariableScale) => Type::Refined(kind, Box::new(read)),
            _ => ty.clone(),
        }
    }
}

/// Whether its JSON is another than that of the bare type. A text stays the text that it is, with or without a limit;
/// a year stays a number.
fn has_form(read: &Read, nanos: bool) -> bool {
    match read {
        Read::Date | Read::TimeMillis | Read::TimeLong(_) | Read::TimeSpan | Read::Timestamp(_) => true,
        Read::Decimal { .. } | Read::FixedPoint { .. } | Read::UuidText | Read::JsonText => true,
        Read::Long => nanos,
        _ => false,
    }
}

/// The branches of a union as they are written.
fn list(json: &Value) -> &[Value] {
    match json {
        Value::Array(branches) => branches,
        Value::Object(object) => object.get("type").map_or(&[], list),
        _ => &[],
    }
}

fn of_type(json: &Value) -> Map<String, Value> {
    type_object(json).cloned().unwrap_or_default()
}
