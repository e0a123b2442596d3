//! SQLite changes a column by copying the table: the text that made it, with another type in it, makes the new one.

use std::ops::Range;

use super::Dialect;
use super::alter::Change;
use super::plan::{ExistingTable, Step};
use crate::record::{Kind, Refusal, Table};

/// Stands while rows are copied; no table of a user is called so.
const COPY: &str = "flatsink_copy";

/// The step that rebuilds the table with these changes.
///
/// # Errors
/// `rewrite_needed` where the text that made the table has the column in another form than ours.
pub(super) fn steps(target: &Table, existing: &ExistingTable, changes: &[Change<'_>]) -> Result<Vec<Step>, Refusal> {
    let dialect = Dialect::Sqlite;
    let Some(created) = existing.made_by.first().and_then(|made| altered(made, changes)) else {
        let text = format!(
            "table {} must be made anew for another type of {}, and the text that made it is not of flatsink's form: do it \
             by hand",
            target.name,
            changes.iter().map(|change| change.found.name.as_str()).collect::<Vec<_>>().join(", ")
        );
        return Err(Refusal::new("rewrite_needed", text));
    };
    let kept = existing.columns.iter().filter(|column| !column.sql_type.ends_with(" GENERATED"));
    let (names, values): (Vec<String>, Vec<String>) = kept
        .map(|column| {
            let name = dialect.quote(&column.name);
            let value = changes.iter().find(|change| change.found.name == column.name).map(|it| value(it, &name));
            (name.clone(), value.unwrap_or(name))
        })
        .unzip();
    let (old, copy) = (dialect.quote(&target.name.name), dialect.quote(COPY));
    // Without it SQLite would look for the views and triggers that name the table while it is not there.
    let mut statements = vec!["PRAGMA legacy_alter_table = ON".to_owned(), created];
    statements.push(format!("INSERT INTO {copy} ({}) SELECT {} FROM {old}", names.join(", "), values.join(", ")));
    statements.push(format!("DROP TABLE {old}"));
    statements.push(format!("ALTER TABLE {copy} RENAME TO {old}"));
    statements.extend(existing.made_by[1..].iter().cloned());
    statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    // The texts have changed where the type has not, and nothing else tells that.
    for (change, kind) in changes.iter().filter_map(|change| Some((change, change.column?.kind))) {
        if matches!(kind, Kind::Decimal { .. }) {
            let literal = |text: &str| dialect.literal(text);
            statements.push(format!(
                "UPDATE flatsink_column SET kind = {} WHERE table_name = {} AND column_name = {}",
                literal(&kind.to_string()),
                literal(&target.name.name),
                literal(&change.found.name)
            ));
        }
    }
    Ok(vec![Step { rewrites: true, ..Step::new("widen_column", statements) }])
}

/// A value of the old column as one of the new.
fn value(change: &Change<'_>, name: &str) -> String {
    let Some(column) = change.column.filter(|_| change.ty.is_some()) else { return name.to_owned() };
    let before = change.found.noted.map(|noted| noted.kind);
    match (before, column.kind) {
        (_, Kind::Float64) => format!("CAST({name} AS REAL)"),
        (Some(Kind::Decimal { scale, .. }), Kind::Decimal { scale: wanted, .. }) => {
            let point = if scale == 0 { "." } else { "" };
            format!("{name} || '{point}{}'", "0".repeat(wanted.saturating_sub(scale) as usize))
        }
        (_, Kind::Decimal { scale: 0, .. } | Kind::BigDecimal) => format!("CAST({name} AS TEXT)"),
        (_, Kind::Decimal { scale, .. }) => format!("CAST({name} AS TEXT) || '.{}'", "0".repeat(scale as usize)),
        _ => name.to_owned(),
    }
}

/// The texts of the table and what belongs to it once the steps are done.
pub(super) fn made_by(before: &[String], steps: &[Step]) -> Vec<String> {
    let mut after = before.to_vec();
    let copy = Dialect::Sqlite.quote(COPY);
    for statement in steps.iter().flat_map(|step| &step.statements) {
        let Some(made) = after.first_mut() else { return after };
        if let Some(rest) = statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.strip_prefix(copy.as_str())) {
            if let Some(name) = name(made) {
                *made = format!("{}{rest}", &made[..name.end]);
            }
        } else if let Some((_, added)) = statement.split_once(" ADD COLUMN ")
            && let Some(last) = columns(made).last().map(|column| column.whole.end)
        {
            made.insert_str(last, &format!(", {added}"));
        }
    }
    after
}

/// The text with other types, for the copy; `None` where a column is not found in it as we write it.
fn altered(made: &str, changes: &[Change<'_>]) -> Option<String> {
    let mut edits: Vec<(Range<usize>, String)> = vec![(name(made)?, Dialect::Sqlite.quote(COPY))];
    let columns = columns(made);
    for change in changes {
        let column = columns.iter().find(|column| column.name.eq_ignore_ascii_case(&change.found.name))?;
        let ty = column.words.first()?;
        if !made[ty.clone()].eq_ignore_ascii_case(&change.found.sql_type) {
            return None;
        }
        if let Some(wanted) = change.ty {
            edits.push((ty.clone(), wanted.to_owned()));
        }
        if change.relaxed {
            let pairs = column.words.windows(2);
            let is = |range: &Range<usize>, word: &str| made[range.clone()].eq_ignore_ascii_case(word);
            let [not, null] = pairs.into_iter().find(|pair| is(&pair[0], "NOT") && is(&pair[1], "NULL"))? else {
                return None;
            };
            edits.push((not.start..null.end, String::new()));
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let (mut text, mut at) = (String::new(), 0);
    for (range, replaced) in edits {
        text.push_str(made.get(at..range.start)?);
        text.push_str(&replaced);
        at = range.end;
    }
    text.push_str(&made[at..]);
    Some(text)
}

/// A column in the text that made a table.
struct Defined {
    name: String,
    /// The words behind its name that stand outside of parentheses.
    words: Vec<Range<usize>>,
    whole: Range<usize>,
}

/// Where the table's name stands, without that of a schema.
fn name(made: &str) -> Option<Range<usize>> {
    let (create, mut rest) = (tokens(made).next()?, tokens(made).skip(1));
    let is = |range: &Range<usize>, word: &str| made[range.clone()].eq_ignore_ascii_case(word);
    let name = rest.next().filter(|table| is(&create, "CREATE") && is(table, "TABLE")).and_then(|_| rest.next())?;
    rest.next().filter(|paren| is(paren, "(")).map(|_| name)
}

/// The columns, without what the table's own constraints say.
fn columns(made: &str) -> Vec<Defined> {
    const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    let mut columns: Vec<Defined> = Vec::new();
    let (mut depth, mut begins) = (0, false);
    for token in tokens(made) {
        match &made[token.clone()] {
            "(" => {
                depth += 1;
                begins |= depth == 1;
            }
            ")" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            "," if depth == 1 => {
                begins = true;
                continue;
            }
            word if begins && depth == 1 => {
                begins = false;
                if CONSTRAINTS.iter().any(|constraint| word.eq_ignore_ascii_case(constraint)) {
                    break;
                }
                columns.push(Defined { name: unquoted(word), words: Vec::new(), whole: token });
                continue;
            }
            _ => {}
        }
        if let Some(last) = columns.last_mut().filter(|_| !begins) {
            last.whole.end = token.end;
            if depth == 1 && !matches!(&made[token.clone()], "(" | ")") {
                last.words.push(token);
            }
        }
    }
    columns
}

fn unquoted(word: &str) -> String {
    for (open, close) in [('"', '"'), ('`', '`'), ('[', ']')] {
        if let Some(inner) = word.strip_prefix(open).and_then(|word| word.strip_suffix(close)) {
            return inner.replace(&format!("{close}{close}"), &close.to_string());
        }
    }
    word.to_owned()
}

/// Words, quoted names and texts, marks; without blanks and comments.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let first = rest.chars().next()?;
            let end = |pattern: &str, from: usize| {
                rest.get(from..)
                    .and_then(|inner| inner.find(pattern))
                    .map_or(rest.len(), |end| from + end + pattern.len())
            };
            let (length, counts) = match first {
                c if c.is_whitespace() => (c.len_utf8(), false),
                '-' if rest.starts_with("--") => (end("\n", 2), false),
                '/' if rest.starts_with("/*") => (end("*/", 2), false),
                '"' | '\'' | '`' => (quoted(rest, first), true),
                '[' => (end("]", 1), true),
                c if c.is_alphanumeric() || c == '_' || c == '$' => {
                    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                    (rest.find(|c| !part(c)).unwrap_or(rest.len()), true)
                }
                c => (c.len_utf8(), true),
            };
            let start = at;
            at += length;
            if counts {
                return Some(start..at);
            }
        }
    })
}

/// The length of a quoted text; the quote inside is doubled.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return index + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
