//! One transaction. It owns its connection: whoever drops it half-way drops the connection with it, so that a
//! statement whose outcome nobody saw can never be followed by a commit.

use tokio::sync::MutexGuard;

use super::connection::{Connection, Driver, Value, sqlite_turn};
use super::postgres;
use super::rows::{Binding, LoadedAt};
use crate::dialect::Dialect;
use crate::dialect::statement::{Statement, copy};
use crate::record::Table;

/// A transaction and its connection.
#[derive(Debug)]
pub(super) struct BatchTx {
    connection: Connection,
    loaded_at: LoadedAt,
    poisoned: bool,
    /// SQLite: nobody else in this process writes meanwhile.
    _turn: Option<MutexGuard<'static, ()>>,
}

impl BatchTx {
    /// Begins; on an error the connection is gone.
    pub(super) async fn begin(mut connection: Connection) -> Result<BatchTx, sqlx::Error> {
        let dialect = connection.dialect();
        let turn = sqlite_turn(dialect).await;
        connection.script(if dialect == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?;
        Ok(BatchTx { connection, loaded_at: LoadedAt::now(dialect), poisoned: false, _turn: turn })
    }

    /// Executes one statement.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        let done = self.connection.execute(sql, values).await;
        self.watch(done)
    }

    /// Executes one query.
    pub(super) async fn fetch(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let done = self.connection.fetch(sql, values).await;
        self.watch(done)
    }

    /// Executes statements without values.
    pub(super) async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let done = self.connection.script(sql).await;
        self.watch(done)
    }

    /// Executes a statement on rows.
    pub(super) async fn work(
        &mut self,
        statement: Statement,
        table: &Table,
        rows: &[&[u8]],
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let done = self.connection.work(statement, table, rows, &self.loaded_at).await;
        self.watch(done)
    }

    /// Writes rows that must not be there yet, the fastest way the database has.
    pub(super) async fn append(&mut self, table: &Table, rows: &[&[u8]]) -> Result<(), sqlx::Error> {
        let connection = match &mut self.connection.driver {
            Driver::Postgres(connection) if !table.by_insert => connection,
            _ => return self.work(Statement::Insert, table, rows).await.map(drop),
        };
        let binding = Binding::new(Statement::Insert, table, &self.loaded_at);
        let done = postgres::copy(connection, &copy(table), &binding, rows).await;
        self.watch(done)
    }

    /// The connection, for questions about a table; their errors poison the transaction as any other.
    pub(super) async fn ask<T, E>(
        &mut self,
        question: impl AsyncFnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = question(&mut self.connection).await;
        self.poisoned |= done.is_err();
        done
    }

    /// The connection, to look at.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Sets a savepoint; they nest by their names.
    pub(super) async fn savepoint(&mut self, name: &str) -> Result<(), sqlx::Error> {
        self.script(&format!("SAVEPOINT {name}")).await
    }

    /// Takes a savepoint away and keeps what was done since.
    pub(super) async fn release(&mut self, name: &str) -> Result<(), sqlx::Error> {
        self.script(&format!("RELEASE SAVEPOINT {name}")).await
    }

    /// Undoes what was done since the savepoint, which stays. Only for a row's error and a duplicate of our own
    /// key: any other belongs to the whole transaction.
    pub(super) async fn undo(&mut self, name: &str) -> Result<(), sqlx::Error> {
        let done = self.connection.script(&format!("ROLLBACK TO SAVEPOINT {name}")).await;
        self.poisoned = done.is_err();
        done
    }

    /// Commits. After an error the outcome is unknown and the connection is gone.
    pub(super) async fn commit(mut self) -> Result<Connection, sqlx::Error> {
        if self.poisoned {
            return Err(sqlx::Error::Protocol("a statement failed and was not undone".to_owned()));
        }
        self.connection.script("COMMIT").await?;
        Ok(self.connection)
    }

    /// Rolls back; the connection comes back where it is still good.
    pub(super) async fn rollback(mut self) -> Option<Connection> {
        self.connection.script("ROLLBACK").await.is_ok().then_some(self.connection)
    }

    fn watch<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.poisoned |= done.is_err();
        done
    }
}
