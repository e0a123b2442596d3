//! Beside apache-avro: what the decoder takes, it takes, with the same values. It takes more: bytes behind the end,
//! overflowing varints, ends in the midst of a datum. So a refusal is judged only where what it read is written
//! back to the same bytes.

use std::sync::OnceLock;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Decimal, Schema as Avro};
use num_bigint::BigInt;
use serde_json::Value as Json;

use crate::dialect::Dialect;
use crate::record::schema::{Logical, Record, Schema, Type};
use crate::record::{Code, Column, Data, From, MessageType, rows};

const ENVELOPE: &str = r#"{"type":"record","name":"envelope","namespace":"yelp.data_pipeline","fields":[
    {"name":"uuid","type":{"type":"fixed","name":"uuid","size":16}},
    {"name":"message_type","type":{"type":"enum","name":"message_type","symbols":
        ["create","update","delete","refresh","heartbeat","monitor","registration","log"]}},
    {"name":"schema_id","type":"int"},{"name":"payload","type":"bytes"},
    {"name":"previous_payload","type":["null","bytes"]},
    {"name":"meta","type":["null",{"type":"array","items":{"type":"record","name":"meta","fields":[
        {"name":"schema_id","type":"int"},{"name":"payload","type":"bytes"}]}}]},
    {"name":"encryption_type","type":["null","string"]},{"name":"timestamp","type":"int"}]}"#;

/// Bytes that apache-avro may allocate at once; a hundred thousand of its values take six million.
const ALLOCATION_MAX: usize = 16 << 20;

/// What apache-avro makes of a datum.
pub(super) struct Reference {
    /// It takes the schema.
    takes: bool,
    /// The value, if it took the datum to its end.
    value: Option<Value>,
    /// The value is written as the very same bytes.
    exact: bool,
    error: String,
}

impl Reference {
    pub fn read(text: &str, datum: &[u8]) -> Reference {
        // Once and for all: nine million nulls in five bytes took it 548 MB.
        apache_avro::util::max_allocation_bytes(ALLOCATION_MAX);
        let mut read = Reference { takes: false, value: None, exact: false, error: String::new() };
        let Ok(schema) = Avro::parse_str(text) else { return read };
        let Ok(reader) = GenericDatumReader::builder(&schema).build() else { return read };
        read.takes = true;
        let mut rest = datum;
        match reader.read_value(&mut rest) {
            Ok(value) if rest.is_empty() => {
                let writer = GenericDatumWriter::builder(&schema).build();
                let written = writer.and_then(|writer| writer.write_value_to_vec(value.clone()));
                read.exact = written.is_ok_and(|written| written == datum);
                read.value = Some(value);
            }
            Ok(_) => read.error = format!("{} bytes are left", rest.len()),
            Err(error) => read.error = format!("{error:?}"),
        }
        read
    }

    /// The decoder refused the datum: not for its form, if apache-avro writes the same bytes.
    pub fn may_refuse(&self, code: Code, entry: &str, text: &str) {
        let of_form = match code {
            Code::Truncated | Code::TrailingBytes | Code::BadVarint | Code::BadLength => true,
            Code::BadUtf8 | Code::BadBool | Code::BadEnum | Code::BadUnion => true,
            // Yelp's year is a long for a column of 32 bits.
            Code::IntOverflow => !entry.starts_with("yelp"),
            _ => false,
        };
        assert!(!(of_form && self.exact), "refused with {code}, and {:?} is good: {text}", self.value);
    }

    /// The decoder took the datum: so does apache-avro, and the cells are its values.
    pub fn agrees(&self, schema: &Schema, columns: &[Column], row: &[u8], dialect: Dialect, text: &str) {
        if !self.takes {
            return;
        }
        let Some(value) = &self.value else {
            // It counts the levels of its own recursion, which are more than those of the JSON.
            let deep = self.error.contains("epth") || self.error.contains("ecursi");
            assert!(deep, "taken, and apache-avro says {}: {text}", self.error);
            return;
        };
        let value = if let Value::Union(_, inner) = value { inner } else { value };
        let Value::Record(fields) = value else { panic!("{value:?}: {text}") };
        for (cell, column) in rows::Cells(row).zip(columns) {
            let From::Field(index) = column.from else { continue };
            let (ty, value) = (&schema.top().fields[index].ty, &fields[index].1);
            let agrees = match cell {
                None => *without_union(value) == Value::Null,
                Some(cell) => cell_agrees(cell, column, ty, value, &schema.records, dialect),
            };
            assert!(agrees, "{dialect}: {cell:?} of {:?} is not {value:?}: {text}", column.kind);
        }
    }
}

fn without_union(value: &Value) -> &Value {
    if let Value::Union(_, inner) = value { inner } else { value }
}

/// Whether a cell is the value; kinds that an attribute made, and forms that only the dialect knows, are not read.
fn cell_agrees(cell: &[u8], column: &Column, ty: &Type, value: &Value, records: &[Record], dialect: Dialect) -> bool {
    use crate::record::Kind;
    let (postgres, sqlite) = (dialect == Dialect::Postgres, dialect == Dialect::Sqlite);
    let text = || String::from_utf8_lossy(cell).into_owned();
    let number = || match (postgres, cell.len()) {
        (true, 4) => Some(i64::from(i32::from_be_bytes(cell.try_into().ok()?))),
        (true, _) => Some(i64::from_be_bytes(cell.try_into().ok()?)),
        (false, 4) => Some(i64::from(i32::from_le_bytes(cell.try_into().ok()?))),
        (false, _) => Some(i64::from_le_bytes(cell.try_into().ok()?)),
    };
    match (column.kind, without_union(value)) {
        (Kind::Bool, Value::Boolean(value)) => sqlite || *cell == [u8::from(*value)],
        (Kind::Int32 | Kind::Int64, Value::Int(value)) => number() == Some(i64::from(*value)),
        (Kind::Int32 | Kind::Int64, Value::Long(value)) => number() == Some(*value),
        (Kind::NanosUtc | Kind::NanosLocal, Value::TimestampNanos(value) | Value::LocalTimestampNanos(value)) => {
            number() == Some(*value)
        }
        (Kind::Float64, Value::Double(value)) if postgres => cell == value.to_be_bytes(),
        (Kind::Float32, Value::Float(value)) if postgres => cell == value.to_be_bytes(),
        (Kind::Float64, Value::Double(value)) => cell == value.to_le_bytes(),
        (Kind::Float32, Value::Float(value)) => cell == f64::from(*value).to_le_bytes(),
        (Kind::Text(_), Value::String(value) | Value::Enum(_, value)) => cell == value.as_bytes(),
        (Kind::Bytes(_) | Kind::Fixed(_), Value::Bytes(value) | Value::Fixed(_, value)) => cell == value,
        (Kind::Uuid, Value::Uuid(value)) if sqlite => text() == value.hyphenated().to_string(),
        (Kind::Uuid, Value::Uuid(value)) => cell == value.as_bytes(),
        (Kind::Decimal { scale, .. }, Value::Decimal(value)) => postgres || decimal_agrees(&text(), scale, value),
        (Kind::Date, Value::Date(days)) if postgres => number() == Some(i64::from(*days) - 10_957),
        (Kind::Date, Value::Date(days)) => instant(&(text() + " 00:00:00")) == Some(i64::from(*days) * 86_400_000_000),
        (Kind::Time, Value::TimeMillis(value)) if postgres => number() == Some(i64::from(*value) * 1_000),
        (Kind::Time, Value::TimeMicros(value)) if postgres => number() == Some(*value),
        (Kind::Time, Value::TimeMicros(value)) => instant(&format!("1970-01-01 {}", text())) == Some(*value),
        (Kind::TimestampTz | Kind::Timestamp, value) => {
            let micros = match value {
                Value::TimestampMicros(value) | Value::LocalTimestampMicros(value) => *value,
                Value::TimestampMillis(value) | Value::LocalTimestampMillis(value) => *value * 1_000,
                _ => return true,
            };
            if postgres { number() == Some(micros - 946_684_800_000_000) } else { instant(&text()) == Some(micros) }
        }
        (Kind::Json, _) if matches!(ty, Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Union(_)) => {
            let json = serde_json::from_slice(&cell[usize::from(postgres)..]);
            json.is_ok_and(|json| json_agrees(&json, ty, value, records))
        }
        _ => true,
    }
}

/// The microseconds since 1970 of a civil date-time.
fn instant(text: &str) -> Option<i64> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    i64::try_from(civil.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_micros()).ok()
}

fn decimal_agrees(text: &str, scale: u32, value: &Decimal) -> bool {
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let unscaled: Option<BigInt> = text.replace('.', "").parse().ok();
    fraction == scale as usize && unscaled == Some(BigInt::from(value.clone()))
}

/// Whether a JSON is the value. Times and durations are not read again.
fn json_agrees(json: &Json, ty: &Type, value: &Value, records: &[Record]) -> bool {
    match (ty, value, json) {
        (Type::Union(branches), Value::Union(index, value), _) => {
            let branch = &branches[*index as usize];
            let tagged = branches.iter().filter(|branch| branch.ty != Type::Null).count() > 1;
            if !tagged || branch.ty == Type::Null {
                return json_agrees(json, &branch.ty, value, records);
            }
            let inner = json.as_object().filter(|object| object.len() == 1).and_then(|it| it.get(&branch.tag));
            inner.is_some_and(|json| json_agrees(json, &branch.ty, value, records))
        }
        (Type::Null, Value::Null, Json::Null) => true,
        (Type::Boolean, Value::Boolean(value), Json::Bool(json)) => value == json,
        (Type::Int(None), Value::Int(value), json) => json.as_i64() == Some(i64::from(*value)),
        (Type::Long(None), Value::Long(value), json) => json.as_i64() == Some(*value),
        (Type::Float, Value::Float(value), json) => match json.as_f64() {
            Some(json) => json as f32 == *value,
            None => float_agrees(json, f64::from(*value)),
        },
        (Type::Double, Value::Double(value), json) => float_agrees(json, *value),
        (Type::String(None) | Type::Enum(_), Value::String(value) | Value::Enum(_, value), Json::String(json)) => {
            json == value
        }
        (Type::String(_) | Type::Fixed(..), Value::Uuid(value), Json::String(json)) => {
            *json == value.hyphenated().to_string()
        }
        (_, Value::Bytes(value) | Value::Fixed(_, value), Json::String(json)) => *json == hex::encode(value),
        (Type::Bytes(Some(Logical::Decimal { scale, .. })), Value::Decimal(value), Json::String(json))
        | (Type::Fixed(_, Some(Logical::Decimal { scale, .. })), Value::Decimal(value), Json::String(json)) => {
            decimal_agrees(json, *scale, value)
        }
        (Type::Array(ty), Value::Array(items), Json::Array(json)) => {
            items.len() == json.len()
                && items.iter().zip(json).all(|(value, json)| json_agrees(json, ty, value, records))
        }
        (Type::Map(ty), Value::Map(entries), Json::Object(json)) => {
            let sorted = json.keys().zip(json.keys().skip(1)).all(|(one, next)| one < next);
            let same = |(key, json): (&String, &Json)| {
                entries.get(key).is_some_and(|value| json_agrees(json, ty, value, records))
            };
            sorted && entries.len() == json.len() && json.iter().all(same)
        }
        (Type::Record(index), Value::Record(fields), Json::Object(json)) => {
            let wanted = &records[*index].fields;
            let same = |((field, (_, value)), (key, json)): ((&_, &(String, Value)), (&String, &Json))| {
                let field: &crate::record::schema::Field = field;
                field.name == *key && json_agrees(json, &field.ty, value, records)
            };
            wanted.len() == json.len() && wanted.iter().zip(fields).zip(json).all(same)
        }
        (Type::Int(Some(_)) | Type::Long(Some(_)) | Type::Bytes(Some(_)) | Type::Fixed(..), _, Json::String(_)) => true,
        _ => false,
    }
}

/// serde_json's reading of a number may be one digit off in the last place.
fn float_agrees(json: &Json, value: f64) -> bool {
    match json {
        Json::String(name) => match name.as_str() {
            "NaN" => value.is_nan(),
            "Infinity" => value == f64::INFINITY,
            "-Infinity" => value == f64::NEG_INFINITY,
            _ => false,
        },
        json => json.as_f64().is_some_and(|json| json == value || ((json - value) / value).abs() < 1e-14),
    }
}

/// The envelope's bytes as the specification orders them.
pub(super) fn envelope(data: &Data<'_>) -> Vec<u8> {
    let types = [
        MessageType::Create,
        MessageType::Update,
        MessageType::Delete,
        MessageType::Refresh,
        MessageType::Heartbeat,
        MessageType::Monitor,
        MessageType::Registration,
        MessageType::Log,
    ];
    let ordinal = types.iter().position(|it| Some(*it) == data.message_type).expect("an envelope has a type");
    let mut out = vec![0x30];
    out.extend(data.uuid.expect("an envelope has a uuid"));
    long(ordinal as i64, &mut out);
    long(i64::from(data.schema_id), &mut out);
    bytes(data.payload, &mut out);
    match data.previous {
        None => long(0, &mut out),
        Some(previous) => {
            long(1, &mut out);
            bytes(previous, &mut out);
        }
    }
    long(i64::from(!data.meta.is_empty()), &mut out);
    out.extend(data.meta);
    long(0, &mut out);
    long(data.timestamp.expect("an envelope has a time") / 1_000_000, &mut out);
    out
}

/// Reads an envelope as apache-avro does.
pub(super) fn check_envelope(written: &[u8], data: &Data<'_>) {
    static SCHEMA: OnceLock<Avro> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| Avro::parse_str(ENVELOPE).expect("the envelope's schema is good"));
    let reader = GenericDatumReader::builder(schema).build().expect("the envelope's schema is good");
    let mut rest = &written[1..];
    let value = reader.read_value(&mut rest).unwrap_or_else(|error| panic!("{error}: {}", hex::encode(written)));
    let Value::Record(fields) = value else { panic!("{value:?}") };
    assert!(rest.is_empty(), "{} bytes are left", rest.len());
    assert_eq!(fields[2].1, Value::Int(data.schema_id));
    assert_eq!(fields[3].1, Value::Bytes(data.payload.to_vec()));
    let previous = data.previous.map_or(Value::Null, |bytes| Value::Bytes(bytes.to_vec()));
    assert_eq!(*without_union(&fields[4].1), previous);
}

fn bytes(value: &[u8], out: &mut Vec<u8>) {
    long(value.len() as i64, out);
    out.extend(value);
}

fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = (value << 1 ^ value >> 63) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
