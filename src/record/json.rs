//! Nested values as one compact JSON text, the same bytes for the same value on all databases.

#[cfg(test)]
mod tests;

use std::io::Write;

use super::schema::{Branch, Logical, Record, Type};
use super::value::Read;
use super::wire::Reader;
use super::{Code, Kind, distinct, uuid, value};
use crate::dialect::cell::{Decimal, Encode, calendar};

/// Objects and arrays inside each other: MariaDB's check refuses 32.
const DEPTH_MAX: usize = 30;
/// Bytes of one text: a long name in a record of few bytes may stand there a hundred thousand times.
const SIZE_MAX: usize = 64 << 20;

/// What a database does not keep in JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts {
    /// U+0000 in a text.
    pub no_nul: bool,
    /// Numbers beyond those of 64 bits and doubles.
    pub doubles: bool,
}

impl Texts {
    /// That of the database for which cells are encoded.
    pub fn of<E: Encode>() -> Texts {
        Texts { no_nul: !E::NUL_IN_TEXT, doubles: E::JSON_DOUBLES }
    }
}

/// Renders values of one schema.
#[derive(Clone, Copy, Debug)]
pub struct Renderer<'s> {
    /// The schema's records.
    pub records: &'s [Record],
    /// What the database does not keep of texts.
    pub texts: Texts,
    /// The length of the output that must not be passed.
    pub end: usize,
}

impl<'s> Renderer<'s> {
    /// A renderer that appends to an output of this length.
    pub fn new(records: &'s [Record], texts: Texts, start: usize) -> Renderer<'s> {
        Renderer { records, texts, end: start + SIZE_MAX }
    }

    /// Appends the next value, which stands inside of `depth` others.
    ///
    /// # Errors
    /// Those of the wire, `too_deep`, `map_duplicate_key`, and values that their logical type does not allow.
    pub fn value(&self, ty: &Type, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Code> {
        if out.len() > self.end {
            return Err(Code::TooLong);
        }
        match ty {
            Type::Null => out.extend_from_slice(b"null"),
            Type::Boolean => out.extend_from_slice(if reader.boolean()? { b"true" } else { b"false" }),
            Type::Int(logical) => return int(reader.int()?, *logical, out),
            Type::Long(logical) => return long(reader.long()?, *logical, out),
            Type::Float => {
                let value = f32::from_le_bytes(*reader.chunk()?);
                special(f64::from(value), out).unwrap_or_else(|out| append(out, format_args!("{value:?}")));
            }
            Type::Double => {
                let value = f64::from_le_bytes(*reader.chunk()?);
                special(value, out).unwrap_or_else(|out| append(out, format_args!("{value:?}")));
            }
            Type::Bytes(logical) => return bytes(reader.bytes()?, *logical, out),
            Type::Fixed(size, logical) => return bytes(reader.take(*size)?, *logical, out),
            Type::String(Some(Logical::Uuid)) => {
                let value = uuid::parse(reader.string()?.as_bytes()).ok_or(Code::BadUuid)?;
                quoted(out, |out| out.extend_from_slice(&calendar::uuid(&value)));
            }
            Type::String(_) => return self.text(reader.string()?, out),
            Type::Enum(symbols) => return self.text(&symbols[reader.index(symbols.len(), Code::BadEnum)?], out),
            Type::Array(items) => return self.array(items, reader, out, enter(depth)?),
            Type::Map(values) => return self.map(values, reader, out, enter(depth)?),
            Type::Union(branches) => {
                let branch = &branches[reader.index(branches.len(), Code::BadUnion)?];
                return self.branch(branches, branch, reader, out, depth);
            }
            Type::Record(index) => return self.record(&self.records[*index], reader, out, enter(depth)?),
            Type::Refined(kind, read) => return self.refined(*kind, read, reader, out, depth),
        }
        Ok(())
    }

    /// Appends a value whose meaning its attributes tell.
    fn refined(
        &self,
        kind: Kind,
        read: &Read,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Code> {
        let utc = matches!(kind, Kind::TimestampTz | Kind::NanosUtc);
        let decimal = |out: &mut Vec<u8>, value: Decimal<'_>| quoted(out, |out| value.text(out));
        match read {
            Read::Date => int(reader.int()?, Some(Logical::Date), out),
            Read::TimeMillis => int(reader.int()?, Some(Logical::TimeMillis), out),
            Read::TimeLong(1) => long(reader.long()?, Some(Logical::TimeMicros), out),
            Read::TimeLong(_) => time(reader.long()?, 1_000_000_000, 9, out),
            Read::TimeSpan => {
                let micros = value::time_span(reader.long()?)?;
                quoted(out, |out| calendar::time_span(out, micros, 2));
                Ok(())
            }
            Read::Timestamp(1) => instant(reader.long()?, (1_000_000, 6, utc), out),
            Read::Timestamp(1_000) => instant(reader.long()?, (1_000, 3, utc), out),
            Read::Timestamp(_) => instant(reader.long()?, (1, 0, utc), out),
            Read::Decimal { size, precision, scale } => {
                let bytes = if let Some(size) = size { reader.take(*size)? } else { reader.bytes()? };
                value::decimal(bytes, *precision, *scale, |value| decimal(out, value))
            }
            Read::VariableScale => {
                let scale = reader.int()?;
                value::scaled(reader.bytes()?, i64::from(scale), |value| decimal(out, value))
            }
            Read::FixedPoint { precision, scale } => {
                let value = f64::from_le_bytes(*reader.chunk()?);
                value::fixed_point(value, *precision, *scale, |value| decimal(out, value))
            }
            Read::UuidText => self.value(&Type::String(Some(Logical::Uuid)), reader, out, depth),
            Read::JsonText => {
                let text = reader.string()?;
                check_inside(text, self.texts, depth)?;
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            // Of the others only numbers of nanoseconds come here.
            _ => instant(reader.long()?, (1_000_000_000, 9, utc), out),
        }
    }

    /// Appends a union's value whose index is read: tagged where several branches are not null.
    ///
    /// # Errors
    /// Those of `value`.
    pub fn branch(
        &self,
        branches: &[Branch],
        branch: &Branch,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Code> {
        let tagged = branches.iter().filter(|branch| branch.ty != Type::Null).count() > 1;
        if !tagged || branch.ty == Type::Null {
            return self.value(&branch.ty, reader, out, depth);
        }
        let depth = enter(depth)?;
        out.push(b'{');
        self.text(&branch.tag, out)?;
        out.push(b':');
        self.value(&branch.ty, reader, out, depth)?;
        out.push(b'}');
        Ok(())
    }

    /// Appends a string.
    ///
    /// # Errors
    /// `nul_in_text`.
    pub fn text(&self, text: &str, out: &mut Vec<u8>) -> Result<(), Code> {
        out.push(b'"');
        let mut plain = 0;
        for (index, byte) in text.bytes().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0x08 => b"\\b",
                0x0c => b"\\f",
                0 if self.texts.no_nul => return Err(Code::NulInText),
                0..=0x1f => b"\\u00",
                _ => continue,
            };
            out.extend_from_slice(&text.as_bytes()[plain..index]);
            out.extend_from_slice(escape);
            if escape == b"\\u00" {
                calendar::hex(out, byte);
            }
            plain = index + 1;
        }
        out.extend_from_slice(&text.as_bytes()[plain..]);
        out.push(b'"');
        Ok(())
    }

    fn record(&self, record: &Record, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Code> {
        out.push(b'{');
        for (index, field) in record.fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            reader.item()?;
            self.text(&field.name, out)?;
            out.push(b':');
            self.value(&field.ty, reader, out, depth)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn array(&self, items: &Type, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Code> {
        out.push(b'[');
        let mut first = true;
        reader.blocks(|reader| {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            self.value(items, reader, out, depth)
        })?;
        out.push(b']');
        Ok(())
    }

    /// Appends a map in the byte order of its keys.
    fn map(&self, values: &Type, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Code> {
        let start = out.len();
        let mut entries = Vec::new();
        reader.blocks(|reader| {
            let (key, from) = (reader.string()?, out.len());
            self.text(key, out)?;
            out.push(b':');
            self.value(values, reader, out, depth)?;
            entries.push((key, from..out.len()));
            Ok(())
        })?;
        entries.sort_by_key(|(key, _)| *key);
        if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Code::MapDuplicateKey);
        }
        let unsorted = out.split_off(start);
        out.push(b'{');
        for (index, (_, range)) in entries.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&unsorted[range.start - start..range.end - start]);
        }
        out.push(b'}');
        Ok(())
    }
}

fn enter(depth: usize) -> Result<usize, Code> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(Code::TooDeep) }
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes all");
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// Appends what is no number in JSON; gives the output back where it is one.
fn special(value: f64, out: &mut Vec<u8>) -> Result<(), &mut Vec<u8>> {
    let name = match value {
        _ if value.is_nan() => "\"NaN\"",
        f64::INFINITY => "\"Infinity\"",
        f64::NEG_INFINITY => "\"-Infinity\"",
        _ => return Err(out),
    };
    out.extend_from_slice(name.as_bytes());
    Ok(())
}

fn int(value: i32, logical: Option<Logical>, out: &mut Vec<u8>) -> Result<(), Code> {
    match logical {
        Some(Logical::Date) => quoted(out, |out| calendar::date(out, i64::from(value))),
        Some(Logical::TimeMillis) => return time(i64::from(value), 1_000, 3, out),
        _ => number(i64::from(value), out),
    }
    Ok(())
}

fn long(value: i64, logical: Option<Logical>, out: &mut Vec<u8>) -> Result<(), Code> {
    let form = match logical {
        Some(Logical::TimeMicros) => return time(value, 1_000_000, 6, out),
        Some(Logical::TimestampMillis) => (1_000, 3, true),
        Some(Logical::TimestampMicros) => (1_000_000, 6, true),
        Some(Logical::TimestampNanos) => (1_000_000_000, 9, true),
        Some(Logical::LocalTimestampMillis) => (1_000, 3, false),
        Some(Logical::LocalTimestampMicros) => (1_000_000, 6, false),
        Some(Logical::LocalTimestampNanos) => (1_000_000_000, 9, false),
        _ => {
            number(value, out);
            return Ok(());
        }
    };
    instant(value, form, out)
}

/// Appends a point in time: so many units a second, so many digits, in UTC or not.
fn instant(value: i64, (unit, digits, utc): (i64, usize, bool), out: &mut Vec<u8>) -> Result<(), Code> {
    let day: i64 = 86_400 * unit;
    quoted(out, |out| {
        calendar::date(out, value.div_euclid(day));
        out.push(b'T');
        calendar::time(out, value.rem_euclid(day) * (1_000_000_000 / unit), digits);
        if utc {
            out.push(b'Z');
        }
    });
    Ok(())
}

fn time(value: i64, unit: i64, digits: usize, out: &mut Vec<u8>) -> Result<(), Code> {
    if !(0..86_400 * unit).contains(&value) {
        return Err(Code::TimeRange);
    }
    quoted(out, |out| calendar::time(out, value * (1_000_000_000 / unit), digits));
    Ok(())
}

fn bytes(value: &[u8], logical: Option<Logical>, out: &mut Vec<u8>) -> Result<(), Code> {
    let decimal = |out: &mut Vec<u8>, value: &Decimal<'_>| quoted(out, |out| value.text(out));
    match logical {
        Some(Logical::Decimal { precision, scale }) => {
            value::decimal(value, precision, scale, |value| decimal(out, &value))
        }
        Some(Logical::BigDecimal) => value::big_decimal(value, |value| decimal(out, &value)),
        Some(Logical::Uuid) => {
            let value: &[u8; 16] = value.try_into().map_err(|_| Code::BadUuid)?;
            quoted(out, |out| out.extend_from_slice(&calendar::uuid(value)));
            Ok(())
        }
        Some(Logical::Duration) => {
            let value = value::duration(value)?;
            quoted(out, |out| calendar::duration(out, value));
            Ok(())
        }
        _ => {
            hex(value, out);
            Ok(())
        }
    }
}

/// Appends a number.
pub fn number(value: i64, out: &mut Vec<u8>) {
    append(out, format_args!("{value}"));
}

/// Appends bytes as lower-case hexadecimal text.
pub fn hex(value: &[u8], out: &mut Vec<u8>) {
    quoted(out, |out| {
        for byte in value {
            calendar::hex(out, *byte);
        }
    });
}

/// Checks that a text is JSON which every database takes, and keeps whole.
///
/// # Errors
/// `bad_json`, `map_duplicate_key`, `too_deep`, `nul_in_text`.
pub fn check(text: &str, texts: Texts) -> Result<(), Code> {
    check_inside(text, texts, 0)
}

/// The same for a text that stands inside of so many objects and arrays.
fn check_inside(text: &str, texts: Texts, mut depth: usize) -> Result<(), Code> {
    distinct::check(text.as_bytes())?;
    let (mut inside, mut escaped) = (false, false);
    let mut number_end = 0;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => {
                escaped = false;
                if texts.no_nul && text.as_bytes()[index..].starts_with(b"u0000") {
                    return Err(Code::NulInText);
                }
            }
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => depth = enter(depth)?,
            b'}' | b']' if !inside => depth -= 1,
            b'-' | b'0'..=b'9' if texts.doubles && !inside && index >= number_end => {
                let rest = &text[index..];
                let number = rest.split([',', ']', '}', ' ', '\t', '\n', '\r']).next().unwrap_or(rest);
                if !is_double(number) {
                    return Err(Code::BadJson);
                }
                number_end = index + number.len();
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a JSON number is a whole number of 64 bits, or what a double is shown as.
fn is_double(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    number.parse::<f64>().is_ok_and(|double| digits(number) == digits(&format!("{double:e}")))
}

/// The sign, the digits from the first to the last that is not 0, and the power of ten behind them.
fn digits(number: &str) -> Option<(bool, String, i64)> {
    let (number, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{whole}{fraction}");
    let kept = all.trim_end_matches('0');
    if kept.trim_start_matches('0').is_empty() {
        return Some((false, String::new(), 0));
    }
    let shift = (all.len() - kept.len()) as i64 - fraction.len() as i64;
    let power = exponent.parse::<i64>().ok()?.checked_add(shift)?;
    Some((sign, kept.trim_start_matches('0').to_owned(), power))
}
