//! Identifiers (docs/types.md): always quoted, their case kept, never cut by the database.

mod alike;

use sha2::{Digest, Sha256};

use super::Dialect;
use crate::record::{Refusal, TableName};

/// Columns that PostgreSQL gives every table.
const POSTGRES_SYSTEM: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];
/// The column that InnoDB keeps for itself, in any case.
const MYSQL_SYSTEM: &str = "fts_doc_id";
/// How names of such columns begin. MySQL 9.7 takes whatever begins so for them after `ALGORITHM=INSTANT`: it reads
/// values where there are none, or fails an assertion.
const MYSQL_RESERVED: [&str; 3] = ["db_row_id", "db_trx_id", "db_roll_ptr"];
/// Names under which SQLite shows a row's number, in any case.
const SQLITE_SYSTEM: [&str; 3] = ["rowid", "oid", "_rowid_"];

impl Dialect {
    /// A table's name as this database can hold it.
    ///
    /// # Errors
    /// `bad_name`.
    pub fn table_name(self, wanted: &str) -> Result<String, Refusal> {
        self.allowed("table", wanted)?;
        let ours = ["flatsink_", "sqlite_"].iter().any(|prefix| begins(wanted, prefix));
        Ok(self.shorten(wanted, if ours { format!("t_{wanted}") } else { wanted.to_owned() }))
    }

    /// A column's name as this database can hold it; metadata columns are ours and do not come here.
    ///
    /// # Errors
    /// `bad_name`.
    pub fn column_name(self, wanted: &str) -> Result<String, Refusal> {
        self.allowed("column", wanted)?;
        if begins(wanted, "_sink_") {
            return Ok(self.shorten(wanted, format!("f{wanted}")));
        }
        if self.is_mysql() && MYSQL_RESERVED.iter().any(|prefix| begins(wanted, prefix)) {
            return Ok(self.shorten(wanted, format!("f_{wanted}")));
        }
        let system = match self {
            Dialect::Postgres => POSTGRES_SYSTEM.contains(&wanted),
            Dialect::Mysql | Dialect::Mariadb => MYSQL_SYSTEM.eq_ignore_ascii_case(wanted),
            Dialect::Sqlite => SQLITE_SYSTEM.iter().any(|name| name.eq_ignore_ascii_case(wanted)),
        };
        Ok(self.shorten(wanted, if system { format!("{wanted}_") } else { wanted.to_owned() }))
    }

    /// Whether a column of this name makes `ALGORITHM=INSTANT` unsafe for its table.
    pub(super) fn is_perilous(self, column: &str) -> bool {
        self == Dialect::Mysql && MYSQL_RESERVED.iter().any(|prefix| begins(column, prefix))
    }

    /// The name of a schema (PostgreSQL) or database (MySQL) as this database can hold it.
    ///
    /// # Errors
    /// `bad_name`.
    pub fn schema_name(self, wanted: &str) -> Result<String, Refusal> {
        self.allowed("schema", wanted)?;
        if self == Dialect::Postgres && wanted.starts_with("pg_") {
            return Err(bad("schema", wanted, "begins with pg_, which PostgreSQL keeps for itself"));
        }
        Ok(self.shorten(wanted, wanted.to_owned()))
    }

    /// Two names with the same folded form are one name to this database.
    pub fn fold(self, name: &str) -> String {
        match self {
            Dialect::Postgres => name.to_owned(),
            // MySQL maps one character to one; İ is i there, while Rust's lower case adds a combining dot.
            Dialect::Mysql | Dialect::Mariadb => name.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect(),
            Dialect::Sqlite => name.to_ascii_lowercase(),
        }
    }

    /// Two names with the same form are mixed up by this database, though it keeps both; `None`: it mixes up none.
    pub fn mixed_up(self, name: &str) -> Option<String> {
        self.is_mysql().then(|| alike::form(name))
    }

    /// The identifier between quotes, quotes inside doubled.
    pub fn quote(self, name: &str) -> String {
        let mark = if self.is_mysql() { '`' } else { '"' };
        format!("{mark}{}{mark}", name.replace(mark, &format!("{mark}{mark}")))
    }

    /// A text as a literal, whatever `standard_conforming_strings` says.
    pub fn literal(self, text: &str) -> String {
        let doubled = text.replace('\'', "''");
        match self {
            Dialect::Postgres if doubled.contains('\\') => format!("E'{}'", doubled.replace('\\', "\\\\")),
            Dialect::Mysql | Dialect::Mariadb => format!("'{}'", doubled.replace('\\', "\\\\")),
            Dialect::Postgres | Dialect::Sqlite => format!("'{doubled}'"),
        }
    }

    /// The table's name with its schema, both quoted.
    pub fn qualified(self, table: &TableName) -> String {
        match &table.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&table.name)),
            None => self.quote(&table.name),
        }
    }

    fn allowed(self, what: &str, name: &str) -> Result<(), Refusal> {
        let blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
        if name.is_empty() {
            return Err(bad(what, name, "is empty"));
        }
        if blank(name.chars().next()) || blank(name.chars().next_back()) {
            return Err(bad(what, name, "begins or ends with a blank"));
        }
        if name.chars().any(|c| c.is_control() || reorders(c)) {
            return Err(bad(what, name, "holds control characters"));
        }
        if name.contains(['"', '\'', '`', '\\']) {
            return Err(bad(what, name, "holds a quote or a backslash"));
        }
        if self.is_mysql() && name.chars().any(|c| c > '\u{ffff}') {
            return Err(bad(what, name, "holds characters beyond U+FFFF, which MySQL cannot keep in names"));
        }
        Ok(())
    }

    /// `mapped` if the database can hold it; else its beginning and a hash of the wanted name.
    fn shorten(self, wanted: &str, mapped: String) -> String {
        let end = match self {
            Dialect::Postgres if mapped.len() > 63 => mapped.floor_char_boundary(54),
            Dialect::Mysql | Dialect::Mariadb if mapped.chars().count() > 64 => {
                mapped.char_indices().nth(55).map_or(mapped.len(), |(index, _)| index)
            }
            _ => return mapped,
        };
        let hash = Sha256::digest(wanted.as_bytes());
        format!("{}_{}", &mapped[..end], hex::encode(&hash[..4]))
    }
}

fn begins(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Marks that change the order in which a terminal shows the text around them, and line separators.
pub(super) fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn bad(what: &str, name: &str, why: &str) -> Refusal {
    let name: String = name.chars().take(100).collect();
    Refusal::new("bad_name", format!("{what} {name:?} {why}; it needs another name"))
}
