//! The fingerprint by which a record is known again.

use super::Tail;
use crate::record::Message;

impl Tail {
    /// The tail that this message is, if it was the last one delivered.
    pub fn of(message: &Message<'_>) -> Tail {
        Tail { offset: message.offset, fingerprint: fingerprint(message) }
    }
}

/// Tells a record from another at the same offset by its timestamp, key and value. It stands in ledgers: it never
/// changes. Not against forgery, and cheap enough for each record.
fn fingerprint(message: &Message<'_>) -> i64 {
    let time = mix(SEED, message.timestamp.unwrap_or(i64::MIN) as u64);
    let key = digest(time, message.key);
    digest(key, message.value).cast_signed()
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// Length first, so that no two pairs of key and value run into each other; a null is none of the lengths.
fn digest(state: u64, bytes: Option<&[u8]>) -> u64 {
    let Some(bytes) = bytes else { return mix(state, u64::MAX) };
    let mut state = mix(state, bytes.len() as u64);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(state, u64::from_le_bytes(last))
}

/// Both halves of a 128-bit product, folded; adding the state keeps a zero from wiping it out.
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word) * u128::from(FACTOR);
    (product as u64 ^ (product >> 64) as u64).wrapping_add(state.rotate_left(23))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(timestamp: Option<i64>, key: Option<&[u8]>, value: Option<&[u8]>) -> i64 {
        let message = Message { topic: "t", partition: 0, offset: 7, timestamp, key, value, headers: &[] };
        assert_eq!(Tail::of(&message).offset, 7);
        Tail::of(&message).fingerprint
    }

    #[test]
    fn a_fingerprint_never_changes_from_version_to_version() {
        assert_eq!(of(None, None, None), -4_510_693_406_288_600_984);
        let known = of(Some(1_467_331_200_000), Some(b"k"), Some(b"a value of 20 bytes."));
        assert_eq!(known, -7_348_543_735_774_354_282);
    }

    #[test]
    fn whatever_differs_has_another_fingerprint() {
        let mut seen = std::collections::HashSet::new();
        let zeros = [0; 40];
        for timestamp in [None, Some(0), Some(1)] {
            for key in [None, Some(&b""[..]), Some(b"a"), Some(b"ab"), Some(b"\0")] {
                for value in [None, Some(&b""[..]), Some(b"a"), Some(b"b"), Some(b"12345678"), Some(b"12345678\0")] {
                    assert!(seen.insert(of(timestamp, key, value)), "{timestamp:?} {key:?} {value:?}");
                }
            }
        }
        for length in 2..=zeros.len() {
            assert!(seen.insert(of(None, None, Some(&zeros[..length]))), "{length} zeros");
        }
    }
}
