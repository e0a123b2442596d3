//! What must be done to a table so that rows of a shape fit: from the catalogue's description and the wanted
//! table to statements, or to the reason why not.

use super::{Dialect, mysql, postgres, sqlite};
use crate::config::{Existing, Mode, SchemaChanges};
use crate::record::{Column, From, Kind, Refusal, Table};

/// A table as the database's catalogue describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingTable {
    /// Why rows in it would not be as durable as the ledger, if so: `is a view`, `has engine MyISAM`, ..
    pub unfit: Option<String>,
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
    /// The kind that this sink has written down for it (`kind_name`).
    pub kind: Option<String>,
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

/// How a table differs from the wanted one, where that can be mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Difference {
    /// The wanted columns that are missing.
    missing: Vec<usize>,
    /// Columns that must take NULL and do not.
    relaxed: Vec<String>,
}

/// The steps that make rows of the wanted table fit; none if they fit already. `schema_missing`: the schema that
/// the table shall live in is not there.
///
/// # Errors
/// `not_durable`, `table_exists`, `key_conflict`, `type_conflict`, `schema_change`, and those of `column_types`.
pub fn plan(
    dialect: Dialect,
    existing: Option<&ExistingTable>,
    schema_missing: bool,
    wanted: &Table,
    policy: Policy,
) -> Result<Vec<Step>, Refusal> {
    let Some(existing) = existing else {
        let mut steps = Vec::new();
        if let Some(schema) = wanted.name.schema.as_ref().filter(|_| schema_missing) {
            steps.push(Step::new("create_schema", vec![dialect.create_schema(schema)]));
        }
        let columns = wanted.columns.iter().map(|column| column.name.clone()).collect();
        steps.push(Step { columns, ..Step::new("create_table", dialect.create_table(wanted)?) });
        return if policy.schema_changes == SchemaChanges::Refuse {
            Err(change_refused(wanted, "it is not there", policy.schema_changes))
        } else {
            Ok(steps)
        };
    };
    if existing.has_rows && !existing.is_ours && policy.existing == Existing::Refuse {
        let text = format!(
            "table {} has rows, and this sink has not loaded them; set `existing: adopt` to load into it, or another \
             name with `table`",
            wanted.name
        );
        return Err(Refusal::new("table_exists", text));
    }
    let difference = compare(dialect, existing, wanted)?;
    let mut steps = Vec::new();
    if !difference.missing.is_empty() {
        steps.push(add(dialect, wanted, &difference.missing)?);
    }
    if !difference.relaxed.is_empty() {
        steps.push(Step::new("drop_not_null", vec![dialect.drop_not_null(wanted, &difference.relaxed)]));
    }
    if steps.is_empty() || policy.schema_changes == SchemaChanges::Apply {
        return Ok(steps);
    }
    let missing = difference.missing.iter().map(|&index| &wanted.columns[index].name).chain(&difference.relaxed);
    let names: Vec<&str> = missing.map(String::as_str).collect();
    Err(change_refused(wanted, &format!("it must change for columns {}", names.join(", ")), policy.schema_changes))
}

/// The step that adds these columns of the wanted table.
///
/// # Errors
/// Those of `column_types`.
pub fn add(dialect: Dialect, wanted: &Table, missing: &[usize]) -> Result<Step, Refusal> {
    let columns = missing.iter().map(|&index| wanted.columns[index].name.clone()).collect();
    Ok(Step { columns, ..Step::new("add_column", dialect.add_columns(wanted, missing)?) })
}

/// Whether rows of the wanted table fit an existing one as it is.
pub fn fits(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> bool {
    compare(dialect, existing, wanted).is_ok_and(|difference| difference == Difference::default())
}

fn compare(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<Difference, Refusal> {
    if let Some(unfit) = &existing.unfit {
        let text = format!("{} {unfit}; rows and offsets must be equally durable, in an ordinary table", wanted.name);
        return Err(Refusal::new("not_durable", text));
    }
    compare_keys(dialect, existing, wanted)?;
    let types = dialect.column_types(wanted)?;
    let mut difference = Difference::default();
    for (index, column) in wanted.columns.iter().enumerate() {
        let folded = dialect.fold(&column.name);
        match existing.columns.iter().find(|found| dialect.fold(&found.name) == folded) {
            None => difference.missing.push(index),
            Some(found) => {
                compare_column(dialect, found, wanted, index, &types[index])?;
                if found.not_null && !is_never_null(wanted, index) {
                    difference.relaxed.push(relax(dialect, found, wanted)?);
                }
            }
        }
    }
    for found in existing.columns.iter().filter(|found| found.not_null && !found.is_filled) {
        let folded = dialect.fold(&found.name);
        if !wanted.columns.iter().any(|column| dialect.fold(&column.name) == folded) {
            difference.relaxed.push(relax(dialect, found, wanted)?);
        }
    }
    Ok(difference)
}

fn compare_keys(dialect: Dialect, existing: &ExistingTable, wanted: &Table) -> Result<(), Refusal> {
    if wanted.key == 0 {
        return Ok(());
    }
    let conflict = |why: String| Refusal::new("key_conflict", format!("table {} {why}", wanted.name));
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

fn compare_column(
    dialect: Dialect,
    found: &ExistingColumn,
    wanted: &Table,
    index: usize,
    wanted_type: &str,
) -> Result<(), Refusal> {
    let column = &wanted.columns[index];
    let conflict = |why: String| {
        let text = format!("column {} of table {} {why}", column.name, wanted.name);
        Refusal::new("type_conflict", text)
    };
    let holds = match dialect {
        Dialect::Postgres => postgres::holds(found, column),
        Dialect::Mysql | Dialect::Mariadb => mysql::holds(dialect, found, column, wanted_type),
        Dialect::Sqlite => sqlite::holds(found, column),
    };
    if !holds {
        let collation = found.collation.as_ref().map_or(String::new(), |name| format!(" COLLATE {name}"));
        let have = format!("{}{collation}", found.sql_type);
        return Err(conflict(format!(
            "is {have}, and the schema wants {wanted_type}; changing types is not there yet"
        )));
    }
    // A uuid's lower-case text is the same to any collation.
    if index < wanted.key && found.is_blurred && column.kind != Kind::UuidText {
        let collation = found.collation.as_deref().unwrap_or("its own");
        return Err(conflict(format!(
            "is part of the key, and its collation {collation} takes different texts for equal"
        )));
    }
    match &found.kind {
        Some(kind) if !same_kind(dialect, kind, column) => {
            let name = kind_name(column.kind);
            Err(conflict(format!("holds {kind}, and the schema wants {name}; changing kinds is not there yet")))
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
    if dialect == Dialect::Postgres && found.kind.is_some() {
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

/// The kind as it is written down in `flatsink_column`.
pub fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Bytes(Some(limit)) => format!("Bytes({limit})"),
        Kind::Text(Some(limit)) => format!("Text({limit})"),
        Kind::Bytes(None) => "Bytes".to_owned(),
        Kind::Text(None) => "Text".to_owned(),
        Kind::Decimal { precision, scale } => format!("Decimal({precision},{scale})"),
        kind => format!("{kind:?}"),
    }
}

/// Whether values of a kind that was written down and those of the wanted kind mean the same in one column; limits
/// are a matter of the SQL type.
fn same_kind(dialect: Dialect, stored: &str, wanted: &Column) -> bool {
    let name = kind_name(wanted.kind);
    let family = |name: &str| match name.split('(').next().unwrap_or_default() {
        "Fixed" | "Bytes" => "Bytes".to_owned(),
        "Uuid" if dialect == Dialect::Sqlite => "Text".to_owned(),
        other => other.to_owned(),
    };
    if family(stored) != family(&name) {
        return false;
    }
    // Where a decimal is a text, its digits behind the point are part of it.
    let is_text = match wanted.kind {
        Kind::Decimal { precision, scale } => match dialect {
            Dialect::Postgres => false,
            Dialect::Mysql | Dialect::Mariadb => !mysql::is_decimal(dialect, precision, scale),
            Dialect::Sqlite => true,
        },
        _ => false,
    };
    !is_text
        || arguments(stored, "Decimal").is_some_and(|stored| {
            let wanted = arguments(&name, "Decimal").unwrap_or_default();
            stored.get(1) == wanted.get(1)
        })
}

/// The numbers of `name(1,2)`; empty for `name` alone, `None` for another type.
pub(super) fn arguments(sql_type: &str, name: &str) -> Option<Vec<u32>> {
    let rest = sql_type.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.strip_prefix('(')?.strip_suffix(')')?.split(',').map(|number| number.trim().parse().ok()).collect()
}
