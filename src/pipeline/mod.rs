//! The verb: a supervisor, and for each worker a polling thread and a writing task. The supervisor finds topics,
//! watches the ledger where an end is set, and stops all when one cannot go on. Decisions are in `decide`, pure.

mod breaker;
mod decide;
mod intake;
mod lane;
mod outage;
mod retry;
mod shapes;
mod starts;
mod task;
mod told;
mod topics;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc as thread_mpsc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use self::outage::Outage;
use self::shapes::Shapes;
use self::task::Task;
use self::topics::Topics;
use self::worker::{Ended, Order, Ties, Worker};
use crate::config::Config;
use crate::error::{Class, Failure};
use crate::record::Partition;
use crate::registry::Registry;
use crate::sink::Sink;
use crate::source::{Broker, Source};
use crate::telemetry::Board;

/// How long the start waits for a broker or a database that does not answer.
const START_MAX: Duration = Duration::from_secs(30);
/// How often the ledger is looked at where an end is set.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long all partitions have to be stopped until the process ends.
const ALL_STOPPED: Duration = Duration::from_secs(5);

/// What a load is asked to do beside its configuration.
#[derive(Debug)]
pub struct Options {
    /// Load to the end offsets as they are at the start, then return.
    pub until_latest: bool,
    /// Becomes true when the process is to stop.
    pub stop: watch::Receiver<bool>,
    /// Where the state is shown.
    pub board: Board,
    /// Gets a line for people at the start.
    pub say: fn(&str),
}

/// How a load ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// All that was asked for is loaded, or the stop was asked for.
    Done,
    /// It could not go on; some of it may have been loaded.
    Failed(String),
    /// It could not begin: wrong configuration, login, a topic that is not there.
    Wrong(String),
}

/// Loads until it is stopped, or the end that is set is reached.
pub async fn run(config: Config, options: Options) -> End {
    match Load::begin(Arc::new(config), options).await {
        Ok(load) => load.watch().await,
        Err(end) => end,
    }
}

/// A load under way.
struct Load {
    config: Arc<Config>,
    options: Options,
    broker: Broker,
    /// The supervisor's own way to the ledger.
    sink: Sink,
    topics: Topics,
    /// Where the end is, by partition.
    targets: BTreeMap<Partition, i64>,
    orders: Vec<thread_mpsc::Sender<Order>>,
    ended: JoinSet<Ended>,
    tasks: JoinSet<()>,
    /// Stops the workers.
    halt: watch::Sender<bool>,
}

impl Load {
    async fn begin(config: Arc<Config>, mut options: Options) -> Result<Load, End> {
        let registry = Registry::new(&config.schemas).map_err(|error| End::Wrong(error.to_string()))?;
        let broker = Broker::open(&config).map_err(|error| End::Wrong(error.to_string()))?;
        let topics = Topics::first(&config, &broker, START_MAX, &mut options.stop).await?;
        let mut sink = connect(&config, 0, &mut options.stop).await?;
        settle(&mut sink, &mut options.stop).await?;
        options.board.dependency("database", true);
        let targets = match options.until_latest {
            true => topics.ends(&config, &broker, START_MAX, &mut options.stop).await?,
            false => BTreeMap::new(),
        };
        let tables = connect(&config, config.workers + 1, &mut options.stop).await?;
        let (halt, halted) = watch::channel(false);
        let (shapes, serve) = Shapes::new(Arc::clone(&config), registry, tables, options.board.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve);
        let mut load = Load {
            broker,
            sink,
            topics,
            targets,
            orders: Vec::new(),
            ended: JoinSet::new(),
            tasks,
            halt,
            config,
            options,
        };
        load.greet().await;
        for number in 1..=load.config.workers {
            load.start(number, &shapes, halted.clone()).await?;
        }
        load.subscribe();
        Ok(load)
    }

    /// Says what is about to be loaded, and from where.
    async fn greet(&mut self) {
        let known = self.sink.positions().await.unwrap_or_default();
        (self.options.say)(&self.topics.summary(&self.config, &known));
    }

    async fn start(&mut self, number: usize, shapes: &Arc<Shapes>, halted: watch::Receiver<bool>) -> Result<(), End> {
        let source = Source::open(&self.config, number).map_err(|error| End::Wrong(error.to_string()))?;
        let sink = connect(&self.config, number, &mut self.options.stop).await?;
        // Few jobs are ever under way: claims and probes come together, and one batch is written at a time.
        let (jobs, asked) = mpsc::channel(16);
        let (replies, answered) = thread_mpsc::channel();
        let (orders, ordered) = thread_mpsc::channel();
        let task = Task {
            config: Arc::clone(&self.config),
            broker: source.broker(),
            stop: halted.clone(),
            replies,
            board: self.options.board.clone(),
            kafka: Outage::new("kafka", self.options.board.clone()),
        };
        let ties =
            Ties { jobs, replies: answered, orders: ordered, stop: halted, runtime: tokio::runtime::Handle::current() };
        let worker =
            Worker::new(Arc::clone(&self.config), number, source, Arc::clone(shapes), ties, self.options.board.clone());
        self.tasks.spawn(task.run(sink, asked));
        self.orders.push(orders);
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(format!("worker-{number}"));
        let started = thread.spawn(move || drop(end.send(worker.run())));
        started.map_err(|error| End::Failed(format!("start the thread of worker {number}: {error}")))?;
        self.ended.spawn(async move {
            // A thread that panicked sends nothing.
            ended.await.unwrap_or_else(|_| Ended::Failed(format!("worker {number} panicked: this is a bug")))
        });
        Ok(())
    }

    fn subscribe(&self) {
        for orders in &self.orders {
            // A worker that is gone has said why.
            drop(orders.send(Order::Subscribe(self.topics.names())));
        }
    }

    /// Looks after the workers until the end.
    async fn watch(mut self) -> End {
        let mut stop = self.options.stop.clone();
        // The same for questions that are under way.
        let mut hurry = stop.clone();
        let mut refresh = tokio::time::interval(topics::refresh_every(&self.config));
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        refresh.reset();
        let mut all_stopped: Option<Instant> = None;
        let end = loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break End::Done,
                Some(ended) = self.ended.join_next() => {
                    break match ended {
                        Ok(Ended::Failed(why)) => End::Failed(why),
                        Ok(Ended::Stopped) => End::Done,
                        Err(error) => End::Failed(error.to_string()),
                    };
                }
                _ = refresh.tick() => {
                    // Nothing is written here: a question that is dropped takes its connection with it.
                    let orders = tokio::select! {
                        orders = self.topics.refresh(&self.config, &self.broker, &mut self.sink) => orders,
                        _ = hurry.wait_for(|stop| *stop) => break End::Done,
                    };
                    for order in orders {
                        if matches!(order, Order::Subscribe(_)) {
                            self.subscribe();
                        } else {
                            self.orders.iter().for_each(|orders| drop(orders.send(order.clone())));
                        }
                    }
                }
                _ = look.tick() => {
                    if self.options.until_latest {
                        let end = tokio::select! {
                            end = self.look() => end,
                            _ = hurry.wait_for(|stop| *stop) => Some(End::Done),
                        };
                        if let Some(end) = end {
                            break end;
                        }
                    } else if let Some(why) = self.options.board.all_stopped() {
                        let since = *all_stopped.get_or_insert_with(Instant::now);
                        if since.elapsed() >= ALL_STOPPED {
                            break End::Failed(format!("every partition has stopped; the last reason: {why}"));
                        }
                    } else {
                        all_stopped = None;
                    }
                }
            }
        };
        self.close(end).await
    }

    /// Whether the ledger has reached the end, or all that has not has stopped.
    async fn look(&mut self) -> Option<End> {
        let positions = match self.sink.positions().await {
            Ok(positions) => positions,
            Err(failure) => {
                tracing::debug!(%failure, "look at the ledger");
                if failure.class == Class::Stop {
                    // A secret may have been changed: the next look is made with what the files say now.
                    self.sink.reload_secrets();
                }
                return None;
            }
        };
        let stopped = self.options.board.stopped();
        let mut why = None;
        for (partition, target) in &self.targets {
            let reached = positions.get(partition).is_some_and(|position| position.next_offset >= *target);
            if !reached {
                why = Some(stopped.get(partition)?);
            }
        }
        Some(match why {
            None => End::Done,
            Some(why) => End::Failed(why.clone()),
        })
    }

    /// Stops the workers, waits for them, closes the rest.
    async fn close(mut self, end: End) -> End {
        self.options.board.stopping();
        let _ = self.halt.send(true);
        let deadline = tokio::time::Instant::now() + self.config.shutdown_max;
        let wait = async {
            let mut late = None;
            while let Some(ended) = self.ended.join_next().await {
                if let Ok(Ended::Failed(why)) = ended {
                    late = Some(why);
                }
            }
            while self.tasks.join_next().await.is_some() {}
            late
        };
        // The futures of the database are in tasks of their own: this deadline cancels none of them.
        let late = tokio::time::timeout_at(deadline, wait).await;
        match (late, end) {
            (Ok(Some(why)), End::Done) => End::Failed(why),
            (Ok(_), end) => end,
            (Err(_), End::Done) => End::Failed(format!(
                "not stopped within shutdown_max ({:?}); nothing is lost",
                self.config.shutdown_max
            )),
            (Err(_), end) => end,
        }
    }
}

/// Connects; waits for a database that does not answer, but not for one that refuses for good.
async fn connect(config: &Arc<Config>, worker: usize, stop: &mut watch::Receiver<bool>) -> Result<Sink, End> {
    let begun = Instant::now();
    let mut backoff = retry::Backoff::default();
    loop {
        match Sink::connect(Arc::clone(config), worker).await {
            Ok(sink) => return Ok(sink),
            Err(failure) => patience(&failure, begun)?,
        }
        backoff.wait(stop).await.ok_or(End::Done)?;
    }
}

/// Migrates; waits as `connect` does.
async fn settle(sink: &mut Sink, stop: &mut watch::Receiver<bool>) -> Result<(), End> {
    let begun = Instant::now();
    let mut backoff = retry::Backoff::default();
    loop {
        match sink.migrate().await {
            Ok(()) => return Ok(()),
            Err(failure) => patience(&failure, begun)?,
        }
        backoff.wait(stop).await.ok_or(End::Done)?;
    }
}

fn patience(failure: &Failure, begun: Instant) -> Result<(), End> {
    match failure.class {
        Class::Retry | Class::Reconnect | Class::Wait if begun.elapsed() < START_MAX => {
            tracing::warn!(%failure, "waiting for the database");
            Ok(())
        }
        _ => Err(End::Wrong(failure.to_string())),
    }
}
