//! What the configuration says of single columns, and of U+0000.

use std::collections::BTreeMap;

use super::edges::{Expected, check_with, text, varint};
use super::*;
use crate::config::{ColumnOverride, Nul};

fn columns(json: &str) -> BTreeMap<String, ColumnOverride> {
    serde_json::from_str(json).unwrap()
}

fn entry_with(mode: Mode, json: &str) -> Topic {
    Topic { columns: columns(json), ..entry(Format::Confluent, mode) }
}

/// Decodes the datum of field `a` whose column is said to be so, in the three dialects.
fn check(ty: &str, column: &str, datum: &[u8], expected: [Expected<'_>; 3]) {
    let entry = entry_with(Mode::Stream, &format!(r#"{{"a":{{{column}}}}}"#));
    check_with(&entry, &format!(r#"{{"name":"a","type":{ty}}}"#), datum, expected);
}

fn why(fields: &str, columns: &str) -> Refusal {
    let entry = entry_with(Mode::Stream, columns);
    Shape::new(source(&record(fields)), None, "biz", &entry, Dialect::Postgres).unwrap_err()
}

const UUID: &str = "abcdef00-0000-0000-0000-000000000000";
const UUID_HEX: &str = "abcdef00000000000000000000000000";

#[test]
fn strings_are_read_strictly_as_what_they_hold() {
    let string = |column: &str, value: &str, expected: [Expected<'_>; 3]| {
        check(r#""string""#, column, &text(value), expected);
        check(r#"["null","string"]"#, column, &[vec![2], text(value)].concat(), expected);
        check(r#"["null","string"]"#, column, &[0], [Ok("-"); 3]);
    };
    let stamp = |micros: i64| hex::encode((micros - 946_684_800_000_000).to_be_bytes());
    string(r#""type":"uuid""#, "{ABCDEF00-0000-0000-0000-000000000000}", [Ok(UUID_HEX), Ok(UUID_HEX), Ok(UUID)]);
    string(r#""type":"uuid""#, "abcdef", [Err(Code::BadUuid); 3]);
    string(r#""type":"json""#, "{\"a\": 1}", [Ok("\u{1}{\"a\": 1}"), Ok("{\"a\": 1}"), Ok("{\"a\": 1}")]);
    string(r#""type":"json""#, "{", [Err(Code::BadJson); 3]);
    string(r#""type":"bytes""#, "a\0é", [Ok("6100c3a9"); 3]);
    string(r#""type":"bytes","length":3"#, "a\0é", [Err(Code::TooLong); 3]);
    string(r#""type":"date""#, "1970-01-02", [Ok("ffffd534"), Ok("1970-01-02"), Ok("1970-01-02")]);
    string(r#""type":"date""#, "1970-02-30", [Err(Code::BadDatetime); 3]);
    let one = "1970-01-01 00:00:01.500000";
    string(r#""type":"timestamp""#, "1970-01-01T00:00:01.5", [Ok(&stamp(1_500_000)), Ok(one), Ok(one)]);
    string(r#""type":"timestamp""#, "1970-01-01T00:00:01Z", [Err(Code::BadDatetime); 3]);
    string(r#""type":"timestamptz""#, "1970-01-01T01:00:01.5+01:00", [Ok(&stamp(1_500_000)), Ok(one), Ok(one)]);
    string(r#""type":"timestamptz""#, "1970-01-01T00:00:01.0000001Z", [Err(Code::SubMicrosecond); 3]);
    string(r#""type":"text","length":2"#, "éé", [Ok("éé"); 3]);
    string(r#""length":2"#, "ééé", [Err(Code::TooLong); 3]);
    let decimal = r#""type":"decimal(4,2)""#;
    string(decimal, "-3.14", [Ok("000200004000000200030578"), Ok("-3.14"), Ok("-3.14")]);
    string(decimal, "0031.4000", [Ok("0002000000000002001f0fa0"), Ok("31.40"), Ok("31.40")]);
    string(decimal, "-0", [Ok("0000000000000002"), Ok("0.00"), Ok("0.00")]);
    string(decimal, "0.001", [Err(Code::DecimalInexact); 3]);
    string(decimal, "100", [Err(Code::DecimalRange); 3]);
    for wrong in ["", "-", ".5", "5.", "1e1", "+1", " 1", "1 ", "1,0", "NaN", "0x1", "--1", "1.-2"] {
        string(decimal, wrong, [Err(Code::BadDecimal); 3]);
    }
}

#[test]
fn numbers_are_read_as_times_and_decimals() {
    let stamp = |micros: i64| hex::encode((micros - 946_684_800_000_000).to_be_bytes());
    let one = "1970-01-01 00:00:01.000000";
    for (unit, value) in [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)] {
        for (ty, base) in [("timestamp", "int"), ("timestamptz", "int"), ("timestamp", "long"), ("timestamptz", "long")]
        {
            let column = format!(r#""type":"{ty}","unit":"{unit}""#);
            check(&format!("\"{base}\""), &column, &varint(value), [Ok(&stamp(1_000_000)), Ok(one), Ok(one)]);
        }
    }
    let timestamp = |unit: &str| format!(r#""type":"timestamp","unit":"{unit}""#);
    check(r#""long""#, &timestamp("ns"), &varint(1_001), [Err(Code::SubMicrosecond); 3]);
    check(r#""long""#, &timestamp("s"), &varint(i64::MAX), [Err(Code::TimestampRange); 3]);
    // What the schema says of the unit counts.
    let long = |logical: &str| format!(r#"{{"type":"long","logicalType":"{logical}"}}"#);
    let bare = r#""type":"timestamp""#;
    check(&long("timestamp-millis"), bare, &varint(1_000), [Ok(&stamp(1_000_000)), Ok(one), Ok(one)]);
    check(&long("timestamp-nanos"), bare, &varint(1_000_000_000), [Ok(&stamp(1_000_000)), Ok(one), Ok(one)]);
    check(&long("local-timestamp-nanos"), r#""type":"timestamptz""#, &varint(1), [Err(Code::SubMicrosecond); 3]);
    let day = [Ok("ffffd534"), Ok("1970-01-02"), Ok("1970-01-02")];
    check(r#""int""#, r#""type":"date""#, &varint(1), day);
    check(r#""long""#, r#""type":"date""#, &varint(1), day);
    check(r#""long""#, r#""type":"date""#, &varint(1 << 40), [Err(Code::DateRange); 3]);
    let decimal = r#""type":"decimal(4,2)""#;
    check(r#""int""#, decimal, &varint(-31), [Ok("0001000040000002001f"), Ok("-31.00"), Ok("-31.00")]);
    check(r#""long""#, decimal, &varint(100), [Err(Code::DecimalRange); 3]);
    let min = "-9223372036854775808";
    let wide = r#""type":"decimal(38,0)""#;
    check(r#""long""#, wide, &varint(i64::MIN), [Ok("0005000440000000039a0d2c0170156516b0"), Ok(min), Ok(min)]);
    let double = |value: f64| value.to_le_bytes();
    check(r#""double""#, decimal, &double(-3.15), [Ok("0002000040000002000305dc"), Ok("-3.15"), Ok("-3.15")]);
    check(r#""double""#, decimal, &double(0.001), [Err(Code::DecimalInexact); 3]);
    let big = r#"{"type":"bytes","logicalType":"big-decimal"}"#;
    check(big, decimal, &[8, 4, 0x0c, 0x44, 6], [Ok("000200000000000200030578"), Ok("3.14"), Ok("3.14")]);
    check(big, decimal, &[6, 2, 1, 1], [Ok("0001000000000002000a"), Ok("10.00"), Ok("10.00")]);
    check(big, decimal, &[6, 2, 1, 6], [Err(Code::DecimalInexact); 3]);
}

#[test]
fn anything_can_be_the_text_that_json_has() {
    let as_text = |ty: &str, datum: &[u8], expected: &str| check(ty, r#""type":"text""#, datum, [Ok(expected); 3]);
    as_text(r#""int""#, &varint(-5), "-5");
    as_text(r#""boolean""#, &[1], "true");
    as_text(r#""double""#, &1e300f64.to_le_bytes(), "1e300");
    as_text(r#""double""#, &f64::NAN.to_le_bytes(), "NaN");
    as_text(r#""bytes""#, &[4, 0, 255], "00ff");
    as_text(r#""string""#, &text("\"a\""), "\"a\"");
    as_text(r#"{"type":"long","logicalType":"timestamp-nanos"}"#, &varint(1), "1970-01-01T00:00:00.000000001Z");
    as_text(r#"{"type":"int","logicalType":"date"}"#, &varint(i64::from(i32::MIN)), "-5877641-06-23");
    as_text(r#"{"type":"array","items":"string"}"#, &[2, 4, b'a', 0, 0], r#"["a\u0000"]"#);
    as_text(r#"["null","int","string"]"#, &[4, 2, b'"'], r#"{"string":"\""}"#);
    as_text(r#"["null","int","string"]"#, &[0], "-");
    as_text(r#"{"type":"enum","name":"e","symbols":["ONE","TWO"]}"#, &[2], "TWO");
    check(r#""long""#, r#""type":"text","length":2"#, &varint(100), [Err(Code::TooLong); 3]);
    check(r#"{"type":"enum","name":"e","symbols":["ONE","TWO2"]}"#, r#""length":3"#, &[0], [Ok("ONE"); 3]);
    check(r#"{"type":"enum","name":"e","symbols":["ONE","TWO2"]}"#, r#""length":3"#, &[2], [Err(Code::TooLong); 3]);
    let fixed = r#"{"type":"fixed","name":"f","size":16,"logicalType":"uuid"}"#;
    let raw = hex::decode(UUID_HEX).unwrap();
    check(fixed, r#""type":"text""#, &raw, [Ok(UUID); 3]);
    check(fixed, r#""type":"bytes""#, &raw, [Ok(UUID_HEX); 3]);
    let uuid = r#"{"type":"string","logicalType":"uuid"}"#;
    check(uuid, r#""type":"text""#, &text(&UUID.to_uppercase()), [Ok(UUID); 3]);
    check(uuid, r#""type":"bytes""#, &text(UUID), [Ok(UUID_HEX); 3]);
    let plain = r#"{"type":"fixed","name":"f","size":16}"#;
    check(plain, r#""type":"uuid""#, &raw, [Ok(UUID_HEX), Ok(UUID_HEX), Ok(UUID)]);
    check(r#""bytes""#, r#""type":"uuid""#, &[vec![32], raw].concat(), [Ok(UUID_HEX), Ok(UUID_HEX), Ok(UUID)]);
    check(r#""bytes""#, r#""type":"uuid""#, &[2, 1], [Err(Code::BadUuid); 3]);
}

#[test]
fn columns_are_named_and_fields_left_out() {
    let fields = r#"{"name":"id","type":"int"},
        {"name":"secret","type":["null",{"type":"map","values":{"type":"array","items":"string"}}]},
        {"name":"bad","type":"string"},{"name":"b","type":"int"}"#;
    let json = r#"{"secret":{"skip":true},"bad":{"skip":true},"b":{"name":"rowid"}}"#;
    let entry = Topic { naming: Naming::Snake, ..entry_with(Mode::Stream, json) };
    let shape = shape(&record(fields), &entry, Dialect::Sqlite);
    assert_eq!(names(&shape)[3..], ["id", "rowid_"]);
    let secret = [vec![2, 2], text("k"), vec![2], text("v"), vec![0, 0]].concat();
    let datum = [varint(1), secret, vec![2, 0xff], varint(2)].concat();
    let value = [&[0, 0, 0, 5, 57], &datum[..]].concat();
    let mut rows = Rows::default();
    let outcome = judge(&shape, &entry, &Message { value: Some(&value), ..message(None) }, &mut rows);
    assert!(matches!(outcome, Outcome::Row { .. }), "{outcome:?}");
    assert_eq!(readable(&shape, rows.row(0))[3..], ["1", "2"]);

    assert_eq!(why(fields, r#"{"nobody":{"skip":true}}"#).code, "bad_column");
    assert_eq!(why(fields, r#"{"b":{"name":"a\u0000"}}"#).code, "bad_name");
    assert_eq!(why(fields, r#"{"b":{"name":"id"}}"#).code, "name_collision");
    for (columns, expected) in [
        (r#"{"b":{"type":"uuid"}}"#, "int cannot be made `uuid`; it can be text, timestamp"),
        (r#"{"b":{"type":"timestamp"}}"#, "say what it counts with `unit`"),
        (r#"{"b":{"length":5}}"#, "`length` is of texts and bytes"),
        (
            r#"{"secret":{"type":"json"},"bad":{"type":"timestamp","unit":"ms"},"id":{"type":"bytes"}}"#,
            "int cannot be made",
        ),
    ] {
        let refusal = why(fields, columns);
        assert!(refusal.code == "bad_column" && refusal.message.contains(expected), "{refusal}");
    }
    let pattern = Topic {
        select: Select::Pattern(Regex::new("biz").unwrap()),
        ..entry_with(Mode::Stream, r#"{"nobody":{"skip":true}}"#)
    };
    assert!(Shape::new(source(&record(fields)), None, "biz", &pattern, Dialect::Sqlite).is_ok());
}

#[test]
fn inside_of_records_columns_go_by_path() {
    let inner =
        r#"{"type":"record","name":"inner","fields":[{"name":"id","type":"string"},{"name":"x","type":"int"}]}"#;
    let fields = format!(r#"{{"name":"n","type":"int"}},{{"name":"o","type":["null",{inner}]}}"#);
    let flat = |json: &str| Topic { nested: Nested::Flatten, ..entry_with(Mode::Stream, json) };
    let shaped = |entry: &Topic| Shape::new(source(&record(&fields)), None, "biz", entry, Dialect::Postgres);
    let shape = shaped(&flat(r#"{"o.id":{"type":"uuid","name":"oid"},"o.x":{"skip":true}}"#)).unwrap();
    assert_eq!(names(&shape)[3..], ["n", "o_present", "oid"]);
    assert_eq!(shape.table.columns[5].kind, Kind::Uuid);
    let shape = shaped(&flat(r#"{"o":{"nested":"json"}}"#)).unwrap();
    assert_eq!((names(&shape)[4], shape.table.columns[4].kind), ("o", Kind::Json));
    let shape = shaped(&flat(r#"{"o":{"type":"text","length":9}}"#)).unwrap();
    assert_eq!((names(&shape)[4], shape.table.columns[4].kind), ("o", Kind::Text(Some(9))));
    let shape = shaped(&entry_with(Mode::Stream, r#"{"o":{"nested":"flatten"}}"#)).unwrap();
    assert_eq!(names(&shape)[4..], ["o_present", "o_id", "o_x"]);
    assert_eq!(shaped(&entry_with(Mode::Stream, r#"{"o":{"nested":"reject"}}"#)).unwrap_err().code, "not_flat");
    assert_eq!(shaped(&flat(r#"{"o":{"name":"b"}}"#)).unwrap_err().code, "bad_column");
    assert_eq!(shaped(&entry_with(Mode::Stream, r#"{"o.id":{"skip":true}}"#)).unwrap_err().code, "bad_column");
}

#[test]
fn keys_follow_what_is_said_of_their_columns() {
    let fields = r#"{"name":"id","type":"string"},{"name":"n","type":"int"}"#;
    let keyed = |json: &str| Topic { key: vec!["id".into()], ..entry_with(Mode::Table, json) };
    let entry = keyed(r#"{"id":{"type":"uuid"}}"#);
    let key = r#"{"type":"record","name":"k","fields":[{"name":"id","type":"string"}]}"#;
    let value = record(fields);
    let made = |key: &str, entry: &Topic, dialect| {
        let key = Source { id: 7, ..source(key) };
        Shape::new(source(&value), Some(key), "biz", entry, dialect).unwrap()
    };
    for key in [key, r#""string""#] {
        let shape = made(key, &entry, Dialect::Sqlite);
        let bytes = [vec![0, 0, 0, 0, 7], text(&UUID.to_uppercase())].concat();
        match shape.tombstone(&Message { key: Some(&bytes), ..message(None) }) {
            Outcome::Delete(key) => assert_eq!(&key[4..], UUID.as_bytes()),
            other => panic!("{other:?}"),
        }
    }
    let raw = Topic { kafka_key: KafkaKey::String, ..keyed(r#"{"id":{"type":"uuid"}}"#) };
    let shape = Shape::new(source(&value), None, "biz", &raw, Dialect::Postgres).unwrap();
    assert!(matches!(shape.tombstone(&Message { key: Some(UUID.as_bytes()), ..message(None) }), Outcome::Delete(_)));
    let uuid = record(r#"{"name":"id","type":{"type":"string","logicalType":"uuid"}}"#);
    let as_text = Topic { kafka_key: KafkaKey::String, ..keyed(r#"{"id":{"type":"text"}}"#) };
    let shape = Shape::new(source(&uuid), None, "biz", &as_text, Dialect::Mysql).unwrap();
    assert_eq!(shape.table.columns[0].kind, Kind::UuidText);
    match shape.tombstone(&Message { key: Some(UUID.to_uppercase().as_bytes()), ..message(None) }) {
        Outcome::Delete(key) => assert_eq!(&key[4..], UUID.as_bytes()),
        other => panic!("{other:?}"),
    }
    let by = |name: &str, json: &str| {
        let entry = Topic { key: vec![name.into()], ..entry_with(Mode::Table, json) };
        Shape::new(source(&value), None, "biz", &entry, Dialect::Postgres).map_err(|refusal| refusal.code)
    };
    assert!(by("n", r#"{"n":{"type":"timestamp","unit":"s"}}"#).is_ok());
    assert_eq!(by("n", r#"{"n":{"type":"text"}}"#).unwrap_err(), "key_type");
    assert_eq!(by("id", r#"{"id":{"type":"json"}}"#).unwrap_err(), "key_type");
    assert_eq!(by("id", r#"{"id":{"skip":true}}"#).unwrap_err(), "bad_column");
    assert!(by("id", r#"{"id":{"name":"key"}}"#).is_ok());
    assert!(by("key", r#"{"id":{"name":"key"}}"#).is_ok());
}

#[test]
fn nul_is_taken_out_where_the_entry_says_so() {
    let array = r#"{"name":"a","type":{"type":"array","items":"string"}}"#;
    let string = r#"{"name":"a","type":["null","string"]}"#;
    let (list, word) = ([2, 4, b'a', 0, 0], [vec![2], text("\0a\0")].concat());
    for (nul, text, json) in [(Nul::Strip, "a", r#"["a"]"#), (Nul::Replace, "\u{fffd}a\u{fffd}", "[\"a\u{fffd}\"]")] {
        let entry = Topic { nul, ..entry(Format::Confluent, Mode::Stream) };
        check_with(&entry, string, &word, [Ok(text), Ok("\0a\0"), Ok("\0a\0")]);
        let kept = r#"["a\u0000"]"#;
        check_with(&entry, array, &list, [Ok(&format!("\u{1}{json}")), Ok(kept), Ok(kept)]);
    }
    let map = r#"{"name":"a","type":{"type":"map","values":"int"}}"#;
    let twice = [4, 2, b'k', 2, 4, b'k', 0, 2, 0];
    let strip = Topic { nul: Nul::Strip, ..entry(Format::Confluent, Mode::Stream) };
    let kept = r#"{"k":1,"k\u0000":1}"#;
    check_with(&strip, map, &twice, [Err(Code::MapDuplicateKey), Ok(kept), Ok(kept)]);
    // Two keys must not become one.
    let keyed = Topic { key: vec!["a".into()], mode: Mode::Table, ..strip };
    let shape =
        shape(&record(r#"{"name":"a","type":"string"},{"name":"b","type":"string"}"#), &keyed, Dialect::Postgres);
    let judged = |a: &str, b: &str| {
        let value = [vec![0, 0, 0, 5, 57], text(a), text(b)].concat();
        judge(&shape, &keyed, &Message { value: Some(&value), ..message(None) }, &mut Rows::default())
    };
    assert_eq!(dead(judged("a\0", "b")), Code::NulInText);
    assert!(matches!(judged("a", "b\0"), Outcome::Row { .. }));
    assert_eq!((shape.take_mended(), shape.take_mended()), (1, 0));
}
