//! Making and altering tables (docs/types.md): the text is a function of the table.

use super::{Dialect, mysql, names, postgres, sqlite};
use crate::record::{Column, From, Kind, Refusal, Table};

impl Dialect {
    /// The SQL type of each column, without NOT NULL.
    ///
    /// # Errors
    /// `key_type`, `key_size`, `row_size`, `too_many_columns`.
    pub fn column_types(self, table: &Table) -> Result<Vec<String>, Refusal> {
        if let Some(column) = table.columns[..table.key].iter().find(|column| !column.kind.is_key()) {
            let text = format!(
                "column {} of table {} cannot be part of a primary key: values of its kind that differ may be equal, \
                 or the other way round; choose other columns with `key`",
                column.name, table.name
            );
            return Err(Refusal::new("key_type", text));
        }
        match self {
            Dialect::Postgres => postgres::types(table),
            Dialect::Mysql | Dialect::Mariadb => mysql::types(self, table),
            Dialect::Sqlite => sqlite::types(table),
        }
    }

    /// The limit of a column for an enum whose longest symbol has so many characters: symbols come and go, so it
    /// leaves room for others, or there is none.
    pub fn enum_limit(self, longest: u32) -> Option<u32> {
        [64, 255].into_iter().find(|limit| self.is_mysql() && longest <= *limit)
    }

    /// Whether the column is made NOT NULL.
    pub fn is_not_null(self, table: &Table, column: usize) -> bool {
        let Column { from, not_null, .. } = &table.columns[column];
        column < table.key || matches!(from, From::Partition | From::Offset) || (*not_null && table.not_null)
    }

    /// The statements that make the table, with its comments.
    ///
    /// # Errors
    /// Those of `column_types`.
    pub fn create_table(self, table: &Table) -> Result<Vec<String>, Refusal> {
        let types = self.column_types(table)?;
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let mut lines = Vec::with_capacity(all.len() + 1);
        for &index in &all {
            lines.push(self.definition(table, &types, index, self.is_not_null(table, index)));
        }
        if table.key > 0 {
            let key: Vec<String> = table.columns[..table.key].iter().map(|column| self.quote(&column.name)).collect();
            lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
        }
        let options = match self {
            Dialect::Postgres => String::new(),
            Dialect::Mysql | Dialect::Mariadb => mysql::options(self, table),
            Dialect::Sqlite => sqlite::OPTIONS.to_owned(),
        };
        let mut statements =
            vec![format!("CREATE TABLE {} (\n  {}\n){options}", self.qualified(&table.name), lines.join(",\n  "))];
        if self == Dialect::Postgres {
            statements.extend(postgres::comments(table, true, &all));
        }
        Ok(statements)
    }

    /// The statements that add these columns of the table, of these types, nullable.
    pub fn add_columns(self, table: &Table, columns: &[usize], types: &[String]) -> Vec<String> {
        let mut types = types.to_vec();
        if self.is_mysql() {
            // The table may be another's, with another character set.
            types.iter_mut().for_each(|sql_type| mysql::with_character_set(self, sql_type));
        }
        let name = self.qualified(&table.name);
        let added: Vec<String> = columns.iter().map(|&index| self.definition(table, &types, index, false)).collect();
        match self {
            Dialect::Postgres => {
                let altered = format!("ALTER TABLE {name} ADD COLUMN IF NOT EXISTS ");
                let mut statements = vec![altered + &added.join(", ADD COLUMN IF NOT EXISTS ")];
                statements.extend(postgres::comments(table, false, columns));
                statements
            }
            Dialect::Mysql | Dialect::Mariadb => {
                vec![format!("ALTER TABLE {name} ADD COLUMN {}{}", added.join(", ADD COLUMN "), mysql::INSTANT)]
            }
            Dialect::Sqlite => added.iter().map(|added| format!("ALTER TABLE {name} ADD COLUMN {added}")).collect(),
        }
    }

    /// The statement that makes a schema (PostgreSQL) or a database (MySQL).
    pub fn create_schema(self, schema: &str) -> String {
        match self {
            Dialect::Mysql | Dialect::Mariadb => {
                format!("CREATE DATABASE IF NOT EXISTS {}{}", self.quote(schema), mysql::character_set(self))
            }
            Dialect::Postgres | Dialect::Sqlite => format!("CREATE SCHEMA IF NOT EXISTS {}", self.quote(schema)),
        }
    }

    /// The statement that lets these columns be NULL; PostgreSQL alone needs it.
    pub fn drop_not_null(self, table: &Table, columns: &[String]) -> String {
        let dropped: Vec<String> =
            columns.iter().map(|name| format!("ALTER COLUMN {} DROP NOT NULL", self.quote(name))).collect();
        format!("ALTER TABLE {} {}", self.qualified(&table.name), dropped.join(", "))
    }

    /// The next best form of a statement that a server refused to carry out in an instant, and whether that copies the
    /// table; `None`: there is none.
    pub fn slower(self, statement: &str) -> Option<(String, bool)> {
        if !self.is_mysql() {
            return None;
        }
        match statement.strip_suffix(mysql::INSTANT) {
            Some(start) => Some((format!("{start}{}", mysql::INPLACE), false)),
            None => Some((format!("{}{}", statement.strip_suffix(mysql::INPLACE)?, mysql::COPY), true)),
        }
    }

    fn definition(self, table: &Table, types: &[String], index: usize, not_null: bool) -> String {
        let column = &table.columns[index];
        let not_null = if not_null { " NOT NULL" } else { "" };
        let comment = if self.is_mysql() { mysql::comment(column) } else { String::new() };
        format!("{} {}{not_null}{comment}", self.quote(&column.name), types[index])
    }
}

/// What a comment says of a column: the field's doc, and what its kind cannot say.
pub(super) fn column_comment(column: &Column) -> Option<String> {
    let unit = match column.kind {
        Kind::NanosUtc => Some("nanoseconds since 1970-01-01 UTC"),
        Kind::NanosLocal => Some("nanoseconds since 1970-01-01, local time"),
        _ => None,
    };
    let doc = column.comment.as_deref().and_then(comment_text);
    match (unit, doc) {
        (Some(unit), Some(doc)) if !doc.contains(unit) => Some(format!("{unit}; {doc}")),
        (Some(unit), None) => Some(unit.to_owned()),
        (_, doc) => doc,
    }
}

/// A comment on one line, without what a terminal would obey; `None` if nothing is left.
pub(super) fn comment_text(text: &str) -> Option<String> {
    let clean: String = text.chars().map(|c| if c.is_control() || names::reorders(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A table of more columns than the database has room for.
pub(super) fn too_many_columns(table: &Table, limit: &str) -> Refusal {
    let text = format!(
        "table {} would have {} columns, and {limit}; split the record, or leave fields out",
        table.name,
        table.columns.len()
    );
    Refusal::new("too_many_columns", text)
}
