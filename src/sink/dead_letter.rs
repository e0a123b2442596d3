//! Dead letters: the raw record, why it is one, and what it was meant for; never a value in the message.

use sha2::{Digest as _, Sha256};

use super::collapse::{At, Shares};
use super::connection::{Connection, Value};
use super::ledger::{key, time_value};
use super::transaction::BatchTx;
use crate::batch::{Effect, Raw};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::dialect::statement::ledger::Ledger;
use crate::record::{Header, Reason};

/// Of a record that is too large, so much is kept.
const KEPT: usize = 1 << 20;
/// Rows of one statement.
const ROWS_MAX: usize = 50;

/// A dead letter to write.
#[derive(Clone, Debug)]
pub(super) struct DeadLetter<'a> {
    pub(super) at: At,
    pub(super) reason: &'a Reason,
    pub(super) sqlstate: Option<&'a str>,
}

/// What dead letters have in common.
pub(super) struct Context<'a> {
    pub(super) dialect: Dialect,
    pub(super) ledger: &'a Ledger,
    pub(super) sink: &'a str,
    pub(super) shares: &'a Shares<'a>,
    /// The incarnation of each share's topic.
    pub(super) incarnations: &'a [&'a str],
    /// Bytes of the largest record that is kept whole.
    pub(super) record_max: usize,
}

/// Bytes of the largest record that is kept whole: key and value go as they are, and in one packet.
pub(super) fn record_max(config: &Config, connection: &Connection) -> usize {
    config.record_max.min(connection.session.packet_max.saturating_sub(1 << 20) / 2)
}

/// Why a record of the size that the configuration promises to keep would not fit into a packet, if so. Nobody
/// promised anything where `record_max` is not in the file.
pub(super) fn too_small(config: &Config, connection: &Connection) -> Option<String> {
    let packet = connection.session.packet_max;
    (record_max(config, connection) < config.record_max && config.says("record_max")).then(|| {
        let max = config.record_max;
        format!("max_allowed_packet is {packet}, and record_max ({max} bytes) needs twice that size and 1 MiB")
    })
}

/// Writes dead letters, each in place of one of the same record.
pub(super) async fn write(
    tx: &mut BatchTx,
    context: &Context<'_>,
    letters: &[DeadLetter<'_>],
) -> Result<(), sqlx::Error> {
    let mut start = 0;
    while start < letters.len() {
        let mut values = Vec::new();
        let (mut rows, mut bytes) = (0, 0);
        for letter in letters[start..].iter().take(ROWS_MAX) {
            let size = size(context.raw(letter.at)).min(context.record_max.max(KEPT));
            if rows > 0 && bytes + size > context.record_max {
                break;
            }
            values.extend(context.values(letter));
            (rows, bytes) = (rows + 1, bytes + size);
        }
        tx.execute(&context.ledger.dead_letters(rows), &values).await?;
        start += rows;
    }
    Ok(())
}

impl Context<'_> {
    fn raw(&self, at: At) -> Raw<'_> {
        let share = self.shares[at.share].1;
        share.raw(&share.records[at.record])
    }

    /// The values in the order of `Ledger::dead_letters`.
    fn values(&self, letter: &DeadLetter<'_>) -> Vec<Value> {
        let (partition, share) = self.shares[letter.at.share];
        let record = &share.records[letter.at.record];
        let raw = self.raw(letter.at);
        let truncated = size(raw) > self.record_max;
        let kept = |bytes: &[u8]| Value::from(if truncated { &bytes[..bytes.len().min(KEPT)] } else { bytes });
        let headers = if truncated { Vec::new() } else { encode(raw.headers) };
        let length = raw.key.map_or(0, <[u8]>::len) + raw.value.map_or(0, <[u8]>::len);
        let hash = Sha256::new().chain_update(raw.key.unwrap_or_default()).chain_update(raw.value.unwrap_or_default());
        let table = match record.effect {
            Effect::Row { segment, .. } | Effect::Delete { segment, .. } => {
                Some(share.segments[segment].table.name.to_string())
            }
            Effect::Dead(_) => None,
        };
        let [sink, topic, part] = key(self.sink, partition);
        vec![
            sink,
            topic,
            Value::from(self.incarnations[letter.at.share]),
            part,
            Value::Int(record.offset),
            raw.key.map_or(Value::Null, kept),
            raw.value.map_or(Value::Null, kept),
            Value::Bytes(headers),
            Value::Int(i64::try_from(length).unwrap_or(i64::MAX)),
            Value::Bytes(hash.finalize().to_vec()),
            Value::Int(i64::from(truncated)),
            time_value(self.dialect, record.timestamp.and_then(|millis| millis.checked_mul(1000))),
            Value::from(record.schema_id),
            Value::from(letter.reason.code.as_str()),
            Value::from(letter.sqlstate),
            Value::Text(letter.reason.message.replace('\0', "")),
            Value::from(table.as_deref()),
            Value::from(env!("CARGO_PKG_VERSION")),
        ]
    }
}

/// All bytes of a record.
fn size(raw: Raw<'_>) -> usize {
    let headers = raw.headers.iter().map(|(name, value)| 8 + name.len() + value.as_ref().map_or(0, Vec::len));
    raw.key.map_or(0, <[u8]>::len) + raw.value.map_or(0, <[u8]>::len) + headers.sum::<usize>()
}

/// Headers as bytes: of each the name and the value behind their lengths (big-endian, four bytes; −1 is null).
fn encode(headers: &[Header]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in headers {
        let parts = [Some(name.as_bytes()), value.as_deref()];
        for part in parts {
            let length = part.map_or(-1, |part| i32::try_from(part.len()).unwrap_or(i32::MAX));
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(part.unwrap_or_default());
        }
    }
    out
}
