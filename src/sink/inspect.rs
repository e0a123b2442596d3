//! Questions about the database whose answers `check` tells: what the server is, how it is set, what the user may do
//! there. Nothing is changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::connection::{Connection, Purpose, Value};
use super::dead_letter;
use super::grants::{missing, required};
use crate::config::{Config, Tls};
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::record::TableName;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) says: String,
    /// What to do about it, each a line to paste or to read.
    pub(crate) todo: Vec<String>,
}

/// Whether `run` can work with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Good,
    /// It can, and there is something to know.
    Note,
    /// It would refuse or stop.
    Bad,
}

impl Finding {
    pub(crate) fn good(says: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Good, says: says.into(), todo: Vec::new() }
    }

    pub(crate) fn note(says: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Note, says: says.into(), todo: vec![todo.into()] }
    }

    pub(crate) fn bad(says: impl Into<String>, todo: Vec<String>) -> Finding {
        Finding { verdict: Verdict::Bad, says: says.into(), todo }
    }
}

/// The server and its settings; of SQLite the file and its folder.
///
/// # Errors
/// It cannot be reached, or `run` could not work with it: see `Failure`.
pub(crate) async fn server(config: &Config) -> Result<Vec<Finding>, Failure> {
    if config.database.dialect == Dialect::Sqlite {
        return Ok(file(Path::new(&config.database.name)));
    }
    let mut connection = Connection::open(&config.database, Purpose::Data).await?;
    let found = match connection.dialect() {
        Dialect::Postgres => postgres(&mut connection, config).await,
        _ => mysql(&mut connection, config).await,
    };
    let found = found.map_err(|error| connection.failure("look at the database's settings", &error));
    connection.close().await;
    found
}

/// What the user may do in flatsink's own schema and with the tables that topics go to.
///
/// # Errors
/// See `Failure`.
pub(crate) async fn privileges(config: &Config, tables: &BTreeSet<TableName>) -> Result<Vec<Finding>, Failure> {
    if config.database.dialect == Dialect::Sqlite {
        return Ok(Vec::new());
    }
    let mut connection = Connection::open(&config.database, Purpose::Data).await?;
    let missing = match connection.dialect() {
        Dialect::Postgres => postgres_grants(&mut connection, config, tables).await,
        _ => mysql_grants(&mut connection, config, tables).await,
    };
    let missing = missing.map_err(|error| connection.failure("look at the user's privileges", &error));
    connection.close().await;
    Ok(match missing? {
        (user, grants) if grants.is_empty() => vec![Finding::good(format!("user {user} may do all that is needed"))],
        (user, grants) => vec![Finding::bad(format!("user {user} lacks privileges"), grants)],
    })
}

/// Whether opening the file as `run` does would change how it keeps its journal.
pub(crate) fn is_foreign_journal(path: &Path) -> bool {
    header(path).is_ok_and(|header| header.len() > 19 && header[18] != 2)
}

fn header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::new();
    fs::File::open(path)?.take(100).read_to_end(&mut header)?;
    Ok(header)
}

fn file(path: &Path) -> Vec<Finding> {
    let shown = path.display();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    if path.exists() {
        found.push(match (fs::OpenOptions::new().write(true).open(path), header(path)) {
            (Err(error), _) | (_, Err(error)) => {
                Finding::bad(format!("file {shown} cannot be written: {error}"), vec![format!("chmod u+rw {shown}")])
            }
            (Ok(_), Ok(header)) if !header.is_empty() && !header.starts_with(b"SQLite format 3\0") => {
                Finding::bad(format!("file {shown} is no SQLite database"), vec!["name another in database.url".into()])
            }
            (Ok(_), Ok(_)) if is_foreign_journal(path) => {
                Finding::note(format!("file {shown} can be written"), "run turns its journal into a write-ahead log")
            }
            (Ok(_), Ok(_)) => Finding::good(format!("file {shown} can be written")),
        });
    } else {
        found.push(Finding::good(format!("file {shown} is not there yet; run makes it")));
    }
    // SQLite keeps its write-ahead log beside the file.
    let probe = folder.join(format!(".flatsink-check-{}", std::process::id()));
    found.push(match fs::OpenOptions::new().write(true).create_new(true).open(&probe) {
        Ok(_) => {
            // It was made a moment ago; one that stays is empty and harmless.
            let _ = fs::remove_file(&probe);
            Finding::good(format!("folder {} can be written", folder.display()))
        }
        Err(error) => {
            let todo = "make it, or give the user write permission: the write-ahead log lies there".to_owned();
            Finding::bad(format!("folder {} cannot be written: {error}", folder.display()), vec![todo])
        }
    });
    found
}

fn encryption(config: &Config, used: Option<&str>) -> Finding {
    let database = &config.database;
    match (used.filter(|used| !used.is_empty()), database.tls) {
        (Some(used), Tls::VerifyFull) => {
            Finding::good(format!("encrypted ({used}), certificate and host name verified"))
        }
        (Some(used), _) => Finding::note(
            format!("encrypted ({used}), not verified"),
            "tls: verify-full keeps out whoever stands in between",
        ),
        (None, Tls::None) if database.socket.is_some() => Finding::good("through a socket of this machine"),
        (None, Tls::None) => Finding::good("not encrypted, as configured"),
        (None, _) => Finding::bad(
            "not encrypted, though `tls` asks for it",
            vec!["is a proxy between that ends the encryption?".into()],
        ),
    }
}

async fn postgres(connection: &mut Connection, config: &Config) -> Result<Vec<Finding>, sqlx::Error> {
    let sql = "SELECT current_setting('server_version'), current_setting('synchronous_commit'), \
               current_setting('fsync'), pg_backend_pid()::bigint, \
               (SELECT version || ' ' || cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)";
    let rows = connection.fetch(sql, &[]).await?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
    // The version, the encoding, a standby and lost settings are looked at whenever a connection is made.
    let mut found = vec![Finding::good(format!("PostgreSQL {}, writable, UTF8", text(0)))];
    found.push(encryption(config, row.get(4).and_then(Value::text)));
    found.push(if row.get(3).and_then(Value::int) == Some(connection.session.id) {
        Finding::good("the session keeps its settings: no pooling by transaction in between")
    } else {
        let todo = "connect to PostgreSQL itself, or pool by session: session settings would be lost";
        Finding::bad("a proxy in between pools by transaction", vec![todo.into()])
    });
    found.push(match text(1) {
        "off" => Finding::note(
            "synchronous_commit is off: a crash of the server may lose its last commits",
            "nothing to do: flatsink sees it and reads them from Kafka again",
        ),
        setting => Finding::good(format!("synchronous_commit is {setting}")),
    });
    if text(2) == "off" {
        let todo = "set fsync = on: flatsink can mend a lost end, not a damaged middle";
        found.push(Finding::note("fsync is off: a crash of the server may damage tables", todo));
    }
    Ok(found)
}

async fn mysql(connection: &mut Connection, config: &Config) -> Result<Vec<Finding>, sqlx::Error> {
    let sql = "SELECT VERSION(), @@GLOBAL.innodb_flush_log_at_trx_commit, \
               (SELECT SUPPORT FROM information_schema.ENGINES WHERE ENGINE = 'InnoDB')";
    let rows = connection.fetch(sql, &[]).await?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
    let name = if connection.dialect() == Dialect::Mariadb { "MariaDB" } else { "MySQL" };
    // The version, a read-only server and sql_mode are looked at whenever a connection is made.
    let mut found = vec![Finding::good(format!("{name} {}, writable, strict sql_mode", text(0)))];
    let rows = connection.fetch("SHOW SESSION STATUS LIKE 'Ssl_version'", &[]).await?;
    found.push(encryption(config, rows.first().and_then(|row| row.get(1)).and_then(Value::text)));
    found.push(match text(2) {
        "YES" | "DEFAULT" => Finding::good("engine InnoDB"),
        _ => Finding::bad(
            "the server has no engine InnoDB",
            vec!["switch it on: other engines cannot keep rows and offsets in one transaction".into()],
        ),
    });
    found.push(packet(config, connection));
    if row.get(1).and_then(Value::int) != Some(1) {
        found.push(Finding::note(
            "innodb_flush_log_at_trx_commit is not 1: a crash of the server may lose its last commits",
            "nothing to do: flatsink sees it and reads them from Kafka again",
        ));
    }
    Ok(found)
}

fn packet(config: &Config, connection: &Connection) -> Finding {
    let packet = connection.session.packet_max;
    match dead_letter::too_small(config, connection) {
        Some(why) => Finding::bad(why, vec![format!("SET GLOBAL max_allowed_packet = {};", packet_for(config))]),
        None if dead_letter::record_max(config, connection) < config.record_max => Finding::note(
            format!("max_allowed_packet is {packet}: large dead letters are kept in part"),
            format!("SET GLOBAL max_allowed_packet = {};", packet_for(config)),
        ),
        None => Finding::good(format!("max_allowed_packet is {packet}")),
    }
}

/// What `max_allowed_packet` must be: a multiple of 1024.
fn packet_for(config: &Config) -> usize {
    (2 * config.record_max + (1 << 20)).next_multiple_of(1024)
}

/// The user, and the statements that give what is missing.
type Missing = (String, Vec<String>);

async fn postgres_grants(
    connection: &mut Connection,
    config: &Config,
    tables: &BTreeSet<TableName>,
) -> Result<Missing, sqlx::Error> {
    let quote = |name: &str| Dialect::Postgres.quote(name);
    let sql = "SELECT current_user::text, current_database()::text, \
               has_database_privilege(current_database(), 'CREATE')";
    let rows = connection.fetch(sql, &[]).await?;
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
    let (user, may_create) = (text(0).to_owned(), row.get(2).and_then(Value::int) == Some(1));
    let (database, to) = (quote(text(1)), quote(&user));
    let own = config.database.ledger_schema.as_deref().unwrap_or("flatsink");
    let target = config.database.schema.as_deref().unwrap_or("public");
    let schema_of = |table: &TableName| table.schema.clone().unwrap_or_else(|| target.to_owned());
    let mut schemas: BTreeSet<String> = tables.iter().map(schema_of).collect();
    if schemas.is_empty() {
        schemas.insert(target.to_owned());
    }
    schemas.insert(own.to_owned());
    let (mut grants, mut makes_schema) = (Vec::new(), false);
    for schema in schemas {
        let sql = "SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE') \
                   FROM pg_namespace WHERE nspname = $1";
        let rows = connection.fetch(sql, &[Value::from(schema.as_str())]).await?;
        match rows.first().and_then(|row| row.first()).and_then(Value::int) {
            None => makes_schema = true,
            Some(0) => grants.push(format!("GRANT USAGE, CREATE ON SCHEMA {} TO {to};", quote(&schema))),
            Some(_) => {}
        }
        for name in poor_tables(connection, &schema, schema == own, tables).await? {
            let name = format!("{}.{}", quote(&schema), quote(&name));
            grants.push(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {name} TO {to};"));
        }
    }
    if makes_schema && !may_create {
        grants.insert(0, format!("GRANT CREATE ON DATABASE {database} TO {to};"));
    }
    Ok((user, grants))
}

/// The tables of a schema that flatsink reads and writes and the user may not.
async fn poor_tables(
    connection: &mut Connection,
    schema: &str,
    own: bool,
    tables: &BTreeSet<TableName>,
) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT (has_table_privilege(c.oid, 'SELECT') \
               AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') \
               AND has_table_privilege(c.oid, 'DELETE')) ORDER BY 1";
    let rows = connection.fetch(sql, &[Value::from(schema)]).await?;
    let names = rows.iter().filter_map(|row| row.first()?.text().map(str::to_owned));
    let ours = |name: &String| own && name.starts_with("flatsink_");
    Ok(names.filter(|name| ours(name) || tables.iter().any(|table| table.name == *name)).collect())
}

async fn mysql_grants(
    connection: &mut Connection,
    config: &Config,
    tables: &BTreeSet<TableName>,
) -> Result<Missing, sqlx::Error> {
    let rows = connection.fetch("SELECT CURRENT_USER()", &[]).await?;
    let user = rows.first().and_then(|row| row.first()).and_then(Value::text).unwrap_or_default().to_owned();
    let rows = connection.fetch("SHOW GRANTS", &[]).await?;
    let held: Vec<&str> = rows.iter().filter_map(|row| row.first()?.text()).collect();
    let database = &config.database;
    let own = database.ledger_schema.as_ref().unwrap_or(&database.name);
    let target = database.schema.as_ref().unwrap_or(&database.name);
    let mut schemas: BTreeSet<&String> = tables.iter().map(|table| table.schema.as_ref().unwrap_or(target)).collect();
    schemas.extend([own, target]);
    let grants = schemas.into_iter().filter_map(|schema| {
        let missing = missing(&held, schema, required(schema == own));
        let (name, host) = user.rsplit_once('@').unwrap_or((&user, "%"));
        let (schema, name) = (connection.dialect().quote(schema), name.replace('\'', "''"));
        (!missing.is_empty()).then(|| format!("GRANT {} ON {schema}.* TO '{name}'@'{host}';", missing.join(", ")))
    });
    let grants = grants.collect();
    Ok((user, grants))
}
