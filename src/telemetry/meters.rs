//! Metrics: their names, what they say, their buckets; and those that are read off the board at each scrape, so
//! that a partition that has left leaves no series behind.

use std::collections::BTreeMap;
use std::fmt::Write;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::Board;

/// Records by topic and outcome: applied, duplicate, dead, deleted, skipped, gap.
pub const RECORDS: &str = "flatsink_records_total";
/// Bytes by topic: raw records and encoded rows.
pub const BYTES: &str = "flatsink_bytes_total";
/// Batches by result.
pub const BATCHES: &str = "flatsink_batches_total";
/// Records of a batch.
pub const BATCH_ROWS: &str = "flatsink_batch_rows";
/// From the start of a batch's transaction to its end.
pub const WRITE_DURATION: &str = "flatsink_write_duration_seconds";
/// Its COMMIT alone.
pub const COMMIT_DURATION: &str = "flatsink_commit_duration_seconds";
/// From the envelope's or Kafka's timestamp to the commit.
pub const END_TO_END: &str = "flatsink_end_to_end_seconds";
/// The age of the oldest record that is not committed, 0 when caught up.
pub const LAG_SECONDS: &str = "flatsink_lag_seconds";
/// When a batch of the topic was last committed.
pub const LAST_COMMIT: &str = "flatsink_last_commit_timestamp_seconds";
/// Bytes that wait to be written.
pub const BUFFER_BYTES: &str = "flatsink_buffer_bytes";
/// Repeated attempts by class of failure.
pub const RETRIES: &str = "flatsink_retries_total";
/// Changes of the assignment.
pub const REBALANCES: &str = "flatsink_rebalances_total";
/// Partitions that another owner has taken over.
pub const FENCED: &str = "flatsink_fenced_total";
/// Statements that made or altered tables, by action.
pub const DDL: &str = "flatsink_ddl_total";
/// Dead letters by topic and reason.
pub const DEAD_LETTERS: &str = "flatsink_dead_letters_total";
/// Values by topic from which U+0000 was taken.
pub const MENDED: &str = "flatsink_mended_values_total";
/// Questions to the registry by result.
pub const REGISTRY_REQUESTS: &str = "flatsink_registry_requests_total";
/// 1, with the version.
pub const BUILD_INFO: &str = "flatsink_build_info";

const LAG_RECORDS: &str = "flatsink_lag_records";
const PARTITIONS: &str = "flatsink_partitions";
const STOPPED_PARTITIONS: &str = "flatsink_stopped_partitions";
const DEPENDENCY_UP: &str = "flatsink_dependency_up";

/// The states of a partition: each has a series from the start.
const STATES: [&str; 5] = ["claiming", "flowing", "paused", "parked", "stopped"];

const SIZES: &[f64] = &[1., 10., 100., 500., 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5];
const DURATIONS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 30., 60.];
const AGES: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 30., 60., 300., 900., 3600., 21600., 86400.];

/// Makes the recorder the process's; a second call only gets a handle that nothing is recorded into.
pub(super) fn install(sink: &str) -> PrometheusHandle {
    let recorder = builder(sink).build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics are recorded already");
    }
    describe();
    handle
}

pub(super) fn builder(sink: &str) -> PrometheusBuilder {
    let buckets = [(BATCH_ROWS, SIZES), (WRITE_DURATION, DURATIONS), (COMMIT_DURATION, DURATIONS), (END_TO_END, AGES)];
    buckets.into_iter().fold(PrometheusBuilder::new().add_global_label("sink", sink), |builder, (name, buckets)| {
        let named = Matcher::Full(name.to_owned());
        builder.set_buckets_for_metric(named, buckets).expect("there are buckets")
    })
}

pub(super) fn describe() {
    describe_counter!(RECORDS, "Records by outcome: applied, duplicate, dead, deleted, skipped, gap");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of records and their rows");
    describe_counter!(BATCHES, "Batches by result");
    describe_histogram!(BATCH_ROWS, "Records of a batch");
    describe_histogram!(WRITE_DURATION, Unit::Seconds, "Duration of a batch's transaction");
    describe_histogram!(COMMIT_DURATION, Unit::Seconds, "Duration of a batch's COMMIT");
    describe_histogram!(END_TO_END, Unit::Seconds, "From the record's timestamp to the commit of its row");
    describe_gauge!(LAG_SECONDS, Unit::Seconds, "Age of the oldest record that is not committed, 0 when caught up");
    describe_gauge!(LAST_COMMIT, Unit::Seconds, "When records of the topic were last committed");
    describe_gauge!(BUFFER_BYTES, Unit::Bytes, "Bytes that wait to be written");
    describe_counter!(RETRIES, "Repeated attempts by class of failure");
    describe_counter!(REBALANCES, "Changes of the assignment");
    describe_counter!(FENCED, "Partitions that another owner has taken over");
    describe_counter!(DDL, "Statements that made or altered tables");
    describe_counter!(DEAD_LETTERS, "Dead letters by reason");
    describe_counter!(MENDED, "Values from which U+0000 was taken because `nul` says so");
    describe_counter!(REGISTRY_REQUESTS, "Questions to the registry by result");
    describe_gauge!(BUILD_INFO, "The version that runs");
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// What the board says, in Prometheus' text format.
pub(super) fn of_board(board: &Board, sink: &str) -> String {
    let (mut lags, mut up) = (String::new(), String::new());
    let mut states: BTreeMap<&str, u64> = STATES.into_iter().map(|state| (state, 0)).collect();
    let mut stopped: BTreeMap<(String, String), u64> = BTreeMap::new();
    let sink = escape(sink);
    board.each(
        |partition, status| {
            let topic = escape(&partition.topic);
            if let Some(lag) = status.lag() {
                let number = partition.number;
                let _ =
                    writeln!(lags, "{LAG_RECORDS}{{sink=\"{sink}\",topic=\"{topic}\",partition=\"{number}\"}} {lag}");
            }
            *states.entry(status.state).or_default() += 1;
            if status.state == "stopped" {
                let code = status.code.as_deref().unwrap_or("unknown");
                *stopped.entry((topic, escape(code))).or_default() += 1;
            }
        },
        |name, is_up| {
            let is_up = u8::from(is_up);
            let _ = writeln!(up, "{DEPENDENCY_UP}{{sink=\"{sink}\",dependency=\"{name}\"}} {is_up}");
        },
    );
    let mut text = String::new();
    let mut add = |name: &str, help: &str, series: &str| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{series}\n");
    };
    let lines =
        states.iter().map(|(state, count)| format!("{PARTITIONS}{{sink=\"{sink}\",state=\"{state}\"}} {count}\n"));
    add(PARTITIONS, "Partitions of this process by state", &lines.collect::<String>());
    let lines = stopped.iter().map(|((topic, reason), count)| {
        format!("{STOPPED_PARTITIONS}{{sink=\"{sink}\",topic=\"{topic}\",reason=\"{reason}\"}} {count}\n")
    });
    add(STOPPED_PARTITIONS, "Partitions that have stopped, by reason", &lines.collect::<String>());
    add(LAG_RECORDS, "Records that are not committed yet", &lags);
    add(DEPENDENCY_UP, "Whether the database, the brokers, the registry answer", &up);
    text
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
