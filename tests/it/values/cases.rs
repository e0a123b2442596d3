//! The cases: a type, a value's bytes, what each database shows of it or why it becomes a dead letter.

use num_bigint::BigInt;

use crate::support::avro::{double, long, text};

/// What PostgreSQL (as `::text`), MySQL and SQLite show, or the reason.
pub type Want = [Result<String, &'static str>; 3];

pub struct Case {
    /// The type as JSON.
    pub ty: &'static str,
    /// Attributes of the field, with a comma in front.
    pub more: &'static str,
    pub datum: Vec<u8>,
    pub want: Want,
    /// Whether values of this type can be keys.
    pub is_key: bool,
}

fn each(postgres: &str, mysql: &str, sqlite: &str) -> Want {
    [postgres, mysql, sqlite].map(|text| Ok(text.to_owned()))
}

fn all_are(text: &str) -> Want {
    each(text, text, text)
}

fn dead(reason: &'static str) -> Want {
    [Err(reason), Err(reason), Err(reason)]
}

/// PostgreSQL holds it, the others do not.
fn only_postgres(text: &str, reason: &'static str) -> Want {
    [Ok(text.to_owned()), Err(reason), Err(reason)]
}

/// The cases of one type, one line each.
struct Of<'a>(&'a mut Vec<Case>, &'static str, &'static str, bool);

impl Of<'_> {
    fn is(&mut self, datum: impl Into<Vec<u8>>, want: Want) -> &mut Self {
        self.0.push(Case { ty: self.1, more: self.2, datum: datum.into(), want, is_key: self.3 });
        self
    }
}

/// Bytes of a decimal: the shortest two's complement, behind their length.
fn unscaled(digits: &str) -> Vec<u8> {
    text(digits.parse::<BigInt>().expect("digits").to_signed_bytes_be())
}

/// Avro's big-decimal.
fn big(digits: &str, scale: i64) -> Vec<u8> {
    text([unscaled(digits), long(scale)].concat())
}

fn hex(bytes: &[u8]) -> String {
    format!("\\x{}", hex::encode(bytes))
}

const DATE: &str = r#"{"type":"int","logicalType":"date"}"#;
const TIME: &str = r#"{"type":"long","logicalType":"time-micros"}"#;
const TIME_MILLIS: &str = r#"{"type":"int","logicalType":"time-millis"}"#;
const STAMP: &str = r#"{"type":"long","logicalType":"timestamp-micros"}"#;
const STAMP_MILLIS: &str = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
const LOCAL: &str = r#"{"type":"long","logicalType":"local-timestamp-micros"}"#;
const LOCAL_MILLIS: &str = r#"{"type":"long","logicalType":"local-timestamp-millis"}"#;
const NANOS: &str = r#"{"type":"long","logicalType":"timestamp-nanos"}"#;
const LOCAL_NANOS: &str = r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#;
const DURATION: &str = r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#;
const UUID: &str = r#"{"type":"string","logicalType":"uuid"}"#;
const FIXED_UUID: &str = r#"{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}"#;
const D10_2: &str = r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}"#;
const D4_4: &str = r#"{"type":"fixed","name":"f","size":2,"logicalType":"decimal","precision":4,"scale":4}"#;
const D38: &str = r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}"#;
const D65: &str = r#"{"type":"bytes","logicalType":"decimal","precision":65,"scale":30}"#;
const D66: &str = r#"{"type":"bytes","logicalType":"decimal","precision":66,"scale":0}"#;
const D76: &str = r#"{"type":"bytes","logicalType":"decimal","precision":76,"scale":38}"#;
const D5000: &str = r#"{"type":"bytes","logicalType":"decimal","precision":5000,"scale":2000}"#;
const BIG: &str = r#"{"type":"bytes","logicalType":"big-decimal"}"#;
const ENUM: &str = r#"{"type":"enum","name":"e","symbols":["ONE","2 x","","é😀"]}"#;
const F3: &str = r#"{"type":"fixed","name":"f","size":3}"#;
const F300: &str = r#"{"type":"fixed","name":"f","size":300}"#;
const NUMBERS: &str = r#"{"type":"array","items":"long"}"#;
const MAP: &str = r#"{"type":"map","values":["null","string","double"]}"#;
const RECORD: &str = r#"{"type":"record","name":"r","fields":[{"name":"b","type":"bytes"},{"name":"d","type":
    {"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},{"name":"t","type":{"type":"long","logicalType":"timestamp-nanos"}}]}"#;

/// All of them.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    numbers(&mut cases);
    texts(&mut cases);
    decimals(&mut cases);
    times(&mut cases);
    uuids(&mut cases);
    nested(&mut cases);
    of_yelp(&mut cases);
    of_connect(&mut cases);
    cases
}

fn numbers(cases: &mut Vec<Case>) {
    Of(cases, "\"boolean\"", "", true)
        .is([1], each("true", "1", "1"))
        .is([0], each("false", "0", "0"))
        .is([2], dead("bad_bool"));
    Of(cases, "\"int\"", "", true)
        .is(long(0), all_are("0"))
        .is(long(i32::MIN.into()), all_are("-2147483648"))
        .is(long(i32::MAX.into()), all_are("2147483647"))
        .is(long(1 << 31), dead("int_overflow"));
    Of(cases, "\"long\"", "", true)
        .is(long(i64::MIN), all_are("-9223372036854775808"))
        .is(long(i64::MAX), all_are("9223372036854775807"))
        .is([0xff; 10], dead("bad_varint"));
    let single = |value: f32| value.to_le_bytes();
    Of(cases, "\"float\"", "", false)
        .is(single(16_777_216.0), all_are("16777216"))
        .is(single(0.1), each("0.1", "0.10000000149011612", "0.10000000149011612"))
        .is(single(f32::MAX), each("3.4028235e+38", "3.4028234663852886e38", "3.4028234663852886e38"))
        .is(single(f32::from_bits(1)), each("1e-45", "1.401298464324817e-45", "1.401298464324817e-45"))
        .is(single(f32::NAN), only_postgres("NaN", "not_finite"))
        .is(single(f32::INFINITY), [Ok("Infinity".into()), Err("not_finite"), Ok("Infinity".into())]);
    Of(cases, "\"double\"", "", false)
        .is(double(5e-324), all_are("5e-324"))
        .is(double(f64::MAX), all_are("1.7976931348623157e308"))
        .is(double(-0.0), all_are("-0"))
        .is(double(0.1 + 0.2), all_are("0.30000000000000004"))
        .is(double(f64::NAN), only_postgres("NaN", "not_finite"))
        .is(double(f64::NEG_INFINITY), [Ok("-Infinity".into()), Err("not_finite"), Ok("-Infinity".into())]);
}

fn texts(cases: &mut Vec<Case>) {
    let long_text = "é😀".repeat((1 << 20) / 6);
    Of(cases, "\"string\"", "", true)
        .is(text(""), all_are(""))
        .is(text("a"), all_are("a"))
        .is(text("a "), all_are("a "))
        .is(text(" A"), all_are(" A"))
        .is(text("é😀\u{202e}\\'\"\n"), all_are("é😀\u{202e}\\'\"\n"))
        .is(text("a\0b"), [Err("nul_in_text"), Ok("a\0b".into()), Ok("a\0b".into())])
        .is(text([0xff]), dead("bad_utf8"))
        .is(text([0xed, 0xa0, 0x80]), dead("bad_utf8"))
        .is(text(&long_text), all_are(&long_text));
    let blob: Vec<u8> = (0..1u32 << 20).map(|index| (index % 251) as u8).collect();
    Of(cases, "\"bytes\"", "", true)
        .is(text([]), all_are("\\x"))
        .is(text([0, 255, 0]), all_are("\\x00ff00"))
        .is(text(&blob), all_are(&hex(&blob)));
    Of(cases, ENUM, "", true)
        .is(long(0), all_are("ONE"))
        .is(long(1), all_are("2 x"))
        .is(long(2), all_are(""))
        .is(long(3), all_are("é😀"))
        .is(long(4), dead("bad_enum"));
    Of(cases, F3, "", true).is([0, 1, 0], all_are("\\x000100")).is([0; 3], all_are("\\x000000"));
    Of(cases, F300, "", true).is([7; 300], all_are(&hex(&[7; 300])));
}

fn decimals(cases: &mut Vec<Case>) {
    let nines = |count: usize| "9".repeat(count);
    let pointed = |count: usize, scale: usize| format!("{}.{}", nines(count - scale), nines(scale));
    Of(cases, D10_2, "", true)
        .is(unscaled("10141"), all_are("101.41"))
        .is(unscaled("-1"), all_are("-0.01"))
        .is(unscaled("0"), all_are("0.00"))
        .is(unscaled("9999999999"), all_are("99999999.99"))
        .is(unscaled("-9999999999"), all_are("-99999999.99"))
        .is(text([0, 0, 0, 1]), all_are("0.01"))
        .is(text([0xff, 0xff, 0xfe]), all_are("-0.02"))
        .is(unscaled("10000000000"), dead("decimal_range"))
        .is(text([]), dead("bad_decimal"));
    Of(cases, D4_4, "", true).is([0, 1], all_are("0.0001")).is([0xd8, 0xf1], all_are("-0.9999"));
    Of(cases, D38, "", true).is(unscaled(&nines(38)), all_are(&pointed(38, 10)));
    Of(cases, D65, "", true)
        .is(unscaled(&nines(65)), all_are(&pointed(65, 30)))
        .is(unscaled("1"), all_are(&format!("0.{}1", "0".repeat(29))));
    Of(cases, D66, "", true).is(unscaled(&nines(66)), all_are(&nines(66)));
    Of(cases, D76, "", true).is(unscaled(&format!("-{}", nines(76))), all_are(&format!("-{}", pointed(76, 38))));
    Of(cases, D5000, "", false).is(unscaled(&nines(5000)), all_are(&pointed(5000, 2000)));
    Of(cases, BIG, "", false)
        .is(big("1", -3), all_are("1000"))
        .is(big("150", 2), all_are("1.50"))
        .is(big("-5", 16_383), all_are(&format!("-0.{}5", "0".repeat(16_382))))
        .is(big(&nines(16_383), 0), all_are(&nines(16_383)))
        .is(big("1", 16_384), dead("decimal_range"))
        .is(big("1", -16_384), dead("decimal_range"))
        .is(text([1]), dead("bad_decimal"));
}

fn times(cases: &mut Vec<Case>) {
    const DAY: i64 = 86_400_000_000;
    Of(cases, DATE, "", true)
        .is(long(0), all_are("1970-01-01"))
        .is(long(-719_162), all_are("0001-01-01"))
        .is(long(2_932_896), all_are("9999-12-31"))
        .is(long(-719_163), only_postgres("0001-12-31 BC", "date_range"))
        .is(long(2_932_897), only_postgres("10000-01-01", "date_range"))
        .is(long(-2_440_588), only_postgres("4714-11-24 BC", "date_range"))
        .is(long(2_145_042_905), only_postgres("5874897-12-31", "date_range"))
        .is(long(-2_440_589), dead("date_range"))
        .is(long(i32::MIN.into()), dead("date_range"))
        .is(long(i32::MAX.into()), dead("date_range"));
    let last = "23:59:59.999999";
    Of(cases, TIME, "", true)
        .is(long(0), each("00:00:00", "00:00:00.000000", "00:00:00.000000"))
        .is(long(DAY - 1), all_are(last))
        .is(long(DAY), dead("time_range"))
        .is(long(-1), dead("time_range"));
    Of(cases, TIME_MILLIS, "", true)
        .is(long(86_399_999), each("23:59:59.999", "23:59:59.999000", "23:59:59.999000"))
        .is(long(86_400_000), dead("time_range"));
    let epoch = each("1970-01-01 00:00:00+00", "1970-01-01 00:00:00.000000", "1970-01-01 00:00:00.000000");
    let before = each("1969-12-31 23:59:59.999999+00", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999");
    let first = each("0001-01-01 00:00:00+00", "0001-01-01 00:00:00.000000", "0001-01-01 00:00:00.000000");
    let end = each("9999-12-31 23:59:59.999999+00", "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999");
    Of(cases, STAMP, "", true)
        .is(long(0), epoch.clone())
        .is(long(-1), before)
        .is(long(-719_162 * DAY), first)
        .is(long(2_932_897 * DAY - 1), end)
        .is(long(-719_162 * DAY - 1), only_postgres("0001-12-31 23:59:59.999999+00 BC", "timestamp_range"))
        .is(long(2_932_897 * DAY), only_postgres("10000-01-01 00:00:00+00", "timestamp_range"))
        .is(long(-2_440_588 * DAY), only_postgres("4714-11-24 00:00:00+00 BC", "timestamp_range"))
        .is(long(i64::MAX), only_postgres("294247-01-10 04:00:54.775807+00", "timestamp_range"))
        .is(long(-2_440_588 * DAY - 1), dead("timestamp_range"))
        .is(long(i64::MIN), dead("timestamp_range"));
    Of(cases, STAMP_MILLIS, "", true)
        .is(long(0), epoch)
        .is(
            long(2_147_483_647_999),
            each("2038-01-19 03:14:07.999+00", "2038-01-19 03:14:07.999000", "2038-01-19 03:14:07.999000"),
        )
        .is(long(i64::MAX), dead("timestamp_range"));
    Of(cases, LOCAL, "", true)
        .is(long(-1), all_are("1969-12-31 23:59:59.999999"))
        .is(long(-719_162 * DAY - 1), only_postgres("0001-12-31 23:59:59.999999 BC", "timestamp_range"));
    Of(cases, LOCAL_MILLIS, "", true)
        .is(long(1), each("1970-01-01 00:00:00.001", "1970-01-01 00:00:00.001000", "1970-01-01 00:00:00.001000"));
    for nanos in [NANOS, LOCAL_NANOS] {
        Of(cases, nanos, "", true)
            .is(long(i64::MIN), all_are("-9223372036854775808"))
            .is(long(i64::MAX), all_are("9223372036854775807"));
    }
    let duration = |months: u32, days: u32, millis: u32| [months, days, millis].map(u32::to_le_bytes).concat();
    let most = "P4294967295M4294967295DT4294967.295S";
    Of(cases, DURATION, "", false)
        .is(duration(1, 2, 3), each("1 mon 2 days 00:00:00.003", "P1M2DT0.003S", "P1M2DT0.003S"))
        .is(duration(25, 0, 0), each("2 years 1 mon", "P25M0DT0.000S", "P25M0DT0.000S"))
        .is(duration(0, 0, 0), each("00:00:00", "P0M0DT0.000S", "P0M0DT0.000S"))
        .is(duration(u32::MAX, u32::MAX, u32::MAX), [Err("interval_range"), Ok(most.into()), Ok(most.into())]);
}

fn uuids(cases: &mut Vec<Case>) {
    let uuid = "abcdef01-0203-0405-0607-08090a0b0c0d";
    let bytes = uuid.replace('-', "");
    let stored = each(uuid, &format!("\\x{bytes}"), uuid);
    let zeros = "00000000-0000-0000-0000-000000000000";
    let nil = each(zeros, &format!("\\x{}", "0".repeat(32)), zeros);
    Of(cases, UUID, "", true)
        .is(text(uuid), stored.clone())
        .is(text(uuid.to_uppercase()), stored.clone())
        .is(text(format!("{{{uuid}}}")), stored.clone())
        .is(text(zeros), nil.clone())
        .is(text(format!("urn:uuid:{uuid}")), dead("bad_uuid"))
        .is(text(&bytes), dead("bad_uuid"))
        .is(text(""), dead("bad_uuid"));
    Of(cases, FIXED_UUID, "", true).is(hex::decode(&bytes).expect("digits"), stored).is([0; 16], nil);
}

fn nested(cases: &mut Vec<Case>) {
    Of(cases, NUMBERS, "", false)
        .is([0], all_are("[]"))
        .is(
            [long(2), long((1 << 53) + 1), long(i64::MAX), vec![0]].concat(),
            all_are("[9007199254740993,9223372036854775807]"),
        )
        .is([long(i64::MIN), vec![0]].concat(), dead("too_many_items"));
    let entry = |key: &str, branch: i64, value: Vec<u8>| [text(key), long(branch), value].concat();
    let map = |entries: &[Vec<u8>]| [long(entries.len() as i64), entries.concat(), vec![0]].concat();
    Of(cases, MAP, "", false)
        .is(map(&[entry("b", 1, text("é\"")), entry("a", 0, vec![])]), all_are(r#"{"a":null,"b":{"string":"é\""}}"#))
        .is(map(&[entry("d", 2, double(f64::NAN))]), all_are(r#"{"d":{"double":"NaN"}}"#))
        .is(map(&[entry("a", 0, vec![]), entry("a", 0, vec![])]), dead("map_duplicate_key"));
    Of(cases, RECORD, "", false).is(
        [text([0, 255]), unscaled("10140"), long(1)].concat(),
        all_are(r#"{"b":"00ff","d":"101.40","t":"1970-01-01T00:00:00.000000001Z"}"#),
    );
}

fn of_yelp(cases: &mut Vec<Case>) {
    Of(cases, "\"string\"", r#","maxlen":3"#, true)
        .is(text("éé😀"), all_are("éé😀"))
        .is(text("a  "), all_are("a  "))
        .is(text("a   "), dead("too_long"))
        .is(text("abcd"), dead("too_long"));
    Of(cases, "\"bytes\"", r#","fixlen":2"#, true)
        .is(text([1, 2]), all_are("\\x0102"))
        .is(text([1, 2, 3]), dead("too_long"));
    Of(cases, "\"string\"", r#","datetime":true"#, true)
        .is(
            text("2016-07-01T00:00:00.5"),
            each("2016-07-01 00:00:00.5", "2016-07-01 00:00:00.500000", "2016-07-01 00:00:00.500000"),
        )
        .is(text("2016-07-01 00:00:00"), dead("bad_datetime"))
        .is(text("2016-02-30T00:00:00"), dead("bad_datetime"));
    Of(cases, r#"{"type":"long","time":true}"#, "", true)
        .is(long(0), each("00:00:00", "00:00:00.000000", "000:00:00.000000"))
        .is(long(-1), each("-00:00:00.000001", "-00:00:00.000001", "-000:00:00.000001"))
        .is(long(3_020_399_000_000), each("838:59:59", "838:59:59.000000", "838:59:59.000000"))
        .is(long(-3_020_399_000_000), each("-838:59:59", "-838:59:59.000000", "-838:59:59.000000"))
        .is(long(3_020_399_000_001), dead("time_range"));
    Of(cases, "\"long\"", r#","timestamp":true"#, true)
        .is(long(-1), each("1969-12-31 23:59:59+00", "1969-12-31 23:59:59.000000", "1969-12-31 23:59:59.000000"));
    Of(cases, "\"long\"", r#","year":true"#, true)
        .is(long(2016), all_are("2016"))
        .is(long(1 << 40), dead("int_overflow"));
    Of(cases, "\"int\"", r#","date":true"#, true).is(long(1), all_are("1970-01-02"));
    Of(cases, "\"double\"", r#","fixed_pt":true,"precision":5,"scale":2"#, true)
        .is(double(101.41), all_are("101.41"))
        .is(double(0.005), dead("decimal_inexact"))
        .is(double(1000.0), dead("decimal_range"))
        .is(double(f64::NAN), dead("decimal_inexact"));
    let set = r#"{"type":"array","items":{"type":"enum","name":"s","symbols":["a","b"]}}"#;
    Of(cases, set, "", false).is([4, 2, 0, 0], all_are(r#"["b","a"]"#));
}

fn of_connect(cases: &mut Vec<Case>) {
    let stamp = |millis: &str| {
        each(&format!("1970-01-01 00:00:{millis}+00"), "1970-01-01 00:00:01.500000", "1970-01-01 00:00:01.500000")
    };
    let local = each("1970-01-01 00:00:01.5", "1970-01-01 00:00:01.500000", "1970-01-01 00:00:01.500000");
    let time = each("00:00:01.5", "00:00:01.500000", "00:00:01.500000");
    let mut one = |ty: &'static str, more: &'static str, datum: Vec<u8>, want: Want, is_key: bool| {
        Of(&mut *cases, ty, more, is_key).is(datum, want);
    };
    one("\"long\"", r#","connect.name":"org.apache.kafka.connect.data.Timestamp""#, long(1_500), stamp("01.5"), true);
    one("\"int\"", r#","connect.name":"org.apache.kafka.connect.data.Time""#, long(1_500), time.clone(), true);
    one("\"int\"", r#","connect.name":"io.debezium.time.Date""#, long(1), all_are("1970-01-02"), true);
    one("\"long\"", r#","connect.name":"io.debezium.time.MicroTime""#, long(1_500_000), time.clone(), true);
    one("\"long\"", r#","connect.name":"io.debezium.time.NanoTime""#, long(1_500_000_000), time, true);
    one("\"long\"", r#","connect.name":"io.debezium.time.NanoTime""#, long(1), dead("sub_microsecond"), true);
    one("\"long\"", r#","connect.name":"io.debezium.time.Timestamp""#, long(1_500), local.clone(), true);
    one("\"long\"", r#","connect.name":"io.debezium.time.MicroTimestamp""#, long(1_500_000), local, true);
    one("\"long\"", r#","connect.name":"io.debezium.time.NanoTimestamp""#, long(1), all_are("1"), true);
    let zoned = r#","connect.name":"io.debezium.time.ZonedTimestamp""#;
    one("\"string\"", zoned, text("1970-01-01T02:00:01.5+02:00"), stamp("01.5"), true);
    one("\"string\"", zoned, text("1970-01-01T00:00:01.0000005Z"), dead("sub_microsecond"), true);
    one("\"string\"", zoned, text("1970-01-01T00:00:01"), dead("bad_datetime"), true);
    one("\"string\"", r#","connect.name":"io.debezium.time.ZonedTime""#, text("10:00:00Z"), all_are("10:00:00Z"), true);
    one("\"string\"", r#","connect.name":"io.debezium.time.Interval""#, text("P1Y2M"), all_are("P1Y2M"), true);
    one("\"long\"", r#","connect.name":"io.debezium.time.MicroDuration""#, long(-5), all_are("-5"), true);
    one("\"int\"", r#","connect.name":"io.debezium.time.Year""#, long(2016), all_are("2016"), true);
    one("\"bytes\"", r#","connect.name":"io.debezium.data.Bits""#, text([5, 0]), all_are("\\x0500"), true);
    one("\"string\"", r#","connect.name":"io.debezium.data.Enum""#, text("a"), all_are("a"), true);
    let json = r#","connect.name":"io.debezium.data.Json""#;
    one("\"string\"", json, text("[1]"), all_are("[1]"), false);
    one("\"string\"", json, text("{"), dead("bad_json"), false);
    let large = "[12345678901234567890123]";
    one("\"string\"", json, text(large), [Ok(large.into()), Err("bad_json"), Ok(large.into())], false);
    one("\"string\"", json, text(r#"[{"a":1,"a":1}]"#), dead("map_duplicate_key"), false);
    let decimal = r#"{"type":"bytes","connect.name":"org.apache.kafka.connect.data.Decimal","connect.parameters":
        {"scale":"2","connect.decimal.precision":"5"}}"#;
    one(decimal, "", unscaled("-1"), all_are("-0.01"), true);
    one(decimal, "", unscaled("100000"), dead("decimal_range"), true);
    let scaled = r#"{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[
        {"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#;
    one(scaled, "", [long(1), text([15])].concat(), all_are("1.5"), false);
}

/// Cases of single columns, by what the entry says of them.
pub fn of_columns() -> Vec<(&'static str, Vec<Case>)> {
    let mut all = Vec::new();
    let mut said = |columns: &'static str, ty: &'static str, lines: Vec<(Vec<u8>, Want)>| {
        let mut cases = Vec::new();
        for (datum, want) in lines {
            Of(&mut cases, ty, "", false).is(datum, want);
        }
        all.push((columns, cases));
    };
    let uuid = "abcdef01-0203-0405-0607-08090a0b0c0d";
    let raw = uuid.replace('-', "");
    let bytes = hex::decode(&raw).expect("digits");
    let one = each("1970-01-01 00:00:01", "1970-01-01 00:00:01.000000", "1970-01-01 00:00:01.000000");
    said("columns: {v: {type: text}, o: {type: text}}", UUID, vec![(text(uuid), all_are(uuid))]);
    said("columns: {v: {type: bytes}, o: {type: bytes}}", UUID, vec![(text(uuid), all_are(&format!("\\x{raw}")))]);
    said(
        "columns: {v: {type: uuid}, o: {type: uuid}}",
        "\"bytes\"",
        vec![(text(&bytes), each(uuid, &format!("\\x{raw}"), uuid)), (text([1]), dead("bad_uuid"))],
    );
    said(
        "columns: {v: {type: timestamp, unit: s}, o: {type: timestamp, unit: s}}",
        "\"int\"",
        vec![(long(1), one.clone())],
    );
    said(
        "columns: {v: {type: timestamp}, o: {type: timestamp}}",
        NANOS,
        vec![(long(1_000_000_000), one), (long(1), dead("sub_microsecond"))],
    );
    said(
        "columns: {v: {type: 'decimal(38,9)'}, o: {type: 'decimal(38,9)'}}",
        "\"string\"",
        vec![
            (text("-0.1"), all_are("-0.100000000")),
            (text("1e3"), dead("bad_decimal")),
            (text("0.0000000001"), dead("decimal_inexact")),
        ],
    );
    said(
        "columns: {v: {type: 'decimal(9,2)'}, o: {type: 'decimal(9,2)'}}",
        BIG,
        vec![
            (big("15", 1), all_are("1.50")),
            (big("1", 3), dead("decimal_inexact")),
            (big("1", -9), dead("decimal_range")),
        ],
    );
    said(
        "columns: {v: {type: json}, o: {type: json}}",
        "\"string\"",
        vec![(text("[true]"), all_are("[true]")), (text("true]"), dead("bad_json"))],
    );
    said(
        "columns: {v: {type: text}, o: {type: text}}",
        DURATION,
        vec![([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0].to_vec(), all_are("P1M2DT0.003S"))],
    );
    said(
        "columns: {v: {type: text, length: 9}, o: {type: text, length: 9}}",
        NUMBERS,
        vec![
            ([long(1), long(5), vec![0]].concat(), all_are("[5]")),
            ([long(1), long(1 << 40), vec![0]].concat(), dead("too_long")),
        ],
    );
    said("nul: strip", "\"string\"", vec![(text("a\0b"), each("ab", "a\0b", "a\0b"))]);
    said("nul: replace", "\"string\"", vec![(text("a\0b"), each("a\u{fffd}b", "a\0b", "a\0b"))]);
    all
}
