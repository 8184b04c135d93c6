//! A folder of pictures on the server as a list of items, in the byte order of their relative paths.

use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io::BufReader;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

use swath_runtime::media_path::{self, Found, MediaFiles, MediaPathError, Places, read_header};

use crate::manifest::{ManifestItem, check_item};

/// How deep folders may be nested.
pub const DEPTH_MAX: usize = 32;
/// The most pictures that one scan gives, and the most entries that one folder may hold.
pub const PICTURES_MAX: u64 = 1_000_000;
/// Endings of files that count as pictures, in lower case.
pub const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];

const UNREADABLE: &str = "it cannot be read";

/// Why a folder is refused. Paths are relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// The folder itself is not to be had.
    #[error("the folder {0}")]
    Refused(#[from] MediaPathError),
    /// It is something else than a folder.
    #[error("is not a folder")]
    NotAFolder,
    /// There is no picture in it.
    #[error("the folder holds no picture ({})", ENDINGS.join(", "))]
    Empty,
    /// A link leads out of the allowed roots.
    #[error("`{path}` is a link out of the allowed media roots")]
    LinkOutside {
        /// The link.
        path: String,
    },
    /// A file, or a folder in it, cannot be read, or is no picture.
    #[error("`{path}` cannot be used: {reason}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It holds more than a bound allows.
    #[error("`{path}` goes beyond a bound: {bound}")]
    TooMuch {
        /// Where the bound was met.
        path: String,
        /// The bound, in words.
        bound: String,
    },
}

/// Starts to go through a folder, which must be the team's and below a media root once every link is followed.
///
/// The pictures come one by one; memory is that of the names in one path's folders. Reading blocks.
pub fn scan(files: Arc<MediaFiles>, places: Places, folder: &Path) -> Result<Scan, FolderError> {
    let top = files.find(&places, folder)?;
    if !top.is_folder() {
        return Err(FolderError::NotAFolder);
    }
    let mut scan = Scan { files, places, levels: Vec::new(), found: 0, ended: false };
    scan.descend(&top, PathBuf::new())?;
    Ok(scan)
}

/// The pictures of a folder. It ends with its first error; an empty folder is one.
#[derive(Debug)]
pub struct Scan {
    files: Arc<MediaFiles>,
    places: Places,
    levels: Vec<Level>,
    found: u64,
    ended: bool,
}

/// One folder on the way down, with what is left of its entries.
#[derive(Debug)]
struct Level {
    canonical: PathBuf,
    relative: PathBuf,
    entries: vec::IntoIter<Entry>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// The name, and a slash where it is a folder: sorting by it sorts whole relative paths by their bytes.
    key: OsString,
    /// Where it stands.
    path: PathBuf,
}

impl Entry {
    fn is_folder(&self) -> bool {
        self.key.as_bytes().ends_with(b"/")
    }
}

impl Iterator for Scan {
    type Item = Result<ManifestItem, FolderError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.step().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

impl Scan {
    /// What the URIs of all pictures begin with that do not lie behind a link.
    pub fn base(&self) -> String {
        let top = self.levels.first().map(|level| media_path::uri_of(&level.canonical)).unwrap_or_default();
        if top.ends_with('/') { top } else { top + "/" }
    }

    /// The next pictures, at most so many and for about so long; and how the scan ended, if it has.
    pub fn batch(
        &mut self,
        most: usize,
        time: Duration,
    ) -> (Vec<ManifestItem>, Option<Result<(), FolderError>>) {
        let (mut items, begun) = (Vec::new(), Instant::now());
        while items.len() < most && begun.elapsed() < time {
            match self.next() {
                Some(Ok(item)) => items.push(item),
                Some(Err(error)) => return (items, Some(Err(error))),
                None => return (items, Some(Ok(()))),
            }
        }
        (items, None)
    }

    fn step(&mut self) -> Result<Option<ManifestItem>, FolderError> {
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let relative = level.relative.join(&entry.key);
            if entry.is_folder() {
                let folder = self.locate(&entry.path, &relative)?;
                self.descend(&folder, relative)?;
            } else {
                return self.picture(&entry.path, &relative).map(Some);
            }
        }
        if self.found == 0 { Err(FolderError::Empty) } else { Ok(None) }
    }

    fn descend(&mut self, folder: &Found, relative: PathBuf) -> Result<(), FolderError> {
        if self.levels.len() >= DEPTH_MAX {
            return Err(too_much(&relative, format!("folders nested deeper than {DEPTH_MAX}")));
        }
        // A link to a folder that we stand in would lead round in circles.
        if self.levels.iter().any(|level| level.canonical == folder.path) {
            return Err(unreadable(&relative, "it is a link to a folder that it stands in"));
        }
        let entries = self.entries(folder, &relative)?.into_iter();
        self.levels.push(Level { canonical: folder.path.clone(), relative, entries });
        Ok(())
    }

    fn entries(&self, folder: &Found, relative: &Path) -> Result<Vec<Entry>, FolderError> {
        let mut entries = Vec::new();
        for entry in folder.entries().map_err(|_| unreadable(relative, UNREADABLE))? {
            let entry = entry.map_err(|_| unreadable(relative, UNREADABLE))?;
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            entries.extend(self.entry(&entry, &folder.path, relative)?);
            if entries.len() as u64 > PICTURES_MAX {
                return Err(too_much(relative, format!("more than {PICTURES_MAX} entries in one folder")));
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// What stands under this name, if it is a folder or named like a picture.
    fn entry(&self, entry: &DirEntry, folder: &Path, relative: &Path) -> Result<Option<Entry>, FolderError> {
        let mut key = entry.file_name();
        let (path, relative) = (folder.join(&key), relative.join(&key));
        let kind = entry.file_type().map_err(|_| unreadable(&relative, UNREADABLE))?;
        let is_folder = if kind.is_dir() {
            // The data folder may stand among the pictures: it is passed by, as hidden files are.
            if self.files.find(&self.places, &path).is_err() {
                return Ok(None);
            }
            true
        } else if kind.is_symlink() {
            let named = is_picture(&key);
            match self.locate(&path, &relative) {
                Ok(found) => found.is_folder(),
                Err(_) if !named && !path.is_dir() => return Ok(None),
                Err(error) => return Err(error),
            }
        } else {
            false
        };
        if is_folder {
            key.push("/");
        }
        Ok((is_folder || is_picture(&key)).then_some(Entry { key, path }))
    }

    fn locate(&self, path: &Path, relative: &Path) -> Result<Found, FolderError> {
        self.files.find(&self.places, path).map_err(|error| match error {
            MediaPathError::Missing => unreadable(relative, error),
            _ => FolderError::LinkOutside { path: relative.display().to_string() },
        })
    }

    fn picture(&mut self, path: &Path, relative: &Path) -> Result<ManifestItem, FolderError> {
        if self.found >= PICTURES_MAX {
            return Err(too_much(relative, format!("more than {PICTURES_MAX} pictures")));
        }
        let found = self.locate(path, relative)?;
        let (file, _) = found.read().map_err(|reason| unreadable(relative, reason))?;
        let picture =
            read_header(&mut BufReader::new(file)).map_err(|reason| unreadable(relative, reason))?;
        self.found += 1;
        let item = ManifestItem {
            line: self.found,
            uri: media_path::uri_of(&found.path),
            width: Some(picture.width),
            height: Some(picture.height),
            ..ManifestItem::default()
        };
        match check_item(&item).into_iter().next() {
            Some(error) => Err(unreadable(relative, format!("its {} {}", error.field, error.message))),
            None => Ok(item),
        }
    }
}

fn is_picture(name: &OsStr) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn unreadable(relative: &Path, reason: impl ToString) -> FolderError {
    FolderError::Unreadable { path: relative.display().to_string(), reason: reason.to_string() }
}

fn too_much(relative: &Path, bound: String) -> FolderError {
    FolderError::TooMuch { path: relative.display().to_string(), bound }
}

#[cfg(test)]
mod tests;
