//! Values: 59 to 72 and 81, 82.

use super::{Fate, Part, by, dead, json, row, schema};
use crate::support::avro::{confluent, double, long, text};
use crate::support::{Kind, Raw};

pub fn parts(kind: Kind) -> Vec<Part> {
    [texts(kind), numbers(kind), times(kind), uuids(kind), around(kind)].concat()
}

fn texts(kind: Kind) -> Vec<Part> {
    let json_text = r#"{"type":"string","connect.name":"io.debezium.data.Json"}"#;
    let nul = dead("nul_in_text");
    vec![
        Part::of(59, "U+0000 in a string", r#""string""#)
            .datum(text("a\0b"), by(kind, nul.clone(), row("a\0b"), row("a\0b")))
            .datum(text("ab"), row("ab")),
        Part::of(60, "a JSON text with U+0000", json_text)
            .select(json(kind))
            .datum(text(r#""\u0000""#), by(kind, nul, row(r#""\u0000""#), row(r#""\u0000""#))),
        Part::of(60, "a JSON text with half a pair, NaN, a comma too many", json_text)
            .select(json(kind))
            .datum(text(r#""\ud800""#), dead("bad_json"))
            .datum(text("NaN"), dead("bad_json"))
            .datum(text("[1,]"), dead("bad_json"))
            .datum(text("[1]"), row("[1]")),
    ]
}

fn numbers(kind: Kind) -> Vec<Part> {
    let float = |value: f32| value.to_le_bytes().to_vec();
    let finite = |shown: &str| by(kind, row(shown), dead("not_finite"), row(shown));
    let decimal = |precision: u32, scale: u32| {
        format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#)
    };
    let bytes = |value: i128| text(value.to_be_bytes());
    let wide = |value: i128| text([&[if value < 0 { 0xff } else { 0 }; 4][..], &value.to_be_bytes()].concat());
    let big = |unscaled: i128, scale: i64| text([bytes(unscaled), long(scale)].concat());
    let digits = "9".repeat(38);
    let zero = row(by(kind, "-0", "0", "0"));
    vec![
        Part::of(61, "doubles that are no numbers", r#""double""#)
            .datum(double(f64::NAN), by(kind, row("NaN"), dead("not_finite"), dead("not_finite")))
            .datum(double(f64::INFINITY), finite("inf"))
            .datum(double(f64::NEG_INFINITY), finite("-inf"))
            .datum(double(1.5), row("1.5")),
        Part::of(62, "doubles at the ends", r#""double""#)
            .select(by(kind, "a", "abs(a)", "abs(a)"))
            .datum(double(-0.0), zero)
            .datum(double(5e-324), row(5e-324f64.to_string()))
            .datum(double(f64::MAX), row(f64::MAX.to_string())),
        Part::of(62, "floats at the ends", r#""float""#)
            .select(by(kind, "a::float8", "a", "a"))
            .datum(float(16_777_216.0), row("16777216"))
            .datum(float(f32::MIN_POSITIVE), row(f64::from(f32::MIN_POSITIVE).to_string())),
        Part::with(63, "a long declared unsigned", &schema(r#"{"name":"a","type":"long","unsigned":true}"#))
            .datum(long(-1), row("-1"))
            .datum(long(i64::MIN), row(i64::MIN.to_string())),
        Part::of(64, "a decimal of more digits than declared", &decimal(9, 2))
            .datum(bytes(999_999_999), row("9999999.99"))
            .datum(bytes(1_000_000_000), dead("decimal_range"))
            .datum(bytes(-1_000_000_000), dead("decimal_range")),
        Part::of(64, "a decimal of any scale", r#"{"type":"bytes","logicalType":"big-decimal"}"#)
            .datum(big(101_400, 3), row("101.400"))
            .datum(big(1, -3), row("1000"))
            .datum(big(1, 20_000), dead("decimal_range")),
        Part::of(65, "a decimal without bytes, and of twenty", &decimal(38, 0))
            .datum(text([]), dead("bad_decimal"))
            .datum(wide(-5), row("-5"))
            .datum(wide(digits.parse().expect("38 digits")), row(digits.clone()))
            .datum(text([0x7f; 20]), dead("decimal_range")),
    ]
}

fn times(kind: Kind) -> Vec<Part> {
    let logical = |base: &str, name: &str| format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#);
    let (range, date_range, time_range) = (dead("timestamp_range"), dead("date_range"), dead("time_range"));
    let postgres = |shown: &str| by(kind, row(shown), range.clone(), range.clone());
    let date = |shown: &str| by(kind, row(shown), date_range.clone(), date_range.clone());
    let (year_0, year_1, year_10000) = (-62_167_219_200_000, -62_135_596_800_000, 253_402_300_800_000);
    let micros = row("03:04:05.000006").clone();
    let duration = r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#;
    let [months, days, millis] = [1u32, 2, 3].map(u32::to_le_bytes);
    vec![
        Part::of(66, "milliseconds far away", &logical("long", "timestamp-millis"))
            .select(by(kind, "(a AT TIME ZONE 'UTC')::text", "a", "a"))
            .datum(long(year_0), postgres("0001-01-01 00:00:00 BC"))
            .datum(
                long(year_1),
                row(by(kind, "0001-01-01 00:00:00", "0001-01-01 00:00:00.000000", "0001-01-01 00:00:00.000000")),
            )
            .datum(long(year_10000), postgres("10000-01-01 00:00:00"))
            .datum(long(i64::MAX), range.clone())
            .datum(long(i64::MIN), range.clone()),
        Part::of(66, "microseconds far away", &logical("long", "timestamp-micros"))
            .select(by(kind, "(a AT TIME ZONE 'UTC')::text", "a", "a"))
            .datum(long(i64::MAX), postgres("294247-01-10 04:00:54.775807"))
            .datum(long(i64::MIN), range.clone()),
        Part::of(67, "before 1970 and behind 2038", &logical("long", "timestamp-millis"))
            .datum(long(-1), row("1969-12-31 23:59:59.999000"))
            .datum(long(4_102_444_800_000), row("2100-01-01 00:00:00.000000")),
        Part::of(68, "dates far away", &logical("int", "date"))
            .datum(long(i64::from(i32::MAX)), date_range.clone())
            .datum(long(i64::from(i32::MIN)), date_range.clone())
            .datum(long(2_932_896), row("9999-12-31"))
            .datum(long(2_932_897), date("10000-01-01")),
        Part::of(69, "milliseconds of no day", &logical("int", "time-millis"))
            .datum(long(86_400_000), time_range.clone())
            .datum(long(-1), time_range.clone())
            .datum(long(86_399_999), row(by(kind, "23:59:59.999", "23:59:59.999000", "23:59:59.999000"))),
        Part::of(69, "microseconds of no day", &logical("long", "time-micros"))
            .datum(long(86_400_000_000), time_range)
            .datum(long(11_045_000_006), micros),
        Part::of(70, "a duration", duration).datum(
            [months, days, millis].concat(),
            row(by(kind, "1 mon 2 days 00:00:00.003", "P1M2DT0.003S", "P1M2DT0.003S")),
        ),
        Part::of(70, "a duration of more months than an interval has", duration).datum(
            [[0xff; 4], [0; 4], [0; 4]].concat(),
            by(kind, dead("interval_range"), row("P4294967295M0DT0.000S"), row("P4294967295M0DT0.000S")),
        ),
        Part::of(70, "local microseconds", &logical("long", "local-timestamp-micros"))
            .datum(long(1), row("1970-01-01 00:00:00.000001")),
        Part::of(70, "nanoseconds", &logical("long", "timestamp-nanos"))
            .datum(long(i64::MAX), row(i64::MAX.to_string())),
        Part::of(70, "local nanoseconds", &logical("long", "local-timestamp-nanos")).datum(long(-1), row("-1")),
    ]
}

fn uuids(kind: Kind) -> Vec<Part> {
    let plain = "ab010203-0405-0607-0809-0a0b0c0d0e0f";
    let nil = "00000000-0000-0000-0000-000000000000";
    let bad = || dead("bad_uuid");
    let stored = || row(plain.replace('-', ""));
    let identity = "format: confluent, mode: stream, metadata: [partition, offset], unique: uuid, uuid: 'field:a'";
    let ty = r#"{"type":"string","logicalType":"uuid"}"#;
    // Bytes on one database are a uuid or a text on another: the digits alone count.
    let select = by(kind, "replace(a::text, '-', '')", "lower(hex(a))", "replace(a, '-', '')");
    let digits = |part: Part| part.select(select);
    vec![
        digits(Part::of(71, "uuids in every spelling", ty))
            .datum(text("abcd"), bad())
            .datum(text(""), bad())
            .datum(text(plain), stored())
            .datum(text(plain.to_uppercase()), stored())
            .datum(text(format!("{{{plain}}}")), stored())
            .datum(text(format!("urn:uuid:{plain}")), bad())
            .datum(text(plain.replace('-', "")), bad())
            .datum(text(nil), row(nil.replace('-', "")))
            .datum(text(&plain[..15]), bad()),
        digits(Part::of(71, "the nil uuid as a row's identity", ty))
            .entry(identity)
            .datum(text(nil), bad())
            .datum(text(plain), stored())
            .datum(text(plain.to_uppercase()), Fate::Gone),
    ]
}

fn around(kind: Kind) -> Vec<Part> {
    let int = |number, what: &str| Part::of(number, what, r#""int""#);
    let value = |n: i64| Raw::value(confluent(super::ID, &long(n)));
    let header = |name: &str, size: usize| (name.to_owned(), Some(vec![b'x'; size]));
    let many = (0..10_000).map(|n| header(&format!("h{n}"), 8)).collect();
    let large = vec![header("large", 1 << 20)];
    let odd = vec![(not_utf8(b"n\xff").to_owned(), None), header("", 0)];
    let late = "9223372036854775807";
    let at = |timestamp| Raw { timestamp: Some(timestamp), ..value(1) };
    let all = "format: confluent, mode: stream, metadata: [partition, offset, headers]";
    let count = by(kind, "jsonb_array_length", "json_length", "json_array_length");
    vec![
        int(81, "ten thousand headers").raw(Raw { headers: many, ..value(1) }, row("1")),
        int(81, "a header of 1 MiB")
            .property("max.message.bytes", "25000000")
            .raw(Raw { headers: large.clone(), ..value(1) }, row("1")),
        int(81, "a header whose name is no UTF-8")
            .entry(all)
            .select(&format!("a, {count}(_sink_headers)"))
            .raw(Raw { headers: odd, ..value(1) }, row("1|2")),
        int(82, "times before and far behind ours")
            .property("message.timestamp.before.max.ms", late)
            .property("message.timestamp.after.max.ms", late)
            .entry("format: confluent, mode: stream, metadata: [partition, offset, timestamp]")
            .select("a, CASE WHEN _sink_timestamp IS NULL THEN 1 ELSE 0 END")
            .raw(at(1), row("1|0"))
            .raw(at(i64::MAX), row("1|1")),
    ]
}

/// A header's name as other producers can send it; rdkafka only copies its bytes.
#[allow(unsafe_code, reason = "there is no other way to send one")]
fn not_utf8(name: &'static [u8]) -> &'static str {
    unsafe { std::str::from_utf8_unchecked(name) }
}
