//! Schemas: 29 to 39.

use super::{Part, by, dead, json, row, schema};
use crate::support::Kind;
use crate::support::avro::{double, long, record, text};

const BY_FIELD: &str = "format: confluent, mode: stream, metadata: [partition, offset], unique: uuid, uuid: 'field:id'";

pub fn parts(kind: Kind) -> Vec<Part> {
    [identities(), shapes(kind), limits(kind)].concat()
}

fn identities() -> Vec<Part> {
    let uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    let nullable = schema(r#"{"name":"id","type":["null","string"]},{"name":"a","type":"int"}"#);
    let filled = record(&[long(1), text(uuid), long(7)]);
    vec![
        Part::with(29, "a record without fields", &schema(""))
            .select("_sink_offset")
            .datum([], row("0"))
            .datum([], row("1")),
        Part::with(29, "a record without fields where a uuid is wanted", &schema("")).entry(BY_FIELD).stop("no_key"),
        Part::of(30, "no field of the uuid's name", r#""int""#).entry(BY_FIELD).stop("no_key"),
        Part::with(30, "a uuid that is an int", &schema(r#"{"name":"id","type":"int"}"#))
            .entry(BY_FIELD)
            .stop("key_type"),
        Part::with(30, "a uuid that may be null, and is", &nullable)
            .entry(BY_FIELD)
            .datum(record(&[long(0), long(7)]), dead("uuid_missing"))
            .datum(filled, row("7")),
    ]
}

fn shapes(kind: Kind) -> Vec<Part> {
    let nested = r#"{"name":"a","type":{"type":"record","name":"in","fields":[{"name":"x","type":"int"}]}}"#;
    let field = |ty: &str| format!(r#"{{"name":"a","type":{ty}}}"#);
    let (map, array) = (r#"{"type":"map","values":"int"}"#, r#"{"type":"array","items":"string"}"#);
    let reject = "format: confluent, mode: stream, nested: reject";
    let logical = |base: &str, more: &str| format!(r#"{{"type":"{base}",{more}}}"#);
    let wrong_default = schema(r#"{"name":"a","type":"int","default":"five"}"#);
    vec![
        Part::with(31, "a nested record", &schema(nested)).select(json(kind)).datum([2], row(r#"{"x":1}"#)),
        Part::of(31, "an array", array).select(json(kind)).datum(b"\x02\x02a\x00", row(r#"["a"]"#)),
        Part::of(31, "a map", map).select(json(kind)).datum(b"\x02\x02a\x02\x00", row(r#"{"a":1}"#)),
        Part::with(31, "a nested record where flat is asked for", &schema(nested)).entry(reject).stop("not_flat"),
        Part::with(31, "an array where flat is asked for", &schema(&field(array))).entry(reject).stop("not_flat"),
        Part::of(32, "a union of int and string", r#"["int","string"]"#)
            .select(json(kind))
            .datum([0, 2], row(r#"{"int":1}"#))
            .datum(b"\x02\x02a", row(r#"{"string":"a"}"#)),
        Part::of(33, "null behind the string", r#"["string","null"]"#)
            .datum(b"\x00\x02a", row("a"))
            .datum([2], row("-")),
        Part::of(33, "a union of one", r#"["string"]"#).datum(b"\x00\x02a", row("a")),
        Part::of(34, "a union with a type twice", r#"["int","int"]"#).stop("schema_invalid"),
        Part::of(34, "a union in a union", r#"["int",["null","string"]]"#).stop("schema_invalid"),
        Part::with(35, "a default of another type", &wrong_default).datum([10], row("5")),
        Part::of(36, "a logical type that nobody knows", &logical("string", r#""logicalType":"nobody""#))
            .datum(text("a"), row("a")),
        Part::of(
            36,
            "a decimal of more scale than precision",
            &logical("bytes", r#""logicalType":"decimal","precision":2,"scale":3"#),
        )
        .datum(text([1]), row("\\x01")),
        Part::of(36, "milliseconds on an int", &logical("int", r#""logicalType":"timestamp-millis""#))
            .datum([10], row("5")),
    ]
}

fn limits(kind: Kind) -> Vec<Part> {
    let decimal =
        |precision: u32| format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":0}}"#);
    let in_space = |space: &str| {
        format!(r#"{{"type":"record","name":"B","namespace":"{space}","fields":[{{"name":"a","type":"int"}}]}}"#)
    };
    let taken = "format: confluent, mode: stream, metadata: [partition, offset]";
    let many: Vec<String> = (0..20_000).map(|n| format!(r#"{{"name":"a{n}","type":"int"}}"#)).collect();
    let deep = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(5_000), "}".repeat(5_000));
    let doc = schema(&format!(r#"{{"name":"a","type":"int","doc":"{}"}}"#, "x".repeat(1 << 20)));
    let number = "1".repeat(66);
    let unscaled = num(&number);
    vec![
        Part::of(37, "a decimal of 1,001 digits", &decimal(1_001)).datum(text(&unscaled), row(number.clone())),
        Part::of(37, "a decimal of 38 digits that becomes one of 39", &decimal(38))
            .next(&schema(&format!(r#"{{"name":"a","type":{}}}"#, decimal(39))))
            .datum(text([1]), row("1"))
            .following(text(num(&"2".repeat(39))), row("2".repeat(39)))
            .datum(text([3]), row("3")),
        Part::of(37, "a decimal of 66 digits", &decimal(66)).datum(text(&unscaled), row(number)),
        Part::with(38, "a record a.B", &in_space("a"))
            .topic("UNIQUE_38_a", Some("{namespace}_{record}"))
            .entry(taken)
            .datum([2], row("1")),
        Part::with(38, "a record c.B", &in_space("c"))
            .topic("UNIQUE_38_c", Some("{namespace}_{record}"))
            .entry(taken)
            .datum([4], row("2")),
        Part::with(39, "20,000 fields", &schema(&many.join(","))).stop("schema_limits"),
        Part::of(39, "5,000 arrays in each other", &deep).stop("schema_limits"),
        // Larger than any schema may be: the reason of 8.
        Part::with(39, "a doc of 1 MiB", &doc).stop("schema_invalid"),
        Part::of(39, "a doc of half a MiB", &format!(r#"{{"type":"double","doc":"{}"}}"#, "x".repeat(1 << 19)))
            .datum(double(0.5), by(kind, row("0.5"), row("0.5"), row("0.5"))),
    ]
}

/// The two's complement of a positive decimal number.
fn num(digits: &str) -> Vec<u8> {
    let mut bytes = vec![0u8];
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            let value = u32::from(*byte) * 10 + carry;
            (*byte, carry) = (value as u8, value >> 8);
        }
        if carry > 0 {
            bytes.insert(0, carry as u8);
        }
    }
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    bytes
}

#[test]
fn numbers_are_twos_complements() {
    assert_eq!(num("10000"), [0x27, 0x10]);
    assert_eq!(num("128"), [0, 0x80]);
}
