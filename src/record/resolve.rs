//! A pinned reader schema: datums of a writer schema become datums of it (Avro 1.12 specification, "Schema
//! Resolution"), which are then read as if they had been written so. What resolution would change is refused: here
//! where it would change every value, else record by record.

mod compile;
mod default;
mod put;
#[cfg(test)]
mod tests;
mod tree;

use compile::Compiler;
use tree::{Node, Tree};

use super::wire::Reader;
use super::{Code, Pinned, Refusal, Source};

/// Records, arrays and maps inside each other.
const DEPTH_MAX: usize = 64;
/// Bytes of one datum: a long default in an array of empty records may stand there a hundred thousand times.
const SIZE_MAX: usize = 64 << 20;

/// The way from datums of one schema to datums of another.
#[derive(Debug)]
pub struct Resolution {
    records: Vec<Fields>,
    /// For a union at the writer's top: its branches, and which is the record.
    top: Option<(usize, usize)>,
}

/// How one value is moved.
#[derive(Clone, Debug, PartialEq)]
enum Move {
    Null,
    Boolean,
    Int,
    Long,
    /// A number in so many times the unit.
    Scale {
        int: bool,
        factor: i64,
    },
    Float,
    Double,
    IntegerToFloat {
        int: bool,
    },
    IntegerToDouble {
        int: bool,
    },
    FloatToDouble,
    Bytes,
    /// Also from and to bytes, which must be UTF-8 then.
    String,
    Fixed(usize),
    /// The reader's index of each symbol.
    Enum(Vec<Option<usize>>),
    Array(Box<Move>),
    Map(Box<Move>),
    /// How each branch of the writer's union is moved.
    From(Vec<Option<Move>>),
    /// Into a branch of the reader's union.
    Into(usize, Box<Move>),
    /// The fields of this index.
    Record(usize),
}

/// How a record is moved.
#[derive(Clone, Debug, Default)]
struct Fields {
    /// The writer's fields: name, and where the reader has it.
    reads: Vec<(String, Move, Option<usize>)>,
    /// For each field of the reader its default, where the writer has no such field.
    defaults: Vec<Option<Vec<u8>>>,
    /// Whether the reader has its fields in the writer's order.
    in_order: bool,
}

/// Why a datum could not be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Why.
    pub code: Code,
    /// The fields from the innermost out.
    path: Vec<String>,
    /// The byte of the datum.
    pub at: usize,
}

impl From<Code> for Lost {
    fn from(code: Code) -> Lost {
        Lost { code, path: Vec::new(), at: 0 }
    }
}

impl Lost {
    /// The field's path with dots; empty where it was in none.
    pub fn path(&self) -> String {
        let names: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        names.join(".")
    }
}

impl Resolution {
    /// Compiles the way.
    ///
    /// # Errors
    /// `reader_schema` where no value of the writer's could be read by the reader's, or a field has neither.
    pub fn new(writer: &Source<'_>, reader: &Pinned<'_>) -> Result<Resolution, Refusal> {
        let tree = |text: &str| {
            Tree::parse(text).ok_or_else(|| Refusal::new("schema_invalid", "the schema cannot be read twice"))
        };
        let (written, read) = (tree(writer.text)?, tree(reader.text)?);
        let refused = |why: String| {
            let reader = reader.id.map_or_else(|| "a file".to_owned(), |id| format!("schema {id}"));
            let text = format!(
                "records of schema {} cannot be read by `reader_schema` ({reader}): {why}; pin a schema that reads \
                 both, or none",
                writer.id
            );
            Refusal::new("reader_schema", text)
        };
        let (top, from) = record_of(&written.top).ok_or_else(|| refused("it is no record".into()))?;
        let (_, into) = record_of(&read.top).ok_or_else(|| refused("it reads no record".into()))?;
        let records = Compiler::compile(&written, &read, from, into).map_err(refused)?;
        Ok(Resolution { records, top })
    }

    /// Appends the datum as the reader's; `false` for the null branch of a union at its top.
    ///
    /// # Errors
    /// Those of the wire; `reader_schema` for a value that the reader schema has no place for.
    pub fn resolve(&self, datum: &[u8], out: &mut Vec<u8>) -> Result<bool, Lost> {
        let mut reader = Reader::new(datum);
        let mut whole = || {
            if let Some((branches, record)) = self.top
                && reader.index(branches, Code::BadUnion)? != record
            {
                reader.end()?;
                return Ok(false);
            }
            self.fields(0, &mut reader, out, 0)?;
            reader.end()?;
            Ok(true)
        };
        let result: Result<bool, Lost> = whole();
        result.map_err(|lost| Lost { at: reader.position(), ..lost })
    }

    fn run(&self, way: &Move, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Lost> {
        match way {
            Move::Null => {}
            Move::Boolean => out.push(u8::from(reader.boolean()?)),
            Move::Int => put::long(out, i64::from(reader.int()?)),
            Move::Long => put::long(out, reader.long()?),
            Move::Scale { int, factor } => {
                let scaled = integer(*int, reader)?.checked_mul(*factor).ok_or(Code::TimestampRange)?;
                put::long(out, scaled);
            }
            Move::Float => out.extend_from_slice(reader.chunk::<4>()?),
            Move::Double => out.extend_from_slice(reader.chunk::<8>()?),
            Move::IntegerToFloat { int } => {
                let value = integer(*int, reader)?;
                // Wider than what is compared: the largest long would be rounded up, and back.
                if value as f32 as i128 != i128::from(value) {
                    return Err(Code::ReaderSchema.into());
                }
                out.extend_from_slice(&(value as f32).to_le_bytes());
            }
            Move::IntegerToDouble { int } => {
                let value = integer(*int, reader)?;
                if value as f64 as i128 != i128::from(value) {
                    return Err(Code::ReaderSchema.into());
                }
                out.extend_from_slice(&(value as f64).to_le_bytes());
            }
            Move::FloatToDouble => {
                out.extend_from_slice(&f64::from(f32::from_le_bytes(*reader.chunk()?)).to_le_bytes());
            }
            Move::Bytes => put::bytes(out, reader.bytes()?),
            Move::String => put::bytes(out, reader.string()?.as_bytes()),
            Move::Fixed(size) => out.extend_from_slice(reader.take(*size)?),
            Move::Enum(symbols) => {
                let symbol = symbols[reader.index(symbols.len(), Code::BadEnum)?];
                put::long(out, symbol.ok_or(Code::ReaderSchema)? as i64);
            }
            Move::Array(_) | Move::Map(_) => return self.items(way, reader, out, enter(depth)?),
            Move::From(branches) => {
                let branch = &branches[reader.index(branches.len(), Code::BadUnion)?];
                return self.run(branch.as_ref().ok_or(Code::ReaderSchema)?, reader, out, depth);
            }
            Move::Into(index, way) => {
                put::long(out, *index as i64);
                return self.run(way, reader, out, depth);
            }
            Move::Record(index) => return self.fields(*index, reader, out, enter(depth)?),
        }
        Ok(())
    }

    /// Moves an array or a map, one item a block.
    fn items(&self, way: &Move, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Lost> {
        let (item, is_map) = match way {
            Move::Map(item) => (item, true),
            Move::Array(item) => (item, false),
            _ => return Ok(()),
        };
        reader.blocks(|reader| {
            put::long(out, 1);
            if is_map {
                put::bytes(out, reader.string()?.as_bytes());
            }
            self.run(item, reader, out, depth).map_err(|lost| lost.code)
        })?;
        out.push(0);
        Ok(())
    }

    fn fields(&self, index: usize, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Lost> {
        let Fields { reads, defaults, in_order } = &self.records[index];
        let start = out.len();
        let (mut next, mut ranges) = (0, vec![(0, 0); if *in_order { 0 } else { defaults.len() }]);
        for (name, way, to) in reads {
            reader.item()?;
            if let (Some(to), true) = (to, in_order) {
                defaults[next..*to].iter().flatten().for_each(|default| out.extend_from_slice(default));
                next = to + 1;
            }
            let from = out.len();
            self.run(way, reader, out, depth).map_err(|mut lost| {
                lost.path.push(name.clone());
                lost
            })?;
            match to {
                None => out.truncate(from),
                Some(to) if !in_order => ranges[*to] = (from, out.len()),
                Some(_) => {}
            }
        }
        if *in_order {
            defaults[next..].iter().flatten().for_each(|default| out.extend_from_slice(default));
        } else {
            let end = out.len();
            for (default, (from, to)) in defaults.iter().zip(ranges) {
                match default {
                    Some(default) => out.extend_from_slice(default),
                    None => out.extend_from_within(from..to),
                }
            }
            out.drain(start..end);
        }
        if out.len() > SIZE_MAX { Err(Code::TooLong.into()) } else { Ok(()) }
    }
}

fn integer(int: bool, reader: &mut Reader<'_>) -> Result<i64, Code> {
    if int { reader.int().map(i64::from) } else { reader.long() }
}

fn enter(depth: usize) -> Result<usize, Code> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(Code::TooDeep) }
}

/// The record at a top, and where it stands in a union there.
fn record_of(top: &Node) -> Option<(Option<(usize, usize)>, usize)> {
    let record = |node: &Node| if let Node::Record(index) = node { Some(*index) } else { None };
    match top {
        Node::Union(branches) => {
            let position = branches.iter().position(|branch| record(branch).is_some())?;
            Some((Some((branches.len(), position)), record(&branches[position])?))
        }
        other => Some((None, record(other)?)),
    }
}
