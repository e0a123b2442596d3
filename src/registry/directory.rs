//! Schemas as files `<id>.avsc` or `NAME.<id>.avsc` of one directory.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Answer, BODY_MAX, RegistryError};

#[derive(Clone)]
pub(super) struct Directory {
    path: PathBuf,
}

impl Directory {
    pub fn new(path: &Path) -> Result<Directory, RegistryError> {
        if !path.is_dir() {
            let message = format!("the schema directory {} is not there: make it, or correct its path", path.display());
            return Err(RegistryError::Invalid(message));
        }
        Ok(Directory { path: path.to_owned() })
    }

    pub async fn fetch(&self, id: i32) -> Result<Answer, RegistryError> {
        let directory = self.clone();
        apart(move || directory.find(id)).await
    }

    pub async fn register(&self, name: &str, text: &str) -> Result<i32, RegistryError> {
        let (directory, name, text) = (self.clone(), name.to_owned(), text.to_owned());
        apart(move || directory.add(&name, &text)).await
    }

    fn find(&self, id: i32) -> Result<Answer, RegistryError> {
        let mut found: Option<(PathBuf, String)> = None;
        for (_, path) in self.files()?.into_iter().filter(|(other, _)| *other == id) {
            let text = read(&path)?;
            match &found {
                Some((first, other)) if *other != text => {
                    let (first, second) = (first.display(), path.display());
                    let message = format!("{first} and {second} both claim schema id {id} but differ: remove one");
                    return Err(RegistryError::Invalid(message));
                }
                _ => found = Some((path, text)),
            }
        }
        let missing = || format!("no file {id}.avsc or NAME.{id}.avsc in {}", self.path.display());
        found.map(|(_, text)| Answer::new(&text)).ok_or_else(|| RegistryError::Unknown(missing()))
    }

    /// Two producers may add at the same time, so the directory is locked while the next id is found.
    fn add(&self, name: &str, text: &str) -> Result<i32, RegistryError> {
        let failed = |error| unavailable("add a schema to", &self.path, &error);
        let lock = File::open(&self.path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let files = self.files()?;
        for (id, path) in &files {
            if same(&read(path)?, text) {
                return Ok(*id);
            }
        }
        let last = files.iter().map(|(id, _)| *id).max().unwrap_or(0);
        let id = last
            .checked_add(1)
            .ok_or_else(|| RegistryError::Invalid(format!("{} has no free schema id left", self.path.display())))?;
        let partial = self.path.join(format!(".{id}.avsc.partial"));
        let write = || -> io::Result<()> {
            File::create(&partial)?.write_all(text.as_bytes())?;
            fs::rename(&partial, self.path.join(format!("{}.{id}.avsc", plain(name))))
        };
        write().map_err(failed)?;
        Ok(id)
    }

    /// All files that carry an id, by name.
    fn files(&self) -> Result<Vec<(i32, PathBuf)>, RegistryError> {
        let failed = |error| unavailable("list", &self.path, &error);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if let Some(id) = path.file_name().and_then(|name| id_of(name.to_str()?)) {
                files.push((id, path));
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The schema of a file.
pub(super) async fn file(path: &Path) -> Result<Answer, RegistryError> {
    let path = path.to_owned();
    apart(move || read(&path).map(|text| Answer::new(&text))).await
}

/// `7.avsc` and `flights.7.avsc` are 7.
fn id_of(name: &str) -> Option<i32> {
    let stem = name.strip_suffix(".avsc")?;
    let digits = stem.rsplit_once('.').map_or(stem, |(_, digits)| digits);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn read(path: &Path) -> Result<String, RegistryError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unavailable("open", path, &error))?;
    file.take(BODY_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| unavailable("read", path, &error))?;
    if bytes.len() > BODY_MAX {
        return Err(RegistryError::Invalid(format!(
            "{} is larger than 1 MiB, the most a schema may be",
            path.display()
        )));
    }
    String::from_utf8(bytes).map_err(|_| RegistryError::Invalid(format!("{} is not UTF-8", path.display())))
}

/// White space and the order of keys do not make another schema.
fn same(one: &str, other: &str) -> bool {
    let json = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || json(one).is_some_and(|one| Some(one) == json(other))
}

/// A name without anything that means something in a path.
fn plain(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    name.chars().map(kept).collect::<String>().trim_start_matches('.').to_owned()
}

fn unavailable(attempted: &str, path: &Path, error: &io::Error) -> RegistryError {
    RegistryError::Unavailable(format!("cannot {attempted} {}: {error}", path.display()))
}

/// Files may lie on a network: they are read on a thread of their own.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    let stopped = |_| RegistryError::Unavailable("reading the schema directory was interrupted".into());
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}
