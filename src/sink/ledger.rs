//! Where our own tables are, and the names of locks.

use sha2::{Digest as _, Sha256};

use crate::config::Database;
use crate::dialect::Dialect;

/// One of our own tables, qualified and quoted.
pub(super) fn own_table(dialect: Dialect, database: &Database, name: &str) -> String {
    let name = dialect.quote(name);
    match (dialect, &database.ledger_schema) {
        (Dialect::Postgres, schema) => {
            format!("{}.{name}", dialect.quote(schema.as_deref().unwrap_or("flatsink")))
        }
        (Dialect::Mysql | Dialect::Mariadb, Some(schema)) => format!("{}.{name}", dialect.quote(schema)),
        (Dialect::Mysql | Dialect::Mariadb, None) | (Dialect::Sqlite, _) => name,
    }
}

/// The name of a lock, hashed: MySQL takes 64 characters.
pub(super) fn lock_name(of: &str) -> String {
    format!("flatsink-{}", hex::encode(&Sha256::digest(of)[..16]))
}
