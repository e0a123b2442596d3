//! Avro, envelopes and wire formats, written by hand: what is tested must not write its own input.

/// Lets apache-avro read what nests up to the limit of flatsink, and beyond. Its own limit is the process's, and the
/// first reading of any test fixes it: to be called before each.
pub fn let_reference_nest() {
    apache_avro::util::max_decode_recursion_depth(400);
}

/// An int or a long: zigzag, then seven bits a byte, the lowest first.
pub fn long(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// A string, or bytes: the length goes first.
pub fn text(value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [long(value.len() as i64), value.to_vec()].concat()
}

pub fn double(value: f64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// The null branch of `["null", T]`.
pub fn null() -> Vec<u8> {
    vec![0]
}

/// The other branch of `["null", T]`.
pub fn some(value: Vec<u8>) -> Vec<u8> {
    [long(1), value].concat()
}

/// A record is its fields, one after the other.
pub fn record(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// Confluent's wire format: a zero, the schema id, the datum.
pub fn confluent(schema_id: i32, datum: &[u8]) -> Vec<u8> {
    [&[0], &schema_id.to_be_bytes()[..], datum].concat()
}

/// Yelp's envelope, version 1.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub uuid: [u8; 16],
    pub message_type: &'static str,
    pub schema_id: i32,
    pub payload: Vec<u8>,
    pub previous: Option<Vec<u8>>,
    pub timestamp: i32,
}

/// In the order of the envelope's enum.
const MESSAGE_TYPES: [&str; 8] =
    ["create", "update", "delete", "refresh", "heartbeat", "monitor", "registration", "log"];

/// The timestamp of envelopes unless said otherwise, and as a database shows it.
pub const TIMESTAMP: (i32, &str) = (1_467_331_200, "2016-07-01 00:00:00.000000");

impl Envelope {
    /// A message with a uuid of its own.
    pub fn new(message_type: &'static str, schema_id: i32, payload: Vec<u8>) -> Envelope {
        let uuid = rand::random();
        Envelope { uuid, message_type, schema_id, payload, previous: None, timestamp: TIMESTAMP.0 }
    }

    /// With the row as it was before.
    pub fn previous(self, payload: Vec<u8>) -> Envelope {
        Envelope { previous: Some(payload), ..self }
    }

    /// The message's value: `0x30`, then the envelope's fields.
    pub fn value(&self) -> Vec<u8> {
        let message_type = MESSAGE_TYPES.iter().position(|name| *name == self.message_type).expect("it is one of them");
        let fields = [
            self.uuid.to_vec(),
            long(message_type as i64),
            long(self.schema_id.into()),
            text(&self.payload),
            self.previous.as_ref().map_or_else(null, |previous| some(text(previous))),
            null(),
            null(),
            long(self.timestamp.into()),
        ];
        [vec![0x30], record(&fields)].concat()
    }
}

#[test]
fn envelopes_are_as_yelp_writes_them() {
    let uuid = std::array::from_fn(|index| index as u8);
    let payload = record(&[long(1), some(text("insert"))]);
    assert_eq!(hex::encode(&payload), "02020c696e73657274");
    let create = Envelope { uuid, ..Envelope::new("create", 1337, payload.clone()) };
    let expected = "30000102030405060708090a0b0c0d0e0f00f2141202020c696e7365727400000080caadf70a";
    assert_eq!(hex::encode(create.value()), expected);
    let update = Envelope { uuid, ..Envelope::new("update", 1337, record(&[long(1), some(text("update"))])) };
    let expected = "30000102030405060708090a0b0c0d0e0f02f2141202020c757064617465021202020c696e73657274000080caadf70a";
    assert_eq!(hex::encode(update.previous(payload).value()), expected);
    assert_eq!(hex::encode(long(-1)), "01");
    assert_eq!(hex::encode(long(i64::MIN)), "ffffffffffffffffff01");
}
