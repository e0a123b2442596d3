//! From the tree to the raw types: serde, with the place of every error, all unknown keys at once, and what this
//! version does not have yet named as such.

use std::cell::RefCell;
use std::fmt::{self, Display};

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::problem::{Problems, nearest};
use super::tree::{Key, Node, Place, Value};

/// Keys that the design knows and this version does not have.
const LATER_KEYS: [&str; 3] = ["encryption", "verify", "status"];

/// Values that the design knows and this version does not have, by the enum they would belong to.
const LATER_VALUES: [(&str, &str); 4] =
    [("Format", "debezium"), ("Format", "envelope"), ("Mode", "history"), ("Deletes", "soft")];

/// Spellings of `none` that need not be offered.
const ALIASES: [&str; 2] = ["off", "false"];

/// Reads the node; what is wrong is noted and left out.
pub(super) fn read<T: DeserializeOwned + Default>(node: &Node, problems: &mut Problems) -> T {
    let mut node = node.clone();
    let unknown = RefCell::new(Vec::new());
    let value = loop {
        unknown.borrow_mut().clear();
        match T::deserialize(Reader { node: &node, unknown: &unknown }) {
            Ok(value) => break value,
            Err(error) => {
                let place = error.place.unwrap_or(node.place);
                // A reference that could not be resolved has been named already.
                if !problems.has(place) {
                    problems.add(place, error.message);
                }
                if !node.forget(place) {
                    break T::default();
                }
            }
        }
    };
    for (place, message) in unknown.into_inner() {
        problems.add(place, message);
    }
    value
}

#[derive(Debug)]
struct ReadError {
    place: Option<Place>,
    message: String,
}

impl ReadError {
    fn at(mut self, place: Place) -> ReadError {
        self.place = self.place.or(Some(place));
        self
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: Display>(message: T) -> ReadError {
        ReadError { place: None, message: message.to_string() }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    unknown: &'a RefCell<Vec<(Place, String)>>,
}

impl<'a> Reader<'a> {
    fn expected(self, what: &str) -> ReadError {
        let found = match &self.node.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar(text) => format!("`{}`", self.node.written.as_ref().unwrap_or(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "keys with values".to_owned(),
        };
        ReadError { place: Some(self.node.place), message: format!("expected {what}, found {found}") }
    }

    fn scalar(self, what: &str) -> Result<&'a str, ReadError> {
        match &self.node.value {
            Value::Scalar(text) => Ok(text),
            _ => Err(self.expected(what)),
        }
    }

    fn parsed<T: std::str::FromStr>(self, what: &str) -> Result<T, ReadError> {
        self.scalar(what)?.parse().map_err(|_| self.expected(what))
    }

    fn below(self, node: &'a Node) -> Reader<'a> {
        Reader { node, ..self }
    }

    /// The entries whose keys the struct has; the others are noted.
    fn known(self, fields: &'static [&'static str]) -> Result<Vec<&'a (Key, Node)>, ReadError> {
        let Value::Map(entries) = &self.node.value else { return Err(self.expected("keys with values")) };
        let (known, unknown): (Vec<_>, Vec<_>) =
            entries.iter().partition(|(key, _)| fields.contains(&key.name.as_str()));
        for (key, _) in unknown {
            let name = &key.name;
            let message = if LATER_KEYS.contains(&name.as_str()) {
                format!("`{name}` is not there yet in this version of flatsink; leave it out")
            } else if let Some(meant) = nearest(name, fields.iter().copied()) {
                format!("unknown key `{name}`; did you mean `{meant}`?")
            } else {
                format!("unknown key `{name}`; there are {}", fields.join(", "))
            };
            self.unknown.borrow_mut().push((key.place, message));
        }
        Ok(known)
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $what:literal),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            visitor.$visit(self.parsed($what)?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let result = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Scalar(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter() }),
            Value::Map(entries) => {
                visitor.visit_map(Entries { reader: self, entries: entries.iter().collect(), next: 0 })
            }
        };
        result.map_err(|error| error.at(self.node.place))
    }

    parsed! {
        deserialize_bool visit_bool "true or false",
        deserialize_u8 visit_u8 "a whole number",
        deserialize_u16 visit_u16 "a whole number",
        deserialize_u32 visit_u32 "a whole number",
        deserialize_u64 visit_u64 "a whole number",
        deserialize_i8 visit_i8 "a whole number",
        deserialize_i16 visit_i16 "a whole number",
        deserialize_i32 visit_i32 "a whole number",
        deserialize_i64 visit_i64 "a whole number",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
        deserialize_char visit_char "a character",
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.scalar("a text")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter() }),
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.expected("keys with values")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_map(Entries { reader: self, entries: self.known(fields)?, next: 0 })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let offered: Vec<&str> = variants.iter().copied().filter(|variant| !ALIASES.contains(variant)).collect();
        let offer = offered.join(" | ");
        let text = self.scalar(&offer)?;
        if variants.contains(&text) {
            let access: StrDeserializer<'_, ReadError> = text.into_deserializer();
            return visitor.visit_enum(access);
        }
        if LATER_VALUES.contains(&(name, text)) {
            let message = format!("`{text}` is not there yet in this version of flatsink; there is {offer}");
            return Err(ReadError { place: Some(self.node.place), message });
        }
        Err(self.expected(&offer))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    items: std::slice::Iter<'a, Node>,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.reader.below(item)).map(Some).map_err(|error| error.at(item.place))
    }
}

struct Entries<'a> {
    reader: Reader<'a>,
    entries: Vec<&'a (Key, Node)>,
    next: usize,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((key, _)) = self.entries.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<'_, ReadError> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.at(key.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (_, node) = self.entries[self.next];
        self.next += 1;
        seed.deserialize(self.reader.below(node)).map_err(|error| error.at(node.place))
    }
}
