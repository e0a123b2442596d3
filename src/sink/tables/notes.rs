//! What is written down of users' tables: which sink loads them for which topic, and what their columns hold.

use crate::config::Database;
use crate::dialect::Dialect;
use crate::dialect::plan::{ExistingTable, Noted};
use crate::record::{Column, Stand, Standing, Table};
use crate::sink::connection::{Connection, Value};
use crate::sink::ledger::own_table;

/// Whose notes, of which table.
pub(super) struct Notes<'a> {
    pub(super) database: &'a Database,
    pub(super) sink: &'a str,
    pub(super) schema_id: i32,
    pub(super) table: &'a Table,
}

impl Notes<'_> {
    /// Sink, schema, table: what every note begins with.
    fn place(&self) -> [Value; 3] {
        let schema = self.table.name.schema.as_deref().unwrap_or("main");
        [Value::from(self.sink), Value::from(schema), Value::from(self.table.name.name.as_str())]
    }
}

/// Adds what we know to what the catalogue says.
pub(super) async fn annotate(
    connection: &mut Connection,
    notes: &Notes<'_>,
    existing: &mut ExistingTable,
) -> Result<(), sqlx::Error> {
    let dialect = connection.dialect();
    if !is_made(connection, notes.database).await? {
        return Ok(());
    }
    let table = own_table(dialect, notes.database, "flatsink_table");
    let sql = format!("SELECT 1 FROM {table} WHERE {} LIMIT 1", place(dialect));
    existing.is_ours = !connection.fetch(&sql, &notes.place()).await?.is_empty();
    let column = own_table(dialect, notes.database, "flatsink_column");
    let sql = format!("SELECT column_name, kind, schema_id, state FROM {column} WHERE {}", place(dialect));
    for row in connection.fetch(&sql, &notes.place()).await? {
        let [name, kind, schema_id, state] = row.as_slice() else { continue };
        let name = name.text().map(|name| dialect.fold(name));
        let kind = kind.text().and_then(|kind| kind.parse().ok());
        let schema_id = schema_id.int().and_then(|id| i32::try_from(id).ok());
        let mut columns = existing.columns.iter_mut();
        if let Some(column) = columns.find(|column| Some(dialect.fold(&column.name)) == name) {
            column.is_adopted = state.text() == Some("adopted");
            column.noted = kind.zip(schema_id).map(|(kind, schema_id)| Noted { kind, schema_id });
        }
    }
    Ok(())
}

/// Whether our own tables are there: `plan` looks before anything was made.
async fn is_made(connection: &mut Connection, database: &Database) -> Result<bool, sqlx::Error> {
    let schema = Value::from(database.ledger_schema.as_deref());
    let (sql, values) = match connection.dialect() {
        Dialect::Postgres => (
            "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = COALESCE($1::text, 'flatsink') AND c.relname = 'flatsink_column'",
            vec![schema],
        ),
        Dialect::Mysql | Dialect::Mariadb => (
            "SELECT 1 FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = 'flatsink_column'",
            vec![schema],
        ),
        Dialect::Sqlite => ("SELECT 1 FROM sqlite_schema WHERE name = 'flatsink_column'", Vec::new()),
    };
    Ok(!connection.fetch(sql, &values).await?.is_empty())
}

/// Forgets columns that are not there any more: somebody has dropped them, or the whole table.
pub(super) async fn forget(
    connection: &mut Connection,
    notes: &Notes<'_>,
    existing: Option<&ExistingTable>,
) -> Result<(), sqlx::Error> {
    let dialect = connection.dialect();
    let table = own_table(dialect, notes.database, "flatsink_column");
    let sql = format!("SELECT column_name FROM {table} WHERE {}", place(dialect));
    let left: Vec<String> =
        existing.iter().flat_map(|existing| &existing.columns).map(|column| dialect.fold(&column.name)).collect();
    let delete = format!("DELETE FROM {table} WHERE {} AND column_name = {}", place(dialect), mark(dialect, 4));
    for row in connection.fetch(&sql, &notes.place()).await? {
        let name = row.first().and_then(Value::text).unwrap_or_default();
        if !left.contains(&dialect.fold(name)) {
            let [sink, schema, table] = notes.place();
            connection.execute(&delete, &[sink, schema, table, Value::from(name)]).await?;
        }
    }
    Ok(())
}

/// Writes down which columns are about to be made, and which are somebody else's: a crash between this and the DDL is
/// seen.
pub(super) async fn intend(
    connection: &mut Connection,
    notes: &Notes<'_>,
    standing: &Standing,
    adopted: &[String],
) -> Result<(), sqlx::Error> {
    write_columns(connection, notes, standing, &|name| if adopted.contains(name) { "adopted" } else { "intended" })
        .await
}

/// Writes down that the table is this sink's for the topic, and what its columns hold.
pub(super) async fn confirm(
    connection: &mut Connection,
    notes: &Notes<'_>,
    topic: &str,
    standing: &Standing,
    adopted: &[String],
) -> Result<(), sqlx::Error> {
    let dialect = connection.dialect();
    write_columns(connection, notes, standing, &|name| if adopted.contains(name) { "adopted" } else { "confirmed" })
        .await?;
    let table = own_table(dialect, notes.database, "flatsink_table");
    // An older schema that comes again is no newer one.
    let conflict = match dialect {
        Dialect::Postgres => {
            "ON CONFLICT (sink, topic) DO UPDATE SET table_schema = excluded.table_schema, \
             table_name = excluded.table_name, schema_id = greatest(t.schema_id, excluded.schema_id)"
        }
        Dialect::Mysql | Dialect::Mariadb => {
            "ON DUPLICATE KEY UPDATE table_schema = VALUES(table_schema), table_name = VALUES(table_name), \
             schema_id = GREATEST(COALESCE(schema_id, VALUES(schema_id)), VALUES(schema_id))"
        }
        Dialect::Sqlite => {
            "ON CONFLICT (sink, topic) DO UPDATE SET table_schema = excluded.table_schema, \
             table_name = excluded.table_name, \
             schema_id = max(coalesce(t.schema_id, excluded.schema_id), excluded.schema_id)"
        }
    };
    let sql = format!(
        "INSERT INTO {table}{} (sink, table_schema, table_name, topic, schema_id) VALUES {} {conflict}",
        alias(dialect),
        marks(dialect, 1, 5)
    );
    let [sink, schema, name] = notes.place();
    connection.execute(&sql, &[sink, schema, name, Value::from(topic), Value::from(notes.schema_id)]).await?;
    Ok(())
}

/// Columns at once: eight values each stay below every database's limit of values.
const COLUMNS_AT_ONCE: usize = 1_000;

/// Writes down what stands. What is intended is new; a kind changes only once the table has changed.
async fn write_columns(
    connection: &mut Connection,
    notes: &Notes<'_>,
    standing: &Standing,
    state: &(dyn Fn(&String) -> &'static str + Sync),
) -> Result<(), sqlx::Error> {
    let dialect = connection.dialect();
    let table = own_table(dialect, notes.database, "flatsink_column");
    let conflict = match (state(&String::new()), dialect) {
        ("intended", Dialect::Mysql | Dialect::Mariadb) => "ON DUPLICATE KEY UPDATE state = state",
        ("intended", _) => "ON CONFLICT (sink, table_schema, table_name, column_name) DO NOTHING",
        (_, Dialect::Mysql | Dialect::Mariadb) => {
            "ON DUPLICATE KEY UPDATE schema_id = IF(kind = VALUES(kind), schema_id, VALUES(schema_id)), \
             kind = VALUES(kind), state = VALUES(state)"
        }
        (_, Dialect::Postgres | Dialect::Sqlite) => {
            "ON CONFLICT (sink, table_schema, table_name, column_name) DO UPDATE SET kind = excluded.kind, \
             state = excluded.state, \
             schema_id = CASE WHEN t.kind = excluded.kind THEN t.schema_id ELSE excluded.schema_id END \
             WHERE t.kind <> excluded.kind OR t.state <> excluded.state"
        }
    };
    let stands: Vec<(&Column, &Stand)> = notes
        .table
        .columns
        .iter()
        .zip(&standing.columns)
        .filter_map(|(column, it)| Some((column, it.as_ref()?)))
        .collect();
    for columns in stands.chunks(COLUMNS_AT_ONCE) {
        let rows: Vec<String> = (0..columns.len()).map(|index| marks(dialect, 8 * index + 1, 8)).collect();
        let sql = format!(
            "INSERT INTO {table}{} (sink, table_schema, table_name, column_name, field_path, kind, state, schema_id) \
             VALUES {} {conflict}",
            alias(dialect),
            rows.join(", ")
        );
        let mut values = Vec::with_capacity(8 * columns.len());
        for (column, stands) in columns {
            values.extend(notes.place());
            values.extend([
                Value::from(stands.name.as_str()),
                Value::from(column.path.as_str()),
                Value::Text(stands.noted.to_string()),
                Value::from(state(&stands.name)),
                Value::from(notes.schema_id),
            ]);
        }
        connection.execute(&sql, &values).await?;
    }
    Ok(())
}

/// The newest schema id of the topic.
pub(super) async fn newest_schema(
    connection: &mut Connection,
    database: &Database,
    sink: &str,
    topic: &str,
) -> Result<Option<i32>, sqlx::Error> {
    let dialect = connection.dialect();
    let table = own_table(dialect, database, "flatsink_table");
    let (first, second) = (mark(dialect, 1), mark(dialect, 2));
    let sql = format!("SELECT schema_id FROM {table} WHERE sink = {first} AND topic = {second}");
    let rows = connection.fetch(&sql, &[Value::from(sink), Value::from(topic)]).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::int).and_then(|id| i32::try_from(id).ok()))
}

/// The condition of `Notes::place`.
fn place(dialect: Dialect) -> String {
    let [sink, schema, table] = [1, 2, 3].map(|number| mark(dialect, number));
    format!("sink = {sink} AND table_schema = {schema} AND table_name = {table}")
}

/// The name of the row that is there already, where the dialect gives it one.
fn alias(dialect: Dialect) -> &'static str {
    if dialect.is_mysql() { "" } else { " AS t" }
}

/// Where a value goes.
fn mark(dialect: Dialect, number: usize) -> String {
    if dialect == Dialect::Postgres { format!("${number}") } else { "?".to_owned() }
}

fn marks(dialect: Dialect, first: usize, count: usize) -> String {
    let marks: Vec<String> = (first..first + count).map(|number| mark(dialect, number)).collect();
    format!("({})", marks.join(", "))
}
