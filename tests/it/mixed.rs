//! Topics with everything in them: every record is a row, a counted repeat, a skip, a gap or a dead letter with its
//! bytes.

use crate::support::avro::{Envelope, TIMESTAMP, long, record, some, text};
use crate::support::world::{Counts, Dead, Ledger, World, on_each_database};
use crate::support::{PATIENCE, Raw, eventually};

on_each_database!(
    every_record_is_accounted_for,
    a_dead_letter_is_the_record,
    aborted_records_and_markers_are_gaps_and_a_load_ends_behind_them,
    of_equal_uuids_on_several_partitions_one_is_the_row,
    an_unknown_schema_that_comes_in_time_kills_nothing,
    a_value_that_the_table_cannot_hold_is_a_dead_letter,
);

const SCHEMA: &str = r#"{"type":"record","name":"mixed","doc":"All sorts","fields":[
    {"name":"id","type":"int"},{"name":"words","type":["null","string"],"default":null}]}"#;

fn row(id: i64, words: &str) -> Vec<u8> {
    record(&[long(id), some(text(words))])
}

fn log(payload: Vec<u8>) -> Envelope {
    Envelope::new("log", 1, payload)
}

fn entry(topic: &str) -> String {
    format!("topic: {topic}, table: mixed, format: yelp, mode: stream, unique: uuid")
}

fn bytes(value: &[u8]) -> Option<String> {
    Some(format!("\\x{}", hex::encode(value)))
}

fn every_record_is_accounted_for(world: &World) {
    world.schema(1, SCHEMA);
    let (first, second) = (log(row(1, "one")), log(row(2, "two")));
    let conflict = Envelope { payload: row(1, "another"), ..first.clone() };
    let plain = |envelope: &Envelope| Raw::value(envelope.value());
    let [mut wrong_magic, mut bad_type] = [first.value(), first.value()];
    wrong_magic[0] = 0x31;
    bad_type[17] = 0x10;
    let whole = row(3, "three").len();
    let nothing_after = [row(4, "four"), vec![0]].concat();
    let sorts = [
        ("applied", plain(&first)),
        ("applied", plain(&second)),
        ("duplicate", plain(&first)),
        ("duplicate", plain(&Envelope { timestamp: 1, ..second.clone() })),
        ("uuid_conflict", plain(&conflict)),
        ("truncated", plain(&log(long(3)))),
        ("bad_length", plain(&log(row(3, "three")[..whole - 1].to_vec()))),
        ("trailing_bytes", plain(&log(nothing_after))),
        ("unknown_schema", plain(&Envelope { schema_id: 404, ..log(row(5, "five")) })),
        ("bad_magic", Raw::value(wrong_magic)),
        ("bad_envelope", Raw::value(bad_type)),
        ("bad_envelope", Raw::value(first.value()[..30].to_vec())),
        ("empty_payload", Raw::value("")),
        ("skipped", Raw::default().key("a tombstone")),
        ("skipped", plain(&Envelope { message_type: "heartbeat", payload: vec![], ..first.clone() })),
        ("skipped", plain(&Envelope { message_type: "monitor", schema_id: 404, ..first.clone() })),
        ("skipped", plain(&Envelope { message_type: "registration", payload: vec![7], ..first.clone() })),
        ("applied", plain(&Envelope { message_type: "delete", ..log(row(6, "six")) })),
        ("bad_union", plain(&log(record(&[long(7), long(2)])))),
        ("bad_utf8", plain(&log(record(&[long(8), some(text([0xff, 0xfe]))])))),
        ("int_overflow", plain(&log(record(&[long(i64::MAX), some(text("wide"))])))),
        ("applied", plain(&log(record(&[long(9), vec![0]])))),
    ];
    let messages: Vec<Raw> = sorts.iter().map(|(_, message)| message.clone()).collect();
    let count = |sort: &str| sorts.iter().filter(|(found, _)| *found == sort).count() as i64;
    let (applied, duplicate, skipped) = (count("applied"), count("duplicate"), count("skipped"));
    let dead = sorts.len() as i64 - applied - duplicate - skipped;
    let counts = Counts { applied, duplicate, dead, skipped, ..Counts::default() };
    let fates = (0..).zip(&sorts).filter(|(_, (sort, _))| !["applied", "duplicate", "skipped"].contains(sort));
    let letters: Vec<(i64, &str, Option<String>)> =
        fates.map(|(offset, (sort, message))| (offset, *sort, message.value.as_deref().and_then(bytes))).collect();

    // At once, and one by one.
    for (batch, table) in [("batch: {rows_max: 10000}", "mixed"), ("batch: {rows_max: 1}", "single")] {
        let topic = world.broker.topic("mixed", 1, &[]);
        world.broker.produce(&topic, &messages);
        let entry = entry(&topic).replace("table: mixed", &format!("table: {table}"));
        world.config().topic(&entry).with("unknown_schema_after: 1s").with(batch).load();
        let rows = world.lines(&format!("SELECT id, words, _sink_offset, _sink_message_type FROM {table} ORDER BY id"));
        assert_eq!(rows, ["1|one|0|log", "2|two|1|log", "6|six|17|delete", "9|-|21|log"], "{batch}");
        assert_eq!(world.counts(&topic), counts, "{batch}");
        let found = world.dead(&topic);
        let found: Vec<_> = found.iter().map(|dead| (dead.offset, dead.reason.as_str(), dead.value.clone())).collect();
        assert_eq!(found, letters, "{batch}");
    }
}

fn a_dead_letter_is_the_record(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("mixed", 2, &[]);
    let secret = "a very private value";
    let bad = log([row(1, secret), vec![1, 2, 3]].concat()).value();
    let headers = vec![("trace".to_owned(), Some(b"\xff\x00".to_vec())), ("empty".to_owned(), None)];
    let message = Raw { headers, timestamp: Some(1_700_000_000_123), ..Raw::value(bad.clone()) };
    world.broker.produce(&topic, &[message.key(b"\x00key".as_slice()).partition(1)]);
    let ended = world.config().topic(&format!("{}, owner: team@example.com", entry(&topic))).load();

    let value = bytes(&bad);
    let expected = Dead { part: 1, offset: 0, reason: "trailing_bytes".to_owned(), key: bytes(b"\x00key"), value };
    assert_eq!(world.dead(&topic), [expected]);
    let table = world.ours("flatsink_dead_letter");
    let sql = format!("SELECT schema_id, record_length, sink, headers, message, record_timestamp FROM {table}");
    let rows = world.database.query(&sql);
    let row: Vec<&str> = rows[0].iter().map(|value| value.as_deref().unwrap_or("-")).collect();
    let length = b"\x00key".len() + bad.len();
    assert_eq!(row[..3], ["1", &length.to_string(), "it"]);
    assert_ne!(row[3], "-", "the headers are kept");
    assert!(!row[4].contains(secret) && !row[4].is_empty(), "a reason has no values: {}", row[4]);
    assert!(row[5].starts_with("2023-11-14 22:13:20.123"), "{}", row[5]);
    assert!(!ended.stderr.contains(secret), "the log has no values: {}", ended.stderr);
}

fn aborted_records_and_markers_are_gaps_and_a_load_ends_behind_them(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("mixed", 1, &[]);
    let message = |id| Raw::value(log(row(id, "words")).value()).partition(0);
    world.broker.transaction(&topic, &[message(1), message(2)], true);
    world.broker.transaction(&topic, &[message(3), message(4), message(5)], false);
    world.broker.produce(&topic, &[message(6)]);
    world.broker.transaction(&topic, &[message(7)], false);
    let config = world.config().topic(&entry(&topic));
    config.load();
    // 1 2 c 3 4 5 a 6 7 a: three records, two markers, four aborted records and their last marker.
    assert_eq!(world.lines("SELECT id, _sink_offset FROM mixed ORDER BY id"), ["1|0", "2|1", "6|7"]);
    let counts = Counts { applied: 3, gap: 7, ..Counts::default() };
    assert_eq!(world.ledger(&topic), [Ledger { part: 0, start: 0, next: 10, counts }]);

    // Markers alone, and while it runs.
    let flatsink = config.run();
    world.broker.transaction(&topic, &[message(8)], false);
    world.caught_up(&topic);
    world.broker.produce(&topic, &[message(9)]);
    world.caught_up(&topic);
    flatsink.stop();
    let counts = Counts { applied: 4, gap: 9, ..Counts::default() };
    assert_eq!(world.ledger(&topic), [Ledger { part: 0, start: 0, next: 13, counts }]);
}

fn of_equal_uuids_on_several_partitions_one_is_the_row(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("mixed", 3, &[]);
    let envelopes: Vec<Envelope> = (0..50).map(|id| log(row(id, "words"))).collect();
    let copies = |partition| envelopes.iter().map(move |it| Raw::value(it.value()).partition(partition));
    let messages: Vec<Raw> = (0..3).flat_map(copies).collect();
    world.broker.produce(&topic, &messages);
    world.config().topic(&entry(&topic)).with("workers: 2").load();
    assert_eq!(world.counts(&topic), Counts { applied: 50, duplicate: 100, ..Counts::default() });
    assert_eq!(world.database.number("SELECT count(DISTINCT id) FROM mixed"), 50);
    assert_eq!(world.database.number("SELECT count(*) FROM mixed"), 50);
}

fn an_unknown_schema_that_comes_in_time_kills_nothing(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("mixed", 2, &[]);
    let late = Envelope { schema_id: 2, ..log(row(2, "late")) };
    let (early, after) = (log(row(1, "early")), log(row(3, "after")));
    let messages = [early.clone(), late, after].map(|it| Raw::value(it.value()).partition(0));
    world.broker.produce(&topic, &messages);
    world.broker.produce(&topic, &[Raw::value(log(row(4, "elsewhere")).value()).partition(1)]);
    let flatsink = world.config().topic(&entry(&topic)).run();
    // What comes before it and other partitions are not held up.
    eventually("the rest is loaded", PATIENCE, || world.counts(&topic).applied == 2);
    world.schema(2, SCHEMA);
    world.caught_up(&topic);
    flatsink.stop();
    assert_eq!(world.lines("SELECT id FROM mixed ORDER BY id"), ["1", "2", "3", "4"]);
    let timestamps = world.lines("SELECT DISTINCT _sink_timestamp FROM mixed");
    assert_eq!(timestamps, [TIMESTAMP.1]);
}

fn a_value_that_the_table_cannot_hold_is_a_dead_letter(world: &World) {
    let schema = r#"{"type":"record","name":"narrow","fields":[
        {"name":"id","type":"int"},{"name":"short","type":"string","maxlen":3},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#;
    world.schema(1, schema);
    let topic = world.broker.topic("mixed", 1, &[]);
    let narrow = |id, short: &str, at| Raw::value(log(record(&[long(id), text(short), long(at)])).value());
    let messages = [narrow(1, "Zoë", 0), narrow(2, "four", 0), narrow(3, "abc", i64::MAX), narrow(4, "", -1)];
    world.broker.produce(&topic, &messages);
    world.config().topic(&entry(&topic)).load();
    let rows = world.lines("SELECT id, short, at FROM mixed ORDER BY id");
    assert_eq!(rows, ["1|Zoë|1970-01-01 00:00:00.000000", "4||1969-12-31 23:59:59.999000"]);
    assert_eq!(world.reasons(&topic), ["too_long", "timestamp_range"]);
}
