//! Files of the installation itself, which are never media, whatever the roots are.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Endings that SQLite and the lock add to the name of the database file.
const DATABASE_ENDINGS: [&str; 5] = ["", "-wal", "-shm", "-journal", ".lock"];
/// File systems of the kernel, whose files tell of processes and their environment.
const KERNEL_FOLDERS: [&str; 2] = ["/proc", "/sys"];
/// Entries of the data folder that are compared by their inode, at most.
const ENTRIES_MAX: usize = 1_000;

/// What must never be read as media: folders with everything below them, and single files.
#[derive(Debug, Clone, Default)]
pub struct Private {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// A file or a folder, by whatever path it is reached.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

impl Private {
    /// The data folder, a database file that may lie elsewhere, and the configuration file.
    pub fn new(data: &Path, database: Option<&Path>, config: Option<&Path>) -> Self {
        let with_ending = |file: &Path, ending: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let database =
            database.into_iter().flat_map(|file| DATABASE_ENDINGS.map(|ending| with_ending(file, ending)));
        let files = database.chain(config.map(Path::to_owned));
        Self { folders: vec![absolute(data)], files: files.map(|file| absolute(&file)).collect() }
    }

    /// These, and another folder.
    #[must_use]
    pub fn and_folder(mut self, folder: Option<&Path>) -> Self {
        self.folders.extend(folder.map(absolute));
        self
    }

    /// Whether this file or folder, by its real path and what an open descriptor tells of it, is one of them, lies
    /// below one, or is another name of one.
    pub fn holds(&self, real: &Path, metadata: &Metadata) -> bool {
        if KERNEL_FOLDERS.iter().any(|folder| real.starts_with(folder)) {
            return true;
        }
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for folder in &self.folders {
            if lies_below(real, folder) {
                return true;
            }
            folders.extend(fs::metadata(folder).ok().map(|metadata| identity(&metadata)));
            files.extend(entries(folder));
        }
        for file in &self.files {
            if real == file || file.canonicalize().is_ok_and(|file| real == file) {
                return true;
            }
            files.extend(fs::metadata(file).ok().map(|metadata| identity(&metadata)));
        }
        if files.contains(&identity(metadata)) || folders.contains(&identity(metadata)) {
            return true;
        }
        // A bind mount shows the data folder at another path.
        let above = real.ancestors().skip(1).filter_map(|folder| fs::metadata(folder).ok());
        above.map(|metadata| identity(&metadata)).any(|above| folders.contains(&above))
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn lies_below(real: &Path, folder: &Path) -> bool {
    real.starts_with(folder) || folder.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

/// What the files of a folder are, so that a hard link to one of them is known.
fn entries(folder: &Path) -> Vec<Identity> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let metadata = entries.take(ENTRIES_MAX).filter_map(|entry| entry.ok()?.metadata().ok());
    metadata.map(|metadata| identity(&metadata)).collect()
}
