//! The topics that entries take, and what becomes of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::cli::Wrong;
use crate::cli::plan::Plan;
use crate::cli::plan::known::{Cluster, Known};
use crate::config::{Config, Select};
use crate::dialect::Dialect;
use crate::record::{Shape, TableName};
use crate::sink::{Finding, Verdict};

/// Topics that are looked at together.
const AT_ONCE: usize = 8;

/// What was found of one topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) partitions: i32,
    /// Which entry takes it, counted from 1, and what that entry says.
    pub(super) entry: (usize, String),
    pub(super) schemas: Vec<Schema>,
    /// What there is to know beside its schemas.
    pub(super) findings: Vec<Finding>,
}

/// One schema of it and the table that it becomes.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) id: i32,
    pub(super) table: TableName,
    pub(super) columns: Vec<Column>,
    pub(super) finding: Finding,
}

/// A column of that table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) sql_type: String,
    pub(super) not_null: bool,
    pub(super) key: bool,
}

impl Topic {
    pub(super) fn verdict(&self) -> Verdict {
        self.findings().map(|finding| finding.verdict).max().unwrap_or(Verdict::Good)
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.schemas.iter().map(|schema| &schema.finding).chain(&self.findings)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = TableName> {
        self.schemas.iter().map(|schema| schema.table.clone())
    }
}

/// What Kafka says of the topics that entries take; `compare`: what has to be done to their tables as well.
pub(super) async fn topics(
    config: &Arc<Config>,
    only: Option<&str>,
    compare: bool,
) -> anyhow::Result<(Vec<Finding>, Vec<Topic>)> {
    let brokers = config.kafka.brokers.join(", ");
    let failed = |error: anyhow::Error| {
        let todo = "look at `kafka`: brokers and the properties for TLS and login".to_owned();
        Finding::bad(format!("{brokers}: {error:#}"), vec![todo])
    };
    let cluster = match Cluster::open(config) {
        Ok(cluster) => Arc::new(cluster),
        Err(error) => return Ok((vec![failed(error)], Vec::new())),
    };
    let known = match cluster.topics(None).await {
        Ok(known) => known,
        Err(error) => return Ok((vec![failed(error)], Vec::new())),
    };
    let mut findings = vec![Finding::good(format!("{brokers} answer"))];
    findings.extend(entries(config, &known));
    if let Some(only) = only.filter(|only| !known.contains_key(*only)) {
        return Err(Wrong(format!("no topic {only} that an entry of the configuration takes")).into());
    }
    let asked: BTreeMap<String, i32> =
        known.into_iter().filter(|(topic, _)| only.is_none_or(|only| only == topic)).collect();
    let mut plan = match compare {
        true => Plan::open(Arc::clone(config)).await.ok(),
        false => None,
    };
    let dialect = plan.as_ref().map_or(config.database.dialect, |plan| plan.dialect);
    let mut topics = Vec::with_capacity(asked.len());
    for (name, (partitions, shapes)) in shapes(&cluster, asked, dialect).await? {
        topics.push(topic(config, name, partitions, shapes, dialect, plan.as_mut()).await);
    }
    if let Some(plan) = plan {
        plan.close().await;
    }
    Ok((findings, topics))
}

/// The entries: how many topics each takes.
fn entries(config: &Config, known: &BTreeMap<String, i32>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, entry) in config.topics.iter().enumerate() {
        let Select::Pattern(_) = &entry.select else { continue };
        let taken = |topic: &&String| config.entry(topic).is_some_and(|it| std::ptr::eq(it, entry));
        let (number, says) = (index + 1, said(config, index));
        findings.push(match known.keys().filter(taken).count() {
            0 => Finding::note(
                format!("entry {number} ({says}) takes no topic yet"),
                "mend the pattern, or leave it for topics to come",
            ),
            count => Finding::good(format!("entry {number} ({says}) takes {count} topics")),
        });
    }
    findings
}

/// What an entry says of its topics.
fn said(config: &Config, index: usize) -> String {
    match config.topics.get(index).map(|entry| &entry.select) {
        Some(Select::Pattern(pattern)) => {
            let text = pattern.as_str();
            let inner = text.strip_prefix(r"\A(?:").and_then(|text| text.strip_suffix(r")\z")).unwrap_or(text);
            format!("pattern {inner}")
        }
        Some(Select::Names(names)) if names.len() == 1 => format!("topic {}", names[0]),
        Some(Select::Names(names)) => format!("{} names", names.len()),
        None => String::new(),
    }
}

type Shapes = BTreeMap<String, (i32, anyhow::Result<Vec<Known>>)>;

/// The schemas of all these topics, some at a time.
async fn shapes(cluster: &Arc<Cluster>, topics: BTreeMap<String, i32>, dialect: Dialect) -> anyhow::Result<Shapes> {
    let (mut waiting, mut asked, mut found) = (topics.into_iter(), JoinSet::new(), Shapes::new());
    loop {
        while asked.len() < AT_ONCE {
            let Some((topic, partitions)) = waiting.next() else { break };
            let cluster = Arc::clone(cluster);
            asked.spawn(async move {
                let shapes = cluster.shapes(&topic, partitions, dialect).await;
                (topic, (partitions, shapes))
            });
        }
        match asked.join_next().await {
            Some(answer) => found.extend([answer?]),
            None => return Ok(found),
        }
    }
}

async fn topic(
    config: &Config,
    name: String,
    partitions: i32,
    shapes: anyhow::Result<Vec<Known>>,
    dialect: Dialect,
    mut plan: Option<&mut Plan>,
) -> Topic {
    let index = config.topics.iter().position(|it| config.entry(&name).is_some_and(|entry| std::ptr::eq(it, entry)));
    let index = index.unwrap_or(0);
    let entry = (index + 1, said(config, index));
    let mut topic = Topic { name, partitions, entry, schemas: Vec::new(), findings: Vec::new() };
    if partitions == 0 {
        let todo = "create it, mend its name in the configuration, or give a pattern".to_owned();
        topic.findings.push(Finding::bad("it is not in the cluster", vec![todo]));
        return topic;
    }
    let shapes = match shapes {
        Ok(shapes) => shapes,
        Err(error) => {
            topic.findings.push(Finding::bad(format!("{error:#}"), Vec::new()));
            return topic;
        }
    };
    for found in shapes {
        match found {
            Known::Nothing(why) => topic.findings.push(Finding::note(why, "nothing can be said of its columns")),
            Known::Schema(id, Err(refusal)) => {
                let todo = "mend the schema, or leave the topic out".to_owned();
                topic.findings.push(Finding::bad(format!("schema {id}: {refusal}"), vec![todo]));
            }
            Known::Schema(id, Ok(shape)) => {
                for warning in &shape.warnings {
                    topic.findings.push(Finding::note(format!("schema {id}: {warning}"), "nothing to do"));
                }
                let finding = compare(&topic.name, id, &shape, plan.as_deref_mut()).await;
                let columns = columns(&shape, dialect);
                topic.schemas.push(Schema { id, table: shape.table.name.clone(), columns, finding });
            }
        }
    }
    topic
}

fn columns(shape: &Shape, dialect: Dialect) -> Vec<Column> {
    let table = &shape.table;
    let types = dialect.column_types(table).unwrap_or_default();
    let column = |(index, sql_type): (usize, String)| Column {
        name: table.columns.get(index).map(|column| column.name.clone()).unwrap_or_default(),
        sql_type,
        not_null: dialect.is_not_null(table, index),
        key: index < table.key,
    };
    types.into_iter().enumerate().map(column).collect()
}

/// What `run` would do to the table, or why it would not.
async fn compare(topic: &str, id: i32, shape: &Shape, plan: Option<&mut Plan>) -> Finding {
    let table = &shape.table;
    let maps = format!("schema {id} -> table {}, {} columns", table.name, table.columns.len());
    let Some(plan) = plan else { return Finding::good(maps) };
    match plan.steps(topic, shape).await {
        Ok(Ok(left)) if left.steps.is_empty() => Finding::good(format!("{maps}, as it is")),
        Ok(Ok(left)) => {
            let actions: Vec<&str> = left.steps.iter().map(|step| step.action).collect();
            Finding::good(format!("{maps}; run will {}", actions.join(", ").replace('_', " ")))
        }
        Ok(Err(refusal)) => {
            let todo = "`flatsink plan` prints what can be done by hand".to_owned();
            Finding::bad(format!("{maps}: {refusal}"), vec![todo])
        }
        Err(error) => Finding::bad(format!("{maps}: {error:#}"), Vec::new()),
    }
}
