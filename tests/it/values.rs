//! Every kind of value through the whole pipeline: written, read back by text and by the binary protocol, compared.
//! docs/types.md, "Edge values", as one table: a new case is one line in `values/cases.rs`.

mod binary;
mod cases;

use std::collections::BTreeMap;

use cases::{Case, Want};

use crate::support::avro::{Envelope, long, null, record, some};
use crate::support::world::{World, on_each_database};
use crate::support::{Kind, Raw, unique};

on_each_database!(
    values_read_back_equal_or_are_dead_letters,
    keys_read_back_equal_or_are_dead_letters,
    columns_are_what_the_configuration_says,
    any_sixteen_bytes_are_a_uuid,
);

/// The cases of one type: they share a schema and a table.
struct Group {
    table: String,
    schema: i32,
    ty: &'static str,
    more: &'static str,
    cases: Vec<Case>,
}

impl Group {
    /// In their order, each type once.
    fn all(cases: Vec<Case>, prefix: &str, first: i32) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for case in cases {
            let same = |group: &&mut Group| (group.ty, group.more) == (case.ty, case.more);
            match groups.iter_mut().find(same) {
                Some(group) => group.cases.push(case),
                None => {
                    let number = groups.len() as i32;
                    let (ty, more) = (case.ty, case.more);
                    let table = format!("{prefix}{number}");
                    groups.push(Group { table, schema: first + number, ty, more, cases: vec![case] });
                }
            }
        }
        groups
    }

    /// A field that is never null, and one that may be.
    fn schema(&self) -> String {
        let (ty, more) = (self.ty, self.more);
        format!(
            r#"{{"type":"record","name":"{}","fields":[{{"name":"n","type":"int"}},
                {{"name":"v","type":{ty}{more}}},{{"name":"o","type":["null",{}]{more}}}]}}"#,
            self.table,
            self.again()
        )
    }

    /// The type once more: a named one by its name.
    fn again(&self) -> String {
        let ty: serde_json::Value = serde_json::from_str(self.ty).expect("a type is JSON");
        match (ty["type"].as_str(), ty["name"].as_str(), ty["namespace"].as_str()) {
            (Some("fixed" | "enum" | "record"), Some(name), None) => format!("\"{name}\""),
            (Some("fixed" | "enum" | "record"), Some(name), Some(namespace)) => format!("\"{namespace}.{name}\""),
            _ => self.ty.to_owned(),
        }
    }

    fn message(&self, n: usize, case: &Case, is_null: bool) -> Raw {
        let second = if is_null { null() } else { some(case.datum.clone()) };
        let payload = record(&[long(n as i64), case.datum.clone(), second]);
        Raw::value(Envelope::new("create", self.schema, payload).value())
    }

    /// What a query of the value gives.
    fn check(&self, world: &World, rows: &[Vec<Option<String>>], wanted: &BTreeMap<usize, Option<&str>>, how: &str) {
        let place = |row: &[Option<String>]| -> usize { row[0].as_deref().and_then(|n| n.parse().ok()).expect("n") };
        let found: Vec<usize> = rows.iter().map(|row| place(row)).collect();
        let expected: Vec<usize> = wanted.keys().copied().collect();
        assert_eq!(found, expected, "{}: the rows of {} {}, {how}", world.database, self.ty, self.more);
        for row in rows {
            let n = place(row);
            let second = wanted[&n];
            for (found, expected) in row[1..].iter().zip([second.or(self.first_good(world)), second]) {
                let same = match (found, expected) {
                    (None, None) => true,
                    (Some(found), Some(expected)) => self.same(world, found, expected),
                    _ => false,
                };
                let (found, expected) = (found.as_deref().map(short), expected.map(short));
                assert!(same, "{}: {} {} {n} {how}: {found:?} is not {expected:?}", world.database, self.ty, self.more);
            }
        }
    }

    fn first_good(&self, world: &World) -> Option<&str> {
        self.cases.iter().find_map(|case| case.wanted(world).ok())
    }

    fn same(&self, world: &World, found: &str, expected: &str) -> bool {
        if found == expected {
            return true;
        }
        if let ("\"float\"" | "\"double\"", "") = (self.ty, self.more) {
            let number = |text: &str| text.parse::<f64>().expect("a number");
            let (found, expected) = (number(found), number(expected));
            let zero = world.database.kind != Kind::Postgres && found == 0.0 && expected == 0.0;
            return zero || found.to_bits() == expected.to_bits();
        }
        let is_json = ["{\"type\":\"array", "{\"type\":\"map", "{\"type\":\"record", "["].iter();
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        is_json.clone().any(|start| self.ty.starts_with(start)) && json(found) == json(expected)
    }
}

impl Case {
    fn wanted(&self, world: &World) -> Result<&str, &'static str> {
        let index = match world.database.kind {
            Kind::Postgres => 0,
            Kind::Mariadb | Kind::Mysql => 1,
            Kind::Sqlite => 2,
        };
        let want: &Want = &self.want;
        want[index].as_deref().map_err(|code| *code)
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The value's columns as a query that shows all of them.
fn select(world: &World, group: &Group, columns: &[&str]) -> String {
    let shown = |name: &&str| match world.database.kind {
        Kind::Postgres => format!("{name}::text"),
        _ => (*name).to_owned(),
    };
    let columns: Vec<String> = columns.iter().map(shown).collect();
    format!("SELECT n, {} FROM {} ORDER BY n", columns.join(", "), group.table)
}

fn values_read_back_equal_or_are_dead_letters(world: &World) {
    load(world, Group::all(cases::all(), "v", 1), |topic| {
        format!("topic: {topic}, table: '{{record}}', unique: position, breaker: none")
    });
}

fn columns_are_what_the_configuration_says(world: &World) {
    for (number, (columns, cases)) in cases::of_columns().into_iter().enumerate() {
        load(world, Group::all(cases, &format!("c{number}_"), 1_000 + 10 * number as i32), |topic| {
            format!("topic: {topic}, table: '{{record}}', unique: position, breaker: none, {columns}")
        });
    }
}

/// Loads the cases and compares what there is then.
fn load(world: &World, groups: Vec<Group>, entry: impl Fn(&str) -> String) {
    let topic = world.broker.topic("values", 1, &[("max.message.bytes", "16000000")]);
    let (mut messages, mut dead) = (Vec::new(), Vec::new());
    for group in &groups {
        world.schema(group.schema, &group.schema());
        for (n, case) in group.cases.iter().enumerate() {
            if let Err(reason) = case.wanted(world) {
                dead.push((messages.len() as i64, reason.to_owned()));
            }
            messages.push(group.message(n, case, false));
        }
        // The same with a null, where there is a good one.
        if let Some(good) = group.cases.iter().find(|case| case.wanted(world).is_ok()) {
            messages.push(group.message(group.cases.len(), good, true));
        }
    }
    world.broker.produce(&topic, &messages);
    world.config().topic(&entry(&topic)).load();
    let found: Vec<(i64, String)> = world.dead(&topic).into_iter().map(|dead| (dead.offset, dead.reason)).collect();
    assert_eq!(found, dead, "{}: the dead letters", world.database);
    for group in &groups {
        let mut wanted: BTreeMap<usize, Option<&str>> =
            group.cases.iter().enumerate().filter_map(|(n, case)| Some((n, Some(case.wanted(world).ok()?)))).collect();
        if wanted.is_empty() {
            continue;
        }
        wanted.insert(group.cases.len(), None);
        let rows = world.database.query(&select(world, group, &["v", "o"]));
        group.check(world, &rows, &wanted, "by text");
        let sql = format!("SELECT n, v, o FROM {} ORDER BY n", group.table);
        if let Some(rows) = binary::query(&world.database, &sql) {
            group.check(world, &rows, &wanted, "in binary");
        }
    }
}

fn keys_read_back_equal_or_are_dead_letters(world: &World) {
    let mut cases = cases::all();
    cases.retain(|case| case.is_key && case.datum.len() < 600);
    let groups = Group::all(cases, "k", 500);
    let topic = world.broker.topic("keys", 1, &[]);
    let (mut messages, mut dead) = (Vec::new(), Vec::new());
    for group in &groups {
        world.schema(group.schema, &group.schema());
        for (n, case) in group.cases.iter().enumerate() {
            if let Err(reason) = case.wanted(world) {
                dead.push((messages.len() as i64, reason.to_owned()));
            }
            messages.push(group.message(n, case, true));
        }
    }
    world.broker.produce(&topic, &messages);
    let entry = format!("topic: {topic}, table: '{{record}}', mode: table, key: [v], breaker: none");
    world.config().topic(&entry).load();
    let found: Vec<(i64, String)> = world.dead(&topic).into_iter().map(|dead| (dead.offset, dead.reason)).collect();
    assert_eq!(found, dead, "{}: the dead letters", world.database);
    for group in &groups {
        // Of equal keys the last counts.
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, case) in group.cases.iter().enumerate() {
            if let Ok(text) = case.wanted(world) {
                last.insert(text, n);
            }
        }
        let mut expected: Vec<(String, String)> =
            last.iter().map(|(text, n)| (n.to_string(), (*text).to_owned())).collect();
        expected.sort();
        let rows = world.database.query(&select(world, group, &["v"]));
        let mut found: Vec<(String, String)> = rows
            .into_iter()
            .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
            .collect();
        found.sort();
        assert_eq!(found, expected, "{}: keys of {} {}", world.database, group.ty, group.more);
    }
}

/// MariaDB's own UUID type swaps the groups of some; a column of ours keeps all.
fn any_sixteen_bytes_are_a_uuid(world: &World) {
    const COUNT: usize = 10_000;
    let schema = r#"{"type":"record","name":"uuids","fields":[{"name":"n","type":"int"},
        {"name":"v","type":{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}}]}"#;
    world.schema(1, schema);
    let topic = world.broker.topic("uuids", 1, &[]);
    let uuids: Vec<[u8; 16]> = (0..COUNT).map(|_| rand::random()).collect();
    let message = |(n, uuid): (usize, &[u8; 16])| {
        Raw::value(Envelope::new("create", 1, record(&[long(n as i64), uuid.to_vec()])).value())
    };
    world.broker.produce(&topic, &uuids.iter().enumerate().map(message).collect::<Vec<_>>());
    let table = unique("uuids");
    world.config().topic(&format!("topic: {topic}, table: {table}, mode: table, key: [v]")).load();
    let rows = world.database.query(&format!("SELECT n, v FROM {table} ORDER BY n"));
    assert_eq!(rows.len(), COUNT);
    for (row, uuid) in rows.iter().zip(&uuids) {
        let found = row[1].as_deref().unwrap_or_default().replace(['-', '\\', 'x'], "");
        assert_eq!(found, hex::encode(uuid), "{}", world.database);
    }
}
