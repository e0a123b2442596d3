//! Values of each type: kept, or a dead letter. Each is written into a field that may not be null and into one that
//! may.

use super::messages::{boolean, branch, decimal, entry, fixed_decimal, float, hex, items, log};
use super::scene::Scene;
use super::{Group, Scenario};
use crate::support::avro::{double, long, null, record, some, text};

/// A type, values, and what each is in PostgreSQL, in MySQL and in SQLite.
pub struct Case {
    name: &'static str,
    origin: &'static str,
    avro: &'static str,
    /// Of the field, as in JSON: `,"maxlen":3`.
    attributes: &'static str,
    values: Vec<(Vec<u8>, [String; 3])>,
}

/// Begins an expectation that is a dead letter: the code follows.
const DEAD: char = '!';

impl Case {
    pub fn new(name: &'static str, origin: &'static str, avro: &'static str) -> Case {
        Case { name, origin, avro, attributes: "", values: Vec::new() }
    }

    /// With attributes of the field.
    pub fn attributes(self, attributes: &'static str) -> Case {
        Case { attributes, ..self }
    }

    /// A value that reads the same everywhere.
    pub fn all(self, value: Vec<u8>, text: impl ToString) -> Case {
        let text = text.to_string();
        self.each(value, &text, &text, &text)
    }

    /// A value that reads so.
    pub fn each(mut self, value: Vec<u8>, postgres: &str, mysql: &str, sqlite: &str) -> Case {
        self.values.push((value, [postgres, mysql, sqlite].map(str::to_owned)));
        self
    }

    /// A value that is a dead letter everywhere.
    pub fn dead(self, value: Vec<u8>, code: &str) -> Case {
        self.all(value, format!("{DEAD}{code}"))
    }

    /// A value that only PostgreSQL keeps.
    pub fn postgres(self, value: Vec<u8>, text: &str, code: &str) -> Case {
        let dead = format!("{DEAD}{code}");
        self.each(value, text, &dead, &dead)
    }

    pub fn scenario(self) -> Scenario {
        Scenario::together(self.name, self.origin, move |scene| self.play(scene))
    }

    fn play(&self, scene: &mut Scene<'_>) {
        let json: serde_json::Value = serde_json::from_str(self.avro).expect("a type is JSON");
        // A type that has a name is defined once. A union has a null branch, or is tried without one.
        let again = match (json["name"].as_str(), json["namespace"].as_str()) {
            (Some(name), Some(namespace)) => format!("\"{namespace}.{name}\""),
            (Some(name), None) => format!("{name:?}"),
            (None, _) => self.avro.to_owned(),
        };
        let nullable = if json.is_array() { again } else { format!(r#"["null",{again}]"#) };
        let (avro, attributes) = (self.avro, self.attributes);
        let schema = scene.fields(&format!(
            r#"{{"name":"id","type":"int"}},{{"name":"v","type":{avro}{attributes}}},{{"name":"w","type":{nullable}{attributes}}}"#
        ));
        let row = |id, value: &Vec<u8>, wrapped| log(schema, &[long(id), value.clone(), wrapped]);
        let wrap = |value: &Vec<u8>| if json.is_array() { value.clone() } else { some(value.clone()) };
        let database = scene.each(0, 1, 2);
        let (mut expected, mut dead) = (Vec::new(), Vec::new());
        for (id, (value, texts)) in (0..).zip(&self.values) {
            scene.send([row(id, value, wrap(value))]);
            match texts[database].strip_prefix(DEAD) {
                Some(code) => dead.push(code),
                None => expected.push(format!("{id}|{0}|{0}", texts[database])),
            }
        }
        if let (false, Some((value, texts))) = (json.is_array(), self.values.first()) {
            scene.send([row(1000, value, null())]);
            expected.push(format!("1000|{}|-", texts[database]));
        }
        scene.load();
        assert_eq!(scene.rows("id, v, w"), expected);
        assert_eq!(scene.dead(), dead);
    }
}

pub fn groups() -> Vec<Group> {
    let group = |title, cases: Vec<Case>| Group { title, scenarios: cases.into_iter().map(Case::scenario).collect() };
    vec![
        group("Types of Avro", primitives().into_iter().chain(numbers()).collect()),
        group("Times of Avro", times()),
        group("Nested values", nested()),
    ]
}

fn primitives() -> Vec<Case> {
    let matrix = "Debezium type matrix";
    let tiny = f64::from(f32::from_bits(1)).to_string();
    vec![
        Case::new("a boolean is kept", matrix, r#""boolean""#).all(boolean(true), 1).all(boolean(false), 0),
        Case::new("an int is kept from end to end", matrix, r#""int""#)
            .all(long(i32::MIN.into()), i32::MIN)
            .all(long(i32::MAX.into()), i32::MAX)
            .all(long(0), 0)
            .dead(long(1 << 31), "int_overflow"),
        Case::new("a long is kept from end to end", matrix, r#""long""#)
            .all(long(i64::MIN), i64::MIN)
            .all(long(i64::MAX), i64::MAX)
            .all(long((1 << 53) + 1), (1_i64 << 53) + 1),
        Case::new(
            "a float is kept, or what is no number there refused",
            "Snowflake type matrix: NaN, Inf",
            r#""float""#,
        )
        .all(float(0.5), 0.5)
        .all(float(-1.25), -1.25)
        .each(float(16_777_216.0), "1.6777216e+07", "16777216", "16777216")
        .each(float(f32::from_bits(1)), "1e-45", &tiny, &tiny)
        .postgres(float(f32::NAN), "NaN", "not_finite")
        .each(float(f32::INFINITY), "Infinity", "!not_finite", "inf")
        .each(float(f32::NEG_INFINITY), "-Infinity", "!not_finite", "-inf"),
        Case::new(
            "a double is kept, or what is no number there refused",
            "Confluent OracleDatatype: underflow",
            r#""double""#,
        )
        .all(double(0.1 + 0.2), 0.1 + 0.2)
        .all(double(f64::MAX), f64::MAX)
        .all(double(f64::MIN), f64::MIN)
        .all(double(5e-324), 5e-324)
        .postgres(double(f64::NAN), "NaN", "not_finite")
        .each(double(f64::INFINITY), "inf", "!not_finite", "inf")
        .each(double(f64::NEG_INFINITY), "-inf", "!not_finite", "-inf"),
        Case::new("bytes are kept", "Debezium postgres ColumnTypeMapping: bytea", r#""bytes""#)
            .all(text([0, 0xff, b'\\', b'\'', 0]), "\\x00ff5c2700")
            .all(text(""), "\\x")
            .all(text([7; 70_000]), format!("\\x{}", "07".repeat(70_000))),
        Case::new("a text is kept, whatever is in it", "Bulker: emoji, multiline", r#""string""#)
            .all(text("Grüße 😀 ﷺ"), "Grüße 😀 ﷺ")
            .all(text(""), "")
            .all(text("  a \t\r\n b  "), "  a \t\r\n b  ")
            .all(text("'; DROP TABLE x; --\\' \" ` $1 ? %s"), "'; DROP TABLE x; --\\' \" ` $1 ? %s"),
        Case::new("a text with a zero is kept where the database can", "Debezium type matrix: text", r#""string""#)
            .all(text("a"), "a")
            .each(text("a\0b"), "!nul_in_text", "a\0b", "a\0b"),
        Case::new("a text that is none is a dead letter", "Bulker: types collision", r#""string""#)
            .all(text("a"), "a")
            .dead(text([0xff, 0xfe]), "bad_utf8")
            .dead(text([0xed, 0xa0, 0x80]), "bad_utf8"),
        Case::new("short and long texts are kept", "Confluent OracleDatatype: long text", r#""string""#)
            .all(text("x"), "x")
            .all(text("ä".repeat(100_000)), "ä".repeat(100_000)),
        Case::new(
            "an enum is its symbol",
            "Debezium postgres ColumnTypeMapping: enum",
            r#"{"type":"enum","name":"e","symbols":["a","ONE","a_long_symbol_of_more_than_thirty_characters"]}"#,
        )
        .all(long(0), "a")
        .all(long(1), "ONE")
        .all(long(2), "a_long_symbol_of_more_than_thirty_characters")
        .dead(long(3), "bad_enum"),
        Case::new("a fixed is kept", matrix, r#"{"type":"fixed","name":"f","size":5}"#)
            .all(hex("0001020300"), "\\x0001020300")
            .all(hex("2020202020"), "\\x2020202020"),
        Case::new("a long fixed is kept", matrix, r#"{"type":"fixed","name":"f","size":300}"#)
            .all(vec![0xab; 300], format!("\\x{}", "ab".repeat(300))),
        Case::new(
            "an unknown logical type is its base",
            "Confluent issue 1006",
            r#"{"type":"long","logicalType":"weight"}"#,
        )
        .all(long(-5), -5),
        Case::new(
            "a logical type on another base is that base",
            "Confluent issue 1532",
            r#"{"type":"int","logicalType":"timestamp-millis"}"#,
        )
        .all(long(77), 77),
    ]
}

fn numbers() -> Vec<Case> {
    let nines = |digits: u32| decimal(10_i128.pow(digits) - 1);
    vec![
        Case::new(
            "a decimal on bytes is kept to the last digit",
            "Debezium postgres ColumnTypeMapping: numeric(p,s)",
            r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}"#,
        )
        .all(decimal(10_140), "101.40")
        .all(decimal(-1), "-0.01")
        .all(decimal(0), "0.00")
        .all(nines(10), "99999999.99")
        .all(text(hex("000000279c")), "101.40")
        .dead(decimal(10_i128.pow(10)), "decimal_range")
        .dead(text([]), "bad_decimal"),
        Case::new(
            "a decimal on fixed is kept to the last digit",
            "Confluent PostgresSinkDialect: all types",
            r#"{"type":"fixed","name":"d","size":8,"logicalType":"decimal","precision":18,"scale":4}"#,
        )
        .all(fixed_decimal::<8>(-31_415_926_535), "-3141592.6535")
        .all(fixed_decimal::<8>(10_i128.pow(18) - 1), "99999999999999.9999")
        .dead(fixed_decimal::<8>(10_i128.pow(18)), "decimal_range"),
        Case::new(
            "a decimal of 38 digits is kept",
            "Snowflake type matrix: number",
            r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}"#,
        )
        .all(nines(38), "9999999999999999999999999999.9999999999")
        .all(decimal(-(10_i128.pow(38) - 1)), "-9999999999999999999999999999.9999999999"),
        Case::new(
            "a decimal beyond what MySQL holds is kept",
            "Debezium postgres ColumnTypeMapping: unbounded numeric",
            r#"{"type":"bytes","logicalType":"decimal","precision":76,"scale":36}"#,
        )
        .all(decimal(1), "0.000000000000000000000000000000000001")
        .all(decimal(-12 * 10_i128.pow(36)), "-12.000000000000000000000000000000000000"),
        Case::new(
            "a whole number as a decimal is kept",
            "Debezium mysql ColumnTypeMapping: unsigned bigint",
            r#"{"type":"bytes","logicalType":"decimal","precision":20}"#,
        )
        .all(decimal(u64::MAX.into()), u64::MAX)
        .all(decimal(0), 0),
        Case::new(
            "a decimal of impossible scale is bytes",
            "BigQuery SchemaManager: decimals",
            r#"{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}"#,
        )
        .all(decimal(258), "\\x0102"),
        Case::new(
            "a big decimal is kept as a number",
            "Debezium postgres ColumnTypeMapping: unbounded numeric",
            r#"{"type":"bytes","logicalType":"big-decimal"}"#,
        )
        .all(text([decimal(12_345), long(2)].concat()), "123.45")
        .all(text([decimal(-7), long(0)].concat()), "-7")
        .all(text([decimal(12), long(-2)].concat()), "1200")
        .all(text([decimal(1_200), long(3)].concat()), "1.200"),
        uuids("a uuid on string is kept", r#"{"type":"string","logicalType":"uuid"}"#, |uuid| text(uuid))
            .each(
                text("ABCDEFab-0000-0000-8000-000000000001"),
                "abcdefab-0000-0000-8000-000000000001",
                "\\xabcdefab000000008000000000000001",
                "abcdefab-0000-0000-8000-000000000001",
            )
            .dead(text("urn:uuid:0d9c3a52-2c1b-4f0e-8a55-0123456789ab"), "bad_uuid")
            .dead(text("0d9c3a522c1b4f0e8a550123456789ab"), "bad_uuid")
            .dead(text("no uuid"), "bad_uuid"),
        uuids("a uuid on fixed is kept", r#"{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}"#, |uuid| {
            hex(&uuid.replace('-', ""))
        }),
    ]
}

/// With a common one, the nil one, and one that MariaDB's own type would turn round.
fn uuids(name: &'static str, avro: &'static str, value: fn(&str) -> Vec<u8>) -> Case {
    let case = Case::new(name, "Confluent PostgresDatatype: uuid column", avro);
    let uuids = [
        "0d9c3a52-2c1b-4f0e-8a55-0123456789ab",
        "00000000-0000-0000-0000-000000000000",
        "12345678-9abc-def0-1234-56789abcdef0",
    ];
    uuids
        .into_iter()
        .fold(case, |case, uuid| case.each(value(uuid), uuid, &format!("\\x{}", uuid.replace('-', "")), uuid))
}

fn times() -> Vec<Case> {
    const MATRIX: &str = "Debezium type matrix: temporal";
    let time = |case: Case, unit: i64| {
        case.each(long(0), "00:00:00", "00:00:00.000000", "00:00:00.000000")
            .each(long(11_045_006 * unit / 1000), "03:04:05.006", "03:04:05.006000", "03:04:05.006000")
            .dead(long(86_400_000 * unit / 1000), "time_range")
            .dead(long(-1), "time_range")
    };
    // A second has so many units; the years 1, 1969, 9999 and 10000.
    let timestamp = |case: Case, unit: i64| {
        let last = "9999-12-31 23:59:59.000000";
        case.all(long(0), "1970-01-01 00:00:00.000000")
            .all(long(-unit), "1969-12-31 23:59:59.000000")
            .all(long(1_719_836_130 * unit), "2024-07-01 12:15:30.000000")
            .all(long(-62_135_596_800 * unit), "0001-01-01 00:00:00.000000")
            .all(long(253_402_300_799 * unit), last)
            .postgres(long(253_402_300_800 * unit), "10000-01-01 00:00:00.000000", "timestamp_range")
            .dead(long(i64::MIN), "timestamp_range")
    };
    let of = |name, avro| Case::new(name, MATRIX, avro);
    let nanos = |name, avro| of(name, avro).all(long(i64::MAX), i64::MAX).all(long(i64::MIN), i64::MIN).all(long(1), 1);
    vec![
        of("a date is kept", r#"{"type":"int","logicalType":"date"}"#)
            .all(long(0), "1970-01-01")
            .all(long(-25_202), "1901-01-01")
            .all(long(19_782), "2024-02-29")
            .all(long(-719_162), "0001-01-01")
            .all(long(2_932_896), "9999-12-31")
            .postgres(long(2_932_897), "10000-01-01", "date_range")
            .dead(long(i32::MAX.into()), "date_range")
            .dead(long(i32::MIN.into()), "date_range"),
        time(of("a time in milliseconds is kept", r#"{"type":"int","logicalType":"time-millis"}"#), 1000),
        time(of("a time in microseconds is kept", r#"{"type":"long","logicalType":"time-micros"}"#), 1_000_000)
            .all(long(86_399_999_999), "23:59:59.999999"),
        timestamp(
            of("a timestamp in milliseconds is kept", r#"{"type":"long","logicalType":"timestamp-millis"}"#),
            1000,
        )
        .all(long(-1), "1969-12-31 23:59:59.999000")
        .dead(long(i64::MAX), "timestamp_range"),
        timestamp(
            of("a timestamp in microseconds is kept", r#"{"type":"long","logicalType":"timestamp-micros"}"#),
            1_000_000,
        )
        .all(long(2_147_483_647_999_999), "2038-01-19 03:14:07.999999")
        .postgres(long(i64::MAX), "294247-01-10 04:00:54.775807", "timestamp_range"),
        nanos("a timestamp in nanoseconds is kept as a number", r#"{"type":"long","logicalType":"timestamp-nanos"}"#),
        timestamp(
            of(
                "a local timestamp in milliseconds is kept",
                r#"{"type":"long","logicalType":"local-timestamp-millis"}"#,
            ),
            1000,
        ),
        timestamp(
            of(
                "a local timestamp in microseconds is kept",
                r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
            ),
            1_000_000,
        )
        .all(long(-1), "1969-12-31 23:59:59.999999"),
        nanos(
            "a local timestamp in nanoseconds is kept as a number",
            r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
        ),
        of("a duration is kept", r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#)
            .each(hex("010000000200000003000000"), "1 mon 2 days 00:00:00.003", "P1M2DT0.003S", "P1M2DT0.003S")
            .each(hex("ffffffff0200000003000000"), "!interval_range", "P4294967295M2DT0.003S", "P4294967295M2DT0.003S"),
    ]
}

fn nested() -> Vec<Case> {
    let deep = |levels: usize| [vec![2; levels - 1], vec![0]].concat();
    let rendered = |levels: usize| {
        let mut json = r#"{"next":null}"#.to_owned();
        for _ in 1..levels {
            json = format!(r#"{{"next":{json}}}"#);
        }
        json
    };
    vec![
        Case::new("an array is JSON", "Debezium postgres ColumnTypeMapping: arrays", r#"{"type":"array","items":"int"}"#)
            .all(items(&[long(1), long(-2), long(3)]), "[1,-2,3]")
            .all(items(&[]), "[]")
            // In two blocks, the second with its size in bytes.
            .all([long(1), long(1), long(-1), long(1), long(2), vec![0]].concat(), "[1,2]"),
        Case::new("an array with nulls is JSON", "Debezium postgres ColumnTypeMapping: null elements", r#"{"type":"array","items":["null","string"]}"#)
            .all(items(&[some(text("a\"\\\n")), null(), some(text(""))]), r#"["a\"\\\n",null,""]"#),
        Case::new("an array of arrays is JSON", "Debezium postgres UnnestArray", r#"{"type":"array","items":{"type":"array","items":"boolean"}}"#)
            .all(items(&[items(&[vec![1]]), items(&[]), items(&[vec![0], vec![1]])]), "[[true],[],[false,true]]"),
        Case::new("a map is JSON", "Debezium postgres ColumnTypeMapping: hstore", r#"{"type":"map","values":["null","string"]}"#)
            .all(items(&[entry("b", some(text("it's"))), entry("a\"\\", null())]), r#"{"a\"\\":null,"b":"it's"}"#)
            .all(items(&[]), "{}")
            .dead(items(&[entry("a", null()), entry("a", null())]), "map_duplicate_key"),
        Case::new(
            "a record in a record is JSON",
            "ClickHouse autoEvolve: struct to JSON",
            r#"{"type":"record","name":"inner","fields":[{"name":"b","type":"string"},{"name":"a","type":["null","long"]}]}"#,
        )
        .all(record(&[text("x"), some(long((1 << 53) + 1))]), r#"{"a":9007199254740993,"b":"x"}"#)
        .all(record(&[text(""), null()]), r#"{"a":null,"b":""}"#),
        Case::new("a union of several types names its branch", "Bulker sql: types collision", r#"["null","long","string",{"type":"array","items":"int"}]"#)
            .all(branch(1, long(5)), r#"{"long":5}"#)
            .all(branch(2, text("5")), r#"{"string":"5"}"#)
            .all(branch(3, items(&[long(5)])), r#"{"array":[5]}"#)
            .all(branch(0, vec![]), "-")
            .dead(branch(4, vec![]), "bad_union"),
        Case::new("a union of one type is that type", "Confluent issue 601", r#"["long"]"#).all(branch(0, long(5)), "5"),
        Case::new("values in JSON keep their digits and forms", "Snowflake type matrix: nested", LEAVES)
            .all(leaves(), leaves_as_json()),
        Case::new(
            "a recursive type is JSON to thirty levels",
            "BigQuery SchemaManager: recursive schema",
            r#"{"type":"record","name":"node","fields":[{"name":"next","type":["null","node"]}]}"#,
        )
        .all(deep(1), rendered(1))
        .all(deep(5), rendered(5))
        .dead(deep(40), "too_deep"),
    ]
}

const LEAVES: &str = r#"{"type":"record","name":"leaves","fields":[
    {"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"b","type":"bytes"},
    {"name":"c","type":{"type":"string","logicalType":"uuid"}},
    {"name":"d","type":{"type":"int","logicalType":"date"}},
    {"name":"e","type":{"type":"long","logicalType":"time-micros"}},
    {"name":"f","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"g","type":{"type":"long","logicalType":"local-timestamp-millis"}},
    {"name":"h","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"i","type":"double"},
    {"name":"j","type":{"type":"enum","name":"colour","symbols":["red","blue"]}},
    {"name":"k","type":{"type":"fixed","name":"span","size":12,"logicalType":"duration"}},
    {"name":"l","type":"double"},
    {"name":"m","type":{"type":"array","items":"null"}}]}"#;

fn leaves() -> Vec<u8> {
    record(&[
        decimal(10_140),
        text([0, 0xff]),
        text("0D9C3A52-2c1b-4f0e-8a55-0123456789ab"),
        long(19_724),
        long(11_045_000_006),
        long(1_704_164_645_000_006),
        long(-1),
        long(1_704_164_645_000_000_006),
        double(f64::NAN),
        long(1),
        hex("010000000200000003000000"),
        double(0.5),
        items(&[vec![], vec![]]),
    ])
}

fn leaves_as_json() -> String {
    let fields = [
        r#""a":"101.40""#,
        r#""b":"00ff""#,
        r#""c":"0d9c3a52-2c1b-4f0e-8a55-0123456789ab""#,
        r#""d":"2024-01-02""#,
        r#""e":"03:04:05.000006""#,
        r#""f":"2024-01-02T03:04:05.000006Z""#,
        r#""g":"1969-12-31T23:59:59.999""#,
        r#""h":"2024-01-02T03:04:05.000000006Z""#,
        r#""i":"NaN""#,
        r#""j":"blue""#,
        r#""k":"P1M2DT0.003S""#,
        r#""l":0.5"#,
        r#""m":[null,null]"#,
    ];
    format!("{{{}}}", fields.join(","))
}
