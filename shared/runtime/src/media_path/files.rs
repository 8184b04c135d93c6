//! Opens files and folders below the media roots. The checks use an open descriptor, because a path may lead
//! elsewhere a moment later.

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
    /// The URI prefixes of files below the roots, the longest first.
    uri_prefixes: Vec<String>,
    /// Runs the blocking calls.
    pub work: FileWork,
}

/// A file or a folder that may be read, with an open descriptor.
#[derive(Debug)]
pub struct Found {
    handle: File,
    metadata: Metadata,
    /// The path with links resolved.
    pub path: PathBuf,
}

impl MediaFiles {
    /// Files below these roots that are not private.
    pub fn new(roots: Vec<PathBuf>, private: Private) -> Self {
        let roots: Vec<_> =
            roots.into_iter().map(|root| std::path::absolute(&root).unwrap_or(root)).collect();
        let real = roots.iter().filter_map(|root| root.canonicalize().ok());
        let mut uri_prefixes: Vec<_> =
            roots.iter().cloned().chain(real).map(|root| uri_prefix(&root)).collect();
        uri_prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.len()));
        uri_prefixes.dedup();
        Self { roots, private, uri_prefixes, work: FileWork::default() }
    }

    /// An item's URI for display. Of a file it shows only the path below the root, because the rest is internal to
    /// the server.
    pub fn shown_uri(&self, uri: &str) -> String {
        if path_of(uri).is_none() && !uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
        {
            return uri.to_owned();
        }
        let below = self.uri_prefixes.iter().find_map(|prefix| uri.strip_prefix(prefix.as_str()));
        let last = || uri.rsplit('/').next().unwrap_or(uri);
        below.unwrap_or_else(last).to_owned()
    }

    /// A folder for display: its path below the root.
    pub fn shown_folder(&self, folder: &Path) -> String {
        let below = self.roots.iter().filter_map(|root| folder.strip_prefix(root).ok());
        let below = below.min_by_key(|below| below.components().count());
        let last = || folder.file_name().map(Path::new).unwrap_or(Path::new("/"));
        let shown = below.unwrap_or_else(last).display().to_string();
        if shown.is_empty() { ".".to_owned() } else { shown }
    }

    /// Finds the file of a `file:` URI. Blocks.
    ///
    /// # Errors
    /// Those of [`MediaFiles::find`], and [`MediaPathError::NotAFile`] if it is not such a URI.
    pub fn find_uri(&self, places: &Places, uri: &str) -> Result<Found, MediaPathError> {
        self.find(places, &path_of(uri).ok_or(MediaPathError::NotAFile)?)
    }

    /// Finds a file or a folder, with links resolved, if it is below a root, belongs to the team and is not one of the
    /// installation's own. Searches a relative path in the team's folders, then below each root. Blocks.
    ///
    /// # Errors
    /// [`MediaPathError::Outside`] if the team may not use it, [`MediaPathError::Missing`] if it does not exist.
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
        // O_PATH does not open the file itself, so that it neither blocks on a named pipe nor touches a device.
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
            && places.contain_real(real)
            && !self.private.contains(real, metadata)
    }

    /// The error for a path that cannot be opened. It is `Missing` only if that reveals nothing about files that the
    /// team may not use, be it by a link or by the path itself.
    fn absence(&self, places: &Places, path: &Path) -> MediaPathError {
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let existing = path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok());
        let real = existing.filter(|_| is_plain).and_then(|existing| existing.canonicalize().ok());
        let permitted = real.is_some_and(|real| {
            fs::metadata(&real).is_ok_and(|metadata| self.permits(places, &real, &metadata))
        });
        if permitted { MediaPathError::Missing } else { MediaPathError::Outside }
    }
}

/// The prefix of the URIs of all files below a folder.
fn uri_prefix(folder: &Path) -> String {
    let uri = uri_of(folder);
    if uri.ends_with('/') { uri } else { uri + "/" }
}

/// A path to the file of an open descriptor, even if it has been moved.
fn descriptor(handle: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

impl Found {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.metadata.is_dir()
    }

    /// The entries of the folder.
    ///
    /// # Errors
    /// If it is not a folder or cannot be read.
    pub fn entries(&self) -> io::Result<ReadDir> {
        fs::read_dir(descriptor(&self.handle))
    }

    /// Opens the file for reading, and returns it with its length in bytes.
    ///
    /// # Errors
    /// If it cannot be read, or is a folder, a named pipe, a socket or a device. The text says which, for users to
    /// read.
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
