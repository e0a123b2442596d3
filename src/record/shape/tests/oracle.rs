//! The decoder against the reference implementation: random schemas and values, written by apache-avro, decoded
//! into PostgreSQL's cells, read back by a reader of their own, compared with apache-avro's values.

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Days, Decimal, Duration, Millis, Months, Schema as Reference, Uuid};
use num_bigint::BigInt;

use super::*;

/// A field's type in JSON, and one of its values.
pub type Typed = (String, Value);

fn scalar() -> BoxedStrategy<Typed> {
    fn logical(base: &str, name: &str) -> String {
        format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#)
    }
    let quoted = |name: &str| format!("\"{name}\"");
    let (boolean, int, long) = (quoted("boolean"), quoted("int"), quoted("long"));
    let (float, double, bytes, string) = (quoted("float"), quoted("double"), quoted("bytes"), quoted("string"));
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":7}"#;
    let day = 0i64..86_400_000_000;
    prop_oneof![
        any::<bool>().prop_map(move |value| (boolean.clone(), Value::Boolean(value))),
        any::<i32>().prop_map(move |value| (int.clone(), Value::Int(value))),
        any::<i64>().prop_map(move |value| (long.clone(), Value::Long(value))),
        any::<f32>().prop_map(move |value| (float.clone(), Value::Float(value))),
        any::<f64>().prop_map(move |value| (double.clone(), Value::Double(value))),
        any::<Vec<u8>>().prop_map(move |value| (bytes.clone(), Value::Bytes(value))),
        "[^\0]*".prop_map(move |value| (string.clone(), Value::String(value))),
        any::<[u8; 3]>().prop_map(|value| {
            (r#"{"type":"fixed","name":"NAME","size":3}"#.into(), Value::Fixed(3, value.to_vec()))
        }),
        (0u32..3).prop_map(|index| {
            let symbol = ["x", "y", "z"][index as usize].to_owned();
            (r#"{"type":"enum","name":"NAME","symbols":["x","y","z"]}"#.into(), Value::Enum(index, symbol))
        }),
        (-99_999_999_999_999_999i128..=99_999_999_999_999_999_999_999_999_999_999_999_999).prop_map(move |value| {
            let bytes = BigInt::from(value).to_signed_bytes_be();
            (decimal.into(), Value::Decimal(Decimal::new(bytes).unwrap()))
        }),
        any::<u128>().prop_map(|value| (logical("string", "uuid"), Value::Uuid(Uuid::from_u128(value)))),
        (-2_440_588i32..=2_145_042_905).prop_map(|value| (logical("int", "date"), Value::Date(value))),
        (0i32..86_400_000).prop_map(|value| (logical("int", "time-millis"), Value::TimeMillis(value))),
        day.prop_map(|value| (logical("long", "time-micros"), Value::TimeMicros(value))),
        (-100_000_000_000_000i64..100_000_000_000_000)
            .prop_map(|value| (logical("long", "timestamp-millis"), Value::TimestampMillis(value))),
        (-100_000_000_000_000_000i64..100_000_000_000_000_000)
            .prop_map(|value| (logical("long", "timestamp-micros"), Value::TimestampMicros(value))),
        any::<i64>().prop_map(|value| (logical("long", "timestamp-nanos"), Value::TimestampNanos(value))),
        (-100_000_000_000_000i64..100_000_000_000_000)
            .prop_map(|value| (logical("long", "local-timestamp-millis"), Value::LocalTimestampMillis(value))),
        (any::<[u32; 3]>()).prop_map(|[months, days, millis]| {
            let (months, days) = (months >> 1, days >> 1);
            let value = Duration::new(Months::new(months), Days::new(days), Millis::new(millis));
            (r#"{"type":"fixed","name":"NAME","size":12,"logicalType":"duration"}"#.into(), Value::Duration(value))
        }),
    ]
    .boxed()
}

pub fn field() -> impl Strategy<Value = Typed> {
    (scalar(), 0..4).prop_map(|((ty, value), around)| match around {
        0 => (format!(r#"["null",{ty}]"#), Value::Union(1, Box::new(value))),
        1 => (format!(r#"[{ty},"null"]"#), Value::Union(0, Box::new(value))),
        2 => (format!(r#"["null",{ty}]"#), Value::Union(0, Box::new(Value::Null))),
        _ => (ty, value),
    })
}

/// What PostgreSQL would make of a cell, as a text.
pub fn cell_text(cell: Option<&[u8]>, value: &Value) -> String {
    let Some(cell) = cell else { return "null".into() };
    let long = || i64::from_be_bytes(cell.try_into().unwrap());
    let epoch = 946_684_800_000_000;
    match value {
        Value::Boolean(_) => (cell == [1]).to_string(),
        Value::Int(_) => i32::from_be_bytes(cell.try_into().unwrap()).to_string(),
        Value::Date(_) => (i64::from(i32::from_be_bytes(cell.try_into().unwrap())) + 10_957).to_string(),
        Value::Long(_) | Value::TimestampNanos(_) | Value::TimeMicros(_) => long().to_string(),
        Value::TimeMillis(_) => (long() / 1_000).to_string(),
        Value::TimestampMicros(_) => (long() + epoch).to_string(),
        Value::TimestampMillis(_) | Value::LocalTimestampMillis(_) => ((long() + epoch) / 1_000).to_string(),
        Value::Float(_) => u32::from_be_bytes(cell.try_into().unwrap()).to_string(),
        Value::Double(_) => u64::from_be_bytes(cell.try_into().unwrap()).to_string(),
        Value::String(_) | Value::Enum(..) => String::from_utf8(cell.to_vec()).unwrap(),
        Value::Decimal(_) => unscaled(cell, 7).to_string(),
        Value::Duration(_) => {
            let word = |at: usize| i32::from_be_bytes(cell[at..at + 4].try_into().unwrap());
            format!("{} {} {}", word(12), word(8), i64::from_be_bytes(cell[..8].try_into().unwrap()))
        }
        _ => hex::encode(cell),
    }
}

/// The unscaled number of a numeric.
fn unscaled(cell: &[u8], scale: u32) -> BigInt {
    let words: Vec<i16> = cell.chunks(2).map(|word| i16::from_be_bytes([word[0], word[1]])).collect();
    let mut value = BigInt::from(0);
    // In units of 10^-8, so that two groups stand behind the point.
    for (index, group) in words[4..].iter().enumerate() {
        let power = i32::from(words[1]) - index as i32 + 2;
        value += BigInt::from(*group) * BigInt::from(10_000).pow(power as u32);
    }
    let value = value / BigInt::from(10).pow(8 - scale);
    if words[2] == 0x4000 { -value } else { value }
}

pub fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => value.to_string(),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value) => value.to_string(),
        Value::Float(value) => value.to_bits().to_string(),
        Value::Double(value) => value.to_bits().to_string(),
        Value::String(value) | Value::Enum(_, value) => value.clone(),
        Value::Bytes(value) | Value::Fixed(_, value) => hex::encode(value),
        Value::Uuid(value) => value.simple().to_string(),
        Value::Decimal(value) => BigInt::from(value.clone()).to_string(),
        Value::Duration(value) => {
            let millis = u64::from(u32::from(value.millis())) * 1_000;
            format!("{} {} {millis}", u32::from(value.months()), u32::from(value.days()))
        }
        other => panic!("{other:?}"),
    }
}

pub fn data(payload: &[u8]) -> Data<'_> {
    Data { schema_id: 1, message_type: None, payload, previous: None, uuid: None, timestamp: None, meta: &[] }
}

proptest! {
    #[test]
    fn flat_records_decode_as_apache_avro_decodes_them(fields in proptest::collection::vec(field(), 0..12)) {
        let json: Vec<String> = fields.iter().enumerate().map(|(index, (ty, _))| {
            let ty = ty.replace("NAME", &format!("named{index}"));
            format!(r#"{{"name":"f{index}","type":{ty}}}"#)
        }).collect();
        let text = record(&json.join(","));
        let reference = Reference::parse_str(&text).unwrap();
        let values = fields.iter().enumerate().map(|(index, (_, value))| (format!("f{index}"), value.clone()));
        let writer = GenericDatumWriter::builder(&reference).build().unwrap();
        let datum = writer.write_value_to_vec(Value::Record(values.collect())).unwrap();
        let reader = GenericDatumReader::builder(&reference).build().unwrap();
        let Value::Record(decoded) = reader.read_value(&mut &datum[..]).unwrap() else {
            panic!("a record")
        };

        let entry = Topic { metadata: vec![], ..entry(Format::Confluent, Mode::Stream) };
        let shape = shape(&text, &entry, Dialect::Postgres);
        let mut rows = Rows::default();
        let outcome = shape.judge(&message(None), &data(&datum), &mut rows);
        prop_assert_eq!(outcome, Outcome::Row { row: 0, moved_from: None });
        let cells: Vec<Option<&[u8]>> = rows.cells(0).skip(2).collect();
        prop_assert_eq!(cells.len(), decoded.len());
        for (cell, (name, value)) in cells.into_iter().zip(&decoded) {
            let value = if let Value::Union(_, inner) = value { inner } else { value };
            prop_assert_eq!(cell_text(cell, value), value_text(value), "{} of {}", name, text);
        }
        for length in 0..datum.len() {
            let outcome = shape.judge(&message(None), &data(&datum[..length]), &mut rows);
            prop_assert!(matches!(outcome, Outcome::Dead(_)), "{} of {} bytes: {:?}", length, datum.len(), outcome);
        }
        let longer = [&datum[..], &[0]].concat();
        prop_assert_eq!(dead(shape.judge(&message(None), &data(&longer), &mut rows)), Code::TrailingBytes);
        prop_assert_eq!(rows.len(), 1);
    }
}
