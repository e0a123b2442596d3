//! Names: 40 to 52. Other topics and tables must not be touched by them: the end of the test looks.

use super::{Part, by, row, schema};
use crate::support::Kind;
use crate::support::avro::{long, record};

/// What a name must not do.
const EVIL: [(&str, &str); 8] = [
    ("a statement", r#"a\"; drop table canary;--"#),
    ("a backtick", "a`; drop table canary;--"),
    ("an apostrophe", "a'); drop table canary;--"),
    ("a backslash", r"a\\"),
    ("U+0000", r"a\u0000"),
    ("a newline", r"a\n"),
    ("an escape sequence", r"a\u001b[2J"),
    ("an override of the direction", r"a\u202eb"),
];

/// Int fields of these names; a record's values are 1, 2, 3 ..
fn ints(number: u32, what: &str, names: &[&str]) -> Part {
    let fields: Vec<String> = names.iter().map(|name| format!(r#"{{"name":"{name}","type":"int"}}"#)).collect();
    Part::with(number, what, &schema(&fields.join(","))).select("*")
}

/// Its one record, and the row with its position.
fn counted(part: Part, fields: i64) -> Part {
    let values: Vec<Vec<u8>> = (1..=fields).map(long).collect();
    let text: Vec<String> = (1..=fields).map(|n| n.to_string()).collect();
    part.datum(record(&values), row(format!("0|0|{}", text.join("|"))))
}

pub fn parts(kind: Kind) -> Vec<Part> {
    [columns(kind), tables()].concat()
}

fn columns(kind: Kind) -> Vec<Part> {
    let long_name = "a".repeat(64);
    let (one, two) = (format!("{long_name}1"), format!("{long_name}2"));
    let stop_mysql = |part: Part, fields, code| match kind {
        Kind::Mariadb | Kind::Mysql => part.stop(code),
        _ => counted(part, fields),
    };
    let mut parts: Vec<Part> = EVIL
        .iter()
        .map(|(what, name)| ints(40, &format!("a field with {what}"), &["good", name]).stop("bad_name"))
        .collect();
    let in_symbols = r#"{"type":"enum","name":"e","symbols":["a\"; drop table canary;--","'); drop table canary;--"]}"#;
    parts.push(
        Part::of(40, "a statement as an enum's symbol, which is a value", in_symbols)
            .datum([0], row(r#"a"; drop table canary;--"#))
            .datum([2], row("'); drop table canary;--")),
    );
    let in_doc = r#"{"name":"a","type":"int","doc":"'; drop table canary;-- \u0000 \\' \" \u001b[2J","default":"'; drop table canary"}"#;
    let record_doc =
        format!(r#"{{"type":"record","name":"r","doc":"*/ '; drop table canary;--","fields":[{in_doc}]}}"#);
    parts.push(Part::with(40, "statements in docs and a default", &record_doc).datum([2], row("1")));
    let pair = ints(41, "id and ID", &["id", "ID"]);
    parts.push(by(kind, counted(pair.clone(), 2), pair.clone().stop("name_collision"), pair.stop("name_collision")));
    parts.extend([
        counted(ints(42, "two names that differ behind the 64th character", &[&one, &two]), 2),
        counted(ints(45, "reserved words", &["select", "user", "order", "group", "table", "from", "values"]), 7),
        counted(ints(46, "columns of PostgreSQL's own", &["ctid", "xmin", "tableoid"]), 3),
        counted(ints(47, "columns of SQLite's own", &["rowid", "oid", "_rowid_"]), 3),
        counted(ints(48, "a name that begins as ours do", &["_sink_part"]), 1),
        ints(49, "a blank at a name's end", &["a "]).stop("bad_name"),
        ints(49, "an empty name", &[""]).stop("bad_name"),
        counted(ints(50, "é and e, composed and not, ſ and s", &["é", "e", "e\u{301}", "ſ", "s"]), 5),
        stop_mysql(ints(50, "i and İ", &["i", "İ"]), 2, "name_collision"),
        stop_mysql(ints(50, "an emoji", &["😀"]), 1, "bad_name"),
    ]);
    let own = by(kind, "ctid_, xmin_, tableoid_", "ctid, xmin, tableoid", "ctid, xmin, tableoid");
    parts.push(
        ints(46, "and what they are called", &["ctid", "xmin", "tableoid"]).select(own).datum([2, 4, 6], row("1|2|3")),
    );
    let own = by(kind, "t.rowid, t.oid, t._rowid_", "rowid, oid, _rowid_", "rowid_, oid_, _rowid__").replace("t.", "");
    parts.push(
        ints(47, "and what they are called", &["rowid", "oid", "_rowid_"]).select(&own).datum([2, 4, 6], row("1|2|3")),
    );
    parts.push(ints(48, "and what it is called", &["_sink_part"]).select("f_sink_part").datum([2], row("1")));
    parts
}

fn tables() -> Vec<Part> {
    let of = |number, what: &str, topic: &str, value: i64| {
        Part::of(number, what, r#""int""#).topic(topic, None).datum(long(value), row(value.to_string()))
    };
    let named = |number, what: &str, table: &str| {
        let topic = format!("UNIQUE_{number}_{}", table.len());
        Part::of(number, what, r#""int""#).topic(&topic, Some(table)).datum([2], row("1"))
    };
    let twin = format!("UNIQUE{}", "x".repeat(60));
    let filler = "y".repeat(249 - "h_00000000_0000".len());
    let record = |name: &str| format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"a","type":"int"}}]}}"#);
    let by_record = |what: &str, name: &str| {
        let topic = format!("UNIQUE_40_{}", what.len());
        Part::with(40, what, &record(name)).topic(&topic, Some("{record}")).stop("bad_name")
    };
    vec![
        by_record("a record whose name is a statement", r#"b\"; drop table canary;--"#),
        by_record("a record whose name holds an apostrophe", "b'; drop table canary;--"),
        by_record("a record whose name ends a line", r"b\n"),
        of(43, "one of two topics that are equal in 63 bytes", &format!("{twin}1"), 1),
        of(43, "the other of them", &format!("{twin}2"), 2),
        of(44, "topics that differ in marks and case: A.b", "UNIQUEA.b", 1),
        of(44, "a-b", "UNIQUEa-b", 2),
        of(44, "A_c", "UNIQUEA_c", 3),
        of(47, "a topic that begins as SQLite's own tables do", "sqlite_UNIQUE", 1),
        of(48, "a topic that begins as our own tables do", "flatsink_UNIQUE", 1),
        named(48, "a table of the ledger's name", "flatsink_offset"),
        of(51, "a topic of 249 characters", &format!("UNIQUE{filler}"), 1),
        named(52, "a table whose name is a path", "../x.y"),
        named(52, "a table whose name holds a slash", "a/b"),
    ]
}
