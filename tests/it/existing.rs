//! Tables that were there before: made by hand or by other loaders, altered and dropped by others while flatsink
//! runs. What fits is loaded into, what does not is named, and what others own stays as it is.

mod altered;
mod columns;
mod constraints;
mod views;

use crate::support::avro::confluent;
use crate::support::world::World;
use crate::support::{Kind, Raw};

/// An entry without a key in a table `t`.
fn unkeyed(topic: &str) -> String {
    format!("topic: {topic}, table: t, format: confluent, unique: none, metadata: []")
}

/// A topic of one partition that has these data of schema 1.
fn topic_of(world: &World, schema: &str, data: &[Vec<u8>]) -> String {
    world.schema(1, schema);
    let topic = world.broker.topic("existing", 1, &[]);
    produce(world, &topic, 1, data);
    topic
}

fn produce(world: &World, topic: &str, schema_id: i32, data: &[Vec<u8>]) {
    let messages: Vec<Raw> = data.iter().map(|datum| Raw::value(confluent(schema_id, datum))).collect();
    world.broker.produce(topic, &messages);
}

/// A record of these fields; each is its name and the JSON of its type.
fn schema(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, ty)| format!(r#"{{"name":"{name}","type":{ty}}}"#)).collect();
    format!(r#"{{"type":"record","name":"existing","fields":[{}]}}"#, fields.join(","))
}

/// The statement for this database.
fn sql<'a>(world: &World, postgres: &'a str, mysql: &'a str, sqlite: &'a str) -> &'a str {
    match world.database.kind {
        Kind::Postgres => postgres,
        Kind::Mariadb | Kind::Mysql => mysql,
        Kind::Sqlite => sqlite,
    }
}

/// The name of a table that is made beside flatsink's own: PostgreSQL would take their schema for the user's.
fn by_name(world: &World, table: &str) -> String {
    if world.database.kind == Kind::Postgres { format!("public.{table}") } else { table.to_owned() }
}
