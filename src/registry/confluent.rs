//! The REST interface of Confluent's Schema Registry, which Karapace, Apicurio and Redpanda speak too.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::http::{Http, Reply};
use super::{Answer, RegistryError};
use crate::config;

const MEDIA: &str = "application/vnd.schemaregistry.v1+json";

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
        self.avro(&path, &reply, &format!("schema {id}")).map(|text| Answer::new(&text))
    }

    pub async fn latest(&self, subject: &str) -> Result<Option<(i32, Arc<str>)>, RegistryError> {
        let path = format!("/subjects/{}/versions/latest", encode(subject));
        let reply = self.0.get(&path).await?;
        if missing(&reply) {
            return Ok(None);
        }
        let text = self.avro(&path, &reply, &format!("subject {subject}"))?;
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

    fn avro(&self, path: &str, reply: &Reply, what: &str) -> Result<String, RegistryError> {
        let text = reply.text("/schema").filter(|_| reply.status.is_success());
        let text = text.ok_or_else(|| self.0.useless(path, reply))?;
        // Absent means Avro: the field came with the other languages.
        if reply.text("/schemaType").is_some_and(|kind| kind != "AVRO") {
            return Err(RegistryError::NotAvro(format!("{what} of {} is not Avro", self.0.base())));
        }
        let references = reply.body.as_ref().and_then(|body| body.get("references")).and_then(Value::as_array);
        if references.is_some_and(|references| !references.is_empty()) {
            let base = self.0.base();
            let message = format!("{what} of {base} refers to other schemas, and references are not there yet");
            return Err(RegistryError::Invalid(message));
        }
        Ok(text.to_owned())
    }
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
