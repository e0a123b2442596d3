//! `flatsink check`: the configuration and all that it names, nothing changed.

use super::{ConfigPath, Globals, REFUSED};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// Only this topic
    #[arg(long)]
    topic: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let _ = (args.config.path(), args.topic, args.json);
    Ok(REFUSED)
}
