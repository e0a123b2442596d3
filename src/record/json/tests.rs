use super::super::schema::Schema;
use super::*;

/// The JSON of a datum of the one field `a` of this type.
fn json(ty: &str, datum: &[u8], nul: bool) -> Result<String, Code> {
    let text = format!(r#"{{"type":"record","name":"r","namespace":"n","fields":[{{"name":"a","type":{ty}}}]}}"#);
    let schema = Schema::parse(&text).unwrap();
    let (mut reader, mut out) = (Reader::new(datum), Vec::new());
    Renderer::new(&schema.records, Texts { no_nul: !nul, doubles: false }, 0).value(
        &schema.top().fields[0].ty,
        &mut reader,
        &mut out,
        0,
    )?;
    reader.end()?;
    Ok(String::from_utf8(out).unwrap())
}

fn logical(base: &str, name: &str) -> String {
    format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#)
}

fn varint(value: i64) -> Vec<u8> {
    let (mut rest, mut out) = ((value << 1 ^ value >> 63) as u64, Vec::new());
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out
}

#[test]
fn scalars_have_one_text_each() {
    let check = |ty: &str, datum: &[u8], expected: &str| assert_eq!(json(ty, datum, true).unwrap(), expected, "{ty}");
    check(r#""null""#, &[], "null");
    check(r#""boolean""#, &[1], "true");
    check(r#""int""#, &varint(-5), "-5");
    check(r#""long""#, &varint(i64::MAX), "9223372036854775807");
    check(r#""double""#, &1.0f64.to_le_bytes(), "1.0");
    check(r#""double""#, &0.1f64.to_le_bytes(), "0.1");
    check(r#""double""#, &1e300f64.to_le_bytes(), "1e300");
    check(r#""double""#, &5e-324f64.to_le_bytes(), "5e-324");
    check(r#""double""#, &f64::NAN.to_le_bytes(), r#""NaN""#);
    check(r#""double""#, &f64::NEG_INFINITY.to_le_bytes(), r#""-Infinity""#);
    check(r#""float""#, &0.1f32.to_le_bytes(), "0.1");
    check(r#""float""#, &f32::INFINITY.to_le_bytes(), r#""Infinity""#);
    check(r#""bytes""#, &[4, 0xab, 0x00], r#""ab00""#);
}

#[test]
fn strings_are_escaped_and_nothing_more() {
    let check = |text: &str, expected: &str| {
        let datum = [varint(text.len() as i64), text.as_bytes().to_vec()].concat();
        assert_eq!(json(r#""string""#, &datum, true).unwrap(), expected);
        assert_eq!(serde_json::from_str::<String>(expected).unwrap(), text);
    };
    check("", r#""""#);
    check("a\"b\\c", r#""a\"b\\c""#);
    check("\n\r\t\u{8}\u{c}\u{1}\u{1f}\0", r#""\n\r\t\b\f\u0001\u001f\u0000""#);
    check("é😀/", r#""é😀/""#);
    assert_eq!(json(r#""string""#, &[2, 0], false), Err(Code::NulInText));
}

#[test]
fn logical_types_have_their_text() {
    let check = |ty: &str, datum: &[u8], expected: &str| assert_eq!(json(ty, datum, true).unwrap(), expected, "{ty}");
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
    check(decimal, &[4, 0x27, 0x9c], r#""101.40""#);
    check(&logical("bytes", "big-decimal"), &[6, 2, 0x0f, 1], r#""150""#);
    check(&logical("int", "date"), &varint(19_724), r#""2024-01-02""#);
    check(&logical("int", "date"), &varint(2_932_897), r#""+010000-01-01""#);
    check(&logical("int", "date"), &varint(-719_529), r#""-000001-12-31""#);
    check(&logical("int", "time-millis"), &varint(11_045_006), r#""03:04:05.006""#);
    check(&logical("long", "time-micros"), &varint(11_045_000_006), r#""03:04:05.000006""#);
    check(&logical("long", "timestamp-millis"), &varint(-1), r#""1969-12-31T23:59:59.999Z""#);
    check(&logical("long", "timestamp-micros"), &varint(6), r#""1970-01-01T00:00:00.000006Z""#);
    check(&logical("long", "timestamp-nanos"), &varint(6), r#""1970-01-01T00:00:00.000000006Z""#);
    check(&logical("long", "local-timestamp-nanos"), &varint(-1), r#""1969-12-31T23:59:59.999999999""#);
    check(&logical("long", "timestamp-millis"), &varint(i64::MAX), r#""+292278994-08-17T07:12:55.807Z""#);
    let duration = r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#;
    check(duration, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0], r#""P1M2DT0.003S""#);
    let text = "\u{48}00010203-0405-0607-0809-0A0B0C0D0E0F";
    check(&logical("string", "uuid"), text.as_bytes(), r#""00010203-0405-0607-0809-0a0b0c0d0e0f""#);
    assert_eq!(json(&logical("int", "time-millis"), &varint(86_400_000), true), Err(Code::TimeRange));
    assert_eq!(json(decimal, &[0], true), Err(Code::BadDecimal));
}

#[test]
fn containers_keep_their_order() {
    let check = |ty: &str, datum: &[u8], expected: &str| assert_eq!(json(ty, datum, true).unwrap(), expected, "{ty}");
    check(r#"{"type":"array","items":"int"}"#, &[4, 2, 4, 2, 6, 0], "[1,2,3]");
    check(r#"{"type":"array","items":"int"}"#, &[0], "[]");
    let map = r#"{"type":"map","values":"int"}"#;
    check(map, b"\x06\x02b\x02\x02a\x04\x04\xc3\xa9\x06\x00", r#"{"a":2,"b":1,"é":3}"#);
    assert_eq!(json(map, b"\x04\x02a\x02\x02a\x04\x00", true), Err(Code::MapDuplicateKey));
    let union = r#"["null","long",{"type":"record","name":"Click","namespace":"com.acme","fields":[
        {"name":"x","type":["null","int"]}]}]"#;
    check(union, &[0], "null");
    check(union, &[2, 10], r#"{"long":5}"#);
    check(union, &[4, 2, 2], r#"{"com.acme.Click":{"x":1}}"#);
    check(r#"["int"]"#, &[0, 2], "1");
    check(r#"{"type":"record","name":"empty","fields":[]}"#, &[], "{}");
}

#[test]
fn depth_is_limited_and_so_is_what_takes_no_bytes() {
    let list = r#"{"type":"record","name":"list","fields":[{"name":"next","type":["null","list"]}]}"#;
    let nested = |depth: usize| [vec![2; depth - 1], vec![0]].concat();
    assert_eq!(json(list, &nested(30), true).unwrap().matches('{').count(), 30);
    assert_eq!(json(list, &nested(31), true), Err(Code::TooDeep));
    assert_eq!(json(list, &nested(20_000), true), Err(Code::TooDeep));
    let twice = |name: &str, inner: &str| {
        let next = format!("n{name}");
        format!(
            r#"{{"type":"record","name":"{next}","fields":[{{"name":"a","type":{inner}}},{{"name":"b","type":"{}"}}]}}"#,
            if name.len() == 1 { "null".into() } else { format!("n{}", &name[1..]) }
        )
    };
    let mut bomb = twice("x", r#""null""#);
    for depth in 2..25 {
        bomb = twice(&"x".repeat(depth), &bomb);
    }
    assert_eq!(json(&bomb, &[], true), Err(Code::TooManyItems));
}

#[test]
fn json_texts_are_checked() {
    let check = |text: &str, expected| {
        assert_eq!(super::check(text, Texts { no_nul: true, doubles: false }), expected, "{text}")
    };
    check(r#"{"a":[1,2.5e3,null,"x"]}"#, Ok(()));
    check(r#"{"a":"[{\"\\"}"#, Ok(()));
    check("", Err(Code::BadJson));
    check("{", Err(Code::BadJson));
    check("NaN", Err(Code::BadJson));
    check(r#""\ud800""#, Err(Code::BadJson));
    check(r#""\u0000""#, Err(Code::NulInText));
    check(r#""\\u0000""#, Ok(()));
    check(&format!("{}{}", "[".repeat(30), "]".repeat(30)), Ok(()));
    check(&format!("{}{}", "[".repeat(31), "]".repeat(31)), Err(Code::TooDeep));
    assert_eq!(super::check(r#""\u0000""#, Texts::default()), Ok(()));
}

#[test]
fn numbers_that_a_double_does_not_keep_are_refused_where_they_become_one() {
    let check = |number: &str, expected| {
        let text = format!(r#"{{"a {number}":[{number} , {{"b":{number}}},{number}]}}"#);
        assert_eq!(super::check(&text, Texts { no_nul: false, doubles: true }), expected, "{text}");
        assert_eq!(super::check(number, Texts { no_nul: false, doubles: true }), expected, "{number}");
        assert_eq!(super::check(&text, Texts::default()), Ok(()), "{text}");
    };
    for exact in [
        "0",
        "-0",
        "-0.0",
        "1.50",
        "0.1",
        "-2.5E-3",
        "18446744073709551615",
        "-9223372036854775808",
        "1e+2",
        "0e9",
        "100000000000000000000",
        "1.7976931348623157e308",
        "5e-324",
        "0.30000000000000004",
        "12345678901234567e3",
    ] {
        check(exact, Ok(()));
    }
    for rounded in [
        "18446744073709551616.5",
        "18446744073709551617",
        "-9223372036854775809",
        "0.1000000000000000055511151231257827",
        "1e-400",
        "1.5e-9223372036854775808",
        "1.00000000000000000001",
        "9007199254740993.0",
    ] {
        check(rounded, Err(Code::BadJson));
    }
}
