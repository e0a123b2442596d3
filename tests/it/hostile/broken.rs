//! Framing and binary: 1 to 28.

use super::{Fate, Part, dead, json, row, schema};
use crate::support::avro::{confluent, long, record, text};
use crate::support::{Kind, Raw};

const KEYED: &str = "format: confluent, mode: table, key: [k], metadata: [partition, offset]";

fn keyed(number: u32, what: &str, key: &str) -> Part {
    let fields = r#"{"name":"k","type":"string"},{"name":"a","type":"int"}"#;
    let entry = format!("{KEYED}, kafka_key: {key}");
    Part::with(number, what, &schema(fields)).entry(&entry).select("k, a").order("1")
}

fn key_and_value(key: &[u8], value: Option<&str>) -> Raw {
    let value = value.map(|name| confluent(super::ID, &record(&[text(name), long(7)])));
    Raw { value, ..Raw::default() }.key(key)
}

pub fn framing(_: Kind) -> Vec<Part> {
    let int = |number, what: &str| Part::of(number, what, r#""int""#);
    let avro = |name: &str| confluent(super::ID, &record(&[text(name), long(7)]));
    let raw = |bytes: &[u8]| Raw::value(bytes);
    vec![
        int(1, "an empty value").raw(raw(b""), dead("empty_payload")),
        int(2, "a null value in mode stream").raw(Raw::default(), Fate::Gone).datum([2], row("1")),
        keyed(2, "a null value in mode table", "avro")
            .raw(key_and_value(&avro("x"), Some("x")), Fate::Gone)
            .raw(key_and_value(&avro("y"), Some("y")), row("y|7"))
            .raw(key_and_value(&avro("x"), None), Fate::Gone),
        int(3, "another magic byte")
            .raw(raw(&[1, 0, 0, 0, 1, 2]), dead("bad_magic"))
            .raw(raw(b"{\"a\":1}"), dead("bad_magic"))
            .raw(raw(b"Obj\x01"), dead("bad_magic")),
        int(4, "one to four bytes")
            .raw(raw(&[0]), dead("short_header"))
            .raw(raw(&[0; 2]), dead("short_header"))
            .raw(raw(&[0; 3]), dead("short_header"))
            .raw(raw(&[0; 4]), dead("short_header")),
        int(5, "an id that nobody knows")
            .raw(raw(&confluent(987_654, &[2])), dead("unknown_schema"))
            .datum([2], row("1")),
        int(6, "ids 0, -1 and 2^31-1")
            .raw(raw(&confluent(0, &[2])), dead("unknown_schema"))
            .raw(raw(&confluent(-1, &[2])), dead("unknown_schema"))
            .raw(raw(&confluent(i32::MAX, &[2])), dead("unknown_schema")),
        int(7, "the id of a JSON schema")
            .answer(r#"{"schemaType":"JSON","schema":"{\"type\":\"object\"}"}"#)
            .datum([2], dead("not_avro")),
        int(7, "the id of a Protobuf schema")
            .answer(r#"{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\";"}"#)
            .datum([2], dead("not_avro")),
        Part::with(8, "a schema that is no JSON", "not JSON").stop("schema_invalid"),
        Part::with(8, "a schema that is cut off", r#"{"type":"record","name":"r","fields":[{"name":"a""#)
            .stop("schema_invalid"),
        Part::with(
            8,
            "a schema of 2 MiB",
            &schema(&format!(r#"{{"name":"a","type":"int","doc":"{}"}}"#, "x".repeat(2 << 20))),
        )
        .stop("schema_invalid"),
        keyed(9, "a key that is not Avro, declared Avro", "avro")
            .raw(key_and_value(b"x", Some("x")), row("x|7"))
            .raw(key_and_value(b"x", None), dead("no_key")),
        keyed(9, "a key that is not Avro, declared a string", "string")
            .raw(key_and_value(b"x", Some("x")), Fate::Gone)
            .raw(key_and_value(b"y", Some("y")), row("y|7"))
            .raw(key_and_value(b"x", None), Fate::Gone),
    ]
}

pub fn binary(kind: Kind) -> Vec<Part> {
    let cut = text("hello")[..3].to_vec();
    let list = r#"{"type":"record","name":"list","fields":[{"name":"next","type":["null","list"]}]}"#;
    let fixed = |size: u64| format!(r#"{{"type":"fixed","name":"f","size":{size}}}"#);
    let enumeration = r#"{"type":"enum","name":"e","symbols":["x","y","z"]}"#;
    let array = r#"{"type":"array","items":"int"}"#;
    let two = schema(r#"{"name":"a","type":"int"},{"name":"b","type":"boolean"}"#);
    vec![
        // A body that is cut off is a length beyond the end: the reason of 18.
        Part::of(10, "a string that is cut off", r#""string""#)
            .datum(&cut, dead("bad_length"))
            .datum([], dead("truncated")),
        Part::with(11, "without the last boolean", &two).datum([2], dead("truncated")).datum([2, 1], row("1")),
        Part::of(12, "without the last union", r#"["long","null"]"#)
            .datum([], dead("truncated"))
            .datum([0, 2], row("1")),
        Part::of(13, "bytes behind the end", r#""int""#).datum([2, 0], dead("trailing_bytes")),
        Part::of(14, "a varint without end, or of eleven bytes", r#""long""#)
            .datum([0xff; 20], dead("bad_varint"))
            .datum([&[0x80; 10][..], &[0]].concat(), dead("bad_varint"))
            .datum([0x80; 3], dead("truncated")),
        Part::of(15, "a varint with more than 64 bits", r#""long""#)
            .datum([&[0xff; 9][..], &[2]].concat(), dead("bad_varint"))
            .datum([&[0xff; 9][..], &[1]].concat(), row(i64::MIN.to_string())),
        Part::of(16, "a varint longer than it need be", r#""long""#).datum([0x80, 0], row("0")),
        Part::of(17, "an int of more than 32 bits", r#""int""#).datum(long(1 << 31), dead("int_overflow")),
        Part::of(18, "lengths that cannot be", r#""string""#)
            .datum(long(-1), dead("bad_length"))
            .datum([&long(100)[..], b"abc"].concat(), dead("bad_length"))
            .datum(long(512 << 20), dead("bad_length"))
            .datum(long(1 << 62), dead("bad_length")),
        Part::of(19, "what is no UTF-8", r#""string""#)
            .datum(text([0xff]), dead("bad_utf8"))
            .datum(text([0xed, 0xa0, 0x80]), dead("bad_utf8"))
            .datum(text([0xc0, 0x80]), dead("bad_utf8")),
        Part::of(20, "booleans of 2 and 255", r#""boolean""#)
            .datum([2], dead("bad_bool"))
            .datum([0xff], dead("bad_bool")),
        Part::of(21, "an enum's index without a symbol", enumeration)
            .datum([6], dead("bad_enum"))
            .datum([1], dead("bad_enum")),
        Part::of(22, "a union's index without a branch", r#"["null","int"]"#)
            .datum([4, 2], dead("bad_union"))
            .datum([1, 2], dead("bad_union")),
        Part::of(23, "an array of nine million nulls", r#"{"type":"array","items":"null"}"#)
            .datum([&long(9_000_000)[..], &[0]].concat(), dead("too_many_items")),
        Part::of(24, "a block of another size than it says", array)
            .select(json(kind))
            .datum([3, 4, 2, 2, 0], row("[1,1]"))
            .datum([3, 6, 2, 2, 0], dead("bad_length")),
        Part::of(25, "a map with a key twice", r#"{"type":"map","values":"int"}"#)
            .datum(b"\x04\x02a\x02\x02a\x04\x00", dead("map_duplicate_key")),
        Part::of(26, "a list of 20,000 in each other", list).datum([&[2; 20_000][..], &[0]].concat(), dead("too_deep")),
        Part::with(
            27,
            "a record that holds itself",
            r#"{"type":"record","name":"r","fields":[{"name":"a","type":"r"}]}"#,
        )
        .stop("schema_recursive"),
        Part::of(28, "a fixed of 64 GiB", &fixed(64 << 30)).stop("fixed_too_large"),
        Part::of(28, "a fixed of 4 GiB", &fixed(4 << 30)).stop("fixed_too_large"),
    ]
}
