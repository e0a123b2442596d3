//! `flatsink config`: the configuration as it takes effect, secrets hidden.

use std::io::Write;

use super::{ConfigPath, DONE, Globals};
use crate::config::{ANNOTATED, Config, json_schema};

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
    let text = if args.default {
        ANNOTATED.to_owned()
    } else if args.schema {
        format!("{:#}\n", json_schema())
    } else {
        Config::load(args.config.path())?.show()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(DONE)
}
