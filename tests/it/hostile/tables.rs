//! Tables that were there before, keys, repeats, constraints: 72 to 80.

use super::{Fate, Part, by, dead, row, schema};
use crate::support::avro::{Envelope, long, null, record, some, text};
use crate::support::{Kind, Raw};

/// A table that somebody made, with a column `a` of this type.
fn made(kind: Kind, ty: &str) -> String {
    let offset = by(kind, "BIGINT", "BIGINT", "INTEGER");
    format!(
        "CREATE TABLE TABLE_ (_sink_partition INTEGER NOT NULL, _sink_offset {offset} NOT NULL, a {ty}, \
         PRIMARY KEY (_sink_partition, _sink_offset))"
    )
}

pub fn parts(kind: Kind) -> Vec<Part> {
    [types(kind), keys(), constraints(kind), repeats()].concat()
}

fn types(kind: Kind) -> Vec<Part> {
    let (int, string) = (r#""int""#, r#""string""#);
    let flag = by(kind, "BOOLEAN", "TINYINT(1)", "INTEGER");
    let (five, a) = (long(5), text("a"));
    let stop = |part: Part| {
        let mut part = part;
        part.records.iter_mut().for_each(|(_, fate)| *fate = Fate::Gone);
        part.stop("type_conflict")
    };
    let boolean = Part::of(72, "an int for a column of booleans", int).before(&made(kind, flag)).datum(&five, row("5"));
    let symbols = r#"{"type":"enum","name":"e","symbols":["x","y"]}"#;
    let more = r#"{"type":"enum","name":"e","symbols":["x","y","z"]}"#;
    let listed = by(
        kind,
        "TEXT CHECK (a IN ('x'))",
        "VARCHAR(64) CHARACTER SET utf8mb4 CHECK (a IN ('x'))",
        "TEXT CHECK (a IN ('x'))",
    );
    let three = by(kind, "VARCHAR(3)", "VARCHAR(3) CHARACTER SET utf8mb4", "TEXT CHECK (length(a) <= 3)");
    let short = Part::of(74, "a string for a column of three characters", string).before(&made(kind, three));
    let too_long = dead(by(kind, "too_long", "too_long", "constraint"));
    let short = short.datum(&a, row("a")).datum(text("four"), too_long);
    let old = Part::of(75, "an emoji for a column of three-byte characters", string)
        .before(&made(kind, by(kind, "TEXT", "VARCHAR(99) CHARACTER SET utf8mb3", "TEXT")))
        .datum(text("😀"), row("😀"));
    let integer = Part::of(78, "a text for a column of integers", string)
        .before(&made(kind, "INTEGER"))
        .datum(text("12"), Fate::Gone)
        .datum(text("abc"), Fate::Gone);
    let required = Part::of(77, "a null for a column that takes none", r#"["null","int"]"#)
        .before(&made(kind, "INTEGER NOT NULL"))
        .datum(null(), Fate::Gone);
    let single = |part: Part| if kind.is_mysql() { stop(part) } else { part };
    let mut parts = vec![
        if kind == Kind::Sqlite { boolean } else { stop(boolean) },
        Part::of(73, "a symbol that a constraint does not know", symbols)
            .before(&made(kind, listed))
            .datum([0], row("x"))
            .datum([2], dead("constraint")),
        Part::of(73, "a symbol that a later schema has", symbols)
            .next(&schema(&format!(r#"{{"name":"a","type":{more}}}"#)))
            .datum([2], row("y"))
            .following([4], row("z")),
        short,
        single(old),
        stop(required),
        Part::of(77, "a field that a later schema lacks", int)
            .next(&schema(r#"{"name":"b","type":"int"}"#))
            .select("a, b")
            .datum(&five, row("5|-"))
            .following(&five, row("-|5"))
            .datum(&five, row("5|-")),
        stop(integer),
    ];
    if kind.is_mysql() {
        let stamp = Part::of(67, "a column of type TIMESTAMP", r#"{"type":"long","logicalType":"timestamp-millis"}"#);
        parts.push(stop(stamp.before(&made(kind, "TIMESTAMP(6) NULL")).datum(long(0), Fate::Gone)));
        parts.push(stop(
            Part::of(73, "a column of type ENUM", symbols).before(&made(kind, "ENUM('x')")).datum([0], Fate::Gone),
        ));
        parts.push(stop(
            Part::of(62, "a double for a column of type FLOAT", r#""double""#)
                .before(&made(kind, "FLOAT"))
                .datum(1e300f64.to_le_bytes(), Fate::Gone),
        ));
    }
    if kind == Kind::Postgres {
        parts.push(stop(
            Part::of(62, "a double for a column of type real", r#""double""#)
                .before(&made(kind, "REAL"))
                .datum(1e300f64.to_le_bytes(), Fate::Gone),
        ));
    }
    parts
}

fn keys() -> Vec<Part> {
    let keyed = "format: confluent, mode: table, key: [a], metadata: [partition, offset]";
    let names = ["a", "A", "e", "é", "a ", "b"];
    let all = Part::of(76, "keys that some collations take for one", r#""string""#).entry(keyed).order("1");
    let all = names.iter().fold(all, |part, name| part.datum(text(name), row(*name)));
    vec![
        all,
        Part::of(77, "a key that is null", r#"["null","int"]"#)
            .entry(keyed)
            .datum(null(), dead("null_violation"))
            .datum(some(long(5)), row("5")),
    ]
}

fn constraints(kind: Kind) -> Vec<Part> {
    let int = |what: &str| Part::of(80, what, r#""int""#);
    let checked = int("a check").before(&made(kind, "INTEGER CHECK (a < 10)"));
    let parent = "CREATE TABLE TABLE__parent (id INTEGER PRIMARY KEY)";
    let linked = |what: &str, when: &str| {
        let foreign = format!("FOREIGN KEY (a) REFERENCES TABLE__parent (id){when})");
        let child = made(kind, "INTEGER").trim_end_matches(')').to_owned() + "), " + &foreign;
        int(what).before(parent).before("INSERT INTO TABLE__parent VALUES (1)").before(&child)
    };
    let judged =
        |part: Part| part.datum(long(1), row("1")).datum(long(77), dead("constraint")).datum(long(1), row("1"));
    let trigger = match kind {
        Kind::Postgres => {
            "CREATE FUNCTION TABLE__f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a > 9 THEN \
             RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER t BEFORE INSERT ON TABLE_ FOR EACH ROW EXECUTE FUNCTION TABLE__f()"
        }
        Kind::Mariadb | Kind::Mysql => {
            "CREATE TRIGGER TABLE__t BEFORE INSERT ON TABLE_ FOR EACH ROW \
             IF NEW.a > 9 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF"
        }
        Kind::Sqlite => {
            "CREATE TRIGGER TABLE__t BEFORE INSERT ON TABLE_ WHEN NEW.a > 9 BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
    };
    let mut parts = vec![judged(checked), judged(int("a trigger").before(&made(kind, "INTEGER")).before(trigger))];
    // SQLite looks at foreign keys only where a connection asks for it.
    if kind != Kind::Sqlite {
        parts.push(judged(linked("a foreign key", "")));
    }
    if kind == Kind::Postgres {
        parts.push(judged(linked("a foreign key that is looked at last", " DEFERRABLE INITIALLY DEFERRED")));
    }
    parts
}

fn repeats() -> Vec<Part> {
    let first = Envelope::new("log", super::ID, long(1));
    let other = Envelope { payload: long(2), ..first.clone() };
    let second = Envelope::new("log", super::ID, record(&[long(3)]));
    let raw = |envelope: &Envelope| Raw::value(envelope.value());
    vec![
        Part::of(79, "a uuid again, in one batch and in a later one, and with another content", r#""int""#)
            .entry("format: yelp, mode: stream, unique: uuid")
            .raw(raw(&first), row("1"))
            .raw(raw(&first), Fate::Gone)
            .raw(raw(&other), dead("uuid_conflict"))
            .raw(raw(&second), row("3"))
            .later(raw(&first), Fate::Gone)
            .later(raw(&other), dead("uuid_conflict")),
    ]
}
