//! Date-times that travel as ISO 8601 texts.

use super::Code;
use crate::dialect::cell::calendar;

/// Microseconds since 1970-01-01 of `YYYY-MM-DDTHH:MM:SS[.f]`, six digits behind the second at most.
///
/// # Errors
/// `bad_datetime`.
pub fn local(text: &str) -> Result<i64, Code> {
    match parse(text.as_bytes()) {
        Some((micros, 0, fraction, [])) if fraction <= 6 => Ok(micros),
        _ => Err(Code::BadDatetime),
    }
}

/// Microseconds since 1970-01-01 UTC of the same with `Z` or an offset behind.
///
/// # Errors
/// `bad_datetime`, `sub_microsecond`.
pub fn zoned(text: &str) -> Result<i64, Code> {
    let (micros, nanos, _, zone) = parse(text.as_bytes()).ok_or(Code::BadDatetime)?;
    let minutes = offset(zone).ok_or(Code::BadDatetime)?;
    if nanos != 0 { Err(Code::SubMicrosecond) } else { Ok(micros - minutes * 60_000_000) }
}

/// The day since 1970-01-01 of `YYYY-MM-DD`.
///
/// # Errors
/// `bad_datetime`.
pub fn date(text: &str) -> Result<i32, Code> {
    let parsed = match text.as_bytes() {
        [year @ .., b'-', m1, m2, b'-', d1, d2] if year.len() == 4 => day(year, &[*m1, *m2], &[*d1, *d2]),
        _ => None,
    };
    parsed.and_then(|day| i32::try_from(day).ok()).ok_or(Code::BadDatetime)
}

fn day(year: &[u8], month: &[u8], day: &[u8]) -> Option<i64> {
    calendar::days(i64::from(digits(year)?), digits(month)?, digits(day)?)
}

/// Microseconds, the nanoseconds beyond, the number of digits behind the second, and what follows.
fn parse(text: &[u8]) -> Option<(i64, u32, usize, &[u8])> {
    let (head, rest) = text.split_first_chunk::<19>()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, mark)| head[*at] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| digits(&head[from..to]);
    let days = day(&head[..4], &head[5..7], &head[8..10])?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match rest {
        [b'.', behind @ ..] => behind.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let (nanos, rest) = match rest {
        [b'.', ..] if fraction == 0 || fraction > 9 => return None,
        [b'.', behind @ ..] => (digits(&behind[..fraction])? * 10u32.pow(9 - fraction as u32), &behind[fraction..]),
        _ => (0, rest),
    };
    let seconds = days * 86_400 + i64::from(hour * 3_600 + minute * 60 + second);
    Some((seconds * 1_000_000 + i64::from(nanos / 1_000), nanos % 1_000, fraction, rest))
}

/// Minutes east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hours, minutes) = (digits(&[*a, *b])?, digits(&[*c, *d])?);
            let minutes = (hours <= 18 && minutes <= 59).then_some(i64::from(hours * 60 + minutes))?;
            Some(if *sign == b'-' { -minutes } else { minutes })
        }
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strict_date_times_are_read() {
        let check = |text: &str, expected| assert_eq!(local(text), expected, "{text}");
        let bad = Err(Code::BadDatetime);
        check("1970-01-01T00:00:01.111111", Ok(1_111_111));
        check("1970-01-01T00:00:01", Ok(1_000_000));
        check("1969-12-31T23:59:59.9", Ok(-100_000));
        check("2038-01-19T03:14:07.999999", Ok(2_147_483_647_999_999));
        for text in [
            "",
            "1970-01-01",
            "1970-01-01 00:00:01",
            "1970-01-01T00:00:01Z",
            "1970-01-01T00:00:01.",
            "1970-13-01T00:00:00",
            "1970-02-30T00:00:00",
            "1970-01-01T24:00:00",
            "1970-01-01T00:60:00",
            "1970-01-01T00:00:60",
            "1970-01-01T00:00:01.0000001",
            "0000-00-00T00:00:00",
            "+970-01-01T00:00:00",
        ] {
            check(text, bad);
        }
        let check = |text: &str, expected| assert_eq!(date(text), expected, "{text}");
        check("1970-01-02", Ok(1));
        check("0001-01-01", Ok(-719_162));
        for text in
            ["", "1970-1-2", "1970-02-30", "70-01-01", "1970-01-02 ", "1970-01-02T00:00:00", "19700102", "+970-01-01"]
        {
            check(text, Err(Code::BadDatetime));
        }
        let check = |text: &str, expected| assert_eq!(zoned(text), expected, "{text}");
        check("1970-01-01T00:00:01Z", Ok(1_000_000));
        check("1970-01-01T01:00:01.5+01:00", Ok(1_500_000));
        check("1969-12-31T19:00:01-05:00", Ok(1_000_000));
        check("1970-01-01T00:00:01.000000001Z", Err(Code::SubMicrosecond));
        check("1970-01-01T00:00:01.123456000Z", Ok(1_123_456));
        for text in ["1970-01-01T00:00:01", "1970-01-01T00:00:01+0100", "1970-01-01T00:00:01+19:00", "infinity"] {
            check(text, bad);
        }
    }
}
