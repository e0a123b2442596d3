//! Validates one topic entry, `defaults` already merged in.

use std::collections::BTreeMap;

use regex::Regex;

use super::pattern;
use super::problem::Problems;
use super::raw::{RawBreaker, RawTopic};
use super::tree::Node;
use super::units::OrNone;
use super::{
    Breaker, ColumnOverride, Database, Deletes, Existing, Format, KafkaKey, Metadata, Mode, Naming, Nested, Nul,
    OnBadRecord, OnConflict, OnGap, OnPartitionChange, ReaderSchema, SchemaChanges, Select, Start, Topic, Unique,
    UuidFrom,
};
use crate::dialect::Dialect;

/// A table up to this size is rewritten for a wider type unless the file says otherwise: minutes, not hours.
const REWRITE_MAX: u64 = 1 << 30;

/// What becomes of an entry: problems are noted under its path (`topics/0`).
pub(super) struct Entry<'a> {
    pub(super) raw: &'a RawTopic,
    pub(super) path: String,
    pub(super) tree: &'a Node,
    pub(super) problems: &'a mut Problems,
}

impl Entry<'_> {
    fn complain(&mut self, key: &str, message: impl Into<String>) {
        self.problems.at(self.tree, &format!("{}/{key}", self.path), message);
    }

    pub(super) fn validate(mut self, database: Option<&Database>) -> Option<Topic> {
        let raw = self.raw;
        let select = self.select()?;
        let (table, schema) = self.templates(&select, database)?;
        let format = raw.format.unwrap_or(Format::Yelp);
        let mode = raw.mode.unwrap_or(Mode::Stream);
        let unique = raw.unique.unwrap_or(match format {
            Format::Yelp => Unique::Uuid,
            Format::Confluent => Unique::Position,
        });
        let uuid = self.uuid(format, mode, unique);
        let key = raw.key.clone().unwrap_or_default().0;
        let kafka_key = raw.kafka_key.unwrap_or(KafkaKey::Auto);
        self.key(format, mode, kafka_key, &key);
        let metadata = self.metadata(format, mode, unique, uuid.as_ref());
        let merge = raw.merge.unwrap_or(false);
        let start = self.start();
        let reader_schema = self.reader_schema();
        let breaker = self.breaker();
        let columns = self.columns(&key, uuid.as_ref(), database);
        Some(Topic {
            topic_column: merge || pattern::mixes(&select, raw.pattern.as_deref(), &table, schema.as_deref()),
            exclude: self.exclude(),
            select,
            format,
            mode,
            table,
            schema,
            naming: raw.naming.unwrap_or(Naming::Keep),
            unique,
            uuid,
            key,
            kafka_key,
            deletes: raw.deletes.unwrap_or(Deletes::Apply),
            start,
            existing: raw.existing.unwrap_or(Existing::Refuse),
            owner: raw.owner.clone(),
            nested: raw.nested.unwrap_or(Nested::Json),
            reader_schema,
            metadata,
            shared_keys: raw.shared_keys.unwrap_or(false),
            schema_changes: raw.schema_changes.unwrap_or(SchemaChanges::Apply),
            on_conflict: raw.on_conflict.unwrap_or(OnConflict::Stop),
            not_null: raw.not_null,
            rewrite_max: raw.rewrite_max.map_or(REWRITE_MAX, |size| size.0 as u64),
            on_bad_record: raw.on_bad_record.unwrap_or(OnBadRecord::DeadLetter),
            on_gap: raw.on_gap.unwrap_or(OnGap::Stop),
            on_partition_change: raw.on_partition_change.unwrap_or(OnPartitionChange::Stop),
            breaker,
            merge,
            columns,
            nul: raw.nul.unwrap_or(Nul::DeadLetter),
        })
    }

    fn select(&mut self) -> Option<Select> {
        match (&self.raw.topic, &self.raw.pattern) {
            (Some(_), Some(_)) => {
                self.complain("pattern", "an entry has either `topic` or `pattern`");
                None
            }
            (None, None) => {
                self.complain("", "an entry needs `topic` (a name or a list of names) or `pattern`");
                None
            }
            (None, Some(text)) => match pattern::compile(text) {
                Ok(regex) => Some(Select::Pattern(regex)),
                Err(message) => {
                    self.complain("pattern", message);
                    None
                }
            },
            (Some(names), None) => {
                if names.0.is_empty() {
                    self.complain("topic", "the list of topics is empty");
                }
                for name in &names.0 {
                    if let Some(message) = wrong_topic(name) {
                        self.complain("topic", message);
                    }
                }
                Some(Select::Names(names.0.clone()))
            }
        }
    }

    fn exclude(&mut self) -> Vec<Regex> {
        let mut patterns = Vec::new();
        for text in &self.raw.exclude.clone().unwrap_or_default().0 {
            match pattern::compile(text) {
                Ok(regex) => patterns.push(regex),
                Err(message) => self.complain("exclude", message),
            }
        }
        patterns
    }

    fn templates(&mut self, select: &Select, database: Option<&Database>) -> Option<(String, Option<String>)> {
        let groups: Vec<&str> = match select {
            Select::Pattern(regex) => regex.capture_names().flatten().collect(),
            Select::Names(_) => Vec::new(),
        };
        let table = self.raw.table.clone().unwrap_or_else(|| "{topic}".into());
        let sqlite = database.is_some_and(|database| database.dialect == Dialect::Sqlite);
        if self.raw.schema.is_some() && sqlite {
            self.complain("schema", "SQLite has no schemas: leave it out");
        }
        let mut sound = true;
        for (key, text) in [("table", Some(&table)), ("schema", self.raw.schema.as_ref())] {
            if let Some(message) = text.and_then(|text| pattern::wrong_template(text, &groups)) {
                self.complain(key, message);
                sound = false;
            }
        }
        let schema = self.raw.schema.clone().or_else(|| database.and_then(|database| database.schema.clone()));
        sound.then_some((table, schema))
    }

    fn uuid(&mut self, format: Format, mode: Mode, unique: Unique) -> Option<UuidFrom> {
        let needed = format == Format::Confluent && mode == Mode::Stream && unique == Unique::Uuid;
        let Some(text) = &self.raw.uuid else {
            if needed {
                self.complain(
                    "unique",
                    "format confluent has no uuid of its own: say where it is with `uuid: key`, `uuid: header:NAME` \
                     or `uuid: field:NAME`, or take `unique: position`",
                );
            }
            return None;
        };
        if format == Format::Yelp {
            self.complain("uuid", "the envelope of format yelp carries the uuid: leave `uuid` out");
            return None;
        }
        match text.split_once(':') {
            None if text == "key" => return Some(UuidFrom::Key),
            Some(("header", name)) if !name.is_empty() => return Some(UuidFrom::Header(name.into())),
            Some(("field", name)) if !name.is_empty() => return Some(UuidFrom::Field(name.into())),
            _ => self.complain("uuid", "expected key | header:NAME | field:NAME"),
        }
        None
    }

    fn key(&mut self, format: Format, mode: Mode, kafka_key: KafkaKey, key: &[String]) {
        for (index, name) in key.iter().enumerate() {
            if name.is_empty() || key[..index].contains(name) {
                self.complain("key", format!("`{name}` stands twice in the key, or is empty"));
            }
        }
        let primitive = matches!(kafka_key, KafkaKey::String | KafkaKey::Int32 | KafkaKey::Int64 | KafkaKey::Bytes);
        if primitive && format == Format::Confluent && mode == Mode::Table && key.len() != 1 {
            self.complain("kafka_key", "a primitive Kafka key fills one column: name exactly one in `key`");
        }
    }

    fn metadata(&mut self, format: Format, mode: Mode, unique: Unique, uuid: Option<&UuidFrom>) -> Vec<Metadata> {
        let enveloped = format == Format::Yelp;
        let has_uuid = enveloped || matches!(uuid, Some(UuidFrom::Key | UuidFrom::Header(_)));
        let Some(given) = self.raw.metadata.clone() else {
            let mut metadata = vec![Metadata::Partition, Metadata::Offset, Metadata::Timestamp];
            if has_uuid {
                metadata.insert(0, Metadata::Uuid);
            }
            if enveloped && mode == Mode::Stream {
                metadata.push(Metadata::MessageType);
            }
            return metadata;
        };
        if mode == Mode::Stream && unique != Unique::None {
            for needed in [Metadata::Partition, Metadata::Offset] {
                if !given.contains(&needed) {
                    let why = "mode stream needs it to tell what was written already, unless `unique: none`";
                    self.complain("metadata", format!("`{}` cannot be left out: {why}", name(needed)));
                }
            }
            if unique == Unique::Uuid && has_uuid && !given.contains(&Metadata::Uuid) {
                self.complain("metadata", "`uuid` cannot be left out: with `unique: uuid` it is the primary key");
            }
        }
        for (index, one) in given.iter().enumerate() {
            if given[..index].contains(one) {
                self.complain("metadata", format!("`{}` stands twice", name(*one)));
            }
        }
        if given.contains(&Metadata::Uuid) && !has_uuid {
            let message = match uuid {
                Some(_) => "with `uuid: field:..` that field's column is the uuid: leave `uuid` out",
                None => "format confluent has no `uuid` unless the key `uuid` says where it is",
            };
            self.complain("metadata", message);
        }
        for of_envelope in [Metadata::MessageType, Metadata::Meta] {
            if given.contains(&of_envelope) && !enveloped {
                self.complain("metadata", format!("format confluent has no `{}`: leave it out", name(of_envelope)));
            }
        }
        given
    }

    fn columns(
        &mut self,
        key: &[String],
        uuid: Option<&UuidFrom>,
        database: Option<&Database>,
    ) -> BTreeMap<String, ColumnOverride> {
        let columns = self.raw.columns.clone().unwrap_or_default();
        for (field, column) in &columns {
            let at = |key: &str| format!("columns/{field}/{key}");
            if let Some((key, message)) = column.wrong() {
                self.complain(&at(key), message);
            }
            if let (Some(name), Some(database)) = (&column.name, database)
                && let Err(refusal) = database.dialect.column_name(name)
            {
                self.complain(&at("name"), refusal.message);
            }
            let is_key = key.contains(field) || uuid == Some(&UuidFrom::Field(field.clone()));
            if column.skips() && is_key {
                self.complain(&at("skip"), format!("`{field}` is part of the key and cannot be left out"));
            }
        }
        columns
    }

    fn start(&mut self) -> Start {
        let text = self.raw.start.as_deref().unwrap_or("earliest");
        let (group, time) = (text.strip_prefix("group:"), text.strip_prefix("timestamp:").unwrap_or(text));
        match (text, group) {
            ("earliest", _) => Start::Earliest,
            ("latest", _) => Start::Latest,
            (_, Some(group)) if !group.is_empty() => Start::Group(group.to_owned()),
            _ => {
                match super::timestamp(time) {
                    Some(milliseconds) => Start::Timestamp(milliseconds),
                    None => {
                        self.complain(
                        "start",
                        format!("expected earliest | latest | a time like 2026-01-31T00:00:00Z | group:NAME, found `{text}`"),
                    );
                        Start::Earliest
                    }
                }
            }
        }
    }

    fn reader_schema(&mut self) -> Option<ReaderSchema> {
        let text = &self.raw.reader_schema.as_ref()?.0;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i32>() {
            Ok(id) if is_number => Some(ReaderSchema::Id(id)),
            _ if is_number => {
                self.complain("reader_schema", "expected a schema's id or a file");
                None
            }
            _ => Some(ReaderSchema::File(text.into())),
        }
    }

    fn breaker(&mut self) -> Option<Breaker> {
        let raw = match self.raw.breaker {
            Some(OrNone::None) => return None,
            Some(OrNone::Some(raw)) => raw,
            None => RawBreaker::default(),
        };
        let breaker = Breaker { consecutive: raw.consecutive.unwrap_or(100), percent: raw.percent.unwrap_or(5.0) };
        if breaker.consecutive == 0 {
            self.complain("breaker", "`consecutive` is at least 1; `breaker: none` never stops");
        }
        if !(breaker.percent > 0.0 && breaker.percent <= 100.0) {
            self.complain("breaker", "`percent` is above 0 and at most 100; `breaker: none` never stops");
        }
        Some(breaker)
    }
}

/// A metadata column as the file calls it.
pub(super) fn name(metadata: Metadata) -> String {
    serde_json::to_value(metadata).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn wrong_topic(name: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 249 || name == "." || name == ".." {
        return Some(format!("`{name}` is no name of a topic: 1 to 249 characters"));
    }
    let wrong = name.chars().find(|c| !legal(*c))?;
    Some(format!("`{name}` is no name of a topic (`{wrong}`); a regular expression goes under `pattern`"))
}
