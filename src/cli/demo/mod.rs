//! `flatsink demo`: a whole load in one command. A Kafka broker inside this process, the sample data, the same
//! pipeline as `run` in a process of its own that is killed halfway, and a second one that ends exact.

mod data;
mod place;
mod show;
mod worker;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};

use super::produce::message::{Format, Framer, Origin};
use super::produce::{bar, default_type};
use super::{DONE, FAILED, Globals, Wrong};
use crate::config::{Config, Database, Kafka, Schemas};
use crate::dialect::Dialect;
use crate::registry::Registry;
use crate::sink::report::Report;
use crate::source::{Mock, Producer};
use data::Dataset;
use place::{Folder, Place, SINK};
use worker::Worker;

/// What `flatsink demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Loads into this database instead of the file flatsink-demo.db
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Reads airlines.avro, airports.avro, flights.avro, planes.avro and weather.avro from here: all the flights
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How messages are framed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the demo; a signal ends it with its worker, and the folder goes.
pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let mut signals = super::run::signals().context("cannot wait for signals")?;
    tokio::select! {
        ended = demonstrate(&args) => ended,
        Some(signal) = signals.recv() => Ok(u8::try_from(128 + signal).unwrap_or(FAILED)),
    }
}

async fn demonstrate(args: &Args) -> anyhow::Result<u8> {
    let begin = Instant::now();
    let datasets = Dataset::all(args.data.as_deref()).map_err(|error| Wrong(format!("{error:#}")))?;
    let topics: Vec<(String, i32)> = datasets.iter().map(|dataset| (dataset.topic(), dataset.partitions)).collect();
    let topics: Vec<(&str, i32)> = topics.iter().map(|(topic, partitions)| (topic.as_str(), *partitions)).collect();
    let broker = Mock::start(&topics)?;
    let (folder, place) = (Folder::new()?, Place::new(args.database.as_deref())?);
    std::fs::create_dir(folder.join("schemas")).context("cannot make a folder for schemas")?;
    let config = |group| place.config(&broker.address(), &folder, args.format, group);
    let first = folder.write("first.yaml", &config("flatsink-demo-first"))?;
    let second = folder.write("second.yaml", &config("flatsink-demo-second"))?;
    let database = Config::load(&first)?.database;
    make_room(&place, &database).await?;

    println!("A Kafka broker runs inside this process, at {}.", broker.address());
    let records = produce(&datasets, &broker.address(), &folder, args.format).await?;
    println!("Wrote {records} messages into {} topics, framed as {}.", datasets.len(), args.format.name());
    load([&first, &second], &database, &folder, records).await?;

    let mut report = Report::open(&database).await?;
    let exact = show::results(&datasets, &mut report).await?;
    report.close().await;
    show::next(&database, args.format, begin.elapsed());
    if !exact {
        eprintln!("error: the counts are not exact; they must be");
    }
    Ok(if exact { DONE } else { FAILED })
}

/// A former demo's file is replaced; nothing else is touched.
async fn make_room(place: &Place, database: &Database) -> anyhow::Result<()> {
    if database.dialect == Dialect::Sqlite {
        let file = place.file.clone().unwrap_or_else(|| PathBuf::from(&database.name));
        return place.clear(&file, &data::names()).await;
    }
    let mut report = Report::open(database).await?;
    let former = report.ledger(SINK).await?;
    report.close().await;
    if former.is_empty() {
        return Ok(());
    }
    let tables = data::names().join(", ");
    let way = match database.dialect {
        Dialect::Postgres => "DROP SCHEMA flatsink_demo CASCADE".to_owned(),
        _ => format!("drop its tables {tables} and flatsink_*"),
    };
    Err(Wrong(format!("database {} holds a former demo: {way}, or give another database", database.name)).into())
}

/// Writes the sample data into the broker, and its schemas into the folder.
async fn produce(datasets: &[Dataset], brokers: &str, folder: &Folder, format: Format) -> anyhow::Result<u64> {
    let registry = Registry::new(&Schemas::Directory(folder.join("schemas")))?;
    let mut framers = Vec::new();
    for dataset in datasets {
        let id = registry.register(dataset.name, &dataset.schema).await?;
        let key = dataset.layout.key_schema().filter(|_| format == Format::Confluent);
        let key_id = match key {
            Some(key) => Some(registry.register(&format!("{}-key", dataset.name), key).await?),
            None => None,
        };
        framers.push(Framer::new(format, default_type(&dataset.layout), id, key_id));
    }
    let kafka = Kafka {
        brokers: vec![brokers.to_owned()],
        group: String::new(),
        properties: std::collections::BTreeMap::new(),
    };
    let mut producer = Producer::open(&kafka)?;
    let total = datasets.iter().map(|dataset| dataset.records).sum();
    let bar = bar(Some(total), "producing");
    let mut origin = Origin::new(None, "");
    let (mut key, mut value) = (Vec::new(), Vec::new());
    for (dataset, framer) in datasets.iter().zip(&framers) {
        let topic = dataset.topic();
        dataset.each(|partition, key_datum, datum| {
            key.clear();
            value.clear();
            framer.key(key_datum, &mut key);
            framer.value(datum, &mut origin, &mut value);
            let key = dataset.layout.has_key().then_some(key.as_slice());
            producer.send(&topic, Some(partition), key, &value)?;
            bar.inc(1);
            Ok(())
        })?;
    }
    producer.finish()?;
    bar.finish_and_clear();
    Ok(total)
}

/// Loads with one worker, kills it halfway, and lets another end the work.
async fn load(configs: [&Path; 2], database: &Database, folder: &Folder, records: u64) -> anyhow::Result<()> {
    let bar = bar(Some(records), "loading");
    let mut first = Worker::start(configs[0], folder, "first")?;
    let id = first.id();
    bar.println(format!("Process {id} loads them into {}.", show::name(database)));
    let loaded = first.watch(database, records / 2, &bar).await?;
    if loaded < records / 2 {
        first.finish().await?;
        anyhow::bail!("the worker ended before half of the records were in");
    }
    first.kill().await?;
    bar.finish_and_clear();
    println!("Process {id} loaded {loaded} of them into {} and was killed (SIGKILL).", show::name(database));
    let bar = super::produce::bar(Some(records), "loading");
    let mut second = Worker::start(configs[1], folder, "second")?;
    let id = second.id();
    let loaded = second.watch(database, records, &bar).await?;
    second.finish().await?;
    bar.finish_and_clear();
    ensure!(loaded >= records, "the second worker ended with {loaded} of {records} records");
    println!("Process {id} went on from the ledger, and loaded the rest.\n");
    Ok(())
}
