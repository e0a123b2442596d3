//! Resolution against the reference implementation: what both can read, both read alike.

use apache_avro::Schema as Reference;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;

use super::*;

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"r","namespace":"a.b","fields":[{fields}]}}"#)
}

fn of(ty: &str) -> String {
    record(&format!(r#"{{"name":"a","type":{ty}}}"#))
}

fn resolution(writer: &str, reader: &str) -> Result<Resolution, Refusal> {
    let source = Source { id: 1, text: writer, owner: None, pkey: &[], reader: None };
    Resolution::new(&source, &Pinned { id: Some(2), text: reader })
}

/// The resolved datum; or the code and the field where it was lost.
fn resolved(writer: &str, reader: &str, datum: &[u8]) -> Result<Vec<u8>, (Code, String)> {
    let mut out = Vec::new();
    let whole = resolution(writer, reader).unwrap().resolve(datum, &mut out);
    whole.map(|_| out).map_err(|lost| (lost.code, lost.path()))
}

fn refused(writer: &str, reader: &str) -> String {
    let refusal = resolution(writer, reader).expect_err(reader);
    assert_eq!(refusal.code, "reader_schema");
    assert!(refusal.message.contains("schema 1 ") && refusal.message.contains("schema 2"), "{refusal}");
    refusal.message
}

/// A type of the writer, one of the reader, and a value.
type Pair = (String, String, Value);

fn scalar() -> BoxedStrategy<Pair> {
    let pair = |writer: &str, reader: &str, value| (format!("\"{writer}\""), format!("\"{reader}\""), value);
    let symbols =
        |name: u32, list: &str| format!(r#"{{"type":"enum","name":"e{name}","symbols":[{list}],"default":"x"}}"#);
    prop_oneof![
        (any::<i32>(), 0usize..3).prop_map(move |(value, to)| pair(
            "int",
            ["int", "long", "double"][to],
            Value::Int(value)
        )),
        (-16_777_216i64..16_777_216, 0usize..3).prop_map(move |(value, to)| pair(
            "long",
            ["long", "float", "double"][to],
            Value::Long(value)
        )),
        (-16_777_216i32..16_777_216).prop_map(move |value| pair("int", "float", Value::Int(value))),
        any::<i64>().prop_map(move |value| pair("long", "long", Value::Long(value))),
        (any::<f32>(), 0usize..2).prop_map(move |(value, to)| pair(
            "float",
            ["float", "double"][to],
            Value::Float(value)
        )),
        any::<f64>().prop_map(move |value| pair("double", "double", Value::Double(value))),
        any::<bool>().prop_map(move |value| pair("boolean", "boolean", Value::Boolean(value))),
        (any::<String>(), 0usize..2).prop_map(move |(value, to)| pair(
            "string",
            ["string", "bytes"][to],
            Value::String(value)
        )),
        ("[a-z]*", 0usize..2).prop_map(move |(value, to)| pair(
            "bytes",
            ["bytes", "string"][to],
            Value::Bytes(value.into_bytes())
        )),
        any::<([u8; 3], u32)>().prop_map(|(value, name)| {
            let ty = format!(r#"{{"type":"fixed","name":"f{name}","size":3}}"#);
            (ty.clone(), ty, Value::Fixed(3, value.to_vec()))
        }),
        (0usize..3, 0usize..3, any::<u32>()).prop_map(move |(index, change, name)| {
            let reader = [r#""w","z","y","x""#, r#""x","y","z""#, r#""y","x""#][change];
            let value = Value::Enum(index as u32, ["x", "y", "z"][index].to_owned());
            (symbols(name, r#""x","y","z""#), symbols(name, reader), value)
        }),
    ]
    .boxed()
}

fn around() -> impl Strategy<Value = Pair> {
    let leaf = (scalar(), 0..8).prop_map(|((writer, reader, value), around)| match around {
        0 => (writer, format!(r#"["null",{reader}]"#), value),
        1 => (format!(r#"["null",{writer}]"#), reader, Value::Union(1, Box::new(value))),
        2 => (format!(r#"["null",{writer}]"#), format!(r#"[{reader},"null"]"#), Value::Union(1, Box::new(value))),
        3 => (format!(r#"[{writer},"null"]"#), format!(r#"["null",{reader}]"#), Value::Union(1, Box::new(Value::Null))),
        4 => {
            let array = |ty: &str| format!(r#"{{"type":"array","items":{ty}}}"#);
            (array(&writer), array(&reader), Value::Array(vec![value.clone(), value]))
        }
        5 => {
            let map = |ty: &str| format!(r#"{{"type":"map","values":{ty}}}"#);
            (map(&writer), map(&reader), Value::Map([("k".to_owned(), value)].into()))
        }
        _ => (writer, reader, value),
    });
    leaf.prop_recursive(2, 12, 5, |inner| {
        (proptest::collection::vec((inner, 0..5), 0..5), any::<u32>()).prop_map(|(fields, name)| {
            let (writer, reader, value) = fields_of(&fields);
            let record = |fields: &str| format!(r#"{{"type":"record","name":"r{name}","fields":[{fields}]}}"#);
            (record(&writer), record(&reader), value)
        })
    })
}

/// The fields of both sides: some are gone, some new, and the reader's order is another. None is renamed, because the
/// reference does not follow the aliases of fields.
fn fields_of(fields: &[(Pair, i32)]) -> (String, String, Value) {
    let (mut writer, mut reader, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (n, ((from, into, value), change)) in fields.iter().enumerate() {
        writer.push(format!(r#"{{"name":"f{n}","type":{from}}}"#));
        values.push((format!("f{n}"), value.clone()));
        match change {
            0 => reader.push(format!(r#"{{"name":"new{n}","type":["int","null"],"default":{n}}}"#)),
            1 => reader.insert(0, format!(r#"{{"name":"f{n}","type":{into}}}"#)),
            2 => reader.insert(reader.len() / 2, format!(r#"{{"name":"f{n}","type":{into}}}"#)),
            _ => reader.push(format!(r#"{{"name":"f{n}","type":{into}}}"#)),
        }
    }
    (writer.join(","), reader.join(","), Value::Record(values))
}

proptest! {
    #[test]
    fn datums_resolve_as_apache_avro_resolves_them(fields in proptest::collection::vec((around(), 0..5), 0..6)) {
        let (writer, reader, value) = fields_of(&fields);
        let (writer, reader) = (record(&writer), record(&reader));
        let from = Reference::parse_str(&writer).unwrap();
        let into = Reference::parse_str(&reader).unwrap();
        let datum = GenericDatumWriter::builder(&from).build().unwrap().write_value_to_vec(value).unwrap();
        let theirs = GenericDatumReader::builder(&from).reader_schema(&into).build().unwrap();
        let theirs = theirs.read_value(&mut &datum[..]).unwrap();
        let ours = resolved(&writer, &reader, &datum);
        prop_assert!(ours.is_ok(), "{:?}\n{}\n{}", ours, writer, reader);
        let ours = ours.unwrap();
        let mut rest = &ours[..];
        let ours = GenericDatumReader::builder(&into).build().unwrap().read_value(&mut rest).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "\n{}\n{}", writer, reader);
        let ways = resolution(&writer, &reader).unwrap();
        for length in 0..datum.len() {
            prop_assert!(ways.resolve(&datum[..length], &mut Vec::new()).is_err(), "{} of {}", length, datum.len());
        }
        let longer = [&datum[..], &[0]].concat();
        prop_assert_eq!(ways.resolve(&longer, &mut Vec::new()).unwrap_err().code, Code::TrailingBytes);
    }
}

/// A varint.
fn varint(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    put::long(&mut out, value);
    out
}

#[test]
fn a_numbers_bytes_are_no_text() {
    let field = |ty: &str| record(&format!(r#"{{"name":"a","type":{ty}}}"#));
    let decimal = field(r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#);
    let big = field(r#"{"type":"bytes","logicalType":"big-decimal"}"#);
    let (text, bytes) = (field(r#""string""#), field(r#""bytes""#));
    for (one, other) in [(&decimal, &text), (&text, &decimal), (&big, &text), (&text, &big)] {
        let why = refused(one, other);
        assert!(why.contains("field \"a\"") && why.contains("cannot be read as"), "{why}");
    }
    assert_eq!(resolved(&bytes, &text, b"\x02x").unwrap(), b"\x02x");
    assert_eq!(resolved(&text, &bytes, b"\x02x").unwrap(), b"\x02x");
    assert_eq!(resolved(&bytes, &decimal, b"\x02\x7f").unwrap(), b"\x02\x7f");
}

#[test]
fn fields_are_found_by_name_then_by_alias() {
    let writer = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"c","type":"int"}"#);
    let check = |fields: &str, expected: &[u8]| {
        assert_eq!(resolved(&writer, &record(fields), &[2, 4, 6]).unwrap(), expected, "{fields}");
    };
    check(r#"{"name":"c","type":"int"},{"name":"x","aliases":["a"],"type":"int"}"#, &[6, 2]);
    // A name counts before an alias, and a field fills one other.
    check(r#"{"name":"x","aliases":["a","b"],"type":"int"},{"name":"a","type":"int"}"#, &[4, 2]);
    check(
        r#"{"name":"x","aliases":["a"],"type":"int"},{"name":"y","aliases":["a"],"type":"int","default":9}"#,
        &[2, 18],
    );
    check("", &[]);
    let missing = refused(&writer, &record(r#"{"name":"a","type":"int"},{"name":"d","type":"int"}"#));
    assert!(missing.contains("field \"d\": the writer has no such field, and the reader no default"), "{missing}");
}

#[test]
fn defaults_fill_what_the_writer_lacks() {
    let check = |ty: &str, default: &str, expected: &[u8]| {
        let reader = record(&format!(r#"{{"name":"a","type":{ty},"default":{default}}}"#));
        assert_eq!(resolved(&record(""), &reader, &[]).unwrap(), expected, "{ty} {default}");
    };
    check(r#""null""#, "null", &[]);
    check(r#""boolean""#, "true", &[1]);
    check(r#""int""#, "-1", &[1]);
    check(r#""long""#, "9223372036854775807", &varint(i64::MAX));
    check(r#""float""#, "0.1", &0.1f32.to_le_bytes());
    check(r#""double""#, "1", &1f64.to_le_bytes());
    check(r#""string""#, "\"é\"", &[4, 0xc3, 0xa9]);
    check(r#""bytes""#, r#""\u00e9a""#, &[4, 0xe9, b'a']);
    check(r#"{"type":"fixed","name":"f","size":2}"#, r#""\u00ff\u0000""#, &[0xff, 0]);
    check(r#"{"type":"enum","name":"e","symbols":["x","y"]}"#, r#""y""#, &[2]);
    check(r#"{"type":"array","items":"int"}"#, "[1, 2]", &[2, 2, 2, 4, 0]);
    check(r#"{"type":"map","values":"int"}"#, r#"{"k": 1}"#, &[2, 2, b'k', 2, 0]);
    check(r#"["null","int"]"#, "null", &[0]);
    check(r#"["null","int"]"#, "1", &[2, 2]);
    let inner =
        r#"{"type":"record","name":"i","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":2}]}"#;
    check(inner, r#"{"x": 1}"#, &[2, 4]);
    let wrong = |ty: &str, default: &str| {
        let reader = record(&format!(r#"{{"name":"a","type":{ty},"default":{default}}}"#));
        assert!(refused(&record(""), &reader).contains("field \"a\""));
        // Where the writer has the field, nobody asks for it.
        assert!(resolution(&of(ty), &reader).is_ok(), "{ty}");
    };
    wrong(r#""int""#, "2147483648");
    wrong(r#""long""#, "1.5");
    wrong(r#""bytes""#, r#""\u0100""#);
    wrong(inner, "{}");
    wrong(r#"{"type":"enum","name":"e","symbols":["x","y"]}"#, r#""z""#);
    // A default that holds itself.
    wrong(r#"{"type":"record","name":"l","fields":[{"name":"next","type":["null","l"],"default":{}}]}"#, "{}");
}

#[test]
fn what_a_type_cannot_hold_is_lost() {
    let check = |from: &str, into: &str, datum: &[u8], expected: Result<&[u8], Code>| {
        let found = resolved(&of(from), &of(into), datum);
        let expected = expected.map(<[u8]>::to_vec).map_err(|code| (code, "a".to_owned()));
        assert_eq!(found, expected, "{from} to {into}: {datum:?}");
    };
    let lost = Err(Code::ReaderSchema);
    check(r#""int""#, r#""float""#, &varint(16_777_216), Ok(&16_777_216f32.to_le_bytes()));
    check(r#""int""#, r#""float""#, &varint(16_777_217), lost);
    check(r#""long""#, r#""double""#, &varint(1 << 53), Ok(&9_007_199_254_740_992f64.to_le_bytes()));
    check(r#""long""#, r#""double""#, &varint((1 << 53) + 1), lost);
    check(r#""long""#, r#""double""#, &varint(i64::MAX), lost);
    check(r#""long""#, r#""double""#, &varint(i64::MIN), Ok(&(i64::MIN as f64).to_le_bytes()));
    check(r#""long""#, r#""float""#, &varint(i64::MAX), lost);
    check(r#""int""#, r#""long""#, &varint(1 << 31), Err(Code::IntOverflow));
    check(r#""bytes""#, r#""string""#, &[2, 0xff], Err(Code::BadUtf8));
    check(r#""string""#, r#""bytes""#, &[2, 0xff], Err(Code::BadUtf8));
    check(r#"["null","int"]"#, r#""int""#, &[0], lost);
    check(r#"["null","int"]"#, r#""int""#, &[2, 4], Ok(&[4]));
    check(r#"["int","string"]"#, r#"["null","int"]"#, &[2, 0], lost);
    check(r#"["int","string"]"#, r#"["null","int"]"#, &[0, 2], Ok(&[2, 2]));
    let symbols = |list: &str| format!(r#"{{"type":"enum","name":"e","symbols":["x","y"]{list}}}"#);
    let fewer = |more: &str| format!(r#"{{"type":"enum","name":"e","symbols":["y"]{more}}}"#);
    check(&symbols(""), &fewer(""), &[0], lost);
    check(&symbols(""), &fewer(""), &[2], Ok(&[0]));
    check(&symbols(""), &fewer(r#","default":"y""#), &[0], Ok(&[0]));
    let nested = |ty: &str| of(&format!(r#"{{"type":"record","name":"i","fields":[{{"name":"b","type":{ty}}}]}}"#));
    assert_eq!(resolved(&nested(r#""int""#), &nested(r#""float""#), &varint(16_777_217)).unwrap_err().1, "a.b");
    let list = r#"{"type":"record","name":"l","fields":[{"name":"next","type":["null","l"]}]}"#;
    check(list, list, &[&[2].repeat(60)[..], &[0]].concat(), Ok(&[&[2].repeat(60)[..], &[0]].concat()));
    let found = resolved(&of(list), &of(list), &[2].repeat(20_000)).unwrap_err();
    assert_eq!(found.0, Code::TooDeep);
    // What is left out is read all the same.
    assert_eq!(resolved(&of(r#""boolean""#), &record(""), &[2]), Err((Code::BadBool, "a".into())));
}

#[test]
fn types_that_mean_other_things_are_refused() {
    let logical = |base: &str, name: &str| format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#);
    let decimal = |p: u32, s: u32| format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{p},"scale":{s}}}"#);
    let no = |from: &str, into: &str| {
        let why = refused(&of(from), &of(into));
        assert!(why.contains("field \"a\""), "{why}");
    };
    let yes = |from: &str, into: &str, datum: &[u8], expected: &[u8]| {
        assert_eq!(resolved(&of(from), &of(into), datum).unwrap(), expected, "{from} to {into}");
    };
    no(r#""long""#, r#""int""#);
    no(r#""double""#, r#""float""#);
    no(r#""string""#, r#""int""#);
    no(r#"["null","string"]"#, r#""int""#);
    no(&decimal(5, 2), &decimal(5, 3));
    yes(&decimal(5, 2), &decimal(9, 2), &[2, 1], &[2, 1]);
    yes(r#""bytes""#, &decimal(9, 2), &[2, 1], &[2, 1]);
    let (millis, micros) = (logical("long", "timestamp-millis"), logical("long", "timestamp-micros"));
    yes(&millis, &micros, &varint(3), &varint(3_000));
    no(&micros, &millis);
    no(&millis, &logical("long", "local-timestamp-micros"));
    yes(&logical("int", "time-millis"), &logical("long", "time-micros"), &varint(3), &varint(3_000));
    no(&logical("int", "date"), &logical("int", "time-millis"));
    let nanos = logical("long", "timestamp-nanos");
    assert_eq!(resolved(&of(&millis), &of(&nanos), &varint(i64::MAX)).unwrap_err().0, Code::TimestampRange);
    yes(r#""long""#, &millis, &varint(3), &varint(3));
    let fixed = |name: &str, size: u32| format!(r#"{{"type":"fixed","name":"{name}","size":{size}}}"#);
    no(&fixed("f", 2), &fixed("f", 3));
    no(&fixed("f", 2), &fixed("g", 2));
    yes(&fixed("x.f", 2), &fixed("y.f", 2), &[1, 2], &[1, 2]);
    let renamed = r#"{"type":"fixed","name":"g","size":2,"aliases":["f"]}"#;
    yes(&fixed("f", 2), renamed, &[1, 2], &[1, 2]);
    // The same type comes before one that it is promoted to.
    yes(r#""int""#, r#"["long","int"]"#, &[4], &[2, 4]);
    yes(r#""int""#, r#"["null","double","long"]"#, &[4], &[&[2][..], &2f64.to_le_bytes()].concat());
    let other = r#"{"type":"record","name":"other","fields":[]}"#;
    assert!(refused(&record(""), other).contains("\"other\" is not \"a.b.r\""));
    let alias = r#"{"type":"record","name":"other","aliases":["r"],"fields":[]}"#;
    assert_eq!(resolved(&record(""), alias, &[]).unwrap(), Vec::<u8>::new());
}

#[test]
fn a_union_at_the_top_is_its_record() {
    let (plain, nullable) = (of(r#""int""#), format!(r#"["null",{}]"#, of(r#""int""#)));
    assert_eq!(resolved(&nullable, &plain, &[2, 4]).unwrap(), [4]);
    assert_eq!(resolved(&plain, &nullable, &[4]).unwrap(), [4]);
    let ways = resolution(&nullable, &plain).unwrap();
    assert_eq!(ways.resolve(&[0], &mut Vec::new()), Ok(false));
    assert_eq!(ways.resolve(&[0, 0], &mut Vec::new()).unwrap_err().code, Code::TrailingBytes);
}

#[test]
fn schemas_made_to_cost_are_refused() {
    // Each record tries the one before it twice, and fails in the end.
    let records = |last: &str| {
        let inside = |n: i32| match n {
            0 => String::new(),
            _ => ["a", "b"].map(|name| format!(r#"{{"name":"{name}","type":["null","t{}"]}},"#, n - 1)).concat(),
        };
        let define =
            |n| format!(r#"{{"type":"record","name":"t{n}","fields":[{}{{"name":"v","type":"{last}"}}]}}"#, inside(n));
        of(&format!(r#"["null",{}]"#, (0..40).map(define).collect::<Vec<_>>().join(",")))
    };
    assert!(refused(&records("int"), &records("string")).contains("too many pairs"));
    assert!(resolution(&records("int"), &records("int")).is_ok());
    let wide = record(&format!(
        r#"{{"name":"a","type":{{"type":"array","items":{}}}}}"#,
        record("").replace("\"r\"", "\"i\"")
    ));
    let long = "x".repeat(100_000);
    let reader =
        wide.replace(r#""fields":[]"#, &format!(r#""fields":[{{"name":"s","type":"string","default":"{long}"}}]"#));
    let many = [&varint(90_000)[..], &[0]].concat();
    assert_eq!(resolved(&wide, &reader, &many).unwrap_err().0, Code::TooLong);
}
