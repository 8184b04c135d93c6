//! Bugs on purpose: each is planted alone, and seeds are played until one finds it.

use swath_domain::planted::{Bug, plant};

use crate::runs::Runner;

/// Seeds within which a bug must be found.
const WITHIN: u64 = 10_000;

/// A bug, and how many seeds it took.
pub struct Row {
    /// The bug.
    pub bug: Bug,
    /// The number of the seed that found it, from 1; none where none did.
    pub found_after: Option<u64>,
}

/// Plants every bug, or those of these names, and prints the table.
pub fn all(runner: &Runner, first: u64, names: &[String]) -> anyhow::Result<Vec<Row>> {
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
