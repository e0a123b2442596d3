//! What ends up in which batch must not matter; what is bad must not hold up what is good.

use super::messages::{ID_NAME, id_name, log, plain, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::refused::forbid;
use crate::support::Raw;
use crate::support::avro::{Envelope, long, some, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Debezium JdbcSinkBufferMode: keyless" => a_stream_keeps_what_looks_the_same,
        "Debezium JdbcSinkBufferMode: keyed, several batches" => keys_that_come_back_in_later_batches_are_updated,
        "Confluent BufferedRecords: correct batching" => a_schema_that_changes_with_every_record_loses_nothing,
        "ClickHouse SinkTaskBuffer: flush on size" => a_batch_by_bytes_loses_nothing,
        "Artie flush: time" => a_batch_that_waits_loses_nothing,
        "Confluent JdbcSinkTask: one bad record in the middle" => a_bad_record_in_a_batch_takes_none_with_it,
        "Debezium mysql Dlq: constraint violation" => a_row_that_a_constraint_refuses_takes_none_with_it,
        "Confluent PostgresDatatype: key violation" => an_upsert_that_a_constraint_refuses_leaves_the_row_before,
        "Bulker: good and bad streams" => a_topic_of_garbage_leaves_the_others_alone,
        "Bulker: events retry" => a_topic_of_garbage_stops_at_its_breaker,
        "BigQuery error responses: payload too large" => a_record_that_is_too_large_is_a_dead_letter,
        "ClickHouse SinkTaskBuffer: nothing to flush" => a_batch_without_rows_moves_on,
        "Delta kafka-delta-ingest: end offsets" => a_load_of_an_empty_topic_ends,
        "Delta kafka-delta-ingest: start latest" => a_load_may_start_at_the_end,
        "Bulker sql: deduplicate with discriminator" => the_last_offset_of_a_key_wins_whatever_its_time,
        "ClickHouse Processing: same range again" => an_equal_record_of_another_partition_is_a_duplicate,
        "Artie flush: several tables" => several_topics_share_a_batch,
        "Redpanda sql_raw: conditional queries" => messages_that_mean_nothing_are_skipped,
    ]
}

/// Batches that are full with little and wait for more, and records that may not be large.
fn slow_and_small(scene: &mut Scene<'_>) {
    scene.line("batch: {bytes_max: 64KiB, linger_max: 300ms}");
    scene.line("record_max: 100KiB");
}

fn a_stream_keeps_what_looks_the_same(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    // Equal content, each with a uuid of its own.
    scene.send((0..10).map(|_| log(schema, &[id_name(1, "same")])));
    scene.load();
    assert_eq!(scene.rows("id, name"), vec!["1|same"; 10]);
}

fn keys_that_come_back_in_later_batches_are_updated(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("format: confluent, mode: table, key: [id]");
    scene.line("batch: {rows_max: 1}");
    scene.send((0..20).map(|n| plain(schema, &[id_name(n % 4, &n.to_string())])));
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_offset"), ["0|16|16", "1|17|17", "2|18|18", "3|19|19"]);
}

fn a_schema_that_changes_with_every_record_loses_nothing(scene: &mut Scene<'_>) {
    let schemas: Vec<i32> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| scene.fields(&format!(r#"{ID_NAME},{{"name":"{name}","type":["null","long"]}}"#)))
        .collect();
    scene.send((0..400).map(|id| log(schemas[id as usize % 4], &[id_name(id, "x"), some(long(id))])));
    scene.load();
    let sums = "count(*), count(a), count(b), count(c), count(d), sum(a), sum(b), sum(c), sum(d)";
    let sum = |first: i64| (0..100).map(|n| first + 4 * n).sum::<i64>();
    let expected = format!("400|100|100|100|100|{}|{}|{}|{}", sum(0), sum(1), sum(2), sum(3));
    assert_eq!(scene.rows(sums), [expected]);
}

fn a_batch_by_bytes_loses_nothing(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    slow_and_small(scene);
    // Rows of 0 to 98 KiB: some batches hold many, some one that is larger than a batch should be.
    scene.send((0..50).map(|id| log(schema, &[id_name(id, &"x".repeat(id as usize * 2000))])));
    scene.load();
    let expected: Vec<String> = (0..50).map(|id| format!("{id}|{}", id * 2000)).collect();
    assert_eq!(scene.rows("id, length(name)"), expected);
}

fn a_batch_that_waits_loses_nothing(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    slow_and_small(scene);
    scene.partitions(4);
    scene.send((0..100).map(|id| log(schema, &[id_name(id, "x")]).partition((id % 4) as i32)));
    scene.load();
    assert_eq!(scene.rows("count(*), count(DISTINCT id)"), ["100|100"]);
}

fn a_bad_record_in_a_batch_takes_none_with_it(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    let bad = [Raw::value([7]), log(schema, &[long(1)]), log(schema, &[id_name(9, "x"), vec![0]]), Raw::value("")];
    let good = |id| log(schema, &[id_name(id, "good")]);
    let [magic, short, long, empty] = bad;
    scene.send([magic, good(1), short, good(2), good(3), long, good(4), empty]);
    scene.load();
    assert_eq!(scene.rows("id"), ["1", "2", "3", "4"]);
    assert_eq!(scene.dead(), ["bad_magic", "truncated", "trailing_bytes", "empty_payload"]);
}

fn a_row_that_a_constraint_refuses_takes_none_with_it(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(0, "first")])]);
    scene.load();
    forbid(scene.world(), &scene.table, "name", "name <> 'bad'");
    let name = |id: i64| if id % 7 == 3 { "bad" } else { "good" };
    scene.send((1..60).map(|id| log(schema, &[id_name(id, name(id))])));
    scene.load();
    let bad = (1..60).filter(|id| id % 7 == 3).count();
    assert_eq!(scene.rows("count(*), min(name)"), [format!("{}|first", 60 - bad)]);
    assert_eq!(scene.dead(), vec!["constraint"; bad]);
    assert_eq!(scene.counts(), Counts { applied: 60 - bad as i64, dead: bad as i64, ..Counts::default() });
}

fn an_upsert_that_a_constraint_refuses_leaves_the_row_before(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    forbid(scene.world(), &scene.table, "name", "name <> 'bad'");
    let change = |id, name| log(schema, &[id_name(id, name)]);
    scene.send([change(1, "b"), change(1, "bad"), change(2, "bad"), change(3, "c")]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|b", "3|c"]);
    assert_eq!(scene.dead(), ["constraint", "constraint"]);
}

fn a_topic_of_garbage_leaves_the_others_alone(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("breaker: none");
    let good = scene.feed("table: '{topic}'");
    scene.send((0..200).map(|n: u8| Raw::value([0x7b, n])));
    scene.send_to(good, (0..200).map(|id| log(schema, &[id_name(id, "x")])));
    scene.load();
    assert_eq!(scene.counts_of(good), Counts { applied: 200, ..Counts::default() });
    assert_eq!(scene.dead(), vec!["bad_magic"; 200]);
    assert!(!scene.is_table());
}

fn a_topic_of_garbage_stops_at_its_breaker(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("breaker: {consecutive: 20, percent: 100}");
    // It looks at no fewer than a thousand.
    scene.send((0..1000).map(|id| log(schema, &[id_name(id, "x")])));
    scene.send((0..1000).map(|n| Raw::value(format!("no {n}"))));
    scene.stops("breaker");
    assert_eq!(scene.rows("count(*)"), ["1000"]);
    let dead = scene.dead();
    assert!(dead.len() >= 20 && dead.len() < 1000 && dead.iter().all(|reason| reason == "bad_magic"), "{}", dead.len());
}

fn a_record_that_is_too_large_is_a_dead_letter(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    slow_and_small(scene);
    let row = |id, length| log(schema, &[id_name(id, &"x".repeat(length))]);
    scene.send([row(1, 1000), row(2, 200_000), row(3, 90_000)]);
    scene.load();
    assert_eq!(scene.rows("id, length(name)"), ["1|1000", "3|90000"]);
    assert_eq!(scene.dead(), ["too_large"]);
}

fn a_batch_without_rows_moves_on(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send((0..30).map(|_| yelp("heartbeat", schema, &[])));
    scene.send([Raw::default(), Raw::default()]);
    scene.load();
    assert_eq!(scene.counts(), Counts { skipped: 32, ..Counts::default() });
    assert!(!scene.is_table());
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    assert_eq!(scene.rows("id, _sink_offset"), ["1|32"]);
}

fn a_load_of_an_empty_topic_ends(scene: &mut Scene<'_>) {
    scene.partitions(2);
    scene.load();
    assert!(!scene.is_table());
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")]).partition(1)]);
    scene.load();
    assert_eq!(scene.rows("id, _sink_partition, _sink_offset"), ["1|1|0"]);
}

fn a_load_may_start_at_the_end(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("start: latest");
    scene.send((0..5).map(|id| log(schema, &[id_name(id, "before")])));
    scene.load();
    scene.send((5..7).map(|id| log(schema, &[id_name(id, "after")])));
    scene.load();
    assert_eq!(scene.rows("id, name"), ["5|after", "6|after"]);
}

fn the_last_offset_of_a_key_wins_whatever_its_time(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    let at = |timestamp, name| {
        Raw::value(Envelope { timestamp, ..Envelope::new("update", schema, id_name(1, name)) }.value())
    };
    scene.send([at(300, "newest by time"), at(100, "oldest by time"), at(200, "last")]);
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_offset"), ["1|last|2"]);
}

fn an_equal_record_of_another_partition_is_a_duplicate(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.partitions(3);
    let messages: Vec<Raw> = (0..20).map(|id| log(schema, &[id_name(id, "x")])).collect();
    let copies = |partition| messages.iter().map(move |message| message.clone().partition(partition));
    scene.send((0..3).flat_map(copies));
    scene.load();
    assert_eq!(scene.rows("count(*), count(DISTINCT id)"), ["20|20"]);
    assert_eq!(scene.counts(), Counts { applied: 20, duplicate: 40, ..Counts::default() });
}

fn several_topics_share_a_batch(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    slow_and_small(scene);
    let others: Vec<usize> = (0..4).map(|_| scene.feed("table: '{topic}'")).collect();
    scene.send((0..10).map(|id| log(schema, &[id_name(id, "x")])));
    for other in &others {
        scene.send_to(*other, (0..10).map(|id| log(schema, &[id_name(id, "y")])));
    }
    scene.load();
    assert_eq!(scene.rows("count(*), max(name)"), ["10|x"]);
    assert!(others.iter().all(|other| scene.counts_of(*other).applied == 10));
}

fn messages_that_mean_nothing_are_skipped(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    let protected = ["heartbeat", "monitor", "registration"];
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.send(protected.map(|kind| Raw::value(Envelope::new(kind, i32::MAX, text("whatever")).value())));
    scene.send([yelp("refresh", schema, &[id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|a", "2|b"]);
    assert_eq!(scene.counts(), Counts { applied: 2, skipped: 3, ..Counts::default() });
}
