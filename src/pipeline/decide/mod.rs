//! What becomes of one assigned partition: a state, and one function from an event to actions. Pure: no clock (time
//! comes in with the event), no I/O. The loop carries the actions out and brings what came of them back as events.

mod end;
mod event;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::time::Duration;

pub use end::Figures;
pub use event::{Action, Admission, Claimed, Event, Standing};

use end::Quiet;

use crate::batch::Tail;
use crate::config::OnGap;
use crate::record::{Reason, Refusal};
use crate::sink::{Left, Position};

/// How long a claim that found the row locked, or a seek that came too early, waits before it is tried again.
const SOON: Duration = Duration::from_millis(50);
/// How long a partition that the group counts as another's waits for its revocation, until the group is asked again.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// How long a claim waits that the cluster had no answer for.
const UNANSWERED_AFTER: Duration = Duration::from_secs(5);
/// How long the log may end before the ledger's offset until the topic counts as truncated.
const TRUNCATED_AFTER: Duration = Duration::from_secs(30);
/// How long a locked table is left alone.
const BUSY_AFTER: Duration = Duration::from_secs(60);
/// How long an idle partition goes without a look at the ledger.
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// How often in a row a table may turn out to be another than the one the rows were made for.
const RESHAPED_MAX: u32 = 3;

/// One assigned partition.
#[derive(Clone, Debug)]
pub struct Progress {
    state: State,
    on_gap: OnGap,
    /// The ledger's epoch of the claim under which records are read now.
    pub epoch: i64,
    /// The next record expected.
    pub next: i64,
    /// Everything below it is durable.
    pub durable: i64,
    seen: i64,
    delivered: u64,
    quiet: Quiet,
    /// Somebody looks at offsets without records.
    looking: bool,
    probed: Duration,
    probing: bool,
    truncated: Option<Duration>,
    reshaped: u32,
    stop_before: Option<(i64, Reason)>,
    out_of_range: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// At this time ask the group whether we still belong to it.
    Confirming(Duration),
    /// At this time claim.
    Claiming(Duration),
    /// The question is with the task.
    Asked,
    /// At this time seek there.
    Seeking(Duration, i64, Option<Tail>),
    /// The record at the tail is on its way.
    Verifying(Tail),
    Flowing,
    Parked,
    /// Until that time, if there is one.
    Stopped(Refusal, Option<Duration>),
}

impl Progress {
    /// A partition that was just assigned.
    pub fn new(on_gap: OnGap) -> Progress {
        Progress {
            state: State::Claiming(Duration::ZERO),
            on_gap,
            epoch: 0,
            next: 0,
            durable: 0,
            seen: 0,
            delivered: 0,
            quiet: Quiet::default(),
            looking: false,
            probed: Duration::ZERO,
            probing: false,
            truncated: None,
            reshaped: 0,
            stop_before: None,
            out_of_range: false,
        }
    }

    /// Whether its records are taken.
    pub fn flows(&self) -> bool {
        self.state == State::Flowing
    }

    /// Whether nothing of it is to be fetched for now.
    pub fn rests(&self) -> bool {
        matches!(self.state, State::Parked | State::Stopped(..))
    }

    /// The state in one word, and why it does not flow.
    pub fn describe(&self) -> (&'static str, Option<&Refusal>) {
        match &self.state {
            State::Confirming(_) | State::Claiming(_) | State::Asked | State::Seeking(..) | State::Verifying(_) => {
                ("claiming", None)
            }
            State::Flowing => ("flowing", None),
            State::Parked => ("parked", None),
            State::Stopped(refusal, None) => ("stopped", Some(refusal)),
            State::Stopped(refusal, Some(_)) => ("paused", Some(refusal)),
        }
    }

    /// Judges a delivered record by its offset.
    pub fn admit(&mut self, offset: i64) -> Admission {
        match &self.state {
            State::Flowing if offset >= self.next => {
                if self.stop_before.as_ref().is_some_and(|(at, _)| offset >= *at) {
                    return Admission::Drop;
                }
                self.delivered += 1;
                let gap = offset.abs_diff(self.next);
                self.next = offset + 1;
                Admission::Take(gap)
            }
            State::Verifying(tail) if offset >= tail.offset => Admission::Verify,
            _ => Admission::Drop,
        }
    }

    /// Takes an admission back: the record could not be taken yet.
    pub fn give_back(&mut self, offset: i64, gap: u64) {
        self.next = offset - i64::try_from(gap).unwrap_or(0);
        self.delivered -= 1;
    }

    /// Whether the partition stops before the record at this offset, because the database refused it.
    pub fn stops_before(&self, offset: i64, partition: &dyn Display) -> Option<Refusal> {
        let (at, reason) = self.stop_before.as_ref()?;
        (self.flows() && offset >= *at).then(|| bad_record(partition, *at, reason))
    }

    /// Compares the record at the tail, or the first one behind it, with what the ledger remembers; afterwards the
    /// record is to be admitted again.
    ///
    /// # Errors
    /// The topic is another than the one that was loaded: the partition has to stop.
    pub fn verify(&mut self, offset: i64, fingerprint: i64, partition: &dyn Display) -> Result<(), Refusal> {
        let State::Verifying(tail) = self.state else { return Ok(()) };
        if offset == tail.offset && fingerprint != tail.fingerprint {
            let message = format!(
                "{partition}: the record at offset {offset} is not the one that was loaded from there: the topic was \
                 recreated or truncated; `flatsink reset` is the way on"
            );
            return Err(Refusal::new("topic_recreated", message));
        }
        // A record behind the tail: the tail itself was compacted away, and nothing can be compared.
        self.state = State::Flowing;
        Ok(())
    }

    /// The one function: what an event leads to.
    pub fn on(&mut self, now: Duration, event: Event, partition: &dyn Display) -> Vec<Action> {
        match event {
            Event::Tick => self.tick(now),
            Event::Confirmed(standing) => {
                if self.state == State::Asked {
                    self.state = match standing {
                        Standing::Ours => State::Claiming(now),
                        // A revocation follows, unless a rebalance under way has kept the partition with us.
                        Standing::Lost => State::Confirming(now + LOST_AFTER),
                        Standing::Unknown => State::Confirming(now + 10 * SOON),
                    };
                }
                Vec::new()
            }
            Event::Claimed(claimed) => self.claimed(now, claimed, partition),
            Event::Sought(done) => {
                if let State::Seeking(_, to, tail) = self.state {
                    self.state = match (done, tail) {
                        (false, _) => State::Seeking(now + SOON, to, tail),
                        (true, Some(tail)) => State::Verifying(tail),
                        (true, None) => State::Flowing,
                    };
                    self.quiet.sought(now);
                    self.out_of_range &= !done;
                }
                Vec::new()
            }
            Event::Statistics(figures) => self.statistics(now, &figures),
            Event::Looked { from, to, void } => self.looked(from, to, void),
            Event::Probed(position) => self.probe_came(now, position),
            Event::Durable(offset) => {
                self.durable = self.durable.max(offset);
                self.reshaped = 0;
                self.probed = now;
                Vec::new()
            }
            Event::Left(left) => self.left(now, left),
            Event::Unwritten => self.again(now),
            Event::Park => {
                if !self.flows() {
                    return Vec::new();
                }
                self.state = State::Parked;
                vec![Action::Pause]
            }
            Event::Unpark => {
                if self.state != State::Parked {
                    return Vec::new();
                }
                self.state = State::Seeking(now, self.next, None);
                let mut actions = vec![Action::Resume];
                actions.extend(self.tick(now));
                actions
            }
            Event::Stop(refusal) => self.stop(refusal, None),
            Event::OutOfRange => {
                // Whatever it does now: librdkafka refuses to seek a partition that went out of range.
                self.out_of_range = true;
                if !matches!(self.state, State::Flowing | State::Verifying(_)) {
                    return Vec::new();
                }
                self.again(now)
            }
            Event::Resumed => self.seek_again(now, now),
            Event::Damaged => self.seek_again(now, now + 20 * SOON),
        }
    }

    /// Reads on from where it stood, from that time on.
    fn seek_again(&mut self, now: Duration, from: Duration) -> Vec<Action> {
        match self.state {
            State::Flowing => self.state = State::Seeking(from, self.next, None),
            State::Verifying(tail) => self.state = State::Seeking(from, tail.offset, Some(tail)),
            _ => return Vec::new(),
        }
        self.tick(now)
    }

    fn tick(&mut self, now: Duration) -> Vec<Action> {
        match &self.state {
            State::Confirming(at) if *at <= now => {
                self.state = State::Asked;
                vec![Action::Confirm(self.durable)]
            }
            State::Claiming(at) if *at <= now => {
                self.state = State::Asked;
                vec![Action::Claim(self.seen)]
            }
            State::Seeking(at, to, _) if *at <= now => {
                vec![if self.out_of_range { Action::Restart(*to) } else { Action::Seek(*to) }]
            }
            State::Stopped(_, Some(at)) if *at <= now => {
                self.state = State::Confirming(now);
                vec![Action::Resume]
            }
            State::Flowing | State::Parked
                if !self.probing && now >= self.probed + PROBE_EVERY && self.durable == self.next =>
            {
                (self.probed, self.probing) = (now, true);
                vec![Action::Probe]
            }
            _ => Vec::new(),
        }
    }

    fn claimed(&mut self, now: Duration, claimed: Claimed, partition: &dyn Display) -> Vec<Action> {
        if self.state != State::Asked {
            return Vec::new();
        }
        let (position, low, high) = match claimed {
            Claimed::Held { position, low, high } => (position, low, high),
            Claimed::Locked => {
                self.state = State::Claiming(now + SOON);
                return Vec::new();
            }
            Claimed::Unanswered => {
                self.state = State::Claiming(now + UNANSWERED_AFTER);
                return Vec::new();
            }
            Claimed::Refused(refusal) => return self.stop(refusal, None),
        };
        (self.epoch, self.seen) = (position.epoch, position.epoch);
        (self.next, self.durable, self.probed) = (position.next_offset, position.next_offset, now);
        let next = position.next_offset;
        self.stop_before.take_if(|(at, _)| *at < next);
        if next > high {
            let since = *self.truncated.get_or_insert(now);
            if now < since + TRUNCATED_AFTER {
                self.state = State::Claiming(now + 20 * SOON);
                return Vec::new();
            }
            let message = format!(
                "{partition}: the ledger stands at offset {next} and the log ends at {high}: the topic was truncated \
                 or recreated; `flatsink reset` is the way on"
            );
            return self.stop(Refusal::new("topic_truncated", message), None);
        }
        self.truncated = None;
        if next < low {
            return self.gap(now, next, low, partition);
        }
        let tail = position.tail.filter(|tail| tail.offset >= low && tail.offset < next);
        self.state = State::Seeking(now, tail.map_or(next, |tail| tail.offset), tail);
        let mut actions = vec![Action::Begin];
        actions.extend(self.tick(now));
        actions
    }

    fn gap(&mut self, now: Duration, next: i64, low: i64, partition: &dyn Display) -> Vec<Action> {
        if self.on_gap == OnGap::Stop {
            let message = format!(
                "{partition}: the records {next} to {} were removed by retention before they were read: `on_gap: \
                 record` writes the range down and goes on, or `flatsink reset` sets the offset",
                low - 1
            );
            return self.stop(Refusal::new("retention_gap", message), None);
        }
        self.next = low;
        self.state = State::Seeking(now, low, None);
        let mut actions = vec![Action::Begin, Action::Lose(next, low)];
        actions.extend(self.tick(now));
        actions
    }

    fn statistics(&mut self, now: Duration, figures: &Figures) -> Vec<Action> {
        if !matches!(self.state, State::Flowing | State::Verifying(_)) {
            return Vec::new();
        }
        let Some(end) = self.quiet.look(now, figures, self.delivered) else { return Vec::new() };
        let from = match &self.state {
            State::Verifying(tail) => tail.offset,
            _ => self.next,
        };
        if end <= from || self.looking {
            return Vec::new();
        }
        // Figures are a hint, and records that pass for a hole are lost: somebody else is to look first.
        self.looking = true;
        vec![Action::Look(from, end)]
    }

    fn looked(&mut self, from: i64, to: i64, void: bool) -> Vec<Action> {
        self.looking = false;
        match &self.state {
            // The record at the tail was compacted away: nothing can be compared.
            State::Verifying(tail) if void && tail.offset == from => {
                self.state = State::Flowing;
                Vec::new()
            }
            State::Flowing if void && self.next == from => {
                self.next = to;
                vec![Action::Skip(to)]
            }
            _ => Vec::new(),
        }
    }

    fn probe_came(&mut self, now: Duration, position: Option<Position>) -> Vec<Action> {
        self.probing = false;
        // What is being written or filled is judged by its own swap.
        if !matches!(self.state, State::Flowing | State::Parked) || self.durable != self.next {
            return Vec::new();
        }
        match position {
            Some(position) if position.epoch == self.epoch && position.next_offset == self.durable => Vec::new(),
            other => self.left(now, Left::Fenced(other)),
        }
    }

    fn left(&mut self, now: Duration, left: Left) -> Vec<Action> {
        match left {
            Left::Fenced(Some(position)) => {
                self.seen = self.seen.max(position.epoch);
                self.durable = position.next_offset;
                self.again(now)
            }
            Left::Fenced(None) => {
                let message = "its row in flatsink_offset is gone: restore it, or `flatsink reset` makes a new one";
                self.leave(Refusal::new("ledger_row_missing", message), None)
            }
            Left::Stopped(refusal) => self.leave(refusal, None),
            Left::Busy(message) => self.leave(Refusal::new("table_locked", message), Some(now + BUSY_AFTER)),
            Left::Reshaped(message) => {
                self.reshaped += 1;
                if self.reshaped > RESHAPED_MAX {
                    return self.leave(Refusal::new("type_conflict", message), None);
                }
                let mut actions = vec![Action::Reshape];
                actions.extend(self.again(now));
                actions
            }
            Left::Bad(offset, reason) => {
                self.stop_before = Some((offset, reason));
                self.again(now)
            }
        }
    }

    /// From the ledger anew: what was read is dropped, the group is asked, the row is claimed.
    fn again(&mut self, now: Duration) -> Vec<Action> {
        let paused = self.rests();
        self.state = State::Confirming(now);
        if paused { vec![Action::Discard, Action::Resume] } else { vec![Action::Discard] }
    }

    /// Stops with nothing of what was read: it went on from a batch that was not written.
    fn leave(&mut self, refusal: Refusal, until: Option<Duration>) -> Vec<Action> {
        self.stop(refusal, until);
        vec![Action::Discard, Action::Pause]
    }

    fn stop(&mut self, refusal: Refusal, until: Option<Duration>) -> Vec<Action> {
        self.state = State::Stopped(refusal, until);
        vec![Action::Pause]
    }
}

/// With `on_bad_record: stop` a partition stops before such a record.
pub fn bad_record(partition: &dyn Display, offset: i64, reason: &Reason) -> Refusal {
    let message = format!(
        "{partition}: the record at offset {offset} is {}: {}; with `on_bad_record: stop` the partition stops before it",
        reason.code, reason.message
    );
    Refusal::new("bad_record", message)
}
