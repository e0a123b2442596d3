//! Schema id to schema: a directory of files, a Confluent-compatible registry, Yelp's Schematizer. A schema is
//! immutable, so an id that was answered once is never asked again. It never retries: that is the caller's.

mod confluent;
mod directory;
mod http;
mod references;
mod schematizer;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

pub use http::BODY_MAX;

use crate::config::{ReaderSchema, Schemas};

/// A schema as its registry gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The schema's JSON text, as it was written; with the types of other schemas that it refers to.
    pub text: Arc<str>,
    /// SHA-256 of `text`.
    pub sha256: [u8; 32],
    /// Who answers for the data (Schematizer: `topic.source.owner_email`).
    pub owner: Option<String>,
    /// The primary key, where the registry knows it and `text` does not say it.
    pub pkey: Vec<String>,
}

/// Why there is no schema. Messages hold no credentials and no text of the registry's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The registry says for certain that it has no such schema.
    #[error("{0}")]
    Unknown(String),
    /// There is a schema, but it is not Avro.
    #[error("{0}")]
    NotAvro(String),
    /// No usable answer: ask again, for ever.
    #[error("{0}")]
    Unavailable(String),
    /// An answer that asking again will not change, and that cannot be used.
    #[error("{0}")]
    Invalid(String),
}

/// Where writer schemas come from, with all that was answered so far.
pub struct Registry {
    place: Place,
    known: Mutex<HashMap<i32, Arc<OnceCell<Answer>>>>,
}

enum Place {
    Directory(directory::Directory),
    Confluent(confluent::Confluent),
    Schematizer(schematizer::Schematizer),
}

impl Registry {
    /// Prepares the way to the schemas; asks nothing yet.
    ///
    /// # Errors
    /// `Invalid`: a file of certificates that cannot be used, an address that is no URL, a missing directory.
    pub fn new(schemas: &Schemas) -> Result<Registry, RegistryError> {
        let place = match schemas {
            Schemas::Directory(path) => Place::Directory(directory::Directory::new(path)?),
            Schemas::Confluent(registry) => Place::Confluent(confluent::Confluent::new(registry)?),
            Schemas::Schematizer(registry) => Place::Schematizer(schematizer::Schematizer::new(registry)?),
        };
        Ok(Registry { place, known: Mutex::default() })
    }

    /// The schema of `id`. Callers that ask for one id at the same time share one request.
    ///
    /// # Errors
    /// See `RegistryError`; an error is never remembered.
    pub async fn fetch(&self, id: i32) -> Result<Answer, RegistryError> {
        if id < 0 {
            return Err(RegistryError::Unknown(format!("no registry gives out the negative schema id {id}")));
        }
        let cell = Arc::clone(self.cells().entry(id).or_default());
        let answer = cell.get_or_try_init(|| self.ask(id)).await.cloned();
        if answer.is_err() {
            let mut cells = self.cells();
            if cells.get(&id).is_some_and(|cell| cell.get().is_none()) {
                cells.remove(&id);
            }
        }
        answer
    }

    /// A pinned reader schema and its id; a file is read anew each time.
    ///
    /// # Errors
    /// See `RegistryError`.
    pub async fn pinned(&self, reader: &ReaderSchema) -> Result<(Option<i32>, Answer), RegistryError> {
        match reader {
            ReaderSchema::Id(id) => Ok((Some(*id), self.fetch(*id).await?)),
            ReaderSchema::File(path) => Ok((None, directory::file(path).await?)),
        }
    }

    /// The newest schema of a subject and its id; `None` where there is no such subject or no subjects at all.
    ///
    /// # Errors
    /// See `RegistryError`.
    pub async fn latest_for_subject(&self, subject: &str) -> Result<Option<(i32, Arc<str>)>, RegistryError> {
        match &self.place {
            Place::Confluent(confluent) => confluent.latest(subject).await,
            Place::Directory(_) | Place::Schematizer(_) => Ok(None),
        }
    }

    /// Gives a schema an id, the one it has if it is there already. `subject` is the registry's subject
    /// (Confluent), or names the file (directory); the Schematizer takes namespace and source from the schema.
    ///
    /// # Errors
    /// See `RegistryError`; `Invalid` where the registry refuses the schema.
    pub async fn register(&self, subject: &str, text: &str) -> Result<i32, RegistryError> {
        match &self.place {
            Place::Directory(directory) => directory.register(subject, text).await,
            Place::Confluent(confluent) => confluent.register(subject, text).await,
            Place::Schematizer(schematizer) => schematizer.register(text).await,
        }
    }

    async fn ask(&self, id: i32) -> Result<Answer, RegistryError> {
        match &self.place {
            Place::Directory(directory) => directory.fetch(id).await,
            Place::Confluent(confluent) => confluent.fetch(id).await,
            Place::Schematizer(schematizer) => schematizer.fetch(id).await,
        }
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<i32, Arc<OnceCell<Answer>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    fn new(text: &str) -> Answer {
        Answer { text: Arc::from(text), sha256: Sha256::digest(text).into(), owner: None, pkey: Vec::new() }
    }
}
