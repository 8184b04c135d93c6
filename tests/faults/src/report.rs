//! What was broken and what came of it.

use std::fmt;

use serde::Serialize;

/// One fault, or one combination of faults, under load.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which.
    pub fault: String,
    /// In which shape.
    pub shape: &'static str,
    /// Calls that were done while it lasted and until everything went again.
    pub operations: u64,
    /// The longest time in which no call at all was done.
    pub unavailable_ms: u64,
    /// From the mending until every kind of call had been done again.
    pub recovered_ms: u64,
    /// Broken promises.
    pub violations: u64,
    /// In words.
    pub found: Vec<String>,
}

impl Row {
    /// A row of something that could not even be played.
    pub fn failed(fault: &str, shape: &'static str, error: &anyhow::Error) -> Self {
        Self {
            fault: fault.to_owned(),
            shape,
            operations: 0,
            unavailable_ms: 0,
            recovered_ms: 0,
            violations: 1,
            found: vec![format!("{error:#}")],
        }
    }

    /// One line of the table, and what was found below it.
    pub fn line(&self) -> String {
        let mut line = format!(
            "{:<34} {:<11} {:>10} {:>14} {:>13} {:>10}",
            self.fault, self.shape, self.operations, self.unavailable_ms, self.recovered_ms, self.violations
        );
        for found in &self.found {
            line.push_str("\n    ");
            line.push_str(found);
        }
        line
    }
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    seed: u64,
    violations: u64,
    #[serde(rename = "faults")]
    pub(crate) rows: Vec<Row>,
}

impl Report {
    /// A report with nothing in it yet.
    pub fn new(seed: u64) -> Self {
        Self { seed, violations: 0, rows: Vec::new() }
    }

    fn broken(&self) -> u64 {
        self.rows.iter().map(|row| row.violations).sum()
    }

    /// Whether something was played, and nothing was broken.
    pub fn is_good(&self) -> bool {
        !self.rows.is_empty() && self.broken() == 0
    }

    /// The result in a sentence.
    pub fn sentence(&self) -> String {
        format!("{} faults (seed {}): {} violations", self.rows.len(), self.seed, self.broken())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34} {:<11} {:>10} {:>14} {:>13} {:>10}",
            "fault", "shape", "operations", "unavailable ms", "recovered ms", "violations"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", row.line()))
    }
}
