//! The last record of a partition: what its topic's schema is now.

use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;

use super::context::Context;
use super::{Broker, Received, SourceError, refused};
use crate::record::Partition;

/// How far before the end it is looked for: markers and compaction leave ends without records.
const STEPS: [i64; 4] = [1, 16, 1_024, i64::MAX];
const TIMEOUT: Duration = Duration::from_secs(10);

impl Broker {
    /// Looks at the last record of a partition that readers of committed records get; `None` where there is none.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn last<T>(
        &self,
        partition: &Partition,
        mut look: impl FnMut(&Received<'_>) -> T,
    ) -> Result<Option<T>, SourceError> {
        let (low, high) = self.watermarks(partition)?;
        if low >= high {
            return Ok(None);
        }
        let mut settings = self.settings.clone();
        // librdkafka assigns to members of a group only; this one joins none and commits nothing.
        let group = settings.get("group.id").or(settings.get("client.id")).unwrap_or("flatsink").to_owned();
        settings.remove("group.instance.id");
        settings.set("group.id", group).set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
        let client: BaseConsumer<Context> =
            settings.create_with_context(Context::new(self.brokers, None)).map_err(refused)?;
        let failed =
            |error: KafkaError| SourceError::Unavailable(format!("read the last record of {partition}: {error}"));
        let deadline = Instant::now() + TIMEOUT;
        for step in STEPS {
            let from = high.saturating_sub(step).max(low);
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(from)).map_err(failed)?;
            client.assign(&list).map_err(failed)?;
            let mut found = None;
            loop {
                match client.poll(Duration::from_millis(100)) {
                    Some(Ok(message)) if message.offset() >= high => break,
                    Some(Ok(message)) => {
                        let end = message.offset() == high - 1;
                        found = Some(look(&Received::new(message)));
                        if end {
                            break;
                        }
                    }
                    Some(Err(KafkaError::PartitionEOF(_))) => break,
                    Some(Err(_)) | None => {}
                }
                if Instant::now() > deadline {
                    let reason = client.context().take_reason().unwrap_or_else(|| "no answer in 10 s".into());
                    return Err(SourceError::Unavailable(format!("read the last record of {partition}: {reason}")));
                }
            }
            if found.is_some() || from == low {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
