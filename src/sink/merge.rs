//! Writes what one table gets: the optimistic way first, the careful way once the database objected.

use std::collections::BTreeSet;

use super::bisect::{self, Culprit, Trouble, trouble};
use super::collapse::{At, Row, ShapePlan, Shares, TablePlan, any_table, partitions, plan};
use super::connection::Value;
use super::transaction::BatchTx;
use crate::batch::Effect;
use crate::config::{Mode, Unique};
use crate::dialect::Dialect;
use crate::dialect::statement::Statement;
use crate::record::{Code, From, Partition, Reason, Table};

const SAVEPOINT: &str = "flatsink_table";

/// What became of one table's records beyond what their effects say.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Equal repeats of a uuid.
    pub(super) duplicates: Vec<At>,
    /// Records that became dead letters here.
    pub(super) dead: Vec<Culprit>,
    /// A key was there already: the next batches had better look first.
    pub(super) collided: bool,
}

/// Why a table could not be written.
#[derive(Debug)]
pub(super) enum Halt {
    /// The database's error, the whole transaction's.
    Error(sqlx::Error),
    /// With `unique: position`: these partitions' positions are there already.
    Taken(BTreeSet<Partition>),
}

impl std::convert::From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Halt {
        Halt::Error(error)
    }
}

/// The records of one table in one transaction.
pub(super) struct TableWork<'a> {
    pub(super) dialect: Dialect,
    pub(super) shares: &'a Shares<'a>,
    pub(super) records: &'a [At],
    /// Keys collided lately: look first.
    pub(super) careful: bool,
}

impl TableWork<'_> {
    /// Writes the table's part of the transaction.
    pub(super) async fn write(&self, tx: &mut BatchTx) -> Result<Verdict, Halt> {
        let mut verdict = Verdict { dead: self.too_large(tx.connection().row_max()), ..Verdict::default() };
        let mut refused: BTreeSet<At> = verdict.dead.iter().map(|culprit| culprit.at).collect();
        let mut careful = self.careful;
        // Asked of the table: a batch of deletes alone has no shape to ask.
        let keyed = any_table(self.shares, self.records).is_some_and(|table| table.mode == Mode::Table);
        tx.savepoint(SAVEPOINT).await?;
        loop {
            let plan = plan(self.dialect, self.shares, self.records, &refused);
            let optimistic = !careful && !keyed;
            let done = if optimistic {
                append(tx, &plan).await
            } else {
                self.look_for_taken(tx, &plan).await?;
                self.search_and_write(tx, &plan).await
            };
            let culprits = match done {
                Ok(culprits) => culprits,
                Err(error) => {
                    let trouble = trouble(self.dialect, &error);
                    if trouble == Trouble::Whole || !optimistic {
                        return Err(error.into());
                    }
                    tx.undo(SAVEPOINT).await?;
                    verdict.collided |= trouble == Trouble::Duplicate;
                    careful = true;
                    continue;
                }
            };
            if culprits.is_empty() {
                self.judge(tx, &plan, !optimistic, &mut verdict).await?;
                break;
            }
            // Their keys are collapsed again without them, from the table as it was.
            tx.undo(SAVEPOINT).await?;
            refused.extend(culprits.iter().map(|culprit| culprit.at));
            verdict.dead.extend(culprits);
            careful = true;
        }
        tx.release(SAVEPOINT).await?;
        Ok(verdict)
    }

    /// Rows that the database would not even read.
    fn too_large(&self, row_max: usize) -> Vec<Culprit> {
        let too_large = |at: &&At| {
            let share = self.shares[at.share].1;
            match &share.records[at.record].effect {
                Effect::Row { segment, row, .. } => share.segments[*segment].rows.row(*row).len() > row_max,
                _ => false,
            }
        };
        let culprit = |at: &At| {
            let reason =
                Reason::new(Code::Refused, format!("the row is larger than the {row_max} bytes that the server takes"));
            Culprit { at: *at, reason, sqlstate: None }
        };
        self.records.iter().filter(too_large).map(culprit).collect()
    }

    /// Locks, deletes, then writes each shape, finding the rows that the database refuses.
    async fn search_and_write(&self, tx: &mut BatchTx, plan: &TablePlan<'_>) -> Result<Vec<Culprit>, sqlx::Error> {
        let mut culprits = Vec::new();
        let Some(table) = any_table(self.shares, self.records) else {
            return Ok(culprits);
        };
        let filled = plan.shapes.iter().filter(|shape| !shape.rows.is_empty()).count();
        let statements = filled + usize::from(!plan.deletes.is_empty());
        if table.mode == Mode::Table && statements > 1 && self.dialect != Dialect::Sqlite {
            tx.work(Statement::Lock, table, &plan.keys).await?;
        }
        culprits.extend(bisect::write(tx, self.dialect, Statement::Delete, table, &plan.deletes).await?);
        for shape in &plan.shapes {
            let statement = match (shape.table.mode, shape.table.unique) {
                (Mode::Table, _) => Statement::Upsert,
                (Mode::Stream, Unique::Uuid) => Statement::InsertMissing,
                (Mode::Stream, Unique::Position | Unique::None) => Statement::Insert,
            };
            culprits.extend(bisect::write(tx, self.dialect, statement, shape.table, &shape.rows).await?);
        }
        Ok(culprits)
    }

    /// With `unique: position` a key that is there means that the positions were loaded before.
    async fn look_for_taken(&self, tx: &mut BatchTx, plan: &TablePlan<'_>) -> Result<(), Halt> {
        let mut taken = BTreeSet::new();
        let by_position = |table: &Table| table.mode == Mode::Stream && table.unique == Unique::Position;
        for shape in plan.shapes.iter().filter(|shape| by_position(shape.table)) {
            let rows: Vec<&[u8]> = shape.rows.iter().map(|(row, _)| *row).collect();
            let there = tx.work(Statement::Coordinates, shape.table, &rows).await?;
            let records: Vec<At> = there.iter().filter_map(|answer| Some(row_of(&shape.rows, answer)?.1)).collect();
            taken.extend(partitions(self.shares, &records));
        }
        if taken.is_empty() { Ok(()) } else { Err(Halt::Taken(taken)) }
    }

    /// Mode stream with `unique: uuid`: rows that are not mine are equal (duplicates) or not (conflicts).
    async fn judge(
        &self,
        tx: &mut BatchTx,
        plan: &TablePlan<'_>,
        looked: bool,
        verdict: &mut Verdict,
    ) -> Result<(), Halt> {
        for shape in plan.shapes.iter().filter(|shape| shape.table.mode == Mode::Stream) {
            if shape.table.unique != Unique::Uuid {
                continue;
            }
            let written = if looked { shape.rows.as_slice() } else { &[] };
            let suspects: Vec<Row<'_>> = written.iter().chain(&shape.repeats).copied().collect();
            let others = self.not_mine(tx, shape, &suspects).await?;
            if others.is_empty() {
                continue;
            }
            verdict.collided |= looked;
            let rows: Vec<&[u8]> = others.iter().map(|(row, _)| *row).collect();
            let equal = tx.work(Statement::Equal, shape.table, &rows).await?;
            let equal: BTreeSet<At> = equal.iter().filter_map(|answer| Some(row_of(&others, answer)?.1)).collect();
            for (_, at) in others {
                if equal.contains(&at) {
                    verdict.duplicates.push(at);
                } else {
                    let reason = "a row of the same uuid with other content stands in the table";
                    let reason = Reason::new(Code::UuidConflict, reason);
                    verdict.dead.push(Culprit { at, reason, sqlstate: None });
                }
            }
        }
        Ok(())
    }

    /// The rows whose key stands in the table with other coordinates than theirs.
    async fn not_mine<'r>(
        &self,
        tx: &mut BatchTx,
        shape: &ShapePlan<'_>,
        suspects: &[Row<'r>],
    ) -> Result<Vec<Row<'r>>, Halt> {
        let rows: Vec<&[u8]> = suspects.iter().map(|(row, _)| *row).collect();
        let stored = tx.work(Statement::Coordinates, shape.table, &rows).await?;
        // A row that is not there any more was deleted by somebody meanwhile, or left out by a trigger: either way
        // there is nothing to compare with.
        let mut others = Vec::new();
        for answer in &stored {
            let Some((row, at)) = row_of(suspects, answer) else { continue };
            if !self.is_mine(shape.table, at, &answer[1..]) {
                others.push((row, at));
            }
        }
        others.sort_by_key(|(_, at)| *at);
        Ok(others)
    }

    fn is_mine(&self, table: &Table, at: At, stored: &[Value]) -> bool {
        let (partition, share) = self.shares[at.share];
        let own = |from: From| match from {
            From::Partition => Some(Value::from(partition.number)),
            From::Offset => Some(Value::Int(share.records[at.record].offset)),
            From::Topic => Some(Value::from(&*partition.topic)),
            _ => None,
        };
        let has = |from: &From| table.columns.iter().any(|column| column.from == *from);
        let wanted = [From::Partition, From::Offset, From::Topic].into_iter().filter(has).filter_map(own);
        wanted.zip(stored).all(|(own, stored)| match own {
            Value::Text(text) => stored.text() == Some(&text),
            number => number == *stored,
        })
    }
}

async fn append(tx: &mut BatchTx, plan: &TablePlan<'_>) -> Result<Vec<Culprit>, sqlx::Error> {
    for shape in plan.shapes.iter().filter(|shape| !shape.rows.is_empty()) {
        let rows: Vec<&[u8]> = shape.rows.iter().map(|(row, _)| *row).collect();
        tx.append(shape.table, &rows).await?;
    }
    Ok(Vec::new())
}

/// The row that a search's answer is about: its first value is the index.
fn row_of<'r>(rows: &[Row<'r>], answer: &[Value]) -> Option<Row<'r>> {
    let index = usize::try_from(answer.first()?.int()?).ok()?;
    rows.get(index).copied()
}
