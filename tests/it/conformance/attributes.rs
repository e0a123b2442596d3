//! Types that a field's attributes refine: those of Debezium, Kafka Connect and Yelp.

use super::Group;
use super::messages::{boolean, decimal, items};
use super::types::Case;
use crate::support::avro::{double, long, record, text};

pub fn groups() -> Vec<Group> {
    let group = |title, cases: Vec<Case>| Group { title, scenarios: cases.into_iter().map(Case::scenario).collect() };
    vec![
        group(
            "Types of Debezium and Kafka Connect",
            debezium_times().into_iter().chain(debezium()).chain(connect()).collect(),
        ),
        group("Types of Yelp", yelp()),
    ]
}

fn debezium_times() -> Vec<Case> {
    let of = |name, avro| Case::new(name, "Debezium type matrix: io.debezium.time", avro);
    let noon = ["12:00:00", "12:00:00.000000", "12:00:00.000000"];
    vec![
        of("Debezium's Date is a date", r#"{"type":"int","connect.version":1,"connect.name":"io.debezium.time.Date"}"#)
            .all(long(19_782), "2024-02-29")
            .all(long(-719_162), "0001-01-01"),
        of("Debezium's Time is a time", r#"{"type":"int","connect.name":"io.debezium.time.Time"}"#)
            .each(long(43_200_000), noon[0], noon[1], noon[2])
            .dead(long(86_400_000), "time_range"),
        of("Debezium's MicroTime is a time", r#"{"type":"long","connect.name":"io.debezium.time.MicroTime"}"#)
            .each(long(43_200_000_000), noon[0], noon[1], noon[2])
            .all(long(86_399_999_999), "23:59:59.999999"),
        of("Debezium's NanoTime is a time", r#"{"type":"long","connect.name":"io.debezium.time.NanoTime"}"#)
            .each(long(43_200_000_000_000), noon[0], noon[1], noon[2])
            .all(long(1000), "00:00:00.000001")
            .dead(long(1001), "sub_microsecond"),
        of("Debezium's Timestamp has no zone", r#"{"type":"long","connect.name":"io.debezium.time.Timestamp"}"#)
            .all(long(1_719_836_130_123), "2024-07-01 12:15:30.123000")
            .all(long(-1), "1969-12-31 23:59:59.999000"),
        of(
            "Debezium's MicroTimestamp has no zone",
            r#"{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}"#,
        )
        .all(long(1_719_836_130_123_456), "2024-07-01 12:15:30.123456")
        .dead(long(i64::MIN), "timestamp_range"),
        of(
            "Debezium's NanoTimestamp is a number",
            r#"{"type":"long","connect.name":"io.debezium.time.NanoTimestamp"}"#,
        )
        .all(long(1_719_836_130_123_456_789), 1_719_836_130_123_456_789_i64),
        of(
            "Debezium's ZonedTimestamp is an instant",
            r#"{"type":"string","connect.name":"io.debezium.time.ZonedTimestamp"}"#,
        )
        .all(text("2024-07-01T12:15:30.123456Z"), "2024-07-01 12:15:30.123456")
        .all(text("2024-07-01T12:15:30+02:00"), "2024-07-01 10:15:30.000000")
        .dead(text("2024-07-01T12:15:30.1234567Z"), "sub_microsecond")
        .dead(text("yesterday"), "bad_datetime"),
        of("Debezium's ZonedTime is a text", r#"{"type":"string","connect.name":"io.debezium.time.ZonedTime"}"#)
            .all(text("12:15:30+02:00"), "12:15:30+02:00"),
        of("Debezium's Interval is a text", r#"{"type":"string","connect.name":"io.debezium.time.Interval"}"#)
            .all(text("P1Y2M3DT4H5M6.78S"), "P1Y2M3DT4H5M6.78S"),
        of(
            "Debezium's MicroDuration is a number",
            r#"{"type":"long","connect.name":"io.debezium.time.MicroDuration"}"#,
        )
        .all(long(i64::MAX), i64::MAX),
        of("Debezium's Year is a number", r#"{"type":"int","connect.name":"io.debezium.time.Year"}"#)
            .all(long(2000), 2000)
            .all(long(0), 0),
    ]
}

fn debezium() -> Vec<Case> {
    let of = |name, avro| Case::new(name, "Debezium type matrix: io.debezium.data", avro);
    vec![
        of("Debezium's Uuid is a uuid", r#"{"type":"string","connect.name":"io.debezium.data.Uuid"}"#)
            .each(
                text("0d9c3a52-2c1b-4f0e-8a55-0123456789ab"),
                "0d9c3a52-2c1b-4f0e-8a55-0123456789ab",
                "\\x0d9c3a522c1b4f0e8a550123456789ab",
                "0d9c3a52-2c1b-4f0e-8a55-0123456789ab",
            )
            .dead(text("none"), "bad_uuid"),
        of("Debezium's Json is JSON", r#"{"type":"string","connect.name":"io.debezium.data.Json"}"#)
            .all(text(r#"{"b": [1, 2.5, null], "a": "ü"}"#), r#"{"a":"ü","b":[1,2.5,null]}"#)
            .all(text("[]"), "[]")
            .dead(text("{"), "bad_json")
            .dead(text(""), "bad_json"),
        of("Debezium's Bits are bytes", r#"{"type":"bytes","connect.name":"io.debezium.data.Bits","connect.parameters":{"length":"10"}}"#)
            .all(text([0xff, 0x03]), "\\xff03"),
        of("a boolean of Debezium is one", r#""boolean""#).all(boolean(true), 1),
        of("Debezium's Enum is a text", r#"{"type":"string","connect.name":"io.debezium.data.Enum","connect.parameters":{"allowed":"a,b"}}"#)
            .all(text("b"), "b")
            .all(text(""), ""),
        of("Debezium's EnumSet is a text", r#"{"type":"string","connect.name":"io.debezium.data.EnumSet"}"#)
            .all(text("a,b"), "a,b"),
        of("Debezium's Xml is a text", r#"{"type":"string","connect.name":"io.debezium.data.Xml"}"#)
            .all(text("<a b='c'>&amp;</a>"), "<a b='c'>&amp;</a>"),
        of("Debezium's Ltree is a text", r#"{"type":"string","connect.name":"io.debezium.data.Ltree"}"#)
            .all(text("Top.Science"), "Top.Science"),
        of(
            "Debezium's VariableScaleDecimal is a number",
            r#"{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","connect.name":"io.debezium.data.VariableScaleDecimal",
            "fields":[{"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#,
        )
        .all(record(&[long(3), decimal(123_456)]), "123.456")
        .all(record(&[long(0), decimal(-7)]), "-7"),
    ]
}

fn connect() -> Vec<Case> {
    let of = |name, avro| Case::new(name, "Confluent PostgresSinkDialect: all types", avro);
    vec![
        of(
            "Connect's Decimal has the scale of its parameters",
            r#"{"type":"bytes","connect.version":1,"connect.parameters":{"scale":"2"},"connect.name":"org.apache.kafka.connect.data.Decimal"}"#,
        )
        .all(decimal(10_140), "101.40")
        .all(decimal(-1), "-0.01"),
        of(
            "Connect's Decimal may say its precision",
            r#"{"type":"bytes","scale":3,"precision":5,"connect.parameters":{"scale":"3","connect.decimal.precision":"5"},
            "connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}"#,
        )
        .all(decimal(99_999), "99.999")
        .dead(decimal(100_000), "decimal_range"),
        of("Connect's Date is a date", r#"{"type":"int","connect.name":"org.apache.kafka.connect.data.Date"}"#)
            .all(long(19_782), "2024-02-29"),
        of("Connect's Time is a time", r#"{"type":"int","connect.name":"org.apache.kafka.connect.data.Time"}"#)
            .each(long(43_200_000), "12:00:00", "12:00:00.000000", "12:00:00.000000"),
        of("Connect's Timestamp is an instant", r#"{"type":"long","connect.name":"org.apache.kafka.connect.data.Timestamp"}"#)
            .all(long(1_719_836_130_123), "2024-07-01 12:15:30.123000"),
    ]
}

fn yelp() -> Vec<Case> {
    let of = |name, avro| Case::new(name, "Yelp MySQL streamer: complex table", avro);
    vec![
        of("Yelp's maxlen counts characters", r#""string""#)
            .attributes(r#","maxlen":3"#)
            .all(text("Zoë"), "Zoë")
            .all(text("😀😀😀"), "😀😀😀")
            .all(text(""), "")
            .all(text("ab "), "ab ")
            .dead(text("four"), "too_long")
            .dead(text("abc "), "too_long"),
        of("Yelp's fixlen pads nothing", r#""string""#)
            .attributes(r#","fixlen":4"#)
            .all(text("ab"), "ab")
            .all(text("abcd"), "abcd")
            .dead(text("abcde"), "too_long"),
        of("Yelp's maxlen of bytes counts bytes", r#""bytes""#)
            .attributes(r#","maxlen":2"#)
            .all(text([0, 1]), "\\x0001")
            .dead(text([0, 1, 2]), "too_long"),
        of("Yelp's fixed_pt double is a decimal", r#""double""#)
            .attributes(r#","fixed_pt":true,"precision":6,"scale":2"#)
            .all(double(101.41), "101.41")
            .all(double(-0.5), "-0.50")
            .dead(double(0.125), "decimal_inexact")
            .dead(double(1e9), "decimal_range"),
        of("Yelp's datetime is a timestamp without a zone", r#""string""#)
            .attributes(r#","datetime":true"#)
            .all(text("2013-01-01T05:00:00"), "2013-01-01 05:00:00.000000")
            .all(text("2013-01-01T05:00:00.120000"), "2013-01-01 05:00:00.120000")
            .dead(text("2013-13-01T05:00:00"), "bad_datetime"),
        of("Yelp's timestamp is an instant in seconds", r#""long""#)
            .attributes(r#","timestamp":true"#)
            .all(long(2_147_483_647), "2038-01-19 03:14:07.000000"),
        of("Yelp's date is a date", r#""int""#).attributes(r#","date":true"#).all(long(-25_202), "1901-01-01"),
        of("Yelp's year is a number", r#""long""#).attributes(r#","year":true"#).all(long(2000), 2000),
        of("Yelp's unsigned numbers are numbers", r#""long""#)
            .attributes(r#","unsigned":true"#)
            .all(long(4_294_967_295), 4_294_967_295_i64),
        of(
            "Yelp's SET is an array in JSON",
            r#"{"type":"array","items":{"type":"enum","name":"options","symbols":["ONE","TWO"]}}"#,
        )
        .all(items(&[long(1), long(0)]), r#"["TWO","ONE"]"#)
        .all(items(&[]), "[]"),
    ]
}
