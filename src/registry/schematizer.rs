//! Yelp's Schematizer, as far as a loader needs it. Keys without a value are absent from its answers; a
//! disabled schema is answered like any other.

use serde_json::{Value, json};

use super::http::Http;
use super::{Answer, RegistryError};
use crate::config;

pub(super) struct Schematizer(Http);

impl Schematizer {
    pub fn new(settings: &config::Registry) -> Result<Schematizer, RegistryError> {
        Http::new(settings).map(Schematizer)
    }

    pub async fn fetch(&self, id: i32) -> Result<Answer, RegistryError> {
        let path = format!("/v1/schemas/{id}");
        let reply = self.0.get(&path).await?;
        if reply.status == 404 {
            return Err(RegistryError::Unknown(format!("{} has no schema of id {id}", self.0.base())));
        }
        let text = reply.text("/schema").filter(|_| reply.status.is_success());
        let mut answer = Answer::new(text.ok_or_else(|| self.0.useless(&path, &reply))?);
        answer.owner = reply.text("/topic/source/owner_email").filter(|owner| !owner.is_empty()).map(str::to_owned);
        if !says_pkey(&answer.text) {
            let names = reply.body.as_ref().and_then(|body| body.get("primary_keys")).and_then(Value::as_array);
            let names = names.into_iter().flatten().filter_map(Value::as_str);
            answer.pkey = names.map(str::to_owned).collect();
        }
        Ok(answer)
    }

    pub async fn register(&self, text: &str) -> Result<i32, RegistryError> {
        let path = "/v1/schemas/avro";
        let (namespace, source) = full_name(text)?;
        let body = json!({
            "schema": text,
            "namespace": namespace,
            "source": source,
            "source_owner_email": "flatsink@localhost",
            "contains_pii": false,
        });
        let reply = self.0.post(path, "application/json", &body).await?;
        if let Some(id) = reply.number("/schema_id").filter(|_| reply.status.is_success()) {
            return Ok(id);
        }
        if matches!(reply.status.as_u16(), 400 | 422) {
            let (base, status) = (self.0.base(), reply.status.as_u16());
            let message = format!(
                "{base}: the schema {namespace}.{source} is refused ({status}); it asks for a doc of each field"
            );
            return Err(RegistryError::Invalid(message));
        }
        Err(self.0.useless(path, &reply))
    }
}

/// Whether the schema names its key itself: the record's list, or numbers on fields.
fn says_pkey(text: &str) -> bool {
    let Ok(schema) = serde_json::from_str::<Value>(text) else { return false };
    let fields = schema.get("fields").and_then(Value::as_array);
    schema.get("pkey").is_some() || fields.into_iter().flatten().any(|field| field.get("pkey").is_some())
}

/// Namespace and name of a record.
fn full_name(text: &str) -> Result<(String, String), RegistryError> {
    let schema: Option<Value> = serde_json::from_str(text).ok();
    let name = schema.as_ref().and_then(|schema| schema.get("name")?.as_str());
    let name = name.ok_or_else(|| RegistryError::Invalid("the schema is not a record with a name".into()))?;
    let namespace = schema.as_ref().and_then(|schema| schema.get("namespace")?.as_str());
    Ok(match (name.rsplit_once('.'), namespace) {
        (Some((namespace, name)), _) => (namespace.to_owned(), name.to_owned()),
        (None, namespace) => (namespace.unwrap_or("default").to_owned(), name.to_owned()),
    })
}
