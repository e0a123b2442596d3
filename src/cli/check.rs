//! `flatsink check`: the configuration and all that it names, nothing changed.

mod found;
mod told;

use std::path::Path;
use std::sync::Arc;

use super::{ConfigPath, DONE, Globals, REFUSED};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::registry::{Registry, RegistryError};
use crate::sink::{self, Finding, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// Only this topic, with all its columns
    #[arg(long)]
    topic: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// All that was found.
#[derive(Debug, Default)]
struct Report {
    /// By what they are about, in the order of asking.
    sections: Vec<(&'static str, Vec<Finding>)>,
    topics: Vec<found::Topic>,
}

impl Report {
    fn verdict(&self) -> Verdict {
        let findings = self.sections.iter().flat_map(|(_, findings)| findings).map(|finding| finding.verdict);
        findings.chain(self.topics.iter().map(found::Topic::verdict)).max().unwrap_or(Verdict::Good)
    }
}

pub(crate) async fn run(args: Args, globals: &Globals) -> anyhow::Result<u8> {
    let config = Arc::new(Config::load(args.config.path())?);
    let report = look(&config, args.config.path(), args.topic.as_deref()).await?;
    let text = match args.json {
        true => format!("{:#}\n", told::json(&report)),
        false => told::text(&report, args.topic.is_some(), globals.color_stdout()),
    };
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(if report.verdict() == Verdict::Bad { REFUSED } else { DONE })
}

async fn look(config: &Arc<Config>, path: &Path, only: Option<&str>) -> anyhow::Result<Report> {
    let entries = config.topics.len();
    let words = format!("{} is valid: sink {}, {entries} topic entries", path.display(), config.sink);
    let mut report = Report { sections: vec![("configuration", vec![Finding::good(words)])], topics: Vec::new() };
    report.sections.push(("schemas", vec![registry(config).await]));
    let (mut database, reachable) = database(config).await;
    let (kafka, topics) = found::topics(config, only, reachable).await?;
    if reachable {
        let tables = topics.iter().flat_map(found::Topic::tables).collect();
        let privileges = sink::privileges(config, &tables).await;
        database.extend(privileges.unwrap_or_else(|failure| vec![Finding::bad(failure.to_string(), Vec::new())]));
    }
    report.sections.extend([("kafka", kafka), ("database", database)]);
    report.topics = topics;
    Ok(report)
}

/// Whether whoever gives out schemas answers: it is asked for one that it cannot have.
async fn registry(config: &Config) -> Finding {
    let shown = match &config.schemas {
        crate::config::Schemas::Directory(path) => format!("directory {}", path.display()),
        crate::config::Schemas::Confluent(registry) => format!("registry {}", registry.url),
        crate::config::Schemas::Schematizer(registry) => format!("Schematizer {}", registry.url),
    };
    let answer = match Registry::new(&config.schemas) {
        Ok(registry) => registry.fetch(i32::MAX).await.map(drop),
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) | Err(RegistryError::Unknown(_) | RegistryError::NotAvro(_)) => {
            Finding::good(format!("{shown} answers"))
        }
        Err(error) => Finding::bad(error.to_string(), vec![format!("look at `schemas`: {shown}")]),
    }
}

/// What there is to know of the database, and whether its tables can be looked at without changing it.
async fn database(config: &Config) -> (Vec<Finding>, bool) {
    let found = match sink::server(config).await {
        Ok(found) => found,
        Err(failure) => {
            let todo = "look at `database`: host, port, name, user, password, tls".to_owned();
            return (vec![Finding::bad(failure.to_string(), vec![todo])], false);
        }
    };
    let usable = found.iter().all(|finding| finding.verdict != Verdict::Bad);
    let file = Path::new(&config.database.name);
    let foreign = config.database.dialect == Dialect::Sqlite && sink::is_foreign_journal(file);
    (found, usable && !foreign)
}
