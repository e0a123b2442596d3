//! What fuzzers call: any bytes go in, and what does not hold panics. Built for fuzzers (`cfg(fuzzing)`) and for
//! tests, which run every seed; no part of the program.

mod invent;
mod reference;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::config::{Config, Topic};
use crate::dialect::Dialect;
use crate::record::schema::Schema;
use crate::record::{
    Data, Framed, Kind, Message, MessageType, Outcome, Rows, Shape, Source, TableName, frame, key_schema_id, rows,
};
use invent::Bytes;
use reference::Reference;

const DIALECTS: [Dialect; 4] = [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];

/// The entries that targets choose from: names, and their keys in a configuration file.
const ENTRIES: [(&str, &str); 10] = [
    ("yelp_stream", "format: yelp, mode: stream"),
    ("yelp_table", "format: yelp, mode: table"),
    ("plain_stream", "format: confluent, mode: stream"),
    ("plain_table", "format: confluent, mode: table"),
    ("avro", "format: confluent, mode: table, key: [k], kafka_key: avro"),
    ("string", "format: confluent, mode: table, key: [k], kafka_key: string"),
    ("bytes", "format: confluent, mode: table, key: [k], kafka_key: bytes"),
    ("int32", "format: confluent, mode: table, key: [k], kafka_key: int32"),
    ("int64", "format: confluent, mode: table, key: [k], kafka_key: int64"),
    (
        "all",
        "format: yelp, mode: stream, metadata: [uuid, partition, offset, topic, schema_id, kafka_timestamp, key, headers, meta]",
    ),
];

const BIZ: &str = r#"{"type":"record","namespace":"","name":"biz","pkey":["id"],"fields":[
    {"name":"id","type":"int","pkey":1},
    {"name":"name","type":["null","string"],"default":null,"maxlen":64}]}"#;

/// Types of a Kafka key's column.
const KEYS: [&str; 8] = [
    r#""int""#,
    r#""long""#,
    r#""string""#,
    r#""bytes""#,
    r#"{"type":"fixed","name":"f","size":4}"#,
    r#"{"type":"string","logicalType":"uuid"}"#,
    r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
    r#"{"type":"int","logicalType":"date"}"#,
];

fn entry(name: &str) -> &'static Topic {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let line = |(name, keys): &(&str, &str)| format!("  - {{topic: {name}, table: t_{name}, {keys}}}\n");
        let topics: String = ENTRIES.iter().map(line).collect();
        let text = format!(
            "sink: fuzz\nkafka: {{brokers: ['localhost:9092']}}\nschemas: {{directory: .}}\n\
             database: {{url: 'sqlite:///fuzz.db'}}\ntopics:\n{topics}"
        );
        Config::parse(&text, "fuzz.yaml", &|_| None).expect("the configuration is good")
    });
    config.entry(name).expect("all entries are there")
}

fn message<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Message<'a> {
    Message { topic: "t", partition: 3, offset: 41, timestamp: Some(1_500), key, value, headers: &[] }
}

fn datum(payload: &[u8]) -> Data<'_> {
    let uuid = Some([7; 16]);
    Data { schema_id: 1, message_type: None, payload, previous: None, uuid, timestamp: Some(0), meta: &[] }
}

fn shape(text: &str, key: Option<&str>, entry: &Topic, dialect: Dialect) -> Option<Shape> {
    let source = |text| Source { id: 1, text, owner: None, pkey: &[], reader: None };
    Shape::new(source(text), key.map(source), "t", entry, dialect).ok()
}

/// Judges a message twice: the same comes of it, and what comes is whole. The row, if it is one.
fn judge(shape: &Shape, message: &Message<'_>, data: &Data<'_>, dialect: Dialect) -> (Outcome, Option<Vec<u8>>) {
    let (mut rows, mut again) = (Rows::default(), Rows::default());
    let outcome = shape.judge(message, data, &mut rows);
    assert_eq!(outcome, shape.judge(message, data, &mut again), "{dialect}");
    match &outcome {
        Outcome::Row { row, moved_from } => {
            assert_eq!((*row, rows.len()), (0, 1));
            assert_eq!(rows.row(0), again.row(0), "{dialect}");
            whole::row(dialect, &shape.table.columns, rows.row(0));
            if let Some(from) = moved_from {
                whole::row(dialect, &shape.table.columns[..shape.table.key], from);
                assert_ne!(**from, *rows::prefix(rows.row(0), shape.table.key));
            }
            (outcome, Some(rows.row(0).to_vec()))
        }
        Outcome::Delete(key) => {
            assert_eq!((rows.len(), rows.size()), (0, 0));
            whole::row(dialect, &shape.table.columns[..shape.table.key], key);
            (outcome, None)
        }
        Outcome::Dead(_) | Outcome::Skip(_) => {
            assert_eq!((rows.len(), rows.size()), (0, 0), "nothing is left of what is no row");
            (outcome, None)
        }
    }
}

/// Framing: the value of a message, in both formats, and what a table makes of it.
pub fn envelope(bytes: &[u8]) {
    static SHAPES: OnceLock<HashMap<(&str, Dialect), Shape>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(|| {
        let all = ["yelp_stream", "yelp_table", "all"].into_iter().flat_map(|name| DIALECTS.map(|it| (name, it)));
        let shape = |(name, it)| ((name, it), shape(BIZ, None, entry(name), it).expect("biz becomes a table"));
        all.map(shape).collect()
    });
    let message = message(Some(&bytes[..bytes.len().min(9)]), Some(bytes));
    let mut scratch = Vec::new();
    if let Framed::Data(data) = frame(entry("plain_stream").format, &message, &mut scratch) {
        assert_eq!([&[0], &data.schema_id.to_be_bytes()[..], data.payload].concat(), bytes);
    }
    let yelp = entry("yelp_stream").format;
    let Framed::Data(data) = frame(yelp, &message, &mut scratch) else { return };
    let written = reference::envelope(&data);
    let mut other = Vec::new();
    let again = Message { value: Some(&written), ..message };
    let Framed::Data(reread) = frame(yelp, &again, &mut other) else { panic!("what was read is written and read") };
    let fields = |data: &Data<'_>| {
        let beside = (data.schema_id, data.message_type, data.uuid, data.timestamp);
        (beside, data.payload.to_vec(), data.previous.map(<[u8]>::to_vec), data.meta.to_vec())
    };
    assert_eq!(fields(&data), fields(&reread));
    reference::check_envelope(&written, &data);
    for ((_, dialect), shape) in shapes {
        judge(shape, &message, &data, *dialect);
    }
}

/// The schema parser: any text, and the tables that it becomes in every entry and dialect.
pub fn schema(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(parsed) = Schema::parse(text) else { return };
    assert!(parsed.records.len() <= text.len() && !parsed.records.is_empty());
    assert!(parsed.null_branch.is_none() || parsed.record_branch.is_some());
    let names: Vec<TableName> = DIALECTS.iter().flat_map(|dialect| schema_in(text, *dialect)).collect();
    for name in &names {
        assert!(!name.name.is_empty() && !name.name.contains('\0'), "{name:?}");
    }
}

fn schema_in(text: &str, dialect: Dialect) -> Vec<TableName> {
    let mut names = Vec::new();
    for name in ["yelp_stream", "yelp_table", "plain_stream", "plain_table", "avro"] {
        let Some(shape) = shape(text, Some(text), entry(name), dialect) else { continue };
        whole::table(dialect, &shape.table);
        // Its size must come from the datum: 100 bytes of a schema may not make a row of a gigabyte.
        for payload in [&[][..], &[0], &[2], &[0; 64], &[1; 64], &[2; 64]] {
            judge(&shape, &message(Some(payload), None), &datum(payload), dialect);
            shape.tombstone(&message(Some(&[&[0, 0, 0, 0, 1], payload].concat()), None));
        }
        names.push(shape.table.name.clone());
    }
    names
}

/// The decoder: a schema made of the first bytes, and the rest as its datum, in every dialect and beside apache-avro.
pub fn decoder(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let name = ["yelp_stream", "yelp_table", "plain_stream", "plain_table"][bytes.below(4)];
    let message_type = [None, Some(MessageType::Create), Some(MessageType::Update), Some(MessageType::Delete)];
    let message_type = message_type[bytes.below(4)];
    let text = invent::schema(&mut bytes, name.starts_with("yelp"));
    let Ok(schema) = Schema::parse(&text) else { panic!("an invented schema is good: {text}") };
    let (payload, previous) = match bytes.below(4) {
        0 => bytes.0.split_at(bytes.0.len() / 2),
        _ => (bytes.0, &[][..]),
    };
    let data = Data { message_type, previous: Some(previous), ..datum(payload) };
    let reference = Reference::read(&text, payload);
    for dialect in DIALECTS {
        let Some(shape) = shape(&text, None, entry(name), dialect) else { continue };
        let (outcome, row) = judge(&shape, &message(None, None), &data, dialect);
        match (outcome, row) {
            (_, Some(row)) => reference.agrees(&schema, &shape.table.columns, &row, dialect, &text),
            (Outcome::Dead(reason), _) if !reason.message.contains("previous payload") => {
                reference.may_refuse(reason.code, name, &text);
            }
            _ => {}
        }
    }
}

/// The JSON of nested values: one field of an invented nested type, rendered alone.
pub fn json(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let text = invent::nested(&mut bytes);
    let Ok(schema) = Schema::parse(&text) else { panic!("an invented schema is good: {text}") };
    let reference = Reference::read(&text, bytes.0);
    let mut texts = Vec::new();
    for dialect in DIALECTS {
        let Some(shape) = shape(&text, None, entry("plain_stream"), dialect) else { continue };
        match judge(&shape, &message(None, None), &datum(bytes.0), dialect) {
            (_, Some(row)) => {
                reference.agrees(&schema, &shape.table.columns, &row, dialect, &text);
                let last = rows::Cells(&row).last().flatten();
                // A union of one branch is that branch, whose cells differ.
                if shape.table.columns.last().is_none_or(|column| column.kind != Kind::Json) {
                    continue;
                }
                texts.push(last.map(|cell| cell[usize::from(dialect == Dialect::Postgres)..].to_vec()));
            }
            (Outcome::Dead(reason), None) => reference.may_refuse(reason.code, "plain_stream", &text),
            other => panic!("{other:?}"),
        }
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "one value has one text: {text}");
}

/// Kafka keys in every declared form: what a key deletes is the key of the row that holds the same value.
pub fn kafka_key(bytes: &[u8]) {
    static SHAPES: OnceLock<HashMap<(usize, usize, Dialect), Shape>> = OnceLock::new();
    let field = |ty: &str| format!(r#"{{"type":"record","name":"r","fields":[{{"name":"k","type":{ty}}}]}}"#);
    let shapes = SHAPES.get_or_init(|| {
        let mut shapes = HashMap::new();
        for (form, key) in (4..9).flat_map(|form| (0..KEYS.len()).map(move |key| (form, key))) {
            let text = field(KEYS[key]);
            for dialect in DIALECTS {
                let made = shape(&text, Some(&text), entry(ENTRIES[form].0), dialect);
                shapes.extend(made.map(|shape| ((form, key, dialect), shape)));
            }
        }
        shapes
    });
    let mut bytes = Bytes(bytes);
    let (form, key, bytes) = (4 + bytes.below(5), bytes.below(KEYS.len()), bytes.0);
    let message = message(Some(bytes), None);
    let id = key_schema_id(entry(ENTRIES[form].0), &message);
    for dialect in DIALECTS {
        let Some(shape) = shapes.get(&(form, key, dialect)) else { continue };
        let outcome = shape.tombstone(&message);
        assert_eq!(outcome, shape.tombstone(&message));
        let Outcome::Delete(deleted) = outcome else { continue };
        whole::row(dialect, &shape.table.columns[..shape.table.key], &deleted);
        if form > 4 {
            continue;
        }
        assert_eq!(id, Some(1), "only keys of the schema's id are read by it");
        let (outcome, row) = judge(shape, &message, &datum(&bytes[5..]), dialect);
        let row = row.unwrap_or_else(|| panic!("{outcome:?}"));
        assert_eq!(rows::prefix(&row, 1), &*deleted, "{dialect} {}", KEYS[key]);
    }
}
