//! The shape of the code as a law: what each folder may not know, what may stand nowhere, and how long is long.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 450;
const FUNCTION_LINES_MAX: usize = 70;

/// Folders and what may not stand in them, outside tests and comments.
const LAWS: [(&[&str], &[&str]); 4] = [
    (&["record/", "batch/", "dialect/", "pipeline/decide.rs", "pipeline/decide/"], IMPURE),
    (&["source/", "source.rs"], &["sqlx"]),
    (&["sink/", "sink.rs"], &["rdkafka"]),
    (&[""], &["todo!", "unimplemented!", "dbg!", ".unwrap()", "INSERT OR REPLACE", "INSERT IGNORE"]),
];

const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "rdkafka",
    "reqwest",
    "axum", // I/O
    "Pool",
    "PgPool",
    "MySqlPool",
    "SqlitePool",
    "Executor",
    "PgConnection",
    "MySqlConnection",
    "SqliteConnection",
    "::now(",
    ".elapsed()",
    "rand", // clocks and chance
    "std::env",
    "env::var",
    "std::fs",
    "fs::read",
    "fs::write",
    "File::open",
    "std::net",
    "std::process",
    "std::thread",
];

const SQL_TEXT: (&str, &str) = ("AssertSqlSafe", "sink/");

/// Names that say nothing.
const NAMES: [&str; 10] =
    ["core", "common", "util", "utils", "types", "helper", "helpers", "manager", "handler", "handlers"];

#[test]
fn the_code_keeps_its_shape() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    find(&source, &mut files);
    assert!(files.len() > 10, "the walk over {} finds the files", source.display());
    let mut complaints = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("source files are text");
        let path = file.strip_prefix(&source).expect("found below it").to_string_lossy().replace('\\', "/");
        complaints.extend(judge(&path, &text));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn each_law_bites() {
    let check = |path: &str, text: &str, expected: &[&str]| assert_eq!(judge(path, text), expected, "{path}: {text}");
    check("batch/mod.rs", "fn a() {}\n", &[]);
    check("batch/mod.rs", "async fn a() {}\n", &["src/batch/mod.rs:1: async"]);
    check("record/a.rs", "// async is for others\nlet asynchronous = 1;\n", &[]);
    check("dialect/a.rs", "let a = Instant::now();\n", &["src/dialect/a.rs:1: ::now("]);
    check("pipeline/decide.rs", "use tokio::task;\n", &["src/pipeline/decide.rs:1: tokio"]);
    check("pipeline/mod.rs", "use tokio::task;\n", &[]);
    check("source/mod.rs", "use sqlx::Row;\n", &["src/source/mod.rs:1: sqlx"]);
    check("sink/mod.rs", "use rdkafka::Offset;\n", &["src/sink/mod.rs:1: rdkafka"]);
    check("sink/mod.rs", "\"INSERT IGNORE INTO\"\n", &["src/sink/mod.rs:1: INSERT IGNORE"]);
    check("sink/mod.rs", "AssertSqlSafe(sql)\n", &[]);
    check("cli/plan.rs", "AssertSqlSafe(sql)\n", &["src/cli/plan.rs:1: AssertSqlSafe outside src/sink/"]);
    check("cli/run.rs", "a.unwrap()\n", &["src/cli/run.rs:1: .unwrap()"]);
    check("cli/run.rs", "let url = \"http://a\"; // a.unwrap()\n", &[]);
    check("cli/run.rs", "#[cfg(test)]\nmod tests {\n    a.unwrap()\n}\n", &[]);
    check("record/schema/tests.rs", "use std::fs;\na.unwrap()\n", &[]);
    check("utils/mod.rs", "", &["src/utils/mod.rs: a name that says nothing"]);
    check("cli/types.rs", "", &["src/cli/types.rs: a name that says nothing"]);
    check("cli/run.rs", &"\n".repeat(500), &["src/cli/run.rs: 500 lines, 450 are plenty"]);
    let long =
        format!("impl A {{\n    pub fn long(\n        a: u8,\n    ) {{\n{}    }}\n}}\n", "        b();\n".repeat(70));
    check("cli/run.rs", &long, &["src/cli/run.rs:2: a function of 74 lines, 70 are plenty"]);
    let many = "trait A {\n    fn b();\n}\nfn c() {}\n".repeat(40);
    check("cli/run.rs", &many, &[]);
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

fn judge(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if path.trim_end_matches(".rs").split('/').any(|name| NAMES.contains(&name)) {
        complaints.push(format!("src/{path}: a name that says nothing"));
    }
    if path.ends_with("tests.rs") || path.contains("/tests/") {
        return complaints;
    }
    let lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
    if lines.len() > FILE_LINES_MAX {
        complaints.push(format!("src/{path}: {} lines, {FILE_LINES_MAX} are plenty", lines.len()));
    }
    for (number, line) in lines.iter().enumerate() {
        let place = format!("src/{path}:{}", number + 1);
        let code = code(line);
        let forbidden = LAWS.iter().filter(|(folders, _)| folders.iter().any(|folder| path.starts_with(folder)));
        let found = forbidden.flat_map(|(_, words)| *words).filter(|word| stands(code, word));
        complaints.extend(found.map(|word| format!("{place}: {word}")));
        if stands(code, SQL_TEXT.0) && !path.starts_with(SQL_TEXT.1) {
            complaints.push(format!("{place}: {} outside src/{}", SQL_TEXT.0, SQL_TEXT.1));
        }
        let length = function_length(&lines[number..]);
        if length > FUNCTION_LINES_MAX {
            complaints.push(format!("{place}: a function of {length} lines, {FUNCTION_LINES_MAX} are plenty"));
        }
    }
    complaints
}

/// The line without its comment.
fn code(line: &str) -> &str {
    let comment = if line.trim_start().starts_with("//") { Some(0) } else { line.find(" // ") };
    &line[..comment.unwrap_or(line.len())]
}

/// Whether the word stands there, and not as a part of a longer one.
fn stands(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = word.starts_with(part) && code[..start].ends_with(part);
        let after = word.ends_with(part) && code[start + word.len()..].starts_with(part);
        !before && !after
    })
}

/// The lines of the function that begins with the first line, 0 where none does. rustfmt sees to it that its end
/// is the first closing brace as deep as its beginning.
fn function_length(lines: &[&str]) -> usize {
    let first = lines[0];
    let indent = &first[..first.len() - first.trim_start().len()];
    let words: Vec<&str> = first.split_whitespace().take_while(|word| *word != "fn").collect();
    let modifier = |word: &&str| matches!(*word, "const" | "async" | "unsafe" | "extern") || word.starts_with("pub");
    if words.len() == first.split_whitespace().count() || !words.iter().all(modifier) {
        return 0;
    }
    if first.ends_with(';') || first.ends_with('}') {
        return 1;
    }
    let (end, declared) = (format!("{indent}}}"), format!("{indent})"));
    let last = |line: &&str| **line == end || (line.starts_with(&declared) && line.ends_with(';'));
    lines.iter().position(last).map_or(lines.len(), |index| index + 1)
}
