//! What tables and columns are called, and which names are nobody's.

use super::messages::{ID_NAME, id_name, log};
use super::scene::Scene;
use super::{Scenario, scenarios};
use crate::support::avro::{long, some, text};
use crate::support::unique;

pub fn scenarios() -> Vec<Scenario> {
    scenarios![
        "Debezium CollectionNamingStrategy: topic" => a_table_is_called_as_its_topic,
        "Debezium CollectionNamingStrategy: source fields" => a_table_is_called_by_parts_of_its_topic,
        "Confluent issue 1194: record name" => a_table_is_called_as_its_record,
        "Debezium NamingStyleUtils: snake case" => names_can_be_made_snake_case,
        "Confluent PostgresDatatype: quoting" => reserved_words_are_columns,
        "Bulker: identifiers" => columns_keep_blanks_dashes_and_digits,
        "Bulker: naming of other scripts" => columns_keep_other_scripts,
        "Bulker: emoji" => a_column_of_an_emoji_is_kept_where_the_database_can,
        "BigQuery: sanitize field names" => names_that_could_break_out_stop_the_table,
        "Confluent DbStructure: same names in different case" => columns_that_differ_in_case_are_two_or_stop,
        "Bulker: long identifiers" => long_names_stay_different,
        "Debezium PrimaryKeyMode: reserved prefix" => a_field_with_our_prefix_is_renamed,
        "Confluent PostgreSqlDialect: system columns" => names_of_the_database_itself_are_renamed,
        "Aiven UnqualifiedTableNames: two schemas" => tables_of_one_name_in_two_schemas_are_two,
        "Snowflake: topic2table map" => a_list_of_topics_fills_one_table,
        "Confluent issue 1210: table names with dots" => a_dot_in_a_name_is_part_of_it,
    ]
}

fn a_table_is_called_as_its_topic(scene: &mut Scene<'_>) {
    let topic = unique("Topic-With.Dots_and-Case");
    scene.name_topic(&topic);
    scene.options("table: '{topic}'");
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.table = topic;
    assert_eq!(scene.rows("id, name"), ["1|a"]);
}

fn a_table_is_called_by_parts_of_its_topic(scene: &mut Scene<'_>) {
    let family = unique("family");
    scene.name_topic(&format!("{family}.shop.orders"));
    scene.entry(&format!(r"pattern: '{family}\.(?<db>[^.]+)\.(?<tab>[^.]+)', table: '{}_{{db}}_{{tab}}'", scene.table));
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.table += "_shop_orders";
    assert_eq!(scene.rows("id, name"), ["1|a"]);
}

fn a_table_is_called_as_its_record(scene: &mut Scene<'_>) {
    let name = format!("Record_{}", scene.table);
    let of = |namespace: &str| {
        scene.schema(&format!(r#"{{"type":"record","name":"{name}","namespace":"{namespace}","fields":[{ID_NAME}]}}"#))
    };
    let schema = of("com.acme");
    scene.options("table: '{namespace}.{record}'");
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.table = format!("com.acme.{name}");
    assert_eq!(scene.rows("id, name"), ["1|a"]);
}

fn names_can_be_made_snake_case(scene: &mut Scene<'_>) {
    let schema = scene.fields(r#"{"name":"orderId","type":"int"},{"name":"UnitPrice","type":"string"}"#);
    scene.options(&format!("naming: snake, mode: table, key: [orderId], table: 'Table{}'", scene.table));
    scene.send([log(schema, &[long(1), text("a")])]);
    scene.load();
    scene.table = format!("table{}", scene.table);
    assert_eq!(scene.rows("order_id, unit_price"), ["1|a"]);
    assert_eq!(scene.key(), ["order_id"]);
}

/// A table with these fields of int beside the key; what its columns are called.
fn columns(scene: &mut Scene<'_>, fields: &[&str], columns: &[&str]) {
    let json = |name: &&str| format!(r#"{{"name":{},"type":["null","int"]}}"#, serde_json::Value::from(*name));
    let more: Vec<String> = fields.iter().map(json).collect();
    let schema = scene.fields(&format!(r#"{{"name":"id","type":"int"}},{}"#, more.join(",")));
    scene.options("mode: table, key: [id]");
    let row = |id: i64| log(schema, &[long(id), (0..).zip(fields).flat_map(|(n, _)| some(long(id + n))).collect()]);
    scene.send([row(1)]);
    scene.load();
    scene.send([row(1), row(2)]);
    scene.load();
    let quoted: Vec<String> = columns.iter().map(|name| format!("{{t}}.{}", scene.quoted(name))).collect();
    let line = |id: i64| {
        let cells = (0..).zip(fields).map(|(n, _)| (id + n).to_string());
        std::iter::once(id.to_string()).chain(cells).collect::<Vec<_>>().join("|")
    };
    let sql = format!("SELECT id, {} FROM {{t}} ORDER BY id", quoted.join(", "));
    assert_eq!(scene.lines(&sql), [line(1), line(2)]);
}

fn reserved_words_are_columns(scene: &mut Scene<'_>) {
    let words = ["select", "from", "user", "order", "group", "table", "key", "values", "default", "rank", "Desc"];
    columns(scene, &words, &words);
}

fn columns_keep_blanks_dashes_and_digits(scene: &mut Scene<'_>) {
    let names = ["two words", "a-b", "a.b", "2fa", "a/b", "50%", "$1", "a:b", "(x)", "a,b", "?"];
    columns(scene, &names, &names);
}

fn columns_keep_other_scripts(scene: &mut Scene<'_>) {
    let names = ["größe", "数量", "цена", "ß", "e", "é"];
    columns(scene, &names, &names);
}

fn a_column_of_an_emoji_is_kept_where_the_database_can(scene: &mut Scene<'_>) {
    if scene.each(true, false, true) {
        columns(scene, &["😀"], &["😀"]);
    } else {
        let schema = scene.fields(r#"{"name":"😀","type":"int"}"#);
        scene.send([log(schema, &[long(1)])]);
        scene.stops("bad_name");
    }
}

fn names_that_could_break_out_stop_the_table(scene: &mut Scene<'_>) {
    for name in ["a\"; DROP TABLE x; --", "a`b", "a'b", "a\\b", " a", "a ", "", "a\nb", "a\u{202e}b"] {
        let name = serde_json::Value::from(name);
        let schema = scene.fields(&format!(r#"{{"name":{name},"type":"int"}}"#));
        let feed = scene.feed("table: '{topic}'");
        scene.send_to(feed, [log(schema, &[long(1)])]);
    }
    let good = scene.fields(ID_NAME);
    scene.send([log(good, &[id_name(1, "a")])]);
    scene.others_stop("bad_name");
    assert_eq!(scene.rows("id"), ["1"]);
}

fn columns_that_differ_in_case_are_two_or_stop(scene: &mut Scene<'_>) {
    if scene.each(true, false, false) {
        columns(scene, &["Name", "name", "NAME"], &["Name", "name", "NAME"]);
    } else {
        let schema = scene.fields(r#"{"name":"Name","type":"int"},{"name":"name","type":"int"}"#);
        scene.send([log(schema, &[long(1), long(2)])]);
        let stop = scene.stops("name_collision");
        assert!(stop.message.contains("Name"), "{}", stop.message);
        assert!(!scene.is_table());
    }
}

fn long_names_stay_different(scene: &mut Scene<'_>) {
    let names = ["a", "b"].map(|end| format!("{}{end}", "n".repeat(70)));
    let schema = scene.fields(&format!(
        r#"{{"name":"id","type":"int"}},{{"name":"{}","type":"int"}},{{"name":"{}","type":"int"}}"#,
        names[0], names[1]
    ));
    scene.options("mode: table, key: [id], metadata: []");
    scene.send([log(schema, &[long(1), long(2), long(3)])]);
    scene.load();
    scene.send([log(schema, &[long(2), long(3), long(4)])]);
    scene.load();
    assert_eq!(scene.lines("SELECT * FROM {t} ORDER BY id"), ["1|2|3", "2|3|4"]);
}

fn a_field_with_our_prefix_is_renamed(scene: &mut Scene<'_>) {
    columns(scene, &["_sink_offset", "_sink_mine"], &["f_sink_offset", "f_sink_mine"]);
}

fn names_of_the_database_itself_are_renamed(scene: &mut Scene<'_>) {
    let (names, renamed) = scene.each(
        (["ctid", "xmin", "tableoid"], ["ctid_", "xmin_", "tableoid_"]),
        (["DB_ROW_ID", "db_trx_id", "fts_doc_id"], ["f_DB_ROW_ID", "f_db_trx_id", "fts_doc_id_"]),
        (["rowid", "OID", "_rowid_"], ["rowid_", "OID_", "_rowid__"]),
    );
    columns(scene, &names, &renamed);
}

fn tables_of_one_name_in_two_schemas_are_two(scene: &mut Scene<'_>) {
    let schema = scene.fields(ID_NAME);
    scene.send([log(schema, &[id_name(1, "here")])]);
    if scene.each(true, false, false) {
        let other = scene.feed(&format!("table: {0}, schema: schema_{0}", scene.table));
        scene.send_to(other, [log(schema, &[id_name(2, "there")])]);
        scene.load();
        assert_eq!(scene.lines(&format!("SELECT id, name FROM schema_{0}.{0}", scene.table)), ["2|there"]);
    } else {
        // Another database of MySQL needs privileges of its own; SQLite has none.
        scene.load();
    }
    assert_eq!(scene.rows("id, name"), ["1|here"]);
}

fn a_list_of_topics_fills_one_table(scene: &mut Scene<'_>) {
    let topics = [unique("list"), unique("list")];
    let schema = scene.fields(ID_NAME);
    scene.name_topic(&topics[0]);
    scene.entry(&format!("topic: [{}, {}], mode: table, key: [id], table: {}", topics[0], topics[1], scene.table));
    let second = scene.companion(&topics[1]);
    scene.send([log(schema, &[id_name(1, "first")]), log(schema, &[id_name(2, "first")])]);
    scene.send_to(second, [log(schema, &[id_name(1, "second")])]);
    scene.load();
    let rows = scene.lines("SELECT id, name FROM {t} ORDER BY name, id");
    assert_eq!(rows, ["1|first", "2|first", "1|second"]);
    assert_eq!(scene.key(), ["_sink_topic", "id"]);
}

fn a_dot_in_a_name_is_part_of_it(scene: &mut Scene<'_>) {
    let table = format!("{}.x.y", scene.table);
    let schema = scene.fields(ID_NAME);
    scene.options(&format!("table: {table}"));
    scene.send([log(schema, &[id_name(1, "a")])]);
    scene.load();
    scene.table = table;
    assert_eq!(scene.rows("id, name"), ["1|a"]);
}
