//! From datums to the cells of a table, through apache-avro.

use apache_avro::Schema as Reference;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;

use super::cell::{self, Cell, Reason};
use super::schema::{Definition, Schema, Ty};
use super::table::{self, Column, Db, Leaf};

/// apache-avro's reading by one schema.
pub struct Reader(Reference);

impl Reader {
    pub fn new(schema: &Schema) -> Reader {
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
    pub fn key(&self, schema: &Schema, bytes: &[u8]) -> String {
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
pub struct Filler<'s> {
    schema: &'s Schema,
    reader: Reader,
    /// Where the table is.
    pub db: Db,
    width: usize,
    /// Each with its column.
    leaves: Vec<(Leaf, usize, table::Kind)>,
    /// The key's columns, in any order.
    pub key: Vec<usize>,
}

impl<'s> Filler<'s> {
    pub fn new(schema: &'s Schema, is_flat: bool, table: &[Column], db: Db) -> Filler<'s> {
        let place = |leaf: Leaf| {
            let fold = table::fold(&leaf.column.name, db);
            let index = table.iter().position(|column| table::fold(&column.name, db) == fold)?;
            Some((leaf, index, table[index].kind))
        };
        let leaves = table::leaves(schema, is_flat, db).into_iter().filter_map(place).collect();
        let key = (0..table.len()).filter(|index| table[*index].is_key).collect();
        Filler { schema, reader: Reader::new(schema), db, width: table.len(), leaves, key }
    }

    pub fn cells(&self, payload: &[u8]) -> Result<Option<Vec<Cell>>, Reason> {
        let Some(values) = self.reader.read(payload) else { return Ok(None) };
        let mut cells = vec![Cell::Null; self.width];
        for (leaf, index, kind) in &self.leaves {
            let Some(value) = found(&values, &leaf.path) else { continue };
            cells[*index] = match (&leaf.ty, value) {
                (Some(ty), value) => cell::cell(self.schema, ty, value, *kind, self.db)?,
                (None, Value::Union(_, inner)) => Cell::Text(u8::from(**inner != Value::Null).to_string()),
                (None, other) => panic!("{other:?} is no union"),
            };
        }
        Ok(Some(cells))
    }
}

/// The value at the end of the path; `None` where a record on the way is null.
fn found<'v>(values: &'v [Value], path: &[usize]) -> Option<&'v Value> {
    let mut value = &values[path[0]];
    for place in &path[1..] {
        if let Value::Union(_, inner) = value {
            value = inner;
        }
        match value {
            Value::Record(fields) => value = &fields[*place].1,
            _ => return None,
        }
    }
    Some(value)
}
