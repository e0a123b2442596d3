//! flatsink loads flat-first Avro messages from Kafka into a relational database, exactly once.
//!
//! The modules stand in the order in which a message meets them: a **source** yields **record**s, a
//! **batch** holds them, a **dialect** phrases them, a **sink** writes them; the **pipeline** is the verb.

pub mod cli;
pub mod config;
pub mod error;
pub mod telemetry;

pub mod source;

pub mod registry;

pub mod record;

pub mod batch;

pub mod dialect;

pub mod sink;

pub mod pipeline;
