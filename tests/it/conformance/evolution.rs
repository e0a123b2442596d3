//! What becomes of a table when schemas come and go, in one batch and over several loads.

use super::messages::{ID_NAME, branch, id_name, log, plain, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::avro::{double, long, null, some, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Debezium JdbcSinkSchemaEvolution: table on create" => a_create_makes_the_table,
        "Debezium JdbcSinkSchemaEvolution: table on update" => an_update_makes_the_table,
        "Debezium JdbcSinkSchemaEvolution: table on delete" => a_delete_makes_the_table,
        "Debezium JdbcSinkSchemaEvolution: none" => a_table_that_may_not_be_made_stops,
        "Bulker sql: SchemaFreeze" => a_column_that_may_not_be_made_stops_the_table,
        "Confluent AbstractJdbcSinkConnector: auto evolve off" => a_change_made_by_hand_lets_the_load_go_on,
        "Debezium JdbcSinkSchemaEvolution: add column" => a_new_field_is_a_new_column,
        "ClickHouse autoEvolve: non-null as nullable" => a_new_required_field_is_a_column_that_takes_null,
        "ClickHouse autoEvolve: many columns" => many_new_fields_come_at_once,
        "Confluent JdbcDbWriter: auto create, auto evolve" => a_default_of_a_new_field_does_not_reach_older_rows,
        "Debezium JdbcSinkSchemaEvolution: removed field" => a_field_that_is_gone_leaves_its_column,
        "Snowflake schema evolution: drop NOT NULL" => a_required_field_that_is_gone_takes_null,
        "Delta kafka-delta-ingest: schema update" => a_field_that_comes_back_finds_its_column,
        "ClickHouse autoEvolve: mixed schema in one batch" => older_records_have_null_in_newer_columns,
        "ClickHouse autoEvolve: interleaved versions" => interleaved_schemas_make_one_table,
        "ClickHouse autoEvolve: last record older" => an_older_record_at_the_end_takes_nothing_away,
        "ClickHouse autoEvolve: cross-partition drift" => partitions_may_be_at_different_schemas,
        "ClickHouse autoEvolve: triple schema" => three_schemas_in_one_batch_make_their_union,
        "ClickHouse autoEvolve: column cache after DDL" => rows_after_a_change_have_all_columns,
        "Snowflake schema evolution: several waves" => ten_schemas_in_a_row_make_ten_columns,
        "BigQuery SchemaManager: relax" => a_field_that_becomes_nullable_takes_null,
        "BigQuery SchemaManager: tighten" => a_field_that_becomes_required_changes_nothing,
        "Confluent DbStructure: rename" => a_renamed_field_is_a_new_column,
        "Yelp data pipeline: reorder" => another_order_of_fields_changes_nothing,
        "Yelp data pipeline: default, union order" => another_order_of_a_union_changes_nothing,
        "BigQuery SchemaManager: documentation" => another_documentation_changes_nothing,
        "BigQuery SchemaManager: null type" => a_field_without_a_type_gets_its_column_with_one,
        "Debezium postgres EnumIT: evolved" => an_enum_may_have_new_symbols,
        "Debezium mysql ColumnTypeMapping: temporal precision" => milliseconds_may_become_microseconds,
        "Snowflake: two topics, one table" => topics_of_different_schemas_share_a_table,
        "Confluent DbStructure: key changed" => another_key_stops_the_table,
        "BigQuery SchemaManager: recursive schema" => a_record_that_must_hold_itself_stops_the_table,
        "Bulker sql: MaxColumns" => more_columns_than_a_table_can_have_stop_it,
        "ClickHouse: schemaless error" => a_schema_that_is_none_stops_its_table_alone,
        "ClickHouse: schema not a struct" => a_schema_that_is_no_record_stops_its_table,
        "Confluent JdbcSinkTask: alter fails" => a_schema_nobody_knows_is_a_dead_letter,
    ]
}

fn made_by(scene: &mut Scene<'_>, kind: &'static str) {
    let schema = scene.fields(ID_NAME);
    scene.send([yelp(kind, schema, &[id_name(1, "a")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_message_type"), [format!("1|a|{kind}")]);
}

fn a_create_makes_the_table(scene: &mut Scene<'_>) {
    made_by(scene, "create");
}

fn an_update_makes_the_table(scene: &mut Scene<'_>) {
    made_by(scene, "update");
}

fn a_delete_makes_the_table(scene: &mut Scene<'_>) {
    made_by(scene, "delete");
}

fn a_table_that_may_not_be_made_stops(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("schema_changes: refuse");
    scene.send([log(schema, &[id_name(1, "a")])]);
    let stop = scene.stops("schema_change");
    assert!(stop.message.contains(&scene.table), "{}", stop.message);
    assert!(!scene.is_table());
    assert_eq!(scene.counts(), Counts::default());
}

/// A schema with a field more than `ID_NAME`.
fn more(scene: &Scene<'_>, field: &str) -> i32 {
    scene.fields(&format!("{ID_NAME},{field}"))
}

const MORE: &str = r#"{"name":"more","type":["null","int"],"default":null}"#;

fn a_column_that_may_not_be_made_stops_the_table(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.options("schema_changes: create_only");
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(old, &[id_name(2, "b")]), log(new, &[id_name(3, "c"), some(long(3))])]);
    let stop = scene.stops("schema_change");
    assert!(stop.message.contains("more"), "{}", stop.message);
    assert!(!scene.has("more"));
    // Up to there all is loaded, and nothing is lost.
    assert_eq!(scene.rows("id"), ["1", "2"]);
    assert_eq!(scene.counts(), Counts { applied: 2, ..Counts::default() });
}

fn a_change_made_by_hand_lets_the_load_go_on(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), some(long(2))])]);
    scene.options("schema_changes: refuse");
    scene.stops("schema_change");
    scene.sql(&format!("ALTER TABLE {{t}} ADD COLUMN more {}", scene.each("integer", "INT", "INTEGER")));
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["1|a|-", "2|b|2"]);
}

fn a_new_field_is_a_new_column(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), some(long(2))]), log(new, &[id_name(3, "c"), null()])]);
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["1|a|-", "2|b|2", "3|c|-"]);
}

fn a_new_required_field_is_a_column_that_takes_null(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, r#"{"name":"more","type":"int"}"#));
    scene.send([log(old, &[id_name(1, "a")]), log(new, &[id_name(2, "b"), long(2)])]);
    scene.load();
    scene.send([log(old, &[id_name(3, "c")]), log(new, &[id_name(4, "d"), long(4)])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|-", "2|2", "3|-", "4|4"]);
}

fn many_new_fields_come_at_once(scene: &mut Scene<'_>) {
    let fields: Vec<String> = (0..40).map(|n| format!(r#"{{"name":"c{n}","type":["null","long"]}}"#)).collect();
    let (old, new) = (scene.fields(ID_NAME), more(scene, &fields.join(",")));
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), (0..40).flat_map(|n| some(long(n))).collect()])]);
    scene.load();
    assert_eq!(scene.rows("id, c0, c20, c39"), ["1|-|-|-", "2|0|20|39"]);
}

fn a_default_of_a_new_field_does_not_reach_older_rows(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, r#"{"name":"more","type":"int","default":5}"#));
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), long(6)]), log(old, &[id_name(3, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|-", "2|6", "3|-"]);
}

fn a_field_that_is_gone_leaves_its_column(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, MORE), scene.fields(ID_NAME));
    scene.send([log(old, &[id_name(1, "a"), some(long(1))])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["1|a|1", "2|b|-"]);
}

fn a_required_field_that_is_gone_takes_null(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, r#"{"name":"more","type":"int"}"#), scene.fields(ID_NAME));
    scene.send([log(old, &[id_name(1, "a"), long(1)])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b")]), log(old, &[id_name(3, "c"), long(3)])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|1", "2|-", "3|3"]);
}

fn a_field_that_comes_back_finds_its_column(scene: &mut Scene<'_>) {
    let (with, without) = (more(scene, MORE), scene.fields(ID_NAME));
    scene.send([log(with, &[id_name(1, "a"), some(long(1))])]);
    scene.load();
    scene.send([log(without, &[id_name(2, "b")])]);
    scene.load();
    scene.send([log(with, &[id_name(3, "c"), some(long(3))])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|1", "2|-", "3|3"]);
}

/// Two schemas with a column each of their own, beside `id` and `name`.
fn drifted(scene: &Scene<'_>) -> (i32, i32) {
    (more(scene, r#"{"name":"a","type":["null","int"]}"#), more(scene, r#"{"name":"b","type":["null","string"]}"#))
}

fn older_records_have_null_in_newer_columns(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.send((0..5).map(|id| log(old, &[id_name(id, "old")])));
    scene.send((5..10).map(|id| log(new, &[id_name(id, "new"), some(long(id))])));
    scene.load();
    let expected = (0..10).map(|id| if id < 5 { format!("{id}|old|-") } else { format!("{id}|new|{id}") });
    assert_eq!(scene.rows("id, name, more"), expected.collect::<Vec<_>>());
}

fn interleaved_schemas_make_one_table(scene: &mut Scene<'_>) {
    let (one, other) = drifted(scene);
    let row = |id: i64| match id % 2 {
        0 => log(one, &[id_name(id, "one"), some(long(id))]),
        _ => log(other, &[id_name(id, "other"), some(text(id.to_string()))]),
    };
    scene.send((0..20).map(row));
    scene.load();
    let line = |id: i64| if id % 2 == 0 { format!("{id}|one|{id}|-") } else { format!("{id}|other|-|{id}") };
    assert_eq!(scene.rows("id, name, a, b"), (0..20).map(line).collect::<Vec<_>>());
}

fn an_older_record_at_the_end_takes_nothing_away(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.send([log(new, &[id_name(1, "a"), some(long(1))]), log(new, &[id_name(2, "b"), some(long(2))])]);
    scene.send([log(old, &[id_name(3, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["1|a|1", "2|b|2", "3|c|-"]);
}

fn partitions_may_be_at_different_schemas(scene: &mut Scene<'_>) {
    let (one, other) = drifted(scene);
    scene.partitions(3);
    let row = |id: i64| match id % 3 {
        0 => log(one, &[id_name(id, "p0"), some(long(id))]).partition(0),
        1 => log(other, &[id_name(id, "p1"), some(text("x"))]).partition(1),
        _ => log(one, &[id_name(id, "p2"), null()]).partition(2),
    };
    scene.send((0..30).map(row));
    scene.load();
    let line = |id: i64| match id % 3 {
        0 => format!("{id}|p0|{id}|-"),
        1 => format!("{id}|p1|-|x"),
        _ => format!("{id}|p2|-|-"),
    };
    assert_eq!(scene.rows("id, name, a, b"), (0..30).map(line).collect::<Vec<_>>());
}

fn three_schemas_in_one_batch_make_their_union(scene: &mut Scene<'_>) {
    let base = scene.fields(ID_NAME);
    let (one, other) = drifted(scene);
    scene.send([log(other, &[id_name(1, "n"), some(text("x"))]), log(base, &[id_name(2, "n")])]);
    scene.send([log(one, &[id_name(3, "n"), some(long(3))]), log(other, &[id_name(4, "n"), null()])]);
    scene.send([log(base, &[id_name(5, "n")])]);
    scene.load();
    assert_eq!(scene.rows("id, a, b"), ["1|-|x", "2|-|-", "3|3|-", "4|-|-", "5|-|-"]);
}

fn rows_after_a_change_have_all_columns(scene: &mut Scene<'_>) {
    let (old, new) = (scene.fields(ID_NAME), more(scene, MORE));
    scene.line("batch: {rows_max: 1}");
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.send((2..9).map(|id| log(new, &[id_name(id, "b"), some(long(id))])));
    scene.load();
    let newer = (2..9).map(|id| format!("{id}|b|{id}"));
    assert_eq!(scene.rows("id, name, more"), ["1|a|-".to_owned()].into_iter().chain(newer).collect::<Vec<_>>());
}

fn ten_schemas_in_a_row_make_ten_columns(scene: &mut Scene<'_>) {
    let field = |n: i64| format!(r#"{{"name":"c{n}","type":["null","long"]}}"#);
    let version = |v: i64| (0..=v).map(field).collect::<Vec<_>>().join(",");
    let schemas: Vec<i32> = (0..10).map(|v| scene.fields(&version(v))).collect();
    let row = |v: i64, n: i64| log(schemas[v as usize], &[(0..=v).flat_map(|_| some(long(n))).collect()]);
    scene.send((0..10).map(|v| row(v, v)));
    scene.load();
    scene.send((0..10).rev().map(|v| row(v, 10 + v)));
    scene.load();
    let cell = |v: i64, n: i64, column: i64| if column <= v { n.to_string() } else { "-".to_owned() };
    let line = |n: i64| [0, 4, 9].map(|column| cell(n % 10, n, column)).join("|");
    assert_eq!(scene.rows("c0, c4, c9"), (0..20).map(line).collect::<Vec<_>>());
}

fn a_field_that_becomes_nullable_takes_null(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, r#"{"name":"more","type":"int"}"#), more(scene, MORE));
    scene.send([log(old, &[id_name(1, "a"), long(1)])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), null()]), log(old, &[id_name(3, "c"), long(3)])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|1", "2|-", "3|3"]);
}

fn a_field_that_becomes_required_changes_nothing(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, MORE), more(scene, r#"{"name":"more","type":"int"}"#));
    scene.send([log(old, &[id_name(1, "a"), null()])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), long(2)]), log(old, &[id_name(3, "c"), null()])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|-", "2|2", "3|-"]);
}

fn a_renamed_field_is_a_new_column(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, MORE), more(scene, r#"{"name":"rather","type":["null","int"],"aliases":["more"]}"#));
    scene.send([log(old, &[id_name(1, "a"), some(long(1))])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "b"), some(long(2))]), log(old, &[id_name(3, "c"), some(long(3))])]);
    scene.load();
    assert_eq!(scene.rows("id, more, rather"), ["1|1|-", "2|-|2", "3|3|-"]);
}

fn another_order_of_fields_changes_nothing(scene: &mut Scene<'_>) {
    let fields = [r#"{"name":"a","type":"int"}"#, r#"{"name":"b","type":"string"}"#, r#"{"name":"c","type":"double"}"#];
    let [a, b, c] = fields;
    let (old, new) = (scene.fields(&format!("{a},{b},{c}")), scene.fields(&format!("{c},{a},{b}")));
    scene.send([log(old, &[long(1), text("x"), double(0.5)]), log(new, &[double(1.5), long(2), text("y")])]);
    scene.load();
    assert_eq!(scene.rows("a, b, c"), ["1|x|0.5", "2|y|1.5"]);
}

fn another_order_of_a_union_changes_nothing(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, MORE), more(scene, r#"{"name":"more","type":["int","null"],"default":10}"#));
    scene.send([log(old, &[id_name(1, "a"), some(long(1))]), log(new, &[id_name(2, "b"), branch(0, long(2))])]);
    scene.send([log(old, &[id_name(3, "c"), null()]), log(new, &[id_name(4, "d"), branch(1, vec![])])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|1", "2|2", "3|-", "4|-"]);
}

fn another_documentation_changes_nothing(scene: &mut Scene<'_>) {
    let documented = r#"{"name":"more","type":["null","int"],"doc":"How much; 'more' or \"less\"","order":"ignore"}"#;
    let (old, new) = (more(scene, MORE), more(scene, documented));
    scene.send([log(old, &[id_name(1, "a"), some(long(1))])]);
    scene.load();
    scene.options("schema_changes: refuse");
    scene.send([log(new, &[id_name(2, "b"), some(long(2))])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|1", "2|2"]);
}

fn a_field_without_a_type_gets_its_column_with_one(scene: &mut Scene<'_>) {
    let (old, new) = (more(scene, r#"{"name":"more","type":"null"}"#), more(scene, MORE));
    scene.send([log(old, &[id_name(1, "a")])]);
    scene.load();
    assert!(!scene.has("more"));
    scene.send([log(new, &[id_name(2, "b"), some(long(2))]), log(old, &[id_name(3, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|-", "2|2", "3|-"]);
}

fn an_enum_may_have_new_symbols(scene: &mut Scene<'_>) {
    let of = |symbols: &str| format!(r#"{{"name":"more","type":{{"type":"enum","name":"e","symbols":[{symbols}]}}}}"#);
    let (old, new) = (more(scene, &of(r#""a","b""#)), more(scene, &of(r#""a","between","b""#)));
    scene.send([log(old, &[id_name(1, "x"), long(1)])]);
    scene.load();
    scene.send([log(new, &[id_name(2, "x"), long(1)]), log(old, &[id_name(3, "x"), long(1)])]);
    scene.load();
    assert_eq!(scene.rows("id, more"), ["1|b", "2|between", "3|b"]);
}

fn milliseconds_may_become_microseconds(scene: &mut Scene<'_>) {
    let of = |unit: &str| format!(r#"{{"name":"more","type":{{"type":"long","logicalType":"timestamp-{unit}"}}}}"#);
    let (old, new) = (more(scene, &of("millis")), more(scene, &of("micros")));
    scene.send([log(old, &[id_name(1, "x"), long(1)]), log(new, &[id_name(2, "x"), long(1)])]);
    scene.send([log(old, &[id_name(3, "x"), long(-1)])]);
    scene.load();
    let expected = ["1|1970-01-01 00:00:00.001000", "2|1970-01-01 00:00:00.000001", "3|1969-12-31 23:59:59.999000"];
    assert_eq!(scene.rows("id, more"), expected);
}

fn topics_of_different_schemas_share_a_table(scene: &mut Scene<'_>) {
    let (one, other) = drifted(scene);
    scene.options("merge: true, unique: position");
    let second = scene.feed("merge: true, unique: position");
    scene.send([log(one, &[id_name(1, "x"), some(long(1))]), log(one, &[id_name(2, "x"), null()])]);
    scene.send_to(second, [log(other, &[id_name(3, "y"), some(text("b"))])]);
    scene.load();
    scene.send_to(second, [log(other, &[id_name(4, "y"), null()])]);
    scene.load();
    let (topic, other) = (scene.topic().to_owned(), scene.topic_of(second).to_owned());
    let expected =
        [format!("1|1|-|{topic}"), format!("2|-|-|{topic}"), format!("3|-|b|{other}"), format!("4|-|-|{other}")];
    assert_eq!(scene.rows("id, a, b, _sink_topic"), expected);
}

fn another_key_stops_the_table(scene: &mut Scene<'_>) {
    let of = |key: &str| {
        format!(
            r#"{{"type":"record","name":"k","pkey":["{key}"],"fields":[{ID_NAME},{{"name":"other","type":"int"}}]}}"#
        )
    };
    let (old, new) = (scene.schema(&of("id")), scene.schema(&of("other")));
    scene.options("mode: table");
    scene.send([log(old, &[id_name(1, "a"), long(1)])]);
    scene.load();
    scene.send([log(new, &[id_name(1, "b"), long(2)])]);
    scene.stops("key_conflict");
    assert_eq!(scene.rows("id, name, other"), ["1|a|1"]);
}

fn a_record_that_must_hold_itself_stops_the_table(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"a","type":{"type":"record","name":"n","fields":[{"name":"n","type":"n"}]}}"#);
    scene.send([log(schema, &[])]);
    scene.stops("schema_recursive");
    assert!(!scene.is_table());
}

fn more_columns_than_a_table_can_have_stop_it(scene: &mut Scene<'_>) {
    let fields: Vec<String> = (0..1_599).map(|n| format!(r#"{{"name":"c{n}","type":["null","long"]}}"#)).collect();
    let schema = scene.fields(&fields.join(","));
    scene.send([log(schema, &[vec![0; 1_599]])]);
    if scene.each(false, false, true) {
        scene.load();
        assert_eq!(scene.rows("c0, c1598"), ["-|-"]);
    } else {
        scene.stops("too_many_columns");
        assert!(!scene.is_table());
    }
}

fn a_schema_that_is_none_stops_its_table_alone(scene: &mut Scene<'_>) {
    let (good, bad) = (scene.fields(ID_NAME), scene.schema(r#"{"type":"record","name":"x","fields":"#));
    let second = scene.feed("format: confluent, table: '{topic}'");
    scene.send_to(second, [plain(good, &[id_name(1, "a")])]);
    scene.send([log(good, &[id_name(1, "a")]), log(bad, &[]), log(good, &[id_name(2, "b")])]);
    scene.stops("schema_invalid");
    assert_eq!(scene.rows("id"), ["1"]);
    assert_eq!(scene.counts_of(second).applied, 1);
}

fn a_schema_that_is_no_record_stops_its_table(scene: &mut Scene<'_>) {
    let schema = scene.schema(r#""string""#);
    scene.send([log(schema, &[text("a")])]);
    scene.stops("not_a_record");
}

fn a_schema_nobody_knows_is_a_dead_letter(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")]), log(i32::MAX, &[id_name(2, "b")]), log(schema, &[id_name(3, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "3"]);
    assert_eq!(scene.dead(), ["unknown_schema"]);
}
