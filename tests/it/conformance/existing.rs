//! Tables that were there before: made by hand, by Confluent's sink or by Debezium's.

use super::messages::{ID_NAME, decimal, id_name, log, plain, yelp};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::Kind;
use crate::support::avro::{double, long, null, text};
use crate::support::world::Counts;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Vector postgres: insert event" => a_table_made_by_hand_takes_rows,
        "Confluent AbstractJdbcSinkConnector: auto create off" => a_table_made_by_hand_takes_upserts_and_deletes,
        "Debezium JdbcSinkFieldOrder" => a_table_may_have_its_columns_in_another_order,
        "Bulker sql: ExistingTable1" => a_table_made_by_hand_gets_the_columns_that_it_lacks,
        "Bulker sql: ExistingTable2" => a_table_may_have_wider_types,
        "Confluent PostgresDatatype: record wider than the table" => a_table_of_narrower_types_stops,
        "Vector postgres: extra fields" => columns_of_others_are_left_alone,
        "Vector postgres: default columns" => columns_of_others_have_their_defaults,
        "Confluent DbStructure: missing required column" => a_column_of_others_that_must_be_filled_stops_the_table,
        "Debezium postgres IdentityColumn" => a_column_that_counts_by_itself_does_so,
        "Debezium postgres IdentityColumn: generated" => a_column_that_is_computed_stays_so,
        "Confluent PostgresDatatype: table dropped by hand" => a_table_dropped_by_hand_is_made_again,
        "BigQuery: column dropped mid-stream" => a_column_dropped_by_hand_is_made_again,
        "BigQuery: table re-created mid-stream" => a_table_emptied_by_hand_fills_from_there_on,
        "Confluent JdbcSinkTask: table of others" => a_table_with_rows_of_others_is_refused,
        "Debezium SchemaEvolution: existing rows" => a_table_with_rows_of_others_can_be_adopted,
        "Confluent issue 575: second unique key" => another_unique_key_loses_no_row,
        "Confluent DbStructure: other key" => a_table_with_another_key_stops,
        "Artie: append only" => a_table_without_a_key_keeps_everything,
    ]
}

/// The statement that makes the table by hand, with these columns: their types by database.
fn make(scene: &Scene<'_>, postgres: &str, mysql: &str, sqlite: &str) {
    let table = scene.by_hand();
    let maria = scene.kind == Kind::Mariadb;
    let collation = if maria { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
    scene.sql(&scene.each(
        format!("CREATE TABLE {table} ({postgres})"),
        format!("CREATE TABLE {table} ({mysql}) CHARACTER SET utf8mb4 COLLATE {collation}"),
        format!("CREATE TABLE {table} ({sqlite}) STRICT"),
    ));
}

/// A table of `ID_NAME` whose key is `id`.
fn make_keyed(scene: &Scene<'_>) {
    make(
        scene,
        "id integer PRIMARY KEY, name text",
        "id INT PRIMARY KEY, name LONGTEXT",
        "id INTEGER NOT NULL, name TEXT, PRIMARY KEY (id)",
    );
}

const KEYED: &str = "mode: table, key: [id], metadata: []";
const UNKEYED: &str = "unique: none, metadata: []";

fn a_table_made_by_hand_takes_rows(scene: &mut Scene<'_>) {
    make(scene, "id integer, name text", "id INT, name LONGTEXT", "id INTEGER, name TEXT");
    let schema = scene.fields(ID_NAME);
    scene.options(&format!("{UNKEYED}, schema_changes: refuse"));
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[long(2), null()])]);
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t} ORDER BY id"), ["1|a", "2|-"]);
}

fn a_table_made_by_hand_takes_upserts_and_deletes(scene: &mut Scene<'_>) {
    make_keyed(scene);
    let schema = scene.fields(ID_NAME);
    scene.options(&format!("{KEYED}, schema_changes: refuse"));
    scene.send([1, 2, 3].map(|id| yelp("create", schema, &[id_name(id, "a")])));
    scene.load();
    scene.send([yelp("update", schema, &[id_name(1, "b")]), yelp("delete", schema, &[id_name(2, "a")])]);
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t} ORDER BY id"), ["1|b", "3|a"]);
}

fn a_table_may_have_its_columns_in_another_order(scene: &mut Scene<'_>) {
    make(scene, "c text, a integer, b bigint", "c LONGTEXT, a INT, b BIGINT", "c TEXT, a INTEGER, b INTEGER");
    let schema = scene.fields(r#"{"name":"a","type":"int"},{"name":"b","type":"long"},{"name":"c","type":"string"}"#);
    scene.options(UNKEYED);
    scene.send([log(schema, &[long(1), long(2), text("x")])]);
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t}"), ["x|1|2"]);
}

fn a_table_made_by_hand_gets_the_columns_that_it_lacks(scene: &mut Scene<'_>) {
    make(scene, "id integer PRIMARY KEY", "id INT PRIMARY KEY", "id INTEGER NOT NULL, PRIMARY KEY (id)");
    let schema = scene.fields(ID_NAME);
    scene.options("mode: table, key: [id]");
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_partition, _sink_offset"), ["1|a|0|0"]);
}

fn a_table_may_have_wider_types(scene: &mut Scene<'_>) {
    make(
        scene,
        "a bigint, b numeric(20,4), c text, d double precision, e text",
        "a BIGINT, b DECIMAL(20,4), c LONGTEXT, d DOUBLE, e LONGTEXT",
        "a INTEGER, b TEXT, c TEXT, d REAL, e TEXT",
    );
    let schema = scene.fields(
        r#"{"name":"a","type":"int"},{"name":"b","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}},
        {"name":"c","type":"string","maxlen":5},{"name":"d","type":"float"},
        {"name":"e","type":{"type":"enum","name":"e","symbols":["x","y"]}}"#,
    );
    scene.options(&format!("{UNKEYED}, schema_changes: refuse"));
    let half = 0.5_f32.to_le_bytes().to_vec();
    scene.send([log(schema, &[long(1), decimal(15_000), text("abc"), half, long(1)])]);
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t}"), ["1|1.5000|abc|0.5|y"]);
}

fn a_table_of_narrower_types_stops(scene: &mut Scene<'_>) {
    make(scene, "id smallint, name text", "id SMALLINT, name LONGTEXT", "id INTEGER, name INTEGER");
    let schema = scene.fields(ID_NAME);
    scene.options(&format!("{UNKEYED}, schema_changes: create_only"));
    scene.send([log(schema, &[id_name(1, "abc")])]);
    scene.stops("type_conflict");
    assert_eq!(scene.rows("count(*)"), ["0"]);
}

fn columns_of_others_are_left_alone(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer PRIMARY KEY, name text, theirs text",
        "id INT PRIMARY KEY, name LONGTEXT, theirs LONGTEXT",
        "id INTEGER NOT NULL, name TEXT, theirs TEXT, PRIMARY KEY (id)",
    );
    let schema = scene.fields(ID_NAME);
    scene.options(KEYED);
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[id_name(2, "b")])]);
    scene.load();
    scene.sql(&format!("UPDATE {} SET theirs = 'mine' WHERE id = 1", scene.by_hand()));
    scene.send([log(schema, &[id_name(1, "c")]), log(schema, &[id_name(3, "d")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, theirs"), ["1|c|mine", "2|b|-", "3|d|-"]);
}

fn columns_of_others_have_their_defaults(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer, name text DEFAULT 'unnamed', theirs integer NOT NULL DEFAULT 7",
        "id INT, name VARCHAR(500) DEFAULT 'unnamed', theirs INT NOT NULL DEFAULT 7",
        "id INTEGER, name TEXT DEFAULT 'unnamed', theirs INTEGER NOT NULL DEFAULT 7",
    );
    let schema = scene.fields(r#"{"name":"id","type":"int"},{"name":"name","type":["null","string"],"maxlen":100}"#);
    scene.options(UNKEYED);
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[long(2), null()])]);
    scene.load();
    // A null of the record is a value; what the record does not know is the table's affair.
    assert_eq!(scene.rows("id, name, theirs"), ["1|a|7", "2|-|7"]);
}

fn a_column_of_others_that_must_be_filled_stops_the_table(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer, name text, theirs integer NOT NULL",
        "id INT, name LONGTEXT, theirs INT NOT NULL",
        "id INTEGER, name TEXT, theirs INTEGER NOT NULL",
    );
    let schema = scene.fields(ID_NAME);
    scene.options(UNKEYED);
    scene.send([log(schema, &[id_name(1, "a")])]);
    let stop = scene.stops("type_conflict");
    assert!(stop.message.contains("theirs"), "{}", stop.message);
    assert_eq!(scene.rows("count(*)"), ["0"]);
}

fn a_column_that_counts_by_itself_does_so(scene: &mut Scene<'_>) {
    make(
        scene,
        "n integer GENERATED ALWAYS AS IDENTITY, id integer, name text",
        "n INT AUTO_INCREMENT UNIQUE, id INT, name LONGTEXT",
        "n INTEGER PRIMARY KEY, id INTEGER, name TEXT",
    );
    let schema = scene.fields(ID_NAME);
    scene.options(UNKEYED);
    scene.send([log(schema, &[id_name(10, "a")]), log(schema, &[id_name(20, "b")])]);
    scene.load();
    // No database takes a number back with its transaction: a repeated batch begins behind them.
    let rows = scene.rows("n, id, name");
    let counted: Vec<(&str, &str)> = rows.iter().filter_map(|row| row.split_once('|')).collect();
    let [(first, "10|a"), (second, "20|b")] = counted.as_slice() else { panic!("{rows:?}") };
    let number = |text: &str| text.parse::<i64>().expect("it counts");
    assert_eq!(number(second), number(first) + 1);
}

fn a_column_that_is_computed_stays_so(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer PRIMARY KEY, name text, twice integer GENERATED ALWAYS AS (id * 2) STORED",
        "id INT PRIMARY KEY, name LONGTEXT, twice INT GENERATED ALWAYS AS (id * 2) STORED",
        "id INTEGER NOT NULL, name TEXT, twice INTEGER GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (id)",
    );
    let schema = scene.fields(ID_NAME);
    scene.options(KEYED);
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[id_name(2, "b")]), log(schema, &[id_name(1, "c")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, twice"), ["1|c|2", "2|b|4"]);
}

fn a_table_dropped_by_hand_is_made_again(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.sql("DROP TABLE {t}");
    scene.send([log(schema, &[id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["2|b"]);
    assert_eq!(scene.counts(), Counts { applied: 2, ..Counts::default() });
}

fn a_column_dropped_by_hand_is_made_again(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.sql("ALTER TABLE {t} DROP COLUMN name");
    scene.send([log(schema, &[id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["1|-", "2|b"]);
}

fn a_table_emptied_by_hand_fills_from_there_on(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.sql("DELETE FROM {t}");
    scene.send([log(schema, &[id_name(2, "b")])]);
    scene.load();
    assert_eq!(scene.rows("id, name, _sink_offset"), ["2|b|1"]);
}

fn a_table_with_rows_of_others_is_refused(scene: &mut Scene<'_>) {
    make_keyed(scene);
    scene.sql(&format!("INSERT INTO {} (id, name) VALUES (7, 'theirs')", scene.by_hand()));
    let schema = scene.fields(ID_NAME);
    scene.options(KEYED);
    scene.send([log(schema, &[id_name(7, "ours")])]);
    let stop = scene.stops("table_exists");
    assert!(stop.message.contains("adopt"), "{}", stop.message);
    assert_eq!(scene.rows("id, name"), ["7|theirs"]);
}

fn a_table_with_rows_of_others_can_be_adopted(scene: &mut Scene<'_>) {
    make_keyed(scene);
    scene.sql(&format!("INSERT INTO {} (id, name) VALUES (7, 'theirs'), (8, 'stays')", scene.by_hand()));
    let schema = scene.fields(ID_NAME);
    scene.options(&format!("{KEYED}, existing: adopt"));
    scene.send([log(schema, &[id_name(7, "ours")]), log(schema, &[id_name(9, "new")])]);
    scene.load();
    assert_eq!(scene.rows("id, name"), ["7|ours", "8|stays", "9|new"]);
}

fn another_unique_key_loses_no_row(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer PRIMARY KEY, code varchar(64) UNIQUE",
        "id INT PRIMARY KEY, code VARCHAR(64) UNIQUE",
        "id INTEGER NOT NULL, code TEXT UNIQUE, PRIMARY KEY (id)",
    );
    let schema = scene.fields(r#"{"name":"id","type":"int"},{"name":"code","type":["null","string"],"maxlen":64}"#);
    scene.options(KEYED);
    scene.send([log(schema, &[id_name(1, "a")]), log(schema, &[id_name(2, "a")]), log(schema, &[id_name(3, "b")])]);
    // MySQL's upsert would change the row of the other key.
    if scene.each(false, true, false) {
        scene.stops("key_conflict");
        assert_eq!(scene.rows("count(*)"), ["0"]);
    } else {
        scene.load();
        assert_eq!(scene.rows("id, code"), ["1|a", "3|b"]);
        assert_eq!(scene.dead(), ["constraint"]);
    }
}

fn a_table_with_another_key_stops(scene: &mut Scene<'_>) {
    make(
        scene,
        "id integer, name varchar(64) PRIMARY KEY",
        "id INT, name VARCHAR(64) PRIMARY KEY",
        "id INTEGER, name TEXT NOT NULL, PRIMARY KEY (name)",
    );
    let schema = scene.fields(r#"{"name":"id","type":"int"},{"name":"name","type":["null","string"],"maxlen":64}"#);
    scene.options(KEYED);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.stops("key_conflict");
    assert_eq!(scene.rows("count(*)"), ["0"]);
}

fn a_table_without_a_key_keeps_everything(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"id","type":"int"},{"name":"x","type":"double"}"#);
    scene.options("format: confluent, unique: none");
    scene.send((0..3).map(|_| plain(schema, &[long(1), double(0.5)])));
    scene.load();
    scene.load();
    assert_eq!(scene.rows("id, x"), ["1|0.5"; 3]);
    assert!(scene.key().is_empty());
}
