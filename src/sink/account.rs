//! How records are counted: each once, by its own effect.

use super::Counts;
use super::collapse::At;
use super::connection::Value;
use crate::batch::{Effect, Share};

/// The counts that a share's effects promise, unless the database objects.
pub(super) fn promised(share: &Share) -> Counts {
    let mut counts = Counts { skipped: share.skipped, gap: share.gap, ..Counts::default() };
    for record in &share.records {
        match record.effect {
            Effect::Row { .. } => counts.applied += 1,
            Effect::Delete { .. } => counts.deleted += 1,
            Effect::Dead(_) => counts.dead += 1,
        }
    }
    counts
}

/// The count of the record's own effect.
pub(super) fn effect<'c>(counts: &'c mut Counts, share: &Share, at: At) -> &'c mut u64 {
    match share.records[at.record].effect {
        Effect::Row { .. } => &mut counts.applied,
        Effect::Delete { .. } => &mut counts.deleted,
        Effect::Dead(_) => &mut counts.dead,
    }
}

/// The counts in the order of the ledger's columns.
pub(super) fn counted(counts: &Counts) -> [Value; 6] {
    [counts.applied, counts.duplicate, counts.dead, counts.deleted, counts.skipped, counts.gap]
        .map(|count| Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// What `after` has more than `before`, in the same order.
pub(super) fn difference(after: &Counts, before: &Counts) -> [Value; 6] {
    let pairs = [
        (after.applied, before.applied),
        (after.duplicate, before.duplicate),
        (after.dead, before.dead),
        (after.deleted, before.deleted),
        (after.skipped, before.skipped),
        (after.gap, before.gap),
    ];
    pairs.map(|(after, before)| Value::Int(after.cast_signed() - before.cast_signed()))
}
