//! Servers of one's own, for tests that kill them.

use std::path::PathBuf;
use std::process::Command;

use super::{Broker, Database, Kind};

/// Private servers; ended when dropped.
#[derive(Debug)]
pub struct Servers {
    folder: PathBuf,
    exports: String,
}

impl Servers {
    /// Starts these of `kafka`, `postgres`, `mariadb`, `mysql`. `None`: not where the shared ones do not run either.
    ///
    /// # Panics
    /// When one does not start.
    pub fn start(names: &[&str]) -> Option<Servers> {
        for name in names {
            super::variable(variable(name))?;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(super::unique("servers"));
        let mut servers = Servers { folder, exports: String::new() };
        servers.exports = servers.call("up", names);
        Some(servers)
    }

    /// The broker among them.
    pub fn broker(&self) -> Broker {
        Broker { address: self.export("FLATSINK_TEST_KAFKA") }
    }

    /// An empty database on the server among them (SQLite: a file).
    pub fn database(&self, kind: Kind) -> Option<Database> {
        match kind {
            Kind::Postgres => Some(Database::on(kind, self.export("FLATSINK_TEST_POSTGRES"))),
            Kind::Mariadb => Some(Database::on(kind, self.export("FLATSINK_TEST_MARIADB"))),
            Kind::Mysql => Some(Database::on(kind, self.export("FLATSINK_TEST_MYSQL"))),
            Kind::Sqlite => Database::fresh(kind),
        }
    }

    /// Kills one and starts it again: same port, same data.
    pub fn restart(&self, name: &str) {
        self.call("restart", &[name]);
    }

    /// Kills one.
    pub fn stop(&self, name: &str) {
        self.call("stop", &[name]);
    }

    /// Starts one again after `stop`.
    pub fn resume(&self, name: &str) {
        self.call("start", &[name]);
    }

    fn export(&self, name: &str) -> String {
        let line = format!("export {name}=");
        let found = self.exports.lines().find_map(|text| text.strip_prefix(&line));
        found.unwrap_or_else(|| panic!("{name} is not among the servers that were started")).to_owned()
    }

    fn call(&self, command: &str, names: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services");
        let mut call = Command::new(script);
        call.arg(command).arg("--dir").arg(&self.folder).args(names);
        let output = call.output().expect("tests/services can be executed");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tests/services {command} {names:?}: {}\n{words}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // A second panic would hide the first, and the logs stay in the folder.
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services");
            let _ = Command::new(script).arg("down").arg("--dir").arg(&self.folder).output();
        } else {
            self.call("down", &[]);
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn variable(name: &str) -> &'static str {
    match name {
        "kafka" => "FLATSINK_TEST_KAFKA",
        "postgres" => "FLATSINK_TEST_POSTGRES",
        "mariadb" => "FLATSINK_TEST_MARIADB",
        "mysql" => "FLATSINK_TEST_MYSQL",
        _ => panic!("no server is called {name}"),
    }
}
