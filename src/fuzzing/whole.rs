//! Whether rows and tables are what their dialect takes: as many cells as columns, each of its kind's form.

use crate::dialect::Dialect;
use crate::record::{Column, Kind, Table, rows};

/// Objects and arrays inside each other.
const DEPTH_MAX: usize = 30;

/// Cells of these columns, and nothing else.
pub(super) fn row(dialect: Dialect, columns: &[Column], row: &[u8]) {
    let mut cells = rows::Cells(row);
    for column in columns {
        let cell = cells.next().unwrap_or_else(|| panic!("{dialect}: no cell for {:?}", column.name));
        if let Some(cell) = cell {
            assert!(is_whole(dialect, column.kind, cell), "{dialect}: {:?} is {}", column.kind, hex::encode(cell));
        }
    }
    assert_eq!(cells.next(), None, "{dialect}: a cell without a column");
}

/// A table that can be said: names that differ, statements, the key in front.
pub(super) fn table(dialect: Dialect, table: &Table) {
    assert!(table.key <= table.columns.len() && table.key <= 33);
    let mut names: Vec<String> = table.columns.iter().map(|column| dialect.fold(&column.name)).collect();
    assert!(names.iter().all(|name| !name.is_empty() && !name.contains(char::is_control)), "{names:?}");
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    let Ok(statements) = dialect.create_table(table) else { return };
    for statement in statements {
        assert!(!statement.contains('\0'), "{statement:?}");
    }
}

fn is_whole(dialect: Dialect, kind: Kind, cell: &[u8]) -> bool {
    let text = || std::str::from_utf8(cell).is_ok();
    let postgres = dialect == Dialect::Postgres;
    let whole = if dialect == Dialect::Sqlite { 8 } else { 4 };
    match kind {
        Kind::Bool if dialect == Dialect::Sqlite => cell == 0i64.to_le_bytes() || cell == 1i64.to_le_bytes(),
        Kind::Bool => matches!(cell, [0 | 1]),
        Kind::Int32 => cell.len() == whole,
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => cell.len() == 8,
        Kind::Float32 if postgres => cell.len() == 4,
        Kind::Float32 | Kind::Float64 => is_held(dialect, cell),
        Kind::Bytes(limit) => limit.is_none_or(|limit| cell.len() <= limit as usize),
        Kind::Fixed(size) => cell.len() == size as usize,
        Kind::Text(_) => text() && !(postgres && cell.contains(&0)),
        Kind::Decimal { .. } | Kind::BigDecimal if postgres => is_numeric(cell),
        Kind::Decimal { .. } | Kind::BigDecimal => is_number(cell),
        Kind::Uuid if dialect == Dialect::Sqlite => cell.len() == 36 && text(),
        Kind::Uuid => cell.len() == 16,
        Kind::Date if postgres => cell.len() == 4,
        Kind::Date => cell.len() == 10 && text(),
        Kind::Time | Kind::Timestamp | Kind::TimestampTz if postgres => cell.len() == 8,
        Kind::Time => cell.len() == 15 && text(),
        Kind::Timestamp | Kind::TimestampTz => cell.len() == 26 && text(),
        Kind::Duration if postgres => cell.len() == 16,
        Kind::Duration => cell.starts_with(b"P") && text(),
        Kind::Json if postgres => {
            cell.split_first().is_some_and(|(version, text)| *version == 1 && is_json(text, true))
        }
        Kind::Json => is_json(cell, false),
        #[allow(unreachable_patterns, reason = "kinds of which nothing is said are taken as they are")]
        _ => true,
    }
}

fn is_held(dialect: Dialect, cell: &[u8]) -> bool {
    let Ok(bytes) = cell.try_into() else { return false };
    match dialect {
        Dialect::Postgres => true,
        Dialect::Sqlite => !f64::from_le_bytes(bytes).is_nan(),
        Dialect::Mysql | Dialect::Mariadb => f64::from_le_bytes(bytes).is_finite(),
    }
}

/// PostgreSQL's numeric: counted groups below 10,000, without zeros at an end, a sign, a scale.
fn is_numeric(cell: &[u8]) -> bool {
    let words: Vec<i16> = cell.chunks_exact(2).map(|word| i16::from_be_bytes([word[0], word[1]])).collect();
    let [count, _, sign, scale, groups @ ..] = &words[..] else { return false };
    cell.len() == 8 + 2 * groups.len()
        && *count as usize == groups.len()
        && matches!(sign, 0 | 0x4000)
        && (0..=16_383).contains(scale)
        && groups.iter().all(|group| (0..10_000).contains(group))
        && groups.first() != Some(&0)
        && groups.last() != Some(&0)
}

fn is_number(cell: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else { return false };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction) && (whole == "0" || !whole.starts_with('0'))
}

fn is_json(text: &[u8], without_nul: bool) -> bool {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(text) else { return false };
    depth(&value) <= DEPTH_MAX && !(without_nul && has_nul(&value))
}

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(entries) => entries.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}
