//! `flatsink reset`: moves the ledger of a topic, deliberately.

use super::{ConfigPath, Globals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// The topic
    #[arg(long)]
    topic: String,
    /// Only this partition
    #[arg(long, value_name = "NUMBER")]
    partition: Option<i32>,
    /// Where to go on: earliest, latest, an offset, or a time (2026-01-31T00:00:00Z)
    #[arg(long)]
    to: String,
    /// Delete the rows of this topic (partition) in the same transaction
    #[arg(long)]
    truncate: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    anyhow::bail!("reset is not there yet: {args:?} {}", args.config.path().display())
}
