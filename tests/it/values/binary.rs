//! The rows of a query in the server's binary protocol, shown as `SELECT v::text` (PostgreSQL) or the text protocol
//! (MySQL) shows them.

use num_bigint::BigInt;
use sqlx::{AssertSqlSafe, Connection, Decode, Row, TypeInfo, ValueRef};

use crate::generator::calendar;
use crate::generator::cell::plain;
use crate::support::{Database, Kind, wait};

type Lines = Vec<Vec<Option<String>>>;

/// `None`: the database has no such protocol.
pub fn query(database: &Database, sql: &str) -> Option<Lines> {
    let statement = sqlx::query(AssertSqlSafe(sql.to_owned()));
    let answer: Result<Lines, sqlx::Error> = match database.kind {
        Kind::Sqlite => return None,
        Kind::Postgres => wait(async {
            let mut connection = sqlx::PgConnection::connect(&database.url).await?;
            let rows = statement.fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok(rows.iter().map(of_postgres).collect())
        }),
        Kind::Mariadb | Kind::Mysql => {
            let statement = sqlx::query(AssertSqlSafe(sql.to_owned()));
            wait(async {
                let mut connection = sqlx::MySqlConnection::connect(&database.url).await?;
                let rows = statement.fetch_all(&mut connection).await?;
                connection.close().await?;
                Ok(rows.iter().map(of_mysql).collect())
            })
        }
    };
    Some(answer.unwrap_or_else(|error| panic!("{database}: {sql}: {error}")))
}

fn of_postgres(row: &sqlx::postgres::PgRow) -> Vec<Option<String>> {
    let cell = |index| {
        let raw = row.try_get_raw(index).expect("the column is in the row");
        let name = raw.type_info().name().to_owned();
        let bytes = (!raw.is_null()).then(|| raw.as_bytes().expect("a value has bytes").to_vec())?;
        Some(postgres(&name, &bytes))
    };
    (0..row.len()).map(cell).collect()
}

fn postgres(name: &str, bytes: &[u8]) -> String {
    let long = || i64::from_be_bytes(bytes.try_into().expect("eight bytes"));
    let int = || i64::from(i32::from_be_bytes(bytes.try_into().expect("four bytes")));
    let epoch = 10_957;
    match name {
        "BOOL" => if bytes == [1] { "true" } else { "false" }.to_owned(),
        "INT4" => int().to_string(),
        "INT8" => long().to_string(),
        "FLOAT4" => f32::from_be_bytes(bytes.try_into().expect("four bytes")).to_string(),
        "FLOAT8" => f64::from_be_bytes(bytes.try_into().expect("eight bytes")).to_string(),
        "BYTEA" => format!("\\x{}", hex::encode(bytes)),
        "UUID" => crate::generator::cell::uuid(bytes.try_into().expect("16 bytes")),
        "NUMERIC" => numeric(bytes),
        "DATE" => calendar::date(int() + epoch, true),
        "TIME" => calendar::time(long(), true),
        "TIMESTAMP" => calendar::timestamp(long() + epoch * calendar::DAY, true, ""),
        "TIMESTAMPTZ" => calendar::timestamp(long() + epoch * calendar::DAY, true, "+00"),
        "INTERVAL" => interval(bytes),
        "JSONB" => String::from_utf8(bytes[1..].to_vec()).expect("JSON is a text"),
        _ => String::from_utf8(bytes.to_vec()).expect("a text is one"),
    }
}

/// Words of 16 bits: how many groups of four digits, the first one's weight, the sign, digits behind the point.
fn numeric(bytes: &[u8]) -> String {
    let words: Vec<i64> = bytes.chunks(2).map(|pair| i64::from(i16::from_be_bytes([pair[0], pair[1]]))).collect();
    let (weight, scale, groups) = (words[1], words[3], &words[4..]);
    let mut value = groups.iter().fold(BigInt::from(0), |value, group| value * 10_000 + *group);
    // The last group stands for so many powers of ten.
    let exponent = 4 * (weight + 1 - groups.len() as i64);
    let shift = exponent + scale;
    let ten = |power: i64| BigInt::from(10).pow(power.unsigned_abs() as u32);
    value = if shift >= 0 { value * ten(shift) } else { value / ten(shift) };
    plain(&if words[2] == 0x4000 { -value } else { value }, scale)
}

fn interval(bytes: &[u8]) -> String {
    let micros = i64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"));
    let days = i32::from_be_bytes(bytes[8..12].try_into().expect("four bytes"));
    let months = i32::from_be_bytes(bytes[12..].try_into().expect("four bytes"));
    let mut parts = Vec::new();
    for (count, one, many) in [(months / 12, "year", "years"), (months % 12, "mon", "mons"), (days, "day", "days")] {
        if count != 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}", calendar::time(micros.abs(), true)));
    }
    parts.join(" ")
}

fn of_mysql(row: &sqlx::mysql::MySqlRow) -> Vec<Option<String>> {
    let cell = |index| {
        let raw = row.try_get_raw(index).expect("the column is in the row");
        if raw.is_null() {
            return None;
        }
        let name = raw.type_info().name().to_owned();
        let bytes = <Vec<u8> as Decode<'_, sqlx::MySql>>::decode(raw).expect("a value has bytes");
        let is_text = matches!(
            row.try_get_raw(index).map(|raw| { <String as sqlx::Type<sqlx::MySql>>::compatible(&raw.type_info()) }),
            Ok(true)
        );
        Some(mysql(&name, &bytes, is_text))
    };
    (0..row.len()).map(cell).collect()
}

fn mysql(name: &str, bytes: &[u8], is_text: bool) -> String {
    let text = || String::from_utf8(bytes.to_vec()).expect("a text is one");
    match name {
        "BOOLEAN" | "TINYINT" => i8::from_le_bytes(bytes.try_into().expect("one byte")).to_string(),
        "INT" => i32::from_le_bytes(bytes.try_into().expect("four bytes")).to_string(),
        "BIGINT" => i64::from_le_bytes(bytes.try_into().expect("eight bytes")).to_string(),
        "DOUBLE" => f64::from_le_bytes(bytes.try_into().expect("eight bytes")).to_string(),
        "DATE" => date(&bytes[1..]),
        "DATETIME" => format!("{} {}", date(&bytes[1..]), clock(bytes.get(5..).unwrap_or_default())),
        "TIME" => time(&bytes[1..]),
        "BINARY" | "VARBINARY" | "BLOB" | "LONGBLOB" if !is_text => format!("\\x{}", hex::encode(bytes)),
        _ => text(),
    }
}

/// Year, month, day.
fn date(bytes: &[u8]) -> String {
    format!("{:04}-{:02}-{:02}", u16::from_le_bytes([bytes[0], bytes[1]]), bytes[2], bytes[3])
}

/// Hour, minute, second, microseconds; zeros at the end are left out.
fn clock(bytes: &[u8]) -> String {
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    let micros = u32::from_le_bytes([at(3), at(4), at(5), at(6)]);
    format!("{:02}:{:02}:{:02}.{micros:06}", at(0), at(1), at(2))
}

/// Sign, days, then a clock.
fn time(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "00:00:00.000000".to_owned();
    }
    let days = u32::from_le_bytes(bytes[1..5].try_into().expect("four bytes"));
    let clock = clock(&bytes[5..]);
    let hours: u32 = clock[..2].parse().expect("hours");
    let sign = if bytes[0] == 1 { "-" } else { "" };
    format!("{sign}{:02}{}", hours + 24 * days, &clock[2..])
}
