//! The kinds of column: what a value is, apart from how one database stores it.

use std::fmt;
use std::str::FromStr;

/// The kind of a column (docs/types.md): names the meaning; `dialect` names the SQL type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// boolean
    Bool,
    /// int
    Int32,
    /// long
    Int64,
    /// float
    Float32,
    /// double
    Float64,
    /// bytes; with a limit in bytes where the schema declares one
    Bytes(Option<u32>),
    /// string or enum; with a limit in characters where the schema declares one
    Text(Option<u32>),
    /// fixed of so many bytes
    Fixed(u32),
    /// decimal on bytes or fixed
    Decimal {
        /// All digits.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
    /// big-decimal: each value has its own scale
    BigDecimal,
    /// uuid on string or fixed(16)
    Uuid,
    /// A uuid that the configuration wants as its 36 characters
    UuidText,
    /// date
    Date,
    /// time-millis, time-micros
    Time,
    /// Yelp's `time`: a signed time of up to 838 hours, MySQL's TIME
    TimeSpan,
    /// timestamp-millis, timestamp-micros: an instant
    TimestampTz,
    /// local-timestamp-millis, local-timestamp-micros: a date and a time of day
    Timestamp,
    /// timestamp-nanos, kept as a number
    NanosUtc,
    /// local-timestamp-nanos, kept as a number
    NanosLocal,
    /// duration: months, days, milliseconds
    Duration,
    /// record, map, array, union of several: one JSON text
    Json,
}

impl Kind {
    /// Whether its equality is the same in Avro and in every database, so that it can be part of a key.
    pub fn is_key(self) -> bool {
        !matches!(self, Kind::Float32 | Kind::Float64 | Kind::BigDecimal | Kind::Duration | Kind::Json)
    }
}

/// As it is written down in `flatsink_column`: `Int64`, `Text(20)`, `Decimal(10,2)`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bytes(Some(limit)) => write!(f, "Bytes({limit})"),
            Kind::Text(Some(limit)) => write!(f, "Text({limit})"),
            Kind::Bytes(None) => f.write_str("Bytes"),
            Kind::Text(None) => f.write_str("Text"),
            Kind::Decimal { precision, scale } => write!(f, "Decimal({precision},{scale})"),
            kind => write!(f, "{kind:?}"),
        }
    }
}

/// A text that names no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Kind, UnknownKind> {
        let (name, numbers) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            Some((name, numbers)) => {
                let numbers: Result<Vec<u32>, _> = numbers.split(',').map(str::parse).collect();
                (name, numbers.map_err(|_| UnknownKind)?)
            }
            None => (text, Vec::new()),
        };
        Ok(match (name, numbers.as_slice()) {
            ("Bool", []) => Kind::Bool,
            ("Int32", []) => Kind::Int32,
            ("Int64", []) => Kind::Int64,
            ("Float32", []) => Kind::Float32,
            ("Float64", []) => Kind::Float64,
            ("Bytes", numbers @ ([] | [_])) => Kind::Bytes(numbers.first().copied()),
            ("Text", numbers @ ([] | [_])) => Kind::Text(numbers.first().copied()),
            ("Fixed", [length]) => Kind::Fixed(*length),
            ("Decimal", [precision, scale]) => Kind::Decimal { precision: *precision, scale: *scale },
            ("BigDecimal", []) => Kind::BigDecimal,
            ("Uuid", []) => Kind::Uuid,
            ("UuidText", []) => Kind::UuidText,
            ("Date", []) => Kind::Date,
            ("Time", []) => Kind::Time,
            ("TimeSpan", []) => Kind::TimeSpan,
            ("TimestampTz", []) => Kind::TimestampTz,
            ("Timestamp", []) => Kind::Timestamp,
            ("NanosUtc", []) => Kind::NanosUtc,
            ("NanosLocal", []) => Kind::NanosLocal,
            ("Duration", []) => Kind::Duration,
            ("Json", []) => Kind::Json,
            _ => return Err(UnknownKind),
        })
    }
}
