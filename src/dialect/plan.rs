//! What must be done to a table so that rows of a shape fit: from the catalogue's description and the wanted
//! table to statements, or to the reason why not.

use super::Dialect;
use super::stand;
pub(crate) use super::stand::in_its_case;
use super::work::Work;
pub(crate) use super::work::rewrite_needed;
use crate::config::{Existing, Mode, OnConflict, SchemaChanges, Topic};
use crate::record::{Column, From, Kind, Refusal, Stand, Standing, Table};

/// A table as the database's catalogue describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingTable {
    /// Why rows in it would not be as durable as the ledger, if so: `is a view`, `has engine MyISAM`, ..
    pub unfit: Option<String>,
    /// Why it cannot be written to, or not as we write, if so.
    pub unwritable: Option<&'static str>,
    /// Its columns.
    pub columns: Vec<ExistingColumn>,
    /// The primary key's columns.
    pub key: Vec<String>,
    /// Why upserts cannot rest on its keys, if so: `has a deferrable primary key`, ..
    pub unfit_key: Option<String>,
    /// MySQL: another unique key. Upserts there go by any of them.
    pub rival_key: Option<String>,
    /// Whether it has rows.
    pub has_rows: bool,
    /// Whether this sink loads it already.
    pub is_ours: bool,
    /// Whether it is a view that can be written to.
    pub is_view: bool,
    /// Bytes of its rows, about.
    pub size: u64,
    /// SQLite: the statements that made it: the table, then its indexes and triggers.
    pub made_by: Vec<String>,
}

impl ExistingTable {
    /// Whether it has a column of this name.
    pub fn has(&self, dialect: Dialect, name: &str) -> bool {
        stand::find(dialect, self, name).is_some()
    }
}

/// A column as the database's catalogue describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingColumn {
    /// Its name.
    pub name: String,
    /// Its type as the catalogue spells it.
    pub sql_type: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// Whether the database fills it where a row leaves it out.
    pub is_filled: bool,
    /// Whether it is SQLite's number of the row.
    pub is_rowid: bool,
    /// The collation of a text.
    pub collation: Option<String>,
    /// Whether the collation takes texts for equal that differ.
    pub is_blurred: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// What this sink has written down of it, where it fills it.
    pub noted: Option<Noted>,
    /// Whether this sink fills it, though somebody else has made it: its type stays as it is.
    pub is_adopted: bool,
    /// Whether it is of a STRICT table (SQLite).
    pub is_strict: bool,
}

impl ExistingColumn {
    /// Whether this sink has made it, as far as it knows.
    pub fn is_own(&self) -> bool {
        self.noted.is_some() && !self.is_adopted
    }
}

/// What is written down of a column in `flatsink_column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// What it holds.
    pub kind: Kind,
    /// The schema for which that was written down.
    pub schema_id: i32,
}

/// What an entry allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What happens when a schema changes.
    pub schema_changes: SchemaChanges,
    /// What to do with a table that has rows and is not ours.
    pub existing: Existing,
    /// What happens to a field whose column holds something else.
    pub on_conflict: OnConflict,
    /// The size up to which a table is rewritten.
    pub rewrite_max: u64,
}

impl Policy {
    /// What this entry allows.
    pub fn of(entry: &Topic) -> Policy {
        Policy {
            schema_changes: entry.schema_changes,
            existing: entry.existing,
            on_conflict: entry.on_conflict,
            rewrite_max: entry.rewrite_max,
        }
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `create_schema`, `create_table`, `add_column`, `drop_not_null`, `widen_column`.
    pub action: &'static str,
    /// The statements, to be executed one by one.
    pub statements: Vec<String>,
    /// Whether all rows are written anew, while nobody writes.
    pub rewrites: bool,
}

impl Step {
    pub(super) fn new(action: &'static str, statements: Vec<String>) -> Step {
        Step { action, statements, rewrites: false }
    }

    /// The statements as they can be run by hand.
    pub fn script(&self, dialect: Dialect) -> String {
        let text: String = self.statements.iter().map(|statement| format!("{statement};\n")).collect();
        // What is copied must not be lost half-way.
        if dialect == Dialect::Sqlite && self.rewrites { format!("BEGIN;\n{text}COMMIT;\n") } else { text }
    }
}

/// What is to be done, and what stands then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// The steps, in order; none if rows fit already.
    pub steps: Vec<Step>,
    /// What stands once they are done.
    pub standing: Standing,
    /// The table once they are done.
    pub after: ExistingTable,
    /// The fields that are left out.
    pub ignored: Vec<String>,
}

/// What makes rows of the wanted table fit. `schema_missing`: the schema that the table shall live in is not there.
///
/// # Errors
/// `not_durable`, `table_exists`, `key_conflict`, `type_conflict`, `schema_change`, and those of `column_types`.
pub fn plan(
    dialect: Dialect,
    existing: Option<&ExistingTable>,
    schema_missing: bool,
    wanted: &Table,
    policy: Policy,
) -> Result<Planned, Refusal> {
    let Some(existing) = existing else {
        return create(dialect, schema_missing, wanted, policy);
    };
    if existing.has_rows && !existing.is_ours && policy.existing == Existing::Refuse {
        let text = format!(
            "table {} has rows, and this sink has not loaded them; set `existing: adopt` to load into it, or another \
             name with `table`",
            wanted.name
        );
        return Err(Refusal::new("table_exists", text));
    }
    let wanted = &in_its_case(dialect, existing, wanted);
    check_table(dialect, existing, wanted)?;
    let target = stand::target(dialect, existing, wanted, policy)?;
    let mut work = Work { dialect, existing, wanted, policy, types: dialect.column_types(&target)?, target };
    work.plan()
}

fn create(dialect: Dialect, schema_missing: bool, wanted: &Table, policy: Policy) -> Result<Planned, Refusal> {
    let mut steps = Vec::new();
    if let Some(schema) = wanted.name.schema.as_ref().filter(|_| schema_missing) {
        steps.push(Step::new("create_schema", vec![dialect.create_schema(schema)]));
    }
    let statements = dialect.create_table(wanted)?;
    let made_by = if dialect == Dialect::Sqlite { statements.clone() } else { Vec::new() };
    steps.push(Step::new("create_table", statements));
    if policy.schema_changes == SchemaChanges::Refuse {
        return Err(change_refused(wanted, "it is not there", policy.schema_changes));
    }
    let stand = |column: &Column| Some(Stand { name: column.name.clone(), kind: column.kind, noted: column.kind });
    let columns = wanted.columns.iter().map(stand).collect();
    let types = dialect.column_types(wanted)?;
    let spelled = |(index, ty): (usize, &String)| ExistingColumn {
        noted: Some(Noted { kind: wanted.columns[index].kind, schema_id: 0 }),
        ..stand::spelled(dialect, wanted, index, ty, dialect.is_not_null(wanted, index))
    };
    let after = ExistingTable {
        columns: types.iter().enumerate().map(spelled).collect(),
        key: wanted.columns[..wanted.key].iter().map(|column| column.name.clone()).collect(),
        is_ours: true,
        made_by,
        ..ExistingTable::default()
    };
    let standing = Standing { columns, ..Standing::default() };
    Ok(Planned { steps, standing, after, ignored: Vec::new() })
}

/// Whether rows of a shape fit an existing table as it is.
pub fn fits(dialect: Dialect, existing: &ExistingTable, shape: &Table) -> bool {
    check_table(dialect, existing, shape).is_ok()
        && dialect.column_types(shape).is_ok_and(|types| {
            let column = |(index, ty): (usize, &String)| {
                stand::find(dialect, existing, &shape.columns[index].name)
                    .is_some_and(|found| stand::is(dialect, found, shape, index, ty))
            };
            types.iter().enumerate().all(column)
        })
        && relaxed(dialect, existing, shape).is_ok_and(|relaxed| relaxed.is_empty())
        && stand::knows(dialect, existing, shape)
        && dialect.by_insert(existing, &shape.columns) == shape.by_insert
}

/// The columns that must take NULL and do not.
pub(super) fn relaxed(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<Vec<String>, Refusal> {
    let mut relaxed = Vec::new();
    for found in existing.columns.iter().filter(|found| found.not_null) {
        let folded = dialect.fold(&found.name);
        let is_filled = match wanted.columns.iter().position(|column| dialect.fold(&column.name) == folded) {
            Some(index) => is_never_null(wanted, index),
            None => found.is_filled,
        };
        if !is_filled {
            relaxed.push(relax(found, wanted)?);
        }
    }
    Ok(relaxed)
}

fn check_table(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<(), Refusal> {
    if let Some(unfit) = &existing.unfit {
        let text = format!("{} {unfit}; rows and offsets must be equally durable, in an ordinary table", wanted.name);
        return Err(Refusal::new("not_durable", text));
    }
    if let Some(why) = existing.unwritable {
        return Err(Refusal::new("not_writable", format!("{} {why}", wanted.name)));
    }
    compare_keys(dialect, existing, wanted)
}

fn compare_keys(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<(), Refusal> {
    if wanted.key == 0 {
        return Ok(());
    }
    let conflict = |why: String| Refusal::new("key_conflict", format!("table {} {why}", wanted.name));
    if existing.is_view {
        return existing.unfit_key.clone().map_or(Ok(()), |unfit| Err(conflict(unfit)));
    }
    let mut have: Vec<String> = existing.key.iter().map(|name| dialect.fold(name)).collect();
    let mut want: Vec<String> = wanted.columns[..wanted.key].iter().map(|column| dialect.fold(&column.name)).collect();
    have.sort_unstable();
    want.sort_unstable();
    if have != want {
        let key: Vec<&str> = wanted.columns[..wanted.key].iter().map(|column| column.name.as_str()).collect();
        let have = if have.is_empty() { "none".to_owned() } else { format!("({})", existing.key.join(", ")) };
        return Err(conflict(format!("must have the primary key ({}), and has {have}", key.join(", "))));
    }
    match (&existing.unfit_key, &existing.rival_key) {
        (Some(unfit), _) => Err(conflict(unfit.clone())),
        (None, Some(rival)) if wanted.mode == Mode::Table => {
            let text =
                format!("has another unique key, {rival}, by which MySQL would change rows of other keys; drop it");
            Err(conflict(text))
        }
        _ => Ok(()),
    }
}

fn is_never_null(wanted: &Table, index: usize) -> bool {
    let column = &wanted.columns[index];
    index < wanted.key || column.not_null || matches!(column.from, From::Partition | From::Offset)
}

/// A NOT NULL that stands in the way: ours goes.
fn relax(found: &ExistingColumn, wanted: &Table) -> Result<String, Refusal> {
    if found.is_own() && !found.is_filled {
        return Ok(found.name.clone());
    }
    let text = format!(
        "column {} of table {} is NOT NULL, and rows of the schema may leave it empty; drop the NOT NULL",
        found.name, wanted.name
    );
    Err(Refusal::new("type_conflict", text))
}

pub(super) fn change_refused(wanted: &Table, why: &str, changes: SchemaChanges) -> Refusal {
    let setting = match changes {
        SchemaChanges::CreateOnly => "schema_changes: create_only",
        SchemaChanges::Ignore => "schema_changes: ignore",
        SchemaChanges::Apply | SchemaChanges::Refuse => "schema_changes: refuse",
    };
    let text = format!(
        "table {} stays as it is by `{setting}`, and {why}; `flatsink plan` with `schema_changes: apply` prints the SQL",
        wanted.name
    );
    Refusal::new("schema_change", text)
}

/// The numbers of `name(1,2)`; empty for `name` alone, `None` for another type.
pub(super) fn arguments(sql_type: &str, name: &str) -> Option<Vec<u32>> {
    let rest = sql_type.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.strip_prefix('(')?.strip_suffix(')')?.split(',').map(|number| number.trim().parse().ok()).collect()
}
