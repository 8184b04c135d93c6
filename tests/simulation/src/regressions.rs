//! Short lists of operations that once broke an invariant. They are kept as files and played first.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::ops::Op;
use crate::runs::Runner;

/// A list of operations, and the seed of its world.
#[derive(Debug, Serialize, Deserialize)]
pub struct Regression {
    /// The violation, in words.
    pub broken: String,
    /// The world's seed.
    pub seed: u64,
    /// The operations that are needed to break it.
    pub ops: Vec<Op>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Plays all regressions. Returns the names of those that fail, and their total number.
pub fn all(runner: &Runner) -> anyhow::Result<(Vec<String>, usize)> {
    let entries = std::fs::read_dir(folder())?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let mut broken = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kept: Regression = serde_json::from_slice(&std::fs::read(file)?).with_context(|| name.clone())?;
        if let Some(violation) = runner.list(kept.seed, &kept.ops, false)?.violation {
            broken.push(format!("{name}: {}", violation.0));
        }
    }
    Ok((broken, files.len()))
}

/// Writes a regression to a file.
pub fn keep(regression: &Regression) -> anyhow::Result<PathBuf> {
    let file = folder().join(format!("seed-{}.json", regression.seed));
    std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(regression)?))?;
    Ok(file)
}
