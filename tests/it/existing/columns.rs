//! Columns of tables made by hand, by Confluent's JDBC sink and by Debezium's: taken where they hold every value,
//! refused by name otherwise.

use super::{by_name, produce, schema, sql, topic_of, unkeyed};
use crate::support::Kind;
use crate::support::avro::{double, long, null, record, some, text};
use crate::support::world::{World, on_each_database};

on_each_database!(
    a_table_of_confluents_sink_is_loaded_into,
    a_table_of_debeziums_sink_is_loaded_into,
    a_table_made_by_hand_in_another_order_and_case_is_loaded_into,
    columns_are_added_beside_those_of_others,
    values_that_are_too_long_for_the_table_are_dead_letters,
    columns_that_would_change_values_are_named,
    a_key_by_another_collation_is_named,
    a_column_of_others_is_not_made_wider,
    what_a_column_of_others_holds_is_not_mixed,
    a_key_of_prefixes_is_named,
    texts_of_two_scales_do_not_meet_in_a_column_of_others,
);

const TYPES: [(&str, &str); 10] = [
    ("id", r#""string""#),
    ("flag", r#"["null","boolean"]"#),
    ("small", r#"["null","int"]"#),
    ("large", r#"["null","long"]"#),
    ("ratio", r#"["null","double"]"#),
    ("price", r#"["null",{"type":"bytes","logicalType":"decimal","precision":64,"scale":2}]"#),
    ("raw", r#"["null","bytes"]"#),
    ("day", r#"["null",{"type":"int","logicalType":"date"}]"#),
    ("clock", r#"["null",{"type":"int","logicalType":"time-millis"}]"#),
    ("at", r#"["null",{"type":"long","logicalType":"timestamp-millis"}]"#),
];

/// A row of them; the first has the largest values, the second nulls.
fn rows() -> Vec<Vec<u8>> {
    let full = record(&[
        text("one "),
        some(vec![1]),
        some(long(i64::from(i32::MIN))),
        some(long(i64::MAX)),
        some(double(0.1)),
        // -0.01
        some(text([0xff])),
        some(text([0, 0xff])),
        some(long(-1)),
        some(long(86_399_999)),
        some(long(1_467_331_200_123)),
    ]);
    let empty = record(&[vec![text("two")], vec![null(); 9]].concat());
    vec![full, empty]
}

/// What is read of them.
fn read(world: &World) -> Vec<String> {
    let raw = sql(world, "encode(raw, 'hex')", "hex(raw)", "CASE WHEN raw IS NOT NULL THEN hex(raw) END");
    let sql = format!(
        "SELECT id, flag, small, large, ratio, price, {raw}, day, clock, at FROM {} ORDER BY id",
        by_name(world, "t")
    );
    world.lines(&sql).iter().map(|line| line.to_lowercase().replace("|t|", "|1|")).collect()
}

fn expected(fraction: &str) -> [String; 2] {
    let full = format!(
        "one |1|-2147483648|9223372036854775807|0.1|-0.01|00ff|1969-12-31|23:59:59.999{fraction}|\
         2016-07-01 00:00:00.123{fraction}"
    );
    [full, "two|-|-|-|-|-|-|-|-|-".to_owned()]
}

fn check(world: &World, create: &str, fractions: [&str; 2]) {
    let topic = topic_of(world, &schema(&TYPES), &rows());
    world.database.query(create);
    world.config().topic(&unkeyed(&topic)).load();
    assert!(world.dead(&topic).is_empty(), "{:?}", world.reasons(&topic));
    let mut found = read(world);
    // The clock and the timestamp of the first row.
    for (part, fraction) in [(8, fractions[0]), (9, fractions[1])] {
        let mut parts: Vec<String> = found[0].split('|').map(str::to_owned).collect();
        assert!(parts[part].ends_with(fraction), "{fraction}: {found:?}");
        let kept = parts[part].len() - fraction.len();
        parts[part].truncate(kept);
        found[0] = parts.join("|");
    }
    assert_eq!(found, expected(""));
}

fn a_table_of_confluents_sink_is_loaded_into(world: &World) {
    let create = sql(
        world,
        "CREATE TABLE t (id text NOT NULL PRIMARY KEY, flag boolean, small integer, large bigint, \
         ratio double precision, price decimal, raw bytea, day date, clock time, at timestamp)",
        "CREATE TABLE t (id VARCHAR(256) NOT NULL PRIMARY KEY, flag TINYINT, small INT, large BIGINT, ratio DOUBLE, \
         price DECIMAL(65,2), raw VARBINARY(1024), day DATE, clock TIME(3), at DATETIME(3)) CHARACTER SET utf8mb4",
        "CREATE TABLE t (id TEXT NOT NULL, flag INTEGER, small INTEGER, large INTEGER, ratio REAL, price TEXT, \
         raw BLOB, day TEXT, clock TEXT, at TEXT, PRIMARY KEY(id))",
    );
    check(
        world,
        create,
        match world.database.kind {
            Kind::Postgres => ["", "000"],
            Kind::Mariadb | Kind::Mysql => ["", ""],
            Kind::Sqlite => ["000", "000"],
        },
    );
    // It writes decimals of SQLite into NUMERIC, which would round them.
    if world.database.kind == Kind::Sqlite {
        let topic = topic_of(world, &schema(&TYPES), &rows());
        world.database.query("DROP TABLE t; CREATE TABLE t (id TEXT PRIMARY KEY, price NUMERIC)");
        let why = world.config().topic(&unkeyed(&topic)).with("sink: again").fail();
        assert!(why.contains("type_conflict") && why.contains("column price") && why.contains("NUMERIC"), "{why}");
    }
}

fn a_table_of_debeziums_sink_is_loaded_into(world: &World) {
    let create = sql(
        world,
        "CREATE TABLE t (id varchar(255) NOT NULL PRIMARY KEY, flag boolean, small integer, large bigint, \
         ratio double precision, price numeric(66,2), raw bytea, day date, clock time(6), at timestamptz(6))",
        "CREATE TABLE t (id VARCHAR(255) NOT NULL PRIMARY KEY, flag BIT(1), small INT, large BIGINT, ratio DOUBLE, \
         price DECIMAL(64,2), raw LONGBLOB, day DATE, clock TIME(6), at DATETIME(6)) CHARACTER SET utf8mb4",
        "CREATE TABLE t (id VARCHAR(255) NOT NULL PRIMARY KEY, flag BOOLEAN, small INT, large BIGINT, \
         ratio DOUBLE PRECISION, price TEXT, raw BLOB, day DATE, clock TIME, at TIMESTAMP)",
    );
    if world.database.kind.is_mysql() {
        let topic = topic_of(world, &schema(&TYPES), &rows());
        world.database.query(&create.replace("BIT(1)", "TINYINT(1)"));
        world.config().topic(&unkeyed(&topic)).load();
        assert_eq!(read(world).len(), 2);
        world.database.query("DROP TABLE t");
        let topic = topic_of(world, &schema(&TYPES), &rows());
        world.database.query(create);
        world.config().topic(&unkeyed(&topic)).load();
        assert_eq!(world.lines("SELECT flag + 0 FROM t ORDER BY id"), ["1", "-"]);
        return;
    }
    let clock = if world.database.kind == Kind::Postgres { "" } else { "000" };
    check(world, create, [clock, "000"]);
}

fn a_table_made_by_hand_in_another_order_and_case_is_loaded_into(world: &World) {
    let fields = [("id", r#""int""#), ("Name", r#""string""#), ("n", r#"["null","int"]"#)];
    let topic = topic_of(
        world,
        &schema(&fields),
        &[record(&[long(1), text("a"), some(long(7))]), record(&[long(2), text("b"), null()])],
    );
    world.database.query(match world.database.kind {
        Kind::Postgres => {
            "CREATE DOMAIN whole AS bigint CHECK (VALUE < 100); \
             CREATE TABLE t (\"N\" whole, serial integer GENERATED ALWAYS AS IDENTITY, mine text DEFAULT 'mine' NOT NULL, \
             name varchar, twice bigint GENERATED ALWAYS AS (\"ID\" * 2) STORED, \"ID\" numeric(12,2) PRIMARY KEY)"
        }
        Kind::Mariadb | Kind::Mysql => {
            "CREATE TABLE t (N BIGINT, serial INT AUTO_INCREMENT UNIQUE, mine VARCHAR(9) DEFAULT 'mine' NOT NULL, \
             NAME LONGTEXT, twice BIGINT AS (ID * 2), ID DECIMAL(12,2) PRIMARY KEY) CHARACTER SET utf8mb4"
        }
        Kind::Sqlite => {
            "CREATE TABLE t (N NUMERIC, serial, mine TEXT DEFAULT 'mine' NOT NULL, NAME CLOB, \
             twice INTEGER AS (ID * 2), ID BIGINT NOT NULL PRIMARY KEY)"
        }
    });
    let entry =
        |topic: &str| format!("topic: {topic}, table: t, format: confluent, mode: table, key: [id], metadata: []");
    let mut entry = entry(&topic);
    if world.database.kind.is_mysql() {
        // There any unique key is one for upserts.
        let why = world.config().topic(&entry).fail();
        assert!(why.contains("key_conflict") && why.contains("serial"), "{why}");
        entry = unkeyed(&topic);
    }
    world.config().topic(&entry).load();
    // Whoever comes next finds the table as it was left.
    produce(world, &topic, 1, &[record(&[long(3), text("c"), some(long(9))])]);
    world.config().topic(&entry).load();
    let columns = sql(
        world,
        "\"ID\", name, \"N\", mine, twice FROM t ORDER BY \"ID\"",
        "id, name, n, mine, twice FROM t ORDER BY id",
        "id, name, n, mine, twice FROM t ORDER BY id",
    );
    let rows = world.lines(&format!("SELECT {columns}"));
    let expected = match world.database.kind {
        Kind::Sqlite => ["1|a|7|mine|2", "2|b|-|mine|4", "3|c|9|mine|6"],
        Kind::Postgres => ["1.00|a|7|mine|2", "2.00|b|-|mine|4", "3.00|c|9|mine|6"],
        Kind::Mariadb | Kind::Mysql => ["1.00|a|7|mine|2", "2.00|b|-|mine|4", "3.00|c|9|mine|6"],
    };
    assert_eq!(rows, expected);
    let added = world.database.query("SELECT * FROM t");
    assert_eq!(added[0].len(), 6, "columns were added");
}

fn columns_are_added_beside_those_of_others(world: &World) {
    let fields = [("id", r#""int""#), ("s", r#""string""#), ("t", r#""string""#), ("b", r#""bytes""#)];
    let row = |id, s: &str| record(&[long(id), text(s), text("t"), text([1])]);
    let topic = topic_of(world, &schema(&fields), &[row(1, "a"), row(2, "too long for it")]);
    world.database.query(sql(
        world,
        "CREATE TABLE t (id integer, s varchar(9) NOT NULL, t text, b bytea)",
        "CREATE TABLE t (id INT, s VARCHAR(9) NOT NULL, t TINYTEXT, b VARBINARY(9)) CHARACTER SET utf8mb4",
        "CREATE TABLE t (id INTEGER, s VARCHAR(9) NOT NULL, t TEXT, b BLOB)",
    ));
    // The metadata have no columns yet, and a later schema brings a field.
    let entry = format!("topic: {topic}, table: t, format: confluent, unique: none");
    world.config().topic(&entry).load();
    world.schema(2, &schema(&[fields.as_slice(), &[("more", r#""int""#)]].concat()));
    produce(world, &topic, 2, &[[row(3, "b"), long(7)].concat()]);
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT id, s, t, more FROM t ORDER BY id"), ["1|a|t|-", "3|b|t|7"]);
    assert_eq!(world.reasons(&topic), ["too_long"]);
    // Theirs stays as they made it: no NULL where they want none.
    assert!(world.database.try_query("INSERT INTO t (id) VALUES (4)").is_err());
}

fn values_that_are_too_long_for_the_table_are_dead_letters(world: &World) {
    let fields = [("id", r#""int""#), ("s", r#""string""#), ("b", r#""bytes""#)];
    let row = |id, s: &str, b: &[u8]| record(&[long(id), text(s), text(b)]);
    let long_text = "x".repeat(70_000);
    let data =
        [row(0, "äöü", b"abc"), row(1, "abcd", b""), row(2, "abc ", b""), row(3, "ab ", b""), row(4, &long_text, b"")];
    let topic = topic_of(world, &schema(&fields), &data);
    world.database.query(sql(
        world,
        "CREATE TABLE t (id integer, s varchar(3), b bytea)",
        "CREATE TABLE t (id INT, s VARCHAR(3), b TINYBLOB) CHARACTER SET utf8mb4",
        "CREATE TABLE t (id INTEGER, s VARCHAR(3), b BLOB)",
    ));
    let config = world.config().topic(&unkeyed(&topic));
    config.load();
    assert_eq!(world.lines("SELECT id, s FROM t ORDER BY id"), ["0|äöü", "3|ab "]);
    assert_eq!(world.reasons(&topic), ["too_long", "too_long", "too_long"]);
    // A second run looks at the same table with what it wrote down, and finds the same.
    produce(world, &topic, 1, &[row(5, "abcd", b""), row(6, "abc", b"")]);
    config.load();
    assert_eq!(world.lines("SELECT id FROM t ORDER BY id"), ["0", "3", "6"]);
    assert_eq!(world.reasons(&topic).len(), 4);
    if world.database.kind.is_mysql() {
        let topic = topic_of(world, &schema(&fields), &[row(7, &long_text, b""), row(8, "x", &[0; 256])]);
        world.database.query("DROP TABLE t");
        world.database.query("CREATE TABLE t (id INT, s TEXT, b TINYBLOB) CHARACTER SET utf8mb4");
        world.config().topic(&unkeyed(&topic)).load();
        assert_eq!(world.reasons(&topic), ["too_long", "too_long"]);
    }
}

fn columns_that_would_change_values_are_named(world: &World) {
    let instant = r#"{"type":"long","logicalType":"timestamp-micros"}"#;
    let fields = [("id", r#""int""#), ("s", r#""string""#), ("f", r#""float""#), ("at", instant)];
    let topic = topic_of(world, &schema(&fields), &[record(&[long(1), text("s"), vec![0; 4], long(1)])]);
    let (text_type, float) = (sql(world, "text", "LONGTEXT", "TEXT"), sql(world, "real", "DOUBLE", "REAL"));
    let at = sql(world, "timestamptz", "DATETIME(6)", "TEXT");
    let cases: &[(&str, &str)] = match world.database.kind {
        Kind::Postgres => &[
            ("id", "smallint"),
            ("s", "char(9)"),
            ("s", "mood"),
            ("s", "text[]"),
            ("f", "numeric"),
            ("at", "timestamptz(3)"),
            ("at", "date"),
            ("id", "integer GENERATED ALWAYS AS (1) STORED"),
            ("id", "integer GENERATED ALWAYS AS IDENTITY"),
        ],
        Kind::Mariadb | Kind::Mysql => &[
            ("id", "SMALLINT"),
            ("id", "INT UNSIGNED"),
            ("s", "ENUM('s')"),
            ("s", "CHAR(9)"),
            ("s", "VARCHAR(9) CHARACTER SET utf8mb3"),
            ("s", "LONGTEXT CHARACTER SET latin1"),
            ("f", "FLOAT"),
            ("at", "TIMESTAMP(6) NULL"),
            ("at", "DATETIME(3)"),
            ("id", "INT AS (1)"),
        ],
        Kind::Sqlite => &[
            ("id", "TEXT"),
            ("s", "STRING"),
            ("s", "INTEGER"),
            ("f", "NUMERIC"),
            ("at", "INTEGER"),
            ("id", "INTEGER AS (1)"),
        ],
    };
    if world.database.kind == Kind::Postgres {
        world.database.query("CREATE TYPE mood AS ENUM ('s')");
    }
    for (index, (column, wrong)) in cases.iter().enumerate() {
        let ty = |name: &str, right: &str| if name == *column { (*wrong).to_owned() } else { right.to_owned() };
        let columns = format!(
            "id {}, s {}, f {}, at {}",
            ty("id", sql(world, "integer", "INT", "INTEGER")),
            ty("s", text_type),
            ty("f", float),
            ty("at", at)
        );
        let table = format!("t{index}");
        let set = if world.database.kind.is_mysql() { " CHARACTER SET utf8mb4" } else { "" };
        let mood = columns.replace("mood", &by_name(world, "mood"));
        world.database.query(&format!("CREATE TABLE {} ({mood}){set}", by_name(world, &table)));
        let why = world.config().topic(&unkeyed(&topic).replace("table: t", &format!("table: {table}"))).fail();
        let named = why.contains("type_conflict") && why.contains(&format!("column {column} of table"));
        assert!(named, "{column} {wrong}: {why}");
        let count = world.database.number(&format!("SELECT count(*) FROM {}", by_name(world, &table)));
        assert_eq!(count, 0, "{column} {wrong}");
    }
    assert!(world.dead(&topic).is_empty());
}

fn a_key_by_another_collation_is_named(world: &World) {
    let topic = topic_of(world, &schema(&[("id", r#""string""#)]), &[text("a"), text("A"), text("a ")]);
    world.database.query(sql(
        world,
        "CREATE COLLATION blurred (provider = icu, locale = 'und-u-ks-level1', deterministic = false); \
         CREATE TABLE t (id text COLLATE blurred PRIMARY KEY)",
        "CREATE TABLE t (id VARCHAR(255) PRIMARY KEY) CHARACTER SET utf8mb4",
        "CREATE TABLE t (id TEXT COLLATE NOCASE NOT NULL PRIMARY KEY)",
    ));
    let entry = format!("topic: {topic}, table: t, format: confluent, mode: table, key: [id]");
    let config = world.config().topic(&entry);
    let why = config.fail();
    assert!(why.contains("type_conflict") && why.contains("column id") && why.contains("collation"), "{why}");
    world.database.query(&format!("DROP TABLE {}", by_name(world, "t")));
    config.load();
    assert_eq!(world.lines("SELECT id FROM t").len(), 3);
}

fn a_column_of_others_is_not_made_wider(world: &World) {
    let topic = topic_of(world, &schema(&[("id", r#""int""#)]), &[long(1)]);
    world.schema(2, &schema(&[("id", r#""long""#)]));
    if world.database.kind == Kind::Sqlite {
        // All its whole numbers are of one width.
        return;
    }
    world.database.query(sql(world, "CREATE TABLE t (id integer)", "CREATE TABLE t (id INT)", ""));
    let config = world.config().topic(&unkeyed(&topic));
    config.load();
    produce(world, &topic, 2, &[long(1 << 40)]);
    let why = config.fail();
    assert!(why.contains("type_conflict") && why.contains("column id") && why.contains("by hand: ALTER"), "{why}");
    if world.database.kind.is_mysql() {
        // The statement would not say the default again.
        world.database.query("ALTER TABLE t ALTER COLUMN id SET DEFAULT 7");
        let why = config.fail();
        assert!(why.contains("type_conflict") && !why.contains("by hand"), "{why}");
    }
    world.database.query(sql(
        world,
        "ALTER TABLE t ALTER COLUMN id TYPE bigint",
        "ALTER TABLE t MODIFY COLUMN id BIGINT",
        "",
    ));
    produce(world, &topic, 1, &[long(2)]);
    config.load();
    assert_eq!(world.lines("SELECT id FROM t ORDER BY id"), ["1", "2", "1099511627776"]);
}

fn a_key_of_prefixes_is_named(world: &World) {
    if !world.database.kind.is_mysql() {
        return;
    }
    let topic = topic_of(world, &schema(&[("id", r#""string""#)]), &[text("0123456789a"), text("0123456789b")]);
    let collation = if world.database.kind == Kind::Mysql { "utf8mb4_0900_bin" } else { "utf8mb4_nopad_bin" };
    world.database.query(&format!("CREATE TABLE t (id VARCHAR(255) COLLATE {collation}, PRIMARY KEY (id(10)))"));
    let config = world
        .config()
        .topic(&format!("topic: {topic}, table: t, format: confluent, mode: table, key: [id], metadata: []"));
    let why = config.fail();
    assert!(why.contains("key_conflict") && why.contains("prefixes"), "{why}");
    world.database.query("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id)");
    config.load();
    assert_eq!(world.lines("SELECT id FROM t ORDER BY id"), ["0123456789a", "0123456789b"]);
}

fn what_a_column_of_others_holds_is_not_mixed(world: &World) {
    let topic = topic_of(world, &schema(&[("n", r#""long""#)]), &[long(1)]);
    world.schema(2, &schema(&[("n", r#"{"type":"long","logicalType":"timestamp-nanos"}"#)]));
    world.schema(3, &schema(&[("n", r#""int""#)]));
    world.database.query(sql(
        world,
        "CREATE TABLE t (n bigint)",
        "CREATE TABLE t (n BIGINT)",
        "CREATE TABLE t (n INT)",
    ));
    let config = world.config().topic(&unkeyed(&topic));
    config.load();
    produce(world, &topic, 3, &[long(2)]);
    config.load();
    produce(world, &topic, 2, &[long(3)]);
    let why = config.fail();
    assert!(why.contains("type_conflict") && why.contains("column n"), "{why}");
    assert_eq!(world.lines("SELECT n FROM t ORDER BY n"), ["1", "2"]);
    let beside = world.config().topic(&format!("{}, on_conflict: new_column", unkeyed(&topic)));
    beside.load();
    assert_eq!(world.lines("SELECT n, n__nanos FROM t ORDER BY n, n__nanos").len(), 3);
}

fn texts_of_two_scales_do_not_meet_in_a_column_of_others(world: &World) {
    if world.database.kind != Kind::Sqlite {
        // Numbers are no texts there.
        return;
    }
    let decimal = |precision: u32, scale: u32| {
        let ty = format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#);
        schema(&[("k", &ty)])
    };
    world.schema(2, &decimal(7, 4));
    world.schema(3, &decimal(9, 2));
    let topic = topic_of(world, &decimal(5, 2), &[text([0, 150])]);
    world.database.query("CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL)");
    let entry = format!("topic: {topic}, table: t, format: confluent, mode: table, key: [k], metadata: []");
    let config = world.config().topic(&entry);
    config.load();
    produce(world, &topic, 3, &[text([0, 150]), text([1])]);
    config.load();
    assert_eq!(world.lines("SELECT k FROM t ORDER BY k"), ["0.01", "1.50"]);
    produce(world, &topic, 2, &[text([0x3a, 0x98])]);
    let why = config.fail();
    assert!(why.contains("type_conflict") && why.contains("column k"), "{why}");
    assert_eq!(world.lines("SELECT k FROM t ORDER BY k"), ["0.01", "1.50"]);

    // Outside of a key they may have a column beside it.
    world.database.query("CREATE TABLE beside (k TEXT)");
    let entry = format!("{}, on_conflict: new_column", unkeyed(&topic).replace("table: t", "table: beside"));
    world.config().with("sink: beside").topic(&entry).load();
    let rows = world.lines("SELECT k, k__numeric FROM beside ORDER BY k, k__numeric");
    assert_eq!(rows, ["-|1.5000", "0.01|-", "1.50|-", "1.50|-"]);
}
