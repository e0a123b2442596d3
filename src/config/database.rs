//! Addresses: the database's URL with what overrides it, and a registry's.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::problem::{Problems, nearest};
use super::raw::{RawDatabase, RawRegistry};
use super::tree::Node;
use super::{Database, Registry, Tls};
use crate::dialect::Dialect;

/// What a URL says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Address {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    parameters: Vec<(String, String)>,
}

impl Address {
    fn parse(url: &str) -> Result<Address, String> {
        let (scheme, rest) = url.split_once("://").ok_or("expected a URL like postgres://host/database")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut address = Address { scheme: scheme.to_ascii_lowercase(), ..Address::default() };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if address.scheme == "sqlite" {
            // A file has no host: what follows the slashes is its path.
            address.path = decode(rest)?;
        } else {
            address.path = decode(path)?;
            let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
            if let Some(user) = user {
                let (user, password) = user.split_once(':').map_or((user, None), |(user, word)| (user, Some(word)));
                address.user = Some(decode(user)?).filter(|user| !user.is_empty());
                address.password = password.map(decode).transpose()?;
            }
            address.host_and_port(host)?;
        }
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            address.parameters.push((decode(name)?, decode(value)?));
        }
        Ok(address)
    }

    fn host_and_port(&mut self, text: &str) -> Result<(), String> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        self.host = decode(host)?;
        if self.host.contains([':', '@']) && self.host.parse::<IpAddr>().is_err() {
            return Err("the user part of the URL has characters to encode: put it into `user` and `password`".into());
        }
        self.port = match port {
            Some(port) => Some(port.parse().map_err(|_| format!("`{port}` is no port; a `/`, `@` or `:` in a password must be percent-encoded, or put it into `password`"))?),
            None => None,
        };
        Ok(())
    }
}

fn decode(text: &str) -> Result<String, String> {
    percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| "the URL is not UTF-8".into())
}

/// A host as far as it goes without a network: this machine?
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Database {
    /// Whether it is on this machine, as far as can be told without a network.
    pub fn is_local(&self) -> bool {
        self.socket.is_some() || is_loopback(&self.host)
    }
}

/// Validates `database`.
pub(super) fn database(raw: &RawDatabase, tree: &Node, problems: &mut Problems) -> Option<Database> {
    let Some(url) = &raw.url else {
        problems.at(tree, "database", "`database.url` is missing: postgres:// mysql:// mariadb:// or sqlite://");
        return None;
    };
    let mut complain = |key: &str, message: String| problems.at(tree, &format!("database/{key}"), message);
    let address = Address::parse(url).map_err(|message| complain("url", message)).ok()?;
    let dialect = match address.scheme.as_str() {
        "postgres" | "postgresql" => Dialect::Postgres,
        "mysql" => Dialect::Mysql,
        "mariadb" => Dialect::Mariadb,
        "sqlite" => Dialect::Sqlite,
        other => {
            complain("url", format!("`{other}` is no database that flatsink knows: postgres, mysql, mariadb, sqlite"));
            return None;
        }
    };
    if let Some(message) = wrong_path(dialect, &address.path) {
        complain("url", message.into());
    }
    let mut found = Database {
        dialect,
        user: raw.user.clone().or(address.user),
        password: raw.password.clone().or(address.password).map(SecretString::from),
        port: address.port,
        socket: None,
        name: address.path,
        schema: raw.schema.clone(),
        ledger_schema: raw.ledger_schema.clone(),
        tls: Tls::None,
        ca_file: raw.ca_file.clone(),
        cert_file: raw.cert_file.clone(),
        key_file: raw.key_file.clone(),
        host: address.host,
    };
    let mut tls = None;
    for (name, value) in &address.parameters {
        match parameter(&mut found, &mut tls, name, value) {
            Ok(()) => {}
            Err(message) => complain("url", message),
        }
    }
    if dialect == Dialect::Sqlite {
        for (key, given) in [("schema", raw.schema.is_some()), ("ledger_schema", raw.ledger_schema.is_some())] {
            if given {
                complain(key, "SQLite has no schemas: leave it out".into());
            }
        }
        return Some(found);
    }
    finish(&mut found, raw.tls, tls, &mut complain);
    Some(found)
}

fn wrong_path(dialect: Dialect, path: &str) -> Option<&'static str> {
    if dialect == Dialect::Sqlite {
        return match path {
            "" => Some("the file is missing: sqlite:///var/lib/flatsink.db, or sqlite://here.db"),
            ":memory:" => Some("a database in memory is gone with the process: name a file"),
            _ => None,
        };
    }
    match path {
        "" => Some("the database's name is missing: postgres://host/NAME"),
        _ if path.contains('/') => {
            Some("the database's name has a slash: percent-encode it, or is there one too many?")
        }
        _ => None,
    }
}

/// What the URL leaves open.
fn finish(found: &mut Database, given: Option<Tls>, in_url: Option<Tls>, complain: &mut impl FnMut(&str, String)) {
    if found.host.starts_with('/') {
        found.socket = Some(PathBuf::from(std::mem::take(&mut found.host)));
    }
    if found.host.is_empty() && found.socket.is_none() {
        found.host = "localhost".into();
    }
    found.tls = match (given, in_url) {
        (Some(key), Some(url)) if key != url => {
            complain("tls", "`tls` and the URL's sslmode say different things: leave one of them out".into());
            key
        }
        (Some(tls), _) | (None, Some(tls)) => tls,
        (None, None) if found.is_local() => Tls::None,
        (None, None) => Tls::VerifyFull,
    };
    if found.cert_file.is_some() != found.key_file.is_some() {
        complain("cert_file", "`cert_file` and `key_file` come together".into());
    }
    if found.dialect == Dialect::Postgres {
        found.schema.get_or_insert_with(|| "public".into());
        found.ledger_schema.get_or_insert_with(|| "flatsink".into());
    }
}

/// Takes one parameter of the URL.
fn parameter(found: &mut Database, tls: &mut Option<Tls>, name: &str, value: &str) -> Result<(), String> {
    let known: &[&str] = match found.dialect {
        Dialect::Postgres => &["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "password"],
        Dialect::Sqlite => &[],
        _ => &["ssl-mode", "sslmode", "ssl-ca", "ssl-cert", "ssl-key", "socket"],
    };
    match name {
        _ if !known.contains(&name) => {
            let meant = nearest(name, known.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
            return Err(format!("the URL's parameter `{name}` is unknown{}", meant.unwrap_or_default()));
        }
        "sslmode" | "ssl-mode" => *tls = Some(ssl_mode(value)?),
        "sslrootcert" | "ssl-ca" => found.ca_file = found.ca_file.take().or(Some(value.into())),
        "sslcert" | "ssl-cert" => found.cert_file = found.cert_file.take().or(Some(value.into())),
        "sslkey" | "ssl-key" => found.key_file = found.key_file.take().or(Some(value.into())),
        "socket" => found.socket = Some(value.into()),
        "host" if found.host.is_empty() => found.host = value.into(),
        "port" if found.port.is_none() => {
            found.port = Some(value.parse().map_err(|_| format!("`{value}` is no port"))?);
        }
        "user" => found.user = found.user.take().or(Some(value.into())),
        "password" => found.password = found.password.take().or(Some(SecretString::from(value))),
        _ => return Err(format!("the URL says `{name}` twice")),
    }
    Ok(())
}

fn ssl_mode(mode: &str) -> Result<Tls, String> {
    match mode.to_ascii_lowercase().replace('_', "-").as_str() {
        "verify-full" | "verify-identity" => Ok(Tls::VerifyFull),
        "require" | "required" => Ok(Tls::Require),
        "disable" | "disabled" => Ok(Tls::None),
        "allow" | "prefer" | "preferred" => Err(format!(
            "sslmode={mode} falls back to plain text when somebody is in the way: say verify-full, require or disable"
        )),
        "verify-ca" => Err("sslmode=verify-ca leaves the host name unchecked: say verify-full, or require".into()),
        _ => Err(format!("sslmode={mode} is unknown: verify-full, require or disable")),
    }
}

/// Validates `schemas.confluent` or `schemas.schematizer`, at this path.
pub(super) fn registry(raw: &RawRegistry, path: &str, tree: &Node, problems: &mut Problems) -> Option<Registry> {
    let Some(url) = &raw.url else {
        problems.at(tree, path, "`url` is missing: http://host:port");
        return None;
    };
    let mut complain = |key: &str, message: &str| problems.at(tree, &format!("{path}/{key}"), message);
    let mut parsed = match reqwest::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => parsed,
        _ => {
            complain("url", "expected an address like http://localhost:8081");
            return None;
        }
    };
    let user = decode(parsed.username()).ok().filter(|user| !user.is_empty());
    let password = parsed.password().and_then(|password| decode(password).ok());
    // Neither fails on an address with a host.
    let _ = (parsed.set_username(""), parsed.set_password(None));
    let user = raw.user.clone().or(user);
    let password = raw.password.clone().or(password);
    if raw.bearer_token.is_some() && user.is_some() {
        complain("bearer_token", "a user or a bearer token, not both");
    }
    if password.is_some() && user.is_none() {
        complain("password", "a password without a user");
    }
    if raw.cert_file.is_some() != raw.key_file.is_some() {
        complain("cert_file", "`cert_file` and `key_file` come together");
    }
    if raw.timeout.is_some_and(|timeout| timeout.0.is_zero()) {
        complain("timeout", "no answer comes in no time: at least 1s");
    }
    Some(Registry {
        url: parsed.as_str().trim_end_matches('/').to_owned(),
        user,
        password: password.map(SecretString::from),
        bearer_token: raw.bearer_token.clone().map(SecretString::from),
        ca_file: raw.ca_file.clone(),
        cert_file: raw.cert_file.clone(),
        key_file: raw.key_file.clone(),
        timeout: raw.timeout.map_or(Duration::from_secs(10), |timeout| timeout.0),
    })
}
