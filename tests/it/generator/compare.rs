//! What lies in the database after a load, beside what must.

use std::collections::{BTreeMap, HashMap};

use super::cell::{Cell, uuid};
use super::pair::{Expected, Pair, Row};
use super::table::{self, Db, Kind};
use crate::support::Kind as Database;
use crate::support::world::{Counts, World};

/// What one look at the database says of all topics that begin alike.
pub struct Found {
    /// By table: its columns, each as name, type, whether NULL is refused.
    columns: HashMap<String, Vec<(String, String, bool)>>,
    /// By topic.
    dead: HashMap<String, Letters>,
    counts: HashMap<String, Counts>,
}

type Line = Vec<Option<String>>;
/// By partition and offset: reason and value.
type Letters = BTreeMap<(i64, i64), (String, String)>;

impl Found {
    pub fn look(world: &World, prefix: &str) -> Found {
        let catalogue = match world.database.kind {
            Database::Postgres => format!(
                "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::int::text \
                 FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
                 WHERE c.relkind = 'r' AND c.relname LIKE '{prefix}%' AND a.attnum > 0 AND NOT a.attisdropped"
            ),
            Database::Mariadb | Database::Mysql => format!(
                "SELECT TABLE_NAME, COLUMN_NAME, CAST(COLUMN_TYPE AS CHAR), CAST(IS_NULLABLE = 'NO' AS CHAR) \
                 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '{prefix}%'"
            ),
            Database::Sqlite => format!(
                "SELECT s.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema AS s, pragma_table_info(s.name) AS c \
                 WHERE s.name LIKE '{prefix}%'"
            ),
        };
        let mut columns: HashMap<String, Vec<(String, String, bool)>> = HashMap::new();
        for line in world.database.query(&catalogue) {
            let [table, name, sql_type, not_null] = texts(line);
            let sql_type = sql_type.replace("int(11)", "int").replace("bigint(20)", "bigint");
            columns.entry(table).or_default().push((name, sql_type, not_null == "1"));
        }
        let mut found = Found { columns, dead: HashMap::new(), counts: HashMap::new() };
        let letters = format!(
            "SELECT topic, part, record_offset, reason, record_value FROM {} WHERE topic LIKE '{prefix}%'",
            world.ours("flatsink_dead_letter")
        );
        for line in world.database.query(&letters) {
            let [topic, part, offset, reason, value] = texts(line);
            found.dead.entry(topic).or_default().insert((number(&part), number(&offset)), (reason, value));
        }
        let ledger = format!(
            "SELECT topic, next_offset - start_offset, n_applied, n_duplicate, n_dead, n_deleted, n_skipped, n_gap \
             FROM {} WHERE topic LIKE '{prefix}%'",
            world.ours("flatsink_offset")
        );
        for line in world.database.query(&ledger) {
            let [topic, numbers @ ..] = texts::<8>(line);
            let [records, applied, duplicate, dead, deleted, skipped, gap] = numbers.map(|text| number(&text));
            assert_eq!(records, applied + duplicate + dead + deleted + skipped + gap, "{topic}: unaccounted for");
            let counts = found.counts.entry(topic).or_default();
            counts.applied += applied;
            counts.duplicate += duplicate;
            counts.dead += dead;
            counts.deleted += deleted;
            counts.skipped += skipped;
            counts.gap += gap;
        }
        found
    }

    /// The differences between a topic's table and what must be there, in words.
    pub fn differences(&self, world: &World, topic: &str, pair: &Pair, expected: &Expected, db: Db) -> Vec<String> {
        let mut differences = Vec::new();
        let counts = self.counts.get(topic).copied().unwrap_or_default();
        if counts != expected.counts {
            differences.push(format!("counts: {counts:?}, expected {:?}", expected.counts));
        }
        self.compare_letters(topic, pair, expected, &mut differences);
        let Some(columns) = self.columns.get(topic) else {
            differences.push("there is no table".to_owned());
            return differences;
        };
        compare_columns(columns, expected, db, &mut differences);
        let sql = selected(world, topic, pair, expected);
        match world.database.try_query(&sql) {
            Ok(lines) => compare_rows(&lines, pair, expected, db, &mut differences),
            Err(error) => differences.push(format!("{sql}: {error}")),
        }
        differences
    }

    fn compare_letters(&self, topic: &str, pair: &Pair, expected: &Expected, differences: &mut Vec<String>) {
        let none = Letters::new();
        let found = self.dead.get(topic).unwrap_or(&none);
        for place in expected.dead.keys().chain(found.keys().filter(|place| !expected.dead.contains_key(place))) {
            let (reason, letter) = (expected.dead.get(place), found.get(place));
            let sent = pair.value_at(*place).map(|value| format!("\\x{}", hex::encode(value)));
            let same = reason
                .zip(letter)
                .is_some_and(|(reason, (found, value))| reason == found && Some(value) == sent.as_ref());
            if !same {
                let letter = letter.map(|(reason, value)| format!("{reason} with {value}"));
                differences.push(format!("dead letter {place:?}: {letter:?}, expected {reason:?} with {sent:?}"));
            }
        }
    }
}

fn compare_columns(found: &[(String, String, bool)], expected: &Expected, db: Db, differences: &mut Vec<String>) {
    // Of names that are one to the database the first one stays.
    let mut found: BTreeMap<String, (&str, bool)> =
        found.iter().map(|(name, sql_type, not_null)| (table::fold(name, db), (&**sql_type, *not_null))).collect();
    for column in &expected.columns {
        let Some((sql_type, not_null)) = found.remove(&table::fold(&column.name, db)) else {
            differences.push(format!("column {:?} is missing", column.name));
            continue;
        };
        // A key's type has the limits of the index.
        let wanted = if column.is_key { sql_type.to_owned() } else { table::sql_type(column.kind, db) };
        let refuses = column.is_key || (db.database == Database::Postgres && !column.nullable);
        if sql_type != wanted || not_null != refuses {
            let null = |not_null: bool| if not_null { " NOT NULL" } else { "" };
            differences.push(format!(
                "column {:?} is {sql_type}{}, expected {wanted}{}",
                column.name,
                null(not_null),
                null(refuses)
            ));
        }
    }
    let rest: Vec<&String> = found.keys().filter(|name| !name.starts_with("_sink_")).collect();
    if !rest.is_empty() {
        differences.push(format!("columns {rest:?} are nobody's"));
    }
}

/// The rows by partition and offset: metadata first, then the expected columns, each as a text that says all of it.
fn selected(world: &World, topic: &str, pair: &Pair, expected: &Expected) -> String {
    let is_postgres = world.database.kind == Database::Postgres;
    let table = world.quoted(topic);
    let mut items: Vec<String> = ["_sink_partition", "_sink_offset"].map(str::to_owned).to_vec();
    items.push(format!("_sink_timestamp{}", if is_postgres { "::text" } else { "" }));
    items.push(if pair.variant.is_yelp { "_sink_uuid" } else { "NULL" }.to_owned());
    items.push(if pair.variant.is_yelp && !pair.variant.is_table { "_sink_message_type" } else { "NULL" }.to_owned());
    items.push("_sink_schema_id".to_owned());
    for column in &expected.columns {
        let name = format!("{table}.{}", world.quoted(&column.name));
        items.push(match column.kind {
            Kind::Duration if is_postgres => format!("encode(interval_send({name}), 'hex')"),
            Kind::Date
            | Kind::Time
            | Kind::Timestamp
            | Kind::TimestampTz
            | Kind::Json
            | Kind::Decimal(..)
            | Kind::BigDecimal
                if is_postgres =>
            {
                format!("{name}::text")
            }
            _ => name,
        });
    }
    let zone = if is_postgres { "SET TIME ZONE 'UTC'; " } else { "" };
    format!("{zone}SELECT {} FROM {table}", items.join(", "))
}

fn compare_rows(lines: &[Line], pair: &Pair, expected: &Expected, db: Db, differences: &mut Vec<String>) {
    let mut missing: BTreeMap<&(i64, i64), &Row> = expected.rows.iter().collect();
    for line in lines {
        let place = (number(line[0].as_deref().unwrap_or("")), number(line[1].as_deref().unwrap_or("")));
        let Some(row) = missing.remove(&place) else {
            differences.push(format!("row {place:?} is one too many: {line:?}"));
            continue;
        };
        let identity = row.uuid.map(|bytes| match db.database {
            Database::Mariadb | Database::Mysql => format!("\\x{}", hex::encode(bytes)),
            _ => uuid(bytes),
        });
        let message_type = (pair.variant.is_yelp && !pair.variant.is_table).then(|| row.message_type.to_owned());
        let metadata = [Some(row.time(db)), identity, message_type, Some(row.schema_id.to_string())];
        if line[2..6] != metadata {
            differences.push(format!("row {place:?} has metadata {:?}, expected {metadata:?}", &line[2..6]));
        }
        for ((text, cell), column) in line[6..].iter().zip(&row.cells).zip(&expected.columns) {
            if !is_same(text.as_deref(), cell) {
                differences.push(format!(
                    "row {place:?}, column {:?} ({:?}): {text:?}, expected {cell:?}",
                    column.name, column.kind
                ));
            }
        }
    }
    differences.extend(missing.into_iter().map(|(place, row)| format!("row {place:?} is missing: {row:?}")));
}

fn is_same(text: Option<&str>, cell: &Cell) -> bool {
    let Some(text) = text else { return *cell == Cell::Null };
    match cell {
        Cell::Null => false,
        Cell::Text(expected) => text == expected,
        Cell::Single(expected) => {
            text.parse::<f32>().is_ok_and(|found| found == *expected || (found.is_nan() && expected.is_nan()))
        }
        Cell::Double(expected) => {
            text.parse::<f64>().is_ok_and(|found| found == *expected || (found.is_nan() && expected.is_nan()))
        }
        Cell::Json(expected) => {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(&spelled_alike(text)).ok();
            let (found, expected) = (parse(text), parse(expected));
            found.is_some() && found == expected
        }
    }
}

/// The JSON with each number as a text that is the same for the same number: databases write them in their own ways,
/// and a reader of JSON may take them for a neighbour.
fn spelled_alike(json: &str) -> String {
    let (mut text, mut rest) = (String::new(), json);
    let (mut inside, mut escaped) = (false, false);
    while let Some(next) = rest.chars().next() {
        let is_number = !inside && (next == '-' || next.is_ascii_digit());
        let end = match is_number {
            true => rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len()),
            false => next.len_utf8(),
        };
        let (part, behind) = rest.split_at(end);
        match (is_number, part.parse::<i64>(), part.parse::<f64>()) {
            (true, Ok(whole), _) => text.push_str(&format!("\"{whole}\"")),
            (true, _, Ok(real)) if real.fract() == 0.0 && real.abs() < 9.0e18 => {
                text.push_str(&format!("\"{}\"", real as i64));
            }
            (true, _, Ok(real)) => text.push_str(&format!("\"{real:?}\"")),
            _ => text.push_str(part),
        }
        inside ^= part == "\"" && !escaped;
        escaped = part == "\\" && inside && !escaped;
        rest = behind;
    }
    text
}

/// The texts of a line, empty for NULL.
fn texts<const N: usize>(line: Line) -> [String; N] {
    let texts: Vec<String> = line.into_iter().map(Option::unwrap_or_default).collect();
    texts.try_into().expect("as many as were selected")
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("a whole number, not {text:?}"))
}
