//! What is wrong with a configuration, and where: one report with the lines and carets.

use std::fmt::Write;

use super::ConfigError;
use super::tree::{Node, Place};

/// Everything that is wrong, as far as it was found.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(Place, String)>);

impl Problems {
    /// Something is wrong there.
    pub(super) fn add(&mut self, place: Place, message: impl Into<String>) {
        let problem = (place, message.into());
        // Defaults are read once for each entry that takes them.
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Something is wrong at this path (`topics/0/table`) of the tree.
    pub(super) fn at(&mut self, tree: &Node, path: &str, message: impl Into<String>) {
        let node = tree.nearest(path);
        // What is not there has no line.
        self.add(if std::ptr::eq(node, tree) { Place::default() } else { node.place }, message);
    }

    /// Whether something was said of this place.
    pub(super) fn has(&self, place: Place) -> bool {
        self.0.iter().any(|(noted, _)| *noted == place)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The report, in the order of the file; `None` where all is well.
    pub(super) fn report(mut self, name: &str, text: &str) -> Option<ConfigError> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|(place, _)| *place);
        let mut report = String::new();
        for (place, message) in &self.0 {
            if !report.is_empty() {
                report.push_str("\n\n");
            }
            let line = text.lines().nth(place.line.wrapping_sub(1)).filter(|_| place.line > 0);
            let Some(line) = line else {
                let _ = write!(report, "{name}: {message}");
                continue;
            };
            let (number, shown) = (place.line.to_string(), hide(line));
            let margin = " ".repeat(number.len());
            // The caret stands below the column only if nothing before it was hidden or is a tab.
            let indent: String = shown
                .chars()
                .take(place.column.saturating_sub(1))
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            let _ = write!(report, "{name}:{number}:{}: {message}", place.column);
            let _ = write!(report, "\n {margin} |\n {number} | {shown}\n {margin} | {indent}^");
        }
        if self.0.len() > 1 {
            let _ = write!(report, "\n\n{name}: {} problems", self.0.len());
        }
        Some(ConfigError(report))
    }
}

/// The line without passwords that stand in it literally.
fn hide(line: &str) -> String {
    let secret_key = line.split_once(':').filter(|(key, _)| {
        let key = key.trim_start_matches(|c: char| c == '-' || c == '{' || c == '"' || c.is_whitespace());
        is_secret(key.trim_end_matches('"').trim_end())
    });
    if let Some((key, value)) = secret_key
        && !value.trim().is_empty()
        && !value.trim_start().starts_with("${")
    {
        return format!("{key}: ***");
    }
    hide_url_password(line)
}

/// Whether the key's value is a secret though it stands in the file.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    let ends =
        ["password", "token", "secret", "passphrase", ".pem", "sasl.oauthbearer.config", "ssl.key", "jaas.config"];
    ends.iter().any(|end| key.ends_with(end))
}

/// `scheme://user:password@host` as `scheme://user:***@host`.
pub(super) fn hide_url_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority_end = rest.find(['/', '?', '#', ' ', '"', '\'']).unwrap_or(rest.len());
    // An unencoded slash in a password must not show what stands before it.
    let at = rest[..authority_end].rfind('@').or_else(|| rest.rfind('@'));
    match at.and_then(|at| rest[..at].split_once(':').map(|(user, _)| (user, at))) {
        // A reference hides by itself.
        Some((user, at)) if rest[user.len() + 1..at].starts_with("${") && rest[..at].ends_with('}') => text.to_owned(),
        Some((user, at)) => format!("{scheme}://{user}:***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

/// The candidate that was probably meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1) + 1;
    let distances = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// How many letters to add, drop, change or swap (optimal string alignment), without case and separators.
fn distance(a: &str, b: &str) -> usize {
    let plain = |s: &str| -> Vec<char> {
        s.chars().filter(|c| !matches!(c, '_' | '-' | '.')).flat_map(char::to_lowercase).take(64).collect()
    };
    let (a, b) = (plain(a), plain(b));
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}
