//! `flatsink config`: the configuration as it takes effect, secrets hidden.

use super::{ConfigPath, DONE, Globals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// Print an annotated configuration with all defaults
    #[arg(long, conflicts_with = "schema")]
    default: bool,
    /// Print the JSON Schema of configurations, for editors
    #[arg(long)]
    schema: bool,
}

impl Args {
    #[cfg(test)]
    pub(super) fn path(&self) -> &std::path::Path {
        self.config.path()
    }
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let _ = (args.default, args.schema);
    crate::config::Config::load(args.config.path())?;
    Ok(DONE)
}
