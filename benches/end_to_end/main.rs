//! Rows a second from a real topic into each database, beside the same rows loaded into the same table by one
//! connection in the same run; CPU time and peak memory. flatsink is a black box: the binary, its ledger, /proc.
//!
//! Then what a schema that changes with every record costs, beside one that never does (`flips`).
//!
//! `make bench ARGS="--bench end_to_end -- postgres sqlite"` names databases. FLATSINK_BENCH_RECORDS (1,000,000),
//! FLATSINK_BENCH_ROUNDS (1; medians are printed) and FLATSINK_BENCH_CONFIG (lines added to the configuration).
//! Two runs of the same thing differ by tens of per cent on a shared machine: compare ratios, not digits.

mod beside;
mod flips;
mod process;
mod records;
#[allow(dead_code, unused_imports, unused_macros)]
#[path = "../../tests/it/support/mod.rs"]
mod support;

use std::fmt::Write;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;

use self::process::Load;
use self::records::{COLUMNS, PARTITIONS, Record, SCHEMA, SCHEMA_ID, Sums};
use self::support::{Broker, Database, Kind, unique};

const WORKERS: [usize; 2] = [1, 2];
const TABLE: &str = "visits";
const PATIENCE: Duration = Duration::from_secs(60);

/// What the environment asks for.
struct Wish {
    records: u64,
    rounds: usize,
    config: String,
}

/// One round on one database.
struct Round {
    beside: f64,
    loads: [Load; WORKERS.len()],
}

fn main() {
    // `cargo test --benches` runs benches too, without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let Some(broker) = Broker::shared() else { return };
    let wish = Wish {
        records: number("FLATSINK_BENCH_RECORDS", 1_000_000),
        rounds: number("FLATSINK_BENCH_ROUNDS", 1) as usize,
        config: std::env::var("FLATSINK_BENCH_CONFIG").unwrap_or_default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let topic = broker.topic("bench", PARTITIONS, &[("retention.ms", "-1")]);
    let kinds = Kind::ALL.into_iter().filter(|kind| named.is_empty() || named.iter().any(|word| word == name(*kind)));
    if kinds.clone().count() > 0 {
        produce(&broker, &topic, (0..wish.records).map(|number| (Record::new(number), SCHEMA_ID)));
    }
    let sums = Sums::of(wish.records);
    let mut report = heading(&wish);
    for kind in kinds {
        let mut rounds = Vec::new();
        let (mut way, mut server) = ("", String::new());
        for _ in 0..wish.rounds {
            let Some(database) = Database::fresh(kind) else { break };
            server = describe(&database);
            let round = runtime.block_on(round(&wish, &broker, &topic, database, sums));
            way = round.1;
            rounds.push(round.0);
        }
        if !rounds.is_empty() {
            lines(&mut report, &wish, &server, way, &rounds);
        }
    }
    broker.delete_topic(&topic);
    println!("{report}");
    if named.is_empty() || named.iter().any(|word| word == "flips") {
        flips::run(&broker, &runtime, number("FLATSINK_BENCH_FLIPS", 400_000), 2 * wish.rounds + 3);
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.replace([',', '_'], "").parse().unwrap_or_else(|_| panic!("{variable} must be a number")),
        Err(_) => default,
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Postgres => "postgres",
        Kind::Mariadb => "mariadb",
        Kind::Mysql => "mysql",
        Kind::Sqlite => "sqlite",
    }
}

/// Sends records, each with the id of its schema; all are there once this returns.
fn produce(broker: &Broker, topic: &str, records: impl Iterator<Item = (Record, i32)>) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker.address).set("enable.idempotence", "true").set("linger.ms", "20");
    config.set("batch.size", "1000000").set("queue.buffering.max.messages", "200000");
    let producer: BaseProducer = config.create().expect("a producer needs no connection");
    let start = Instant::now();
    let (mut value, mut count) = (Vec::new(), 0u64);
    for (record, schema) in records {
        value.clear();
        record.confluent(schema, &mut value);
        if schema != SCHEMA_ID {
            record.extra(&mut value);
        }
        count += 1;
        let mut message = BaseRecord::to(topic).key(&record.uuid).payload(&value);
        message = message.partition(record.partition).timestamp(record.timestamp);
        while let Err((error, unsent)) = producer.send(message) {
            let full = matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            assert!(full, "a message cannot be sent: {error}");
            producer.poll(Duration::from_millis(10));
            message = unsent;
        }
        if record.offset % 64 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(PATIENCE).expect("all messages are acknowledged");
    eprintln!("{count} records produced, {:.0} a second", count as f64 / start.elapsed().as_secs_f64());
    let ends: i64 = broker.end_offsets(topic).iter().sum();
    assert_eq!(ends, count as i64, "the topic holds each record once");
}

async fn round(wish: &Wish, broker: &Broker, topic: &str, database: Database, sums: Sums) -> (Round, &'static str) {
    let kind = database.kind;
    let first = flatsink(wish, broker, topic, &database, WORKERS[0], sums).await;
    same_table(&database);
    settle(&database);
    let (spent, way) = beside::load(&database, wish.records).await;
    verify(&database, beside::TABLE, sums);
    let beside = wish.records as f64 / spent.as_secs_f64();
    eprintln!("{}: {way}: {beside:.0} rows/s", name(kind));
    drop(database);
    let database = Database::fresh(kind).expect("the server was there");
    let second = flatsink(wish, broker, topic, &database, WORKERS[1], sums).await;
    (Round { beside, loads: [first, second] }, way)
}

async fn flatsink(wish: &Wish, broker: &Broker, topic: &str, database: &Database, workers: usize, sums: Sums) -> Load {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join(format!("{SCHEMA_ID}.avsc")), SCHEMA).expect("a schema can be written");
    let config = format!(
        "sink: bench\nhttp: none\nworkers: {workers}\nkafka: {{brokers: ['{}'], group: {}}}\n\
         schemas: {{directory: '{}'}}\ndatabase: {{url: '{}'}}\ntopics:\n  \
         - {{topic: {topic}, table: {TABLE}, format: confluent, mode: stream, unique: uuid, uuid: key}}\n{}\n",
        broker.address,
        unique("bench"),
        folder.path().display(),
        database.url,
        wish.config,
    );
    std::fs::write(folder.path().join("flatsink.yaml"), config).expect("a configuration can be written");
    settle(database);
    let load = process::load(database, folder.path(), wish.records).await;
    verify(database, TABLE, sums);
    eprintln!("{}: {workers} workers: {load:?}", name(database.kind));
    load
}

/// What lies in the database's memory from before is written out now, not while something is measured.
fn settle(database: &Database) {
    if database.kind == Kind::Postgres {
        // Only some users may; the figures then differ more.
        let _ = database.try_query("CHECKPOINT");
    }
}

/// Makes the table beside flatsink's, with the same definition.
fn same_table(database: &Database) {
    let columns = match database.kind {
        Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{TABLE}') ORDER BY cid"),
        _ => format!(
            "SELECT column_name FROM information_schema.columns WHERE table_name = '{TABLE}' AND table_schema = {} \
             ORDER BY ordinal_position",
            if database.kind == Kind::Postgres { "'public'" } else { "DATABASE()" },
        ),
    };
    let columns: Vec<String> = database.query(&columns).into_iter().flatten().flatten().collect();
    assert_eq!(columns, COLUMNS, "the table has the columns that are loaded beside it");
    let table = beside::TABLE;
    database.query(&match database.kind {
        Kind::Postgres => format!("CREATE TABLE {table} (LIKE {TABLE} INCLUDING ALL)"),
        Kind::Mariadb | Kind::Mysql => format!("CREATE TABLE {table} LIKE {TABLE}"),
        Kind::Sqlite => {
            let sql = format!("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '{TABLE}'");
            database.value(&sql).expect("a table has a definition").replacen(TABLE, table, 1)
        }
    });
}

fn verify(database: &Database, table: &str, expected: Sums) {
    let found = database.query(&format!("SELECT count(*), sum(account), sum(_sink_offset) FROM {table}"));
    let numbers: Vec<i64> = found.iter().flatten().flatten().map(|text| text.parse().expect("a number")).collect();
    let [rows, accounts, offsets] = numbers[..] else { panic!("three numbers expected, not {found:?}") };
    assert_eq!(Sums { rows, accounts, offsets }, expected, "{table} holds each record once");
}

/// The server's version and the settings that the figures hang on.
fn describe(database: &Database) -> String {
    let value = |sql: &str| database.value(sql).unwrap_or_default();
    match database.kind {
        Kind::Postgres => format!(
            "PostgreSQL {} (shared_buffers {}, max_wal_size {}, fsync {}, synchronous_commit {})",
            value("SHOW server_version"),
            value("SHOW shared_buffers"),
            value("SHOW max_wal_size"),
            value("SHOW fsync"),
            value("SHOW synchronous_commit"),
        ),
        Kind::Mariadb | Kind::Mysql => format!(
            "{} (buffer pool {} MiB, flush at commit {}, binary log {})",
            value("SELECT version()"),
            value("SELECT @@innodb_buffer_pool_size DIV 1048576"),
            value("SELECT @@innodb_flush_log_at_trx_commit"),
            value("SELECT @@log_bin"),
        ),
        Kind::Sqlite => format!("SQLite {} (WAL, synchronous FULL)", value("SELECT sqlite_version()")),
    }
}

fn heading(wish: &Wish) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let model = cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let kib = memory
        .lines()
        .find(|line| line.starts_with("MemTotal"))
        .and_then(|line| line.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()));
    let value = {
        let mut value = Vec::new();
        Record::new(0).confluent(SCHEMA_ID, &mut value);
        value.len()
    };
    let rounds = if wish.rounds > 1 { format!("; medians of {} rounds", wish.rounds) } else { String::new() };
    let config = if wish.config.is_empty() { String::new() } else { format!("; with `{}`", wish.config) };
    format!(
        "flatsink {}, {cores} cores ({}), {:.0} GiB, shared with Kafka and the database. {} records in {PARTITIONS} \
         partitions, Confluent wire, {value} bytes and a key of 36; {} columns, `unique: uuid`{config}{rounds}.\n\n\
         | into | by | rows/s | ratio | first commit | start to exit | CPU s / million | peak RSS |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
        env!("CARGO_PKG_VERSION"),
        model.unwrap_or("unknown"),
        kib.unwrap_or(0.0) / 1_048_576.0,
        wish.records,
        COLUMNS.len(),
    )
}

fn lines(report: &mut String, wish: &Wish, server: &str, way: &str, rounds: &[Round]) {
    let beside = median(rounds.iter().map(|round| round.beside));
    let mut line = |text: String| writeln!(report, "{text}").expect("a string takes all");
    line(format!("| {server} | {way}, one connection | {:.0} k | 1 | | | | |", beside / 1_000.0));
    for (index, workers) in WORKERS.into_iter().enumerate() {
        let loads = || rounds.iter().map(|round| &round.loads[index]);
        let ratio = median(rounds.iter().map(|round| round.loads[index].rows_a_second / round.beside));
        let cpu = median(loads().filter_map(|load| load.cpu_seconds)) * 1_000_000.0 / wish.records as f64;
        line(format!(
            "| | flatsink, {workers} worker{} | {:.0} k | {ratio:.2} | {:.1} s | {:.1} s | {cpu:.1} | {:.0} MiB |",
            if workers == 1 { "" } else { "s" },
            median(loads().map(|load| load.rows_a_second)) / 1_000.0,
            median(loads().map(|load| load.first.as_secs_f64())),
            median(loads().map(|load| load.whole.as_secs_f64())),
            median(loads().filter_map(|load| load.peak).map(|bytes| bytes as f64)) / 1_048_576.0,
        ));
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => (values[length / 2 - 1] + values[length / 2]) / 2.0,
    }
}
