//! The simulation: the real services and the real verbs of the store on tables in memory, with a bus, locks and a
//! clock that fail. A seed determines a list of operations, the list determines a run, and after every operation all
//! invariants are checked.

mod allowed;
mod annotate;
mod attempts;
mod audit;
mod check;
mod coverage;
mod events;
mod follower;
mod hand_in;
mod history;
mod imports;
mod judge;
mod manage;
mod model;
#[cfg(feature = "mutants")]
mod mutants;
mod no_work;
mod ops;
mod people;
mod person;
mod picture;
mod pictures;
mod process;
mod regressions;
mod replay;
mod reply;
mod rest;
mod runs;
mod sources;
mod spoil;
mod verify;
mod violation;
mod world;

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use serde_json::json;

use model::Protocol;
use regressions::Regression;
use runs::Runner;

/// Every seed builds and drops a whole world, so allocation takes much of a run's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays seeds and looks for violations.
#[derive(Debug, Parser)]
struct Options {
    /// The number of seeds.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Play every seed twice and compare.
    #[arg(long)]
    twice: bool,
    /// In a build with mutants: plant only these bugs.
    #[arg(long, value_name = "NAME")]
    bug: Vec<String>,
    /// Also alter this many valid histories in one place each, and check that the checker finds every alteration.
    #[arg(long, default_value_t = 0)]
    spoiled: u64,
    /// Also explore the model of the lease protocol, with at most this many expiries, crashes and doubled messages.
    #[arg(long, num_args = 3, value_names = ["EXPIRIES", "CRASHES", "DOUBLES"])]
    model: Vec<u8>,
    /// Print what happens in the first seed, line by line.
    #[arg(long)]
    tell: bool,
    /// The file for the report.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let runner = Runner::new()?;
    if options.tell {
        let outcome = runner.list(options.seed, &ops::of_seed(options.seed), true)?;
        outcome.story.iter().for_each(|line| println!("{line}"));
        println!("{:?}", outcome.violation);
        return Ok(ExitCode::SUCCESS);
    }
    #[cfg(feature = "mutants")]
    return mutants::play(&runner, options.seed, &options.bug, options.json.as_deref());
    #[cfg(not(feature = "mutants"))]
    play_all(&runner, &options)
}

/// Plays the regressions, the seeds, the model and the spoiled histories.
#[cfg_attr(feature = "mutants", expect(dead_code, reason = "mutants are played instead"))]
fn play_all(runner: &Runner, options: &Options) -> anyhow::Result<ExitCode> {
    let (again, kept) = regressions::all(runner)?;
    again.iter().for_each(|broken| println!("{broken}"));
    println!("{} of {kept} regressions still pass", kept - again.len());
    let mut played = play(runner, options)?;
    played.violations += again.len() as u64;
    if let [expiries, crashes, doubles] = options.model[..] {
        played.violations += explore(Protocol { expiries, crashes, doubles, prepare: || {} });
    }
    let caught = spoil::all(runner, options.seed, options.spoiled)?;
    caught.missed.iter().for_each(|missed| println!("not caught: {missed}"));
    played.violations += caught.missed.len() as u64;
    if let Some(file) = &options.json {
        let report = json!({"seeds": played.seeds, "operations": played.operations, "violations": played.violations,
            "seeds_per_second": played.rate(played.seeds), "operations_per_second": played.rate(played.operations)});
        std::fs::write(file, format!("{report}\n"))?;
    }
    println!(
        "{} seeds, {} operations: {} violations; {:.0} seeds and {:.0} operations a second",
        played.seeds,
        played.operations,
        played.violations,
        played.rate(played.seeds),
        played.rate(played.operations)
    );
    Ok(if played.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Explores the model and prints its size. Returns the number of violated properties.
fn explore(protocol: Protocol) -> u64 {
    let started = Instant::now();
    let (states, broken) = model::explore(protocol);
    broken.iter().for_each(|broken| println!("model: {broken}"));
    println!(
        "model: {states} states in {:.0} s, {} properties violated",
        started.elapsed().as_secs_f64(),
        broken.len()
    );
    broken.len() as u64
}

/// What was played, and how fast.
struct Played {
    seeds: u64,
    operations: u64,
    violations: u64,
    seconds: f64,
}

impl Played {
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    fn rate(&self, count: u64) -> f64 {
        (count as f64 / self.seconds).round()
    }
}

/// How many failing seeds are shortened and shown. More of them would rarely say anything new.
const SHOWN: usize = 3;

/// Plays the seeds on all cores. The worlds share nothing, and each thread has a runner of its own.
fn play(runner: &Runner, options: &Options) -> anyhow::Result<Played> {
    let started = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let seeds_of = |thread: u64| (thread..options.seeds).step_by(threads as usize).map(|n| options.seed + n);
    let parts = std::thread::scope(|scope| {
        let playing: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || play_seeds(seeds_of(thread), options.twice)))
            .collect();
        playing
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut findings: Vec<_> = parts.iter().flat_map(|part| &part.findings).collect();
    findings.sort_by_key(|finding| finding.seed);
    for (position, Finding { seed, what, is_replayable }) in findings.iter().enumerate() {
        println!("seed {seed}: {what}");
        if *is_replayable && position < SHOWN {
            show(runner, *seed)?;
        }
    }
    Ok(Played {
        seeds: parts.iter().map(|part| part.seeds).sum(),
        operations: parts.iter().map(|part| part.operations).sum(),
        violations: findings.len() as u64,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// What one thread has played.
#[derive(Default)]
struct Part {
    seeds: u64,
    operations: u64,
    findings: Vec<Finding>,
}

/// What is wrong with a seed.
struct Finding {
    seed: u64,
    what: String,
    /// Whether the same operations find it again, so that they can be shortened.
    is_replayable: bool,
}

fn play_seeds(seeds: impl Iterator<Item = u64>, twice: bool) -> anyhow::Result<Part> {
    let runner = Runner::new()?;
    let mut part = Part::default();
    for seed in seeds {
        let outcome = runner.seed(seed)?;
        (part.seeds, part.operations) = (part.seeds + 1, part.operations + outcome.operations);
        if twice {
            let again = runner.seed(seed)?;
            (part.seeds, part.operations) = (part.seeds + 1, part.operations + again.operations);
            if again.fingerprint != outcome.fingerprint {
                let what = "does not replay identically".to_owned();
                part.findings.push(Finding { seed, what, is_replayable: false });
            }
        }
        if let Some(violation) = outcome.violation {
            part.findings.push(Finding { seed, what: violation.0, is_replayable: true });
        }
    }
    Ok(part)
}

fn show(runner: &Runner, seed: u64) -> anyhow::Result<()> {
    let short = runner.shrink(seed, ops::of_seed(seed))?;
    let outcome = runner.list(seed, &short, true)?;
    println!("  {} operations are enough:", short.len());
    short.iter().for_each(|op| println!("    {op:?}"));
    outcome.story.iter().for_each(|line| println!("    | {line}"));
    let broken = outcome.violation.map_or_else(String::new, |violation| violation.0);
    println!("  {broken}");
    let file = regressions::keep(&Regression { broken, seed, ops: short })?;
    println!("  kept as {}", file.display());
    Ok(())
}
