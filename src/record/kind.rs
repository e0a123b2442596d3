//! The kinds of column: what a value is, apart from how one database stores it.

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
