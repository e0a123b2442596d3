//! `flatsink produce`: Avro container files or JSON lines into a topic, as a real producer would write them.

pub(crate) mod container;
pub(crate) mod datum;
pub(crate) mod message;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::{DONE, Wrong};
use crate::config::{Config, Kafka, Schemas};
use crate::registry::Registry;
use crate::source::{Broker, Producer, SourceError, create_topic};
use container::Container;
use datum::Layout;
use message::{Format, Framer, Origin, Type};

/// A broker that does not answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to, how, and what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Brokers to ask first, host:port[,host:port]..
    #[arg(long, value_name = "BROKERS", value_delimiter = ',', required_unless_present = "config")]
    brokers: Vec<String>,
    /// The topic to write to
    #[arg(long)]
    topic: String,
    /// A property of librdkafka, say -X compression.type=zstd
    #[arg(short = 'X', value_name = "PROP=VALUE", value_parser = property)]
    properties: Vec<(String, String)>,
    /// How messages are framed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The envelope's message type; default create where the schema has a pkey, else log
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    message_type: Option<Type>,
    /// A directory of schemas; the files' schemas are added to it
    #[arg(long, value_name = "DIR", group = "registries")]
    schemas: Option<PathBuf>,
    /// A Confluent-compatible registry; the files' schemas are registered with it
    #[arg(long, value_name = "URL", group = "registries")]
    registry: Option<String>,
    /// Yelp's Schematizer; the files' schemas are registered with it
    #[arg(long, value_name = "URL", group = "registries")]
    schematizer: Option<String>,
    /// Takes brokers, security and registry from a configuration
    #[arg(short, long, value_name = "CONFIG")]
    config: Option<PathBuf>,
    /// The schema of files of JSON lines
    #[arg(long, value_name = "FILE.avsc")]
    schema: Option<PathBuf>,
    /// Messages a second, at most
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// Messages in all, at most
    #[arg(long)]
    limit: Option<u64>,
    /// Writes the files so many times
    #[arg(long, default_value_t = 1)]
    repeat: u64,
    /// Makes uuids and envelope times repeatable
    #[arg(long)]
    seed: Option<u64>,
    /// Creates the topic with so many partitions if it is missing
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// Avro object container files; JSON lines with --schema
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Writes the files, and says how many messages that were.
pub(crate) async fn run(args: Args, _globals: &super::Globals) -> anyhow::Result<u8> {
    if args.format == Format::Confluent && args.message_type.is_some() {
        return Err(
            Wrong("--type belongs to --format yelp: Confluent's wire format has no message types".into()).into()
        );
    }
    let (kafka, schemas) = target(&args)?;
    let registry = Registry::new(&schemas).map_err(|error| Wrong(error.to_string()))?;
    for path in &args.files {
        open(path)?;
    }
    let partitions = partitions(&kafka, &args.topic, args.partitions).await?;
    let inputs = inputs(&args, &registry).await?;
    let (topic, rate, limit) = (args.topic.clone(), args.rate, args.limit);
    let writing = tokio::task::spawn_blocking(move || write(&args, &kafka, partitions, inputs, rate, limit));
    let (count, seconds) = writing.await.context("writing was interrupted")??;
    let rate = count as f64 / seconds.max(f64::EPSILON);
    println!("produced {count} messages to {topic} in {seconds:.1} s ({rate:.0}/s)");
    Ok(DONE)
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The brokers and the registry: from the configuration, and over it what the command line says.
fn target(args: &Args) -> anyhow::Result<(Kafka, Schemas)> {
    let config = args.config.as_deref().map(Config::load).transpose()?;
    let mut kafka = config.as_ref().map_or_else(
        || Kafka { brokers: Vec::new(), group: String::new(), properties: BTreeMap::new() },
        |config| config.kafka.clone(),
    );
    if !args.brokers.is_empty() {
        kafka.brokers.clone_from(&args.brokers);
    }
    kafka.properties.extend(args.properties.iter().cloned().map(|(name, value)| (name, SecretString::from(value))));
    let schemas = match (&args.schemas, &args.registry, &args.schematizer, config) {
        (Some(directory), ..) => {
            std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
            Schemas::Directory(directory.clone())
        }
        (_, Some(url), ..) => Schemas::Confluent(reached(url)?),
        (_, _, Some(url), _) => Schemas::Schematizer(reached(url)?),
        (.., Some(config)) => config.schemas,
        (.., None) => {
            let message =
                "where do schema ids come from? give --schemas DIR, --registry URL, --schematizer URL or --config";
            return Err(Wrong(message.into()).into());
        }
    };
    Ok((kafka, schemas))
}

/// A registry at an address, which may hold user and password.
fn reached(url: &str) -> anyhow::Result<crate::config::Registry> {
    let mut parsed = reqwest::Url::parse(url).map_err(|error| Wrong(format!("{url:?} is no URL: {error}")))?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = Some(decode(parsed.username())).filter(|user| !user.is_empty());
    let password = parsed.password().map(|password| SecretString::from(decode(password)));
    // Both fail only where there can be no user.
    let _ = parsed.set_username("").and_then(|()| parsed.set_password(None));
    Ok(crate::config::Registry {
        url: parsed.to_string(),
        user,
        password,
        bearer_token: None,
        ca_file: None,
        cert_file: None,
        key_file: None,
        timeout: Duration::from_secs(10),
    })
}

/// A file and how its records become messages.
struct Input {
    path: PathBuf,
    layout: Layout,
    framer: Framer,
    /// The schema of JSON lines.
    lines: Option<apache_avro::Schema>,
}

/// Reads each file's schema and registers it.
async fn inputs(args: &Args, registry: &Registry) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in &args.files {
        let named = |error: anyhow::Error| Wrong(format!("{}: {error:#}", path.display()));
        let (text, lines) = match &args.schema {
            Some(schema) => {
                let unread = |error| Wrong(format!("cannot read {}: {error}", schema.display()));
                let text = std::fs::read_to_string(schema).map_err(unread)?;
                let parsed = apache_avro::Schema::parse_str(&text).with_context(|| schema.display().to_string())?;
                open(path)?;
                (text, Some(parsed))
            }
            None => (Container::open(open(path)?).map_err(named)?.schema().to_owned(), None),
        };
        let layout = Layout::new(&text).map_err(named)?;
        let framer = register(registry, args, &layout, &text).await?;
        inputs.push(Input { path: path.clone(), layout, framer, lines });
    }
    Ok(inputs)
}

async fn register(registry: &Registry, args: &Args, layout: &Layout, text: &str) -> anyhow::Result<Framer> {
    let confluent = args.registry.is_some() || args.schemas.is_none() && args.schematizer.is_none();
    let subject = |part: &str| if confluent { format!("{}-{part}", args.topic) } else { args.topic.clone() };
    let id = registry.register(&subject("value"), text).await?;
    let key_id = match layout.key_schema().filter(|_| args.format == Format::Confluent) {
        Some(key) => Some(registry.register(&subject("key"), key).await?),
        None => None,
    };
    let message_type = args.message_type.unwrap_or(default_type(layout));
    Ok(Framer::new(args.format, message_type, id, key_id))
}

/// A row with a key was created; anything else is an event.
pub(crate) fn default_type(layout: &Layout) -> Type {
    if layout.has_key() { Type::Create } else { Type::Log }
}

fn open(path: &Path) -> Result<BufReader<File>, Wrong> {
    let file = File::open(path).map_err(|error| Wrong(format!("cannot open {}: {error}", path.display())))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// How many partitions the topic has; makes it where that is wanted.
async fn partitions(kafka: &Kafka, topic: &str, wanted: Option<i32>) -> anyhow::Result<i32> {
    let found = topics(kafka).await?.get(topic).copied();
    match (found, wanted) {
        (Some(found), _) => Ok(found),
        (None, Some(wanted)) => {
            create_topic(kafka, topic, wanted).await?;
            Ok(wanted)
        }
        (None, None) => {
            Err(Wrong(format!("there is no topic {topic}: create it, or give --partitions N to have it created"))
                .into())
        }
    }
}

async fn topics(kafka: &Kafka) -> anyhow::Result<BTreeMap<String, i32>> {
    let kafka = kafka.clone();
    let asking = move || {
        let begin = Instant::now();
        let broker = Broker::connect(&kafka, "flatsink-produce")?;
        loop {
            match broker.topics() {
                Err(SourceError::Unavailable(_)) if begin.elapsed() < PATIENCE => {}
                answer => return answer,
            }
        }
    };
    let answer = tokio::task::spawn_blocking(asking).await.context("asking was interrupted")?;
    answer.map_err(|error| Wrong(error.to_string()).into())
}

/// Sends records one after the other: keeps the pace, the limit and the count.
struct Sender {
    producer: Producer,
    topic: String,
    partitions: i32,
    /// Whether messages without a key go round the partitions in turn, so that a second run does the same.
    in_turn: bool,
    origin: Origin,
    rate: Option<u64>,
    left: u64,
    sent: u64,
    begin: Instant,
    bar: ProgressBar,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Sender {
    /// Sends one record; says whether more may follow.
    fn send(&mut self, framer: &Framer, layout: &Layout, key: &[u8], datum: &[u8]) -> anyhow::Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.key.clear();
        self.value.clear();
        framer.value(datum, &mut self.origin, &mut self.value);
        let mut partition = None;
        if layout.has_key() {
            framer.key(key, &mut self.key);
        } else if self.in_turn {
            partition = i32::try_from(self.sent % u64::from(self.partitions.unsigned_abs())).ok();
        }
        let key = layout.has_key().then_some(self.key.as_slice());
        self.producer.send(&self.topic, partition, key, &self.value)?;
        self.sent += 1;
        self.left -= 1;
        if let Some(rate) = self.rate {
            let due = Duration::from_secs_f64(self.sent as f64 / rate as f64);
            while let Some(early) = due.checked_sub(self.begin.elapsed()).filter(|early| !early.is_zero()) {
                self.producer.wait(early);
            }
        }
        if self.sent.is_multiple_of(1_000) || self.rate.is_some_and(|rate| rate < 10_000) {
            self.bar.set_position(self.sent);
        }
        Ok(self.left > 0)
    }
}

fn write(
    args: &Args,
    kafka: &Kafka,
    partitions: i32,
    inputs: Vec<Input>,
    rate: Option<u64>,
    limit: Option<u64>,
) -> anyhow::Result<(u64, f64)> {
    let begin = Instant::now();
    let mut sender = Sender {
        producer: Producer::open(kafka)?,
        topic: args.topic.clone(),
        partitions,
        in_turn: args.seed.is_some(),
        origin: Origin::new(args.seed, &args.topic),
        rate,
        left: limit.unwrap_or(u64::MAX),
        sent: 0,
        begin,
        bar: bar(total(&inputs, args)?, &args.topic),
        key: Vec::new(),
        value: Vec::new(),
    };
    'all: for _ in 0..args.repeat {
        for input in &inputs {
            let named = || format!("{}", input.path.display());
            if !input.write(&mut sender).with_context(named)? {
                break 'all;
            }
        }
    }
    let Sender { producer, sent, bar, .. } = sender;
    bar.set_position(sent);
    producer.finish()?;
    bar.finish_and_clear();
    Ok((sent, begin.elapsed().as_secs_f64()))
}

/// How many messages it will be, where that can be known.
fn total(inputs: &[Input], args: &Args) -> anyhow::Result<Option<u64>> {
    let mut total: u64 = 0;
    for input in inputs {
        if input.lines.is_some() {
            return Ok(args.limit);
        }
        let count = Container::open(open(&input.path)?).and_then(Container::count);
        total = total.saturating_add(count.with_context(|| format!("{}", input.path.display()))?);
    }
    Ok(Some(total.saturating_mul(args.repeat).min(args.limit.unwrap_or(u64::MAX))))
}

/// A progress bar on stderr, or a counter where the end is not known.
pub(crate) fn bar(total: Option<u64>, what: &str) -> ProgressBar {
    let template = match total {
        Some(_) => "{msg:20} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
        None => "{msg:20} {spinner} {human_pos} {per_sec}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.with_style(style).with_message(what.to_owned())
}

impl Input {
    /// Sends the file's records; says whether more may follow.
    fn write(&self, sender: &mut Sender) -> anyhow::Result<bool> {
        let mut key = Vec::new();
        if let Some(schema) = &self.lines {
            for (number, line) in open(&self.path)?.lines().enumerate() {
                let line = line?;
                if line.trim().is_empty() {
                    continue;
                }
                let datum = encode(&line, schema).with_context(|| format!("line {}", number + 1))?;
                self.layout.measure(&datum, &mut key)?;
                if !sender.send(&self.framer, &self.layout, &key, &datum)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let mut container = Container::open(open(&self.path)?)?;
        each_datum(&mut container, &self.layout, |key, datum| sender.send(&self.framer, &self.layout, key, datum))
    }
}

/// Walks through the datums of a container until the callback has enough; says whether it wants more.
pub(crate) fn each_datum<R: std::io::Read>(
    container: &mut Container<R>,
    layout: &Layout,
    mut take: impl FnMut(&[u8], &[u8]) -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    let (mut block, mut key) = (Vec::new(), Vec::new());
    while let Some(count) = container.next_block(&mut block)? {
        let mut rest = block.as_slice();
        for _ in 0..count {
            let (datum, after) = rest.split_at(layout.measure(rest, &mut key)?);
            rest = after;
            if !take(&key, datum)? {
                return Ok(false);
            }
        }
        anyhow::ensure!(rest.is_empty(), "a block holds more than its records: schema and data do not fit");
    }
    Ok(true)
}

fn encode(line: &str, schema: &apache_avro::Schema) -> anyhow::Result<Vec<u8>> {
    let json: serde_json::Value = serde_json::from_str(line)?;
    let value = apache_avro::types::Value::try_from(json)?.resolve(schema)?;
    Ok(apache_avro::writer::datum::GenericDatumWriter::builder(schema).build()?.write_value_to_vec(value)?)
}
