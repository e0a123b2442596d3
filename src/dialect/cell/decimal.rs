//! Decimals: from Avro's two's complement to digits, from digits to a text or PostgreSQL's binary form.

use num_bigint::BigInt;

use crate::record::Code;

/// Digits, and digits behind the point, that any decimal may have: PostgreSQL's limit of scale.
pub(crate) const DIGITS_MAX: usize = 16_383;
/// Bytes that so many digits need.
const BYTES_MAX: usize = 6_804;

/// ±digits × 10^−scale; the digits are ASCII without leading zeros, none is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    pub negative: bool,
    pub digits: &'a [u8],
    pub scale: i32,
}

/// Calls `then` with the sign and the digits of a big-endian two's complement number.
pub(crate) fn with_digits<R>(bytes: &[u8], then: impl FnOnce(bool, &[u8]) -> Result<R, Code>) -> Result<R, Code> {
    let first = *bytes.first().ok_or(Code::BadDecimal)?;
    let negative = first >= 0x80;
    let sign = if negative { 0xff } else { 0 };
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == sign).count()..];
    if bytes.len() <= 15 {
        let mut wide = [sign; 16];
        wide[16 - bytes.len()..].copy_from_slice(bytes);
        return with_small(i128::from_be_bytes(wide).unsigned_abs(), |digits| then(negative, digits));
    }
    if bytes.len() > BYTES_MAX {
        return Err(Code::DecimalRange);
    }
    let mut signed = Vec::with_capacity(bytes.len() + 1);
    signed.push(sign);
    signed.extend_from_slice(bytes);
    let text = BigInt::from_signed_bytes_be(&signed).magnitude().to_str_radix(10);
    then(negative, text.as_bytes())
}

fn with_small<R>(value: u128, then: impl FnOnce(&[u8]) -> R) -> R {
    let mut buffer = [0; 39];
    let mut at = buffer.len();
    let mut push = |digit: u8| {
        at -= 1;
        buffer[at] = b'0' + digit;
    };
    let mut wide = value;
    // Division of 128 bits is slow, and rarely needed.
    while wide > u128::from(u64::MAX) {
        push((wide % 10) as u8);
        wide /= 10;
    }
    let mut narrow = wide as u64;
    while narrow > 0 {
        push((narrow % 10) as u8);
        narrow /= 10;
    }
    then(&buffer[at..])
}

impl Decimal<'_> {
    /// Plain digits: `-12.30`, `0.00`, `1000` of 1E+3.
    pub(crate) fn text(&self, out: &mut Vec<u8>) {
        let zeros = |out: &mut Vec<u8>, count: usize| out.resize(out.len() + count, b'0');
        if self.negative && !self.digits.is_empty() {
            out.push(b'-');
        }
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let whole = self.digits.len().saturating_sub(scale);
        if whole == 0 {
            out.push(b'0');
        }
        out.extend_from_slice(&self.digits[..whole]);
        if self.scale < 0 && whole > 0 {
            zeros(out, self.scale.unsigned_abs() as usize);
        }
        if scale > 0 {
            out.push(b'.');
            zeros(out, scale - (self.digits.len() - whole));
            out.extend_from_slice(&self.digits[whole..]);
        }
    }

    /// PostgreSQL's `numeric_send`: count, weight, sign, scale, then digits of base 10,000.
    pub(super) fn numeric(&self, out: &mut Vec<u8>) {
        let kept = self.digits.len() - self.digits.iter().rev().take_while(|digit| **digit == b'0').count();
        let digits = &self.digits[..kept];
        let whole = self.digits.len() as i32 - self.scale;
        let weight = if kept == 0 { 0 } else { (whole + 3).div_euclid(4) - 1 };
        // Zeros in front, so that groups of four end at the point.
        let lead = if kept == 0 { 0 } else { (4 * (weight + 1) - whole) as usize };
        let count = (lead + kept).div_ceil(4);
        let sign: u16 = if self.negative && kept > 0 { 0x4000 } else { 0 };
        for word in [count as u16, weight as u16, sign, self.scale.max(0) as u16] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        for group in 0..count {
            let value = (0..4).fold(0u16, |value, place| {
                let index = (4 * group + place).checked_sub(lead);
                value * 10 + index.and_then(|index| digits.get(index)).map_or(0, |digit| u16::from(digit - b'0'))
            });
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
}

/// Bytes of so many digits in MySQL's packed form: nine digits take four.
pub(super) fn packed(digits: u32) -> usize {
    const REST: [usize; 9] = [0, 1, 1, 2, 2, 3, 3, 4, 4];
    digits as usize / 9 * 4 + REST[digits as usize % 9]
}
