//! PostgreSQL: views, partitioned tables, and what is no place for rows. Elsewhere a view is refused.

use super::{by_name, produce, schema, topic_of, unkeyed};
use crate::support::Kind;
use crate::support::avro::{Envelope, long, null, record, some};
use crate::support::world::{World, on_each_database};
use crate::support::{Broker, Database, Raw};

on_each_database!(views_are_written_to_where_the_database_can);

fn on_postgres(law: fn(&World)) {
    if let (Some(broker), Some(database)) = (Broker::shared(), Database::fresh(Kind::Postgres)) {
        law(&World::new(broker, database));
    }
}

#[test]
fn the_latest_row_of_a_key_comes_through_a_view() {
    on_postgres(latest_through_a_view);
}

#[test]
fn a_view_with_triggers_takes_rows_without_a_key() {
    on_postgres(through_triggers);
}

#[test]
fn partitioned_tables_are_loaded_into() {
    on_postgres(partitioned);
}

#[test]
fn what_is_no_place_for_rows_is_named() {
    on_postgres(no_place);
}

#[test]
fn json_is_kept_as_json() {
    on_postgres(json);
}

const NUMBERS: [(&str, &str); 2] = [("id", r#""long""#), ("n", r#"["null","long"]"#)];

fn row(id: i64, n: i64) -> Vec<u8> {
    record(&[long(id), some(long(n))])
}

fn views_are_written_to_where_the_database_can(world: &World) {
    let topic = topic_of(world, &schema(&NUMBERS), &[row(1, 10), row(2, 20)]);
    world.database.query("CREATE TABLE base (id BIGINT, n BIGINT, mine BIGINT)");
    world.database.query("CREATE VIEW t AS SELECT id, n FROM base");
    let config = world.config().topic(&unkeyed(&topic));
    if world.database.kind == Kind::Postgres {
        config.load();
        assert_eq!(world.lines("SELECT id, n, mine FROM base ORDER BY id"), ["1|10|-", "2|20|-"]);
    } else {
        let why = config.fail();
        assert!(why.contains("not_durable") && why.contains("is a view"), "{why}");
    }
}

fn latest_through_a_view(world: &World) {
    world.schema(1, &schema(&NUMBERS).replacen(r#""fields""#, r#""pkey":["id"],"fields""#, 1));
    let topic = world.broker.topic("existing", 1, &[]);
    let message = |kind, id, n| Raw::value(Envelope::new(kind, 1, row(id, n)).value());
    let moved = Raw::value(Envelope::new("update", 1, row(9, 9)).previous(row(3, 3)).value());
    let first = ["create", "create", "create"].into_iter().zip(1..).map(|(kind, id)| message(kind, id, id));
    world.broker.produce(&topic, &first.collect::<Vec<_>>());
    world.database.query(
        "CREATE TABLE base (the_key bigint PRIMARY KEY, n bigint, mine text DEFAULT 'mine', p integer, o bigint); \
         CREATE VIEW t AS SELECT the_key AS id, n, n * 2 AS twice, p AS _sink_partition, o AS _sink_offset FROM base \
         WHERE n < 1000 WITH CHECK OPTION",
    );
    let entry = format!("topic: {topic}, table: t, mode: table, metadata: [partition, offset]");
    let config = world.config().topic(&entry);
    config.load();
    world
        .broker
        .produce(&topic, &[message("update", 1, 11), message("delete", 2, 2), moved, message("create", 5, 2000)]);
    config.load();
    let rows = world.lines("SELECT the_key, n, mine, o FROM public.base ORDER BY the_key");
    assert_eq!(rows, ["1|11|mine|3", "9|9|mine|5"]);
    assert_eq!(world.reasons(&topic), ["constraint"]);

    // Without a key in its table there is nothing to tell rows by.
    world.database.query("ALTER TABLE public.base DROP CONSTRAINT base_pkey");
    world.broker.produce(&topic, &[message("create", 6, 6)]);
    let why = config.fail();
    assert!(why.contains("key_conflict") && why.contains("unique key"), "{why}");

    // In another case, and what is no matter of keys is no `key_conflict`.
    world.database.query(
        "CREATE TABLE public.upper_base (\"ID\" bigint PRIMARY KEY, n bigint); \
         CREATE VIEW public.upper AS SELECT \"ID\", n FROM public.upper_base",
    );
    let topic = world.broker.topic("existing", 1, &[]);
    world.broker.produce(&topic, &[message("create", 1, 1), message("create", 1, 2)]);
    let entry = format!("topic: {topic}, table: upper, mode: table, metadata: []");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT \"ID\", n FROM public.upper_base"), ["1|2"]);
    world.database.query("CREATE VIEW public.computed AS SELECT \"ID\" + 0 AS id, n FROM public.upper_base");
    let why = world
        .config()
        .topic(&format!("{}, existing: adopt", entry.replace("upper", "computed")))
        .with("sink: computed")
        .fail();
    assert!(why.contains("key_conflict") || why.contains("type_conflict"), "{why}");
}

fn through_triggers(world: &World) {
    let topic = topic_of(world, &schema(&NUMBERS), &[row(1, 10), record(&[long(2), null()])]);
    world.database.query(
        "CREATE TABLE base (id bigint, n bigint); \
         CREATE VIEW t AS SELECT id, sum(n) AS n FROM base GROUP BY id; \
         CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN INSERT INTO public.base VALUES (new.id, new.n); RETURN new; END $$",
    );
    let config = world.config().topic(&unkeyed(&topic));
    let why = config.fail();
    assert!(why.contains("not_writable") && why.contains("INSTEAD OF"), "{why}");
    world.database.query("CREATE TRIGGER put INSTEAD OF INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION put()");
    config.load();
    assert_eq!(world.lines("SELECT id, n FROM public.base ORDER BY id"), ["1|10", "2|-"]);
    let keyed = format!("topic: {topic}, table: t, format: confluent, mode: table, key: [id], metadata: []");
    let again = world.config().topic(&keyed).with("sink: again");
    let why = again.fail();
    assert!(why.contains("table_exists") || why.contains("key_conflict"), "{why}");
}

fn partitioned(world: &World) {
    let topic = topic_of(world, &schema(&NUMBERS), &[row(1, 10), row(2, 150), row(3, 999), row(4, 20)]);
    world.database.query(
        "CREATE TABLE t (id bigint, n bigint) PARTITION BY RANGE (n); \
         CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100); \
         CREATE TABLE high PARTITION OF t FOR VALUES FROM (100) TO (200)",
    );
    world.config().topic(&unkeyed(&topic)).load();
    assert_eq!(world.lines("SELECT id, n FROM low ORDER BY id"), ["1|10", "4|20"]);
    assert_eq!(world.lines("SELECT id, n FROM high"), ["2|150"]);
    assert_eq!(world.reasons(&topic), ["constraint"], "there is no partition for it");

    // A key that holds the partition's column.
    let fields = [("id", r#""long""#), ("day", r#""long""#), ("n", r#"["null","long"]"#)];
    let row = |id, day, n| record(&[long(id), long(day), some(long(n))]);
    let topic = topic_of(world, &schema(&fields), &[row(1, 1, 1), row(2, 1, 2), row(1, 1, 3), row(1, 2, 4)]);
    world.database.query(
        "CREATE TABLE public.days (id bigint, day bigint, n bigint, PRIMARY KEY (id, day)) PARTITION BY LIST (day); \
         CREATE TABLE public.day1 PARTITION OF public.days FOR VALUES IN (1); \
         CREATE TABLE public.day2 PARTITION OF public.days FOR VALUES IN (2)",
    );
    let entry = format!("topic: {topic}, table: days, format: confluent, mode: table, key: [id, day], metadata: []");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT id, n FROM public.day1 ORDER BY id"), ["1|3", "2|2"]);
    assert_eq!(world.lines("SELECT id, n FROM public.day2"), ["1|4"]);

    // Its partitions' rows count where a column that flatsink has added must be written anew.
    let with = |ty: &str| schema(&[fields[0], fields[1], fields[2], ("added", ty)]);
    world.schema(2, &with(r#"["null","int"]"#));
    world.schema(3, &with(r#"["null","long"]"#));
    let row = |n| record(&[long(3), long(2), null(), some(long(n))]);
    produce(world, &topic, 2, &[row(1)]);
    world.config().topic(&entry).load();
    produce(world, &topic, 3, &[row(1 << 40)]);
    let why = world.config().topic(&format!("{entry}, rewrite_max: 0")).fail();
    assert!(why.contains("rewrite_needed"), "{why}");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT added FROM public.day2 WHERE id = 3"), ["1099511627776"]);
}

fn no_place(world: &World) {
    let topic = topic_of(world, &schema(&NUMBERS), &[row(1, 10)]);
    world
        .database
        .query("CREATE TABLE real_one (id bigint, n bigint); CREATE UNLOGGED TABLE hollow (id bigint, n bigint)");
    for (name, make, words) in [
        ("a", "CREATE UNLOGGED TABLE a (id bigint, n bigint)", ["not_durable", "unlogged"]),
        ("b", "CREATE MATERIALIZED VIEW b AS SELECT * FROM public.real_one", ["not_durable", "materialized"]),
        ("c", "CREATE VIEW c AS SELECT * FROM public.hollow", ["not_durable", "hollow"]),
        (
            "d",
            "CREATE TABLE d (id bigint, n bigint) PARTITION BY LIST (n); \
             CREATE UNLOGGED TABLE d1 PARTITION OF d DEFAULT",
            ["not_durable", "d1"],
        ),
        (
            "e",
            "CREATE TABLE e (id bigint, n bigint); CREATE RULE r AS ON INSERT TO e DO INSTEAD NOTHING",
            ["not_writable", "rules"],
        ),
        ("f", "CREATE VIEW f AS SELECT id, n + 1 AS n FROM public.real_one", ["type_conflict", "column n"]),
        ("g", "CREATE VIEW g AS SELECT 1::bigint AS id, 2::bigint AS n", ["not_writable", "takes no rows"]),
    ] {
        world.database.query(&format!("SET search_path = public; {make}"));
        let why = world.config().topic(&unkeyed(&topic).replace("table: t", &format!("table: {name}"))).fail();
        assert!(words.iter().all(|word| why.contains(word)), "{make}: {why}");
    }
    assert_eq!(world.database.number("SELECT count(*) FROM public.real_one"), 0);
    assert!(world.dead(&topic).is_empty());
}

fn json(world: &World) {
    let fields = [("id", r#""long""#), ("tags", r#"{"type":"array","items":"long"}"#)];
    world.schema(1, &schema(&fields));
    let topic = world.broker.topic("existing", 1, &[]);
    let tags = |id: i64| record(&[long(id), long(2), long(id), long(1 << 53), long(0)]);
    let message = |uuid: u8, id| Raw::value(Envelope { uuid: [uuid; 16], ..Envelope::new("log", 1, tags(id)) }.value());
    world.database.query("CREATE TABLE t (_sink_uuid uuid PRIMARY KEY, id bigint, tags json)");
    world.broker.produce(&topic, &[message(1, 1), message(2, 2), message(1, 1), message(2, 3)]);
    let config = world.config().topic(&format!("topic: {topic}, table: t"));
    config.load();
    let rows = world.lines(&format!("SELECT id, tags FROM {} ORDER BY id", by_name(world, "t")));
    assert_eq!(rows, ["1|[1, 9007199254740992]", "2|[2, 9007199254740992]"]);
    assert_eq!((world.counts(&topic).duplicate, world.reasons(&topic)), (1, vec!["uuid_conflict".to_owned()]));
    produce(world, &topic, 1, &[]);
}
