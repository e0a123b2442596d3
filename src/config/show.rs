//! The configuration as it takes effect, for people: what the file says where it says something, the defaults
//! elsewhere, and no secret.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::problem::{hide_url_password, is_secret};
use super::substitute::shown;
use super::tree::{self, Node};
use super::{Config, ReaderSchema, Registry, Schemas, Select, Start, Topic, UuidFrom};

const HIDDEN: &str = "***";

/// What the file says of each scalar, by its path, secrets hidden.
pub(super) fn given(tree: &Node) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    tree.scalars("", &mut |path, node| {
        let tree::Value::Scalar(value) = &node.value else { return };
        if path.starts_with("defaults/") {
            return;
        }
        let text = match &node.written {
            Some(written) => hide_url_password(&shown(written)),
            None if is_secret(path) => HIDDEN.to_owned(),
            None => hide_url_password(value),
        };
        given.insert(path.to_owned(), text);
    });
    given
}

/// All of it as YAML.
pub(super) fn yaml(config: &Config) -> String {
    let mut shown = effective(config);
    inherit(&mut shown, &config.origin.given);
    for (path, text) in &config.origin.given {
        overlay(&mut shown, path, text);
    }
    let mut yaml = String::new();
    write_map(&shown, 0, &mut yaml);
    yaml
}

/// What was derived from a value that has a secret in it is derived from what may be shown of that value.
fn inherit(shown: &mut Value, given: &BTreeMap<String, String>) {
    let secret = |path: &str| given.get(path).filter(|text| text.contains("${"));
    if let Some(sink) = secret("sink") {
        shown["kafka"]["group"] = format!("flatsink-{sink}").into();
    }
    if let Some(schema) = secret("database/schema") {
        for topic in shown["topics"].as_array_mut().into_iter().flatten() {
            topic["schema"] = schema.as_str().into();
        }
    }
}

/// All keys that have a value, as the file would say them; logins only where the file says them.
pub(super) fn effective(config: &Config) -> Value {
    let properties: Map<String, Value> =
        config.kafka.properties.keys().map(|name| (name.clone(), HIDDEN.into())).collect();
    let database = &config.database;
    let address = if database.host.is_empty() {
        format!("{}:///{}", database.dialect, database.name)
    } else {
        format!("{}://{}/{}", database.dialect, database.host, database.name)
    };
    let mut shown = json!({
        "sink": config.sink,
        "kafka": { "brokers": config.kafka.brokers, "group": config.kafka.group, "properties": properties },
        "schemas": schemas(&config.schemas),
        "database": {
            "url": address,
            "schema": database.schema,
            "ledger_schema": database.ledger_schema,
            "tls": database.tls,
            "ca_file": database.ca_file,
            "cert_file": database.cert_file,
            "key_file": database.key_file,
        },
        "topics": config.topics.iter().map(topic).collect::<Vec<_>>(),
        "batch": {
            "rows_max": config.batch.rows_max,
            "bytes_max": size(config.batch.bytes_max),
            "linger_max": duration(config.batch.linger_max),
        },
        "workers": config.workers,
        "memory_max": size(config.memory_max),
        "record_max": size(config.record_max),
        "unknown_schema_after": duration(config.unknown_schema_after),
        "shutdown_max": duration(config.shutdown_max),
        "http": config.http.map_or("none".to_owned(), |address| address.to_string()),
    });
    drop_nulls(&mut shown);
    shown
}

fn schemas(schemas: &Schemas) -> Value {
    let registry = |registry: &Registry| {
        json!({
            "url": registry.url,
            "ca_file": registry.ca_file,
            "cert_file": registry.cert_file,
            "key_file": registry.key_file,
            "timeout": duration(registry.timeout),
        })
    };
    match schemas {
        Schemas::Directory(path) => json!({ "directory": path }),
        Schemas::Confluent(settings) => json!({ "confluent": registry(settings) }),
        Schemas::Schematizer(settings) => json!({ "schematizer": registry(settings) }),
    }
}

fn topic(topic: &Topic) -> Value {
    let (names, pattern) = match &topic.select {
        Select::Names(names) => (Some(names), None),
        Select::Pattern(regex) => (None, Some(bare(regex))),
    };
    let uuid = topic.uuid.as_ref().map(|uuid| match uuid {
        UuidFrom::Key => "key".to_owned(),
        UuidFrom::Header(name) => format!("header:{name}"),
        UuidFrom::Field(name) => format!("field:{name}"),
    });
    let reader_schema = topic.reader_schema.as_ref().map(|reader| match reader {
        ReaderSchema::Id(id) => json!(id),
        ReaderSchema::File(path) => json!(path),
    });
    let start = match &topic.start {
        Start::Earliest => "earliest".to_owned(),
        Start::Latest => "latest".to_owned(),
        Start::Timestamp(time) => {
            jiff::Timestamp::from_millisecond(*time).map_or_else(|_| time.to_string(), |time| time.to_string())
        }
        Start::Group(group) => format!("group:{group}"),
    };
    let breaker = match topic.breaker {
        Some(breaker) => json!({ "consecutive": breaker.consecutive, "percent": breaker.percent }),
        None => "none".into(),
    };
    json!({
        "topic": names,
        "pattern": pattern,
        "exclude": topic.exclude.iter().map(bare).collect::<Vec<_>>(),
        "format": topic.format,
        "mode": topic.mode,
        "table": topic.table,
        "schema": topic.schema,
        "naming": topic.naming,
        "unique": topic.unique,
        "uuid": uuid,
        "key": topic.key,
        "kafka_key": topic.kafka_key,
        "deletes": topic.deletes,
        "start": start,
        "existing": topic.existing,
        "owner": topic.owner,
        "nested": topic.nested,
        "reader_schema": reader_schema,
        "metadata": topic.metadata,
        "shared_keys": topic.shared_keys,
        "schema_changes": topic.schema_changes,
        "on_conflict": topic.on_conflict,
        "not_null": topic.not_null,
        "rewrite_max": size(usize::try_from(topic.rewrite_max).unwrap_or(usize::MAX)),
        "on_bad_record": topic.on_bad_record,
        "on_gap": topic.on_gap,
        "on_partition_change": topic.on_partition_change,
        "breaker": breaker,
        "merge": topic.merge,
        "columns": topic.columns,
        "nul": topic.nul,
    })
}

/// The pattern without the anchors that it was compiled with.
fn bare(regex: &regex::Regex) -> &str {
    let text = regex.as_str();
    text.strip_prefix(r"\A(?:").and_then(|text| text.strip_suffix(r")\z")).unwrap_or(text)
}

pub(super) fn size(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| bytes.to_string(), |(unit, name)| format!("{}{name}", bytes / unit))
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Puts what the file says in the place of what was computed.
fn overlay(value: &mut Value, path: &str, text: &str) {
    let (step, rest) = path.split_once('/').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let next = match value {
        Value::Object(map) => map.entry(step).or_insert(Value::Null),
        Value::Array(items) => match step.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
            Some(item) => item,
            None => return,
        },
        // One name where the computed value has a list.
        _ => return,
    };
    match rest {
        Some(rest) => {
            if next.is_null() {
                *next = Value::Object(Map::new());
            }
            overlay(next, rest, text);
        }
        None => *next = Value::String(text.to_owned()),
    }
}

fn write_map(value: &Value, depth: usize, yaml: &mut String) {
    let Value::Object(map) = value else { return };
    for (index, (key, value)) in map.iter().enumerate() {
        // The first key of a list's item stands behind its dash.
        if index > 0 || !yaml.ends_with("- ") {
            yaml.push_str(&"  ".repeat(depth));
        }
        let _ = write!(yaml, "{}:", scalar(key));
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                yaml.push('\n');
                write_map(value, depth + 1, yaml);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                yaml.push('\n');
                for item in items {
                    yaml.push_str(&"  ".repeat(depth + 1));
                    yaml.push_str("- ");
                    write_map(item, depth + 2, yaml);
                }
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(inline).collect();
                let _ = writeln!(yaml, " [{}]", items.join(", "));
            }
            _ => {
                let _ = writeln!(yaml, " {}", inline(value));
            }
        }
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Object(_) => "{}".into(),
        other => other.to_string(),
    }
}

/// A scalar, quoted where it could be read as something else.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:+@".contains(c);
    let sound = text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/')
        && !text.ends_with(':')
        && !matches!(text.to_ascii_lowercase().as_str(), "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if sound { text.to_owned() } else { Value::from(text).to_string() }
}
