//! `flatsink plan`: the SQL that `run` would execute now, nothing changed.

pub(crate) mod known;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::{ConfigPath, DONE, Globals, REFUSED, TO_DO, Wrong};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::dialect::plan::{ExistingColumn, ExistingTable, Policy, Step, plan};
use crate::error::Failure;
use crate::record::{Refusal, Shape, Table, TableName};
use crate::sink::{Looked, Sink, look, own_table};
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
                Ok(shape) => plan.steps(topic, &shape).await?.map(|left| (left, shape)),
                Err(refusal) => Err(refusal),
            };
            match steps {
                Ok((left, _)) if left.steps.is_empty() && left.notes.is_empty() => {}
                Ok((left, shape)) => {
                    to_do |= !left.steps.is_empty();
                    out.push_str(&format!("-- topic {topic}, schema {id}: table {}\n", shape.table.name));
                    out.push_str(&left.script);
                    left.notes.iter().for_each(|note| out.push_str(&format!("-- {note}\n")));
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

/// What is left to do for one schema, and what else is to be said.
#[derive(Default)]
pub(super) struct Left {
    pub(super) steps: Vec<Step>,
    /// The steps as they can be run by hand.
    script: String,
    pub(super) notes: Vec<String>,
}

/// What is to be done so far: the next schema of a table begins where the last one ends.
pub(super) struct Plan {
    config: Arc<Config>,
    pub(super) dialect: Dialect,
    /// `None`: a SQLite file that is not there yet; opening it would make it.
    sink: Option<Sink>,
    planned: BTreeMap<TableName, ExistingTable>,
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

    /// What is left for a table of this shape once the steps before are done.
    pub(super) async fn steps(&mut self, topic: &str, shape: &Shape) -> anyhow::Result<Result<Left, Refusal>> {
        let Some(entry) = self.config.entry(topic) else { return Ok(Ok(Left::default())) };
        let looked = match &self.sink {
            Some(_) => look(&self.config, topic, &shape.table).await?,
            None => Looked { wanted: Table::clone(&shape.table), existing: None, schema_missing: false },
        };
        let wanted = looked.wanted;
        let existing = self.planned.get(&wanted.name).or(looked.existing.as_ref());
        let planned = match plan(self.dialect, existing, looked.schema_missing, &wanted, Policy::of(entry)) {
            Ok(planned) => planned,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut notes: Vec<String> = Vec::new();
        if !planned.ignored.is_empty() {
            notes.push(format!("left out by `schema_changes: ignore`: {}", planned.ignored.join(", ")));
        }
        let has = |name: &str| existing.is_some_and(|existing| existing.has(self.dialect, name));
        for (column, alias) in shape.aliases.iter().filter(|(column, alias)| !has(column) && has(alias)) {
            let [table, new, old] =
                [self.dialect.qualified(&wanted.name), self.dialect.quote(column), self.dialect.quote(alias)];
            notes.push(format!(
                "{column} is a new column, and the schema calls {alias} its alias; to carry the old data over: UPDATE \
                 {table} SET {new} = {old} WHERE {new} IS NULL;"
            ));
        }
        let mut script: String = planned.steps.iter().map(|step| step.script(self.dialect)).collect();
        if !planned.steps.is_empty() {
            script.push_str(&self.noted(&wanted, existing, &planned.after));
        }
        self.planned.insert(wanted.name, planned.after);
        Ok(Ok(Left { steps: planned.steps, script, notes }))
    }

    /// What `run` writes down of the columns that it makes: without it they are somebody else's.
    fn noted(&self, wanted: &Table, existing: Option<&ExistingTable>, after: &ExistingTable) -> String {
        let kind_of = |table: &ExistingTable, name: &str| {
            table.columns.iter().find(|column| column.name == name && column.is_own()).and_then(|column| column.noted)
        };
        let schema = wanted.name.schema.as_deref().unwrap_or("main");
        let row = |column: &ExistingColumn| {
            let kind = column.noted.filter(|_| column.is_own())?.kind;
            let before = existing.and_then(|existing| kind_of(existing, &column.name));
            let folded = self.dialect.fold(&column.name);
            let of = wanted.columns.iter().find(|wanted| self.dialect.fold(&wanted.name) == folded)?;
            let (name, kind_text) = (&column.name, kind.to_string());
            let values = [&*self.config.sink, schema, &wanted.name.name, name, &of.path, &kind_text, "intended"];
            let values = values.map(|value| self.dialect.literal(value)).join(", ");
            before.is_none_or(|before| before.kind != kind).then(|| format!("\n  ({values}, 0)"))
        };
        let rows: Vec<String> = after.columns.iter().filter_map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let conflict = match self.dialect {
            Dialect::Mysql | Dialect::Mariadb => "ON DUPLICATE KEY UPDATE kind = VALUES(kind)",
            Dialect::Postgres | Dialect::Sqlite => {
                "ON CONFLICT (sink, table_schema, table_name, column_name) DO UPDATE SET kind = excluded.kind"
            }
        };
        format!(
            "-- by which flatsink knows that it may widen these columns\n\
             INSERT INTO {} (sink, table_schema, table_name, column_name, field_path, kind, state, schema_id) VALUES{}\n\
             {conflict};\n",
            own_table(self.dialect, &self.config.database, "flatsink_column"),
            rows.join(",")
        )
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
