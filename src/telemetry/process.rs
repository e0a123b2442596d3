//! The process as Linux sees it, under the names that Prometheus' clients have agreed on. Elsewhere: nothing.

use std::fmt::Write;
use std::fs;

/// Ticks a second in /proc: the kernel's interface says 100 on every architecture that flatsink is built for.
const TICKS: f64 = 100.0;

/// The metrics `process_*`, in Prometheus' text format.
pub(super) fn metrics(sink: &str) -> String {
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, value: Option<f64>| {
        if let Some(value) = value {
            let _ = write!(text, "# TYPE process_{name} {kind}\nprocess_{name}{{sink=\"{sink}\"}} {value}\n\n");
        }
    };
    let stat = Stat::read();
    add("cpu_seconds_total", "counter", stat.as_ref().map(|stat| stat.cpu));
    add("start_time_seconds", "gauge", stat.as_ref().map(|stat| stat.start));
    add("threads", "gauge", stat.as_ref().map(|stat| stat.threads));
    add("resident_memory_bytes", "gauge", status_bytes("VmRSS:"));
    add("virtual_memory_bytes", "gauge", status_bytes("VmSize:"));
    add("open_fds", "gauge", fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count() as f64));
    add("max_fds", "gauge", fds_max());
    text
}

struct Stat {
    cpu: f64,
    start: f64,
    threads: f64,
}

impl Stat {
    fn read() -> Option<Stat> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is a name in parentheses, which may hold anything.
        let fields: Vec<f64> =
            stat.rsplit_once(')')?.1.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.parse().ok()?;
        // Of proc(5): utime is field 14, stime 15, num_threads 20, starttime 22; the third is the first here.
        let field = |number: usize| fields.get(number - 3).copied();
        Some(Stat { cpu: (field(14)? + field(15)?) / TICKS, start: boot + field(22)? / TICKS, threads: field(20)? })
    }
}

fn status_bytes(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?;
    kilobytes.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

fn fds_max() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
