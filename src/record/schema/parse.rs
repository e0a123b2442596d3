//! From JSON to records and types. Defaults and the shapes of names are never looked at: decoding goes by position.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Branch, Field, Logical, Record, Type};
use crate::record::Refusal;

const TEXT_MAX: usize = 1 << 20;
const DEPTH_MAX: usize = 64;
const FIELDS_MAX: usize = 10_000;
const FIXED_MAX: u64 = 64 << 10;

/// Attributes of a type's object that say what the type is, not what it means to a column.
const STRUCTURE: [&str; 12] = [
    "type",
    "name",
    "namespace",
    "doc",
    "aliases",
    "fields",
    "items",
    "values",
    "symbols",
    "size",
    "default",
    "logicalType",
];

/// The records, the type at the top, and warnings.
pub(in crate::record) fn parse(text: &str) -> Result<(Vec<Record>, Type, Vec<String>), Refusal> {
    if text.len() > TEXT_MAX {
        return Err(Refusal::new(
            "schema_limits",
            format!("the schema has {} bytes, {TEXT_MAX} are plenty", text.len()),
        ));
    }
    let json: Value = serde_json::from_str(text).map_err(|error| match error.to_string() {
        text if text.starts_with("recursion limit") => {
            Refusal::new("schema_limits", format!("the schema's JSON: {text}"))
        }
        text => Refusal::new("schema_invalid", format!("the schema is not JSON: {text}")),
    })?;
    let mut parser = Parser::default();
    let top = parser.ty(&json, "", 0)?;
    let finite = parser.finite_records();
    if let Some(index) = finite.iter().position(|finite| !finite) {
        let name = &parser.records[index].name;
        return Err(Refusal::new("schema_recursive", format!("record {name:?} must contain itself: it has no value")));
    }
    Ok((parser.records, top, parser.warnings))
}

#[derive(Default)]
struct Parser {
    records: Vec<Record>,
    named: HashMap<String, Type>,
    /// The attributes of named types, which count where the type is only named too.
    attributes: HashMap<String, Map<String, Value>>,
    fields: usize,
    path: Vec<String>,
    warnings: Vec<String>,
}

impl Parser {
    fn ty(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<Type, Refusal> {
        if depth > DEPTH_MAX {
            return Err(Refusal::new("schema_limits", format!("types nest deeper than {DEPTH_MAX} levels")));
        }
        match json {
            Value::String(name) => self.reference(name, namespace),
            Value::Array(branches) => self.union(branches, namespace, depth),
            Value::Object(object) => self.object(object, namespace, depth),
            _ => Err(self.invalid("a type is a name, an object or a list")),
        }
    }

    fn reference(&self, name: &str, namespace: &str) -> Result<Type, Refusal> {
        if let Some(primitive) = primitive(name) {
            return Ok(primitive);
        }
        let found = self.named.get(&full_name(name, namespace)).or_else(|| self.named.get(name));
        found.cloned().ok_or_else(|| self.invalid(&format!("unknown type {name:?}")))
    }

    fn union(&mut self, json: &[Value], namespace: &str, depth: usize) -> Result<Type, Refusal> {
        let mut tags = HashSet::new();
        let mut branches = Vec::with_capacity(json.len());
        for branch in json {
            let ty = self.ty(branch, namespace, depth + 1)?;
            let tag = self.tag(branch, &ty, namespace)?;
            if !tags.insert(tag.clone()) {
                return Err(self.invalid(&format!("a union holds {tag:?} twice")));
            }
            branches.push(Branch { tag, ty });
        }
        if branches.is_empty() {
            return Err(self.invalid("a union without branches"));
        }
        Ok(Type::Union(branches))
    }

    /// The name that tags a branch in Avro's JSON.
    fn tag(&self, json: &Value, ty: &Type, namespace: &str) -> Result<String, Refusal> {
        Ok(match ty {
            Type::Null => "null".into(),
            Type::Boolean => "boolean".into(),
            Type::Int(_) => "int".into(),
            Type::Long(_) => "long".into(),
            Type::Float => "float".into(),
            Type::Double => "double".into(),
            Type::Bytes(_) => "bytes".into(),
            Type::String(_) => "string".into(),
            Type::Array(_) => "array".into(),
            Type::Map(_) => "map".into(),
            Type::Union(_) | Type::Refined(..) => return Err(self.invalid("a union inside a union")),
            Type::Record(index) => full_name(&self.records[*index].name, &self.records[*index].namespace),
            Type::Enum(_) | Type::Fixed(..) => self.branch_name(json, namespace)?,
        })
    }

    fn branch_name(&self, json: &Value, namespace: &str) -> Result<String, Refusal> {
        match json {
            Value::String(name) => {
                let full = full_name(name, namespace);
                Ok(if self.named.contains_key(&full) { full } else { name.clone() })
            }
            Value::Object(object) => match object.get("type") {
                Some(Value::String(name)) if matches!(name.as_str(), "enum" | "fixed") => {
                    let (name, namespace) = self.name(object, namespace)?;
                    Ok(full_name(&name, &namespace))
                }
                Some(inner) => self.branch_name(inner, namespace),
                None => Err(self.invalid("a type object without \"type\"")),
            },
            _ => Err(self.invalid("a union inside a union")),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, namespace: &str, depth: usize) -> Result<Type, Refusal> {
        let name = match object.get("type") {
            Some(Value::String(name)) => name.as_str(),
            Some(inner) => return self.ty(inner, namespace, depth + 1),
            None => return Err(self.invalid("a type object without \"type\"")),
        };
        match name {
            "record" | "error" => self.record(object, namespace, depth),
            "enum" => {
                let symbols = object.get("symbols").and_then(Value::as_array);
                let symbols: Option<Arc<[String]>> =
                    symbols.and_then(|list| list.iter().map(|symbol| symbol.as_str().map(str::to_owned)).collect());
                let symbols = symbols.ok_or_else(|| self.invalid("an enum needs a list of symbols"))?;
                self.define(object, namespace, Type::Enum(symbols))
            }
            "fixed" => {
                let size = object.get("size").and_then(Value::as_u64);
                let size = size.ok_or_else(|| self.invalid("a fixed needs a size"))?;
                if size > FIXED_MAX {
                    let text = format!("{}a fixed of {size} bytes, {FIXED_MAX} are the limit", self.place());
                    return Err(Refusal::new("fixed_too_large", text));
                }
                let base = self.logical(object, Type::Fixed(size as usize, None));
                self.define(object, namespace, base)
            }
            "array" => Ok(Type::Array(Box::new(self.inner(object, "items", namespace, depth)?))),
            "map" => Ok(Type::Map(Box::new(self.inner(object, "values", namespace, depth)?))),
            name => {
                let base = self.reference(name, namespace)?;
                Ok(if primitive(name).is_some() { self.logical(object, base) } else { base })
            }
        }
    }

    fn inner(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        namespace: &str,
        depth: usize,
    ) -> Result<Type, Refusal> {
        let inner = object.get(key).ok_or_else(|| self.invalid(&format!("{key:?} is missing")))?;
        self.ty(inner, namespace, depth + 1)
    }

    fn define(&mut self, object: &Map<String, Value>, namespace: &str, ty: Type) -> Result<Type, Refusal> {
        let (name, namespace) = self.name(object, namespace)?;
        self.attributes.insert(full_name(&name, &namespace), column_attributes(object));
        self.named.insert(full_name(&name, &namespace), ty.clone());
        Ok(ty)
    }

    /// The name and the namespace of a named type.
    fn name(&self, object: &Map<String, Value>, enclosing: &str) -> Result<(String, String), Refusal> {
        let name = object.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| self.invalid("a record, enum or fixed needs a name"))?;
        if let Some((namespace, name)) = name.rsplit_once('.') {
            return Ok((name.to_owned(), namespace.to_owned()));
        }
        let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(enclosing);
        Ok((name.to_owned(), namespace.to_owned()))
    }

    fn record(&mut self, object: &Map<String, Value>, namespace: &str, depth: usize) -> Result<Type, Refusal> {
        let (name, namespace) = self.name(object, namespace)?;
        let json = object.get("fields").and_then(Value::as_array);
        let json = json.ok_or_else(|| self.invalid("a record needs a list of fields"))?;
        self.fields += json.len();
        if self.fields > FIELDS_MAX {
            return Err(Refusal::new("schema_limits", format!("the schema has more than {FIELDS_MAX} fields")));
        }
        let index = self.records.len();
        self.named.insert(full_name(&name, &namespace), Type::Record(index));
        let doc = text(object, "doc");
        self.records.push(Record { name, namespace: namespace.clone(), doc, fields: Vec::new(), pkey: Vec::new() });
        let mut fields = Vec::with_capacity(json.len());
        let mut names = HashSet::new();
        for field in json {
            let field = self.field(field, &namespace, depth)?;
            if !names.insert(field.name.clone()) {
                return Err(self.invalid(&format!("two fields are named {:?}", field.name)));
            }
            fields.push(field);
        }
        self.records[index].pkey = primary_key(object, &fields);
        self.records[index].fields = fields;
        Ok(Type::Record(index))
    }

    fn field(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<Field, Refusal> {
        let object = json.as_object().ok_or_else(|| self.invalid("a field is an object"))?;
        let name = object.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| self.invalid("a field needs a name"))?;
        self.path.push(name.to_owned());
        let json = object.get("type").ok_or_else(|| self.invalid("a field needs a type"))?;
        let ty = self.ty(json, namespace, depth + 1)?;
        if object.contains_key("logicalType") {
            self.warn("logicalType beside the type has no effect: it belongs inside the type's object");
        }
        self.path.pop();
        let mut attributes = object.clone();
        for (key, value) in self.attributes_of(json, namespace) {
            attributes.entry(key).or_insert(value);
        }
        Ok(Field { name: name.to_owned(), doc: text(object, "doc"), ty, attributes })
    }

    /// The attributes of a type: of its object, or of the one that its name stands for.
    fn attributes_of(&self, json: &Value, namespace: &str) -> Map<String, Value> {
        let json = only_branch(json).unwrap_or(json);
        match json {
            Value::Object(object) => {
                let mut found = column_attributes(object);
                // Those of the outer object go before those of the one inside.
                if let Some(inner @ Value::Object(_)) = object.get("type") {
                    for (key, value) in self.attributes_of(inner, namespace) {
                        found.entry(key).or_insert(value);
                    }
                }
                found
            }
            Value::String(name) => {
                let found = self.attributes.get(&full_name(name, namespace)).or_else(|| self.attributes.get(name));
                found.cloned().unwrap_or_default()
            }
            _ => Map::new(),
        }
    }

    /// The type with its logical type, where that is valid on this base.
    fn logical(&mut self, object: &Map<String, Value>, base: Type) -> Type {
        let Some(name) = object.get("logicalType").and_then(Value::as_str) else { return base };
        let found = logical(object, &base);
        if found.is_none() {
            self.warn(&format!("logicalType {name:?} is unknown or not valid here: the base type counts"));
        }
        match base {
            Type::Int(_) => Type::Int(found),
            Type::Long(_) => Type::Long(found),
            Type::Bytes(_) => Type::Bytes(found),
            Type::String(_) => Type::String(found),
            Type::Fixed(size, _) => Type::Fixed(size, found),
            other => other,
        }
    }

    /// For each record whether it has a finite value: the least fixed point.
    fn finite_records(&self) -> Vec<bool> {
        let mut finite = vec![false; self.records.len()];
        loop {
            let before = finite.iter().filter(|finite| **finite).count();
            // Backwards: a record defined inside another comes after it, so one round is mostly enough.
            for index in (0..self.records.len()).rev() {
                finite[index] |= self.records[index].fields.iter().all(|field| is_finite(&field.ty, &finite));
            }
            if finite.iter().filter(|finite| **finite).count() == before {
                return finite;
            }
        }
    }

    fn place(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!("field {:?}: ", self.path.join(".")) }
    }

    fn invalid(&self, what: &str) -> Refusal {
        Refusal::new("schema_invalid", format!("{}{what}", self.place()))
    }

    fn warn(&mut self, what: &str) {
        self.warnings.push(format!("{}{what}", self.place()));
    }
}

fn is_finite(ty: &Type, finite: &[bool]) -> bool {
    match ty {
        Type::Record(index) => finite[*index],
        Type::Union(branches) => branches.iter().any(|branch| is_finite(&branch.ty, finite)),
        _ => true,
    }
}

/// The logical type that an object names, where it is valid on this base.
pub(in crate::record) fn logical(object: &Map<String, Value>, base: &Type) -> Option<Logical> {
    Some(match (object.get("logicalType")?.as_str()?, base) {
        ("decimal", Type::Bytes(_)) => decimal(object, None)?,
        ("decimal", Type::Fixed(size, _)) => decimal(object, Some(*size))?,
        ("big-decimal", Type::Bytes(_)) => Logical::BigDecimal,
        ("uuid", Type::String(_) | Type::Fixed(16, _)) => Logical::Uuid,
        ("date", Type::Int(_)) => Logical::Date,
        ("time-millis", Type::Int(_)) => Logical::TimeMillis,
        ("time-micros", Type::Long(_)) => Logical::TimeMicros,
        ("timestamp-millis", Type::Long(_)) => Logical::TimestampMillis,
        ("timestamp-micros", Type::Long(_)) => Logical::TimestampMicros,
        ("timestamp-nanos", Type::Long(_)) => Logical::TimestampNanos,
        ("local-timestamp-millis", Type::Long(_)) => Logical::LocalTimestampMillis,
        ("local-timestamp-micros", Type::Long(_)) => Logical::LocalTimestampMicros,
        ("local-timestamp-nanos", Type::Long(_)) => Logical::LocalTimestampNanos,
        ("duration", Type::Fixed(12, _)) => Logical::Duration,
        _ => return None,
    })
}

/// The primitive type of this name.
pub(in crate::record) fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int(None),
        "long" => Type::Long(None),
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes(None),
        "string" => Type::String(None),
        _ => return None,
    })
}

/// A name with the namespace in which it stands.
pub(in crate::record) fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The object of a type: its own, the one around it, or that of a union's only branch beside null.
pub(in crate::record) fn type_object(json: &Value) -> Option<&Map<String, Value>> {
    match json {
        Value::Object(object) => match object.get("type") {
            Some(inner @ Value::Object(_)) => type_object(inner),
            _ => Some(object),
        },
        _ => type_object(only_branch(json)?),
    }
}

/// The only branch of a union beside null.
fn only_branch(json: &Value) -> Option<&Value> {
    let mut others = json.as_array()?.iter().filter(|branch| branch.as_str() != Some("null"));
    let (only, more) = (others.next()?, others.next());
    if more.is_some() || only.is_array() { None } else { Some(only) }
}

fn column_attributes(object: &Map<String, Value>) -> Map<String, Value> {
    let counts = |(key, _): &(&String, &Value)| !STRUCTURE.contains(&key.as_str());
    object.iter().filter(counts).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn decimal(object: &Map<String, Value>, size: Option<usize>) -> Option<Logical> {
    let precision = u32::try_from(object.get("precision")?.as_u64()?).ok()?;
    let scale = match object.get("scale") {
        None | Some(Value::Null) => 0,
        Some(scale) => u32::try_from(scale.as_u64()?).ok()?,
    };
    // Digits that any value of so many bytes can hold: floor(log10(2^(8n-1) - 1)).
    let held = size.map_or(f64::INFINITY, |size| ((8.0 * size as f64 - 1.0) * std::f64::consts::LOG10_2).floor());
    (precision > 0 && scale <= precision && f64::from(precision) <= held)
        .then_some(Logical::Decimal { precision, scale })
}

/// The record's `pkey` list, else the fields that carry a `pkey` number, in its order.
fn primary_key(object: &Map<String, Value>, fields: &[Field]) -> Vec<String> {
    if let Some(Value::Array(names)) = object.get("pkey") {
        let names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if !names.is_empty() {
            return names;
        }
    }
    let number = |field: &Field| match field.attributes.get("pkey") {
        Some(Value::Bool(true)) => Some(1),
        Some(Value::Number(number)) => number.as_i64().filter(|number| *number > 0),
        _ => None,
    };
    let mut numbered: Vec<(i64, &Field)> =
        fields.iter().filter_map(|field| number(field).map(|number| (number, field))).collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, field)| field.name.clone()).collect()
}
