//! From a schema id to a shape whose table stands: the registry is asked, the table is made or altered. Off the
//! polling thread, once for each (topic, id), shared by all workers of the process.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, mpsc, oneshot, watch};

use super::outage::Outage;
use super::retry::Backoff;
use crate::config::{Config, KafkaKey, ReaderSchema, Schemas, Topic};
use crate::dialect::Dialect;
use crate::error::{Class, Failure, Scope};
use crate::record::{Code, Pinned, Reason, Refusal, Shape, Source, Standing, Table};
use crate::registry::{Answer, Registry, RegistryError};
use crate::sink::Sink;
use crate::telemetry::{Board, REGISTRY_REQUESTS};

/// What a record is read by: the writer schema's id (`None`: the newest that is known for the topic, for a
/// tombstone) and the id of its key's schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    /// The topic.
    pub topic: Arc<str>,
    /// The value's schema.
    pub value: Option<i32>,
    /// The key's schema.
    pub key: Option<i32>,
}

/// What asking came to.
#[derive(Clone, Debug)]
pub enum Learned {
    /// The table stands.
    Ready(Arc<Shape>),
    /// Its records are dead letters.
    Dead(Reason),
    /// Its table stops.
    Refused(Refusal),
    /// The process cannot go on.
    Fatal(Arc<Failure>),
}

/// The shapes of the process.
pub struct Shapes {
    config: Arc<Config>,
    dialect: Dialect,
    /// The registry, and the settings by which it is asked now.
    registry: Mutex<(Schemas, Arc<Registry>)>,
    tables: mpsc::Sender<Order>,
    known: Mutex<HashMap<Need, Arc<OnceCell<Learned>>>>,
    /// Schemas that stayed unknown: the next answer of that kind is believed at once.
    unknown: Mutex<HashSet<(Arc<str>, i32)>>,
    board: Board,
}

/// A question to the one connection that makes tables.
enum Order {
    Prepare(Arc<str>, i32, Arc<Table>, oneshot::Sender<Result<Result<Standing, Refusal>, Failure>>),
    Newest(Arc<str>, oneshot::Sender<Result<Option<i32>, Failure>>),
}

impl Shapes {
    /// Begins to serve; `sink` is the connection that makes tables, and the future is to be driven beside.
    pub fn new(
        config: Arc<Config>,
        registry: Registry,
        sink: Sink,
        board: Board,
    ) -> (Arc<Shapes>, impl Future<Output = ()> + Send + 'static) {
        let (tables, orders) = mpsc::channel(64);
        let dialect = sink.dialect();
        let registry = Mutex::new((config.schemas.clone(), Arc::new(registry)));
        let shapes =
            Shapes { config, dialect, registry, tables, known: Mutex::default(), unknown: Mutex::default(), board };
        (Arc::new(shapes), serve(sink, orders))
    }

    /// The shape of a need; waits for registry and database as long as it takes, or until `stop`.
    pub async fn learn(&self, need: &Need, stop: &mut watch::Receiver<bool>) -> Option<Learned> {
        let cell = Arc::clone(self.known().entry(need.clone()).or_default());
        let asked = cell.get_or_try_init(|| async { self.ask(need, stop).await.ok_or(()) });
        let learned = asked.await.ok().cloned();
        match (&learned, need.value) {
            // What the newest schema is changes with each new one, and so does whether there is any.
            (Some(Learned::Ready(_)), Some(_)) => {
                self.known().retain(|other, _| other.topic != need.topic || other.value.is_some());
            }
            (Some(Learned::Ready(_)), None) => {}
            // Anything else may have been mended until somebody asks again.
            _ => drop(self.known().remove(need)),
        }
        learned
    }

    /// Forgets the shapes of a topic: its table is looked at again.
    pub fn forget(&self, topic: &str) {
        self.known().retain(|need, _| &*need.topic != topic);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Need, Arc<OnceCell<Learned>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unknown(&self) -> MutexGuard<'_, HashSet<(Arc<str>, i32)>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, need: &Need, stop: &mut watch::Receiver<bool>) -> Option<Learned> {
        let id = match need.value {
            Some(id) => id,
            None => match self.newest(need, stop).await? {
                Ok(Some(id)) => id,
                Ok(None) => {
                    let message =
                        "a null value, and no schema of this topic has been seen that its key could be read by";
                    return Some(Learned::Dead(Reason::new(Code::NoKey, message)));
                }
                Err(learned) => return Some(learned),
            },
        };
        let value = match self.fetch(&need.topic, id, stop).await? {
            Ok(answer) => answer,
            Err(learned) => return Some(learned),
        };
        let key = match need.key {
            None => None,
            Some(key) => match self.fetch(&need.topic, key, stop).await? {
                Ok(answer) => Some((key, answer)),
                // It only looked like one.
                Err(Learned::Dead(_)) if self.config.entry(&need.topic).is_some_and(guesses_keys) => None,
                Err(learned) => return Some(learned),
            },
        };
        let Some(entry) = self.config.entry(&need.topic) else {
            let message = format!("no entry of the configuration takes topic {}", need.topic);
            return Some(Learned::Refused(Refusal::new("no_entry", message)));
        };
        let key = key.as_ref().map(|(id, answer)| source(*id, answer));
        let reader = match &entry.reader_schema {
            None => None,
            Some(reader) => match self.pinned(&need.topic, reader, stop).await? {
                Ok(reader) => Some(reader),
                Err(refusal) => return Some(Learned::Refused(refusal)),
            },
        };
        let reader = reader.as_ref().map(|(id, answer)| Pinned { id: *id, text: &answer.text });
        let value = Source { reader, ..source(id, &value) };
        let wanted = match Shape::new(value, key, &need.topic, entry, self.dialect) {
            Ok(shape) => shape,
            Err(refusal) => return Some(refused(need, id, &refusal)),
        };
        let standing = match self.prepare(need, id, &wanted.table, stop).await? {
            Ok(standing) => standing,
            Err(learned) => return Some(learned),
        };
        Some(match Shape::on(&standing, value, key, &need.topic, entry, self.dialect) {
            Ok(shape) => Learned::Ready(Arc::new(shape)),
            Err(refusal) => refused(need, id, &refusal),
        })
    }

    fn registry(&self) -> MutexGuard<'_, (Schemas, Arc<Registry>)> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Secrets may have been changed: the registry is asked with what the files say now.
    fn renew_registry(&self) {
        let Ok(config) = self.config.reload_secrets() else { return };
        let mut current = self.registry();
        if !config.schemas.same_login(&current.0)
            && let Ok(registry) = Registry::new(&config.schemas)
        {
            tracing::info!("the registry's login was changed in the files and is used from now on");
            *current = (config.schemas, Arc::new(registry));
        }
    }

    async fn fetch(
        &self,
        topic: &Arc<str>,
        id: i32,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Result<Answer, Learned>> {
        let given_up = (Arc::clone(topic), id);
        let mut backoff = Backoff::default();
        let mut outage = Outage::new("registry", self.board.clone());
        let mut missing: Option<Instant> = None;
        loop {
            let registry = Arc::clone(&self.registry().1);
            let fetched = registry.fetch(id).await;
            let result = match &fetched {
                Ok(_) => "ok",
                Err(RegistryError::Unknown(_)) => "unknown",
                Err(RegistryError::NotAvro(_)) => "not_avro",
                Err(RegistryError::Invalid(_)) => "invalid",
                Err(RegistryError::Unavailable(_)) => "unavailable",
            };
            metrics::counter!(REGISTRY_REQUESTS, "result" => result).increment(1);
            match fetched {
                Ok(answer) => {
                    outage.healed();
                    self.unknown().remove(&given_up);
                    return Some(Ok(answer));
                }
                Err(RegistryError::Unknown(message)) => {
                    outage.healed();
                    let since = *missing.get_or_insert_with(Instant::now);
                    if self.unknown().contains(&given_up) || since.elapsed() >= self.config.unknown_schema_after {
                        self.unknown().insert(given_up);
                        return Some(Err(Learned::Dead(Reason::new(Code::UnknownSchema, message))));
                    }
                    let left = self.config.unknown_schema_after.saturating_sub(since.elapsed());
                    backoff.wait_at_most(left.max(Duration::from_millis(10)), stop).await?;
                }
                Err(RegistryError::NotAvro(message)) => {
                    return Some(Err(Learned::Dead(Reason::new(Code::NotAvro, message))));
                }
                Err(RegistryError::Invalid(message)) => {
                    return Some(Err(Learned::Refused(Refusal::new("schema_invalid", message))));
                }
                Err(RegistryError::Unavailable(message)) => {
                    missing = None;
                    outage.failed(&message);
                    self.renew_registry();
                    backoff.wait(stop).await?;
                }
            }
        }
    }

    /// The pinned reader schema. Without it there is no table, so nothing is a dead letter for want of it.
    async fn pinned(
        &self,
        topic: &Arc<str>,
        reader: &ReaderSchema,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Result<(Option<i32>, Answer), Refusal>> {
        let refused = |why: &str| Refusal::new("reader_schema", format!("`reader_schema` of topic {topic}: {why}"));
        Some(match reader {
            ReaderSchema::Id(id) => match self.fetch(topic, *id, stop).await? {
                Ok(answer) => Ok((Some(*id), answer)),
                Err(Learned::Dead(reason)) => Err(refused(&reason.message)),
                Err(Learned::Refused(refusal)) => Err(refused(&refusal.message)),
                Err(_) => Err(refused("it cannot be had")),
            },
            ReaderSchema::File(_) => {
                let registry = Arc::clone(&self.registry().1);
                registry.pinned(reader).await.map_err(|error| refused(&error.to_string()))
            }
        })
    }

    async fn prepare(
        &self,
        need: &Need,
        id: i32,
        table: &Arc<Table>,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Result<Standing, Learned>> {
        let mut backoff = Backoff::default();
        let mut outage = Outage::new("database", self.board.clone());
        loop {
            let (reply, answer) = oneshot::channel();
            let order = Order::Prepare(Arc::clone(&need.topic), id, Arc::clone(table), reply);
            self.tables.send(order).await.ok()?;
            match answer.await.ok()? {
                Ok(Ok(standing)) => {
                    outage.healed();
                    self.board.table(&need.topic, &table.name.to_string());
                    return Some(Ok(standing));
                }
                Ok(Err(Refusal { code, message })) => {
                    let message = format!("schema {id} of topic {}: {message}", need.topic);
                    return Some(Err(Learned::Refused(Refusal::new(code, message))));
                }
                Err(failure) => match verdict(failure) {
                    Ok(failure) => outage.failed(&failure),
                    Err(learned) => return Some(Err(learned)),
                },
            }
            backoff.wait(stop).await?;
        }
    }

    async fn newest(&self, need: &Need, stop: &mut watch::Receiver<bool>) -> Option<Result<Option<i32>, Learned>> {
        let mut backoff = Backoff::default();
        let mut outage = Outage::new("database", self.board.clone());
        loop {
            let (reply, answer) = oneshot::channel();
            self.tables.send(Order::Newest(Arc::clone(&need.topic), reply)).await.ok()?;
            match answer.await.ok()? {
                Ok(id) => {
                    outage.healed();
                    return Some(Ok(id));
                }
                Err(failure) => match verdict(failure) {
                    Ok(failure) => outage.failed(&failure),
                    Err(learned) => return Some(Err(learned)),
                },
            }
            backoff.wait(stop).await?;
        }
    }
}

/// What a schema's refusal makes of its records.
fn refused(need: &Need, id: i32, refusal: &Refusal) -> Learned {
    let message = format!("schema {id} of topic {}: {}", need.topic, refusal.message);
    match (need.value, refusal.code) {
        // A null value says nothing of the table: only that its own key names no row.
        (None, "no_key") => Learned::Dead(Reason::new(Code::NoKey, message)),
        (_, code) => Learned::Refused(Refusal::new(code, message)),
    }
}

/// Whether to ask again; else what the failure makes of the shape.
fn verdict(failure: Failure) -> Result<Failure, Learned> {
    match (failure.class, &failure.scope) {
        (Class::Retry | Class::Reconnect | Class::Wait, _) => Ok(failure),
        (_, Scope::Process) => Err(Learned::Fatal(Arc::new(failure))),
        (_, Scope::Table(_)) => Err(Learned::Refused(Refusal::new("ddl_failed", failure.to_string()))),
    }
}

/// Whether a Kafka key is taken for Avro because it looks like it.
fn guesses_keys(entry: &Topic) -> bool {
    entry.kafka_key == KafkaKey::Auto
}

fn source(id: i32, answer: &Answer) -> Source<'_> {
    Source { id, text: &answer.text, owner: answer.owner.as_deref(), pkey: &answer.pkey, reader: None }
}

async fn serve(mut sink: Sink, mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        // Whoever asked may be gone; the table stands all the same.
        match order {
            Order::Prepare(topic, id, table, reply) => {
                let mut done = sink.prepare(&topic, id, &table).await;
                if may_be_login(&done) && sink.reload_secrets() {
                    done = sink.prepare(&topic, id, &table).await;
                }
                drop(reply.send(done));
            }
            Order::Newest(topic, reply) => {
                let mut done = sink.newest_schema(&topic).await;
                if may_be_login(&done) && sink.reload_secrets() {
                    done = sink.newest_schema(&topic).await;
                }
                drop(reply.send(done));
            }
        }
    }
    sink.close().await;
}

/// Whether secrets that were changed meanwhile may be why: then once more with what their files say now.
fn may_be_login<T>(done: &Result<T, Failure>) -> bool {
    matches!(done, Err(Failure { class: Class::Stop, scope: Scope::Process, .. }))
}
