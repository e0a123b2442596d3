//! Schema id to schema: a directory of files, a Confluent-compatible registry, Yelp's Schematizer. A schema is
//! immutable, so an id is asked once in a process's life.
