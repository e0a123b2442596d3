//! How each database says it: quoting, SQL types, statements, and the encoding of cells. Pure: it never
//! executes anything.

mod alter;
pub mod cell;
pub mod ddl;
mod found;
mod mysql;
mod names;
pub mod plan;
mod postgres;
mod rebuild;
mod sqlite;
mod stand;
pub mod statement;
mod work;

#[cfg(test)]
mod tests;

use std::fmt;

/// A database's way of speaking SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL 14 and later
    Postgres,
    /// MySQL 8.0.17 and later
    Mysql,
    /// MariaDB 10.6 and later
    Mariadb,
    /// SQLite 3.37 and later
    Sqlite,
}

impl Dialect {
    /// MySQL or MariaDB.
    pub fn is_mysql(self) -> bool {
        matches!(self, Dialect::Mysql | Dialect::Mariadb)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Postgres => "postgres",
            Dialect::Mysql => "mysql",
            Dialect::Mariadb => "mariadb",
            Dialect::Sqlite => "sqlite",
        })
    }
}
