//! An existing table on its way to the wanted one: what is missing, too narrow, in the way.

use super::alter::{self, Change};
use super::plan::{ExistingColumn, ExistingTable, Noted, Planned, Policy, Step, change_refused, relaxed};
use super::stand::{self, Found};
use super::{Dialect, mysql, rebuild};
use crate::config::SchemaChanges;
use crate::record::{From, Refusal, Stand, Standing, Table};

/// A table that is there, on its way to the wanted one.
pub(super) struct Work<'a> {
    pub(super) dialect: Dialect,
    pub(super) existing: &'a ExistingTable,
    pub(super) wanted: &'a Table,
    pub(super) policy: Policy,
    /// The wanted table with the kinds that its columns get.
    pub(super) target: Table,
    /// Their types.
    pub(super) types: Vec<String>,
}

impl Work<'_> {
    pub(super) fn plan(&mut self) -> Result<Planned, Refusal> {
        let (mut columns, mut missing, mut widened, mut ignored) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, column) in self.target.columns.iter().enumerate() {
            let found = stand::find(self.dialect, self.existing, &column.name);
            let Some(found) = found else {
                let is_new = matches!(column.from, From::Field(_)) && index >= self.target.key;
                if self.policy.schema_changes == SchemaChanges::Ignore && is_new {
                    ignored.push(column.path.clone());
                    columns.push(None);
                    continue;
                }
                stand::check_apart(self.dialect, self.existing, column, self.wanted)?;
                missing.push(index);
                columns.push(Some(Stand { name: column.name.clone(), kind: column.kind, noted: column.kind }));
                continue;
            };
            let kind = match stand::judge(self.dialect, found, &self.target, index, &self.types[index])? {
                Found::Stands(kind) => kind,
                Found::Widens => {
                    widened.push(index);
                    column.kind
                }
                Found::TooNarrow => return Err(self.conflict(found, index)),
            };
            let noted = if found.is_own() { kind } else { column.kind };
            columns.push(Some(Stand { name: found.name.clone(), kind, noted }));
        }
        let relaxed = relaxed(self.dialect, self.existing, &self.target)?;
        if self.dialect.is_mysql() {
            let changed: Vec<usize> = missing.iter().chain(&widened).copied().collect();
            mysql::settle(self.dialect, &self.target, self.existing, &changed, &mut self.types)?;
        }
        let steps = self.steps(&missing, &widened, &relaxed)?;
        self.allow(&steps, &missing, &widened, &relaxed)?;
        let after = self.after(&columns, &missing, &widened, &relaxed, &steps);
        let (absent, foreign) = stand::others(self.dialect, self.existing, &self.target);
        let (rooms, by_insert) = stand::rooms(self.dialect, &after, &self.target, &self.types);
        Ok(Planned { steps, standing: Standing { columns, absent, foreign, rooms, by_insert }, after, ignored })
    }

    fn steps(&self, missing: &[usize], widened: &[usize], relaxed: &[String]) -> Result<Vec<Step>, Refusal> {
        let folded: Vec<String> = relaxed.iter().map(|name| self.dialect.fold(name)).collect();
        let mut changes: Vec<Change<'_>> = Vec::new();
        for found in &self.existing.columns {
            let index = self.index(found);
            let relaxed = folded.contains(&self.dialect.fold(&found.name));
            let wider = index.filter(|index| widened.contains(index));
            // PostgreSQL takes a NOT NULL back by itself, without a rewrite.
            if wider.is_some() || (relaxed && self.dialect != Dialect::Postgres) {
                let column = index.map(|index| &self.target.columns[index]);
                changes.push(Change { found, column, ty: wider.map(|index| self.types[index].as_str()), relaxed });
            }
        }
        let mut steps = alter::steps(self.dialect, &self.target, self.existing, &changes)?;
        if !missing.is_empty() {
            let mut statements = self.dialect.add_columns(&self.target, missing, &self.types);
            if self.existing.columns.iter().any(|column| self.dialect.is_perilous(&column.name)) {
                statements
                    .iter_mut()
                    .for_each(|sql| *sql = self.dialect.slower(sql).map_or(sql.clone(), |slower| slower.0));
            }
            steps.push(Step::new("add_column", statements));
        }
        if self.dialect == Dialect::Postgres && !relaxed.is_empty() {
            steps.push(Step::new("drop_not_null", vec![self.dialect.drop_not_null(self.wanted, relaxed)]));
        }
        Ok(steps)
    }

    /// Whether the entry lets this be done, and by us.
    fn allow(&self, steps: &[Step], missing: &[usize], widened: &[usize], relaxed: &[String]) -> Result<(), Refusal> {
        if !steps.is_empty() && self.policy.schema_changes != SchemaChanges::Apply {
            let changed = missing.iter().chain(widened).map(|&index| &self.target.columns[index].name);
            let names: Vec<&str> = changed.chain(relaxed).map(String::as_str).collect();
            let why = format!("it must change for columns {}", names.join(", "));
            return Err(change_refused(self.wanted, &why, self.policy.schema_changes));
        }
        match steps.iter().find(|step| step.rewrites) {
            Some(step) if self.existing.size > self.policy.rewrite_max => {
                Err(rewrite_needed(self.wanted, &step.script(self.dialect)))
            }
            _ => Ok(()),
        }
    }

    /// The table as the catalogue will describe it.
    fn after(
        &self,
        columns: &[Option<Stand>],
        missing: &[usize],
        widened: &[usize],
        relaxed: &[String],
        steps: &[Step],
    ) -> ExistingTable {
        let mut after = ExistingTable { is_ours: true, ..self.existing.clone() };
        for (index, stand) in columns.iter().enumerate() {
            let Some(stand) = stand else { continue };
            let noted = Some(Noted { kind: stand.noted, schema_id: 0 });
            let folded = self.dialect.fold(&stand.name);
            let found = after.columns.iter_mut().find(|found| self.dialect.fold(&found.name) == folded);
            match found {
                Some(found) => {
                    if widened.contains(&index) {
                        let is_strict = found.is_strict;
                        *found = stand::spelled(self.dialect, &self.target, index, &self.types[index], found.not_null);
                        (found.noted, found.is_strict) = (noted, is_strict);
                    }
                    found.is_adopted = !found.is_own();
                    found.noted = noted;
                }
                None if missing.contains(&index) => {
                    let added = stand::spelled(self.dialect, &self.target, index, &self.types[index], false);
                    after.columns.push(ExistingColumn { noted, ..added });
                }
                None => {}
            }
        }
        after.columns.iter_mut().for_each(|found| found.not_null &= !relaxed.contains(&found.name));
        if self.dialect == Dialect::Sqlite {
            after.made_by = rebuild::made_by(&self.existing.made_by, steps);
        }
        after
    }

    fn index(&self, found: &ExistingColumn) -> Option<usize> {
        let folded = self.dialect.fold(&found.name);
        self.target.columns.iter().position(|column| self.dialect.fold(&column.name) == folded)
    }

    /// A column that somebody else made, or that no statement of ours can change.
    fn conflict(&self, found: &ExistingColumn, index: usize) -> Refusal {
        let (column, ty) = (Some(&self.target.columns[index]), Some(self.types[index].as_str()));
        // What fills a column would have to be said anew.
        let is_filled = found.is_filled && self.dialect.is_mysql() || found.sql_type.ends_with(" GENERATED");
        let steps = match self.dialect {
            _ if is_filled || self.dialect == Dialect::Sqlite => Vec::new(),
            _ => {
                alter::steps(self.dialect, &self.target, self.existing, &[Change { found, column, ty, relaxed: false }])
                    .unwrap_or_default()
            }
        };
        let by_hand: Vec<&str> = steps.iter().flat_map(|step| &step.statements).map(String::as_str).collect();
        stand::conflict(found, &self.wanted.columns[index], self.wanted, &self.types[index], &by_hand.join("; "))
    }
}

/// What is left to the operator, because it takes too long.
pub(crate) fn rewrite_needed(table: &Table, script: &str) -> Refusal {
    let text = format!(
        "table {} must be rewritten and is larger than `rewrite_max`; run this by hand, and flatsink goes on: {}",
        table.name,
        script.trim_end().replace('\n', " ")
    );
    Refusal::new("rewrite_needed", text)
}
