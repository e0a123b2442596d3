//! The circuit breaker of one partition: too many dead letters of one reason stop it, so that a wrong schema does not
//! drain a topic into the dead letters. Pure.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use crate::config;
use crate::record::Code;

const RECORDS_MIN: u64 = 1_000;
const WINDOW: usize = 10_000;

/// Counts records in their order.
#[derive(Debug)]
pub struct Breaker {
    limits: Option<config::Breaker>,
    records: u64,
    row: Option<(Code, u64)>,
    /// The dead letters among the last records: each with the number of its record.
    dead: VecDeque<(u64, Code)>,
    by_code: BTreeMap<Code, u64>,
}

impl Breaker {
    /// A closed breaker; without limits it never opens.
    pub fn new(limits: Option<config::Breaker>) -> Breaker {
        Breaker { limits, records: 0, row: None, dead: VecDeque::new(), by_code: BTreeMap::new() }
    }

    /// Counts a record that is no dead letter.
    pub fn good(&mut self) {
        self.records += 1;
        self.row = None;
    }

    /// Counts a dead letter; the answer says why the partition has to stop, if it has to.
    pub fn dead(&mut self, code: Code) -> Option<String> {
        self.records += 1;
        let limits = self.limits?;
        let count = match self.row {
            Some((last, count)) if last == code => count + 1,
            _ => 1,
        };
        self.row = Some((code, count));
        self.dead.push_back((self.records, code));
        *self.by_code.entry(code).or_default() += 1;
        while let Some((number, old)) = self.dead.front().copied()
            && number + (WINDOW as u64) <= self.records
        {
            self.dead.pop_front();
            if let Some(count) = self.by_code.get_mut(&old) {
                *count -= 1;
            }
        }
        if self.records < RECORDS_MIN {
            return None;
        }
        if count > limits.consecutive {
            return Some(format!("{count} dead letters in a row for {code}"));
        }
        let share = self.by_code[&code] as f64 * 100.0 / self.records.min(WINDOW as u64) as f64;
        (share > limits.percent).then(|| {
            format!("{share:.1} % of the last {} records are dead letters for {code}", self.records.min(WINDOW as u64))
        })
    }
}
