//! Whatever comes, and in whatever order it is dropped and read again: what is handed over follows on what was handed
//! over before, and every offset in it is a record, a skip or a gap.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::{Config, OnGap};
use crate::pipeline::decide::{Action, Claimed, Event, Figures, Standing};
use crate::sink::{Left, Position};

const START: i64 = 5;

#[derive(Clone, Debug)]
enum Step {
    /// A record that becomes a dead letter, so many offsets behind the one before it.
    Dead(i64),
    /// A record that is skipped, likewise.
    Skipped(i64),
    /// One that was delivered already.
    Repeated(i64),
    /// The log ends so many offsets further on.
    End(i64),
    /// The batch is written.
    Write,
    /// The partition is fenced and claimed again where the ledger stands.
    Again,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4i64).prop_map(Step::Dead),
        4 => (0..4i64).prop_map(Step::Skipped),
        1 => (1..9i64).prop_map(Step::Repeated),
        2 => (0..4i64).prop_map(Step::End),
        2 => Just(Step::Write),
        1 => Just(Step::Again),
    ];
    proptest::collection::vec(step, 0..60)
}

struct World {
    intake: Intake,
    partition: Partition,
    /// The ledger's offset.
    ledger: i64,
    now: Duration,
}

impl World {
    fn new() -> World {
        let yaml = "sink: s\nkafka: {brokers: ['b:1']}\nschemas: {directory: .}\n\
                    database: {url: 'sqlite://x.db'}\ntopics: [{topic: t, breaker: none}]";
        let entry = Config::parse(yaml, "test", &|_| None).unwrap().topics.remove(0);
        assert_eq!(entry.on_gap, OnGap::Stop);
        let partition = Partition { topic: "t".into(), number: 0 };
        let mut intake = Intake::default();
        intake.add(partition.clone(), Arc::new(entry), 1 << 20, 0);
        let mut world = World { intake, partition, ledger: START, now: Duration::ZERO };
        world.event(Event::Tick);
        world.claim();
        world
    }

    fn event(&mut self, event: Event) {
        let lane = self.intake.lane(&self.partition).unwrap();
        for action in lane.progress.on(self.now, event, &"t[0]") {
            match action {
                Action::Begin => {
                    self.intake.discard(&self.partition);
                    let lane = self.intake.lane(&self.partition).unwrap();
                    lane.handed = lane.progress.durable;
                }
                Action::Discard => self.intake.discard(&self.partition),
                Action::Skip(to) => self.intake.skip(&self.partition, to, false),
                Action::Look(from, to) => self.event(Event::Looked { from, to, void: true }),
                _ => {}
            }
        }
    }

    fn position(&self) -> Position {
        Position { incarnation: "1".into(), epoch: 1, start_offset: START, next_offset: self.ledger, tail: None }
    }

    fn claim(&mut self) {
        let position = self.position();
        self.event(Event::Claimed(Claimed::Held { position, low: 0, high: i64::MAX }));
        self.event(Event::Sought(true));
        assert_eq!(self.next(), self.ledger);
    }

    fn next(&mut self) -> i64 {
        self.intake.lane(&self.partition).unwrap().progress.next
    }

    fn deliver(&mut self, offset: i64, value: Option<&[u8]>) {
        let message =
            Message { topic: "t", partition: 0, offset, timestamp: None, key: Some(b"k"), value, headers: &[] };
        assert!(matches!(self.intake.take(&message), After::Nothing));
    }

    fn step(&mut self, step: &Step) {
        let next = self.next();
        match step {
            Step::Dead(hole) => self.deliver(next + hole, Some(b"garbage")),
            Step::Skipped(hole) => self.deliver(next + hole, None),
            Step::Repeated(back) => self.deliver(next - back, Some(b"garbage")),
            Step::End(hole) => {
                self.now += Duration::from_secs(2);
                for fetches in [1, 9] {
                    let (next_offset, eof_offset) = (next + hole, next + hole);
                    let figures = Figures { queued: 0, next_offset, eof_offset, fetches: Some((1, fetches)) };
                    self.event(Event::Statistics(figures));
                }
                assert_eq!(self.next(), next + hole);
            }
            Step::Write => self.write(),
            Step::Again => {
                self.event(Event::Left(Left::Fenced(Some(self.position()))));
                self.event(Event::Tick);
                self.event(Event::Confirmed(Standing::Ours));
                self.event(Event::Tick);
                self.claim();
            }
        }
    }

    fn write(&mut self) {
        let Some(batch) = self.intake.hand_over() else { return };
        assert_eq!((batch.shares.len(), self.intake.bytes()), (1, 0));
        let share = &batch.shares[&self.partition];
        assert_eq!(share.from, self.ledger);
        let accounted = share.records.len() as u64 + share.skipped + share.gap;
        assert_eq!(accounted, share.next.abs_diff(share.from));
        assert!(share.records.is_sorted_by(|one, other| one.offset < other.offset));
        assert!(share.records.iter().all(|record| (share.from..share.next).contains(&record.offset)));
        assert_eq!(share.tail.map(|tail| tail.offset), share.records.last().map(|record| record.offset));
        self.ledger = share.next;
        self.event(Event::Durable(self.ledger));
    }
}

proptest! {
    #[test]
    fn what_is_handed_over_is_contiguous_and_accounted_for(steps in steps()) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.step(step));
        world.write();
        let next = world.next();
        prop_assert_eq!(next, world.ledger);
    }
}

#[test]
fn headers_fill_a_batch_too() {
    let mut world = World::new();
    let headers = [("trace".to_owned(), Some(vec![0; 1000]))];
    let message = Message {
        topic: "t",
        partition: 0,
        offset: START,
        timestamp: None,
        key: None,
        value: Some(b"garbage"),
        headers: &headers,
    };
    world.intake.take(&message);
    assert!(world.intake.bytes() > 1000);
}
