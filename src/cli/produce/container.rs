//! Avro object container files, block by block: the datums inside are taken as they are, never decoded.

use std::io::{self, Read};
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use apache_avro::Codec;

const MAGIC: &[u8] = b"Obj\x01";
const SYNC: usize = 16;
/// Bytes of the largest header entry and of the largest block.
const BYTES_MAX: u64 = 1 << 30;

/// A container whose header was read.
pub(crate) struct Container<R> {
    reader: R,
    schema: String,
    codec: Codec,
    sync: [u8; SYNC],
}

impl<R: Read> Container<R> {
    /// Reads the header.
    pub(crate) fn open(mut reader: R) -> anyhow::Result<Container<R>> {
        let mut magic = [0; MAGIC.len()];
        reader.read_exact(&mut magic).context("no Avro object container: it is too short")?;
        ensure!(magic == MAGIC, "no Avro object container: it does not begin with Obj1");
        let (mut schema, mut codec) = (None, Codec::Null);
        loop {
            let count = block_count(&mut reader)?;
            if count == 0 {
                break;
            }
            for _ in 0..count {
                let name = bytes(&mut reader)?;
                let value = bytes(&mut reader)?;
                match name.as_slice() {
                    b"avro.schema" => schema = Some(String::from_utf8(value).context("its schema is not UTF-8")?),
                    b"avro.codec" => {
                        let name = String::from_utf8_lossy(&value).into_owned();
                        codec = Codec::from_str(&name).map_err(|_| {
                            anyhow::anyhow!("its codec {name:?} is not one of null, deflate, snappy, zstandard")
                        })?;
                    }
                    _ => {}
                }
            }
        }
        let schema = schema.context("its header has no schema")?;
        let mut sync = [0; SYNC];
        reader.read_exact(&mut sync).context("its header ends too early")?;
        Ok(Container { reader, schema, codec, sync })
    }

    /// The writer schema's text, as it stands in the header.
    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    /// The next block's datums, one behind the other, and how many they are.
    pub(crate) fn next_block(&mut self, datums: &mut Vec<u8>) -> anyhow::Result<Option<u64>> {
        let Some((count, size)) = self.next_size()? else { return Ok(None) };
        datums.clear();
        let read = (&mut self.reader).take(size).read_to_end(datums)?;
        ensure!(read as u64 == size, "a block ends too early");
        self.end_of_block()?;
        self.codec.decompress(datums).context("a block cannot be decompressed")?;
        Ok(Some(count))
    }

    /// How many datums there are, without reading them.
    pub(crate) fn count(mut self) -> anyhow::Result<u64> {
        let mut total: u64 = 0;
        while let Some((count, size)) = self.next_size()? {
            let skipped = io::copy(&mut (&mut self.reader).take(size), &mut io::sink())?;
            ensure!(skipped == size, "a block ends too early");
            self.end_of_block()?;
            total = total.saturating_add(count);
        }
        Ok(total)
    }

    fn next_size(&mut self) -> anyhow::Result<Option<(u64, u64)>> {
        let Some(count) = long(&mut self.reader)? else { return Ok(None) };
        let size = long(&mut self.reader)?.context("a block ends too early")?;
        let count = u64::try_from(count).ok().context("a block has a negative count")?;
        let size =
            u64::try_from(size).ok().filter(|size| *size <= BYTES_MAX).context("a block has a size that cannot be")?;
        Ok(Some((count, size)))
    }

    fn end_of_block(&mut self) -> anyhow::Result<()> {
        let mut sync = [0; SYNC];
        self.reader.read_exact(&mut sync).context("a block ends too early")?;
        ensure!(sync == self.sync, "a block does not end with the file's own marker: the file is damaged");
        Ok(())
    }
}

/// The items of a map's next block; a negative count is followed by the block's size.
fn block_count(reader: &mut impl Read) -> anyhow::Result<u64> {
    let count = long(reader)?.context("its header ends too early")?;
    if count < 0 {
        long(reader)?.context("its header ends too early")?;
    }
    Ok(count.unsigned_abs())
}

fn bytes(reader: &mut impl Read) -> anyhow::Result<Vec<u8>> {
    let length = long(reader)?.and_then(|length| u64::try_from(length).ok()).filter(|length| *length <= BYTES_MAX);
    let length = length.context("its header has a length that cannot be")?;
    let mut bytes = Vec::new();
    let read = reader.take(length).read_to_end(&mut bytes)?;
    ensure!(read as u64 == length, "its header ends too early");
    Ok(bytes)
}

/// A zigzag varint; `None` at the end of the file.
fn long(reader: &mut impl Read) -> anyhow::Result<Option<i64>> {
    let mut value: u64 = 0;
    for position in 0..10 {
        let mut byte = [0];
        if reader.read(&mut byte)? == 0 {
            if position == 0 {
                return Ok(None);
            }
            bail!("it ends inside a number");
        }
        value |= u64::from(byte[0] & 0x7f) << (7 * position);
        if byte[0] < 0x80 {
            return Ok(Some((value >> 1) as i64 ^ -((value & 1) as i64)));
        }
    }
    bail!("a number has no end")
}
