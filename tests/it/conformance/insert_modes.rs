//! What becomes of a record that is written, for the first time and again.

use super::messages::{ID_NAME, id_name, log, plain, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::Raw;
use crate::support::avro::{Envelope, confluent, double, long, null, some, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Debezium JdbcSinkInsertMode: insert, no key" => equal_records_without_a_key_are_all_kept,
        "Debezium JdbcSinkInsertMode: insert, kafka key" => the_place_in_the_topic_is_the_key,
        "Confluent JdbcDbWriter: multi insert, kafka key" => what_was_loaded_is_not_loaded_again,
        "Confluent JdbcDbWriter: multi insert, value key" => an_equal_uuid_with_equal_content_is_counted_as_a_duplicate,
        "Vector postgres: primary key violation" => an_equal_uuid_with_other_content_is_a_dead_letter,
        "Debezium JdbcSinkInsertMode: upsert, record key" => an_upsert_by_the_kafka_key_keeps_the_last_record,
        "Debezium JdbcSinkInsertMode: upsert, record value" => an_upsert_by_fields_of_the_value_keeps_the_last_record,
        "Debezium JdbcSinkPrimaryKeyMode: primitive key" => an_upsert_by_a_number_as_kafka_key_keeps_the_last_record,
        "Confluent JdbcDbWriter: idempotent upserts" => the_same_upserts_again_change_nothing,
        "Confluent JdbcDbWriter: same record many times" => the_same_upsert_many_times_is_one_row,
        "Confluent PostgresSinkDialect: nullable mix" => an_upsert_sets_fields_to_null_again,
        "Confluent PostgreSqlDialect: key columns only" => a_table_of_keys_alone_takes_upserts,
        "Debezium JdbcSinkInsertMode: update" => an_update_of_a_missing_row_makes_it,
        "Yelp data pipeline: update of a key" => an_update_that_moves_its_key_takes_the_old_row_away,
        "Yelp data pipeline: keys that change places" => keys_that_change_places_in_one_batch_keep_their_rows,
        "Debezium JdbcSinkInsertMode: default of an optional field" => a_null_stays_null_in_spite_of_a_default,
        "Confluent replace.null.with.default" => a_value_stays_itself_in_spite_of_a_default,
        "Debezium JdbcSinkSchemaEvolution: table with defaults" => no_default_of_a_schema_is_one_of_the_table,
        "Debezium postgres InsertMode: different bindings" => rows_with_different_nulls_share_a_batch,
        "Debezium postgres InsertMode: infinities" => infinite_values_and_others_share_a_batch_in_any_order,
        "Debezium postgres InsertMode: upper case" => columns_keep_their_upper_case,
        "Debezium UnnestBehavior: insert, keys twice" => a_uuid_twice_in_a_batch_is_one_row,
        "Debezium UnnestBehavior: upsert, keys twice" => a_key_twice_in_a_batch_is_its_last_record,
        "Debezium UnnestBehavior: keys twice, row by row" => a_key_twice_in_two_batches_is_its_last_record,
        "Aiven insert mode multi" => thousands_of_rows_load_at_once,
        "Redpanda sql_raw: order per partition" => the_changes_of_a_key_are_applied_in_their_order,
    ]
}

fn equal_records_without_a_key_are_all_kept(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: stream");
    scene.send((0..3).map(|_| plain(schema, &[id_name(1, "a")])));
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a", "1|a", "1|a"]);
}

fn the_place_in_the_topic_is_the_key(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: stream, unique: position");
    scene.partitions(2);
    scene.send((0..4).map(|id| plain(schema, &[id_name(id, "a")]).partition((id % 2) as i32)));
    scene.load();
    assert_eq!(scene.rows("id, _sink_partition, _sink_offset"), ["0|0|0", "1|1|0", "2|0|1", "3|1|1"]);
    assert_eq!(scene.key(), ["_sink_partition", "_sink_offset"]);
}

fn what_was_loaded_is_not_loaded_again(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: stream, unique: position");
    let send = |scene: &mut Scene<'_>, id| scene.send([plain(schema, &[id_name(id, "a")])]);
    send(scene, 1);
    send(scene, 2);
    scene.load();
    scene.load();
    send(scene, 3);
    scene.load();
    assert_eq!(scene.rows("id, _sink_offset"), ["1|0", "2|1", "3|2"]);
    assert_eq!(scene.counts(), Counts { applied: 3, ..Counts::default() });
}

fn an_equal_uuid_with_equal_content_is_counted_as_a_duplicate(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    let again = log(schema, &[id_name(1, "a")]);
    scene.send([again.clone(), again.clone(), log(schema, &[id_name(2, "b")])]);
    scene.load();
    scene.send([again]);
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_offset"), ["1|a|0", "2|b|2"]);
    assert_eq!(scene.counts(), Counts { applied: 2, duplicate: 2, ..Counts::default() });
}

fn an_equal_uuid_with_other_content_is_a_dead_letter(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    let first = Envelope::new("log", schema, id_name(1, "a"));
    let other = |name| Raw::value(Envelope { payload: id_name(1, name), ..first.clone() }.value());
    scene.send([Raw::value(first.value()), other("b")]);
    scene.load();
    scene.send([other("c")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a"]);
    assert_eq!(scene.dead(), ["uuid_conflict", "uuid_conflict"]);
}

fn an_upsert_by_the_kafka_key_keeps_the_last_record(scene: &mut Scene<'_>) {
    let (schema, key) = (scene.fields(ID_NAME), scene.fields(r#"{"name":"id","type":"int"}"#));
    scene.options("format: confluent, mode: table, kafka_key: avro");
    let change = |id, name| plain(schema, &[id_name(id, name)]).key(confluent(key, &long(id)));
    scene.send([change(1, "a"), change(2, "b"), change(1, "c")]);
    scene.load();
    scene.send([change(2, "d"), change(3, "e")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|c", "2|d", "3|e"]);
    assert_eq!(scene.key(), ["id"]);
}

fn an_upsert_by_fields_of_the_value_keeps_the_last_record(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    scene.send([(1, "a"), (2, "b"), (1, "c")].map(|(id, name)| plain(schema, &[id_name(id, name)])));
    scene.load();
    scene.send([(2, "d"), (3, "e")].map(|(id, name)| plain(schema, &[id_name(id, name)])));
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|c", "2|d", "3|e"]);
    assert_eq!(scene.key(), ["id"]);
}

fn an_upsert_by_a_number_as_kafka_key_keeps_the_last_record(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id], kafka_key: int32");
    let change = |id: i32, name| plain(schema, &[id_name(id.into(), name)]).key(id.to_be_bytes());
    scene.send([change(1, "a"), change(-2, "b"), change(1, "c"), change(-2, "d"), change(3, "e")]);
    scene.send([Raw::default().key(3_i32.to_be_bytes())]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["-2|d", "1|c"]);
}

fn the_same_upserts_again_change_nothing(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    let messages = [(1, "a"), (2, "b"), (1, "c")].map(|(id, name)| plain(schema, &[id_name(id, name)]));
    for _ in 0..2 {
        scene.send(messages.clone());
        scene.load();
        assert_eq!(scene.rows("id, name"), ["1|c", "2|b"]);
    }
    assert_eq!(scene.counts(), Counts { applied: 6, ..Counts::default() });
}

fn the_same_upsert_many_times_is_one_row(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    scene.send((0..100).map(|_| plain(schema, &[id_name(7, "again")])));
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_offset"), ["7|again|99"]);
}

fn an_upsert_sets_fields_to_null_again(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    scene.send([plain(schema, &[id_name(1, "a")]), plain(schema, &[id_name(2, "b")])]);
    scene.load();
    scene.send([plain(schema, &[long(1), null()])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|-", "2|b"]);
}

fn a_table_of_keys_alone_takes_upserts(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#);
    scene.options("format: confluent, mode: table, key: [a, b], metadata: []");
    let pairs = [(1, "x"), (1, "y"), (1, "x")];
    scene.send(pairs.map(|(a, b)| plain(schema, &[long(a), text(b)])));
    scene.load();
    scene.send(pairs.map(|(a, b)| plain(schema, &[long(a), text(b)])));
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t} ORDER BY a, b"), ["1|x", "1|y"]);
    assert_eq!(scene.counts().applied, 6);
}

fn an_update_of_a_missing_row_makes_it(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    let before = Envelope::new("update", schema, id_name(2, "new")).previous(id_name(2, "old"));
    scene.send([yelp("update", schema, &[id_name(1, "a")]), Raw::value(before.value())]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a", "2|new"]);
}

fn an_update_that_moves_its_key_takes_the_old_row_away(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    let moved = |from, to, name| {
        let update = Envelope::new("update", schema, id_name(to, name)).previous(id_name(from, "before"));
        Raw::value(update.value())
    };
    scene.send([yelp("create", schema, &[id_name(1, "before")]), yelp("create", schema, &[id_name(2, "before")])]);
    scene.send([moved(1, 11, "moved in the batch that made it")]);
    scene.load();
    scene.send([moved(2, 12, "moved later")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["11|moved in the batch that made it", "12|moved later"]);
    assert_eq!(scene.counts(), Counts { applied: 4, ..Counts::default() });
}

fn keys_that_change_places_in_one_batch_keep_their_rows(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    let moved = |from, to, name| {
        let update = Envelope::new("update", schema, id_name(to, name)).previous(id_name(from, name));
        Raw::value(update.value())
    };
    scene.send([yelp("create", schema, &[id_name(1, "one")]), yelp("create", schema, &[id_name(2, "two")])]);
    scene.load();
    scene.send([moved(1, 3, "one"), moved(2, 1, "two"), moved(3, 2, "one")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|two", "2|one"]);
}

const DEFAULTS: &str = r#"{"name":"id","type":"int"},{"name":"a","type":["int","null"],"default":7},
    {"name":"b","type":"string","default":"it's"},{"name":"c","type":["null","string"],"default":null}"#;

fn a_null_stays_null_in_spite_of_a_default(scene: &mut Scene<'_>) {
    let schema = scene.fields(DEFAULTS);
    // The null branch of `a` is its second.
    scene.send([log(schema, &[long(1), vec![2], text("x"), null()])]);
    scene.load();
    assert_eq!(scene.rows("id, a, b, c"), ["1|-|x|-"]);
}

fn a_value_stays_itself_in_spite_of_a_default(scene: &mut Scene<'_>) {
    let schema = scene.fields(DEFAULTS);
    let a = |value| [vec![0], long(value)].concat();
    scene.send([log(schema, &[long(1), a(0), text(""), some(text("c"))])]);
    scene.send([log(schema, &[long(2), a(7), text("it's"), null()])]);
    scene.load();
    assert_eq!(scene.rows("id, a, b, c"), ["1|0||c", "2|7|it's|-"]);
}

fn no_default_of_a_schema_is_one_of_the_table(scene: &mut Scene<'_>) {
    let schema = scene.fields(DEFAULTS);
    scene.options("format: confluent");
    scene.send([plain(schema, &[long(1), vec![2], text("x"), null()])]);
    scene.load();
    let insert = "INSERT INTO {t} (_sink_partition, _sink_offset, id, b) VALUES (9, 9, 9, 'mine')";
    scene.sql(insert);
    assert_eq!(scene.lines("SELECT a, b, c FROM {t} WHERE id = 9"), ["-|mine|-"]);
}

fn rows_with_different_nulls_share_a_batch(scene: &mut Scene<'_>) {
    let fields: Vec<String> =
        ('a'..='e').map(|name| format!(r#"{{"name":"{name}","type":["null","string"],"default":null}}"#)).collect();
    let schema = scene.fields(&format!(r#"{{"name":"id","type":"int"}},{}"#, fields.join(",")));
    let row = |id: i64| {
        let field = |bit: i64| if id >> bit & 1 == 1 { some(text(format!("{bit}"))) } else { null() };
        log(schema, &[long(id), (0..5).flat_map(field).collect()])
    };
    scene.send((0..32).map(row));
    scene.load();
    let cell = |id: i64, bit: i64| if id >> bit & 1 == 1 { bit.to_string() } else { "-".to_owned() };
    let line = |id: i64| format!("{id}|{}", (0..5).map(|bit| cell(id, bit)).collect::<Vec<_>>().join("|"));
    assert_eq!(scene.rows("id, a, b, c, d, e"), (0..32).map(line).collect::<Vec<_>>());
}

fn infinite_values_and_others_share_a_batch_in_any_order(scene: &mut Scene<'_>) {
    let time = r#"{"type":"long","logicalType":"timestamp-micros"}"#;
    let fields =
        format!(r#"{{"name":"id","type":"int"}},{{"name":"x","type":"double"}},{{"name":"at","type":{time}}}"#);
    let schema = scene.fields(&fields);
    scene.options("format: confluent");
    let row = |id, x, at| plain(schema, &[long(id), double(x), long(at)]);
    // The extremes read as infinity in PostgreSQL; what is written is a number, and one of the year 294247 is kept.
    let messages =
        [row(1, f64::INFINITY, 0), row(2, 1.5, 0), row(3, 1.5, i64::MAX), row(4, 2.5, 1), row(5, 2.5, i64::MIN)];
    scene.send(messages.clone());
    scene.send(messages.into_iter().rev());
    scene.load();
    let (first, second) = ("1970-01-01 00:00:00.000000", "1970-01-01 00:00:00.000001");
    let infinite = format!("1|inf|{first}");
    let finite = [format!("2|1.5|{first}"), format!("4|2.5|{second}")];
    let late = "3|1.5|294247-01-10 04:00:54.775807".to_owned();
    let [two, four] = finite;
    let kept = scene.each(
        vec![infinite.clone(), two.clone(), late, four.clone()],
        vec![two.clone(), four.clone()],
        vec![infinite, two, four],
    );
    assert_eq!(scene.rows("id, x, at"), kept.into_iter().flat_map(|row| [row.clone(), row]).collect::<Vec<_>>());
    let dead = scene.dead();
    let of = |code: &str| dead.iter().filter(|reason| *reason == code).count();
    assert_eq!((of("timestamp_range"), of("not_finite")), (scene.each(2, 4, 4), scene.each(0, 2, 0)));
}

fn columns_keep_their_upper_case(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"ID","type":"int"},{"name":"FirstName","type":"string"}"#);
    scene.options("mode: table, key: [ID]");
    scene.send([log(schema, &[long(1), text("Zoë")])]);
    scene.load();
    scene.send([log(schema, &[long(1), text("Chloé")])]);
    scene.load();
    let columns = format!("{}, {}", scene.quoted("ID"), scene.quoted("FirstName"));
    assert_eq!(scene.rows(&columns), ["1|Chloé"]);
    assert_eq!(scene.key(), ["ID"]);
}

fn a_uuid_twice_in_a_batch_is_one_row(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    let messages: Vec<Raw> = (0..50).map(|id| log(schema, &[id_name(id, "a")])).collect();
    scene.send(messages.iter().flat_map(|message| [message.clone(), message.clone()]));
    scene.send(messages);
    scene.load();
    assert_eq!(scene.rows("id").len(), 50);
    assert_eq!(scene.counts(), Counts { applied: 50, duplicate: 100, ..Counts::default() });
}

fn keys_twice(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    let names: Vec<String> = (0..30).map(|n| format!("change {n}")).collect();
    scene.send((0..).zip(&names).map(|(n, name)| plain(schema, &[id_name(n % 7, name)])));
    scene.load();
    let last = |id: usize| format!("{id}|change {}", (0..30).rfind(|n| n % 7 == id).unwrap_or_default());
    assert_eq!(scene.rows("id, name"), (0..7).map(last).collect::<Vec<_>>());
    assert_eq!(scene.counts(), Counts { applied: 30, ..Counts::default() });
}

fn a_key_twice_in_a_batch_is_its_last_record(scene: &mut Scene<'_>) {
    keys_twice(scene);
}

fn a_key_twice_in_two_batches_is_its_last_record(scene: &mut Scene<'_>) {
    scene.line("batch: {rows_max: 1}");
    keys_twice(scene);
}

fn thousands_of_rows_load_at_once(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.partitions(3);
    scene.send((0..5000).map(|id| log(schema, &[id_name(id, "many")]).partition((id % 3) as i32)));
    scene.load();
    let sums = "count(*), count(DISTINCT id), min(id), max(id)";
    assert_eq!(scene.rows(sums), ["5000|5000|0|4999"]);
}

fn the_changes_of_a_key_are_applied_in_their_order(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    scene.line("batch: {rows_max: 1}");
    scene.partitions(3);
    let change = |n: i64| plain(schema, &[id_name(n % 6, &n.to_string())]).partition((n % 6 % 3) as i32);
    scene.send((0..60).map(change));
    scene.load();
    let expected: Vec<String> = (0..6).map(|id| format!("{id}|{}", 54 + id)).collect();
    assert_eq!(scene.rows("id, name"), expected);
}
