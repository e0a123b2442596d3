//! How a connection is opened: encryption as configured, the session's limits, and what is checked at once.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::connection::{Connection, Driver, Purpose, Session, Value};
use crate::config::{Database, Tls};
use crate::dialect::Dialect;
use crate::error::{Class, Failure};

const POSTGRES_MIN: i64 = 140_000;
const MYSQL_MIN: [u32; 3] = [8, 0, 17];
const MARIADB_MIN: [u32; 3] = [10, 6, 0];
const SQLITE_MIN: (i64, i64) = (3, 37);

const POSTGRES_LIMITS: [(&str, &str); 5] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "10"),
    ("client_connection_check_interval", "5s"),
    ("default_transaction_isolation", "read committed"),
    ("standard_conforming_strings", "on"),
];

/// Opens a PostgreSQL connection.
pub(super) async fn postgres(database: &Database, purpose: Purpose) -> Result<Connection, Failure> {
    let attempted = attempt(database);
    let (lock_timeout, statement_timeout) = match purpose {
        // Short: who waits so long for a ledger's row ends its holder.
        Purpose::Data => ("5s", "1min"),
        Purpose::Tables => ("2s", "0"),
    };
    let limits = [("lock_timeout", lock_timeout), ("statement_timeout", statement_timeout)];
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(if database.host.is_empty() { "localhost" } else { &database.host })
        .port(database.port.unwrap_or(5432))
        .database(&database.name)
        .application_name("flatsink")
        .ssl_mode(match database.tls {
            Tls::VerifyFull => PgSslMode::VerifyFull,
            Tls::Require => PgSslMode::Require,
            Tls::None => PgSslMode::Disable,
        })
        .options(POSTGRES_LIMITS.into_iter().chain(limits))
        .disable_statement_logging();
    if let Some(folder) = &database.socket {
        options = options.socket(folder);
    }
    if let Some(user) = &database.user {
        options = options.username(user);
    }
    // Set in any case: the environment's password is none of ours.
    options = options.password(database.password.as_ref().map_or("", |password| password.expose_secret()));
    if let Some(file) = &database.ca_file {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (&database.cert_file, &database.key_file) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    let connection = options.connect().await.map_err(|error| refused(Dialect::Postgres, &attempted, &error))?;
    let session = Session { dialect: Dialect::Postgres, id: 0, started: 0, packet_max: 1 << 30 };
    let mut connection = Connection { driver: Driver::Postgres(connection), session };
    let schema = database.schema.as_deref().unwrap_or("public");
    let path = Dialect::Postgres.quote(schema);
    let sql = "SELECT pg_backend_pid()::bigint, current_setting('server_version_num')::bigint, pg_is_in_recovery(), \
               current_setting('transaction_read_only'), current_setting('lock_timeout'), \
               current_setting('server_encoding'), set_config('search_path', $1, false), \
               (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity \
                WHERE pid = pg_backend_pid())";
    let answer = connection.fetch(sql, &[Value::Text(path)]).await;
    let rows = answer.map_err(|error| connection.failure(&attempted, &error))?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
    let int = |index: usize| row.get(index).and_then(Value::int).unwrap_or_default();
    if text(4) != lock_timeout {
        return Err(Failure::stop(
            attempted,
            "the session's settings were lost: a proxy that pools connections stands \
             between, connect to PostgreSQL itself",
        ));
    }
    if int(1) < POSTGRES_MIN {
        return Err(Failure::stop(attempted, "the server is older than PostgreSQL 14"));
    }
    if text(5) != "UTF8" {
        return Err(Failure::stop(attempted, format!("the database's encoding is {}, it must be UTF8", text(5))));
    }
    if int(2) != 0 || text(3) == "on" {
        return Err(standby(attempted));
    }
    (connection.session.id, connection.session.started) = (int(0), int(7));
    Ok(connection)
}

/// Opens a MySQL or MariaDB connection.
pub(super) async fn mysql(database: &Database, purpose: Purpose) -> Result<Connection, Failure> {
    let attempted = attempt(database);
    let mut options = MySqlConnectOptions::new()
        .host(if database.host.is_empty() { "localhost" } else { &database.host })
        .port(database.port.unwrap_or(3306))
        .database(&database.name)
        .ssl_mode(match database.tls {
            Tls::VerifyFull => MySqlSslMode::VerifyIdentity,
            Tls::Require => MySqlSslMode::Required,
            Tls::None => MySqlSslMode::Disabled,
        })
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(Some("+00:00".to_owned()))
        .disable_statement_logging();
    if let Some(path) = &database.socket {
        options = options.socket(path);
    }
    if let Some(user) = &database.user {
        options = options.username(user);
    }
    if let Some(password) = &database.password {
        options = options.password(password.expose_secret());
    }
    if let Some(file) = &database.ca_file {
        options = options.ssl_ca(file);
    }
    if let (Some(certificate), Some(key)) = (&database.cert_file, &database.key_file) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    let connection =
        mysql_login(database, options).await.map_err(|error| refused(Dialect::Mysql, &attempted, &error))?;
    let session = Session { dialect: Dialect::Mysql, id: 0, started: 0, packet_max: 0 };
    let mut connection = Connection { driver: Driver::Mysql(connection), session };
    let answer = mysql_session(&mut connection, purpose).await;
    let row = answer.map_err(|error| connection.failure(&attempted, &error))?;
    let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
    let int = |index: usize| row.get(index).and_then(Value::int).unwrap_or_default();
    let modes: Vec<&str> = text(2).split(',').collect();
    if !modes.contains(&"STRICT_ALL_TABLES") || modes.iter().any(|mode| MODES_REFUSED.contains(mode)) {
        return Err(Failure::stop(attempted, "the session's sql_mode could not be set: is a proxy between?"));
    }
    if int(3) != 0 {
        return Err(standby(attempted));
    }
    let (oldest, shown) = match connection.dialect() {
        Dialect::Mariadb => (MARIADB_MIN, "MariaDB 10.6"),
        _ => (MYSQL_MIN, "MySQL 8.0.17"),
    };
    if version(text(5)) < oldest {
        return Err(Failure::stop(attempted, format!("the server ({}) is older than {shown}", text(5))));
    }
    (connection.session.id, connection.session.started) = (int(0), int(4));
    connection.session.packet_max = usize::try_from(int(1)).unwrap_or(1 << 20);
    Ok(connection)
}

/// Logs in. `caching_sha2_password`, MySQL's default, wants the first login after the server's start encrypted: on this
/// machine it is, even where nobody asked for it.
async fn mysql_login(database: &Database, options: MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    let error = match options.connect().await {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    // On a socket the server takes the driver's question for the password.
    let wants_encryption = match &error {
        sqlx::Error::Configuration(_) => true,
        error => database.socket.is_some() && crate::error::code(Dialect::Mysql, error) == "1045",
    };
    if wants_encryption && database.tls == Tls::None && database.is_local() {
        return options.ssl_mode(MySqlSslMode::Required).connect().await;
    }
    Err(error)
}

const MODES_REFUSED: [&str; 3] = ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PAD_CHAR_TO_FULL_LENGTH"];

/// `10.11.6-MariaDB-log` as numbers.
fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

/// Sets the session; the answer is (connection id, max_allowed_packet, sql_mode, read_only, server's start, version).
async fn mysql_session(connection: &mut Connection, purpose: Purpose) -> Result<Vec<Value>, sqlx::Error> {
    let version = connection.fetch("SELECT VERSION()", &[]).await?;
    let version = version.first().and_then(|row| row.first()).and_then(Value::text).unwrap_or_default().to_owned();
    let mariadb = version.contains("MariaDB");
    connection.session.dialect = if mariadb { Dialect::Mariadb } else { Dialect::Mysql };
    let (wait, row_wait) = match purpose {
        Purpose::Data => (10, 5),
        Purpose::Tables => (2, 2),
    };
    let idle = if mariadb { "SESSION idle_transaction_timeout = 30, " } else { "" };
    connection
        .script(&format!(
            "SET {idle}SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', \
             SESSION lock_wait_timeout = {wait}, SESSION innodb_lock_wait_timeout = {row_wait}, \
             SESSION foreign_key_checks = 1, SESSION unique_checks = 1, SESSION autocommit = 1"
        ))
        .await?;
    connection.script("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE").await?;
    let sql = "SELECT CONNECTION_ID(), @@max_allowed_packet, @@SESSION.sql_mode, @@GLOBAL.read_only, \
               UNIX_TIMESTAMP() - CAST(VARIABLE_VALUE AS SIGNED), VERSION() FROM ";
    let status = if mariadb { "information_schema.GLOBAL_STATUS" } else { "performance_schema.global_status" };
    let sql = format!("{sql}{status} WHERE VARIABLE_NAME = 'Uptime'");
    Ok(connection.fetch(&sql, &[]).await?.into_iter().next().unwrap_or_default())
}

/// Opens a SQLite file.
pub(super) async fn sqlite(database: &Database) -> Result<Connection, Failure> {
    let attempted = attempt(database);
    make_private(Path::new(&database.name)).map_err(|error| Failure::stop(&attempted, error.to_string()))?;
    let options = SqliteConnectOptions::new()
        .filename(&database.name)
        .create_if_missing(true)
        .foreign_keys(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let connection = options.connect().await.map_err(|error| refused(Dialect::Sqlite, &attempted, &error))?;
    let session = Session { dialect: Dialect::Sqlite, id: 0, started: 0, packet_max: 1 << 29 };
    let mut connection = Connection { driver: Driver::Sqlite(connection), session };
    let answer = connection.fetch("SELECT sqlite_version()", &[]).await;
    let rows = answer.map_err(|error| connection.failure(&attempted, &error))?;
    let version = rows.first().and_then(|row| row.first()).and_then(Value::text).unwrap_or_default();
    let mut parts = version.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
    if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < SQLITE_MIN {
        return Err(Failure::stop(attempted, format!("SQLite {version} is older than 3.37")));
    }
    Ok(connection)
}

/// Makes the file, readable by its owner only, if it is not there yet.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn attempt(database: &Database) -> String {
    match database.dialect {
        Dialect::Sqlite => format!("open {}", database.name),
        dialect => {
            let port = database.port.map_or_else(String::new, |port| format!(":{port}"));
            let host = if database.host.contains(':') { format!("[{}]", database.host) } else { database.host.clone() };
            format!("connect to {dialect} database {} on {host}{port}", database.name)
        }
    }
}

/// A primary that was demoted, or a standby: the next attempt may meet the new primary.
fn standby(attempted: String) -> Failure {
    let message = "the server is a read-only standby".to_owned();
    Failure { class: Class::Reconnect, message, ..Failure::stop(attempted, "") }
}

fn refused(dialect: Dialect, attempted: &str, error: &sqlx::Error) -> Failure {
    let mut failure = Failure::new(dialect, false, attempted, error);
    if dialect == Dialect::Postgres && failure.code == "08P01" {
        failure.class = Class::Stop;
        failure
            .message
            .push_str(": a proxy that pools connections loses session settings, connect to PostgreSQL itself");
    }
    if matches!(error, sqlx::Error::Configuration(_)) && dialect.is_mysql() {
        failure.message =
            "the server wants this user's login encrypted (caching_sha2_password): set `database.tls` to \
                           verify-full or require"
                .into();
    }
    failure
}
