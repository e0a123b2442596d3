//! Makes and migrates flatsink's own tables, under a lock, so that versions can be rolled side by side: an older
//! binary goes on with a newer ledger only where it knows it.

use super::connection::{Connection, Purpose, Value, sqlite_turn};
use super::ledger::lock_name;
use crate::config::Database;
use crate::dialect::Dialect;
use crate::error::Failure;

const ATTEMPTED: &str = "migrate flatsink's own tables";

/// The migrations in their order; the first has version 1.
fn migrations(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &[include_str!("../../migrations/postgres/0001_ledger.sql")],
        Dialect::Mysql | Dialect::Mariadb => &[include_str!("../../migrations/mysql/0001_ledger.sql")],
        Dialect::Sqlite => &[include_str!("../../migrations/sqlite/0001_ledger.sql")],
    }
}

/// Brings our own tables to this binary's version.
pub(super) async fn migrate(database: &Database) -> Result<(), Failure> {
    let mut connection = Connection::open(database, Purpose::Tables).await?;
    let _turn = sqlite_turn(connection.dialect()).await;
    let done = run(&mut connection, database).await;
    let failed = |error: Fault| match error {
        Fault::Newer(version) => Failure::stop(
            ATTEMPTED,
            format!(
                "the ledger has version {version}, made by a newer flatsink: use that one, this one would misread it"
            ),
        ),
        Fault::Database(error) => Failure::new(connection.dialect(), true, ATTEMPTED, &error),
    };
    let done = done.map_err(failed);
    connection.close().await;
    done
}

/// The statements that `migrate` would execute now.
pub(super) async fn pending(database: &Database) -> Result<Vec<String>, Failure> {
    let mut connection = Connection::open(database, Purpose::Tables).await?;
    let dialect = connection.dialect();
    let version = match enter(&mut connection, database, false).await {
        Ok(true) => version(&mut connection).await,
        Ok(false) => Ok(0),
        Err(error) => Err(error),
    };
    let version = version.map_err(|error| Failure::new(dialect, false, ATTEMPTED, &error))?;
    connection.close().await;
    Ok(scripts(dialect, database, version))
}

/// The statements that make our own tables where there is nothing yet.
pub(crate) fn all(database: &Database) -> Vec<String> {
    scripts(database.dialect, database, 0)
}

/// What leads from a version to this binary's, to be executed by hand.
fn scripts(dialect: Dialect, database: &Database, version: i64) -> Vec<String> {
    let known = (1i64..).zip(migrations(dialect)).filter(|(number, _)| *number > version);
    let mut scripts: Vec<String> =
        known.map(|(number, script)| format!("{}{}", for_server(dialect, script), reached(number))).collect();
    if let Some(first) = scripts.first_mut() {
        let enter = home(dialect, database).map(|schema| {
            let quoted = dialect.quote(schema);
            let words =
                if dialect == Dialect::Postgres { ("SCHEMA", "SET search_path TO") } else { ("DATABASE", "USE") };
            format!("CREATE {} IF NOT EXISTS {quoted};\n{} {quoted};\n", words.0, words.1)
        });
        *first = format!("{}{TABLE};\n\n{first}", enter.unwrap_or_default());
    }
    scripts
}

/// Writes down that the ledger has this version.
fn reached(version: i64) -> String {
    format!("\nINSERT INTO flatsink_migration (version) VALUES ({version});\n")
}

/// The schema or database of our own tables, where it is not the connection's.
fn home(dialect: Dialect, database: &Database) -> Option<&str> {
    match (dialect, &database.ledger_schema) {
        (Dialect::Postgres, schema) => Some(schema.as_deref().unwrap_or("flatsink")),
        (Dialect::Mysql | Dialect::Mariadb, Some(schema)) => Some(schema),
        (Dialect::Mysql | Dialect::Mariadb, None) | (Dialect::Sqlite, _) => None,
    }
}

enum Fault {
    Newer(i64),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        Fault::Database(error)
    }
}

async fn run(connection: &mut Connection, database: &Database) -> Result<(), Fault> {
    let dialect = connection.dialect();
    match dialect {
        Dialect::Postgres => connection.script("BEGIN; SET LOCAL lock_timeout = '30s'").await?,
        Dialect::Sqlite => connection.script("BEGIN IMMEDIATE").await?,
        Dialect::Mysql | Dialect::Mariadb => {}
    }
    lock(connection, database).await?;
    enter(connection, database, true).await?;
    let known = i64::try_from(migrations(dialect).len()).unwrap_or(i64::MAX);
    let version = version(connection).await?;
    if version > known {
        return Err(Fault::Newer(version));
    }
    if version < known {
        connection.script(&for_server(dialect, TABLE)).await?;
    }
    for (number, script) in (1i64..).zip(migrations(dialect)).filter(|(number, _)| *number > version) {
        connection.script(&for_server(dialect, script)).await?;
        connection.script(&reached(number)).await?;
    }
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => connection.script("COMMIT").await?,
        // The lock goes with the connection.
        Dialect::Mysql | Dialect::Mariadb => {}
    }
    Ok(())
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS flatsink_migration (version INTEGER NOT NULL PRIMARY KEY)";

/// The script with what differs between MySQL and MariaDB.
fn for_server(dialect: Dialect, script: &str) -> String {
    let collation = if dialect == Dialect::Mysql { "utf8mb4_0900_bin" } else { "utf8mb4_nopad_bin" };
    script.replace("${collation}", collation)
}

async fn lock(connection: &mut Connection, database: &Database) -> Result<(), sqlx::Error> {
    let name =
        lock_name(&format!("migrate/{}/{}", database.name, database.ledger_schema.as_deref().unwrap_or_default()));
    match connection.dialect() {
        Dialect::Postgres => {
            connection
                .fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text", &[Value::Text(name)])
                .await?;
        }
        Dialect::Mysql | Dialect::Mariadb => {
            let answer = connection.fetch("SELECT GET_LOCK(?, 30)", &[Value::Text(name)]).await?;
            if answer.first().and_then(|row| row.first()).and_then(Value::int) != Some(1) {
                return Err(sqlx::Error::Io(std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    "another flatsink has been migrating for 30 s",
                )));
            }
        }
        Dialect::Sqlite => {}
    }
    Ok(())
}

/// Makes the ledger's schema the current one; whether it is there.
async fn enter(connection: &mut Connection, database: &Database, make: bool) -> Result<bool, sqlx::Error> {
    let dialect = connection.dialect();
    let Some(schema) = home(dialect, database) else { return Ok(true) };
    let quoted = dialect.quote(schema);
    let sql = match dialect {
        Dialect::Postgres => "SELECT 1 FROM pg_namespace WHERE nspname = $1",
        _ => "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?",
    };
    // Looked for first: the right to make a schema is not needed where it is there.
    if connection.fetch(sql, &[Value::from(schema)]).await?.is_empty() {
        if !make {
            return Ok(false);
        }
        let kind = if dialect == Dialect::Postgres { "SCHEMA" } else { "DATABASE" };
        connection.script(&format!("CREATE {kind} IF NOT EXISTS {quoted}")).await?;
    }
    match dialect {
        Dialect::Postgres => connection.script(&format!("SET search_path TO {quoted}")).await?,
        _ => connection.script(&format!("USE {quoted}")).await?,
    }
    Ok(true)
}

/// The version of our own tables as they are; 0 where there are none.
async fn version(connection: &mut Connection) -> Result<i64, sqlx::Error> {
    let there = match connection.dialect() {
        Dialect::Postgres => {
            "SELECT 1 FROM pg_class WHERE relname = 'flatsink_migration' \
                              AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        }
        Dialect::Mysql | Dialect::Mariadb => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() \
             AND table_name = 'flatsink_migration'"
        }
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE name = 'flatsink_migration'",
    };
    if connection.fetch(there, &[]).await?.is_empty() {
        return Ok(0);
    }
    let rows = connection.fetch("SELECT max(version) FROM flatsink_migration", &[]).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::int).unwrap_or(0))
}
