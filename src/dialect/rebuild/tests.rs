use super::*;

#[test]
fn columns_are_found_in_any_text() {
    let made = "CREATE TABLE \"a \"\"b\" (\n  \"id\" INTEGER NOT NULL, -- (,\n  /* \"x\" */ \"x,(\"\"\" TEXT CHECK (\"x,(\"\"\" <> ',)'), \
                [y] TEXT DEFAULT (1, 2), z REAL,\n  PRIMARY KEY (\"id\")\n) STRICT";
    let found: Vec<(String, Vec<&str>)> = columns(made)
        .into_iter()
        .map(|column| (column.name, column.words.into_iter().map(|word| &made[word]).collect()))
        .collect();
    let expected: [(&str, &[&str]); 4] = [
        ("id", &["INTEGER", "NOT", "NULL"]),
        ("x,(\"", &["TEXT", "CHECK"]),
        ("y", &["TEXT", "DEFAULT"]),
        ("z", &["REAL"]),
    ];
    let expected: Vec<(String, Vec<&str>)> =
        expected.iter().map(|(name, words)| ((*name).to_owned(), words.to_vec())).collect();
    assert_eq!(found, expected);
    assert_eq!(name(made).map(|name| &made[name]), Some("\"a \"\"b\""));
    for other in
        ["CREATE TABLE a AS SELECT 1", "CREATE VIRTUAL TABLE a USING x(y)", "", "CREATE TABLE \"", "CREATE TABLE a ("]
    {
        let _ = (name(other), columns(other).len());
    }
}

#[test]
fn what_is_added_stands_behind_the_last_column() {
    let made = vec!["CREATE TABLE \"t\" (\n  \"id\" INTEGER NOT NULL,\n  PRIMARY KEY (\"id\")\n) STRICT".to_owned()];
    let step = Step::new("add_column", vec!["ALTER TABLE \"t\" ADD COLUMN \"x\" TEXT".to_owned()]);
    let after = made_by(&made, &[step]);
    assert_eq!(
        after,
        ["CREATE TABLE \"t\" (\n  \"id\" INTEGER NOT NULL, \"x\" TEXT,\n  PRIMARY KEY (\"id\")\n) STRICT"]
    );
}
