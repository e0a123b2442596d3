//! Records inside of records: columns of their own, or not allowed.

use super::messages::{branch, entry, items, log, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::avro::{long, null, record, some, text};

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Bulker: nested" => the_fields_of_a_record_inside_can_be_columns,
        "Kafka Connect Flatten: optional struct" => a_record_that_is_missing_differs_from_one_of_nulls,
        "Kafka Connect Flatten: arrays" => what_is_no_record_stays_json_when_records_are_columns,
        "BigQuery SchemaManager: recursive schema, flattened" => a_recursive_record_stays_json_when_records_are_columns,
        "Bulker: nested, keys collide" => two_paths_with_one_name_stop_the_table,
        "Debezium SchemaEvolution: nested field" => a_new_field_inside_is_a_new_column,
        "Debezium PrimaryKeyMode: nested key" => a_field_inside_can_be_the_key,
        "ClickHouse autoEvolve: struct rejected" => a_nested_value_can_be_refused,
    ]
}

const INNER: &str = r#"{"type":"record","name":"person","fields":[{"name":"id","type":"long"},
    {"name":"home","type":{"type":"record","name":"place","fields":[{"name":"zip","type":["null","string"]}]}}]}"#;

fn the_fields_of_a_record_inside_can_be_columns(scene: &mut Scene<'_>) {
    let schema = scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"owner","type":{INNER}}}"#));
    scene.options("nested: flatten");
    scene.send([log(schema, &[long(1), long(7), some(text("90210"))]), log(schema, &[long(2), long(8), null()])]);
    scene.load();
    assert_eq!(scene.rows("n, owner_id, owner_home_zip"), ["1|7|90210", "2|8|-"]);
    assert!(!scene.has("owner"));
}

fn a_record_that_is_missing_differs_from_one_of_nulls(scene: &mut Scene<'_>) {
    let inner =
        r#"{"type":"record","name":"maybe","fields":[{"name":"a","type":["null","int"]},{"name":"b","type":"int"}]}"#;
    let schema = scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"x","type":["null",{inner}]}}"#));
    scene.options("nested: flatten");
    scene.send([log(schema, &[long(1), null()]), log(schema, &[long(2), some(record(&[null(), long(5)]))])]);
    scene.send([log(schema, &[long(3), some(record(&[some(long(4)), long(6)]))])]);
    scene.load();
    assert_eq!(scene.rows("n, x_present, x_a, x_b"), ["1|0|-|-", "2|1|-|5", "3|1|4|6"]);
}

fn what_is_no_record_stays_json_when_records_are_columns(scene: &mut Scene<'_>) {
    let inner = r#"{"type":"record","name":"inner","fields":[{"name":"list","type":{"type":"array","items":"int"}},
        {"name":"map","type":{"type":"map","values":"int"}},{"name":"either","type":["int","string"]}]}"#;
    let schema = scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"x","type":{inner}}}"#));
    scene.options("nested: flatten");
    let inner = [items(&[long(1), long(2)]), items(&[entry("k", long(3))]), branch(1, text("four"))];
    scene.send([log(schema, &[long(1), record(&inner)])]);
    scene.load();
    assert_eq!(scene.rows("n, x_list, x_map, x_either"), [r#"1|[1,2]|{"k":3}|{"string":"four"}"#]);
}

fn a_recursive_record_stays_json_when_records_are_columns(scene: &mut Scene<'_>) {
    let node = r#"{"type":"record","name":"node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","node"]}]}"#;
    let schema = scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"x","type":{node}}}"#));
    scene.options("nested: flatten");
    scene.send([
        log(schema, &[long(1), long(2), some(record(&[long(3), null()]))]),
        log(schema, &[long(2), long(5), null()]),
    ]);
    scene.load();
    let rows = scene.lines("SELECT * FROM {t} ORDER BY n").join("\n");
    assert!(rows.contains(r#""next":null"#) && rows.contains(r#""v":3"#), "{rows}");
    assert_eq!(scene.counts().applied, 2);
}

fn two_paths_with_one_name_stop_the_table(scene: &mut Scene<'_>) {
    let of = |name: &str, field: &str| {
        format!(
            r#"{{"name":"{name}","type":{{"type":"record","name":"r_{name}","fields":[{{"name":"{field}","type":"int"}}]}}}}"#
        )
    };
    let schema = scene.fields(&format!("{},{}", of("a", "b_c"), of("a_b", "c")));
    scene.options("nested: flatten");
    scene.send([log(schema, &[long(1), long(2)])]);
    let stop = scene.stops("name_collision");
    assert!(stop.message.contains("a.b_c"), "{}", stop.message);
    assert!(!scene.is_table());
}

fn a_new_field_inside_is_a_new_column(scene: &mut Scene<'_>) {
    let of = |more: &str| {
        let inner = format!(r#"{{"type":"record","name":"r","fields":[{{"name":"a","type":"int"}}{more}]}}"#);
        scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"x","type":{inner}}}"#))
    };
    let (old, new) = (of(""), of(r#",{"name":"b","type":["null","int"],"default":null}"#));
    scene.options("nested: flatten");
    scene.send([log(old, &[long(1), long(10)])]);
    scene.load();
    scene.send([log(new, &[long(2), long(20), some(long(21))]), log(old, &[long(3), long(30)])]);
    scene.load();
    assert_eq!(scene.rows("n, x_a, x_b"), ["1|10|-", "2|20|21", "3|30|-"]);
}

fn a_field_inside_can_be_the_key(scene: &mut Scene<'_>) {
    let inner = r#"{"type":"record","name":"r","fields":[{"name":"id","type":"int"}]}"#;
    let schema = scene.fields(&format!(r#"{{"name":"n","type":"int"}},{{"name":"owner","type":{inner}}}"#));
    scene.options("nested: flatten, mode: table, key: [owner.id]");
    scene.send([log(schema, &[long(1), long(7)]), log(schema, &[long(2), long(8)]), log(schema, &[long(3), long(7)])]);
    scene.send([yelp("delete", schema, &[long(0), long(8)])]);
    scene.load();
    assert_eq!(scene.key(), ["owner_id"]);
    assert_eq!(scene.rows("owner_id, n"), ["7|3"]);
}

fn a_nested_value_can_be_refused(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"n","type":"int"},{"name":"inside","type":{"type":"array","items":"int"}}"#);
    scene.options("nested: reject");
    scene.send([log(schema, &[long(1), items(&[])])]);
    let stop = scene.stops("not_flat");
    assert!(stop.message.contains("inside"), "{}", stop.message);
    assert!(!scene.is_table());
}
