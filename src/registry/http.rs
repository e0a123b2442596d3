//! The HTTP client that both kinds of registry share: bounded in time and size, never redirected.

use std::fs;
use std::path::Path;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, RequestBuilder, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::RegistryError;
use crate::config;

/// Bytes of the largest schema, and of the largest answer of a registry.
pub const BODY_MAX: usize = 1 << 20;

pub(super) struct Http {
    client: Client,
    /// Ends without a slash; holds no user and no password.
    base: String,
    settings: config::Registry,
}

/// A status with its body; any JSON.
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Option<Value>,
}

impl Http {
    pub fn new(settings: &config::Registry) -> Result<Http, RegistryError> {
        let url = Url::parse(&settings.url)
            .map_err(|error| RegistryError::Invalid(format!("the registry's url cannot be used: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            let message = "the registry's url must begin with http:// or https:// and hold no user and no password";
            return Err(RegistryError::Invalid(message.into()));
        }
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .timeout(settings.timeout)
            .user_agent(concat!("flatsink/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &settings.ca_file {
            let bundle =
                Certificate::from_pem_bundle(&read(path)?).map_err(|error| unusable("ca_file", path, error))?;
            builder = builder.tls_certs_merge(bundle);
        }
        match (&settings.cert_file, &settings.key_file) {
            (Some(cert), Some(key)) => {
                let identity = Identity::from_pkcs8_pem(&read(cert)?, &read(key)?);
                builder = builder.identity(identity.map_err(|error| unusable("cert_file and key_file", cert, error))?);
            }
            (None, None) => {}
            _ => return Err(RegistryError::Invalid("cert_file and key_file of the registry belong together".into())),
        }
        let client = builder.build().map_err(|error| {
            RegistryError::Invalid(format!("cannot prepare the registry's client: {}", cause(error)))
        })?;
        Ok(Http { client, base: settings.url.trim_end_matches('/').to_owned(), settings: settings.clone() })
    }

    /// What is named in messages.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub async fn get(&self, path: &str) -> Result<Reply, RegistryError> {
        self.send(path, self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, media: &str, body: &Value) -> Result<Reply, RegistryError> {
        let request = self.client.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, media);
        self.send(path, request.body(body.to_string())).await
    }

    async fn send(&self, path: &str, mut request: RequestBuilder) -> Result<Reply, RegistryError> {
        if let Some(token) = &self.settings.bearer_token {
            request = request.bearer_auth(token.expose_secret());
        } else if let Some(user) = &self.settings.user {
            request =
                request.basic_auth(user, self.settings.password.as_ref().map(|password| password.expose_secret()));
        }
        let failed = |error| RegistryError::Unavailable(format!("asking {}{path}: {}", self.base, cause(error)));
        let mut response = request.header(ACCEPT, "application/json, */*;q=0.1").send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > BODY_MAX {
                let message = format!("the answer of {}{path} is larger than 1 MiB", self.base);
                // A page of that size with another status is some proxy's, not a schema.
                let certain = status.is_success();
                return Err(if certain {
                    RegistryError::Invalid(message)
                } else {
                    RegistryError::Unavailable(message)
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body: serde_json::from_slice(&body).ok() })
    }

    /// An answer that says nothing about the schema.
    pub fn useless(&self, path: &str, reply: &Reply) -> RegistryError {
        let hint = match reply.status.as_u16() {
            200..=299 => "what came is not the JSON of a registry: is this its url?",
            300..=399 => "redirects are not followed: give the final url",
            401 | 403 => "look at user, password or bearer_token",
            404 => "this is not how a registry says that a schema is missing: is this its url?",
            _ => "asking again",
        };
        RegistryError::Unavailable(format!("{}{path} answered {}: {hint}", self.base, reply.status.as_u16()))
    }
}

impl Reply {
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.body.as_ref()?.pointer(pointer)?.as_str()
    }

    pub fn number(&self, pointer: &str) -> Option<i32> {
        self.body.as_ref()?.pointer(pointer)?.as_i64()?.try_into().ok()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RegistryError> {
    fs::read(path).map_err(|error| RegistryError::Invalid(format!("cannot read {}: {error}", path.display())))
}

fn unusable(what: &str, path: &Path, error: reqwest::Error) -> RegistryError {
    RegistryError::Invalid(format!("{what} {} cannot be used: {}", path.display(), cause(error)))
}

/// The innermost cause, which says most; never the URL.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
