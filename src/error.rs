//! What can go wrong, and what the loop does about it: the codes of each database as pure tables, and a `Failure`
//! made from a driver's error without the values of a row.

use std::error::Error as _;

use crate::dialect::Dialect;
use crate::record::TableName;

/// What the loop does about a database's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Roll back, the same batch again, back off, no limit.
    Retry,
    /// Drop the connection; in COMMIT the outcome is unknown.
    Reconnect,
    /// A resource ran out: pause, keep polling, no limit.
    Wait,
    /// The table is not as it was: look again, then stop the table.
    Schema,
    /// One row is at fault: bisect and dead-letter it.
    Row,
    /// Nothing that retrying can mend.
    Stop,
}

impl Class {
    /// The class in one word, for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Retry => "retry",
            Class::Reconnect => "reconnect",
            Class::Wait => "wait",
            Class::Schema => "schema",
            Class::Row => "row",
            Class::Stop => "stop",
        }
    }
}

/// What a failure stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The process: login, configuration, ledger.
    Process,
    /// This table's partitions only.
    Table(TableName),
}

/// A failure of the database, classified.
#[derive(Debug, thiserror::Error)]
#[error("{attempted}: {message}")]
pub struct Failure {
    /// What the loop does about it.
    pub class: Class,
    /// What it stops, where the class is `Stop` or `Schema`.
    pub scope: Scope,
    /// The database's code: SQLSTATE, error number or extended result code.
    pub code: String,
    /// What was attempted, on what.
    pub attempted: String,
    /// The database's words without row values, and what to do.
    pub message: String,
}

impl Failure {
    /// A failure that no database reported: nothing that retrying can mend.
    pub fn stop(attempted: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure {
            class: Class::Stop,
            scope: Scope::Process,
            code: String::new(),
            attempted: attempted.into(),
            message: message.into(),
        }
    }

    /// Classifies a driver's error; `in_ddl` where the statement made or altered something.
    pub fn new(dialect: Dialect, in_ddl: bool, attempted: impl Into<String>, error: &sqlx::Error) -> Failure {
        let code = code(dialect, error);
        let unknown = if in_ddl { Class::Stop } else { Class::Retry };
        Failure {
            class: judge(dialect, in_ddl, error, &code).unwrap_or(unknown),
            scope: Scope::Process,
            message: words(dialect, error, &code),
            code,
            attempted: attempted.into(),
        }
    }

    /// The same failure, tied to one table.
    #[must_use]
    pub fn of_table(mut self, table: &TableName) -> Failure {
        self.scope = Scope::Table(table.clone());
        self
    }

    /// Whether the database's table of codes knows it.
    pub fn known(&self, dialect: Dialect) -> bool {
        self.code.is_empty() || class(dialect, &self.code, false).is_some()
    }
}

/// The database's own code: SQLSTATE (PostgreSQL), error number (MySQL, MariaDB) or extended result code
/// (SQLite); empty where the error is the driver's.
pub fn code(dialect: Dialect, error: &sqlx::Error) -> String {
    let sqlx::Error::Database(error) = error else {
        return String::new();
    };
    if matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
        && let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
    {
        return error.number().to_string();
    }
    error.code().map(|code| code.into_owned()).unwrap_or_default()
}

/// What the loop does about a code; `None` where the tables do not know it.
pub fn class(dialect: Dialect, code: &str, in_ddl: bool) -> Option<Class> {
    match dialect {
        Dialect::Postgres => postgres(code, in_ddl),
        Dialect::Mysql | Dialect::Mariadb => mysql(code.parse().ok()?, in_ddl),
        Dialect::Sqlite => sqlite(code.parse().ok()?),
    }
}

fn judge(dialect: Dialect, in_ddl: bool, error: &sqlx::Error, code: &str) -> Option<Class> {
    match error {
        sqlx::Error::Database(_) => class(dialect, code, in_ddl),
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Some(Class::Reconnect),
        // A handshake that the network broke off is an outage; one that was refused is a setting.
        sqlx::Error::Tls(_) if caused_by_io(error) => Some(Class::Reconnect),
        _ => Some(Class::Stop),
    }
}

fn caused_by_io(error: &sqlx::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn postgres(code: &str, in_ddl: bool) -> Option<Class> {
    Some(match code {
        "40001" | "40P01" | "55P03" | "40002" | "57014" | "55006" | "25P02" => Class::Retry,
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" | "25006" => Class::Reconnect,
        "40003" | "26000" | "42P05" | "0A000" => Class::Reconnect,
        "53000" | "53100" | "53200" | "53300" | "53400" | "58000" | "58030" => Class::Wait,
        "42P01" | "42703" | "42804" | "42P10" | "22P03" | "08P01" | "428C9" => Class::Schema,
        "42P07" | "42701" | "42710" | "42P06" | "23505" if in_ddl => Class::Schema,
        "3D000" | "3F000" | "42501" | "42601" | "42602" | "42622" | "42939" | "54011" | "54023" | "21000" => {
            Class::Stop
        }
        "XX000" | "XX001" | "XX002" => Class::Stop,
        "54000" if in_ddl => Class::Stop,
        "54000" | "P0001" | "44000" => Class::Row,
        _ if code.starts_with("08") => Class::Reconnect,
        _ if code.starts_with("22") || code.starts_with("23") => Class::Row,
        _ if code.starts_with("28") || code.starts_with("F0") => Class::Stop,
        _ => return None,
    })
}

fn mysql(number: u16, in_ddl: bool) -> Option<Class> {
    Some(match number {
        1213 | 1205 | 1020 | 1317 | 1969 | 3024 | 3572 | 3058 | 1637 | 1047 => Class::Retry,
        2006 | 2013 | 1053 | 1077 | 1079 | 1080 | 1152 | 1158..=1161 | 1184 | 1927 | 4031 => Class::Reconnect,
        1290 | 1792 | 1836 | 3100 | 3101 | 1243 => Class::Reconnect,
        1021 | 1114 | 1030 | 1037 | 1038 | 1041 | 1040 | 1203 | 1226 | 3675 => Class::Wait,
        1062 if in_ddl => Class::Schema,
        1146 | 1054 | 1136 | 1364 | 1050 | 1060 | 1061 | 1068 | 1412 | 1615 => Class::Schema,
        1118 if in_ddl => Class::Stop,
        1264 | 1265 | 1366 | 1292 | 1406 | 1048 | 1062 | 1451 | 1452 | 1216 | 1217 | 3819 | 4025 => Class::Row,
        1690 | 1367 => Class::Row,
        3140 | 1153 | 1118 | 1644 => Class::Row,
        1044 | 1045 | 1049 | 1142 | 1143 | 1227 | 1064 | 1059 | 1103 | 1166 | 1117 | 1071 | 1170 => Class::Stop,
        1426 | 1300 | 1390 | 1115 | 1273 | 1286 | 1005 => Class::Stop,
        _ => return None,
    })
}

fn sqlite(extended: i32) -> Option<Class> {
    Some(match extended & 0xff {
        5 | 6 | 9 | 17 => Class::Retry,
        7 | 10 | 13 => Class::Wait,
        18..=20 | 25 => Class::Row,
        1 | 3 | 8 | 11 | 14 | 23 | 26 => Class::Stop,
        _ => return None,
    })
}

/// What the database said, where its words hold no value of a row; else what it means.
fn words(dialect: Dialect, error: &sqlx::Error, code: &str) -> String {
    let sqlx::Error::Database(report) = error else {
        return match error {
            // The driver's words may hold the bytes that it could not read.
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) => {
                "a value could not be read or sent: this is a defect of flatsink".to_owned()
            }
            other => other.to_string(),
        };
    };
    let quoted = match dialect {
        Dialect::Postgres => {
            (code.starts_with("22") && !matches!(code, "22001" | "22012" | "22P03")) || code.starts_with("P0")
        }
        Dialect::Mysql | Dialect::Mariadb => {
            matches!(code, "1062" | "1366" | "1292" | "1690" | "1367" | "3140" | "1644")
        }
        Dialect::Sqlite => code == "1811",
    };
    if quoted {
        return format!("the database refused a value (code {code})");
    }
    let what_to_do = match (dialect, code) {
        (Dialect::Postgres, "42501") | (Dialect::Mysql | Dialect::Mariadb, "1044" | "1142" | "1143" | "1227") => {
            ": GRANT the privilege to flatsink's user, `flatsink check` prints all that it needs"
        }
        _ => "",
    };
    format!("{} (code {code}){what_to_do}", report.message())
}

#[cfg(test)]
mod tests;
