//! Schemas that change while records of the old ones keep coming: what was written stays, and a row is what its
//! record says, in whatever order and batches they come.

use crate::support::avro::{confluent, double, long, null, record, some, text};
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Flatsink, Kind, PATIENCE, Raw};

on_each_database!(
    what_was_written_is_the_same_in_a_wider_column,
    kinds_that_do_not_join_stop_their_table_alone,
    a_row_does_not_depend_on_batches_or_order,
    a_decimal_key_is_one_key_with_more_digits_too,
    processes_that_race_to_widen_agree,
    a_table_that_is_too_large_waits_for_the_operator,
    a_conflict_can_have_a_column_of_its_own,
    new_fields_can_be_left_out,
    a_plan_of_several_schemas_is_all_that_run_does,
    what_changes_no_type_changes_no_table,
    a_declared_not_null_goes_with_its_field,
    a_rebuilt_table_keeps_what_hangs_on_it,
);

/// A record of these fields: `name type`.
fn schema(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, ty)| format!(r#"{{"name":"{name}","type":{ty}}}"#)).collect();
    format!(r#"{{"type":"record","name":"r","fields":[{}]}}"#, fields.join(","))
}

fn message(schema: i32, fields: &[Vec<u8>]) -> Raw {
    Raw::value(confluent(schema, &record(fields)))
}

fn entry(topic: &str, table: &str) -> String {
    format!("topic: {topic}, table: {table}, format: confluent, mode: stream, unique: position")
}

fn decimal(precision: u32, scale: u32) -> String {
    format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#)
}

fn fixed(name: &str, size: usize) -> String {
    format!(r#"{{"type":"fixed","name":"{name}","size":{size}}}"#)
}

/// What two schemas have in one field: types, data, and what the column shows of both.
struct Cell {
    types: [String; 2],
    data: [Vec<u8>; 2],
    shown: [&'static str; 2],
}

fn cell(old: &str, new: &str, data: [Vec<u8>; 2], shown: [&'static str; 2]) -> Cell {
    Cell { types: [old.to_owned(), new.to_owned()], data, shown }
}

const UUID: &str = "0d9c3a52-2c1b-4f0e-8a55-0123456789ab";

fn cells(kind: Kind) -> Vec<Cell> {
    let uuid = r#"{"type":"string","logicalType":"uuid"}"#;
    let nanos = |unit: &str| format!(r#"{{"type":"long","logicalType":"{unit}"}}"#);
    let time = "2024-01-02 03:04:05.006000";
    let millis = 1_704_164_645_006;
    let big = format!(r#"{{"type":"bytes","logicalType":"{}"}}"#, "big-decimal");
    let big_datum = text([text([0x04, 0xd2]), long(1)].concat());
    let mut cells = vec![
        cell(r#""int""#, r#""long""#, [long(i32::MIN.into()), long(i64::MAX)], ["-2147483648", "9223372036854775807"]),
        cell(r#""int""#, r#""double""#, [long(-7), double(0.1)], ["-7", "0.1"]),
        cell(r#""int""#, r#""float""#, [long(i32::MAX.into()), 0.5f32.to_le_bytes().to_vec()], ["2147483647", "0.5"]),
        cell(r#""float""#, r#""double""#, [0.1f32.to_le_bytes().to_vec(), double(0.1)], ["0.10000000149011612", "0.1"]),
        cell(r#""int""#, &decimal(5, 2), [long(-12), text([0xff, 0x85])], ["-12.00", "-1.23"]),
        cell(r#""long""#, &decimal(5, 2), [long(i64::MAX), text([0x7b])], ["9223372036854775807.00", "1.23"]),
        cell(&decimal(5, 2), &decimal(9, 2), [text([0x7b]), text([0x3b, 0x9a, 0xc9, 0xff])], ["1.23", "9999999.99"]),
        cell(&decimal(5, 2), &decimal(5, 4), [text([0x01, 0x86, 0x9f]), text([0x7b])], ["999.9900", "0.0123"]),
        cell(&decimal(5, 0), &decimal(5, 4), [text([0xff]), text([0])], ["-1.0000", "0.0000"]),
        cell(&decimal(5, 2), &big, [text([0x78]), big_datum], ["1.20", "123.4"]),
        cell(&fixed("f3", 3), &fixed("f4", 4), [vec![0, 1, 0], vec![9, 0, 0, 0]], ["\\x000100", "\\x09000000"]),
        cell(&fixed("f5", 5), r#""bytes""#, [vec![0, 0, 0, 0, 1], text([7])], ["\\x0000000001", "\\x07"]),
        cell(
            r#"{"type":"enum","name":"e1","symbols":["a","b"]}"#,
            &format!(r#"{{"type":"enum","name":"e2","symbols":["a","{}"]}}"#, "c".repeat(70)),
            [long(1), long(0)],
            ["b", "a"],
        ),
        cell(r#"{"type":"enum","name":"e3","symbols":["x"]}"#, r#""string""#, [long(0), text("a  ")], ["x", "a  "]),
        cell(
            &nanos("timestamp-millis"),
            &nanos("timestamp-micros"),
            [long(millis), long(millis * 1_000)],
            [time, time],
        ),
    ];
    if !matches!(kind, Kind::Mysql | Kind::Mariadb) {
        cells.push(cell(uuid, r#""string""#, [text(UUID.to_uppercase()), text("none")], [UUID, "none"]));
        cells.push(cell(r#""string""#, uuid, [text("none"), text(UUID.to_uppercase())], ["none", UUID]));
    }
    cells
}

fn what_was_written_is_the_same_in_a_wider_column(world: &World) {
    let cells = cells(world.database.kind);
    let name = |index: usize| format!("c{index}");
    let columns: Vec<String> = (0..cells.len()).map(name).collect();
    for (id, which) in [(1, 0), (2, 1)] {
        let mut fields = vec![("n".to_owned(), r#""int""#.to_owned())];
        // The second of two types that a field may have: what is null stays null.
        let of = |(index, cell): (usize, &Cell)| (name(index), format!(r#"["null",{}]"#, cell.types[which]));
        fields.extend(cells.iter().enumerate().map(of));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
        world.schema(id, &schema(&fields));
    }
    let row = |n: i64, which: usize, empty: bool| {
        let mut fields = vec![long(n)];
        fields.extend(cells.iter().map(|cell| if empty { null() } else { some(cell.data[which].clone()) }));
        message(which as i32 + 1, &fields)
    };
    let shown = |n: i64, which: usize, empty: bool| {
        let values: Vec<&str> = cells.iter().map(|cell| if empty { "-" } else { cell.shown[which] }).collect();
        format!("{n}|{}", values.join("|"))
    };
    for (table, order) in [("up", [0, 1, 0, 1, 0]), ("down", [1, 0, 0, 1, 1])] {
        let topic = world.broker.topic("cells", 1, &[]);
        let config = world.config().topic(&entry(&topic, table));
        let mut expected = Vec::new();
        // The first lie in the table already when it becomes wider; the others come at once.
        for (n, which) in order.into_iter().enumerate() {
            let empty = n == 2;
            world.broker.produce(&topic, &[row(n as i64, which, empty)]);
            expected.push(shown(n as i64, which, empty));
            if n == 0 || n == 4 {
                config.load();
            }
        }
        let rows = world.lines(&format!("SELECT n, {} FROM {table} ORDER BY n", columns.join(", ")));
        assert_eq!(rows, expected, "{table}");
        assert_eq!(world.reasons(&topic), Vec::<String>::new());
    }
}

fn kinds_that_do_not_join_stop_their_table_alone(world: &World) {
    let long_type = |logical: &str| format!(r#"{{"type":"long","logicalType":"{logical}"}}"#);
    let mut conflicts = vec![
        (r#""long""#.to_owned(), r#""double""#.to_owned(), double(1.5)),
        (decimal(5, 2), r#""double""#.to_owned(), double(1.5)),
        (r#""boolean""#.to_owned(), r#""int""#.to_owned(), long(5)),
        (r#""string""#.to_owned(), r#""bytes""#.to_owned(), text("x")),
        (r#""long""#.to_owned(), long_type("timestamp-micros"), long(5)),
        (long_type("timestamp-micros"), long_type("local-timestamp-micros"), long(5)),
        (long_type("timestamp-micros"), long_type("timestamp-nanos"), long(5)),
        (r#""string""#.to_owned(), r#"{"type":"array","items":"int"}"#.to_owned(), long(0)),
    ];
    if matches!(world.database.kind, Kind::Mysql | Kind::Mariadb) {
        let uuid = r#"{"type":"string","logicalType":"uuid"}"#.to_owned();
        conflicts.push((uuid, r#""string""#.to_owned(), text("x")));
    }
    let mut config = world.config();
    let mut topics = Vec::new();
    for (index, (old, new, datum)) in conflicts.iter().enumerate() {
        let (one, other) = (2 * index as i32 + 1, 2 * index as i32 + 2);
        let nullable = |ty: &str| format!(r#"["null",{ty}]"#);
        world.schema(one, &schema(&[("n", r#""int""#), ("c", &nullable(old))]));
        world.schema(other, &schema(&[("n", r#""int""#), ("c", &nullable(new))]));
        let topic = world.broker.topic("conflict", 1, &[]);
        let messages = [message(one, &[long(1), null()]), message(other, &[long(2), some(datum.clone())])];
        world.broker.produce(&topic, &messages);
        config = config.topic(&entry(&topic, &format!("t{index}")));
        topics.push(topic);
    }
    world.schema(99, &schema(&[("n", r#""int""#)]));
    let sound = world.broker.topic("sound", 1, &[]);
    world.broker.produce(&sound, &[message(99, &[long(1)]), message(99, &[long(2)])]);
    let config = config.topic(&entry(&sound, "sound"));
    let ended = Flatsink::run(&config.yaml(), &["--until-latest"]).wait(PATIENCE);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert_eq!(world.lines("SELECT n FROM sound ORDER BY n"), ["1", "2"]);
    for (index, topic) in topics.iter().enumerate() {
        assert_eq!(world.lines(&format!("SELECT n FROM t{index}")), ["1"], "{:?}", conflicts[index]);
        assert_eq!(world.next(topic), [1], "{:?}", conflicts[index]);
        let told = ended.stderr.lines().any(|line| {
            let place = line.contains("type_conflict") && line.contains(&format!(".t{index} "))
                || line.contains(&format!(" t{index} "));
            place && line.contains(&format!("schema {}", 2 * index + 1)) && line.contains("on_conflict")
        });
        assert!(told, "{:?}\n{}", conflicts[index], ended.stderr);
    }
    // What is printed helps where nothing of the old schema comes any more.
    let logged = ended.stderr.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let messages: Vec<String> = logged.filter_map(|line| Some(line.get("message")?.as_str()?.to_owned())).collect();
    let by_hand = messages.iter().filter_map(|text| {
        Some(text.split_once("by hand: ").filter(|_| text.contains("type_conflict") || text.contains("stopped"))?.1)
    });
    let statements: Vec<&str> = by_hand.filter_map(|rest| Some(rest.split_once(", and flatsink")?.0)).collect();
    assert_eq!(statements.len(), conflicts.len(), "{}", ended.stderr);
    statements.iter().for_each(|statement| drop(world.database.query(statement)));
    config.load();
    for (index, conflict) in conflicts.iter().enumerate() {
        assert_eq!(world.lines(&format!("SELECT n FROM t{index} ORDER BY n")), ["1", "2"], "{conflict:?}");
        let there = format!("SELECT count(*) FROM t{index} WHERE c IS NOT NULL");
        assert_eq!(world.lines(&there), ["1"], "{conflict:?}");
    }
}

fn a_row_does_not_depend_on_batches_or_order(world: &World) {
    let optional = r#"["null","string"]"#;
    world.schema(1, &schema(&[("id", r#""int""#), ("gone", optional), ("n", r#""int""#)]));
    world.schema(2, &schema(&[("id", r#""int""#), ("n", r#""long""#), ("new", optional)]));
    let old = |id, n: i64| message(1, &[long(id), some(text("old")), long(n)]);
    let new = |id, n: i64| message(2, &[long(id), long(n), some(text("new"))]);
    let orders = [
        vec![old(1, 1), new(2, 2), old(3, 3), new(1, 1 << 40), old(2, 4), new(3, 5), old(3, 6)],
        vec![new(2, 2), old(1, 1), old(3, 3), new(1, 1 << 40), old(2, 4), new(3, 5), old(3, 6)],
    ];
    for (index, messages) in orders.iter().enumerate() {
        for rows_max in [1, 10_000] {
            let topic = world.broker.topic("fold", 1, &[]);
            world.broker.produce(&topic, messages);
            let table = format!("fold_{index}_{rows_max}");
            let entry = format!("topic: {topic}, table: {table}, format: confluent, mode: table, key: id");
            world.config().topic(&entry).with(&format!("batch: {{rows_max: {rows_max}}}")).load();
            let rows = world.lines(&format!("SELECT id, gone, n, new FROM {table} ORDER BY id"));
            assert_eq!(rows, ["1|-|1099511627776|new", "2|old|4|-", "3|old|6|-"], "{table}");
        }
    }
}

/// 1.50 and 1.5000, and 1 and 1.00 beside them.
fn a_decimal_key_is_one_key_with_more_digits_too(world: &World) {
    world.schema(1, &schema(&[("k", &decimal(10, 2)), ("n", r#""int""#)]));
    world.schema(2, &schema(&[("k", &decimal(10, 4)), ("n", r#""int""#)]));
    let short = |hundredths: i16, n| message(1, &[text(hundredths.to_be_bytes()), long(n)]);
    let long_ = |hundredths: i16, n| message(2, &[text((100 * hundredths).to_be_bytes()), long(n)]);
    let messages =
        [short(150, 1), long_(150, 2), long_(100, 3), short(100, 4), short(150, 5), short(200, 6), long_(200, 7)];
    for rows_max in [1, 10_000] {
        let topic = world.broker.topic("digits", 1, &[]);
        world.broker.produce(&topic, &messages);
        let table = format!("digits_{rows_max}");
        let entry = format!("topic: {topic}, table: {table}, format: confluent, mode: table, key: k");
        let config = world.config().topic(&entry).with(&format!("batch: {{rows_max: {rows_max}}}"));
        config.load();
        assert_eq!(world.lines(&format!("SELECT n FROM {table} ORDER BY n")), ["4", "5", "7"], "{table}");
        // Shapes that are known from the beginning write what they always wrote.
        world.broker.produce(&topic, &[long_(150, 8), short(150, 9), short(100, 10), long_(100, 11)]);
        config.load();
        assert_eq!(world.lines(&format!("SELECT n FROM {table} ORDER BY n")), ["7", "9", "11"], "{table}");
    }
}

fn processes_that_race_to_widen_agree(world: &World) {
    let versions = [
        schema(&[("n", r#""int""#), ("a", r#""int""#), ("b", &decimal(5, 1))]),
        schema(&[("n", r#""int""#), ("a", r#""long""#), ("b", &decimal(9, 3))]),
        schema(&[("n", r#""int""#), ("a", &decimal(22, 2)), ("b", &decimal(20, 5))]),
    ];
    for (index, version) in versions.iter().enumerate() {
        world.schema(index as i32 + 1, version);
    }
    let topic = world.broker.topic("race", 4, &[]);
    let config = world.config().topic(&entry(&topic, "raced")).with("workers: 2");
    let (one, other) = (config.run(), config.run());
    let sent = |n: i64, version: i64| {
        let a = if version < 2 { long(n) } else { text((100 * n).to_be_bytes()) };
        message(version as i32 + 1, &[long(n), a, text(n.to_be_bytes())]).partition((n % 4) as i32)
    };
    let version = |n: i64| if n < 100 { 0 } else { n % (n / 100 + 1).min(3) };
    for hundred in 0..4 {
        let messages: Vec<Raw> = (100 * hundred..100 * (hundred + 1)).map(|n| sent(n, version(n))).collect();
        world.broker.produce(&topic, &messages);
        world.caught_up(&topic);
    }
    one.stop();
    other.stop();
    let rows = world.lines("SELECT n, a, b FROM raced ORDER BY n");
    let b = |n: i64| {
        let hundred_thousandths = n * [10_000, 100, 1][version(n) as usize];
        format!("{}.{:05}", hundred_thousandths / 100_000, hundred_thousandths % 100_000)
    };
    let expected: Vec<String> = (0..400).map(|n| format!("{n}|{n}.00|{}", b(n))).collect();
    assert_eq!(rows, expected);
    assert_eq!(world.reasons(&topic), Vec::<String>::new());
}

fn a_table_that_is_too_large_waits_for_the_operator(world: &World) {
    world.schema(1, &schema(&[("n", r#""int""#), ("c", &decimal(5, 2))]));
    world.schema(2, &schema(&[("n", r#""int""#), ("c", &decimal(9, 4))]));
    let topic = world.broker.topic("large", 1, &[]);
    world.broker.produce(&topic, &[message(1, &[long(1), text([0x7b])])]);
    let config = world.config().topic(&format!("{}, rewrite_max: 0", entry(&topic, "large")));
    config.load();
    world.broker.produce(&topic, &[message(2, &[long(2), text([0x7b])]), message(1, &[long(3), text([0x7b])])]);
    let line = config.fail();
    assert!(line.contains("rewrite_needed"), "{line}");
    let (_, statement) = line.split_once("flatsink goes on: ").expect("the statement is printed");
    world.database.query(statement);
    config.load();
    assert_eq!(world.lines("SELECT n, c FROM large ORDER BY n"), ["1|1.2300", "2|0.0123", "3|1.2300"]);
}

fn a_conflict_can_have_a_column_of_its_own(world: &World) {
    world.schema(1, &schema(&[("id", r#""int""#), ("c", r#"["null","int"]"#)]));
    world.schema(2, &schema(&[("id", r#""int""#), ("c", r#"["null","string"]"#)]));
    let topic = world.broker.topic("apart", 1, &[]);
    let number = |id, c| message(1, &[long(id), some(long(c))]);
    let word = |id, c: &str| message(2, &[long(id), some(text(c))]);
    world
        .broker
        .produce(&topic, &[number(1, 1), word(2, "two"), number(3, 3), word(1, "one"), word(3, "x"), number(3, 4)]);
    let entry =
        format!("topic: {topic}, table: apart, format: confluent, mode: table, key: id, on_conflict: new_column");
    world.config().topic(&entry).load();
    assert_eq!(world.lines("SELECT id, c, c__text FROM apart ORDER BY id"), ["1|-|one", "2|-|two", "3|4|-"]);
}

fn new_fields_can_be_left_out(world: &World) {
    world.schema(1, &schema(&[("n", r#""int""#)]));
    let nested = r#"{"type":"record","name":"x","fields":[{"name":"y","type":"string"}]}"#;
    world.schema(
        2,
        &schema(&[("more", r#"["null","string"]"#), ("n", r#""int""#), ("deep", nested), ("last", &decimal(3, 1))]),
    );
    let topic = world.broker.topic("ignored", 1, &[]);
    world.broker.produce(&topic, &[message(1, &[long(1)])]);
    let config = world.config().topic(&format!("{}, schema_changes: ignore", entry(&topic, "ignored")));
    config.load();
    // What is left out is not judged either: more digits than the schema allows.
    let fields = [some(text("x")), long(2), text("y"), text([0x7f, 0xff, 0xff])];
    world.broker.produce(&topic, &[message(2, &fields), message(1, &[long(3)])]);
    let ended = config.load();
    assert_eq!(world.lines("SELECT n FROM ignored ORDER BY n"), ["1", "2", "3"]);
    assert!(world.database.try_query("SELECT ignored.more FROM ignored").is_err());
    assert!(ended.stderr.contains("more, deep, last"), "{}", ended.stderr);
}

fn a_plan_of_several_schemas_is_all_that_run_does(world: &World) {
    world.schema(1, &schema(&[("n", r#""int""#), ("c", &decimal(5, 2)), ("old", r#"["null","int"]"#)]));
    let renamed = r#"{"type":"record","name":"r","fields":[{"name":"n","type":"long"},{"name":"c","type":NEW},
        {"name":"new","type":["null","int"],"aliases":["old"]}]}"#;
    world.schema(2, &renamed.replace("NEW", &decimal(9, 4)));
    let topic = world.broker.topic("planned", 2, &[]);
    let old = |n| message(1, &[long(n), text([0x7b]), some(long(5))]).partition(0);
    let new = |n| message(2, &[long(n), text([0x7b]), some(long(6))]).partition(1);
    world.broker.produce(&topic, &[old(1), new(2), old(3), new(4)]);
    let config = world.config().topic(&entry(&topic, "planned"));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let flatsink = |config: &Config, arguments: &[&str]| {
        std::fs::write(folder.path().join("flatsink.yaml"), config.yaml()).expect("the file can be written");
        Flatsink::start(arguments, folder.path()).wait(PATIENCE)
    };
    let plan = flatsink(&config, &["plan", "--exit-code"]);
    assert_eq!(plan.status.code(), Some(4), "{}{}", plan.stdout, plan.stderr);
    let carried = plan.stdout.lines().find(|line| line.starts_with("-- ") && line.contains("alias"));
    let (_, carry) = carried.and_then(|line| line.split_once("over: ")).unwrap_or_else(|| panic!("{}", plan.stdout));
    world.database.query(&plan.stdout);
    let again = flatsink(&config, &["plan", "--exit-code"]);
    assert_eq!((again.status.code(), again.stdout.as_str()), (Some(0), "-- nothing to do\n"), "{}", again.stderr);
    let ended = config.load();
    assert!(!ended.stderr.contains("table changed"), "{}", ended.stderr);
    let expected = ["1|1.2300|5|-", "2|0.0123|-|6", "3|1.2300|5|-", "4|0.0123|-|6"];
    assert_eq!(world.lines("SELECT n, c, old, new FROM planned ORDER BY n"), expected);
    world.database.query(carry);
    assert_eq!(world.lines("SELECT new FROM planned ORDER BY n"), ["5", "6", "5", "6"]);
    // The table is flatsink's own all the same: it goes on to grow.
    let wider = format!(r#""long"}},{{"name":"c","type":{}"#, decimal(12, 6));
    world.schema(
        3,
        &renamed
            .replace(r#""long"},{"name":"c","type":NEW"#, &wider)
            .replace(r#"["null","int"]"#, r#"["null","long"]"#),
    );
    world.broker.produce(&topic, &[message(3, &[long(5), text([0x7b]), some(long(1 << 40))]).partition(0)]);
    let ended = config.load();
    assert!(ended.stderr.contains("table changed"), "{}", ended.stderr);
    let grown = ["1|1.230000|5", "2|0.012300|6", "3|1.230000|5", "4|0.012300|6", "5|0.000123|1099511627776"];
    assert_eq!(world.lines("SELECT n, c, new FROM planned ORDER BY n"), grown);
    // Without a plan the same comes to be.
    let other = world.broker.topic("unplanned", 2, &[]);
    world.broker.produce(&other, &[old(1), new(2), old(3), new(4)]);
    let unplanned = world.config().topic(&entry(&other, "unplanned"));
    unplanned.load();
    assert_eq!(world.lines("SELECT n, c, old, new FROM unplanned ORDER BY n"), expected);
    let again = flatsink(&unplanned, &["plan", "--exit-code"]);
    assert_eq!((again.status.code(), again.stdout.as_str()), (Some(0), "-- nothing to do\n"), "{}", again.stderr);
}

fn what_changes_no_type_changes_no_table(world: &World) {
    let fields = |c: &str| {
        format!(r#"{{"type":"record","name":"r","pkey":["id"],"fields":[{{"name":"id","type":"int"}},{c}]}}"#)
    };
    let versions = [
        r#"{"name":"c","type":["null","string"],"default":null,"maxlen":10}"#,
        r#"{"name":"c","type":["string","null"],"default":"x","maxlen":10}"#,
        r#"{"name":"c","type":["null","string"],"doc":"other words","maxlen":10}"#,
        // Other attributes of the same type: growth is followed, shrinking holds for the schema's own values alone.
        r#"{"name":"c","type":["null","string"],"maxlen":20}"#,
        r#"{"name":"c","type":["null","string"],"maxlen":5}"#,
        r#"{"name":"c","type":["null","string"]}"#,
        r#"{"name":"c","type":["null","string"],"datetime":true}"#,
    ];
    for (index, version) in versions.iter().enumerate() {
        world.schema(index as i32 + 1, &fields(version));
    }
    let topic = world.broker.topic("attributes", 1, &[]);
    let send = |schema: i32, id: i64, c: &str| {
        let branch = if schema == 2 { long(0) } else { long(1) };
        let payload = [long(id), branch, text(c)].concat();
        Raw::value(crate::support::avro::Envelope::new("create", schema, payload).value())
    };
    let words = ["ten or les", "b", "c", "twenty characters ok", "five5", "as long as one likes it to be"];
    let mut messages: Vec<Raw> =
        words.iter().enumerate().map(|(index, word)| send(index as i32 + 1, index as i64, word)).collect();
    messages.push(send(5, 7, "six666"));
    world.broker.produce(&topic, &messages);
    let config = world.config().topic(&format!("topic: {topic}, table: attributes, format: yelp, mode: table"));
    config.load();
    let expected: Vec<String> = words.iter().enumerate().map(|(index, word)| format!("{index}|{word}")).collect();
    assert_eq!(world.lines("SELECT id, c FROM attributes ORDER BY id"), expected);
    assert_eq!(world.reasons(&topic), ["too_long"]);
    world.broker.produce(&topic, &[send(7, 8, "2024-01-01 00:00:00")]);
    let line = config.fail();
    assert!(line.contains("type_conflict") && line.contains("Timestamp"), "{line}");
}

fn a_declared_not_null_goes_with_its_field(world: &World) {
    world.schema(1, &schema(&[("n", r#""int""#), ("a", r#""int""#), ("b", r#""string""#)]));
    world.schema(2, &schema(&[("n", r#""int""#), ("a", r#"["null","int"]"#)]));
    let topic = world.broker.topic("declared", 1, &[]);
    world.broker.produce(&topic, &[message(1, &[long(1), long(1), text("x")])]);
    let declared = world.config().topic(&format!("{}, not_null: schema", entry(&topic, "declared")));
    declared.load();
    assert!(world.database.try_query("UPDATE declared SET b = NULL").is_err());
    world.broker.produce(&topic, &[message(2, &[long(2), null()]), message(1, &[long(3), long(3), text("z")])]);
    declared.load();
    assert_eq!(world.lines("SELECT n, a, b FROM declared ORDER BY n"), ["1|1|x", "2|-|-", "3|3|z"]);
    let other = world.broker.topic("undeclared", 1, &[]);
    world.broker.produce(&other, &[message(1, &[long(1), long(1), text("x")])]);
    world.config().topic(&format!("{}, not_null: keys", entry(&other, "undeclared"))).load();
    world.database.query("UPDATE undeclared SET b = NULL");
}

fn a_rebuilt_table_keeps_what_hangs_on_it(world: &World) {
    world.schema(1, &schema(&[("n", r#""int""#), ("c", r#""int""#)]));
    world.schema(2, &schema(&[("n", r#""int""#), ("c", r#""double""#)]));
    let topic = world.broker.topic("hung", 1, &[]);
    world.broker.produce(&topic, &[message(1, &[long(1), long(1)])]);
    let config = world.config().topic(&entry(&topic, "hung"));
    config.load();
    let sqlite = world.database.kind == Kind::Sqlite;
    world.database.query(if sqlite {
        "ALTER TABLE hung ADD COLUMN mine TEXT DEFAULT 'kept'"
    } else {
        "ALTER TABLE hung ADD COLUMN mine VARCHAR(9) DEFAULT 'kept'"
    });
    world.database.query("CREATE INDEX hung_n ON hung (n)");
    world.database.query("CREATE TABLE log (n INTEGER)");
    if sqlite {
        world.database.query("CREATE VIEW seen AS SELECT c FROM hung");
        world.database.query("CREATE TRIGGER hung_t AFTER INSERT ON hung BEGIN INSERT INTO log VALUES (new.n); END");
    }
    world.broker.produce(&topic, &[message(2, &[long(2), double(0.5)]), message(1, &[long(3), long(3)])]);
    config.load();
    assert_eq!(world.lines("SELECT n, c, mine FROM hung ORDER BY n"), ["1|1|kept", "2|0.5|kept", "3|3|kept"]);
    if sqlite {
        assert_eq!(world.lines("SELECT c FROM seen ORDER BY c"), ["0.5", "1", "3"]);
        assert_eq!(world.lines("SELECT n FROM log ORDER BY n"), ["2", "3"]);
        assert_eq!(world.lines("SELECT name FROM sqlite_schema WHERE name = 'hung_n'"), ["hung_n"]);
        assert_eq!(world.lines("PRAGMA integrity_check"), ["ok"]);
    }
}
