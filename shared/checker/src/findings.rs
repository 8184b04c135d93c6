//! What was found to be broken.

use std::fmt;

/// Violations that are kept in words; of more than these only the number is known.
const KEPT: usize = 100;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant, as in `I4`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// How many promises were broken.
    pub count: u64,
    /// The first of them.
    pub violations: Vec<Violation>,
}

impl Findings {
    /// Notes a broken promise.
    pub(crate) fn add(&mut self, invariant: &'static str, what: String) {
        self.count += 1;
        if self.violations.len() < KEPT {
            self.violations.push(Violation { invariant, what });
        }
    }

    /// Notes it unless it holds.
    pub(crate) fn expect(&mut self, holds: bool, invariant: &'static str, what: impl FnOnce() -> String) {
        if !holds {
            self.add(invariant, what());
        }
    }
}
