//! Which table a schema becomes, and which one two schemas become: docs/types.md once more, read by the test.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::schema::{Definition, Logical, OnFixed, Schema, Ty, Unit};
use crate::support::Kind as Database;

/// A database as far as types are concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Db {
    pub database: Database,
    pub is_mariadb: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Bool,
    Int32,
    Int64,
    Float32,
    Float64,
    Bytes,
    /// With the characters of the longest symbol where it is an enum.
    Text(Option<u32>),
    Fixed(u32),
    Decimal(u32, u32),
    BigDecimal,
    Uuid,
    Date,
    Time,
    TimestampTz,
    Timestamp,
    NanosUtc,
    NanosLocal,
    Duration,
    Json,
}

/// A column of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
    pub is_key: bool,
}

/// A value of a datum and its column.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub column: Column,
    /// The places of the fields from the top down.
    pub path: Vec<usize>,
    /// The field's type; `None` where the column says whether the record is there.
    pub ty: Option<Ty>,
}

/// The columns of a schema, in the order of the wire; where `is_flat`, those of the records inside too.
pub fn leaves(schema: &Schema, is_flat: bool, db: Db) -> Vec<Leaf> {
    let mut walk = Walk { schema, is_flat, db, open: vec![0], leaves: Vec::new() };
    walk.fields("", &[], false);
    walk.leaves
}

/// The columns of a schema by name; `None` where two would be one.
pub fn columns(schema: &Schema, is_flat: bool, db: Db) -> Option<Vec<Column>> {
    let mut columns: Vec<Column> = leaves(schema, is_flat, db).into_iter().map(|leaf| leaf.column).collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let names: HashSet<String> = columns.iter().map(|column| fold(&column.name, db)).collect();
    (names.len() == columns.len()).then_some(columns)
}

struct Walk<'s> {
    schema: &'s Schema,
    is_flat: bool,
    db: Db,
    /// The records that are being taken apart.
    open: Vec<usize>,
    leaves: Vec<Leaf>,
}

impl Walk<'_> {
    fn fields(&mut self, prefix: &str, path: &[usize], optional: bool) {
        let (schema, record) = (self.schema, self.open[self.open.len() - 1]);
        for (place, field) in schema.record(record).iter().enumerate() {
            let (name, path) = (format!("{prefix}{}", field.name), [path, &[place]].concat());
            let (null, inner) = unwrapped(&field.ty);
            let is_key = path.len() == 1 && schema.is_key(field);
            let column = |name: &str, kind: Kind, nullable: bool| Column {
                name: column_name(name, self.db),
                kind,
                nullable: (optional || nullable) && !is_key,
                is_key,
            };
            if let Some(record) = self.taken_apart(inner) {
                if null {
                    let column = column(&format!("{name}_present"), Kind::Bool, false);
                    self.leaves.push(Leaf { column, path: path.clone(), ty: None });
                }
                self.open.push(record);
                self.fields(&format!("{name}_"), &path, optional || null);
                self.open.pop();
            } else if let Some(kind) = kind(schema, inner) {
                let column = column(&name, kind, null);
                self.leaves.push(Leaf { column, path, ty: Some(field.ty.clone()) });
            }
        }
    }

    /// The record, if its fields become columns.
    fn taken_apart(&self, ty: &Ty) -> Option<usize> {
        let Ty::Named(index) = ty else { return None };
        let is_record = matches!(self.schema.named[*index].definition, Definition::Record(_));
        (self.is_flat && is_record && !self.open.contains(index)).then_some(*index)
    }
}

/// Whether it may be null, and the type without the union around it, if that has no other branch.
fn unwrapped(ty: &Ty) -> (bool, &Ty) {
    let Ty::Union(branches) = ty else { return (false, ty) };
    let mut others = branches.iter().filter(|branch| **branch != Ty::Null);
    match (others.next(), others.next()) {
        (None, _) => (true, &Ty::Null),
        (Some(only), None) => (branches.len() > 1, only),
        _ => (branches.contains(&Ty::Null), ty),
    }
}

fn kind(schema: &Schema, ty: &Ty) -> Option<Kind> {
    Some(match ty {
        Ty::Null => return None,
        Ty::Boolean => Kind::Bool,
        Ty::Int => Kind::Int32,
        Ty::Long => Kind::Int64,
        Ty::Float => Kind::Float32,
        Ty::Double => Kind::Float64,
        Ty::Bytes => Kind::Bytes,
        Ty::String => Kind::Text(None),
        Ty::Inert(inner, _) => return kind(schema, inner),
        Ty::Array(_) | Ty::Map(_) | Ty::Union(_) => Kind::Json,
        Ty::Logical(logical) => match logical {
            Logical::Decimal(precision, scale) => Kind::Decimal(*precision, *scale),
            Logical::BigDecimal => Kind::BigDecimal,
            Logical::Uuid => Kind::Uuid,
            Logical::Date => Kind::Date,
            Logical::TimeMillis | Logical::TimeMicros => Kind::Time,
            Logical::Timestamp(Unit::Nanos) => Kind::NanosUtc,
            Logical::LocalTimestamp(Unit::Nanos) => Kind::NanosLocal,
            Logical::Timestamp(_) => Kind::TimestampTz,
            Logical::LocalTimestamp(_) => Kind::Timestamp,
        },
        Ty::Named(index) => match &schema.named[*index].definition {
            Definition::Record(_) => Kind::Json,
            Definition::Enum(symbols) => Kind::Text(symbols.iter().map(|symbol| symbol.chars().count() as u32).max()),
            Definition::Fixed(_, OnFixed::Decimal(precision, scale)) => Kind::Decimal(*precision, *scale),
            Definition::Fixed(_, OnFixed::Uuid) => Kind::Uuid,
            Definition::Fixed(_, OnFixed::Duration) => Kind::Duration,
            Definition::Fixed(size, _) => Kind::Fixed(*size as u32),
        },
    })
}

/// The kind that holds the values of both; `None` where nothing does without loss.
fn join(one: Kind, other: Kind, db: Db) -> Option<Kind> {
    use Kind::{BigDecimal, Bytes, Decimal, Fixed, Float32, Float64, Int32, Int64, Text, Uuid};
    let decimal = |whole: u32, scale: u32| Some(Decimal(whole + scale, scale));
    match (one, other) {
        (Text(a), Text(b)) => Some(Text(a.zip(b).map(|(a, b)| a.max(b)))),
        (Decimal(p, s), Decimal(q, t)) => decimal((p - s).max(q - t), s.max(t)),
        _ if one == other => Some(one),
        (Int32 | Int64 | Decimal(..), BigDecimal) | (BigDecimal, Int32 | Int64 | Decimal(..)) => Some(BigDecimal),
        (Int32, Int64) | (Int64, Int32) => Some(Int64),
        (Int32 | Float32, Float64) | (Float64, Int32 | Float32) => Some(Float64),
        (Int32, Float32) | (Float32, Int32) => Some(Float64),
        (Int32, Decimal(p, s)) | (Decimal(p, s), Int32) => decimal((p - s).max(10), s),
        (Int64, Decimal(p, s)) | (Decimal(p, s), Int64) => decimal((p - s).max(19), s),
        (Uuid, Text(_)) | (Text(_), Uuid) if !db.database.is_mysql() => Some(Text(None)),
        (Fixed(_) | Bytes, Fixed(_) | Bytes) => Some(Bytes),
        _ => None,
    }
}

/// What two schemas become together.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Table(Vec<Column>),
    /// The columns that nothing can hold.
    Conflict(Vec<String>),
}

/// Whether MySQL's texts of the first kind are as those of the joined kind: as many digits behind the point.
fn keeps_texts(one: Kind, joined: Kind, db: Db) -> bool {
    let (Kind::Decimal(_, scale), true) = (joined, db.database.is_mysql() && !is_decimal(joined, db)) else {
        return true;
    };
    scale == if let Kind::Decimal(_, before) = one { before } else { 0 }
}

/// The table after both schemas were seen, the one before the other.
pub fn both(one: &[Column], other: &[Column], db: Db) -> Outcome {
    let mut second: HashMap<String, &Column> = other.iter().map(|column| (fold(&column.name, db), column)).collect();
    let (mut all, mut conflicts) = (Vec::new(), Vec::new());
    for column in one.iter().cloned() {
        let Some(seen) = second.remove(&fold(&column.name, db)) else {
            all.push(Column { nullable: true, ..column });
            continue;
        };
        match join(column.kind, seen.kind, db).filter(|joined| keeps_texts(column.kind, *joined, db)) {
            Some(kind) => all.push(Column { kind, nullable: column.nullable || seen.nullable, ..column }),
            None => conflicts.push(column.name),
        }
    }
    if !conflicts.is_empty() {
        return Outcome::Conflict(conflicts);
    }
    all.extend(second.into_values().map(|column| Column { nullable: true, ..column.clone() }));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Outcome::Table(all)
}

/// The type that the catalogue shows.
pub fn sql_type(kind: Kind, db: Db) -> String {
    let name = match db.database {
        Database::Postgres => match kind {
            Kind::Bool => "boolean",
            Kind::Int32 => "integer",
            Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "bigint",
            Kind::Float32 => "real",
            Kind::Float64 => "double precision",
            Kind::Bytes | Kind::Fixed(_) => "bytea",
            Kind::Text(_) => "text",
            Kind::Decimal(precision, scale) if precision <= 1_000 => return format!("numeric({precision},{scale})"),
            Kind::Decimal(..) | Kind::BigDecimal => "numeric",
            Kind::Uuid => "uuid",
            Kind::Date => "date",
            Kind::Time => "time without time zone",
            Kind::TimestampTz => "timestamp with time zone",
            Kind::Timestamp => "timestamp without time zone",
            Kind::Duration => "interval",
            Kind::Json => "jsonb",
        },
        Database::Mariadb | Database::Mysql => match kind {
            Kind::Bool => "tinyint(1)",
            Kind::Int32 => "int",
            Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "bigint",
            Kind::Float32 | Kind::Float64 => "double",
            Kind::Fixed(size @ 1..=255) => return format!("binary({size})"),
            Kind::Bytes | Kind::Fixed(_) => "longblob",
            Kind::Text(Some(..=64)) | Kind::Duration => "varchar(64)",
            Kind::Text(Some(..=255)) => "varchar(255)",
            Kind::Decimal(precision, scale) if is_decimal(kind, db) => return format!("decimal({precision},{scale})"),
            Kind::Text(_) | Kind::Decimal(..) | Kind::BigDecimal => "longtext",
            Kind::Uuid => "binary(16)",
            Kind::Date => "date",
            Kind::Time => "time(6)",
            Kind::TimestampTz | Kind::Timestamp => "datetime(6)",
            Kind::Json => {
                if db.is_mariadb {
                    "longtext"
                } else {
                    "json"
                }
            }
        },
        Database::Sqlite => match kind {
            Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::NanosUtc | Kind::NanosLocal => "INTEGER",
            Kind::Float32 | Kind::Float64 => "REAL",
            Kind::Bytes | Kind::Fixed(_) => "BLOB",
            _ => "TEXT",
        },
    };
    name.to_owned()
}

/// Whether MySQL holds it as a number.
pub fn is_decimal(kind: Kind, db: Db) -> bool {
    let scale_max = if db.is_mariadb { 38 } else { 30 };
    matches!(kind, Kind::Decimal(precision, scale) if precision <= 65 && scale <= scale_max)
}

/// The name of a field's column.
pub fn column_name(field: &str, db: Db) -> String {
    let same = |names: &[&str], any_case: bool| {
        names.iter().any(|name| *name == field || (any_case && name.eq_ignore_ascii_case(field)))
    };
    let begins = |names: &[&str]| names.iter().any(|name| field.to_ascii_lowercase().starts_with(name));
    let system = match db.database {
        Database::Postgres => same(&["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"], false),
        Database::Mariadb | Database::Mysql => same(&["fts_doc_id"], true),
        Database::Sqlite => same(&["rowid", "oid", "_rowid_"], true),
    };
    let name = match field {
        _ if field.starts_with("_sink_") => format!("f{field}"),
        _ if db.database.is_mysql() && begins(&["db_row_id", "db_trx_id", "db_roll_ptr"]) => format!("f_{field}"),
        _ if system => format!("{field}_"),
        _ => field.to_owned(),
    };
    let kept = match db.database {
        Database::Postgres if name.len() > 63 => name.floor_char_boundary(54),
        Database::Mariadb | Database::Mysql if name.chars().count() > 64 => {
            name.char_indices().nth(55).map_or(name.len(), |(end, _)| end)
        }
        _ => return name,
    };
    format!("{}_{}", &name[..kept], hex::encode(&Sha256::digest(field)[..4]))
}

/// Names of the same fold are one name to the database.
pub fn fold(name: &str, db: Db) -> String {
    match db.database {
        Database::Postgres => name.to_owned(),
        Database::Mariadb | Database::Mysql => name.to_lowercase(),
        Database::Sqlite => name.to_ascii_lowercase(),
    }
}
