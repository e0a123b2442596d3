//! `flatsink reset`: the deliberate way on after a gap or a recreated topic, and for a reload.

use super::Sink;
use super::connection::Value;
use super::topics::known;
use super::transaction::BatchTx;
use crate::dialect::Dialect;
use crate::error::Failure;

impl Sink {
    pub(super) async fn reset_topic(
        &mut self,
        topic: &str,
        partition: Option<i32>,
        to: &[(i32, i64)],
        recreated: bool,
        truncate: bool,
    ) -> Result<(), Failure> {
        let attempted = format!("reset topic {topic}");
        let columns = if truncate { self.coordinate_columns(topic).await? } else { None };
        let connection = self.open().await?;
        let mut tx = BatchTx::begin(connection).await.map_err(|error| self.failed(&attempted, &error))?;
        let done = self.reset_rows(&mut tx, topic, partition, to, recreated).await;
        let done = match (done, columns) {
            (Ok(()), Some(columns)) => self.delete_rows(&mut tx, topic, partition, &columns).await,
            (done, _) => done,
        };
        match done {
            Ok(()) => {
                self.connection = Some(tx.commit().await.map_err(|error| self.failed(&attempted, &error))?);
                Ok(())
            }
            Err(error) => {
                let failure = self.failed(&attempted, &error);
                self.connection = tx.rollback().await;
                Err(failure)
            }
        }
    }

    async fn reset_rows(
        &self,
        tx: &mut BatchTx,
        topic: &str,
        partition: Option<i32>,
        to: &[(i32, i64)],
        recreated: bool,
    ) -> Result<(), sqlx::Error> {
        let sink = self.config.sink.as_str();
        let names = [Value::from(sink), Value::from(topic)];
        let rows = tx.fetch(&self.ledger.topics(true), &names).await?;
        let stored = rows.first().and_then(|row| known(row)).map(|(_, stored)| stored);
        let number = stored.as_ref().and_then(|stored| stored.incarnation.parse::<i64>().ok()).unwrap_or(0);
        let incarnation = match &stored {
            Some(stored) if !recreated => stored.incarnation.clone(),
            _ => (number + 1).to_string(),
        };
        let highest = to.iter().map(|(part, _)| part + 1).max().unwrap_or(0);
        let before = stored.as_ref().map_or(0, |stored| stored.partitions);
        // A whole topic has as many partitions as it has now; a recreated one may have fewer.
        let partitions = if partition.is_none() { highest } else { before.max(highest) };
        let [sink_value, topic_value] = names.clone();
        if stored.is_some() {
            let values = [Value::from(incarnation.as_str()), Value::from(partitions), sink_value, topic_value];
            tx.execute(&self.ledger.set_topic(), &values).await?;
        } else {
            let values = [sink_value, topic_value, Value::from(incarnation.as_str()), Value::from(partitions)];
            tx.execute(&self.ledger.add_topic(), &values).await?;
        }
        let mut sorted = to.to_vec();
        sorted.sort_unstable();
        for (part, offset) in sorted {
            let mut values = vec![Value::from(incarnation.as_str()), Value::Int(offset), Value::Int(offset)];
            values.extend(names.iter().cloned().chain([Value::from(part)]));
            if tx.execute(&self.ledger.reset(), &values).await? == 0 {
                self.insert_partitions(tx, topic, &incarnation, std::iter::once((part, offset))).await?;
            }
        }
        if partition.is_none() {
            let [sink_value, topic_value] = names;
            tx.execute(&self.ledger.forget_partitions(), &[sink_value, topic_value, Value::from(partitions)]).await?;
        }
        Ok(())
    }

    /// The topic's table, and which of the columns that name a record it has; `None` where no table was made yet.
    async fn coordinate_columns(&mut self, topic: &str) -> Result<Option<(String, Vec<String>)>, Failure> {
        let attempted = format!("find the table of topic {topic}");
        let names = [Value::from(self.config.sink.as_str()), Value::from(topic)];
        let rows = self.query(&attempted, &self.ledger.table_of(), &names).await?;
        let Some([schema, table]) = rows.first().map(Vec::as_slice) else {
            return Ok(None);
        };
        let (schema, table) = (schema.text().unwrap_or_default(), table.text().unwrap_or_default());
        let (sql, values) = match self.dialect {
            Dialect::Postgres => (
                "SELECT attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
                 JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped",
                vec![Value::from(schema), Value::from(table)],
            ),
            Dialect::Mysql | Dialect::Mariadb => (
                "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
                vec![Value::from(schema), Value::from(table)],
            ),
            Dialect::Sqlite => ("SELECT name FROM pragma_table_info(?)", vec![Value::from(table)]),
        };
        let columns = self.query(&attempted, sql, &values).await?;
        let columns = columns.iter().filter_map(|row| row.first()?.text().map(str::to_owned)).collect();
        let table = self.dialect.quote(table);
        let name = match self.dialect {
            Dialect::Sqlite => table,
            _ => format!("{}.{table}", self.dialect.quote(schema)),
        };
        Ok(Some((name, columns)))
    }

    /// How many rows of its table came from the topic, or from the one partition; `None` where no table was made yet.
    ///
    /// # Errors
    /// See `Failure`.
    pub(crate) async fn count_rows(&mut self, topic: &str, partition: Option<i32>) -> Result<Option<i64>, Failure> {
        let Some((table, columns)) = self.coordinate_columns(topic).await? else { return Ok(None) };
        if columns.is_empty() {
            return Ok(None);
        }
        let attempted = format!("count the rows of topic {topic}");
        if partition.is_some() && !columns.iter().any(|column| column == "_sink_partition") {
            let why = "the table has no column _sink_partition that would tell which rows are the partition's; reset \
                       all partitions, without --partition";
            return Err(Failure::stop(attempted, why));
        }
        let (filter, values) = origin(self.dialect, topic, partition, &columns);
        let sql = format!("SELECT count(*) FROM {table}{filter}");
        let rows = self.query(&attempted, &sql, &values).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::int))
    }

    /// Deletes the rows that came from the topic, or from the one partition.
    async fn delete_rows(
        &self,
        tx: &mut BatchTx,
        topic: &str,
        partition: Option<i32>,
        (table, columns): &(String, Vec<String>),
    ) -> Result<(), sqlx::Error> {
        if columns.is_empty() {
            return Ok(());
        }
        let (filter, values) = origin(self.dialect, topic, partition, columns);
        tx.execute(&format!("DELETE FROM {table}{filter}"), &values).await.map(drop)
    }
}

/// What picks the rows of a topic, or of one partition, out of its table; those that were there before flatsink have
/// no partition.
fn origin(dialect: Dialect, topic: &str, partition: Option<i32>, columns: &[String]) -> (String, Vec<Value>) {
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    let mut equal = |column: &str, value: Value| {
        values.push(value);
        let mark = if dialect == Dialect::Postgres { format!("${}", values.len()) } else { "?".to_owned() };
        conditions.push(format!("{} = {mark}", dialect.quote(column)));
    };
    let has = |name: &str| columns.iter().any(|column| column == name);
    if has("_sink_topic") {
        equal("_sink_topic", Value::from(topic));
    }
    match partition {
        // Without the column the statement fails, and nothing is changed.
        Some(partition) => equal("_sink_partition", Value::from(partition)),
        None if has("_sink_partition") => conditions.push(format!("{} IS NOT NULL", dialect.quote("_sink_partition"))),
        None => {}
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    (filter, values)
}
