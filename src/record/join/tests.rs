use proptest::prelude::*;

use super::*;

fn limit() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![Just(None), (1..300u32).prop_map(Some)]
}

/// Few enough that many triples have a join.
fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Bool),
        Just(Kind::Int32),
        Just(Kind::Int64),
        Just(Kind::Float32),
        Just(Kind::Float64),
        limit().prop_map(Kind::Bytes),
        limit().prop_map(Kind::Text),
        (1..4u32).prop_map(Kind::Fixed),
        (1..70u32, 0..70u32).prop_map(|(precision, scale)| Kind::Decimal { precision, scale: scale.min(precision) }),
        Just(Kind::BigDecimal),
        Just(Kind::Uuid),
        Just(Kind::UuidText),
        Just(Kind::TimeSpan),
        Just(Kind::Date),
        Just(Kind::Time),
        Just(Kind::TimestampTz),
        Just(Kind::Timestamp),
        Just(Kind::NanosUtc),
        Just(Kind::NanosLocal),
        Just(Kind::Duration),
        Just(Kind::Json),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_order_of_schemas_does_not_matter(a in kind(), b in kind(), c in kind()) {
        prop_assert_eq!(join(a, a), Some(a));
        prop_assert_eq!(join(a, b), join(b, a));
        let left = join(a, b).and_then(|joined| join(joined, c));
        let right = join(b, c).and_then(|joined| join(a, joined));
        prop_assert_eq!(left, right);
        if let Some(joined) = join(a, b) {
            prop_assert!(holds(joined, a) && holds(joined, b));
        }
    }

    #[test]
    fn a_kind_is_read_as_it_was_written_down(a in kind()) {
        prop_assert_eq!(a.to_string().parse(), Ok(a));
    }
}

#[test]
fn kinds_widen_as_documented() {
    let decimal = |precision, scale| Kind::Decimal { precision, scale };
    let check = |one, other, expected| assert_eq!(join(one, other), expected, "{one} and {other}");
    check(Kind::Text(Some(5)), Kind::Text(Some(9)), Some(Kind::Text(Some(9))));
    check(Kind::Text(Some(5)), Kind::Text(None), Some(Kind::Text(None)));
    check(Kind::Bytes(Some(5)), Kind::Bytes(None), Some(Kind::Bytes(None)));
    check(decimal(5, 2), decimal(9, 2), Some(decimal(9, 2)));
    check(decimal(9, 2), decimal(9, 4), Some(decimal(11, 4)));
    check(decimal(5, 0), decimal(5, 5), Some(decimal(10, 5)));
    check(decimal(5, 2), Kind::BigDecimal, Some(Kind::BigDecimal));
    check(Kind::Int32, Kind::Int64, Some(Kind::Int64));
    check(Kind::Int32, Kind::Float32, Some(Kind::Float64));
    check(Kind::Int32, Kind::Float64, Some(Kind::Float64));
    check(Kind::Float32, Kind::Float64, Some(Kind::Float64));
    check(Kind::Int32, decimal(5, 2), Some(decimal(12, 2)));
    check(Kind::Int64, decimal(30, 2), Some(decimal(30, 2)));
    check(Kind::Int64, decimal(5, 2), Some(decimal(21, 2)));
    check(Kind::Uuid, Kind::Text(Some(5)), Some(Kind::Text(None)));
    check(Kind::Fixed(3), Kind::Fixed(4), Some(Kind::Bytes(None)));
    check(Kind::Fixed(3), Kind::Bytes(Some(9)), Some(Kind::Bytes(None)));
    let conflicts = [
        (Kind::Int64, Kind::Float32),
        (Kind::Int64, Kind::Float64),
        (decimal(5, 2), Kind::Float64),
        (decimal(5, 2), Kind::Float32),
        (Kind::Bool, Kind::Int32),
        (Kind::Text(None), Kind::Bytes(None)),
        (Kind::Int64, Kind::TimestampTz),
        (Kind::Int64, Kind::NanosUtc),
        (Kind::Int32, Kind::Date),
        (Kind::TimestampTz, Kind::Timestamp),
        (Kind::TimestampTz, Kind::NanosUtc),
        (Kind::Text(None), Kind::Json),
        (Kind::Uuid, Kind::Fixed(16)),
        (Kind::Text(None), Kind::Int32),
    ];
    for (one, other) in conflicts {
        check(one, other, None);
    }
}

#[test]
fn digits_that_no_value_has_are_not_joined() {
    let huge = Kind::Decimal { precision: 2_000_000_000, scale: 2_000_000_000 };
    assert_eq!(join(Kind::Int32, huge), None);
    assert_eq!(join(Kind::Decimal { precision: 16_000, scale: 0 }, Kind::Decimal { precision: 400, scale: 400 }), None);
    assert_eq!(join(huge, huge), Some(huge));
}
