//! Dates and times as texts, by jiff's calendar: it has the years to 9999, and every 400 years are alike.

use jiff::ToSpan;

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;
/// Days of 400 years.
const CYCLE: i64 = 146_097;

/// Year (0 is 1 BC), month and day of a day since 1970.
pub fn civil(days: i64) -> (i64, i8, i8) {
    let date = jiff::civil::date(1970, 1, 1) + days.rem_euclid(CYCLE).days();
    (i64::from(date.year()) + 400 * days.div_euclid(CYCLE), date.month(), date.day())
}

/// A date; with `era` as PostgreSQL prints those before Christ.
pub fn date(days: i64, era: bool) -> String {
    let (year, month, day) = civil(days);
    match year {
        ..=0 if era => format!("{:04}-{month:02}-{day:02} BC", 1 - year),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    }
}

/// A time of day with six digits behind the second; `short` leaves zeros at the end out, as PostgreSQL does.
pub fn time(micros: i64, short: bool) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let text = format!("{:02}:{:02}:{:02}.{fraction:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if short { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A date and a time; `postgres` as it prints them.
pub fn timestamp(micros: i64, postgres: bool, zone: &str) -> String {
    let day = date(micros.div_euclid(DAY), postgres);
    let (day, era) = day.strip_suffix(" BC").map_or((&*day, ""), |day| (day, " BC"));
    format!("{day} {}{zone}{era}", time(micros.rem_euclid(DAY), postgres))
}
