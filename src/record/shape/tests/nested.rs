//! Records inside of records: as columns, refused, as keys.

use apache_avro::Schema as Reference;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;

use super::edges::{text, varint};
use super::oracle::{Typed, cell_text, data, field, value_text};
use super::*;

const OWNER: &str = r#"{"type":"record","name":"person","fields":[{"name":"id","type":"int"},
    {"name":"home","type":["null",{"type":"record","name":"place","fields":[
        {"name":"zipCode","type":"string"},{"name":"tags","type":{"type":"array","items":"int"}}]}]},
    {"name":"nothing","type":"null"},
    {"name":"both","type":["int","string"]}]}"#;

fn flat(mode: Mode) -> Topic {
    let metadata = vec![Metadata::Partition, Metadata::Offset];
    Topic { nested: Nested::Flatten, metadata, ..entry(Format::Confluent, mode) }
}

fn schema() -> String {
    record(&format!(r#"{{"name":"owner","type":["null",{OWNER}]}},{{"name":"n","type":"long"}}"#))
}

fn row(shape: &Shape, datum: &[u8]) -> Vec<String> {
    let mut rows = Rows::default();
    let outcome = shape.judge(&message(None), &data(datum), &mut rows);
    assert!(matches!(outcome, Outcome::Row { row: 0, .. }), "{outcome:?}");
    readable(shape, rows.row(0))
}

#[test]
fn fields_of_records_are_columns() {
    let shape = shape(&schema(), &flat(Mode::Stream), Dialect::Sqlite);
    let columns = &shape.table.columns[2..];
    let described: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {} {:?} {}", column.name, column.path, column.kind, column.not_null))
        .collect();
    assert_eq!(
        described,
        [
            "owner_present owner Bool true",
            "owner_id owner.id Int32 false",
            "owner_home_present owner.home Bool false",
            "owner_home_zipCode owner.home.zipCode Text(None) false",
            "owner_home_tags owner.home.tags Json false",
            "owner_both owner.both Json false",
            "n n Int64 true",
        ]
    );
    let whole = [&[2][..], &varint(7), &[2], &text("x"), &[2, 2, 0], &[0, 4], &varint(9)].concat();
    assert_eq!(row(&shape, &whole)[2..], ["1", "7", "1", "x", "[1]", r#"{"int":2}"#, "9"]);
    let homeless = [&[2][..], &varint(7), &[0], &[2], &text("y"), &varint(9)].concat();
    assert_eq!(row(&shape, &homeless)[2..], ["1", "7", "0", "-", "-", r#"{"string":"y"}"#, "9"]);
    assert_eq!(row(&shape, &[0, 18])[2..], ["0", "-", "-", "-", "-", "-", "9"]);
    let check = |datum: &[u8], code, place: &str| {
        let outcome = shape.judge(&message(None), &data(datum), &mut Rows::default());
        assert_eq!(outcome, Outcome::Dead(Reason::new(code, place)));
    };
    check(&[2, 14, 2, 0xff], Code::Truncated, "field \"owner.home.zipCode\" at byte 3 of the payload");
    check(&[4], Code::BadUnion, "field \"owner\" at byte 1 of the payload");
}

#[test]
fn a_record_that_is_always_there_says_nothing_of_it() {
    let text = record(
        r#"{"name":"a","type":{"type":"record","name":"x","fields":[
                {"name":"b","type":[{"type":"record","name":"y","fields":[{"name":"c","type":"int"}]}]},
                {"name":"none","type":{"type":"record","name":"z","fields":[]}}]}},
            {"name":"d","type":["z","null"]}"#,
    );
    let shape = shape(&text, &flat(Mode::Stream), Dialect::Sqlite);
    assert_eq!(names(&shape)[2..], ["a_b_c", "d_present"]);
    assert!(shape.table.columns[2].not_null);
    assert_eq!(row(&shape, &[0, 6, 0])[2..], ["3", "1"]);
    assert_eq!(row(&shape, &[0, 6, 2])[2..], ["3", "0"]);
}

#[test]
fn a_record_inside_itself_stays_json() {
    let text = record(
        r#"{"name":"tree","type":{"type":"record","name":"node","fields":[{"name":"v","type":"int"},
            {"name":"next","type":["null","node"]}]}},{"name":"again","type":["null","node"]},
            {"name":"top","type":["null","r"]}"#,
    );
    let shape = shape(&text, &flat(Mode::Stream), Dialect::Sqlite);
    assert_eq!(names(&shape)[2..], ["tree_v", "tree_next", "again_present", "again_v", "again_next", "top"]);
    let expected = ["1", r#"{"v":2,"next":{"v":3,"next":null}}"#, "1", "4", "-", "-"];
    assert_eq!(row(&shape, &[2, 2, 4, 2, 6, 0, 2, 8, 0, 0])[2..], expected);
}

#[test]
fn names_follow_the_entry_and_the_database() {
    let long = "x".repeat(40);
    let text = record(&format!(
        r#"{{"name":"{long}","type":{{"type":"record","name":"a","fields":[{{"name":"{long}","type":"int"}}]}}}},
           {{"name":"homeAddress","type":{{"type":"record","name":"b","fields":[{{"name":"zipCode","type":"int"}}]}}}}"#
    ));
    let snake = Topic { naming: Naming::Snake, ..flat(Mode::Stream) };
    let shape = shape(&text, &snake, Dialect::Postgres);
    let columns = names(&shape);
    let hashed = Dialect::Postgres.column_name(&format!("{long}_{long}")).unwrap();
    assert_eq!(columns[2..], [hashed.as_str(), "home_address_zip_code"]);
    assert_eq!(hashed.len(), 63);
    let twice = record(
        r#"{"name":"a","type":{"type":"record","name":"x","fields":[{"name":"b","type":"int"}]}},{"name":"a_b","type":"int"}"#,
    );
    let refusal = Shape::new(source(&twice), None, "biz", &flat(Mode::Stream), Dialect::Sqlite).unwrap_err();
    assert_eq!(refusal.code, "name_collision");
    assert!(refusal.message.contains(r#"field "a.b" and field "a_b""#), "{refusal}");
}

#[test]
fn keys_are_named_by_column_or_by_path() {
    for key in ["owner.id", "owner_id"] {
        let entry = Topic { key: vec!["n".into(), key.into()], ..flat(Mode::Table) };
        let shape = shape(&schema(), &entry, Dialect::Sqlite);
        assert_eq!(names(&shape)[..4], ["n", "owner_id", "_sink_partition", "_sink_offset"]);
        let datum = [&[2][..], &varint(7), &[0], &[2], &text("y"), &varint(9)].concat();
        assert_eq!(row(&shape, &datum)[..2], ["9", "7"]);
        let outcome = shape.judge(&message(None), &data(&[0, 18]), &mut Rows::default());
        assert_eq!(dead(outcome), Code::NullViolation);
    }
    for (key, code) in [("owner", "no_key"), ("owner.none", "no_key"), ("owner.both", "key_type")] {
        assert_eq!(refused(&schema(), &Topic { key: vec![key.into()], ..flat(Mode::Table) }), code, "{key}");
    }
    let dotted = record(
        r#"{"name":"a.b","type":"int"},{"name":"a","type":{"type":"record","name":"x","fields":[{"name":"b","type":"int"}]}}"#,
    );
    let named = |key: &str| Topic { key: vec![key.into()], ..flat(Mode::Table) };
    assert_eq!(names(&shape(&dotted, &named("a.b"), Dialect::Sqlite))[0], "a.b");
    assert_eq!(names(&shape(&dotted, &named("a_b"), Dialect::Sqlite))[0], "a_b");
}

#[test]
fn a_key_in_front_of_a_record_that_may_be_null_leads() {
    let text = record(&format!(r#"{{"name":"n","type":"long"}},{{"name":"owner","type":["null",{OWNER}]}}"#));
    let key = |name: &str| Topic { key: vec![name.into()], ..flat(Mode::Table) };
    let by = |name: &str, datum: &[u8]| row(&shape(&text, &key(name), Dialect::Sqlite), datum);
    let there = [&[18, 2][..], &varint(7), &[0], &[2], &super::edges::text("y")].concat();
    let place = {
        let message = message(None);
        [message.partition.to_string(), message.offset.to_string()]
    };
    let expected = |key: &str, fields: &[&str]| {
        let cells = [key].into_iter().chain(place.iter().map(String::as_str)).chain(fields.iter().copied());
        cells.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(by("n", &[18, 0]), expected("9", &["0", "-", "-", "-", "-", "-"]));
    assert_eq!(by("owner_present", &[18, 0]), expected("0", &["9", "-", "-", "-", "-", "-"]));
    assert_eq!(by("owner_present", &there), expected("1", &["9", "7", "0", "-", "-", r#"{"string":"y"}"#]));
    assert_eq!(by("owner.id", &there), expected("7", &["9", "1", "0", "-", "-", r#"{"string":"y"}"#]));
}

#[test]
fn the_kafka_key_is_taken_apart_too() {
    let key = r#"{"type":"record","name":"k","fields":[{"name":"owner","type":["null",{"type":"record","name":"p","fields":[
        {"name":"id","type":"long"},{"name":"more","type":"string"}]}]}]}"#;
    let entry = Topic { key: vec!["owner.id".into()], ..flat(Mode::Table) };
    let shape = Shape::new(source(&schema()), Some(source(key)), "biz", &entry, Dialect::Sqlite).unwrap();
    let framed = |datum: &[u8]| [&[0][..], &1337i32.to_be_bytes(), datum].concat();
    let tombstone = |datum: &[u8]| shape.tombstone(&Message { key: Some(&framed(datum)), ..message(None) });
    let Outcome::Delete(cells) = tombstone(&[&[2][..], &varint(7), &text("x")].concat()) else { panic!("a delete") };
    assert_eq!(readable(&shape, &cells), ["7"]);
    assert_eq!(dead(tombstone(&[0])), Code::NullViolation);
    // Its fields are the key where nothing else is named.
    let all = Topic { key: vec![], ..entry };
    let wider = record(
        r#"{"name":"owner","type":{"type":"record","name":"p","fields":[{"name":"id","type":"long"},{"name":"more","type":"string"}]}}"#,
    );
    let shape = Shape::new(source(&wider), Some(source(key)), "biz", &all, Dialect::Sqlite).unwrap();
    assert_eq!(names(&shape)[..2], ["owner_id", "owner_more"]);
}

#[test]
fn fields_that_were_taken_apart_have_aliases_too() {
    let text = record(
        r#"{"name":"owner","type":{"type":"record","name":"p","fields":[{"name":"id","aliases":["number"],"type":"long"}]}},
        {"name":"n","aliases":["m"],"type":"long"}"#,
    );
    let shape = Shape::new(source(&text), None, "biz", &flat(Mode::Stream), Dialect::Postgres).unwrap();
    let pairs: Vec<(&str, &str)> = shape.aliases.iter().map(|(new, old)| (new.as_str(), old.as_str())).collect();
    assert_eq!(pairs, [("owner_id", "owner_number"), ("n", "m")]);
}

#[test]
fn what_is_not_flat_can_be_refused() {
    let reject = Topic { nested: Nested::Reject, ..entry(Format::Confluent, Mode::Stream) };
    let check = |ty: &str, code: Option<&str>| {
        let text = record(&format!(r#"{{"name":"a","type":{ty}}}"#));
        let refusal = Shape::new(source(&text), None, "biz", &reject, Dialect::Postgres).err();
        assert_eq!(refusal.as_ref().map(|refusal| refusal.code), code, "{ty}");
        assert!(refusal.is_none_or(|refusal| refusal.message.contains("field \"a\"")));
    };
    check(OWNER, Some("not_flat"));
    check(r#"["null",{"type":"array","items":"int"}]"#, Some("not_flat"));
    check(r#"{"type":"map","values":"int"}"#, Some("not_flat"));
    check(r#"["int","string"]"#, Some("not_flat"));
    check(r#"["null","string"]"#, None);
    check(r#"["string"]"#, None);
    check(r#"{"type":"string","connect.name":"io.debezium.data.Json"}"#, None);
    let scaled = r#"{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[
        {"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#;
    check(scaled, None);
}

#[test]
fn records_that_multiply_are_refused() {
    let mut fields = r#"{"name":"r0","type":{"type":"record","name":"t0","fields":[]}}"#.to_owned();
    for n in 1..=28 {
        let inside = format!(r#"{{"name":"a","type":"t{0}"}},{{"name":"b","type":"t{0}"}}"#, n - 1);
        fields.push_str(&format!(r#",{{"name":"r{n}","type":{{"type":"record","name":"t{n}","fields":[{inside}]}}}}"#));
    }
    assert_eq!(refused(&record(&fields), &flat(Mode::Stream)), "schema_limits");
    // One inside the other by name, thousands deep: no stack is spent on them.
    let mut fields =
        r#"{"name":"r0","type":{"type":"record","name":"t0","fields":[{"name":"v","type":"int"}]}}"#.to_owned();
    for n in 1..=4_000 {
        let inside = format!(r#"{{"name":"a","type":"t{}"}}"#, n - 1);
        fields = format!(r#"{fields},{{"name":"r{n}","type":{{"type":"record","name":"t{n}","fields":[{inside}]}}}}"#);
    }
    assert_eq!(refused(&record(&fields), &flat(Mode::Stream)), "schema_limits");
    let deep = record(&fields[..fields.find(r#",{"name":"r101""#).unwrap()]);
    let shape = shape(&deep, &flat(Mode::Stream), Dialect::Sqlite);
    let path = format!("r100{}", ".a".repeat(30));
    assert_eq!(shape.table.columns.last().map(|column| (&*column.path, column.kind)), Some((&*path, Kind::Json)));
}

/// Fields whose attributes say what they are, one value of each, and its texts: as a column and inside of JSON.
fn refined_fields(format: Format) -> Vec<(String, Vec<u8>, &'static str, &'static str)> {
    let named = |base: &str, name: &str| format!(r#"{{"type":"{base}","connect.name":"{name}"}}"#);
    let debezium = |base: &str, name: &str| named(base, &format!("io.debezium.{name}"));
    let connect = |base: &str, name: &str| named(base, &format!("org.apache.kafka.connect.data.{name}"));
    let day = 86_400_000;
    if format == Format::Yelp {
        let yelp = |base: &str, flag: &str| format!(r#""{base}","{flag}":true"#);
        return vec![
            (
                yelp("string", "datetime"),
                text("1970-01-02T00:00:00.5"),
                "1970-01-02 00:00:00.500000",
                r#""1970-01-02T00:00:00.5""#,
            ),
            (yelp("long", "timestamp"), varint(86_400), "1970-01-02 00:00:00.000000", r#""1970-01-02T00:00:00Z""#),
            (yelp("long", "time"), varint(-1), "-000:00:00.000001", r#""-00:00:00.000001""#),
            (yelp("int", "date"), varint(1), "1970-01-02", r#""1970-01-02""#),
            (yelp("long", "year"), varint(1999), "1999", "1999"),
            (
                r#""double","fixed_pt":true,"precision":5,"scale":2"#.into(),
                101.4f64.to_le_bytes().into(),
                "101.40",
                r#""101.40""#,
            ),
            (r#"["null","string"],"maxlen":3"#.into(), [vec![2], text("abc")].concat(), "abc", r#""abc""#),
        ];
    }
    let decimal = r#"["null",{"type":"bytes","connect.parameters":{"scale":"2"},
        "connect.name":"org.apache.kafka.connect.data.Decimal"}]"#;
    vec![
        (decimal.into(), vec![2, 4, 0x27, 0x9c], "101.40", r#""101.40""#),
        (connect("int", "Date"), varint(1), "1970-01-02", r#""1970-01-02""#),
        (connect("int", "Time"), varint(1), "00:00:00.001000", r#""00:00:00.001""#),
        (connect("long", "Timestamp"), varint(day), "1970-01-02 00:00:00.000000", r#""1970-01-02T00:00:00.000Z""#),
        (debezium("long", "time.MicroTime"), varint(1), "00:00:00.000001", r#""00:00:00.000001""#),
        (debezium("long", "time.NanoTime"), varint(1_000), "00:00:00.000001", r#""00:00:00.000001000""#),
        (debezium("long", "time.Timestamp"), varint(1), "1970-01-01 00:00:00.001000", r#""1970-01-01T00:00:00.001""#),
        (
            debezium("long", "time.MicroTimestamp"),
            varint(1),
            "1970-01-01 00:00:00.000001",
            r#""1970-01-01T00:00:00.000001""#,
        ),
        (debezium("long", "time.NanoTimestamp"), varint(1), "1", r#""1970-01-01T00:00:00.000000001""#),
        (
            debezium("string", "time.ZonedTimestamp"),
            text("1970-01-01T01:00:00+01:00"),
            "1970-01-01 00:00:00.000000",
            r#""1970-01-01T01:00:00+01:00""#,
        ),
        (
            debezium("string", "data.Uuid"),
            text("ABCDEF00-0000-0000-0000-000000000000"),
            "abcdef00-0000-0000-0000-000000000000",
            r#""abcdef00-0000-0000-0000-000000000000""#,
        ),
        (debezium("string", "data.Json"), text(r#"{"a": [1]}"#), r#"{"a": [1]}"#, r#"{"a": [1]}"#),
        (
            r#""long","connect.name":"io.debezium.time.Timestamp""#.into(),
            varint(1),
            "1970-01-01 00:00:00.001000",
            r#""1970-01-01T00:00:00.001""#,
        ),
        (
            r#"{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[
            {"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#
                .into(),
            vec![2, 2, 15],
            "1.5",
            r#""1.5""#,
        ),
    ]
}

#[test]
fn attributes_inside_of_records_mean_what_they_mean_outside() {
    for format in [Format::Confluent, Format::Yelp] {
        for (ty, datum, column, json) in refined_fields(format) {
            let text = record(&format!(
                r#"{{"name":"a","type":{{"type":"record","name":"x","fields":[{{"name":"b","type":{ty}}}]}}}}"#
            ));
            let cell = |nested| {
                let entry = Topic { format, unique: Unique::Position, ..Topic { nested, ..flat(Mode::Stream) } };
                row(&shape(&text, &entry, Dialect::Sqlite), &datum)[2].clone()
            };
            assert_eq!(cell(Nested::Flatten), column, "{ty}");
            assert_eq!(cell(Nested::Json), format!(r#"{{"b":{json}}}"#), "{ty}");
            // Their own type's object counts in arrays, maps and unions; what stands beside the type is the field's.
            if ty.starts_with('{') {
                let text =
                    record(&format!(r#"{{"name":"a","type":{{"type":"array","items":["boolean","null",{ty}]}}}}"#));
                let shape = shape(&text, &Topic { format, ..flat(Mode::Stream) }, Dialect::Sqlite);
                let cell = row(&shape, &[&[2, 4][..], &datum, &[0]].concat())[2].clone();
                assert!(cell.ends_with(&format!(":{json}}}]")), "{cell}");
                let text = record(&format!(r#"{{"name":"a","type":{{"type":"map","values":["null",{ty}]}}}}"#));
                let shape = self::shape(&text, &Topic { format, ..flat(Mode::Stream) }, Dialect::Sqlite);
                let cell = row(&shape, &[&[2, 2, b'k', 2][..], &datum, &[0]].concat())[2].clone();
                assert_eq!(cell, format!(r#"{{"k":{json}}}"#));
            }
        }
    }
}

#[test]
fn values_inside_of_records_are_judged_by_their_attributes() {
    let check = |format, ty: &str, datum: &[u8], code| {
        let text = record(&format!(
            r#"{{"name":"a","type":{{"type":"record","name":"x","fields":[{{"name":"b","type":{ty}}}]}}}}"#
        ));
        let entry = Topic { format, unique: Unique::Position, nested: Nested::Json, ..flat(Mode::Stream) };
        let outcome = shape(&text, &entry, Dialect::Sqlite).judge(&message(None), &data(datum), &mut Rows::default());
        assert_eq!(dead(outcome), code, "{ty}");
    };
    let named = |base: &str, name: &str| format!(r#"{{"type":"{base}","connect.name":"io.debezium.{name}"}}"#);
    check(Format::Confluent, &named("long", "time.NanoTime"), &varint(86_400_000_000_000), Code::TimeRange);
    check(Format::Confluent, &named("string", "data.Json"), &text("{"), Code::BadJson);
    check(Format::Confluent, &named("string", "data.Uuid"), &text("abcd"), Code::BadUuid);
    let deep = |depth: usize| text(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    check(Format::Confluent, &named("string", "data.Json"), &deep(30), Code::TooDeep);
    let point = r#""double","fixed_pt":true,"precision":5,"scale":2"#;
    check(Format::Yelp, point, &0.005f64.to_le_bytes(), Code::DecimalInexact);
}

fn nested_field() -> impl Strategy<Value = Typed> {
    field().prop_recursive(3, 16, 5, |inner| {
        (proptest::collection::vec(inner, 0..5), 0..5).prop_map(|(fields, around)| {
            let types = fields.iter().enumerate();
            let types: Vec<String> = types.map(|(n, (ty, _))| format!(r#"{{"name":"f{n}","type":{ty}}}"#)).collect();
            let ty = format!(r#"{{"type":"record","name":"NAME","fields":[{}]}}"#, types.join(","));
            let values = fields.into_iter().enumerate().map(|(n, (_, value))| (format!("f{n}"), value));
            let value = Value::Record(values.collect());
            match around {
                0 => (format!(r#"["null",{ty}]"#), Value::Union(1, Box::new(value))),
                1 => (format!(r#"[{ty},"null"]"#), Value::Union(0, Box::new(value))),
                2 => (format!(r#"["null",{ty}]"#), Value::Union(0, Box::new(Value::Null))),
                _ => (ty, value),
            }
        })
    })
}

/// What the columns of a value hold; a record that is not there is `Null` throughout.
fn columns(ty: &serde_json::Value, value: &Value, columns: &mut Vec<Value>) {
    let inner = if let Value::Union(_, inner) = value { inner } else { value };
    let branches = ty.as_array().map(Vec::as_slice).unwrap_or_default();
    let record = |ty: &&serde_json::Value| ty.get("type").is_some_and(|name| name == "record");
    let branch = branches.iter().find(record);
    let Some(record) = branch.or(Some(ty).filter(record)) else {
        columns.push(inner.clone());
        return;
    };
    let absent = *inner == Value::Null;
    if branch.is_some() {
        columns.push(if *value == Value::Null { Value::Null } else { Value::Boolean(!absent) });
    }
    for (n, field) in record["fields"].as_array().unwrap().iter().enumerate() {
        let inside = match inner {
            Value::Record(fields) => &fields[n].1,
            _ => &Value::Null,
        };
        self::columns(&field["type"], inside, columns);
    }
}

proptest! {
    #[test]
    fn nested_records_decode_as_apache_avro_decodes_them(
        fields in proptest::collection::vec(nested_field(), 0..6),
    ) {
        let json: Vec<String> =
            fields.iter().enumerate().map(|(n, (ty, _))| format!(r#"{{"name":"f{n}","type":{ty}}}"#)).collect();
        let mut text = record(&json.join(","));
        for n in 0.. {
            if !text.contains("NAME") {
                break;
            }
            text = text.replacen("NAME", &format!("named{n}"), 1);
        }
        let reference = Reference::parse_str(&text).unwrap();
        let values = fields.iter().enumerate().map(|(n, (_, value))| (format!("f{n}"), value.clone()));
        let writer = GenericDatumWriter::builder(&reference).build().unwrap();
        let datum = writer.write_value_to_vec(Value::Record(values.collect())).unwrap();
        let reader = GenericDatumReader::builder(&reference).build().unwrap();
        let decoded = reader.read_value(&mut &datum[..]).unwrap();
        let mut expected = Vec::new();
        columns(&serde_json::from_str(&text).unwrap(), &decoded, &mut expected);

        let shape = shape(&text, &flat(Mode::Stream), Dialect::Postgres);
        let mut rows = Rows::default();
        let outcome = shape.judge(&message(None), &data(&datum), &mut rows);
        prop_assert_eq!(outcome, Outcome::Row { row: 0, moved_from: None }, "{}", text);
        let cells: Vec<Option<&[u8]>> = rows.cells(0).skip(2).collect();
        prop_assert_eq!(cells.len(), expected.len(), "{}", text);
        for (index, (cell, value)) in cells.into_iter().zip(&expected).enumerate() {
            prop_assert_eq!(cell_text(cell, value), value_text(value), "cell {} of {}", index, text);
        }
        for length in 0..datum.len() {
            let outcome = shape.judge(&message(None), &data(&datum[..length]), &mut rows);
            prop_assert!(matches!(outcome, Outcome::Dead(_)), "{} of {} bytes: {:?}", length, datum.len(), outcome);
        }
        prop_assert_eq!(rows.len(), 1);
    }
}
