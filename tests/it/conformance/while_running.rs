//! Schemas and tables that change under a load that runs, and what is done by hand instead. Each scenario has a
//! database and processes of its own.

use super::Scenario;
use super::messages::{ID_NAME, id_name, log};
use crate::support::avro::{long, some};
use crate::support::world::World;
use crate::support::{Flatsink, Kind, PATIENCE, Raw};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::alone(
            "processes that race to change a table agree",
            "Confluent DbStructure: another task altered first",
            race,
        ),
        Scenario::alone("a schema may change while it runs", "ClickHouse: changeSchemaWhileRunning", schema_changes),
        Scenario::alone(
            "a column that others add while it runs hurts nobody",
            "Confluent issue 1193: DDL by others",
            column_of_others,
        ),
        Scenario::alone(
            "what the plan prints makes the table that a load would make",
            "Debezium JdbcSinkSchemaEvolution: validate only",
            plan,
        ),
    ]
}

fn schema(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"t","fields":[{fields}]}}"#)
}

/// Version v has the fields `id`, `name` and `c1` to `cv`.
fn version(world: &World, v: i32) {
    let field = |n| format!(r#",{{"name":"c{n}","type":["null","long"],"default":null}}"#);
    let more: String = (1..=v).map(field).collect();
    world.schema(v + 1, &schema(&format!("{ID_NAME}{more}")));
}

fn of_version(v: i32, id: i64) -> Raw {
    let more: Vec<Vec<u8>> = (1..=v).map(|n| some(long(id * i64::from(n)))).collect();
    log(v + 1, &[id_name(id, "x"), more.concat()])
}

fn race(world: &World) {
    const VERSIONS: i32 = 6;
    (0..=VERSIONS).for_each(|v| version(world, v));
    let topic = world.broker.topic("race", 4, &[]);
    let config = world.config().topic(&format!("topic: {topic}, table: t")).with("workers: 2");
    let (one, other) = (config.run(), config.run());
    // Old and new by turns, so that some worker meets each version first.
    let message = |n: i64| of_version(if n % 2 == 0 { (n / 20) as i32 + 1 } else { 0 }, n).partition((n % 4) as i32);
    for round in 0..i64::from(VERSIONS) {
        world.broker.produce(&topic, &(round * 20..round * 20 + 20).map(message).collect::<Vec<_>>());
    }
    world.caught_up(&topic);
    one.stop();
    other.stop();
    let cell = |n: i64, c: i64| if n % 2 == 0 && n / 20 + 1 >= c { (n * c).to_string() } else { "-".to_owned() };
    let expected: Vec<String> = (0..120).map(|n| format!("{n}|{}|{}", cell(n, 1), cell(n, 6))).collect();
    assert_eq!(world.lines("SELECT id, c1, c6 FROM t ORDER BY id"), expected);
}

fn schema_changes(world: &World) {
    (0..=2).for_each(|v| version(world, v));
    let topic = world.broker.topic("changes", 1, &[]);
    let flatsink = world.config().topic(&format!("topic: {topic}, table: t, mode: table, key: [id]")).run();
    for (v, id) in [(0, 1), (1, 2), (0, 3), (2, 4), (1, 5), (0, 6)] {
        world.broker.produce(&topic, &[of_version(v, id)]);
        world.caught_up(&topic);
    }
    flatsink.stop();
    let expected = ["1|-|-", "2|2|-", "3|-|-", "4|4|8", "5|5|-", "6|-|-"];
    assert_eq!(world.lines("SELECT id, c1, c2 FROM t ORDER BY id"), expected);
}

fn column_of_others(world: &World) {
    (0..=1).for_each(|v| version(world, v));
    let topic = world.broker.topic("others", 1, &[]);
    let flatsink = world.config().topic(&format!("topic: {topic}, table: t")).run();
    let next = |v, id| {
        world.broker.produce(&topic, &[of_version(v, id)]);
        world.caught_up(&topic);
    };
    next(0, 1);
    world.database.query("ALTER TABLE t ADD COLUMN theirs INTEGER DEFAULT 7");
    next(0, 2);
    world.database.query("UPDATE t SET theirs = 8 WHERE id = 1");
    next(1, 3);
    next(0, 4);
    flatsink.stop();
    assert_eq!(world.lines("SELECT id, c1, theirs FROM t ORDER BY id"), ["1|-|8", "2|-|7", "3|3|7", "4|-|7"]);
}

/// The table's columns as the database's catalog has them.
fn columns(world: &World) -> Vec<String> {
    let (columns, schema) = match world.database.kind {
        Kind::Sqlite => {
            return world.lines("SELECT name, type, \"notnull\", pk FROM pragma_table_info('t') ORDER BY cid");
        }
        Kind::Postgres => ("data_type, is_nullable, collation_name, numeric_precision, numeric_scale", "'public'"),
        Kind::Mariadb | Kind::Mysql => ("column_type, is_nullable, collation_name, column_key", "database()"),
    };
    world.lines(&format!(
        "SELECT column_name, {columns} FROM information_schema.columns WHERE table_name = 't' \
         AND table_schema = {schema} ORDER BY ordinal_position"
    ))
}

const PLANNED: &str = r#"{"name":"id","type":"int"},{"name":"code","type":"string"},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":3}},
    {"name":"at","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},
    {"name":"more","type":{"type":"map","values":"int"}}"#;

fn plan(world: &World) {
    world.schema(1, &schema(PLANNED));
    let topic = world.broker.topic("plan", 1, &[]);
    let message = |id| log(1, &[long(id), vec![2, b'a'], vec![2, 5], vec![0], vec![0]]);
    world.broker.produce(&topic, &[message(1)]);
    let entry = format!("topic: {topic}, table: t, mode: table, key: [code]");
    let config = world.config().topic(&entry);
    let planned = |arguments: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("flatsink.yaml"), config.yaml()).expect("a file can be written");
        Flatsink::start(&[&["plan", "flatsink.yaml"], arguments].concat(), folder.path()).wait(PATIENCE)
    };
    let sql = planned(&[]);
    assert!(sql.status.success(), "{}", sql.stderr);
    assert!(world.database.try_query("SELECT 1 FROM t").is_err(), "a plan changes nothing");
    world.database.query(&sql.stdout);
    let by_hand = columns(world);
    assert!(by_hand.len() > 5, "{by_hand:?}");
    // Nothing is left to do, and the load finds what it needs.
    assert_eq!(planned(&["--exit-code"]).status.code(), Some(0));
    world.config().topic(&format!("{entry}, schema_changes: refuse")).load();
    assert_eq!(world.lines("SELECT id, code, price FROM t"), ["1|a|0.005"]);
    assert_eq!(columns(world), by_hand);
    // A load makes the same.
    world.database.query("DROP TABLE t");
    world.broker.produce(&topic, &[message(2)]);
    config.load();
    assert_eq!(columns(world), by_hand);
}
