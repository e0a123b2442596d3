//! The default of a field, from JSON to the bytes of its type (Avro 1.12 specification, "field default values").

use serde_json::{Map, Value};

use super::put;
use super::tree::{Node, Tree};
use crate::record::schema::Type;

/// Defaults inside of defaults.
const DEPTH_MAX: usize = 64;

/// Appends the default as a value of the type.
///
/// # Errors
/// What is wrong with it, in words.
pub fn encode(tree: &Tree, node: &Node, json: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
    let wrong = || Err(format!("the default {} is no {}", shown(json), node.describe(tree)));
    if depth > DEPTH_MAX {
        return Err("the defaults inside of its default have no end".into());
    }
    match (node, json) {
        (Node::Plain(ty), _) => {
            if !plain(ty, json, out) {
                return wrong();
            }
        }
        (Node::Fixed(_, size, _), Value::String(text)) => match code_points(text) {
            Some(bytes) if bytes.len() == *size => out.extend_from_slice(&bytes),
            _ => return wrong(),
        },
        (Node::Enum(_, symbols, _), Value::String(text)) => match symbols.iter().position(|symbol| symbol == text) {
            Some(index) => put::long(out, index as i64),
            None => return wrong(),
        },
        (Node::Array(items), Value::Array(values)) => {
            for value in values {
                put::long(out, 1);
                encode(tree, items, value, out, depth + 1)?;
            }
            out.push(0);
        }
        (Node::Map(values), Value::Object(object)) => {
            for (key, value) in object {
                put::long(out, 1);
                put::bytes(out, key.as_bytes());
                encode(tree, values, value, out, depth + 1)?;
            }
            out.push(0);
        }
        (Node::Union(branches), _) => return union(tree, branches, json, out, depth).or_else(|()| wrong()),
        (Node::Record(index), Value::Object(object)) => record(tree, *index, object, out, depth)?,
        _ => return wrong(),
    }
    Ok(())
}

/// The first branch that the default is a value of.
fn union(tree: &Tree, branches: &[Node], json: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), ()> {
    let start = out.len();
    for (index, branch) in branches.iter().enumerate() {
        put::long(out, index as i64);
        if encode(tree, branch, json, out, depth + 1).is_ok() {
            return Ok(());
        }
        out.truncate(start);
    }
    Err(())
}

fn record(
    tree: &Tree,
    index: usize,
    object: &Map<String, Value>,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), String> {
    for field in &tree.records[index].fields {
        let value = object.get(&field.name).or(field.default.as_ref());
        let value = value.ok_or_else(|| format!("its default lacks {:?}, which has none of its own", field.name))?;
        encode(tree, &field.node, value, out, depth + 1)?;
    }
    Ok(())
}

fn plain(ty: &Type, json: &Value, out: &mut Vec<u8>) -> bool {
    match (ty, json) {
        (Type::Null, Value::Null) => {}
        (Type::Boolean, Value::Bool(value)) => out.push(u8::from(*value)),
        (Type::Int(_), Value::Number(number)) => match number.as_i64().and_then(|value| i32::try_from(value).ok()) {
            Some(value) => put::long(out, i64::from(value)),
            None => return false,
        },
        (Type::Long(_), Value::Number(number)) => match number.as_i64() {
            Some(value) => put::long(out, value),
            None => return false,
        },
        (Type::Float, Value::Number(number)) => match number.to_string().parse::<f32>() {
            Ok(value) => out.extend_from_slice(&value.to_le_bytes()),
            Err(_) => return false,
        },
        (Type::Double, Value::Number(number)) => match number.as_f64() {
            Some(value) => out.extend_from_slice(&value.to_le_bytes()),
            None => return false,
        },
        (Type::String(_), Value::String(text)) => put::bytes(out, text.as_bytes()),
        (Type::Bytes(_), Value::String(text)) => match code_points(text) {
            Some(bytes) => put::bytes(out, &bytes),
            None => return false,
        },
        _ => return false,
    }
    true
}

/// Bytes as the text of their code points.
fn code_points(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn shown(json: &Value) -> String {
    json.to_string().chars().take(50).collect()
}
