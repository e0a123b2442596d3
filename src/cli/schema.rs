//! `flatsink schema`: the table that a schema becomes, no server needed.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;

use super::{DONE, Globals, REFUSED, Wrong};
use crate::config::{Config, Topic};
use crate::dialect::Dialect;
use crate::record::{Pinned, Refusal, Shape, Source};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The schema
    #[arg(value_name = "FILE.avsc")]
    file: PathBuf,
    /// The database to speak to
    #[arg(long, value_enum)]
    dialect: Speaks,
    /// The topic; default the file's name
    #[arg(long)]
    topic: Option<String>,
    /// yelp or confluent
    #[arg(long, default_value = "yelp")]
    format: String,
    /// stream (one row a message) or table (the latest row of each key)
    #[arg(long, default_value = "stream")]
    mode: String,
    /// Mode stream: what the primary key is: uuid, position or none
    #[arg(long)]
    unique: Option<String>,
    /// Format confluent with `--unique uuid`: where the uuid is (key, header:NAME, field:NAME)
    #[arg(long)]
    uuid: Option<String>,
    /// Mode table: the key's columns
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    key: Vec<String>,
    /// The template of the table's name
    #[arg(long)]
    table: Option<String>,
    /// The template of the table's schema or database
    #[arg(long)]
    schema: Option<String>,
    /// keep or snake
    #[arg(long)]
    naming: Option<String>,
    /// json, flatten (fields of records become columns) or reject
    #[arg(long)]
    nested: Option<String>,
    /// The schema by which records of FILE.avsc are read
    #[arg(long, value_name = "FILE.avsc")]
    reader_schema: Option<PathBuf>,
    /// Metadata columns (uuid, partition, offset, timestamp, ..)
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    metadata: Vec<String>,
    /// Who answers for the data
    #[arg(long)]
    owner: Option<String>,
}

/// The dialects by the names that a user gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Speaks {
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
}

impl Speaks {
    fn dialect(self) -> Dialect {
        match self {
            Speaks::Postgres => Dialect::Postgres,
            Speaks::Mysql => Dialect::Mysql,
            Speaks::Mariadb => Dialect::Mariadb,
            Speaks::Sqlite => Dialect::Sqlite,
        }
    }
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let text = read(&args.file)?;
    let reader = args.reader_schema.as_deref().map(read).transpose()?;
    let topic = args.topic.clone().unwrap_or_else(|| topic_of(&args.file));
    let entry = args.entry(&topic)?;
    match statements(&text, reader.as_deref(), &topic, &entry, args.dialect.dialect()) {
        Ok(statements) => {
            let mut out = std::io::stdout().lock();
            for statement in statements {
                writeln!(out, "{statement};")?;
            }
            Ok(DONE)
        }
        Err(refusal) => {
            writeln!(std::io::stdout().lock(), "-- refused: {refusal}")?;
            Ok(REFUSED)
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the schema {}", path.display()));
    Ok(text.map_err(|error| Wrong(format!("{error:#}")))?)
}

fn statements(
    text: &str,
    reader: Option<&str>,
    topic: &str,
    entry: &Topic,
    dialect: Dialect,
) -> Result<Vec<String>, Refusal> {
    let reader = reader.map(|text| Pinned { id: None, text });
    let source = Source { id: 0, text, owner: None, pkey: &[], reader };
    let shape = Shape::new(source, None, topic, entry, dialect)?;
    for warning in &shape.warnings {
        tracing::warn!(topic, "{warning}");
    }
    dialect.create_table(&shape.table)
}

impl Args {
    /// The topic entry that the options describe, with the defaults of a configuration.
    fn entry(&self, topic: &str) -> anyhow::Result<Topic> {
        let url = match self.dialect.dialect() {
            Dialect::Sqlite => "sqlite://flatsink.db".to_owned(),
            dialect => format!("{dialect}://localhost/flatsink"),
        };
        let mut entry = json!({ "topic": topic, "format": self.format, "mode": self.mode });
        let texts = [
            ("unique", &self.unique),
            ("uuid", &self.uuid),
            ("table", &self.table),
            ("schema", &self.schema),
            ("naming", &self.naming),
            ("nested", &self.nested),
            ("owner", &self.owner),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                entry[key] = json!(text);
            }
        }
        for (key, names) in [("key", &self.key), ("metadata", &self.metadata)] {
            if !names.is_empty() {
                entry[key] = json!(names);
            }
        }
        let whole = json!({
            "sink": "schema",
            "kafka": { "brokers": ["localhost:9092"] },
            "schemas": { "directory": "." },
            "database": { "url": url },
            "topics": [entry],
        });
        // What the user gave is not looked up anywhere: `$` means itself.
        let text = format!("{whole:#}").replace('$', "$$");
        let config = Config::parse(&text, "the options", &|_| None)?;
        let mut entries = config.topics.into_iter();
        entries.next().context("the options describe no topic")
    }
}

/// `flights.avsc` and `flights.12.avsc` are of topic `flights`.
fn topic_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".avsc").unwrap_or(&name);
    match name.rsplit_once('.') {
        Some((before, id)) if !before.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => before.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    const SCHEMA: &str = r#"{"type": "record", "name": "plane", "doc": "A plane.", "pkey": ["tail"], "fields": [
        {"name": "tail", "type": "string", "maxlen": 6, "doc": "It's on the tail."},
        {"name": "seats", "type": ["null", "int"]},
        {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["jet", "prop"]}}]}"#;

    fn sql(options: &[&str]) -> Result<String, String> {
        sql_of(SCHEMA, options)
    }

    fn sql_of(schema: &str, options: &[&str]) -> Result<String, String> {
        let arguments = ["schema", "data/planes.3.avsc"].iter().chain(options);
        let args = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?.args;
        let topic = args.topic.clone().unwrap_or_else(|| topic_of(&args.file));
        let entry = args.entry(&topic).map_err(|error| error.to_string())?;
        let statements = statements(schema, None, &topic, &entry, args.dialect.dialect());
        statements.map(|statements| statements.join(";\n")).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn the_options_shape_the_table() {
        let table = sql(&["--dialect", "sqlite", "--mode", "table", "--format", "confluent"]).expect("it is possible");
        assert_eq!(
            table,
            "CREATE TABLE \"planes\" (\n  \"tail\" TEXT NOT NULL,\n  \"_sink_partition\" INTEGER NOT NULL,\n  \
             \"_sink_offset\" INTEGER NOT NULL,\n  \"_sink_timestamp\" TEXT,\n  \"seats\" INTEGER,\n  \
             \"kind\" TEXT,\n  PRIMARY KEY (\"tail\")\n) STRICT"
        );
        let stream = sql(&["--dialect", "postgres", "--table", "p$x_{topic}", "--schema", "air"]);
        let stream = stream.expect("it is possible");
        assert!(
            stream.starts_with("CREATE TABLE \"air\".\"p$x_planes\" (\n  \"_sink_uuid\" uuid NOT NULL,"),
            "{stream}"
        );
        assert!(
            stream.contains("\"tail\" varchar(6) NOT NULL,") && stream.contains("\"kind\" text NOT NULL"),
            "{stream}"
        );
        assert!(stream.contains("IS 'It''s on the tail.'"), "{stream}");
        let mysql = sql(&["--dialect", "mysql", "--mode", "table", "--key", "seats,tail"]).expect("it is possible");
        assert!(mysql.contains("PRIMARY KEY (`seats`, `tail`)") && mysql.contains("`kind` VARCHAR(64)"), "{mysql}");
        let mariadb = sql(&["--dialect", "mariadb", "--unique", "position"]).expect("it is possible");
        assert!(mariadb.contains("utf8mb4_nopad_bin") && mariadb.contains("(`_sink_partition`, `_sink_offset`)"));
    }

    #[test]
    fn nested_records_become_the_tables_that_are_written_down() {
        let (schema, golden) = (include_str!("schema/golden/nested.avsc"), include_str!("schema/golden/nested.sql"));
        let options = "--topic orders --nested flatten --naming snake --mode table --key owner.id,id \
                       --metadata partition,offset";
        let table = |dialect: &str| {
            let options: Vec<&str> = ["--dialect", dialect].into_iter().chain(options.split_whitespace()).collect();
            format!("-- {dialect}\n{};\n", sql_of(schema, &options).expect("it is possible"))
        };
        assert_eq!(["postgres", "mysql", "mariadb", "sqlite"].map(table).concat(), golden);
        let refused = sql_of(schema, &["--dialect", "sqlite", "--nested", "reject"]).expect_err("it is refused");
        assert!(refused.starts_with("not_flat: field \"owner\""), "{refused}");
    }

    #[test]
    fn options_that_cannot_be_are_refused_as_in_a_configuration() {
        for (options, expected) in [
            (&["--dialect", "oracle"][..], "invalid value 'oracle'"),
            (&["--dialect", "sqlite", "--mode", "both"], "both"),
            (&["--dialect", "sqlite", "--format", "confluent", "--unique", "uuid"], "uuid: key"),
            (&["--dialect", "sqlite", "--mode", "table", "--key", "nobody"], "nobody"),
        ] {
            let error = sql(options).expect_err("it is refused");
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_topic_is_the_name_of_the_file() {
        for (file, topic) in [("a/flights.avsc", "flights"), ("flights.12.avsc", "flights"), ("a.b.avsc", "a.b")] {
            assert_eq!(topic_of(Path::new(file)), topic);
        }
        assert_eq!(topic_of(Path::new("12.avsc")), "12");
    }
}
