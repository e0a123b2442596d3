//! A schema with what only resolution asks for: the names of types, aliases, defaults.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::record::schema::parse::{full_name, logical, primitive};
use crate::record::schema::{Logical, Type};

/// A schema.
#[derive(Debug)]
pub struct Tree {
    /// Its records; `Node::Record` points into them.
    pub records: Vec<Record>,
    /// Its top.
    pub top: Node,
}

/// A record.
#[derive(Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// Its fields in wire order.
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Names that it had.
    pub aliases: Vec<String>,
    /// Its value where a writer has none.
    pub default: Option<Value>,
    /// Its type.
    pub node: Node,
}

/// The name of a type, with its namespace, and those that it had.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name.
    pub full: String,
    aliases: Vec<String>,
}

/// A type.
#[derive(Clone, Debug)]
pub enum Node {
    /// null to string
    Plain(Type),
    /// fixed
    Fixed(Name, usize, Option<Logical>),
    /// enum: its symbols, and the one for those that it lacks
    Enum(Name, Vec<String>, Option<String>),
    /// array
    Array(Box<Node>),
    /// map
    Map(Box<Node>),
    /// union
    Union(Vec<Node>),
    /// record
    Record(usize),
}

impl Name {
    /// Whether a writer's type of this name is read as this one.
    pub fn takes(&self, writer: &Name) -> bool {
        let bare = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let written = bare(&writer.full);
        bare(&self.full) == written || self.aliases.iter().any(|alias| *alias == writer.full || *alias == written)
    }
}

impl Node {
    /// What it is, for a message.
    pub fn describe(&self, tree: &Tree) -> String {
        match self {
            Node::Plain(ty) => format!("{ty:?}").split('(').next().unwrap_or_default().to_lowercase(),
            Node::Fixed(name, size, _) => format!("fixed {} of {size} bytes", name.full),
            Node::Enum(name, ..) => format!("enum {}", name.full),
            Node::Array(_) => "array".into(),
            Node::Map(_) => "map".into(),
            Node::Union(_) => "union".into(),
            Node::Record(index) => {
                format!("record {}", tree.records.get(*index).map_or("", |record| &*record.name.full))
            }
        }
    }
}

impl Tree {
    /// Reads a schema that `Schema::parse` has read already; `None` is one that it would have refused.
    pub fn parse(text: &str) -> Option<Tree> {
        let mut parser = Parser::default();
        let top = parser.node(&serde_json::from_str(text).ok()?, "")?;
        Some(Tree { records: parser.records, top })
    }
}

#[derive(Default)]
struct Parser {
    records: Vec<Record>,
    named: HashMap<String, Node>,
}

impl Parser {
    fn node(&mut self, json: &Value, namespace: &str) -> Option<Node> {
        match json {
            Value::String(name) => self.reference(name, namespace),
            Value::Array(branches) => {
                let branches: Option<Vec<Node>> = branches.iter().map(|branch| self.node(branch, namespace)).collect();
                Some(Node::Union(branches?))
            }
            Value::Object(object) => self.object(object, namespace),
            _ => None,
        }
    }

    fn reference(&self, name: &str, namespace: &str) -> Option<Node> {
        let found = || self.named.get(&full_name(name, namespace)).or_else(|| self.named.get(name)).cloned();
        primitive(name).map(Node::Plain).or_else(found)
    }

    fn object(&mut self, object: &Map<String, Value>, namespace: &str) -> Option<Node> {
        let Value::String(ty) = object.get("type")? else { return self.node(object.get("type")?, namespace) };
        match ty.as_str() {
            "record" | "error" => self.record(object, namespace),
            "enum" => {
                let (name, _) = name(object, namespace)?;
                let default = object.get("default").and_then(Value::as_str).map(str::to_owned);
                Some(self.define(name.clone(), Node::Enum(name, texts(object.get("symbols")), default)))
            }
            "fixed" => {
                let (name, _) = name(object, namespace)?;
                let size = object.get("size").and_then(Value::as_u64)? as usize;
                let logical = logical(object, &Type::Fixed(size, None));
                Some(self.define(name.clone(), Node::Fixed(name, size, logical)))
            }
            "array" => Some(Node::Array(Box::new(self.node(object.get("items")?, namespace)?))),
            "map" => Some(Node::Map(Box::new(self.node(object.get("values")?, namespace)?))),
            name => match primitive(name) {
                Some(base) => Some(Node::Plain(with_logical(object, base))),
                None => self.reference(name, namespace),
            },
        }
    }

    fn define(&mut self, name: Name, node: Node) -> Node {
        self.named.insert(name.full, node.clone());
        node
    }

    fn record(&mut self, object: &Map<String, Value>, namespace: &str) -> Option<Node> {
        let (name, namespace) = name(object, namespace)?;
        let index = self.records.len();
        self.records.push(Record { name: name.clone(), fields: Vec::new() });
        let node = self.define(name, Node::Record(index));
        let field = |json: &Value| {
            Some(Field {
                name: json.get("name")?.as_str()?.to_owned(),
                aliases: texts(json.get("aliases")),
                default: json.get("default").cloned(),
                node: self.node(json.get("type")?, &namespace)?,
            })
        };
        let fields: Option<Vec<Field>> = object.get("fields")?.as_array()?.iter().map(field).collect();
        self.records[index].fields = fields?;
        Some(node)
    }
}

/// The name of a named type, and the namespace inside of it.
fn name(object: &Map<String, Value>, enclosing: &str) -> Option<(Name, String)> {
    let name = object.get("name")?.as_str()?;
    let (namespace, name) = match name.rsplit_once('.') {
        Some((namespace, name)) => (namespace, name),
        None => (object.get("namespace").and_then(Value::as_str).unwrap_or(enclosing), name),
    };
    let aliases = texts(object.get("aliases")).iter().map(|alias| full_name(alias, namespace)).collect();
    Some((Name { full: full_name(name, namespace), aliases }, namespace.to_owned()))
}

fn texts(json: Option<&Value>) -> Vec<String> {
    let texts = json.and_then(Value::as_array).into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn with_logical(object: &Map<String, Value>, base: Type) -> Type {
    let found = logical(object, &base);
    match base {
        Type::Int(_) => Type::Int(found),
        Type::Long(_) => Type::Long(found),
        Type::Bytes(_) => Type::Bytes(found),
        Type::String(_) => Type::String(found),
        other => other,
    }
}
