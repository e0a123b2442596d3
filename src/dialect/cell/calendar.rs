//! Days, times of day and uuids as texts, in integers only.

use super::Duration;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;
const HEX: &[u8; 16] = b"0123456789abcdef";

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

/// `YYYY-MM-DD` of a day in the years 0 to 9999.
pub(crate) fn date_digits(year: i64, month: u32, day: u32) -> [u8; 10] {
    let mut text = *b"0000-00-00";
    put(&mut text[..4], year as u32);
    put(&mut text[5..7], month);
    put(&mut text[8..], day);
    text
}

/// `HH:MM:SS.fffffffff` of nanoseconds in a day.
pub(crate) fn time_digits(nanos: i64) -> [u8; 18] {
    let (seconds, fraction) = ((nanos / 1_000_000_000) as u32, (nanos % 1_000_000_000) as u32);
    let mut text = *b"00:00:00.000000000";
    put(&mut text[..2], seconds / 3_600);
    put(&mut text[3..5], seconds / 60 % 60);
    put(&mut text[6..8], seconds % 60);
    put(&mut text[9..], fraction);
    text
}

/// Fills the places with the number's digits.
#[inline]
fn put(places: &mut [u8], mut value: u32) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// `YYYY-MM-DD`; years beyond four digits with a sign and six digits at least.
pub(crate) fn date(out: &mut Vec<u8>, day: i64) {
    let (year, month, day) = civil(day);
    if (0..=9999).contains(&year) {
        out.extend_from_slice(&date_digits(year, month, day));
        return;
    }
    out.push(if year < 0 { b'-' } else { b'+' });
    digits(out, year.unsigned_abs(), 6);
    out.extend_from_slice(&date_digits(0, month, day)[4..]);
}

/// `HH:MM:SS.fff..` with so many digits behind the second.
pub(crate) fn time(out: &mut Vec<u8>, nanos: i64, fraction: usize) {
    let length = if fraction == 0 { 8 } else { 9 + fraction };
    out.extend_from_slice(&time_digits(nanos)[..length]);
}

/// `[-]HHH:MM:SS.ffffff`, the hours with so many digits at least.
pub(crate) fn time_span(out: &mut Vec<u8>, micros: i64, hours: usize) {
    if micros < 0 {
        out.push(b'-');
    }
    let micros = micros.unsigned_abs();
    let within = micros % 3_600_000_000;
    digits(out, micros / 3_600_000_000, hours);
    out.extend_from_slice(&time_digits(within as i64 * 1_000)[2..15]);
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
pub(crate) fn uuid(value: &[u8; 16]) -> [u8; 36] {
    let (mut text, mut at) = ([b'-'; 36], 0);
    for (index, byte) in value.iter().enumerate() {
        at += usize::from(matches!(index, 4 | 6 | 8 | 10));
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    text
}

/// Two lower-case digits.
pub(crate) fn hex(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
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
