//! `docs/conformance.md`: the scenarios and what was seen, written by the tests and compared with what they see.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use super::Group;

const DATABASES: [&str; 4] = ["PostgreSQL", "MySQL", "MariaDB", "SQLite"];

const INTRODUCTION: &str = "\
# Conformance

What the tests of other loaders ask of theirs, asked of flatsink on every database. Each scenario is a test of ours,
written after a description of theirs. Where their answer is a task that dies or a row that is lost, ours is a dead
letter, or one table that stops while the others go on.

The tests write this page (`UPDATE_GOLDEN=1`) and fail where it differs from what they see. *loads*: every record is
where it should be, and every value equal. *dead letter*, *stops*: with that code, which docs/operating.md explains;
the rest is loaded. *holds*: several loads or processes of its own. -: not played, for want of a server.
";

/// Two databases may write at the same time.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares one database's column with what was seen, or writes it.
pub fn check(groups: &[Group], database: &str, results: &[(String, Option<String>)]) {
    let _turn = WRITING.lock().expect("whoever wrote did not panic");
    let mut cells = read();
    for (name, outcome) in results {
        let cell = cells.entry((name.clone(), database.to_owned())).or_default();
        outcome.as_deref().unwrap_or("fails").clone_into(cell);
    }
    compare(groups, &cells);
}

/// Compares names and origins, or writes them.
pub fn check_names(groups: &[Group]) {
    let all: Vec<&str> = groups.iter().flat_map(|group| &group.scenarios).map(|it| it.name.as_str()).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a name stands twice");
    let _turn = WRITING.lock().expect("whoever wrote did not panic");
    compare(groups, &read());
}

/// By scenario and database.
type Cells = BTreeMap<(String, String), String>;

fn compare(groups: &[Group], cells: &Cells) {
    let wanted = write(groups, cells);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path(), &wanted).expect("the page can be written");
    }
    let found = std::fs::read_to_string(path()).unwrap_or_default();
    let difference = wanted.lines().find(|line| !found.lines().any(|other| other == *line)).unwrap_or("only the order");
    assert!(found == wanted, "docs/conformance.md is not what was seen; UPDATE_GOLDEN=1 writes it anew: {difference}");
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md")
}

fn read() -> Cells {
    let page = std::fs::read_to_string(path()).unwrap_or_default();
    let mut cells = Cells::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")) {
        let mut parts = row.split(" | ");
        let name = parts.next().unwrap_or_default();
        let outcomes = DATABASES.iter().zip(parts.skip(1)).filter(|(_, outcome)| *outcome != "-");
        cells.extend(
            outcomes.map(|(database, outcome)| ((name.to_owned(), (*database).to_owned()), outcome.to_owned())),
        );
    }
    cells
}

fn write(groups: &[Group], cells: &Cells) -> String {
    let cell = |name: &str, database: &str| cells.get(&(name.to_owned(), database.to_owned()));
    let all: Vec<&str> = groups.iter().flat_map(|group| &group.scenarios).map(|it| it.name.as_str()).collect();
    let played = |database: &&str| all.iter().filter(|name| cell(name, database).is_some()).count();
    let score = |database: &&str| match played(database) {
        0 => format!("{database} not played"),
        played => format!("{database} {played} of {}", all.len()),
    };
    let scores: Vec<String> = DATABASES.iter().map(score).collect();
    let mut page = format!("{INTRODUCTION}\nScore: {}.\n", scores.join(", "));
    for Group { title, scenarios } in groups {
        page +=
            &format!("\n## {title}\n| scenario | origin | {} |\n|---|---|---|---|---|---|\n", DATABASES.join(" | "));
        for scenario in scenarios {
            let outcomes = DATABASES.map(|database| cell(&scenario.name, database).map_or("-", String::as_str));
            page += &format!("| {} | {} | {} |\n", scenario.name, scenario.origin, outcomes.join(" | "));
        }
    }
    page
}
