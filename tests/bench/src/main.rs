//! `swath-bench`: measures the machine, bare loops on it, and Swath compared with both.

#![expect(clippy::disallowed_methods, reason = "measured on the machine's own clock, with random ids")]

mod bare;
mod console;
mod cost;
mod crowd;
mod effort;
mod endurance;
mod gauge;
mod loops;
mod machine;
mod size;
mod streams;
mod swath;
mod table;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::effort::Effort;
use crate::table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Swath.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    program: Option<Program>,
    /// Shorter windows and fewer repetitions: for a look, not as a result
    #[arg(long)]
    quick: bool,
    /// Print the statements that PostgreSQL spends its time on, which slows it down a little
    #[arg(long)]
    profile: bool,
    /// A further setting of every process of Swath, as in SWATH__STORE__CONNECTIONS=12
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Where to write the table as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only measurements whose names contain one of these
    filters: Vec<String>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Serves a bare loop; the bench starts it by itself
    #[command(hide = true)]
    Bare(bare::BareArgs),
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("swath-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("another TLS provider was installed first");
    }
    // Children are bound to the thread that starts them, which is this one; the other threads only run the load.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if let Some(Program::Bare(args)) = &options.program {
        runtime.block_on(bare::run(args))?;
        return Ok(ExitCode::SUCCESS);
    }
    swath::set(options.set.clone());
    let table = runtime.block_on(measure(options))?;
    println!("{table}");
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{}\n", serde_json::to_string(&table)?))?;
    }
    println!("{}", table.sentence());
    Ok(if table.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs all measurements in order. Later rows are compared with earlier ones.
async fn measure(options: &Options) -> anyhow::Result<Table> {
    let wanted = |name: &str| {
        options.filters.is_empty() || options.filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let (effort, mut table) = (Effort::new(options.quick, options.profile), Table::default());
    if wanted("machine") {
        machine::measure(&mut table, effort).await?;
    }
    let mut saturated = TYPICAL_RATE;
    for people in [256, 64] {
        if wanted(&format!("cycle {people}")) {
            saturated = loops::measure(&mut table, effort, people).await?;
        }
    }
    for people in [256, 64] {
        if wanted(&format!("verdicts {people}")) {
            work::full_cycle(&mut table, effort, people).await?;
        }
    }
    if wanted("ranges") {
        work::large_ranges(&mut table, effort).await?;
    }
    if wanted("confirms") {
        work::confirms(&mut table, effort).await?;
    }
    if wanted("latency") {
        work::latency(&mut table, effort, saturated).await?;
    }
    if wanted("gateways") {
        work::gateways(&mut table, effort, saturated).await?;
    }
    if wanted("embedded") {
        work::embedded(&mut table, effort, saturated).await?;
    }
    if wanted("backlog") {
        size::backlog(&mut table, effort).await?;
    }
    if wanted("scrapes") {
        size::scrapes(&mut table, effort).await?;
    }
    if wanted("large job") {
        size::large_job(&mut table, effort).await?;
    }
    if wanted("start") {
        size::start(&mut table, effort).await?;
    }
    if wanted("renewals") {
        crowd::renewals(&mut table, effort).await?;
    }
    if wanted("streams") {
        streams::measure(&mut table, effort).await?;
    }
    if wanted("streams under load") {
        streams::under_load(&mut table, effort).await?;
    }
    if wanted("maps") {
        size::maps(&mut table, effort).await?;
    }
    if wanted("endurance") {
        endurance::measure(&mut table, effort).await?;
    }
    if console::PARTS.iter().any(|part| wanted(part)) {
        console::measure(&mut table, effort, wanted).await?;
    }
    Ok(table)
}

/// The cycles per second that are assumed in a run without that measurement.
const TYPICAL_RATE: f64 = 3_000.0;
