//! The commands: one file each. Results go to stdout, logs and errors to stderr; the last line there says why a
//! command failed. Nothing but `config` (the module) reads configuration.

mod check;
mod config;
mod demo;
mod plan;
mod produce;
mod reset;
mod run;
mod schema;
#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::ConfigError;

/// Done.
pub(crate) const DONE: u8 = 0;
/// Stopped by a failure that retrying cannot mend.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage or configuration; also an unreachable server, a wrong login or a missing topic at the start.
pub(crate) const WRONG: u8 = 2;
/// `check` and `plan`: something that `run` would refuse.
pub(crate) const REFUSED: u8 = 3;
/// `plan --exit-code`: there is something to do.
pub(crate) const TO_DO: u8 = 4;

/// An error that ends the command with `WRONG`: what the user gave cannot work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Wrong(pub(crate) String);

/// Loads flat-first Avro messages from Kafka into PostgreSQL, MySQL, MariaDB or SQLite, exactly once
#[derive(Debug, Parser)]
#[command(name = "flatsink", version, propagate_version = true, after_help = "Example:\n  flatsink demo")]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// The options of every command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Globals {
    /// Say more: -v debug, -vv trace
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Global options")]
    pub(crate) verbose: u8,
    /// Say less: -q warnings, -qq errors
    #[arg(
        short,
        long,
        action = clap::ArgAction::Count,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    pub(crate) quiet: u8,
    /// How logs are written; pretty on a terminal, else json. $FLATSINK_LOG filters them (`info,flatsink::sink=debug`)
    #[arg(long, value_enum, global = true, value_name = "FORMAT", help_heading = "Global options")]
    pub(crate) log_format: Option<LogFormat>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN", help_heading = "Global options")]
    pub(crate) color: Color,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Pretty,
    /// One JSON object a line
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless $NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Globals {
    /// Whether to colour what goes to stdout.
    pub(crate) fn color_stdout(&self) -> bool {
        self.color(std::io::stdout().is_terminal())
    }

    /// Whether to colour what goes to stderr.
    pub(crate) fn color_stderr(&self) -> bool {
        self.color(std::io::stderr().is_terminal())
    }

    fn color(&self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Which configuration a command reads: `flatsink <command> CONFIG` or `-c CONFIG`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigPath {
    /// The configuration; default $FLATSINK_CONFIG, else flatsink.yaml
    #[arg(value_name = "CONFIG", conflicts_with = "config")]
    positional: Option<PathBuf>,
    /// The same
    // A default and not clap's `env`, which would take the variable for a second CONFIG.
    #[arg(short, long, value_name = "CONFIG", default_value_os_t = default_path(), hide_default_value = true)]
    config: PathBuf,
}

fn default_path() -> PathBuf {
    let variable = std::env::var_os("FLATSINK_CONFIG").filter(|path| !path.is_empty());
    variable.map_or_else(|| PathBuf::from("flatsink.yaml"), PathBuf::from)
}

impl ConfigPath {
    /// The path that was given, `$FLATSINK_CONFIG`, or `flatsink.yaml`.
    pub(crate) fn path(&self) -> &Path {
        self.positional.as_deref().unwrap_or(&self.config)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Loads topics into tables until it is told to stop
    #[command(after_help = "Example:\n  flatsink run flatsink.yaml --until-latest")]
    Run(run::Args),
    /// Shows a whole load from one binary: Kafka and SQLite inside, sample data, a kill halfway
    #[command(after_help = "Example:\n  flatsink demo --format confluent")]
    Demo(demo::Args),
    /// Checks a configuration, then all that it names, and changes nothing
    #[command(after_help = "Example:\n  flatsink check flatsink.yaml --topic flights")]
    Check(check::Args),
    /// Prints the SQL that run would execute now, and changes nothing
    #[command(after_help = "Example:\n  flatsink plan flatsink.yaml --exit-code > tables.sql")]
    Plan(plan::Args),
    /// Writes the records of Avro or JSON files into a topic
    #[command(
        after_help = "Example:\n  flatsink produce --brokers localhost:9092 --topic flights --schemas ./schemas flights.avro"
    )]
    Produce(produce::Args),
    /// Prints the table that an Avro schema becomes
    #[command(after_help = "Example:\n  flatsink schema flights.avsc --dialect postgres")]
    Schema(schema::Args),
    /// Moves the ledger of a topic: the way on after a gap, a recreated topic, or for a reload
    #[command(after_help = "Example:\n  flatsink reset flatsink.yaml --topic flights --to earliest --truncate")]
    Reset(reset::Args),
    /// Prints the configuration as it takes effect, secrets hidden
    #[command(after_help = "Example:\n  flatsink config --default > flatsink.yaml")]
    Config(config::Args),
}

/// Reads the arguments, runs the command, gives the exit code.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    let globals = &cli.globals;
    if let Err(error) = start_logs(&cli) {
        return fail(&error.into(), globals);
    }
    let ended = match cli.command {
        Command::Run(args) => run::run(args, globals).await,
        Command::Demo(args) => demo::run(args, globals).await,
        Command::Check(args) => check::run(args, globals).await,
        Command::Plan(args) => plan::run(args, globals).await,
        Command::Produce(args) => produce::run(args, globals).await,
        Command::Schema(args) => schema::run(args, globals).await,
        Command::Reset(args) => reset::run(args, globals).await,
        Command::Config(args) => config::run(args, globals).await,
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => fail(&error, globals),
    }
}

/// Logs go to stderr: of `run` what happens, of the others only what is wrong.
fn start_logs(cli: &Cli) -> Result<(), Wrong> {
    let globals = &cli.globals;
    let usual = i16::from(matches!(cli.command, Command::Run(_)));
    let filter = match usual + i16::from(globals.verbose) - i16::from(globals.quiet) {
        ..=-1 => "error",
        0 => "warn",
        1 => "warn,flatsink=info",
        2 => "info,flatsink=debug",
        _ => "debug,flatsink=trace",
    };
    let silent = globals.verbose == 0 && globals.quiet == 0;
    let variable = std::env::var("FLATSINK_LOG").ok().filter(|filter| silent && !filter.is_empty());
    let json = match globals.log_format {
        Some(format) => format == LogFormat::Json,
        None => !std::io::stderr().is_terminal(),
    };
    let style = crate::telemetry::LogStyle { json, color: globals.color_stderr() };
    crate::telemetry::start_logs(variable.as_deref().unwrap_or(filter), style)
        .map_err(|error| Wrong(format!("$FLATSINK_LOG cannot be used: {error}")))
}

/// Says why, as the last line on stderr. A reader that has gone away (`flatsink plan | head`) is no failure.
fn fail(error: &anyhow::Error, globals: &Globals) -> ExitCode {
    if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::from(DONE);
    }
    let (red, plain) = if globals.color_stderr() { ("\x1b[31;1m", "\x1b[0m") } else { ("", "") };
    eprintln!("{red}error:{plain} {error:#}");
    ExitCode::from(exit_code(error))
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<ConfigError>() || error.is::<Wrong>() { WRONG } else { FAILED }
}
