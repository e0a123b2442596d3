//! The loading workers: real processes of this binary, one of which dies halfway.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use tokio::process::{Child, Command};

use super::place::{Folder, SINK};
use crate::config::Database;
use crate::sink::report::Report;

/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A process that loads; it dies with the demo.
pub(crate) struct Worker {
    child: Child,
    log: std::path::PathBuf,
}

impl Worker {
    /// Starts `flatsink run CONFIG --until-latest`.
    pub(crate) fn start(config: &Path, folder: &Folder, name: &str) -> anyhow::Result<Worker> {
        let binary = std::env::current_exe().context("cannot tell where this binary lies")?;
        let log = folder.join(&format!("{name}.log"));
        let stderr = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(binary)
            .arg("run")
            .arg(config)
            .args(["--until-latest", "--log-format", "pretty", "--color", "never"])
            .env("FLATSINK_LOG", std::env::var_os("FLATSINK_LOG").unwrap_or_else(|| "warn".into()))
            .env_remove("FLATSINK_HTTP")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a worker")?;
        Ok(Worker { child, log })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Watches the ledger until so many records are in; says how many are. Fewer: the worker ended before.
    pub(crate) async fn watch(&mut self, database: &Database, until: u64, bar: &ProgressBar) -> anyhow::Result<u64> {
        let mut report = Report::open(database).await?;
        loop {
            let loaded = report.ledger(SINK).await?.iter().map(|row| row.passed().max(0).unsigned_abs()).sum();
            bar.set_position(loaded);
            if loaded >= until || self.child.try_wait()?.is_some() {
                report.close().await;
                return Ok(loaded);
            }
            // A connection that waits for its child has nothing to be woken by but time.
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends it without a word, as a crash does.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill the worker")
    }

    /// Waits until it ends by itself.
    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        let status = self.child.wait().await?;
        if !status.success() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            bail!("the worker ended with {status}:\n{}", lines[lines.len().saturating_sub(10)..].join("\n"));
        }
        Ok(())
    }
}
