//! Mutants: bugs that patches have added to a copy of the sources, each behind a switch. Each is planted alone, and
//! seeds are played until one finds it. See `tests/simulation/mutants`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use swath_domain::planted::{Bug, plant};

use crate::model::{self, Protocol};
use crate::runs::Runner;

/// The number of seeds within which a bug must be found.
const WITHIN: u64 = 10_000;

/// A bug, and how many seeds it took to find it.
struct Row {
    bug: Bug,
    /// The number of the seed that found it, from 1; `None` if no seed did.
    found_after: Option<u64>,
}

/// Plants every bug, or the named ones, and writes a report.
pub fn play(
    runner: &Runner,
    first: u64,
    names: &[String],
    report: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let rows = all(runner, first, names)?;
    let missed = rows.iter().filter(|row| row.found_after.is_none()).count() as u64;
    let missed = missed + if names.is_empty() { blind_spots() } else { 0 };
    if let Some(file) = report {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| json!({"bug": format!("{:?}", row.bug), "found_after": row.found_after}))
            .collect();
        std::fs::write(file, format!("{}\n", json!({"planted": rows})))?;
    }
    let found = rows.iter().filter(|row| row.found_after.is_some()).count();
    println!("{found} of {} planted bugs were found", rows.len());
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Bugs of the protocol that the model must find with an expiry and a doubled message. Returns how many it misses.
fn blind_spots() -> u64 {
    let prepared: [(Bug, fn()); 2] = [
        (Bug::FenceUnchecked, || plant(Some(Bug::FenceUnchecked))),
        (Bug::RequeueNothing, || plant(Some(Bug::RequeueNothing))),
    ];
    let mut missed = 0;
    for (bug, prepare) in prepared {
        let (states, broken) = model::explore(Protocol { expiries: 1, crashes: 0, doubles: 1, prepare });
        println!("model with {bug:?}: {} properties violated within {states} states", broken.len());
        missed += u64::from(broken.is_empty());
    }
    missed
}

/// Plants every bug, or the named ones, and prints a table.
fn all(runner: &Runner, first: u64, names: &[String]) -> anyhow::Result<Vec<Row>> {
    println!("{:<22} {:>6}  by", "bug", "seeds");
    let mut rows = Vec::new();
    let is_named = |bug: &&Bug| names.is_empty() || names.contains(&format!("{bug:?}"));
    for bug in Bug::ALL.iter().filter(is_named) {
        plant(Some(*bug));
        let found = find(runner, first);
        plant(None);
        let found = found?;
        let (count, words) = match &found {
            Some((count, words)) => (count.to_string(), words.chars().take(100).collect()),
            None => ("never".to_owned(), String::new()),
        };
        println!("{:<22} {count:>6}  {words}", format!("{bug:?}"));
        rows.push(Row { bug: *bug, found_after: found.map(|(count, _)| count) });
    }
    Ok(rows)
}

fn find(runner: &Runner, first: u64) -> anyhow::Result<Option<(u64, String)>> {
    for count in 1..=WITHIN {
        if let Some(violation) = runner.seed(first + count - 1)?.violation {
            return Ok(Some((count, violation.0)));
        }
    }
    Ok(None)
}
