//! PostgreSQL's binary send formats.

use super::{Decimal, Duration, Encode, calendar, fixed, nul, slice};
use crate::record::{Code, rows};

/// Days and microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH: i64 = EPOCH_DAYS as i64 * calendar::DAY;
/// 4714-11-24 BC to 5874897-12-31, in days since 1970-01-01.
const DATES: std::ops::RangeInclusive<i32> = -2_440_588..=2_145_042_905;
/// 4714-11-24 BC to the end of 294276, in microseconds since 2000-01-01.
const TIMESTAMPS: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// Refuses U+0000, which the server cannot hold.
pub(crate) type Postgres = With<REFUSE>;
/// Leaves U+0000 out.
pub(crate) type PostgresStrip = With<STRIP>;
/// Writes U+FFFD in the place of U+0000.
pub(crate) type PostgresReplace = With<REPLACE>;

const REFUSE: u8 = 0;
const STRIP: u8 = 1;
const REPLACE: u8 = 2;

/// The encoding with one way to treat U+0000.
pub(crate) struct With<const NUL: u8>;

impl<const NUL: u8> Encode for With<NUL> {
    const NUL_IN_TEXT: bool = NUL != REFUSE;

    #[inline]
    fn boolean(out: &mut Vec<u8>, value: bool) {
        fixed(out, [u8::from(value)]);
    }

    #[inline]
    fn int(out: &mut Vec<u8>, value: i32) {
        fixed(out, value.to_be_bytes());
    }

    #[inline]
    fn long(out: &mut Vec<u8>, value: i64) {
        fixed(out, value.to_be_bytes());
    }

    fn float(out: &mut Vec<u8>, value: f32) -> Result<(), Code> {
        fixed(out, value.to_be_bytes());
        Ok(())
    }

    fn double(out: &mut Vec<u8>, value: f64) -> Result<(), Code> {
        fixed(out, value.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn bytes(out: &mut Vec<u8>, value: &[u8]) {
        slice(out, value);
    }

    #[inline]
    fn text(out: &mut Vec<u8>, value: &str) -> Result<(), Code> {
        if value.as_bytes().contains(&0) {
            if NUL == REFUSE {
                return Err(Code::NulInText);
            }
            slice(out, nul::text(value, NUL == REPLACE).as_bytes());
            return Ok(());
        }
        slice(out, value.as_bytes());
        Ok(())
    }

    fn uuid(out: &mut Vec<u8>, value: &[u8; 16]) {
        fixed(out, *value);
    }

    fn decimal(out: &mut Vec<u8>, value: &Decimal<'_>) {
        super::text(out, |out| value.numeric(out));
    }

    fn date(out: &mut Vec<u8>, days: i32) -> Result<(), Code> {
        if !DATES.contains(&days) {
            return Err(Code::DateRange);
        }
        fixed(out, (days - EPOCH_DAYS).to_be_bytes());
        Ok(())
    }

    fn time(out: &mut Vec<u8>, micros: i64) {
        fixed(out, micros.to_be_bytes());
    }

    fn time_span(out: &mut Vec<u8>, micros: i64) {
        let mut cell = [0; 16];
        cell[..8].copy_from_slice(&micros.to_be_bytes());
        fixed(out, cell);
    }

    #[inline]
    fn timestamp(out: &mut Vec<u8>, micros: i64) -> Result<(), Code> {
        let micros = micros.checked_sub(EPOCH).filter(|micros| TIMESTAMPS.contains(micros));
        fixed(out, micros.ok_or(Code::TimestampRange)?.to_be_bytes());
        Ok(())
    }

    fn duration(out: &mut Vec<u8>, value: Duration) -> Result<(), Code> {
        let (Ok(months), Ok(days)) = (i32::try_from(value.months), i32::try_from(value.days)) else {
            return Err(Code::IntervalRange);
        };
        let mut cell = [0; 16];
        cell[..8].copy_from_slice(&(i64::from(value.millis) * 1_000).to_be_bytes());
        cell[8..12].copy_from_slice(&days.to_be_bytes());
        cell[12..].copy_from_slice(&months.to_be_bytes());
        fixed(out, cell);
        Ok(())
    }

    fn json(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Code>) -> Result<(), Code> {
        rows::cell(out, |out| {
            out.push(1);
            let start = out.len();
            write(out)?;
            if NUL == REFUSE { Ok(()) } else { nul::json(out, start, NUL == REPLACE) }
        })
    }
}
