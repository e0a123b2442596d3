//! Writer schemas: where they come from, how they change, what their topics are called.

use crate::support::avro::{Envelope, confluent, long, null, record, some, text};
use crate::support::events::{Events, SCHEMA};
use crate::support::http::Stub;
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Broker, Database, Kind, PATIENCE, Raw, eventually};

on_each_database!(
    interleaved_schemas_make_the_union_of_their_columns,
    processes_that_race_to_add_columns_agree,
    a_confluent_topic_loads_by_position,
    a_new_topic_that_matches_the_pattern_is_picked_up,
    several_topics_share_a_table_and_say_which,
    schema_changes_can_be_refused,
    metadata_is_what_was_asked_for,
);

/// Version `v` has the fields `id` and `c2` to `cv`.
fn version(v: i32) -> String {
    let field = |n| format!(r#",{{"name":"c{n}","type":["null","string"],"default":null}}"#);
    let more: String = (2..=v).map(field).collect();
    format!(r#"{{"type":"record","name":"versions","fields":[{{"name":"id","type":"int"}}{more}]}}"#)
}

fn of_version(v: i32, id: i64) -> Raw {
    let fields = (2..=v).map(|n| some(text(format!("{id}.{n}"))));
    let payload = record(&[vec![long(id)], fields.collect()].concat());
    Raw::value(Envelope::new("log", v, payload).value())
}

fn entry(topic: &str) -> String {
    format!("topic: {topic}, table: versions, format: yelp, mode: stream, unique: uuid")
}

fn interleaved_schemas_make_the_union_of_their_columns(world: &World) {
    world.schema(1, &version(1));
    world.schema(2, r#"{"type":"record","name":"versions","fields":[{"name":"id","type":"int"},{"name":"c2","type":["null","string"]}]}"#);
    // An older one with a field that the newer ones have lost.
    world.schema(
        3,
        r#"{"type":"record","name":"versions","fields":[{"name":"lost","type":"double"},{"name":"id","type":"int"}]}"#,
    );
    let lost = |id| {
        let payload = record(&[crate::support::avro::double(0.1), long(id)]);
        Raw::value(Envelope::new("log", 3, payload).value())
    };
    for (table, messages) in [
        ("up", [of_version(1, 1), of_version(2, 2), of_version(1, 3), of_version(2, 4), lost(5)]),
        ("down", [lost(5), of_version(2, 2), of_version(1, 1), of_version(2, 4), of_version(1, 3)]),
    ] {
        let topic = world.broker.topic("versions", 1, &[]);
        world.broker.produce(&topic, &messages);
        world.config().topic(&entry(&topic).replace("table: versions", &format!("table: {table}"))).load();
        let rows = world.lines(&format!("SELECT id, c2, lost FROM {table} ORDER BY id"));
        assert_eq!(rows, ["1|-|-", "2|2.2|-", "3|-|-", "4|4.2|-", "5|-|0.1"], "{table}");
    }
}

fn processes_that_race_to_add_columns_agree(world: &World) {
    const VERSIONS: i32 = 12;
    (1..=VERSIONS).for_each(|v| world.schema(v, &version(v)));
    let topic = world.broker.topic("versions", 4, &[]);
    let config = world.config().topic(&entry(&topic)).with("workers: 2");
    let (one, other) = (config.run(), config.run());
    let mut sent = 0;
    for v in 1..=VERSIONS {
        let message = |n: i64| of_version(v - (n % 2) as i32 * (v - 1), n).partition((n % 4) as i32);
        world.broker.produce(&topic, &(sent..sent + 80).map(message).collect::<Vec<_>>());
        sent += 80;
    }
    world.caught_up(&topic);
    one.stop();
    other.stop();
    let rows = world.lines("SELECT id, c2, c12 FROM versions ORDER BY id");
    let cell = |n: i64, column: i64| match n % 2 == 0 && n / 80 + 1 >= column {
        true => format!("{n}.{column}"),
        false => "-".to_owned(),
    };
    let expected: Vec<String> = (0..sent).map(|n| format!("{n}|{}|{}", cell(n, 2), cell(n, 12))).collect();
    assert_eq!(rows, expected);
}

fn a_confluent_topic_loads_by_position(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("plain", 2, &[]);
    let message = |n: i64| Raw::value(confluent(1, &record(&[long(n), text("words")]))).partition((n % 2) as i32);
    let mut messages: Vec<Raw> = (0..10).map(message).collect();
    messages.push(Raw::default().partition(0));
    messages.push(Raw::value([0, 0, 0]).partition(1));
    messages.push(Raw::value(confluent(1, &[])).partition(1));
    world.broker.produce(&topic, &messages);
    let config = world.config().topic(&format!("topic: {topic}, table: plain, format: confluent"));
    config.load();
    let rows = world.lines("SELECT n, _sink_partition, _sink_offset FROM plain ORDER BY n");
    let expected: Vec<String> = (0..10).map(|n| format!("{n}|{}|{}", n % 2, n / 2)).collect();
    assert_eq!(rows, expected);
    assert_eq!(world.reasons(&topic), ["short_header", "truncated"]);
    assert_eq!(world.counts(&topic).skipped, 1);

    // By the uuid of a header, repeats are found.
    let uuid = "0d9c3a52-2c1b-4f0e-8a55-0123456789ab";
    let headers = vec![("id".to_owned(), Some(uuid.as_bytes().to_vec()))];
    let again = Raw { headers, ..message(1) };
    let topic = world.broker.topic("marked", 2, &[]);
    world.broker.produce(&topic, &[again.clone(), again, message(3)]);
    let entry = format!("topic: {topic}, table: marked, format: confluent, unique: uuid, uuid: 'header:id'");
    world.config().topic(&entry).load();
    let found = world.lines("SELECT _sink_uuid, n FROM marked").concat().replace(['-', '\\', 'x'], "");
    assert_eq!(found, format!("{}|1", uuid.replace('-', "")));
    assert_eq!((world.counts(&topic).duplicate, world.reasons(&topic)), (1, vec!["uuid_missing".to_owned()]));
}

fn a_new_topic_that_matches_the_pattern_is_picked_up(world: &World) {
    world.schema(1, SCHEMA);
    let family = crate::support::unique("family");
    let create = |member: &str, n: i64| {
        let topic = format!("{family}.{member}");
        world.broker.create_topic(&topic, 2, &[]);
        world.broker.produce(&topic, &[crate::support::events::event(n)]);
        topic
    };
    let first = create("first", 1);
    let excluded = create("excluded", 2);
    let entry =
        format!("pattern: '{family}\\.(?<member>.+)', exclude: ['.*excluded'], table: '{{member}}', mode: stream");
    let config = world.config().topic(&entry).property("topic.metadata.refresh.interval.ms", "500");
    let flatsink = config.run();
    world.caught_up(&first);
    let second = create("second", 3);
    world.caught_up(&second);
    flatsink.stop();
    assert_eq!(world.lines("SELECT n FROM first"), ["1"]);
    assert_eq!(world.lines("SELECT n FROM second"), ["3"]);
    assert!(world.ledger(&excluded).is_empty());
}

fn several_topics_share_a_table_and_say_which(world: &World) {
    let mut all: Vec<Events> = (0..4).map(|_| Events::new(world, 1)).collect();
    all.iter_mut().for_each(|events| events.produce(3));
    let name = |index: usize| all[index].topic.as_str();
    // A list of topics by position: the same partitions and offsets in both.
    let list = format!("topic: [{}, {}], table: list, format: yelp, mode: stream, unique: position", name(0), name(1));
    let merged = |index| format!("topic: {}, table: merged, mode: stream, unique: position, merge: true", name(index));
    let config = world.config();
    config.clone().topic(&list).topic(&merged(2)).topic(&merged(3)).load();
    for (table, one, other) in [("list", 0, 1), ("merged", 2, 3)] {
        let mut rows = world.lines(&format!("SELECT n, _sink_topic, _sink_offset FROM {table}"));
        let topics = [name(one), name(other)];
        let mut expected: Vec<String> = (0..3).flat_map(|n| topics.map(|topic| format!("{n}|{topic}|{n}"))).collect();
        rows.sort();
        expected.sort();
        assert_eq!(rows, expected);
    }
    // Without the word on both sides it is refused.
    let unsaid = merged(3).replace(", merge: true", "");
    let ended = crate::support::Flatsink::run(&config.topic(&merged(2)).topic(&unsaid).yaml(), &[]).wait(PATIENCE);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("merge"), "{}", ended.stderr);
}

fn schema_changes_can_be_refused(world: &World) {
    world.schema(1, &version(1));
    world.schema(2, &version(2));
    let check = |policy: &str, exit: i32, expected: &[&str]| {
        let topic = world.broker.topic("versions", 1, &[]);
        world.broker.produce(&topic, &[of_version(1, 1)]);
        let table = format!("t_{policy}");
        let entry = entry(&topic).replace("table: versions", &format!("table: {table}"));
        world.config().topic(&entry).load();
        world.broker.produce(&topic, &[of_version(2, 2)]);
        let config = world.config().topic(&format!("{entry}, schema_changes: {policy}"));
        if exit == 0 {
            config.load();
        } else {
            let line = config.fail();
            assert!(line.contains(&table), "{line}");
        }
        assert_eq!(world.lines(&format!("SELECT id FROM {table} ORDER BY id")), expected, "{policy}");
        let column = world.database.try_query(&format!("SELECT {table}.c2 FROM {table}"));
        assert_eq!(column.is_ok(), policy == "apply", "{policy}");
    };
    check("apply", 0, &["1", "2"]);
    check("create_only", 1, &["1"]);
    check("refuse", 1, &["1"]);
}

fn metadata_is_what_was_asked_for(world: &World) {
    world.schema(1, SCHEMA);
    let topic = world.broker.topic("meta", 1, &[]);
    let message = Raw { timestamp: Some(1_600_000_000_000), ..crate::support::events::event(1).key("k") };
    let headers = vec![("a".to_owned(), Some(b"b".to_vec()))];
    world.broker.produce(&topic, &[Raw { headers, ..message }]);
    let wanted = "uuid, partition, offset, topic, schema_id, kafka_timestamp, key, headers, loaded_at, message_type";
    world.config().topic(&format!("topic: {topic}, table: meta, mode: stream, metadata: [{wanted}]")).load();
    let columns = "_sink_topic, _sink_schema_id, _sink_kafka_timestamp, _sink_key, _sink_message_type";
    let rows = world.lines(&format!("SELECT {columns} FROM meta"));
    assert_eq!(rows, [format!("{topic}|1|2020-09-13 12:26:40.000000|\\x6b|log")]);
    assert_eq!(world.database.number("SELECT count(*) FROM meta WHERE _sink_loaded_at IS NOT NULL"), 1);
    assert!(world.database.value("SELECT _sink_headers FROM meta").is_some_and(|text| text.contains('a')));
    assert!(world.database.try_query("SELECT meta._sink_timestamp FROM meta").is_err());
}

/// Loads the same events with schemas from elsewhere.
fn loads(world: &World, schemas: &str) -> Events {
    let mut events = Events::new(world, 1);
    events.produce(50);
    let _ = world.database.try_query("DROP TABLE events");
    world.config().schemas(schemas).topic(&events.entry()).load();
    events.check(world);
    events
}

fn sqlite() -> Option<World> {
    Some(World::new(Broker::shared()?, Database::fresh(Kind::Sqlite)?))
}

#[test]
fn a_confluent_registry_is_asked_as_it_wants_to_be() {
    for (authorization, keys) in [
        (None, ""),
        (Some("Basic bWU6cyNlY3JldA=="), ", user: me, password: 's#ecret'"),
        (Some("Bearer to.ken"), ", bearer_token: to.ken"),
    ] {
        let Some(world) = sqlite() else { return };
        let stub = Stub::confluent(vec![(1, SCHEMA.to_owned())], authorization);
        loads(&world, &format!("confluent: {{url: '{}'{keys}}}", stub.url));
        let asked = stub.requests().iter().filter(|path| path.starts_with("/schemas/ids/1")).count();
        assert_eq!(asked, 1, "{:?}", stub.requests());
    }
}

#[test]
fn the_schematizer_is_asked_by_id_and_names_the_owner() {
    let Some(world) = sqlite() else { return };
    let stub = Stub::start(|path, _| match path {
        "/v1/schemas/1" => {
            let source = serde_json::json!({"source_id": 1, "name": "events", "owner_email": "events@example.com",
                "namespace": {"namespace_id": 1, "name": "ns"}});
            let topic = serde_json::json!({"topic_id": 1, "name": "t", "contains_pii": false, "cluster_type":
                "datapipe", "primary_keys": [], "source": source});
            let answer = serde_json::json!({"schema_id": 1, "schema": SCHEMA, "status": "Disabled",
                "primary_keys": [], "topic": topic, "created_at": "2016-01-01T00:00:00Z"});
            (200, answer.to_string())
        }
        _ => (404, "{}".to_owned()),
    });
    let events = loads(&world, &format!("schematizer: {{url: '{}'}}", stub.url));
    assert_eq!(stub.requests(), ["/v1/schemas/1"]);
    // A definite 404 is an answer.
    world.broker.produce(&events.topic, &[Raw::value(Envelope::new("log", 2, null()).value())]);
    let config: Config = world.config().schemas(&format!("schematizer: {{url: '{}'}}", stub.url));
    config.topic(&events.entry()).with("unknown_schema_after: 1s").load();
    assert_eq!(world.reasons(&events.topic), ["unknown_schema"]);
}

#[test]
fn a_registry_that_refuses_us_is_no_dead_letter() {
    let Some(world) = sqlite() else { return };
    let mut events = Events::new(&world, 1);
    events.produce(5);
    let stub = Stub::confluent(vec![(1, SCHEMA.to_owned())], Some("Bearer right"));
    let wrong = format!("confluent: {{url: '{}', bearer_token: wrong}}", stub.url);
    let config = world.config().topic(&events.entry()).with("unknown_schema_after: 1s").impatient();
    let mut flatsink = crate::support::Flatsink::run(&config.clone().schemas(&wrong).yaml(), &["--until-latest"]);
    eventually("it is told so, or gives up", PATIENCE, || stub.requests().len() >= 2 || !flatsink.is_running());
    flatsink.kill();
    assert!(world.lines(&format!("SELECT reason FROM {}", world.ours("flatsink_dead_letter"))).is_empty());
    config.schemas(&wrong.replace("wrong", "right")).load();
    events.check(&world);
}
