//! Our own tables as values: positions read from rows, owners, times, and the names of locks.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};

use super::Position;
use super::connection::{Session, Value};
use crate::batch::Tail;
use crate::config::Database;
use crate::dialect::Dialect;
use crate::dialect::statement::ledger::Ledger;
use crate::record::Partition;

/// One of our own tables, qualified and quoted.
pub(crate) fn own_table(dialect: Dialect, database: &Database, name: &str) -> String {
    Ledger::new(dialect, database.ledger_schema.as_deref()).table(name)
}

/// The name of a lock, hashed: MySQL takes 64 characters.
pub(super) fn lock_name(of: &str) -> String {
    format!("flatsink-{}", hex::encode(&Sha256::digest(of)[..16]))
}

/// A row of `Ledger::read` or `Ledger::lock`: partition, position, owner.
pub(super) fn position(row: &[Value]) -> Option<(Partition, Position, &str)> {
    let [topic, part, incarnation, epoch, start, next, tail, fingerprint, owner] = row else {
        return None;
    };
    let partition = Partition { topic: Arc::from(topic.text()?), number: i32::try_from(part.int()?).ok()? };
    let tail = match (tail.int(), fingerprint.int()) {
        (Some(offset), Some(fingerprint)) => Some(Tail { offset, fingerprint }),
        _ => None,
    };
    let position = Position {
        incarnation: incarnation.text()?.to_owned(),
        epoch: epoch.int()?,
        start_offset: start.int()?,
        next_offset: next.int()?,
        tail,
    };
    Some((partition, position, owner.text()?))
}

/// What stands in a ledger row's `owner`: who holds the claim, and by which connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The connection's id on the server.
    pub(super) id: i64,
    /// When the connection (PostgreSQL) or the server (MySQL) started.
    pub(super) started: i64,
}

impl Owner {
    /// The text of this worker's own connection.
    pub(super) fn of(worker: usize, session: &Session) -> String {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host.trim().chars().filter(|c| c.is_ascii_graphic() && *c != ' ').take(40).collect();
        format!("{host} {} {worker} {} {}", std::process::id(), session.id, session.started)
    }

    /// Reads the text; `None` where it names no connection.
    pub(super) fn parse(text: &str) -> Option<Owner> {
        let mut parts = text.rsplit(' ');
        let started = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok().filter(|id| *id != 0)?;
        Some(Owner { id, started })
    }
}

/// The first values of a key: sink, topic, part.
pub(super) fn key(sink: &str, partition: &Partition) -> [Value; 3] {
    [Value::from(sink), Value::from(&*partition.topic), Value::from(partition.number)]
}

/// Sink, then topic and part of each.
pub(super) fn keys<'a>(sink: &str, partitions: impl Iterator<Item = &'a Partition>) -> Vec<Value> {
    let mut values = vec![Value::from(sink)];
    for partition in partitions {
        values.extend([Value::from(&*partition.topic), Value::from(partition.number)]);
    }
    values
}

/// Microseconds since 1970-01-01 UTC as every database reads them; `None` outside the years 1 to 9999.
pub(super) fn time(micros: i64) -> Option<String> {
    let time = Offset::UTC.to_datetime(Timestamp::from_microsecond(micros).ok()?);
    (1..=9999).contains(&time.year()).then(|| time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
}

/// A time for a parameter of a ledger statement.
pub(super) fn time_value(dialect: Dialect, micros: Option<i64>) -> Value {
    match micros.and_then(time) {
        Some(text) if dialect == Dialect::Postgres => Value::Text(format!("{text}+00")),
        Some(text) => Value::Text(text),
        None => Value::Null,
    }
}
