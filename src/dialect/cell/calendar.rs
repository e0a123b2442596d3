//! Days, times of day and uuids as texts, in integers only.

use super::Duration;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// The proleptic Gregorian date of a day since 1970-01-01: year, month, day (H. Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`).
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// The day since 1970-01-01 of a date; `None` where there is none (30 February).
pub(crate) fn days(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = year - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

/// Whether the day lies in the years 1 to 9999.
pub(crate) fn has_four_digits(days: i64) -> bool {
    (-719_162..=2_932_896).contains(&days)
}

/// `YYYY-MM-DD`; years beyond four digits with a sign and six digits at least.
pub(crate) fn date(out: &mut Vec<u8>, day: i64) {
    let (year, month, day) = civil(day);
    if (0..=9999).contains(&year) {
        digits(out, year as u64, 4);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        digits(out, year.unsigned_abs(), 6);
    }
    out.push(b'-');
    digits(out, u64::from(month), 2);
    out.push(b'-');
    digits(out, u64::from(day), 2);
}

/// `HH:MM:SS.fff..` with so many digits behind the second.
pub(crate) fn time(out: &mut Vec<u8>, nanos: i64, fraction: usize) {
    let seconds = nanos as u64 / 1_000_000_000;
    digits(out, seconds / 3_600, 2);
    out.push(b':');
    digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    digits(out, seconds % 60, 2);
    out.push(b'.');
    digits(out, nanos as u64 % 1_000_000_000 / 10u64.pow(9 - fraction as u32), fraction);
}

/// `P1M2DT0.003S`.
pub(crate) fn duration(out: &mut Vec<u8>, value: Duration) {
    out.push(b'P');
    digits(out, u64::from(value.months), 1);
    out.push(b'M');
    digits(out, u64::from(value.days), 1);
    out.extend_from_slice(b"DT");
    digits(out, u64::from(value.millis / 1_000), 1);
    out.push(b'.');
    digits(out, u64::from(value.millis % 1_000), 3);
    out.push(b'S');
}

/// A uuid's 36 lower-case characters.
pub(crate) fn uuid(out: &mut Vec<u8>, value: &[u8; 16]) {
    for (index, byte) in value.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        hex(out, *byte);
    }
}

/// Two lower-case digits.
pub(crate) fn hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// The number, padded with zeros.
fn digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut buffer = [b'0'; 20];
    let mut at = buffer.len();
    while value > 0 {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    let start = at.min(buffer.len() - width);
    out.extend_from_slice(&buffer[start..]);
}
