//! The users' tables: made and altered in a step and a session of their own, and looked at again in the transaction
//! that writes rows.

mod catalogue;
mod notes;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::connection::{Connection, Purpose, Value, sqlite_turn};
use super::ledger::lock_name;
use crate::config::{Config, Database};
use crate::dialect::Dialect;
use crate::dialect::plan::{self, ExistingTable, Planned, Policy, Step, rewrite_needed};
use crate::error::{Class, Failure, code};
use crate::record::{Refusal, Standing, Table};

/// Changes to users' tables, by `action`.
const DDL_TOTAL: &str = "flatsink_ddl_total";
/// How often another's change is looked at again before it counts as a failure.
const LOOKS_MAX: usize = 5;

/// Makes or alters the table so that rows of this schema fit, and writes down what it is for; answers with what
/// stands of it.
pub(super) async fn prepare(
    config: &Config,
    topic: &str,
    schema_id: i32,
    table: &Table,
) -> Result<Result<Standing, Refusal>, Failure> {
    let attempted = format!("prepare table {} for topic {topic}", table.name);
    let Some(entry) = config.entry(topic) else {
        return Err(Failure::stop(attempted, "no topic entry takes this topic"));
    };
    let policy = Policy::of(entry);
    let mut connection = Connection::open(&config.database, Purpose::Tables).await?;
    let dialect = connection.dialect();
    let _turn = sqlite_turn(dialect).await;
    let table = located(dialect, &config.database, table);
    let mut work = Work { connection: &mut connection, config, topic, schema_id, table: &table, policy };
    let mut looks = 0;
    let outcome = loop {
        looks += 1;
        match work.attempt().await {
            Ok(outcome) => break Ok(outcome),
            Err(Fault::Locked) => {
                let failure = Failure::stop(&attempted, "another flatsink has been at this table for 2 s");
                break Err(Failure { class: Class::Retry, ..failure.of_table(&table.name) });
            }
            Err(Fault::Notes(error)) => break Err(Failure::new(dialect, false, &attempted, &error)),
            Err(Fault::Table(error)) => {
                let failure = Failure::new(dialect, true, &attempted, &error).of_table(&table.name);
                // Somebody else did the same a moment ago; what is there now decides.
                if failure.class != Class::Schema || looks == LOOKS_MAX {
                    break Err(failure);
                }
                work.leave().await;
            }
        }
    };
    connection.close().await;
    outcome
}

/// A table as `prepare` would find it now, nothing being changed.
pub(crate) struct Looked {
    /// The wanted table, its schema named.
    pub(crate) wanted: Table,
    /// What is there of it.
    pub(crate) existing: Option<ExistingTable>,
    /// Whether the schema that it belongs to is not there either.
    pub(crate) schema_missing: bool,
}

/// Looks at a table.
pub(crate) async fn look(config: &Config, topic: &str, table: &Table) -> Result<Looked, Failure> {
    let attempted = format!("look at table {} for topic {topic}", table.name);
    let Some(entry) = config.entry(topic) else {
        return Err(Failure::stop(attempted, "no topic entry takes this topic"));
    };
    let mut connection = Connection::open(&config.database, Purpose::Tables).await?;
    if connection.dialect() == Dialect::Postgres {
        // Looking may need a savepoint.
        connection.script("BEGIN").await.map_err(|error| connection.failure(&attempted, &error))?;
    }
    let wanted = located(connection.dialect(), &config.database, table);
    let policy = Policy::of(entry);
    let mut work = Work { connection: &mut connection, config, topic, schema_id: 0, table: &wanted, policy };
    let looked = match work.look().await {
        Ok(looked) => Ok(looked),
        Err(Fault::Notes(error) | Fault::Table(error)) => Err(connection.failure(attempted, &error)),
        Err(Fault::Locked) => Err(Failure::stop(attempted, "the table is locked")),
    };
    connection.close().await;
    looked.map(|(existing, schema_missing)| Looked { wanted, existing, schema_missing })
}

/// The newest schema id that `prepare` has written down for the topic.
pub(super) async fn newest_schema(
    connection: &mut Connection,
    config: &Config,
    topic: &str,
) -> Result<Option<i32>, Failure> {
    let found = notes::newest_schema(connection, &config.database, &config.sink, topic).await;
    found.map_err(|error| connection.failure(format!("read the newest schema of topic {topic}"), &error))
}

/// Descriptions of tables that hold as long as SQLite's schema version does.
#[derive(Debug, Default)]
pub(super) struct ShapeCache {
    version: Option<i64>,
    tables: HashMap<String, Option<ExistingTable>>,
}

/// Whether rows of all shapes of a table fit the table as it is now; from here to the end of the transaction nobody can
/// change it. To be asked after the ledger's swap and before the first write to the table.
pub(super) async fn fits(
    connection: &mut Connection,
    config: &Config,
    shapes: &[&Table],
    cache: &mut ShapeCache,
) -> Result<bool, sqlx::Error> {
    let Some(table) = shapes.first() else { return Ok(true) };
    let dialect = connection.dialect();
    let fit = |existing: &Option<ExistingTable>| {
        existing.as_ref().is_some_and(|existing| shapes.iter().all(|shape| plan::fits(dialect, existing, shape)))
    };
    let name = dialect.qualified(&table.name);
    match dialect {
        Dialect::Postgres => {
            connection.execute(&format!("LOCK TABLE {name} IN ROW EXCLUSIVE MODE"), &[]).await?;
        }
        Dialect::Mysql | Dialect::Mariadb => {
            connection.fetch(&format!("SELECT 1 FROM {name} LIMIT 0"), &[]).await?;
        }
        Dialect::Sqlite => {
            let rows = connection.fetch("PRAGMA schema_version", &[]).await?;
            let version = rows.first().and_then(|row| row.first()).and_then(Value::int);
            if version.is_none() || version != cache.version {
                *cache = ShapeCache { version, tables: HashMap::new() };
            }
            if let Some(existing) = cache.tables.get(&table.name.name) {
                return Ok(fit(existing));
            }
        }
    }
    let mut existing = catalogue::read(connection, &table.name).await?;
    if let (Dialect::Sqlite, Some(existing)) = (dialect, &mut existing) {
        // A decimal's digits behind the point are not seen in its type. They change with the schema's version only.
        let notes = notes::Notes { database: &config.database, sink: &config.sink, schema_id: 0, table };
        notes::annotate(connection, &notes, existing).await?;
    }
    let fits = fit(&existing);
    if dialect == Dialect::Sqlite {
        cache.tables.insert(table.name.name.clone(), existing);
    }
    Ok(fits)
}

/// The table with its schema named, so that it is the same for every session.
fn located(dialect: Dialect, database: &Database, table: &Table) -> Table {
    let mut table = table.clone();
    if table.name.schema.is_none() {
        table.name.schema = match dialect {
            Dialect::Postgres => Some(database.schema.clone().unwrap_or_else(|| "public".to_owned())),
            Dialect::Mysql | Dialect::Mariadb => Some(database.schema.clone().unwrap_or_else(|| database.name.clone())),
            Dialect::Sqlite => None,
        };
    }
    table
}

/// Why an attempt ended.
enum Fault {
    /// Another flatsink is at the table.
    Locked,
    /// Our own tables could not be read or written.
    Notes(sqlx::Error),
    /// The user's table could not be looked at or changed.
    Table(sqlx::Error),
}

/// One table being made ready.
struct Work<'a> {
    connection: &'a mut Connection,
    config: &'a Config,
    topic: &'a str,
    schema_id: i32,
    table: &'a Table,
    policy: Policy,
}

impl<'a> Work<'a> {
    /// Locks, looks, acts, looks again, writes down.
    async fn attempt(&mut self) -> Result<Result<Standing, Refusal>, Fault> {
        self.enter().await?;
        let mut adopted: Option<Vec<String>> = None;
        for _ in 0..LOOKS_MAX {
            let (existing, schema_missing) = self.look().await?;
            let dialect = self.connection.dialect();
            // What is there before we do anything, and unknown to us, is somebody else's.
            let adopted = adopted.get_or_insert_with(|| others_columns(existing.as_ref()));
            let planned = plan::plan(dialect, existing.as_ref(), schema_missing, self.table, self.policy);
            let Planned { steps, standing, ignored, .. } = match planned {
                Ok(planned) => planned,
                Err(refusal) => {
                    self.leave().await;
                    return Ok(Err(refusal));
                }
            };
            if steps.is_empty() {
                let noted = self.notes();
                notes::confirm(self.connection, &noted, self.topic, &standing, adopted).await.map_err(Fault::Notes)?;
                self.commit().await.map_err(Fault::Table)?;
                self.tell_ignored(&ignored);
                return Ok(Ok(standing));
            }
            let noted = self.notes();
            notes::forget(self.connection, &noted, existing.as_ref()).await.map_err(Fault::Notes)?;
            if dialect.is_mysql() {
                notes::intend(self.connection, &noted, &standing, adopted).await.map_err(Fault::Notes)?;
            }
            let size = existing.map_or(0, |existing| existing.size);
            for step in &steps {
                if let Err(refusal) = self.act(step, size).await? {
                    self.leave().await;
                    return Ok(Err(refusal));
                }
            }
        }
        self.leave().await;
        let text = format!("table {} does not stay as it was made; who else changes it?", self.table.name);
        Ok(Err(Refusal::new("schema_change", text)))
    }

    fn notes(&self) -> notes::Notes<'a> {
        notes::Notes {
            database: &self.config.database,
            sink: &self.config.sink,
            schema_id: self.schema_id,
            table: self.table,
        }
    }

    /// One at a time: a lock named after the table, or SQLite's write lock.
    async fn enter(&mut self) -> Result<(), Fault> {
        let name = lock_name(&format!("table/{}/{}", self.config.database.name, self.table.name));
        match self.connection.dialect() {
            Dialect::Postgres => {
                self.connection.script("BEGIN").await.map_err(Fault::Table)?;
                let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text";
                self.connection.fetch(sql, &[Value::Text(name)]).await.map_err(Fault::Table)?;
            }
            Dialect::Mysql | Dialect::Mariadb => {
                let answer = self.connection.fetch("SELECT GET_LOCK(?, 2)", &[Value::Text(name)]).await;
                let answer = answer.map_err(Fault::Table)?;
                if answer.first().and_then(|row| row.first()).and_then(Value::int) != Some(1) {
                    return Err(Fault::Locked);
                }
            }
            Dialect::Sqlite => self.connection.script("BEGIN IMMEDIATE").await.map_err(Fault::Table)?,
        }
        Ok(())
    }

    /// Gives up what was begun. What cannot be rolled back goes with the connection.
    async fn leave(&mut self) {
        let sql = if self.connection.dialect().is_mysql() { "DO RELEASE_ALL_LOCKS()" } else { "ROLLBACK" };
        if let Err(error) = self.connection.script(sql).await {
            tracing::debug!(table = %self.table.name, error = %error, "rollback failed");
        }
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        let is_mysql = self.connection.dialect().is_mysql();
        self.connection.script(if is_mysql { "DO RELEASE_ALL_LOCKS()" } else { "COMMIT" }).await
    }

    /// The table as it is now, with what we wrote down of it; and whether its schema is missing.
    async fn look(&mut self) -> Result<(Option<ExistingTable>, bool), Fault> {
        let found = catalogue::read(self.connection, &self.table.name).await.map_err(Fault::Table)?;
        let Some(mut existing) = found else {
            let there = catalogue::has_schema(self.connection, &self.table.name).await.map_err(Fault::Table)?;
            return Ok((None, !there));
        };
        let noted = self.notes();
        notes::annotate(self.connection, &noted, &mut existing).await.map_err(Fault::Notes)?;
        if existing.unfit.is_none() && existing.unwritable.is_none() {
            catalogue::read_more(self.connection, self.table, &mut existing).await.map_err(Fault::Table)?;
        }
        Ok((Some(existing), false))
    }

    /// Fields that `schema_changes: ignore` leaves out are not lost without a word.
    fn tell_ignored(&self, ignored: &[String]) {
        if !ignored.is_empty() {
            tracing::warn!(table = %self.table.name, topic = self.topic, schema_id = self.schema_id,
                fields = ignored.join(", "), "new fields are left out, as `schema_changes: ignore` says");
            metrics::counter!(DDL_TOTAL, "action" => "ignore_field").increment(ignored.len() as u64);
        }
    }

    async fn act(&mut self, step: &Step, size: u64) -> Result<Result<(), Refusal>, Fault> {
        let dialect = self.connection.dialect();
        for statement in &step.statements {
            let mut statement = statement.clone();
            loop {
                let error = match self.connection.execute(&statement, &[]).await {
                    Ok(_) => break,
                    Err(error) => error,
                };
                // Not in an instant, not in place, too many instant changes before: MySQL's words for "otherwise".
                if !dialect.is_mysql() || !matches!(code(dialect, &error).as_str(), "1845" | "1846" | "4092") {
                    return Err(Fault::Table(error));
                }
                statement = match dialect.slower(&statement) {
                    Some((slower, copies)) if !copies || size <= self.policy.rewrite_max => slower,
                    slower => {
                        let statement = slower.map_or(statement, |(slower, _)| slower);
                        return Ok(Err(rewrite_needed(self.table, &statement)));
                    }
                };
            }
            tracing::info!(table = %self.table.name, topic = self.topic, action = step.action, sql = statement,
                "table changed");
        }
        metrics::counter!(DDL_TOTAL, "action" => step.action).increment(1);
        Ok(Ok(()))
    }
}

/// The columns that this sink has not made.
fn others_columns(existing: Option<&ExistingTable>) -> Vec<String> {
    let columns = existing.iter().flat_map(|existing| &existing.columns);
    columns.filter(|found| !found.is_own()).map(|found| found.name.clone()).collect()
}
