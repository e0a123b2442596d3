//! Waiting between tries: exponential, with jitter, without end (backon), and over at once when the process stops.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::watch;

const WAIT_MIN: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// One series of tries.
#[derive(Debug)]
pub struct Backoff(ExponentialBackoff);

impl Default for Backoff {
    fn default() -> Backoff {
        let builder = ExponentialBuilder::new().with_min_delay(WAIT_MIN).with_max_delay(WAIT_MAX);
        Backoff(builder.with_factor(2.0).with_jitter().without_max_times().build())
    }
}

impl Backoff {
    /// Waits for the next try; `None` if the process stops.
    pub async fn wait(&mut self, stop: &mut watch::Receiver<bool>) -> Option<()> {
        self.wait_at_most(WAIT_MAX * 2, stop).await
    }

    /// The same, but no longer than this.
    pub async fn wait_at_most(&mut self, limit: Duration, stop: &mut watch::Receiver<bool>) -> Option<()> {
        let time = self.0.next().unwrap_or(WAIT_MAX).min(limit);
        tokio::select! {
            () = tokio::time::sleep(time) => Some(()),
            _ = stop.wait_for(|stop| *stop) => None,
        }
    }
}
