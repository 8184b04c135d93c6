//! Real faults on real servers: processes of Swath work under load, each connection and each server is broken in
//! turn, and the checker checks the result. Every fault has a load of its own, so that a violation can be attributed
//! to it.

mod disk;
mod distributed;
mod embedded;
mod report;
mod suite;
mod trial;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use report::Report;
use suite::FaultSuite;

/// Plays faults.
#[derive(Debug, Parser)]
struct Options {
    /// Continue for this many minutes, each time in another order; without it every fault is played once.
    #[arg(long)]
    minutes: Option<u64>,
    /// The seed of the order and of the load.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this deployment.
    #[arg(long = "shape")]
    deployment: Option<String>,
    /// The file for the report.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only faults whose names contain one of these.
    filters: Vec<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("another TLS provider was installed first");
    }
    let options = Options::parse();
    // Children are bound to the thread that starts them, which is this one; the other threads only run the load.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(conduct(&options))?;
    println!("{report}");
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{}\n", serde_json::to_string(&report)?))?;
    }
    println!("{}", report.sentence());
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn conduct(options: &Options) -> anyhow::Result<Report> {
    let end = options.minutes.map(|minutes| Instant::now() + Duration::from_secs(minutes * 60));
    let mut dice = StdRng::seed_from_u64(options.seed);
    let mut report = Report::new(options.seed);
    for turn in 0.. {
        let seed = options.seed.wrapping_add(turn);
        for mut suite in FaultSuite::all() {
            if options.deployment.as_deref().is_some_and(|name| name != suite.deployment()) {
                continue;
            }
            let wanted = |name: &str| {
                options.filters.is_empty() || options.filters.iter().any(|filter| name.contains(filter))
            };
            let mut faults: Vec<_> = suite.faults().into_iter().filter(|name| wanted(name)).collect();
            faults.shuffle(&mut dice);
            if faults.is_empty() {
                continue;
            }
            suite.open().await?;
            for fault in faults {
                if end.is_some_and(|end| Instant::now() >= end) {
                    break;
                }
                let row = suite.play(fault, seed).await;
                println!("{}", row.line());
                report.rows.push(row);
            }
            suite.close().await;
        }
        if end.is_none_or(|end| Instant::now() >= end) {
            break;
        }
    }
    Ok(report)
}
