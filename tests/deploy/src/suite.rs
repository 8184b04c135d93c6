//! What `deploy/` ships: rules, dashboards, images and manifests, each checked by the tool that reads it, and all of
//! it together on a running installation under load.
#![cfg(test)]

mod boards;
mod browsing;
mod consistency;
mod described;
mod files;
mod load;
mod moved;
mod older_data;
mod prometheus;
mod repeated;
mod restored;
mod rules;
mod shipped;
mod streaming;
mod upgraded;
mod watched;

use std::path::{Path, PathBuf};
use std::time::Duration;

use swath_harness::client::{Job, User};
use swath_harness::until;

/// How long a tool may run.
const TOOL_TIMEOUT: Duration = Duration::from_secs(120);

/// A file or folder of the repository.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A tool from PyPI, installed next to the Python interpreter of the run.
fn fetched(tool: &str) -> PathBuf {
    let python = std::env::var_os("SWATH_TEST_PYTHON").expect("SWATH_TEST_PYTHON, which tests/run sets");
    Path::new(&python).with_file_name(tool)
}

/// Runs a program, which must exit with 0, and returns its output.
async fn run_checked(program: &str, arguments: &[&str]) -> String {
    run("", program, arguments).await
}

/// Runs a tool in a folder of the repository, which must exit with 0, and returns its output.
async fn run(folder: &str, program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let program = program.as_ref();
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).current_dir(at(folder)).kill_on_drop(true);
    let output = tokio::time::timeout(TOOL_TIMEOUT, command.output()).await.expect("the tool ends");
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let [printed, complained] = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy);
    assert!(output.status.success(), "{} {arguments:?}:\n{printed}{complained}", program.display());
    printed.into_owned()
}

/// Waits until the coverage of a job agrees with its progress: in a moved or restored database it is counted again.
async fn map_agrees(manager: &User, job: &Job) {
    let agrees = || async {
        let seen = manager.get(&job.path("")).await.ok()["progress"].clone();
        let map = manager.get(&job.path("/coverage?buckets=1")).await.ok()["buckets"][0].clone();
        let of = |states: &[&str]| states.iter().filter_map(|state| map[*state].as_i64()).sum::<i64>();
        let same = ["in_progress", "completed", "in_review", "accepted", "skipped", "cancelled"]
            .into_iter()
            .all(|state| seen[state] == of(&[state]));
        (same && seen["pending"] == of(&["waiting", "rework", "held"])).then_some(())
    };
    until("the map of the job to agree with its numbers", TOOL_TIMEOUT, agrees).await.unwrap();
}
