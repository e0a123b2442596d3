//! Where the demo works: a folder that goes with it, and the database that stays.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::Wrong;
use crate::cli::produce::message::Format;
use crate::sink::report::foreign_to;

/// The sink's name in the ledger: the mark by which a former demo's file is known.
pub(crate) const SINK: &str = "demo";
const FILE: &str = "flatsink-demo.db";
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// A folder for schemas, configuration and logs; removed when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> anyhow::Result<Folder> {
        let path = std::env::temp_dir().join(format!("flatsink-demo-{:016x}", rand::random::<u64>()));
        fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Folder(path))
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file that only its owner can read: the database's URL may hold a password.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.join(name);
        let written = || -> std::io::Result<()> {
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(text.as_bytes())
        };
        written().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The database to load into.
pub(crate) struct Place {
    pub(crate) url: String,
    /// SQLite's file.
    pub(crate) file: Option<PathBuf>,
}

impl Place {
    /// The given database, else a file here.
    pub(crate) fn new(url: Option<&str>) -> anyhow::Result<Place> {
        let Some(url) = url else {
            let file = std::env::current_dir().context("cannot tell the current folder")?.join(FILE);
            let path = utf8_percent_encode(&file.to_string_lossy(), PATH).to_string();
            return Ok(Place { url: format!("sqlite://{path}"), file: Some(file) });
        };
        Ok(Place { url: url.to_owned(), file: None })
    }

    /// Makes room: a former demo's file goes, any other is left alone and refused.
    pub(crate) async fn clear(&self, file: &Path, tables: &[&str]) -> anyhow::Result<()> {
        let length = match fs::metadata(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            found => found.with_context(|| format!("cannot look at {}", file.display()))?.len(),
        };
        let foreign = if length == 0 { Ok(Vec::new()) } else { foreign_to(file, SINK, tables).await };
        let why = match foreign {
            Ok(foreign) if foreign.is_empty() => {
                for end in ["", "-wal", "-shm", "-journal"] {
                    let mut path = file.as_os_str().to_owned();
                    path.push(end);
                    match fs::remove_file(&path) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(error).with_context(|| format!("cannot replace {}", path.display()));
                        }
                        _ => {}
                    }
                }
                return Ok(());
            }
            Ok(foreign) => format!("it holds {}", foreign.join(", ")),
            Err(error) => error,
        };
        let message = "is not a former demo's and is left alone";
        Err(Wrong(format!("{} {message} ({why}): move it, or give --database", file.display())).into())
    }

    /// The configuration of a load. Each worker has a group of its own: the broker inside takes many seconds to miss
    /// a dead member, and where to go on is the ledger's to say, not the group's.
    pub(crate) fn config(&self, brokers: &str, folder: &Folder, format: Format, group: &str) -> String {
        let database = if self.url.starts_with("postgres") {
            "\n  schema: flatsink_demo\n  ledger_schema: flatsink_demo"
        } else {
            ""
        };
        format!(
            "sink: {SINK}\n\
             kafka: {{brokers: [\"{brokers}\"], group: {group}}}\n\
             schemas: {{directory: {}}}\n\
             database:\n  url: {}{database}\n\
             defaults: {{format: {}, table: \"{{record}}\"}}\n\
             topics:\n  \
             - {{topic: nycflights.flights, mode: stream}}\n  \
             - {{pattern: \"nycflights[.].*\", mode: table}}\n\
             batch: {{rows_max: 500}}\n\
             http: none\n",
            quoted(&folder.join("schemas").to_string_lossy()),
            quoted(&self.url),
            format.name(),
        )
    }
}

/// A text as a YAML scalar in which nothing is substituted.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}
