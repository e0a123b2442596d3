//! One load by flatsink, watched from outside: the ledger by a connection of one's own, the process by /proc.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, MySqlConnection, PgConnection, SqliteConnection};

use crate::support::{Database, Kind};

const PATIENCE: Duration = Duration::from_secs(1_800);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The unit of CPU times in /proc, on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// What a load took.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// From the start of the process to the first commit.
    pub first: Duration,
    /// Rows after the first commit, by the time from there to the last one.
    pub rows_a_second: f64,
    /// From the start of the process to its end.
    pub whole: Duration,
    /// User and system, of the whole process; none where there is no /proc.
    pub cpu_seconds: Option<f64>,
    /// Peak resident memory, bytes.
    pub peak: Option<u64>,
}

/// Runs `flatsink run --until-latest` with the configuration in `folder` until `count` rows are there.
///
/// # Panics
/// When it fails or hangs, with the end of its log.
pub async fn load(database: &Database, folder: &Path, count: u64) -> Load {
    let log = folder.join("flatsink.log");
    let mut ledger = Ledger::new(database);
    ledger.applied().await;
    let cpu_before = cpu_of_children();
    let start = Instant::now();
    let mut child = spawn(folder, &log);
    let (mut first, mut last, mut peak) = (None, None, None);
    let status = loop {
        let status = child.try_wait().expect("a child can be asked");
        let applied = ledger.applied().await.unwrap_or(0);
        if applied > 0 && first.is_none() {
            first = Some((start.elapsed(), applied));
        }
        if applied == count && last.is_none() {
            last = Some(start.elapsed());
        }
        if let Some(status) = status {
            break status;
        }
        peak = peak_of(child.id()).or(peak);
        if start.elapsed() > PATIENCE {
            child.kill().expect("a child can be killed");
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let whole = start.elapsed();
    let cpu_seconds = cpu_of_children().zip(cpu_before).map(|(after, before)| after - before);
    let words = std::fs::read_to_string(&log).unwrap_or_default();
    let tail = || words.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
    assert!(status.success(), "flatsink run: {status}\n{}", tail());
    let (Some((first, rows)), Some(last)) = (first, last) else {
        panic!("flatsink run ended, and the ledger lacks some of the {count} records:\n{}", tail());
    };
    let rows_a_second = (count - rows) as f64 / (last - first).as_secs_f64();
    Load { first, rows_a_second, whole, cpu_seconds, peak }
}

fn spawn(folder: &Path, log: &Path) -> Child {
    let log = File::create(log).expect("a log can be made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flatsink"));
    command.args(["run", "flatsink.yaml", "--until-latest"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("the binary is there")
}

fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// CPU seconds of the children that were waited for.
fn cpu_of_children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything; cutime and cstime are fields 16 and 17, the state is field 3.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(16)? + ticks(17)?) / TICKS_A_SECOND)
}

/// The ledger of a database with one sink of one topic.
struct Ledger<'a> {
    database: &'a Database,
    connection: Option<Connection>,
}

enum Connection {
    Postgres(PgConnection),
    Mysql(MySqlConnection),
    Sqlite(SqliteConnection),
}

impl Ledger<'_> {
    fn new(database: &Database) -> Ledger<'_> {
        Ledger { database, connection: None }
    }

    /// The rows applied so far; none while there is no ledger.
    async fn applied(&mut self) -> Option<u64> {
        if self.connection.is_none() {
            self.connection = connect(self.database).await;
        }
        const SUM: &str = "SELECT COALESCE(SUM(n_applied), 0) FROM flatsink_offset";
        let applied: Result<i64, sqlx::Error> = match self.connection.as_mut()? {
            Connection::Postgres(connection) => {
                let sql = "SELECT COALESCE(SUM(n_applied), 0)::bigint FROM flatsink.flatsink_offset";
                sqlx::query_scalar(sql).fetch_one(connection).await
            }
            Connection::Mysql(connection) => {
                let sql = "SELECT CAST(COALESCE(SUM(n_applied), 0) AS SIGNED) FROM flatsink_offset";
                sqlx::query_scalar(sql).fetch_one(connection).await
            }
            Connection::Sqlite(connection) => sqlx::query_scalar(SUM).fetch_one(connection).await,
        };
        applied.ok().and_then(|applied| u64::try_from(applied).ok())
    }
}

async fn connect(database: &Database) -> Option<Connection> {
    Some(match database.kind {
        Kind::Postgres => {
            let options = PgConnectOptions::from_str(&database.url).ok()?.disable_statement_logging();
            Connection::Postgres(options.connect().await.ok()?)
        }
        Kind::Mariadb | Kind::Mysql => {
            let options = MySqlConnectOptions::from_str(&database.url).ok()?.disable_statement_logging();
            Connection::Mysql(options.connect().await.ok()?)
        }
        Kind::Sqlite => {
            // Not before the file has been switched to its log: that needs it alone.
            let path = database.path().filter(|path| path.with_extension("db-wal").exists())?;
            let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
            Connection::Sqlite(options.connect().await.ok()?)
        }
    })
}
