//! What one table gets in one transaction: the records of all shares collapsed by key, in lock order. Pure.
//!
//! Mode table: the last change of a key wins. Mode stream: the first row of a key is written, the later ones are
//! repeats, to be judged against the row that then stands. Records that the database refused take no part.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::batch::{Effect, Share};
use crate::config::{Mode, Unique};
use crate::dialect::Dialect;
use crate::record::rows::{Cells, cell, prefix};
use crate::record::{Kind, Partition, Table, TableName};

/// The shares of a transaction in the ledger's lock order.
pub(super) type Shares<'a> = [(&'a Partition, &'a Share)];

/// A record: the index of its share and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) share: usize,
    pub(super) record: usize,
}

/// A row to write, and the record that it is of.
pub(super) type Row<'a> = (&'a [u8], At);

/// What becomes of a key, and the record that says so.
struct Change<'a> {
    at: At,
    /// The key's cells.
    key: &'a [u8],
    /// The shape and the row; `None`: the key's row goes.
    to: Option<(usize, &'a [u8])>,
}

/// What one table gets.
#[derive(Debug)]
pub(super) struct TablePlan<'a> {
    /// Keys whose rows go, sorted, and the records that say so.
    pub(super) deletes: Vec<Row<'a>>,
    /// Rows by shape.
    pub(super) shapes: Vec<ShapePlan<'a>>,
    /// All keys, sorted: what is locked first where more than one statement follows.
    pub(super) keys: Vec<&'a [u8]>,
}

/// The rows of one shape of a table.
#[derive(Debug)]
pub(super) struct ShapePlan<'a> {
    pub(super) table: &'a Table,
    /// Rows with distinct keys, sorted by key.
    pub(super) rows: Vec<Row<'a>>,
    /// Mode stream: rows whose key an earlier record of the batch has.
    pub(super) repeats: Vec<Row<'a>>,
}

/// The records with an effect on a table, by table, in log order.
pub(super) fn by_table<'a>(shares: &Shares<'a>) -> BTreeMap<&'a TableName, Vec<At>> {
    let mut tables: BTreeMap<&TableName, Vec<At>> = BTreeMap::new();
    for (index, (_, share)) in shares.iter().enumerate() {
        for (record, at) in
            share.records.iter().zip(0..).map(|(record, number)| (record, At { share: index, record: number }))
        {
            if let Effect::Row { segment, .. } | Effect::Delete { segment, .. } = record.effect {
                tables.entry(&share.segments[segment].table.name).or_default().push(at);
            }
        }
    }
    tables
}

/// The partitions of these records.
pub(super) fn partitions(shares: &Shares<'_>, records: &[At]) -> BTreeSet<Partition> {
    let mut seen = BTreeSet::new();
    let indexes: BTreeSet<usize> = records.iter().map(|at| at.share).collect();
    seen.extend(indexes.into_iter().map(|index| shares[index].0.clone()));
    seen
}

/// Collapses a table's records by key, without those that were refused.
pub(super) fn plan<'a>(dialect: Dialect, shares: &Shares<'a>, records: &[At], refused: &BTreeSet<At>) -> TablePlan<'a> {
    let mut shapes: Vec<ShapePlan<'a>> = Vec::new();
    let mut changes: HashMap<Cow<'a, [u8]>, Change<'a>> = HashMap::with_capacity(records.len());
    for at in records.iter().copied().filter(|at| !refused.contains(at)) {
        let share = shares[at.share].1;
        match &share.records[at.record].effect {
            Effect::Dead(_) => {}
            Effect::Delete { key, segment } => {
                let table = &share.segments[*segment].table;
                changes.insert(identity(dialect, table, key), Change { at, key, to: None });
            }
            Effect::Row { segment, row, moved_from } => {
                let segment = &share.segments[*segment];
                let row = segment.rows.row(*row);
                let shape = shape(&mut shapes, &segment.table);
                let table = shapes[shape].table;
                let key = prefix(row, table.key);
                match (table.mode, table.unique) {
                    (Mode::Table, _) => {
                        if let Some(old) = moved_from {
                            changes.insert(identity(dialect, table, old), Change { at, key: old, to: None });
                        }
                        let change = Change { at, key, to: Some((shape, row)) };
                        changes.insert(identity(dialect, table, key), change);
                    }
                    (Mode::Stream, Unique::Uuid) => match changes.entry(Cow::Borrowed(key)) {
                        Entry::Occupied(_) => shapes[shape].repeats.push((row, at)),
                        Entry::Vacant(place) => {
                            place.insert(Change { at, key, to: Some((shape, row)) });
                        }
                    },
                    // Positions are distinct, and in order already.
                    (Mode::Stream, Unique::Position | Unique::None) => shapes[shape].rows.push((row, at)),
                }
            }
        }
    }
    settle(dialect, shares, records, shapes, changes)
}

/// Deals the changes out to deletes and shapes, in order.
fn settle<'a>(
    dialect: Dialect,
    shares: &Shares<'a>,
    records: &[At],
    mut shapes: Vec<ShapePlan<'a>>,
    changes: HashMap<Cow<'a, [u8]>, Change<'a>>,
) -> TablePlan<'a> {
    let mut deletes = Vec::new();
    let mut keys = Vec::with_capacity(changes.len());
    if let Some(table) = any_table(shares, records) {
        let mut sorted: Vec<_> =
            changes.iter().map(|(identity, change)| (order(dialect, table, identity), change)).collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (_, change) in sorted {
            keys.push(change.key);
            match change.to {
                None => deletes.push((change.key, change.at)),
                Some((shape, row)) => shapes[shape].rows.push((row, change.at)),
            }
        }
    }
    TablePlan { deletes, shapes, keys }
}

/// A shape of the table that these records have an effect on; its key is every shape's.
pub(super) fn any_table<'a>(shares: &Shares<'a>, records: &[At]) -> Option<&'a Table> {
    let share = |at: &At| shares[at.share].1;
    records.iter().find_map(|at| match share(at).records[at.record].effect {
        Effect::Row { segment, .. } | Effect::Delete { segment, .. } => Some(&*share(at).segments[segment].table),
        Effect::Dead(_) => None,
    })
}

fn shape<'a>(shapes: &mut Vec<ShapePlan<'a>>, table: &'a Table) -> usize {
    let same = |shape: &ShapePlan<'_>| std::ptr::eq(shape.table, table) || shape.table == table;
    if let Some(found) = shapes.iter().position(same) {
        return found;
    }
    shapes.push(ShapePlan { table, rows: Vec::new(), repeats: Vec::new() });
    shapes.len() - 1
}

/// The key in bytes that are the same for the same row: shapes of a table may write a decimal with more digits or fewer
/// behind the point, and the database takes both for one. (In SQLite they are texts, and none writes another's.)
fn identity<'a>(dialect: Dialect, table: &Table, key: &'a [u8]) -> Cow<'a, [u8]> {
    let kinds = || table.columns[..table.key].iter().map(|column| column.kind);
    let is_decimal = |kind: Kind| matches!(kind, Kind::Decimal { .. });
    if dialect == Dialect::Sqlite || !kinds().any(is_decimal) {
        return Cow::Borrowed(key);
    }
    let mut identity = Vec::with_capacity(key.len());
    for (bytes, kind) in Cells(key).zip(kinds()) {
        let bytes = bytes.unwrap_or_default();
        let plain = match dialect {
            _ if !is_decimal(kind) => Cow::Borrowed(bytes),
            // How many digits are shown is the fourth of its numbers.
            Dialect::Postgres => {
                let mut bytes = bytes.to_vec();
                bytes.iter_mut().skip(6).take(2).for_each(|byte| *byte = 0);
                Cow::Owned(bytes)
            }
            _ if bytes.contains(&b'.') => {
                let end = bytes.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
                Cow::Borrowed(bytes[..end].strip_suffix(b".").unwrap_or(&bytes[..end]))
            }
            _ => Cow::Borrowed(bytes),
        };
        let Ok::<(), std::convert::Infallible>(()) = cell(&mut identity, |out| {
            out.extend_from_slice(&plain);
            Ok(())
        });
    }
    Cow::Owned(identity)
}

/// The key as bytes that sort as the database's index does, so that all who lock several rows do it in one order.
fn order<'a>(dialect: Dialect, table: &Table, key: &'a [u8]) -> Cow<'a, [u8]> {
    let kinds = || table.columns[..table.key].iter().map(|column| column.kind);
    if let ([Some(cell)], Some(kind)) = (Cells(key).collect::<Vec<_>>().as_slice(), kinds().next())
        && !is_number(kind)
    {
        return Cow::Borrowed(cell);
    }
    let mut sortable = Vec::with_capacity(key.len() + 8);
    for (cell, kind) in Cells(key).zip(kinds()) {
        let cell = cell.unwrap_or_default();
        if is_number(kind) {
            let mut number = cell.to_vec();
            if dialect != Dialect::Postgres {
                number.reverse();
            }
            if let Some(first) = number.first_mut() {
                *first ^= 0x80;
            }
            sortable.extend(number);
        } else {
            // Ends with two bytes that no cell holds in a row, so that a shorter cell sorts first.
            for byte in cell {
                sortable.extend_from_slice(if *byte == 0 { &[0, 1] } else { std::slice::from_ref(byte) });
            }
            sortable.extend_from_slice(&[0, 0]);
        }
    }
    Cow::Owned(sortable)
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal)
}
