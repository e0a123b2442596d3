//! The flatsink binary as a child, with everything that can befall a process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A flatsink that runs; killed when dropped.
#[derive(Debug)]
pub struct Flatsink {
    child: Child,
    stdout: Output,
    stderr: Output,
    // The configuration's folder lives as long as the process does.
    _folder: Option<tempfile::TempDir>,
}

/// What is left of a flatsink that ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Debug)]
struct Output {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Flatsink {
    /// Starts `flatsink` with these arguments in this folder.
    pub fn start(arguments: &[&str], folder: &Path) -> Flatsink {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flatsink"));
        command.args(arguments).current_dir(folder);
        Flatsink::spawn(command)
    }

    /// Starts any other command.
    pub fn spawn(mut command: Command) -> Flatsink {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program is there");
        let stdout = Output::read(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Output::read(child.stderr.take().expect("stderr is a pipe"));
        Flatsink { child, stdout, stderr, _folder: None }
    }

    /// Starts `flatsink run` with this configuration and these further arguments.
    pub fn run(config: &str, arguments: &[&str]) -> Flatsink {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("flatsink.yaml"), config).expect("the configuration can be written");
        let mut flatsink = Flatsink::start(&[&["run", "flatsink.yaml"], arguments].concat(), folder.path());
        flatsink._folder = Some(folder);
        flatsink
    }

    /// Loads to the end of the topics as they are now.
    ///
    /// # Panics
    /// When that takes longer than `deadline` or does not exit with 0.
    pub fn load(config: &str, deadline: Duration) -> Ended {
        let ended = Flatsink::run(config, &["--until-latest"]).wait(deadline);
        assert!(ended.status.success(), "flatsink run: {}\n{}", ended.status, ended.stderr);
        ended
    }

    /// SIGKILL; gone once this returns.
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("a child can be killed");
        self.wait(Duration::from_secs(10))
    }

    /// SIGTERM, or whatever `kill` calls so.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("there is a kill command");
        assert!(status.success(), "kill -s {name} {pid}: {status}");
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_none()
    }

    /// The most memory that it has had, in bytes; 0 where the system does not say.
    pub fn memory_peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.unwrap_or(0) << 10
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it still runs after `deadline`, with what it wrote to stderr.
    pub fn wait(mut self, deadline: Duration) -> Ended {
        let start = std::time::Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                break status;
            }
            assert!(start.elapsed() < deadline, "flatsink still runs after {deadline:?}:\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(10));
        };
        Ended { status, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    /// What it has written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.text.lock().expect("the reader never panics").clone()
    }

    /// What it has written to stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.text.lock().expect("the reader never panics").clone()
    }
}

impl Drop for Flatsink {
    fn drop(&mut self) {
        // Both fail only on a child that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("stderr of flatsink {}:\n{}", self.child.id(), self.stderr.whole());
        }
    }
}

impl Output {
    fn read(pipe: impl Read + Send + 'static) -> Output {
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                shared.lock().expect("only clones are taken").push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Output { text, reader: Some(reader) }
    }

    // Grandchildren may hold the pipe open: only waited for once the child has ended.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader never panics");
        }
        self.text.lock().expect("the reader never panics").clone()
    }
}
