//! The sample data, and how it is laid out over the partitions of the broker inside.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::cli::produce::container::Container;
use crate::cli::produce::datum::Layout;
use crate::cli::produce::each_datum;

/// The broker inside keeps 5 MB or 100,000 messages a partition, and drops the oldest beyond without a word.
const BYTES_MAX: usize = 4_500_000;
const MESSAGES_MAX: u64 = 90_000;
/// Bytes of a message beside its datum and key: the envelope and the record around it.
const OVERHEAD: usize = 64;

/// One table of the sample data.
pub(crate) struct Dataset {
    /// The table's name.
    pub(crate) name: &'static str,
    bytes: Cow<'static, [u8]>,
    /// How its records are stepped over.
    pub(crate) layout: Layout,
    /// The writer schema's text.
    pub(crate) schema: String,
    /// How many records there are.
    pub(crate) records: u64,
    /// Over how many partitions they are spread.
    pub(crate) partitions: i32,
}

/// The sample data in the binary: name, container file, partitions at least. `flights` is every sixteenth of the
/// whole (`cut_the_flights` in the tests makes it).
const EMBEDDED: [(&str, &[u8], i32); 5] = [
    ("airlines", include_bytes!("../../../data/nycflights/airlines.avro"), 1),
    ("airports", include_bytes!("../../../data/nycflights/airports.avro"), 1),
    ("planes", include_bytes!("../../../data/nycflights/planes.avro"), 1),
    ("weather", include_bytes!("../../../data/nycflights/weather.avro"), 2),
    ("flights", include_bytes!("../../../data/nycflights/flights-sample.avro"), 4),
];

/// The names of the tables.
pub(crate) fn names() -> [&'static str; 5] {
    EMBEDDED.map(|(name, ..)| name)
}

impl Dataset {
    /// All five: from a directory of `NAME.avro`, else from the binary.
    pub(crate) fn all(directory: Option<&Path>) -> anyhow::Result<Vec<Dataset>> {
        let mut all = Vec::new();
        for (name, bytes, partitions) in EMBEDDED {
            let bytes = match directory.map(|directory| directory.join(format!("{name}.avro"))) {
                Some(path) => {
                    Cow::from(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?)
                }
                None => Cow::from(bytes),
            };
            all.push(Dataset::new(name, bytes, partitions).with_context(|| format!("{name}.avro"))?);
        }
        Ok(all)
    }

    fn new(name: &'static str, bytes: Cow<'static, [u8]>, partitions: i32) -> anyhow::Result<Dataset> {
        let schema = Container::open(Cursor::new(&*bytes))?.schema().to_owned();
        let layout = Layout::new(&schema)?;
        let mut dataset = Dataset { name, bytes, layout, schema, records: 0, partitions };
        loop {
            let (mut sizes, mut counts) = (vec![0; dataset.partitions as usize], vec![0; dataset.partitions as usize]);
            let mut largest = 0;
            dataset.each(|partition, key, datum| {
                let size = key.len() + datum.len() + OVERHEAD;
                sizes[partition as usize] += size;
                counts[partition as usize] += 1;
                largest = largest.max(size);
                Ok(())
            })?;
            dataset.records = counts.iter().sum();
            if sizes.iter().all(|size| *size <= BYTES_MAX) && counts.iter().all(|count| *count <= MESSAGES_MAX) {
                return Ok(dataset);
            }
            ensure!(largest < BYTES_MAX && dataset.partitions < 1_000, "this is more than the broker inside can hold");
            dataset.partitions *= 2;
        }
    }

    /// The topic's name.
    pub(crate) fn topic(&self) -> String {
        format!("nycflights.{}", self.name)
    }

    /// Each record: partition, key, datum. The same key always goes to the same partition.
    pub(crate) fn each(&self, mut take: impl FnMut(i32, &[u8], &[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut index = 0;
        let mut container = Container::open(Cursor::new(&*self.bytes))?;
        each_datum(&mut container, &self.layout, |key, datum| {
            let chosen = if self.layout.has_key() { hash(key) } else { index };
            index += 1;
            take((chosen % u64::from(self.partitions.unsigned_abs())) as i32, key, datum)?;
            Ok(true)
        })?;
        Ok(())
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let mix = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
