use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

use super::board::{Board, PartitionStatus};
use super::logs::{self, Style};
use super::*;
use crate::record::Partition;

fn partition(topic: &str, number: i32) -> Partition {
    Partition { topic: topic.into(), number }
}

fn status(state: &'static str, code: Option<&str>) -> PartitionStatus {
    PartitionStatus {
        state,
        code: code.map(str::to_owned),
        reason: code.map(|_| "because".to_owned()),
        next_offset: 7,
        stable_offset: Some(10),
    }
}

/// The endpoints on a real socket, with a recorder of their own.
async fn endpoints(board: &Board) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recorder = meters::builder("test").build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        meters::describe();
        metrics::counter!(RECORDS, "topic" => "a", "outcome" => "applied").increment(3);
        metrics::histogram!(WRITE_DURATION).record(0.02);
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(http::serve(listener, http::Endpoints { board: board.clone(), handle, sink: "test".into() }));
    (address, tasks)
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn ready_is_said_once_the_group_is_joined_and_the_database_has_answered() {
    let board = Board::default();
    let (address, _tasks) = endpoints(&board).await;
    assert_eq!(get(address, "/ready").await, (503, "the consumer group is not joined yet\n".into()));
    board.joined(0);
    board.dependency("database", false);
    assert_eq!(get(address, "/readyz").await, (503, "the database has not answered yet\n".into()));
    board.dependency("database", true);
    assert_eq!(get(address, "/ready").await.0, 200);
    // An outage is waited for: taking the process away would not help.
    board.dependency("database", false);
    assert_eq!(get(address, "/healthz").await.0, 200);
    board.stopping();
    assert_eq!(get(address, "/ready").await, (503, "stopping\n".into()));
    assert_eq!(get(address, "/live").await.0, 200);
}

#[tokio::test]
async fn live_fails_only_for_a_thread_that_is_stuck() {
    let board = Board::default();
    let start = Instant::now();
    let later = |seconds| start + Duration::from_secs(seconds);
    board.polled(1);
    board.watch_at(start);
    assert!(board.stuck(later(59)).is_empty());
    assert_eq!(board.stuck(later(60)), [1]);
    board.polled(1);
    board.watch_at(later(61));
    assert!(board.stuck(later(62)).is_empty());
    let (address, _tasks) = endpoints(&board).await;
    assert_eq!(get(address, "/livez").await.0, 200);
}

#[tokio::test]
async fn metrics_are_recorded_and_read_off_the_board() {
    let board = Board::default();
    board.dependency("kafka", true);
    board.partition(0, &partition("a", 0), Some(status("flowing", None)));
    board.partition(0, &partition("a", 1), Some(status("stopped", Some("type_conflict"))));
    let (address, _tasks) = endpoints(&board).await;
    let (code, text) = get(address, "/metrics").await;
    assert_eq!(code, 200);
    for line in [
        "flatsink_records_total{sink=\"test\",topic=\"a\",outcome=\"applied\"} 3",
        "flatsink_write_duration_seconds_bucket{sink=\"test\",le=\"0.025\"} 1",
        &format!("flatsink_build_info{{sink=\"test\",version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
        "flatsink_lag_records{sink=\"test\",topic=\"a\",partition=\"0\"} 3",
        "flatsink_partitions{sink=\"test\",state=\"flowing\"} 1",
        "flatsink_partitions{sink=\"test\",state=\"parked\"} 0",
        "flatsink_stopped_partitions{sink=\"test\",topic=\"a\",reason=\"type_conflict\"} 1",
        "flatsink_dependency_up{sink=\"test\",dependency=\"kafka\"} 1",
        "# TYPE flatsink_lag_records gauge",
        "# HELP flatsink_records_total",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    for name in
        ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds"]
    {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}{{sink=\"test\"}} ")));
        assert!(
            line.is_some_and(|line| !line.ends_with(" 0")) || name == "process_cpu_seconds_total",
            "{name}: {line:?}"
        );
    }
    // One that has left leaves no series behind.
    board.partition(0, &partition("a", 0), None);
    let (_, text) = get(address, "/metrics").await;
    assert!(!text.contains("partition=\"0\""), "{text}");
}

#[tokio::test]
async fn status_says_how_each_partition_stands() {
    let board = Board::default();
    board.joined(0);
    board.dependency("database", true);
    board.table("a", "public.a");
    board.partition(0, &partition("a", 1), Some(status("stopped", Some("gap"))));
    let (address, _tasks) = endpoints(&board).await;
    let (code, text) = get(address, "/status").await;
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 200);
    assert_eq!(read["state"], "running");
    assert_eq!(read["partitions"][0]["lag"], 3);
    assert_eq!(read["partitions"][0]["code"], "gap");
    assert_eq!(read["partitions"][0]["table"], "public.a");
    assert_eq!(read["workers"][0]["joined"], true);
    assert_eq!(read["build"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(get(address, "/").await.0, 404);
}

#[test]
fn a_partition_belongs_to_the_worker_that_spoke_last() {
    let board = Board::default();
    board.partition(0, &partition("a", 0), Some(status("flowing", None)));
    board.partition(1, &partition("a", 0), Some(status("stopped", Some("gap"))));
    board.partition(0, &partition("a", 0), None);
    assert_eq!(board.stopped()[&partition("a", 0)], "gap: because");
}

#[test]
fn all_have_stopped_when_none_flows_and_the_last_one_says_why() {
    let board = Board::default();
    assert_eq!(board.all_stopped(), None);
    board.partition(0, &partition("a", 0), Some(status("stopped", Some("gap"))));
    board.partition(0, &partition("a", 1), Some(status("parked", None)));
    assert_eq!(board.all_stopped(), None);
    board.partition(0, &partition("a", 1), Some(status("stopped", Some("type_conflict"))));
    board.partition(0, &partition("a", 0), Some(status("stopped", Some("gap"))));
    assert_eq!(board.all_stopped().as_deref(), Some("a[1]: type_conflict: because"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_no_reason_to_stop() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = format!(
        "sink: a\nkafka: {{brokers: ['a:1']}}\nschemas: {{directory: a}}\ndatabase: {{url: 'sqlite://a.db'}}\n\
         topics: [{{topic: a}}]\nhttp: 127.0.0.1:{port}\n"
    );
    let config = Config::parse(&text, "a.yaml", &|_| None).unwrap();
    let _served = serve(&config, &Board::default()).await;
    drop(taken);
    let _served = serve(&config, &Board::default()).await;
    assert_eq!(get(([127, 0, 0, 1], port).into(), "/live").await.0, 200);
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Kept;
    fn make_writer(&'a self) -> Kept {
        self.clone()
    }
}

fn logged(filter: &str, json: bool, log: impl FnOnce()) -> String {
    let kept = Kept::default();
    let subscriber = logs::subscriber(filter, Style { json, color: false }, kept.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, log);
    String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn what_comes_from_outside_stays_on_its_line() {
    let hostile = "a\n2026 ERROR forged \u{1b}[31m\r\u{202e}";
    let log = || tracing::info!(topic = %hostile, text = hostile, rows = 3, "written {hostile}");
    let pretty = logged("info", false, log);
    assert_eq!(pretty.lines().count(), 1, "{pretty:?}");
    assert!(!pretty.contains(['\u{1b}', '\r', '\u{202e}']), "{pretty:?}");
    assert!(pretty.contains(r"topic=a\n2026") && pretty.contains("rows=3"), "{pretty}");
    let json = logged("info", true, log);
    assert_eq!(json.lines().count(), 1, "{json:?}");
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&read["topic"], &read["rows"]), (&hostile.into(), &3.into()));
}

#[test]
fn filters_choose_what_is_logged() {
    let log = || {
        tracing::info!("said");
        tracing::debug!("kept");
    };
    assert!(logged("warn,flatsink=info", false, log).contains("said"));
    assert!(!logged("warn,flatsink=info", false, log).contains("kept"));
    assert_eq!(logged("warn", false, log), "");
    assert!(logs::subscriber("a=b=c", Style { json: false, color: false }, std::io::sink).is_err());
}
