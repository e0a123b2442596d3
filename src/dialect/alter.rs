//! Making columns wider (docs/types.md, "When a schema changes").

use super::plan::{ExistingColumn, ExistingTable, Step};
use super::{Dialect, mysql, postgres, rebuild};
use crate::record::{Column, Refusal, Table};

/// A column that changes.
pub(super) struct Change<'a> {
    /// As it is.
    pub(super) found: &'a ExistingColumn,
    /// As the target has it; `None`: the schema does not have it.
    pub(super) column: Option<&'a Column>,
    /// The type that it gets; `None`: it keeps its own.
    pub(super) ty: Option<&'a str>,
    /// Whether it shall take NULL.
    pub(super) relaxed: bool,
}

/// The steps that change these columns: what the database does at once, then what rewrites the table.
pub(super) fn steps(
    dialect: Dialect,
    target: &Table,
    existing: &ExistingTable,
    changes: &[Change<'_>],
) -> Result<Vec<Step>, Refusal> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let name = dialect.qualified(&target.name);
    let parts: Vec<(String, bool)> = match dialect {
        Dialect::Postgres => changes.iter().filter_map(|change| Some(postgres::retype(change, change.ty?))).collect(),
        Dialect::Mysql | Dialect::Mariadb => changes.iter().map(|change| mysql::modify(dialect, change)).collect(),
        Dialect::Sqlite => return rebuild::steps(target, existing, changes),
    };
    let (cheap, dear): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(_, in_place)| *in_place);
    let statement = |parts: Vec<(String, bool)>, end: &str| {
        let parts: Vec<String> = parts.into_iter().map(|(part, _)| part).collect();
        vec![format!("ALTER TABLE {name} {}{end}", parts.join(", "))]
    };
    let (at_once, by_copy) = if dialect.is_mysql() { (mysql::INPLACE, mysql::COPY) } else { ("", "") };
    let mut steps = Vec::new();
    if !cheap.is_empty() {
        steps.push(Step::new("widen_column", statement(cheap, at_once)));
    }
    if !dear.is_empty() {
        steps.push(Step { rewrites: true, ..Step::new("widen_column", statement(dear, by_copy)) });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests;
