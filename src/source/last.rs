//! Single records of a partition, read without a group: the last one tells what its topic's schema is now, the one
//! that the ledger remembers whether the topic is still the same.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;

use super::context::Context;
use super::{Broker, Received, SourceError, is_damage, refused};
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
        let reader = Reader::open(self, partition, high)?;
        for step in STEPS {
            let from = high.saturating_sub(step).max(low);
            let mut found = None;
            reader.read(from, |received| {
                found = Some(look(received));
                ControlFlow::Continue(())
            })?;
            if found.is_some() || from == low {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Looks at the first record at this offset or behind it; `None` where there is none.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn first_from<T>(
        &self,
        partition: &Partition,
        offset: i64,
        look: impl Fn(&Received<'_>) -> T,
    ) -> Result<Option<T>, SourceError> {
        let (low, high) = self.watermarks(partition)?;
        if offset.max(low) >= high {
            return Ok(None);
        }
        let mut found = None;
        Reader::open(self, partition, high)?.read(offset.max(low), |received| {
            found = Some(look(received));
            ControlFlow::Break(())
        })?;
        Ok(found)
    }
}

impl Broker {
    /// Whether readers of committed records get none of the offsets [from, to), below the last stable one: markers,
    /// aborted and compacted records. What is true once stays true.
    ///
    /// # Errors
    /// See `SourceError`.
    pub fn is_void(&self, partition: &Partition, from: i64, to: i64) -> Result<bool, SourceError> {
        let (low, high) = self.watermarks(partition)?;
        if from < low || high < to {
            // Retention was here, or a new leader that does not know the end yet: what is not there now tells nothing.
            return Ok(false);
        }
        let first = self.first_from(partition, from, |received| received.message().offset)?;
        Ok(first.is_none_or(|first| first >= to))
    }
}

/// Reads one partition up to its end as it was.
struct Reader<'a> {
    client: BaseConsumer<Context>,
    partition: &'a Partition,
    high: i64,
    deadline: Instant,
}

impl<'a> Reader<'a> {
    fn open(broker: &Broker, partition: &'a Partition, high: i64) -> Result<Reader<'a>, SourceError> {
        let mut settings = broker.settings.clone();
        // librdkafka assigns to members of a group only; this one joins none and commits nothing.
        let group = settings.get("group.id").or(settings.get("client.id")).unwrap_or("flatsink").to_owned();
        settings.remove("group.instance.id");
        settings.set("group.id", group).set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
        // The end is said with an answer that has nothing more in it.
        settings.set("fetch.wait.max.ms", "10");
        let client = settings.create_with_context(Context::new(broker.brokers, None)).map_err(refused)?;
        Ok(Reader { client, partition, high, deadline: Instant::now() + TIMEOUT })
    }

    /// Takes record after record from this offset on, up to the end or as long as it is to go on.
    fn read(&self, from: i64, mut take: impl FnMut(&Received<'_>) -> ControlFlow<()>) -> Result<(), SourceError> {
        let Reader { client, partition, high, .. } = self;
        let failed = |reason: String| SourceError::Unavailable(format!("read a record of {partition}: {reason}"));
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(from))
            .and_then(|()| client.assign(&list))
            .map_err(|error| failed(error.to_string()))?;
        loop {
            match client.poll(Duration::from_millis(100)) {
                Some(Ok(message)) if message.offset() >= *high => return Ok(()),
                Some(Ok(message)) => {
                    let end = message.offset() == high - 1;
                    if take(&Received::new(message)).is_break() || end {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                // What lies behind damage is not the first record.
                Some(Err(error)) if is_damage(&error) => return Err(failed(error.to_string())),
                Some(Err(_)) | None => {}
            }
            if Instant::now() > self.deadline {
                let reason = client.context().take_reason().unwrap_or_else(|| "no answer in 10 s".into());
                return Err(failed(reason));
            }
        }
    }
}
