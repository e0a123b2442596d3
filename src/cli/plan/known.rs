//! What is known of a topic's schemas without reading it: that of the last record of each partition, else the
//! registry's newest of its subject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cli::Wrong;
use crate::config::{Config, Select, Topic};
use crate::dialect::Dialect;
use crate::record::{Framed, Partition, Pinned, Refusal, Shape, Source, frame, key_schema_id};
use crate::registry::{Answer, Registry, RegistryError};
use crate::source::{Broker, SourceError};

/// Kafka and the registry, for questions.
pub(crate) struct Cluster {
    config: Arc<Config>,
    broker: Broker,
    registry: Registry,
}

/// What is known of one schema of a topic.
pub(crate) enum Known {
    /// Why no table follows.
    Nothing(String),
    /// A schema's id and what it becomes.
    Schema(i32, Result<Box<Shape>, Refusal>),
}

impl Cluster {
    /// Prepares the ways; asks nothing yet.
    pub(crate) fn open(config: &Arc<Config>) -> anyhow::Result<Cluster> {
        let broker = Broker::open(config).map_err(wrong)?;
        let registry = Registry::new(&config.schemas).map_err(|error| Wrong(error.to_string()))?;
        Ok(Cluster { config: Arc::clone(config), broker, registry })
    }

    /// The topics that entries take and how many partitions each has; 0 where a named one is not there.
    pub(crate) async fn topics(&self, only: Option<&str>) -> anyhow::Result<BTreeMap<String, i32>> {
        let broker = self.broker.clone();
        let mut topics = blocking(move || broker.topics()).await?;
        topics.retain(|topic, _| self.config.entry(topic).is_some());
        for entry in &self.config.topics {
            if let Select::Names(names) = &entry.select {
                for name in names {
                    topics.entry(name.clone()).or_insert(0);
                }
            }
        }
        if let Some(only) = only {
            topics.retain(|topic, _| topic == only);
            if topics.is_empty() {
                return Err(Wrong(format!("no topic {only} that an entry of the configuration takes")).into());
            }
        }
        Ok(topics)
    }

    /// The schemas that the topic's next records are most likely of, by id, and what they become.
    pub(crate) async fn shapes(&self, topic: &str, partitions: i32, dialect: Dialect) -> anyhow::Result<Vec<Known>> {
        let Some(entry) = self.config.entry(topic) else { return Ok(Vec::new()) };
        if partitions == 0 {
            return Ok(vec![Known::Nothing("it is not there".into())]);
        }
        let mut ids = self.last(topic, partitions, entry).await?;
        if ids.is_empty() {
            ids.extend(self.newest(topic).await?);
        }
        if ids.is_empty() {
            let why = "neither a record nor a schema of it yet; its table is made when the first record comes";
            return Ok(vec![Known::Nothing(why.into())]);
        }
        let mut known = Vec::with_capacity(ids.len());
        let reader = match &entry.reader_schema {
            None => None,
            Some(reader) => match self.registry.pinned(reader).await {
                Ok(reader) => Some(reader),
                Err(error) => return Ok(vec![Known::Nothing(format!("`reader_schema`: {error}"))]),
            },
        };
        let reader = reader.as_ref().map(|(id, answer)| Pinned { id: *id, text: &answer.text });
        for (id, key) in ids {
            let value = match self.fetch(id).await? {
                Ok(answer) => answer,
                Err(why) => {
                    known.push(Known::Nothing(why));
                    continue;
                }
            };
            let key = match key {
                Some(key) => self.fetch(key).await?.ok().map(|answer| (key, answer)),
                None => None,
            };
            let key = key.as_ref().map(|(id, answer)| source(*id, answer));
            let value = Source { reader, ..source(id, &value) };
            known.push(Known::Schema(id, Shape::new(value, key, topic, entry, dialect).map(Box::new)));
        }
        Ok(known)
    }

    /// The ids of value and key in the last record of each partition.
    async fn last(&self, topic: &str, partitions: i32, entry: &Topic) -> anyhow::Result<BTreeSet<(i32, Option<i32>)>> {
        let mut ids = BTreeSet::new();
        for number in 0..partitions {
            let partition = Partition { topic: topic.into(), number };
            let (broker, entry) = (self.broker.clone(), entry.clone());
            let question = move || {
                broker.last(&partition, |received| {
                    let message = received.message();
                    match frame(entry.format, &message, &mut Vec::new()) {
                        Framed::Data(data) => Some((data.schema_id, key_schema_id(&entry, &message))),
                        Framed::Tombstone | Framed::Skip(_) | Framed::Dead(_) => None,
                    }
                })
            };
            ids.extend(blocking(question).await?.flatten());
        }
        Ok(ids)
    }

    /// The newest of the registry's subjects of this topic.
    async fn newest(&self, topic: &str) -> anyhow::Result<Option<(i32, Option<i32>)>> {
        let latest = async |what: &str| self.registry.latest_for_subject(&format!("{topic}-{what}")).await;
        let Some((value, _)) = latest("value").await? else { return Ok(None) };
        let key = latest("key").await.ok().flatten().map(|(id, _)| id);
        Ok(Some((value, key)))
    }

    /// A schema; or why its records become no rows.
    async fn fetch(&self, id: i32) -> anyhow::Result<Result<Answer, String>> {
        match self.registry.fetch(id).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(RegistryError::Unknown(why) | RegistryError::NotAvro(why)) => Ok(Err(why)),
            Err(error) => Err(error.into()),
        }
    }
}

fn source(id: i32, answer: &Answer) -> Source<'_> {
    Source { id, text: &answer.text, owner: answer.owner.as_deref(), pkey: &answer.pkey, reader: None }
}

/// Asks off the runtime's threads.
async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(question).await?.map_err(wrong)
}

fn wrong(error: SourceError) -> anyhow::Error {
    Wrong(error.to_string()).into()
}
