//! Messages and values, as scenarios write them.

use crate::support::Raw;
use crate::support::avro::{Envelope, confluent, long, record, some, text};

/// The fields of most scenarios' records: an `id` and a `name` that may be null.
pub const ID_NAME: &str = r#"{"name":"id","type":"int"},{"name":"name","type":["null","string"],"default":null}"#;

/// A datum of `ID_NAME`.
pub fn id_name(id: i64, name: &str) -> Vec<u8> {
    record(&[long(id), some(text(name))])
}

/// Yelp's envelope of this type around a record of these fields.
pub fn yelp(message_type: &'static str, schema: i32, fields: &[Vec<u8>]) -> Raw {
    Raw::value(Envelope::new(message_type, schema, record(fields)).value())
}

/// Yelp's envelope of a row.
pub fn log(schema: i32, fields: &[Vec<u8>]) -> Raw {
    yelp("log", schema, fields)
}

/// Confluent's wire format around a record of these fields.
pub fn plain(schema: i32, fields: &[Vec<u8>]) -> Raw {
    Raw::value(confluent(schema, &record(fields)))
}

/// A null value with this key.
pub fn tombstone(key: impl Into<Vec<u8>>) -> Raw {
    Raw::default().key(key)
}

pub fn float(value: f32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

pub fn boolean(value: bool) -> Vec<u8> {
    vec![u8::from(value)]
}

/// A number in two's complement, the highest byte first, as short as it can be: what a decimal is made of.
pub fn unscaled(value: i128) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let superfluous = |window: &[u8]| matches!((window[0], window[1] >> 7), (0, 0) | (0xff, 1));
    bytes[bytes.windows(2).take_while(|window| superfluous(window)).count()..].to_vec()
}

/// A decimal on bytes.
pub fn decimal(value: i128) -> Vec<u8> {
    text(unscaled(value))
}

/// A decimal on fixed(n).
pub fn fixed_decimal<const N: usize>(value: i128) -> Vec<u8> {
    value.to_be_bytes()[16 - N..].to_vec()
}

/// An array, or a map, in one block.
pub fn items(items: &[Vec<u8>]) -> Vec<u8> {
    if items.is_empty() {
        return vec![0];
    }
    [long(items.len() as i64), items.concat(), vec![0]].concat()
}

/// A map's entry.
pub fn entry(key: &str, value: Vec<u8>) -> Vec<u8> {
    [text(key), value].concat()
}

/// A value of the union's branch with this index.
pub fn branch(index: i64, value: Vec<u8>) -> Vec<u8> {
    [long(index), value].concat()
}

/// Bytes from hexadecimal digits.
pub fn hex(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hexadecimal digits")
}

#[test]
fn decimals_are_as_short_as_they_can_be() {
    for (value, expected) in
        [(0, "00"), (1, "01"), (-1, "ff"), (127, "7f"), (128, "0080"), (-128, "80"), (-129, "ff7f")]
    {
        assert_eq!(hex::encode(unscaled(value)), expected, "{value}");
    }
}
