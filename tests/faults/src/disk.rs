//! A small disk that can be filled: a tmpfs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// A small disk, mounted in a temporary folder until it is dropped.
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Mounts a disk of this size.
    ///
    /// # Errors
    /// When this user may not mount file systems.
    pub fn mount(megabytes: u32) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("swath-disk-").tempdir()?;
        let size = format!("size={megabytes}m,mode=755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "swath-disk"]).arg(folder.path());
        let status = mount.status().context("mount")?;
        ensure!(status.success(), "a small disk cannot be mounted ({status}): run this as root");
        Ok(Self { folder })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }

    /// Fills the disk to the last byte.
    ///
    /// # Errors
    /// When it cannot be written for another reason than a full disk.
    pub fn fill(&self) -> std::io::Result<()> {
        use std::io::Write;
        let mut filler = std::fs::File::options().create(true).append(true).open(self.filler())?;
        let mut piece = vec![0_u8; 1 << 20];
        while !piece.is_empty() {
            if filler.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        Ok(())
    }

    /// Frees the space again.
    pub fn free(&self) {
        let _ = std::fs::remove_file(self.filler());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A lazy unmount: a process that still has a file open there is about to end.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}
