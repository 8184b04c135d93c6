//! `swath load`: a load on an installation, and the checker afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgGroup, Args};
use swath_load::{Boxes, Drive, Habits, Plan, Report, Review, Run};

use super::output::line;
use super::progress::{Meter, Progress};
use super::session::{Connection, Session};

/// What `swath load` takes.
#[derive(Args)]
#[command(group(ArgGroup::new("drive").args(["think", "rate", "saturate"])))]
pub struct LoadArgs {
    /// People who label
    #[arg(long, default_value_t = 10, value_name = "N")]
    annotators: u16,
    /// People who check
    #[arg(long, default_value_t = 2, value_name = "M")]
    reviewers: u16,
    /// Items of the dataset
    #[arg(long, default_value_t = 1_000, value_name = "K", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    items: u64,
    /// Items in a range
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    range_size: u32,
    /// Opinions asked for of each item
    #[arg(long, default_value_t = 1, value_name = "N")]
    slots: u32,
    /// How submissions are reviewed: all, none, or a share in percent
    #[arg(long, default_value = "all", value_name = "RULE", value_parser = review)]
    review: Review,
    /// The lease time, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    lease_seconds: u32,
    /// People think about each item for about this many seconds
    #[arg(long, value_name = "SECONDS")]
    think: Option<f64>,
    /// Together people begin this many assignments a second, whether or not the server keeps up
    #[arg(long, value_name = "PER SECOND")]
    rate: Option<f64>,
    /// People do not think at all
    #[arg(long)]
    saturate: bool,
    /// Labels come with the submission instead of one by one
    #[arg(long)]
    whole: bool,
    /// The share of items that a reviewer rejects in the first two rounds, in percent
    #[arg(long, default_value_t = 5.0, value_name = "PERCENT", value_parser = percent)]
    rejects: f64,
    /// The share of leases that are released or abandoned, in percent
    #[arg(long, default_value_t = 1.0, value_name = "PERCENT", value_parser = percent)]
    gives_up: f64,
    /// The share of calls that are dropped before the answer, in percent
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT", value_parser = percent)]
    hangs_up: f64,
    /// End after this many seconds, unless the job is done before
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// The seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The team to work in, by its id; an administrator's token makes a new one
    #[arg(long, value_name = "ID")]
    team: Option<String>,
    /// Where a process of the installation serves /metrics, as in http://127.0.0.1:9464, for what the load costs it; for
    /// each process once
    #[arg(long, value_name = "URL")]
    metrics: Vec<String>,
    /// Keep the history of all calls in this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Do not check the result against the recorded calls
    #[arg(long)]
    unchecked: bool,
}

impl LoadArgs {
    fn plan(self) -> Plan {
        let drive = match (self.think, self.rate) {
            (Some(seconds), _) => Drive::Think(seconds.max(0.0)),
            (_, Some(rate)) => Drive::Rate(rate.max(0.01)),
            _ if self.saturate => Drive::Saturate,
            _ => Plan::default().drive,
        };
        Plan {
            team: self.team,
            annotators: usize::from(self.annotators),
            reviewers: usize::from(self.reviewers),
            items: self.items,
            range_size: self.range_size,
            slots: self.slots,
            review: self.review,
            lease_seconds: self.lease_seconds,
            reserve_seconds: Plan::default().reserve_seconds,
            any_job: false,
            drive,
            whole: self.whole,
            task: Arc::new(Boxes { rejects_percent: self.rejects }),
            last_leaves: false,
            gives_up: self.gives_up,
            habits: Habits::default(),
            is_strict: false,
            hangs_up: self.hangs_up,
            seconds: self.seconds,
            seed: self.seed,
            gateways: Vec::new(),
            reviews: Vec::new(),
            metrics: self.metrics,
            history: self.history,
            check: !self.unchecked,
            attempt_timeout: Duration::from_secs(10),
            repeat_for: Duration::from_secs(120),
        }
    }
}

/// Runs the load, prints its report, and fails if an invariant was violated.
pub async fn run(connection: &Connection, args: LoadArgs) -> anyhow::Result<()> {
    let (session, plan) = (Session::open(connection)?, args.plan());
    let mut meter = Meter::new();
    let run = Run::default();
    let over = run.over.clone();
    // ^C ends the load; the report is still made.
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            over.cancel();
        }
    });
    let report = swath_load::run(&session.client, &plan, &run, |job| {
        if let Some(items) = job.summary.progress {
            meter.show(&Progress(items));
        }
    });
    let report = report.await?;
    meter.end();
    print(&report, connection.json)?;
    match report.violations {
        Some(count @ 1..) => anyhow::bail!("{count} promises were broken"),
        _ => Ok(()),
    }
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    Ok(line(&if json { serde_json::to_string(report)? } else { report.to_string() })?)
}

fn review(text: &str) -> Result<Review, String> {
    match text {
        "all" => Ok(Review::All),
        "none" => Ok(Review::None),
        percent => match percent.parse() {
            Ok(percent @ 0..=100) => Ok(Review::Sample(percent)),
            _ => Err("neither `all` nor `none` nor a number from 0 to 100".to_owned()),
        },
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("not a number from 0 to 100".to_owned()),
    }
}
