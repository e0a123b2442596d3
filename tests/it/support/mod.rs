//! What every test of delivery needs: the servers that `tests/services` started, databases and topics of one's
//! own, the flatsink binary as a child. Nothing here uses the library: what is tested is not what tells.
//!
//! All of it blocks and may be called from any thread, inside an async test too.

pub mod avro;
pub mod broker;
pub mod chance;
pub mod database;
pub mod events;
pub mod flights;
pub mod http;
pub mod process;
pub mod proxy;
pub mod servers;
mod tests;
pub mod world;

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use broker::{Broker, Raw};
pub use database::{Database, Kind};
pub use process::Flatsink;
pub use servers::Servers;
pub use world::{PATIENCE, World};

/// A name that no other test of this or any other run has: topics, groups, databases.
pub fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{:08x}_{number:04}", rand::random::<u32>())
}

/// Polls until the condition holds.
///
/// # Panics
/// When it still does not after `deadline`, with `what` was awaited.
pub fn eventually(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}");
        // What takes long is looked at less often: the machine has better things to do.
        std::thread::sleep(Duration::from_millis(20).max(start.elapsed() / 20).min(Duration::from_millis(300)));
    }
}

/// Says that a test did not run; where `CI` is set that is a failure.
pub fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI is set, and {why}");
    eprintln!("SKIPPED: {why}; `tests/services run cargo test` has them all");
}

/// The variable's value; without one, the test is skipped aloud. `none`: the server cannot be had, and
/// `tests/services` has said so.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    match value.as_deref() {
        Some("none") => eprintln!("SKIPPED: {name} is none, there is no such server here"),
        Some(_) => return value,
        None => skipped(&format!("{name} is not set")),
    }
    None
}

/// Runs a future to its end on a thread of its own.
pub fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        runtime.block_on(future)
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
