//! What is told of the load: metrics, the board, words for the log.

use metrics::{counter, gauge, histogram};

use super::intake::Intake;
use crate::batch::Batch;
use crate::record::Partition;
use crate::sink::{Counts, Left};
use crate::telemetry::{Board, PartitionStatus};

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
            counter!("flatsink_records_total", "topic" => partition.topic.to_string(), "outcome" => outcome)
                .increment(count);
        }
    }
}

/// Measures a batch that was written in so many seconds; `now` is microseconds since 1970.
pub fn batch(batch: &Batch, seconds: f64, now: i64) {
    let rows: usize = batch.shares.values().map(|share| share.records.len()).sum();
    histogram!("flatsink_batch_rows").record(rows as f64);
    histogram!("flatsink_write_duration_seconds").record(seconds);
    for (partition, share) in &batch.shares {
        let topic = partition.topic.to_string();
        counter!("flatsink_bytes_total", "topic" => topic.clone()).increment(share.size() as u64);
        if let Some(time) = share.last_timestamp {
            let age = now.saturating_sub(time).max(0) as f64 / 1e6;
            histogram!("flatsink_end_to_end_seconds", "topic" => topic).record(age);
        }
    }
}

/// Why a partition left a batch, in words.
pub fn left(left: &Left) -> String {
    match left {
        Left::Fenced(Some(position)) => {
            counter!("flatsink_fenced_total").increment(1);
            format!("the ledger stands at offset {} and epoch {}", position.next_offset, position.epoch)
        }
        Left::Fenced(None) => "the ledger has no row of it".into(),
        Left::Stopped(refusal) => refusal.to_string(),
        Left::Busy(why) | Left::Reshaped(why) => why.clone(),
        Left::Bad(offset, reason) => format!("offset {offset}: {}", reason.code),
    }
}

/// Tells the board how all partitions stand.
pub fn lanes(board: &Board, worker: usize, intake: &Intake) {
    gauge!("flatsink_buffer_bytes", "worker" => worker.to_string()).set(intake.bytes() as f64);
    for lane in intake.lanes() {
        let (state, refusal) = lane.progress.describe();
        let status = PartitionStatus {
            state,
            reason: refusal.map(|refusal| refusal.message.clone()),
            code: refusal.map(|refusal| refusal.code.to_owned()),
            next_offset: lane.progress.durable,
            stable_offset: lane.stable,
        };
        board.partition(worker, &lane.partition, Some(status));
    }
}
