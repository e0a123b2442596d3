use super::*;

/// Vectors made by Yelp's own `envelope.py`.
pub const V1: &str = "30000102030405060708090a0b0c0d0e0f00f2141202020c696e7365727400000080caadf70a";
pub const V2: &str = "30000102030405060708090a0b0c0d0e0f02f2141202020c757064617465021202020c696e73657274000080caadf70a";
pub const V3: &str = "30000102030405060708090a0b0c0d0e0f04f2140404000002020e3e1e726566726573685f7072696d617279\
    1662696e6c6f672e30303031d8c001000080caadf70a";
const V4: &str = "30000102030405060708090a0b0c0d0e0f02f21420533a2238e26c98d3b0bcd45c5c0964650220ced2d5292e7175be\
    31f9dc1d277549d602040e3e1e726566726573685f7072696d6172791662696e6c6f672e30303031d8c001062010111213\
    1415161718191a1b1c1d1e1f00021c4145535f4d4f44455f4342432d3180caadf70a";
const V5: &[u8] = b"aMAABAgMEBQYHCAkKCwwNDg8A8hQSAgIMaW5zZXJ0AAAAgMqt9wo=";
pub const P1: &str = "02020c696e73657274";
pub const P2: &str = "02020c757064617465";
pub const P3: &str = "0400";

/// A message with this value.
pub fn message(value: Option<&[u8]>) -> Message<'_> {
    Message { topic: "biz", partition: 3, offset: 41, timestamp: Some(1_500), key: None, value, headers: &[] }
}

fn framed<T>(format: Format, value: &[u8], judge: impl FnOnce(Framed<'_>) -> T) -> T {
    judge(frame(format, &message(Some(value)), &mut Vec::new()))
}

fn check(value: &[u8], message_type: MessageType, payload: &str, previous: Option<&str>, meta: &str) {
    framed(Format::Yelp, value, |framed| {
        let Framed::Data(data) = framed else { panic!("{}: {framed:?}", hex::encode(value)) };
        assert_eq!((data.schema_id, data.message_type), (1337, Some(message_type)));
        assert_eq!(data.uuid, Some(std::array::from_fn(|index| index as u8)));
        assert_eq!(data.timestamp, Some(1_467_331_200_000_000));
        assert_eq!(hex::encode(data.payload), payload);
        assert_eq!(data.previous.map(hex::encode).as_deref(), previous);
        assert_eq!(hex::encode(data.meta), meta);
    });
}

fn dead(format: Format, value: &[u8]) -> Code {
    framed(format, value, |framed| match framed {
        Framed::Dead(reason) => reason.code,
        other => panic!("{}: {other:?}", hex::encode(value)),
    })
}

#[test]
fn the_vectors_of_yelps_own_code_are_read() {
    let v1 = hex::decode(V1).unwrap();
    let meta = "02020e3e1e726566726573685f7072696d6172791662696e6c6f672e30303031d8c00100";
    check(&v1, MessageType::Create, P1, None, "");
    check(&hex::decode(V2).unwrap(), MessageType::Update, P2, Some(P1), "");
    check(&hex::decode(V3).unwrap(), MessageType::Delete, P3, None, &meta[2..]);
    check(V5, MessageType::Create, P1, None, "");
    check(&V5[..V5.len() - 1], MessageType::Create, P1, None, "");
    let null_magic: Vec<u8> = [0].into_iter().chain(v1[1..].iter().copied()).collect();
    check(&null_magic, MessageType::Create, P1, None, "");
    assert_eq!(dead(Format::Yelp, &hex::decode(V4).unwrap()), Code::Encrypted);
}

/// An envelope with this type's ordinal and these bytes in the place of meta.
fn envelope_of(ordinal: u8, meta: &[u8]) -> Vec<u8> {
    let mut value = hex::decode(V1).unwrap();
    value[17] = ordinal;
    value.splice(31..32, meta.iter().copied());
    value
}

#[test]
fn message_types_follow_the_ordinals_of_the_wire() {
    let types = [MessageType::Create, MessageType::Update, MessageType::Delete, MessageType::Refresh];
    for (ordinal, expected) in types.into_iter().enumerate() {
        check(&envelope_of(2 * ordinal as u8, &[0]), expected, P1, None, "");
    }
    check(&envelope_of(14, &[0]), MessageType::Log, P1, None, "");
    for ordinal in [8, 10, 12] {
        framed(Format::Yelp, &envelope_of(ordinal, &[0]), |framed| {
            assert!(matches!(framed, Framed::Skip(Why::Protected)), "{framed:?}");
        });
    }
    assert_eq!(dead(Format::Yelp, &envelope_of(16, &[0])), Code::BadEnvelope);
    assert_eq!(dead(Format::Yelp, &envelope_of(1, &[0])), Code::BadEnvelope);
}

#[test]
fn meta_comes_in_any_blocks() {
    let meta = |bytes: &[u8]| check(&envelope_of(0, bytes), MessageType::Create, P1, None, &hex::encode(&bytes[1..]));
    meta(&[2, 0]);
    meta(&[2, 2, 14, 2, 9, 2, 6, 0, 0]);
    meta(&[2, 3, 10, 14, 2, 9, 6, 0, 0]);
    assert_eq!(dead(Format::Yelp, &envelope_of(0, &[2, 3, 8, 14, 2, 9, 6, 0, 0])), Code::BadEnvelope);
    assert_eq!(dead(Format::Yelp, &envelope_of(0, &[4])), Code::BadEnvelope);
}

#[test]
fn damaged_framing_is_dead() {
    let v1 = hex::decode(V1).unwrap();
    let other = |magic: u8| [magic].into_iter().chain(v1[1..].iter().copied()).collect::<Vec<u8>>();
    assert_eq!(dead(Format::Yelp, &[]), Code::EmptyPayload);
    assert_eq!(dead(Format::Confluent, &[]), Code::EmptyPayload);
    assert_eq!(dead(Format::Yelp, &other(0x31)), Code::BadMagic);
    assert_eq!(dead(Format::Confluent, &other(0x01)), Code::BadMagic);
    assert_eq!(dead(Format::Confluent, b"Obj\x01"), Code::BadMagic);
    for length in 1..5 {
        assert_eq!(dead(Format::Yelp, &v1[..length]), Code::ShortHeader);
        assert_eq!(dead(Format::Confluent, &[0; 5][..length]), Code::ShortHeader);
    }
    for length in 17..v1.len() {
        assert_eq!(dead(Format::Yelp, &v1[..length]), Code::BadEnvelope, "{length} bytes");
    }
    assert_eq!(dead(Format::Yelp, &[&v1[..], &[0]].concat()), Code::BadEnvelope);
    assert_eq!(dead(Format::Yelp, b"a!!!!"), Code::BadEnvelope);
    assert_eq!(dead(Format::Yelp, b"aA"), Code::BadEnvelope);
    assert_eq!(dead(Format::Yelp, b"a"), Code::ShortHeader);
    assert_eq!(dead(Format::Yelp, b"aYWFh"), Code::BadMagic);
    assert!(matches!(frame(Format::Yelp, &message(None), &mut Vec::new()), Framed::Tombstone));
}

#[test]
fn confluents_header_is_an_id() {
    for id in [0, -1, 7, i32::MAX] {
        let value = [&[0], &id.to_be_bytes()[..], &[1, 2]].concat();
        framed(Format::Confluent, &value, |framed| {
            let Framed::Data(data) = framed else { panic!("{framed:?}") };
            assert_eq!((data.schema_id, data.payload, data.uuid), (id, &[1u8, 2][..], None));
        });
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_framing_panic(value: Vec<u8>, first in 0u8..5) {
        let magic = [0x30, 0, 0x61, 0x31, 0x30][usize::from(first)];
        let value = [&[magic], &value[..]].concat();
        framed(Format::Yelp, &value, |_| ());
        framed(Format::Confluent, &value, |_| ());
    }
}
