//! Random schemas.

use serde_json::{Map, Value, json};

use super::schema::{Definition, Field, Logical, Named, OnFixed, Schema, Ty, Unit, base};
use crate::support::chance::Chance;

/// How deep types nest.
const DEPTH_MAX: usize = 3;

/// Names that have been trouble somewhere. No two are one name to any database.
const NAMES: [&str; 40] = [
    "id",
    "name",
    "order",
    "select",
    "value",
    "Owner",
    "createdAt",
    "UPPER",
    "user",
    "group",
    "key",
    "type",
    "a",
    "x_1",
    "_",
    "__dunder",
    "größe",
    "имя",
    "名前",
    "tiếng_việt",
    "with-dash",
    "with.dot",
    "with blank",
    "9lives",
    "$dollar",
    "100%",
    "a/b",
    "row?",
    ":colon",
    "@at",
    "_sink_offset",
    "_sink_mine",
    "ctid",
    "xmin",
    "rowid",
    "OID",
    "DB_ROW_ID",
    "fts_doc_id",
    "a_name_of_so_many_characters_that_it_is_too_long_for_most_of_them_",
    "ein_sehr_länglicher_name_für_eine_spalte_die_überall_gekürzt_würde",
];

const DOCS: [&str; 5] = ["plain words", "it's \"quoted\" \\ and `ticked`", "$1 ? :x -- ;", "Zoë 😀\nsecond line", ""];

const SYMBOLS: [&str; 14] =
    ["A", "B", "C", "a", "b", "NULL", "true", "two_words", "x1", "_", "größer", "日本", "blank in it", "D"];

const INERT: [(&str, &str); 10] = [
    ("int", r#"{"logicalType":"timestamp-millis"}"#),
    ("int", r#"{"logicalType":"uuid"}"#),
    ("long", r#"{"logicalType":"date"}"#),
    ("long", r#"{"logicalType":"decimal","precision":9,"scale":2}"#),
    ("string", r#"{"logicalType":"timestamp-micros","avro.java.string":"String"}"#),
    ("string", r#"{"logicalType":"nobody-knows"}"#),
    ("bytes", r#"{"logicalType":"uuid"}"#),
    ("bytes", r#"{"logicalType":"decimal","precision":3,"scale":5}"#),
    ("bytes", r#"{"logicalType":"decimal"}"#),
    ("double", r#"{"logicalType":"decimal","precision":9}"#),
];

/// Makes up types and remembers the named ones.
pub struct Inventor<'c> {
    pub chance: &'c mut Chance,
    pub named: Vec<Named>,
    spaced: bool,
    /// The records around what is made up now.
    around: Vec<usize>,
}

impl<'c> Inventor<'c> {
    /// A schema; `keyed` gives it a key.
    pub fn schema(chance: &'c mut Chance, keyed: bool) -> Schema {
        let spaced = chance.below(3) > 0;
        let mut inventor = Inventor { chance, named: Vec::new(), spaced, around: Vec::new() };
        let top = inventor.reserve("top");
        inventor.around.push(top);
        let count = match inventor.chance.below(20) {
            0 => u64::from(keyed),
            1 => 25,
            _ => 1 + inventor.chance.below(12),
        };
        let mut fields: Vec<Field> = Vec::new();
        for _ in 0..count {
            let name = inventor.name(&fields);
            let ty = inventor.field_type();
            fields.push(inventor.field(name, ty));
        }
        let mut key = Vec::new();
        if keyed {
            for _ in 0..1 + inventor.chance.below(3).min(inventor.chance.below(3)) {
                let (name, ty) = (inventor.name(&fields), inventor.key_type());
                key.push(name.clone());
                let place = inventor.chance.below(fields.len() as u64 + 1) as usize;
                let field = inventor.field(name, ty);
                fields.insert(place, field);
            }
        }
        let Inventor { mut named, .. } = inventor;
        named[0].definition = Definition::Record(fields);
        // A null of such a union is a tombstone, which needs a key of its own.
        let null_at = if !keyed && chance.below(8) == 0 { Some(chance.below(2) as usize) } else { None };
        Schema { named, null_at, key }
    }

    /// Goes on with a schema that is there.
    pub fn of(chance: &'c mut Chance, schema: &Schema) -> Inventor<'c> {
        let spaced = !schema.named[0].namespace.is_empty();
        Inventor { chance, named: schema.named.clone(), spaced, around: Vec::new() }
    }

    /// A field with some attributes that mean nothing here.
    pub fn field(&mut self, name: String, ty: Ty) -> Field {
        let mut more = Map::new();
        if self.chance.below(4) == 0 {
            more.insert("doc".to_owned(), json!(*self.pick(&DOCS)));
        }
        if self.chance.below(4) == 0 {
            more.insert("aliases".to_owned(), json!(["formerly", "name"]));
        }
        if let Some(default) = default(&ty).filter(|_| self.chance.below(2) == 0) {
            more.insert("default".to_owned(), default);
        }
        Field { name, ty, more }
    }

    /// A name that none of these fields has, nor any database would take for one of theirs.
    pub fn name(&mut self, fields: &[Field]) -> String {
        loop {
            let name = match self.chance.below(4) {
                0 => format!("f{}", self.chance.below(1_000)),
                _ => (*self.pick(&NAMES)).to_owned(),
            };
            if fields.iter().all(|field| field.name != name) {
                return name;
            }
        }
    }

    /// The type of a field of the top record.
    pub fn field_type(&mut self) -> Ty {
        let ty = match self.chance.below(20) {
            0..=12 => self.scalar(),
            13 => Ty::Null,
            _ => self.nested(1),
        };
        self.wrapped(ty)
    }

    /// In a union with null, or alone in one, or as it is.
    fn wrapped(&mut self, ty: Ty) -> Ty {
        match (&ty, self.chance.below(8)) {
            (Ty::Union(_), _) | (_, 4..) => ty,
            (_, 3) => Ty::Union(vec![ty]),
            (Ty::Null, _) => ty,
            (_, first) => ty.nullable(first != 0),
        }
    }

    /// A type without others in it.
    pub fn scalar(&mut self) -> Ty {
        let unit = [Unit::Millis, Unit::Micros, Unit::Nanos][self.chance.below(3) as usize];
        match self.chance.below(24) {
            0 => Ty::Boolean,
            1 | 2 => Ty::Int,
            3 | 4 => Ty::Long,
            5 => Ty::Float,
            6 => Ty::Double,
            7 => Ty::Bytes,
            8 | 9 => Ty::String,
            10 | 11 => {
                let (precision, scale) = self.decimal();
                Ty::Logical(Logical::Decimal(precision, scale))
            }
            12 => Ty::Logical(Logical::BigDecimal),
            13 => Ty::Logical(Logical::Uuid),
            14 => Ty::Logical(Logical::Date),
            15 => Ty::Logical(Logical::TimeMillis),
            16 => Ty::Logical(Logical::TimeMicros),
            17 | 18 => Ty::Logical(Logical::Timestamp(unit)),
            19 => Ty::Logical(Logical::LocalTimestamp(unit)),
            20 => {
                let (name, attributes) = *self.pick(&INERT);
                Ty::Inert(Box::new(primitive(name)), attributes)
            }
            21 => self.enumeration(),
            _ => self.fixed(),
        }
    }

    /// A type of a key.
    pub fn key_type(&mut self) -> Ty {
        loop {
            let ty = self.scalar();
            let on = |index: &usize| &self.named[*index].definition;
            match &ty {
                Ty::Float | Ty::Double | Ty::Logical(Logical::BigDecimal) => {}
                Ty::Inert(inner, _) if **inner == Ty::Double => {}
                Ty::Named(index) if matches!(on(index), Definition::Fixed(_, OnFixed::Duration)) => {}
                // InnoDB's index holds 3,072 bytes.
                Ty::Named(index) if matches!(on(index), Definition::Fixed(64.., _)) => {}
                Ty::Logical(Logical::Decimal(66.., _)) => {}
                _ if self.chance.below(6) == 0 => return ty.nullable(true),
                _ => return ty,
            }
        }
    }

    fn decimal(&mut self) -> (u32, u32) {
        let precision = match self.chance.below(12) {
            0 => 38,
            1 => 65,
            2 => 76,
            3 => 1_001,
            _ => 1 + self.chance.below(20) as u32,
        };
        let scale = match self.chance.below(4) {
            0 => 0,
            1 => precision,
            _ => self.chance.below(u64::from(precision) + 1) as u32,
        };
        (precision, scale)
    }

    pub fn enumeration(&mut self) -> Ty {
        let count = 1 + self.chance.below(6) as usize;
        let mut symbols: Vec<String> = Vec::new();
        while symbols.len() < count {
            let symbol = (*self.pick(&SYMBOLS)).to_owned();
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        self.define("enum", Definition::Enum(symbols))
    }

    pub fn fixed(&mut self) -> Ty {
        let size = [1, 2, 3, 5, 8, 15, 17, 255, 256, 300][self.chance.below(10) as usize];
        let definition = match self.chance.below(8) {
            0 => Definition::Fixed(16, OnFixed::Uuid),
            1 => Definition::Fixed(12, OnFixed::Duration),
            2 | 3 => {
                let size = 1 + self.chance.below(20) as usize;
                let precision = 1 + self.chance.below(u64::from(digits_of(size))) as u32;
                let scale = self.chance.below(u64::from(precision) + 1) as u32;
                Definition::Fixed(size, OnFixed::Decimal(precision, scale))
            }
            4 => Definition::Fixed(2, OnFixed::Inert(r#"{"logicalType":"decimal","precision":5}"#)),
            5 => Definition::Fixed(11, OnFixed::Inert(r#"{"logicalType":"duration"}"#)),
            _ => Definition::Fixed(size, OnFixed::Nothing),
        };
        self.define("fixed", definition)
    }

    /// A type with others in it.
    pub fn nested(&mut self, depth: usize) -> Ty {
        match self.chance.below(4) {
            0 => Ty::Array(Box::new(self.inner(depth + 1))),
            1 => Ty::Map(Box::new(self.inner(depth + 1))),
            2 => self.union(depth + 1),
            _ => self.record(depth + 1),
        }
    }

    fn inner(&mut self, depth: usize) -> Ty {
        let ty = match self.chance.below(8) {
            // One that is defined already, or is being defined: the type is recursive.
            0 if !self.named.is_empty() => self.mention(),
            1 => Ty::Null,
            2 | 3 if depth < DEPTH_MAX => self.nested(depth),
            _ => self.scalar(),
        };
        self.wrapped(ty)
    }

    /// A named type once more, where a value can still end.
    fn mention(&mut self) -> Ty {
        let index = self.chance.below(self.named.len() as u64) as usize;
        let ty = Ty::Named(index);
        match self.chance.below(3) {
            _ if !matches!(self.named[index].definition, Definition::Record(_)) => ty,
            0 => Ty::Array(Box::new(ty)),
            1 => Ty::Map(Box::new(ty)),
            _ => ty.nullable(true),
        }
    }

    fn union(&mut self, depth: usize) -> Ty {
        let count = 2 + self.chance.below(3) as usize;
        let mut branches: Vec<Ty> = Vec::new();
        while branches.len() < count {
            let branch = match self.chance.below(6) {
                0 if depth < DEPTH_MAX => self.record(depth + 1),
                1 if depth < DEPTH_MAX => Ty::Array(Box::new(self.inner(depth + 1))),
                2 if depth < DEPTH_MAX => Ty::Map(Box::new(self.inner(depth + 1))),
                _ => self.scalar(),
            };
            if branches.iter().all(|other| tag(other) != tag(&branch)) {
                branches.push(branch);
            }
        }
        if self.chance.below(2) == 0 {
            let place = self.chance.below(branches.len() as u64 + 1) as usize;
            branches.insert(place, Ty::Null);
        }
        Ty::Union(branches)
    }

    fn record(&mut self, depth: usize) -> Ty {
        let index = self.reserve("record");
        self.around.push(index);
        let mut fields: Vec<Field> = Vec::new();
        for _ in 0..self.chance.below(5) {
            let (name, ty) = (self.name(&fields), self.inner(depth));
            fields.push(self.field(name, ty));
        }
        self.around.pop();
        self.named[index].definition = Definition::Record(fields);
        Ty::Named(index)
    }

    fn define(&mut self, what: &str, definition: Definition) -> Ty {
        let index = self.reserve(what);
        self.named[index].definition = definition;
        Ty::Named(index)
    }

    /// A place for a named type that is not made up yet.
    fn reserve(&mut self, what: &str) -> usize {
        let index = self.named.len();
        let namespace = if self.spaced { *self.pick(&["com.acme", "com.acme.v2", "x"]) } else { "" };
        let mut more = Map::new();
        if self.chance.below(6) == 0 {
            more.insert("doc".to_owned(), json!(*self.pick(&DOCS)));
        }
        self.named.push(Named {
            name: format!("{what}_{index}"),
            namespace: namespace.to_owned(),
            definition: Definition::Record(Vec::new()),
            more,
        });
        index
    }

    fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.chance.below(list.len() as u64) as usize]
    }
}

/// Decimal digits that any number of so many bytes can have.
pub fn digits_of(size: usize) -> u32 {
    ((8.0 * size as f64 - 1.0) * std::f64::consts::LOG10_2).floor() as u32
}

/// What two branches of a union must not share.
fn tag(ty: &Ty) -> String {
    match ty {
        Ty::Named(index) => format!("named {index}"),
        Ty::Array(_) => "array".to_owned(),
        Ty::Map(_) => "map".to_owned(),
        other => base(other).to_owned(),
    }
}

fn primitive(name: &str) -> Ty {
    match name {
        "int" => Ty::Int,
        "long" => Ty::Long,
        "string" => Ty::String,
        "bytes" => Ty::Bytes,
        "double" => Ty::Double,
        other => panic!("{other} is not among them"),
    }
}

/// A default of the type, of the first branch of a union.
fn default(ty: &Ty) -> Option<Value> {
    Some(match ty {
        Ty::Null => Value::Null,
        Ty::Union(branches) => return default(&branches[0]),
        Ty::Boolean => json!(true),
        Ty::Int | Ty::Long => json!(7),
        Ty::Float | Ty::Double => json!(0.5),
        Ty::String => json!("default"),
        Ty::Array(_) => json!([]),
        Ty::Map(_) => json!({}),
        _ => return None,
    })
}
