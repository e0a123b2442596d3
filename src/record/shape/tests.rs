use proptest::prelude::*;
use regex::Regex;

use super::super::framing::tests::{P1, P2, P3, V1, V2, V3, message};
use super::super::{Framed, TableName, frame};
use super::*;
use crate::config::{
    Existing, Format, KafkaKey, Metadata, Naming, Nested, OnBadRecord, OnConflict, OnGap, OnPartitionChange,
    SchemaChanges, Select, Start,
};

mod columns;
mod edges;
mod nested;
mod oracle;
mod pinned;

pub const BIZ: &str = r#"{"type":"record","namespace":"","name":"biz","pkey":["id"],"fields":[
    {"name":"id","type":"int","pkey":1},
    {"name":"name","type":["null","string"],"default":null,"maxlen":64}]}"#;

/// An entry as the defaults make it.
pub fn entry(format: Format, mode: Mode) -> Topic {
    Topic {
        select: Select::Names(vec!["biz".into()]),
        exclude: vec![],
        format,
        mode,
        table: "{topic}".into(),
        schema: None,
        naming: Naming::Keep,
        unique: if format == Format::Yelp { Unique::Uuid } else { Unique::Position },
        uuid: None,
        key: vec![],
        kafka_key: KafkaKey::Auto,
        deletes: Deletes::Apply,
        start: Start::Earliest,
        existing: Existing::Refuse,
        owner: None,
        nested: Nested::Json,
        reader_schema: None,
        metadata: vec![
            Metadata::Uuid,
            Metadata::Partition,
            Metadata::Offset,
            Metadata::Timestamp,
            Metadata::MessageType,
        ],
        topic_column: false,
        shared_keys: false,
        schema_changes: SchemaChanges::Apply,
        on_conflict: OnConflict::Stop,
        not_null: None,
        rewrite_max: 1 << 30,
        on_bad_record: OnBadRecord::DeadLetter,
        on_gap: OnGap::Stop,
        on_partition_change: OnPartitionChange::Stop,
        breaker: None,
        merge: false,
        columns: Default::default(),
        nul: crate::config::Nul::DeadLetter,
    }
}

pub fn source(text: &str) -> Source<'_> {
    Source { id: 1337, text, owner: None, pkey: &[], reader: None }
}

fn shape(text: &str, entry: &Topic, dialect: Dialect) -> Shape {
    Shape::new(source(text), None, "biz", entry, dialect).unwrap()
}

fn refused(text: &str, entry: &Topic) -> &'static str {
    Shape::new(source(text), None, "biz", entry, Dialect::Postgres).unwrap_err().code
}

/// A schema of these fields.
pub fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"r","namespace":"a.b","fields":[{fields}]}}"#)
}

fn names(shape: &Shape) -> Vec<&str> {
    shape.table.columns.iter().map(|column| column.name.as_str()).collect()
}

/// The cells of SQLite, which can be read: numbers in decimal, texts as they are, other bytes in hexadecimal.
fn readable(shape: &Shape, row: &[u8]) -> Vec<String> {
    let cells = rows::Cells(row).zip(&shape.table.columns);
    let read = |(cell, column): (Option<&[u8]>, &Column)| match (cell, column.kind) {
        (None, _) => "-".to_owned(),
        (Some(cell), Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal) => {
            i64::from_le_bytes(cell.try_into().unwrap()).to_string()
        }
        (Some(cell), Kind::Float64) => f64::from_le_bytes(cell.try_into().unwrap()).to_string(),
        (Some(cell), Kind::Bytes(_) | Kind::Fixed(_)) => hex::encode(cell),
        (Some(cell), _) => String::from_utf8(cell.to_vec()).unwrap(),
    };
    cells.map(read).collect()
}

/// Frames and judges a value.
fn judge(shape: &Shape, entry: &Topic, message: &Message<'_>, rows: &mut Rows) -> Outcome {
    match frame(entry.format, message, &mut Vec::new()) {
        Framed::Data(data) => shape.judge(message, &data, rows),
        Framed::Tombstone => shape.tombstone(message),
        Framed::Skip(why) => Outcome::Skip(why),
        Framed::Dead(reason) => Outcome::Dead(reason),
    }
}

fn dead(outcome: Outcome) -> Code {
    match outcome {
        Outcome::Dead(reason) => reason.code,
        other => panic!("{other:?}"),
    }
}

/// An envelope without meta.
fn envelope(ordinal: u8, payload: &[u8], previous: Option<&[u8]>) -> Vec<u8> {
    let length = |length: usize| match length {
        0..64 => vec![2 * length as u8],
        _ => vec![((2 * length) as u8 & 0x7f) | 0x80, (length >> 6) as u8],
    };
    let bytes = |bytes: &[u8]| [&length(bytes.len())[..], bytes].concat();
    let previous = previous.map_or(vec![0], |previous| [vec![2], bytes(previous)].concat());
    let head: Vec<u8> = [0x30].into_iter().chain(1..=16).chain([2 * ordinal, 0xf2, 0x14]).collect();
    [head, bytes(payload), previous, vec![0, 0, 0x80, 0xca, 0xad, 0xf7, 0x0a]].concat()
}

const CREATE: u8 = 0;
const UPDATE: u8 = 1;
const DELETE: u8 = 2;
const LOG: u8 = 7;

#[test]
fn a_stream_holds_one_row_a_message() {
    let entry = entry(Format::Yelp, Mode::Stream);
    let shape = shape(BIZ, &entry, Dialect::Sqlite);
    let columns =
        ["_sink_uuid", "_sink_partition", "_sink_offset", "_sink_timestamp", "_sink_message_type", "id", "name"];
    assert_eq!((names(&shape), shape.table.key), (columns.to_vec(), 1));
    let mut rows = Rows::default();
    for (index, (vector, message_type, id, name)) in
        [(V1, "create", "1", "insert"), (V2, "update", "1", "update"), (V3, "delete", "2", "-")].into_iter().enumerate()
    {
        let value = hex::decode(vector).unwrap();
        let outcome = judge(&shape, &entry, &message(Some(&value)), &mut rows);
        assert_eq!(outcome, Outcome::Row { row: index, moved_from: None });
        let uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
        let expected = [uuid, "3", "41", "2016-07-01 00:00:00.000000", message_type, id, name];
        assert_eq!(readable(&shape, rows.row(index)), expected);
    }
    assert_eq!(judge(&shape, &entry, &message(None), &mut rows), Outcome::Skip(Why::Tombstone));
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_table_follows_its_key() {
    for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite] {
        let entry = entry(Format::Yelp, Mode::Table);
        let shape = shape(BIZ, &entry, dialect);
        let columns = ["id", "_sink_uuid", "_sink_partition", "_sink_offset", "_sink_timestamp", "name"];
        assert_eq!((names(&shape), shape.table.key), (columns.to_vec(), 1));
        let mut rows = Rows::default();
        let mut apply = |value: Option<&[u8]>, key: Option<&[u8]>| {
            judge(&shape, &entry, &Message { key, ..message(value) }, &mut rows)
        };
        let (p1, p2, p3) = (hex::decode(P1).unwrap(), hex::decode(P2).unwrap(), hex::decode(P3).unwrap());
        let key = |id: i32| -> Box<[u8]> {
            let mut out = Vec::new();
            match dialect {
                Dialect::Postgres => Postgres::int(&mut out, id),
                Dialect::Sqlite => Sqlite::int(&mut out, id),
                _ => Mysql::int(&mut out, id),
            }
            out.into()
        };
        let row = |row, moved_from| Outcome::Row { row, moved_from };
        assert_eq!(apply(Some(&hex::decode(V1).unwrap()), None), row(0, None));
        assert_eq!(apply(Some(&hex::decode(V2).unwrap()), None), row(1, None));
        assert_eq!(apply(Some(&hex::decode(V3).unwrap()), None), Outcome::Delete(key(2)));
        assert_eq!(apply(Some(&envelope(UPDATE, &p3, Some(&p1))), None), row(2, Some(key(1))), "{dialect}");
        assert_eq!(apply(Some(&envelope(DELETE, &p3, Some(&p1))), None), Outcome::Delete(key(2)));
        assert_eq!(apply(Some(&envelope(DELETE, &[], Some(&p2))), None), Outcome::Delete(key(1)));
        assert_eq!(apply(Some(&envelope(DELETE, &[], None)), Some(&[2])), Outcome::Delete(key(1)));
        assert_eq!(dead(apply(Some(&envelope(DELETE, &[], None)), None)), Code::NoKey);
        assert_eq!(apply(None, Some(&[2])), Outcome::Delete(key(1)));
        assert_eq!(dead(apply(None, None)), Code::NoKey);
        assert_eq!(dead(apply(None, Some(&[2, 2]))), Code::NoKey);
        assert_eq!(dead(apply(Some(&envelope(DELETE, &p1[..3], None)), Some(&[2]))), Code::BadLength);
        assert_eq!(dead(apply(Some(&envelope(UPDATE, &p1, Some(&p2[..3]))), None)), Code::BadLength);
        for index in 0..3 {
            let id = if index == 2 { 2 } else { 1 };
            assert_eq!(rows::prefix(rows.row(index), 1), &*key(id));
        }
        assert_eq!(rows.len(), 3, "the dead leave nothing");
    }
}

#[test]
fn deletes_can_be_ignored() {
    let entry = Topic { deletes: Deletes::Ignore, ..entry(Format::Yelp, Mode::Table) };
    let shape = shape(BIZ, &entry, Dialect::Sqlite);
    let value = hex::decode(V3).unwrap();
    for message in [message(Some(&value)), Message { key: Some(&[2]), ..message(None) }] {
        assert_eq!(judge(&shape, &entry, &message, &mut Rows::default()), Outcome::Skip(Why::DeletesIgnored));
    }
}

#[test]
fn the_keys_order_is_the_records_wherever_its_fields_stand() {
    let text = r#"{"type":"record","name":"r","pkey":["c","a"],"fields":[
        {"name":"x","type":"string"},{"name":"a","type":"int"},{"name":"n","type":"null"},{"name":"y","type":["null","int"]},
        {"name":"c","type":{"type":"enum","name":"e","symbols":["1","2 x"]}},{"name":"z","type":"long"}]}"#;
    let entry = Topic { topic_column: true, ..entry(Format::Yelp, Mode::Table) };
    let shape = shape(text, &entry, Dialect::Sqlite);
    let columns =
        ["_sink_topic", "c", "a", "_sink_uuid", "_sink_partition", "_sink_offset", "_sink_timestamp", "x", "y", "z"];
    assert_eq!((names(&shape), shape.table.key), (columns.to_vec(), 3));
    let mut rows = Rows::default();
    let payload = [2, b'q', 14, 2, 6, 2, 18];
    let value = envelope(CREATE, &payload, None);
    let outcome = judge(&shape, &entry, &message(Some(&value)), &mut rows);
    assert_eq!(outcome, Outcome::Row { row: 0, moved_from: None });
    let uuid = "01020304-0506-0708-090a-0b0c0d0e0f10";
    let expected = ["biz", "2 x", "7", uuid, "3", "41", "2016-07-01 00:00:00.000000", "q", "3", "9"];
    assert_eq!(readable(&shape, rows.row(0)), expected);
    let key = rows::prefix(rows.row(0), 3).to_vec();
    let deleted = |value: Option<&[u8]>, key: Option<&[u8]>| {
        judge(&shape, &entry, &Message { key, ..message(value) }, &mut Rows::default())
    };
    assert_eq!(deleted(Some(&envelope(DELETE, &payload, None)), None), Outcome::Delete(key.clone().into()));
    assert_eq!(deleted(None, Some(&[2, 14])), Outcome::Delete(key.into()));
    let moved = [2, b'q', 16, 2, 6, 2, 18];
    let outcome = deleted(Some(&envelope(UPDATE, &moved, Some(&payload))), None);
    assert!(matches!(outcome, Outcome::Row { moved_from: Some(from), .. } if *from == *rows::prefix(rows.row(0), 3)));
}

#[test]
fn the_previous_row_is_asked_for_its_key_alone() {
    let entry = entry(Format::Yelp, Mode::Table);
    let shape = shape(BIZ, &entry, Dialect::Postgres);
    let payload = [2, 2, 2, b'a'];
    let value = |previous: &[u8]| envelope(UPDATE, &payload, Some(previous));
    let mut rows = Rows::default();
    let long = [vec![2, 2, 130, 1], vec![b'a'; 65]].concat();
    for previous in [&[2, 2, 2, 0][..], &long] {
        let value = value(previous);
        let outcome = judge(&shape, &entry, &message(Some(&value)), &mut rows);
        assert!(matches!(outcome, Outcome::Row { moved_from: None, .. }), "{outcome:?}");
        let as_row = envelope(UPDATE, previous, None);
        assert!(matches!(
            dead(judge(&shape, &entry, &message(Some(&as_row)), &mut rows)),
            Code::NulInText | Code::TooLong
        ));
    }
    assert_eq!(dead(judge(&shape, &entry, &message(Some(&value(&[2, 2, 2, 0xff]))), &mut rows)), Code::BadUtf8);
}

#[test]
fn keys_are_found_in_config_schema_registry_and_kafka_key() {
    let fields = r#"{"name":"a","type":"int"},{"name":"bC","type":"string"}"#;
    let plain = record(fields);
    let entry = entry(Format::Confluent, Mode::Table);
    assert_eq!(refused(&plain, &entry), "no_key");
    let key_names = |entry: &Topic, text: &str, pkey: &[String], key: Option<&str>| {
        let source = Source { pkey, ..source(text) };
        let shape = Shape::new(source, key.map(self::source), "biz", entry, Dialect::Sqlite).unwrap();
        shape.table.columns[..shape.table.key].iter().map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let configured = Topic { key: vec!["bC".into()], ..entry.clone() };
    let snake = Topic { key: vec!["b_c".into()], naming: Naming::Snake, ..entry.clone() };
    assert_eq!(key_names(&configured, &plain, &["a".into()], None), ["bC"]);
    assert_eq!(key_names(&snake, &plain, &[], None), ["b_c"]);
    assert_eq!(key_names(&entry, &plain, &["bC".into(), "a".into()], None), ["bC", "a"]);
    assert_eq!(key_names(&entry, &plain, &[], Some(&record(r#"{"name":"a","type":"long"}"#))), ["a"]);
    assert_eq!(refused(&plain, &Topic { key: vec!["q".into()], ..entry.clone() }), "no_key");
    for ty in [r#""float""#, r#""double""#, r#"{"type":"array","items":"int"}"#] {
        let text = record(&format!(r#"{{"name":"a","type":{ty},"pkey":1}}"#));
        assert_eq!(refused(&text, &entry), "key_type", "{ty}");
    }
    let many: Vec<String> = (0..33).map(|i| format!(r#"{{"name":"a{i}","type":"int","pkey":{}}}"#, i + 1)).collect();
    assert_eq!(refused(&record(&many.join(",")), &entry), "key_size");
}

#[test]
fn kafka_keys_name_the_same_cells_as_rows_do() {
    let uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    let raw_uuid: [u8; 16] = std::array::from_fn(|index| index as u8);
    let uuid_datum = [&[72], uuid.to_uppercase().as_bytes()].concat();
    let long = r#"{"name":"k","type":"long"}"#;
    let string = r#"{"name":"k","type":"string"}"#;
    let uuids = r#"{"name":"k","type":{"type":"string","logicalType":"uuid"}}"#;
    let framed = |datum: &[u8]| [&[0, 0, 0, 5, 57], datum].concat();
    let check = |field: &str, datum: &[u8], kafka_key, key_schema: Option<&str>, key: &[u8]| {
        for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
            let entry = Topic { key: vec!["k".into()], kafka_key, ..entry(Format::Confluent, Mode::Table) };
            let text = record(field);
            let shape = Shape::new(source(&text), key_schema.map(source), "biz", &entry, dialect).unwrap();
            let (mut rows, value) = (Rows::default(), framed(datum));
            judge(&shape, &entry, &message(Some(&value)), &mut rows);
            let expected = rows::prefix(rows.row(0), 1);
            let outcome = shape.tombstone(&Message { key: Some(key), ..message(None) });
            assert_eq!(outcome, Outcome::Delete(expected.into()), "{dialect} {kafka_key:?} {field}");
        }
    };
    check(long, &[14], KafkaKey::Int64, None, &7i64.to_be_bytes());
    check(long, &[14], KafkaKey::Int32, None, &7i32.to_be_bytes());
    check(long, &[14], KafkaKey::Auto, Some(r#""long""#), &framed(&[14]));
    check(long, &[14], KafkaKey::Avro, Some(r#""int""#), &framed(&[14]));
    check(long, &[14], KafkaKey::Avro, Some(r#"["null","long"]"#), &framed(&[2, 14]));
    check(
        long,
        &[14],
        KafkaKey::Avro,
        Some(&record(&format!("{string},{long}").replacen("k", "j", 1))),
        &framed(&[2, 97, 14]),
    );
    check(string, b"\x04ab", KafkaKey::String, None, b"ab");
    check(string, b"\x04ab", KafkaKey::Avro, Some(r#""string""#), &framed(b"\x04ab"));
    check(uuids, &uuid_datum, KafkaKey::String, None, uuid.as_bytes());
    check(uuids, &uuid_datum, KafkaKey::Bytes, None, &raw_uuid);
    check(r#"{"name":"k","type":"bytes"}"#, b"\x04ab", KafkaKey::Bytes, None, b"ab");

    let outcome = |kafka_key, key_schema: Option<&str>, key: &[u8]| {
        let entry = Topic { key: vec!["k".into()], kafka_key, ..entry(Format::Confluent, Mode::Table) };
        let text = record(long);
        let shape = Shape::new(source(&text), key_schema.map(source), "biz", &entry, Dialect::Sqlite).unwrap();
        dead(shape.tombstone(&Message { key: Some(key), ..message(None) }))
    };
    assert_eq!(outcome(KafkaKey::None, None, &[0; 8]), Code::NoKey);
    assert_eq!(outcome(KafkaKey::Auto, None, b"text"), Code::NoKey);
    assert_eq!(outcome(KafkaKey::Int64, None, &[0; 4]), Code::NoKey);
    assert_eq!(outcome(KafkaKey::Avro, Some(r#""string""#), &framed(&[14])), Code::NoKey);
    assert_eq!(outcome(KafkaKey::Avro, Some(r#""long""#), &[0, 0, 0, 0, 1, 14]), Code::NoKey);
    assert_eq!(outcome(KafkaKey::Avro, Some(r#""long""#), &framed(&[14, 0])), Code::NoKey);
    let declared =
        Topic { kafka_key: KafkaKey::String, key: vec!["k".into()], ..entry(Format::Confluent, Mode::Table) };
    assert_eq!(refused(&record(long), &declared), "key_type");
}

#[test]
fn a_kafka_key_that_names_a_column_twice_names_no_row() {
    let entry = Topic {
        key: vec!["a.b".into()],
        nested: crate::config::Nested::Flatten,
        ..entry(Format::Confluent, Mode::Table)
    };
    let text = record(r#"{"name":"a.b","type":"long"}"#);
    let inner = r#"{"name":"a","type":{"type":"record","name":"in","fields":[{"name":"b","type":"long"}]}}"#;
    let key = record(&format!(r#"{{"name":"a.b","type":"long"}},{inner}"#));
    let shape = Shape::new(source(&text), Some(source(&key)), "biz", &entry, Dialect::Sqlite).unwrap();
    let outcome = shape.tombstone(&Message { key: Some(&[0, 0, 0, 5, 57, 2, 4]), ..message(None) });
    assert_eq!(dead(outcome), Code::NoKey);
}

#[test]
fn what_is_not_read_to_its_end_ends_the_reading_in_a_narrow_column_too() {
    use crate::record::value::{Read, reads_on};
    use crate::record::{Limit, schema::Type};
    let within = |read| Read::Within(Box::new(read), Limit::Characters(9));
    assert!(!reads_on(&within(Read::Json(Type::Record(0)))));
    assert!(reads_on(&within(Read::UuidText)));
}

#[test]
fn the_null_branch_at_the_top_is_a_tombstone() {
    let text = format!(r#"["null",{BIZ}]"#);
    let stream = entry(Format::Yelp, Mode::Stream);
    let table = entry(Format::Yelp, Mode::Table);
    let value = envelope(LOG, &[0], None);
    let message = Message { key: Some(&[2]), ..message(Some(&value)) };
    let of = |entry: &Topic| judge(&shape(&text, entry, Dialect::Sqlite), entry, &message, &mut Rows::default());
    assert_eq!(of(&stream), Outcome::Skip(Why::Tombstone));
    assert!(matches!(of(&table), Outcome::Delete(_)));
    let shape = shape(&text, &table, Dialect::Sqlite);
    let row = |payload: &[u8]| {
        let value = envelope(CREATE, payload, None);
        judge(&shape, &table, &self::message(Some(&value)), &mut Rows::default())
    };
    assert_eq!(row(&[2, 4, 0]), Outcome::Row { row: 0, moved_from: None });
    assert_eq!(dead(row(&[0, 4])), Code::TrailingBytes);
    assert_eq!(dead(row(&[4, 4, 0])), Code::BadUnion);
}

#[test]
fn identity_by_uuid_wants_a_uuid() {
    let text = record(r#"{"name":"a","type":"int"},{"name":"id","type":["null","string"]}"#);
    let value = |id: &[u8]| [&[0, 0, 0, 5, 57, 2], id].concat();
    let none = value(&[0]);
    let with =
        |from: UuidFrom| Topic { unique: Unique::Uuid, uuid: Some(from), ..entry(Format::Confluent, Mode::Stream) };
    let outcome = |entry: &Topic, message: &Message<'_>| {
        let mut rows = Rows::default();
        let shape = shape(&text, entry, Dialect::Postgres);
        match judge(&shape, entry, message, &mut rows) {
            Outcome::Row { row, .. } => Ok(hex::encode(rows.cells(row).next().unwrap().unwrap())),
            other => Err(dead(other)),
        }
    };
    let canonical = Ok("000102030405060708090a0b0c0d0e0f".to_owned());
    let braces = b"{00010203-0405-0607-0809-0A0B0C0D0E0F}";
    let raw: [u8; 16] = std::array::from_fn(|index| index as u8);
    let keyed = |key: Option<&[u8]>| {
        let none = &none;
        outcome(&with(UuidFrom::Key), &Message { key, ..message(Some(none)) })
    };
    assert_eq!(keyed(Some(braces)), canonical);
    assert_eq!(keyed(Some(&raw)), canonical);
    assert_eq!(keyed(Some(&[0; 16])), Err(Code::BadUuid));
    assert_eq!(keyed(Some(b"abcd")), Err(Code::BadUuid));
    assert_eq!(keyed(None), Err(Code::UuidMissing));
    let headers = [("id".to_owned(), Some(braces.to_vec())), ("none".to_owned(), None)];
    let header = |name: &str| {
        outcome(&with(UuidFrom::Header(name.into())), &Message { headers: &headers, ..message(Some(&none)) })
    };
    assert_eq!(header("id"), canonical);
    assert_eq!(header("none"), Err(Code::UuidMissing));
    assert_eq!(header("other"), Err(Code::UuidMissing));
    let field = |id: &[u8]| outcome(&with(UuidFrom::Field("id".into())), &message(Some(&value(id))));
    assert_eq!(field(&[&[2, 76], &braces[..]].concat()), canonical);
    assert_eq!(field(&[0]), Err(Code::UuidMissing));
    assert_eq!(field(&[2, 2, b'x']), Err(Code::BadUuid));
    assert_eq!(field(&[&[2, 72], &b"00000000-0000-0000-0000-000000000000"[..]].concat()), Err(Code::BadUuid));
    assert_eq!(refused(&text, &with(UuidFrom::Field("a".into()))), "key_type");
    assert_eq!(refused(&text, &Topic { uuid: None, ..with(UuidFrom::Key) }), "uuid_missing");
    let shape = shape(&text, &with(UuidFrom::Field("id".into())), Dialect::Sqlite);
    assert_eq!(names(&shape), ["id", "_sink_partition", "_sink_offset", "_sink_timestamp", "a"]);
    let mut nil = hex::decode(V1).unwrap();
    nil[1..17].fill(0);
    let stream = entry(Format::Yelp, Mode::Stream);
    for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
        let shape = self::shape(BIZ, &stream, dialect);
        assert_eq!(dead(judge(&shape, &stream, &message(Some(&nil)), &mut Rows::default())), Code::BadUuid);
    }
}

#[test]
fn metadata_columns_hold_what_travelled_beside_the_datum() {
    let entry = Topic {
        metadata: vec![
            Metadata::Meta,
            Metadata::Headers,
            Metadata::Key,
            Metadata::KafkaTimestamp,
            Metadata::SchemaId,
            Metadata::Topic,
            Metadata::LoadedAt,
        ],
        unique: Unique::Position,
        topic_column: true,
        ..entry(Format::Yelp, Mode::Stream)
    };
    let shape = shape(BIZ, &entry, Dialect::Sqlite);
    assert_eq!((&names(&shape)[..3], shape.table.key), (&["_sink_topic", "_sink_partition", "_sink_offset"][..], 3));
    let value = hex::decode(V3).unwrap();
    let headers = [("a\"".to_owned(), Some(vec![0, 255])), ("b".to_owned(), None)];
    let message = Message { key: Some(&[2]), headers: &headers, ..message(Some(&value)) };
    let mut rows = Rows::default();
    judge(&shape, &entry, &message, &mut rows);
    let meta = r#"[{"schema_id":7,"payload":"1e726566726573685f7072696d6172791662696e6c6f672e30303031d8c001"}]"#;
    let expected = [
        "biz",
        "3",
        "41",
        "-",
        "1337",
        "1970-01-01 00:00:01.500000",
        "02",
        r#"[{"name":"a\"","value":"00ff"},{"name":"b","value":null}]"#,
        meta,
        "2",
        "-",
    ];
    assert_eq!(readable(&shape, rows.row(0)), expected);
    let shared = Topic { topic_column: true, shared_keys: true, ..self::entry(Format::Yelp, Mode::Table) };
    let shape = self::shape(BIZ, &shared, Dialect::Sqlite);
    assert_eq!((names(&shape)[0], names(&shape)[2], shape.table.key), ("id", "_sink_topic", 1));
}

#[test]
fn useless_times_are_null_and_kafkas_stand_in_for_the_envelopes() {
    let entry = entry(Format::Confluent, Mode::Stream);
    let shape = shape(&record(r#"{"name":"a","type":"int"}"#), &entry, Dialect::Sqlite);
    let time = |timestamp| {
        let (value, mut rows) = ([0, 0, 0, 0, 1, 2], Rows::default());
        judge(&shape, &entry, &Message { timestamp, ..message(Some(&value)) }, &mut rows);
        readable(&shape, rows.row(0))[2].clone()
    };
    assert_eq!(time(Some(1_500)), "1970-01-01 00:00:01.500000");
    for useless in [None, Some(i64::MAX), Some(i64::MIN), Some(253_402_300_800_000)] {
        assert_eq!(time(useless), "-");
    }
}

#[test]
fn tables_are_named_by_template_and_described_by_doc_and_owner() {
    let text = r#"{"type":"record","name":"Order","namespace":"shop","doc":"All orders","fields":[
        {"name":"OrderId","type":"long","doc":"number","unsigned":true},{"name":"note","type":["string","null"]}]}"#;
    let named = |topic: &str, entry: &Topic| {
        let source = Source { owner: Some("team@example.com"), ..source(text) };
        Shape::new(source, None, topic, entry, Dialect::Sqlite)
    };
    let pattern = Topic {
        select: Select::Pattern(Regex::new(r"^(?<srv>[^.]+)\.(?<db>[^.]+)\.(?<tab>[^.]+)$").unwrap()),
        table: "{namespace}_{record}_{tab}".into(),
        schema: Some("{db}".into()),
        naming: Naming::Snake,
        ..entry(Format::Yelp, Mode::Stream)
    };
    let shape = named("a.crm.bigOrders", &pattern).unwrap();
    assert_eq!(shape.table.name, TableName { schema: Some("crm".into()), name: "shop_order_big_orders".into() });
    assert_eq!(shape.table.comment.as_deref(), Some("All orders\nOwner: team@example.com"));
    let columns = &shape.table.columns[5..];
    assert_eq!((columns[0].name.as_str(), columns[0].comment.as_deref()), ("order_id", Some("number; unsigned")));
    assert_eq!((columns[0].not_null, columns[1].not_null), (true, false));
    let wrong = Topic { table: "{nothing}".into(), ..pattern.clone() };
    assert_eq!(named("a.b.c", &wrong).unwrap_err().code, "bad_name");
    assert_eq!(named("a.b.c", &Topic { table: "{topic".into(), ..pattern }).unwrap_err().code, "bad_name");
}

#[test]
fn two_fields_of_one_name_are_refused() {
    let text = record(r#"{"name":"userId","type":"int"},{"name":"user_id","type":"int"}"#);
    let snake = Topic { naming: Naming::Snake, ..entry(Format::Yelp, Mode::Stream) };
    assert_eq!(refused(&text, &snake), "name_collision");
    assert_eq!(shape(&text, &entry(Format::Yelp, Mode::Stream), Dialect::Sqlite).table.columns.len(), 7);
}

#[test]
fn keys_that_no_index_holds_are_dead() {
    let text = record(r#"{"name":"a","type":"string","pkey":1},{"name":"b","type":["null","string"],"pkey":2}"#);
    let entry = entry(Format::Confluent, Mode::Table);
    let check = |dialect, length: usize, character: char, expected: Option<Code>| {
        let text_of: String = std::iter::repeat_n(character, length).collect();
        let size = text_of.len() as u64 * 2;
        let varint: Vec<u8> = [size as u8 & 0x7f | 0x80, (size >> 7) as u8 & 0x7f | 0x80, (size >> 14) as u8].to_vec();
        let value = [&[0, 0, 0, 5, 57], &varint[..], text_of.as_bytes(), &[2, 2, b'x']].concat();
        let shape = shape(&text, &entry, dialect);
        let found = match judge(&shape, &entry, &message(Some(&value)), &mut Rows::default()) {
            Outcome::Row { .. } => None,
            other => Some(dead(other)),
        };
        assert_eq!(found, expected, "{dialect} {length} {character}");
    };
    check(Dialect::Mysql, 255, 'é', None);
    check(Dialect::Mysql, 256, 'a', Some(Code::KeyTooLong));
    check(Dialect::Mariadb, 256, 'é', Some(Code::KeyTooLong));
    check(Dialect::Postgres, 2_599, 'a', None);
    check(Dialect::Postgres, 2_600, 'a', Some(Code::KeyTooLong));
    check(Dialect::Sqlite, 60_000, 'a', None);
    let null = [0, 0, 0, 5, 57, 2, b'x', 0];
    let outcome = judge(&shape(&text, &entry, Dialect::Sqlite), &entry, &message(Some(&null)), &mut Rows::default());
    assert_eq!(dead(outcome), Code::NullViolation);
}

#[test]
fn reasons_name_fields_and_bytes_and_no_values() {
    let entry = entry(Format::Yelp, Mode::Stream);
    let shape = shape(BIZ, &entry, Dialect::Postgres);
    let value = envelope(CREATE, &[2, 2, 8, b's', b'e', b'c', 0], None);
    let Outcome::Dead(reason) = judge(&shape, &entry, &message(Some(&value)), &mut Rows::default()) else {
        panic!("dead")
    };
    let expected = Reason::new(Code::NulInText, "field \"name\" at byte 7 of the payload");
    assert_eq!(reason, expected);
    let value = envelope(CREATE, &[2, 0, 0], None);
    let outcome = judge(&shape, &entry, &message(Some(&value)), &mut Rows::default());
    assert_eq!(outcome, Outcome::Dead(Reason::new(Code::TrailingBytes, "byte 2 of the payload")));
}

proptest! {
    #[test]
    fn no_bytes_make_judging_panic(payload: Vec<u8>, previous: Option<Vec<u8>>, key: Option<Vec<u8>>, ordinal in 0usize..5) {
        let types = [MessageType::Create, MessageType::Update, MessageType::Delete, MessageType::Refresh, MessageType::Log];
        for text in [BIZ, &format!(r#"["null",{}]"#, edges::EVERYTHING)] {
            for mode in [Mode::Stream, Mode::Table] {
                let entry = Topic { key: vec!["id".into()], ..entry(Format::Yelp, mode) };
                let shape = shape(text, &entry, Dialect::Postgres);
                let message = Message { key: key.as_deref(), ..message(None) };
                let data = Data {
                    schema_id: 1,
                    message_type: Some(types[ordinal]),
                    payload: &payload,
                    previous: previous.as_deref(),
                    uuid: Some([1; 16]),
                    timestamp: None,
                    meta: &[],
                };
                let mut rows = Rows::default();
                let row = matches!(shape.judge(&message, &data, &mut rows), Outcome::Row { .. });
                prop_assert_eq!(rows.len(), usize::from(row));
                shape.tombstone(&message);
            }
        }
    }
}
