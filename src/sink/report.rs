//! Reading back what was loaded, for the demo: its own tables and this sink's ledger. Reads only.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::connection::{Connection, Purpose, Value};
use super::ledger::own_table;
use crate::config::Database;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::record::TableName;

/// A connection that only reads.
#[derive(Debug)]
pub(crate) struct Report {
    connection: Connection,
    database: Database,
}

/// One partition in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerRow {
    /// The topic's name.
    pub(crate) topic: String,
    /// The partition's number.
    pub(crate) part: i64,
    /// Where the count began.
    pub(crate) start_offset: i64,
    /// The next offset to apply.
    pub(crate) next_offset: i64,
    /// Applied, duplicate, dead, deleted, skipped, gap.
    pub(crate) counts: [i64; 6],
}

impl LedgerRow {
    /// Offsets that were passed.
    pub(crate) fn passed(&self) -> i64 {
        self.next_offset - self.start_offset
    }

    /// Offsets that were passed and not counted: 0 in every committed state.
    pub(crate) fn unaccounted(&self) -> i64 {
        self.passed() - self.counts.iter().sum::<i64>()
    }
}

impl Report {
    /// Connects.
    ///
    /// # Errors
    /// See `Failure`.
    pub(crate) async fn open(database: &Database) -> Result<Report, Failure> {
        let connection = Connection::open(database, Purpose::Data).await?;
        Ok(Report { connection, database: database.clone() })
    }

    /// This sink's rows of the ledger; none where there is no ledger yet.
    ///
    /// # Errors
    /// See `Failure`.
    pub(crate) async fn ledger(&mut self, sink: &str) -> Result<Vec<LedgerRow>, Failure> {
        if !self.has_ledger().await? {
            return Ok(Vec::new());
        }
        let table = own_table(self.connection.dialect(), &self.database, "flatsink_offset");
        let mark = if self.connection.dialect() == Dialect::Postgres { "$1" } else { "?" };
        let sql = format!(
            "SELECT topic, part, start_offset, next_offset, n_applied, n_duplicate, n_dead, n_deleted, n_skipped, n_gap \
             FROM {table} WHERE sink = {mark} ORDER BY topic, part"
        );
        let rows = self.rows(&sql, &[Value::from(sink)]).await?;
        Ok(rows.iter().filter_map(|row| ledger_row(row)).collect())
    }

    async fn has_ledger(&mut self) -> Result<bool, Failure> {
        let schema = self.database.ledger_schema.clone().unwrap_or_else(|| "flatsink".into());
        let (sql, values) = match self.connection.dialect() {
            Dialect::Sqlite => ("SELECT count(*) FROM sqlite_master WHERE name = 'flatsink_offset'", vec![]),
            Dialect::Postgres => (
                "SELECT count(*) FROM pg_tables WHERE schemaname = $1 AND tablename = 'flatsink_offset'",
                vec![Value::from(&*schema)],
            ),
            Dialect::Mysql | Dialect::Mariadb => (
                "SELECT count(*) FROM information_schema.tables \
                 WHERE table_schema = coalesce(?, database()) AND table_name = 'flatsink_offset'",
                vec![Value::from(self.database.ledger_schema.as_deref())],
            ),
        };
        let rows = self.rows(sql, &values).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::int).unwrap_or(0) > 0)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// See `Failure`.
    pub(crate) async fn count(&mut self, table: &str) -> Result<i64, Failure> {
        let sql = format!("SELECT count(*) FROM {}", self.table(table));
        let rows = self.rows(&sql, &[]).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::int).unwrap_or(0))
    }

    /// The mean delay of arrivals by airline, the latest first, as a query over the sample data's tables.
    pub(crate) fn delays_sql(&self) -> String {
        let text = if self.connection.dialect().is_mysql() { "CHAR" } else { "TEXT" };
        format!(
            "SELECT a.name, count(*) AS flights, CAST(round(avg(f.arr_delay), 1) AS {text}) AS mean_arrival_delay\n\
             FROM {} AS f JOIN {} AS a ON a.carrier = f.carrier\n\
             GROUP BY a.name HAVING count(*) > 100 ORDER BY avg(f.arr_delay) DESC",
            self.table("flights"),
            self.table("airlines"),
        )
    }

    /// What `delays_sql` answers: airline, flights, mean delay in minutes.
    ///
    /// # Errors
    /// See `Failure`.
    pub(crate) async fn delays(&mut self) -> Result<Vec<[String; 3]>, Failure> {
        let sql = self.delays_sql();
        let rows = self.rows(&sql, &[]).await?;
        let cell = |value: &Value| value.text().map_or_else(|| value.int().unwrap_or(0).to_string(), str::to_owned);
        Ok(rows.iter().filter_map(|row| row.iter().map(cell).collect::<Vec<_>>().try_into().ok()).collect())
    }

    /// Closes the connection.
    pub(crate) async fn close(self) {
        self.connection.close().await;
    }

    fn table(&self, name: &str) -> String {
        let table = TableName { schema: self.database.schema.clone(), name: name.to_owned() };
        self.connection.dialect().qualified(&table)
    }

    async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Failure> {
        let answer = self.connection.fetch(sql, values).await;
        answer.map_err(|error| self.connection.failure("read back what was loaded", &error))
    }
}

fn ledger_row(row: &[Value]) -> Option<LedgerRow> {
    let (topic, numbers) = row.split_first()?;
    let numbers = numbers.iter().map(Value::int).collect::<Option<Vec<i64>>>()?;
    let [part, start_offset, next_offset, counts @ ..] = numbers.as_slice() else { return None };
    let counts = counts.try_into().ok()?;
    let (part, start_offset, next_offset) = (*part, *start_offset, *next_offset);
    Some(LedgerRow { topic: topic.text()?.to_owned(), part, start_offset, next_offset, counts })
}

/// What a SQLite file holds beside the tables named and those of a sink named so, opened without changing a byte.
///
/// # Errors
/// It cannot be read, or is no SQLite file.
pub(crate) async fn foreign_to(path: &Path, sink: &str, tables: &[&str]) -> Result<Vec<String>, String> {
    let failed = |error: sqlx::Error| error.to_string();
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(failed)?;
    let names = sqlx::query(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    );
    let names = names.fetch_all(&mut connection).await.map_err(failed)?;
    let names: Vec<String> = names.iter().filter_map(|row| row.try_get(0).ok()).collect();
    let ours = |name: &String| name.starts_with("flatsink_") || name.starts_with("_sqlx") || tables.contains(&&**name);
    let mut foreign: Vec<String> = names.iter().filter(|name| !ours(name)).cloned().collect();
    if names.iter().any(|name| name == "flatsink_topic") {
        let sinks = sqlx::query("SELECT DISTINCT sink FROM flatsink_topic WHERE sink <> ?").bind(sink);
        let sinks = sinks.fetch_all(&mut connection).await.map_err(failed)?;
        foreign
            .extend(sinks.iter().filter_map(|row| row.try_get::<String, _>(0).ok()).map(|sink| format!("sink {sink}")));
    } else {
        foreign.extend(names.iter().filter(|name| tables.contains(&&***name)).cloned());
    }
    // The file was only looked at.
    let _ = connection.close().await;
    Ok(foreign)
}
