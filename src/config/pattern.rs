//! Patterns of topics, templates of table names, and what can be known of them before any topic was seen.

use std::collections::BTreeSet;

use regex::Regex;

use super::problem::nearest;
use super::{Select, Topic};

/// Compiles a pattern that must match whole names.
pub(super) fn compile(text: &str) -> Result<Regex, String> {
    Regex::new(&format!(r"\A(?:{text})\z")).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("this regular expression cannot be used: {reason}")
    })
}

/// Why a template cannot be used; placeholders are {topic}, {namespace}, {record} and these groups.
pub(super) fn wrong_template(text: &str, groups: &[&str]) -> Option<String> {
    if text.is_empty() {
        return Some("the template is empty".into());
    }
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let placeholder = rest[brace..].strip_prefix('{').and_then(|after| after.split_once('}'));
        let Some((name, after)) = placeholder else { return Some(format!("`{text}` has an unpaired brace")) };
        let known = ["topic", "namespace", "record"].into_iter().chain(groups.iter().copied());
        if !known.clone().any(|known| known == name) {
            let remedy = match nearest(name, known.clone()) {
                Some(meant) => format!("did you mean `{{{meant}}}`?"),
                None => format!("there are {}", known.map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")),
            };
            return Some(format!("`{{{name}}}` is unknown here; {remedy}"));
        }
        rest = after;
    }
    None
}

fn placeholders(template: &str) -> Vec<&str> {
    let parts = template.split('{').skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name).collect()
}

/// Whether several topics can reach one table through this entry.
pub(super) fn mixes(select: &Select, pattern: Option<&str>, table: &str, schema: Option<&str>) -> bool {
    let (table, schema) = (placeholders(table), placeholders(schema.unwrap_or_default()));
    let has_topic = table.contains(&"topic") || schema.contains(&"topic");
    match select {
        Select::Names(names) => names.len() > 1 && !has_topic,
        Select::Pattern(_) if has_topic => false,
        // With one placeholder a name the values can be told from the names, and the topic from the values.
        Select::Pattern(_) => {
            let told = [table, schema];
            let groups = pattern.and_then(variable_groups);
            !groups.is_some_and(|groups| {
                told.iter().all(|names| names.len() <= 1) && groups.iter().all(|group| told.concat().contains(group))
            })
        }
    }
}

/// The named groups of a pattern that is nothing but literal text and named groups: its only variable parts.
fn variable_groups(pattern: &str) -> Option<Vec<&str>> {
    let (mut groups, mut rest) = (Vec::new(), pattern);
    while let Some(next) = rest.chars().next() {
        if let Some(escaped) = rest.strip_prefix('\\') {
            let literal = escaped.chars().next().filter(|c| c.is_ascii_punctuation())?;
            rest = &escaped[literal.len_utf8()..];
        } else if let Some(named) = rest.strip_prefix("(?<").or_else(|| rest.strip_prefix("(?P<")) {
            let (name, content) = named.split_once('>')?;
            groups.push(name);
            rest = &content[group_end(content)?..];
        } else if next.is_alphanumeric() || matches!(next, '_' | '-') {
            rest = &rest[next.len_utf8()..];
        } else {
            return None;
        }
    }
    Some(groups)
}

/// Where the group ends whose content begins here, its closing parenthesis included.
fn group_end(content: &str) -> Option<usize> {
    let (mut depth, mut class, mut escaped) = (1, false, false);
    for (index, c) in content.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

/// The tables that this entry is known to reach from the file alone, as (schema, table).
pub(super) fn known_tables(entry: &Topic) -> BTreeSet<(Option<String>, String)> {
    let expand = |text: &str, topic: &str| {
        let expanded = text.replace("{topic}", topic);
        (!expanded.contains('{')).then_some(expanded)
    };
    let topics: Vec<&str> = match &entry.select {
        Select::Names(names) => names.iter().map(String::as_str).collect(),
        // Whatever the pattern takes, if the templates are without placeholders.
        Select::Pattern(_) => vec!["{topic}"],
    };
    let tables = topics.into_iter().filter_map(|topic| {
        let schema = match &entry.schema {
            Some(schema) => Some(expand(schema, topic)?),
            None => None,
        };
        Some((schema, expand(&entry.table, topic)?))
    });
    tables.collect()
}
