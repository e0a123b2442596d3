//! The documentation names what there is, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Flatsink;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// The program's own code in one text, tests and comments left out.
fn code() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).expect("source files are text");
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                code.extend(lines.map(|line| format!("{line}\n")));
            }
        }
    }
    code
}

/// The words `[a-z0-9_]+` that follow each of these marks.
fn words_behind<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = String> + 'a {
    text.match_indices(mark).map(move |(start, _)| {
        let word = text[start + mark.len()..].chars();
        word.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect()
    })
}

/// What stands between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    let mut quoted = BTreeSet::new();
    for line in text.lines() {
        let mut parts = line.split('`').skip(1);
        while let Some(part) = parts.next() {
            quoted.insert(part.to_owned());
            parts.next();
        }
    }
    quoted
}

fn output(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let ended = Flatsink::start(arguments, folder.path()).wait(PATIENCE);
    assert!(ended.status.success(), "{arguments:?}: {}", ended.stderr);
    ended.stdout
}

#[test]
fn the_readme_names_every_key_of_the_configuration() {
    let schema: Value = serde_json::from_str(&output(&["config", "--schema"])).expect("a JSON Schema is JSON");
    let readme = quoted(&text("README.md"));
    let keys = |of: &Value| -> Vec<String> {
        of["properties"].as_object().expect("an object has properties").keys().cloned().collect()
    };
    let definition = |name: &str| keys(&schema["$defs"][name]);
    let mut wanted: Vec<String> = keys(&schema).into_iter().chain(definition("Topic")).collect();
    for (section, name) in [("kafka", "Kafka"), ("schemas", "Schemas"), ("database", "Database"), ("batch", "Batch")] {
        wanted.retain(|key| key != section);
        wanted.extend(definition(name).into_iter().map(|key| format!("{section}.{key}")));
    }
    wanted.extend(definition("Registry"));
    let missing: Vec<&String> = wanted.iter().filter(|key| !readme.contains(*key)).collect();
    assert!(wanted.len() > 50 && missing.is_empty(), "not in README.md: {missing:?}");
}

#[test]
fn the_readmes_configurations_can_be_used() {
    let readme = text("README.md");
    let mut count = 0;
    for block in readme.split("```yaml\n").skip(1) {
        let yaml = block.split("```").next().expect("a block ends");
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::write(folder.path().join("flatsink.yaml"), yaml).expect("a file can be written");
        let ended = Flatsink::start(&["config"], folder.path()).wait(PATIENCE);
        assert!(ended.status.success(), "{yaml}\n{}", ended.stderr);
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn every_metric_is_in_the_readme_and_every_metric_there_exists() {
    let metric = |word: &String| {
        ["_total", "_seconds", "_rows", "_records", "_bytes", "_info", "_up", "partitions"]
            .iter()
            .any(|end| word.ends_with(end))
    };
    let in_code: BTreeSet<String> =
        words_behind(&code(), "\"flatsink_").map(|word| format!("flatsink_{word}")).filter(metric).collect();
    let readme = text("README.md");
    let in_readme: BTreeSet<String> =
        words_behind(&readme, "`flatsink_").map(|word| format!("flatsink_{word}")).filter(metric).collect();
    assert_eq!(in_code, in_readme);
}

#[test]
fn every_reason_and_every_refusal_is_explained() {
    let (code, page) = (code(), quoted(&text("docs/operating.md")));
    let reasons = text("src/record/reason.rs");
    let mut wanted: BTreeSet<String> = words_behind(&reasons, " = \"").collect();
    assert!(wanted.len() > 30, "the codes of dead letters are found");
    let one_line: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    wanted.extend(words_behind(&one_line, "Refusal::new(\""));
    wanted.extend(words_behind(&one_line, "Refusal::new( \""));
    let missing: Vec<&String> = wanted.iter().filter(|code| !page.contains(*code)).collect();
    assert!(missing.is_empty(), "not in docs/operating.md: {missing:?}");
}
