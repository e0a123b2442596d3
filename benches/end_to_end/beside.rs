//! The same rows into the same table by one connection and the fastest way that the database has: what flatsink is
//! compared with. No Kafka, no Avro, no duplicates to find, no offsets to keep.

use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection, PgConnection};

use crate::records::{COLUMNS, Record, time};
use crate::support::{Database, Kind};

/// The table that is loaded here; made like flatsink's.
pub const TABLE: &str = "beside";

/// Rows in one transaction of the ways that are not one statement.
const BATCH: u64 = 10_000;
const ROWS_A_STATEMENT: usize = 500;
const CHUNK: usize = 1 << 20;

/// Loads `count` records; how long that took, and the way's name.
pub async fn load(database: &Database, count: u64) -> (Duration, &'static str) {
    match database.kind {
        Kind::Postgres => (postgres(&database.url, count).await, "COPY, binary"),
        Kind::Mariadb | Kind::Mysql => match client() {
            Some(client) => (load_data(client, &database.url, count), "LOAD DATA LOCAL"),
            None => (mysql(&database.url, count).await, "INSERT of 500 rows, sorted"),
        },
        Kind::Sqlite => (sqlite(database, count).await, "INSERT of 500 rows, prepared, sorted"),
    }
}

async fn postgres(url: &str, count: u64) -> Duration {
    let mut chunks = vec![b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec()];
    for record in (0..count).map(Record::new) {
        if chunks.last().is_some_and(|chunk| chunk.len() >= CHUNK) {
            chunks.push(Vec::with_capacity(CHUNK + 1_024));
        }
        record.tuple(chunks.last_mut().expect("never empty"));
    }
    chunks.push((-1i16).to_be_bytes().to_vec());
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    let start = Instant::now();
    let statement = format!("COPY {TABLE} FROM STDIN (FORMAT binary)");
    let mut copy = connection.copy_in_raw(&statement).await.expect("COPY begins");
    for chunk in chunks {
        copy.send(chunk).await.expect("COPY goes on");
    }
    copy.finish().await.expect("COPY ends");
    start.elapsed()
}

/// The client that comes with the server: it speaks the protocol of LOAD DATA LOCAL.
fn client() -> Option<&'static str> {
    let answers = |name: &&str| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    ["mariadb", "mysql"].into_iter().find(answers)
}

fn load_data(client: &str, url: &str, count: u64) -> Duration {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    let mut out = BufWriter::new(&file);
    for record in (0..count).map(Record::new) {
        writeln!(out, "{}", record.text("\t", "", "\\N")).expect("the file can be written");
    }
    out.flush().expect("the file can be written");
    drop(out);
    let sql = format!(
        "LOAD DATA LOCAL INFILE '{}' INTO TABLE {TABLE} CHARACTER SET utf8mb4 (@u, {}) SET _sink_uuid = UNHEX(@u)",
        file.path().display(),
        COLUMNS[1..].join(", "),
    );
    let options = MySqlConnectOptions::from_str(url).expect("the URL is one of MySQL");
    let password = url.split_once('@').and_then(|(login, _)| login.rsplit_once(':')).map_or("", |(_, word)| word);
    let mut command = Command::new(client);
    command.args(["--local-infile=1", "--protocol=tcp", "-h", options.get_host()]);
    command.args(["-P", &options.get_port().to_string(), "-u", options.get_username()]);
    command.args(["-e", &sql, options.get_database().expect("the URL names a database")]);
    command.env("MYSQL_PWD", password);
    let start = Instant::now();
    let status = command.status().expect("the client answered before");
    assert!(status.success(), "LOAD DATA: {status}");
    start.elapsed()
}

async fn mysql(url: &str, count: u64) -> Duration {
    let options = MySqlConnectOptions::from_str(url).expect("the URL is one of MySQL").disable_statement_logging();
    let mut connection = options.connect().await.expect("MySQL answers");
    let mut spent = Duration::ZERO;
    for batch in (0..count).step_by(BATCH as usize) {
        let statements: Vec<String> = sorted(batch, count).chunks(ROWS_A_STATEMENT).map(insert).collect();
        let start = Instant::now();
        let mut transaction = connection.begin().await.expect("a transaction begins");
        for sql in statements {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.expect("rows are taken");
        }
        transaction.commit().await.expect("the transaction commits");
        spent += start.elapsed();
    }
    spent
}

fn insert(records: &[Record]) -> String {
    let row = |record: &Record| format!("(0x{})", record.text(",", "'", "NULL").replacen('\'', "", 2));
    format!("INSERT INTO {TABLE} VALUES {}", records.iter().map(row).collect::<Vec<_>>().join(","))
}

async fn sqlite(database: &Database, count: u64) -> Duration {
    let options = SqliteConnectOptions::new()
        .filename(database.path().expect("SQLite has a file"))
        .foreign_keys(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = options.connect().await.expect("the file opens");
    let mut spent = Duration::ZERO;
    for batch in (0..count).step_by(BATCH as usize) {
        let statements: Vec<_> = sorted(batch, count).chunks(ROWS_A_STATEMENT).map(arguments).collect();
        let start = Instant::now();
        let mut transaction = connection.begin().await.expect("a transaction begins");
        for (sql, values) in statements {
            let query = sqlx::query_with(AssertSqlSafe(sql), values);
            query.execute(&mut *transaction).await.expect("rows are taken");
        }
        transaction.commit().await.expect("the transaction commits");
        spent += start.elapsed();
    }
    spent
}

fn arguments(records: &[Record]) -> (String, SqliteArguments) {
    let row = format!("({})", ["?"; COLUMNS.len()].join(","));
    let sql = format!("INSERT INTO {TABLE} VALUES {}", vec![row; records.len()].join(","));
    let mut values = SqliteArguments::default();
    for record in records {
        bind(&mut values, record).expect("values can be bound");
    }
    (sql, values)
}

fn bind(values: &mut SqliteArguments, record: &Record) -> Result<(), sqlx::error::BoxDynError> {
    values.add(record.uuid.clone())?;
    values.add(record.partition)?;
    values.add(record.offset)?;
    values.add(time(record.timestamp))?;
    values.add(record.account)?;
    values.add(record.session)?;
    values.add(record.bytes)?;
    values.add(record.amount)?;
    values.add(record.score)?;
    values.add(record.name.clone())?;
    values.add(record.url.clone())?;
    values.add(record.member)?;
    values.add(time(record.at))?;
    values.add(record.level)?;
    values.add(record.note.clone())
}

/// The records of the batch that begins at `batch`, in the order of the table's key: an index takes them faster.
fn sorted(batch: u64, count: u64) -> Vec<Record> {
    let mut records: Vec<Record> = (batch..(batch + BATCH).min(count)).map(Record::new).collect();
    records.sort_by(|one, other| one.uuid.cmp(&other.uuid));
    records
}
