//! What is told of the load: metrics, the board, words for the log.

use std::collections::BTreeMap;
use std::time::SystemTime;

use metrics::{counter, gauge, histogram};

use super::intake::Intake;
use crate::batch::{Batch, Effect};
use crate::record::{Code, Partition};
use crate::sink::{Counts, Left, Written};
use crate::telemetry::{
    BATCH_ROWS, BATCHES, BUFFER_BYTES, BYTES, Board, DEAD_LETTERS, END_TO_END, FENCED, LAG_SECONDS, LAST_COMMIT,
    MENDED, PartitionStatus, RECORDS, WRITE_DURATION,
};

/// Counts what became of a partition's records.
pub fn counted(partition: &Partition, counts: &Counts) {
    let outcomes = [
        ("applied", counts.applied),
        ("duplicate", counts.duplicate),
        ("dead", counts.dead),
        ("deleted", counts.deleted),
        ("skipped", counts.skipped),
        ("gap", counts.gap),
    ];
    for (outcome, count) in outcomes {
        if count > 0 {
            counter!(RECORDS, "topic" => partition.topic.to_string(), "outcome" => outcome).increment(count);
        }
    }
}

/// Measures a batch that was written in so many seconds; `now` is microseconds since 1970.
pub fn batch(batch: &Batch, written: &Written, seconds: f64, now: i64) {
    let rows: usize = batch.shares.values().map(|share| share.records.len()).sum();
    counter!(BATCHES, "result" => "written").increment(1);
    histogram!(BATCH_ROWS).record(rows as f64);
    histogram!(WRITE_DURATION).record(seconds);
    for (partition, share) in &batch.shares {
        let Some(counts) = written.counts.get(partition) else { continue };
        let topic = partition.topic.to_string();
        counter!(BYTES, "topic" => topic.clone()).increment(share.size() as u64);
        gauge!(LAST_COMMIT, "topic" => topic.clone()).set(now as f64 / 1e6);
        if let Some(time) = share.last_timestamp {
            let age = now.saturating_sub(time).max(0) as f64 / 1e6;
            histogram!(END_TO_END, "topic" => topic).record(age);
        }
        if counts.dead > 0 {
            for record in &share.records {
                if let Effect::Dead(reason) = &record.effect {
                    dead(partition, reason.code);
                }
            }
        }
    }
    for (partition, _, code) in &written.refused {
        dead(partition, *code);
    }
}

fn dead(partition: &Partition, code: Code) {
    counter!(DEAD_LETTERS, "topic" => partition.topic.to_string(), "reason" => code.as_str()).increment(1);
}

/// Counts the values of a record from which U+0000 was taken, as the entry's `nul` says.
pub fn mended(partition: &Partition, offset: i64, values: u64) {
    if values > 0 {
        counter!(MENDED, "topic" => partition.topic.to_string()).increment(values);
        tracing::warn!(topic = %partition.topic, partition = partition.number, offset, values, "U+0000 taken out");
    }
}

/// Why a partition left a batch, in words.
pub fn left(left: &Left) -> String {
    match left {
        Left::Fenced(Some(position)) => {
            counter!(FENCED).increment(1);
            format!("the ledger stands at offset {} and epoch {}", position.next_offset, position.epoch)
        }
        Left::Fenced(None) => "the ledger has no row of it".into(),
        Left::Stopped(refusal) => refusal.to_string(),
        Left::Busy(why) | Left::Reshaped(why) => why.clone(),
        Left::Bad(offset, reason) => format!("offset {offset}: {}", reason.code),
    }
}

/// Reminds of the partitions that have stopped: one line for all of them.
pub fn stopped(intake: &Intake) {
    let refusals = intake.lanes().filter_map(|lane| match lane.progress.describe() {
        ("stopped", Some(refusal)) => Some((&lane.partition, refusal)),
        _ => None,
    });
    let stopped: Vec<_> = refusals.collect();
    if let Some((partition, refusal)) = stopped.first() {
        let code = refusal.code;
        tracing::error!(partitions = stopped.len(), %partition, code, "still stopped: {}", refusal.message);
    }
}

/// Tells the board how all partitions stand; `now` is microseconds since 1970.
pub fn lanes(board: &Board, worker: usize, intake: &Intake, now: i64) {
    gauge!(BUFFER_BYTES, "worker" => worker.to_string()).set(intake.bytes() as f64);
    let mut ages: BTreeMap<&str, f64> = BTreeMap::new();
    for lane in intake.lanes() {
        let (state, refusal) = lane.progress.describe();
        let status = PartitionStatus {
            state,
            reason: refusal.map(|refusal| refusal.message.clone()),
            code: refusal.map(|refusal| refusal.code.to_owned()),
            next_offset: lane.progress.durable,
            stable_offset: lane.stable,
        };
        // The oldest record that waits is younger than the last one that was handed over.
        let waits = status.lag().is_some_and(|lag| lag > 0);
        let age = lane.time.filter(|_| waits).map_or(0.0, |time| now.saturating_sub(time).max(0) as f64 / 1e6);
        let oldest = ages.entry(&lane.partition.topic).or_default();
        *oldest = oldest.max(age);
        board.partition(worker, &lane.partition, Some(status));
    }
    for (topic, age) in ages {
        gauge!(LAG_SECONDS, "topic" => topic.to_owned()).set(age);
    }
}

/// Microseconds since 1970.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}
