//! Names of tables, schemas and columns before the dialect maps them.

use super::Refusal;
use super::schema::Record;
use crate::config::{Naming, Select, Topic};

/// Fills a template of `{topic}`, `{namespace}`, `{record}` and the pattern's named groups.
///
/// # Errors
/// `bad_name` for a placeholder that nothing fills.
pub fn expand(template: &str, topic: &str, record: &Record, entry: &Topic) -> Result<String, Refusal> {
    let groups = match &entry.select {
        Select::Pattern(pattern) => pattern.captures(topic),
        Select::Names(_) => None,
    };
    let (mut name, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        let (placeholder, behind) = behind.split_once('}').ok_or_else(|| unfilled(template, behind))?;
        name.push_str(before);
        name.push_str(match placeholder {
            "topic" => topic,
            "namespace" => &record.namespace,
            "record" => &record.name,
            group => match groups.as_ref().and_then(|groups| groups.name(group)) {
                Some(found) => found.as_str(),
                None => return Err(unfilled(template, group)),
            },
        });
        rest = behind;
    }
    name.push_str(rest);
    Ok(name)
}

fn unfilled(template: &str, placeholder: &str) -> Refusal {
    let text = format!(
        "nothing fills {{{placeholder}}} in the template {template:?}: it knows topic, namespace, record \
        and the groups of the pattern that take part in the match"
    );
    Refusal::new("bad_name", text)
}

/// A name in the entry's way of naming.
pub fn apply(naming: Naming, name: &str) -> String {
    match naming {
        Naming::Keep => name.to_owned(),
        Naming::Snake => snake(name),
    }
}

/// `snake_case`: a word begins at an upper-case letter behind a lower-case one or before one (`HTTPServer`), and
/// behind what is neither letter nor digit.
fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            snake.push('_');
            continue;
        }
        let before = index.checked_sub(1).map(|index| characters[index]);
        let behind = characters.get(index + 1);
        let begins = before.is_some_and(|before| {
            before.is_lowercase()
                || before.is_numeric()
                || (before.is_uppercase() && behind.is_some_and(|behind| behind.is_lowercase()))
        });
        if character.is_uppercase() && begins {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_splits_at_humps_and_marks() {
        let check = |name: &str, expected: &str| assert_eq!(snake(name), expected);
        check("flightNumber", "flight_number");
        check("FlightNumber", "flight_number");
        check("HTTPServer", "http_server");
        check("userID", "user_id");
        check("dep_time", "dep_time");
        check("a-b.c d", "a_b_c_d");
        check("line2Text", "line2_text");
        check("ÉcoleÉté", "école_été");
        check("", "");
    }
}
