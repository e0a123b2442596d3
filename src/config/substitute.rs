//! `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${file:/path}` and `$$` inside scalars: resolved once on the
//! parsed tree, so that what is put in can be neither YAML nor another reference.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::problem::Problems;
use super::tree::{Node, Value};

/// Where references look.
#[derive(Clone, Copy)]
pub(super) struct Environment<'a> {
    /// A variable.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// A file's text.
    pub(super) file: &'a dyn Fn(&str) -> std::io::Result<String>,
}

/// What must be encoded in the user part of a URL.
const USER_PART: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Resolves all references below this node.
pub(super) fn resolve(node: &mut Node, environment: Environment<'_>, problems: &mut Problems) {
    match &mut node.value {
        Value::Scalar(text) if text.contains('$') => match substitute(text, environment) {
            Ok((value, substituted)) => {
                node.written = substituted.then(|| std::mem::take(text));
                *text = value;
            }
            Err(message) => {
                problems.add(node.place, message);
                node.value = Value::Null;
            }
        },
        Value::List(items) => items.iter_mut().for_each(|item| resolve(item, environment, problems)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, item)| resolve(item, environment, problems)),
        _ => {}
    }
}

/// The text with its references resolved, and whether there were any.
fn substitute(text: &str, environment: Environment<'_>) -> Result<(String, bool), String> {
    let (mut value, mut substituted, mut rest) = (String::new(), false, text);
    while let Some(dollar) = rest.find('$') {
        value.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        if let Some(after) = after.strip_prefix('$') {
            value.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (reference, after) =
                after.split_once('}').ok_or("`${` without a closing brace; write `$$` for a dollar sign")?;
            let resolved = look_up(reference, environment)?;
            if in_user_part(&text[..text.len() - rest.len() + dollar], after) {
                value.extend(utf8_percent_encode(&resolved, USER_PART));
            } else {
                value.push_str(&resolved);
            }
            substituted = true;
            rest = after;
        } else {
            value.push('$');
            rest = after;
        }
    }
    value.push_str(rest);
    Ok((value, substituted))
}

fn look_up(reference: &str, environment: Environment<'_>) -> Result<String, String> {
    if let Some(path) = reference.strip_prefix("file:") {
        let read = (environment.file)(path).map_err(|error| format!("cannot read the file `{path}`: {error}"))?;
        let line = read.strip_suffix('\n').unwrap_or(&read);
        return Ok(line.strip_suffix('\r').unwrap_or(line).to_owned());
    }
    let name_end = reference.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(reference.len());
    let (name, rest) = reference.split_at(name_end);
    let value = if name.is_empty() { None } else { (environment.variable)(name) };
    let filled = value.clone().filter(|value| !value.is_empty());
    if name.is_empty() || reference.contains("${") {
        Err(format!(
            "`${{{reference}}}` is no reference: ${{VAR}}, ${{VAR:-default}}, ${{VAR:?message}} or ${{file:/path}}"
        ))
    } else if rest.is_empty() {
        value.ok_or_else(|| format!("the variable `{name}` is not set; set it, or write `${{{name}:-default}}`"))
    } else if let Some(default) = rest.strip_prefix(":-") {
        Ok(filled.unwrap_or_else(|| default.to_owned()))
    } else if let Some(message) = rest.strip_prefix(":?") {
        filled.ok_or_else(|| format!("the variable `{name}` is not set: {message}"))
    } else {
        Err(format!(
            "`${{{reference}}}` is no reference: ${{VAR}}, ${{VAR:-default}}, ${{VAR:?message}} or ${{file:/path}}"
        ))
    }
}

/// Whether a reference between these two stands in the user part of a URL.
fn in_user_part(before: &str, after: &str) -> bool {
    let Some((_, authority)) = before.split_once("://") else { return false };
    let rest = braceless(after);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !braceless(authority).contains(['/', '@']) && rest.contains('@')
}

/// The text without its references.
fn braceless(text: &str) -> String {
    text.split("${")
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once('}').map_or("", |p| p.1) })
        .collect()
}

/// A scalar as it may be shown: references stay, their defaults do not.
pub(super) fn shown(written: &str) -> String {
    let mut shown = String::new();
    for (index, part) in written.split("${").enumerate() {
        match part.split_once('}') {
            Some((reference, rest)) if index > 0 => {
                let name = reference.split_once(":-").map_or(reference.to_owned(), |(name, _)| format!("{name}:-***"));
                shown.push_str(&format!("${{{name}}}{rest}"));
            }
            _ => shown.push_str(part),
        }
    }
    shown
}
