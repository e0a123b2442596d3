//! Nanoseconds to decode one record of the flights: into the cells of a row, beside apache-avro into its values; and
//! one value of records of 10 to 1,000 columns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Reader, Schema};
use criterion::{Criterion, Throughput, criterion_group};
use flatsink::config::{
    Deletes, Existing, Format, KafkaKey, Metadata, Mode, Naming, Nested, OnBadRecord, OnConflict, OnGap,
    OnPartitionChange, SchemaChanges, Select, Start, Topic, Unique,
};
use flatsink::dialect::Dialect;
use flatsink::record::{Data, Message, MessageType, Outcome, Rows, Shape, Source};

const SCHEMA: &str = include_str!("../data/nycflights/flights.avsc");
const RECORDS: usize = 5_000;
const WIDTHS: [usize; 3] = [10, 100, 1_000];
/// Values of one measurement, whatever the width.
const VALUES: usize = 100_000;
const DIALECTS: [Dialect; 3] = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];

/// The payloads of the first flights.
fn payloads(schema: &Schema) -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/nycflights/flights.avro");
    let file = std::fs::File::open(path).expect("the sample data is there");
    let writer = GenericDatumWriter::builder(schema).build().expect("the schema is good");
    let records = Reader::new(file).expect("the sample data is Avro").take(RECORDS);
    let encode = |record| writer.write_value_to_vec::<apache_avro::types::Value>(record).expect("it fits its schema");
    records.map(|record| encode(record.expect("the sample data is whole"))).collect()
}

fn entry() -> Topic {
    Topic {
        select: Select::Names(vec!["flights".into()]),
        exclude: vec![],
        format: Format::Yelp,
        mode: Mode::Stream,
        table: "{topic}".into(),
        schema: None,
        naming: Naming::Keep,
        unique: Unique::Uuid,
        uuid: None,
        key: vec![],
        kafka_key: KafkaKey::Auto,
        deletes: Deletes::Apply,
        start: Start::Earliest,
        existing: Existing::Refuse,
        owner: None,
        nested: Nested::Json,
        reader_schema: None,
        metadata: vec![
            Metadata::Uuid,
            Metadata::Partition,
            Metadata::Offset,
            Metadata::Timestamp,
            Metadata::MessageType,
        ],
        topic_column: false,
        shared_keys: false,
        schema_changes: SchemaChanges::Apply,
        on_conflict: OnConflict::Stop,
        not_null: None,
        rewrite_max: 1 << 30,
        on_bad_record: OnBadRecord::DeadLetter,
        on_gap: OnGap::Stop,
        on_partition_change: OnPartitionChange::Stop,
        breaker: None,
        merge: false,
        columns: Default::default(),
        nul: flatsink::config::Nul::DeadLetter,
    }
}

fn shape(dialect: Dialect) -> Shape {
    let source = Source { id: 1, text: SCHEMA, owner: None, pkey: &[], reader: None };
    Shape::new(source, None, "flights", &entry(), dialect).expect("flights become a table")
}

/// Decodes all payloads into rows.
fn ours(shape: &Shape, payloads: &[Vec<u8>]) {
    let mut rows = Rows::default();
    for (offset, payload) in payloads.iter().enumerate() {
        let message = Message {
            topic: "flights",
            partition: 0,
            offset: offset as i64,
            timestamp: Some(1_385_000_000_000),
            key: None,
            value: None,
            headers: &[],
        };
        let data = Data {
            schema_id: 1,
            message_type: Some(MessageType::Log),
            payload,
            previous: None,
            uuid: Some([7; 16]),
            timestamp: Some(1_385_000_000_000_000),
            meta: &[],
        };
        assert!(matches!(shape.judge(&message, &data, &mut rows), Outcome::Row { .. }), "every flight is a row");
    }
    black_box(rows);
}

/// Decodes all payloads into apache-avro's values.
fn reference(reader: &GenericDatumReader<'_>, payloads: &[Vec<u8>]) {
    for payload in payloads {
        black_box(reader.read_value(&mut &payload[..]).expect("every flight is a value"));
    }
}

fn decode(criterion: &mut Criterion) {
    let schema = Schema::parse_str(SCHEMA).expect("the schema is good");
    let payloads = payloads(&schema);
    let reader = GenericDatumReader::builder(&schema).build().expect("the schema is good");
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(payloads.len() as u64));
    for dialect in DIALECTS {
        let shape = shape(dialect);
        group.bench_function(dialect.to_string(), |bencher| bencher.iter(|| ours(&shape, &payloads)));
    }
    group.bench_function("apache-avro", |bencher| bencher.iter(|| reference(&reader, &payloads)));
    group.finish();
}

/// Prints nanoseconds a record of both, measured by turns in one run, and their ratio.
fn ratios() {
    let schema = Schema::parse_str(SCHEMA).expect("the schema is good");
    let payloads = payloads(&schema);
    let reader = GenericDatumReader::builder(&schema).build().expect("the schema is good");
    for dialect in DIALECTS {
        let shape = shape(dialect);
        let (mut us, mut them) = (Vec::new(), Vec::new());
        for _ in 0..21 {
            us.push(time(|| ours(&shape, &payloads)));
            them.push(time(|| reference(&reader, &payloads)));
        }
        let (us, them) = (median(us), median(them));
        let nanos = |time: Duration| time.as_nanos() / payloads.len() as u128;
        let ratio = them.as_secs_f64() / us.as_secs_f64();
        println!("decode {dialect}: {} ns/record, apache-avro {} ns/record, ratio {ratio:.1}", nanos(us), nanos(them));
    }
}

/// Prints nanoseconds a value of records of 10, 100 and 1,000 columns, measured by turns in one run, and what a
/// value of 1,000 columns costs beside one of 10.
fn widths() {
    for dialect in DIALECTS {
        let work: Vec<(Shape, Vec<Vec<u8>>)> = WIDTHS.iter().map(|width| wide(*width, dialect)).collect();
        let mut times = [const { Vec::new() }; WIDTHS.len()];
        for _ in 0..41 {
            for ((shape, payloads), times) in work.iter().zip(&mut times) {
                times.push(time(|| ours(shape, payloads)));
            }
        }
        let nanos = times.map(|times| median(times).as_nanos() as f64 / VALUES as f64);
        let each: Vec<String> = WIDTHS.iter().zip(nanos).map(|(width, nanos)| format!("{width}: {nanos:.2}")).collect();
        let ratio = nanos[2] / nanos[0];
        println!("decode {dialect}, ns/value by columns: {}; ratio {ratio:.2}, at most 1.2", each.join(", "));
    }
}

/// A record of so many fields of six types by turns, and payloads of `VALUES` values in all.
fn wide(width: usize, dialect: Dialect) -> (Shape, Vec<Vec<u8>>) {
    let types = [r#""int""#, r#""long""#, r#""double""#, r#""string""#, r#""boolean""#, r#"["null","long"]"#];
    let values: [&[u8]; 6] =
        [&[0xc0, 0x84, 0x3d], &[0x80, 0xd0, 0xac, 0xf3, 0x0e], &[1; 8], b"\x14ten or so.", &[1], &[2, 0x86, 0x12]];
    let fields: Vec<String> =
        (0..width).map(|n| format!(r#"{{"name":"c{n}","type":{}}}"#, types[n % types.len()])).collect();
    let schema = format!(r#"{{"type":"record","name":"wide","fields":[{}]}}"#, fields.join(","));
    let source = Source { id: 1, text: &schema, owner: None, pkey: &[], reader: None };
    let shape = Shape::new(source, None, "wide", &entry(), dialect).expect("it becomes a table");
    let payload: Vec<u8> = (0..width).flat_map(|n| values[n % values.len()]).copied().collect();
    (shape, vec![payload; VALUES / width])
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

criterion_group!(benches, decode);

fn main() {
    benches();
    // Without it this is a test of the bench, which wants no figures.
    if std::env::args().any(|argument| argument == "--bench") {
        ratios();
        widths();
    }
    Criterion::default().configure_from_args().final_summary();
}
