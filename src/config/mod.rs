//! The configuration: raw file to validated `Config`. The only reader of configuration files and of the
//! environment.

mod column;
mod database;
mod entry;
mod pattern;
mod problem;
mod raw;
mod read;
mod show;
mod substitute;
#[cfg(test)]
mod tests;
mod topic;
mod tree;
mod units;
mod validate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use problem::Problems;
use raw::{RawConfig, RawTopic};
use substitute::Environment;
use tree::{Node, Value};

pub use column::{ColumnOverride, ColumnType, Nul, TimeUnit};
pub use topic::*;

/// The whole configuration, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of this sink: its rows in the ledger, its metrics.
    pub sink: String,
    /// The brokers and the consumer group.
    pub kafka: Kafka,
    /// Where writer schemas come from.
    pub schemas: Schemas,
    /// Where tables are made.
    pub database: Database,
    /// The topic entries in the order of the file.
    pub topics: Vec<Topic>,
    /// The limits of one batch.
    pub batch: BatchLimits,
    /// Consumers in this process.
    pub workers: usize,
    /// Bytes that all buffers together may hold.
    pub memory_max: usize,
    /// Bytes of the largest record.
    pub record_max: usize,
    /// How long a definite 404 is asked again before its records become dead letters.
    pub unknown_schema_after: Duration,
    /// How long a stop may take.
    pub shutdown_max: Duration,
    /// Where the HTTP endpoints listen.
    pub http: Option<SocketAddr>,
    /// Where it came from.
    pub origin: Origin,
}

/// The brokers and the consumer group.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// `host:port` of the brokers to ask first.
    pub brokers: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// librdkafka properties of the user, those that flatsink owns refused.
    pub properties: BTreeMap<String, SecretString>,
}

/// Where writer schemas come from.
#[derive(Clone, Debug)]
pub enum Schemas {
    /// Files `<id>.avsc` or `NAME.<id>.avsc` in a directory.
    Directory(PathBuf),
    /// A Confluent-compatible registry.
    Confluent(Registry),
    /// Yelp's Schematizer.
    Schematizer(Registry),
}

/// How a registry is reached over HTTP.
#[derive(Clone, Debug)]
pub struct Registry {
    /// The base address; user and password taken out of it.
    pub url: String,
    /// Basic authentication.
    pub user: Option<String>,
    /// Basic authentication.
    pub password: Option<SecretString>,
    /// Bearer authentication.
    pub bearer_token: Option<SecretString>,
    /// A PEM file of certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// A PEM file of the client's certificate.
    pub cert_file: Option<PathBuf>,
    /// A PEM file of the client's private key.
    pub key_file: Option<PathBuf>,
    /// The longest that one request may take.
    pub timeout: Duration,
}

/// How a database is reached.
#[derive(Clone, Debug)]
pub struct Database {
    /// The kind of database, as the URL's scheme says; `mysql` until the server was asked.
    pub dialect: crate::dialect::Dialect,
    /// The host, or the folder of a Unix socket; empty for SQLite.
    pub host: String,
    /// The port; `None` is the default.
    pub port: Option<u16>,
    /// A Unix socket (PostgreSQL: its folder; MySQL: its path).
    pub socket: Option<PathBuf>,
    /// The database's name, or SQLite's file.
    pub name: String,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// Where tables are made; a topic entry may say otherwise.
    pub schema: Option<String>,
    /// Where flatsink's own tables live.
    pub ledger_schema: Option<String>,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// A PEM file of certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// A PEM file of the client's certificate.
    pub cert_file: Option<PathBuf>,
    /// A PEM file of the client's private key.
    pub key_file: Option<PathBuf>,
}

/// How a database connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Encrypted; certificate and host name are verified.
    VerifyFull,
    /// Encrypted, not verified.
    Require,
    /// Plain text.
    #[serde(alias = "off", alias = "false")]
    None,
}

/// The limits of one batch: one transaction of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Rows of a batch.
    pub rows_max: usize,
    /// Bytes of a batch: raw records and encoded rows.
    pub bytes_max: usize,
    /// How long a batch waits for more once the writer is free.
    pub linger_max: Duration,
}

impl Config {
    /// The entry that takes this topic: a name beats a pattern; among patterns the first that matches wins.
    pub fn entry(&self, topic: &str) -> Option<&Topic> {
        let named =
            |entry: &&Topic| matches!(&entry.select, Select::Names(names) if names.iter().any(|name| name == topic));
        let matching = |entry: &&Topic| {
            matches!(&entry.select, Select::Pattern(pattern) if pattern.is_match(topic))
                && !topic.starts_with("__")
                && !entry.exclude.iter().any(|pattern| pattern.is_match(topic))
        };
        self.topics.iter().find(named).or_else(|| self.topics.iter().find(matching))
    }
}

/// Why a configuration cannot be used: where, what, and what to do; with the line and a caret where it has one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Schemas {
    /// Whether both log in alike.
    pub(crate) fn same_login(&self, other: &Schemas) -> bool {
        let login = |schemas: &Schemas| match schemas {
            Schemas::Directory(_) => None,
            Schemas::Confluent(registry) | Schemas::Schematizer(registry) => {
                let open = |secret: &SecretString| secret.expose_secret().to_owned();
                let (password, token) = (&registry.password, &registry.bearer_token);
                Some((registry.user.clone(), password.as_ref().map(open), token.as_ref().map(open)))
            }
        };
        login(self) == login(other)
    }
}

/// Where a configuration came from: not a part of what it says.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    path: Option<PathBuf>,
    /// What the file says of each scalar, by its path, secrets hidden.
    given: BTreeMap<String, String>,
}

/// An annotated configuration with all defaults.
pub(crate) const ANNOTATED: &str = include_str!("../../config/flatsink.yaml");

impl Config {
    /// Reads and validates a configuration file.
    ///
    /// # Errors
    /// Everything that is wrong with it and can be seen without a network.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError(format!("cannot read the configuration {name}: {error}")))?;
        let mut config = Config::parse(&text, &name, &|variable| std::env::var(variable).ok())?;
        config.origin.path = Some(path.to_owned());
        Ok(config)
    }

    /// Validates a configuration given as text; `name` stands for it in errors, `variable` looks variables up.
    ///
    /// # Errors
    /// Everything that is wrong with it and can be seen without a network.
    pub fn parse(text: &str, name: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        parse(text, name, Environment { variable, file: &|path| std::fs::read_to_string(path) })
    }

    /// Reads the file again, for passwords that were changed while the process ran. One that was never in a file
    /// stays as it is.
    ///
    /// # Errors
    /// See `load`.
    pub fn reload_secrets(&self) -> Result<Config, ConfigError> {
        let Some(path) = &self.origin.path else { return Ok(self.clone()) };
        let read = Config::load(path)?;
        // Only what logs in may change: the rest belongs to what runs already.
        let mut config = self.clone();
        config.kafka.properties = read.kafka.properties;
        config.database.user = read.database.user;
        config.database.password = read.database.password;
        if std::mem::discriminant(&config.schemas) == std::mem::discriminant(&read.schemas) {
            config.schemas = read.schemas;
        }
        Ok(config)
    }

    /// Whether the file itself gives this key, as `batch/rows_max`.
    pub(crate) fn says(&self, path: &str) -> bool {
        self.origin.given.contains_key(path)
    }

    /// The configuration as it takes effect, as YAML, secrets hidden.
    pub(crate) fn show(&self) -> String {
        show::yaml(self)
    }
}

/// The JSON Schema of configurations.
pub(crate) fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(RawConfig).to_value();
    // Top-level `x-*` is for anchors.
    schema["patternProperties"] = serde_json::json!({ "^x-": {} });
    schema["required"] = serde_json::json!(["sink", "kafka", "schemas", "database", "topics"]);
    schema
}

/// Milliseconds since 1970-01-01 UTC of `2026-01-31T00:00:00Z`, or of a day's beginning in UTC.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    let day = || format!("{text}T00:00:00Z").parse::<jiff::Timestamp>();
    text.parse().or_else(|_| day()).ok().map(jiff::Timestamp::as_millisecond)
}

fn parse(text: &str, name: &str, environment: Environment<'_>) -> Result<Config, ConfigError> {
    let mut problems = Problems::default();
    let (raw, tree) = match Node::parse(text) {
        Ok(tree) => read_raw(tree, environment, &mut problems),
        Err((place, message)) => {
            problems.add(place, message);
            return Err(problems.report(name, text).unwrap_or(ConfigError(String::new())));
        }
    };
    let http = (environment.variable)("FLATSINK_HTTP");
    let config = validate::validate(&raw, &tree, http.as_deref(), &mut problems);
    match (problems.report(name, text), config) {
        (None, Some(mut config)) => {
            config.origin.given = show::given(&tree);
            Ok(config)
        }
        (Some(error), _) => Err(error),
        (None, None) => Err(ConfigError(format!("{name}: the configuration cannot be used"))),
    }
}

/// Resolves references, merges defaults into entries, and reads.
fn read_raw(mut tree: Node, environment: Environment<'_>, problems: &mut Problems) -> (RawConfig, Node) {
    if let Value::Map(entries) = &mut tree.value {
        entries.retain(|(key, _)| !key.name.starts_with("x-"));
    }
    substitute::resolve(&mut tree, environment, problems);
    let defaults = tree.get("defaults").cloned().unwrap_or_default();
    if !matches!(defaults.value, Value::Null) {
        let _: RawTopic = read::read(&defaults, problems);
    }
    for (key, _) in defaults.entries() {
        if matches!(key.name.as_str(), "topic" | "pattern") {
            problems.add(key.place, format!("`{}` belongs to an entry of `topics`", key.name));
        }
    }
    if let Some(Node { value: Value::List(entries), .. }) = tree.get_mut("topics") {
        for entry in entries {
            let Value::Map(keys) = &mut entry.value else { continue };
            let inherited = defaults.entries().iter().filter(|(key, _)| {
                !matches!(key.name.as_str(), "topic" | "pattern") && !keys.iter().any(|(own, _)| own.name == key.name)
            });
            let inherited: Vec<_> = inherited.cloned().collect();
            keys.extend(inherited);
        }
    }
    let raw = read::read(&tree, problems);
    (raw, tree)
}
