//! Names and keys at the edge of what each database can hold, on the databases themselves.

use sha2::{Digest, Sha256};

use crate::support::avro::{confluent, long, record, text};
use crate::support::world::{World, on_each_database};
use crate::support::{Kind, Raw};

on_each_database!(
    names_are_kept_or_become_what_the_database_can_hold,
    names_that_the_database_takes_for_one_stop_the_table,
    keys_are_as_long_as_the_index_allows,
    keys_that_cannot_be_stop_the_table,
);

fn int(name: &str) -> String {
    serde_json::json!({ "name": name, "type": "int" }).to_string()
}

fn schema(fields: &[String]) -> String {
    format!(r#"{{"type":"record","name":"r","fields":[{}]}}"#, fields.join(","))
}

/// A name that is too long: so much of it, and a hash of the whole.
fn cut(name: &str, kept: usize) -> String {
    let hash = hex::encode(&Sha256::digest(name.as_bytes())[..4]);
    format!("{}_{hash}", name.chars().take(kept).collect::<String>())
}

/// Names of fields, and what they are called on PostgreSQL, MySQL, SQLite; `None` is a table that stops.
fn names() -> Vec<(String, [Option<String>; 3])> {
    let same = |name: &str| (name.to_owned(), [(); 3].map(|()| Some(name.to_owned())));
    let each = |name: &str, names: [&str; 3]| (name.to_owned(), names.map(|name| Some(name.to_owned())));
    let mut names: Vec<_> = [
        "select",
        "order by",
        "a.b-c",
        "1st",
        "2fa",
        "naïve",
        "日本語",
        "ß",
        "a;DROP TABLE x;--",
        "%s",
        "{n}",
        "$1",
        "?",
        ":a",
        "CamelCase",
        "null",
        "_sink",
    ]
    .map(same)
    .into();
    for (name, at) in [("ctid", 0), ("xmin", 0), ("tableoid", 0), ("FTS_DOC_ID", 1), ("RowID", 2), ("oid", 2)] {
        let mut all = [(); 3].map(|()| Some(name.to_owned()));
        all[at] = Some(format!("{name}_"));
        names.push((name.to_owned(), all));
    }
    names.push(each("DB_ROW_ID", ["DB_ROW_ID", "f_DB_ROW_ID", "DB_ROW_ID"]));
    names.push(each("db_trx_id", ["db_trx_id", "f_db_trx_id", "db_trx_id"]));
    names.push(each("_sink_offset", ["f_sink_offset"; 3]));
    names.push(each("_SINK_mine", ["f_SINK_mine"; 3]));
    let long = "a".repeat(63);
    names.push(same(&long));
    let longer = format!("{long}bc");
    names.push(each(&longer, [&cut(&longer, 54), &cut(&longer, 55), &longer]));
    let wide = "é".repeat(40);
    names.push(each(&wide, [&cut(&wide, 27), &wide, &wide]));
    names.push(("grin😀".to_owned(), [Some("grin😀".to_owned()), None, Some("grin😀".to_owned())]));
    names
}

fn index(world: &World) -> usize {
    match world.database.kind {
        Kind::Postgres => 0,
        Kind::Mysql | Kind::Mariadb => 1,
        Kind::Sqlite => 2,
    }
}

fn names_are_kept_or_become_what_the_database_can_hold(world: &World) {
    let all = names();
    let good: Vec<_> = all.iter().filter_map(|(name, to)| Some((name, to[index(world)].clone()?))).collect();
    world.schema(1, &schema(&good.iter().map(|(name, _)| int(name)).collect::<Vec<_>>()));
    let topic = world.broker.topic("names", 1, &[]);
    let values: Vec<Vec<u8>> = (0..good.len()).map(|n| long(n as i64)).collect();
    let message = Raw::value(confluent(1, &record(&values)));
    world.broker.produce(&topic, &[message]);
    // So are the names of tables; each is another sink's.
    for (sink, table, called) in
        [(1, "order by", "order by"), (2, "flatsink_offset", "t_flatsink_offset"), (3, "SQLite_x", "t_SQLite_x")]
    {
        world
            .config()
            .topic(&format!("topic: {topic}, table: '{table}', format: confluent"))
            .with(&format!("sink: s{sink}"))
            .load();
        for (n, (name, called_so)) in good.iter().enumerate() {
            let (table, column) = (world.quoted(called), world.quoted(called_so));
            let found = world.database.value(&format!("SELECT {table}.{column} FROM {table}"));
            assert_eq!(found, Some(n.to_string()), "{}: {name:?} as {called_so:?}", world.database);
        }
    }
    for (name, _) in all.iter().filter(|(_, to)| to[index(world)].is_none()) {
        stops(world, &[int(name)], "", "bad_name");
    }
    for name in ["", "a\u{0}", "a\"b", " a"] {
        stops(world, &[int(name)], "", "bad_name");
    }
}

/// A table of these fields stops with this code, and not a row is written.
fn stops(world: &World, fields: &[String], more: &str, code: &str) {
    world.schema(9, &schema(fields));
    let topic = world.broker.topic("bad", 1, &[]);
    world.broker.produce(&topic, &[Raw::value(confluent(9, &vec![0; 4 * fields.len()]))]);
    let line = world.config().topic(&format!("topic: {topic}, table: bad, format: confluent{more}")).fail();
    assert!(line.contains(code), "{}: {code} is expected of {fields:?}: {line}", world.database);
    assert!(world.database.try_query("SELECT * FROM bad").is_err());
}

fn names_that_the_database_takes_for_one_stop_the_table(world: &World) {
    // PostgreSQL folds nothing, SQLite ASCII, MySQL all letters.
    for (one, other, folds) in [
        ("ID", "id", [false, true, true]),
        ("É", "é", [false, true, false]),
        ("e", "é", [false; 3]),
        ("s", "ſ", [false; 3]),
        ("año", "aňo", [false, true, false]),
    ] {
        let fields = [int(one), int(other)];
        if folds[index(world)] {
            stops(world, &fields, "", "name_collision");
        }
        let table = crate::support::unique("folded");
        world.schema(1, &schema(&fields));
        let topic = world.broker.topic("folded", 1, &[]);
        world.broker.produce(&topic, &[Raw::value(confluent(1, &record(&[long(1), long(2)])))]);
        let columns =
            if folds[index(world)] { format!(", columns: {{{one}: {{name: other}}}}") } else { String::new() };
        world.config().topic(&format!("topic: {topic}, table: {table}, format: confluent{columns}")).load();
        let first = world.quoted(if folds[index(world)] { "other" } else { one });
        let rows = world.lines(&format!("SELECT {table}.{first}, {table}.{} FROM {table}", world.quoted(other)));
        assert_eq!(rows, ["1|2"], "{}: {one} and {other}", world.database);
    }
}

fn keys_are_as_long_as_the_index_allows(world: &World) {
    let field = |name: &str, ty: &str| format!(r#"{{"name":"{name}","type":"{ty}"}}"#);
    // What fits, and what is one too long; an entry may say how long a key is.
    let wide = "é".repeat(255);
    let cases = match world.database.kind {
        Kind::Postgres => vec![
            ("string", "", text(noise(2_600)), Some(text(noise(2_601)))),
            ("bytes", "", text(noise(2_600)), Some(text(noise(2_601)))),
        ],
        Kind::Mysql | Kind::Mariadb => vec![
            ("string", "", text(&wide), Some(text(format!("{wide}a")))),
            ("bytes", "", text(noise(1_020)), Some(text(noise(1_021)))),
            ("string", ", columns: {k: {length: 768}}", text("é".repeat(768)), Some(text("é".repeat(769)))),
        ],
        Kind::Sqlite => vec![("string", "", text(noise(100_000)), None)],
    };
    for (ty, more, fits, beyond) in cases {
        world.schema(1, &schema(&[field("k", ty), int("n")]));
        let table = crate::support::unique("long");
        let topic = world.broker.topic("long", 1, &[]);
        let message = |key: &Vec<u8>, n| Raw::value(confluent(1, &record(&[key.clone(), long(n)])));
        let messages = [Some(message(&fits, 1)), beyond.as_ref().map(|key| message(key, 2)), Some(message(&fits, 3))];
        world.broker.produce(&topic, &messages.into_iter().flatten().collect::<Vec<_>>());
        world
            .config()
            .topic(&format!(
                "topic: {topic}, table: {table}, format: confluent, mode: table, key: k, breaker: none{more}"
            ))
            .load();
        assert_eq!(world.lines(&format!("SELECT n FROM {table}")), ["3"], "{}: {ty}", world.database);
        let reason = if more.is_empty() { "key_too_long" } else { "too_long" };
        let expected: Vec<&str> = beyond.iter().map(|_| reason).collect();
        assert_eq!(world.reasons(&topic), expected, "{}: {ty}{more}", world.database);
    }
}

/// Characters that do not compress.
fn noise(length: usize) -> String {
    let mut chance = crate::support::chance::Chance::seeded(7);
    (0..length).map(|_| char::from(b'!' + (chance.next() % 90) as u8)).collect()
}

fn keys_that_cannot_be_stop_the_table(world: &World) {
    let typed = |ty: &str| format!(r#"{{"name":"k","type":{ty}}}"#);
    for ty in [
        r#""float""#,
        r#""double""#,
        r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#,
        r#"{"type":"bytes","logicalType":"big-decimal"}"#,
        r#"{"type":"array","items":"int"}"#,
        r#"["int","string"]"#,
    ] {
        stops(world, &[typed(ty)], ", mode: table, key: k", "key_type");
    }
    stops(world, &[typed(r#""int""#)], ", mode: table, key: nobody", "no_key");
    stops(world, &[typed(r#""int""#)], ", mode: table, key: k, columns: {k: {type: text}}", "key_type");
    stops(world, &[typed(r#""int""#)], ", columns: {nobody: {skip: true}}", "bad_column");
    let many: Vec<String> = (0..17).map(|n| int(&format!("k{n}"))).collect();
    if matches!(world.database.kind, Kind::Mysql | Kind::Mariadb) {
        let key: Vec<String> = (0..17).map(|n| format!("k{n}")).collect();
        stops(world, &many, &format!(", mode: table, key: [{}]", key.join(", ")), "key_size");
    }
}
