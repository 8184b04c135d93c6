//! The violations that a check has found.

use std::fmt;

/// How many violations are kept in words. The others are only counted.
const VIOLATIONS_KEPT: usize = 100;

/// A violated invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, such as `I4`, or `history` for a defect of the material.
    pub invariant: &'static str,
    /// A description.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// All violations of a job.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Their number.
    pub count: u64,
    /// The first of them, in words.
    pub violations: Vec<Violation>,
}

impl Findings {
    /// Adds a violation.
    pub(crate) fn add(&mut self, invariant: &'static str, what: String) {
        self.count += 1;
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(Violation { invariant, what });
        }
    }

    /// Adds a violation unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, invariant: &'static str, what: impl FnOnce() -> String) {
        if !holds {
            self.add(invariant, what());
        }
    }
}
