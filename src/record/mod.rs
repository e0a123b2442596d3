//! What a message means: its framing, its envelope, its schema, the table that the schema becomes, and the
//! strict decoder from Avro bytes to the cells of a row. Pure: no I/O, no clock, no async.

mod convert;
mod datetime;
mod derive;
pub(crate) mod distinct;
pub(crate) mod framing;
mod inside;
pub(crate) mod join;
mod json;
mod kafka_key;
mod kind;
mod leaf;
mod message;
mod metadata;
mod naming;
mod overrides;
mod plan;
mod reason;
mod refine;
mod resolve;
mod retype;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod shape;
mod standing;
mod table;
mod uuid;
mod value;
mod wire;

pub use framing::{frame, key_schema_id};
pub use kind::Kind;
pub use message::{Data, Framed, Header, Message, MessageType, Partition, Why};
pub use plan::Limit;
pub use reason::{Code, Reason, Refusal};
pub use rows::Rows;
pub use shape::{Outcome, Pinned, Shape, Source};
pub use standing::{Stand, Standing};
pub use table::{Column, From, Table, TableName};
