//! MySQL and MariaDB: types under InnoDB's two budgets, options, comments.

use super::Dialect;
use super::alter::Change;
use super::ddl::{column_comment, comment_text, too_many_columns};
pub(super) use super::found::mysql::{holds, kinds};
use super::plan::{ExistingColumn, ExistingTable, arguments};
use crate::record::{Column, From, Kind, Refusal, Table};

const COLUMNS_MAX: usize = 1_017;
const KEY_COLUMNS_MAX: usize = 16;
/// Bytes of a primary key.
const KEY_MAX: usize = 3_072;
/// Bytes of a row without what long columns keep elsewhere.
const ROW_MAX: usize = 65_535;
/// Bytes of a row in its page.
const PAGE_MAX: usize = 8_126;
/// What InnoDB adds to a row, as measured: 995 BIGINT fit, 996 do not.
const PAGE_HEADER: usize = 40;
/// Bytes that a long column may keep in the page.
const LONG: usize = 41;
const BYTES_PER_CHARACTER: usize = 4;
/// Characters of a `VARCHAR` at most: what a key can hold.
const VARCHAR_MAX: usize = 768;
/// Shorter ones count in full against the page, and growing beyond them copies the table.
pub(super) const VARCHAR_MIN: usize = 64;
const VARBINARY_MIN: usize = 256;
const TOPIC_MAX: usize = 249;

pub(super) const INSTANT: &str = ", ALGORITHM=INSTANT";
pub(super) const INPLACE: &str = ", ALGORITHM=INPLACE, LOCK=NONE";
pub(super) const COPY: &str = ", ALGORITHM=COPY";

/// A SQL type and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Type {
    /// Of a fixed size in bytes.
    Fixed(String, usize),
    Varchar(usize),
    Varbinary(usize),
    /// Kept outside of the row where it is long.
    Long(&'static str),
}

impl Type {
    fn sql(&self) -> String {
        match self {
            Type::Fixed(name, _) => name.clone(),
            Type::Varchar(characters) => format!("VARCHAR({characters})"),
            Type::Varbinary(bytes) => format!("VARBINARY({bytes})"),
            Type::Long(name) => (*name).to_owned(),
        }
    }

    /// Bytes of its content at most, where that is bounded.
    fn content(&self) -> Option<usize> {
        match self {
            Type::Fixed(_, bytes) | Type::Varbinary(bytes) => Some(*bytes),
            Type::Varchar(characters) => Some(characters * BYTES_PER_CHARACTER),
            Type::Long(_) => None,
        }
    }

    /// Bytes of the row's budget.
    fn row(&self) -> usize {
        match self {
            Type::Fixed(_, bytes) => *bytes,
            Type::Long(_) => 12,
            Type::Varchar(_) | Type::Varbinary(_) => {
                let content = self.content().unwrap_or_default();
                content + if content > 255 { 2 } else { 1 }
            }
        }
    }

    /// Bytes of the page's budget; a key stays in the page.
    fn page(&self, in_key: bool) -> usize {
        match self {
            Type::Fixed(_, bytes) => *bytes,
            Type::Long(_) => LONG,
            Type::Varchar(_) | Type::Varbinary(_) if in_key => self.row(),
            Type::Varchar(_) | Type::Varbinary(_) => self.row().min(LONG),
        }
    }
}

pub(super) fn types(dialect: Dialect, table: &Table) -> Result<Vec<String>, Refusal> {
    if table.columns.len() > COLUMNS_MAX {
        return Err(too_many_columns(table, "InnoDB allows 1017"));
    }
    let mut types: Vec<Type> = table.columns.iter().map(|column| plain(dialect, column)).collect();
    bound_key(dialect, table, &mut types)?;
    while types.iter().map(Type::row).sum::<usize>() + types.len().div_ceil(8) > ROW_MAX {
        let widest = (table.key..types.len())
            .filter(|&index| matches!(types[index], Type::Varchar(_) | Type::Varbinary(_)))
            .max_by_key(|&index| (types[index].row(), index));
        match widest {
            Some(index) if matches!(types[index], Type::Varchar(_)) => types[index] = Type::Long("LONGTEXT"),
            Some(index) => types[index] = Type::Long("LONGBLOB"),
            None => return Err(row_size(table, "65535 bytes")),
        }
    }
    let page: usize = types.iter().enumerate().map(|(index, ty)| ty.page(index < table.key)).sum();
    // One bit for each column that may be NULL.
    if page + PAGE_HEADER + types.len().div_ceil(8) > PAGE_MAX {
        return Err(row_size(table, "8126 bytes of a page"));
    }
    Ok(types.iter().map(Type::sql).collect())
}

/// Turns the widest of the new and changed texts into long ones until a row of the table as it stands fits.
pub(super) fn settle(
    dialect: Dialect,
    target: &Table,
    existing: &ExistingTable,
    changed: &[usize],
    types: &mut [String],
) -> Result<(), Refusal> {
    if changed.is_empty() {
        // What the server took is no matter of ours.
        return Ok(());
    }
    let mut movable: Vec<(usize, Type)> = changed.iter().map(|&index| (index, cost(&types[index]))).collect();
    let is_changed = |found: &&ExistingColumn| {
        let folded = dialect.fold(&found.name);
        changed.iter().any(|&index| dialect.fold(&target.columns[index].name) == folded)
    };
    let in_key = |found: &ExistingColumn| existing.key.contains(&found.name);
    let fixed: Vec<(Type, bool)> =
        existing.columns.iter().filter(|it| !is_changed(it)).map(|it| (cost(&it.sql_type), in_key(it))).collect();
    let columns = fixed.len() + movable.len();
    let row = fixed.iter().map(|(ty, _)| ty.row()).sum::<usize>() + columns.div_ceil(8);
    while row + movable.iter().map(|(_, ty)| ty.row()).sum::<usize>() > ROW_MAX {
        let widest = movable
            .iter_mut()
            .filter(|(index, ty)| *index >= target.key && matches!(ty, Type::Varchar(_) | Type::Varbinary(_)))
            .max_by_key(|(index, ty)| (ty.row(), *index));
        let Some((index, ty)) = widest else { return Err(row_size(target, "65535 bytes")) };
        *ty = Type::Long(if matches!(ty, Type::Varchar(_)) { "LONGTEXT" } else { "LONGBLOB" });
        types[*index] = ty.sql();
    }
    let page = fixed.iter().map(|(ty, in_key)| ty.page(*in_key)).sum::<usize>()
        + movable.iter().map(|(index, ty)| ty.page(*index < target.key)).sum::<usize>();
    if page + PAGE_HEADER + columns.div_ceil(8) > PAGE_MAX {
        return Err(row_size(target, "8126 bytes of a page"));
    }
    Ok(())
}

/// What a type costs, by its name.
fn cost(sql_type: &str) -> Type {
    let lower = sql_type.to_ascii_lowercase();
    let (name, rest) = lower.split_once('(').unwrap_or((&lower, ""));
    let numbers: Vec<usize> =
        rest.split(')').next().unwrap_or_default().split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let fixed = |bytes| Type::Fixed(sql_type.to_owned(), bytes);
    match (name.split(' ').next().unwrap_or_default(), &numbers[..]) {
        ("varchar", [characters]) => Type::Varchar(*characters),
        ("varbinary", [bytes]) => Type::Varbinary(*bytes),
        ("binary" | "char", [bytes]) => fixed(*bytes),
        ("decimal", [precision, scale]) => {
            fixed(decimal_bytes(precision.saturating_sub(*scale) as u32) + decimal_bytes(*scale as u32))
        }
        ("boolean" | "tinyint", _) => fixed(1),
        ("int", _) => fixed(4),
        ("date", _) => fixed(3),
        ("time", _) => fixed(6),
        ("longtext" | "longblob" | "text" | "blob" | "mediumtext" | "mediumblob" | "json", _) => Type::Long("LONGTEXT"),
        _ => fixed(8),
    }
}

/// A type as the catalogue spells it, without display widths, and its collation.
pub(super) fn spelled(dialect: Dialect, ty: &str) -> (String, Option<String>) {
    let lower = ty.to_ascii_lowercase();
    let text = |name: &str| (name.to_owned(), Some(collation(dialect).to_owned()));
    match lower.as_str() {
        "boolean" => ("tinyint(1)".to_owned(), None),
        "json" if dialect == Dialect::Mariadb => ("longtext".to_owned(), Some("utf8mb4_bin".to_owned())),
        _ if lower.starts_with("char(36)") => ("char(36)".to_owned(), Some("ascii_bin".to_owned())),
        _ if lower.starts_with("varchar") || lower == "longtext" => text(&lower),
        _ => (lower, None),
    }
}

/// `MODIFY COLUMN`, which restates all that a column is; and whether that leaves the rows as they are.
pub(super) fn modify(dialect: Dialect, change: &Change<'_>) -> (String, bool) {
    let found = change.found;
    let (mut ty, comment) = match (change.ty, change.column) {
        (Some(ty), Some(column)) => (ty.to_owned(), comment(column)),
        _ => {
            let json = found.noted.is_some_and(|noted| noted.kind == Kind::Json);
            let ty = if json { "JSON".to_owned() } else { found.sql_type.clone() };
            let comment = found.comment.as_ref().filter(|text| !text.is_empty());
            (ty, comment.map_or(String::new(), |text| format!(" COMMENT {}", literal(text, 1_024))))
        }
    };
    let grown = |name: &str, least: u32| match (arguments(&found.sql_type, name), arguments(&lower(&ty), name)) {
        (Some(before), Some(after)) => before.first().zip(after.first()).is_some_and(|(a, b)| least <= *a && a <= b),
        _ => false,
    };
    let in_place =
        !change.relaxed && (grown("varchar", VARCHAR_MIN as u32) || grown("varbinary", VARBINARY_MIN as u32));
    let uppercase = ty.to_ascii_uppercase();
    if uppercase.starts_with("VARCHAR") || uppercase == "LONGTEXT" {
        ty.push_str(&character_set(dialect));
    }
    let null = if found.not_null && !change.relaxed { " NOT NULL" } else { " NULL" };
    (format!("MODIFY COLUMN {} {ty}{null}{comment}", dialect.quote(&found.name)), in_place)
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn row_size(table: &Table, limit: &str) -> Refusal {
    let text = format!(
        "a row of table {} with its {} columns would not fit InnoDB's {limit}; split the record, or leave fields out",
        table.name,
        table.columns.len()
    );
    Refusal::new("row_size", text)
}

/// The type outside of a key.
fn plain(dialect: Dialect, column: &Column) -> Type {
    let fixed = |name: &str, bytes| Type::Fixed(name.to_owned(), bytes);
    match (column.from, column.kind) {
        (From::Topic, _) => Type::Varchar(TOPIC_MAX),
        (From::MessageType, _) => Type::Varchar(VARCHAR_MIN),
        (_, Kind::Bool) => fixed("BOOLEAN", 1),
        (_, Kind::Int32) => fixed("INT", 4),
        (_, Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal) => fixed("BIGINT", 8),
        (_, Kind::Float32 | Kind::Float64) => fixed("DOUBLE", 8),
        (_, Kind::Text(Some(limit))) if limit as usize <= VARCHAR_MAX => {
            Type::Varchar((limit as usize).max(VARCHAR_MIN))
        }
        (_, Kind::Bytes(Some(limit))) if limit as usize <= KEY_MAX => {
            Type::Varbinary((limit as usize).max(VARBINARY_MIN))
        }
        (_, Kind::Fixed(length @ 1..=255)) => Type::Fixed(format!("BINARY({length})"), length as usize),
        (_, Kind::Decimal { precision, scale }) if is_decimal(dialect, precision, scale) => {
            let bytes = decimal_bytes(precision - scale.min(precision)) + decimal_bytes(scale);
            Type::Fixed(format!("DECIMAL({precision},{scale})"), bytes)
        }
        (_, Kind::Uuid) => fixed("BINARY(16)", 16),
        (_, Kind::UuidText) => fixed("CHAR(36) CHARACTER SET ascii COLLATE ascii_bin", 36),
        (_, Kind::Date) => fixed("DATE", 3),
        (_, Kind::Time | Kind::TimeSpan) => fixed("TIME(6)", 6),
        (_, Kind::TimestampTz | Kind::Timestamp) => fixed("DATETIME(6)", 8),
        (_, Kind::Duration) => Type::Varchar(VARCHAR_MIN),
        (_, Kind::Bytes(_) | Kind::Fixed(_)) => Type::Long("LONGBLOB"),
        (_, Kind::Text(_) | Kind::Decimal { .. } | Kind::BigDecimal) => Type::Long("LONGTEXT"),
        (_, Kind::Json) => Type::Long("JSON"),
    }
}

/// Whether `DECIMAL` can hold it; else it is a text.
pub(super) fn is_decimal(dialect: Dialect, precision: u32, scale: u32) -> bool {
    let scale_max = if dialect == Dialect::Mariadb { 38 } else { 30 };
    precision <= 65 && scale <= scale_max
}

fn decimal_bytes(digits: u32) -> usize {
    const REST: [usize; 9] = [0, 1, 1, 2, 2, 3, 3, 4, 4];
    digits as usize / 9 * 4 + REST[digits as usize % 9]
}

/// Gives the key's long columns equal shares of what the others leave.
fn bound_key(dialect: Dialect, table: &Table, types: &mut [Type]) -> Result<(), Refusal> {
    let key_size = |why: String| Refusal::new("key_size", format!("the key of table {} {why}", table.name));
    let key = &mut types[..table.key];
    if key.len() > KEY_COLUMNS_MAX {
        return Err(key_size(format!("has {} columns; MySQL allows {KEY_COLUMNS_MAX}", key.len())));
    }
    for (ty, column) in key.iter_mut().zip(&table.columns) {
        match column.kind {
            Kind::Fixed(length) if ty.content().is_none() => *ty = Type::Varbinary(length as usize),
            _ => {}
        }
    }
    let bounded: usize = key.iter().filter_map(Type::content).sum();
    let long = key.iter().filter(|ty| ty.content().is_none()).count();
    let characters = dialect.key_text_max(&table.columns[..table.key]).unwrap_or_default();
    if bounded > KEY_MAX || (long > 0 && characters == 0) {
        return Err(key_size(format!(
            "could be longer than MySQL's {KEY_MAX} bytes; choose shorter columns with `key`"
        )));
    }
    for ty in key {
        match ty {
            Type::Long("LONGBLOB") => *ty = Type::Varbinary(characters * BYTES_PER_CHARACTER),
            Type::Long(_) => *ty = Type::Varchar(characters),
            _ => {}
        }
    }
    Ok(())
}

/// The collation that keeps all texts apart that differ: binary, and blanks at the end count.
pub(super) fn collation(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Mariadb { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" }
}

/// What follows the columns.
pub(super) fn options(dialect: Dialect, table: &Table) -> String {
    let comment = table.comment.as_deref().and_then(comment_text);
    let comment = comment.map_or(String::new(), |text| format!(" COMMENT={}", literal(&text, 2_048)));
    format!(" ENGINE=InnoDB ROW_FORMAT=DYNAMIC{}{comment}", character_set(dialect))
}

pub(super) fn character_set(dialect: Dialect) -> String {
    format!(" CHARACTER SET utf8mb4 COLLATE {}", collation(dialect))
}

/// The same type with its character set, where it has one.
pub(super) fn with_character_set(dialect: Dialect, sql_type: &mut String) {
    if sql_type.starts_with("VARCHAR") || sql_type == "LONGTEXT" {
        sql_type.push_str(&character_set(dialect));
    }
}

/// What follows a column's type.
pub(super) fn comment(column: &Column) -> String {
    column_comment(column).map_or(String::new(), |text| format!(" COMMENT {}", literal(&text, 1_024)))
}

/// A string literal of so many characters at most; MySQL keeps comments in three-byte UTF-8.
fn literal(text: &str, characters: usize) -> String {
    let kept: String = text.chars().take(characters).map(|c| if c > '\u{ffff}' { '\u{fffd}' } else { c }).collect();
    Dialect::Mysql.literal(&kept)
}
