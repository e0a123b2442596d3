//! The edge values of each type in each dialect, and the attributes that refine types.

use super::*;

/// A record with every kind of type.
pub const EVERYTHING: &str = r#"{"type":"record","name":"everything","fields":[
    {"name":"id","type":"int"},
    {"name":"m","type":{"type":"map","values":["null","string","double",{"type":"array","items":"null"}]}},
    {"name":"a","type":["null",{"type":"array","items":{"type":"record","name":"l","fields":[
        {"name":"next","type":["null","l"]},{"name":"b","type":"boolean"}]}}]},
    {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"g","type":{"type":"bytes","logicalType":"big-decimal"}},
    {"name":"u","type":{"type":"string","logicalType":"uuid"}},
    {"name":"e","type":{"type":"enum","name":"e","symbols":["x","y"]}},
    {"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}]}"#;

pub type Expected<'a> = Result<&'a str, Code>;

/// Decodes the datum of one field in the three dialects; PostgreSQL's and numbers in hexadecimal, texts as they are.
fn check_as(format: Format, field: &str, datum: &[u8], expected: [Expected<'_>; 3]) {
    check_with(&entry(format, Mode::Stream), field, datum, expected);
}

/// The same for an entry that says more.
pub fn check_with(entry: &Topic, field: &str, datum: &[u8], expected: [Expected<'_>; 3]) {
    for (dialect, expected) in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite].into_iter().zip(expected) {
        let entry = Topic { metadata: vec![], unique: Unique::Position, ..entry.clone() };
        let shape = shape(&record(field), &entry, dialect);
        let data = Data {
            schema_id: 1,
            message_type: None,
            payload: datum,
            previous: None,
            uuid: None,
            timestamp: None,
            meta: &[],
        };
        let mut rows = Rows::default();
        let found = match shape.judge(&message(None), &data, &mut rows) {
            Outcome::Row { row, .. } => {
                let cell = rows.cells(row).nth(2).expect("the field");
                let kind = shape.table.columns[2].kind;
                let number = matches!(kind, Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal);
                let binary = number
                    || matches!(kind, Kind::Bytes(_) | Kind::Fixed(_) | Kind::Float32 | Kind::Float64)
                    || (dialect == Dialect::Postgres && !matches!(kind, Kind::Text(_) | Kind::UuidText | Kind::Json))
                    || (dialect == Dialect::Mysql && kind == Kind::Uuid);
                Ok(match cell {
                    None => "-".to_owned(),
                    Some(cell) if binary => hex::encode(cell),
                    Some(cell) => String::from_utf8(cell.to_vec()).unwrap(),
                })
            }
            other => Err(dead(other)),
        };
        assert_eq!(found.as_deref().map_err(|code| *code), expected, "{dialect} {field} {datum:02x?}");
    }
}

fn check(ty: &str, datum: &[u8], expected: [Expected<'_>; 3]) {
    check_as(Format::Yelp, &format!(r#"{{"name":"a","type":{ty}}}"#), datum, expected);
}

pub fn varint(value: i64) -> Vec<u8> {
    let (mut rest, mut out) = ((value << 1 ^ value >> 63) as u64, Vec::new());
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out
}

pub fn text(text: &str) -> Vec<u8> {
    [varint(text.len() as i64), text.as_bytes().to_vec()].concat()
}

fn logical(base: &str, name: &str) -> String {
    format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#)
}

#[test]
fn numbers_and_texts() {
    let le = |value: i64| hex::encode(value.to_le_bytes());
    check(r#""int""#, &varint(-2_147_483_648), [Ok("80000000"), Ok("00000080"), Ok(&le(-2_147_483_648))]);
    check(r#""int""#, &varint(2_147_483_648), [Err(Code::IntOverflow); 3]);
    check(r#""long""#, &varint(i64::MIN), [Ok("8000000000000000"), Ok(&le(i64::MIN)), Ok(&le(i64::MIN))]);
    check(r#""boolean""#, &[2], [Err(Code::BadBool); 3]);
    check(r#""string""#, &[0], [Ok(""); 3]);
    check(r#""string""#, &text("é😀"), [Ok("é😀"); 3]);
    check(r#""string""#, &text("a\0"), [Err(Code::NulInText), Ok("a\0"), Ok("a\0")]);
    check(r#""string""#, &[4, 0xc3, 0x28], [Err(Code::BadUtf8); 3]);
    check(r#""bytes""#, &[4, 0, 1], [Ok("0001"); 3]);
    check(r#""float""#, &f32::NAN.to_le_bytes(), [Ok("7fc00000"), Err(Code::NotFinite), Err(Code::NotFinite)]);
    let infinity = [Ok("7ff0000000000000"), Err(Code::NotFinite), Ok("000000000000f07f")];
    check(r#""double""#, &f64::INFINITY.to_le_bytes(), infinity);
    check(r#"["null","int"]"#, &[0], [Ok("-"); 3]);
    check(r#"["int","null"]"#, &[2], [Ok("-"); 3]);
    check(r#"["int"]"#, &[0, 2], [Ok("00000001"), Ok("01000000"), Ok("0100000000000000")]);
    check(r#"["int"]"#, &[2, 2], [Err(Code::BadUnion); 3]);
    check(r#"["null","int"]"#, &[4, 2], [Err(Code::BadUnion); 3]);
    check(r#"["null","int"]"#, &[1, 2], [Err(Code::BadUnion); 3]);
    let symbols = r#"{"type":"enum","name":"e","symbols":["1","2 x",""]}"#;
    check(symbols, &[2], [Ok("2 x"); 3]);
    check(symbols, &[4], [Ok(""); 3]);
    check(symbols, &[6], [Err(Code::BadEnum); 3]);
    check(symbols, &[1], [Err(Code::BadEnum); 3]);
    check(r#"{"type":"fixed","name":"f","size":2}"#, &[1, 2], [Ok("0102"); 3]);
    check(r#"{"type":"fixed","name":"f","size":2}"#, &[1], [Err(Code::Truncated); 3]);
}

#[test]
fn times() {
    let range = Code::TimeRange;
    let pg = |micros: i64| hex::encode(micros.to_be_bytes());
    let time = logical("int", "time-millis");
    check(&time, &varint(86_399_999), [Ok(&pg(86_399_999_000)), Ok("23:59:59.999000"), Ok("23:59:59.999000")]);
    check(&time, &varint(86_400_000), [Err(range); 3]);
    check(&time, &varint(-1), [Err(range); 3]);
    let time = logical("long", "time-micros");
    check(&time, &varint(86_399_999_999), [Ok(&pg(86_399_999_999)), Ok("23:59:59.999999"), Ok("23:59:59.999999")]);
    check(&time, &varint(i64::MIN), [Err(range); 3]);
    let stamp = logical("long", "timestamp-millis");
    let text = "2038-01-19 03:14:07.999000";
    check(&stamp, &varint(2_147_483_647_999), [Ok(&pg(1_200_798_847_999_000)), Ok(text), Ok(text)]);
    check(&stamp, &varint(i64::MAX), [Err(Code::TimestampRange); 3]);
    check(&stamp, &varint(i64::MIN), [Err(Code::TimestampRange); 3]);
    let local = logical("long", "local-timestamp-micros");
    let text = "1969-12-31 23:59:59.999999";
    check(&local, &varint(-1), [Ok(&pg(-946_684_800_000_001)), Ok(text), Ok(text)]);
    let nanos = logical("long", "timestamp-nanos");
    let le = hex::encode(i64::MAX.to_le_bytes());
    check(&nanos, &varint(i64::MAX), [Ok("7fffffffffffffff"), Ok(&le), Ok(&le)]);
    let date = logical("int", "date");
    check(&date, &varint(-25_202), [Ok("ffff72c1"), Ok("1901-01-01"), Ok("1901-01-01")]);
    check(&date, &varint(2_932_897), [Ok("002c95d4"), Err(Code::DateRange), Err(Code::DateRange)]);
    check(&date, &varint(i64::from(i32::MAX)), [Err(Code::DateRange); 3]);
    let duration = r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#;
    let text = "P1M2DT0.003S";
    let pg = "0000000000000bb80000000200000001";
    check(duration, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0], [Ok(pg), Ok(text), Ok(text)]);
    let text = "P4294967295M0DT0.000S";
    let huge = [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0];
    check(duration, &huge, [Err(Code::IntervalRange), Ok(text), Ok(text)]);
}

#[test]
fn decimals_and_uuids() {
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#;
    check(decimal, &[4, 0xfe, 0xc6], [Ok("000200004000000200030578"), Ok("-3.14"), Ok("-3.14")]);
    check(decimal, &[4, 0x27, 0x0f], [Ok("0002000000000002006326ac"), Ok("99.99"), Ok("99.99")]);
    check(decimal, &[4, 0x27, 0x10], [Err(Code::DecimalRange); 3]);
    check(decimal, &[0], [Err(Code::BadDecimal); 3]);
    let fixed = r#"{"type":"fixed","name":"f","size":2,"logicalType":"decimal","precision":4,"scale":2}"#;
    check(fixed, &[0xfe, 0xc6], [Ok("000200004000000200030578"), Ok("-3.14"), Ok("-3.14")]);
    let big = logical("bytes", "big-decimal");
    check(&big, &[6, 2, 1, 5], [Ok("000100000000000003e8"), Ok("1000"), Ok("1000")]);
    check(&big, &[6, 2, 15, 2], [Ok("000200000000000100011388"), Ok("1.5"), Ok("1.5")]);
    check(&big, &[2, 2], [Err(Code::BadDecimal); 3]);
    let huge = [vec![10, 2, 1], varint(16_384)].concat();
    check(&big, &huge, [Err(Code::DecimalRange); 3]);
    let uuid = logical("string", "uuid");
    let (bytes, lower) = ("abcdef00000000000000000000000000", "abcdef00-0000-0000-0000-000000000000");
    check(&uuid, &text("{ABCDEF00-0000-0000-0000-000000000000}"), [Ok(bytes), Ok(bytes), Ok(lower)]);
    check(&uuid, &text("abcd"), [Err(Code::BadUuid); 3]);
    let fixed = r#"{"type":"fixed","name":"f","size":16,"logicalType":"uuid"}"#;
    check(fixed, &[0; 16], [Ok(&"0".repeat(32)), Ok(&"0".repeat(32)), Ok("00000000-0000-0000-0000-000000000000")]);
}

#[test]
fn nested_values_are_json() {
    let json = |ty: &str, datum: &[u8], text: &str| {
        check(ty, datum, [Ok(&format!("\u{1}{text}")), Ok(text), Ok(text)]);
    };
    json(
        r#"{"type":"array","items":{"type":"enum","name":"s","symbols":["ONE","TWO"]}}"#,
        &[4, 0, 2, 0],
        r#"["ONE","TWO"]"#,
    );
    json(r#"["null",{"type":"map","values":"int"}]"#, &[2, 0], "{}");
    check(r#"["null",{"type":"map","values":"int"}]"#, &[0], [Ok("-"); 3]);
    json(r#"["null","int","string"]"#, &[2, 2], r#"{"int":1}"#);
    check(r#"["null","int","string"]"#, &[0], [Ok("-"); 3]);
    let nul = r#"["a\u0000"]"#;
    check(r#"{"type":"array","items":"string"}"#, &[2, 4, b'a', 0, 0], [Err(Code::NulInText), Ok(nul), Ok(nul)]);
}

#[test]
fn yelps_attributes_count_on_yelps_topics_only() {
    let yelp = |field: &str, datum: &[u8], expected: [Expected<'_>; 3]| check_as(Format::Yelp, field, datum, expected);
    let pg = |micros: i64| hex::encode((micros - 946_684_800_000_000).to_be_bytes());
    let name = r#"{"name":"a","type":["null","string"],"maxlen":2}"#;
    let with = |text_of: &str| [vec![2], text(text_of)].concat();
    yelp(name, &with("éé"), [Ok("éé"); 3]);
    yelp(name, &with("aaa"), [Err(Code::TooLong); 3]);
    check_as(Format::Confluent, name, &with("aaa"), [Ok("aaa"); 3]);
    yelp(r#"{"name":"a","type":"bytes","fixlen":1}"#, &[4, 1, 2], [Err(Code::TooLong); 3]);
    let datetime = r#"{"name":"a","type":"string","datetime":true,"fsp":6}"#;
    let stored = "1970-01-01 00:00:01.111111";
    yelp(datetime, &text("1970-01-01T00:00:01.111111"), [Ok(&pg(1_111_111)), Ok(stored), Ok(stored)]);
    yelp(datetime, &text("1970-01-01"), [Err(Code::BadDatetime); 3]);
    let span = r#"{"name":"a","type":["null",{"type":"long","time":true}]}"#;
    let at = |micros: i64| [vec![2], varint(micros)].concat();
    let interval = |micros: i64| format!("{}{}", hex::encode(micros.to_be_bytes()), "0".repeat(16));
    let check_span = |micros: i64, mysql: &str, sqlite: &str| {
        yelp(span, &at(micros), [Ok(&interval(micros)), Ok(mysql), Ok(sqlite)]);
    };
    check_span(0, "00:00:00.000000", "000:00:00.000000");
    check_span(-1, "-00:00:00.000001", "-000:00:00.000001");
    check_span(3_020_399_000_000, "838:59:59.000000", "838:59:59.000000");
    check_span(-3_020_399_000_000, "-838:59:59.000000", "-838:59:59.000000");
    for beyond in [3_020_399_000_001, -3_020_399_000_001, i64::MIN, i64::MAX] {
        yelp(span, &at(beyond), [Err(Code::TimeRange); 3]);
    }
    let seconds = r#"{"name":"a","type":"long","timestamp":true}"#;
    let stored = "1970-01-01 00:00:01.000000";
    yelp(seconds, &varint(1), [Ok(&pg(1_000_000)), Ok(stored), Ok(stored)]);
    yelp(r#"{"name":"a","type":"int","date":true}"#, &[0], [Ok("ffffd533"), Ok("1970-01-01"), Ok("1970-01-01")]);
    let year = r#"{"name":"a","type":"long","year":true}"#;
    yelp(year, &varint(2000), [Ok("000007d0"), Ok("d0070000"), Ok("d007000000000000")]);
    yelp(year, &varint(1 << 31), [Err(Code::IntOverflow); 3]);
    let point = r#"{"name":"a","type":"double","fixed_pt":true,"precision":5,"scale":2}"#;
    let at = |value: f64| value.to_le_bytes();
    yelp(point, &at(101.41), [Ok("000200000000000200651004"), Ok("101.41"), Ok("101.41")]);
    yelp(point, &at(-0.01), [Ok("0001ffff400000020064"), Ok("-0.01"), Ok("-0.01")]);
    yelp(point, &at(0.005), [Err(Code::DecimalInexact); 3]);
    yelp(point, &at(1000.0), [Err(Code::DecimalRange); 3]);
    yelp(point, &at(1e308), [Err(Code::DecimalRange); 3]);
    yelp(point, &at(f64::NAN), [Err(Code::DecimalInexact); 3]);
}

#[test]
fn attributes_count_wherever_they_stand_and_in_their_order() {
    let yelp = |field: &str, datum: &[u8], expected: [Expected<'_>; 3]| check_as(Format::Yelp, field, datum, expected);
    let long = [Err(Code::TooLong); 3];
    for field in [
        r#"{"name":"a","type":"string","maxlen":2}"#,
        r#"{"name":"a","type":{"type":"string","maxlen":2}}"#,
        r#"{"name":"a","type":{"type":{"type":"string"},"maxlen":2}}"#,
        r#"{"name":"a","type":{"type":{"type":"string","maxlen":2}},"doc":"x"}"#,
        // The field's own count first, then the outer ones; Yelp's before Connect's, Connect's before Avro's.
        r#"{"name":"a","type":{"type":"string","maxlen":9},"maxlen":2}"#,
        r#"{"name":"a","type":{"type":"string","maxlen":2,"connect.name":"io.debezium.data.Uuid"}}"#,
        r#"{"name":"a","type":{"type":"string","maxlen":2,"logicalType":"uuid"}}"#,
    ] {
        yelp(field, &text("ab"), [Ok("ab"); 3]);
        yelp(field, &text("abc"), long);
    }
    let union = r#"{"name":"a","type":["null",{"type":{"type":"string"},"maxlen":2}]}"#;
    yelp(union, &[vec![2], text("abc")].concat(), long);
    let pg = |micros: i64| hex::encode((micros - 946_684_800_000_000).to_be_bytes());
    let one = "1970-01-01 00:00:00.001000";
    let named = r#"{"name":"a","type":{"type":"long","logicalType":"timestamp-micros",
        "connect.name":"io.debezium.time.Timestamp"}}"#;
    check_as(Format::Confluent, named, &[2], [Ok(&pg(1_000)), Ok(one), Ok(one)]);
    // Beside the type a logical type is nothing, and that is said once.
    let beside = r#"{"name":"a","type":"long","logicalType":"timestamp-millis"}"#;
    let number = [Ok("0000000000000001"), Ok("0100000000000000"), Ok("0100000000000000")];
    check_as(Format::Yelp, beside, &[2], number);
    let shape = shape(&record(beside), &entry(Format::Yelp, Mode::Stream), Dialect::Sqlite);
    assert_eq!(shape.warnings.len(), 1, "{:?}", shape.warnings);
}

#[test]
fn the_key_is_said_by_the_record_or_by_its_fields() {
    let key = |pkey: &str, fields: &str| -> Vec<String> {
        let text = format!(r#"{{"type":"record","name":"r"{pkey},"fields":[{fields}]}}"#);
        let shape = Shape::new(source(&text), None, "r", &entry(Format::Yelp, Mode::Table), Dialect::Sqlite).unwrap();
        shape.table.columns[..shape.table.key].iter().map(|column| column.name.clone()).collect()
    };
    let field = |name: &str, pkey: &str| format!(r#"{{"name":"{name}","type":"int"{pkey}}}"#);
    let (a, b) = (field("a", r#","pkey":2"#), field("b", r#","pkey":1"#));
    assert_eq!(key("", &format!("{a},{b}")), ["b", "a"]);
    assert_eq!(key(r#","pkey":["a","b"]"#, &format!("{a},{b}")), ["a", "b"]);
    assert_eq!(key(r#","pkey":[]"#, &format!("{a},{b}")), ["b", "a"]);
    assert_eq!(key("", &format!("{},{}", field("a", r#","pkey":true"#), field("b", r#","pkey":false"#))), ["a"]);
    let inside = r#"{"name":"a","type":{"type":"int","pkey":1}}"#;
    assert_eq!(key("", inside), ["a"]);
}

#[test]
fn connects_names_count_everywhere() {
    let check = |ty: &str, datum: &[u8], expected: [Expected<'_>; 3]| {
        check_as(Format::Confluent, &format!(r#"{{"name":"a","type":{ty}}}"#), datum, expected);
    };
    let named = |base: &str, name: &str| format!(r#"{{"type":"{base}","connect.name":"{name}"}}"#);
    let stamp = |micros: i64| hex::encode((micros - 946_684_800_000_000).to_be_bytes());
    let day = [Ok("ffffd534"), Ok("1970-01-02"), Ok("1970-01-02")];
    check(&named("int", "org.apache.kafka.connect.data.Date"), &[2], day);
    check(&named("int", "io.debezium.time.Date"), &[2], day);
    let one = "1970-01-01 00:00:00.001000";
    check(&named("long", "org.apache.kafka.connect.data.Timestamp"), &[2], [Ok(&stamp(1_000)), Ok(one), Ok(one)]);
    check(&named("long", "io.debezium.time.Timestamp"), &[2], [Ok(&stamp(1_000)), Ok(one), Ok(one)]);
    let one = "1970-01-01 00:00:00.000001";
    check(&named("long", "io.debezium.time.MicroTimestamp"), &[2], [Ok(&stamp(1)), Ok(one), Ok(one)]);
    let nano = named("long", "io.debezium.time.NanoTime");
    check(&nano, &varint(1_000), [Ok("0000000000000001"), Ok("00:00:00.000001"), Ok("00:00:00.000001")]);
    check(&nano, &varint(1_001), [Err(Code::SubMicrosecond); 3]);
    check(&nano, &varint(86_400_000_000_000), [Err(Code::TimeRange); 3]);
    let zoned = named("string", "io.debezium.time.ZonedTimestamp");
    check(&zoned, &text("1970-01-01T01:00:00.000001+01:00"), [Ok(&stamp(1)), Ok(one), Ok(one)]);
    check(&zoned, &text("1970-01-01T01:00:00"), [Err(Code::BadDatetime); 3]);
    let json = named("string", "io.debezium.data.Json");
    check(&json, &text("{\"a\": 1}"), [Ok("\u{1}{\"a\": 1}"), Ok("{\"a\": 1}"), Ok("{\"a\": 1}")]);
    check(&json, &text("{"), [Err(Code::BadJson); 3]);
    let decimal = r#"{"type":"bytes","scale":2,"precision":64,"connect.parameters":{"scale":"2","connect.decimal.precision":"5"},
        "connect.name":"org.apache.kafka.connect.data.Decimal"}"#;
    check(decimal, &[2, 1], [Ok("0001ffff000000020064"), Ok("0.01"), Ok("0.01")]);
    let scaled = r#"{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[
        {"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#;
    check(scaled, &[2, 2, 15], [Ok("000200000000000100011388"), Ok("1.5"), Ok("1.5")]);
    check(
        &named("long", "io.debezium.time.Date"),
        &[2],
        [Ok("0000000000000001"), Ok("0100000000000000"), Ok("0100000000000000")],
    );
}
