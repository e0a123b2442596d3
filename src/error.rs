//! What can go wrong, and what the loop does about it.

use crate::record::TableName;

/// What the loop does about a database's error (guarantees.md A.10).
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
