//! One step from a schema to the next: what producers do, whether Avro's rules of resolution allow it or not.

use serde_json::json;

use super::invent::{Inventor, digits_of};
use super::schema::{Definition, Field, Logical, OnFixed, Schema, Ty, Unit};
use crate::support::chance::Chance;

/// Takes one random step; what it was, in words.
pub fn step(schema: &mut Schema, chance: &mut Chance) -> String {
    let count = schema.fields().len() as u64;
    let at = chance.below(count.max(1)) as usize;
    let is_key = schema.fields().get(at).is_some_and(|field| schema.is_key(field));
    match chance.below(20) {
        0 | 1 => add(schema, chance),
        _ if count == 0 => add(schema, chance),
        2 if !is_key => {
            let field = schema.fields_mut().remove(at);
            format!("{:?} is gone", field.name)
        }
        3 if !is_key => recase(&mut schema.fields_mut()[at]),
        4 => {
            let to = chance.below(count) as usize;
            let field = schema.fields_mut().remove(at);
            let words = format!("{:?} moves to place {to}", field.name);
            schema.fields_mut().insert(to, field);
            words
        }
        5 if !is_key => rename(schema, at, chance),
        6 => {
            let field = &mut schema.fields_mut()[at];
            field.more.insert("doc".to_owned(), json!("another doc"));
            field.more.insert("default".to_owned(), json!(null));
            format!("{:?} has another doc and default", field.name)
        }
        7 | 8 => wrap(schema, at, chance),
        _ => retype(schema, at, is_key, chance),
    }
}

fn add(schema: &mut Schema, chance: &mut Chance) -> String {
    let mut inventor = Inventor::of(chance, schema);
    let (name, ty) = (inventor.name(schema.fields()), inventor.field_type());
    let field = inventor.field(name, ty);
    schema.named = inventor.named;
    let words = format!("{:?} is new", field.name);
    let place = chance.below(schema.fields().len() as u64 + 1) as usize;
    schema.fields_mut().insert(place, field);
    words
}

fn rename(schema: &mut Schema, at: usize, chance: &mut Chance) -> String {
    let name = Inventor::of(chance, schema).name(schema.fields());
    let field = &mut schema.fields_mut()[at];
    let words = format!("{:?} is {name:?} now", field.name);
    field.more.insert("aliases".to_owned(), json!([field.name]));
    field.name = name;
    words
}

/// The same name to some databases, another one to others.
fn recase(field: &mut Field) -> String {
    let words = format!("{:?} has its first letter in the other case", field.name);
    let first = field.name.chars().next().unwrap_or('_');
    let other = if first.is_ascii_lowercase() { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() };
    field.name.replace_range(..first.len_utf8(), &other.to_string());
    words
}

/// With null or without, first or last, in a union of one or in none.
fn wrap(schema: &mut Schema, at: usize, chance: &mut Chance) -> String {
    let field = &mut schema.fields_mut()[at];
    let words = format!("{:?} has another union around it", field.name);
    field.ty = match std::mem::replace(&mut field.ty, Ty::Null) {
        Ty::Null => Ty::Union(vec![Ty::Null]),
        Ty::Union(mut branches) if branches.len() > 2 || branches.iter().all(|branch| *branch != Ty::Null) => {
            match branches.iter().position(|branch| *branch == Ty::Null) {
                Some(null) if chance.below(2) == 0 => drop(branches.remove(null)),
                Some(_) => branches.reverse(),
                None => branches.insert(0, Ty::Null),
            }
            Ty::Union(branches)
        }
        Ty::Union(branches) if branches.len() == 2 => match chance.below(2) {
            0 => Ty::Union(branches.into_iter().rev().collect()),
            _ => branches.into_iter().find(|branch| *branch != Ty::Null).expect("two are not both null"),
        },
        Ty::Union(mut branches) => branches.remove(0),
        ty => match chance.below(4) {
            0 => Ty::Union(vec![ty]),
            first => ty.nullable(first > 1),
        },
    };
    words
}

/// Another type inside of the same union with null.
fn retype(schema: &mut Schema, at: usize, is_key: bool, chance: &mut Chance) -> String {
    let Field { name, ty, .. } = schema.fields()[at].clone();
    let (null_first, inner) = match &ty {
        Ty::Union(branches) => match &branches[..] {
            [Ty::Null, inner] => (Some(true), inner.clone()),
            [inner, Ty::Null] => (Some(false), inner.clone()),
            _ => (None, ty.clone()),
        },
        _ => (None, ty.clone()),
    };
    let mut inventor = Inventor::of(chance, schema);
    let related = related(&mut inventor, &inner);
    let (what, new) = match related {
        Some(new) if is_key && can_be_key(&inventor, &new) => ("a related", new),
        Some(new) if !is_key && inventor.chance.below(5) > 0 => ("a related", new),
        _ if is_key => return format!("{name:?} stays as it is"),
        _ => match inventor.chance.below(3) {
            0 => ("a nested", inventor.nested(1)),
            _ => ("another", inventor.scalar()),
        },
    };
    schema.named = inventor.named;
    schema.fields_mut()[at].ty = match (null_first, new) {
        (Some(null_first), new) if !matches!(new, Ty::Union(_) | Ty::Null) => new.nullable(null_first),
        (_, new) => new,
    };
    schema.fields_mut()[at].more.remove("default");
    format!("{name:?} has {what} type")
}

/// Whether a key may become it: its values can still be told from each other.
fn can_be_key(inventor: &Inventor<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Int | Ty::Long | Ty::String => true,
        Ty::Named(index) => matches!(inventor.named[*index].definition, Definition::Enum(_)),
        _ => false,
    }
}

/// A type to which producers change this one.
fn related(inventor: &mut Inventor<'_>, ty: &Ty) -> Option<Ty> {
    let more = |chance: &mut Chance| chance.below(4) as u32;
    let which = inventor.chance.below(6);
    Some(match ty {
        Ty::Int => match which {
            0 => Ty::Float,
            1 => Ty::Double,
            2 => Ty::Logical(Logical::Decimal(9, more(inventor.chance))),
            _ => Ty::Long,
        },
        Ty::Long => match which {
            0 => Ty::Double,
            1 => Ty::Logical(Logical::Decimal(25, more(inventor.chance))),
            2 => Ty::Logical(Logical::Timestamp(Unit::Micros)),
            _ => Ty::Int,
        },
        Ty::Float => Ty::Double,
        Ty::Double if which < 4 => Ty::Float,
        Ty::Double => Ty::Int,
        Ty::Bytes if which < 2 => Ty::String,
        Ty::Bytes => inventor.fixed(),
        Ty::String => match which {
            0 => Ty::Bytes,
            1 | 2 => Ty::Logical(Logical::Uuid),
            _ => inventor.enumeration(),
        },
        // Beyond what DECIMAL holds MySQL has texts, whose digits behind the point stay: another change stops the table.
        Ty::Logical(Logical::Decimal(60.., _) | Logical::Decimal(_, 25..)) => return None,
        Ty::Logical(Logical::Decimal(precision, scale)) => match which {
            0 => Ty::Long,
            1 => Ty::Logical(Logical::BigDecimal),
            2 => Ty::Logical(Logical::Decimal(precision + 1, scale + 1)),
            _ => Ty::Logical(Logical::Decimal(precision + more(inventor.chance) + 1, *scale)),
        },
        Ty::Logical(Logical::BigDecimal) => Ty::Logical(Logical::Decimal(12, 3)),
        Ty::Logical(Logical::Uuid) => Ty::String,
        Ty::Logical(Logical::TimeMillis) => Ty::Logical(Logical::TimeMicros),
        Ty::Logical(Logical::TimeMicros) => Ty::Logical(Logical::TimeMillis),
        Ty::Logical(Logical::Timestamp(unit)) => Ty::Logical(Logical::Timestamp(next(*unit, which))),
        Ty::Logical(Logical::LocalTimestamp(unit)) => Ty::Logical(Logical::LocalTimestamp(next(*unit, which))),
        Ty::Named(index) => {
            let mut named = inventor.named[*index].clone();
            named.name = format!("{}_{}", named.name, inventor.named.len());
            named.definition = redefined(inventor, named.definition, which)?;
            inventor.named.push(named);
            Ty::Named(inventor.named.len() - 1)
        }
        Ty::Array(_) | Ty::Map(_) | Ty::Union(_) => inventor.nested(1),
        _ => return None,
    })
}

fn next(unit: Unit, which: u64) -> Unit {
    match unit {
        _ if which == 0 => Unit::Nanos,
        Unit::Millis => Unit::Micros,
        Unit::Micros | Unit::Nanos => Unit::Millis,
    }
}

fn redefined(inventor: &mut Inventor<'_>, definition: Definition, which: u64) -> Option<Definition> {
    Some(match definition {
        Definition::Enum(mut symbols) => {
            let place = inventor.chance.below(symbols.len() as u64 + 1) as usize;
            let long = format!("a_symbol_of_{}", "many_".repeat(11 + 25 * (place % 3)));
            let new = if which == 2 { long } else { format!("new_{place}") };
            match which {
                0 if symbols.len() > 1 => drop(symbols.remove(place % symbols.len())),
                1 => symbols.reverse(),
                _ if symbols.contains(&new) => {}
                _ => symbols.insert(place, new),
            }
            Definition::Enum(symbols)
        }
        Definition::Record(mut fields) => {
            if which < 2 && !fields.is_empty() {
                fields.remove(0);
            } else {
                let (name, ty) = (inventor.name(&fields), inventor.scalar());
                fields.push(inventor.field(name, ty));
            }
            Definition::Record(fields)
        }
        Definition::Fixed(size, OnFixed::Decimal(_, scale)) => {
            let size = size + 1 + which as usize;
            if digits_of(size) >= 60 {
                return None;
            }
            Definition::Fixed(size, OnFixed::Decimal(digits_of(size), scale))
        }
        Definition::Fixed(size, OnFixed::Nothing) => Definition::Fixed(size + which as usize, OnFixed::Nothing),
        Definition::Fixed(..) => return None,
    })
}
