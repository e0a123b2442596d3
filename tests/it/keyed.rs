//! Mode table: the row of a key is what its last record says, in whatever batches the records come.

use crate::support::avro::{Envelope, confluent, long, record, some, text};
use crate::support::world::{Config, Counts, World, on_each_database};
use crate::support::{Kind, Raw};

on_each_database!(
    the_last_record_of_a_key_is_its_row,
    a_key_is_as_the_schema_lists_it,
    a_confluent_tombstone_deletes_by_its_avro_key,
    a_confluent_tombstone_deletes_by_its_text_key,
    a_key_that_only_looks_like_avro_takes_no_row_with_it,
    a_tombstone_is_read_by_the_newest_schema,
    a_key_of_an_older_schema_names_its_row_all_the_same,
    keys_are_compared_byte_by_byte,
    deletes_can_be_ignored,
    a_key_that_the_database_refuses_falls_back_to_the_record_before,
);

const BIZ: &str = r#"{"type":"record","namespace":"","name":"biz","pkey":["id"],"fields":[
    {"name":"id","type":"int","pkey":1},{"name":"name","type":["null","string"],"default":null,"maxlen":64}]}"#;

fn biz(id: i64, name: &str) -> Vec<u8> {
    record(&[long(id), some(text(name))])
}

fn entry(topic: &str) -> String {
    format!("topic: {topic}, table: biz, format: yelp, mode: table")
}

/// Loads the same messages at once and one by one, each into a table of its own; both must be this.
fn check(world: &World, messages: &[Raw], expected: &[&str], counts: Counts) {
    for (batch, table) in [("batch: {rows_max: 10000}", "whole"), ("batch: {rows_max: 1}", "single")] {
        let topic = world.broker.topic("biz", 1, &[]);
        world.broker.produce(&topic, messages);
        let entry = format!("topic: {topic}, table: {table}, format: yelp, mode: table");
        world.config().topic(&entry).with(batch).load();
        assert_eq!(world.lines(&format!("SELECT id, name FROM {table} ORDER BY id")), expected, "{batch}");
        assert_eq!(world.counts(&topic), counts, "{batch}");
    }
}

fn the_last_record_of_a_key_is_its_row(world: &World) {
    world.schema(1337, BIZ);
    let change = |kind, id, name: &str| Envelope::new(kind, 1337, biz(id, name));
    let update = |id, name: &str, before, old: &str| change("update", id, name).previous(biz(before, old));
    let empty = |kind, previous| Envelope::new(kind, 1337, vec![]).previous(previous);
    let history = [
        // Each way to set a row, with and without one there.
        change("create", 1, "a"),
        update(1, "a2", 1, "a"),
        change("refresh", 1, "a3"),
        change("create", 1, "a4"),
        update(2, "came as an update", 2, "before our time"),
        change("refresh", 3, "came as a refresh"),
        change("log", 4, "came as a log"),
        // Moved, and moved to where a row is.
        change("create", 10, "moved"),
        update(11, "moved", 10, "moved"),
        // Swapped through a third.
        change("create", 20, "x"),
        change("create", 21, "y"),
        update(23, "x", 20, "x"),
        update(20, "y", 21, "y"),
        update(21, "x", 23, "x"),
        // Several changes of one key, ending either way.
        change("create", 30, "first"),
        change("delete", 30, "first"),
        change("create", 30, "second"),
        change("create", 31, "gone"),
        update(31, "going", 31, "gone"),
        change("delete", 31, "going"),
        // A row that is not there can be deleted; a delete may carry what it deletes in either place.
        change("delete", 40, "never there"),
        change("create", 41, "deleted by its previous row"),
        empty("delete", biz(41, "deleted by its previous row")),
        change("create", 42, "deleted with both"),
        change("delete", 42, "deleted with both").previous(biz(42, "deleted with both")),
        change("heartbeat", 0, ""),
    ];
    let mut messages: Vec<Raw> = history.iter().map(|it| Raw::value(it.value())).collect();
    // Tombstones: the key is a datum of the newest schema's key; without one nothing can be done.
    messages.push(Raw::value(change("create", 50, "buried").value()));
    messages.push(Raw::default().key(long(50)));
    messages.push(Raw::default());
    let rows = [
        "1|a4",
        "2|came as an update",
        "3|came as a refresh",
        "4|came as a log",
        "11|moved",
        "20|y",
        "21|x",
        "30|second",
    ];
    let counts = Counts { applied: 21, deleted: 6, skipped: 1, dead: 1, ..Counts::default() };
    check(world, &messages, &rows, counts);
    assert_eq!(world.database.number(&format!("SELECT count(*) FROM {}", world.ours("flatsink_dead_letter"))), 2);
}

fn a_key_is_as_the_schema_lists_it(world: &World) {
    let schema = r#"{"type":"record","name":"orders","pkey":["kind","id"],"fields":[
        {"name":"id","type":"long"},{"name":"name","type":"string"},
        {"name":"kind","type":{"type":"enum","name":"kind","symbols":["a","1","two words"]},"pkey":true}]}"#;
    world.schema(1, schema);
    let topic = world.broker.topic("orders", 1, &[]);
    let order = |id, name: &str, kind| {
        Raw::value(Envelope::new("create", 1, record(&[long(id), text(name), long(kind)])).value())
    };
    let tombstone = |kind, id| Raw::default().key(record(&[long(kind), long(id)]));
    let messages = [order(1, "x", 0), order(1, "y", 2), order(2, "z", 2), tombstone(2, 1), order(2, "z2", 2)];
    world.broker.produce(&topic, &messages);
    world.config().topic(&entry(&topic)).load();
    let rows = world.lines("SELECT id, name, kind, _sink_offset FROM biz ORDER BY id");
    assert_eq!(rows, ["1|x|a|0", "2|z2|two words|4"]);
    let key = match world.database.kind {
        Kind::Sqlite => "SELECT name FROM pragma_table_info('biz') WHERE pk > 0 ORDER BY pk".to_owned(),
        kind => format!(
            "SELECT column_name FROM information_schema.key_column_usage WHERE table_name = 'biz' AND table_schema = \
             {} ORDER BY ordinal_position",
            if kind.is_mysql() { "database()" } else { "'public'" }
        ),
    };
    assert_eq!(world.lines(&key), ["kind", "id"]);
}

fn confluent_world(world: &World, partitions: i32) -> String {
    world.schema(
        7,
        r#"{"type":"record","name":"item","fields":[{"name":"code","type":"string"},{"name":"n","type":"int"}]}"#,
    );
    world.schema(8, r#"{"type":"record","name":"item_key","fields":[{"name":"code","type":"string"}]}"#);
    world.broker.topic("items", partitions, &[])
}

fn item(code: &str, n: i64) -> Vec<u8> {
    confluent(7, &record(&[text(code), long(n)]))
}

fn a_confluent_tombstone_deletes_by_its_avro_key(world: &World) {
    let topic = confluent_world(world, 1);
    let key = |code: &str| confluent(8, &text(code));
    let messages = [
        Raw::value(item("a", 1)).key(key("a")),
        Raw::value(item("b", 2)).key(key("b")),
        Raw::value(item("a", 3)).key(key("a")),
        Raw::default().key(key("b")),
        Raw::default().key(key("never there")),
        Raw::default().key("no avro"),
        Raw::default(),
    ];
    world.broker.produce(&topic, &messages);
    // The key's fields are the Kafka key's.
    let entry = format!("topic: {topic}, table: items, format: confluent, mode: table, kafka_key: avro");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT code, n, _sink_offset FROM items"), ["a|3|2"]);
    let expected = Counts { applied: 3, deleted: 2, dead: 2, ..Counts::default() };
    assert_eq!(world.counts(&topic), expected);
    assert_eq!(world.reasons(&topic)[1], "no_key");
}

fn a_confluent_tombstone_deletes_by_its_text_key(world: &World) {
    let topic = confluent_world(world, 2);
    let messages = [
        Raw::value(item("a", 1)).key("a"),
        Raw::value(item("b", 2)).key("b"),
        Raw::default().key("a"),
        Raw::value(item("b", 3)).key("b"),
    ];
    world.broker.produce(&topic, &messages);
    let entry = format!("topic: {topic}, table: items, format: confluent, mode: table, kafka_key: string, key: [code]");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT code, n FROM items"), ["b|3"]);
    assert_eq!(world.counts(&topic), Counts { applied: 3, deleted: 1, ..Counts::default() });
}

/// A big-endian long has zeros in front, as the wire format has, and names no schema.
fn a_key_that_only_looks_like_avro_takes_no_row_with_it(world: &World) {
    let topic = confluent_world(world, 1);
    let key = |n: i64| n.to_be_bytes();
    let messages = [
        Raw::value(item("a", 1)).key(key(1)),
        Raw::value(item("b", 2)).key(key(2)),
        Raw::default().key(key(1)),
        Raw::value(item("a", 3)).key(key(1)),
    ];
    world.broker.produce(&topic, &messages);
    let entry = format!("topic: {topic}, table: items, format: confluent, mode: table, key: [code]");
    world.config().topic(&entry).with("unknown_schema_after: 1s").load();
    assert_eq!(world.lines("SELECT code, n FROM items ORDER BY code"), ["a|3", "b|2"]);
    assert_eq!(world.reasons(&topic), ["no_key"]);
}

fn a_tombstone_is_read_by_the_newest_schema(world: &World) {
    world.schema(1337, BIZ);
    // Its key is of another type on the wire, and of the same in the table.
    world.schema(1338, &BIZ.replace(r#"{"name":"id","type":"int","#, r#"{"name":"id","type":["null","int"],"#));
    let topic = world.broker.topic("biz", 1, &[]);
    let change = |schema, id: Vec<u8>| {
        Raw::value(Envelope::new("create", schema, record(&[id, some(text("short-lived"))])).value())
    };
    let tombstone = |key: Vec<u8>| Raw::default().key(key);
    let messages = [
        tombstone(long(1)),
        change(1337, long(1)),
        change(1337, long(2)),
        tombstone(long(1)),
        change(1338, some(long(3))),
        change(1338, some(long(4))),
        tombstone(some(long(3))),
        tombstone(some(long(2))),
        // Of the schema before, and no datum of the newest.
        tombstone(long(4)),
    ];
    world.broker.produce(&topic, &messages);
    world.config().topic(&entry(&topic)).load();
    assert_eq!(world.lines("SELECT id FROM biz ORDER BY id"), ["4"]);
    let dead: Vec<(i64, String)> = world.dead(&topic).into_iter().map(|dead| (dead.offset, dead.reason)).collect();
    assert_eq!(dead, [(0, "no_key".to_owned()), (8, "no_key".to_owned())]);
}

/// Types of the key's field before and now, of the Kafka key, and keys of both as the Kafka key has them; the second as
/// the field has it.
fn a_key_of_an_older_schema_names_its_row_all_the_same(world: &World) {
    const UUID: &str = r#"{"type":"string","logicalType":"uuid"}"#;
    const DECIMAL: &str = r#"{"type":"bytes","logicalType":"decimal","precision":20,"scale":3}"#;
    let fixed = |size: usize| format!(r#"{{"type":"fixed","name":"f","size":{size}}}"#);
    let uuid = || text("6BA7B810-9DAD-11D1-80B4-00C04FD430C8");
    let mut cases = vec![
        (r#""long""#.to_owned(), r#""int""#.to_owned(), [long(1 << 40), long(2)], long(2)),
        (r#""long""#.to_owned(), DECIMAL.to_owned(), [long(5), long(7)], text([0x1b, 0x58])),
        (r#""int""#.to_owned(), r#""long""#.to_owned(), [long(-5), long(7)], long(7)),
        (fixed(3), fixed(4), [b"abc".to_vec(), b"abd".to_vec()], b"abdd".to_vec()),
    ];
    if !world.database.kind.is_mysql() {
        cases.push((r#""string""#.to_owned(), UUID.to_owned(), [text("no uuid"), uuid()], uuid()));
    }
    for (index, (before, now, keys, second)) in cases.iter().enumerate() {
        let id = 1 + 3 * index as i32;
        let schema = |ty: &str| format!(r#"{{"type":"record","name":"r","fields":[{{"name":"k","type":{ty}}}]}}"#);
        world.schema(id, &schema(before));
        world.schema(id + 1, &schema(now));
        world.schema(id + 2, before);
        let topic = world.broker.topic("older", 1, &[]);
        let [first, other] = keys.clone().map(|key| Raw::default().key(confluent(id + 2, &key)));
        let rows = [Raw::value(confluent(id, &keys[0])), Raw::value(confluent(id + 1, second))];
        world.broker.produce(&topic, &rows);
        let entry = format!("topic: {topic}, table: older{index}, format: confluent, mode: table, key: [k]");
        let config = world.config().topic(&entry);
        config.load();
        world.broker.produce(&topic, &[first, other]);
        config.load();
        let left = world.lines(&format!("SELECT count(*) FROM older{index}"));
        // Three bytes are no key of four: the second names none.
        let expected = if before.contains("fixed") { "1" } else { "0" };
        assert_eq!((left.as_slice(), world.reasons(&topic)), (&[expected.to_owned()][..], vec![]), "{before} {now}");
    }
    // A uuid in other words than its usual ones does not name a text.
    world.schema(51, r#"{"type":"record","name":"r","fields":[{"name":"k","type":"string"}]}"#);
    world.schema(52, UUID);
    let topic = world.broker.topic("older", 1, &[]);
    let usual = || text("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    let [shouted, said] = [uuid(), usual()].map(|key| Raw::default().key(confluent(52, &key)));
    world.broker.produce(&topic, &[Raw::value(confluent(51, &uuid())), Raw::value(confluent(51, &usual())), shouted]);
    let entry = format!("topic: {topic}, table: words, format: confluent, mode: table, key: [k]");
    world.config().topic(&entry).load();
    assert_eq!((world.lines("SELECT count(*) FROM words"), world.reasons(&topic).len()), (vec!["2".to_owned()], 1));
    world.broker.produce(&topic, &[said]);
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT k FROM words"), ["6BA7B810-9DAD-11D1-80B4-00C04FD430C8"]);
}

fn keys_are_compared_byte_by_byte(world: &World) {
    world.schema(1, r#"{"type":"record","name":"k","pkey":["code"],"fields":[{"name":"code","type":"string"},{"name":"n","type":"int"}]}"#);
    let topic = world.broker.topic("keys", 1, &[]);
    let codes = ["a", "A", "a ", "ä", "á", "", "ß", "ss", " a", "e\u{301}", "é"];
    let keyed =
        |(n, code): (i64, &&str)| Raw::value(Envelope::new("create", 1, record(&[text(code), long(n)])).value());
    world.broker.produce(&topic, &(0..).zip(&codes).map(keyed).collect::<Vec<_>>());
    world.config().topic(&entry(&topic)).load();
    let rows = world.database.query("SELECT code FROM biz ORDER BY n");
    assert_eq!(rows.iter().map(|row| row[0].as_deref().unwrap_or("-")).collect::<Vec<_>>(), codes);
}

fn deletes_can_be_ignored(world: &World) {
    world.schema(1337, BIZ);
    let topic = world.broker.topic("biz", 1, &[]);
    let change = |kind, id| Raw::value(Envelope::new(kind, 1337, biz(id, "kept")).value());
    world.broker.produce(&topic, &[change("create", 1), change("delete", 1), Raw::default().key(long(1))]);
    world.config().topic(&format!("{}, deletes: ignore", entry(&topic))).load();
    assert_eq!(world.lines("SELECT id, name FROM biz"), ["1|kept"]);
    assert_eq!(world.counts(&topic), Counts { applied: 1, skipped: 2, ..Counts::default() });
}

fn a_key_that_the_database_refuses_falls_back_to_the_record_before(world: &World) {
    world.schema(1337, BIZ);
    let topic = world.broker.topic("biz", 1, &[]);
    let change = |kind, id, name: &str| Raw::value(Envelope::new(kind, 1337, biz(id, name)).value());
    world.broker.produce(&topic, &[change("create", 1, "good")]);
    let config: Config = world.config().topic(&entry(&topic));
    config.load();
    crate::refused::forbid(world, "biz", "name", "name <> 'bad'");
    let more = [
        change("create", 2, "good"),
        change("update", 2, "better"),
        change("update", 2, "bad"),
        change("update", 1, "bad"),
        change("create", 3, "bad"),
        change("create", 4, "good"),
    ];
    world.broker.produce(&topic, &more);
    config.load();
    assert_eq!(world.lines("SELECT id, name FROM biz ORDER BY id"), ["1|good", "2|better", "4|good"]);
    assert_eq!(world.reasons(&topic), ["constraint"; 3]);
    assert_eq!(world.counts(&topic), Counts { applied: 4, dead: 3, ..Counts::default() });
}
