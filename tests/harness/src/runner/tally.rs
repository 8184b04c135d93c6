//! Counts tests by the summary lines of libtest.

use serde_json::{Value, json};

/// The numbers of tests by their result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, and steps that could not run.
    pub failed: u64,
    /// Ignored tests. They spoil a run as failures do.
    pub skipped: u64,
}

impl Tally {
    /// Counts a line of output if it is the summary of a test binary.
    pub fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.split("; ") {
            match part.split_once(' ') {
                Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                Some((count, "ignored")) => self.skipped += count.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Adds the counts of another tally.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The number of all tests.
    pub fn total(&self) -> u64 {
        self.passed + self.failed + self.skipped
    }

    /// True if something has run and everything has passed.
    pub fn is_good(&self) -> bool {
        self.passed > 0 && self.failed == 0 && self.skipped == 0
    }

    /// The report for `--json`.
    pub fn report(&self) -> Value {
        json!({"passed": self.passed, "failed": self.failed, "skipped": self.skipped})
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s";
    const BAD: &str =
        "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.0s";

    #[test]
    fn closing_lines_add_up() {
        let mut tally = Tally::default();
        for line in [GOOD, BAD, "test leases::renew ... ok", "running 4 tests"] {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 14, failed: 4, skipped: 1 });
        assert_eq!(tally.to_string(), "14 passed, 4 failed, 1 skipped");
    }

    #[test]
    fn a_skipped_test_spoils_the_run_and_so_does_an_empty_one() {
        assert!(Tally { passed: 3, failed: 0, skipped: 0 }.is_good());
        assert!(!Tally { passed: 3, failed: 0, skipped: 1 }.is_good());
        assert!(!Tally::default().is_good());
    }
}
