//! One connection to the database: how it is opened is in `session`, how it is spoken to is here. Statements go
//! through it with values bound; the text of a statement never holds a value.

use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::postgres::{PgArguments, PgRow, PgTypeInfo};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Connection as _, Executor as _, MySqlConnection, PgConnection,
    Row as _, SqliteConnection, TypeInfo as _, ValueRef as _,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::config::Database;
use crate::dialect::Dialect;
use crate::error::Failure;

/// What a connection is for: its limits differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The ledger and the rows.
    Data,
    /// Making and altering tables: short waits for locks, no limit on the work itself.
    Tables,
}

/// A connection with its session set.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) driver: Driver,
    pub(super) session: Session,
}

/// The driver's connection.
#[derive(Debug)]
pub(super) enum Driver {
    Postgres(PgConnection),
    Mysql(MySqlConnection),
    Sqlite(SqliteConnection),
}

/// What the server said of itself and of this session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// MySQL told from MariaDB.
    pub(super) dialect: Dialect,
    /// The connection's id on the server: a backend's process id, a thread's number; 0 for SQLite.
    pub(super) id: i64,
    /// When the backend (PostgreSQL, microseconds) or the server (MySQL, seconds) started: ids are used again.
    pub(super) started: i64,
    /// Bytes of the largest statement that the server takes.
    pub(super) packet_max: usize,
}

/// A value to bind, or one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    /// The number, where it is one.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The text; MySQL gives some of its catalogue's texts as bytes.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Int(i64::from(number))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        Value::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// SQLite takes one writer at a time: the turns inside this process are taken in order, so that nobody starves.
pub(super) async fn sqlite_turn(dialect: Dialect) -> Option<MutexGuard<'static, ()>> {
    static TURN: Mutex<()> = Mutex::const_new(());
    match dialect {
        Dialect::Sqlite => Some(TURN.lock().await),
        _ => None,
    }
}

impl Connection {
    /// Connects, sets the session's limits, reads them back, and checks what the promise rests on.
    ///
    /// # Errors
    /// `Class::Stop` where asking again cannot help.
    pub(super) async fn open(database: &Database, purpose: Purpose) -> Result<Connection, Failure> {
        match database.dialect {
            Dialect::Postgres => super::session::postgres(database, purpose).await,
            Dialect::Mysql | Dialect::Mariadb => super::session::mysql(database, purpose).await,
            Dialect::Sqlite => super::session::sqlite(database).await,
        }
    }

    /// The dialect, MySQL told from MariaDB.
    pub(super) fn dialect(&self) -> Dialect {
        self.session.dialect
    }

    /// Executes one statement; the answer is the number of rows it matched or wrote.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        self.driver.execute(sql, values).await
    }

    /// Executes one query.
    pub(super) async fn fetch(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        self.driver.fetch(sql, values).await
    }

    /// Executes statements without values, as they are.
    pub(super) async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.driver.script(sql).await
    }

    /// Says good-bye and closes.
    pub(super) async fn close(self) {
        // The server notices a broken good-bye by itself.
        let _ = match self.driver {
            Driver::Postgres(connection) => connection.close().await,
            Driver::Mysql(connection) => connection.close().await,
            Driver::Sqlite(connection) => connection.close().await,
        };
    }

    /// A failure of this connection.
    pub(super) fn failure(&self, attempted: impl Into<String>, error: &sqlx::Error) -> Failure {
        Failure::new(self.dialect(), false, attempted, error)
    }
}

impl Driver {
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        // A NULL leaves its parameter's type to PostgreSQL, which then differs from the cached statement's.
        let keep = !values.contains(&Value::Null);
        match self {
            Driver::Postgres(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(values)?).persistent(keep);
                Ok(query.execute(connection).await?.rows_affected())
            }
            Driver::Mysql(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), mysql_arguments(values)?);
                Ok(query.execute(connection).await?.rows_affected())
            }
            Driver::Sqlite(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(values)?);
                Ok(query.execute(connection).await?.rows_affected())
            }
        }
    }

    pub(super) async fn fetch(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let keep = !values.contains(&Value::Null);
        match self {
            Driver::Postgres(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(values)?).persistent(keep);
                query.fetch_all(connection).await?.iter().map(postgres_row).collect()
            }
            Driver::Mysql(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), mysql_arguments(values)?);
                query.fetch_all(connection).await?.iter().map(mysql_row).collect()
            }
            Driver::Sqlite(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(values)?);
                query.fetch_all(connection).await?.iter().map(sqlite_row).collect()
            }
        }
    }

    pub(super) async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Driver::Postgres(connection) => connection.execute(script).await.map(drop),
            Driver::Mysql(connection) => connection.execute(script).await.map(drop),
            Driver::Sqlite(connection) => connection.execute(script).await.map(drop),
        }
    }
}

/// A NULL whose type the server infers.
struct Untyped;

impl sqlx::Type<sqlx::Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(705))
    }
}

impl sqlx::Encode<'_, sqlx::Postgres> for Untyped {
    fn encode_by_ref(
        &self,
        _: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Ok(sqlx::encode::IsNull::Yes)
    }
}

fn postgres_arguments(values: &[Value]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(Untyped),
            Value::Int(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn mysql_arguments(values: &[Value]) -> Result<MySqlArguments, sqlx::Error> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<&str>),
            Value::Int(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn sqlite_arguments(values: &[Value]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.clone()),
            Value::Bytes(bytes) => arguments.add(bytes.clone()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(super) fn postgres_row(row: &PgRow) -> Result<Vec<Value>, sqlx::Error> {
    let mut values = Vec::with_capacity(row.len());
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        values.push(if value.is_null() {
            Value::Null
        } else {
            match column.type_info().name() {
                "BOOL" => Value::Int(i64::from(row.try_get::<bool, _>(column.ordinal())?)),
                "INT2" => Value::Int(i64::from(row.try_get::<i16, _>(column.ordinal())?)),
                "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(column.ordinal())?)),
                "INT8" => Value::Int(row.try_get(column.ordinal())?),
                "OID" => Value::Int(i64::from(row.try_get::<sqlx::postgres::types::Oid, _>(column.ordinal())?.0)),
                "TEXT" | "VARCHAR" | "NAME" | "CHAR" | "BPCHAR" | "UNKNOWN" | "\"CHAR\"" => Value::Text(
                    String::from_utf8(value.as_bytes().map_err(sqlx::Error::Decode)?.to_vec())
                        .map_err(|error| sqlx::Error::Decode(error.into()))?,
                ),
                // The other types in their binary form.
                _ => Value::Bytes(value.as_bytes().map_err(sqlx::Error::Decode)?.to_vec()),
            }
        });
    }
    Ok(values)
}

pub(super) fn mysql_row(row: &MySqlRow) -> Result<Vec<Value>, sqlx::Error> {
    let mut values = Vec::with_capacity(row.len());
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        if value.is_null() {
            values.push(Value::Null);
            continue;
        }
        let value = match column.type_info().name() {
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => {
                <i64 as sqlx::Decode<'_, sqlx::MySql>>::decode(value).map(Value::Int)
            }
            "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED" | "BIGINT UNSIGNED" => {
                <u64 as sqlx::Decode<'_, sqlx::MySql>>::decode(value)
                    .map(|number| i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Int))
            }
            // A text under a binary collation calls itself bytes; its character set tells.
            name if name == "DECIMAL" || <str as sqlx::Type<sqlx::MySql>>::compatible(column.type_info()) => {
                <&[u8] as sqlx::Decode<'_, sqlx::MySql>>::decode(value)
                    .map(|bytes| Value::Text(String::from_utf8_lossy(bytes).into_owned()))
            }
            _ => <&[u8] as sqlx::Decode<'_, sqlx::MySql>>::decode(value).map(Value::from),
        };
        values.push(value.map_err(sqlx::Error::Decode)?);
    }
    Ok(values)
}

pub(super) fn sqlite_row(row: &SqliteRow) -> Result<Vec<Value>, sqlx::Error> {
    let mut values = Vec::with_capacity(row.len());
    for ordinal in 0..row.len() {
        let value = row.try_get_raw(ordinal)?;
        if value.is_null() {
            values.push(Value::Null);
            continue;
        }
        let kind = value.type_info().into_owned();
        let value = match kind.name() {
            "INTEGER" | "BOOLEAN" => <i64 as sqlx::Decode<'_, sqlx::Sqlite>>::decode(value).map(Value::Int),
            "REAL" => {
                <f64 as sqlx::Decode<'_, sqlx::Sqlite>>::decode(value).map(|number| Value::Text(number.to_string()))
            }
            "BLOB" => <Vec<u8> as sqlx::Decode<'_, sqlx::Sqlite>>::decode(value).map(Value::Bytes),
            _ => <String as sqlx::Decode<'_, sqlx::Sqlite>>::decode(value).map(Value::Text),
        };
        values.push(value.map_err(sqlx::Error::Decode)?);
    }
    Ok(values)
}
