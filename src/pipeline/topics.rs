//! Which topics are read: the names and patterns of the configuration against what the cluster has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::sync::watch;

use super::End;
use super::retry::Backoff;
use super::task::{blocking, partitions_changed};
use super::worker::Order;
use crate::config::{Config, Mode, OnPartitionChange, Select, Start};
use crate::record::Partition;
use crate::sink::{Position, Sink};
use crate::source::{Broker, SourceError};

/// How many topics the greeting names.
const NAMED_MAX: usize = 20;

/// The topics that are read, each with the number of its partitions.
#[derive(Debug, Default)]
pub struct Topics(BTreeMap<String, i32>);

/// Asks until there is an answer, for as long as patience lasts.
async fn answered<T: Send + 'static>(
    config: &Config,
    broker: &Broker,
    patience: Duration,
    stop: &mut watch::Receiver<bool>,
    question: impl Fn(&Broker) -> Result<T, SourceError> + Clone + Send + 'static,
) -> Result<T, End> {
    let begun = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        match blocking(broker, question.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(SourceError::Unavailable(why)) if begun.elapsed() < patience => {
                tracing::warn!(why, "waiting for Kafka");
            }
            Err(error) => {
                return Err(End::Wrong(format!("reach Kafka at {}: {error}", config.kafka.brokers.join(", "))));
            }
        }
        backoff.wait(stop).await.ok_or(End::Done)?;
    }
}

/// How often the cluster is asked for new topics: librdkafka's own interval for metadata.
pub fn refresh_every(config: &Config) -> Duration {
    let property = config.kafka.properties.get("topic.metadata.refresh.interval.ms");
    let set = property.and_then(|value| value.expose_secret().parse::<u64>().ok()).filter(|ms| *ms > 0);
    Duration::from_millis(set.unwrap_or(30_000))
}

impl Topics {
    /// The topics at the start; a topic that is named and missing is an error.
    pub async fn first(
        config: &Config,
        broker: &Broker,
        patience: Duration,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Topics, End> {
        let all = answered(config, broker, patience, stop, Broker::topics).await?;
        let missing: Vec<&str> = config
            .topics
            .iter()
            .filter_map(|entry| match &entry.select {
                Select::Names(names) => Some(names),
                Select::Pattern(_) => None,
            })
            .flatten()
            .map(String::as_str)
            .filter(|name| !all.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            return Err(End::Wrong(format!(
                "not in the cluster at {}: topic {}; create it, mend its name in the configuration, or give a pattern",
                config.kafka.brokers.join(", "),
                missing.join(", ")
            )));
        }
        Ok(Topics(matching(config, all)))
    }

    /// The names, for a subscription.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// The end of each partition as it is now. A topic that was just made has no leader for a moment.
    pub async fn ends(
        &self,
        config: &Config,
        broker: &Broker,
        patience: Duration,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<BTreeMap<Partition, i64>, End> {
        let mut ends = BTreeMap::new();
        for (topic, count) in &self.0 {
            for number in 0..*count {
                let partition = Partition { topic: topic.as_str().into(), number };
                let asked = partition.clone();
                let question = move |broker: &Broker| broker.watermarks(&asked);
                let (_, end) = answered(config, broker, patience, stop, question).await?;
                ends.insert(partition, end);
            }
        }
        Ok(ends)
    }

    /// Looks again: what the workers are to be told.
    pub async fn refresh(&mut self, config: &Config, broker: &Broker, sink: &mut Sink) -> Vec<Order> {
        let all = match blocking(broker, Broker::topics).await {
            Ok(all) => matching(config, all),
            Err(error) => {
                tracing::debug!(%error, "ask for topics");
                return Vec::new();
            }
        };
        let mut orders = Vec::new();
        let before: BTreeSet<&String> = self.0.keys().collect();
        let added: Vec<&String> = all.keys().filter(|topic| !before.contains(topic)).collect();
        if !added.is_empty() {
            tracing::info!(topics = ?added, "new topics");
        }
        for gone in self.0.keys().filter(|topic| !all.contains_key(*topic)) {
            tracing::warn!(topic = gone, "the topic is no longer in the cluster; its rows and its offsets stay");
        }
        let grown: Vec<&String> = all
            .iter()
            .filter(|(topic, count)| self.0.get(*topic).is_some_and(|old| old < count))
            .map(|(topic, _)| topic)
            .filter(|topic| {
                config.entry(topic).is_some_and(|entry| {
                    entry.mode == Mode::Table && entry.on_partition_change == OnPartitionChange::Stop
                })
            })
            .collect();
        let mut seen = all.clone();
        if !grown.is_empty() {
            match sink.topics().await {
                Ok(known) => {
                    for topic in grown {
                        let Some(known) = known.get(topic).filter(|known| known.partitions < all[topic]) else {
                            continue;
                        };
                        let refusal = partitions_changed(topic, known.partitions, all[topic]);
                        orders.push(Order::Stop(topic.clone(), refusal));
                    }
                }
                // The next look sees them grow again.
                Err(failure) => {
                    tracing::debug!(%failure, "ask the ledger for its topics");
                    seen.retain(|topic, _| !grown.contains(&topic));
                }
            }
        }
        let changed = !added.is_empty();
        // A topic that is gone stays subscribed: it may come back, and its partitions say what happened to them.
        self.0.extend(seen);
        if changed {
            orders.push(Order::Subscribe(self.names()));
        }
        orders
    }

    /// `N topics -> M tables`, and where each begins.
    pub fn summary(&self, config: &Config, known: &BTreeMap<Partition, Position>) -> String {
        let mut tables = BTreeSet::new();
        let mut lines = String::new();
        for (number, topic) in self.0.keys().enumerate() {
            let Some(entry) = config.entry(topic) else { continue };
            // What a schema decides (namespace, record) is not known yet: such topics count as one table each.
            let named = entry.table.contains('{') || entry.schema.as_ref().is_some_and(|schema| schema.contains('{'));
            tables.insert(if named { topic.clone() } else { entry.table.clone() });
            if number >= NAMED_MAX {
                continue;
            }
            let mut begun = known.iter().filter(|(partition, _)| *partition.topic == **topic).peekable();
            let from = if begun.peek().is_some() {
                let offsets: i64 = begun.map(|(_, position)| position.next_offset - position.start_offset).sum();
                format!("goes on behind {offsets} offsets")
            } else {
                match &entry.start {
                    Start::Earliest => "begins at the earliest record".into(),
                    Start::Latest => "begins at the latest record".into(),
                    Start::Timestamp(ms) => format!("begins at the first record from {ms} ms since 1970 on"),
                    Start::Group(group) => format!("begins where group {group} stopped"),
                }
            };
            let _ = write!(lines, "\n  {topic}: {from}");
        }
        if self.0.len() > NAMED_MAX {
            let _ = write!(lines, "\n  and {} more", self.0.len() - NAMED_MAX);
        }
        format!("{} topics -> {} tables{lines}", self.0.len(), tables.len())
    }
}

fn matching(config: &Config, all: BTreeMap<String, i32>) -> BTreeMap<String, i32> {
    all.into_iter().filter(|(topic, _)| config.entry(topic).is_some()).collect()
}
