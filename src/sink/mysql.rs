//! MySQL and MariaDB: rows go as parameters, row by row in one statement.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySqlArguments, MySqlConnection, MySqlTypeInfo};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, MySql, Type};

use super::connection::{Value, mysql_row};
use super::rows::Binding;
use crate::record::{Kind, Table};

/// Executes a statement on rows.
pub(super) async fn work(
    connection: &mut MySqlConnection,
    sql: &str,
    keep: bool,
    table: &Table,
    binding: &Binding<'_>,
    rows: &[&[u8]],
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let kinds: Vec<Kind> = binding.columns().iter().map(|index| table.columns[*index].kind).collect();
    let mut arguments = MySqlArguments::default();
    arguments.reserve(rows.len() * kinds.len(), rows.iter().map(|row| row.len()).sum());
    for row in rows {
        for (bytes, kind) in binding.cells(row).zip(&kinds) {
            arguments.add(Cell { kind: *kind, bytes }).map_err(sqlx::Error::Encode)?;
        }
    }
    let found = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep).fetch_all(connection).await?;
    found.iter().map(mysql_row).collect()
}

/// A cell as a parameter: numbers are in the protocol's own form already.
struct Cell<'a> {
    kind: Kind,
    bytes: Option<&'a [u8]>,
}

impl Type<MySql> for Cell<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for Cell<'_> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = self.bytes else {
            return Ok(IsNull::Yes);
        };
        match self.kind {
            Kind::Bool
            | Kind::Int32
            | Kind::Int64
            | Kind::NanosUtc
            | Kind::NanosLocal
            | Kind::Float32
            | Kind::Float64 => buffer.extend_from_slice(bytes),
            _ => return <&[u8] as Encode<'_, MySql>>::encode_by_ref(&bytes, buffer),
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(match self.kind {
            Kind::Bool => <i8 as Type<MySql>>::type_info(),
            Kind::Int32 => <i32 as Type<MySql>>::type_info(),
            Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => <i64 as Type<MySql>>::type_info(),
            Kind::Float32 | Kind::Float64 => <f64 as Type<MySql>>::type_info(),
            Kind::Bytes(_) | Kind::Fixed(_) | Kind::Uuid => <[u8] as Type<MySql>>::type_info(),
            // Text, and never bytes: JSON refuses those, and dates and decimals come as text.
            _ => <str as Type<MySql>>::type_info(),
        })
    }
}
