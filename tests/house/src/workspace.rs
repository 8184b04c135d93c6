//! Finding the crates of the workspace, their roots and their files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folders whose subfolders are the members of the workspace, as the root's `Cargo.toml` names them.
const MEMBERS: [&str; 3] = ["services", "shared", "tests"];

/// One crate of the workspace.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its folder below the workspace's root, as `shared/bus`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// The root of the workspace that this crate was built in.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .components()
        .rev()
        .skip(2)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

/// All crates of a workspace.
///
/// # Errors
/// When a folder cannot be read.
pub fn crates(root: &Path) -> anyhow::Result<Vec<Crate>> {
    let mut found = Vec::new();
    for group in MEMBERS {
        for folder in entries(&root.join(group))? {
            if let (true, Some(name)) = (folder.join("Cargo.toml").is_file(), folder.file_name()) {
                found.push(Crate { name: format!("{group}/{}", name.to_string_lossy()), folder });
            }
        }
    }
    Ok(found)
}

impl Crate {
    /// The files from which Cargo compiles this crate: its library, programs, tests, benches and build script.
    ///
    /// # Errors
    /// When a folder or the manifest cannot be read.
    pub fn roots(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut roots: Vec<PathBuf> =
            ["src/lib.rs", "src/main.rs", "build.rs"].iter().map(|file| self.folder.join(file)).collect();
        for folder in ["src/bin", "tests", "benches"].map(|folder| self.folder.join(folder)) {
            if folder.is_dir() {
                for entry in entries(&folder)? {
                    roots.push(if entry.is_dir() { entry.join("main.rs") } else { entry });
                }
            }
        }
        let manifest = self.folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        let named = text.lines().filter_map(|line| line.strip_prefix("path = "));
        roots.extend(named.map(|path| self.folder.join(path.trim_matches('"'))));
        roots.retain(|root| root.is_file() && root.extension().is_some_and(|extension| extension == "rs"));
        roots.sort();
        roots.dedup();
        Ok(roots)
    }

    /// All Rust files of this crate, tests included.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        rust_files(&self.folder, &mut files)?;
        Ok(files)
    }

    /// True if the crate is part of what is shipped, and not a test.
    pub fn is_product(&self) -> bool {
        !self.name.starts_with("tests/")
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in entries(folder)? {
        if entry.is_dir() {
            rust_files(&entry, found)?;
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    Ok(())
}

/// The entries of a folder in the order of their names.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut entries = read.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}
