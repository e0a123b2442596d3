//! Records inside of records, records without fields, records of a thousand fields.

use crate::support::avro::{Envelope, confluent, long, null, record, some, text};
use crate::support::world::{World, on_each_database};
use crate::support::{Kind, Raw};

on_each_database!(
    fields_of_records_become_columns,
    the_key_of_a_table_may_lie_inside_a_record,
    what_is_not_flat_stops_its_table_if_it_shall,
    lists_inside_themselves_go_thirty_deep,
    a_record_without_fields_is_a_row,
    a_thousand_columns_are_loaded,
    a_pinned_schema_gives_table_and_defaults,
);

const PLACE: &str = r#"{"type":"record","name":"place","fields":[{"name":"zip","type":"string"},
    {"name":"tags","type":{"type":"array","items":"string"}}]}"#;

/// Events of an owner, who may be missing, with more fields in the end.
fn events(more: &str) -> String {
    format!(
        r#"{{"type":"record","name":"event","fields":[{{"name":"n","type":"long"}},
        {{"name":"owner","type":["null",{{"type":"record","name":"person","fields":[{{"name":"id","type":"int"}},
            {{"name":"home","type":["null",{PLACE}]}}{more}]}}]}}]}}"#
    )
}

fn fields_of_records_become_columns(world: &World) {
    world.schema(1, &events(""));
    world.schema(2, &events(r#",{"name":"born","type":{"type":"int","logicalType":"date"}}"#));
    let home = || some([text("94105"), long(1), text("a"), long(0)].concat());
    let send = |schema, fields: &[Vec<u8>]| Raw::value(confluent(schema, &record(fields))).partition(0);
    let topic = world.broker.topic("nested", 1, &[]);
    let sent = [
        send(1, &[long(1), some(record(&[long(7), home()]))]),
        send(1, &[long(2), some(record(&[long(8), null()]))]),
        send(1, &[long(3), null()]),
        send(2, &[long(4), some(record(&[long(9), null(), long(1)]))]),
        send(1, &[long(5), some(record(&[long(10)]))]),
        send(1, &[long(6), some(record(&[long(11), null()]))]),
    ];
    world.broker.produce(&topic, &sent);
    let entry = format!("topic: {topic}, table: nested, format: confluent, nested: flatten");
    world.config().topic(&entry).load();
    let sql = "SELECT n, owner_present, owner_id, owner_home_present, owner_home_zip, owner_home_tags, owner_born \
               FROM nested ORDER BY n";
    let rows =
        [r#"1|1|7|1|94105|["a"]|-"#, "2|1|8|0|-|-|-", "3|0|-|-|-|-|-", "4|1|9|0|-|-|1970-01-02", "6|1|11|0|-|-|-"];
    assert_eq!(world.lines(sql), rows);
    let reason = world.database.value(&format!("SELECT message FROM {}", world.ours("flatsink_dead_letter")));
    assert!(reason.as_deref().is_some_and(|reason| reason.contains("\"owner.home\"")), "{reason:?}");
    let sql = format!(
        "SELECT column_name, field_path FROM {} WHERE table_name = 'nested' AND column_name LIKE 'owner%' \
         ORDER BY column_name",
        world.ours("flatsink_column")
    );
    let paths = [
        "owner_born|owner.born",
        "owner_home_present|owner.home",
        "owner_home_tags|owner.home.tags",
        "owner_home_zip|owner.home.zip",
        "owner_id|owner.id",
        "owner_present|owner",
    ];
    assert_eq!(world.lines(&sql), paths);
}

fn the_key_of_a_table_may_lie_inside_a_record(world: &World) {
    world.schema(1, &events(""));
    let key = r#"{"type":"record","name":"key","fields":[{"name":"owner","type":{"type":"record","name":"of","fields":[
        {"name":"id","type":"int"}]}}]}"#;
    world.schema(2, key);
    let topic = world.broker.topic("owners", 1, &[]);
    let of = |id: i64, value: Option<Vec<u8>>| Raw {
        key: Some(confluent(2, &long(id))),
        value: value.map(|value| confluent(1, &value)),
        ..Raw::default()
    };
    let event = |n: i64, id: i64| Some(record(&[long(n), some(record(&[long(id), null()]))]));
    world.broker.produce(&topic, &[of(7, event(1, 7)), of(8, event(2, 8)), of(7, event(3, 7)), of(8, None)]);
    for (table, key) in [("by_path", ", key: owner.id"), ("by_name", ", key: owner_id"), ("by_kafka", "")] {
        let entry = format!("topic: {topic}, table: {table}, format: confluent, mode: table, nested: flatten{key}");
        world.config().topic(&entry).with(&format!("sink: {table}")).load();
        assert_eq!(world.lines(&format!("SELECT owner_id, n FROM {table}")), ["7|3"], "{table}");
    }
}

fn what_is_not_flat_stops_its_table_if_it_shall(world: &World) {
    world.schema(1, &events(""));
    let topic = world.broker.topic("refused", 1, &[]);
    world.broker.produce(&topic, &[Raw::value(confluent(1, &record(&[long(1), null()])))]);
    let entry = format!("topic: {topic}, table: refused, format: confluent");
    let why = world.config().topic(&format!("{entry}, nested: reject")).fail();
    assert!(why.contains("not_flat") && why.contains("owner"), "{why}");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT n FROM refused"), ["1"]);
}

fn lists_inside_themselves_go_thirty_deep(world: &World) {
    let schema = r#"{"type":"record","name":"row","fields":[{"name":"list","type":["null",
        {"type":"record","name":"node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","node"]}]}]}]}"#;
    world.schema(1, schema);
    let list =
        |length: i64| Raw::value(confluent(1, &[(0..length).flat_map(|n| some(long(n))).collect(), null()].concat()));
    for (table, nested, longest) in [("whole", "json", 30), ("apart", "flatten", 31)] {
        let topic = world.broker.topic("lists", 1, &[]);
        let lengths = [0, 1, longest, longest + 1, 20_000];
        world.broker.produce(&topic, &lengths.map(|length| list(length).partition(0)));
        let entry = format!("topic: {topic}, table: {table}, format: confluent, nested: {nested}");
        world.config().topic(&entry).load();
        assert_eq!(world.reasons(&topic), ["too_deep", "too_deep"]);
        let column = if nested == "json" { "list" } else { "list_next" };
        let cast = if world.database.kind == Kind::Postgres { "::text" } else { "" };
        let rows = world.lines(&format!("SELECT {column}{cast} FROM {table} ORDER BY _sink_offset"));
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[2].matches("next").count(), 30, "{}", rows[2]);
    }
}

fn a_record_without_fields_is_a_row(world: &World) {
    world.schema(1, r#"{"type":"record","name":"empty","fields":[]}"#);
    let topic = world.broker.topic("empty", 1, &[]);
    world.broker.produce(&topic, &[1, 1].map(|id| Raw::value(confluent(id, &[])).partition(0)));
    world.config().topic(&format!("topic: {topic}, table: by_position, format: confluent")).load();
    assert_eq!(world.lines("SELECT _sink_partition, _sink_offset FROM by_position ORDER BY 2"), ["0|0", "0|1"]);

    let topic = world.broker.topic("empty", 1, &[]);
    let twice = Raw::value(Envelope::new("log", 1, vec![]).value()).partition(0);
    let other = Raw::value(Envelope::new("log", 1, vec![]).value()).partition(0);
    world.broker.produce(&topic, &[twice.clone(), other, twice.clone()]);
    let config = world.config().topic(&format!("topic: {topic}, table: by_uuid, format: yelp"));
    config.load();
    world.broker.produce(&topic, &[twice]);
    config.load();
    assert_eq!(world.database.number("SELECT count(*) FROM by_uuid"), 2);
    let counts = world.counts(&topic);
    assert_eq!((counts.applied, counts.duplicate, counts.dead), (2, 2, 0));
}

fn a_thousand_columns_are_loaded(world: &World) {
    let field = |n: i64| format!(r#"{{"name":"c{n}","type":["null","int"]}}"#);
    let fields: Vec<String> = (0..1_000).map(field).collect();
    world.schema(1, &format!(r#"{{"type":"record","name":"wide","fields":[{}]}}"#, fields.join(",")));
    let topic = world.broker.topic("wide", 1, &[]);
    let row = |n: i64| (0..1_000).map(move |column| if column % 7 == n % 7 { null() } else { some(long(n * column)) });
    let sent: Vec<Raw> = (0..70).map(|n| Raw::value(confluent(1, &row(n).collect::<Vec<_>>().concat()))).collect();
    world.broker.produce(&topic, &sent);
    world.config().topic(&format!("topic: {topic}, table: wide, format: confluent")).load();
    let sums = world.lines("SELECT count(c0), count(c999), sum(c1), sum(c999) FROM wide");
    let sum = |column: i64| (0..70).filter(|n| column % 7 != n % 7).map(|n| n * column).sum::<i64>();
    assert_eq!(sums, [format!("60|60|{}|{}", sum(1), sum(999))]);
    assert_eq!(world.counts(&topic).applied, 70);
}

fn a_pinned_schema_gives_table_and_defaults(world: &World) {
    let schema = |fields: &str| format!(r#"{{"type":"record","name":"event","fields":[{fields}]}}"#);
    world.schema(1, &schema(r#"{"name":"n","type":"int"},{"name":"gone","type":"string"}"#));
    world.schema(2, &schema(r#"{"name":"size","type":"long"},{"name":"n","type":"long"}"#));
    world.schema(3, &schema(r#"{"name":"n","type":"string"}"#));
    let pinned = schema(
        r#"{"name":"n","type":"long"},{"name":"kind","type":"string","default":"none"},
           {"name":"size","type":"double","default":0.5}"#,
    );
    world.schema(9, &pinned);
    let topic = world.broker.topic("pinned", 1, &[]);
    let sent = [
        Raw::value(confluent(1, &[long(1), text("x")].concat())),
        Raw::value(confluent(2, &[long(7), long(2)].concat())),
        Raw::value(confluent(2, &[long((1 << 53) + 1), long(3)].concat())),
        Raw::value(confluent(1, &[long(4), text("y")].concat())),
    ];
    world.broker.produce(&topic, &sent);
    let entry = |table: &str, reader: &str| {
        format!("topic: {topic}, table: {table}, format: confluent, reader_schema: {reader}")
    };
    let file = world.folder().join("9.avsc").display().to_string();
    for (table, reader) in [("by_id", "9"), ("by_file", &format!("'{file}'"))] {
        world.config().topic(&entry(table, reader)).with(&format!("sink: {table}")).load();
        let rows = world.lines(&format!("SELECT n, kind, size FROM {table} ORDER BY n"));
        assert_eq!(rows, ["1|none|0.5", "2|none|7", "4|none|0.5"], "{table}");
        assert!(world.lines(&format!("SELECT * FROM {table}"))[0].split('|').count() == 6, "{table}");
    }
    assert_eq!(world.reasons(&topic), ["reader_schema", "reader_schema"]);
    world.broker.produce(&topic, &[Raw::value(confluent(3, &text("z")))]);
    let config = world.config().topic(&entry("by_id", "9")).with("sink: by_id");
    let why = config.fail();
    assert!(why.contains("reader_schema") && why.contains("schema 3") && why.contains("schema 9"), "{why}");
    let why = world.config().topic(&entry("nowhere", "'/nowhere.avsc'")).fail();
    assert!(why.contains("reader_schema") && why.contains("/nowhere.avsc"), "{why}");
}
