//! Columns as the configuration wants them.

use super::messages::{ID_NAME, id_name, log};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::avro::{double, long, null, some, text};

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Confluent AbstractJdbcSinkConnector: whitelist" => a_field_can_be_left_out,
        "Debezium FieldFilter: exclude" => a_field_that_is_left_out_needs_no_column_later_either,
        "Debezium NamingStyleUtils: rename" => a_column_can_have_another_name,
        "Confluent timestamp.fields.list" => a_number_can_be_an_instant,
        "Debezium postgres ColumnTypeMapping: string to uuid" => a_text_can_be_a_uuid,
        "Debezium postgres ColumnTypeMapping: string to json" => a_text_can_be_json,
        "Confluent PostgresDatatype: date" => a_text_can_be_a_time,
        "Snowflake type matrix: double to number" => a_double_can_be_a_decimal_where_it_is_one,
        "Confluent PostgresDatatype: numeric to text" => any_value_can_be_a_text,
        "Debezium postgres ColumnTypeMapping: bytes to uuid" => bytes_can_be_a_uuid,
        "Confluent issue 996: length of a key" => a_key_can_have_a_length,
        "Debezium FieldFilter: no such field" => a_column_that_no_field_has_stops_the_table,
        "Debezium postgres: zero in a text" => a_zero_in_a_text_can_be_taken_out,
        "Debezium postgres: zero in a text, replaced" => a_zero_in_a_text_can_be_replaced,
    ]
}

fn a_field_can_be_left_out(scene: &mut Scene<'_>) {
    let schema = scene.fields(&format!(r#"{ID_NAME},{{"name":"secret","type":"string"}},{{"name":"n","type":"int"}}"#));
    scene.options("columns: {secret: {skip: true}}");
    scene.send([log(schema, &[id_name(1, "a"), text("hidden"), long(5)])]);
    scene.load();
    assert_eq!(scene.rows("id, name, n"), ["1|a|5"]);
    assert!(!scene.has("secret"));
}

fn a_field_that_is_left_out_needs_no_column_later_either(scene: &mut Scene<'_>) {
    let old = scene.fields(&format!(r#"{ID_NAME},{{"name":"secret","type":"string"}}"#));
    let new = scene.fields(&format!(r#"{{"name":"secret","type":"long"}},{ID_NAME}"#));
    scene.options("columns: {secret: {skip: true}}");
    scene.send([log(old, &[id_name(1, "a"), text("hidden")]), log(new, &[long(5), id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a", "2|b"]);
    assert!(!scene.has("secret"));
}

fn a_column_can_have_another_name(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id], columns: {name: {name: 'full name'}}");
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[id_name(1, "b")])]);
    scene.load();
    assert_eq!(scene.rows(&format!("id, {}", scene.quoted("full name"))), ["1|b"]);
}

/// A table with a field `v` that is overridden so, and what its values become; after `!` the code of a dead letter.
fn becomes(scene: &mut Scene<'_>, avro: &str, column: &str, values: &[(Vec<u8>, &str)]) {
    let schema = scene.fields(&format!(r#"{{"name":"id","type":"int"}},{{"name":"v","type":["null",{avro}]}}"#));
    scene.options(&format!("columns: {{v: {{{column}}}}}"));
    scene.send((0..).zip(values).map(|(id, (value, _))| log(schema, &[long(id), some(value.clone())])));
    scene.send([log(schema, &[long(1000), null()])]);
    scene.load();
    let (dead, kept): (Vec<_>, Vec<_>) = (0..).zip(values).partition(|(_, (_, text))| text.starts_with('!'));
    let mut expected: Vec<String> = kept.iter().map(|(id, (_, text))| format!("{id}|{text}")).collect();
    expected.push("1000|-".to_owned());
    assert_eq!(scene.rows("id, v"), expected);
    assert_eq!(scene.dead(), dead.iter().map(|(_, (_, code))| &code[1..]).collect::<Vec<_>>());
}

fn a_number_can_be_an_instant(scene: &mut Scene<'_>) {
    let values = [(long(1_719_836_130_123), "2024-07-01 12:15:30.123000"), (long(i64::MAX), "!timestamp_range")];
    becomes(scene, r#""long""#, "type: timestamptz, unit: ms", &values);
}

const UUID: &str = "0d9c3a52-2c1b-4f0e-8a55-0123456789ab";

fn a_text_can_be_a_uuid(scene: &mut Scene<'_>) {
    let uuid = scene.uuid(UUID);
    becomes(scene, r#""string""#, "type: uuid", &[(text(UUID), &uuid), (text("none"), "!bad_uuid")]);
}

fn a_text_can_be_json(scene: &mut Scene<'_>) {
    let values = [(text(r#"{"b": [1], "a": null}"#), r#"{"a":null,"b":[1]}"#), (text("{"), "!bad_json")];
    becomes(scene, r#""string""#, "type: json", &values);
}

fn a_text_can_be_a_time(scene: &mut Scene<'_>) {
    let values = [
        (text("2024-07-01T12:15:30.5+02:00"), "2024-07-01 10:15:30.500000"),
        (text("2024-07-01T12:15:30Z"), "2024-07-01 12:15:30.000000"),
        (text("2024-07-01"), "!bad_datetime"),
    ];
    becomes(scene, r#""string""#, "type: timestamptz", &values);
}

fn a_double_can_be_a_decimal_where_it_is_one(scene: &mut Scene<'_>) {
    let values = [
        (double(101.41), "101.41"),
        (double(-0.5), "-0.50"),
        (double(0.125), "!decimal_inexact"),
        (double(1e9), "!decimal_range"),
    ];
    becomes(scene, r#""double""#, "type: 'decimal(6,2)'", &values);
}

fn any_value_can_be_a_text(scene: &mut Scene<'_>) {
    let values = [(long(i64::MAX), "9223372036854775807"), (long(-1), "-1")];
    becomes(scene, r#""long""#, "type: text", &values);
}

fn bytes_can_be_a_uuid(scene: &mut Scene<'_>) {
    let uuid = scene.uuid(UUID);
    let bytes = super::messages::hex(&UUID.replace('-', ""));
    becomes(scene, r#""bytes""#, "type: uuid", &[(text(bytes), &uuid), (text([1, 2]), "!bad_uuid")]);
}

fn a_key_can_have_a_length(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"code","type":"string"},{"name":"n","type":"int"}"#);
    scene.options("mode: table, key: [code], columns: {code: {length: 400}}");
    let row = |length, n| log(schema, &[text("k".repeat(length)), long(n)]);
    scene.send([row(400, 1), row(401, 2), row(300, 3), row(400, 4)]);
    scene.load();
    assert_eq!(scene.rows("n"), ["3", "4"]);
    let dead = scene.dead();
    assert!(dead == ["too_long"] || dead == ["key_too_long"], "{dead:?}");
}

fn a_column_that_no_field_has_stops_the_table(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("columns: {nothing: {skip: true}}");
    scene.send([log(schema, &[id_name(1, "a")])]);
    let stop = scene.stops("bad_column");
    assert!(stop.message.contains("nothing"), "{}", stop.message);
}

fn zero(scene: &mut Scene<'_>, nul: &str, postgres: &str) {
    let schema = scene.fields(r#"{"name":"id","type":"int"},{"name":"v","type":"string"}"#);
    scene.options(&format!("nul: {nul}"));
    scene.send([log(schema, &[long(1), text("a\0b")]), log(schema, &[long(2), text("ab")])]);
    scene.load();
    assert_eq!(scene.rows("id, v"), [format!("1|{}", scene.each(postgres, "a\0b", "a\0b")), "2|ab".to_owned()]);
}

fn a_zero_in_a_text_can_be_taken_out(scene: &mut Scene<'_>) {
    zero(scene, "strip", "ab");
}

fn a_zero_in_a_text_can_be_replaced(scene: &mut Scene<'_>) {
    zero(scene, "replace", "a\u{fffd}b");
}
