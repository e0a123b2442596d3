use std::path::Path;

use secrecy::ExposeSecret;

use super::*;

/// A configuration that is right, in which one key is replaced or added: `database.url = x` sets it, `-sink` drops
/// the line. What stands in the table of cases is appended as it is where it has more lines.
const SOUND: &str = r#"sink: test
kafka:
  brokers: [localhost:9092]
schemas:
  directory: ./schemas
database:
  url: postgres://localhost/warehouse
topics:
  - topic: flights
"#;

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "WORD" => "hush",
        "HARD" => "p@ss/w:rd ${WORD} $$",
        "NUMBER" => "3",
        "EMPTY" => "",
        "YAML" => "a: [b, *c]",
        _ => return None,
    };
    Some(value.to_owned())
}

fn file(path: &str) -> std::io::Result<String> {
    match path {
        "/run/missing" => Err(std::io::ErrorKind::NotFound.into()),
        _ => Ok("from a file\n".to_owned()),
    }
}

fn parse_text(text: &str) -> Result<Config, ConfigError> {
    parse(text, "test.yaml", Environment { variable: &environment, file: &file })
}

fn sound(text: &str) -> Config {
    parse_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// SOUND with the lines of `change` in the place of the top-level keys that they begin.
fn changed(change: &str) -> String {
    let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let replaced: Vec<String> =
        change.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic())).map(key).collect();
    let mut kept = String::new();
    let mut dropping = false;
    for line in SOUND.lines() {
        if !line.starts_with(' ') {
            dropping = replaced.contains(&key(line));
        }
        if !dropping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    format!("{kept}{change}\n")
}

fn entry(keys: &str) -> String {
    changed(&format!("topics:\n  - {{{keys}}}"))
}

fn with_database(keys: &str) -> String {
    changed(&format!("database: {{{keys}}}"))
}

fn bad(text: &str, expected: &[&str]) {
    let error = match parse_text(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => error.to_string(),
    };
    for part in expected {
        assert!(error.contains(part), "`{part}` is missing in:\n{error}\n\nof:\n{text}");
    }
    for secret in ["hush", "p@ss", "p%40ss", "from a file"] {
        assert!(!error.contains(secret), "a secret in:\n{error}");
    }
}

#[test]
fn bad_files_are_refused_with_place_and_remedy() {
    bad("sink: [", &["test.yaml:1:"]);
    bad("a\n", &["expected keys with values, found `a`"]);
    bad("", &["`sink` is missing", "`kafka` is missing", "`topics` is missing", "5 problems"]);
    bad(&format!("{SOUND}sink: again\n"), &["test.yaml:10:1", "duplicate", "sink"]);
    bad(
        &format!("{SOUND}databse: 1\n"),
        &["test.yaml:10:1", "unknown key `databse`; did you mean `database`?", "10 | databse: 1", "^"],
    );
    bad(&format!("{SOUND}zzzzzzzz: 1\n"), &["unknown key `zzzzzzzz`; there are sink, kafka"]);
    bad(
        &format!("{SOUND}workers: four\n"),
        &["test.yaml:10:10: expected a whole number, found `four`", "10 | workers: four", "   |          ^"],
    );
    bad(&format!("{SOUND}workers: [1]\n"), &["expected a whole number, found a list"]);
    bad(&format!("{SOUND}workers: 0\n"), &["1 to 256 workers"]);
    bad(
        &format!("{SOUND}wrokers: 1\nbatch: 5\nmemory_max: much\n"),
        &[
            "`wrokers`; did you mean `workers`",
            "expected keys with values, found `5`",
            "expected a size like 4MiB, found `much`",
            "3 problems",
        ],
    );
    bad(&changed("sink: Ware House"), &["1 to 64 of a-z 0-9 _ -"]);
    bad(&changed("sink:"), &["`sink` is empty"]);
    bad(&changed("topics: []"), &["at least one entry"]);
    bad(&changed("topics: flights"), &["expected a list, found `flights`"]);
}

#[test]
fn bad_references_are_refused() {
    bad(&changed("sink: ${UNSET}"), &["test.yaml:9:7", "the variable `UNSET` is not set", "${UNSET:-default}"]);
    bad(&changed("sink: ${UNSET:?say who you are}"), &["`UNSET` is not set: say who you are"]);
    bad(&changed("sink: ${EMPTY:?say}"), &["`EMPTY` is not set: say"]);
    bad(&changed("sink: ${file:/run/missing}"), &["cannot read the file `/run/missing`"]);
    bad(&changed("sink: ${WORD"), &["without a closing brace", "$$"]);
    bad(&changed("sink: ${WORD:+x}"), &["is no reference"]);
    bad(&changed("sink: ${A:-${WORD}}"), &["is no reference"]);
    bad(&changed("sink: ${}"), &["is no reference"]);
    bad(&changed("workers: ${WORD}"), &["expected a whole number, found `${WORD}`"]);
    bad(&with_database("url: '${WORD}'"), &["expected a URL like"]);
    let error = parse_text(&changed("kafka: {brokers: ['a:1'], properties: {a: '${UNSET}'}}")).unwrap_err().to_string();
    assert_eq!(error.matches("test.yaml:").count(), 1, "{error}");
    bad(&with_database("url: 'postgres://a:${HARD}@h:x/db'"), &["`x` is no port"]);
}

#[test]
fn bad_kafka_and_schemas_are_refused() {
    bad(&changed("kafka: {brokers: []}"), &["`kafka.brokers` is missing"]);
    bad(&changed("kafka: {brokers: ['a:b']}"), &["`a:b` is no broker: host:port"]);
    bad(&changed("kafka: {brokers: ['a:1'], group: ''}"), &["a group's name"]);
    bad(
        &changed("kafka: {brokers: ['a:1'], properties: {enable.auto.commit: true}}"),
        &["`enable.auto.commit` is set by flatsink", "offsets move with the rows"],
    );
    bad(
        &changed("kafka: {brokers: ['a:1'], properties: {Auto.Offset.Reset: latest}}"),
        &["set by flatsink", "`start`"],
    );
    bad(&changed("kafka: {brokers: ['a:1'], properties: {a: [1]}}"), &["expected a text, found a list"]);
    bad(&changed("schemas: {}"), &["exactly one of"]);
    bad(&changed("schemas: {directory: a, confluent: {url: 'http://a'}}"), &["exactly one of"]);
    bad(&changed("schemas: {confluent: {}}"), &["`url` is missing"]);
    bad(&changed("schemas: {confluent: {url: 'ftp://a'}}"), &["expected an address like http://"]);
    bad(&changed("schemas: {confluent: {url: 'http://a', password: b}}"), &["a password without a user"]);
    bad(&changed("schemas: {confluent: {url: 'http://u:p@a', bearer_token: b}}"), &["not both", "***"]);
    bad(&changed("schemas: {confluent: {url: 'http://a', timeout: 10}}"), &["a time needs its unit: 10ms, 10s, 10m"]);
    bad(&changed("schemas: {confluent: {url: 'http://a', cert_file: a}}"), &["come together"]);
}

#[test]
fn bad_databases_are_refused() {
    bad(&changed("database:"), &["`database` is empty"]);
    bad(&with_database("user: a"), &["`database.url` is missing"]);
    bad(&with_database("url: 'oracle://h/db'"), &["`oracle` is no database", "postgres, mysql, mariadb, sqlite"]);
    bad(&with_database("url: 'postgres://h'"), &["the database's name is missing"]);
    bad(&with_database("url: 'postgres://h/a/b'"), &["has a slash"]);
    bad(&with_database("url: 'postgres://u:secret/word@h/db'"), &["percent-encoded", "u:***@h"]);
    bad(&with_database("url: 'postgres://h/db?sslmod=require'"), &["`sslmod` is unknown; did you mean `sslmode`?"]);
    bad(&with_database("url: 'postgres://h/db?sslmode=prefer'"), &["falls back to plain text"]);
    bad(&with_database("url: 'postgres://h/db?sslmode=require', tls: verify-full"), &["say different things"]);
    bad(&with_database("url: 'postgres://h/db', tls: yes"), &["expected verify-full | require | none, found `yes`"]);
    bad(&with_database("url: 'postgres://h/db', key_file: a"), &["come together"]);
    bad(&with_database("url: 'sqlite://'"), &["the file is missing"]);
    bad(&with_database("url: 'sqlite://:memory:'"), &["gone with the process"]);
    bad(&with_database("url: 'sqlite://a.db', schema: b"), &["SQLite has no schemas"]);
}

#[test]
fn bad_entries_are_refused() {
    bad(&entry("format: yelp"), &["an entry needs `topic`"]);
    bad(&entry("topic: a, pattern: b"), &["either `topic` or `pattern`"]);
    bad(&entry("topic: []"), &["the list of topics is empty"]);
    bad(&entry("topic: 'a.*'"), &["is no name of a topic (`*`)", "under `pattern`"]);
    bad(&entry("pattern: 'a('"), &["this regular expression cannot be used: unclosed group"]);
    bad(&entry("pattern: a, exclude: '['"), &["this regular expression cannot be used"]);
    bad(&entry("topic: a, table: '{tpoic}'"), &["`{tpoic}` is unknown here; did you mean `{topic}`?"]);
    bad(
        &entry("pattern: '(?<db>a)', table: '{server}'"),
        &["`{server}` is unknown here; there are {topic}, {namespace}, {record}, {db}"],
    );
    bad(&entry("topic: a, table: '{topic'"), &["an unpaired brace"]);
    bad(&entry("topic: a, table: ''"), &["the template is empty"]);
    bad(&entry("topic: a, format: debezium"), &["`debezium` is not there yet", "yelp | confluent"]);
    bad(&entry("topic: a, format: json"), &["expected yelp | confluent, found `json`"]);
    bad(&entry("topic: a, mode: history"), &["`history` is not there yet", "stream | table"]);
    bad(&entry("topic: a, unique: lunch"), &["expected uuid | position | none"]);
    bad(&entry("topic: a, deletes: soft"), &["`soft` is not there yet", "apply | ignore"]);
    bad(&entry("topic: a, nested: flat"), &["expected json | flatten | reject, found `flat`"]);
    bad(&entry("topic: a, columns: {b: 1}"), &["expected keys with values, found `1`"]);
    bad(&entry("topic: a, columns: {b: {tpye: text}}"), &["unknown key `tpye`; did you mean `type`?"]);
    bad(&entry("topic: a, columns: {b: {type: txt}}"), &["`txt` is no type of a column; did you mean `text`?"]);
    bad(&entry("topic: a, columns: {b: {type: truncate}}"), &["expected text | uuid", "found `truncate`"]);
    bad(&entry("topic: a, columns: {b: {type: decimal}}"), &["decimal(38,9)"]);
    bad(&entry("topic: a, columns: {b: {type: 'decimal(2,3)'}}"), &["s at most p"]);
    bad(&entry("topic: a, columns: {b: {unit: ms}}"), &["`unit` goes with `type: timestamp`"]);
    bad(&entry("topic: a, columns: {b: {type: timestamp, unit: m}}"), &["expected s | ms | us | ns, found `m`"]);
    bad(&entry("topic: a, columns: {b: {length: 0}}"), &["at least 1"]);
    bad(&entry("topic: a, columns: {b: {type: uuid, length: 9}}"), &["`length` is of texts and bytes"]);
    bad(&entry("topic: a, columns: {b: {skip: true, name: c}}"), &["`skip` stands alone"]);
    bad(&entry("topic: a, mode: table, key: [b], columns: {b: {skip: true}}"), &["`b` is part of the key"]);
    bad(&entry("topic: a, columns: {b: {name: ''}}"), &["column \"\" is empty"]);
    bad(&entry("topic: a, nul: keep"), &["expected dead_letter | strip | replace, found `keep`"]);
    bad(&entry("topic: a, reader_schema: 2147483648"), &["expected a schema's id or a file"]);
    bad(&entry("topic: a, reader_schema: ''"), &["expected a schema's id or a file"]);
    bad(&entry("topic: a, schema_changes: never"), &["apply | create_only | ignore | refuse"]);
    bad(&entry("topic: a, on_conflict: go"), &["stop | new_column"]);
    bad(&entry("topic: a, rewrite_max: much"), &["expected a size"]);
    bad(
        &entry("topic: a, format: confluent, unique: uuid"),
        &["format confluent has no uuid of its own", "uuid: header:NAME"],
    );
    bad(&entry("topic: a, uuid: key"), &["the envelope of format yelp carries the uuid"]);
    bad(&entry("topic: a, format: confluent, uuid: 'heder:a'"), &["expected key | header:NAME | field:NAME"]);
    bad(&entry("topic: a, format: confluent, mode: table, kafka_key: int64, key: [a, b]"), &["exactly one in `key`"]);
    bad(&entry("topic: a, mode: table, key: [a, a]"), &["`a` stands twice"]);
    bad(&entry("topic: a, metadata: [uuid, offset]"), &["`partition` cannot be left out"]);
    bad(&entry("topic: a, metadata: [partition, offset]"), &["`uuid` cannot be left out"]);
    bad(
        &entry("topic: a, format: confluent, metadata: []"),
        &["`partition` cannot be left out", "unless `unique: none`"],
    );
    bad(&entry("topic: a, metadata: [uuid, partition, offset, offset]"), &["`offset` stands twice"]);
    bad(
        &entry("topic: a, format: confluent, metadata: [uuid, partition, offset]"),
        &["format confluent has no `uuid`"],
    );
    bad(&entry("topic: a, format: confluent, metadata: [partition, offset, message_type]"), &["no `message_type`"]);
    bad(&entry("topic: a, metadata: [lunch]"), &["expected uuid | partition | offset"]);
    bad(&entry("topic: a, start: yesterday"), &["earliest | latest | a time like", "found `yesterday`"]);
    bad(&entry("topic: a, start: 'group:'"), &["earliest | latest"]);
    bad(&entry("topic: a, breaker: {consecutive: 0}"), &["`consecutive` is at least 1"]);
    bad(&entry("topic: a, breaker: {percent: 101}"), &["`percent` is above 0"]);
    bad(&entry("topic: a, breaker: never"), &["or none", "`never`"]);
    bad(&entry("topic: a, breaker: {percnt: 1}"), &["percnt"]);
    bad(&entry("topic: a, owners: b"), &["unknown key `owners`; did you mean `owner`?"]);
    bad(&changed("database: {url: 'sqlite://a.db'}\ntopics: [{topic: a, schema: b}]"), &["SQLite has no schemas"]);
    bad(
        &format!("{SOUND}defaults: {{pattern: a, formt: yelp}}\n"),
        &["`pattern` belongs to an entry", "did you mean `format`?"],
    );
}

#[test]
fn entries_that_meet_are_refused() {
    bad(&changed("topics: [{topic: a}, {topic: [b, a]}]"), &["`a` is named by an earlier entry"]);
    bad(&changed("topics: [{topic: a}, {topic: b, table: a}]"), &["both reach the table `a`", "merge: true"]);
    bad(&changed("topics: [{topic: a, merge: true}, {topic: b, table: a}]"), &["both reach the table `a`"]);
    bad(&changed("topics: [{topic: a}, {pattern: 'b.*', table: a}]"), &["both reach the table `a`"]);
    bad(
        &changed("database: {url: 'mysql://localhost/db'}\ntopics: [{topic: a}, {topic: A}]"),
        &["both reach the table `A`"],
    );
    sound(&changed("topics: [{topic: a}, {topic: A}]"));
    sound(&changed("topics: [{topic: a}, {topic: b, table: a, schema: other}]"));
    sound(&changed("topics: [{topic: a, merge: true}, {topic: b, table: a, merge: true}]"));
}

#[test]
fn limits_that_do_not_fit_say_what_fits() {
    bad(
        &format!("{SOUND}workers: 5\n"),
        &["need 80MiB; memory_max is 64MiB", "memory_max: 80MiB, or workers: 4, or batch.bytes_max: 3MiB"],
    );
    bad(&format!("{SOUND}memory_max: 4MiB\n"), &["need 16MiB", "memory_max is 4MiB"]);
    bad(&format!("{SOUND}record_max: 1GiB\n"), &["at most half of memory_max"]);
    bad(&format!("{SOUND}batch: {{rows_max: 0}}\n"), &["at least 1 row"]);
    bad(&format!("{SOUND}batch: {{linger_max: 5}}\n"), &["a time needs its unit"]);
    bad(&format!("{SOUND}batch: {{linger_max: 5h}}\n"), &["at most 60s"]);
    bad(&format!("{SOUND}shutdown_max: 10ms\n"), &["at least 1s"]);
    bad(&format!("{SOUND}http: here\n"), &["`http`: expected address:port"]);
    assert_eq!(sound(&format!("{SOUND}workers: 4\n")).workers, 4);
}

#[test]
fn passwords_that_stand_in_the_file_are_not_quoted_in_errors() {
    bad("database:\n  password: [hush]\n", &["password: ***"]);
    bad("kafka:\n  properties:\n    sasl.password: [hush]\n", &["sasl.password: ***"]);
    bad("database: {url: 'postgres://u:hush@h:x/db'}", &["u:***@h"]);
}

#[test]
fn references_are_resolved_once_and_hidden() {
    let config = sound(&changed(
        "database:\n  url: postgres://user-${WORD}:${HARD}@db.example/warehouse\nsink: ${EMPTY:-main}-${NUMBER}\n\
         workers: ${NUMBER}\nkafka: {brokers: ['a:1'], properties: {sasl.password: '${HARD}', ssl.key.password: '${file:/k}', client.rack: 'a$$b'}}",
    ));
    let hard = environment("HARD").unwrap();
    assert_eq!(config.sink, "main-3");
    assert_eq!(config.workers, 3);
    assert_eq!(config.database.user.as_deref(), Some("user-hush"));
    assert_eq!(config.database.password.as_ref().unwrap().expose_secret(), hard);
    assert_eq!(config.kafka.properties["sasl.password"].expose_secret(), hard);
    assert_eq!(config.kafka.properties["ssl.key.password"].expose_secret(), "from a file");
    assert_eq!(config.kafka.properties["client.rack"].expose_secret(), "a$b");
    let shown = config.show();
    for secret in ["hush", "p@ss", "p%40ss", "from a file", "main-3"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("sink: \"${EMPTY:-***}-${NUMBER}\""), "{shown}");
    assert!(!format!("{config:?}").contains("p@ss"));
    let quoted = sound(&changed("sink: a\nkafka: {brokers: ['a:1'], properties: {client.id: '${YAML}'}}"));
    assert_eq!(quoted.kafka.properties["client.id"].expose_secret(), "a: [b, *c]");
}

#[test]
fn what_is_shown_can_be_read_again() {
    let config = sound(&changed(
        "topics:\n  - pattern: \"a\\\\.(?<n>[^.]+)\"\n    table: '{n}'\n    exclude: ['x #']\n    breaker: off\n    nul: strip\n\
         \x20   columns: {a.b: {type: 'decimal(9, 2)', name: x y}, c: {type: timestamptz, unit: ms}, d: {skip: true}}\n\
         http: off\n\
         kafka: {brokers: 'a:1,b:2', properties: {sasl.username: '007', linger: 1.10}}",
    ));
    let shown = config.show();
    let again = sound(&shown);
    assert_eq!(show::effective(&config), show::effective(&again), "{shown}");
    assert_eq!(config.kafka.brokers, ["a:1", "b:2"]);
    assert_eq!(config.kafka.properties["sasl.username"].expose_secret(), "007");
    assert_eq!(config.kafka.properties["linger"].expose_secret(), "1.10");
    assert!(config.http.is_none() && config.topics[0].breaker.is_none());
    let columns = &config.topics[0].columns;
    assert_eq!(columns["a.b"].ty, Some(ColumnType::Decimal { precision: 9, scale: 2 }));
    assert_eq!((columns["c"].unit, columns["d"].skip), (Some(TimeUnit::Ms), Some(true)));
    assert_eq!(config.topics[0].nul, Nul::Strip);
}

#[test]
fn defaults_are_merged_below_each_entry() {
    let config = sound(&changed(
        "x-note: &own {owner: me}\ndefaults: {format: confluent, mode: table, key: [id]}\n\
         topics:\n  - topic: a\n  - {topic: b, mode: stream}\n  - {topic: c, <<: *own}",
    ));
    assert!(config.topics.iter().all(|topic| topic.format == Format::Confluent));
    assert_eq!(config.topics[0].mode, Mode::Table);
    assert_eq!(config.topics[1].mode, Mode::Stream);
    assert_eq!(config.topics[1].unique, Unique::Position);
    assert_eq!(config.topics[2].owner.as_deref(), Some("me"));
    assert_eq!(config.topics[0].metadata, [Metadata::Partition, Metadata::Offset, Metadata::Timestamp]);
}

#[test]
fn a_table_without_a_key_needs_no_metadata() {
    for keys in ["topic: a, unique: none", "topic: a, format: confluent, unique: off"] {
        let config = sound(&entry(keys));
        assert_eq!(config.topics[0].unique, Unique::None, "{keys}");
        assert!(config.topics[0].metadata.contains(&Metadata::Partition), "{keys}");
        assert!(sound(&entry(&format!("{keys}, metadata: []"))).topics[0].metadata.is_empty(), "{keys}");
    }
}

#[test]
fn the_topic_is_a_column_where_several_topics_can_reach_one_table() {
    let check = |keys: &str, expected: bool| {
        assert_eq!(sound(&entry(keys)).topics[0].topic_column, expected, "{keys}");
    };
    check("topic: a", false);
    check("topic: a, table: b", false);
    check("topic: a, merge: true", true);
    check("topic: [a, b]", false);
    check("topic: [a, b], table: c", true);
    check("topic: [a, b], table: '{record}'", true);
    check("pattern: 'a.*'", false);
    check("pattern: 'a.*', table: 'x_{topic}'", false);
    check("pattern: 'a.*', table: b", true);
    check("pattern: 'a.(?<n>b)', table: '{n}'", true);
    check("pattern: 'a\\.(?<n>b(c|d)[)]*)', table: '{n}'", false);
    check("pattern: '(?<a>x)\\.(?<b>y)', table: '{b}'", true);
    check("pattern: '(?<a>x)\\.(?<b>y)', table: '{b}', schema: '{a}'", false);
    check("pattern: '(?<a>x)\\.(?<b>y)', table: '{a}_{b}'", true);
    check("pattern: '(?<a>x)+', table: '{a}'", true);
}

#[test]
fn databases_are_read_from_urls_and_what_overrides_them() {
    let read = |keys: &str| sound(&with_database(keys)).database;
    let database = read("url: 'postgres://u%40x:p%3Aw@db.example:5433/ware%20house'");
    assert_eq!((database.user.as_deref(), database.host.as_str()), (Some("u@x"), "db.example"));
    assert_eq!(database.password.unwrap().expose_secret(), "p:w");
    assert_eq!((database.port, database.name.as_str()), (Some(5433), "ware house"));
    assert_eq!((database.schema.as_deref(), database.ledger_schema.as_deref()), (Some("public"), Some("flatsink")));
    assert_eq!(database.tls, Tls::VerifyFull);
    assert_eq!(read("url: 'postgres://a:b@h/d', user: c, password: 'p%41'").password.unwrap().expose_secret(), "p%41");
    for (url, tls) in [
        ("postgres://localhost/d", Tls::None),
        ("postgres://127.0.0.1/d", Tls::None),
        ("postgres://[::1]:1/d", Tls::None),
        ("postgres:///d?host=/run/postgresql", Tls::None),
        ("postgres://%2Frun%2Fpostgresql/d", Tls::None),
        ("mysql://h/d?socket=/run/mysqld.sock", Tls::None),
        ("mysql://h/d?ssl-mode=VERIFY_IDENTITY", Tls::VerifyFull),
        ("postgres://h/d?sslmode=disable", Tls::None),
        ("postgres://localhost/d?sslmode=require", Tls::Require),
        ("postgres://h/d", Tls::VerifyFull),
    ] {
        assert_eq!(read(&format!("url: '{url}'")).tls, tls, "{url}");
    }
    assert_eq!(read("url: 'postgres://h/d', tls: off").tls, Tls::None);
    assert_eq!(read("url: 'postgres:///d?host=/run/pg'").socket.as_deref(), Some(Path::new("/run/pg")));
    assert_eq!(read("url: 'mariadb://h/d'").schema, None);
    assert_eq!(read("url: 'sqlite:///var/a.db'").name, "/var/a.db");
    assert_eq!(read("url: 'sqlite://a.db'").name, "a.db");
    let Schemas::Confluent(registry) =
        sound(&changed("schemas: {confluent: {url: 'http://u:p%40@h:1/ccompat/', timeout: 3s}}")).schemas
    else {
        panic!("another registry")
    };
    assert_eq!((registry.url.as_str(), registry.user.as_deref()), ("http://h:1/ccompat", Some("u")));
    assert_eq!(registry.password.unwrap().expose_secret(), "p@");
}

#[test]
fn starts_are_read() {
    let start = |text: &str| sound(&entry(&format!("topic: a, start: '{text}'"))).topics[0].start.clone();
    assert_eq!(start("latest"), Start::Latest);
    assert_eq!(start("1970-01-01T00:00:01.5Z"), Start::Timestamp(1500));
    assert_eq!(start("1970-01-01T01:00:00+01:00"), Start::Timestamp(0));
    assert_eq!(start("1970-01-02"), Start::Timestamp(86_400_000));
    assert_eq!(start("group:old"), Start::Group("old".into()));
}

#[test]
fn a_name_beats_a_pattern_and_the_first_pattern_wins() {
    let config = sound(&changed(
        "topics:\n  - {pattern: 'a.*', exclude: ['ab.*'], table: one}\n  - {pattern: 'a(b|c).*', table: two}\n  - {topic: ac, table: three}",
    ));
    let table = |topic: &str| config.entry(topic).map(|entry| entry.table.as_str());
    assert_eq!(table("a"), Some("one"));
    assert_eq!(table("ab"), Some("two"));
    assert_eq!(table("ac"), Some("three"));
    assert_eq!(table("xa"), None);
    assert_eq!(table("__a"), None);
}

#[test]
fn the_environment_says_where_http_listens_if_the_file_does_not() {
    let http = |text: &str, value: &'static str| {
        let variable = |name: &str| (name == "FLATSINK_HTTP").then(|| value.to_owned());
        Config::parse(text, "test.yaml", &variable).unwrap().http.map(|address| address.to_string())
    };
    assert_eq!(http(SOUND, "0.0.0.0:1").as_deref(), Some("0.0.0.0:1"));
    assert_eq!(http(SOUND, "none"), None);
    assert_eq!(http(&format!("{SOUND}http: localhost:2\n"), "0.0.0.0:1").as_deref(), Some("127.0.0.1:2"));
    assert_eq!(sound(SOUND).http.map(|address| address.port()), Some(9464));
}

#[test]
fn passwords_are_read_again_from_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let (path, secret) = (folder.path().join("a.yaml"), folder.path().join("secret"));
    std::fs::write(&secret, "old\n").unwrap();
    let keys = format!("url: 'postgres://localhost/d', password: '${{file:{}}}'", secret.display());
    std::fs::write(&path, with_database(&keys)).unwrap();
    let config = Config::load(&path).unwrap();
    std::fs::write(&secret, "new\r\n").unwrap();
    let again = config.reload_secrets().unwrap();
    assert_eq!(config.database.password.as_ref().unwrap().expose_secret(), "old");
    assert_eq!(again.database.password.as_ref().unwrap().expose_secret(), "new");
    std::fs::remove_file(&secret).unwrap();
    assert!(again.reload_secrets().is_err());
}

#[test]
fn every_example_can_be_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let anything = |_: &str| Some("anything".to_owned());
    let mut count = 0;
    for example in std::fs::read_dir(folder).unwrap() {
        let path = example.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let environment =
            Environment { variable: &|name| if name == "FLATSINK_HTTP" { None } else { anything(name) }, file: &file };
        parse(&text, &path.display().to_string(), environment).unwrap_or_else(|error| panic!("{error}"));
        count += 1;
    }
    assert!(count >= 9, "{count} examples");
}

#[test]
fn the_annotated_example_has_every_key_and_says_the_defaults() {
    let annotated = sound(ANNOTATED);
    let minimal = sound(&changed("sink: warehouse"));
    assert_eq!(show::effective(&annotated), show::effective(&minimal));
    let schema = json_schema();
    let mut keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    for definition in schema["$defs"].as_object().unwrap().values() {
        keys.extend(definition["properties"].as_object().into_iter().flat_map(|keys| keys.keys().map(String::as_str)));
    }
    assert!(keys.len() > 50, "{keys:?}");
    for key in keys {
        assert!(ANNOTATED.contains(&format!("{key}:")) || ANNOTATED.contains(key), "{key} is not explained");
    }
}
