//! The report of a run.

use std::fmt;

use serde::Serialize;
use swath_checker::Findings;
use swath_client::Client;

use crate::meter::{CallStats, Kind, Meter};
use crate::plan::Plan;
use crate::scene::Scene;

/// The report of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The job.
    pub job: String,
    /// Its status at the end.
    pub status: String,
    /// The number of annotators.
    pub annotators: usize,
    /// The number of reviewers.
    pub reviewers: usize,
    /// The number of items in the dataset.
    pub items: u64,
    /// How long users worked, in seconds.
    pub seconds: f64,
    /// Submissions a second.
    pub submissions_per_second: f64,
    /// Successful calls a second.
    pub calls_per_second: f64,
    /// Statistics for each kind of call.
    pub calls: Vec<CallStats>,
    /// Why some calls got no answer; the first few reasons.
    pub lost: Vec<String>,
    /// The cost for each process of the server that publishes metrics.
    pub server: Vec<ServerCost>,
    /// The number of violations; `None` if nothing was checked.
    pub violations: Option<u64>,
    /// The first violations, in words.
    pub found: Vec<String>,
}

/// The cost of a run for one process of the server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerCost {
    /// The URL of its `/metrics`.
    pub url: String,
    /// Processor time, in seconds.
    pub cpu_seconds: f64,
    /// Memory at the end, in bytes.
    pub resident_bytes: f64,
}

/// The end of a run.
pub(crate) struct Ended {
    pub(crate) status: String,
    pub(crate) seconds: f64,
    pub(crate) server: Vec<ServerCost>,
    pub(crate) findings: Option<Findings>,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    pub(crate) fn new(plan: &Plan, scene: &Scene, meter: &Meter, ended: Ended) -> Self {
        let Ended { status, seconds, server, findings } = ended;
        let found = findings.iter().flat_map(|findings| findings.violations.iter().map(ToString::to_string));
        Self {
            job: scene.job.to_string(),
            status,
            annotators: plan.annotators,
            reviewers: plan.reviewers,
            items: plan.items,
            seconds,
            submissions_per_second: meter.done(Kind::Submit) as f64 / seconds,
            calls_per_second: meter.total() as f64 / seconds,
            calls: meter.stats(),
            lost: meter.lost(),
            server,
            found: found.collect(),
            violations: findings.map(|findings| findings.count),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<8} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "call", "done", "refused", "unknown", "p50 ms", "p95 ms", "p99 ms", "max ms"
        )?;
        for row in &self.calls {
            let call = format!("{:?}", row.call).to_lowercase();
            writeln!(
                f,
                "{call:<8} {:>9} {:>8} {:>8} {:>9.2} {:>9.2} {:>9.2} {:>9.2}",
                row.done, row.refused, row.unknown, row.p50, row.p95, row.p99, row.max
            )?;
        }
        for lost in &self.lost {
            writeln!(f, "no answer to {lost}")?;
        }
        for cost in &self.server {
            let (cpu, memory) = (cost.cpu_seconds, cost.resident_bytes / 1e6);
            writeln!(f, "{}: {cpu:.2} s of processor time, {memory:.0} MB", cost.url)?;
        }
        writeln!(
            f,
            "{} items, {} annotators, {} reviewers: {:.0} submissions and {:.0} calls a second for {:.1} s; the job is {}",
            self.items,
            self.annotators,
            self.reviewers,
            self.submissions_per_second,
            self.calls_per_second,
            self.seconds,
            self.status
        )?;
        for found in &self.found {
            writeln!(f, "  {found}")?;
        }
        match self.violations {
            None => write!(f, "nobody checked it"),
            Some(0) => write!(f, "the checker found no broken promise"),
            Some(count) => write!(f, "the checker found {count} broken promises"),
        }
    }
}

/// The cost of these processes so far. A process whose metrics cannot be read is left out.
pub(crate) async fn costs(client: &Client, processes: &[String]) -> Vec<ServerCost> {
    let mut costs = Vec::new();
    for base in processes {
        let base = base.trim_end_matches('/');
        let Ok(text) = client.text(&format!("{}/metrics", base.trim_end_matches("/metrics"))).await else {
            continue;
        };
        let value = |name: &str| {
            let mut lines =
                text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
            lines.next()
        };
        let cpu = value("process_cpu_seconds_total ");
        if let Some((cpu_seconds, resident_bytes)) = cpu.zip(value("process_resident_memory_bytes ")) {
            costs.push(ServerCost { url: base.to_owned(), cpu_seconds, resident_bytes });
        }
    }
    costs
}

/// The cost between two readings.
pub(crate) fn difference(before: Vec<ServerCost>, after: Vec<ServerCost>) -> Vec<ServerCost> {
    let since = |cost: ServerCost| {
        let start = before.iter().find(|start| start.url == cost.url).map_or(0.0, |start| start.cpu_seconds);
        // A restarted process counts from zero.
        let start = if start > cost.cpu_seconds { 0.0 } else { start };
        ServerCost { cpu_seconds: cost.cpu_seconds - start, ..cost }
    };
    after.into_iter().map(since).collect()
}
