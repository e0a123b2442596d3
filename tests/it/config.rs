//! A configuration that cannot work is refused before anything is touched, with what to do and the right exit code.

use std::time::Duration;

use crate::support::events::{Events, SCHEMA};
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Broker, Database, Flatsink, Kind, PATIENCE, unique};

on_each_database!(privileges_that_are_missing_are_named);

/// A configuration in which nothing can be reached, and nothing has to be.
fn plain() -> Config {
    let broker = Broker { address: "127.0.0.1:1".to_owned() };
    Config::new(&broker, "sqlite://plain.db", std::path::Path::new("schemas")).topic("topic: plain, mode: stream")
}

/// `flatsink` with this configuration beside it.
fn flatsink(yaml: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("flatsink.yaml"), yaml).expect("the configuration can be written");
    std::fs::create_dir(folder.path().join("schemas")).expect("a folder can be made");
    let ended = Flatsink::start(arguments, folder.path()).wait(PATIENCE);
    (ended.status.code().unwrap_or(-1), ended.stdout, ended.stderr)
}

#[test]
fn a_mistake_in_the_file_is_named_with_what_would_be_right() {
    let check = |yaml: &str, words: &[&str]| {
        // Nothing listens where it says: a mistake that was overlooked would wait for 30 s.
        let (code, stdout, stderr) = flatsink(yaml, &["run"]);
        assert_eq!(code, 2, "{yaml}\n{stderr}");
        assert!(stdout.is_empty(), "{stdout}");
        for word in words {
            assert!(stderr.contains(word), "{word} is not in {stderr}\n{yaml}");
        }
    };
    let config = plain();
    check(&config.clone().with("worker: 2").yaml(), &["worker", "workers"]);
    check(&config.clone().topic("topic: b, tabel: c").yaml(), &["tabel", "table"]);
    check(&config.clone().with("workers: many").yaml(), &["workers"]);
    check(&config.clone().with("workers: 0").yaml(), &["workers"]);
    check(&config.clone().with("batch: {rows_max: -1}").yaml(), &["rows_max"]);
    check(&config.clone().with("batch: {linger_max: soon}").yaml(), &["linger_max"]);
    check(&config.clone().with("memory_max: 64 parsecs").yaml(), &["memory_max"]);
    check(&config.clone().with("memory_max: 1KiB").yaml(), &["memory_max"]);
    check(&config.clone().with("sink: Not A Name").yaml(), &["sink"]);
    check(&config.clone().with("sink: ${NO_SUCH_VARIABLE}").yaml(), &["NO_SUCH_VARIABLE"]);
    check(&config.clone().with("sink: ${NO_SUCH_VARIABLE:?say who you are}").yaml(), &["say who you are"]);
    check(&config.clone().with("sink: ${file:/no/such/file}").yaml(), &["/no/such/file"]);
    for property in ["enable.auto.commit: true", "group.id: mine", "isolation.level: read_uncommitted"] {
        let (name, value) = property.split_once(": ").expect("both are there");
        check(&config.clone().property(name, value).yaml(), &[name]);
    }
    check(&config.clone().property("no.such.property", "1").yaml(), &["no.such.property"]);
    check(&config.clone().schemas("directory: a, confluent: {url: 'http://b'}").yaml(), &["schemas"]);
    check(&config.clone().schemas("").yaml(), &["schemas"]);
    check(&config.clone().database("url: 'oracle://db.example/x'").yaml(), &["oracle"]);
    check(&config.clone().database("url: 'sqlite://a.db', schema: other").yaml(), &["schema"]);
    check(&config.clone().topic("topic: b, pattern: c").yaml(), &["pattern"]);
    check(&config.clone().topic("pattern: '('").yaml(), &["pattern"]);
    check(&config.clone().topic("topic: b, table: '{nothing}'").yaml(), &["nothing"]);
    check(&config.clone().topic("topic: b, mode: sideways").yaml(), &["sideways", "stream"]);
    check(&config.clone().topic("topic: b, format: confluent, unique: uuid").yaml(), &["uuid"]);
    check(&config.clone().topic("topic: plain").yaml(), &["plain"]);
    check(&config.yaml().replace("topics:", "topic:"), &["topics"]);
    check("", &["sink"]);
    check("sink: [", &["flatsink.yaml"]);
    let later = ["mode: history", "deletes: soft", "format: debezium"];
    for later in later {
        check(&config.clone().topic(&format!("topic: b, {later}")).yaml(), &["yet"]);
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for arguments in [&["fly"][..], &["run", "--no-such-flag"], &["run", "nowhere.yaml"], &["schema"]] {
        let (code, _, stderr) = flatsink("", arguments);
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(arguments[arguments.len() - 1]) || arguments.len() == 1, "{stderr}");
    }
    for command in ["run", "demo", "check", "plan", "produce", "schema", "reset", "config"] {
        let (code, stdout, stderr) = flatsink("", &[command, "--help"]);
        assert_eq!(code, 0, "{command}: {stderr}");
        let last = stdout.trim_end().lines().last().unwrap_or_default();
        assert!(last.contains("flatsink"), "{command} --help ends with an example, not: {last}");
    }
}

#[test]
fn a_configuration_that_is_named_beats_the_environments() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for name in ["one", "two"] {
        let yaml = plain().with(&format!("sink: {name}")).yaml();
        std::fs::write(folder.path().join(name), yaml).expect("the configuration can be written");
    }
    for (arguments, sink) in [(&["config", "one"][..], "one"), (&["config", "-c", "one"], "one"), (&["config"], "two")]
    {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_flatsink"));
        command.args(arguments).env("FLATSINK_CONFIG", "two").current_dir(folder.path());
        let ended = Flatsink::spawn(command).wait(PATIENCE);
        assert!(ended.stdout.contains(&format!("sink: {sink}")), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn what_is_printed_hides_secrets_and_can_be_read_again() {
    // The values come from the file system, as an orchestrator mounts them.
    let folder = tempfile::tempdir().expect("a folder can be made");
    let secret = folder.path().join("password");
    std::fs::write(&secret, "hunter2\n").expect("a file can be written");
    let database = format!("url: 'postgres://me:swordfish@db.example/x', password: '${{file:{}}}'", secret.display());
    let config = plain().database(&database).property("sasl.password", "opensesame").with("sink: ${SINK:-named}");
    let (code, stdout, stderr) = flatsink(&config.yaml(), &["config"]);
    assert_eq!(code, 0, "{stderr}");
    for secret in ["hunter2", "swordfish", "opensesame"] {
        assert!(!stdout.contains(secret) && !stderr.contains(secret), "{secret}: {stdout}{stderr}");
    }
    for shown in ["db.example", "rows_max", "linger_max", "memory_max", "flatsink", "dead_letter"] {
        assert!(stdout.contains(shown), "{shown} is not in {stdout}");
    }
    let (code, stdout, stderr) = flatsink("", &["config", "--default"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("rows_max: 10000") && stdout.contains("unknown_schema_after"), "{stdout}");
    let (code, stdout, stderr) = flatsink("", &["config", "--schema"]);
    assert_eq!(code, 0, "{stderr}");
    let schema: serde_json::Value = serde_json::from_str(&stdout).expect("a JSON Schema is JSON");
    assert!(schema["properties"]["topics"].is_object(), "{stdout}");
}

#[test]
fn servers_that_do_not_answer_are_waited_for_and_then_named() {
    let Some(broker) = Broker::shared() else { return };
    let config = Config::new(&broker, "sqlite://plain.db", std::path::Path::new("."));
    let topic = broker.topic("plain", 1, &[]);
    let config = config.topic(&format!("topic: {topic}, mode: stream"));
    let refused = "url: 'postgres://me:hunter2@127.0.0.1:1/x'";
    let start = std::time::Instant::now();
    let waiting = [
        (Flatsink::run(&config.clone().brokers("127.0.0.1:1").yaml(), &[]), "127.0.0.1:1"),
        (Flatsink::run(&config.clone().database(refused).yaml(), &[]), "127.0.0.1:1"),
    ];
    for (flatsink, word) in waiting {
        let ended = flatsink.wait(PATIENCE);
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(word) && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
    let waited = start.elapsed();
    assert!(waited > Duration::from_secs(20), "they may be starting too: waited for {waited:?}");
}

#[test]
fn what_cannot_come_right_is_not_waited_for() {
    let Some(broker) = Broker::shared() else { return };
    let check = |config: Config, word: &str| {
        let start = std::time::Instant::now();
        let ended = Flatsink::run(&config.yaml(), &[]).wait(PATIENCE);
        assert_eq!(ended.status.code(), Some(2), "{word}: {}", ended.stderr);
        assert!(ended.stderr.contains(word) && !ended.stderr.contains("hunter2"), "{word}: {}", ended.stderr);
        assert!(start.elapsed() < Duration::from_secs(25), "{word}: {:?}", start.elapsed());
    };
    let config = |topic: &str, database: &str| {
        let config = Config::new(&broker, database, std::path::Path::new("."));
        config.topic(&format!("topic: {topic}, mode: stream"))
    };
    let topic = broker.topic("plain", 1, &[]);
    let missing = unique("missing");
    check(config(&missing, "sqlite://plain.db"), &missing);
    check(config(&topic, "sqlite:///no/such/folder/plain.db"), "/no/such/folder");
    for kind in Kind::SERVERS {
        let Some(database) = Database::fresh(kind) else { continue };
        let (scheme, rest) = database.url.split_once("://").expect("a URL has a scheme");
        let (_, rest) = rest.split_once('@').expect("the tests' URLs have a user");
        check(config(&topic, &format!("{scheme}://nobody:hunter2@{rest}")), "nobody");
        let (server, _) = database.url.rsplit_once('/').expect("a URL names a database");
        check(config(&topic, &format!("{server}/no_such_database")), "no_such_database");
    }
}

fn privileges_that_are_missing_are_named(world: &World) {
    world.schema(1, SCHEMA);
    let mut events = Events::new(world, 1);
    events.produce(3);
    let name = unique("poor");
    let rest = world.database.url.split_once('@').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let (make, database, end) = match world.database.kind {
        Kind::Postgres => (
            format!("CREATE ROLE {name} LOGIN PASSWORD 'poor'"),
            format!("url: 'postgres://{name}:poor@{rest}'"),
            format!("DROP OWNED BY {name}; DROP ROLE {name}"),
        ),
        Kind::Mariadb | Kind::Mysql => (
            format!(
                "CREATE USER {name} IDENTIFIED BY 'poor'; GRANT SELECT ON {}.* TO {name}",
                rest.split('/').next_back().unwrap_or_default()
            ),
            format!("url: 'mysql://{name}:poor@{rest}'"),
            format!("DROP USER {name}"),
        ),
        // A file has no users, and root may write wherever it likes.
        Kind::Sqlite => return,
    };
    world.database.query(&make);
    let config = world.config().topic(&events.entry()).database(&database);
    let ended = Flatsink::run(&config.yaml(), &[]).wait(PATIENCE);
    assert!(matches!(ended.status.code(), Some(1 | 2)), "{}", ended.stderr);
    assert!(ended.stderr.contains("GRANT") || ended.stderr.contains("privilege"), "{}", ended.stderr);
    let (code, stdout, stderr) = flatsink(&config.yaml(), &["check"]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    assert!(stdout.contains("GRANT"), "lines to paste: {stdout}");
    for line in stdout.lines().map(str::trim).filter(|line| line.starts_with("GRANT ")) {
        world.database.query(line);
    }
    let (code, stdout, stderr) = flatsink(&config.yaml(), &["check"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    config.load();
    world.database.query(&end);
}
