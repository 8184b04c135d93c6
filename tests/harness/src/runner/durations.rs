//! How long the steps of a run took, by the part of the test suite that they belong to.

use std::fmt;
use std::time::Duration;

use crate::options::Part;

/// The durations of the steps, in the order in which they ran.
#[derive(Debug, Default)]
pub struct Durations(Vec<(Part, String, Duration)>);

impl Durations {
    /// Adds a step.
    pub fn add(&mut self, part: Part, step: &str, took: Duration) {
        self.0.push((part, step.to_owned(), took));
    }
}

/// A line per part: its minutes, then those of its steps.
impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.chunk_by(|one, next| one.0 == next.0) {
            let total: Duration = part.iter().map(|(.., took)| *took).sum();
            let steps: Vec<_> =
                part.iter().map(|(_, step, took)| format!("{step} {:.1}", minutes(*took))).collect();
            let name = part[0].0.name();
            writeln!(f, "{:5.1} minutes  {name}: {}", minutes(total), steps.join(", "))?;
        }
        let all: Duration = self.0.iter().map(|(.., took)| *took).sum();
        write!(f, "{:5.1} minutes  in all", minutes(all))
    }
}

fn minutes(duration: Duration) -> f64 {
    duration.as_secs_f64() / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_line_with_its_steps() {
        let mut durations = Durations::default();
        durations.add(Part::Unit, "building the tests", Duration::from_secs(90));
        durations.add(Part::Unit, "unit tests", Duration::from_secs(60));
        durations.add(Part::Faults, "faults", Duration::from_secs(600));
        assert_eq!(
            durations.to_string(),
            "  2.5 minutes  unit: building the tests 1.5, unit tests 1.0\n 10.0 minutes  faults: faults 10.0\n \
             12.5 minutes  in all"
        );
    }
}
