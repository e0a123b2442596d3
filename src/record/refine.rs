//! What a field becomes: its kind and how to read it, from its type and from the attributes that refine it. Yelp's
//! attributes come first, then `connect.name`, the logical type, the base type.

use serde_json::Value;

use super::Kind;
use super::plan::Union;
use super::schema::{Field, Logical, Record, Type};
use super::value::{FIXED_POINT_SCALE, Read};
use crate::config::Format;

/// What a field becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// The column's kind; `None` is a field that is always null and has no column.
    pub kind: Option<Kind>,
    /// The union around the value.
    pub union: Union,
    /// How to read the value.
    pub read: Read,
}

impl Refined {
    /// Whether the value may be null.
    pub fn nullable(&self) -> bool {
        match (&self.union, &self.read) {
            (Union::Null(_), _) => true,
            (_, Read::Json(Type::Union(branches))) => branches.iter().any(|branch| branch.ty == Type::Null),
            _ => false,
        }
    }
}

/// Decides what a field becomes.
pub fn refine(field: &Field, records: &[Record], format: Format) -> Refined {
    let (union, ty) = unwrap(&field.ty);
    let yelp = || if format == Format::Yelp { yelp(field, ty) } else { None };
    let refined = yelp().or_else(|| connect(field, ty, records)).unwrap_or_else(|| plain(ty));
    match refined {
        (Some(kind), read) => Refined { kind: Some(kind), union, read },
        (None, read) => Refined { kind: None, union, read },
    }
}

/// The type inside a union of one branch, or of null and another.
pub fn unwrap(ty: &Type) -> (Union, &Type) {
    let Type::Union(branches) = ty else { return (Union::None, ty) };
    match branches.as_slice() {
        [only] => (Union::Single, &only.ty),
        [null, other] if null.ty == Type::Null => (Union::Null(0), &other.ty),
        [other, null] if null.ty == Type::Null => (Union::Null(1), &other.ty),
        _ => (Union::None, ty),
    }
}

fn plain(ty: &Type) -> (Option<Kind>, Read) {
    let (kind, read) = match ty {
        Type::Null => return (None, Read::Nothing),
        Type::Boolean => (Kind::Bool, Read::Boolean),
        Type::Int(Some(Logical::Date)) => (Kind::Date, Read::Date),
        Type::Int(Some(Logical::TimeMillis)) => (Kind::Time, Read::TimeMillis),
        Type::Int(_) => (Kind::Int32, Read::Int),
        Type::Long(logical) => long(*logical),
        Type::Float => (Kind::Float32, Read::Float),
        Type::Double => (Kind::Float64, Read::Double),
        Type::Bytes(Some(Logical::Decimal { precision, scale })) => decimal(None, *precision, *scale),
        Type::Bytes(Some(Logical::BigDecimal)) => (Kind::BigDecimal, Read::BigDecimal),
        Type::Bytes(_) => (Kind::Bytes(None), Read::Bytes(None)),
        Type::String(Some(Logical::Uuid)) => (Kind::Uuid, Read::UuidText),
        Type::String(_) => (Kind::Text(None), Read::Text(None)),
        Type::Enum(symbols) => {
            let longest = symbols.iter().map(|symbol| symbol.chars().count()).max().unwrap_or(0);
            (Kind::Text(Some(longest as u32)), Read::Enum(symbols.clone()))
        }
        Type::Fixed(size, Some(Logical::Decimal { precision, scale })) => decimal(Some(*size), *precision, *scale),
        Type::Fixed(_, Some(Logical::Uuid)) => (Kind::Uuid, Read::UuidFixed),
        Type::Fixed(_, Some(Logical::Duration)) => (Kind::Duration, Read::Duration),
        Type::Fixed(size, _) => (Kind::Fixed(*size as u32), Read::Fixed(*size)),
        Type::Array(_) | Type::Map(_) | Type::Union(_) | Type::Record(_) => (Kind::Json, Read::Json(ty.clone())),
        Type::Refined(kind, read) => (*kind, (**read).clone()),
    };
    (Some(kind), read)
}

fn long(logical: Option<Logical>) -> (Kind, Read) {
    match logical {
        Some(Logical::TimeMicros) => (Kind::Time, Read::TimeLong(1)),
        Some(Logical::TimestampMillis) => (Kind::TimestampTz, Read::Timestamp(1_000)),
        Some(Logical::TimestampMicros) => (Kind::TimestampTz, Read::Timestamp(1)),
        Some(Logical::TimestampNanos) => (Kind::NanosUtc, Read::Long),
        Some(Logical::LocalTimestampMillis) => (Kind::Timestamp, Read::Timestamp(1_000)),
        Some(Logical::LocalTimestampMicros) => (Kind::Timestamp, Read::Timestamp(1)),
        Some(Logical::LocalTimestampNanos) => (Kind::NanosLocal, Read::Long),
        _ => (Kind::Int64, Read::Long),
    }
}

fn decimal(size: Option<usize>, precision: u32, scale: u32) -> (Kind, Read) {
    (Kind::Decimal { precision, scale }, Read::Decimal { size, precision, scale })
}

/// Yelp's attributes.
fn yelp(field: &Field, ty: &Type) -> Option<(Option<Kind>, Read)> {
    let set = |name: &str| field.attributes.get(name) == Some(&Value::Bool(true));
    let number = |name: &str| field.attributes.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let limit = || number("maxlen").or_else(|| number("fixlen"));
    let (kind, read) = match ty {
        Type::String(_) if set("datetime") => (Kind::Timestamp, Read::Datetime),
        Type::String(_) => limit().map(|limit| (Kind::Text(Some(limit)), Read::Text(Some(limit))))?,
        Type::Bytes(None) => limit().map(|limit| (Kind::Bytes(Some(limit)), Read::Bytes(Some(limit))))?,
        Type::Long(None | Some(Logical::TimeMicros)) if set("time") => (Kind::TimeSpan, Read::TimeSpan),
        Type::Long(None) if set("timestamp") => (Kind::TimestampTz, Read::Timestamp(1_000_000)),
        Type::Long(None) if set("year") => (Kind::Int32, Read::LongAsInt),
        Type::Int(None) if set("date") => (Kind::Date, Read::Date),
        Type::Double if set("fixed_pt") => {
            let (precision, scale) = (number("precision")?, number("scale")?);
            let valid = precision > 0 && scale <= precision && scale <= FIXED_POINT_SCALE;
            valid.then_some((Kind::Decimal { precision, scale }, Read::FixedPoint { precision, scale }))?
        }
        _ => return None,
    };
    Some((Some(kind), read))
}

/// The logical types of Kafka Connect and Debezium, which travel as `connect.name`.
fn connect(field: &Field, ty: &Type, records: &[Record]) -> Option<(Option<Kind>, Read)> {
    let name = field.attributes.get("connect.name").and_then(Value::as_str).or_else(|| record_name(ty, records))?;
    let (kind, read) = match (name, ty) {
        ("org.apache.kafka.connect.data.Decimal", Type::Bytes(_)) => connect_decimal(field, None)?,
        ("org.apache.kafka.connect.data.Decimal", Type::Fixed(size, _)) => connect_decimal(field, Some(*size))?,
        ("org.apache.kafka.connect.data.Date" | "io.debezium.time.Date", Type::Int(_)) => (Kind::Date, Read::Date),
        ("org.apache.kafka.connect.data.Time" | "io.debezium.time.Time", Type::Int(_)) => {
            (Kind::Time, Read::TimeMillis)
        }
        ("org.apache.kafka.connect.data.Timestamp", Type::Long(_)) => (Kind::TimestampTz, Read::Timestamp(1_000)),
        ("io.debezium.time.MicroTime", Type::Long(_)) => (Kind::Time, Read::TimeLong(1)),
        ("io.debezium.time.NanoTime", Type::Long(_)) => (Kind::Time, Read::TimeLong(1_000)),
        ("io.debezium.time.Timestamp", Type::Long(_)) => (Kind::Timestamp, Read::Timestamp(1_000)),
        ("io.debezium.time.MicroTimestamp", Type::Long(_)) => (Kind::Timestamp, Read::Timestamp(1)),
        ("io.debezium.time.NanoTimestamp", Type::Long(_)) => (Kind::NanosLocal, Read::Long),
        ("io.debezium.time.ZonedTimestamp", Type::String(_)) => (Kind::TimestampTz, Read::Zoned),
        ("io.debezium.time.MicroDuration", Type::Long(_)) => (Kind::Int64, Read::Long),
        ("io.debezium.time.Year", Type::Int(_)) => (Kind::Int32, Read::Int),
        ("io.debezium.data.Uuid", Type::String(_)) => (Kind::Uuid, Read::UuidText),
        ("io.debezium.data.Json", Type::String(_)) => (Kind::Json, Read::JsonText),
        ("io.debezium.data.Bits", Type::Bytes(_)) => (Kind::Bytes(None), Read::Bytes(None)),
        ("io.debezium.data.VariableScaleDecimal", Type::Record(index)) => {
            let types: Vec<&Type> = records[*index].fields.iter().map(|field| &field.ty).collect();
            matches!(types[..], [Type::Int(_), Type::Bytes(_)]).then_some((Kind::BigDecimal, Read::VariableScale))?
        }
        _ => return None,
    };
    Some((Some(kind), read))
}

/// A record of Connect's is known by its own name where the converter writes no `connect.name`.
fn record_name<'a>(ty: &Type, records: &'a [Record]) -> Option<&'a str> {
    let Type::Record(index) = ty else { return None };
    let record = &records[*index];
    let known = record.namespace == "io.debezium.data" && record.name == "VariableScaleDecimal";
    known.then_some("io.debezium.data.VariableScaleDecimal")
}

fn connect_decimal(field: &Field, size: Option<usize>) -> Option<(Kind, Read)> {
    let number = |value: Option<&Value>| match value? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let parameter = |name: &str| field.attributes.get("connect.parameters").and_then(|all| all.get(name));
    let attribute = |name: &str| number(field.attributes.get(name));
    let scale = attribute("scale").or_else(|| number(parameter("scale")))?;
    let precision = attribute("precision").or_else(|| number(parameter("connect.decimal.precision"))).unwrap_or(64);
    (precision > 0 && scale <= precision).then(|| decimal(size, precision, scale))
}
