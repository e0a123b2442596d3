//! Avro's binary encoding, read strictly: nothing is allocated, nothing is skipped, nothing is guessed.

#[cfg(test)]
mod tests;

use super::Code;

/// Items of arrays, maps and records that a datum may hold beyond one a byte: a count of millions takes five
/// bytes where an item takes none.
const ITEMS_MAX: usize = 100_000;

/// Reads a datum from front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
    items_left: usize,
}

impl<'a> Reader<'a> {
    /// A reader of the whole datum.
    pub fn new(datum: &'a [u8]) -> Reader<'a> {
        Reader { rest: datum, length: datum.len(), items_left: ITEMS_MAX + datum.len() }
    }

    /// The number of bytes read.
    pub fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// The bytes not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes, which the schema asks for.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Code> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Code::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Code> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Code::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A zigzag varint of at most ten bytes.
    ///
    /// # Errors
    /// `truncated`, `bad_varint`.
    #[inline]
    pub fn long(&mut self) -> Result<i64, Code> {
        let (&first, rest) = self.rest.split_first().ok_or(Code::Truncated)?;
        if first < 0x80 {
            self.rest = rest;
            return Ok(zigzag(u64::from(first)));
        }
        self.long_of_many()
    }

    fn long_of_many(&mut self) -> Result<i64, Code> {
        let mut value = 0u64;
        for (index, &byte) in self.rest.iter().enumerate() {
            if index == 9 && byte > 1 {
                return Err(Code::BadVarint);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Ok(zigzag(value));
            }
        }
        Err(Code::Truncated)
    }

    /// A varint of 32 bits.
    ///
    /// # Errors
    /// `truncated`, `bad_varint`, `int_overflow`.
    #[inline]
    pub fn int(&mut self) -> Result<i32, Code> {
        i32::try_from(self.long()?).map_err(|_| Code::IntOverflow)
    }

    /// A boolean.
    ///
    /// # Errors
    /// `truncated`, `bad_bool`.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, Code> {
        match self.chunk::<1>()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Code::BadBool),
        }
    }

    /// Bytes behind their length.
    ///
    /// # Errors
    /// `truncated`, `bad_varint`, `bad_length`.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Code> {
        let length = usize::try_from(self.long()?).map_err(|_| Code::BadLength)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Code::BadLength)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A string.
    ///
    /// # Errors
    /// Those of `bytes`, `bad_utf8`.
    #[inline]
    pub fn string(&mut self) -> Result<&'a str, Code> {
        simdutf8::basic::from_utf8(self.bytes()?).map_err(|_| Code::BadUtf8)
    }

    /// The index of an enum's symbol or a union's branch below `count`.
    ///
    /// # Errors
    /// `truncated`, `bad_varint`, `otherwise` where the index is out of range.
    #[inline]
    pub fn index(&mut self, count: usize, otherwise: Code) -> Result<usize, Code> {
        usize::try_from(self.long()?).ok().filter(|index| *index < count).ok_or(otherwise)
    }

    /// Counts one item of an array, map or record.
    ///
    /// # Errors
    /// `too_many_items`.
    pub fn item(&mut self) -> Result<(), Code> {
        self.items_left = self.items_left.checked_sub(1).ok_or(Code::TooManyItems)?;
        Ok(())
    }

    /// Reads the blocks of an array or map, calling `item` for each of its items.
    ///
    /// # Errors
    /// `truncated`, `bad_varint`, `bad_length`, `too_many_items`, those of `item`.
    pub fn blocks(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Code>) -> Result<(), Code> {
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            let announced = if count < 0 {
                let size = usize::try_from(self.long()?).map_err(|_| Code::BadLength)?;
                if size > self.rest.len() {
                    return Err(Code::BadLength);
                }
                Some(self.rest.len() - size)
            } else {
                None
            };
            if count.unsigned_abs() > self.items_left as u64 {
                return Err(Code::TooManyItems);
            }
            for _ in 0..count.unsigned_abs() {
                self.item()?;
                item(self)?;
            }
            if announced.is_some_and(|left| left != self.rest.len()) {
                return Err(Code::BadLength);
            }
        }
    }

    /// Makes sure that every byte was read.
    ///
    /// # Errors
    /// `trailing_bytes`.
    pub fn end(&self) -> Result<(), Code> {
        if self.rest.is_empty() { Ok(()) } else { Err(Code::TrailingBytes) }
    }
}

#[inline]
fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
