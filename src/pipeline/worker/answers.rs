//! What comes back to the polling thread, and what it leads to.

use std::collections::BTreeMap;
use std::mem;
use std::sync::mpsc::TryRecvError;

use super::{LOOKS_MAX, Order, Worker};
use crate::pipeline::decide::{Action, Event};
use crate::pipeline::lane::Lane;
use crate::pipeline::shapes::{Learned, Need};
use crate::pipeline::task::{Job, Reply};
use crate::pipeline::told;
use crate::record::{Partition, Refusal, TableName};
use crate::sink::{Left, Written};

impl Worker {
    pub(super) fn answers(&mut self) {
        loop {
            match self.ties.replies.try_recv() {
                Ok(reply) => self.reply(reply),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    if !*self.ties.stop.borrow() {
                        self.failed.get_or_insert("the writing task ended unexpectedly: restart".into());
                    }
                    break;
                }
            }
        }
        while let Some(done) = self.learning.try_join_next() {
            match done {
                Ok((need, Some(learned))) => self.learned(&need, &learned),
                Ok((_, None)) if *self.ties.stop.borrow() => {}
                Ok((_, None)) => self.failed = Some("the task that makes tables ended unexpectedly: restart".into()),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
        while let Ok((partition, looked)) = self.looks.1.try_recv() {
            self.looking -= 1;
            self.event(&partition, looked);
        }
        while let Ok(order) = self.ties.orders.try_recv() {
            match order {
                Order::Subscribe(topics) => {
                    if let Err(error) = self.source.subscribe(&topics) {
                        self.failed = Some(format!("subscribe to {} topics: {error}", topics.len()));
                    }
                }
                Order::Stop(topic, refusal) => {
                    for partition in self.intake.those(|lane| *lane.partition.topic == *topic) {
                        self.event(&partition, Event::Stop(refusal.clone()));
                    }
                }
            }
        }
    }

    pub(super) fn reply(&mut self, reply: Reply) {
        self.asked -= 1;
        self.replied += 1;
        match reply {
            Reply::Confirmed(standings) => {
                for (partition, standing) in standings {
                    self.heard(&partition, Event::Confirmed(standing));
                }
            }
            Reply::Claimed(claims) => {
                for (partition, claimed) in claims {
                    self.heard(&partition, Event::Claimed(claimed));
                }
            }
            Reply::Probed(mut found, asked) => {
                for partition in asked {
                    let position = found.remove(&partition);
                    self.heard(&partition, Event::Probed(position));
                }
            }
            Reply::Written(written) => self.written(written),
            Reply::Stopped(table, refusal) => self.table_stopped(&table, &refusal),
            Reply::Fatal(failure) => self.failed = Some(failure.to_string()),
        }
    }

    pub(super) fn written(&mut self, written: Written) {
        self.writing = false;
        self.board.joined(self.number);
        for (partition, offset) in written.durable.offsets() {
            self.heard(partition, Event::Durable(*offset));
        }
        self.source.commit(&written.durable);
        for (partition, counts) in &written.counts {
            told::counted(partition, counts);
        }
        for (partition, offset, code) in &written.refused {
            tracing::warn!(%partition, offset, reason = %code, "dead letter: the database refused the row");
            if let Some(refusal) = self.same(partition).and_then(|lane| lane.refused(*code)) {
                self.heard(partition, Event::Stop(refusal));
            }
        }
        for (partition, left) in written.left {
            tracing::warn!(%partition, why = %told::left(&left), "left the batch");
            self.heard(&partition, Event::Left(left));
        }
    }

    /// The batch could not be written because of one table: its partitions stop, the others are read again.
    pub(super) fn table_stopped(&mut self, table: &TableName, refusal: &Refusal) {
        self.writing = false;
        for partition in self.intake.those(|lane| lane.progress.durable < lane.handed) {
            let stops = self.intake.lane(&partition).is_some_and(|lane| lane.reads_into(table));
            let event = if stops { Event::Left(Left::Stopped(refusal.clone())) } else { Event::Unwritten };
            self.event(&partition, event);
        }
    }

    pub(super) fn learned(&mut self, need: &Need, learned: &Learned) {
        for partition in self.intake.those(|lane| lane.waits.as_ref() == Some(need)) {
            if let Some(lane) = self.intake.lane(&partition) {
                lane.waits = None;
                lane.learn(need, learned.clone());
            }
            self.event(&partition, Event::Unpark);
        }
    }

    /// What the last reply says of a partition, unless it was given back and assigned anew since it was asked.
    fn heard(&mut self, partition: &Partition, event: Event) {
        if self.same(partition).is_some() {
            self.event(partition, event);
        }
    }

    /// The partition, if it is still the assignment that the last reply is about.
    fn same(&mut self, partition: &Partition) -> Option<&mut Lane> {
        let replied = self.replied;
        self.intake.lane(partition).filter(|lane| lane.born < replied)
    }

    pub(super) fn event(&mut self, partition: &Partition, event: Event) {
        let now = self.began.elapsed();
        let Some(lane) = self.intake.lane(partition) else { return };
        let was_stopped = lane.progress.describe().0 == "stopped";
        let actions = lane.progress.on(now, event, partition);
        if let ("stopped", Some(refusal)) = lane.progress.describe()
            && !was_stopped
        {
            tracing::error!(%partition, code = refusal.code, "partition stopped: {}", refusal.message);
            self.told = self.began;
        }
        for action in actions {
            self.act(partition, action);
        }
    }

    pub(super) fn act(&mut self, partition: &Partition, action: Action) {
        match action {
            Action::Claim(seen) => self.waiting.push(Job::Claim(BTreeMap::from([(partition.clone(), seen)]))),
            Action::Confirm(offset) => self.waiting.push(Job::Confirm(vec![(partition.clone(), offset)])),
            Action::Probe => self.waiting.push(Job::Probe(vec![partition.clone()])),
            Action::Seek(to) => drop(self.seeks.insert(partition.clone(), to)),
            Action::Restart(to) => {
                let done = self.source.restart(partition, to);
                self.event(partition, Event::Sought(done.is_ok()));
            }
            Action::Pause | Action::Resume => {
                let pause = action == Action::Pause;
                if let Some(lane) = self.intake.lane(partition) {
                    lane.paused = pause;
                }
                let one = std::slice::from_ref(partition);
                if pause { self.source.pause(one) } else { self.source.resume(one) }
            }
            Action::Begin => {
                self.intake.discard(partition);
                if let Some(lane) = self.intake.lane(partition) {
                    lane.begin();
                }
            }
            Action::Discard => self.intake.discard(partition),
            Action::Look(from, to) => self.look(partition, from, to),
            Action::Skip(to) => self.intake.skip(partition, to, false),
            Action::Lose(from, to) => {
                tracing::warn!(%partition, from, to, "records removed by retention before they were read");
                self.intake.skip(partition, to, true);
            }
            Action::Reshape => {
                self.shapes.forget(&partition.topic);
                if let Some(lane) = self.intake.lane(partition) {
                    lane.forget();
                }
            }
        }
    }

    /// Has a reader of its own look at a range of offsets, on a thread that nobody has to wait for. Where too many
    /// look already, the figures will ask again.
    fn look(&mut self, partition: &Partition, from: i64, to: i64) {
        let (broker, asked, answer) = (self.source.broker(), partition.clone(), self.looks.0.clone());
        let look = move || {
            let void = broker.is_void(&asked, from, to).unwrap_or_else(|error| {
                tracing::debug!(partition = %asked, from, to, %error, "look for records");
                false
            });
            // The worker may be gone.
            drop(answer.send((asked, Event::Looked { from, to, void })));
        };
        if self.looking < LOOKS_MAX && std::thread::Builder::new().name("look".into()).spawn(look).is_ok() {
            self.looking += 1;
        } else {
            self.event(partition, Event::Looked { from, to, void: false });
        }
    }

    /// Carries out the seeks that were asked for, all in one call.
    pub(super) fn seek(&mut self) {
        if self.seeks.is_empty() {
            return;
        }
        let seeks = mem::take(&mut self.seeks);
        let failed = self.source.seek(&seeks);
        for (partition, to) in seeks {
            if let Some(error) = failed.get(&partition) {
                tracing::debug!(%partition, to, %error, "seek: trying again");
            }
            self.event(&partition, Event::Sought(!failed.contains_key(&partition)));
        }
    }
}
