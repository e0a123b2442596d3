//! How an outage is told: one line at its start, a reminder a minute, one line at its end with its duration.

use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::telemetry::Board;

const REMIND_EVERY: Duration = Duration::from_secs(60);

/// One dependency as one worker sees it.
#[derive(Debug)]
pub struct Outage {
    name: &'static str,
    board: Board,
    since: Option<Instant>,
    told: Instant,
}

impl Outage {
    /// A dependency that answers.
    pub fn new(name: &'static str, board: Board) -> Outage {
        Outage { name, board, since: None, told: Instant::now() }
    }

    /// It did not answer.
    pub fn failed(&mut self, why: &dyn Display) {
        let now = Instant::now();
        match self.since {
            None => {
                self.since = Some(now);
                self.told = now;
                self.board.dependency(self.name, false);
                tracing::warn!(dependency = self.name, %why, "outage begins: waiting, nothing is lost");
            }
            Some(since) if now - self.told >= REMIND_EVERY => {
                self.told = now;
                tracing::warn!(dependency = self.name, %why, seconds = (now - since).as_secs(), "outage goes on");
            }
            Some(_) => {}
        }
    }

    /// It answered.
    pub fn healed(&mut self) {
        if let Some(since) = self.since.take() {
            tracing::info!(dependency = self.name, ms = since.elapsed().as_millis(), "outage ends");
        }
        self.board.dependency(self.name, true);
    }
}
