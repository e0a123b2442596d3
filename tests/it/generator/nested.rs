//! Nested values as JSON: docs/types.md once more.

use apache_avro::types::Value;

use super::calendar;
use super::cell::{self, Reason, big_decimal, in_precision, number, plain};
use super::schema::{Definition, Logical, OnFixed, Schema, Ty, Unit};
use super::table::Db;

/// Objects and arrays inside each other.
const DEPTH_MAX: usize = 30;

/// The text of a nested value.
///
/// # Errors
/// The reason of the dead letter.
pub fn json(schema: &Schema, ty: &Ty, value: &Value, db: Db) -> Result<String, Reason> {
    let mut text = String::new();
    Pen { schema, db }.value(ty, value, 0, &mut text)?;
    Ok(text)
}

struct Pen<'s> {
    schema: &'s Schema,
    db: Db,
}

impl Pen<'_> {
    fn value(&self, ty: &Ty, value: &Value, depth: usize, text: &mut String) -> Result<(), Reason> {
        match (ty, value) {
            (Ty::Inert(inner, _), value) => return self.value(inner, value, depth, text),
            (Ty::Union(branches), Value::Union(index, value)) => {
                let branch = &branches[*index as usize];
                let others = branches.iter().filter(|branch| **branch != Ty::Null).count();
                if others < 2 || *branch == Ty::Null {
                    return self.value(branch, value, depth, text);
                }
                let depth = deeper(depth)?;
                text.push('{');
                text.push_str(&quoted(&self.schema.tag(branch)));
                text.push(':');
                self.value(branch, value, depth, text)?;
                text.push('}');
            }
            (Ty::Array(ty), Value::Array(items)) => {
                let items = items.iter().map(|item| (None, &**ty, item));
                self.list(['[', ']'], items, deeper(depth)?, text)?;
            }
            (Ty::Map(ty), Value::Map(entries)) => {
                let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| key.as_bytes());
                let entries = entries.into_iter().map(|(key, value)| (Some(key.as_str()), &**ty, value));
                self.list(['{', '}'], entries, deeper(depth)?, text)?;
            }
            (Ty::Named(index), value) => match (&self.schema.named[*index].definition, value) {
                (Definition::Record(fields), Value::Record(values)) => {
                    let fields = fields.iter().zip(values);
                    let fields = fields.map(|(field, (_, value))| (Some(field.name.as_str()), &field.ty, value));
                    self.list(['{', '}'], fields, deeper(depth)?, text)?;
                }
                (Definition::Enum(symbols), Value::Enum(index, _)) => {
                    text.push_str(&quoted(&symbols[*index as usize]));
                }
                (Definition::Fixed(_, on), value) => text.push_str(&fixed(*on, value)?),
                (definition, value) => panic!("{definition:?} is read as {value:?}"),
            },
            (Ty::Logical(logical), value) => text.push_str(&logically(*logical, value)?),
            (_, value) => text.push_str(&self.primitive(value)?),
        }
        Ok(())
    }

    fn list<'v>(
        &self,
        [open, close]: [char; 2],
        items: impl Iterator<Item = (Option<&'v str>, &'v Ty, &'v Value)>,
        depth: usize,
        text: &mut String,
    ) -> Result<(), Reason> {
        text.push(open);
        for (index, (key, ty, value)) in items.enumerate() {
            if index > 0 {
                text.push(',');
            }
            if let Some(key) = key {
                text.push_str(&quoted(cell::checked(key, self.db)?));
                text.push(':');
            }
            self.value(ty, value, depth, text)?;
        }
        text.push(close);
        Ok(())
    }

    fn primitive(&self, value: &Value) -> Result<String, Reason> {
        Ok(match value {
            Value::Null => "null".to_owned(),
            Value::Boolean(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Long(value) => value.to_string(),
            Value::Float(value) => float(f64::from(*value), format!("{value:?}")),
            Value::Double(value) => float(*value, format!("{value:?}")),
            Value::Bytes(bytes) => quoted(&hex::encode(bytes)),
            Value::String(string) => quoted(cell::checked(string, self.db)?),
            other => panic!("{other:?} is no primitive value"),
        })
    }
}

fn deeper(depth: usize) -> Result<usize, Reason> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err("too_deep") }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("any text can be one of JSON")
}

fn float(value: f64, digits: String) -> String {
    match value {
        _ if value.is_nan() => "\"NaN\"".to_owned(),
        f64::INFINITY => "\"Infinity\"".to_owned(),
        f64::NEG_INFINITY => "\"-Infinity\"".to_owned(),
        _ => digits,
    }
}

fn fixed(on: OnFixed, value: &Value) -> Result<String, Reason> {
    Ok(quoted(&match (on, value) {
        (OnFixed::Decimal(precision, scale), Value::Decimal(value)) => {
            let digits = value.clone().into();
            in_precision(&digits, precision)?;
            plain(&digits, i64::from(scale))
        }
        (_, Value::Fixed(_, bytes)) => hex::encode(bytes),
        (_, Value::Uuid(uuid)) => cell::uuid(*uuid.as_bytes()),
        (_, Value::Duration(value)) => {
            cell::duration(value.months().into(), value.days().into(), value.millis().into())
        }
        (on, value) => panic!("{on:?} is read as {value:?}"),
    }))
}

fn logically(logical: Logical, value: &Value) -> Result<String, Reason> {
    Ok(quoted(&match (logical, value) {
        (Logical::Decimal(precision, scale), Value::Decimal(value)) => {
            let digits = value.clone().into();
            in_precision(&digits, precision)?;
            plain(&digits, i64::from(scale))
        }
        (_, Value::BigDecimal(value)) => {
            let (digits, scale) = value.as_bigint_and_exponent();
            big_decimal(&digits, scale)?;
            plain(&digits, scale)
        }
        (_, Value::Uuid(uuid)) => cell::uuid(*uuid.as_bytes()),
        (_, Value::Date(days)) => day(i64::from(*days)),
        (_, Value::TimeMillis(millis)) => {
            let micros = cell::time(i64::from(*millis) * 1_000)?;
            calendar::time(micros, false)[..12].to_owned()
        }
        (_, Value::TimeMicros(micros)) => calendar::time(cell::time(*micros)?, false),
        (Logical::Timestamp(unit), value) => format!("{}Z", instant(unit, number(value))),
        (Logical::LocalTimestamp(unit), value) => instant(unit, number(value)),
        (logical, value) => panic!("{logical:?} is read as {value:?}"),
    }))
}

/// With three, six or nine digits behind the second.
fn instant(unit: Unit, number: i64) -> String {
    let (per_second, digits) = match unit {
        Unit::Millis => (1_000, 3),
        Unit::Micros => (1_000_000, 6),
        Unit::Nanos => (1_000_000_000, 9),
    };
    let (seconds, fraction) = (number.div_euclid(per_second), number.rem_euclid(per_second));
    let clock = calendar::time(seconds.rem_euclid(86_400) * 1_000_000, false);
    format!("{}T{}.{fraction:0digits$}", day(seconds.div_euclid(86_400)), &clock[..8])
}

/// Years outside of 0 to 9999 with a sign and six digits.
fn day(days: i64) -> String {
    let (year, month, day) = calendar::civil(days);
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+07}-{month:02}-{day:02}"),
    }
}
