//! What librdkafka tells by callback: rebalances, statistics, errors and logs. The callbacks note and return.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use serde::Deserialize;

use super::{PartitionStatistics, Rebalance, SourceError};
use crate::record::Partition;

/// The same error is told once in so long.
const QUIET: Duration = Duration::from_secs(60);

pub(super) struct Context {
    noted: Mutex<Noted>,
    /// How many brokers the configuration names.
    brokers: usize,
    /// Never used to send: it goes when the client is gone, and the other end sees that.
    _alive: Option<Sender<Infallible>>,
}

#[derive(Default)]
struct Noted {
    rebalances: Vec<Rebalance>,
    assigned: BTreeSet<Partition>,
    /// Assigned and paused, until the first seek.
    held: BTreeSet<Partition>,
    /// A partition went out of range while some were held.
    astray: bool,
    statistics: Option<BTreeMap<Partition, PartitionStatistics>>,
    /// The last error's own words.
    reason: Option<String>,
    /// The last error since something went well.
    trouble: Option<SourceError>,
    unresolved: HashSet<String>,
    /// How often in a row the statistics showed no broker connected.
    cut_off: u32,
    told: HashMap<i32, (Instant, u64)>,
}

impl Context {
    pub fn new(brokers: usize, alive: Option<Sender<Infallible>>) -> Context {
        Context { noted: Mutex::default(), brokers, _alive: alive }
    }

    pub fn take_rebalances(&self) -> Vec<Rebalance> {
        std::mem::take(&mut self.noted().rebalances)
    }

    pub fn take_statistics(&self) -> Option<BTreeMap<Partition, PartitionStatistics>> {
        self.noted().statistics.take()
    }

    pub fn take_reason(&self) -> Option<String> {
        self.noted().reason.take()
    }

    /// Why no broker has been connected for a second or two, if so.
    pub fn cut_off(&self) -> Option<String> {
        let noted = self.noted();
        let why = || noted.trouble.as_ref().map_or_else(|| "no broker answers".to_owned(), ToString::to_string);
        (noted.cut_off > 1).then(why)
    }

    pub fn is_assigned(&self, partition: &Partition) -> bool {
        self.noted().assigned.contains(partition)
    }

    pub fn assigned(&self) -> BTreeSet<Partition> {
        self.noted().assigned.clone()
    }

    /// Whether it waits for its first seek.
    pub fn is_held(&self, partition: &Partition) -> bool {
        self.noted().held.contains(partition)
    }

    /// These have their position; those among them that waited for it come back.
    pub fn release(&self, partitions: &[Partition]) -> Vec<Partition> {
        let mut noted = self.noted();
        partitions.iter().filter(|partition| noted.held.remove(*partition)).cloned().collect()
    }

    pub fn out_of_range(&self) {
        let mut noted = self.noted();
        noted.astray = !noted.held.is_empty();
    }

    pub fn is_astray(&self) -> bool {
        self.noted().astray
    }

    /// Takes up an assignment. No partition may stand at a logical offset: librdkafka asks the broker for `End`, and
    /// where that answer comes after a seek it moves the partition to the end again, past all that was sought
    /// (2.12.1, `outdated offset response`). So each stands at 0 and is paused before and after (before: nothing
    /// is fetched in between; after: a partition that was unknown until now).
    pub fn take_up(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &mut TopicPartitionList,
        cooperative: bool,
    ) -> KafkaResult<Vec<Partition>> {
        list.set_all_offsets(Offset::Offset(0))?;
        let paused = list.clone();
        consumer.pause(&paused)?;
        if cooperative {
            consumer.incremental_assign(list)?;
        } else {
            consumer.assign(list)?;
        }
        consumer.pause(&paused)?;
        let partitions = named(list);
        let mut noted = self.noted();
        noted.held.extend(partitions.iter().cloned());
        noted.assigned.extend(partitions.iter().cloned());
        noted.rebalances.push(Rebalance::Assigned(partitions.clone()));
        Ok(partitions)
    }

    /// These are no longer ours.
    pub fn give_up(&self, partitions: Vec<Partition>) {
        let mut noted = self.noted();
        for partition in &partitions {
            noted.assigned.remove(partition);
            noted.held.remove(partition);
        }
        noted.rebalances.push(Rebalance::Revoked(partitions));
    }

    pub fn trouble(&self) -> Option<SourceError> {
        self.noted().trouble.clone()
    }

    /// Something went well.
    pub fn mended(&self) {
        let mut noted = self.noted();
        noted.trouble = None;
        noted.unresolved.clear();
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
        // These come as errors too, where they are told once a minute.
        let repeated = matches!(facility, "FAIL" | "ERROR");
        match level {
            Emerg | Alert | Critical => tracing::error!(target: "librdkafka", facility, "{message}"),
            Error | Warning if !repeated => tracing::warn!(target: "librdkafka", facility, "{message}"),
            Notice | Info => tracing::info!(target: "librdkafka", facility, "{message}"),
            Error | Warning | Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn stats_raw(&self, json: &[u8]) {
        let statistics = match serde_json::from_slice::<Statistics>(json) {
            Ok(statistics) => statistics,
            Err(error) => {
                tracing::warn!(%error, "librdkafka's statistics cannot be read");
                return;
            }
        };
        let mut noted = self.noted();
        let figures = |partition: &Partition| statistics.of(partition).map(|found| (partition.clone(), found));
        let found = noted.assigned.iter().filter_map(figures).collect();
        noted.statistics = Some(found);
        if statistics.connected() {
            (noted.cut_off, noted.trouble) = (0, None);
        } else {
            noted.cut_off = noted.cut_off.saturating_add(1);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let mut noted = self.noted();
        if code == RDKafkaErrorCode::AllBrokersDown && noted.trouble.is_some() {
            // It follows the error that says why.
            return;
        }
        noted.reason = Some(reason.to_owned());
        if code == RDKafkaErrorCode::Resolve && !reason.contains("Temporary failure") {
            let host = reason.split('\'').nth(1).unwrap_or(reason);
            noted.unresolved.insert(host.to_owned());
        }
        let hopeless = noted.unresolved.len() >= self.brokers;
        noted.trouble = Some(judge(code, reason, hopeless));
        let now = Instant::now();
        let told = noted.told.entry(code as i32).or_insert((now, 0));
        told.1 += 1;
        if told.1 == 1 || now.duration_since(told.0) >= QUIET {
            tracing::warn!(times = told.1, "kafka: {reason}");
            *told = (now, 1);
        }
    }
}

/// What an error of a connection means.
fn judge(code: RDKafkaErrorCode, reason: &str, unresolved: bool) -> SourceError {
    use RDKafkaErrorCode as Code;
    match code {
        Code::Resolve if unresolved => SourceError::Fatal(format!("{reason}: look at kafka.brokers")),
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::IllegalSASLState
        | Code::ClusterAuthorizationFailed
        | Code::GroupAuthorizationFailed => {
            SourceError::Fatal(format!("{reason}: look at the login in kafka.properties (sasl.*, security.protocol)"))
        }
        Code::SSL => SourceError::Fatal(format!("{reason}: look at ssl.* and security.protocol in kafka.properties")),
        _ => SourceError::Unavailable(reason.to_owned()),
    }
}

impl ConsumerContext for Context {
    /// Runs inside `poll`, and waits for nothing. A revoked partition goes at once: the epoch in the database makes
    /// it safe.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            match self.take_up(consumer, list, cooperative) {
                Ok(partitions) => tracing::info!(?partitions, "assigned"),
                Err(error) => tracing::error!(%error, "the assignment was not taken"),
            }
            return;
        }
        let lost = consumer.assignment_lost();
        let gone = if cooperative { consumer.incremental_unassign(list) } else { consumer.unassign() };
        if let Err(error) = gone {
            tracing::error!(%error, "the revocation was not taken");
        }
        let partitions = named(list);
        tracing::info!(?partitions, lost, "revoked");
        self.give_up(partitions);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "kafka did not take the offsets; the ledger has them");
        }
    }
}

fn named(list: &TopicPartitionList) -> Vec<Partition> {
    let mut topic: Arc<str> = Arc::from("");
    let elements = list.elements();
    let named = elements.iter().map(|element| {
        if *topic != *element.topic() {
            topic = Arc::from(element.topic());
        }
        Partition { topic: Arc::clone(&topic), number: element.partition() }
    });
    named.collect()
}

/// The part of librdkafka's statistics that matters; the rest is not even read.
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    brokers: HashMap<String, Served>,
    #[serde(default)]
    topics: HashMap<String, Topic>,
}

/// One connection; several may lead to the same broker.
#[derive(Deserialize)]
struct Served {
    nodeid: i32,
    #[serde(default)]
    state: String,
    #[serde(default)]
    req: Requests,
}

#[derive(Default, Deserialize)]
struct Requests {
    #[serde(default, rename = "Fetch")]
    fetch: i64,
}

#[derive(Deserialize)]
struct Topic {
    #[serde(default)]
    partitions: HashMap<i32, Figures>,
}

#[derive(Deserialize)]
struct Figures {
    broker: i32,
    fetchq_cnt: i64,
    next_offset: i64,
    eof_offset: i64,
    ls_offset: i64,
}

impl Statistics {
    fn connected(&self) -> bool {
        self.brokers.values().any(|broker| matches!(broker.state.as_str(), "UP" | "UPDATE" | "REAUTH"))
    }

    fn of(&self, partition: &Partition) -> Option<PartitionStatistics> {
        let figures = self.topics.get(&*partition.topic)?.partitions.get(&partition.number)?;
        Some(PartitionStatistics {
            queued: figures.fetchq_cnt,
            next_offset: figures.next_offset,
            // librdkafka has numbers of its own below zero: none of them is an offset.
            eof_offset: figures.eof_offset.max(-1),
            stable_offset: figures.ls_offset.max(-1),
            fetches: (figures.broker >= 0).then(|| (figures.broker, self.fetches(figures.broker))),
        })
    }

    fn fetches(&self, broker: i32) -> i64 {
        self.brokers.values().filter(|served| served.nodeid == broker).map(|served| served.req.fetch).sum()
    }
}
