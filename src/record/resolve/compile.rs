//! From two schemas to the way between them.

use std::collections::HashMap;

use super::default::encode;
use super::tree::{Node, Tree};
use super::{DEPTH_MAX, Fields, Move};
use crate::record::schema::{Logical, Type};

/// What is compiled: a reader of `None` is a value that is read and left out.
type Pair = (usize, Option<usize>);

pub(super) struct Compiler<'t> {
    writer: &'t Tree,
    reader: &'t Tree,
    records: Vec<Fields>,
    known: HashMap<Pair, usize>,
    path: Vec<&'t str>,
    depth: usize,
    /// Pairs of types that were compared: branches that are tried and fail may multiply.
    compared: usize,
}

const COMPARED_MAX: usize = 200_000;

impl<'t> Compiler<'t> {
    /// Compiles the way between two records; it comes first.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub fn compile(writer: &'t Tree, reader: &'t Tree, from: usize, into: usize) -> Result<Vec<Fields>, String> {
        let mut compiler = Compiler {
            writer,
            reader,
            records: Vec::new(),
            known: HashMap::new(),
            path: Vec::new(),
            depth: 0,
            compared: 0,
        };
        let done = compiler.record(from, into);
        if compiler.compared > COMPARED_MAX {
            return Err("the two schemas hold too many pairs of types to compare".into());
        }
        done?;
        Ok(compiler.records)
    }

    fn way(&mut self, writer: &'t Node, reader: &'t Node) -> Result<Move, String> {
        self.compared += 1;
        if self.compared > COMPARED_MAX {
            return Err(String::new());
        }
        match (writer, reader) {
            (Node::Union(branches), _) => {
                let ways: Vec<Result<Move, String>> =
                    branches.iter().map(|branch| self.attempt(branch, reader)).collect();
                if ways.iter().any(Result::is_ok) {
                    return Ok(Move::From(ways.into_iter().map(Result::ok).collect()));
                }
                let is_null = |branch: &Node| matches!(branch, Node::Plain(Type::Null));
                let why = branches.iter().zip(ways).filter_map(|(branch, way)| Some((is_null(branch), way.err()?)));
                Err(why.min_by_key(|(is_null, _)| *is_null).map_or_else(String::new, |(_, why)| why))
            }
            (_, Node::Union(branches)) => {
                // As Java does it: a branch of the same type before one that the type is promoted to.
                let (same, others): (Vec<usize>, Vec<usize>) =
                    (0..branches.len()).partition(|index| self.is_same(writer, &branches[*index]));
                for index in same.into_iter().chain(others) {
                    if let Ok(way) = self.attempt(writer, &branches[index]) {
                        return Ok(Move::Into(index, Box::new(way)));
                    }
                }
                Err(self.differ(writer, reader))
            }
            (Node::Plain(from), Node::Plain(into)) => plain(from, into).ok_or_else(|| self.differ(writer, reader)),
            (Node::Fixed(name, size, from), Node::Fixed(other, length, into))
                if other.takes(name) && size == length && agree(*from, *into) =>
            {
                Ok(Move::Fixed(*size))
            }
            (Node::Enum(name, symbols, _), Node::Enum(other, known, default)) if other.takes(name) => {
                let position = |wanted: &String| known.iter().position(|symbol| symbol == wanted);
                let otherwise = default.as_ref().and_then(position);
                Ok(Move::Enum(symbols.iter().map(|symbol| position(symbol).or(otherwise)).collect()))
            }
            (Node::Array(from), Node::Array(into)) => Ok(Move::Array(Box::new(self.way(from, into)?))),
            (Node::Map(from), Node::Map(into)) => Ok(Move::Map(Box::new(self.way(from, into)?))),
            (Node::Record(from), Node::Record(into)) => self.record(*from, *into),
            _ => Err(self.differ(writer, reader)),
        }
    }

    /// The same; what was compiled for nothing is forgotten.
    fn attempt(&mut self, writer: &'t Node, reader: &'t Node) -> Result<Move, String> {
        let (records, depth, path) = (self.records.len(), self.depth, self.path.len());
        let way = self.way(writer, reader);
        if way.is_err() {
            self.records.truncate(records);
            self.known.retain(|_, index| *index < records);
            self.path.truncate(path);
            self.depth = depth;
        }
        way
    }

    fn is_same(&self, writer: &Node, reader: &Node) -> bool {
        match (writer, reader) {
            (Node::Plain(from), Node::Plain(into)) => std::mem::discriminant(from) == std::mem::discriminant(into),
            (Node::Fixed(name, ..), Node::Fixed(other, ..)) | (Node::Enum(name, ..), Node::Enum(other, ..)) => {
                name.full == other.full
            }
            (Node::Record(from), Node::Record(into)) => {
                self.writer.records[*from].name.full == self.reader.records[*into].name.full
            }
            (Node::Array(_), Node::Array(_)) | (Node::Map(_), Node::Map(_)) => true,
            _ => false,
        }
    }

    fn record(&mut self, from: usize, into: usize) -> Result<Move, String> {
        if let Some(index) = self.known.get(&(from, Some(into))) {
            return Ok(Move::Record(*index));
        }
        let (writer, reader) = (&self.writer.records[from], &self.reader.records[into]);
        if !reader.name.takes(&writer.name) {
            let (from, into) = (&writer.name.full, &reader.name.full);
            return Err(self.at(&format!("record {into:?} is not {from:?}, and has no such alias")));
        }
        let index = self.reserve((from, Some(into)))?;
        // The writer's field of each of the reader's: by name, else by an alias that nobody has by name.
        let named = |name: &str| writer.fields.iter().position(|field| field.name == name);
        let mut sources: Vec<Option<usize>> = reader.fields.iter().map(|field| named(&field.name)).collect();
        for (to, field) in reader.fields.iter().enumerate().filter(|(to, _)| sources[*to].is_none()).collect::<Vec<_>>()
        {
            let free = |source: &usize| !sources.contains(&Some(*source));
            sources[to] = field.aliases.iter().filter_map(|alias| named(alias)).find(free);
        }
        let mut reads = Vec::with_capacity(writer.fields.len());
        for (source, field) in writer.fields.iter().enumerate() {
            self.path.push(&field.name);
            let to = sources.iter().position(|other| *other == Some(source));
            let way = match to {
                Some(to) => self.way(&field.node, &reader.fields[to].node)?,
                None => self.skip(&field.node)?,
            };
            self.path.pop();
            reads.push((field.name.clone(), way, to));
        }
        let mut defaults = Vec::with_capacity(reader.fields.len());
        for (field, source) in reader.fields.iter().zip(&sources) {
            self.path.push(&field.name);
            defaults.push(if source.is_some() { None } else { Some(self.default(field)?) });
            self.path.pop();
        }
        let order: Vec<usize> = reads.iter().filter_map(|(_, _, to)| *to).collect();
        self.records[index] = Fields { reads, defaults, in_order: order.is_sorted() };
        self.depth -= 1;
        Ok(Move::Record(index))
    }

    fn default(&self, field: &super::tree::Field) -> Result<Vec<u8>, String> {
        let json = field.default.as_ref();
        let json = json.ok_or_else(|| self.at("the writer has no such field, and the reader no default"))?;
        let mut bytes = Vec::new();
        encode(self.reader, &field.node, json, &mut bytes, 0).map_err(|why| self.at(&why))?;
        Ok(bytes)
    }

    /// A value that the reader does not ask for is read all the same: its end must be found, and it may be broken.
    fn skip(&mut self, node: &'t Node) -> Result<Move, String> {
        Ok(match node {
            Node::Plain(ty) => plain(ty, ty).ok_or_else(|| self.differ(node, node))?,
            Node::Fixed(_, size, _) => Move::Fixed(*size),
            Node::Enum(_, symbols, _) => Move::Enum((0..symbols.len()).map(Some).collect()),
            Node::Array(items) => Move::Array(Box::new(self.skip(items)?)),
            Node::Map(values) => Move::Map(Box::new(self.skip(values)?)),
            Node::Union(branches) => {
                let ways: Result<Vec<Option<Move>>, String> =
                    branches.iter().map(|branch| self.skip(branch).map(Some)).collect();
                Move::From(ways?)
            }
            Node::Record(from) => {
                if let Some(index) = self.known.get(&(*from, None)) {
                    return Ok(Move::Record(*index));
                }
                let index = self.reserve((*from, None))?;
                let fields = &self.writer.records[*from].fields;
                let mut reads = Vec::with_capacity(fields.len());
                for field in fields {
                    reads.push((field.name.clone(), self.skip(&field.node)?, None));
                }
                self.records[index] = Fields { reads, defaults: Vec::new(), in_order: true };
                self.depth -= 1;
                Move::Record(index)
            }
        })
    }

    /// A place for a record that may hold itself.
    fn reserve(&mut self, pair: Pair) -> Result<usize, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.at(&format!("records lie deeper than {DEPTH_MAX} inside each other")));
        }
        self.records.push(Fields::default());
        self.known.insert(pair, self.records.len() - 1);
        Ok(self.records.len() - 1)
    }

    fn differ(&self, writer: &Node, reader: &Node) -> String {
        let (from, into) = (writer.describe(self.writer), reader.describe(self.reader));
        if from == into {
            return self.at(&format!("{from} of the writer and of the reader mean different things"));
        }
        self.at(&format!("{from} cannot be read as {into}"))
    }

    fn at(&self, why: &str) -> String {
        if self.path.is_empty() { why.to_owned() } else { format!("field {:?}: {why}", self.path.join(".")) }
    }
}

/// Promotions, and changes of unit that are exact.
fn plain(writer: &Type, reader: &Type) -> Option<Move> {
    match (writer, reader) {
        (Type::Null, Type::Null) => Some(Move::Null),
        (Type::Boolean, Type::Boolean) => Some(Move::Boolean),
        (Type::Float, Type::Float) => Some(Move::Float),
        (Type::Double, Type::Double) => Some(Move::Double),
        (Type::Float, Type::Double) => Some(Move::FloatToDouble),
        (Type::Int(from), Type::Int(into)) if agree(*from, *into) => Some(Move::Int),
        (Type::Int(from), Type::Long(into)) => whole(true, *from, *into),
        (Type::Long(from), Type::Long(into)) => whole(false, *from, *into),
        (Type::Int(None), Type::Float) => Some(Move::IntegerToFloat { int: true }),
        (Type::Int(None), Type::Double) => Some(Move::IntegerToDouble { int: true }),
        (Type::Long(None), Type::Float) => Some(Move::IntegerToFloat { int: false }),
        (Type::Long(None), Type::Double) => Some(Move::IntegerToDouble { int: false }),
        (Type::Bytes(from), Type::Bytes(into)) if agree(*from, *into) => Some(Move::Bytes),
        (Type::String(from), Type::String(into)) if agree(*from, *into) => Some(Move::String),
        // A number's bytes are no text.
        (Type::String(from), Type::Bytes(into)) | (Type::Bytes(into), Type::String(from))
            if agree(*from, *into) && !is_number(*into) =>
        {
            Some(Move::String)
        }
        _ => None,
    }
}

fn is_number(logical: Option<Logical>) -> bool {
    matches!(logical, Some(Logical::Decimal { .. } | Logical::BigDecimal))
}

fn whole(int: bool, from: Option<Logical>, into: Option<Logical>) -> Option<Move> {
    if agree(from, into) {
        return Some(if int { Move::Int } else { Move::Long });
    }
    let ((what, unit), (other, wanted)) = (unit(from?)?, unit(into?)?);
    (what == other && wanted > unit).then(|| Move::Scale { int, factor: wanted / unit })
}

/// What a number counts, and how many make a second.
fn unit(logical: Logical) -> Option<(&'static str, i64)> {
    Some(match logical {
        Logical::TimeMillis => ("time", 1_000),
        Logical::TimeMicros => ("time", 1_000_000),
        Logical::TimestampMillis => ("utc", 1_000),
        Logical::TimestampMicros => ("utc", 1_000_000),
        Logical::TimestampNanos => ("utc", 1_000_000_000),
        Logical::LocalTimestampMillis => ("local", 1_000),
        Logical::LocalTimestampMicros => ("local", 1_000_000),
        Logical::LocalTimestampNanos => ("local", 1_000_000_000),
        _ => return None,
    })
}

/// Whether a value means the same by both: where only one says what it means, it says so for both.
fn agree(from: Option<Logical>, into: Option<Logical>) -> bool {
    match (from, into) {
        (Some(Logical::Decimal { scale: from, .. }), Some(Logical::Decimal { scale: into, .. })) => from == into,
        (Some(from), Some(into)) => from == into,
        _ => true,
    }
}
