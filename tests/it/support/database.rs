//! Databases of one's own, and what lies in them, as text.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use sqlx::{AssertSqlSafe, ColumnIndex, Connection, Decode, Row, Type, TypeInfo, ValueRef};

/// The kinds of database that a test of delivery runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Mariadb,
    Mysql,
    Sqlite,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Postgres, Kind::Mariadb, Kind::Mysql, Kind::Sqlite];
    pub const SERVERS: [Kind; 3] = [Kind::Postgres, Kind::Mariadb, Kind::Mysql];

    /// Whether it speaks MySQL's protocol, and mostly its SQL.
    pub fn is_mysql(self) -> bool {
        matches!(self, Kind::Mariadb | Kind::Mysql)
    }
}

/// An empty database of this test alone; it is dropped when the test ends well, and kept to look at otherwise.
#[derive(Debug)]
pub struct Database {
    pub kind: Kind,
    /// For `database.url`.
    pub url: String,
    name: String,
    /// The server's own database, to create and drop from.
    server: String,
    folder: Option<tempfile::TempDir>,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({})", self.kind, self.url)
    }
}

impl Database {
    /// An empty database on the shared server. `None`: there is no server, and that was said.
    pub fn fresh(kind: Kind) -> Option<Database> {
        let variable = match kind {
            Kind::Postgres => "FLATSINK_TEST_POSTGRES",
            Kind::Mariadb => "FLATSINK_TEST_MARIADB",
            Kind::Mysql => "FLATSINK_TEST_MYSQL",
            Kind::Sqlite => return Some(Database::file()),
        };
        super::variable(variable).map(|server| Database::on(kind, server))
    }

    /// An empty database on this server.
    pub fn on(kind: Kind, server: String) -> Database {
        let name = super::unique("test");
        let (base, _) = server.rsplit_once('/').expect("the server's URL names a database");
        let database = Database { kind, url: format!("{base}/{name}"), name, server, folder: None };
        database.at(&database.server, &format!("CREATE DATABASE {}", database.name));
        database
    }

    fn file() -> Database {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Database { kind: Kind::Sqlite, url, name: String::new(), server: String::new(), folder: Some(folder) }
    }

    /// A SQLite file that is there already and stays.
    pub fn open(path: &Path) -> Database {
        let url = format!("sqlite://{}", path.display());
        Database { kind: Kind::Sqlite, url, name: String::new(), server: String::new(), folder: None }
    }

    /// The same database by another way, not encrypted, so that a proxy sees what is said; it stays when this is
    /// dropped.
    pub fn behind(&self, url: &str) -> Database {
        let url = match self.kind {
            Kind::Mariadb | Kind::Mysql => format!("{url}?ssl-mode=disabled"),
            Kind::Postgres | Kind::Sqlite => url.to_owned(),
        };
        Database { kind: self.kind, url, name: String::new(), server: String::new(), folder: None }
    }

    /// SQLite's file.
    pub fn path(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("test.db"))
    }

    /// The rows of the statement's (last) result, every value as text that is the same for all databases: bytes as
    /// `\x` and hexadecimal digits, doubles by their shortest digits, booleans as 0 and 1, instants in UTC with six
    /// digits; all else as the database prints it.
    ///
    /// # Panics
    /// When the database refuses the statement; see `try_query`.
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.at(&self.url, sql)
    }

    /// The same, with the database's refusal as a value.
    pub fn try_query(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, sqlx::Error> {
        super::wait(query(self.kind, &self.url, sql))
    }

    /// The one value of a query that has one.
    pub fn value(&self, sql: &str) -> Option<String> {
        let rows = self.query(sql);
        assert!(rows.len() == 1 && rows[0].len() == 1, "{self}: one value expected from {sql}, not {rows:?}");
        rows.into_iter().flatten().flatten().next()
    }

    /// The one number of a query that has one; 0 where that is NULL.
    pub fn number(&self, sql: &str) -> i64 {
        self.value(sql).map_or(0, |text| text.parse().expect("the query gives a whole number"))
    }

    /// Keeps everybody else from writing into SQLite's file until it is dropped.
    pub fn hold(&self) -> Hold {
        let (url, (held, wait), (end, ended)) = (self.url.clone(), mpsc::channel(), mpsc::channel::<()>());
        let writer = std::thread::spawn(move || {
            super::wait(async move {
                let mut connection = sqlx::SqliteConnection::connect(&url).await?;
                sqlx::raw_sql("PRAGMA busy_timeout = 60000").execute(&mut connection).await?;
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await?;
                // Both ends outlive this, unless the test has failed.
                let _ = held.send(());
                let _ = ended.recv();
                sqlx::raw_sql("ROLLBACK").execute(&mut connection).await?;
                connection.close().await
            })
        });
        wait.recv().expect("the lock is had within a minute");
        Hold { end: Some(end), writer: Some(writer) }
    }

    /// What these statements hold, until it is dropped: a server's session of its own.
    pub fn hold_with(&self, sql: &'static str) -> Hold {
        let (kind, url, (held, wait), (end, ended)) = (self.kind, self.url.clone(), mpsc::channel(), mpsc::channel());
        let holder = std::thread::spawn(move || super::wait(hold_with(kind, url, sql, held, ended)));
        wait.recv().expect("the statements succeed");
        Hold { end: Some(end), writer: Some(holder) }
    }

    fn at(&self, url: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        match super::wait(query(self.kind, url, sql)) {
            Ok(rows) => rows,
            Err(error) => panic!("{:?} at {url}: {sql}: {error}", self.kind),
        }
    }
}

/// The write lock of a SQLite file.
#[derive(Debug)]
pub struct Hold {
    end: Option<mpsc::Sender<()>>,
    writer: Option<JoinHandle<Result<(), sqlx::Error>>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(Err(panic)) = self.writer.take().map(JoinHandle::join) {
            eprintln!("the writer that held the lock: {panic:?}");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Some(folder) = self.folder.take() {
                eprintln!("kept: {}", folder.keep().display());
            }
            return;
        }
        let sql = match self.kind {
            _ if self.name.is_empty() => return,
            Kind::Postgres => format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            Kind::Mariadb | Kind::Mysql => format!("DROP DATABASE IF EXISTS {}", self.name),
            Kind::Sqlite => return,
        };
        // A server that a test has ended cannot drop anything.
        let _ = super::wait(query(self.kind, &self.server, &sql));
    }
}

async fn hold_with(
    kind: Kind,
    url: String,
    sql: &'static str,
    held: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
) -> Result<(), sqlx::Error> {
    // Both ends outlive this, unless the test has failed.
    let hold = move || {
        let _ = held.send(());
        let _ = ended.recv();
    };
    match kind {
        Kind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(&url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            hold();
            connection.close().await
        }
        Kind::Mariadb | Kind::Mysql => {
            let mut connection = sqlx::MySqlConnection::connect(&url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            hold();
            connection.close().await
        }
        Kind::Sqlite => panic!("a file has no sessions: see `hold`"),
    }
}

async fn query(kind: Kind, url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, sqlx::Error> {
    let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match kind {
        Kind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(url).await?;
            let rows = statement.fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok(rows.iter().map(texts).collect())
        }
        Kind::Mariadb | Kind::Mysql => {
            let mut connection = sqlx::MySqlConnection::connect(url).await?;
            let rows = statement.fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok(rows.iter().map(texts).collect())
        }
        Kind::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc")).await?;
            let rows = statement.fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok(rows.iter().map(texts).collect())
        }
    }
}

fn texts<R: Row>(row: &R) -> Vec<Option<String>>
where
    usize: ColumnIndex<R>,
    String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: for<'r> Decode<'r, R::Database>,
    f64: for<'r> Decode<'r, R::Database>,
{
    (0..row.len()).map(|column| text(row, column)).collect()
}

// The values of a statement that was not prepared come as the server prints them, whatever their type is.
fn text<R: Row>(row: &R, column: usize) -> Option<String>
where
    usize: ColumnIndex<R>,
    String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: for<'r> Decode<'r, R::Database>,
    f64: for<'r> Decode<'r, R::Database>,
{
    let raw = row.try_get_raw(column).expect("the column is in the row");
    if raw.is_null() {
        return None;
    }
    let kind = raw.type_info().name().to_owned();
    if matches!(kind.as_str(), "FLOAT8" | "DOUBLE" | "REAL") {
        return Some(f64::decode(raw).expect("a double is one").to_string());
    }
    // MySQL says so of every text of a binary collation too.
    let binary = matches!(kind.as_str(), "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY")
        && !<String as Type<R::Database>>::compatible(&raw.type_info());
    if !binary && let Ok(text) = String::decode(row.try_get_raw(column).expect("the column is in the row")) {
        return Some(match kind.as_str() {
            "BOOL" => if text == "t" { "1" } else { "0" }.to_owned(),
            "TIMESTAMPTZ" | "TIMESTAMP" => instant(&text),
            _ => text,
        });
    }
    let bytes = Vec::<u8>::decode(raw).expect("any value has bytes");
    Some(format!("\\x{}", hex::encode(bytes)))
}

// PostgreSQL leaves out the zeros at the end, and names the zone, which sqlx sets to UTC.
fn instant(text: &str) -> String {
    let text = text.strip_suffix("+00").unwrap_or(text);
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{fraction:0<6}")
}
