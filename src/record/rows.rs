//! Rows in the database's own encoding, back to back in one buffer.

/// Encoded rows. One row is its cells in column order; one cell is a big-endian `i32` length (−1 is NULL) and
/// that many bytes, encoded as the dialect wants them (`dialect::cell`). For PostgreSQL this is the tuple body
/// of binary COPY.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Rows {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes held.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The cells of row `index`, back to back.
    pub fn row(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// The cells of row `index`, one by one; `None` is NULL.
    pub fn cells(&self, index: usize) -> Cells<'_> {
        Cells(self.row(index))
    }

    /// Appends one row: `write` appends its cells; on an error nothing is kept.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<usize, E> {
        let start = self.bytes.len();
        match write(&mut self.bytes) {
            Ok(()) => {
                self.ends.push(self.bytes.len());
                Ok(self.ends.len() - 1)
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    /// Takes the last row back.
    pub fn pop(&mut self) {
        self.ends.pop();
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

/// Appends one cell: reserves the length, lets `write` append the bytes, then fills the length in.
pub fn cell<E>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = i32::try_from(out.len() - at - 4).expect("a cell is smaller than a record");
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Appends a NULL.
pub fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(&(-1i32).to_be_bytes());
}

/// An iterator over encoded cells; `None` is NULL.
#[derive(Clone, Debug)]
pub struct Cells<'a>(pub &'a [u8]);

impl<'a> Iterator for Cells<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Some(None);
        };
        let (cell, rest) = rest.split_at(length);
        self.0 = rest;
        Some(Some(cell))
    }
}

/// The bytes of the first `count` cells of a row: its key, where the key columns come first.
pub fn prefix(row: &[u8], count: usize) -> &[u8] {
    let mut cells = Cells(row);
    for _ in 0..count {
        cells.next();
    }
    &row[..row.len() - cells.0.len()]
}
