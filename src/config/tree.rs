//! A YAML document as a tree that knows where each value stands.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

/// Line and column, from 1; line 0 is nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
    /// What the file says, where a variable or a file was put in: the value itself is a secret.
    pub(super) written: Option<String>,
}

/// A value; scalars keep their text, since only the key says what type they are.
#[derive(Clone, Debug, Default)]
pub(super) enum Value {
    #[default]
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) name: String,
}

impl Node {
    /// Reads one document.
    pub(super) fn parse(text: &str) -> Result<Node, (Place, String)> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
        };
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Node { value: Value::Map(Vec::new()), ..Node::default() });
        }
        let mut node: Node = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let error = error.without_snippet();
            let place = error.location().map(Place::from).unwrap_or_default();
            let message = error.to_string();
            (place, message.split(" at line ").next().unwrap_or(&message).to_owned())
        })?;
        node.keep_text(text);
        Ok(node)
    }

    /// The value under this key of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Map(entries) => entries.iter_mut().find(|(key, _)| key.name == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The entries of a map; of anything else none.
    pub(super) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What stands at a path (`topics/0/table`), or the last on the way that there is.
    pub(super) fn nearest(&self, path: &str) -> &Node {
        let mut node = self;
        for step in path.split('/').filter(|step| !step.is_empty()) {
            let next = match &node.value {
                Value::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => node.get(step),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Calls this on every scalar, with its path.
    pub(super) fn scalars<'a>(&'a self, path: &str, visit: &mut impl FnMut(&str, &'a Node)) {
        let join = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}/{step}") };
        match &self.value {
            Value::Null => {}
            Value::Scalar(_) => visit(path, self),
            Value::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| item.scalars(&join(&index.to_string()), visit));
            }
            Value::Map(entries) => entries.iter().for_each(|(key, item)| item.scalars(&join(&key.name), visit)),
        }
    }

    /// Forgets a value that stands there, so that the rest can be read.
    pub(super) fn forget(&mut self, place: Place) -> bool {
        if self.place == place && !matches!(self.value, Value::Null) {
            self.value = Value::Null;
            return true;
        }
        match &mut self.value {
            Value::List(items) => items.iter_mut().any(|item| item.forget(place)),
            Value::Map(entries) => entries.iter_mut().any(|(_, item)| item.forget(place)),
            _ => false,
        }
    }

    /// Takes the text of numbers from the file: `1.10` is a version to some key, not 1.1.
    fn keep_text(&mut self, text: &str) {
        match &mut self.value {
            Value::Scalar(value) if self.written.take().is_some() => {
                let line = text.lines().nth(self.place.line.wrapping_sub(1)).unwrap_or_default();
                let rest: String = line.chars().skip(self.place.column.wrapping_sub(1)).collect();
                let end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
                let token = rest.split(end).next().unwrap_or_default();
                if token.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
                    *value = token.to_owned();
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| item.keep_text(text)),
            Value::Map(entries) => entries.iter_mut().for_each(|(_, item)| item.keep_text(text)),
            _ => {}
        }
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Place {
        Place {
            line: usize::try_from(location.line()).unwrap_or(usize::MAX),
            column: usize::try_from(location.column()).unwrap_or(usize::MAX),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let Spanned { value: Untyped(value, number), defined, .. } = Spanned::deserialize(deserializer)?;
        // A number is marked until its text has been taken from the file.
        Ok(Node { place: defined.into(), value, written: number.then(String::new) })
    }
}

struct Untyped(Value, bool);

impl<'de> Deserialize<'de> for Untyped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Untyped, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Untyped;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Untyped, E> {
        Ok(Untyped(Value::Null, false))
    }

    fn visit_none<E: de::Error>(self) -> Result<Untyped, E> {
        self.visit_unit()
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), false))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), true))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), true))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), true))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), true))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_string()), true))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Untyped, E> {
        Ok(Untyped(Value::Scalar(value.to_owned()), false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Untyped, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Untyped(Value::List(list), false))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Untyped, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, Node>()? {
            map.push((Key { place: key.defined.into(), name: key.value }, value));
        }
        Ok(Untyped(Value::Map(map), false))
    }
}
