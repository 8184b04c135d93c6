//! Metrics of this process from the kernel, with the standard names of Prometheus client libraries.

use std::fs;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge, Registry};

/// Indices of fields in `/proc/self/stat`, counted from the one after the command.
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;
const THREADS: usize = 17;
const START_TICKS: usize = 19;
const VIRTUAL_BYTES: usize = 20;
const RESIDENT_PAGES: usize = 21;

/// Reads the metrics of this process. Leaves out those that the kernel does not report.
pub(crate) fn families() -> Vec<MetricFamily> {
    let registry = Registry::new();
    if let Err(error) = read(&registry) {
        tracing::debug!(%error, "the metrics of the process could not be made");
    }
    registry.gather()
}

fn read(registry: &Registry) -> prometheus::Result<()> {
    let gauge = |name: &str, help: &str, value: Option<u64>| {
        let Some(value) = value.and_then(|value| i64::try_from(value).ok()) else { return Ok(()) };
        let gauge = IntGauge::new(name, help)?;
        gauge.set(value);
        registry.register(Box::new(gauge))
    };
    gauge("process_open_fds", "Number of open file descriptors.", open_files())?;
    gauge("process_max_fds", "Maximum number of open file descriptors.", open_files_max())?;
    let Some(stat) = Stat::read() else { return Ok(()) };
    let resident = system(SysconfVar::PAGE_SIZE).zip(stat.field(RESIDENT_PAGES)).map(|(page, n)| page * n);
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.field(VIRTUAL_BYTES))?;
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident)?;
    gauge("process_threads", "Number of OS threads in the process.", stat.field(THREADS))?;
    let Some(per_second) = system(SysconfVar::CLK_TCK).filter(|ticks| *ticks > 0) else { return Ok(()) };
    let started = stat.field(START_TICKS).zip(booted()).map(|(ticks, boot)| ticks / per_second + boot);
    let help = "Start time of the process since unix epoch in seconds.";
    gauge("process_start_time_seconds", help, started)?;
    if let Some((user, system)) = stat.field(USER_TICKS).zip(stat.field(SYSTEM_TICKS)) {
        let help = "Total user and system CPU time spent in seconds.";
        let seconds = IntCounter::new("process_cpu_seconds_total", help)?;
        seconds.inc_by((user + system) / per_second);
        registry.register(Box::new(seconds))?;
    }
    Ok(())
}

/// `/proc/self/stat` after the command, which may contain blanks and brackets.
struct Stat(String);

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        text.rsplit_once(')').map(|(_, fields)| Self(fields.to_owned()))
    }

    fn field(&self, index: usize) -> Option<u64> {
        self.0.split_ascii_whitespace().nth(index)?.parse().ok()
    }
}

/// Does not count the descriptor of the folder that is read for this.
fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(count.saturating_sub(1)).ok()
}

fn open_files_max() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    (soft != RLIM_INFINITY).then_some(soft)
}

/// When the machine started, in seconds since 1970.
fn booted() -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn system(variable: SysconfVar) -> Option<u64> {
    u64::try_from(sysconf(variable).ok()??).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_of_the_process_are_complete_and_plausible() {
        let families = families();
        let names: Vec<_> = families.iter().map(MetricFamily::name).collect();
        assert_eq!(
            names,
            [
                "process_cpu_seconds_total",
                "process_max_fds",
                "process_open_fds",
                "process_resident_memory_bytes",
                "process_start_time_seconds",
                "process_threads",
                "process_virtual_memory_bytes",
            ]
        );
        let value = |name: &str| {
            let family = families.iter().find(|family| family.name() == name).unwrap();
            family.get_metric()[0].get_gauge().get_value()
        };
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_threads") >= 1.0);
        assert!(value("process_resident_memory_bytes") < value("process_virtual_memory_bytes"));
        // Between 2020 and 2100, so it is neither in ticks nor in milliseconds.
        assert!((1_577_836_800.0..4_102_444_800.0).contains(&value("process_start_time_seconds")));
    }
}
