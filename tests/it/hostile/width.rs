//! Width: 53 to 58.

use super::{Fate, Part, by, dead, row, schema};
use crate::support::avro::{Envelope, confluent, long, record, text};
use crate::support::{Kind, Raw};

const LARGE: [(&str, &str); 1] = [("max.message.bytes", "25000000")];

fn fields(count: usize, ty: &str) -> String {
    let field = |n| format!(r#"{{"name":"c{n}","type":{ty}}}"#);
    schema(&(0..count).map(field).collect::<Vec<_>>().join(","))
}

/// A table of so many columns, and a row in which all have this value.
fn wide(number: u32, what: &str, count: usize, ty: &str, value: &[u8], shown: &str) -> Part {
    let select = format!("c0, c{}", count - 1);
    let datum = record(&vec![value.to_vec(); count]);
    Part::with(number, what, &fields(count, ty)).select(&select).datum(datum, row(format!("{shown}|{shown}")))
}

fn stopped(part: Part, code: &'static str) -> Part {
    let mut part = part;
    part.records.iter_mut().for_each(|(_, fate)| *fate = Fate::Gone);
    part.stop(code)
}

pub fn parts(kind: Kind) -> Vec<Part> {
    [columns(kind), sizes(kind)].concat()
}

fn columns(kind: Kind) -> Vec<Part> {
    let boolean = |count, what: &str| wide(53, what, count, r#""boolean""#, &[1], "1");
    let most = by(kind, 1_600, 1_017, 2_000);
    let int8 = wide(54, "1,600 longs", 1_600, r#""long""#, &long(7), "7");
    let strings = |number, count, what: &str| wide(number, what, count, r#""string""#, &text("a"), "a");
    let limited: Vec<String> = (0..200).map(|n| format!(r#"{{"name":"c{n}","type":"string","maxlen":255}}"#)).collect();
    let envelope = Envelope::new("log", super::ID, record(&vec![text("é".repeat(255)); 200]));
    let limited = Part::with(55, "200 strings of up to 255 characters", &schema(&limited.join(",")))
        .entry("format: yelp, mode: stream, metadata: [partition, offset, uuid]")
        .select("c0, c199")
        .raw(Raw::value(envelope.value()), row(format!("{0}|{0}", "é".repeat(255))));
    // PostgreSQL moves long texts out of the row, but not the pointers to them.
    let thousand = strings(55, 1_000, "1,000 strings");
    vec![
        stopped(boolean(most + 1, "one column too many"), "too_many_columns"),
        boolean(most - 2, "as many columns as there may be"),
        by(kind, stopped(int8.clone(), "too_many_columns"), stopped(int8.clone(), "too_many_columns"), int8),
        // InnoDB's pages are taken to have room for 196 long texts.
        if kind.is_mysql() { stopped(limited, "row_size") } else { limited },
        strings(55, 190, "190 strings"),
        by(kind, stopped(thousand.clone(), "too_many_columns"), stopped(thousand.clone(), "row_size"), thousand),
    ]
}

fn sizes(kind: Kind) -> Vec<Part> {
    let mib = |count: usize| "x".repeat(count << 20);
    let keyed = "format: confluent, mode: table, key: [a], metadata: [partition, offset]";
    let large = |raw: Part| LARGE.iter().fold(raw, |part, (key, value)| part.property(key, value));
    let long_key = by(kind, dead("key_too_long"), dead("key_too_long"), row(format!("{}", 1 << 20)));
    let raw = |value: String| Raw::value(confluent(super::ID, &text(value)));
    let binds: Vec<String> = (0..40).map(|n| format!(r#"{{"name":"c{n}","type":"int"}}"#)).collect();
    let mut many = Part::with(58, "80,000 values in a batch", &schema(&binds.join(","))).select("c0, c39");
    for n in 0..2_000 {
        let mut values = vec![long(0); 40];
        (values[0], values[39]) = (long(n), long(-n));
        many = many.datum(record(&values), row(format!("{n}|{}", -n)));
    }
    vec![
        large(Part::of(56, "a key of 1 MiB", r#""string""#))
            .entry(keyed)
            .select("length(a)")
            .datum(text(mib(1)), long_key),
        Part::of(56, "a key of 200 characters", r#""string""#)
            .entry(keyed)
            .datum(text("k".repeat(200)), row("k".repeat(200))),
        large(Part::of(57, "a string of 1 MiB", r#""string""#))
            .select("length(a)")
            .datum(text(mib(1)), row((1 << 20).to_string())),
        large(Part::of(57, "strings of 15 and 17 MiB", r#""string""#).select("length(a)"))
            .raw(raw(mib(15)), row((15 << 20).to_string()))
            .raw(raw(mib(17)), dead("too_large")),
        many,
    ]
}
