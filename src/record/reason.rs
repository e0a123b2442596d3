//! Why a record became a dead letter, and why a schema was refused.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The stable code of a dead letter's reason, as it stands in `flatsink_dead_letter.reason`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// The code as it is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The value has no bytes.
    EmptyPayload = "empty_payload",
    /// The first byte is not one of the format's.
    BadMagic = "bad_magic",
    /// The value ends inside the framing's header.
    ShortHeader = "short_header",
    /// The envelope around the payload cannot be read.
    BadEnvelope = "bad_envelope",
    /// The payload is encrypted, which this version cannot read.
    Encrypted = "encrypted",
    /// The registry says that it has no such schema.
    UnknownSchema = "unknown_schema",
    /// The registry's schema of this id is not Avro.
    NotAvro = "not_avro",
    /// The datum ends before its schema does.
    Truncated = "truncated",
    /// The datum goes on after its schema ends.
    TrailingBytes = "trailing_bytes",
    /// A variable-length integer without end or with overflow bits.
    BadVarint = "bad_varint",
    /// An `int` beyond 32 bits.
    IntOverflow = "int_overflow",
    /// A negative length, or one beyond the end.
    BadLength = "bad_length",
    /// A string that is not UTF-8.
    BadUtf8 = "bad_utf8",
    /// A boolean byte other than 0 and 1.
    BadBool = "bad_bool",
    /// An enum index without a symbol.
    BadEnum = "bad_enum",
    /// A union index without a branch.
    BadUnion = "bad_union",
    /// An array or map of more items than the limit.
    TooManyItems = "too_many_items",
    /// A map that holds a key twice.
    MapDuplicateKey = "map_duplicate_key",
    /// Nesting beyond 30 levels.
    TooDeep = "too_deep",
    /// U+0000 in a text that the database cannot hold.
    NulInText = "nul_in_text",
    /// NaN or an infinity that the database cannot hold.
    NotFinite = "not_finite",
    /// A text or bytes longer than the column's limit.
    TooLong = "too_long",
    /// A decimal without bytes.
    BadDecimal = "bad_decimal",
    /// A decimal of more digits than the column's.
    DecimalRange = "decimal_range",
    /// A double that is no decimal of the declared scale.
    DecimalInexact = "decimal_inexact",
    /// A date beyond the database's.
    DateRange = "date_range",
    /// A timestamp beyond the database's.
    TimestampRange = "timestamp_range",
    /// A time of day outside [00:00, 24:00).
    TimeRange = "time_range",
    /// A duration beyond the database's interval.
    IntervalRange = "interval_range",
    /// A string that is not a date-time of the declared form.
    BadDatetime = "bad_datetime",
    /// A text that is not JSON.
    BadJson = "bad_json",
    /// A timestamp with digits below the microsecond.
    SubMicrosecond = "sub_microsecond",
    /// A text that is no uuid, or the nil uuid as a row's identity.
    BadUuid = "bad_uuid",
    /// No uuid where the table's key is the uuid.
    UuidMissing = "uuid_missing",
    /// The same uuid with other content stands in the table.
    UuidConflict = "uuid_conflict",
    /// A key longer than the database's index entry.
    KeyTooLong = "key_too_long",
    /// A change without a usable key.
    NoKey = "no_key",
    /// A null for a column that must not be null.
    NullViolation = "null_violation",
    /// A value that the pinned reader schema has no place for, or would change.
    ReaderSchema = "reader_schema",
    /// The database refused the row: a constraint.
    Constraint = "constraint",
    /// The database refused the row: a value.
    Refused = "refused",
    /// The record is larger than `record_max`.
    TooLarge = "too_large",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why one record cannot become a row. Carries names and positions, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The stable code.
    pub code: Code,
    /// One line for a person: which field, at which byte.
    pub message: String,
}

impl Reason {
    /// A reason with its line for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Reason {
        Reason { code, message: message.into() }
    }
}

/// Why a schema cannot become a table, or a table cannot take a schema: the table stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// A stable code: `type_conflict`, `key_type`, `bad_name`, `name_collision`, `schema_invalid`, ..
    pub code: &'static str,
    /// What was attempted, on what, and what to do.
    pub message: String,
}

impl Refusal {
    /// A refusal with its line for a person.
    pub fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }
}
