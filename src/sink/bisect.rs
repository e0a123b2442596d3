//! Finds the rows and keys that the database refuses, by halving under savepoints: k culprits among n rows cost about
//! k · log₂ n statements, and all of it stays inside the one transaction.

use super::collapse::{At, Row};
use super::transaction::BatchTx;
use crate::dialect::Dialect;
use crate::dialect::statement::Statement;
use crate::error::{Class, Failure, class, code};
use crate::record::{Code, Reason, Table};

/// A record that became a dead letter here.
#[derive(Clone, Debug)]
pub(super) struct Culprit {
    pub(super) at: At,
    pub(super) reason: Reason,
    /// The database's code, where it was the database's doing.
    pub(super) sqlstate: Option<String>,
}

/// What to do about an error of a statement on rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A key is there already: ours, or that of another unique index.
    Duplicate,
    /// One row is at fault.
    Row,
    /// Too much at once: a time or a size was exceeded.
    TooMuch,
    /// The whole transaction's.
    Whole,
}

/// Tells the errors that can be undone inside a transaction from the others.
pub(super) fn trouble(dialect: Dialect, error: &sqlx::Error) -> Trouble {
    let code = code(dialect, error);
    match (dialect, code.as_str()) {
        (Dialect::Postgres, "23505") | (Dialect::Mysql | Dialect::Mariadb, "1062") => Trouble::Duplicate,
        (Dialect::Sqlite, "1555" | "2067" | "2579") => Trouble::Duplicate,
        (Dialect::Postgres, "57014") | (Dialect::Mysql | Dialect::Mariadb, "1153" | "3024" | "1969") => {
            Trouble::TooMuch
        }
        _ if class(dialect, &code, false) == Some(Class::Row) => Trouble::Row,
        _ => Trouble::Whole,
    }
}

/// Writes rows, or deletes keys, all but those that the database refuses.
pub(super) async fn write(
    tx: &mut BatchTx,
    dialect: Dialect,
    statement: Statement,
    table: &Table,
    rows: &[Row<'_>],
) -> Result<Vec<Culprit>, sqlx::Error> {
    let mut culprits = Vec::new();
    let mut waiting = vec![rows];
    while let Some(part) = waiting.pop() {
        if part.is_empty() {
            continue;
        }
        let cells: Vec<&[u8]> = part.iter().map(|(row, _)| *row).collect();
        tx.savepoint("flatsink_part").await?;
        let Err(error) = tx.work(statement, table, &cells).await else {
            tx.release("flatsink_part").await?;
            continue;
        };
        let found = trouble(dialect, &error);
        // A statement that one row alone makes too long is the transaction's trouble; a packet is the row's.
        let row_alone = part.len() == 1 && (found != Trouble::TooMuch || code(dialect, &error) == "1153");
        if found == Trouble::Whole || (part.len() == 1 && !row_alone) {
            return Err(error);
        }
        tx.undo("flatsink_part").await?;
        tx.release("flatsink_part").await?;
        match part {
            [(_, at)] => culprits.push(refused(dialect, table, *at, &error)),
            _ => {
                let (first, second) = part.split_at(part.len() / 2);
                // The first half is written first.
                waiting.extend([second, first]);
            }
        }
    }
    Ok(culprits)
}

fn refused(dialect: Dialect, table: &Table, at: At, error: &sqlx::Error) -> Culprit {
    let failure = Failure::new(dialect, false, format!("write a row of {}", table.name), error);
    let constraint = match dialect {
        Dialect::Postgres => failure.code.starts_with("23") || matches!(failure.code.as_str(), "44000" | "P0001"),
        Dialect::Mysql | Dialect::Mariadb => matches!(
            failure.code.as_str(),
            "1048" | "1062" | "1451" | "1452" | "1216" | "1217" | "1644" | "3819" | "4025"
        ),
        Dialect::Sqlite => failure.code.parse::<i32>().is_ok_and(|code| code & 0xff == 19),
    };
    let code = if constraint { Code::Constraint } else { Code::Refused };
    Culprit { at, reason: Reason::new(code, failure.to_string()), sqlstate: Some(failure.code) }
}
