//! What a database's catalogue says of a table.

use crate::dialect::Dialect;
use crate::dialect::plan::{ExistingColumn, ExistingTable};
use crate::record::TableName;
use crate::sink::connection::{Connection, Value};

const POSTGRES: &str = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
     a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a', l.collname::text, \
     l.collisdeterministic, c.relkind::text, c.relpersistence::text, \
     (array_position(i.indkey::smallint[], a.attnum))::bigint, i.indnkeyatts::bigint, i.indimmediate \
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_collation AS l ON l.oid = a.attcollation \
     LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary \
     WHERE n.nspname = COALESCE($1::text, current_schema()::text) AND c.relname = $2::text \
     AND c.relkind NOT IN ('i', 'I', 'S', 'c', 't') ORDER BY a.attnum";

/// Names are compared byte by byte, unless the server itself takes cases for equal. Schema and table are named to each
/// table of the catalogue on its own: MariaDB would look through all databases for what a join leaves open.
pub(super) const MYSQL: &str = "SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE, c.COLUMN_DEFAULT, c.EXTRA, c.COLLATION_NAME, \
     c.COLUMN_KEY, t.TABLE_TYPE, t.ENGINE \
     FROM (SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? \
     AND (CAST(TABLE_NAME AS BINARY) = ? OR @@lower_case_table_names <> 0) LIMIT 1) AS t \
     CROSS JOIN information_schema.COLUMNS AS c \
     WHERE c.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND c.TABLE_NAME = ? \
     AND (CAST(c.TABLE_NAME AS BINARY) = ? OR @@lower_case_table_names <> 0) ORDER BY c.ORDINAL_POSITION";

const SQLITE: &str = "SELECT c.name, c.type, c.\"notnull\", c.dflt_value, c.hidden, c.pk, t.type, \
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
    let has_numbers = dialect == Dialect::Sqlite && rows.first().is_some_and(|row| Row(row).int(8) == Some(0));
    if let (true, [(_, name)]) = (has_numbers, &key[..]) {
        // Such a column is the row's number: who leaves it out gets the next one, and so would a NULL, without a word.
        let number =
            |column: &&mut ExistingColumn| column.name == *name && column.sql_type.eq_ignore_ascii_case("INTEGER");
        existing.columns.iter_mut().filter(number).for_each(|column| {
            column.not_null = true;
            column.is_filled = true;
        });
    }
    existing.key = key.into_iter().map(|(_, name)| name).collect();
    Ok(Some(existing))
}

/// What only `prepare` needs: whether the table has rows, where that matters, and MySQL's other unique keys.
pub(super) async fn read_more(
    connection: &mut Connection,
    name: &TableName,
    existing: &mut ExistingTable,
) -> Result<(), sqlx::Error> {
    let dialect = connection.dialect();
    if !existing.is_ours {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", dialect.qualified(name));
        existing.has_rows = !connection.fetch(&sql, &[]).await?.is_empty();
    }
    if dialect.is_mysql() {
        let sql = "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) \
                   AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY' LIMIT 1";
        let values = [Value::from(name.schema.as_deref()), Value::from(name.name.as_str())];
        let rows = connection.fetch(sql, &values).await?;
        existing.rival_key = rows.first().and_then(|row| Row(row).text(0)).map(str::to_owned);
    }
    Ok(())
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
    existing.unfit = match (row.text(7), row.text(8)) {
        (Some("r"), Some("p")) => None,
        (Some("r"), Some("u")) => Some("is unlogged".to_owned()),
        (Some("r"), _) => Some("is temporary".to_owned()),
        (Some("v" | "m"), _) => Some("is a view".to_owned()),
        (Some("p"), _) => Some("is partitioned".to_owned()),
        _ => Some("is not an ordinary table".to_owned()),
    };
    let Some(name) = row.text(0) else { return };
    existing.columns.push(ExistingColumn {
        name: name.to_owned(),
        sql_type: typed(row.text(1), row.is(4)),
        not_null: row.is(2),
        is_filled: row.is(3),
        collation: row.text(5).filter(|name| *name != "default").map(str::to_owned),
        is_blurred: row.int(6) == Some(0),
        noted: None,
    });
    // The vector counts from 0; what follows the key's columns is only included in the index.
    if let Some(position) = row.int(9).filter(|position| Some(*position) < row.int(10)) {
        key.push((position, name.to_owned()));
        if !row.is(11) {
            existing.unfit_key = Some("has a deferrable primary key, which upserts cannot rest on".to_owned());
        }
    }
}

fn mysql(row: Row<'_>, existing: &mut ExistingTable, key: &mut Vec<(i64, String)>) {
    existing.unfit = match (row.text(7), row.text(8)) {
        (Some("BASE TABLE"), Some("InnoDB")) => None,
        (Some("BASE TABLE"), engine) => Some(format!("has engine {}, not InnoDB", engine.unwrap_or("none"))),
        _ => Some("is not an ordinary table".to_owned()),
    };
    let Some(name) = row.text(0) else { return };
    let extra = row.text(4).unwrap_or_default().to_ascii_uppercase();
    let collation = row.text(5).map(str::to_owned);
    existing.columns.push(ExistingColumn {
        name: name.to_owned(),
        sql_type: typed(row.text(1), extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED")),
        not_null: row.text(2) == Some("NO"),
        is_filled: row.text(3).is_some() || extra.contains("AUTO_INCREMENT") || extra.contains("GENERATED"),
        is_blurred: collation.as_deref().is_some_and(|name| !matches!(name, "utf8mb4_0900_bin" | "utf8mb4_nopad_bin")),
        collation,
        noted: None,
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
        collation: row.text(7).filter(|name| *name != "BINARY").map(str::to_owned),
        is_blurred: row.text(7).is_some_and(|name| name != "BINARY"),
        noted: None,
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
