//! Scans a folder of pictures on the server and lists them as items, in the order of their relative paths.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::DirEntry;
use std::io::BufReader;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

use swath_api::datasets::Notes;
use swath_formats::file_uri::uri_of;
use swath_formats::folder::{EXTENSIONS, Order, is_hidden, is_picture, kind_of};
use swath_formats::manifest::{ManifestItem, check_item};
use swath_runtime::media_path::{Found, MediaFiles, MediaPathError, Places, read_shown};

use super::notes::ignore;

/// How deep folders may be nested.
pub const DEPTH_MAX: usize = 32;
/// The most pictures that one scan gives, and the most entries that one folder may hold.
pub const PICTURES_MAX: u64 = 1_000_000;
/// Unusable files that one step reports, at most.
const BAD_MAX: usize = 1_000;

const UNREADABLE: &str = "it cannot be read";

/// Why a folder is refused. Paths are relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// The folder itself must not or cannot be read.
    #[error("the folder {0}")]
    Refused(#[from] MediaPathError),
    /// It is not a folder.
    #[error("is not a folder")]
    NotAFolder,
    /// It holds no picture.
    #[error("the folder holds no picture ({}){}", EXTENSIONS.join(", "), ignored_files(ignored))]
    Empty {
        /// The number of other files in it, by kind.
        ignored: BTreeMap<String, u64>,
    },
    /// A link leads out of the allowed roots.
    #[error("`{path}` is a link out of the allowed media roots")]
    LinkOutside {
        /// The link.
        path: String,
    },
    /// A file or a folder in it cannot be read, or a file is no picture.
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
        /// Where the bound was reached.
        path: String,
        /// The bound, in words.
        bound: String,
    },
}

/// Lists the files of a folder without pictures, by kind.
fn ignored_files(ignored: &BTreeMap<String, u64>) -> String {
    let kinds: Vec<_> = ignored.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if kinds.is_empty() { String::new() } else { format!("; what it holds: {}", kinds.join(", ")) }
}

impl FolderError {
    /// Whether the error ends the scan.
    fn is_end(&self) -> bool {
        !matches!(self, Self::LinkOutside { .. } | Self::Unreadable { .. })
    }
}

/// The result of one step of a scan.
#[derive(Debug, PartialEq)]
pub struct Step {
    /// Pictures.
    pub items: Vec<ManifestItem>,
    /// Files and folders that cannot be used.
    pub bad: Vec<FolderError>,
    /// The end of the scan, once it is reached: the number of ignored files by kind, or the error that ended it.
    pub end: Option<Result<BTreeMap<String, u64>, FolderError>>,
}

/// Starts to scan a folder, which must be the team's and lie below a media root with all links resolved.
///
/// The scan keeps only the names in the folders on the way to the current picture. Reading blocks.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn scan(
    files: Arc<MediaFiles>,
    places: Places,
    folder: &Path,
    order: Order,
) -> Result<Scan, FolderError> {
    let top = files.find(&places, folder)?;
    if !top.is_folder() {
        return Err(FolderError::NotAFolder);
    }
    let notes = Notes::default();
    let mut scan = Scan { files, places, order, levels: Vec::new(), found: 0, bad: 0, notes, ended: false };
    scan.descend(&top, PathBuf::new())?;
    Ok(scan)
}

/// A scan: the pictures of a folder, and the files that cannot be used. It ends at a bound, and when there is no picture.
#[derive(Debug)]
pub struct Scan {
    files: Arc<MediaFiles>,
    places: Places,
    order: Order,
    levels: Vec<Level>,
    found: u64,
    bad: u64,
    notes: Notes,
    ended: bool,
}

/// A folder on the way to the current picture, with its remaining entries.
#[derive(Debug)]
struct Level {
    canonical: PathBuf,
    relative: PathBuf,
    entries: vec::IntoIter<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The name, with a slash after that of a folder. Sorting by it sorts the relative paths by their bytes.
    key: OsString,
    /// Its path, or why it cannot be used.
    path: Result<PathBuf, FolderError>,
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
        self.ended = item.as_ref().is_none_or(|item| item.as_ref().is_err_and(FolderError::is_end));
        self.bad += u64::from(matches!(item, Some(Err(_))));
        item
    }
}

impl Scan {
    /// The start of the URIs of all pictures that are not reached by a link. It is asked for before the first step.
    #[expect(clippy::expect_used, reason = "a scan begins in its folder, and leaves it only at its end")]
    pub fn base(&self) -> String {
        let top = uri_of(&self.levels.first().expect("the scan has not ended").canonical);
        if top.ends_with('/') { top } else { top + "/" }
    }

    /// The next pictures: at most `max`, and for about `time`.
    pub fn batch(&mut self, max: usize, time: Duration) -> Step {
        let (mut items, mut bad, begun) = (Vec::new(), Vec::new(), Instant::now());
        while items.len() < max && bad.len() < BAD_MAX && begun.elapsed() < time {
            match self.next() {
                Some(Ok(item)) => items.push(item),
                Some(Err(error)) if error.is_end() => return Step { items, bad, end: Some(Err(error)) },
                Some(Err(error)) => bad.push(error),
                None => {
                    let ignored = std::mem::take(&mut self.notes.ignored);
                    return Step { items, bad, end: Some(Ok(ignored)) };
                }
            }
        }
        Step { items, bad, end: None }
    }

    fn step(&mut self) -> Result<Option<ManifestItem>, FolderError> {
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let (relative, is_folder) = (level.relative.join(&entry.key), entry.is_folder());
            let path = entry.path?;
            if is_folder {
                let folder = self.locate(&path, &relative)?;
                self.descend(&folder, relative)?;
            } else {
                return self.picture(&path, &relative).map(Some);
            }
        }
        if self.found == 0 && self.bad == 0 {
            Err(FolderError::Empty { ignored: std::mem::take(&mut self.notes.ignored) })
        } else {
            Ok(None)
        }
    }

    fn descend(&mut self, folder: &Found, relative: PathBuf) -> Result<(), FolderError> {
        if self.levels.len() >= DEPTH_MAX {
            return Err(too_much(&relative, format!("folders nested deeper than {DEPTH_MAX}")));
        }
        // A link to a folder above it would be a cycle.
        if self.levels.iter().any(|level| level.canonical == folder.path) {
            return Err(unreadable(&relative, "it is a link to a folder that it stands in"));
        }
        let entries = self.entries(folder, &relative)?.into_iter();
        self.levels.push(Level { canonical: folder.path.clone(), relative, entries });
        Ok(())
    }

    fn entries(&mut self, folder: &Found, relative: &Path) -> Result<Vec<Entry>, FolderError> {
        let mut entries = Vec::new();
        for entry in folder.entries().map_err(|_| unreadable(relative, UNREADABLE))? {
            let entry = entry.map_err(|_| unreadable(relative, UNREADABLE))?;
            if is_hidden(&entry.file_name()) {
                ignore(&mut self.notes, "hidden");
                continue;
            }
            entries.extend(self.entry(&entry, &folder.path, relative));
            if entries.len() as u64 > PICTURES_MAX {
                return Err(too_much(relative, format!("more than {PICTURES_MAX} entries in one folder")));
            }
        }
        let order = self.order;
        entries.sort_unstable_by(|a, b| order.compare(&a.key, &b.key));
        Ok(entries)
    }

    /// The entry, if it is a folder or named like a picture.
    fn entry(&mut self, entry: &DirEntry, folder: &Path, relative: &Path) -> Option<Entry> {
        let mut key = entry.file_name();
        let path = folder.join(&key);
        let is_folder = match self.is_folder(entry, &path, &relative.join(&key)) {
            Ok(is_folder) => is_folder?,
            Err(error) => return Some(Entry { key, path: Err(error) }),
        };
        if is_folder {
            key.push("/");
        } else if !is_picture(&key) {
            ignore(&mut self.notes, &kind_of(&key));
            return None;
        }
        Some(Entry { key, path: Ok(path) })
    }

    /// Whether an entry is a folder; `None` where it is ignored.
    fn is_folder(
        &mut self,
        entry: &DirEntry,
        path: &Path,
        relative: &Path,
    ) -> Result<Option<bool>, FolderError> {
        let kind = entry.file_type().map_err(|_| unreadable(relative, UNREADABLE))?;
        if kind.is_dir() {
            // The data folder may lie among the pictures. It is ignored as hidden files are.
            return Ok(self.files.find(&self.places, path).is_ok().then_some(true));
        }
        if !kind.is_symlink() {
            return Ok(Some(false));
        }
        match self.locate(path, relative) {
            Ok(found) => Ok(Some(found.is_folder())),
            Err(_) if !is_picture(path.as_os_str()) && !path.is_dir() => Ok(Some(false)),
            Err(error) => Err(error),
        }
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
        let picture = read_shown(&mut BufReader::new(file)).map_err(|reason| unreadable(relative, reason))?;
        self.found += 1;
        let item = ManifestItem {
            line: self.found,
            uri: uri_of(&found.path),
            width: Some(picture.width),
            height: Some(picture.height),
            orientation: Some(picture.orientation),
            ..ManifestItem::default()
        };
        match check_item(&item).into_iter().next() {
            Some(error) => Err(unreadable(relative, format!("its {} {}", error.field, error.message))),
            None => Ok(item),
        }
    }
}

fn unreadable(relative: &Path, reason: impl ToString) -> FolderError {
    FolderError::Unreadable { path: relative.display().to_string(), reason: reason.to_string() }
}

fn too_much(relative: &Path, bound: String) -> FolderError {
    FolderError::TooMuch { path: relative.display().to_string(), bound }
}

#[cfg(test)]
mod tests;
