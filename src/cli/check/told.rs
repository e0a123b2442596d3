//! How it is told: as text for people, as JSON for programs.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use serde_json::{Value, json};

use super::Report;
use super::found::{Column, Topic};
use crate::sink::{Finding, Verdict};

/// So many topics are told of by a line each; of more only those that something is to be said of.
const TOLD_MAX: usize = 30;

pub(super) fn json(report: &Report) -> Value {
    let finding = |about: &str, it: &Finding| json!({ "about": about, "verdict": word(it.verdict), "says": it.says, "todo": it.todo });
    let sections = report.sections.iter();
    let findings = sections.flat_map(|(about, findings)| findings.iter().map(move |it| finding(about, it)));
    let topics = report.topics.iter().map(|topic| {
        let schemas = topic.schemas.iter().map(|schema| {
            let columns = schema
                .columns
                .iter()
                .map(|it| json!({ "name": it.name, "type": it.sql_type, "not_null": it.not_null, "key": it.key }));
            json!({
                "id": schema.id,
                "schema": schema.table.schema,
                "table": schema.table.name,
                "columns": columns.collect::<Vec<_>>(),
            })
        });
        json!({
            "topic": topic.name,
            "verdict": word(topic.verdict()),
            "partitions": topic.partitions,
            "entry": topic.entry.0,
            "schemas": schemas.collect::<Vec<_>>(),
            "findings": topic.findings().map(|it| finding("topic", it)).collect::<Vec<_>>(),
        })
    });
    json!({
        "verdict": word(report.verdict()),
        "findings": findings.collect::<Vec<_>>(),
        "topics": topics.collect::<Vec<_>>(),
    })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Note => "note",
        Verdict::Bad => "bad",
    }
}

pub(super) fn text(report: &Report, full: bool, color: bool) -> String {
    let mut text = String::new();
    for (about, findings) in &report.sections {
        text.push_str(about);
        text.push('\n');
        findings.iter().for_each(|finding| put(&mut text, finding, "", color));
    }
    if !report.topics.is_empty() {
        text.push_str("topics\n");
    }
    let all = full || report.topics.len() <= TOLD_MAX;
    let told = report.topics.iter().filter(|topic| all || topic.verdict() != Verdict::Good);
    let mut count = 0;
    for topic in told {
        count += 1;
        put_topic(&mut text, topic, full, color);
    }
    let rest = report.topics.len() - count;
    if rest > 0 {
        let _ = writeln!(text, "  {} {rest} more topics; `--topic NAME` shows one in full", mark(Verdict::Good, color));
    }
    text.push_str(match report.verdict() {
        Verdict::Good => "all is well\n",
        Verdict::Note => "run can begin\n",
        Verdict::Bad => "run would refuse or stop: see the crosses\n",
    });
    text
}

fn put_topic(text: &mut String, topic: &Topic, full: bool, color: bool) {
    let (entry, says) = &topic.entry;
    for finding in topic.findings() {
        put(text, finding, &format!("{}: ", topic.name), color);
    }
    if !full {
        return;
    }
    let _ = writeln!(text, "    {} partitions, taken by entry {entry} ({says})", topic.partitions);
    for schema in &topic.schemas {
        let _ = writeln!(text, "    table {}", schema.table);
        let width = schema.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
        for Column { name, sql_type, not_null, key } in &schema.columns {
            let pad = " ".repeat(width - name.chars().count());
            let more = match (key, not_null) {
                (true, _) => ", primary key",
                (false, true) => ", not null",
                (false, false) => "",
            };
            let _ = writeln!(text, "      {}{pad}  {}{more}", clean(name), clean(sql_type));
        }
    }
}

fn put(text: &mut String, finding: &Finding, before: &str, color: bool) {
    let _ = writeln!(text, "  {} {before}{}", mark(finding.verdict, color), clean(&finding.says));
    for line in &finding.todo {
        let _ = writeln!(text, "      {}", clean(line));
    }
}

/// Names come from outside: a terminal must not obey them.
fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

fn mark(verdict: Verdict, color: bool) -> String {
    match (verdict, color) {
        (Verdict::Good, false) => "\u{2713}".into(),
        (Verdict::Note, false) => "!".into(),
        (Verdict::Bad, false) => "\u{2717}".into(),
        (Verdict::Good, true) => "\u{2713}".green().to_string(),
        (Verdict::Note, true) => "!".yellow().to_string(),
        (Verdict::Bad, true) => "\u{2717}".red().to_string(),
    }
}
