//! Schemas that name types of other schemas, made into one text that says all: each type stands where it is named
//! first. Decides nothing about types: what is no schema stays as it is, and the parser of schemas refuses it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Levels that are looked into; the parser of schemas allows no more.
const DEPTH_MAX: usize = 128;

/// A type that a schema defines.
#[derive(Clone, Debug, PartialEq)]
struct Definition {
    json: Value,
    /// Where the definition stands; its own name may say otherwise.
    namespace: String,
}

/// The types that other schemas define, by full name.
#[derive(Debug, Default)]
pub(super) struct Library(HashMap<String, Definition>);

impl Library {
    /// Takes the types of a schema.
    ///
    /// # Errors
    /// The full name of a type that another schema defines otherwise.
    pub fn add(&mut self, schema: &Value) -> Result<(), String> {
        self.collect(schema, "", 0)
    }

    fn collect(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Ok(());
        }
        match json {
            Value::Array(branches) => branches.iter().try_for_each(|branch| self.collect(branch, namespace, depth + 1)),
            Value::Object(object) => self.object(json, object, namespace, depth),
            _ => Ok(()),
        }
    }

    fn object(
        &mut self,
        json: &Value,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<(), String> {
        let mut inner = namespace.to_owned();
        if let Some((full, own)) = defined(object, namespace) {
            let definition = Definition { json: json.clone(), namespace: namespace.to_owned() };
            let found = self.0.entry(full.clone()).or_insert_with(|| definition.clone());
            if *found != definition {
                return Err(full);
            }
            inner = own;
        }
        parts(object).try_for_each(|part| self.collect(part, &inner, depth + 1))
    }

    /// The schema with all definitions that it lacks.
    pub fn complete(&self, mut schema: Value) -> Value {
        Completion { library: self, defined: HashSet::new() }.ty(&mut schema, "", 0);
        schema
    }
}

struct Completion<'a> {
    library: &'a Library,
    /// The types that stand before the place that is looked at.
    defined: HashSet<String>,
}

impl Completion<'_> {
    fn ty(&mut self, json: &mut Value, namespace: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match json {
            Value::String(name) => {
                let Some(mut definition) = self.missing(name, namespace) else { return };
                let place = std::mem::take(&mut definition.namespace);
                *json = definition.json;
                name_in_full(json, &place);
                self.ty(json, &place, depth + 1);
            }
            Value::Array(branches) => {
                for branch in branches {
                    self.ty(branch, namespace, depth + 1);
                }
            }
            Value::Object(object) => {
                let mut inner = namespace.to_owned();
                if let Some((full, own)) = defined(object, namespace) {
                    if !self.defined.insert(full.clone()) {
                        *json = Value::String(full);
                        return;
                    }
                    inner = own;
                }
                parts_mut(object, |part| self.ty(part, &inner, depth + 1));
            }
            _ => {}
        }
    }

    /// The definition of a name that stands nowhere before.
    fn missing(&self, name: &str, namespace: &str) -> Option<Definition> {
        let full = full_name(name, namespace);
        for wanted in [full.as_str(), name] {
            if self.defined.contains(wanted) {
                return None;
            }
            if let Some(definition) = self.library.0.get(wanted) {
                return Some(definition.clone());
            }
        }
        None
    }
}

/// The full name of the type that an object defines, and the namespace of what is inside.
fn defined(object: &Map<String, Value>, namespace: &str) -> Option<(String, String)> {
    let kind = object.get("type")?.as_str()?;
    let name = object.get("name")?.as_str()?;
    if !matches!(kind, "record" | "error" | "enum" | "fixed") {
        return None;
    }
    let namespace = match name.rsplit_once('.') {
        Some((namespace, _)) => namespace,
        None => object.get("namespace").and_then(Value::as_str).unwrap_or(namespace),
    };
    Some((full_name(name, namespace), namespace.to_owned()))
}

/// Says the namespace that a definition had from where it stood.
fn name_in_full(json: &mut Value, namespace: &str) {
    if let Value::Object(object) = json
        && !object.get("name").and_then(Value::as_str).is_some_and(|name| name.contains('.'))
    {
        object.entry("namespace").or_insert_with(|| namespace.into());
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The types in a type's object.
fn parts(object: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let fields = object.get("fields").and_then(Value::as_array).into_iter().flatten();
    let types = fields.filter_map(|field| field.get("type"));
    ["type", "items", "values"].into_iter().filter_map(|key| object.get(key)).chain(types)
}

fn parts_mut(object: &mut Map<String, Value>, mut look: impl FnMut(&mut Value)) {
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_named = !matches!(kind, "record" | "error" | "enum" | "fixed" | "array" | "map");
    let key = match kind {
        "array" => "items",
        "map" => "values",
        _ if is_named => "type",
        _ => "fields",
    };
    match object.get_mut(key) {
        Some(Value::Array(fields)) if key == "fields" => {
            fields.iter_mut().filter_map(|field| field.get_mut("type")).for_each(look);
        }
        Some(part) if key != "fields" => look(part),
        _ => {}
    }
}
