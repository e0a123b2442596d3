use super::*;

type Write<'a> = &'a dyn Fn(&mut Vec<u8>) -> Result<(), Code>;

/// The content of the cell that `write` makes, in each dialect.
fn cells(write: [Write<'_>; 3]) -> [Result<Vec<u8>, Code>; 3] {
    write.map(|write| {
        let mut out = Vec::new();
        write(&mut out)?;
        let mut cells = rows::Cells(&out);
        let cell = cells.next().expect("a cell").expect("not null").to_vec();
        assert_eq!(cells.next(), None);
        Ok(cell)
    })
}

macro_rules! in_all {
    ($method:ident($value:expr)) => {
        cells([
            &|out| Ok::<(), Code>(()).and(into(Postgres::$method(out, $value))),
            &|out| Ok::<(), Code>(()).and(into(Mysql::$method(out, $value))),
            &|out| Ok::<(), Code>(()).and(into(Sqlite::$method(out, $value))),
        ])
    };
}

trait IntoResult {
    fn result(self) -> Result<(), Code>;
}

impl IntoResult for () {
    fn result(self) -> Result<(), Code> {
        Ok(())
    }
}

impl IntoResult for Result<(), Code> {
    fn result(self) -> Result<(), Code> {
        self
    }
}

fn into(value: impl IntoResult) -> Result<(), Code> {
    value.result()
}

fn hexed(cell: &Result<Vec<u8>, Code>) -> Result<String, Code> {
    cell.clone().map(hex::encode)
}

fn texts(cells: &[Result<Vec<u8>, Code>]) -> Vec<Result<String, Code>> {
    cells.iter().map(|cell| cell.clone().map(|cell| String::from_utf8(cell).unwrap())).collect()
}

#[test]
fn numbers_take_each_databases_bytes() {
    let check = |cells: [Result<Vec<u8>, Code>; 3], expected: [&str; 3]| {
        assert_eq!(cells.map(|cell| hex::encode(cell.unwrap())), expected);
    };
    check(in_all!(boolean(true)), ["01", "01", "0100000000000000"]);
    check(in_all!(int(-2)), ["fffffffe", "feffffff", "feffffffffffffff"]);
    check(in_all!(long(258)), ["0000000000000102", "0201000000000000", "0201000000000000"]);
    check(in_all!(float(1.5)), ["3fc00000", "000000000000f83f", "000000000000f83f"]);
    check(in_all!(double(1.5)), ["3ff8000000000000", "000000000000f83f", "000000000000f83f"]);
    check(in_all!(bytes(&[1, 0, 2])), ["010002"; 3]);
    check(
        in_all!(json(|out| {
            out.push(b'1');
            Ok(())
        })),
        ["0131", "31", "31"],
    );
    let id = [0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let [postgres, mysql, sqlite] = in_all!(uuid(&id));
    assert_eq!((postgres.unwrap(), mysql.unwrap()), (id.to_vec(), id.to_vec()));
    assert_eq!(sqlite.unwrap(), b"ab010203-0405-0607-0809-0a0b0c0d0e0f");
}

#[test]
fn what_a_database_cannot_hold_is_refused() {
    let check = |cells: [Result<Vec<u8>, Code>; 3], expected: [Option<Code>; 3]| {
        assert_eq!(cells.map(|cell| cell.err()), expected);
    };
    let (finite, nul) = (Some(Code::NotFinite), Some(Code::NulInText));
    check(in_all!(double(f64::NAN)), [None, finite, finite]);
    check(in_all!(double(f64::INFINITY)), [None, finite, None]);
    check(in_all!(float(f32::NEG_INFINITY)), [None, finite, None]);
    check(in_all!(double(5e-324)), [None; 3]);
    check(in_all!(text("a\0b")), [nul, None, None]);
    check(in_all!(text("")), [None; 3]);
    let months = |months| Duration { months, days: 0, millis: 0 };
    check(in_all!(duration(months(1 << 31))), [Some(Code::IntervalRange), None, None]);
    check(in_all!(duration(months((1 << 31) - 1))), [None; 3]);
}

#[test]
fn dates_and_timestamps_keep_to_each_databases_years() {
    let date = |year, month, day| i32::try_from(calendar::days(year, month, day).unwrap()).unwrap();
    let check = |days: i32, postgres: Option<i32>, text: Option<&str>| {
        let cells = in_all!(date(days));
        let expected = postgres.map(|days| hex::encode(days.to_be_bytes())).ok_or(Code::DateRange);
        assert_eq!(hexed(&cells[0]), expected, "{days}");
        assert_eq!(texts(&cells[1..]), vec![text.map(str::to_owned).ok_or(Code::DateRange); 2], "{days}");
    };
    check(0, Some(-10_957), Some("1970-01-01"));
    check(date(2024, 2, 29), Some(8_825), Some("2024-02-29"));
    check(date(1, 1, 1), Some(date(1, 1, 1) - 10_957), Some("0001-01-01"));
    check(date(9999, 12, 31), Some(date(9999, 12, 31) - 10_957), Some("9999-12-31"));
    check(date(0, 12, 31), Some(date(0, 12, 31) - 10_957), None);
    check(date(10_000, 1, 1), Some(date(10_000, 1, 1) - 10_957), None);
    check(date(-4713, 11, 24), Some(-2_451_545), None);
    check(date(-4713, 11, 24) - 1, None, None);
    check(date(5_874_897, 12, 31), Some(date(5_874_897, 12, 31) - 10_957), None);
    check(date(5_874_897, 12, 31) + 1, None, None);
    check(i32::MIN, None, None);
    check(i32::MAX, None, None);

    let check = |micros: i64, postgres: bool, text: Option<&str>| {
        let cells = in_all!(timestamp(micros));
        let expected = if postgres { Ok(micros - 946_684_800_000_000) } else { Err(Code::TimestampRange) };
        assert_eq!(hexed(&cells[0]), expected.map(|micros| hex::encode(micros.to_be_bytes())), "{micros}");
        assert_eq!(texts(&cells[1..]), vec![text.map(str::to_owned).ok_or(Code::TimestampRange); 2], "{micros}");
    };
    let at = |year, month, day| calendar::days(year, month, day).unwrap() * calendar::DAY;
    check(0, true, Some("1970-01-01 00:00:00.000000"));
    check(-1, true, Some("1969-12-31 23:59:59.999999"));
    check(2_147_483_647_999_999, true, Some("2038-01-19 03:14:07.999999"));
    check(at(1, 1, 1), true, Some("0001-01-01 00:00:00.000000"));
    check(at(1, 1, 1) - 1, true, None);
    check(at(10_000, 1, 1) - 1, true, Some("9999-12-31 23:59:59.999999"));
    check(at(10_000, 1, 1), true, None);
    check(at(-4713, 11, 24), true, None);
    check(at(-4713, 11, 24) - 1, false, None);
    check(i64::MIN, false, None);
    // The year 294276 ends after what i64 microseconds since 1970 hold.
    check(i64::MAX, true, None);
    let times = in_all!(time(11_045_000_006));
    assert_eq!(hexed(&times[0]), Ok(hex::encode(11_045_000_006i64.to_be_bytes())));
    assert_eq!(times[1].clone().unwrap(), b"03:04:05.000006");
}

#[test]
fn the_calendar_agrees_with_jiff() {
    let epoch = jiff::civil::date(1970, 1, 1);
    for day in (-719_162..=2_932_896).step_by(97) {
        let date = epoch + jiff::Span::new().days(day);
        let expected = (i64::from(date.year()), date.month() as u32, date.day() as u32);
        assert_eq!(calendar::civil(day), expected);
        assert_eq!(calendar::days(expected.0, expected.1, expected.2), Some(day));
    }
    assert_eq!(calendar::days(2023, 2, 29), None);
    assert_eq!(calendar::days(2023, 4, 31), None);
    assert_eq!(calendar::days(2023, 13, 1), None);
}

fn decimal<R>(bytes: &[u8], scale: i32, then: impl FnOnce(Decimal<'_>) -> R) -> Result<R, Code> {
    decimal::with_digits(bytes, |negative, digits| Ok(then(Decimal { negative, digits, scale })))
}

#[test]
fn decimals_become_digits_and_numerics() {
    let check = |bytes: &str, scale, text: &str, numeric: &str| {
        decimal(&hex::decode(bytes).unwrap(), scale, |value| {
            let cells = in_all!(decimal(&value));
            assert_eq!(hexed(&cells[0]).unwrap(), numeric.replace(' ', ""), "{text}");
            assert_eq!(texts(&cells[1..]), vec![Ok(text.to_owned()); 2]);
        })
        .unwrap();
    };
    check("279d", 2, "101.41", "0002 0000 0000 0002 0065 1004");
    check("0000279d", 2, "101.41", "0002 0000 0000 0002 0065 1004");
    check("ff", 2, "-0.01", "0001 ffff 4000 0002 0064");
    check("ffffff", 2, "-0.01", "0001 ffff 4000 0002 0064");
    check("00", 2, "0.00", "0000 0000 0000 0002");
    check("00", 0, "0", "0000 0000 0000 0000");
    check("00", -3, "0", "0000 0000 0000 0000");
    check("fec6", 2, "-3.14", "0002 0000 4000 0002 0003 0578");
    check("01", -3, "1000", "0001 0000 0000 0000 03e8");
    check("0c", -5, "1200000", "0001 0001 0000 0000 0078");
    check("2710", 4, "1.0000", "0001 0000 0000 0004 0001");
    check("2710", 0, "10000", "0001 0001 0000 0000 0001");
    check("01", 9, "0.000000001", "0001 fffd 0000 0009 03e8");
    check("80", 0, "-128", "0001 0000 4000 0000 0080");
    assert_eq!(decimal(&[], 2, |_| ()), Err(Code::BadDecimal));
    assert_eq!(decimal(&[0x7f; 6_805], 2, |_| ()), Err(Code::DecimalRange));
}

/// Reads PostgreSQL's numeric back, by its documentation.
fn numeric_text(cell: &[u8]) -> String {
    let word = |index: usize| i16::from_be_bytes([cell[2 * index], cell[2 * index + 1]]);
    let (count, weight, sign, scale) = (word(0), i32::from(word(1)), word(2), word(3) as usize);
    let group = |place: i32| match usize::try_from(weight - place) {
        Ok(index) if index < count as usize => word(4 + index),
        _ => 0,
    };
    let whole: String = (0..=weight.max(0)).rev().map(|place| format!("{:04}", group(place))).collect();
    let fraction: String = (1..=scale.div_ceil(4) as i32).map(|place| format!("{:04}", group(-place))).collect();
    let whole = whole.trim_start_matches('0');
    let sign = if sign == 0x4000 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{}{point}{}", if whole.is_empty() { "0" } else { whole }, &fraction[..scale])
}

proptest::proptest! {
    #[test]
    fn decimals_of_any_length_agree_with_big_integers(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..60),
        scale in 0i32..80,
    ) {
        let expected = {
            let value = num_bigint::BigInt::from_signed_bytes_be(&bytes);
            let digits = format!("{:0>width$}", value.magnitude().to_str_radix(10), width = scale as usize + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
            let sign = if value.sign() == num_bigint::Sign::Minus { "-" } else { "" };
            let point = if scale > 0 { "." } else { "" };
            format!("{sign}{whole}{point}{fraction}")
        };
        decimal(&bytes, scale, |value| {
            let cells = in_all!(decimal(&value));
            assert_eq!(numeric_text(cells[0].as_ref().unwrap()), expected);
            assert_eq!(texts(&cells[1..]), vec![Ok(expected.clone()); 2]);
        }).unwrap();
    }
}

#[test]
fn unbounded_texts_share_what_a_key_of_mysql_leaves() {
    let column = |kind, from| Column {
        name: String::new(),
        path: String::new(),
        kind,
        not_null: true,
        from,
        comment: None,
        millis: false,
        room: None,
    };
    let text = || column(Kind::Text(None), From::Field(0));
    let check = |dialect: Dialect, key: &[Column], expected| assert_eq!(dialect.key_text_max(key), expected);
    check(Dialect::Mysql, &[text()], Some(255));
    check(Dialect::Mysql, &[text(), text(), text()], Some(255));
    check(Dialect::Mysql, &[text(), text(), text(), text()], Some(192));
    check(Dialect::Mariadb, &[column(Kind::Text(None), From::Topic), text(), text(), text()], Some(173));
    check(Dialect::Mariadb, &[column(Kind::Int64, From::Field(0)), text(), text(), text(), text()], Some(191));
    check(Dialect::Postgres, &[text()], None);
    check(Dialect::Sqlite, &[text()], None);
}
