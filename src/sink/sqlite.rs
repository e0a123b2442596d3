//! SQLite: rows go as parameters, row by row in one statement.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteArgumentsBuffer, SqliteConnection, SqliteTypeInfo};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, Type};

use super::connection::{Value, sqlite_row};
use super::rows::Binding;
use crate::record::{Kind, Table};

/// Executes a statement on rows.
pub(super) async fn work(
    connection: &mut SqliteConnection,
    sql: &str,
    keep: bool,
    table: &Table,
    binding: &Binding<'_>,
    rows: &[&[u8]],
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let kinds: Vec<Kind> = binding.columns().iter().map(|index| table.columns[*index].kind).collect();
    let mut arguments = SqliteArguments::default();
    arguments.reserve(rows.len() * kinds.len(), 0);
    for row in rows {
        for (bytes, kind) in binding.cells(row).zip(&kinds) {
            arguments.add(Cell { kind: *kind, bytes }).map_err(sqlx::Error::Encode)?;
        }
    }
    let found = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep).fetch_all(connection).await?;
    found.iter().map(sqlite_row).collect()
}

/// A cell as a parameter.
struct Cell<'a> {
    kind: Kind,
    bytes: Option<&'a [u8]>,
}

impl Type<Sqlite> for Cell<'_> {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Cell<'_> {
    fn encode_by_ref(&self, arguments: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = self.bytes else {
            return Ok(IsNull::Yes);
        };
        match self.kind {
            Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => {
                <i64 as Encode<'_, Sqlite>>::encode(i64::from_le_bytes(bytes.try_into()?), arguments)
            }
            Kind::Float32 | Kind::Float64 => {
                <f64 as Encode<'_, Sqlite>>::encode(f64::from_le_bytes(bytes.try_into()?), arguments)
            }
            Kind::Bytes(_) | Kind::Fixed(_) => <Vec<u8> as Encode<'_, Sqlite>>::encode(bytes.to_vec(), arguments),
            _ => <String as Encode<'_, Sqlite>>::encode(std::str::from_utf8(bytes)?.to_owned(), arguments),
        }
    }
}
