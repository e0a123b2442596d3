//! One assigned partition on its worker's thread: how far it is, how its records are read, and its share of the batch
//! that fills.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::breaker::Breaker;
use super::decide::{Progress, bad_record};
use super::shapes::{Learned, Need};
use crate::batch::{Batch, Effect, Share};
use crate::config::{Deletes, Mode, OnBadRecord, Topic};
use crate::record::{
    Code, Data, Framed, Message, Outcome, Partition, Reason, Refusal, Shape, TableName, Why, frame, key_schema_id,
};

/// A partition and all that is needed to read it.
pub struct Lane {
    pub partition: Partition,
    pub progress: Progress,
    /// Whether its fetching is paused.
    pub paused: bool,
    /// Where the next share goes on from: what was handed to the task, else the claim's offset.
    pub handed: i64,
    /// How many jobs had been asked when it was assigned: what came of them is about an earlier assignment.
    pub born: u64,
    entry: Arc<Topic>,
    record_max: usize,
    breaker: Breaker,
    /// Ways to read, the one used last in front.
    known: Vec<Known>,
    /// What a parked record waits for; while any lane waits for it, it is being learned.
    pub waits: Option<Need>,
    /// The last stable offset.
    pub stable: Option<i64>,
    /// The newest time among the records handed over, else the first one's that came; microseconds since 1970.
    pub time: Option<i64>,
}

/// A way to read.
struct Known {
    value: Option<i32>,
    key: Option<i32>,
    learned: Learned,
    since: Instant,
}

/// A schema that was unknown for `unknown_schema_after` may be known by now: it is asked for again so often.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);
/// The same for a topic of which no schema had been seen.
const NONE_FOR: Duration = Duration::from_secs(1);

impl Known {
    /// Whether it is to be asked for again.
    fn is_stale(&self) -> bool {
        match &self.learned {
            Learned::Dead(_) if self.value.is_none() => self.since.elapsed() >= NONE_FOR,
            Learned::Dead(reason) if reason.code == Code::UnknownSchema => self.since.elapsed() >= UNKNOWN_FOR,
            _ => false,
        }
    }
}

/// What becomes of the lane after a record.
#[derive(Debug)]
pub enum Taken {
    /// It is in the batch.
    Done,
    /// Its schema has to be learned first; the record was not taken.
    Park(Need),
    /// The partition stops before this record.
    StopBefore(Refusal),
    /// The partition stops behind this record, which was taken.
    StopBehind(Refusal),
    /// The process cannot go on.
    Fatal(String),
}

impl Lane {
    pub fn new(partition: Partition, entry: Arc<Topic>, record_max: usize, born: u64) -> Lane {
        Lane {
            partition,
            progress: Progress::new(entry.on_gap),
            paused: false,
            handed: 0,
            born,
            breaker: Breaker::new(entry.breaker),
            entry,
            record_max,
            known: Vec::new(),
            waits: None,
            stable: None,
            time: None,
        }
    }

    /// A claim holds: it goes on from the ledger's offset.
    pub fn begin(&mut self) {
        self.handed = self.progress.durable;
        // What was read and not written is read again, and would count twice.
        self.breaker = Breaker::new(self.entry.breaker);
    }

    /// Forgets how to read: the shapes are asked for anew.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    /// Remembers how to read.
    pub fn learn(&mut self, need: &Need, learned: Learned) {
        // A need that stayed here would pass for one that is being asked about, and another lane would wait for ever.
        self.waits = None;
        // With a new schema the newest one is another.
        self.known.retain(|known| known.value.is_some() && (known.value, known.key) != (need.value, need.key));
        // A new schema closes the breaker again; one that cannot be read does not.
        if need.value.is_some() && matches!(learned, Learned::Ready(_)) {
            self.breaker = Breaker::new(self.entry.breaker);
        }
        self.known.insert(0, Known { value: need.value, key: need.key, learned, since: Instant::now() });
    }

    /// Whether its rows go to this table.
    pub fn reads_into(&self, table: &TableName) -> bool {
        let into = |learned: &Learned| matches!(learned, Learned::Ready(shape) if shape.table.name == *table);
        self.known.iter().any(|known| into(&known.learned))
    }

    /// Counts a record that only the database refused.
    pub fn refused(&mut self, code: Code) -> Option<Refusal> {
        let why = self.breaker.dead(code)?;
        Some(self.tripped(&why))
    }

    /// Its share of the batch.
    pub fn share<'a>(&self, batch: &'a mut Batch) -> &'a mut Share {
        if !batch.shares.contains_key(&self.partition) {
            let share = Share::new(self.progress.epoch, self.handed);
            batch.shares.insert(self.partition.clone(), share);
        }
        batch.shares.get_mut(&self.partition).expect("inserted above")
    }

    /// Takes an admitted record, `gap` offsets behind the one before it, into the batch.
    pub fn take(&mut self, message: &Message<'_>, gap: u64, batch: &mut Batch, scratch: &mut Vec<u8>) -> Taken {
        if self.time.is_none() {
            self.time = message.timestamp.map(|ms| ms.saturating_mul(1_000));
        }
        let size = message.key.map_or(0, <[u8]>::len) + message.value.map_or(0, <[u8]>::len);
        if size > self.record_max {
            let why = format!("{size} bytes of key and value, and record_max is {}", self.record_max);
            let reason = Reason::new(Code::TooLarge, why);
            return self.finish(message, gap, None, None, Outcome::Dead(reason), batch);
        }
        let framed = frame(self.entry.format, message, scratch);
        let schema_id = match &framed {
            Framed::Data(data) => Some(data.schema_id),
            _ => None,
        };
        let framed = match framed {
            Framed::Dead(reason) => Judged::Dead(reason),
            Framed::Skip(why) => Judged::Skip(why),
            Framed::Tombstone if self.entry.mode == Mode::Stream => Judged::Skip(Why::Tombstone),
            Framed::Tombstone if self.entry.deletes == Deletes::Ignore => Judged::Skip(Why::DeletesIgnored),
            Framed::Tombstone => match self.shape(None, key_schema_id(&self.entry, message)) {
                Ok(shape) => Judged::By(shape, None),
                Err(other) => other,
            },
            Framed::Data(data) => match self.shape(Some(data.schema_id), key_schema_id(&self.entry, message)) {
                Ok(shape) => Judged::By(shape, Some(data)),
                Err(other) => other,
            },
        };
        let (shape, data) = match framed {
            Judged::By(shape, data) => (shape, data),
            Judged::Skip(why) => return self.finish(message, gap, schema_id, None, Outcome::Skip(why), batch),
            Judged::Dead(reason) => return self.finish(message, gap, schema_id, None, Outcome::Dead(reason), batch),
            Judged::Learn(need) => return Taken::Park(need),
            Judged::Stop(refusal) => return Taken::StopBefore(refusal),
            Judged::Fatal(message) => return Taken::Fatal(message),
        };
        let share = self.share(batch);
        let segment = share.segment(&shape.table);
        let outcome = match data {
            Some(data) => shape.judge(message, &data, &mut share.segments[segment].rows),
            None => shape.tombstone(message),
        };
        super::told::mended(&self.partition, message.offset, shape.take_mended());
        if let Some(time) =
            data.and_then(|data| data.timestamp).or(message.timestamp.map(|ms| ms.saturating_mul(1_000)))
        {
            share.last_timestamp = share.last_timestamp.max(Some(time));
        }
        self.finish(message, gap, schema_id, Some(segment), outcome, batch)
    }

    fn finish(
        &mut self,
        message: &Message<'_>,
        gap: u64,
        schema_id: Option<i32>,
        segment: Option<usize>,
        outcome: Outcome,
        batch: &mut Batch,
    ) -> Taken {
        if let Outcome::Dead(reason) = &outcome {
            if self.entry.on_bad_record == OnBadRecord::Stop {
                return Taken::StopBefore(bad_record(&self.partition, message.offset, reason));
            }
            tracing::warn!(
                topic = %self.partition.topic, partition = self.partition.number, offset = message.offset,
                reason = %reason.code, "dead letter: {}", reason.message
            );
        }
        let tripped = match &outcome {
            Outcome::Dead(reason) => self.breaker.dead(reason.code),
            _ => {
                self.breaker.good();
                None
            }
        };
        let share = self.share(batch);
        let effect = match (outcome, segment) {
            (Outcome::Skip(_), _) => {
                share.skipped += 1;
                None
            }
            (Outcome::Dead(reason), _) => Some(Effect::Dead(reason)),
            (Outcome::Row { row, moved_from }, Some(segment)) => Some(Effect::Row { segment, row, moved_from }),
            (Outcome::Delete(key), Some(segment)) => Some(Effect::Delete { segment, key }),
            (Outcome::Row { .. } | Outcome::Delete(_), None) => unreachable!("rows and deletes come from a shape"),
        };
        if let Some(effect) = effect {
            share.push(message, schema_id, effect);
        }
        share.gap += gap;
        share.next = message.offset + 1;
        match tripped {
            Some(why) => Taken::StopBehind(self.tripped(&why)),
            None => Taken::Done,
        }
    }

    fn tripped(&self, why: &str) -> Refusal {
        let message = format!(
            "{}: {why}: the circuit breaker stopped it; look at flatsink_dead_letter, mend the cause and restart",
            self.partition
        );
        Refusal::new("breaker", message)
    }

    fn shape<'a>(&mut self, value: Option<i32>, key: Option<i32>) -> Result<Arc<Shape>, Judged<'a>> {
        let found = self.known.iter().position(|known| (known.value, known.key) == (value, key));
        let Some(at) = found.filter(|at| !self.known[*at].is_stale()) else {
            return Err(Judged::Learn(Need { topic: Arc::clone(&self.partition.topic), value, key }));
        };
        if at > 0 {
            self.known.swap(0, at);
        }
        match &self.known[0].learned {
            Learned::Ready(shape) => Ok(Arc::clone(shape)),
            Learned::Dead(reason) => Err(Judged::Dead(reason.clone())),
            Learned::Refused(refusal) => Err(Judged::Stop(refusal.clone())),
            Learned::Fatal(failure) => Err(Judged::Fatal(failure.to_string())),
        }
    }
}

enum Judged<'a> {
    By(Arc<Shape>, Option<Data<'a>>),
    Skip(Why),
    Dead(Reason),
    Learn(Need),
    Stop(Refusal),
    Fatal(String),
}
