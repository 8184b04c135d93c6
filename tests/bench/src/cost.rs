//! Processor time and memory of all processes of a run, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The memory of the largest process of a group, in megabytes.
pub fn resident(wanted: &str) -> f64 {
    let mut most = 0.0_f64;
    for (folder, line) in processes() {
        if hop(&line).as_deref() != Some(wanted) {
            continue;
        }
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
        most = most.max(kilobytes.unwrap_or(0.0) / 1_000.0);
    }
    most
}

/// All processes with their command lines.
fn processes() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let shown = |folder: PathBuf| {
        let line = fs::read(folder.join("cmdline")).ok()?;
        Some((folder, String::from_utf8_lossy(&line).replace('\0', " ")))
    };
    entries.filter_map(shown).collect()
}

/// Seconds of processor time by group of processes.
#[derive(Debug, Clone, Default)]
pub struct Cost(BTreeMap<String, f64>);

impl Cost {
    /// The processor time that all current processes have used so far.
    pub fn now() -> Self {
        let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
        let mut cost = Self::default();
        for (folder, line) in processes() {
            let Ok(stat) = fs::read_to_string(folder.join("stat")) else { continue };
            let Some(hop) = hop(&line) else { continue };
            // The program's name in brackets may contain anything; user and system time follow it.
            let fields: Vec<&str> =
                stat.rsplit_once(") ").map_or_else(Vec::new, |(_, rest)| rest.split(' ').collect());
            let time =
                |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
            #[expect(clippy::cast_precision_loss, reason = "100 on every machine")]
            let seconds = (time(11) + time(12)) / ticks as f64;
            *cost.0.entry(hop).or_default() += seconds;
        }
        cost
    }

    /// The time used since `before`. A process that has ended meanwhile is not counted.
    pub fn since(&self, before: &Self) -> Self {
        let used = |(hop, seconds): (&String, &f64)| {
            (hop.clone(), (seconds - before.0.get(hop).unwrap_or(&0.0)).max(0.0))
        };
        Self(self.0.iter().map(used).collect())
    }

    /// The time of each group in microseconds, divided by `count`.
    pub fn per(&self, count: f64) -> String {
        let hops = self.0.iter().filter(|(_, seconds)| **seconds > 0.005);
        let parts: Vec<_> =
            hops.map(|(hop, seconds)| format!("{hop} {:.0}", seconds * 1e6 / count.max(1.0))).collect();
        parts.join(", ")
    }

    /// The time of all groups but the load, in seconds.
    pub fn server(&self) -> f64 {
        self.0.iter().filter(|(hop, _)| *hop != LOAD).map(|(_, seconds)| seconds).sum()
    }
}

const LOAD: &str = "load";

/// The group of a command line, if the process belongs to the run.
fn hop(line: &str) -> Option<String> {
    let program = line.split(' ').next()?.rsplit('/').next()?;
    match program {
        "postgres" if line.starts_with("postgres: ") && !line.contains("127.0.0.1(") => {
            Some("postgres itself".into())
        }
        "postgres" | "postgres:" => {
            Some(if line.contains("127.0.0.1(") { "postgres" } else { "postgres itself" }.into())
        }
        "redis-server" => Some("redis".into()),
        "beam.smp" => Some("rabbitmq".into()),
        "swath" => Some(line.split("--roles ").nth(1).map_or("swath", str::trim).to_owned()),
        "swath-bench" if line.contains(" bare ") => Some("bare loop".into()),
        "swath-bench" => Some(LOAD.into()),
        _ => None,
    }
}
