//! When a partition has been read to its end, so that offsets which did not come will never come. Taken too
//! early, records that are still on their way would pass for a hole and be lost.
//!
//! librdkafka's figures are those of its last fetch, copied by the thread of the broker that serves the partition.
//! After a seek they are old until that thread has looked at the partition again: up to a second, and for as long as
//! the partition has no leader. So figures count only where two of the broker's fetches followed them.

use std::time::Duration;

/// Older figures may wait in the queue for so long after a seek.
const SETTLE: Duration = Duration::from_millis(1_500);
/// One fetch may have been under way already when the first figures were taken.
const FETCHES_MIN: i64 = 2;

/// librdkafka's figures of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Messages fetched and not delivered.
    pub queued: i64,
    /// The next offset to fetch.
    pub next_offset: i64,
    /// The end as it was last reached.
    pub eof_offset: i64,
    /// The broker that serves the partition, and how many fetches were sent to it; `None`: none serves it now.
    pub fetches: Option<(i32, i64)>,
}

/// What was seen of the end since the last seek.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    sought: Duration,
    first: Option<Seen>,
}

/// The first of figures that agree.
#[derive(Clone, Copy, Debug)]
struct Seen {
    end: i64,
    delivered: u64,
    broker: i32,
    fetches: i64,
}

impl Quiet {
    /// A seek has returned: what was seen is of another position.
    pub fn sought(&mut self, now: Duration) {
        *self = Quiet { sought: now, first: None };
    }

    /// The end, where everything before it was delivered; so many records were.
    pub fn look(&mut self, now: Duration, figures: &Figures, delivered: u64) -> Option<i64> {
        let end = figures.eof_offset;
        let at_end = figures.queued == 0 && figures.next_offset == end && end >= 0;
        let settled = now >= self.sought + SETTLE;
        let Some((broker, fetches)) = figures.fetches.filter(|_| at_end && settled) else {
            self.first = None;
            return None;
        };
        let agrees = |first: &Seen| (first.end, first.delivered, first.broker) == (end, delivered, broker);
        match self.first.filter(agrees) {
            Some(first) => (fetches >= first.fetches + FETCHES_MIN).then_some(end),
            None => {
                self.first = Some(Seen { end, delivered, broker, fetches });
                None
            }
        }
    }
}
