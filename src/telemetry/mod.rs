//! What flatsink tells of itself: logs, metrics, and the HTTP endpoints. It never decides anything, and no value of
//! a row passes through it.

mod board;
mod http;
mod logs;
mod meters;
mod process;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use board::{Board, PartitionStatus};
pub(crate) use logs::{Style as LogStyle, start as start_logs};
pub use meters::*;

use crate::config::Config;

/// The endpoints while they are served; they end with it.
#[derive(Debug)]
pub struct Served {
    /// Keeps the tasks.
    _tasks: JoinSet<()>,
}

/// Installs the recorder of metrics and serves the endpoints, if the configuration wants them. A port that is
/// taken is no reason to load nothing.
pub async fn serve(config: &Config, board: &Board) -> Served {
    let mut tasks = JoinSet::new();
    let handle = meters::install(&config.sink);
    let upkeep = handle.clone();
    tasks.spawn(async move {
        loop {
            // Histograms are kept in raw samples until someone takes them up.
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    if let Some(address) = config.http {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!(%address, "listening: /live /ready /metrics /status");
                let endpoints = http::Endpoints { board: board.clone(), handle, sink: config.sink.clone() };
                tasks.spawn(watch(board.clone()));
                tasks.spawn(http::serve(listener, endpoints));
            }
            Err(error) => {
                tracing::warn!(%address, %error, "cannot listen, so there are no endpoints; set http to another address or none");
            }
        }
    }
    Served { _tasks: tasks }
}

async fn watch(board: Board) {
    loop {
        board.watch();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
