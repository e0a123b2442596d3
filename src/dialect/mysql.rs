//! MySQL and MariaDB: types under InnoDB's two budgets, options, comments.

use super::Dialect;
use super::ddl::{column_comment, comment_text, too_many_columns};
pub(super) use super::found::mysql::{holds, kinds};
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
    format!("'{}'", kept.replace('\\', "\\\\").replace('\'', "''"))
}
