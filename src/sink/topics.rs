//! Which topics the ledger knows: each is written down once, with all its partitions.

use std::collections::BTreeMap;

use super::bisect::{Trouble, trouble};
use super::connection::Value;
use super::transaction::BatchTx;
use super::{KnownTopic, Sink};
use crate::error::Failure;

/// Partitions of one statement.
const CHUNK: usize = 100;
/// The incarnation of a topic at first sight; `reset` raises it.
const FIRST: &str = "1";

impl Sink {
    pub(super) async fn all_topics(&mut self) -> Result<BTreeMap<String, KnownTopic>, Failure> {
        let values = [Value::from(self.config.sink.as_str())];
        let rows = self.query("read the ledger's topics", &self.ledger.topics(false), &values).await?;
        Ok(rows.iter().filter_map(|row| known(row)).collect())
    }

    pub(super) async fn add_topic(&mut self, topic: &str, starts: &[i64]) -> Result<KnownTopic, Failure> {
        let attempted = format!("write topic {topic} into the ledger");
        let connection = self.open().await?;
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed(&attempted, &error))?;
        let done = self.insert_topic(&mut tx, topic, starts).await;
        match done {
            Ok(()) => {
                let connection = tx.commit().await.map_err(|error| self.failed(&attempted, &error))?;
                self.connection = Some(connection);
            }
            Err(error) => {
                self.connection = tx.rollback().await;
                // Somebody else was first.
                if trouble(self.dialect, &error) != Trouble::Duplicate {
                    return Err(self.failed(&attempted, &error));
                }
            }
        }
        let missing = || Failure::stop(attempted, "its row in flatsink_topic vanished while it was written");
        self.all_topics().await?.remove(topic).ok_or_else(missing)
    }

    async fn insert_topic(&self, tx: &mut BatchTx, topic: &str, starts: &[i64]) -> Result<(), sqlx::Error> {
        let count = i64::try_from(starts.len()).unwrap_or(i64::MAX);
        let sink = self.config.sink.as_str();
        let values = [Value::from(sink), Value::from(topic), Value::from(FIRST), Value::Int(count)];
        tx.execute(&self.ledger.add_topic(), &values).await?;
        self.insert_partitions(tx, topic, FIRST, (0..).zip(starts.iter().copied())).await
    }

    /// Rows for partitions, each with where it starts.
    pub(super) async fn insert_partitions(
        &self,
        tx: &mut BatchTx,
        topic: &str,
        incarnation: &str,
        starts: impl Iterator<Item = (i32, i64)>,
    ) -> Result<(), sqlx::Error> {
        let starts: Vec<(i32, i64)> = starts.collect();
        for chunk in starts.chunks(CHUNK) {
            let row = |(part, start): &(i32, i64)| {
                let names = [Value::from(self.config.sink.as_str()), Value::from(topic), Value::from(*part)];
                names.into_iter().chain([Value::from(incarnation), Value::Int(*start), Value::Int(*start)])
            };
            let values: Vec<Value> = chunk.iter().flat_map(row).collect();
            tx.execute(&self.ledger.add_partitions(chunk.len()), &values).await?;
        }
        Ok(())
    }

    pub(super) async fn extend_topic(&mut self, topic: &str, starts: &[i64]) -> Result<KnownTopic, Failure> {
        let attempted = format!("add partitions of topic {topic} to the ledger");
        let connection = self.open().await?;
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed(&attempted, &error))?;
        match self.insert_more(&mut tx, topic, starts).await {
            Ok(Some(known)) => {
                let connection = tx.commit().await.map_err(|error| self.failed(&attempted, &error))?;
                self.connection = Some(connection);
                Ok(known)
            }
            Ok(None) => {
                self.connection = tx.rollback().await;
                Err(Failure::stop(attempted, "flatsink_topic does not name it"))
            }
            Err(error) => {
                let failure = self.failed(&attempted, &error);
                self.connection = tx.rollback().await;
                Err(failure)
            }
        }
    }

    async fn insert_more(
        &self,
        tx: &mut BatchTx,
        topic: &str,
        starts: &[i64],
    ) -> Result<Option<KnownTopic>, sqlx::Error> {
        let names = [Value::from(self.config.sink.as_str()), Value::from(topic)];
        let rows = tx.fetch(&self.ledger.topics(true), &names).await?;
        let Some((_, mut topic_row)) = rows.first().and_then(|row| known(row)) else {
            return Ok(None);
        };
        let stored = usize::try_from(topic_row.partitions).unwrap_or(0);
        if starts.len() > stored {
            let more = (topic_row.partitions..).zip(starts[stored..].iter().copied());
            self.insert_partitions(tx, topic, &topic_row.incarnation, more).await?;
            topic_row.partitions = i32::try_from(starts.len()).unwrap_or(i32::MAX);
            let [sink, name] = names;
            let values = [Value::from(topic_row.incarnation.as_str()), Value::from(topic_row.partitions), sink, name];
            tx.execute(&self.ledger.set_topic(), &values).await?;
        }
        Ok(Some(topic_row))
    }
}

/// A row of `Ledger::topics`.
pub(super) fn known(row: &[Value]) -> Option<(String, KnownTopic)> {
    let [topic, incarnation, partitions] = row else {
        return None;
    };
    let partitions = i32::try_from(partitions.int()?).ok()?;
    Some((topic.text()?.to_owned(), KnownTopic { incarnation: incarnation.text()?.to_owned(), partitions }))
}
