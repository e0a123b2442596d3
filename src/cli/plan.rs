//! `flatsink plan`: the SQL that `run` would execute now, nothing changed.

pub(crate) mod known;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::{ConfigPath, DONE, Globals, REFUSED, TO_DO, Wrong};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::dialect::plan::{Policy, Step, add, plan};
use crate::error::Failure;
use crate::record::{Refusal, Table, TableName};
use crate::sink::{Sink, plan_of};
use known::{Cluster, Known};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// Only this topic
    #[arg(long)]
    topic: Option<String>,
    /// Exit with 4 if there is something to do
    #[arg(long)]
    exit_code: bool,
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let config = Arc::new(Config::load(args.config.path())?);
    let mut plan = Plan::open(Arc::clone(&config)).await?;
    let mut out = String::new();
    let migrations = plan.migrations().await?;
    if !migrations.is_empty() {
        out.push_str("-- flatsink's own tables\n");
    }
    let (mut to_do, mut refused) = (!migrations.is_empty(), false);
    out.extend(migrations);
    if to_do {
        out.push_str(&leave(plan.dialect, &config));
    }
    let cluster = Cluster::open(&config)?;
    let topics = cluster.topics(args.topic.as_deref()).await?;
    for (topic, partitions) in &topics {
        for found in cluster.shapes(topic, *partitions, plan.dialect).await? {
            let (id, shape) = match found {
                Known::Nothing(why) => {
                    out.push_str(&format!("-- topic {topic}: {why}\n"));
                    continue;
                }
                Known::Schema(id, shape) => (id, shape),
            };
            let steps = match shape {
                Ok(shape) => plan.steps(topic, &shape.table).await?.map(|steps| (steps, shape)),
                Err(refusal) => Err(refusal),
            };
            match steps {
                Ok((steps, _)) if steps.is_empty() => {}
                Ok((steps, shape)) => {
                    to_do = true;
                    out.push_str(&format!("-- topic {topic}, schema {id}: table {}\n", shape.table.name));
                    let statements = steps.iter().flat_map(|step| &step.statements);
                    statements.for_each(|statement| out.push_str(&format!("{statement};\n")));
                }
                Err(refusal) => {
                    refused = true;
                    let line = refusal.to_string().replace(char::is_control, " ");
                    out.push_str(&format!("-- refused: topic {topic}, schema {id}: {line}\n"));
                }
            }
        }
    }
    if !to_do && !refused {
        out.push_str("-- nothing to do\n");
    }
    plan.close().await;
    std::io::stdout().write_all(out.as_bytes())?;
    Ok(if refused {
        REFUSED
    } else if to_do && args.exit_code {
        TO_DO
    } else {
        DONE
    })
}

/// The way back from where our own tables are.
fn leave(dialect: Dialect, config: &Config) -> String {
    match (dialect, &config.database.ledger_schema) {
        (Dialect::Postgres, _) => "RESET search_path;\n".to_owned(),
        (Dialect::Mysql | Dialect::Mariadb, Some(_)) => format!("USE {};\n", dialect.quote(&config.database.name)),
        (Dialect::Mysql | Dialect::Mariadb, None) | (Dialect::Sqlite, _) => String::new(),
    }
}

/// What is to be done so far: the next schema of a table begins where the last one ends.
pub(super) struct Plan {
    config: Arc<Config>,
    pub(super) dialect: Dialect,
    /// `None`: a SQLite file that is not there yet; opening it would make it.
    sink: Option<Sink>,
    planned: BTreeMap<TableName, Planned>,
}

/// A table that is to be made, or to get columns.
#[derive(Default)]
struct Planned {
    is_made: bool,
    /// The names of its new columns, folded.
    columns: Vec<String>,
}

impl Plan {
    pub(super) async fn open(config: Arc<Config>) -> anyhow::Result<Plan> {
        let database = &config.database;
        let absent = database.dialect == Dialect::Sqlite && !Path::new(&database.name).exists();
        let sink = match absent {
            true => None,
            false => Some(Sink::connect(Arc::clone(&config), 0).await.map_err(unreachable)?),
        };
        let dialect = sink.as_ref().map_or(database.dialect, Sink::dialect);
        Ok(Plan { config, dialect, sink, planned: BTreeMap::new() })
    }

    async fn migrations(&mut self) -> anyhow::Result<Vec<String>> {
        match &mut self.sink {
            Some(sink) => Ok(sink.migrations().await?),
            None => Ok(crate::sink::all_migrations(&self.config.database)),
        }
    }

    /// The steps that are left for a table of this shape once those before are done.
    pub(super) async fn steps(&mut self, topic: &str, table: &Table) -> anyhow::Result<Result<Vec<Step>, Refusal>> {
        let dialect = self.dialect;
        let mut slot = match self.planned.entry(table.name.clone()) {
            Entry::Occupied(slot) => slot,
            Entry::Vacant(slot) => slot.insert_entry(Planned::default()),
        };
        let planned = slot.get_mut();
        let is_new = |name: &str| !planned.columns.contains(&dialect.fold(name));
        let steps = if planned.is_made {
            let columns = table.columns.iter().enumerate();
            let missing: Vec<usize> =
                columns.filter(|(_, column)| is_new(&column.name)).map(|(index, _)| index).collect();
            if missing.is_empty() { Ok(Vec::new()) } else { add(dialect, table, &missing).map(|step| vec![step]) }
        } else {
            let mut rest = table.clone();
            rest.columns.retain(|column| is_new(&column.name));
            match &self.sink {
                Some(_) => plan_of(&self.config, topic, &rest).await?.map(|planned| planned.steps),
                None => self.config.entry(topic).map_or(Ok(Vec::new()), |entry| {
                    let policy = Policy { schema_changes: entry.schema_changes, existing: entry.existing };
                    plan(dialect, None, false, &rest, policy).map(|planned| planned.steps)
                }),
            }
        };
        for step in steps.iter().flatten() {
            planned.is_made |= step.action == "create_table";
            planned.columns.extend(step.columns.iter().map(|name| dialect.fold(name)));
        }
        Ok(steps)
    }

    pub(super) async fn close(self) {
        if let Some(sink) = self.sink {
            sink.close().await;
        }
    }
}

/// A database that cannot be reached is for the user to look at.
fn unreachable(failure: Failure) -> anyhow::Error {
    Wrong(failure.to_string()).into()
}
