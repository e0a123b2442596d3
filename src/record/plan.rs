//! The compiled way from datums to cells. A datum is read once, front to back; where the key does not stand in
//! front, its cells are moved there afterwards, inside of the output.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::retype::Retype;
use super::schema::Record;
use super::value::{self, Blind, Read};
use super::wire::Reader;
use super::{Code, rows};
use crate::config::Nul;
use crate::dialect::cell::{Encode, PostgresReplace, PostgresStrip};

/// Columns of a key: PostgreSQL's limit of an index.
pub const KEY_COLUMNS_MAX: usize = 32;

/// One field of a record on the wire.
#[derive(Clone, Debug)]
pub struct Step {
    /// The field's path, for reasons.
    pub name: String,
    /// The union around the value.
    pub union: Union,
    /// How to read the value.
    pub read: Read,
    /// Its place in the key.
    pub key: Option<usize>,
    /// Whether the value is read and left out.
    pub skip: bool,
}

/// The union around a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Union {
    /// There is none.
    None,
    /// Of one branch.
    Single,
    /// Of null, at this index, and another branch.
    Null(usize),
    /// Of null, at this index, and a record whose fields are the next steps, so many; the value is whether it is
    /// there.
    Record {
        /// The index of null.
        null: usize,
        /// The steps that are left out where it is null.
        steps: usize,
    },
}

/// Where decoding stopped, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub code: Code,
    /// The step, where it was in one.
    pub step: Option<usize>,
    /// The byte of the datum.
    pub at: usize,
}

/// How the datums of one schema become cells.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The schema's records, for nested values.
    pub records: Vec<Record>,
    /// For a union at the top: its branches, and which is the record.
    pub top: Option<(usize, usize)>,
    /// The top record's fields, and those of the records that are taken apart.
    pub steps: Vec<Step>,
    /// How many of the first steps are the key, in its order; `None` where it stands otherwise.
    lead: Option<usize>,
    /// What becomes of U+0000 that the database cannot hold, outside of keys.
    nul: Nul,
    /// Values from which it was taken.
    mended: Arc<AtomicU64>,
}

/// A datum of a union at its top that is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent;

impl Plan {
    /// Compiles nothing more than the order: whether the key leads.
    pub fn new(records: Vec<Record>, top: Option<(usize, usize)>, steps: Vec<Step>) -> Plan {
        let keys = steps.iter().filter(|step| step.key.is_some()).count();
        let leads = |(index, step): (usize, &Step)| step.key == Some(index) && !step.is_record();
        let leads = steps.iter().take(keys).enumerate().all(leads);
        Plan { records, top, steps, lead: leads.then_some(keys), nul: Nul::DeadLetter, mended: Arc::default() }
    }

    /// The same with this for U+0000.
    pub fn with_nul(self, nul: Nul) -> Plan {
        Plan { nul, ..self }
    }

    /// The values from which U+0000 was taken since this was last asked.
    pub fn take_mended(&self) -> u64 {
        if self.nul == Nul::DeadLetter { 0 } else { self.mended.swap(0, Ordering::Relaxed) }
    }

    /// Begins a datum: reads the union at the top.
    ///
    /// # Errors
    /// Those of the wire, `trailing_bytes` behind a null.
    pub fn begin<'a>(&self, datum: &'a [u8]) -> Result<Result<Reader<'a>, Absent>, Fault> {
        let mut reader = Reader::new(datum);
        let Some((branches, record)) = self.top else { return Ok(Ok(reader)) };
        let read = |reader: &mut Reader<'a>| {
            let branch = reader.index(branches, Code::BadUnion)?;
            if branch != record {
                reader.end()?;
            }
            Ok(branch)
        };
        match read(&mut reader) {
            Ok(branch) if branch == record => Ok(Ok(reader)),
            Ok(_) => Ok(Err(Absent)),
            Err(code) => Err(Fault { code, step: None, at: reader.position() }),
        }
    }

    /// Appends a row's cells: the key, what `between` appends, the other fields.
    ///
    /// # Errors
    /// The fault of the datum, or that of `between`.
    #[inline]
    pub fn row<E: Encode>(
        &self,
        mut reader: Reader<'_>,
        out: &mut Vec<u8>,
        between: impl FnOnce(&mut Vec<u8>) -> Result<(), Code>,
    ) -> Result<(), Fault> {
        let fault = |code, reader: &Reader<'_>| Fault { code, step: None, at: reader.position() };
        if let Some(lead) = self.lead {
            self.run::<E, E>(0..lead, &mut reader, out, None)?;
            between(out).map_err(|code| fault(code, &reader))?;
            self.run::<E, E>(lead..self.steps.len(), &mut reader, out, None)?;
            return reader.end().map_err(|code| fault(code, &reader));
        }
        let (start, mut ranges) = (out.len(), [(0, 0); KEY_COLUMNS_MAX]);
        self.run::<E, E>(0..self.steps.len(), &mut reader, out, Some(&mut ranges))?;
        reader.end().map_err(|code| fault(code, &reader))?;
        let end = out.len();
        let keys = self.copy_keys(out, &ranges);
        between(out).map_err(|code| fault(code, &reader))?;
        ranges[..keys].sort_unstable();
        let mut at = start;
        for (from, to) in &ranges[..keys] {
            out.extend_from_within(at..*from);
            at = *to;
        }
        out.extend_from_within(at..end);
        out.drain(start..end);
        Ok(())
    }

    /// Appends the key's cells alone; the other values are read, not judged.
    ///
    /// # Errors
    /// The fault of the datum.
    pub fn key<E: Encode>(&self, mut reader: Reader<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let (start, mut ranges) = (out.len(), [(0, 0); KEY_COLUMNS_MAX]);
        self.run::<E, Blind>(0..self.steps.len(), &mut reader, out, Some(&mut ranges))?;
        reader.end().map_err(|code| Fault { code, step: None, at: reader.position() })?;
        if self.lead.is_none() {
            let end = out.len();
            self.copy_keys(out, &ranges);
            out.drain(start..end);
        }
        Ok(())
    }

    /// Appends copies of the key's cells in the key's order; how many they are.
    fn copy_keys(&self, out: &mut Vec<u8>, ranges: &[(usize, usize); KEY_COLUMNS_MAX]) -> usize {
        let keys = self.steps.iter().filter(|step| step.key.is_some()).count();
        for (from, to) in &ranges[..keys] {
            out.extend_from_within(*from..*to);
        }
        keys
    }

    /// Reads some steps: those of the key with `E`, the others with `O`.
    #[inline]
    fn run<E: Encode, O: Encode>(
        &self,
        range: std::ops::Range<usize>,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
        mut ranges: Option<&mut [(usize, usize); KEY_COLUMNS_MAX]>,
    ) -> Result<(), Fault> {
        let first = range.start;
        let mends = self.nul != Nul::DeadLetter;
        let mut steps = self.steps[range].iter().enumerate();
        while let Some((index, step)) = steps.next() {
            let start = out.len();
            let before = mends.then(|| reader.clone());
            let result = match step.key {
                Some(_) => step.run::<E>(&self.records, reader, out),
                None if step.skip => step.run::<Blind>(&self.records, reader, out),
                None => step.run::<O>(&self.records, reader, out),
            };
            let judged = O::JUDGES && !step.skip;
            let absent = match result {
                Ok(absent) => absent,
                Err(Code::NulInText) if mends && step.key.is_none() && judged => {
                    let Some(before) = before else { continue };
                    *reader = before;
                    out.truncate(start);
                    let mended = self.mended(step, reader, out);
                    mended.map_err(|code| Fault { code, step: Some(first + index), at: reader.position() })?
                }
                Err(code) if step.key.is_none() && !judged && value::is_of_value(&step.read, code) => continue,
                Err(code) => return Err(Fault { code, step: Some(first + index), at: reader.position() }),
            };
            if let (Some(ranges), Some(key)) = (&mut ranges, step.key) {
                ranges[key] = (start, out.len());
            }
            if absent > 0 {
                absent_fields::<E, O>(steps.by_ref().take(absent), out, ranges.as_deref_mut());
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Reads the value once more and takes U+0000 out of it. PostgreSQL alone comes here.
    #[cold]
    fn mended(&self, step: &Step, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<usize, Code> {
        self.mended.fetch_add(1, Ordering::Relaxed);
        match self.nul {
            Nul::Replace => step.run::<PostgresReplace>(&self.records, reader, out),
            Nul::Strip | Nul::DeadLetter => step.run::<PostgresStrip>(&self.records, reader, out),
        }
    }
}

/// Appends the NULLs of a record that is not there.
#[cold]
fn absent_fields<'s, E: Encode, O: Encode>(
    steps: impl Iterator<Item = (usize, &'s Step)>,
    out: &mut Vec<u8>,
    mut ranges: Option<&mut [(usize, usize); KEY_COLUMNS_MAX]>,
) {
    for (_, step) in steps.filter(|(_, step)| step.has_column()) {
        let start = out.len();
        let Some(key) = step.key else {
            O::null(out);
            continue;
        };
        E::null(out);
        if let Some(ranges) = &mut ranges {
            ranges[key] = (start, out.len());
        }
    }
}

impl Step {
    fn is_record(&self) -> bool {
        matches!(self.union, Union::Record { .. })
    }

    fn has_column(&self) -> bool {
        let reads = !matches!(self.read, Read::Nothing | Read::Retyped(Retype::Skip(_)));
        !self.skip && (reads || self.is_record())
    }

    /// Reads the value; how many of the next steps are those of a record that is not there.
    #[inline]
    fn run<E: Encode>(&self, records: &[Record], reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<usize, Code> {
        match self.union {
            Union::None => {}
            Union::Single => {
                reader.index(1, Code::BadUnion)?;
            }
            Union::Null(null) => {
                if reader.index(2, Code::BadUnion)? == null {
                    E::null(out);
                    return Ok(0);
                }
            }
            Union::Record { null, steps } => {
                let is_there = reader.index(2, Code::BadUnion)? != null;
                E::boolean(out, is_there);
                return Ok(if is_there { 0 } else { steps });
            }
        }
        value::read::<E>(&self.read, records, reader, out)?;
        Ok(0)
    }
}

/// Checks an encoded key.
#[derive(Clone, Debug, Default)]
pub struct KeyCheck {
    /// For each column the bytes or characters that it may have.
    pub limits: Vec<Option<Limit>>,
    /// Bytes that all cells may have together.
    pub size_max: Option<usize>,
    /// The cell of the nil uuid, which is nobody's identity.
    pub nil: Option<Vec<u8>>,
    /// What a null means.
    pub null: Option<Code>,
}

/// The longest content of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// In bytes.
    Bytes(usize),
    /// In characters.
    Characters(usize),
}

impl Limit {
    /// Whether the cell is no longer; characters are those of UTF-8.
    pub fn holds(self, cell: &[u8]) -> bool {
        match self {
            Limit::Bytes(max) => cell.len() <= max,
            Limit::Characters(max) => {
                cell.len() <= max || cell.iter().filter(|byte| **byte as i8 >= -64).count() <= max
            }
        }
    }
}

impl KeyCheck {
    /// Judges the key cells in front of a row.
    ///
    /// # Errors
    /// `key_too_long`, `bad_uuid`, the code for a null.
    pub fn judge(&self, row: &[u8]) -> Result<(), Code> {
        let mut size = 0;
        for (cell, limit) in rows::Cells(row).zip(&self.limits) {
            let Some(cell) = cell else {
                match self.null {
                    Some(code) => return Err(code),
                    None => continue,
                }
            };
            size += cell.len();
            if limit.is_some_and(|limit| !limit.holds(cell)) {
                return Err(Code::KeyTooLong);
            }
            if self.nil.as_deref() == Some(cell) {
                return Err(Code::BadUuid);
            }
        }
        if self.size_max.is_some_and(|max| size > max) { Err(Code::KeyTooLong) } else { Ok(()) }
    }
}
