//! The forms that values of a configuration have: sizes, durations, one or many, something or none.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};

/// A number of bytes: `4MiB`, `64kB`, `4096`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size(pub(super) usize);

/// A time: `5ms`, `60s`, `1h 30m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lasting(pub(super) Duration);

/// One text or a list of them.
#[derive(Clone, Debug, Default)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

/// A value, or `none` (also `off`, `false`).
#[derive(Clone, Copy, Debug)]
pub(super) enum OrNone<T> {
    None,
    Some(T),
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        let text = String::deserialize(deserializer)?;
        let size: bytesize::ByteSize =
            text.parse().map_err(|_| de::Error::custom(format!("expected a size like 4MiB, found `{text}`")))?;
        usize::try_from(size.as_u64()).map(Size).map_err(|_| de::Error::custom(format!("`{text}` is too much")))
    }
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lasting, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(de::Error::custom(format!("a time needs its unit: {text}ms, {text}s, {text}m")));
        }
        let parsed = humantime::parse_duration(&text);
        parsed.map(Lasting).map_err(|_| de::Error::custom(format!("expected a time like 5ms or 60s, found `{text}`")))
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OneOrMany, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(items)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OrNone<T>, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OrNone<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or none")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OrNone<T>, E> {
                if matches!(text, "none" | "off" | "false") {
                    return Ok(OrNone::None);
                }
                T::deserialize(value::StrDeserializer::new(text)).map(OrNone::Some).map_err(|error: E| {
                    // A struct where only `none` is a scalar.
                    let message = error.to_string();
                    if message.contains("expected struct") {
                        E::custom(format!("expected keys with values, or none; found `{text}`"))
                    } else {
                        error
                    }
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<OrNone<T>, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(entries)).map(OrNone::Some)
            }
        }
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "description": "A number of bytes", "examples": ["4MiB", 4096] })
    }
}

impl JsonSchema for Lasting {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A time with its unit", "examples": ["5ms", "60s", "1h 30m"] })
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

impl<T: JsonSchema> JsonSchema for OrNone<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrNone", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "enum": ["none", "off", false] }] })
    }
}
