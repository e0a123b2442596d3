//! Fields whose type changes: the column grows where no value can be lost, else the table stops. Old and new records
//! come in any order.

use super::messages::{ID_NAME, boolean, decimal, fixed_decimal, float, hex, id_name, log, tombstone};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::avro::{double, long, null, record, some, text};

/// A field's type before and after, a value of each, and what both read as when the column has grown; by database,
/// `None` where the table must stop.
struct Change {
    name: &'static str,
    origin: &'static str,
    from: &'static str,
    to: &'static str,
    values: [Vec<u8>; 2],
    texts: [Option<[&'static str; 2]>; 3],
}

pub fn scenarios() -> Vec<Scenario> {
    let mut all = scenarios![
        "Yelp data pipeline: late producer" => a_row_of_a_key_is_what_its_last_schema_says,
        "Confluent BufferedRecords: schema flips" => a_table_by_key_takes_interleaved_schemas,
        "Confluent BufferedRecords: schema flips, row by row" => interleaved_schemas_mean_the_same_row_by_row,
        "Confluent issue 1155: enum" => an_enum_may_become_a_text,
        "Bulker sql: type coalesce" => a_type_may_grow_twice_in_one_batch,
        "Bulker sql: types collision" => a_conflict_may_have_a_column_of_its_own,
        "Snowflake schema evolution: disabled" => new_fields_can_be_left_out,
        "Confluent DbStructure: non-optional add" => a_table_may_keep_not_null_out_of_its_columns,
    ];
    all.extend(growing().into_iter().map(Change::scenario));
    all.extend(conflicts().into_iter().map(Change::scenario));
    all
}

impl Change {
    fn new(
        name: &'static str,
        origin: &'static str,
        from: (&'static str, Vec<u8>),
        to: (&'static str, Vec<u8>),
    ) -> Change {
        Change { name, origin, from: from.0, to: to.0, values: [from.1, to.1], texts: [None; 3] }
    }

    /// Everywhere.
    fn reads(self, before: &'static str, after: &'static str) -> Change {
        Change { texts: [Some([before, after]); 3], ..self }
    }

    fn each(self, texts: [Option<[&'static str; 2]>; 3]) -> Change {
        Change { texts, ..self }
    }

    fn scenario(self) -> Scenario {
        Scenario::together(self.name, self.origin, move |scene| self.play(scene))
    }

    fn play(&self, scene: &mut Scene<'_>) {
        let of = |avro: &str| {
            scene.fields(&format!(r#"{{"name":"id","type":"int"}},{{"name":"v","type":["null",{avro}]}}"#))
        };
        let schemas = [of(self.from), of(self.to)];
        let row = |id: i64, which: usize| log(schemas[which], &[long(id), some(self.values[which].clone())]);
        scene.send([row(1, 0), log(schemas[0], &[long(2), null()])]);
        scene.load();
        let before = scene.rows("id, v");
        scene.send([row(3, 1), row(4, 0), row(5, 1)]);
        let Some([old, new]) = scene.each(self.texts[0], self.texts[1], self.texts[2]) else {
            let stop = scene.stops("type_conflict");
            let named =
                [scene.table.as_str(), "v", &schemas[1].to_string()].iter().all(|word| stop.message.contains(word));
            assert!(named, "{}", stop.message);
            assert_eq!(scene.rows("id, v"), before);
            return;
        };
        // The other way round in a table of its own: what is wide first takes what is narrow.
        let table = format!("{}_wide", scene.table);
        let wide = scene.feed(&format!("table: {table}"));
        scene.send_to(wide, [row(1, 1), row(2, 0), row(3, 1)]);
        scene.load();
        let expected =
            [format!("1|{old}"), "2|-".to_owned(), format!("3|{new}"), format!("4|{old}"), format!("5|{new}")];
        assert_eq!(scene.rows("id, v"), expected);
        scene.table = table;
        assert_eq!(scene.rows("id, v"), [format!("1|{new}"), format!("2|{old}"), format!("3|{new}")]);
    }
}

const DEC_9_2: &str = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
const DEC_12_2: &str = r#"{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}"#;
const DEC_9_4: &str = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":4}"#;
const BIG: &str = r#"{"type":"bytes","logicalType":"big-decimal"}"#;
const UUID: &str = r#"{"type":"string","logicalType":"uuid"}"#;
const SOME_UUID: &str = "0d9c3a52-2c1b-4f0e-8a55-0123456789ab";
const MILLIS: &str = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
const MICROS: &str = r#"{"type":"long","logicalType":"timestamp-micros"}"#;
const NANOS: &str = r#"{"type":"long","logicalType":"timestamp-nanos"}"#;
const LOCAL: &str = r#"{"type":"long","logicalType":"local-timestamp-micros"}"#;
const FIXED_2: &str = r#"{"type":"fixed","name":"two","size":2}"#;
const FIXED_3: &str = r#"{"type":"fixed","name":"three","size":3}"#;

fn growing() -> Vec<Change> {
    let confluent = "Confluent issue 592: widening";
    let resolution = "Avro resolution: promotions";
    let big = |value, scale| text([decimal(value), long(scale)].concat());
    vec![
        Change::new("an int may become a long", confluent, (r#""int""#, long(-7)), (r#""long""#, long(1 << 40)))
            .reads("-7", "1099511627776"),
        Change::new(
            "an int may become a double",
            resolution,
            (r#""int""#, long(i32::MAX.into())),
            (r#""double""#, double(0.5)),
        )
        .reads("2147483647", "0.5"),
        Change::new(
            "an int may become a float",
            resolution,
            (r#""int""#, long(16_777_217)),
            (r#""float""#, float(0.5)),
        )
        .reads("16777217", "0.5"),
        Change::new(
            "a float may become a double",
            resolution,
            (r#""float""#, float(0.5)),
            (r#""double""#, double(0.1)),
        )
        .reads("0.5", "0.1"),
        Change::new(
            "a decimal may have more digits",
            "Debezium SchemaEvolution: numeric",
            (DEC_9_2, decimal(10_140)),
            (DEC_12_2, decimal(99_999_999_999)),
        )
        .reads("101.40", "999999999.99"),
        Change::new(
            "a decimal may have more digits behind its point",
            "Debezium SchemaEvolution: numeric",
            (DEC_9_2, decimal(999_999_999)),
            (DEC_9_4, decimal(1)),
        )
        .reads("9999999.9900", "0.0001"),
        Change::new(
            "a decimal may become a big one",
            "Debezium SchemaEvolution: numeric",
            (DEC_9_2, decimal(10_140)),
            (BIG, big(123_456_789, 7)),
        )
        .reads("101.40", "12.3456789"),
        Change::new(
            "an int may become a decimal",
            "Snowflake schema evolution: number",
            (r#""int""#, long(-7)),
            (DEC_9_2, decimal(150)),
        )
        .reads("-7.00", "1.50"),
        Change::new(
            "a long may become a decimal",
            "Snowflake schema evolution: number",
            (r#""long""#, long(i64::MAX)),
            (DEC_9_2, decimal(150)),
        )
        .reads("9223372036854775807.00", "1.50"),
        Change::new(
            "a uuid may become a text where it is one",
            "BigQuery SchemaManager: string",
            (UUID, text(SOME_UUID)),
            (r#""string""#, text("none")),
        )
        .each([Some([SOME_UUID, "none"]), None, Some([SOME_UUID, "none"])]),
        Change::new("a fixed may become longer", resolution, (FIXED_2, hex("0102")), (FIXED_3, hex("010203")))
            .reads("\\x0102", "\\x010203"),
        Change::new("a fixed may become bytes", resolution, (FIXED_2, hex("0102")), (r#""bytes""#, text("")))
            .reads("\\x0102", "\\x"),
        Change::new(
            "milliseconds and microseconds share a column",
            "Debezium type matrix: precision",
            (MILLIS, long(1)),
            (MICROS, long(1)),
        )
        .reads("1970-01-01 00:00:00.001000", "1970-01-01 00:00:00.000001"),
        Change::new(
            "a decimal on fixed may be one on bytes",
            "Debezium SchemaEvolution: numeric",
            (
                r#"{"type":"fixed","name":"d","size":8,"logicalType":"decimal","precision":9,"scale":2}"#,
                fixed_decimal::<8>(-5),
            ),
            (DEC_9_2, decimal(5)),
        )
        .reads("-0.05", "0.05"),
    ]
}

fn conflicts() -> Vec<Change> {
    let vector = "Bulker sql: types collision";
    let clickhouse = "ClickHouse autoEvolve: incompatible type";
    let record_type = r#"{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}"#;
    vec![
        Change::new("a long never becomes a text", vector, (r#""long""#, long(1)), (r#""string""#, text("1"))),
        Change::new("a text never becomes a long", vector, (r#""string""#, text("1")), (r#""long""#, long(1))),
        Change::new("a long never becomes a double", clickhouse, (r#""long""#, long(1)), (r#""double""#, double(1.0))),
        Change::new(
            "a decimal never becomes a double",
            clickhouse,
            (DEC_9_2, decimal(1)),
            (r#""double""#, double(0.01)),
        ),
        Change::new("a boolean never becomes a number", vector, (r#""boolean""#, boolean(true)), (r#""int""#, long(1))),
        Change::new(
            "a text never becomes bytes",
            "ClickHouse autoEvolve: string and bytes",
            (r#""string""#, text("a")),
            (r#""bytes""#, text("a")),
        ),
        Change::new("a number never becomes a time", vector, (r#""long""#, long(1)), (MICROS, long(1))),
        Change::new("an instant never becomes a local time", clickhouse, (MICROS, long(1)), (LOCAL, long(1))),
        Change::new("microseconds never become nanoseconds", clickhouse, (MICROS, long(1)), (NANOS, long(1))),
        Change::new("nanoseconds never become a number", clickhouse, (NANOS, long(1)), (r#""long""#, long(1))),
        Change::new(
            "a value never becomes a record",
            "ClickHouse autoEvolve: struct rejected",
            (r#""int""#, long(1)),
            (record_type, record(&[long(1)])),
        ),
        Change::new(
            "a date never becomes an instant",
            "Confluent DbStructure: incompatible",
            (r#"{"type":"int","logicalType":"date"}"#, long(1)),
            (MILLIS, long(1)),
        ),
    ]
}

fn a_type_may_grow_twice_in_one_batch(scene: &mut Scene<'_>) {
    let of = |avro: &str| scene.fields(&format!(r#"{{"name":"id","type":"int"}},{{"name":"v","type":{avro}}}"#));
    let [int, double_, decimal_] = [r#""int""#, r#""long""#, DEC_12_2].map(of);
    scene.send([log(int, &[long(1), long(1)]), log(double_, &[long(2), long(1 << 40)]), log(int, &[long(3), long(3)])]);
    scene.send([log(decimal_, &[long(4), decimal(-4)]), log(int, &[long(5), long(5)])]);
    scene.load();
    assert_eq!(scene.rows("id, v"), ["1|1.00", "2|1099511627776.00", "3|3.00", "4|-0.04", "5|5.00"]);
}

fn a_conflict_may_have_a_column_of_its_own(scene: &mut Scene<'_>) {
    let of = |avro: &str| scene.fields(&format!(r#"{{"name":"id","type":"int"}},{{"name":"v","type":{avro}}}"#));
    let [number, words] = [r#""long""#, r#""string""#].map(of);
    scene.options("on_conflict: new_column");
    scene.send([log(number, &[long(1), long(10)])]);
    scene.load();
    scene.send([log(words, &[long(2), text("ten")]), log(number, &[long(3), long(30)])]);
    scene.load();
    assert_eq!(scene.rows("id, v, v__text"), ["1|10|-", "2|-|ten", "3|30|-"]);
}

fn new_fields_can_be_left_out(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), scene.fields(&format!(r#"{ID_NAME},{{"name":"more","type":"int"}}"#)));
    scene.options("schema_changes: ignore");
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), long(2)]), log(old, &[id_name(3, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a", "2|b", "3|c"]);
    assert!(!scene.has("more"));
}

fn a_table_may_keep_not_null_out_of_its_columns(scene: &mut Scene<'_>) {
    let (old, new) = (
        scene.fields(r#"{"name":"id","type":"int"},{"name":"v","type":"int"}"#),
        scene.fields(r#"{"name":"id","type":"int"}"#),
    );
    scene.options("mode: table, key: [id], not_null: keys");
    scene.send([log(old, &[long(1), long(1)])]);
    scene.load();
    // Nothing has to be changed for a field that is gone.
    scene.options("mode: table, key: [id], not_null: keys, schema_changes: refuse");
    scene.send([log(new, &[long(2)])]);
    scene.load();
    assert_eq!(scene.rows("id, v"), ["1|1", "2|-"]);
}

/// A schema with a field more than `ID_NAME`.
fn more(scene: &Scene<'_>, field: &str) -> i32 {
    scene.fields(&format!("{ID_NAME},{field}"))
}

const MORE: &str = r#"{"name":"more","type":["null","int"],"default":null}"#;

fn a_row_of_a_key_is_what_its_last_schema_says(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.options("mode: table, key: [id]");
    scene.send((1..=3).map(|id| log(new, &[id_name(id, "new"), some(long(id))])));
    scene.load();
    // What a schema lacks is null; nobody else's row is touched.
    scene.send([log(old, &[id_name(1, "old")]), log(old, &[id_name(4, "old")])]);
    scene.load();
    scene.send([log(old, &[id_name(2, "old")]), log(new, &[id_name(2, "new"), some(long(22))])]);
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["1|old|-", "2|new|22", "3|new|3", "4|old|-"]);
}

fn keyed_flips(scene: &mut Scene<'_>) {
    let own = |field: &str| scene.keyed("id", &format!(r#"{ID_NAME},{{"name":"{field}","type":["null","string"]}}"#));
    let (one, other) = (own("a"), own("b"));
    scene.options("mode: table");
    let row = |n: i64| match n % 2 {
        0 => log(one, &[id_name(n % 5, &n.to_string()), some(text(n.to_string()))]),
        _ => log(other, &[id_name(n % 5, &n.to_string()), some(text("x"))]),
    };
    scene.send((0..23).map(row));
    scene.send([tombstone(long(4))]);
    scene.load();
    assert_eq!(scene.rows("id, name, a, b"), ["0|20|20|-", "1|21|-|x", "2|22|22|-", "3|18|18|-"]);
}

fn interleaved_schemas_mean_the_same_row_by_row(scene: &mut Scene<'_>) {
    scene.line("batch: {rows_max: 1}");
    keyed_flips(scene);
}

fn an_enum_may_become_a_text(scene: &mut Scene<'_>) {
    let old = more(scene, r#"{"name":"more","type":{"type":"enum","name":"e","symbols":["a","b"]}}"#);
    let new = more(scene, r#"{"name":"more","type":"string"}"#);
    scene.send([log(old, &[id_name(1, "x"), long(1)])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "x"), text("y".repeat(300))]), log(old, &[id_name(3, "x"), long(0)])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|b".to_owned(), format!("2|{}", "y".repeat(300)), "3|a".to_owned()]);
}

fn a_table_by_key_takes_interleaved_schemas(scene: &mut Scene<'_>) {
    keyed_flips(scene);
}
