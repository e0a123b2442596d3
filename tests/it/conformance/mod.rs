//! What the tests of other loaders ask of theirs, asked of flatsink on every database: one scenario a line, each with
//! the suite that it comes from. The scenarios are told in our own words after descriptions; where a peer's answer is
//! a task that dies or a row that is lost, the law here is flatsink's: a dead letter, or one table that stops.

mod attributes;
mod batching;
mod deletes;
mod evolution;
mod existing;
mod insert_modes;
mod messages;
mod naming;
mod nesting;
mod overrides;
mod page;
mod primary_keys;
mod scene;
mod stage;
mod types;
mod while_running;
mod widening;

use std::io::Write;

use crate::support::Kind;
use crate::support::world::World;
use scene::Scene;

/// One law.
pub struct Scenario {
    /// The law, in words.
    pub name: String,
    /// Whose suite asks for it, and what it is called there.
    pub origin: &'static str,
    play: Play,
}

/// How it is played.
pub enum Play {
    /// Together with others: they share the database, and the processes that load.
    Together(Box<dyn Fn(&mut Scene<'_>) + Send + Sync>),
    /// On a database and with processes of its own.
    Alone(fn(&World)),
}

/// Scenarios by subject.
pub struct Group {
    title: &'static str,
    scenarios: Vec<Scenario>,
}

/// Scenarios from functions whose names are the laws.
macro_rules! scenarios {
    ($($origin:literal => $law:ident),* $(,)?) => {
        vec![$($crate::conformance::Scenario::together(&stringify!($law).replace('_', " "), $origin, $law)),*]
    };
}
use scenarios;

impl Scenario {
    /// One that shares its database.
    pub fn together(law: &str, origin: &'static str, play: impl Fn(&mut Scene<'_>) + Send + Sync + 'static) -> Self {
        Scenario { name: law.to_owned(), origin, play: Play::Together(Box::new(play)) }
    }

    /// One with a database of its own.
    pub fn alone(law: &str, origin: &'static str, play: fn(&World)) -> Self {
        Scenario { name: law.replace('_', " "), origin, play: Play::Alone(play) }
    }
}

/// All of them.
fn groups() -> Vec<Group> {
    let group = |title, scenarios| Group { title, scenarios };
    let mut groups = vec![
        group("Insert modes", insert_modes::scenarios()),
        group("Primary keys", primary_keys::scenarios()),
        group("Deletes", deletes::scenarios()),
        group("Batches", batching::scenarios()),
        group("Schema evolution", evolution::scenarios()),
        group("Types that change", widening::scenarios()),
        group("While it runs", while_running::scenarios()),
        group("Tables that were there before", existing::scenarios()),
        group("Names", naming::scenarios()),
        group("Records inside of records", nesting::scenarios()),
        group("Single columns", overrides::scenarios()),
    ];
    groups.extend(types::groups());
    groups.extend(attributes::groups());
    groups
}

/// Plays all scenarios on one database, says how many held, and fails unless all did. `FLATSINK_TEST_SCENARIO`
/// plays only those that have this text in their name or their group's.
fn play(kind: Kind) {
    let filter = std::env::var("FLATSINK_TEST_SCENARIO").unwrap_or_default();
    let groups = groups();
    let chosen = groups.iter().flat_map(|group| group.scenarios.iter().map(move |scenario| (group.title, scenario)));
    let chosen = chosen.filter(|(title, it)| title.contains(&filter) || it.name.contains(&filter));
    let chosen = chosen.map(|(_, scenario)| scenario).collect();
    let Some((database, results)) = stage::play(kind, chosen) else { return };
    let failed: Vec<&str> = results.iter().filter(|(_, it)| it.is_none()).map(|(name, _)| name.as_str()).collect();
    let score = format!("conformance on {database}: {} of {}", results.len() - failed.len(), results.len());
    // Not by a macro: the score is to be seen where nothing failed, too.
    drop(writeln!(std::io::stderr(), "{score}"));
    assert!(failed.is_empty(), "{score}; these failed:\n  {}", failed.join("\n  "));
    if filter.is_empty() {
        page::check(&groups, database, &results);
    }
}

#[test]
fn postgres() {
    play(Kind::Postgres);
}

#[test]
fn mariadb() {
    play(Kind::Mariadb);
}

#[test]
fn mysql() {
    play(Kind::Mysql);
}

#[test]
fn sqlite() {
    play(Kind::Sqlite);
}

#[test]
fn every_scenario_is_in_the_page_and_has_a_name_of_its_own() {
    page::check_names(&groups());
}
