//! Where a topic begins when this sink first sees it.

use crate::config::Start;
use crate::record::Partition;
use crate::source::{Broker, SourceError};

/// The first offset of each partition, as the entry says.
///
/// # Errors
/// See `SourceError`.
pub fn resolve(broker: &Broker, topic: &str, partitions: i32, start: &Start) -> Result<Vec<i64>, SourceError> {
    match start {
        Start::Earliest => earliest(broker, topic, partitions),
        Start::Latest => {
            watermarks(broker, topic, partitions).map(|marks| marks.into_iter().map(|(_, high)| high).collect())
        }
        Start::Timestamp(timestamp) => broker.offsets_at(topic, partitions, *timestamp),
        Start::Group(group) => {
            let committed = broker.committed(group, topic, partitions)?;
            let marks = watermarks(broker, topic, partitions)?;
            // What the other group never committed, it never read.
            Ok(committed.into_iter().zip(marks).map(|(offset, (low, _))| offset.unwrap_or(low)).collect())
        }
    }
}

/// The first offset that is retained of each partition.
///
/// # Errors
/// See `SourceError`.
pub fn earliest(broker: &Broker, topic: &str, partitions: i32) -> Result<Vec<i64>, SourceError> {
    watermarks(broker, topic, partitions).map(|marks| marks.into_iter().map(|(low, _)| low).collect())
}

fn watermarks(broker: &Broker, topic: &str, partitions: i32) -> Result<Vec<(i64, i64)>, SourceError> {
    (0..partitions).map(|number| broker.watermarks(&Partition { topic: topic.into(), number })).collect()
}
