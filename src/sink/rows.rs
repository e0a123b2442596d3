//! Rows on their way: statements on users' tables, cut to what the database takes at once, their cells bound as
//! they are.

use std::time::SystemTime;

use super::connection::{Connection, Driver, Value};
use super::ledger::time;
use super::{mysql, postgres, sqlite};
use crate::dialect::Dialect;
use crate::dialect::statement::Statement;
use crate::record::rows::Cells;
use crate::record::{From, Table};

/// Bytes that travel beside a row's cells: the statement's own text and the types of its parameters.
const OVERHEAD: usize = 64 * 1024;
/// Bytes of rows in one statement; more brings nothing and costs memory on both sides.
const BYTES_MAX: usize = 16 << 20;

/// The cell of `_sink_loaded_at`: when the transaction began, in the dialect's encoding.
#[derive(Clone, Debug)]
pub(super) struct LoadedAt(Vec<u8>);

impl LoadedAt {
    /// This moment.
    pub(super) fn now(dialect: Dialect) -> LoadedAt {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or_default();
        LoadedAt(match dialect {
            Dialect::Postgres => (micros - 946_684_800_000_000).to_be_bytes().to_vec(),
            _ => time(micros).unwrap_or_default().into_bytes(),
        })
    }
}

/// The cells of a row that a statement binds, in order.
#[derive(Clone, Debug)]
pub(super) struct Binding<'a> {
    columns: Vec<usize>,
    loaded_at: Option<(usize, &'a [u8])>,
}

impl<'a> Binding<'a> {
    pub(super) fn new(statement: Statement, table: &Table, loaded_at: &'a LoadedAt) -> Binding<'a> {
        let index = table.columns.iter().position(|column| column.from == From::LoadedAt);
        Binding { columns: statement.columns(table), loaded_at: index.map(|index| (index, loaded_at.0.as_slice())) }
    }

    /// The bound columns' indexes.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Whether the row's bytes can go as they are.
    pub(super) fn verbatim(&self) -> bool {
        self.loaded_at.is_none()
    }

    /// The bound cells of one row.
    pub(super) fn cells<'r>(&'r self, row: &'r [u8]) -> impl Iterator<Item = Option<&'r [u8]>> {
        let mut wanted = self.columns.iter().peekable();
        Cells(row).enumerate().filter_map(move |(index, cell)| {
            wanted.next_if(|column| **column == index)?;
            match self.loaded_at {
                Some((at, time)) if at == index => Some(Some(time)),
                _ => Some(cell),
            }
        })
    }
}

impl Connection {
    /// Bytes of the largest row that the server takes at all; MySQL hangs up on a larger packet.
    pub(super) fn row_max(&self) -> usize {
        self.session.packet_max.saturating_sub(OVERHEAD)
    }

    /// Executes a statement for all rows, in as many pieces as it takes. The answer of a search has the row's
    /// index first.
    pub(super) async fn work(
        &mut self,
        statement: Statement,
        table: &Table,
        rows: &[&[u8]],
        loaded_at: &LoadedAt,
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let dialect = self.dialect();
        let binding = Binding::new(statement, table, loaded_at);
        let bytes_max = self.row_max().min(BYTES_MAX);
        let rows_max = statement.rows_max(dialect, table);
        let mut answers = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            let end = start + piece(&rows[start..], rows_max, bytes_max);
            let sql = statement.text(dialect, table, end - start);
            // Only the full piece comes again and again.
            let keep = dialect == Dialect::Postgres || end - start == rows_max;
            let part = &rows[start..end];
            let found = match &mut self.driver {
                Driver::Postgres(connection) => postgres::work(connection, &sql, table, &binding, part).await?,
                Driver::Mysql(connection) => mysql::work(connection, &sql, keep, table, &binding, part).await?,
                Driver::Sqlite(connection) => sqlite::work(connection, &sql, keep, table, &binding, part).await?,
            };
            let base = i64::try_from(start).unwrap_or(i64::MAX);
            answers.extend(found.into_iter().map(|mut answer| {
                if let Some(Value::Int(index)) = answer.first_mut() {
                    *index += base;
                }
                answer
            }));
            start = end;
        }
        Ok(answers)
    }
}

/// How many of the first rows go into one statement.
fn piece(rows: &[&[u8]], rows_max: usize, bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = |row: &&&[u8]| {
        bytes += row.len();
        bytes <= bytes_max
    };
    // A row that is too large by itself goes alone, and the database says so.
    rows.iter().take(rows_max).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests;
