//! One command of a run. Its output is passed on, and its tests are counted from it.

use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::tally::Tally;

/// How the result of a step is determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Passes if it exits with 0; counts as one test.
    Check,
    /// Passes if it exits with 0; counts only when it fails.
    Build,
    /// Runs test binaries, which are counted by their summary lines.
    Tests,
}

/// Runs `command` to its end. A step that cannot be started counts as a failure.
pub async fn run(title: &str, kind: Kind, mut command: Command) -> Tally {
    println!("── {title}");
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    match follow(&mut command).await {
        Ok((status, tally)) => judge(title, kind, status.success(), tally),
        Err(error) => {
            println!("{title}: {error}");
            Tally { failed: 1, ..Tally::default() }
        }
    }
}

fn judge(title: &str, kind: Kind, success: bool, counted: Tally) -> Tally {
    let ran = match kind {
        Kind::Check if success => Tally { passed: 1, ..Tally::default() },
        Kind::Tests => counted,
        Kind::Check | Kind::Build => Tally::default(),
    };
    let silent = ran.failed == 0 && (!success || (kind == Kind::Tests && ran.total() == 0));
    if silent {
        println!("{title}: failed");
    }
    Tally { failed: ran.failed + u64::from(silent), ..ran }
}

async fn follow(command: &mut Command) -> std::io::Result<(ExitStatus, Tally)> {
    let mut group = Group(command.spawn()?);
    let mut tally = Tally::default();
    if let Some(output) = group.0.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            tally.read(&line);
            println!("{line}");
        }
    }
    Ok((group.0.wait().await?, tally))
}

/// A child whose process group is killed with it, so that ^C leaves no compiler and no test running.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0.id() {
            let _ = killpg(Pid::from_raw(id.cast_signed()), Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_without_a_count_is_one_failure() {
        assert_eq!(judge("build", Kind::Build, false, Tally::default()).failed, 1);
        assert_eq!(judge("tests", Kind::Tests, true, Tally::default()).failed, 1);
        let counted = Tally { passed: 1, failed: 2, skipped: 0 };
        assert_eq!(judge("tests", Kind::Tests, false, counted), counted);
    }

    #[test]
    fn a_check_that_holds_is_one_test() {
        assert_eq!(judge("fmt", Kind::Check, true, Tally::default()).passed, 1);
        assert_eq!(judge("build", Kind::Build, true, Tally::default()), Tally::default());
    }
}
