//! What the primary key is, and what may be one.

use super::messages::{ID_NAME, boolean, decimal, hex, id_name, log, plain, tombstone, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::Raw;
use crate::support::avro::{confluent, double, long, null, record, some, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    let mut all = scenarios![
        "Debezium JdbcSinkPrimaryKeyMode: none" => a_stream_has_the_uuid_as_its_key,
        "Debezium JdbcSinkPrimaryKeyMode: record key" => the_fields_of_the_kafka_key_are_the_key,
        "Debezium JdbcSinkPrimaryKeyMode: record key, composite" => all_fields_of_the_kafka_key_are_the_key,
        "Debezium JdbcSinkPrimaryKeyMode: record key, subset" => some_fields_of_the_kafka_key_are_the_key,
        "Debezium JdbcSinkPrimaryKeyMode: record value, subset" => named_fields_are_the_key_in_their_order,
        "Debezium JdbcSinkPrimaryKeyMode: record header" => a_header_says_which_row_it_is,
        "Debezium JdbcSinkPrimaryKeyMode: record value, one field" => a_field_says_which_row_it_is,
        "Debezium JdbcSinkPrimaryKeyMode: record key, one value" => a_kafka_key_says_which_row_it_is,
        "Debezium JdbcSinkPrimaryKeyMode: value without fields" => a_record_without_fields_is_a_row_of_metadata,
        "Debezium JdbcSinkPrimaryKeyMode: no such field" => a_key_that_no_field_has_stops_the_table,
        "Confluent BufferedRecords: key mode without key" => a_table_without_a_key_stops,
        "Confluent FieldsMetadata: key of the schema" => the_schema_lists_the_key_in_its_order,
        "Vector postgres: required field missing" => a_null_in_the_key_is_a_dead_letter,
        "Confluent issue 996: text keys on MySQL" => texts_are_keys_without_any_preparation,
        "Confluent issue 551: long keys" => a_key_that_no_index_can_hold_is_a_dead_letter,
        "Bulker sql: primary key of several columns" => a_key_of_many_columns_finds_its_row,
        "Debezium postgres ColumnTypeMapping: key not null" => no_column_of_the_key_takes_null,
    ];
    all.extend(key_types());
    all.extend(types_that_are_no_keys());
    all
}

fn a_stream_has_the_uuid_as_its_key(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    assert_eq!(scene.key(), ["_sink_uuid"]);
    assert_eq!(scene.rows("id, name"), ["1|a"]);
}

const ORDER: &str = r#"{"name":"region","type":"string"},{"name":"note","type":"string"},{"name":"id","type":"long"}"#;

fn order(schema: i32, region: &str, id: i64, note: &str) -> Raw {
    plain(schema, &[text(region), text(note), long(id)])
}

fn the_fields_of_the_kafka_key_are_the_key(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ORDER), scene.fields(r#"{"name":"id","type":"long"}"#));
    scene.options("format: confluent, mode: table");
    let change = |id, note| order(schema, "eu", id, note).key(confluent(key, &long(id)));
    scene.send([change(1, "a"), change(2, "b"), change(1, "c"), tombstone(confluent(key, &long(2)))]);
    scene.load();
    assert_eq!(scene.key(), ["id"]);
    assert_eq!(scene.rows("id, note"), ["1|c"]);
}

const ORDER_KEY: &str = r#"{"name":"id","type":"long"},{"name":"region","type":"string"}"#;

fn order_key(schema: i32, id: i64, region: &str) -> Vec<u8> {
    confluent(schema, &record(&[long(id), text(region)]))
}

fn all_fields_of_the_kafka_key_are_the_key(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ORDER), scene.fields(ORDER_KEY));
    scene.options("format: confluent, mode: table");
    let change = |id, region, note| order(schema, region, id, note).key(order_key(key, id, region));
    scene.send([change(1, "eu", "a"), change(1, "us", "b"), change(1, "eu", "c"), change(2, "eu", "d")]);
    scene.send([tombstone(order_key(key, 2, "eu")), tombstone(order_key(key, 2, "us"))]);
    scene.load();
    assert_eq!(scene.key(), ["id", "region"]);
    assert_eq!(scene.lines("SELECT id, region, note FROM {t} ORDER BY id, region"), ["1|eu|c", "1|us|b"]);
}

fn some_fields_of_the_kafka_key_are_the_key(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ORDER), scene.fields(ORDER_KEY));
    scene.options("format: confluent, mode: table, key: [id]");
    let change = |id, region, note| order(schema, region, id, note).key(order_key(key, id, region));
    scene.send([change(1, "eu", "a"), change(1, "us", "b"), change(2, "eu", "c"), change(3, "eu", "d")]);
    scene.send([tombstone(order_key(key, 2, "eu"))]);
    scene.load();
    assert_eq!(scene.key(), ["id"]);
    assert_eq!(scene.rows("id, region, note"), ["1|us|b", "3|eu|d"]);
}

fn named_fields_are_the_key_in_their_order(scene: &mut Scene<'_>) {
    let schema = scene.fields(ORDER);
    scene.options("format: confluent, mode: table, key: [id, region]");
    scene.send([order(schema, "eu", 1, "a"), order(schema, "us", 1, "b"), order(schema, "eu", 1, "c")]);
    scene.load();
    assert_eq!(scene.key(), ["id", "region"]);
    assert_eq!(scene.lines("SELECT id, region, note FROM {t} ORDER BY region"), ["1|eu|c", "1|us|b"]);
}

const UUIDS: [&str; 2] = ["0d9c3a52-2c1b-4f0e-8a55-0123456789ab", "ffffffff-ffff-ffff-ffff-ffffffffffff"];

fn identified(scene: &mut Scene<'_>, from: &str, message: impl Fn(i32, &str, i64) -> Raw) {
    let schema = scene.fields(r#"{"name":"u","type":"string"},{"name":"n","type":"int"}"#);
    scene.options(&format!("format: confluent, unique: uuid, uuid: {from}"));
    let [first, second] = UUIDS;
    scene.send([message(schema, first, 1), message(schema, second, 2), message(schema, first, 1)]);
    scene.send([message(schema, second, 3)]);
    scene.load();
    assert_eq!(scene.rows("n"), ["1", "2"]);
    assert_eq!(scene.counts().duplicate, 1);
    assert_eq!(scene.dead(), ["uuid_conflict"]);
}

fn a_header_says_which_row_it_is(scene: &mut Scene<'_>) {
    identified(scene, "'header:id'", |schema, uuid, n| {
        let headers = vec![("id".to_owned(), Some(uuid.as_bytes().to_vec()))];
        Raw { headers, ..plain(schema, &[text("u"), long(n)]) }
    });
    let uuids = UUIDS.map(|uuid| scene.uuid(uuid));
    assert_eq!(scene.lines("SELECT _sink_uuid FROM {t} ORDER BY n"), uuids);
}

fn a_field_says_which_row_it_is(scene: &mut Scene<'_>) {
    identified(scene, "'field:u'", |schema, uuid, n| plain(schema, &[text(uuid), long(n)]));
    assert_eq!(scene.key(), ["u"]);
    assert!(!scene.has("_sink_uuid"));
}

fn a_kafka_key_says_which_row_it_is(scene: &mut Scene<'_>) {
    identified(scene, "key", |schema, uuid, n| plain(schema, &[text("u"), long(n)]).key(uuid));
    assert_eq!(scene.key(), ["_sink_uuid"]);
}

fn a_record_without_fields_is_a_row_of_metadata(scene: &mut Scene<'_>) {
    let schema = scene.fields("");
    scene.send([log(schema, &[]), log(schema, &[])]);
    scene.load();
    assert_eq!(scene.rows("_sink_offset, _sink_message_type"), ["0|log", "1|log"]);
}

fn a_key_that_no_field_has_stops_the_table(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [nothing]");
    scene.send([log(schema, &[id_name(1, "a")])]);
    let stop = scene.stops("no_key");
    assert!(stop.message.contains("nothing"), "{}", stop.message);
    assert!(!scene.is_table());
}

fn a_table_without_a_key_stops(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table");
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.stops("no_key");
    assert!(!scene.is_table());
}

fn the_schema_lists_the_key_in_its_order(scene: &mut Scene<'_>) {
    let schema = scene.schema(
        r#"{"type":"record","name":"listed","pkey":["kind","id"],"fields":[{"name":"id","type":"long"},
        {"name":"kind","type":{"type":"enum","name":"kinds","symbols":["a","b"]}},{"name":"n","type":"int"}]}"#,
    );
    scene.options("mode: table");
    let row = |id, kind, n| yelp("create", schema, &[long(id), long(kind), long(n)]);
    scene.send([row(1, 0, 1), row(1, 1, 2), row(1, 0, 3)]);
    scene.load();
    assert_eq!(scene.key(), ["kind", "id"]);
    assert_eq!(scene.lines("SELECT kind, id, n FROM {t} ORDER BY kind"), ["a|1|3", "b|1|2"]);
}

fn a_null_in_the_key_is_a_dead_letter(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"id","type":["null","int"]},{"name":"n","type":"int"}"#);
    scene.options("mode: table, key: [id]");
    let row = |id: Option<i64>, n| log(schema, &[id.map_or_else(null, |id| some(long(id))), long(n)]);
    scene.send([row(Some(1), 1), row(None, 2), row(Some(2), 3)]);
    scene.load();
    assert_eq!(scene.rows("id, n"), ["1|1", "2|3"]);
    assert_eq!(scene.dead(), ["null_violation"]);
}

fn texts_are_keys_without_any_preparation(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"code","type":"string"},{"name":"n","type":"int"}"#);
    scene.options("mode: table, key: [code]");
    let codes = ["a", "A", "a ", " a", "", "ä", "a\u{308}", "ß", "ss", "😀", "a'b", "a\\b", "a%"];
    let rows = |from: i64| (from..).zip(codes).map(|(n, code)| log(schema, &[text(code), long(n)])).collect::<Vec<_>>();
    scene.send(rows(0));
    scene.load();
    scene.send(rows(100));
    scene.load();
    let expected: Vec<String> = (100..).zip(codes).map(|(n, code)| format!("{n}|{code}")).collect();
    assert_eq!(scene.rows("n, code"), expected);
}

fn a_key_that_no_index_can_hold_is_a_dead_letter(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"code","type":"string"},{"name":"n","type":"int"}"#);
    scene.options("mode: table, key: [code]");
    let lengths = [255, 256, 2600, 2601, 100_000];
    scene.send((0..).zip(lengths).map(|(n, length)| log(schema, &[text("k".repeat(length)), long(n)])));
    scene.load();
    let kept = scene.each(3, 1, 5);
    assert_eq!(scene.rows("n"), (0..kept).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(scene.dead(), vec!["key_too_long"; lengths.len() - kept]);
}

fn a_key_of_many_columns_finds_its_row(scene: &mut Scene<'_>) {
    let names: Vec<String> = (0..16).map(|n| format!("k{n}")).collect();
    let fields: Vec<String> = names.iter().map(|name| format!(r#"{{"name":"{name}","type":"int"}}"#)).collect();
    let schema = scene.fields(&format!(r#"{},{{"name":"n","type":"int"}}"#, fields.join(",")));
    scene.options(&format!("mode: table, key: [{}]", names.join(", ")));
    let row = |differs: Option<usize>, n| {
        let key: Vec<u8> = (0..16).flat_map(|index| long(i64::from(differs == Some(index)))).collect();
        log(schema, &[key, long(n)])
    };
    scene.send((0..16).map(|index| row(Some(index), index as i64)));
    scene.send([row(None, 100), row(Some(3), 103), row(None, 200)]);
    scene.load();
    let numbers: Vec<i64> = (0..16).filter(|n| *n != 3).chain([103, 200]).collect();
    assert_eq!(scene.rows("n"), numbers.iter().map(i64::to_string).collect::<Vec<_>>());
    assert_eq!(scene.key(), names);
}

fn no_column_of_the_key_takes_null(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"code","type":["null","string"]},{"name":"id","type":"int"}"#);
    scene.options("mode: table, key: [code, id]");
    scene.send([log(schema, &[some(text("a")), long(1)])]);
    scene.load();
    let insert = "INSERT INTO {t} (code, id) VALUES (NULL, 1)".replace("{t}", &scene.table);
    assert!(scene.world().database.try_query(&insert).is_err());
}

/// Two different values of each type that may be a key; as a key each has its row, and a tombstone finds it.
fn key_types() -> Vec<Scenario> {
    let uuid = |digit: &str| {
        text(format!("{0}{0}{0}{0}{0}{0}{0}{0}-{0}{0}{0}{0}-4{0}{0}{0}-8{0}{0}{0}-{1}", digit, digit.repeat(12)))
    };
    let types: Vec<(&str, &str, [Vec<u8>; 2])> = vec![
        ("a boolean", r#""boolean""#, [boolean(false), boolean(true)]),
        ("an int", r#""int""#, [long(i32::MIN.into()), long(i32::MAX.into())]),
        ("a long", r#""long""#, [long(i64::MIN), long(i64::MAX)]),
        ("a string", r#""string""#, [text("key"), text("Key")]),
        ("bytes", r#""bytes""#, [text([0, 1]), text([0, 1, 0])]),
        ("an enum", r#"{"type":"enum","name":"e","symbols":["a","A"]}"#, [long(0), long(1)]),
        ("a fixed", r#"{"type":"fixed","name":"f","size":4}"#, [hex("00000000"), hex("20202020")]),
        (
            "a decimal",
            r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
            [decimal(-1), decimal(100)],
        ),
        ("a uuid", r#"{"type":"string","logicalType":"uuid"}"#, [uuid("a"), uuid("9")]),
        ("a date", r#"{"type":"int","logicalType":"date"}"#, [long(-1), long(19_000)]),
        ("a time", r#"{"type":"long","logicalType":"time-micros"}"#, [long(0), long(1)]),
        ("a timestamp", r#"{"type":"long","logicalType":"timestamp-micros"}"#, [long(-1), long(1)]),
        ("a local timestamp", r#"{"type":"long","logicalType":"local-timestamp-micros"}"#, [long(-1), long(1)]),
        ("a timestamp in nanoseconds", r#"{"type":"long","logicalType":"timestamp-nanos"}"#, [long(0), long(1)]),
    ];
    let scenario = |(name, avro, [one, other]): (&str, &'static str, [Vec<u8>; 2])| {
        let play = move |scene: &mut Scene<'_>| {
            let schema = scene.keyed("k", &format!(r#"{{"name":"k","type":{avro}}},{{"name":"n","type":"int"}}"#));
            scene.options("mode: table");
            let row = |key: &[u8], n| yelp("create", schema, &[key.to_vec(), long(n)]);
            scene.send([row(&one, 1), row(&other, 2), row(&one, 3)]);
            scene.load();
            assert_eq!(scene.rows("n"), ["2", "3"]);
            scene.send([tombstone(other.clone()), row(&one, 4)]);
            scene.load();
            assert_eq!(scene.rows("n"), ["4"]);
            assert_eq!(scene.counts(), Counts { applied: 4, deleted: 1, ..Counts::default() });
        };
        Scenario::together(&format!("{name} as a key finds its row"), "Debezium type matrix: as a key", play)
    };
    types.into_iter().map(scenario).collect()
}

/// Types whose equal values may differ, or the other way round.
fn types_that_are_no_keys() -> Vec<Scenario> {
    let types: [(&str, &'static str, Vec<u8>); 4] = [
        ("a double", r#""double""#, double(1.5)),
        ("a duration", r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#, vec![0; 12]),
        ("a big decimal", r#"{"type":"bytes","logicalType":"big-decimal"}"#, text([text([1]), long(0)].concat())),
        ("a record", r#"{"type":"record","name":"r","fields":[]}"#, vec![]),
    ];
    let scenario = |(name, avro, value): (&str, &'static str, Vec<u8>)| {
        let play = move |scene: &mut Scene<'_>| {
            let schema = scene.fields(&format!(r#"{{"name":"k","type":{avro}}},{{"name":"n","type":"int"}}"#));
            scene.options("mode: table, key: [k]");
            scene.send([yelp("create", schema, &[value.clone(), long(1)])]);
            scene.stops("key_type");
            assert!(!scene.is_table());
        };
        Scenario::together(&format!("{name} is no key"), "Debezium type matrix: as a key", play)
    };
    types.into_iter().map(scenario).collect()
}
