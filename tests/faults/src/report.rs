//! The report: each fault and its effect.

use std::fmt;

use serde::Serialize;

/// The effect of one fault, or of a combination of faults, under load.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The name of the fault.
    pub fault: String,
    /// The deployment.
    #[serde(rename = "shape")]
    pub deployment: &'static str,
    /// How many calls succeeded during the fault and until all kinds of calls succeeded again.
    pub operations: u64,
    /// The longest time in which no call succeeded.
    pub unavailable_ms: u64,
    /// The time from the end of the fault until every kind of call has succeeded again.
    pub recovered_ms: u64,
    /// The number of violations.
    pub violations: u64,
    /// The violations in words.
    pub found: Vec<String>,
}

impl Row {
    /// The row of a fault that could not be played.
    pub fn failed(fault: &str, deployment: &'static str, error: &anyhow::Error) -> Self {
        Self {
            fault: fault.to_owned(),
            deployment,
            operations: 0,
            unavailable_ms: 0,
            recovered_ms: 0,
            violations: 1,
            found: vec![format!("{error:#}")],
        }
    }

    /// A line of the table, with the violations below it.
    pub fn line(&self) -> String {
        let mut line = format!(
            "{:<34} {:<11} {:>10} {:>14} {:>13} {:>10}",
            self.fault,
            self.deployment,
            self.operations,
            self.unavailable_ms,
            self.recovered_ms,
            self.violations
        );
        for found in &self.found {
            line.push_str("\n    ");
            line.push_str(found);
        }
        line
    }
}

/// The report of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    seed: u64,
    violations: u64,
    #[serde(rename = "faults")]
    pub(crate) rows: Vec<Row>,
}

impl Report {
    /// An empty report.
    pub fn new(seed: u64) -> Self {
        Self { seed, violations: 0, rows: Vec::new() }
    }

    fn broken(&self) -> u64 {
        self.rows.iter().map(|row| row.violations).sum()
    }

    /// True if something was played and nothing was violated.
    pub fn is_good(&self) -> bool {
        !self.rows.is_empty() && self.broken() == 0
    }

    /// The result as a sentence.
    pub fn sentence(&self) -> String {
        format!("{} faults (seed {}): {} violations", self.rows.len(), self.seed, self.broken())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34} {:<11} {:>10} {:>14} {:>13} {:>10}",
            "fault", "deployment", "operations", "unavailable ms", "recovered ms", "violations"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", row.line()))
    }
}
