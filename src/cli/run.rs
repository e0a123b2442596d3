//! `flatsink run`: loads until a signal comes, or up to the end as it was at the start.

use std::io::{self, IsTerminal, Write as _};
use std::process;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::{ConfigPath, DONE, FAILED, Globals, Wrong};
use crate::config::Config;
use crate::pipeline::{self, End, Options};
use crate::telemetry::{self, Board};

const TELL_EVERY: Duration = Duration::from_secs(10);

/// What `flatsink run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// Load up to the end of the topics as they are now, then exit
    #[arg(long)]
    until_latest: bool,
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let config = Config::load(args.config.path())?;
    let board = Board::default();
    let _served = telemetry::serve(&config, &board).await;
    let (stopping, stop) = watch::channel(false);
    let obedience = tokio::spawn(obey(signals()?, stopping, config.shutdown_max));
    let telling = std::io::stderr().is_terminal().then(|| tokio::spawn(tell(board.clone())));
    let options = Options { until_latest: args.until_latest, stop, board, say };
    let end = pipeline::run(config, options).await;
    obedience.abort();
    if let Some(telling) = telling {
        telling.abort();
    }
    match end {
        End::Done => Ok(DONE),
        End::Failed(why) => {
            eprintln!("error: {why}");
            Ok(FAILED)
        }
        End::Wrong(why) => Err(Wrong(why).into()),
    }
}

/// A line of results. Whoever read stdout may be gone: that stops no load.
fn say(line: &str) {
    drop(writeln!(io::stdout(), "{line}"));
}

/// SIGTERM, SIGINT and SIGHUP, each as its number.
pub(super) fn signals() -> io::Result<mpsc::Receiver<i32>> {
    let (send, received) = mpsc::channel(4);
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let (mut signal, send) = (signal(kind)?, send.clone());
        // Ends with the process: it does nothing but wait.
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                if send.send(kind.as_raw_value()).await.is_err() {
                    break;
                }
            }
        });
    }
    Ok(received)
}

/// The first signal stops in order; a second one, or the time-out, ends the process at once: nothing is lost, the
/// ledger says where to go on.
async fn obey(mut signals: mpsc::Receiver<i32>, stopping: watch::Sender<bool>, shutdown_max: Duration) {
    let Some(first) = signals.recv().await else { return };
    tracing::info!(signal = first, "stopping");
    stopping.send_replace(true);
    let second = tokio::time::timeout(shutdown_max, signals.recv()).await;
    let signal = second.ok().flatten().unwrap_or(first);
    eprintln!("error: ended by signal {signal} before the stop was complete; nothing is lost");
    process::exit(128 + signal);
}

/// A line every ten seconds for whoever looks on.
async fn tell(board: Board) {
    let mut ticks = tokio::time::interval(TELL_EVERY);
    let mut before = board.progress();
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let now = board.progress();
        // Where partitions came or went, the difference says nothing.
        let rate = match now.partitions == before.partitions && now.offsets >= before.offsets {
            true => format!("{}/s", (now.offsets - before.offsets) / TELL_EVERY.as_secs().cast_signed()),
            false => "rebalanced".into(),
        };
        let stopped = if now.stopped > 0 { format!(", {} stopped", now.stopped) } else { String::new() };
        eprintln!("{} partitions{stopped}, {rate}, {} records behind", now.partitions, now.lag);
        before = now;
    }
}
