//! Collects the faults of a source with many lines or files: the first of them, and their number. The user can then correct
//! all of them at once.

use swath_formats::manifest::ManifestError;
use swath_runtime::Problem;
use swath_runtime::problem::Fault;

/// Faults that are reported one by one.
const REPORTED_MAX: usize = 100;

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    first: Vec<Fault>,
    count: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.count += 1;
        if self.first.len() < REPORTED_MAX {
            self.first.push(fault);
        }
    }

    pub(crate) fn add_all(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.add(fault));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The problem that reports them; `None` if there is no fault.
    pub(crate) fn into_problem(self) -> Option<Problem> {
        let mut detail = sentence(self.first.first()?);
        if self.count > 1 {
            detail.push_str(&format!(" (and {} more)", self.count - 1));
        }
        let problem = Problem { errors: self.first, detail, ..Problem::invalid(Vec::new()) };
        Some(problem.with("faults", self.count))
    }
}

/// A fault as a sentence that begins with where it is.
fn sentence(fault: &Fault) -> String {
    let line = fault.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let field = fault.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    format!("{line}{field}{}", fault.message)
}

/// The fault of a manifest's line.
pub(crate) fn fault_of(error: ManifestError) -> Fault {
    Fault { field: error.field, line: Some(error.line), index: None, message: error.message }
}

/// The problem of an error that ends the reading of a manifest.
pub(crate) fn problem_of(error: ManifestError) -> Problem {
    Problem::field(error.field.unwrap_or_default(), error.message).at_line(error.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_faults_are_counted_and_the_first_are_reported() {
        assert!(Faults::default().into_problem().is_none());
        let mut faults = Faults::default();
        let fault = |line| Fault { line: Some(line), message: "is wrong".into(), ..Fault::default() };
        faults.add_all((1..=250).map(fault));
        let problem = faults.into_problem().unwrap();
        assert_eq!((problem.errors.len(), problem.more["faults"].as_u64()), (REPORTED_MAX, Some(250)));
        assert_eq!(problem.detail, "line 1: is wrong (and 249 more)");
    }
}
