//! JSON texts whose objects hold no key twice: a database that does not keep the text itself keeps one of the two.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Code;

/// Reads a JSON text to its end.
///
/// # Errors
/// `bad_json`; `map_duplicate_key`.
pub fn check(text: &[u8]) -> Result<(), Code> {
    match serde_json::from_slice::<Distinct>(text) {
        Ok(Distinct) => Ok(()),
        Err(error) if error.is_data() => Err(Code::MapDuplicateKey),
        Err(_) => Err(Code::BadJson),
    }
}

/// JSON whose objects hold no key twice.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Distinct, D::Error> {
        deserializer.deserialize_any(Distinct)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Distinct, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        while items.next_element::<Distinct>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Distinct, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key twice"));
            }
            entries.next_value::<Distinct>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinct_within_their_object() {
        for (text, expected) in [
            (r#"{"a":1,"b":{"a":[1.5,null,true,"a",-1]}}"#, Ok(())),
            (r#"{"a":1,"a":1}"#, Err(Code::MapDuplicateKey)),
            (r#"[{"b":{"a":1,"\u0061":2}}]"#, Err(Code::MapDuplicateKey)),
            (r#"{"a":1"#, Err(Code::BadJson)),
            ("1 2", Err(Code::BadJson)),
            ("1e999", Err(Code::BadJson)),
            ("", Err(Code::BadJson)),
        ] {
            assert_eq!(check(text.as_bytes()), expected, "{text}");
        }
    }
}
