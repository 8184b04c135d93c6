//! The one way to a file or a folder below the media roots. What is checked is an open descriptor, never a path that may
//! lead elsewhere a moment later.

use std::fs::{self, File, Metadata, OpenOptions, ReadDir};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use nix::fcntl::OFlag;
use swath_formats::file_uri::{path_of, uri_of};

use super::MediaPathError;
use super::places::Places;
use super::private::Private;
use super::work::FileWork;

/// Files that may be read as media.
#[derive(Debug)]
pub struct MediaFiles {
    roots: Vec<PathBuf>,
    private: Private,
    /// What the URIs of files below the roots begin with, the longest first.
    starts: Vec<String>,
    /// Where reading is done.
    pub work: FileWork,
}

/// A file or a folder that may be read, by a descriptor that stays with it.
#[derive(Debug)]
pub struct Found {
    handle: File,
    metadata: Metadata,
    /// Its path with every link followed.
    pub path: PathBuf,
}

impl MediaFiles {
    /// Files below these roots that are not private.
    pub fn new(roots: Vec<PathBuf>, private: Private) -> Self {
        let roots: Vec<_> =
            roots.into_iter().map(|root| std::path::absolute(&root).unwrap_or(root)).collect();
        let real = roots.iter().filter_map(|root| root.canonicalize().ok());
        let mut starts: Vec<_> = roots.iter().cloned().chain(real).map(|root| start_of(&root)).collect();
        starts.sort_by_key(|start| std::cmp::Reverse(start.len()));
        starts.dedup();
        Self { roots, private, starts, work: FileWork::default() }
    }

    /// The item's URI as people see it: of a file only its path below the root, for the rest is the server's own.
    pub fn shown_uri(&self, uri: &str) -> String {
        if path_of(uri).is_none() && !uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
        {
            return uri.to_owned();
        }
        let below = self.starts.iter().find_map(|start| uri.strip_prefix(start.as_str()));
        let last = || uri.rsplit('/').next().unwrap_or_default();
        below.unwrap_or_else(last).to_owned()
    }

    /// A folder as people see it: its path below the root.
    pub fn shown_folder(&self, folder: &Path) -> String {
        let below = self.roots.iter().filter_map(|root| folder.strip_prefix(root).ok());
        let below = below.min_by_key(|below| below.components().count());
        let last = || folder.file_name().map(Path::new).unwrap_or(Path::new("/"));
        let shown = below.unwrap_or_else(last).display().to_string();
        if shown.is_empty() { ".".to_owned() } else { shown }
    }

    /// Finds the file behind a `file:` URI. Blocks.
    pub fn find_uri(&self, places: &Places, uri: &str) -> Result<Found, MediaPathError> {
        self.find(places, &path_of(uri).ok_or(MediaPathError::NotAFile)?)
    }

    /// Finds what stands at a path, with every link followed, if it lies below a root, belongs to the team and is none
    /// of the installation's own files. A relative path is looked for in the team's folders, then below each root. Blocks.
    pub fn find(&self, places: &Places, path: &Path) -> Result<Found, MediaPathError> {
        let candidates: Vec<PathBuf> = if path.is_absolute() {
            vec![path.to_owned()]
        } else {
            places.named_folders().iter().chain(&self.roots).map(|folder| folder.join(path)).collect()
        };
        let mut refused = MediaPathError::Outside;
        for candidate in &candidates {
            match self.open(places, candidate) {
                Ok(found) => return Ok(found),
                Err(MediaPathError::Missing) => refused = MediaPathError::Missing,
                Err(_) => {}
            }
        }
        Err(refused)
    }

    fn open(&self, places: &Places, path: &Path) -> Result<Found, MediaPathError> {
        // O_PATH opens nothing of what stands there: no named pipe blocks, and no device hears of it.
        let handle = OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path);
        let Ok(handle) = handle else { return Err(self.absence(places, path)) };
        let metadata = handle.metadata().map_err(|_| MediaPathError::Outside)?;
        let real = fs::read_link(descriptor(&handle)).map_err(|_| MediaPathError::Outside)?;
        if metadata.nlink() == 0 {
            return Err(MediaPathError::Missing);
        }
        if self.permits(places, &real, &metadata) {
            Ok(Found { handle, metadata, path: real })
        } else {
            Err(MediaPathError::Outside)
        }
    }

    fn permits(&self, places: &Places, real: &Path, metadata: &Metadata) -> bool {
        let mut roots = self.roots.iter().filter_map(|root| root.canonicalize().ok());
        roots.any(|root| real.starts_with(root))
            && places.hold_real(real)
            && !self.private.holds(real, metadata)
    }

    /// Whether a path that cannot be opened may be said to be missing: not where a link, or the team's limits, would
    /// let that tell what lies elsewhere.
    fn absence(&self, places: &Places, path: &Path) -> MediaPathError {
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let standing = path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok());
        let real = standing.filter(|_| is_plain).and_then(|standing| standing.canonicalize().ok());
        let permitted = real.is_some_and(|real| {
            fs::metadata(&real).is_ok_and(|metadata| self.permits(places, &real, &metadata))
        });
        if permitted { MediaPathError::Missing } else { MediaPathError::Outside }
    }
}

/// What every URI of a file below a folder begins with.
fn start_of(folder: &Path) -> String {
    let uri = uri_of(folder);
    if uri.ends_with('/') { uri } else { uri + "/" }
}

/// A path that leads to what the descriptor is open on, wherever that has been moved.
fn descriptor(handle: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

impl Found {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.metadata.is_dir()
    }

    /// The entries of the folder.
    pub fn entries(&self) -> io::Result<ReadDir> {
        fs::read_dir(descriptor(&self.handle))
    }

    /// Opens the file for reading, and says how long it is. Folders, named pipes, sockets and devices are not opened.
    pub fn read(&self) -> Result<(File, u64), &'static str> {
        if !self.metadata.is_file() {
            return Err("it is not a regular file");
        }
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(descriptor(&self.handle));
        Ok((file.map_err(|_| "it cannot be read")?, self.metadata.len()))
    }
}

#[cfg(test)]
mod tests;
