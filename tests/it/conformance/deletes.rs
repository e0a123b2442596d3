//! What takes a row away, and what does not.

use super::messages::{ID_NAME, id_name, log, plain, tombstone, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::Raw;
use crate::support::avro::{Envelope, confluent, long, null, record, some, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Debezium JdbcSinkDeleteEnabled: off" => deletes_can_be_ignored,
        "Debezium JdbcSinkDeleteEnabled: on" => a_delete_takes_the_row_away,
        "Debezium JdbcSinkDeleteEnabled: row missing" => a_delete_of_a_missing_row_is_none,
        "Debezium JdbcSinkDeleteEnabled: record key" => a_tombstone_deletes_by_the_avro_key,
        "Debezium JdbcSinkDeleteEnabled: primitive key" => a_tombstone_deletes_by_the_text_key,
        "Debezium JdbcSinkDeleteEnabled: subset of the key" => a_tombstone_may_know_more_than_the_key,
        "Debezium JdbcSinkDeleteEnabled: record value" => a_delete_deletes_by_fields_of_its_value,
        "Debezium JdbcSinkDeleteEnabled: tombstone only" => a_tombstone_before_all_else_hurts_nobody,
        "Debezium JdbcSinkDeleteEnabled: tombstone without key" => a_tombstone_without_a_key_is_a_dead_letter,
        "Debezium JdbcSinkDeleteEnabled: tombstone skipped" => a_tombstone_in_a_stream_is_skipped,
        "Debezium JdbcSinkDeleteEnabled: update buffer flushed" => updates_before_a_delete_are_not_lost,
        "Debezium JdbcSinkDeleteEnabled: create after delete" => a_row_can_be_made_again_after_its_delete,
        "Confluent JdbcDbWriter: idempotent deletes" => the_same_delete_again_changes_nothing,
        "Confluent JdbcDbWriter: insert, delete" => a_row_made_and_deleted_in_one_batch_is_gone,
        "Confluent JdbcDbWriter: insert, delete, insert" => a_row_made_again_in_one_batch_is_there,
        "Aiven BufferedRecords: delete, insert of a present row" => a_present_row_deleted_and_made_again_is_there,
        "Confluent BufferedRecords: insert, two deletes" => deletes_and_inserts_of_other_keys_share_a_batch,
        "Confluent BufferedRecords: flushes, row by row" => deletes_mean_the_same_row_by_row,
        "Confluent BufferedRecords: deletes with and without value" => deletes_with_and_without_payload_are_the_same,
        "Snowflake schema evolution: tombstone" => a_tombstone_between_two_schemas_deletes,
        "Artie: deletes in history" => a_delete_in_a_stream_is_a_row,
        "BigQuery upsert delete: tombstone schema" => the_null_of_a_union_at_the_top_is_a_tombstone,
        "BigQuery upsert delete: high throughput" => thousands_of_changes_and_deletes_end_as_they_should,
    ]
}

/// A table with rows 1 to 3.
fn three(scene: &mut Scene<'_>, options: &str) -> i32 {
    let schema = scene.keyed("id", ID_NAME);
    scene.options(&format!("mode: table{options}"));
    scene.send((1..=3).map(|id| yelp("create", schema, &[id_name(id, "old")])));
    schema
}

fn delete(schema: i32, id: i64) -> Raw {
    yelp("delete", schema, &[id_name(id, "old")])
}

fn deletes_can_be_ignored(scene: &mut Scene<'_>) {
    let schema = three(scene, ", deletes: ignore");
    scene.send([delete(schema, 1), tombstone(long(2))]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "2", "3"]);
    assert_eq!(scene.counts(), Counts { applied: 3, skipped: 2, ..Counts::default() });
}

fn a_delete_takes_the_row_away(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.load();
    scene.send([delete(schema, 2)]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "3"]);
    assert_eq!(scene.counts(), Counts { applied: 3, deleted: 1, ..Counts::default() });
}

fn a_delete_of_a_missing_row_is_none(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.send([delete(schema, 99)]);
    scene.load();
    scene.send([delete(schema, 98), tombstone(long(97))]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "2", "3"]);
    assert_eq!(scene.counts(), Counts { applied: 3, deleted: 3, ..Counts::default() });
}

fn a_tombstone_deletes_by_the_avro_key(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ID_NAME), scene.fields(r#"{"name":"id","type":"int"}"#));
    scene.options("format: confluent, mode: table, kafka_key: avro");
    let key = |id| confluent(key, &long(id));
    scene.send((1..=3).map(|id| plain(schema, &[id_name(id, "a")]).key(key(id))));
    scene.send([tombstone(key(1))]);
    scene.load();
    scene.send([tombstone(key(2))]);
    scene.load();
    assert_eq!(scene.rows("id"), ["3"]);
}

fn a_tombstone_deletes_by_the_text_key(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"code","type":"string"},{"name":"n","type":"int"}"#);
    scene.options("format: confluent, mode: table, key: [code], kafka_key: string");
    let row = |code: &str, n| plain(schema, &[text(code), long(n)]).key(code);
    scene.send([row("a", 1), row("ä", 2), row("", 3), tombstone("ä"), tombstone("")]);
    scene.load();
    assert_eq!(scene.rows("n, code"), ["1|a"]);
}

fn a_tombstone_may_know_more_than_the_key(scene: &mut Scene<'_>) {
    let key = scene.fields(r#"{"name":"region","type":"string"},{"name":"id","type":"int"}"#);
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id], kafka_key: avro");
    let key = |id| confluent(key, &record(&[text("eu"), long(id)]));
    scene.send((1..=3).map(|id| plain(schema, &[id_name(id, "a")]).key(key(id))));
    scene.send([tombstone(key(2))]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "3"]);
}

fn a_delete_deletes_by_fields_of_its_value(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"n","type":"int"},{"name":"b","type":"string"},{"name":"a","type":"long"}"#);
    scene.options("mode: table, key: [a, b]");
    let row = |kind, n, a, b: &str| yelp(kind, schema, &[long(n), text(b), long(a)]);
    scene.send([row("create", 1, 1, "x"), row("create", 2, 1, "y"), row("create", 3, 2, "x")]);
    // What is no part of the key does not matter.
    scene.send([row("delete", 77, 1, "x"), row("delete", 77, 2, "y")]);
    scene.load();
    assert_eq!(scene.rows("n"), ["2", "3"]);
}

fn a_tombstone_before_all_else_hurts_nobody(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ID_NAME), scene.fields(r#"{"name":"id","type":"int"}"#));
    scene.options("format: confluent, mode: table, kafka_key: avro");
    scene.send([tombstone(confluent(key, &long(1)))]);
    scene.load();
    assert!(!scene.is_table());
    scene.send([plain(schema, &[id_name(1, "a")]).key(confluent(key, &long(1)))]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a"]);
    // Nothing says yet which table it would be: the record is kept, and accounted for.
    assert_eq!(scene.dead(), ["no_key"]);
}

fn a_tombstone_without_a_key_is_a_dead_letter(scene: &mut Scene<'_>) {
    three(scene, "");
    scene.send([Raw::default()]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "2", "3"]);
    assert_eq!(scene.dead(), ["no_key"]);
}

fn a_tombstone_in_a_stream_is_skipped(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([tombstone("1"), log(schema, &[id_name(1, "a")]), tombstone("1"), Raw::default()]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1"]);
    assert_eq!(scene.counts(), Counts { applied: 1, skipped: 3, ..Counts::default() });
}

fn updates_before_a_delete_are_not_lost(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.load();
    let update = |id, name| yelp("update", schema, &[id_name(id, name)]);
    scene.send([update(1, "new"), delete(schema, 2), update(3, "newer"), delete(schema, 3), update(2, "newest")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|new", "2|newest"]);
}

fn a_row_can_be_made_again_after_its_delete(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.load();
    scene.send([delete(schema, 1)]);
    scene.load();
    scene.send([yelp("create", schema, &[id_name(1, "again")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|again", "2|old", "3|old"]);
}

fn the_same_delete_again_changes_nothing(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.load();
    for _ in 0..2 {
        scene.send([delete(schema, 1), delete(schema, 1), tombstone(long(1))]);
        scene.load();
        assert_eq!(scene.rows("id"), ["2", "3"]);
    }
    assert_eq!(scene.counts().deleted, 6);
}

fn a_row_made_and_deleted_in_one_batch_is_gone(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.send([yelp("create", schema, &[id_name(4, "new")]), delete(schema, 4), delete(schema, 1)]);
    scene.load();
    assert_eq!(scene.rows("id"), ["2", "3"]);
}

fn a_row_made_again_in_one_batch_is_there(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    let create = |name| yelp("create", schema, &[id_name(4, name)]);
    scene.send([create("first"), delete(schema, 4), create("second"), delete(schema, 4), create("third")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|old", "2|old", "3|old", "4|third"]);
}

fn a_present_row_deleted_and_made_again_is_there(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.load();
    scene.send([delete(schema, 1), yelp("create", schema, &[id_name(1, "new")])]);
    scene.send([tombstone(long(2)), yelp("refresh", schema, &[id_name(2, "new")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|new", "2|new", "3|old"]);
}

fn mixed_deletes(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    let create = |id, name| yelp("create", schema, &[id_name(id, name)]);
    scene.send([
        create(4, "a"),
        delete(schema, 1),
        delete(schema, 2),
        create(5, "b"),
        delete(schema, 4),
        create(1, "c"),
    ]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|c", "3|old", "5|b"]);
    assert_eq!(scene.counts(), Counts { applied: 6, deleted: 3, ..Counts::default() });
}

fn deletes_and_inserts_of_other_keys_share_a_batch(scene: &mut Scene<'_>) {
    mixed_deletes(scene);
}

fn deletes_mean_the_same_row_by_row(scene: &mut Scene<'_>) {
    scene.line("batch: {rows_max: 1}");
    mixed_deletes(scene);
}

fn deletes_with_and_without_payload_are_the_same(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    scene.send([yelp("create", schema, &[id_name(4, "stays")])]);
    let empty = Envelope::new("delete", schema, vec![]).previous(id_name(1, "old"));
    let both = Envelope::new("delete", schema, id_name(2, "old")).previous(id_name(2, "old"));
    scene.send([Raw::value(empty.value()), Raw::value(both.value()), tombstone(long(3))]);
    scene.load();
    assert_eq!(scene.rows("id"), ["4"]);
    assert_eq!(scene.counts().deleted, 3);
}

fn a_tombstone_between_two_schemas_deletes(scene: &mut Scene<'_>) {
    let schema = three(scene, "");
    let newer = scene.keyed("id", &format!(r#"{ID_NAME},{{"name":"more","type":["null","int"],"default":null}}"#));
    let create = |id| yelp("create", newer, &[id_name(id, "new"), some(long(id))]);
    scene.send([tombstone(long(1)), create(4), tombstone(long(2)), create(5), tombstone(long(4)), delete(schema, 3)]);
    scene.load();
    scene.send([yelp("update", schema, &[id_name(6, "old")]), tombstone(long(5))]);
    scene.load();
    assert_eq!(scene.rows("id, name, more"), ["6|old|-"]);
}

fn a_delete_in_a_stream_is_a_row(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send(["create", "update", "delete"].map(|kind| yelp(kind, schema, &[id_name(1, "a")])));
    scene.load();
    let rows = scene.lines("SELECT id, _sink_message_type FROM {t} ORDER BY _sink_offset");
    assert_eq!(rows, ["1|create", "1|update", "1|delete"]);
}

fn the_null_of_a_union_at_the_top_is_a_tombstone(scene: &mut Scene<'_>) {
    let record = format!(r#"{{"type":"record","name":"maybe","fields":[{ID_NAME}]}}"#);
    let schema = scene.schema(&format!(r#"["null",{record}]"#));
    scene.options("format: confluent, mode: table, key: [id], kafka_key: int32");
    let row = |id: i32| plain(schema, &[some(id_name(id.into(), "a"))]).key(id.to_be_bytes());
    scene.send([row(1), row(2), plain(schema, &[null()]).key(1_i32.to_be_bytes())]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["2|a"]);
    assert_eq!(scene.counts(), Counts { applied: 2, deleted: 1, ..Counts::default() });
}

fn thousands_of_changes_and_deletes_end_as_they_should(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    scene.partitions(2);
    // Each key is changed in turn, deleted in every third round, and at the end if it is a multiple of three.
    let change = |n: i64| {
        let (id, round) = (n % 500, n / 500);
        let kind = if (round + id) % 3 == 2 { "delete" } else { "update" };
        yelp(kind, schema, &[id_name(id, &round.to_string())]).partition((id % 2) as i32)
    };
    scene.send((0..4000).map(change));
    scene.load();
    let last = (0..500).filter(|id| (7 + id) % 3 != 2).map(|id| format!("{id}|7"));
    assert_eq!(scene.rows("id, name"), last.collect::<Vec<_>>());
}
