//! From one kind to another on every database: the statements, and that they are enough.

use crate::config::{Existing, Mode, OnConflict, SchemaChanges, Unique};
use crate::dialect::Dialect;
use crate::dialect::plan::{ExistingTable, Planned, Policy, fits, plan};
use crate::record::{Column, From, Kind, Refusal, Table, TableName};

const ALL: [Dialect; 4] = [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];
const POLICY: Policy = Policy {
    schema_changes: SchemaChanges::Apply,
    existing: Existing::Refuse,
    on_conflict: OnConflict::Stop,
    rewrite_max: 1_000,
};

fn field(name: &str, kind: Kind) -> Column {
    let comment = Some(format!("{name}'s \\ doc"));
    Column {
        name: name.into(),
        path: name.into(),
        kind,
        not_null: false,
        from: From::Field(0),
        comment,
        millis: false,
        room: None,
    }
}

fn table(key: usize, kinds: &[(&str, Kind)]) -> Table {
    Table {
        name: TableName { schema: None, name: "t\"`".into() },
        columns: kinds.iter().map(|(name, kind)| field(name, *kind)).collect(),
        key,
        mode: Mode::Table,
        unique: Unique::Position,
        comment: None,
        not_null: false,
        absent: vec![],
        foreign: vec![],
        by_insert: false,
    }
}

fn decimal(precision: u32, scale: u32) -> Kind {
    Kind::Decimal { precision, scale }
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind::Bool,
        Kind::Int32,
        Kind::Int64,
        Kind::Float32,
        Kind::Float64,
        Kind::Bytes(None),
        Kind::Bytes(Some(20)),
        Kind::Bytes(Some(300)),
        Kind::Text(None),
        Kind::Text(Some(20)),
        Kind::Text(Some(100)),
        Kind::Text(Some(1_000)),
        Kind::Fixed(16),
        Kind::Fixed(300),
        decimal(5, 2),
        decimal(9, 2),
        decimal(9, 4),
        decimal(70, 2),
        Kind::BigDecimal,
        Kind::Uuid,
        Kind::UuidText,
        Kind::Date,
        Kind::Time,
        Kind::TimeSpan,
        Kind::TimestampTz,
        Kind::Timestamp,
        Kind::NanosUtc,
        Kind::NanosLocal,
        Kind::Duration,
        Kind::Json,
    ]
}

fn after(dialect: Dialect, before: Option<&ExistingTable>, wanted: &Table) -> Result<Planned, Refusal> {
    plan(dialect, before, false, wanted, POLICY)
}

#[test]
fn what_is_widened_holds_the_schemas_before_and_after_and_needs_nothing_more() {
    for dialect in ALL {
        for one in kinds() {
            for other in kinds() {
                let (old, new) = (table(0, &[("c", one)]), table(0, &[("c", other)]));
                let made = after(dialect, None, &old).expect("it is made").after;
                let case = format!("{dialect}: {one} to {other}");
                let planned = match (after(dialect, Some(&made), &new), dialect.join(one, other)) {
                    (Ok(planned), Some(_)) => planned,
                    (Err(refusal), None) if refusal.code == "type_conflict" => continue,
                    // Their texts would have to be changed.
                    (Err(refusal), Some(Kind::Decimal { .. })) if dialect.is_mysql() => {
                        assert!(one == decimal(70, 2) || other == decimal(70, 2), "{case}: {refusal}");
                        continue;
                    }
                    (planned, joined) => panic!("{case}: {joined:?} {planned:?}"),
                };
                for wanted in [&old, &new] {
                    let again = after(dialect, Some(&planned.after), wanted).expect("it fits");
                    assert_eq!(again.steps, vec![], "{case}");
                    let mut shape = wanted.clone();
                    shape.columns[0].kind = again.standing.columns[0].clone().expect("it stands").kind;
                    assert!(fits(dialect, &planned.after, &shape), "{case}");
                }
            }
        }
    }
}

#[test]
fn the_statements_that_widen() {
    let pairs = [
        (Kind::Text(Some(20)), Kind::Text(Some(100))),
        (Kind::Text(Some(70)), Kind::Text(Some(700))),
        (Kind::Text(Some(20)), Kind::Text(None)),
        (decimal(5, 2), decimal(9, 2)),
        (decimal(5, 2), decimal(9, 4)),
        (decimal(5, 0), decimal(9, 4)),
        (decimal(5, 2), Kind::BigDecimal),
        (Kind::Int32, Kind::Int64),
        (Kind::Int32, Kind::Float64),
        (Kind::Float32, Kind::Float64),
        (Kind::Int64, decimal(5, 2)),
        (Kind::Int32, Kind::BigDecimal),
        (Kind::Uuid, Kind::Text(None)),
        (Kind::Fixed(20), Kind::Bytes(None)),
        (Kind::Bytes(Some(300)), Kind::Bytes(Some(900))),
    ];
    let mut text = String::new();
    for (one, other) in pairs {
        for dialect in ALL {
            let old = table(1, &[("id", Kind::Int64), ("c\"`", one)]);
            let made = after(dialect, None, &old).expect("it is made").after;
            let planned = after(dialect, Some(&made), &table(1, &[("id", Kind::Int64), ("c\"`", other)]));
            text.push_str(&format!("-- {one} to {other}, {dialect}\n"));
            match planned {
                Ok(planned) => {
                    for step in planned.steps {
                        let rewrites = if step.rewrites { "-- rewrites\n" } else { "" };
                        text.push_str(&format!("{rewrites}{}", step.script(dialect)));
                    }
                }
                Err(refusal) => text.push_str(&format!("-- {}\n", refusal.code)),
            }
        }
    }
    check("widen", &text);
}

#[test]
fn many_changes_are_one_rewrite() {
    for dialect in ALL {
        let not_null = |mut table: Table| {
            table.not_null = true;
            table
        };
        let mut old = not_null(table(
            1,
            &[("k", Kind::Int32), ("a", Kind::Int32), ("b", Kind::Text(Some(70))), ("gone", Kind::Json)],
        ));
        old.columns.iter_mut().for_each(|column| column.not_null = true);
        let made = after(dialect, None, &old).expect("it is made").after;
        let new = not_null(table(
            1,
            &[("k", Kind::Int64), ("a", Kind::Float64), ("b", Kind::Text(Some(90))), ("new", Kind::Date)],
        ));
        let planned = after(dialect, Some(&made), &new).expect("it is possible");
        assert_eq!(planned.steps.iter().filter(|step| step.rewrites).count(), 1, "{dialect}: {:#?}", planned.steps);
        assert_eq!(planned.standing.absent, ["gone"], "{dialect}");
        for wanted in [&old, &new] {
            let again = after(dialect, Some(&planned.after), wanted).expect("it fits");
            assert_eq!(again.steps, vec![], "{dialect}: {:#?}", planned.steps);
        }
        let large = ExistingTable { size: 1_001, ..made.clone() };
        let refusal = after(dialect, Some(&large), &new).expect_err("it is too large");
        assert_eq!(refusal.code, "rewrite_needed", "{dialect}: {refusal}");
        assert!(refusal.message.contains("ALTER TABLE"), "{dialect}: {refusal}");
    }
}

#[test]
fn a_column_that_somebody_else_made_is_not_changed_but_told_how() {
    for dialect in ALL {
        let old = table(0, &[("c", Kind::Int32)]);
        let mut made = after(dialect, None, &old).expect("it is made").after;
        made.columns[0].noted = None;
        let wanted = table(0, &[("c", Kind::Text(None))]);
        let refusal = after(dialect, Some(&made), &wanted).expect_err("it is not ours");
        assert_eq!(refusal.code, "type_conflict", "{dialect}");
        assert_eq!(refusal.message.contains("ALTER TABLE"), dialect != Dialect::Sqlite, "{dialect}: {refusal}");
        // A wider one is fine as it is.
        let mut wider = after(dialect, None, &table(0, &[("c", decimal(20, 4))])).expect("it is made").after;
        wider.columns[0].noted = None;
        let planned = after(dialect, Some(&wider), &old);
        assert_eq!(
            planned.map(|planned| planned.steps.len()).ok(),
            (dialect != Dialect::Sqlite).then_some(0),
            "{dialect}"
        );
    }
}

#[test]
fn a_conflict_can_go_to_a_column_of_its_own() {
    let policy = Policy { on_conflict: OnConflict::NewColumn, ..POLICY };
    for dialect in ALL {
        let old = table(1, &[("id", Kind::Int32), ("c", Kind::Bool)]);
        let made = after(dialect, None, &old).expect("it is made").after;
        let mut current = made;
        for (kind, name, stands) in [
            (Kind::Text(Some(5)), "c__text", Kind::Text(None)),
            (Kind::Int32, "c__bigint", Kind::Int64),
            (Kind::Text(Some(9_000)), "c__text", Kind::Text(None)),
            (Kind::Bool, "c", Kind::Bool),
        ] {
            let wanted = table(1, &[("id", Kind::Int32), ("c", kind)]);
            let planned = plan(dialect, Some(&current), false, &wanted, policy).expect("it is possible");
            let stand = planned.standing.columns[1].clone().expect("it stands");
            assert_eq!((&*stand.name, stand.kind), (name, stands), "{dialect}");
            assert!(!planned.standing.absent.contains(&name.to_owned()) && planned.standing.foreign.is_empty());
            current = planned.after;
        }
        let key = table(1, &[("id", Kind::Text(None)), ("c", Kind::Bool)]);
        assert!(plan(dialect, Some(&current), false, &key, policy).is_err(), "{dialect}: a key is one column");
        let taken = table(1, &[("id", Kind::Int32), ("c", Kind::Date), ("c__date", Kind::Date)]);
        let refusal = plan(dialect, Some(&current), false, &taken, policy).expect_err("two fields, one column");
        assert_eq!(refusal.code, "name_collision", "{dialect}");
    }
}

#[test]
fn new_fields_can_be_ignored_and_nothing_else() {
    let policy = Policy { schema_changes: SchemaChanges::Ignore, ..POLICY };
    for dialect in ALL {
        let old = table(1, &[("id", Kind::Int32), ("c", Kind::Int32)]);
        let made = plan(dialect, None, false, &old, policy).expect("it is made").after;
        let wanted = table(1, &[("id", Kind::Int32), ("new", Kind::Date), ("c", Kind::Int32)]);
        let planned = plan(dialect, Some(&made), false, &wanted, policy).expect("it is possible");
        assert_eq!((planned.steps, planned.ignored), (vec![], vec!["new".to_owned()]), "{dialect}");
        assert_eq!(planned.standing.columns[1], None);
        let wider = table(1, &[("id", Kind::Int32), ("c", decimal(20, 2))]);
        let refusal = plan(dialect, Some(&made), false, &wider, policy).expect_err("it must change");
        assert_eq!(refusal.code, "schema_change", "{dialect}");
        assert!(refusal.message.contains("ignore"), "{refusal}");
    }
}

/// InnoDB has room for 64 columns of `VARCHAR(255)`.
#[test]
fn growth_keeps_mysqls_row_in_its_budget() {
    let columns = |limit: u32| {
        let names: Vec<String> = (0..100).map(|index| format!("c{index}")).collect();
        let fields: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), Kind::Text(Some(limit)))).collect();
        table(1, &fields)
    };
    let made = after(Dialect::Mariadb, None, &columns(100)).expect("it is made").after;
    assert!(made.columns.iter().all(|column| column.sql_type == "varchar(100)"));
    let planned = after(Dialect::Mariadb, Some(&made), &columns(255)).expect("it is possible");
    let long = planned.after.columns.iter().filter(|column| column.sql_type == "longtext").count();
    assert_eq!((long, planned.after.columns[0].sql_type.as_str()), (37, "varchar(255)"));
    assert_eq!(after(Dialect::Mariadb, Some(&planned.after), &columns(255)).expect("it fits").steps, vec![]);
}

fn check(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/dialect/golden/{name}.sql"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "UPDATE_GOLDEN=1 writes {} anew", path.display());
}
