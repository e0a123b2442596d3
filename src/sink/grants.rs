//! What a MySQL user may do, as `SHOW GRANTS` tells it.

/// What flatsink does in a database; views are only with its own tables, and replacing one asks for DROP.
pub(super) fn required(own: bool) -> &'static [&'static str] {
    const ALL: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "CREATE VIEW", "DROP"];
    if own { &ALL } else { &ALL[..6] }
}

/// The privileges that no line gives for the whole database.
pub(super) fn missing(lines: &[&str], database: &str, required: &[&'static str]) -> Vec<&'static str> {
    let held: Vec<&str> = lines.iter().flat_map(|line| held(line, database)).collect();
    let all = held.iter().any(|privilege| matches!(*privilege, "ALL" | "ALL PRIVILEGES"));
    required.iter().copied().filter(|privilege| !all && !held.contains(privilege)).collect()
}

/// The privileges that one line gives for the database.
fn held<'a>(line: &'a str, database: &str) -> Vec<&'a str> {
    let granted = line.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON "));
    let Some((privileges, rest)) = granted else { return Vec::new() };
    let scope = rest.split(" TO ").next().unwrap_or_default();
    let Some(pattern) = scope.strip_suffix(".*") else { return Vec::new() };
    let pattern = pattern.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(pattern);
    let pattern = pattern.replace("``", "`");
    if pattern == "*" || matches(&pattern, database) { privileges.split(", ").collect() } else { Vec::new() }
}

/// `%` stands for any text, `_` for any character, a backslash takes the meaning from the next one.
fn matches(pattern: &str, name: &str) -> bool {
    let mut expression = String::from("^(?s:");
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => expression.push_str(&regex::escape(&characters.next().unwrap_or('\\').to_string())),
            c => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push_str(")$");
    regex::Regex::new(&expression).is_ok_and(|expression| expression.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_counts_where_it_reaches() {
        let none = |lines: &[&str], database: &str| missing(lines, database, required(false)).is_empty();
        assert!(none(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"], "a"));
        assert!(none(&["GRANT USAGE ON *.* TO `u`@`%`", "GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`"], "a_b"));
        assert!(!none(&["GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`"], "acb"));
        assert!(none(&["GRANT ALL PRIVILEGES ON `a%`.* TO `u`@`%`"], "acb"));
        assert!(!none(&["GRANT ALL PRIVILEGES ON `a`.`t` TO `u`@`%`"], "a"));
        assert!(none(&["GRANT ALL PRIVILEGES ON `a``c`.* TO `u`@`%`"], "a`c"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let lines = ["GRANT SELECT, INSERT, CREATE VIEW ON `a`.* TO `u`@`%`", "GRANT `reader` TO `u`@`%`"];
        assert_eq!(missing(&lines, "a", required(true)), ["UPDATE", "DELETE", "CREATE", "ALTER", "DROP"]);
        assert_eq!(missing(&lines, "b", required(false)).len(), 6);
        let columns = ["GRANT SELECT (x, y), UPDATE (x) ON `a`.* TO `u`@`%`"];
        assert_eq!(missing(&columns, "a", &["SELECT", "UPDATE"]), ["SELECT", "UPDATE"]);
    }
}
