//! From a datum to the bytes of a Kafka message: Yelp's envelope or Confluent's wire format.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use sha2::{Digest, Sha256};

/// How messages are framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Yelp's envelope
    #[default]
    Yelp,
    /// Confluent's wire format
    Confluent,
}

impl Format {
    /// As a configuration spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Yelp => "yelp",
            Format::Confluent => "confluent",
        }
    }
}

/// The message types of the envelope, in wire order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Type {
    Create,
    Update,
    Delete,
    Refresh,
    Heartbeat,
    Monitor,
    Registration,
    Log,
}

/// Where uuids and envelope times come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// Random uuids, the present time.
    Now,
    /// The same for the same seed and the same order of messages.
    Seed { state: u64, count: u64 },
}

/// 2013-01-01: when the sample data begins.
const SEED_SECONDS: i64 = 1_356_998_400;

impl Origin {
    /// Repeatable where there is a seed; topics differ.
    pub(crate) fn new(seed: Option<u64>, topic: &str) -> Origin {
        let Some(seed) = seed else { return Origin::Now };
        let digest: [u8; 32] = Sha256::digest([&seed.to_be_bytes(), topic.as_bytes()].concat()).into();
        let state = digest.first_chunk().map_or(seed, |first| u64::from_be_bytes(*first));
        Origin::Seed { state, count: 0 }
    }

    fn next(&mut self) -> ([u8; 16], i64) {
        match self {
            Origin::Now => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
                (rand::random::<u128>().to_be_bytes(), now.cast_signed())
            }
            Origin::Seed { state, count } => {
                *count += 1;
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&split_mix(state).to_be_bytes());
                bytes[8..].copy_from_slice(&split_mix(state).to_be_bytes());
                // A thousand messages a second.
                (bytes, SEED_SECONDS + (*count / 1_000).cast_signed())
            }
        }
    }
}

/// SplitMix64: the next of a sequence that is the same everywhere.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Frames the datums of one schema.
#[derive(Clone, Debug)]
pub(crate) struct Framer {
    format: Format,
    message_type: Type,
    schema_id: i32,
    key_id: Option<i32>,
}

impl Framer {
    /// `key_id` is the registered schema of the keys (confluent).
    pub(crate) fn new(format: Format, message_type: Type, schema_id: i32, key_id: Option<i32>) -> Framer {
        Framer { format, message_type, schema_id, key_id }
    }

    /// Appends the message's value.
    pub(crate) fn value(&self, datum: &[u8], origin: &mut Origin, value: &mut Vec<u8>) {
        match self.format {
            Format::Yelp => {
                let (random, seconds) = origin.next();
                value.push(0x30);
                value.extend_from_slice(uuid::Builder::from_random_bytes(random).as_uuid().as_bytes());
                varint(self.message_type as i64, value);
                varint(i64::from(self.schema_id), value);
                varint(datum.len() as i64, value);
                value.extend_from_slice(datum);
                // No previous payload, no meta, no encryption.
                value.extend_from_slice(&[0, 0, 0]);
                varint(seconds, value);
            }
            Format::Confluent => wire(self.schema_id, datum, value),
        }
    }

    /// Appends the message's key: the bare datum (yelp), or in wire format (confluent).
    pub(crate) fn key(&self, datum: &[u8], key: &mut Vec<u8>) {
        match self.key_id {
            Some(id) => wire(id, datum, key),
            None => key.extend_from_slice(datum),
        }
    }
}

fn wire(schema_id: i32, datum: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(0);
    bytes.extend_from_slice(&schema_id.to_be_bytes());
    bytes.extend_from_slice(datum);
}

fn varint(value: i64, bytes: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}
