//! Records that are read by a pinned schema.

use super::edges::{text, varint};
use super::oracle::data;
use super::*;

const READER: &str = r#"{"type":"record","name":"r","namespace":"a.b","fields":[
    {"name":"name","type":["null","string"],"default":null},{"name":"id","type":"long","aliases":["number"]},
    {"name":"price","type":"double","default":0.5}]}"#;

fn pinned<'a>(writer: &'a str, reader: &'a str) -> Source<'a> {
    Source { reader: Some(Pinned { id: Some(7), text: reader }), ..source(writer) }
}

fn by(writer: &str, reader: &str, entry: &Topic) -> Shape {
    Shape::new(pinned(writer, reader), None, "biz", entry, Dialect::Sqlite).unwrap()
}

fn keyed() -> Topic {
    Topic { key: vec!["id".into()], metadata: vec![], ..entry(Format::Confluent, Mode::Table) }
}

#[test]
fn all_writers_make_the_rows_of_the_pinned_schema() {
    let table = shape(READER, &keyed(), Dialect::Sqlite).table;
    let check = |fields: &str, datum: &[u8], expected: &[&str]| {
        let shape = by(&record(fields), READER, &keyed());
        assert_eq!(shape.table, table);
        let mut rows = Rows::default();
        let outcome = shape.judge(&message(None), &data(datum), &mut rows);
        assert!(matches!(outcome, Outcome::Row { .. }), "{outcome:?}");
        assert_eq!(readable(&shape, rows.row(0)), expected);
    };
    check(r#"{"name":"id","type":"int"}"#, &[14], &["7", "-", "0.5"]);
    check(r#"{"name":"number","type":"long"},{"name":"more","type":"string"}"#, &[14, 2, b'x'], &["7", "-", "0.5"]);
    let all = r#"{"name":"price","type":"float"},{"name":"id","type":"int"},{"name":"name","type":"string"}"#;
    check(all, &[&1.5f32.to_le_bytes()[..], &[14], &text("n")].concat(), &["7", "n", "1.5"]);
    let own = READER.find("\"fields\":[").map(|at| READER[at + 10..READER.len() - 2].to_owned()).unwrap();
    check(&own, &[&[2][..], &text("n"), &[14], &2.5f64.to_le_bytes()].concat(), &["7", "n", "2.5"]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let refusal = |fields: &str| {
        let writer = record(fields);
        Shape::new(pinned(&writer, READER), None, "biz", &keyed(), Dialect::Sqlite).unwrap_err()
    };
    let why = refusal(r#"{"name":"name","type":"string"}"#);
    assert_eq!(why.code, "reader_schema");
    assert!(why.message.contains("schema 1337") && why.message.contains("schema 7"), "{why}");
    assert!(why.message.contains(r#"field "id""#), "{why}");
    assert_eq!(refusal(r#"{"name":"id","type":"string"}"#).code, "reader_schema");
    let broken = Shape::new(pinned(&record(""), "{"), None, "biz", &keyed(), Dialect::Sqlite).unwrap_err();
    assert_eq!(broken.code, "schema_invalid");
    assert!(broken.message.starts_with("`reader_schema`: "), "{broken}");

    let shape = by(&record(r#"{"name":"id","type":"int"},{"name":"price","type":"long"}"#), READER, &keyed());
    let dead = |datum: &[u8]| match shape.judge(&message(None), &data(datum), &mut Rows::default()) {
        Outcome::Dead(reason) => (reason.code, reason.message),
        other => panic!("{other:?}"),
    };
    let inexact = dead(&[&[14][..], &varint((1 << 53) + 1)].concat());
    assert_eq!(inexact, (Code::ReaderSchema, "field \"price\" at byte 9 of the payload".into()));
    assert_eq!(dead(&[14]), (Code::Truncated, "field \"price\" at byte 1 of the payload".into()));
}

#[test]
fn keys_and_earlier_rows_are_resolved_too() {
    let pkey = |ty: &str| {
        format!(
            r#"{{"type":"record","name":"biz","pkey":["id"],"fields":[{{"name":"id","type":"{ty}"}},{{"name":"name","type":["null","string"],"default":null}}]}}"#
        )
    };
    let entry = Topic { metadata: vec![], ..entry(Format::Yelp, Mode::Table) };
    let (writer, reader) = (BIZ.replace("\"namespace\":\"\",", ""), pkey("long"));
    let shape = by(&writer, &reader, &entry);
    let previous = [&[16][..], &[2], &text("x")].concat();
    let update = Data { message_type: Some(MessageType::Update), previous: Some(&previous), ..data(&[14, 0]) };
    let Outcome::Row { moved_from: Some(key), .. } = shape.judge(&message(None), &update, &mut Rows::default()) else {
        panic!("the key moved")
    };
    assert_eq!(readable(&shape, &key), ["8"]);
    let delete = Data { message_type: Some(MessageType::Delete), ..data(&[14, 0]) };
    let Outcome::Delete(key) = shape.judge(&message(None), &delete, &mut Rows::default()) else { panic!("a delete") };
    assert_eq!(readable(&shape, &key), ["7"]);
    // Yelp's key is a datum of the writer's types: it is used where those are the reader's.
    let tombstone = |shape: &Shape| shape.tombstone(&Message { key: Some(&[14]), ..message(None) });
    assert!(matches!(tombstone(&shape), Outcome::Dead(reason) if reason.code == Code::NoKey));
    assert!(matches!(tombstone(&by(&writer, &pkey("int"), &entry)), Outcome::Delete(_)));
    // A null at the top is a tombstone.
    let nullable = format!(r#"["null",{}]"#, record(r#"{"name":"id","type":"long"}"#));
    let shape = by(&nullable, READER, &keyed());
    let outcome = shape.judge(&message(None), &data(&[0]), &mut Rows::default());
    assert!(matches!(outcome, Outcome::Dead(reason) if reason.code == Code::NoKey));
}
