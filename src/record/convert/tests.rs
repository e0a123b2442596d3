use proptest::prelude::*;

use super::*;
use crate::dialect::cell::{Encode, Mysql, Postgres, Sqlite};
use crate::record::rows::Cells;
use crate::record::value;
use crate::record::wire::Reader;

/// The content of the cell that a datum becomes.
fn cell<E: Encode>(read: &Read, datum: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    value::read::<E>(read, &[], &mut Reader::new(datum), &mut out).expect("the value is allowed");
    Cells(&out).next().flatten().expect("it is not NULL").to_vec()
}

fn text(read: &Read, datum: &[u8]) -> String {
    let text = String::from_utf8(cell::<Sqlite>(read, datum)).expect("SQLite has a text");
    assert_eq!(cell::<Mysql>(read, datum), text.as_bytes());
    text
}

fn zigzag(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut out = Vec::new();
    while rest >= 0x80 {
        out.push((rest as u8 & 0x7f) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [zigzag(value.len() as i64), value.to_vec()].concat()
}

fn decimal(precision: u32, scale: u32) -> Kind {
    Kind::Decimal { precision, scale }
}

fn wide(read: &Read, from: Kind, to: Kind) -> Read {
    convert(read, from, to).unwrap_or_else(|| panic!("{from} becomes {to}"))
}

/// A decimal's text without what does not change its value.
fn plain(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

proptest! {
    #[test]
    fn whole_numbers_keep_their_value(value: i32, long: i64, scale in 0..40u32) {
        let datum = zigzag(i64::from(value));
        let read = wide(&Read::Int, Kind::Int32, Kind::Int64);
        prop_assert_eq!(cell::<Postgres>(&read, &datum), i64::from(value).to_be_bytes());
        prop_assert_eq!(cell::<Mysql>(&read, &datum), i64::from(value).to_le_bytes());
        let read = wide(&Read::Int, Kind::Int32, Kind::Float64);
        let double = f64::from_be_bytes(cell::<Postgres>(&read, &datum).try_into().unwrap());
        prop_assert_eq!(double as i64, i64::from(value));
        let point = if scale > 0 { format!(".{}", "0".repeat(scale as usize)) } else { String::new() };
        let read = wide(&Read::Int, Kind::Int32, decimal(10 + scale, scale));
        prop_assert_eq!(text(&read, &datum), format!("{value}{point}"));
        let read = wide(&Read::Long, Kind::Int64, decimal(19 + scale, scale));
        prop_assert_eq!(text(&read, &zigzag(long)), format!("{long}{point}"));
        let read = wide(&Read::Long, Kind::Int64, Kind::BigDecimal);
        prop_assert_eq!(text(&read, &zigzag(long)), long.to_string());
    }

    #[test]
    fn a_float_is_the_same_double(value: f32) {
        let read = wide(&Read::Float, Kind::Float32, Kind::Float64);
        let double = f64::from_be_bytes(cell::<Postgres>(&read, &value.to_le_bytes()).try_into().unwrap());
        prop_assert!(double as f32 == value || value.is_nan() && double.is_nan());
    }

    #[test]
    fn decimals_get_zeros(unscaled: i128, scale in 0..38u32, more in 0..30u32, whole in 0..10u32) {
        let (precision, datum) = (39 + scale, bytes(&unscaled.to_be_bytes()));
        let narrow = Read::Decimal { size: None, precision, scale };
        let before = text(&narrow, &datum);
        let to = decimal(precision + more + whole, scale + more);
        let read = wide(&narrow, decimal(precision, scale), to);
        let after = text(&read, &datum);
        prop_assert_eq!(plain(&after), plain(&before));
        prop_assert_eq!(after.split_once('.').map_or(0, |(_, digits)| digits.len()), (scale + more) as usize);
        // The same number has the same bytes, whichever schema wrote it: keys are compared by them.
        let mut padded = unscaled.to_string();
        if unscaled != 0 {
            padded.push_str(&"0".repeat(more as usize));
        }
        let wide_read = Read::Decimal { size: None, precision: precision + more + whole, scale: scale + more };
        let value: num_bigint::BigInt = padded.parse().unwrap();
        let wide_datum = bytes(&value.to_signed_bytes_be());
        prop_assert_eq!(cell::<Postgres>(&read, &datum), cell::<Postgres>(&wide_read, &wide_datum));
        prop_assert_eq!(text(&wide(&narrow, decimal(precision, scale), Kind::BigDecimal), &datum), before);
    }

    #[test]
    fn a_uuid_is_its_usual_text(value: u128) {
        let fixed = value.to_be_bytes();
        let read = wide(&Read::UuidFixed, Kind::Uuid, Kind::Text(None));
        let lower = text(&read, &fixed);
        prop_assert_eq!(u128::from_str_radix(&lower.replace('-', ""), 16), Ok(value));
        let read = wide(&Read::UuidText, Kind::Uuid, Kind::Text(None));
        prop_assert_eq!(text(&read, &bytes(format!("{{{}}}", lower.to_uppercase()).as_bytes())), lower);
    }

    #[test]
    fn bytes_and_texts_stay(value: Vec<u8>, word in "\\PC*") {
        let read = wide(&Read::Fixed(value.len()), Kind::Fixed(value.len() as u32), Kind::Bytes(None));
        prop_assert_eq!(&cell::<Postgres>(&read, &value), &value);
        let read = wide(&Read::Text(Some(9_999)), Kind::Text(Some(9_999)), Kind::Text(None));
        prop_assert_eq!(text(&read, &bytes(word.as_bytes())), word);
    }
}

#[test]
fn what_a_wider_kind_holds_can_be_written_to_it_and_nothing_else() {
    let reads = [
        (Kind::Bool, Read::Boolean),
        (Kind::Int32, Read::Int),
        (Kind::Int32, Read::LongAsInt),
        (Kind::Int64, Read::Long),
        (Kind::Float32, Read::Float),
        (Kind::Float64, Read::Double),
        (Kind::Bytes(None), Read::Bytes(None)),
        (Kind::Bytes(Some(4)), Read::Bytes(Some(4))),
        (Kind::Text(None), Read::Text(None)),
        (Kind::Text(Some(4)), Read::Text(Some(4))),
        (Kind::Fixed(4), Read::Fixed(4)),
        (decimal(9, 2), Read::Decimal { size: None, precision: 9, scale: 2 }),
        (decimal(9, 2), Read::FixedPoint { precision: 9, scale: 2 }),
        (decimal(30, 4), Read::Decimal { size: Some(13), precision: 30, scale: 4 }),
        (Kind::BigDecimal, Read::BigDecimal),
        (Kind::BigDecimal, Read::VariableScale),
        (Kind::Uuid, Read::UuidText),
        (Kind::Uuid, Read::UuidFixed),
        (Kind::Date, Read::Date),
        (Kind::TimestampTz, Read::Timestamp(1)),
        (Kind::NanosUtc, Read::Long),
    ];
    for (from, read) in &reads {
        for (to, _) in &reads {
            assert_eq!(convert(read, *from, *to).is_some(), holds(*to, *from), "{read:?} of {from} for {to}");
        }
    }
}
