//! Where a datum ends, and where in it the key lies: all that `produce` needs to know of a schema.

use std::collections::HashMap;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

/// Levels of nesting in a datum.
const DEPTH_MAX: usize = 64;

/// A schema as a way to step over its datums.
#[derive(Debug)]
pub(crate) struct Layout {
    types: Vec<Type>,
    root: usize,
    /// Indexes of the key's fields in the root record, in the key's order.
    key: Vec<usize>,
    key_schema: Option<String>,
}

#[derive(Clone, Debug)]
enum Type {
    /// A named type that was only mentioned so far.
    Unknown,
    Null,
    Fixed(usize),
    Varint,
    Bytes,
    Union(Vec<usize>),
    Record(Vec<usize>),
    /// Of arrays and maps: the types of each item.
    Blocks(Vec<usize>),
}

impl Layout {
    /// Reads a schema. Names and defaults are nobody's business here, so what strict Avro refuses is taken.
    pub(crate) fn new(schema: &str) -> anyhow::Result<Layout> {
        let json: Value = serde_json::from_str(schema).context("the schema is no JSON")?;
        let mut reader = Reader { types: Vec::new(), names: HashMap::new() };
        let root = reader.read(&json, "", 0)?;
        let unknown = reader.names.iter().find(|(_, index)| matches!(reader.types[**index], Type::Unknown));
        if let Some((name, _)) = unknown {
            bail!("the schema mentions {name} and does not say what it is");
        }
        let mut layout = Layout { types: reader.types, root, key: Vec::new(), key_schema: None };
        if let Some(fields) = key_fields(&json)? {
            layout.key = fields.iter().map(|(index, _)| *index).collect();
            layout.key_schema = Some(key_schema(&json, fields.iter().map(|(_, field)| (*field).clone()).collect()));
        }
        Ok(layout)
    }

    /// Whether the schema names a primary key (`pkey`).
    pub(crate) fn has_key(&self) -> bool {
        !self.key.is_empty()
    }

    /// The schema of the key: a record of the fields that `pkey` names, in its order.
    pub(crate) fn key_schema(&self) -> Option<&str> {
        self.key_schema.as_deref()
    }

    /// The length of the datum that `bytes` begins with; the datum of its key goes to `key`.
    pub(crate) fn measure(&self, bytes: &[u8], key: &mut Vec<u8>) -> anyhow::Result<usize> {
        key.clear();
        let mut cursor = Cursor { bytes, position: 0 };
        let Type::Record(fields) = &self.types[self.root] else {
            self.step(self.root, &mut cursor, 0)?;
            return Ok(cursor.position);
        };
        if !self.has_key() {
            self.step(self.root, &mut cursor, 0)?;
            return Ok(cursor.position);
        }
        let mut spans = Vec::with_capacity(fields.len());
        for field in fields {
            let start = cursor.position;
            self.step(*field, &mut cursor, 1)?;
            spans.push(start..cursor.position);
        }
        for index in &self.key {
            key.extend_from_slice(&bytes[spans[*index].clone()]);
        }
        Ok(cursor.position)
    }

    fn step(&self, index: usize, cursor: &mut Cursor<'_>, depth: usize) -> anyhow::Result<()> {
        ensure!(depth <= DEPTH_MAX, "a datum is nested deeper than {DEPTH_MAX} levels");
        match &self.types[index] {
            Type::Unknown => bail!("a type that the schema does not define"),
            Type::Null => Ok(()),
            Type::Fixed(size) => cursor.skip(*size as i64),
            Type::Varint => cursor.varint().map(drop),
            Type::Bytes => {
                let length = cursor.varint()?;
                cursor.skip(length)
            }
            Type::Union(branches) => {
                let branch = usize::try_from(cursor.varint()?).ok().and_then(|branch| branches.get(branch));
                self.step(*branch.context("a union has no such branch")?, cursor, depth + 1)
            }
            Type::Record(fields) => fields.iter().try_for_each(|field| self.step(*field, cursor, depth + 1)),
            Type::Blocks(item) => loop {
                let count = cursor.varint()?;
                if count == 0 {
                    return Ok(());
                }
                if count < 0 {
                    let size = cursor.varint()?;
                    cursor.skip(size)?;
                    continue;
                }
                // An item takes a byte or more, or there would be no end to it.
                ensure!(count as usize <= cursor.bytes.len() - cursor.position, "an array or map is too long");
                for _ in 0..count {
                    item.iter().try_for_each(|part| self.step(*part, cursor, depth + 1))?;
                }
            },
        }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Cursor<'_> {
    fn skip(&mut self, length: i64) -> anyhow::Result<()> {
        let left = self.bytes.len() - self.position;
        let length = usize::try_from(length).ok().filter(|length| *length <= left);
        self.position += length.context("a datum ends too early")?;
        Ok(())
    }

    fn varint(&mut self) -> anyhow::Result<i64> {
        let mut value: u64 = 0;
        for shift in 0..10 {
            let byte = *self.bytes.get(self.position).context("a datum ends too early")?;
            self.position += 1;
            value |= u64::from(byte & 0x7f) << (7 * shift);
            if byte < 0x80 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        bail!("a number in a datum has no end")
    }
}

struct Reader {
    types: Vec<Type>,
    names: HashMap<String, usize>,
}

impl Reader {
    fn read(&mut self, schema: &Value, namespace: &str, depth: usize) -> anyhow::Result<usize> {
        ensure!(depth <= DEPTH_MAX, "the schema is nested deeper than {DEPTH_MAX} levels");
        match schema {
            Value::String(name) => Ok(self.named(name, namespace)),
            Value::Array(branches) => {
                let branches = branches.iter().map(|branch| self.read(branch, namespace, depth + 1));
                let branches = branches.collect::<anyhow::Result<_>>()?;
                Ok(self.add(Type::Union(branches)))
            }
            Value::Object(object) => self.read_object(object, namespace, depth),
            _ => bail!("the schema holds something that is no type"),
        }
    }

    fn read_object(&mut self, object: &Map<String, Value>, outer: &str, depth: usize) -> anyhow::Result<usize> {
        let kind = match object.get("type").context("the schema has a type without `type`")? {
            Value::String(kind) => kind.as_str(),
            nested => return self.read(nested, outer, depth + 1),
        };
        match kind {
            "record" | "error" => {
                let (index, namespace) = self.define(object, outer)?;
                let fields = object.get("fields").and_then(Value::as_array).context("a record has no fields")?;
                let types = fields.iter().map(|field| {
                    let kind = field.get("type").context("a field has no type")?;
                    self.read(kind, &namespace, depth + 1)
                });
                let types = types.collect::<anyhow::Result<_>>()?;
                self.types[index] = Type::Record(types);
                Ok(index)
            }
            "enum" => {
                let (index, _) = self.define(object, outer)?;
                self.types[index] = Type::Varint;
                Ok(index)
            }
            "fixed" => {
                let size = object.get("size").and_then(Value::as_u64).context("a fixed has no size")?;
                let (index, _) = self.define(object, outer)?;
                self.types[index] = Type::Fixed(usize::try_from(size)?);
                Ok(index)
            }
            "array" => {
                let item = self.read(object.get("items").context("an array has no items")?, outer, depth + 1)?;
                Ok(self.add(Type::Blocks(vec![item])))
            }
            "map" => {
                let value = self.read(object.get("values").context("a map has no values")?, outer, depth + 1)?;
                let key = self.add(Type::Bytes);
                Ok(self.add(Type::Blocks(vec![key, value])))
            }
            name => Ok(self.named(name, outer)),
        }
    }

    /// Makes room for a named type, and gives the namespace inside it.
    fn define(&mut self, object: &Map<String, Value>, outer: &str) -> anyhow::Result<(usize, String)> {
        let name = object.get("name").and_then(Value::as_str).context("a named type has no name")?;
        let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(outer);
        let full = full_name(name, namespace);
        let namespace = full.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        let index = match self.names.get(&full) {
            Some(index) => *index,
            None => {
                let index = self.add(Type::Unknown);
                self.names.insert(full, index);
                index
            }
        };
        Ok((index, namespace))
    }

    fn named(&mut self, name: &str, namespace: &str) -> usize {
        let kind = match name {
            "null" => Type::Null,
            "boolean" => Type::Fixed(1),
            "int" | "long" => Type::Varint,
            "float" => Type::Fixed(4),
            "double" => Type::Fixed(8),
            "bytes" | "string" => Type::Bytes,
            _ => {
                let full = full_name(name, namespace);
                if let Some(index) = self.names.get(&full) {
                    return *index;
                }
                let index = self.add(Type::Unknown);
                self.names.insert(full, index);
                return index;
            }
        };
        self.add(kind)
    }

    fn add(&mut self, kind: Type) -> usize {
        self.types.push(kind);
        self.types.len() - 1
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The fields that the record-level `pkey` names: index and definition, in the key's order.
fn key_fields(schema: &Value) -> anyhow::Result<Option<Vec<(usize, &Value)>>> {
    let Some(names) = schema.get("pkey").and_then(Value::as_array).filter(|names| !names.is_empty()) else {
        return Ok(None);
    };
    let fields = schema.get("fields").and_then(Value::as_array).context("the schema has a pkey and no fields")?;
    let mut found = Vec::new();
    for name in names {
        let index = fields.iter().position(|field| field.get("name") == Some(name));
        let index = index.with_context(|| format!("the schema's pkey names {name}, which is no field"))?;
        found.push((index, &fields[index]));
    }
    Ok(Some(found))
}

fn key_schema(schema: &Value, fields: Vec<Value>) -> String {
    let name = schema.get("name").and_then(Value::as_str).unwrap_or("record");
    let mut key = json!({"type": "record", "name": format!("{name}_key"), "fields": fields});
    if let Some(namespace) = schema.get("namespace") {
        key["namespace"] = namespace.clone();
    }
    key.to_string()
}
