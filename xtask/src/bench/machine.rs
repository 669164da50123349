//! What the machine was doing: the load beside every figure, a process's time on its cores, its peak memory.
//!
//! From `/proc`; where there is none, figures that need it are left out.

use std::fmt;
use std::fs;
use std::time::Duration;

/// Ticks a second of the times in `/proc/<pid>/stat`: fixed by Linux for every program.
const TICKS_PER_SECOND: u32 = 100;

/// Whose figures.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Process {
    /// This one.
    Own,
    /// A child.
    Id(u32),
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("self"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// "load 1.20 on 2 cores".
pub(crate) fn load() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match loads.split(' ').next().filter(|load| !load.is_empty()) {
        Some(load) => format!("load {load} on {cores} cores"),
        None => format!("load unknown on {cores} cores"),
    }
}

/// The time that all threads of a process, those that have ended too, were on a core.
pub(crate) fn cpu_time(process: Process) -> Option<Duration> {
    cpu_time_of(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn cpu_time_of(stat: &str) -> Option<Duration> {
    // The second field is the program's name in brackets, and may hold spaces and brackets itself.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = |field: &str| field.parse::<u64>().ok();
    let mut fields = fields.split_whitespace().skip(11);
    let ticks = ticks(fields.next()?)? + ticks(fields.next()?)?;
    Some(Duration::from_secs(ticks) / TICKS_PER_SECOND)
}

/// The most memory that a process has held at once, in bytes.
pub(crate) fn peak_memory_bytes(process: Process) -> Option<u64> {
    peak_memory_of(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn peak_memory_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 9 0 0 0 250 50 7 7 20 0 1 0 5 6 7";
        assert_eq!(cpu_time_of(stat), Some(Duration::from_secs(3)));
        assert_eq!(cpu_time_of("42 (a) S 1"), None);
    }

    #[test]
    fn peak_memory_is_in_bytes() {
        assert_eq!(peak_memory_of("Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(peak_memory_of("Name:\tx\n"), None);
    }
}
