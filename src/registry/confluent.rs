//! The REST interface of Confluent's Schema Registry, which Karapace, Apicurio and Redpanda speak too.

use std::collections::HashSet;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::http::{Http, Reply};
use super::references::Library;
use super::{Answer, RegistryError};
use crate::config;

const MEDIA: &str = "application/vnd.schemaregistry.v1+json";

/// Schemas that one schema may need, directly or not.
const REFERENCES_MAX: usize = 20;

pub(super) struct Confluent(Http);

impl Confluent {
    pub fn new(settings: &config::Registry) -> Result<Confluent, RegistryError> {
        Http::new(settings).map(Confluent)
    }

    pub async fn fetch(&self, id: i32) -> Result<Answer, RegistryError> {
        let path = format!("/schemas/ids/{id}");
        let reply = self.0.get(&path).await?;
        if missing(&reply) {
            return Err(RegistryError::Unknown(format!("{} has no schema of id {id}", self.0.base())));
        }
        self.avro(&path, &reply, &format!("schema {id}")).await.map(|text| Answer::new(&text))
    }

    pub async fn latest(&self, subject: &str) -> Result<Option<(i32, Arc<str>)>, RegistryError> {
        let path = format!("/subjects/{}/versions/latest", encode(subject));
        let reply = self.0.get(&path).await?;
        if missing(&reply) {
            return Ok(None);
        }
        let text = self.avro(&path, &reply, &format!("subject {subject}")).await?;
        let id = reply.number("/id").ok_or_else(|| self.0.useless(&path, &reply))?;
        Ok(Some((id, Arc::from(text))))
    }

    pub async fn register(&self, subject: &str, text: &str) -> Result<i32, RegistryError> {
        let path = format!("/subjects/{}/versions", encode(subject));
        let reply = self.0.post(&path, MEDIA, &json!({ "schema": text })).await?;
        if let Some(id) = reply.number("/id").filter(|_| reply.status.is_success()) {
            return Ok(id);
        }
        if matches!(reply.status.as_u16(), 400 | 409 | 422) {
            let why = if reply.status == 409 { "is not compatible with the ones before it" } else { "is refused" };
            let message =
                format!("{}: the schema for subject {subject} {why} ({})", self.0.base(), reply.status.as_u16());
            return Err(RegistryError::Invalid(message));
        }
        Err(self.0.useless(&path, &reply))
    }

    /// The text of a schema, with the types of those that it refers to.
    async fn avro(&self, path: &str, reply: &Reply, what: &str) -> Result<String, RegistryError> {
        let text = self.own_text(path, reply, what)?;
        let mut waiting = self.references(reply, what, &[])?;
        if waiting.is_empty() {
            return Ok(text.to_owned());
        }
        let mut library = Library::default();
        let mut done = HashSet::new();
        while let Some(next) = waiting.pop() {
            if !done.insert((next.subject.clone(), next.version)) {
                continue;
            }
            if done.len() > REFERENCES_MAX {
                return Err(self.invalid(what, format!("refers to more than {REFERENCES_MAX} other schemas")));
            }
            let name = format!("version {} of subject {}", next.version, next.subject);
            let path = format!("/subjects/{}/versions/{}?deleted=true", encode(&next.subject), next.version);
            let reply = self.0.get(&path).await?;
            if missing(&reply) {
                return Err(self.invalid(what, format!("refers to {name}, which is not there")));
            }
            let text = self.own_text(&path, &reply, &name)?;
            let schema = serde_json::from_str(text);
            let schema = schema.map_err(|_| self.invalid(what, format!("refers to {name}, which is not JSON")))?;
            let taken = library.add(&schema);
            taken.map_err(|ty| self.invalid(what, format!("refers to two schemas that define {ty:?} differently")))?;
            waiting.extend(self.references(&reply, what, &next.chain)?);
        }
        // What is no JSON is refused with the parser's words.
        let schema = serde_json::from_str(text);
        Ok(schema.map_or_else(|_| text.to_owned(), |schema| library.complete(schema).to_string()))
    }

    fn own_text<'a>(&self, path: &str, reply: &'a Reply, what: &str) -> Result<&'a str, RegistryError> {
        let text = reply.text("/schema").filter(|_| reply.status.is_success());
        let text = text.ok_or_else(|| self.0.useless(path, reply))?;
        // Absent means Avro: the field came with the other languages.
        if reply.text("/schemaType").is_some_and(|kind| kind != "AVRO") {
            return Err(RegistryError::NotAvro(format!("{what} of {} is not Avro", self.0.base())));
        }
        Ok(text)
    }

    /// The references in an answer; `chain`: those that led to it.
    fn references(&self, reply: &Reply, what: &str, chain: &[(String, i64)]) -> Result<Vec<Reference>, RegistryError> {
        let list = reply.body.as_ref().and_then(|body| body.get("references")).and_then(Value::as_array);
        let mut references = Vec::new();
        for reference in list.into_iter().flatten() {
            let subject = reference.get("subject").and_then(Value::as_str);
            let version = reference.get("version").and_then(Value::as_i64).filter(|version| *version > 0);
            let (Some(subject), Some(version)) = (subject, version) else {
                return Err(self.invalid(what, "has a reference without a subject and a version".into()));
            };
            let this = (subject.to_owned(), version);
            if chain.contains(&this) {
                return Err(self.invalid(what, format!("refers to version {version} of {subject} in a circle")));
            }
            let chain = [chain, std::slice::from_ref(&this)].concat();
            references.push(Reference { subject: this.0, version, chain });
        }
        Ok(references)
    }

    fn invalid(&self, what: &str, why: String) -> RegistryError {
        RegistryError::Invalid(format!("{what} of {} {why}", self.0.base()))
    }
}

/// A schema of another subject that one refers to.
struct Reference {
    subject: String,
    version: i64,
    /// The references that led here, this one last.
    chain: Vec<(String, i64)>,
}

/// A 404 is certain only with the registry's own code: 404xx, or 404 with words other than a web server's.
fn missing(reply: &Reply) -> bool {
    let server = || reply.text("/message").is_some_and(|message| message.starts_with("HTTP 404"));
    match reply.number("/error_code").filter(|_| reply.status == 404) {
        Some(40400..=40499) => true,
        Some(404) => !server(),
        _ => false,
    }
}

fn encode(subject: &str) -> String {
    utf8_percent_encode(subject, NON_ALPHANUMERIC).to_string()
}
