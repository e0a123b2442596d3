//! flatsink loads flat-first Avro messages from Kafka into a relational database, exactly once.
//!
//! The modules stand in the order in which a message meets them: a **source** yields **record**s, a
//! **batch** holds them, a **dialect** phrases them, a **sink** writes them; the **pipeline** is the verb.
//! Public is what the binary and the benches call.

pub mod cli;
pub mod config;
mod error;
mod telemetry;

mod source;

mod registry;

pub mod record;

mod batch;

pub mod dialect;

mod sink;

mod pipeline;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
