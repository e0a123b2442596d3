//! What must be done to a table so that rows of a shape fit: from the catalogue's description and the wanted
//! table to statements, or to the reason why not.

use super::Dialect;
use super::stand::{self, Found};
use crate::config::{Existing, Mode, SchemaChanges};
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
    /// The collation of a text.
    pub collation: Option<String>,
    /// Whether the collation takes texts for equal that differ.
    pub is_blurred: bool,
    /// What this sink has written down of it, where it has made it.
    pub noted: Option<Noted>,
    /// Whether this sink fills it, though somebody else has made it: its type stays as it is.
    pub is_adopted: bool,
    /// Whether it is of a STRICT table (SQLite).
    pub is_strict: bool,
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
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `create_schema`, `create_table`, `add_column`, `drop_not_null`.
    pub action: &'static str,
    /// The columns that it adds.
    pub columns: Vec<String>,
    /// The statements, to be executed one by one.
    pub statements: Vec<String>,
}

impl Step {
    fn new(action: &'static str, statements: Vec<String>) -> Step {
        Step { action, columns: Vec::new(), statements }
    }
}

/// What is to be done, and what stands then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// The steps, in order; none if rows fit already.
    pub steps: Vec<Step>,
    /// What stands once they are done.
    pub standing: Standing,
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
    check_table(dialect, existing, wanted)?;
    let target = stand::target(dialect, existing, wanted)?;
    let types = dialect.column_types(&target)?;
    let mut missing = Vec::new();
    let mut columns = Vec::with_capacity(target.columns.len());
    for (index, column) in target.columns.iter().enumerate() {
        let stands = match stand::find(dialect, existing, &column.name) {
            None => {
                stand::check_apart(dialect, existing, column, wanted)?;
                missing.push(index);
                Stand { name: column.name.clone(), kind: column.kind }
            }
            Some(found) => match stand::judge(dialect, found, &target, index, &types[index])? {
                Found::Stands(kind) => Stand { name: found.name.clone(), kind },
                Found::TooNarrow => return Err(stand::conflict(found, &wanted.columns[index], wanted, &types[index])),
            },
        };
        columns.push(Some(stands));
    }
    let mut steps = Vec::new();
    if !missing.is_empty() {
        let mut step = add(dialect, &target, &missing)?;
        if existing.columns.iter().any(|column| dialect.is_perilous(&column.name)) {
            step.statements.iter_mut().for_each(|sql| *sql = dialect.slower(sql).unwrap_or_else(|| sql.clone()));
        }
        steps.push(step);
    }
    let relaxed = relaxed(dialect, existing, wanted)?;
    if !relaxed.is_empty() {
        steps.push(Step::new("drop_not_null", vec![dialect.drop_not_null(wanted, &relaxed)]));
    }
    if !steps.is_empty() && policy.schema_changes != SchemaChanges::Apply {
        let missing = missing.iter().map(|&index| &wanted.columns[index].name).chain(&relaxed);
        let names: Vec<&str> = missing.map(String::as_str).collect();
        let why = format!("it must change for columns {}", names.join(", "));
        return Err(change_refused(wanted, &why, policy.schema_changes));
    }
    let (absent, foreign) = stand::others(dialect, existing, &target);
    let (rooms, by_insert) = stand::rooms(dialect, existing, &target, &types);
    Ok(Planned { steps, standing: Standing { columns, absent, foreign, rooms, by_insert } })
}

fn create(dialect: Dialect, schema_missing: bool, wanted: &Table, policy: Policy) -> Result<Planned, Refusal> {
    let mut steps = Vec::new();
    if let Some(schema) = wanted.name.schema.as_ref().filter(|_| schema_missing) {
        steps.push(Step::new("create_schema", vec![dialect.create_schema(schema)]));
    }
    let columns = wanted.columns.iter().map(|column| column.name.clone()).collect();
    steps.push(Step { columns, ..Step::new("create_table", dialect.create_table(wanted)?) });
    if policy.schema_changes == SchemaChanges::Refuse {
        return Err(change_refused(wanted, "it is not there", policy.schema_changes));
    }
    let stand = |column: &Column| Some(Stand { name: column.name.clone(), kind: column.kind });
    let columns = wanted.columns.iter().map(stand).collect();
    Ok(Planned { steps, standing: Standing { columns, ..Standing::default() } })
}

/// The step that adds these columns of the wanted table.
///
/// # Errors
/// Those of `column_types`.
pub fn add(dialect: Dialect, wanted: &Table, missing: &[usize]) -> Result<Step, Refusal> {
    let columns = missing.iter().map(|&index| wanted.columns[index].name.clone()).collect();
    Ok(Step { columns, ..Step::new("add_column", dialect.add_columns(wanted, missing)?) })
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
fn relaxed(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<Vec<String>, Refusal> {
    let mut relaxed = Vec::new();
    for found in existing.columns.iter().filter(|found| found.not_null) {
        let folded = dialect.fold(&found.name);
        let is_filled = match wanted.columns.iter().position(|column| dialect.fold(&column.name) == folded) {
            Some(index) => is_never_null(wanted, index),
            None => found.is_filled,
        };
        if !is_filled {
            relaxed.push(relax(dialect, found, wanted)?);
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

/// A NOT NULL that stands in the way: ours on PostgreSQL goes without a rewrite.
fn relax(dialect: Dialect, found: &ExistingColumn, wanted: &Table) -> Result<String, Refusal> {
    if dialect == Dialect::Postgres && found.noted.is_some() {
        return Ok(found.name.clone());
    }
    let text = format!(
        "column {} of table {} is NOT NULL, and rows of the schema may leave it empty; drop the NOT NULL",
        found.name, wanted.name
    );
    Err(Refusal::new("type_conflict", text))
}

fn change_refused(wanted: &Table, why: &str, changes: SchemaChanges) -> Refusal {
    let setting = match changes {
        SchemaChanges::CreateOnly => "schema_changes: create_only",
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
