//! What the configuration says of a column, over what its schema says of the field.

use super::leaf::Leaf;
use super::plan::{Limit, Union};
use super::refine::{Refined, unwrap};
use super::retype::Retype;
use super::schema::{Field, Record, Type};
use super::value::{FIXED_POINT_SCALE, Read};
use super::{Kind, Refusal, inside};
use crate::config::{ColumnOverride, ColumnType, Format, Select, TimeUnit, Topic};

/// The code of a column that cannot be as the configuration wants it.
const BAD_COLUMN: &str = "bad_column";

/// Makes sure that every name under `columns` is a field's; a pattern's entry may name fields that only some of its
/// topics have.
///
/// # Errors
/// `bad_column`.
pub fn check_names(leaves: &[Leaf<'_>], record: &Record, entry: &Topic) -> Result<(), Refusal> {
    if matches!(entry.select, Select::Pattern(_)) {
        return Ok(());
    }
    // A record that is taken apart is known by what it holds.
    let known = |name: &&String| {
        let holds = |path: &str| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        leaves.iter().any(|leaf| leaf.path == **name || holds(&leaf.path))
            || record.fields.iter().any(|field| field.name == **name)
    };
    match entry.columns.keys().find(|name| !known(name)) {
        Some(name) => {
            let text = format!(
                "`columns` names {name:?}, and record {:?} has no such field; take it out, or spell it as the schema does",
                record.name
            );
            Err(Refusal::new(BAD_COLUMN, text))
        }
        None => Ok(()),
    }
}

/// A record that is taken apart has no column of its own to give a name to.
pub fn no_column(path: &str) -> Refusal {
    let text = format!("column {path:?}: it is taken apart by `nested: flatten`; name its fields, or take `json` here");
    Refusal::new(BAD_COLUMN, text)
}

/// What the field becomes with what the configuration says of its column.
///
/// # Errors
/// `bad_column`.
pub fn apply(
    refined: Refined,
    field: &Field,
    column: &ColumnOverride,
    records: &[Record],
    format: Format,
) -> Result<Refined, Refusal> {
    if column.skips() {
        return Ok(Refined { kind: None, union: Union::None, read: Read::Retyped(Retype::Skip(field.ty.clone())) });
    }
    let Some(mut kind) = refined.kind else { return Ok(refined) };
    let (union, ty) = unwrap(&field.ty);
    let mut read = refined.read;
    if let Some(wanted) = column.ty {
        let found = retype(kind, &read, ty, wanted, column.unit);
        (kind, read) = found.map_err(|allowed| refused(field, ty, wanted, allowed))?;
        if let Read::Retyped(Retype::TextOf(form)) = &mut read {
            *form = unwrap(&inside::rendering(field, records, format)).1.clone();
        }
    }
    if let Some(length) = column.length {
        (kind, read) = bound(kind, read, length).ok_or_else(|| {
            let text = format!("column {:?}: `length` is of texts and bytes, and this is {kind:?}", field.name);
            Refusal::new(BAD_COLUMN, text)
        })?;
    }
    Ok(Refined { kind: Some(kind), union, read })
}

/// Makes sure that a key's field may be of the type that it is given: texts made of other values are no keys.
///
/// # Errors
/// `key_type`.
pub fn check_key(field: &Field, column: &ColumnOverride, kind: Option<Kind>) -> Result<(), Refusal> {
    let (_, ty) = unwrap(&field.ty);
    let is_text = matches!(ty, Type::String(_) | Type::Enum(_)) || kind == Some(Kind::UuidText);
    if column.ty == Some(ColumnType::Text) && !is_text {
        let text = format!("field {:?} is part of the key, and its value as a text cannot be", field.name);
        return Err(Refusal::new("key_type", text));
    }
    Ok(())
}

fn refused(field: &Field, ty: &Type, wanted: ColumnType, allowed: &str) -> Refusal {
    let name = match ty {
        Type::Record(_) => "record".to_owned(),
        Type::Union(_) => "union".to_owned(),
        ty => format!("{ty:?}").split(['(', ' ']).next().unwrap_or_default().to_lowercase(),
    };
    let text = format!("column {:?}: {name} cannot be made `{wanted}`; {allowed}", field.name);
    Refusal::new(BAD_COLUMN, text)
}

/// The kind and the way to read a value as another type; else what there is instead.
fn retype(
    kind: Kind,
    read: &Read,
    ty: &Type,
    wanted: ColumnType,
    unit: Option<TimeUnit>,
) -> Result<(Kind, Read), &'static str> {
    let is_number = matches!(kind, Kind::Int32 | Kind::Int64);
    let long = matches!(ty, Type::Long(_));
    let made = |kind, retype| Ok((kind, Read::Retyped(retype)));
    match (wanted, ty) {
        (ColumnType::Text, _) => return Ok(text(kind, read, ty)),
        (ColumnType::Uuid, _) if kind == Kind::Uuid => return Ok((kind, read.clone())),
        (ColumnType::Uuid, Type::String(_)) => return Ok((Kind::Uuid, Read::UuidText)),
        (ColumnType::Uuid, Type::Fixed(16, _)) => return Ok((Kind::Uuid, Read::UuidFixed)),
        (ColumnType::Uuid, Type::Bytes(None)) => return made(Kind::Uuid, Retype::UuidOfBytes),
        (ColumnType::Json, _) if kind == Kind::Json => return Ok((kind, read.clone())),
        (ColumnType::Json, Type::String(_)) => return Ok((Kind::Json, Read::JsonText)),
        (ColumnType::Bytes, _) if matches!(kind, Kind::Bytes(_) | Kind::Fixed(_)) => return Ok((kind, read.clone())),
        (ColumnType::Bytes, _) if kind == Kind::Uuid => return made(Kind::Fixed(16), Retype::BytesOfUuid(of_uuid(ty))),
        (ColumnType::Bytes, Type::String(_)) => return made(Kind::Bytes(None), Retype::BytesOfText),
        (ColumnType::Date, _) if kind == Kind::Date => return Ok((kind, read.clone())),
        (ColumnType::Date, Type::String(_)) => return made(Kind::Date, Retype::DateOfText),
        (ColumnType::Date, Type::Int(_)) if is_number => return Ok((Kind::Date, Read::Date)),
        (ColumnType::Date, Type::Long(_)) if is_number => return made(Kind::Date, Retype::DateOfLong),
        (ColumnType::Timestamp, Type::String(_)) => return Ok((Kind::Timestamp, Read::Datetime)),
        (ColumnType::TimestampTz, Type::String(_)) => return Ok((Kind::TimestampTz, Read::Zoned)),
        (ColumnType::Timestamp | ColumnType::TimestampTz, Type::Int(_) | Type::Long(_)) => {
            let unit = unit.or_else(|| unit_of(kind, read)).ok_or("say what it counts with `unit`: s, ms, us or ns")?;
            let to = if wanted == ColumnType::Timestamp { Kind::Timestamp } else { Kind::TimestampTz };
            let times = matches!(kind, Kind::NanosUtc | Kind::NanosLocal | Kind::Timestamp | Kind::TimestampTz);
            match (unit, long) {
                _ if !is_number && !times => {}
                (TimeUnit::S, true) => return Ok((to, Read::Timestamp(1_000_000))),
                (TimeUnit::Ms, true) => return Ok((to, Read::Timestamp(1_000))),
                (TimeUnit::Us, true) => return Ok((to, Read::Timestamp(1))),
                (unit, long) => return made(to, Retype::Timestamp { long, unit }),
            }
        }
        (ColumnType::Decimal { precision, scale }, ty) => match ty {
            _ if kind == (Kind::Decimal { precision, scale }) => return Ok((kind, read.clone())),
            Type::String(_) => {
                return made(Kind::Decimal { precision, scale }, Retype::DecimalOfText(precision, scale));
            }
            Type::Int(_) | Type::Long(_) if is_number => {
                return made(Kind::Decimal { precision, scale }, Retype::DecimalOfNumber { long, precision, scale });
            }
            Type::Double if scale <= FIXED_POINT_SCALE => {
                return Ok((Kind::Decimal { precision, scale }, Read::FixedPoint { precision, scale }));
            }
            _ if kind == Kind::BigDecimal => {
                let record = *read == Read::VariableScale;
                return made(Kind::Decimal { precision, scale }, Retype::DecimalOfBig { record, precision, scale });
            }
            _ => {}
        },
        _ => {}
    }
    Err(allowed(kind, ty))
}

/// The value's text, as it would stand in JSON.
fn text(kind: Kind, read: &Read, ty: &Type) -> (Kind, Read) {
    match ty {
        _ if kind == Kind::Uuid => (Kind::UuidText, Read::Retyped(Retype::TextOfUuid(of_uuid(ty)))),
        Type::String(_) if matches!(kind, Kind::Text(_)) => (kind, read.clone()),
        Type::String(_) => (Kind::Text(None), Read::Text(None)),
        Type::Enum(_) => (kind, read.clone()),
        ty => (Kind::Text(None), Read::Retyped(Retype::TextOf(ty.clone()))),
    }
}

/// Whether the uuid stands as 16 bytes.
fn of_uuid(ty: &Type) -> bool {
    matches!(ty, Type::Fixed(..))
}

/// What a number counts, where the schema says it.
fn unit_of(kind: Kind, read: &Read) -> Option<TimeUnit> {
    match (kind, read) {
        (_, Read::Timestamp(1_000_000)) => Some(TimeUnit::S),
        (_, Read::Timestamp(1_000)) => Some(TimeUnit::Ms),
        (_, Read::Timestamp(1)) => Some(TimeUnit::Us),
        (Kind::NanosUtc | Kind::NanosLocal, _) => Some(TimeUnit::Ns),
        _ => None,
    }
}

fn bound(kind: Kind, read: Read, length: u32) -> Option<(Kind, Read)> {
    Some(match (kind, read) {
        (Kind::Text(_), Read::Text(_)) => (Kind::Text(Some(length)), Read::Text(Some(length))),
        (Kind::Bytes(_), Read::Bytes(_)) => (Kind::Bytes(Some(length)), Read::Bytes(Some(length))),
        (Kind::Text(_), read) => {
            let limit = Limit::Characters(length as usize);
            (Kind::Text(Some(length)), Read::Within(Box::new(read), limit))
        }
        (Kind::Bytes(_), read) => {
            let limit = Limit::Bytes(length as usize);
            (Kind::Bytes(Some(length)), Read::Within(Box::new(read), limit))
        }
        _ => return None,
    })
}

/// What a field may be made.
fn allowed(kind: Kind, ty: &Type) -> &'static str {
    match (ty, kind) {
        (_, Kind::Uuid) => "it can be text or bytes",
        (_, Kind::BigDecimal) | (Type::Double, _) => "it can be text or decimal(p,s)",
        (Type::String(_), _) => "it can be text, uuid, json, bytes, date, timestamp, timestamptz or decimal(p,s)",
        (Type::Int(_) | Type::Long(_), Kind::Int32 | Kind::Int64) => {
            "it can be text, timestamp, timestamptz (with `unit`), date or decimal(p,s)"
        }
        (Type::Long(_), Kind::NanosUtc | Kind::NanosLocal | Kind::Timestamp | Kind::TimestampTz) => {
            "it can be text, timestamp or timestamptz"
        }
        (Type::Bytes(None) | Type::Fixed(16, None), _) => "it can be text, bytes or uuid",
        _ => "it can be text",
    }
}
