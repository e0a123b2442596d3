//! The tools of the tests keep their own promises.

use std::process::Command;
use std::time::Duration;

use super::chance::Chance;
use super::proxy::Proxy;
use super::{Broker, Database, Flatsink, Kind, Raw, Servers, eventually, unique};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn values_come_back_as_text_from_every_database() {
    for kind in Kind::ALL {
        let Some(database) = Database::fresh(kind) else { continue };
        let bytes = if kind == Kind::Postgres { "BYTEA" } else { "BLOB" };
        let literal = if kind == Kind::Postgres { "'\\xff00'" } else { "x'ff00'" };
        database.query(&format!("CREATE TABLE t (a INTEGER, b {bytes}, c VARCHAR(9), d INTEGER)"));
        database.query(&format!("INSERT INTO t VALUES (-7, {literal}, 'Zoë', NULL)"));
        let row = database.query("SELECT a, b, c, d FROM t");
        let expected = ["-7", "\\xff00", "Zoë"].map(|text| Some(text.to_owned()));
        assert_eq!(row, [[expected.as_slice(), &[None]].concat()], "{database}");
        assert_eq!(database.number("SELECT count(*) FROM t"), 1, "{database}");
        assert!(database.try_query("SELECT nothing FROM nowhere").is_err(), "{database}");
        assert_eq!(database.path().is_some_and(|path| path.exists()), kind == Kind::Sqlite);
    }
}

#[test]
fn databases_are_apart() {
    for kind in Kind::ALL {
        let (Some(one), Some(other)) = (Database::fresh(kind), Database::fresh(kind)) else { continue };
        one.query("CREATE TABLE t (a INTEGER)");
        assert!(other.try_query("SELECT a FROM t").is_err(), "{other}");
    }
}

#[test]
fn the_broker_keeps_messages_markers_and_gaps() {
    let Some(broker) = Broker::shared() else { return };
    let topic = broker.topic("support", 2, &[("retention.ms", "-1")]);
    let header = ("h".to_owned(), Some(b"v".to_vec()));
    let old =
        Raw { headers: vec![header], timestamp: Some(1_356_998_400_000), ..Raw::value("a").key("k").partition(0) };
    broker.produce(&topic, &[old, Raw::default().key("k").partition(0), Raw::value("c").partition(1)]);
    assert_eq!(broker.end_offsets(&topic), [2, 1]);

    broker.transaction(&topic, &[Raw::value("d").partition(1)], false);
    assert_eq!(broker.end_offsets(&topic), [2, 3], "an aborted record and its marker take offsets");
    broker.transaction(&topic, &[Raw::value("e").partition(1)], true);
    assert_eq!(broker.end_offsets(&topic), [2, 5]);

    broker.delete_records(&topic, 0, 1);
    broker.add_partitions(&topic, 3);
    assert_eq!(broker.end_offsets(&topic), [2, 5, 0]);
    assert_eq!(broker.committed(&unique("nobody"), &topic), [None, None, None]);
    broker.delete_topic(&topic);
}

#[test]
fn a_child_is_heard_signalled_and_waited_for() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let ended = Flatsink::start(&["--version"], folder.path()).wait(PATIENCE);
    assert!(ended.status.success(), "{ended:?}");

    let mut child = shell("trap 'echo bye; exit 7' TERM; echo ready >&2; while :; do sleep 0.05; done");
    eventually("the child speaks", PATIENCE, || child.stderr() == "ready\n");
    assert!(child.is_running() && child.stdout().is_empty());
    child.signal("TERM");
    let ended = child.wait(PATIENCE);
    assert_eq!((ended.status.code(), ended.stdout.as_str(), ended.stderr.as_str()), (Some(7), "bye\n", "ready\n"));

    let ended = shell("echo here; exec sleep 1000").kill();
    assert!(ended.status.code().is_none(), "killed by a signal: {ended:?}");
}

fn shell(script: &str) -> Flatsink {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Flatsink::spawn(command)
}

#[test]
fn private_servers_survive_a_kill_with_their_data() {
    let Some(servers) = Servers::start(&["kafka", "postgres", "mariadb"]) else { return };
    let broker = servers.broker();
    let topic = broker.topic("support", 1, &[]);
    broker.produce(&topic, &[Raw::value("a")]);
    servers.restart("kafka");
    assert_eq!(broker.end_offsets(&topic), [1]);
    survives(&servers, "postgres", Kind::Postgres);
    survives(&servers, "mariadb", Kind::Mariadb);
}

#[test]
fn a_private_mysql_survives_a_kill_with_its_data() {
    let Some(servers) = Servers::start(&["mysql"]) else { return };
    survives(&servers, "mysql", Kind::Mysql);
}

fn survives(servers: &Servers, name: &str, kind: Kind) {
    let database = servers.database(kind).expect("the server was started");
    database.query("CREATE TABLE t (a INTEGER)");
    database.query("INSERT INTO t VALUES (1)");
    servers.stop(name);
    assert!(database.try_query("SELECT 1").is_err(), "{name} still answers");
    servers.resume(name);
    eventually("the server answers", PATIENCE, || database.try_query("SELECT 1").is_ok());
    assert_eq!(database.number("SELECT count(*) FROM t"), 1, "{name}");
}

#[test]
fn doubles_booleans_and_instants_are_the_same_text_in_every_database() {
    for kind in Kind::ALL {
        let Some(database) = Database::fresh(kind) else { continue };
        let types = match kind {
            Kind::Postgres => "a DOUBLE PRECISION, b BOOLEAN, c TIMESTAMPTZ, d TIMESTAMP",
            Kind::Mariadb | Kind::Mysql => "a DOUBLE, b BOOLEAN, c DATETIME(6), d DATETIME(6)",
            Kind::Sqlite => "a REAL, b INTEGER, c TEXT, d TEXT",
        };
        database.query(&format!("CREATE TABLE t ({types})"));
        let doubles = [0.1 + 0.2, f64::MAX, 5e-324, 39.02, -1.0, 1e21, 41.1304722];
        for double in doubles {
            let truth = if kind == Kind::Postgres { "TRUE" } else { "1" };
            let instant = "'2013-01-01 05:00:00.120000'";
            database.query(&format!("INSERT INTO t VALUES ({double:e}, {truth}, {instant}, {instant})"));
        }
        let rows = database.query("SELECT a, b, c, d FROM t");
        for (double, row) in doubles.iter().zip(rows) {
            let instant = "2013-01-01 05:00:00.120000";
            let expected = [&double.to_string(), "1", instant, instant].map(|text| Some(text.to_owned()));
            assert_eq!(row, expected, "{database}");
        }
    }
}

#[test]
fn a_proxy_breaks_connections_around_commit() {
    for kind in Kind::SERVERS {
        let Some(database) = Database::fresh(kind) else { continue };
        database.query("CREATE TABLE t (a INTEGER)");
        let proxy = Proxy::start(&database.url, Chance::seeded(7));
        let behind = database.behind(&proxy.url);
        let commit = |n| behind.try_query(&format!("BEGIN; INSERT INTO t VALUES ({n}); COMMIT"));
        let acknowledged = (0..60).filter(|n| commit(*n).is_ok()).count() as i64;
        let [swallowed, hasty, lost] = proxy.cuts().map(i64::from);
        assert!(swallowed > 5 && hasty > 2 && lost > 2, "{:?}", proxy.cuts());
        assert_eq!(acknowledged + swallowed + hasty + lost, 60, "{database}");
        let rows = database.number("SELECT count(*) FROM t");
        assert!((acknowledged + swallowed..=60 - lost).contains(&rows), "{rows} rows, {:?}", proxy.cuts());
    }
}
