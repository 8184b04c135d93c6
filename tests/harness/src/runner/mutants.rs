//! A copy of the sources in which bugs are planted by the patches of `tests/simulation/mutants`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The files and folders that the simulation is built from.
const SOURCES: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "services", "shared", "migrations", "tests", "rustfmt.toml", "clippy.toml"];
/// Folders that are never copied.
const NOT_COPIED: [&str; 3] = ["target", "node_modules", "dist"];
/// Where the patches are.
const MUTANTS: &str = "tests/simulation/mutants";
/// The list of bugs, and its place in the copy.
const BUG_LIST: (&str, &str) = ("tests/simulation/mutants/planted.rs", "shared/domain/src/planted.rs");

/// A copy of the sources with all bugs planted.
pub struct PlantedCopy {
    folder: PathBuf,
    builds: PathBuf,
}

impl PlantedCopy {
    /// The root of the copy.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The `target` folder, which the copy shares with the original sources.
    pub fn builds(&self) -> &Path {
        &self.builds
    }
}

/// Updates the copy, file by file, so that only what has changed is built again, and applies the patches.
pub fn planted_copy() -> anyhow::Result<PlantedCopy> {
    let root = std::env::current_dir()?;
    let builds = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = builds.join("mutants");
    let fresh = builds.join("mutants-fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    for name in SOURCES {
        copy(&root.join(name), &fresh.join(name)).with_context(|| format!("{name} cannot be copied"))?;
    }
    fs::copy(root.join(BUG_LIST.0), fresh.join(BUG_LIST.1))?;
    rename_version(&fresh.join("Cargo.toml"))?;
    for patch in patches(&root.join(MUTANTS))? {
        apply(&fresh, &patch)?;
    }
    keep_what_is_same(&folder, &fresh)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&fresh, &folder)?;
    Ok(PlantedCopy { folder, builds })
}

/// Gives the crates of the copy a version of their own. With the same version they would be the same crates to cargo, and
/// the next build of the original sources would take the copy's from their shared folder.
fn rename_version(manifest: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(manifest)?;
    let original = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    ensure!(text.contains(original), "{} does not say the version", manifest.display());
    fs::write(manifest, text.replacen(original, "\nversion = \"0.0.0\"\n", 1))?;
    Ok(())
}

fn patches(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut patches = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "patch") {
            patches.push(path);
        }
    }
    patches.sort();
    ensure!(!patches.is_empty(), "there are no patches in {}", folder.display());
    Ok(patches)
}

fn apply(tree: &Path, patch: &Path) -> anyhow::Result<()> {
    // Without the ceiling, git would take the copy for a part of the repository around it and skip every file.
    let ceiling = tree.parent().unwrap_or(tree);
    let done = Command::new("git")
        .args(["apply", "--recount"])
        .arg(patch)
        .current_dir(tree)
        .env("GIT_CEILING_DIRECTORIES", ceiling)
        .output()
        .context("git is needed to apply the patches")?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{} does not apply any more: {}", patch.display(), said.trim());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let is_left_out = NOT_COPIED.iter().any(|name| entry.file_name() == *name);
        if !is_left_out {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Restores the modification times of unchanged files, so that cargo does not build them again.
fn keep_what_is_same(last: &Path, fresh: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(fresh)? {
        let entry = entry?;
        let (before, now) = (last.join(entry.file_name()), entry.path());
        if now.is_dir() {
            if before.is_dir() {
                keep_what_is_same(&before, &now)?;
            }
        } else if before.is_file() && fs::read(&before)? == fs::read(&now)? {
            let modified = fs::metadata(&before)?.modified()?;
            fs::File::options().write(true).open(&now)?.set_modified(modified)?;
        }
    }
    Ok(())
}
