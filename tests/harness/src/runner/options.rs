//! The command line of `tests/run`.

use std::path::PathBuf;

const USAGE: &str = "usage: tests/run [quick|unit|e2e|console|deploy|simulation|mutants|faults|bench] [--json FILE] [--keep] [--shape embedded|distributed] [FILTER]...";

/// A part of the test suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Formatting, lints, unit tests and a smoke test.
    Quick,
    /// The tests of every crate, on real servers.
    Unit,
    /// The whole system as processes, in both deployments.
    EndToEnd,
    /// The console in a browser, in both deployments.
    Console,
    /// What is shipped beside the program: dashboards, alerts, images, manifests.
    Deploy,
    /// Simulated worlds, one for each seed.
    Simulation,
    /// Bugs planted in a copy of the sources, which the simulation must find.
    Mutants,
    /// Real faults on real servers, under load.
    Faults,
    /// Benchmarks; never part of [`Part::All`].
    Bench,
    /// All parts but the bench.
    All,
}

/// The parts that can be asked for by name.
const PARTS: [(&str, Part); 9] = [
    ("quick", Part::Quick),
    ("unit", Part::Unit),
    ("e2e", Part::EndToEnd),
    ("console", Part::Console),
    ("deploy", Part::Deploy),
    ("simulation", Part::Simulation),
    ("mutants", Part::Mutants),
    ("faults", Part::Faults),
    ("bench", Part::Bench),
];

impl Part {
    /// Its name on the command line; "all" for the complete run, which is asked for without a name.
    pub fn name(self) -> &'static str {
        PARTS.iter().find(|(_, part)| *part == self).map_or("all", |(name, _)| name)
    }
}

/// The command line's options.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The part to run.
    pub part: Part,
    /// The file for the counts.
    pub json: Option<PathBuf>,
    /// Keeps the processes' data and logs after the run.
    pub keep: bool,
    /// Runs end-to-end tests in this deployment only.
    pub deployment: Option<String>,
    /// Only tests whose names contain one of these.
    pub filters: Vec<String>,
    /// Options that are passed on to the part.
    pub passed: Vec<String>,
}

impl Options {
    /// Reads the arguments. The error is a message for the user.
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.peekable();
        let part = match arguments.peek().map(String::as_str) {
            Some(word) if !word.starts_with('-') => named(&arguments.next().unwrap_or_default())?,
            _ => Part::All,
        };
        let mut options =
            Self { part, json: None, keep: false, deployment: None, filters: Vec::new(), passed: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.json = Some(value(&argument, arguments.next())?.into()),
                "--keep" => options.keep = true,
                "--shape" => options.deployment = Some(deployment(value(&argument, arguments.next())?)?),
                "--seeds" | "--seed" | "--spoiled" if part == Part::Simulation => {
                    options.passed.extend([argument.clone(), value(&argument, arguments.next())?]);
                }
                "--seed" | "--bug" if part == Part::Mutants => {
                    options.passed.extend([argument.clone(), value(&argument, arguments.next())?]);
                }
                "--minutes" | "--seed" if part == Part::Faults => {
                    options.passed.extend([argument.clone(), value(&argument, arguments.next())?]);
                }
                "--quick" | "--profile" if part == Part::Bench => options.passed.push(argument.clone()),
                _ if argument.starts_with('-') => return Err(format!("unknown option {argument}\n{USAGE}")),
                _ => options.filters.push(argument),
            }
        }
        Ok(options)
    }
}

fn named(word: &str) -> Result<Part, String> {
    let known = PARTS.iter().find(|(name, _)| *name == word);
    known.map(|(_, part)| *part).ok_or_else(|| format!("unknown part {word}\n{USAGE}"))
}

fn value(option: &str, given: Option<String>) -> Result<String, String> {
    given.ok_or_else(|| format!("{option} wants a value\n{USAGE}"))
}

fn deployment(given: String) -> Result<String, String> {
    match given.as_str() {
        "embedded" | "distributed" => Ok(given),
        _ => Err(format!("unknown deployment {given}\n{USAGE}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn nothing_means_everything() {
        assert_eq!(read("").unwrap().part, Part::All);
        assert_eq!(read("--json out.json").unwrap().json, Some("out.json".into()));
    }

    #[test]
    fn a_part_has_its_own_options() {
        let options = read("e2e --shape embedded leases").unwrap();
        assert_eq!((options.part, options.deployment.as_deref()), (Part::EndToEnd, Some("embedded")));
        assert_eq!(options.filters, ["leases"]);
    }

    #[test]
    fn a_simulation_begins_where_it_is_told_to() {
        let options = read("simulation --seeds 10 --seed 7").unwrap();
        assert_eq!(
            (options.part, options.passed.join(" ")),
            (Part::Simulation, "--seeds 10 --seed 7".to_owned())
        );
        assert!(read("unit --seeds 10").unwrap_err().contains("unknown option"));
    }

    #[test]
    fn faults_go_on_for_as_long_as_they_are_told_to() {
        let options = read("faults --minutes 60 --seed 3 redis").unwrap();
        assert_eq!(
            (options.part, options.passed.join(" ")),
            (Part::Faults, "--minutes 60 --seed 3".to_owned())
        );
        assert_eq!(options.filters, ["redis"]);
    }

    #[test]
    fn a_bench_may_be_quick_and_nothing_else_may() {
        let options = read("bench --quick --json out.json verdicts").unwrap();
        assert_eq!((options.part, options.passed.join(" ")), (Part::Bench, "--quick".to_owned()));
        assert_eq!(options.filters, ["verdicts"]);
        assert!(read("e2e --quick").unwrap_err().contains("unknown option"));
    }

    #[test]
    fn what_does_not_exist_is_said() {
        assert!(read("everything").unwrap_err().contains("usage"));
        assert!(read("e2e --json").unwrap_err().contains("wants a value"));
    }
}
