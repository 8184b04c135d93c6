//! Files of the installation itself, which are never media, even below a root.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Suffixes of files beside the database file, made by SQLite and by our lock.
const DATABASE_ENDINGS: [&str; 5] = ["", "-wal", "-shm", "-journal", ".lock"];
/// File systems of the kernel, whose files reveal processes and their environment.
const KERNEL_FOLDERS: [&str; 2] = ["/proc", "/sys"];
/// How many entries of the data folder are compared by their inode, at most.
const ENTRIES_MAX: usize = 1_000;

/// Folders, with everything below them, and files that must not be read as media.
#[derive(Debug, Clone, Default)]
pub struct Private {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// Device and inode, which identify a file or a folder whatever its path.
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

    /// Adds a folder.
    #[must_use]
    pub fn and_folder(mut self, folder: Option<&Path>) -> Self {
        self.folders.extend(folder.map(absolute));
        self
    }

    /// Whether a file or folder is one of them, is below one, or is a hard link to one. `real` is its path with links
    /// resolved, and `metadata` is of its open descriptor.
    pub fn contains(&self, real: &Path, metadata: &Metadata) -> bool {
        if KERNEL_FOLDERS.iter().any(|folder| real.starts_with(folder)) {
            return true;
        }
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for folder in &self.folders {
            if is_below(real, folder) {
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
        // A bind mount can make the data folder visible at another path.
        let above = real.ancestors().skip(1).filter_map(|folder| fs::metadata(folder).ok());
        above.map(|metadata| identity(&metadata)).any(|above| folders.contains(&above))
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_below(real: &Path, folder: &Path) -> bool {
    real.starts_with(folder) || folder.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

/// The identities of a folder's files, to recognize hard links to them.
fn entries(folder: &Path) -> Vec<Identity> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let metadata = entries.take(ENTRIES_MAX).filter_map(|entry| entry.ok()?.metadata().ok());
    metadata.map(|metadata| identity(&metadata)).collect()
}
