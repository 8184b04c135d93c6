//! What all servers need to start and to stop.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// How long a server may take to start on a busy machine.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a server may take to end before it is killed.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The output of a short command that must succeed.
pub(super) async fn output_of(command: Command) -> anyhow::Result<String> {
    let shown = format!("{command:?}");
    let run = tokio::process::Command::from(command).kill_on_drop(true).output();
    let output = tokio::time::timeout(START_TIMEOUT, run).await??;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(text)
}
