//! What stands of a column: the kind in which a schema's values are written to it.

use std::borrow::Cow;

use super::plan::{ExistingColumn, ExistingTable, Policy};
use super::{Dialect, mysql, postgres, sqlite};
use crate::config::{Mode, OnConflict, SchemaChanges};
use crate::record::join::{holds, join};
use crate::record::{Column, From, Kind, Limit, Refusal, Table};

/// What an existing column is to the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Values are written to it in this kind.
    Stands(Kind),
    /// It is ours, and becomes wider.
    Widens,
    /// It does not hold them.
    TooNarrow,
}

impl Dialect {
    /// The narrowest kind that holds every value of both, and to which this database can change a column.
    pub fn join(self, one: Kind, other: Kind) -> Option<Kind> {
        match (one, other) {
            // Bytes cannot become a text there.
            (Kind::Uuid, Kind::Text(_) | Kind::UuidText) | (Kind::Text(_) | Kind::UuidText, Kind::Uuid)
                if self.is_mysql() =>
            {
                None
            }
            _ => join(one, other),
        }
    }

    /// The kinds that an existing column holds by its SQL type, as wide as it allows, each in the bytes that the
    /// kind is encoded as. A field stands in the first one that holds its own kind.
    pub fn kinds(self, found: &ExistingColumn) -> Vec<Kind> {
        match self {
            Dialect::Postgres => postgres::kinds(found),
            Dialect::Mysql | Dialect::Mariadb => mysql::kinds(found),
            Dialect::Sqlite => sqlite::kinds(found),
        }
    }

    /// Whether every value of the column's kind fits an existing column unchanged, in the bytes that the kind is
    /// encoded as; `ty` is the type that a new table would have.
    fn holds(self, found: &ExistingColumn, column: &Column, ty: &str) -> bool {
        match self {
            Dialect::Postgres => postgres::holds(found, column),
            Dialect::Mysql | Dialect::Mariadb => mysql::holds(self, found, column, ty),
            Dialect::Sqlite => sqlite::holds(found, column),
        }
    }

    /// The scale that is part of each value of the kind, because the column is a text here.
    fn text_scale(self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Decimal { precision, scale } => {
                let is_text = match self {
                    Dialect::Postgres => false,
                    Dialect::Mysql | Dialect::Mariadb => !mysql::is_decimal(self, precision, scale),
                    Dialect::Sqlite => true,
                };
                is_text.then_some(scale)
            }
            _ => None,
        }
    }
}

impl Dialect {
    /// Whether texts of the one kind are as the other writes them.
    fn is_padded(self, from: Kind, to: Kind) -> bool {
        match (self.text_scale(to), from) {
            (Some(scale), Kind::Decimal { scale: before, .. }) => before == scale,
            (Some(scale), Kind::Int32 | Kind::Int64) => scale == 0,
            _ => true,
        }
    }

    /// Whether texts that are not so can be made so.
    fn can_pad(self, from: Kind, to: Kind) -> bool {
        self == Dialect::Sqlite || self.is_padded(from, to)
    }
}

/// The existing column of this name.
pub(super) fn find<'a>(dialect: Dialect, existing: &'a ExistingTable, name: &str) -> Option<&'a ExistingColumn> {
    let folded = dialect.fold(name);
    existing.columns.iter().find(|found| dialect.fold(&found.name) == folded)
}

/// The wanted table with its columns called as somebody else has called them, where only the case differs and no other
/// column is meant: PostgreSQL alone keeps such names apart.
pub(crate) fn in_its_case<'a>(dialect: Dialect, existing: &ExistingTable, wanted: &'a Table) -> Cow<'a, Table> {
    let mut cased = Cow::Borrowed(wanted);
    if dialect != Dialect::Postgres {
        return cased;
    }
    for (index, column) in wanted.columns.iter().enumerate() {
        if find(dialect, existing, &column.name).is_some() {
            continue;
        }
        let lower = column.name.to_lowercase();
        let wanted_alike = wanted.columns.iter().filter(|other| other.name.to_lowercase() == lower);
        let alike: Vec<_> = existing.columns.iter().filter(|found| found.name.to_lowercase() == lower).collect();
        if let ([found], 1) = (alike.as_slice(), wanted_alike.count())
            && !found.is_own()
        {
            cased.to_mut().columns[index].name.clone_from(&found.name);
        }
    }
    cased
}

/// Makes sure that a new column is not mixed up with one that is there.
///
/// # Errors
/// `name_collision`.
pub(super) fn check_apart(
    dialect: Dialect,
    existing: &ExistingTable,
    column: &Column,
    wanted: &Table,
) -> Result<(), Refusal> {
    let Some(form) = dialect.mixed_up(&column.name) else { return Ok(()) };
    match existing.columns.iter().find(|found| dialect.mixed_up(&found.name).as_ref() == Some(&form)) {
        Some(found) => {
            let text = format!(
                "column {} of table {} would be mixed up with its column {} by {dialect}; {}",
                column.name,
                wanted.name,
                found.name,
                advice(column)
            );
            Err(Refusal::new("name_collision", text))
        }
        None => Ok(()),
    }
}

/// The wanted table with each column's kind joined with what is written down of it. A field that its column cannot
/// hold gets a column of its own where the entry says so.
///
/// # Errors
/// `type_conflict` where there is no such kind, `name_collision` where the new column is another field's.
pub(super) fn target(
    dialect: Dialect,
    existing: &ExistingTable,
    wanted: &Table,
    policy: Policy,
) -> Result<Table, Refusal> {
    let mut target = wanted.clone();
    for (index, column) in target.columns.iter_mut().enumerate() {
        let aside = index >= wanted.key && policy.schema_changes == SchemaChanges::Apply;
        let joined = join_noted(dialect, existing, column, wanted, aside);
        let moves = policy.on_conflict == OnConflict::NewColumn
            && index >= wanted.key
            && matches!(column.from, From::Field(_))
            && joined.as_ref().map_or(true, |joined| is_foreign(dialect, existing, column, *joined));
        if !moves {
            column.kind = joined?;
            continue;
        }
        let (suffix, kind) = apart(column.kind);
        column.name = dialect.column_name(&format!("{}__{suffix}", column.name))?;
        (column.kind, column.not_null) = (kind, false);
        if let Some(other) = wanted.columns.iter().find(|other| dialect.fold(&other.name) == dialect.fold(&column.name))
        {
            let text = format!(
                "field {:?} would get the column {} beside the one that holds something else, and field {:?} has it",
                column.path, column.name, other.path
            );
            return Err(Refusal::new("name_collision", text));
        }
        column.kind = join_noted(dialect, existing, column, wanted, false)?;
    }
    Ok(target)
}

/// Whether somebody else made the column and it does not hold the field beside what it holds, which is `joined` then.
fn is_foreign(dialect: Dialect, existing: &ExistingTable, column: &Column, joined: Kind) -> bool {
    find(dialect, existing, &column.name).filter(|found| !found.is_own()).is_some_and(|found| {
        let padded = found.noted.is_none_or(|noted| dialect.is_padded(noted.kind, joined));
        !padded
            || !dialect.holds(found, column, "")
                && !dialect.kinds(found).into_iter().any(|kind| holds(kind, column.kind))
    })
}

fn join_noted(
    dialect: Dialect,
    existing: &ExistingTable,
    column: &Column,
    wanted: &Table,
    aside: bool,
) -> Result<Kind, Refusal> {
    let Some(found) = find(dialect, existing, &column.name) else { return Ok(column.kind) };
    let Some(noted) = found.noted else { return Ok(column.kind) };
    let joined = dialect.join(noted.kind, column.kind).filter(|joined| dialect.can_pad(noted.kind, *joined));
    joined.ok_or_else(|| {
        let text = format!(
            "column {} of table {} holds {} since schema {}, and this schema has {} there{}; {}",
            found.name,
            wanted.name,
            noted.kind,
            noted.schema_id,
            column.kind,
            if aside { put_aside(dialect, existing, found, wanted) } else { String::new() },
            advice(column)
        );
        Refusal::new("type_conflict", text)
    })
}

/// The statement that lets a column of ours be made anew beside what it held.
fn put_aside(dialect: Dialect, existing: &ExistingTable, found: &ExistingColumn, wanted: &Table) -> String {
    let (true, Ok(aside)) = (found.is_own(), dialect.column_name(&format!("{}__before", found.name))) else {
        return String::new();
    };
    if find(dialect, existing, &aside).is_some() {
        return String::new();
    }
    let (table, aside) = (dialect.qualified(&wanted.name), dialect.quote(&aside));
    let nullable = match dialect {
        _ if !found.not_null => String::new(),
        Dialect::Postgres => format!("; ALTER TABLE {table} ALTER COLUMN {aside} DROP NOT NULL"),
        // It must take NULL from then on, and that is not said in a word there.
        Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => return String::new(),
    };
    let name = dialect.quote(&found.name);
    format!(
        "; where no record of the older schemas is to come, by hand: ALTER TABLE {table} RENAME COLUMN {name} TO \
         {aside}{nullable}, and flatsink makes the column anew"
    )
}

/// The name's end and the kind of a column beside the one that holds something else: as wide as its family, so that
/// later schemas fit.
fn apart(kind: Kind) -> (&'static str, Kind) {
    match kind {
        Kind::Bool => ("boolean", kind),
        Kind::Int32 | Kind::Int64 => ("bigint", Kind::Int64),
        Kind::Float32 | Kind::Float64 => ("double", Kind::Float64),
        Kind::Bytes(_) | Kind::Fixed(_) => ("bytes", Kind::Bytes(None)),
        Kind::Text(_) | Kind::UuidText => ("text", Kind::Text(None)),
        Kind::Decimal { .. } | Kind::BigDecimal => ("numeric", Kind::BigDecimal),
        Kind::Uuid => ("uuid", kind),
        Kind::Date => ("date", kind),
        Kind::Time => ("time", kind),
        Kind::TimeSpan => ("timespan", kind),
        Kind::TimestampTz => ("timestamptz", kind),
        Kind::Timestamp => ("timestamp", kind),
        Kind::NanosUtc => ("nanos", kind),
        Kind::NanosLocal => ("local_nanos", kind),
        Kind::Duration => ("interval", kind),
        Kind::Json => ("json", kind),
    }
}

/// What stands of a column of the target.
///
/// # Errors
/// `type_conflict` for a key's column whose collation takes different texts for equal.
pub(super) fn judge(
    dialect: Dialect,
    found: &ExistingColumn,
    target: &Table,
    index: usize,
    ty: &str,
) -> Result<Found, Refusal> {
    let column = &target.columns[index];
    let in_key = index < target.key;
    let stands = if dialect.holds(found, column, ty) {
        Some(column.kind)
    } else if matches!(column.from, From::Field(_)) {
        let wider = |kind: &Kind| {
            *kind != column.kind
                && (dialect.adopts(found, *kind, column.kind)
                    || (holds(*kind, column.kind) && dialect.join(*kind, column.kind).is_some()))
                && (!in_key || kind.is_key())
        };
        dialect.kinds(found).into_iter().find(wider)
    } else {
        None
    };
    let padded = found.noted.is_none_or(|noted| dialect.is_padded(noted.kind, column.kind));
    let Some(kind) = stands.filter(|_| padded) else {
        return Ok(if is_ours(dialect, found, target, index) { Found::Widens } else { Found::TooNarrow });
    };
    // A uuid's lower-case text is the same to any collation.
    if in_key && found.is_blurred && kind != Kind::UuidText {
        let collation = found.collation.as_deref().unwrap_or("its own");
        let text = format!(
            "column {} of table {} is part of the key, and its collation {collation} takes different texts for equal",
            found.name, target.name
        );
        return Err(Refusal::new("type_conflict", text));
    }
    Ok(Found::Stands(kind))
}

/// Whether an existing column is what the shape takes it for.
pub(super) fn is(dialect: Dialect, found: &ExistingColumn, shape: &Table, index: usize, ty: &str) -> bool {
    let column = &shape.columns[index];
    let same_text = found.noted.is_none_or(|noted| {
        dialect.join(noted.kind, column.kind).is_some() && dialect.is_padded(noted.kind, column.kind)
    });
    let blurred = index < shape.key && found.is_blurred && column.kind != Kind::UuidText;
    same_text && !blurred && dialect.holds(found, column, ty) && dialect.room(found, column, ty) == column.room
}

/// For each column of the target the longest value that the existing one takes, where that is less than its kind
/// allows; and whether rows must come by INSERT.
pub(super) fn rooms(
    dialect: Dialect,
    existing: &ExistingTable,
    target: &Table,
    types: &[String],
) -> (Vec<Option<Limit>>, bool) {
    let room = |(column, ty): (&Column, &String)| dialect.room(find(dialect, existing, &column.name)?, column, ty);
    let rooms = target.columns.iter().zip(types).map(room).collect();
    (rooms, dialect.by_insert(existing, &target.columns))
}

/// A column that does not hold the wanted one's values.
pub(super) fn conflict(found: &ExistingColumn, column: &Column, wanted: &Table, ty: &str, by_hand: &str) -> Refusal {
    let collation = found.collation.as_ref().map_or(String::new(), |name| format!(" COLLATE {name}"));
    let by_hand = if by_hand.is_empty() { String::new() } else { format!("; by hand: {by_hand}") };
    let text = format!(
        "column {} of table {} is {}{collation}, and this schema's {} needs {ty}{by_hand}; {}",
        found.name,
        wanted.name,
        found.sql_type,
        column.kind,
        advice(column)
    );
    Refusal::new("type_conflict", text)
}

/// What helps where the data must not be converted.
fn advice(column: &Column) -> String {
    let name = serde_json::Value::from(column.path.as_str());
    format!("`on_conflict: new_column` or `columns: {{{name}: {{name: ..}}}}` gives it a column of its own")
}

/// Whether the column is as we made it for what is written down of it, so that it is ours to change.
fn is_ours(dialect: Dialect, found: &ExistingColumn, target: &Table, index: usize) -> bool {
    let Some(noted) = found.noted.filter(|_| found.is_own()) else { return false };
    let mut before = target.clone();
    before.columns[index].kind = noted.kind;
    let Ok(types) = dialect.column_types(&before) else { return false };
    let made = spelled(dialect, &before, index, &types[index], found.not_null);
    let long = matches!(found.sql_type.as_str(), "longtext" | "longblob");
    // Widths of whole numbers are for showing them.
    let found_type = match found.sql_type.split_once('(') {
        Some((name @ ("int" | "bigint"), _)) if dialect.is_mysql() => name,
        _ => &found.sql_type,
    };
    let same_type = made.sql_type.eq_ignore_ascii_case(found_type) || (dialect.is_mysql() && long);
    same_type && made.collation == found.collation && (!found.is_filled || found.is_rowid)
}

/// A column of the table as the catalogue will describe it.
pub(super) fn spelled(dialect: Dialect, table: &Table, index: usize, ty: &str, not_null: bool) -> ExistingColumn {
    let column = &table.columns[index];
    let (sql_type, collation) = match dialect {
        Dialect::Postgres => postgres::spelled(ty),
        Dialect::Mysql | Dialect::Mariadb => mysql::spelled(dialect, ty),
        Dialect::Sqlite => (ty.to_owned(), None),
    };
    let comment = super::ddl::column_comment(column);
    ExistingColumn { name: column.name.clone(), sql_type, not_null, collation, comment, ..ExistingColumn::default() }
}

/// The existing columns that the target does not have: ours, and somebody else's.
pub(super) fn others(dialect: Dialect, existing: &ExistingTable, target: &Table) -> (Vec<String>, Vec<String>) {
    let mine: std::collections::HashSet<String> =
        target.columns.iter().map(|column| dialect.fold(&column.name)).collect();
    let others = existing.columns.iter().filter(|found| !mine.contains(&dialect.fold(&found.name)));
    let (absent, foreign): (Vec<&ExistingColumn>, Vec<&ExistingColumn>) =
        others.partition(|found| found.noted.is_some());
    let names = |columns: Vec<&ExistingColumn>| columns.into_iter().map(|found| found.name.clone()).collect();
    (names(absent), names(foreign))
}

/// Whether the shape knows all columns: in mode table it sets ours to NULL.
pub(super) fn knows(dialect: Dialect, existing: &ExistingTable, shape: &Table) -> bool {
    if shape.mode == Mode::Stream || existing.columns.len() == shape.columns.len() {
        return true;
    }
    let names = shape.columns.iter().map(|column| &column.name).chain(&shape.absent).chain(&shape.foreign);
    let known: std::collections::HashSet<String> = names.map(|name| dialect.fold(name)).collect();
    existing.columns.iter().all(|found| known.contains(&dialect.fold(&found.name)))
}
