//! `swath-bench`: what the machine gives, what bare loops give on it, and what Swath gives beside them.

#![expect(clippy::disallowed_methods, reason = "measured on the machine's own clock, with ids of nobody's")]

mod bare;
mod console;
mod cost;
mod crowd;
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
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    program: Option<Program>,
    /// Shorter windows and fewer repetitions: a look, and no result
    #[arg(long)]
    quick: bool,
    /// Say which statements PostgreSQL spends its time on; that costs some of it
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
    let pair = text.split_once('=').ok_or("neither a key nor a value")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Serves a bare loop; the bench starts it by itself
    #[command(hide = true)]
    Bare(bare::BareArgs),
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Before a window opens.
    pub warm_up: Duration,
    /// The window.
    pub window: Duration,
    /// How often each is measured.
    pub times: usize,
    /// Whether PostgreSQL keeps account of its statements.
    pub profile: bool,
}

impl Effort {
    fn of(options: &Options) -> Self {
        let (seconds, profile) = (Duration::from_secs, options.profile);
        match options.quick {
            true => Self { warm_up: seconds(2), window: seconds(5), times: 1, profile },
            false => Self { warm_up: seconds(4), window: seconds(12), times: 3, profile },
        }
    }
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
    // Children are bound to the thread that starts them, which is this one: only the load runs on others.
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

/// What is measured, in order; later rows are told in shares of earlier ones.
async fn measure(options: &Options) -> anyhow::Result<Table> {
    let wanted = |name: &str| {
        options.filters.is_empty() || options.filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let (effort, mut table) = (Effort::of(options), Table::default());
    if wanted("machine") {
        machine::measure(&mut table, effort).await?;
    }
    let mut saturated = TYPICAL;
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

/// Cycles a second, for a run that leaves their measurement out.
const TYPICAL: f64 = 3_000.0;
