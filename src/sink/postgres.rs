//! PostgreSQL: rows go as one binary array a column, or by binary COPY.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnection, PgTypeInfo, types::Oid};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Postgres, Type};

use super::connection::{Value, postgres_row};
use super::rows::Binding;
use crate::record::rows::{cell, null};
use crate::record::{Kind, Table};

/// Bytes of one message of COPY.
const CHUNK: usize = 256 * 1024;

/// Executes a statement on rows.
pub(super) async fn work(
    connection: &mut PgConnection,
    sql: &str,
    table: &Table,
    binding: &Binding<'_>,
    rows: &[&[u8]],
) -> Result<Vec<Vec<Value>>, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for array in arrays(table, binding, rows) {
        arguments.add(array).map_err(sqlx::Error::Encode)?;
    }
    let found = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(connection).await?;
    found.iter().map(postgres_row).collect()
}

/// Writes rows by binary COPY.
pub(super) async fn copy(
    connection: &mut PgConnection,
    sql: &str,
    binding: &Binding<'_>,
    rows: &[&[u8]],
) -> Result<(), sqlx::Error> {
    let columns = i16::try_from(binding.columns().len()).unwrap_or(i16::MAX);
    let mut copy = connection.copy_in_raw(sql).await?;
    let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
    chunk.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
    chunk.extend_from_slice(&[0; 8]);
    for row in rows {
        chunk.extend_from_slice(&columns.to_be_bytes());
        if binding.verbatim() {
            chunk.extend_from_slice(row);
        } else {
            for bytes in binding.cells(row) {
                put(&mut chunk, bytes);
            }
        }
        if chunk.len() >= CHUNK {
            copy.send(chunk.as_slice()).await?;
            chunk.clear();
        }
    }
    chunk.extend_from_slice(&(-1i16).to_be_bytes());
    copy.send(chunk.as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

fn put(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => null(out),
        Some(bytes) => {
            let Ok::<(), std::convert::Infallible>(()) = cell(out, |out| {
                out.extend_from_slice(bytes);
                Ok(())
            });
        }
    }
}

/// A one-dimensional array in binary form; its elements are cells as they are.
struct Array {
    oid: u32,
    bytes: Vec<u8>,
}

impl Type<Postgres> for Array {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1009))
    }
}

impl Encode<'_, Postgres> for Array {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }
}

fn arrays(table: &Table, binding: &Binding<'_>, rows: &[&[u8]]) -> Vec<Array> {
    let length = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    let mut arrays: Vec<Array> = binding
        .columns()
        .iter()
        .map(|index| {
            let (element, oid) = oids(table.columns[*index].kind);
            let mut bytes = Vec::with_capacity(20 + rows.len() * 12);
            // One dimension, NULLs may be there, the element's type, the length, the first index.
            for number in [1, 1, element.cast_signed(), length, 1] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            Array { oid, bytes }
        })
        .collect();
    for row in rows {
        for (array, bytes) in arrays.iter_mut().zip(binding.cells(row)) {
            put(&mut array.bytes, bytes);
        }
    }
    arrays
}

/// The type of a cell, and of an array of them.
fn oids(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Bool => (16, 1000),
        Kind::Int32 => (23, 1007),
        Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => (20, 1016),
        Kind::Float32 => (700, 1021),
        Kind::Float64 => (701, 1022),
        Kind::Text(_) | Kind::UuidText => (25, 1009),
        Kind::Bytes(_) | Kind::Fixed(_) => (17, 1001),
        Kind::Decimal { .. } | Kind::BigDecimal => (1700, 1231),
        Kind::Uuid => (2950, 2951),
        Kind::Date => (1082, 1182),
        Kind::Time => (1083, 1183),
        Kind::Timestamp => (1114, 1115),
        Kind::TimestampTz => (1184, 1185),
        Kind::Duration | Kind::TimeSpan => (1186, 1187),
        Kind::Json => (3802, 3807),
    }
}
