//! The older release with which the test of a rolling upgrade begins.

use std::path::PathBuf;

use tokio::process::Command;

use crate::run::Run;
use crate::step::Kind;

/// The last commit before migration 0004. Its messages of completed work name a job, and it does not count first
/// passes.
const COMMIT: &str = "c0cc3200777db7d250eb1d4f4c7055d498edfe17";

/// Builds the older release unless it is there, and returns the path of its program. Run this before our own build,
/// which writes to the same path.
pub async fn build(run: &mut Run) -> Option<PathBuf> {
    let program = run.cache().join("older").join(COMMIT).join("swath");
    if program.exists() {
        return Some(program);
    }
    let mut command = Command::new("tests/deploy/older.sh");
    command.arg(COMMIT).arg(run.target()).arg(&program);
    run.step("building an older Swath", Kind::Build, command).await.then_some(program)
}
