//! What can happen to a partition, and what can be done about it.

use super::Figures;
use crate::record::Refusal;
use crate::sink::{Left, Position};

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time passed.
    Tick,
    /// The group was asked whether it still counts us in.
    Confirmed(Standing),
    /// A claim came back.
    Claimed(Claimed),
    /// A seek came back; an error means too early.
    Sought(bool),
    /// librdkafka's figures.
    Statistics(Figures),
    /// Somebody else looked whether the offsets [from, to) are without records.
    Looked {
        /// The first of them.
        from: i64,
        /// The one behind the last.
        to: i64,
        /// None of them has one.
        void: bool,
    },
    /// The ledger's row as a plain read saw it.
    Probed(Option<Position>),
    /// Everything below this offset is durable.
    Durable(i64),
    /// The partition left a batch.
    Left(Left),
    /// The batch that it was in was not written, for no fault of its own.
    Unwritten,
    /// A record waits for its schema.
    Park,
    /// The schema is there.
    Unpark,
    /// The partition stops before its next record.
    Stop(Refusal),
    /// The offset is not on the broker.
    OutOfRange,
    /// Records of some partition could not be read, and those behind them may come: read again, after a while.
    Damaged,
    /// Fetching goes on after a stall, or a message was left where it lay: read on from where it stood.
    Resumed,
}

/// What the group said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The partition is ours.
    Ours,
    /// The group no longer counts us in.
    Lost,
    /// No certain answer.
    Unknown,
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Ours.
    Held {
        /// The ledger's row.
        position: Position,
        /// The first offset retained.
        low: i64,
        /// The offset after the last stable one.
        high: i64,
    },
    /// Try again soon.
    Locked,
    /// The cluster does not answer now: try again later.
    Unanswered,
    /// It may not be claimed.
    Refused(Refusal),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A claim holds: what is read from now on goes on from its offset.
    Begin,
    /// Commit this offset to the group and wait for its word.
    Confirm(i64),
    /// Claim it; the epoch becomes higher than this one.
    Claim(i64),
    /// Read from this offset on.
    Seek(i64),
    /// The same for a partition that is out of range.
    Restart(i64),
    /// Fetch no more of it.
    Pause,
    /// Fetch it again.
    Resume,
    /// Drop what was read of it and not written.
    Discard,
    /// Look whether the offsets [from, to) are without records.
    Look(i64, i64),
    /// The offsets from the next one to this one are never delivered.
    Skip(i64),
    /// The offsets [from, to) were removed before they were read: write them down and go on.
    Lose(i64, i64),
    /// Forget the shapes of its table: they are made anew.
    Reshape,
    /// Look at the ledger's row.
    Probe,
}

/// What to do with a record that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is not the next one: drop it.
    Drop,
    /// It is the next one; so many offsets before it are never delivered.
    Take(u64),
    /// Look at its fingerprint first, and say so with `verify`.
    Verify,
}
