//! What an entry says of single columns.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use super::Nested;
use super::problem::nearest;

/// What the configuration says of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Column")]
pub struct ColumnOverride {
    /// Its name.
    pub name: Option<String>,
    /// Its type: text, uuid, json, bytes, date, timestamp, timestamptz or decimal(p,s).
    #[serde(rename = "type")]
    pub ty: Option<ColumnType>,
    /// What an int or a long counts, for a timestamp: s, ms, us, ns.
    pub unit: Option<TimeUnit>,
    /// Characters of a text, or bytes, at most.
    pub length: Option<u32>,
    /// What becomes of a nested value.
    pub nested: Option<Nested>,
    /// Whether the field is left out.
    pub skip: Option<bool>,
}

/// A type that a column can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A uuid.
    Uuid,
    /// JSON.
    Json,
    /// Bytes.
    Bytes,
    /// A date.
    Date,
    /// A date and a time of day.
    Timestamp,
    /// An instant.
    TimestampTz,
    /// A decimal.
    Decimal {
        /// All digits.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
}

/// What a number of a timestamp counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

/// What becomes of U+0000 in a text that the database cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nul {
    /// The record becomes a dead letter.
    DeadLetter,
    /// It is left out.
    Strip,
    /// U+FFFD takes its place.
    Replace,
}

const TYPES: [(&str, ColumnType); 7] = [
    ("text", ColumnType::Text),
    ("uuid", ColumnType::Uuid),
    ("json", ColumnType::Json),
    ("bytes", ColumnType::Bytes),
    ("date", ColumnType::Date),
    ("timestamp", ColumnType::Timestamp),
    ("timestamptz", ColumnType::TimestampTz),
];

/// Digits of a decimal at most: PostgreSQL's limit of scale.
const DIGITS_MAX: u32 = 16_383;

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            ty => f.write_str(TYPES.iter().find(|(_, other)| other == ty).map_or("", |(name, _)| name)),
        }
    }
}

impl ColumnType {
    fn parse(text: &str) -> Result<ColumnType, String> {
        if let Some((_, ty)) = TYPES.iter().find(|(name, _)| *name == text) {
            return Ok(*ty);
        }
        let expected = "text | uuid | json | bytes | date | timestamp | timestamptz | decimal(p,s)";
        let wrong = || match nearest(text, TYPES.iter().map(|(name, _)| *name)) {
            Some(meant) => format!("`{text}` is no type of a column; did you mean `{meant}`?"),
            None => format!("expected {expected}, found `{text}`"),
        };
        let Some(numbers) = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) else {
            return Err(if text == "decimal" {
                "a decimal needs its digits: decimal(38,9)".to_owned()
            } else {
                wrong()
            });
        };
        let mut numbers = numbers.split(',').map(|number| number.trim().parse::<u32>());
        match (numbers.next(), numbers.next().unwrap_or(Ok(0)), numbers.next()) {
            (Some(Ok(precision)), Ok(scale), None) if (1..=DIGITS_MAX).contains(&precision) && scale <= precision => {
                Ok(ColumnType::Decimal { precision, scale })
            }
            _ => Err(format!(
                "`{text}`: decimal(p,s) has 1 to {DIGITS_MAX} digits, s of them behind the point, s at most p"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ColumnType, D::Error> {
        ColumnType::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ColumnType {
    fn schema_name() -> Cow<'static, str> {
        "ColumnType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        json_schema!({
            "anyOf": [{ "enum": names }, { "type": "string", "pattern": r"^decimal\( *\d+ *(, *\d+ *)?\)$" }]
        })
    }
}

impl ColumnOverride {
    /// Whether the field is left out.
    pub fn skips(&self) -> bool {
        self.skip == Some(true)
    }

    /// What is wrong with it whatever the schema says.
    pub(super) fn wrong(&self) -> Option<(&'static str, String)> {
        let timestamp = matches!(self.ty, Some(ColumnType::Timestamp | ColumnType::TimestampTz));
        let of_length = matches!(self.ty, None | Some(ColumnType::Text | ColumnType::Bytes));
        let others = self.name.is_some() || self.ty.is_some() || self.unit.is_some() || self.length.is_some();
        if self.skips() && (others || self.nested.is_some()) {
            return Some(("skip", "a field that is left out has no column: `skip` stands alone".into()));
        }
        if self.unit.is_some() && !timestamp {
            return Some(("unit", "`unit` goes with `type: timestamp` or `type: timestamptz`".into()));
        }
        if self.length == Some(0) {
            return Some(("length", "a column has room for something: at least 1".into()));
        }
        if self.length.is_some() && !of_length {
            return Some(("length", "`length` is of texts and bytes".into()));
        }
        None
    }
}
