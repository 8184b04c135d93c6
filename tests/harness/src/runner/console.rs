//! Checks of the console's sources: their types, by the TypeScript compiler, and their unit tests.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tokio::process::Command;

use crate::fetch::Fetched;
use crate::run::Run;
use crate::step::Kind;

/// The console's sources.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web");
/// Folders that the tools make among the sources; they are not copied.
const NOT_COPIED: [&str; 2] = ["node_modules", "dist"];
/// A copy of the lock file that `node_modules` was installed by.
const INSTALLED: &str = "installed-lock.json";

/// The accessibility checker, below the copy.
const AXE: &str = "node_modules/axe-core/axe.min.js";

/// Checks a copy of the sources, so that nothing is installed into the repository.
pub async fn check(run: &mut Run) {
    let Some(work) = install(run).await else { return };
    run.step("the console's types", Kind::Check, npm(&work, &["run", "--silent", "check"])).await;
    run.step("the console's own tests", Kind::Check, npm(&work, &["test", "--silent"])).await;
}

/// Installs the npm packages that browser tests need, and returns where they are.
pub async fn tools(run: &mut Run) -> Option<Fetched> {
    Some(("SWATH_TEST_AXE", install(run).await?.join(AXE)))
}

/// Copies the sources and installs their packages beside the copy. `None` if that fails; the failure is counted.
async fn install(run: &mut Run) -> Option<PathBuf> {
    let work = run.cache().join("console");
    let is_new = match copied(Path::new(SOURCES), &work) {
        Ok(is_new) => is_new,
        Err(error) => {
            run.fail(&format!("{}: {error}", work.display()));
            return None;
        }
    };
    if is_new {
        let install = npm(&work, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
        if !run.step("installing the console's tools", Kind::Build, install).await {
            return None;
        }
        if let Err(error) = fs::copy(work.join("package-lock.json"), work.join(INSTALLED)) {
            run.fail(&format!("{}: {error}", work.display()));
            return None;
        }
    }
    Some(work)
}

fn npm(work: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(work);
    command
}

/// Copies the sources. True if the packages must be installed anew.
fn copied(from: &Path, to: &Path) -> io::Result<bool> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let keeps = entry.file_name() == "node_modules" || entry.file_name() == INSTALLED;
        match entry.file_type()?.is_dir() {
            _ if keeps => {}
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    copy(from, to, &NOT_COPIED)?;
    let installed: PathBuf = to.join(INSTALLED);
    Ok(fs::read(installed).ok() != Some(fs::read(to.join("package-lock.json"))?))
}

fn copy(from: &Path, to: &Path, left_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if left_out.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target, &[])?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
