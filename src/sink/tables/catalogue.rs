//! What a database's catalogue says of a table.

use crate::dialect::Dialect;
use crate::dialect::plan::{self, ExistingColumn, ExistingTable};
use crate::error::code;
use crate::record::{Table, TableName};
use crate::sink::connection::{Connection, Value};

/// A domain is what it stands for.
const POSTGRES: &str = "SELECT a.attname::text, format_type(COALESCE(y.typbasetype, a.atttypid), \
     CASE WHEN y.oid IS NULL THEN a.atttypmod ELSE y.typtypmod END), a.attnotnull OR COALESCE(y.typnotnull, false), \
     a.atthasdef OR a.attidentity <> '' OR y.typdefault IS NOT NULL, \
     a.attgenerated <> '' OR a.attidentity = 'a', l.collname::text, \
     l.collisdeterministic, c.relkind::text, c.relpersistence::text, \
     (array_position(i.indkey::smallint[], a.attnum))::bigint, i.indnkeyatts::bigint, i.indimmediate, \
     CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, false)::bigint END, \
     c.relkind = 'v' AND EXISTS (SELECT 1 FROM pg_trigger AS g \
     WHERE g.tgrelid = c.oid AND g.tgtype & 68 = 68 AND g.tgenabled <> 'D'), \
     EXISTS (SELECT 1 FROM pg_rewrite AS w WHERE w.ev_class = c.oid AND w.ev_type IN ('2', '3', '4')), \
     c.relkind IN ('r', 'p') AND row_security_active(c.oid), \
     c.relkind = 'v' AND NOT pg_column_is_updatable(c.oid, a.attnum, false) \
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_type AS y ON y.oid = a.atttypid AND y.typtype = 'd' \
     LEFT JOIN pg_collation AS l ON l.oid = a.attcollation \
     LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary \
     WHERE n.nspname = COALESCE($1::text, current_schema()::text) AND c.relname = $2::text \
     AND c.relkind NOT IN ('i', 'I', 'S', 'c', 't') ORDER BY a.attnum";

/// What lies below a view or a partitioned table and would not be there after a crash, or is not this database's.
const POSTGRES_BELOW: &str = "WITH RECURSIVE below (oid) AS (\
     SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = COALESCE($1::text, current_schema()::text) AND c.relname = $2::text \
     UNION SELECT x.oid FROM below AS b CROSS JOIN LATERAL (\
     SELECT d.refobjid AS oid FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass \
     AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass WHERE w.ev_class = b.oid AND w.rulename = '_RETURN' \
     UNION ALL SELECT i.inhrelid FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent \
     WHERE i.inhparent = b.oid AND p.relkind = 'p') AS x) \
     SELECT c.oid::regclass::text, c.relkind::text, c.relpersistence::text FROM below \
     JOIN pg_class AS c ON c.oid = below.oid \
     WHERE c.relkind = 'f' OR (c.relkind IN ('r', 'p') AND c.relpersistence <> 'p') LIMIT 1";

/// Names are compared byte by byte, unless the server itself takes cases for equal. Schema and table are named to each
/// table of the catalogue on its own: MariaDB would look through all databases for what a join leaves open.
pub(super) const MYSQL: &str = "SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE, c.COLUMN_DEFAULT, c.EXTRA, c.COLLATION_NAME, \
     c.COLUMN_KEY, t.TABLE_TYPE, t.ENGINE, c.COLUMN_COMMENT \
     FROM (SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? \
     AND (CAST(TABLE_NAME AS BINARY) = ? OR @@lower_case_table_names <> 0) LIMIT 1) AS t \
     CROSS JOIN information_schema.COLUMNS AS c \
     WHERE c.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND c.TABLE_NAME = ? \
     AND (CAST(c.TABLE_NAME AS BINARY) = ? OR @@lower_case_table_names <> 0) ORDER BY c.ORDINAL_POSITION";

const SQLITE: &str = "SELECT c.name, c.type, c.\"notnull\", c.dflt_value, c.hidden, c.pk, t.type, t.strict, \
     (SELECT x.coll FROM pragma_index_list(t.name) AS l, pragma_index_xinfo(l.name) AS x \
     WHERE l.origin = 'pk' AND x.key = 1 AND x.name = c.name), t.wr \
     FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c \
     WHERE t.schema = 'main' AND t.name = ? COLLATE NOCASE ORDER BY c.cid";

/// The table, its columns and its primary key; `None` if there is none of this name.
pub(super) async fn read(connection: &mut Connection, name: &TableName) -> Result<Option<ExistingTable>, sqlx::Error> {
    let schema = Value::from(name.schema.as_deref());
    let table = Value::from(name.name.as_str());
    let dialect = connection.dialect();
    let rows = match dialect {
        Dialect::Postgres => connection.fetch(POSTGRES, &[schema, table]).await?,
        Dialect::Mysql | Dialect::Mariadb => {
            let place = [schema, table.clone(), table];
            connection.fetch(MYSQL, &[place.as_slice(), &place].concat()).await?
        }
        Dialect::Sqlite => connection.fetch(SQLITE, &[table]).await?,
    };
    if rows.is_empty() {
        return Ok(None);
    }
    let mut existing = ExistingTable::default();
    let mut key: Vec<(i64, String)> = Vec::new();
    for row in &rows {
        let row = Row(row);
        match dialect {
            Dialect::Postgres => postgres(row, &mut existing, &mut key),
            Dialect::Mysql | Dialect::Mariadb => mysql(row, &mut existing, &mut key),
            Dialect::Sqlite => sqlite(row, &mut existing, &mut key),
        }
    }
    key.sort();
    let has_numbers = dialect == Dialect::Sqlite && rows.first().is_some_and(|row| Row(row).int(9) == Some(0));
    if let (true, [(_, name)]) = (has_numbers, &key[..]) {
        // Such a column is the row's number: who leaves it out gets the next one, and so would a NULL, without a word.
        let number =
            |column: &&mut ExistingColumn| column.name == *name && column.sql_type.eq_ignore_ascii_case("INTEGER");
        existing.columns.iter_mut().filter(number).for_each(|column| {
            column.not_null = true;
            (column.is_filled, column.is_rowid) = (true, true);
        });
    }
    existing.key = key.into_iter().map(|(_, name)| name).collect();
    let rests = existing.is_view || Row(&rows[0]).text(7) == Some("p");
    if dialect == Dialect::Postgres && rests && existing.unfit.is_none() {
        let values = [Value::from(name.schema.as_deref()), Value::from(name.name.as_str())];
        let below = connection.fetch(POSTGRES_BELOW, &values).await?;
        existing.unfit = below.first().map(|row| {
            let what = relation(Row(row).text(1), Row(row).text(2)).unwrap_or_default();
            format!("rests on {}, which {what}", Row(row).text(0).unwrap_or_default())
        });
    }
    Ok(Some(existing))
}

/// What only `prepare` needs: whether the table has rows, where that matters, how large it is, MySQL's other unique
/// keys, SQLite's texts.
pub(super) async fn read_more(
    connection: &mut Connection,
    wanted: &Table,
    existing: &mut ExistingTable,
) -> Result<(), sqlx::Error> {
    let (dialect, name) = (connection.dialect(), &wanted.name);
    if existing.is_view && existing.unfit_key.is_none() && wanted.key > 0 {
        existing.unfit_key = view_key(connection, &plan::in_its_case(dialect, existing, wanted)).await?;
    }
    if !existing.is_ours {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", dialect.qualified(name));
        existing.has_rows = !connection.fetch(&sql, &[]).await?.is_empty();
    }
    existing.size = size(connection, name).await?;
    if dialect == Dialect::Sqlite {
        let sql = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL \
                   ORDER BY type <> 'table', rowid";
        let rows = connection.fetch(sql, &[Value::from(name.name.as_str())]).await?;
        existing.made_by = rows.iter().filter_map(|row| Row(row).text(0)).map(str::to_owned).collect();
    }
    if dialect.is_mysql() {
        let sql = "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) \
                   AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND (INDEX_NAME <> 'PRIMARY' OR SUB_PART IS NOT NULL)";
        let values = [Value::from(name.schema.as_deref()), Value::from(name.name.as_str())];
        let rows = connection.fetch(sql, &values).await?;
        let (primary, rivals): (Vec<_>, Vec<_>) =
            rows.iter().filter_map(|row| Row(row).text(0)).partition(|name| *name == "PRIMARY");
        existing.rival_key = rivals.first().map(|name| (*name).to_owned());
        if !primary.is_empty() {
            existing.unfit_key = Some("has a primary key of prefixes, which takes longer values for equal".to_owned());
        }
    }
    Ok(())
}

/// Why rows of a view cannot be told apart by the wanted key, if so: PostgreSQL itself knows what its table has.
async fn view_key(connection: &mut Connection, wanted: &Table) -> Result<Option<String>, sqlx::Error> {
    let dialect = connection.dialect();
    let name = dialect.qualified(&wanted.name);
    let key: Vec<String> = wanted.columns[..wanted.key].iter().map(|column| dialect.quote(&column.name)).collect();
    let key = key.join(", ");
    connection.script("SAVEPOINT flatsink_key").await?;
    let sql = format!("EXPLAIN INSERT INTO {name} ({key}) SELECT {key} FROM {name} ON CONFLICT ({key}) DO NOTHING");
    let unfit = match connection.fetch(&sql, &[]).await {
        Ok(_) => None,
        // Nothing to conflict with; no such column; columns that the view computes, or that its table fills.
        Err(error) if matches!(code(dialect, &error).as_str(), "42P10" | "42703" | "0A000" | "428C9") => {
            Some(format!("is a view whose table has no unique key for ({key})"))
        }
        Err(error) => return Err(error),
    };
    connection.script("ROLLBACK TO SAVEPOINT flatsink_key").await?;
    Ok(unfit)
}

/// Bytes of the table's rows, about; SQLite tells no more than the file's.
async fn size(connection: &mut Connection, name: &TableName) -> Result<u64, sqlx::Error> {
    let (schema, table) = (Value::from(name.schema.as_deref()), Value::from(name.name.as_str()));
    if connection.dialect() == Dialect::Mysql {
        // It would answer with yesterday's figure.
        connection.execute("SET SESSION information_schema_stats_expiry = 0", &[]).await?;
    }
    let (sql, values) = match connection.dialect() {
        Dialect::Postgres => (
            "SELECT CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(pg_table_size(p.relid)), 0)::bigint \
             FROM pg_partition_tree(c.oid) AS p) ELSE pg_table_size(c.oid) END \
             FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = COALESCE($1::text, current_schema()::text) AND c.relname = $2::text",
            vec![schema, table],
        ),
        Dialect::Mysql | Dialect::Mariadb => (
            "SELECT CAST(DATA_LENGTH AS SIGNED) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?",
            vec![schema, table],
        ),
        Dialect::Sqlite => ("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", Vec::new()),
    };
    let rows = connection.fetch(sql, &values).await?;
    Ok(rows.first().and_then(|row| Row(row).int(0)).and_then(|size| u64::try_from(size).ok()).unwrap_or_default())
}

/// Whether the schema that the table belongs to is there.
pub(super) async fn has_schema(connection: &mut Connection, name: &TableName) -> Result<bool, sqlx::Error> {
    let Some(schema) = &name.schema else { return Ok(true) };
    let sql = match connection.dialect() {
        Dialect::Postgres => "SELECT 1 FROM pg_namespace WHERE nspname = $1::text",
        Dialect::Mysql | Dialect::Mariadb => "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
        Dialect::Sqlite => return Ok(true),
    };
    Ok(!connection.fetch(sql, &[Value::from(schema.as_str())]).await?.is_empty())
}

/// One row of an answer.
#[derive(Clone, Copy)]
struct Row<'a>(&'a [Value]);

impl<'a> Row<'a> {
    fn text(self, index: usize) -> Option<&'a str> {
        self.0.get(index).and_then(Value::text)
    }

    fn int(self, index: usize) -> Option<i64> {
        self.0.get(index).and_then(Value::int)
    }

    fn is(self, index: usize) -> bool {
        self.int(index).is_some_and(|number| number != 0)
    }
}

fn postgres(row: Row<'_>, existing: &mut ExistingTable, key: &mut Vec<(i64, String)>) {
    existing.unfit = relation(row.text(7), row.text(8)).map(str::to_owned);
    existing.is_view = row.text(7) == Some("v");
    let (by_itself, by_trigger) = (row.int(12).is_some_and(|events| events & 8 != 0), row.is(13));
    existing.unwritable = if row.is(14) {
        Some("has rules that make other statements of ours; drop them, or use triggers instead")
    } else if row.is(15) {
        Some("hides rows from flatsink's user by row-level security; ALTER ROLE .. BYPASSRLS, or make it the owner")
    } else if existing.is_view && !by_itself && !by_trigger {
        Some("is a view that takes no rows; give it an INSTEAD OF INSERT trigger, or load into its table")
    } else {
        None
    };
    if by_trigger {
        let why = "is a view with an INSTEAD OF trigger, where PostgreSQL knows no key; use `unique: none`";
        existing.unfit_key = Some(why.to_owned());
    }
    let Some(name) = row.text(0) else { return };
    existing.columns.push(ExistingColumn {
        name: name.to_owned(),
        sql_type: typed(row.text(1), row.is(4) || (row.is(16) && !by_trigger)),
        not_null: row.is(2),
        is_filled: row.is(3),
        collation: row.text(5).filter(|name| *name != "default").map(str::to_owned),
        is_blurred: row.int(6) == Some(0),
        ..ExistingColumn::default()
    });
    // The vector counts from 0; what follows the key's columns is only included in the index.
    if let Some(position) = row.int(9).filter(|position| Some(*position) < row.int(10)) {
        key.push((position, name.to_owned()));
        if !row.is(11) {
            existing.unfit_key = Some("has a deferrable primary key, which upserts cannot rest on".to_owned());
        }
    }
}

/// Why a relation is no place for rows that must be as durable as the ledger, if so.
fn relation(kind: Option<&str>, persistence: Option<&str>) -> Option<&'static str> {
    match (kind, persistence) {
        (Some("r" | "p"), Some("p")) | (Some("v"), Some("p")) => None,
        (Some("r" | "p"), Some("u")) => Some("is unlogged: a crash of the server would empty it"),
        (Some("r" | "p" | "v"), _) => Some("is temporary: it goes with its session"),
        (Some("m"), _) => Some("is a materialized view: only a REFRESH writes to it"),
        (Some("f"), _) => Some("is a foreign table: another server would commit its rows"),
        _ => Some("is not an ordinary table"),
    }
}

fn mysql(row: Row<'_>, existing: &mut ExistingTable, key: &mut Vec<(i64, String)>) {
    existing.unfit = match (row.text(7), row.text(8)) {
        (Some("BASE TABLE"), Some("InnoDB")) => None,
        (Some("BASE TABLE"), engine) => Some(format!("has engine {}, not InnoDB", engine.unwrap_or("none"))),
        (Some("VIEW" | "SYSTEM VIEW"), _) => Some("is a view".to_owned()),
        _ => Some("is not an ordinary table".to_owned()),
    };
    let Some(name) = row.text(0) else { return };
    let extra = row.text(4).unwrap_or_default().to_ascii_uppercase();
    let collation = row.text(5).map(str::to_owned);
    existing.columns.push(ExistingColumn {
        name: name.to_owned(),
        sql_type: typed(row.text(1), extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED")),
        not_null: row.text(2) == Some("NO"),
        // MariaDB says so where there is no default.
        is_filled: row.text(3).is_some_and(|default| default != "NULL")
            || extra.contains("AUTO_INCREMENT")
            || extra.contains("GENERATED"),
        is_blurred: collation.as_deref().is_some_and(|name| !matches!(name, "utf8mb4_0900_bin" | "utf8mb4_nopad_bin")),
        collation,
        comment: row.text(9).map(str::to_owned),
        ..ExistingColumn::default()
    });
    if row.text(6) == Some("PRI") {
        key.push((0, name.to_owned()));
    }
}

fn sqlite(row: Row<'_>, existing: &mut ExistingTable, key: &mut Vec<(i64, String)>) {
    existing.unfit = match row.text(6) {
        Some("table") => None,
        Some("view") => Some("is a view".to_owned()),
        _ => Some("is not an ordinary table".to_owned()),
    };
    let Some(name) = row.text(0) else { return };
    let generated = matches!(row.int(4), Some(2 | 3));
    existing.columns.push(ExistingColumn {
        name: name.to_owned(),
        sql_type: typed(row.text(1), generated),
        not_null: row.is(2),
        is_filled: row.text(3).is_some() || row.int(3).is_some() || generated,
        collation: row.text(8).filter(|name| *name != "BINARY").map(str::to_owned),
        is_blurred: row.text(8).is_some_and(|name| name != "BINARY"),
        is_strict: row.is(7),
        ..ExistingColumn::default()
    });
    if let Some(position) = row.int(5).filter(|position| *position > 0) {
        key.push((position, name.to_owned()));
    }
}

/// The type, with what keeps rows from giving the column a value.
fn typed(sql_type: Option<&str>, generated: bool) -> String {
    let generated = if generated { " GENERATED" } else { "" };
    format!("{}{generated}", sql_type.unwrap_or_default())
}
