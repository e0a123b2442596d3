//! What a worker has in hand: its partitions, each with its state, and the batch that fills from them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::decide::Admission;
use super::lane::{Lane, Taken};
use super::shapes::Need;
use crate::batch::{Batch, Tail};
use crate::config::{BatchLimits, Topic};
use crate::record::{Message, Partition, Refusal};

/// The partitions of a worker and the batch that fills.
#[derive(Default)]
pub struct Intake {
    lanes: HashMap<Arc<str>, BTreeMap<i32, Lane>>,
    filling: Batch,
    rows: usize,
    bytes: usize,
    since: Option<Instant>,
    scratch: Vec<u8>,
}

/// What a message leads to beside its place in the batch.
#[derive(Debug)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Its partition waits for a schema.
    Park(Partition, Need),
    /// Its partition stops.
    Stop(Partition, Refusal),
    /// The process cannot go on.
    Fatal(String),
}

impl Intake {
    /// Adds a partition that was assigned when so many jobs had been asked.
    pub fn add(&mut self, partition: Partition, entry: Arc<Topic>, record_max: usize, born: u64) {
        let lanes = self.lanes.entry(Arc::clone(&partition.topic)).or_default();
        lanes.insert(partition.number, Lane::new(partition, entry, record_max, born));
    }

    /// Removes a partition and all that was read of it.
    pub fn remove(&mut self, partition: &Partition) {
        self.discard(partition);
        if let Some(lanes) = self.lanes.get_mut(&*partition.topic) {
            lanes.remove(&partition.number);
            if lanes.is_empty() {
                self.lanes.remove(&*partition.topic);
            }
        }
    }

    /// Drops what was read of a partition and not handed over.
    pub fn discard(&mut self, partition: &Partition) {
        if let Some(share) = self.filling.shares.remove(partition) {
            self.rows -= share.records.len();
            self.bytes -= share.size();
        }
    }

    /// A partition.
    pub fn lane(&mut self, partition: &Partition) -> Option<&mut Lane> {
        self.lanes.get_mut(&*partition.topic)?.get_mut(&partition.number)
    }

    /// All partitions.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values().flat_map(BTreeMap::values)
    }

    /// The partitions for which this holds.
    pub fn those(&self, holds: impl Fn(&Lane) -> bool) -> Vec<Partition> {
        self.lanes().filter(|lane| holds(lane)).map(|lane| lane.partition.clone()).collect()
    }

    /// Takes a message into the batch, if it is the one that is expected.
    pub fn take(&mut self, message: &Message<'_>) -> After {
        let lanes = self.lanes.get_mut(message.topic);
        let Some(lane) = lanes.and_then(|lanes| lanes.get_mut(&message.partition)) else { return After::Nothing };
        let mut admission = lane.progress.admit(message.offset);
        if admission == Admission::Verify {
            let found = Tail::of(message).fingerprint;
            if let Err(refusal) = lane.progress.verify(message.offset, found, &lane.partition) {
                return After::Stop(lane.partition.clone(), refusal);
            }
            admission = lane.progress.admit(message.offset);
        }
        let Admission::Take(gap) = admission else {
            return match lane.progress.stops_before(message.offset, &lane.partition) {
                Some(refusal) => After::Stop(lane.partition.clone(), refusal),
                None => After::Nothing,
            };
        };
        let before = held(&self.filling, &lane.partition);
        let taken = lane.take(message, gap, &mut self.filling, &mut self.scratch);
        let after = match taken {
            Taken::Done => After::Nothing,
            Taken::StopBehind(refusal) => After::Stop(lane.partition.clone(), refusal),
            Taken::Park(need) => {
                lane.progress.give_back(message.offset, gap);
                return After::Park(lane.partition.clone(), need);
            }
            Taken::StopBefore(refusal) => {
                lane.progress.give_back(message.offset, gap);
                return After::Stop(lane.partition.clone(), refusal);
            }
            Taken::Fatal(why) => return After::Fatal(why),
        };
        let now = held(&self.filling, &lane.partition);
        self.rows += now.0 - before.0;
        self.bytes += now.1 - before.1;
        self.touch();
        after
    }

    /// Counts offsets that are never delivered: up to `to`, and the range `lost` if retention took it.
    pub fn skip(&mut self, partition: &Partition, to: i64, lost: bool) {
        let Some(lane) = self.lanes.get_mut(&*partition.topic).and_then(|lanes| lanes.get_mut(&partition.number))
        else {
            return;
        };
        let share = lane.share(&mut self.filling);
        if lost {
            share.lost.push((share.next, to));
        }
        share.gap += to.abs_diff(share.next);
        share.next = to;
        self.touch();
    }

    fn touch(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Whether the batch takes no more.
    pub fn is_full(&self, limits: &BatchLimits) -> bool {
        self.rows >= limits.rows_max || self.bytes >= limits.bytes_max
    }

    /// Since when the batch has anything in it.
    pub fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Bytes held by the batch that fills.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The filled batch, to be written; the next one begins where it ends. `None`: nothing to write.
    pub fn hand_over(&mut self) -> Option<Batch> {
        (self.rows, self.bytes, self.since) = (0, 0, None);
        let mut batch = mem::take(&mut self.filling);
        batch.shares.retain(|_, share| share.next > share.from);
        for (partition, share) in &mut batch.shares {
            share.seal();
            if let Some(lane) = self.lane(partition) {
                lane.handed = share.next;
                lane.time = lane.time.max(share.last_timestamp);
            }
        }
        (!batch.shares.is_empty()).then_some(batch)
    }
}

/// Records and bytes of a partition's share.
fn held(batch: &Batch, partition: &Partition) -> (usize, usize) {
    batch.shares.get(partition).map_or((0, 0), |share| (share.records.len(), share.size()))
}
