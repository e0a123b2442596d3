//! The values that MySQL and MariaDB are given: numbers little-endian, the rest as texts or bytes.

use super::{Decimal, Duration, Encode, calendar, date_text, fixed, slice, timestamp_text};
use crate::record::{Code, rows};

pub(crate) struct Mysql;

impl Encode for Mysql {
    const NUL_IN_TEXT: bool = true;
    /// MySQL keeps them so; MariaDB keeps the text, and computes with doubles.
    const JSON_DOUBLES: bool = true;

    #[inline]
    fn boolean(out: &mut Vec<u8>, value: bool) {
        fixed(out, [u8::from(value)]);
    }

    #[inline]
    fn int(out: &mut Vec<u8>, value: i32) {
        fixed(out, value.to_le_bytes());
    }

    #[inline]
    fn long(out: &mut Vec<u8>, value: i64) {
        fixed(out, value.to_le_bytes());
    }

    fn float(out: &mut Vec<u8>, value: f32) -> Result<(), Code> {
        Self::double(out, f64::from(value))
    }

    fn double(out: &mut Vec<u8>, value: f64) -> Result<(), Code> {
        if !value.is_finite() {
            return Err(Code::NotFinite);
        }
        fixed(out, value.to_le_bytes());
        Ok(())
    }

    #[inline]
    fn bytes(out: &mut Vec<u8>, value: &[u8]) {
        slice(out, value);
    }

    #[inline]
    fn text(out: &mut Vec<u8>, value: &str) -> Result<(), Code> {
        slice(out, value.as_bytes());
        Ok(())
    }

    fn uuid(out: &mut Vec<u8>, value: &[u8; 16]) {
        fixed(out, *value);
    }

    fn decimal(out: &mut Vec<u8>, value: &Decimal<'_>) {
        super::text(out, |out| value.text(out));
    }

    fn date(out: &mut Vec<u8>, days: i32) -> Result<(), Code> {
        date_text(out, days)
    }

    fn time(out: &mut Vec<u8>, micros: i64) {
        super::text(out, |out| calendar::time(out, micros * 1_000, 6));
    }

    fn time_span(out: &mut Vec<u8>, micros: i64) {
        super::text(out, |out| calendar::time_span(out, micros, 2));
    }

    fn timestamp(out: &mut Vec<u8>, micros: i64) -> Result<(), Code> {
        timestamp_text(out, micros)
    }

    fn duration(out: &mut Vec<u8>, value: Duration) -> Result<(), Code> {
        super::text(out, |out| calendar::duration(out, value));
        Ok(())
    }

    fn json(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Code>) -> Result<(), Code> {
        rows::cell(out, write)
    }
}
