use std::io::Cursor;

use apache_avro::types::Value;
use apache_avro::{Codec, DeflateSettings, Schema, Writer, ZstandardSettings};

use super::*;

const BIZ: &str = r#"{"type":"record","namespace":"","name":"biz","pkey":["id"],"fields":[
    {"name":"id","type":"int","pkey":1},{"name":"name","type":["null","string"],"default":null,"maxlen":64}]}"#;

/// Everything that a datum can hold, before and behind the key.
const WIDE: &str = r#"{"type":"record","name":"a.wide","pkey":["z","b"],"fields":[
    {"name":"a","type":{"type":"array","items":{"type":"map","values":"float"}}},
    {"name":"b","type":{"type":"enum","name":"e","symbols":["X","Y"]}},
    {"name":"c","type":["null",{"type":"record","name":"inner","fields":[
        {"name":"f","type":{"type":"fixed","name":"four","size":4}},{"name":"n","type":["null","inner"]}]}]},
    {"name":"d","type":"double"},{"name":"e","type":"boolean"},{"name":"g","type":"four"},{"name":"h","type":"bytes"},
    {"name":"z","type":"string"}]}"#;

fn datums(schema: &str, bytes: &[u8]) -> anyhow::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let layout = Layout::new(schema)?;
    let mut found = Vec::new();
    each_datum(&mut Container::open(Cursor::new(bytes))?, &layout, |key, datum| {
        found.push((key.to_vec(), datum.to_vec()));
        Ok(true)
    })?;
    Ok(found)
}

fn wide() -> (Schema, Vec<Value>) {
    let schema = Schema::parse_str(WIDE).expect("a schema");
    let json = |z: &str, c: serde_json::Value| {
        serde_json::json!({"a": [{"k": 0.5, "l": 1.5}, {}], "b": "Y", "c": c, "d": 1.5, "e": true,
            "g": [1, 2, 3, 4], "h": [9], "z": z})
    };
    let inner = serde_json::json!({"f": [1, 2, 3, 4], "n": null});
    let values = [json("one", serde_json::Value::Null), json("", inner), json("three", serde_json::Value::Null)];
    let mut resolved = values.map(|value| Value::try_from(value).expect("a value")).to_vec();
    for value in &mut resolved {
        fix(value);
        *value = value.clone().resolve(&schema).expect("it fits");
    }
    (schema, resolved)
}

/// JSON has no bytes of a fixed size.
fn fix(value: &mut Value) {
    match value {
        Value::Array(items) if items.iter().all(|item| matches!(item, Value::Int(_))) && items.len() == 4 => {
            *value = Value::Fixed(4, vec![1, 2, 3, 4]);
        }
        Value::Map(fields) => fields.values_mut().for_each(fix),
        _ => {}
    }
}

#[test]
fn datums_come_out_of_a_container_as_they_were_written() {
    let (schema, values) = wide();
    let expected: Vec<(Vec<u8>, Vec<u8>)> = values
        .iter()
        .map(|value| {
            let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&schema).build().expect("a writer");
            let Value::Record(fields) = value else { panic!("a record") };
            let field = |name: &str| &fields.iter().find(|(field, _)| field == name).expect("a field").1;
            let Value::String(z) = field("z") else { panic!("a string") };
            let key = [&[z.len() as u8 * 2][..], z.as_bytes(), &[2]].concat();
            (key, writer.write_value_to_vec(value.clone()).expect("it is written"))
        })
        .collect();
    let codecs = [
        Codec::Null,
        Codec::Deflate(DeflateSettings::default()),
        Codec::Snappy,
        Codec::Zstandard(ZstandardSettings::default()),
    ];
    for codec in codecs {
        let mut writer =
            Writer::builder().schema(&schema).writer(Vec::new()).codec(codec).block_size(8).build().expect("a writer");
        for value in &values {
            writer.append_value(value.clone()).expect("it is written");
        }
        let bytes = writer.into_inner().expect("it ends");
        assert_eq!(datums(WIDE, &bytes).expect("it is read"), expected, "{codec:?}");
        let count = Container::open(Cursor::new(&bytes)).and_then(Container::count);
        assert_eq!(count.expect("it is counted"), 3, "{codec:?}");
        for cut in (0..bytes.len()).step_by(7).filter(|cut| *cut > 0) {
            let whole = datums(WIDE, &bytes[..cut]).is_ok_and(|found| found.len() == 3);
            assert!(!whole, "{codec:?}: {cut} bytes are not the whole file");
        }
    }
}

#[test]
fn what_is_no_container_or_no_schema_is_refused_with_the_reason() {
    let check = |result: anyhow::Result<()>, expected: &str| {
        let told = format!("{:#}", result.expect_err(expected));
        assert!(told.contains(expected), "{told}");
    };
    check(Container::open(Cursor::new("no")).map(drop), "too short");
    check(Container::open(Cursor::new("{\"a\": 1}")).map(drop), "does not begin with Obj1");
    check(Container::open(Cursor::new(b"Obj\x01\x00")).map(drop), "no schema");
    check(Container::open(Cursor::new(b"Obj\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")).map(drop), "cannot be");
    check(Layout::new("[").map(drop), "no JSON");
    check(Layout::new(r#"{"type":"record","name":"a","fields":[{"name":"b","type":"c"}]}"#).map(drop), "mentions c");
    check(Layout::new(r#"{"type":"record","name":"a","fields":[],"pkey":["b"]}"#).map(drop), "no field");
    let deep = format!("{}\"int\"{}", "[".repeat(100), "]".repeat(100));
    check(Layout::new(&deep).map(drop), "deeper");
    let layout = Layout::new(r#"{"type":"array","items":"null"}"#).expect("a schema");
    check(layout.measure(&[0xfe, 0xff, 0xff, 0xff, 0x0f], &mut Vec::new()).map(drop), "too long");
}

#[test]
fn envelopes_are_yelps_byte_for_byte() {
    let layout = Layout::new(BIZ).expect("a schema");
    assert_eq!(default_type(&layout), Type::Create);
    let payload = hex::decode("02020c696e73657274").expect("hex");
    let mut key = Vec::new();
    assert_eq!(layout.measure(&payload, &mut key).expect("it is whole"), payload.len());
    let framer = Framer::new(Format::Yelp, Type::Create, 1337, None);
    let (mut framed_key, mut value) = (Vec::new(), Vec::new());
    framer.key(&key, &mut framed_key);
    assert_eq!(framed_key, [2], "the bare datum of the primary key");
    framer.value(&payload, &mut Origin::new(Some(1), "t"), &mut value);
    let text = hex::encode(&value);
    let (uuid, rest) = text.split_at(2).1.split_at(32);
    assert_eq!(&text[..2], "30");
    assert_eq!((&uuid[12..13], "89ab".contains(&uuid[16..17])), ("4", true), "a uuid of version 4: {uuid}");
    // As vector V1 of Yelp's own envelope.py, at the seed's time.
    assert_eq!(rest, format!("00f2141202020c696e73657274000000{}", hex::encode(seconds())));
}

fn seconds() -> Vec<u8> {
    let writer = Schema::parse_str("\"int\"").expect("a schema");
    let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&writer).build().expect("a writer");
    writer.write_value_to_vec(Value::Int(1_356_998_400)).expect("it is written")
}

#[test]
fn confluents_wire_format_has_a_schema_for_the_key_too() {
    let layout = Layout::new(BIZ).expect("a schema");
    let framer = Framer::new(Format::Confluent, Type::Log, 258, Some(7));
    let (mut key, mut value) = (Vec::new(), Vec::new());
    framer.key(&[2], &mut key);
    framer.value(&[2, 0], &mut Origin::Now, &mut value);
    assert_eq!((key, value), (vec![0, 0, 0, 0, 7, 2], vec![0, 0, 0, 1, 2, 2, 0]));
    let schema = layout.key_schema().expect("there is a pkey");
    assert!(schema.contains(r#""name":"biz_key""#) && schema.contains(r#""name":"id""#), "{schema}");
    assert!(Schema::parse_str(schema).is_ok());
}

#[test]
fn a_seed_repeats_itself_for_the_same_topic_only() {
    let values = |seed, topic| {
        let mut origin = Origin::new(seed, topic);
        let mut value = Vec::new();
        for _ in 0..3 {
            Framer::new(Format::Yelp, Type::Log, 1, None).value(&[], &mut origin, &mut value);
        }
        value
    };
    assert_eq!(values(Some(1), "a"), values(Some(1), "a"));
    assert_ne!(values(Some(1), "a"), values(Some(1), "b"));
    assert_ne!(values(Some(1), "a"), values(Some(2), "a"));
    assert_ne!(values(None, "a"), values(None, "a"));
}

#[test]
fn lines_of_json_become_datums() {
    let schema = Schema::parse_str(BIZ).expect("a schema");
    let check = |line: &str, expected: &str| {
        let told = encode(line, &schema).map_or_else(|_| "an error".to_owned(), hex::encode);
        assert_eq!(told, expected, "{line}");
    };
    check(r#"{"id": 1, "name": "insert"}"#, "02020c696e73657274");
    check(r#"{"id": 2, "name": null}"#, "0400");
    check(r#"{"id": 2}"#, "0400");
    check(r#"{"name": "x"}"#, "an error");
    check(r#"{"id": "x"}"#, "an error");
    check("{", "an error");
}

#[test]
fn user_and_password_of_a_registrys_url_are_taken_out_of_it() {
    let registry = reached("https://me:p%40ss@example.com/base").expect("a URL");
    assert_eq!((registry.url.as_str(), registry.user.as_deref()), ("https://example.com/base", Some("me")));
    assert_eq!(
        registry.password.map(|password| secrecy::ExposeSecret::expose_secret(&password).to_owned()),
        Some("p@ss".into())
    );
    assert_eq!(reached("http://example.com").expect("a URL").user, None);
    assert!(reached("example.com").is_err());
}
