//! A schema as the generator thinks of it, apart from any text, and its two texts: the one that flatsink is given, and
//! one of the same wire format with plain names for apache-avro, which is stricter about names than producers are.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    /// A logical type on a primitive type.
    Logical(Logical),
    /// A primitive type with attributes (JSON) that mean nothing on it.
    Inert(Box<Ty>, &'static str),
    Array(Box<Ty>),
    Map(Box<Ty>),
    Union(Vec<Ty>),
    /// A record, an enum or a fixed: its index in `Schema::named`.
    Named(usize),
}

/// The logical types on primitive types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Logical {
    /// On bytes: precision and scale.
    Decimal(u32, u32),
    BigDecimal,
    /// On a string.
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    Timestamp(Unit),
    LocalTimestamp(Unit),
}

/// The unit of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    Millis,
    Micros,
    Nanos,
}

/// What a named type is.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    Record(Vec<Field>),
    Enum(Vec<String>),
    Fixed(usize, OnFixed),
}

/// The logical types on a fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnFixed {
    Nothing,
    Decimal(u32, u32),
    Uuid,
    Duration,
    /// Attributes (JSON) that mean nothing on it.
    Inert(&'static str),
}

/// A named type.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    /// Empty where no type of the schema has one.
    pub namespace: String,
    pub definition: Definition,
    /// Attributes without meaning for the wire.
    pub more: Map<String, Value>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    /// Attributes without meaning for the wire.
    pub more: Map<String, Value>,
}

/// A schema whose top is the first of its named types, a record, or a union of that and null.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    pub named: Vec<Named>,
    /// Where null stands in the union at the top, if there is one.
    pub null_at: Option<usize>,
    /// The names of the key's fields.
    pub key: Vec<String>,
}

impl Ty {
    /// The union of null and this type.
    pub fn nullable(self, null_first: bool) -> Ty {
        Ty::Union(if null_first { vec![Ty::Null, self] } else { vec![self, Ty::Null] })
    }
}

impl Schema {
    /// The top record's fields.
    pub fn fields(&self) -> &[Field] {
        self.record(0)
    }

    pub fn fields_mut(&mut self) -> &mut Vec<Field> {
        match &mut self.named[0].definition {
            Definition::Record(fields) => fields,
            other => panic!("the top is a record, not {other:?}"),
        }
    }

    /// A record's fields.
    pub fn record(&self, index: usize) -> &[Field] {
        match &self.named[index].definition {
            Definition::Record(fields) => fields,
            other => panic!("a record, not {other:?}"),
        }
    }

    /// Whether this field is part of the key.
    pub fn is_key(&self, field: &Field) -> bool {
        self.key.contains(&field.name)
    }

    /// The name that tags the type's values in a union.
    pub fn tag(&self, ty: &Ty) -> String {
        match ty {
            Ty::Named(index) => self.full_name(*index),
            Ty::Array(_) => "array".to_owned(),
            Ty::Map(_) => "map".to_owned(),
            other => base(other).to_owned(),
        }
    }

    fn full_name(&self, index: usize) -> String {
        let Named { name, namespace, .. } = &self.named[index];
        if namespace.is_empty() { name.clone() } else { format!("{namespace}.{name}") }
    }

    /// The text that flatsink is given.
    pub fn text(&self) -> String {
        self.print(false).to_string()
    }

    /// The text that apache-avro is given.
    pub fn plain_text(&self) -> String {
        self.print(true).to_string()
    }

    fn print(&self, plain: bool) -> Value {
        let mut printer = Printer { schema: self, plain, defined: HashSet::new() };
        let mut top = printer.named(0, "");
        if !plain && !self.key.is_empty() {
            top["pkey"] = json!(self.key);
        }
        match self.null_at {
            None => top,
            Some(0) => json!(["null", top]),
            Some(_) => json!([top, "null"]),
        }
    }
}

/// Prints a schema; the first mention of a named type defines it.
struct Printer<'s> {
    schema: &'s Schema,
    plain: bool,
    defined: HashSet<usize>,
}

impl Printer<'_> {
    fn ty(&mut self, ty: &Ty, enclosing: &str) -> Value {
        match ty {
            Ty::Logical(logical) => match logical {
                Logical::Decimal(precision, scale) => {
                    json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
                }
                other => json!({"type": base(ty), "logicalType": other.name()}),
            },
            Ty::Inert(inner, _) if self.plain => json!(base(inner)),
            Ty::Inert(inner, attributes) => with(json!({"type": base(inner)}), attributes),
            Ty::Array(items) => json!({"type": "array", "items": self.ty(items, enclosing)}),
            Ty::Map(values) => json!({"type": "map", "values": self.ty(values, enclosing)}),
            Ty::Union(branches) => branches.iter().map(|branch| self.ty(branch, enclosing)).collect(),
            Ty::Named(index) if !self.defined.contains(index) => self.named(*index, enclosing),
            Ty::Named(index) if self.plain => json!(format!("t{index}")),
            Ty::Named(index) if self.schema.named[*index].namespace == enclosing => {
                json!(self.schema.named[*index].name)
            }
            Ty::Named(index) => json!(self.schema.full_name(*index)),
            primitive => json!(base(primitive)),
        }
    }

    fn named(&mut self, index: usize, enclosing: &str) -> Value {
        self.defined.insert(index);
        let named = &self.schema.named[index];
        let mut object = Map::new();
        if self.plain {
            object.insert("name".to_owned(), json!(format!("t{index}")));
        } else {
            object = named.more.clone();
            object.insert("name".to_owned(), json!(named.name));
            if named.namespace != enclosing {
                object.insert("namespace".to_owned(), json!(named.namespace));
            }
        }
        let mut set = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
        match &named.definition {
            Definition::Enum(symbols) => {
                set("type", json!("enum"));

                let plain: Vec<String> = (0..symbols.len()).map(|index| format!("s{index}")).collect();
                set("symbols", if self.plain { json!(plain) } else { json!(symbols) });
            }
            Definition::Fixed(size, on) => {
                set("type", json!("fixed"));
                set("size", json!(size));
                match on {
                    OnFixed::Decimal(precision, scale) => {
                        set("logicalType", json!("decimal"));
                        set("precision", json!(precision));
                        set("scale", json!(scale));
                    }
                    OnFixed::Uuid => set("logicalType", json!("uuid")),
                    OnFixed::Duration => set("logicalType", json!("duration")),
                    OnFixed::Inert(attributes) if !self.plain => {
                        return with(Value::Object(object), attributes);
                    }
                    OnFixed::Inert(_) | OnFixed::Nothing => {}
                }
            }
            Definition::Record(fields) => {
                set("type", json!("record"));
                let fields = fields.iter().enumerate().map(|(place, field)| self.field(place, field, &named.namespace));
                let fields: Vec<Value> = fields.collect();
                object.insert("fields".to_owned(), json!(fields));
            }
        }
        Value::Object(object)
    }

    fn field(&mut self, place: usize, field: &Field, enclosing: &str) -> Value {
        let (name, mut object) =
            if self.plain { (format!("f{place}"), Map::new()) } else { (field.name.clone(), field.more.clone()) };
        object.insert("name".to_owned(), json!(name));
        object.insert("type".to_owned(), self.ty(&field.ty, enclosing));
        Value::Object(object)
    }
}

impl Logical {
    fn name(self) -> &'static str {
        match self {
            Logical::Decimal(..) => "decimal",
            Logical::BigDecimal => "big-decimal",
            Logical::Uuid => "uuid",
            Logical::Date => "date",
            Logical::TimeMillis => "time-millis",
            Logical::TimeMicros => "time-micros",
            Logical::Timestamp(Unit::Millis) => "timestamp-millis",
            Logical::Timestamp(Unit::Micros) => "timestamp-micros",
            Logical::Timestamp(Unit::Nanos) => "timestamp-nanos",
            Logical::LocalTimestamp(Unit::Millis) => "local-timestamp-millis",
            Logical::LocalTimestamp(Unit::Micros) => "local-timestamp-micros",
            Logical::LocalTimestamp(Unit::Nanos) => "local-timestamp-nanos",
        }
    }
}

/// The primitive type that a type is on the wire.
///
/// # Panics
/// Where it is none.
pub fn base(ty: &Ty) -> &'static str {
    match ty {
        Ty::Null => "null",
        Ty::Boolean => "boolean",
        Ty::Int | Ty::Logical(Logical::Date | Logical::TimeMillis) => "int",
        Ty::Long | Ty::Logical(Logical::TimeMicros | Logical::Timestamp(_) | Logical::LocalTimestamp(_)) => "long",
        Ty::Float => "float",
        Ty::Double => "double",
        Ty::Bytes | Ty::Logical(Logical::Decimal(..) | Logical::BigDecimal) => "bytes",
        Ty::String | Ty::Logical(Logical::Uuid) => "string",
        Ty::Inert(inner, _) => base(inner),
        other => panic!("{other:?} is no primitive type"),
    }
}

fn with(mut object: Value, attributes: &str) -> Value {
    let more: Map<String, Value> = serde_json::from_str(attributes).expect("attributes are JSON");
    object.as_object_mut().expect("an object").extend(more);
    object
}
