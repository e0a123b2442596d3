//! The statements on users' tables. The text is a function of the table and the number of rows; what it binds is
//! the same for every dialect: the cells of `Statement::columns`, for PostgreSQL as one array a column, for the
//! others row by row.

pub mod ledger;

use super::Dialect;
use crate::record::{Column, From, Kind, Table};

/// A statement on a user's table, for a number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Rows that must not be there yet.
    Insert,
    /// Rows whose key is not there yet; the others are left alone.
    InsertMissing,
    /// Rows, in place of those of the same key.
    Upsert,
    /// The rows of these keys go.
    Delete,
    /// The rows of these keys are locked.
    Lock,
    /// Of each key that is there: its index among the rows, partition, offset, and the topic where the table has it.
    Coordinates,
    /// The indexes of the rows whose fields are equal to those that stand in the table.
    Equal,
}

/// Rows of one statement that searches by key, where each adds to a long condition.
const SEARCH_MAX: usize = 100;
/// Rows of one statement that writes; more brings nothing.
const WRITE_MAX: usize = 500;

impl Statement {
    /// The columns whose cells are bound, in order.
    pub fn columns(self, table: &Table) -> Vec<usize> {
        match self {
            Statement::Insert | Statement::InsertMissing | Statement::Upsert => (0..table.columns.len()).collect(),
            Statement::Delete | Statement::Lock | Statement::Coordinates => (0..table.key).collect(),
            Statement::Equal => {
                let fields = (table.key..table.columns.len())
                    .filter(|index| matches!(table.columns[*index].from, From::Field(_)));
                (0..table.key).chain(fields).collect()
            }
        }
    }

    /// How many rows one statement takes at most.
    pub fn rows_max(self, dialect: Dialect, table: &Table) -> usize {
        let binds_max = match dialect {
            // Arrays: one bind a column, whatever the rows.
            Dialect::Postgres => return 20_000,
            Dialect::Mysql | Dialect::Mariadb => 65_535,
            Dialect::Sqlite => 32_766,
        };
        let most = match self {
            Statement::Insert | Statement::InsertMissing | Statement::Upsert => WRITE_MAX,
            _ => SEARCH_MAX,
        };
        most.min(binds_max / self.columns(table).len().max(1)).max(1)
    }

    /// The text for so many rows; PostgreSQL's is the same for any number.
    pub fn text(self, dialect: Dialect, table: &Table, rows: usize) -> String {
        let writer = Writer { dialect, table, name: of(dialect, table) };
        match (dialect, self) {
            (_, Statement::Insert | Statement::InsertMissing | Statement::Upsert) => writer.insert(self, rows),
            (Dialect::Postgres, _) => writer.search_arrays(self),
            (_, Statement::Delete) => format!("DELETE FROM {} WHERE {}", writer.name, writer.any_key(rows)),
            (Dialect::Sqlite, Statement::Lock) => writer.search_rows(Statement::Coordinates, rows),
            (_, Statement::Lock) => {
                format!(
                    "SELECT 1 FROM {} WHERE {} ORDER BY {} FOR UPDATE",
                    writer.name,
                    writer.any_key(rows),
                    writer.key()
                )
            }
            (_, Statement::Coordinates | Statement::Equal) => writer.search_rows(self, rows),
        }
    }
}

/// `COPY` of rows in binary form.
pub fn copy(table: &Table) -> String {
    let dialect = Dialect::Postgres;
    let columns = list(table.columns.iter().map(|column| dialect.quote(&column.name)));
    format!("COPY {} ({columns}) FROM STDIN WITH (FORMAT binary)", of(dialect, table))
}

/// The table's name, qualified and quoted.
pub fn of(dialect: Dialect, table: &Table) -> String {
    match &table.name.schema {
        Some(schema) if dialect != Dialect::Sqlite => {
            format!("{}.{}", dialect.quote(schema), dialect.quote(&table.name.name))
        }
        _ => dialect.quote(&table.name.name),
    }
}

impl Dialect {
    /// The comparison that takes two NULLs for equal.
    fn same(self) -> &'static str {
        match self {
            Dialect::Postgres => "IS NOT DISTINCT FROM",
            Dialect::Mysql | Dialect::Mariadb => "<=>",
            Dialect::Sqlite => "IS",
        }
    }

    /// A bound cell as a value of its column's type: MySQL would compare decimals and texts as doubles.
    fn typed(self, kind: Kind) -> String {
        let mysql = matches!(self, Dialect::Mysql | Dialect::Mariadb);
        match kind {
            Kind::Decimal { precision, scale } if mysql && super::mysql::is_decimal(self, precision, scale) => {
                format!("CAST(? AS DECIMAL({precision}, {scale}))")
            }
            Kind::Date if mysql => "CAST(? AS DATE)".to_owned(),
            // MySQL 9.7 casts the parameter '00:00:01.5' to 05:00:00; without a cast it reads it as the column's type.
            Kind::Time | Kind::TimeSpan if self == Dialect::Mariadb => "CAST(? AS TIME(6))".to_owned(),
            Kind::Timestamp | Kind::TimestampTz if mysql => "CAST(? AS DATETIME(6))".to_owned(),
            Kind::Json if self == Dialect::Mysql => "CAST(? AS JSON)".to_owned(),
            _ => "?".to_owned(),
        }
    }
}

struct Writer<'a> {
    dialect: Dialect,
    table: &'a Table,
    name: String,
}

impl Writer<'_> {
    fn quote(&self, column: &Column) -> String {
        self.dialect.quote(&column.name)
    }

    fn key(&self) -> String {
        list(self.table.columns[..self.table.key].iter().map(|column| self.quote(column)))
    }

    /// PostgreSQL: the arrays of these columns, each with its type. Without it the text would be the same after a
    /// column was widened, and a session would take the statement that it had prepared for the narrower type.
    fn arrays(&self, columns: impl Iterator<Item = usize>) -> String {
        let array = |(number, column): (usize, usize)| {
            format!("${}::{}[]", number + 1, super::postgres::element(self.table.columns[column].kind))
        };
        list(columns.enumerate().map(array))
    }

    fn insert(&self, statement: Statement, rows: usize) -> String {
        let columns = list(self.table.columns.iter().map(|column| self.quote(column)));
        // A table of somebody else's may say what else SQLite is to do about a conflict.
        let verb = if self.dialect == Dialect::Sqlite { "INSERT OR ABORT INTO" } else { "INSERT INTO" };
        let mut sql = format!("{verb} {} ({columns}) ", self.name);
        if self.dialect == Dialect::Postgres {
            let arrays = self.arrays(0..self.table.columns.len());
            sql.push_str(&format!("SELECT * FROM unnest({arrays})"));
        } else {
            let row = format!("({})", list(self.table.columns.iter().map(|_| "?".to_owned())));
            sql.push_str("VALUES ");
            sql.push_str(&list((0..rows).map(|_| row.clone())));
        }
        let rest = &self.table.columns[self.table.key..];
        match (self.dialect, statement) {
            (_, Statement::Insert) => {}
            (Dialect::Mysql | Dialect::Mariadb, _) => {
                // Any unique index of the table brings MySQL here. Where it is not our key, the key becomes NULL,
                // which fails, so that no other row is changed.
                let keys = &self.table.columns[..self.table.key];
                let mine = keys.iter().map(|column| {
                    let name = self.quote(column);
                    format!("{}.{name} = VALUES({name})", self.name)
                });
                let mine = mine.collect::<Vec<_>>().join(" AND ");
                let first = self.quote(&keys[0]);
                sql.push_str(&format!(" ON DUPLICATE KEY UPDATE {first} = IF({mine}, {}.{first}, NULL)", self.name));
                for column in rest.iter().filter(|_| statement == Statement::Upsert) {
                    let name = self.quote(column);
                    sql.push_str(&format!(", {name} = VALUES({name})"));
                }
                for set in self.emptied().filter(|_| statement == Statement::Upsert) {
                    sql.push_str(&format!(", {set}"));
                }
            }
            (_, Statement::Upsert) if !rest.is_empty() || !self.table.absent.is_empty() => {
                let sets = rest.iter().map(|column| format!("{0} = excluded.{0}", self.quote(column)));
                sql.push_str(&format!(
                    " ON CONFLICT ({}) DO UPDATE SET {}",
                    self.key(),
                    list(sets.chain(self.emptied()))
                ));
            }
            _ => sql.push_str(&format!(" ON CONFLICT ({}) DO NOTHING", self.key())),
        }
        sql
    }

    /// A row is what its key's last record says: what its schema does not have is NULL.
    fn emptied(&self) -> impl Iterator<Item = String> {
        self.table.absent.iter().map(|name| format!("{} = NULL", self.dialect.quote(name)))
    }

    /// A condition that holds for the row of one key.
    fn is_key(&self) -> String {
        let keys = self.table.columns[..self.table.key].iter();
        keys.map(|column| format!("{} = ?", self.quote(column))).collect::<Vec<_>>().join(" AND ")
    }

    /// A condition that holds for the rows of so many keys.
    fn any_key(&self, rows: usize) -> String {
        let keys = &self.table.columns[..self.table.key];
        // MariaDB compares decimals with a list of texts as doubles where it scans, with a single one as decimals.
        let is_exact = |key: &Column| !(self.dialect.is_mysql() && matches!(key.kind, Kind::Decimal { .. }));
        if let [key] = keys
            && is_exact(key)
        {
            return format!("{} IN ({})", self.quote(key), list((0..rows).map(|_| "?".to_owned())));
        }
        let one = self.is_key();
        (0..rows).map(|_| format!("({one})")).collect::<Vec<_>>().join(" OR ")
    }

    /// PostgreSQL: the rows come as arrays, `k.c<i>` is the i-th bound column.
    fn search_arrays(&self, statement: Statement) -> String {
        let bound = statement.columns(self.table);
        let arrays = self.arrays(bound.iter().copied());
        let names = list((0..bound.len()).map(|number| format!("c{number}")));
        let keys = &self.table.columns[..self.table.key];
        let on = keys.iter().enumerate().map(|(index, column)| format!("t.{} = k.c{index}", self.quote(column)));
        let on = on.collect::<Vec<_>>().join(" AND ");
        let rows = format!("unnest({arrays}) WITH ORDINALITY AS k({names}, n)");
        let join = format!("FROM {rows} JOIN {} AS t ON {on}", self.name);
        match statement {
            Statement::Delete => format!("DELETE FROM {} AS t USING {rows} WHERE {on}", self.name),
            Statement::Lock => format!("SELECT 1 {join} ORDER BY k.n FOR UPDATE OF t"),
            Statement::Coordinates => format!("SELECT k.n - 1, {} {join}", self.coordinates("t.")),
            _ => {
                let equal = bound.iter().enumerate().skip(keys.len()).map(|(index, column)| {
                    let column = &self.table.columns[*column];
                    // `json` itself knows no equality.
                    let cast = if column.kind == Kind::Json { "::jsonb" } else { "" };
                    format!(" AND t.{}{cast} {} k.c{index}", self.quote(column), self.dialect.same())
                });
                format!("SELECT k.n - 1 {join}{}", equal.collect::<String>())
            }
        }
    }

    /// The others: one SELECT a row, each with its number.
    fn search_rows(&self, statement: Statement, rows: usize) -> String {
        let keys = &self.table.columns[..self.table.key];
        let mut condition = self.is_key();
        for index in statement.columns(self.table).into_iter().skip(keys.len()) {
            let column = &self.table.columns[index];
            condition.push_str(&format!(
                " AND {} {} {}",
                self.quote(column),
                self.dialect.same(),
                self.dialect.typed(column.kind)
            ));
        }
        let more = match statement {
            Statement::Equal => String::new(),
            _ => format!(", {}", self.coordinates("")),
        };
        let one = |row: usize| format!("SELECT {row}{more} FROM {} WHERE {condition}", self.name);
        (0..rows).map(one).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Partition, offset and, where the table has it, topic.
    fn coordinates(&self, prefix: &str) -> String {
        let of = |from: From| self.table.columns.iter().find(|column| column.from == from);
        let names = [From::Partition, From::Offset, From::Topic].into_iter().filter_map(of);
        list(names.map(|column| format!("{prefix}{}", self.quote(column))))
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
