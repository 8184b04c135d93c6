//! A folder of pictures on the server as a list of items, in the order of their relative paths.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io::BufReader;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

use serde::Deserialize;
use swath_runtime::media_path::{self, Found, MediaFiles, MediaPathError, Places, read_shown};

use crate::manifest::{ManifestItem, check_item};
use crate::notes::Notes;

/// How deep folders may be nested.
pub const DEPTH_MAX: usize = 32;
/// The most pictures that one scan gives, and the most entries that one folder may hold.
pub const PICTURES_MAX: u64 = 1_000_000;
/// Endings of files that count as pictures, in lower case.
pub const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];
/// Broken files that one step tells of.
const BAD_MAX: usize = 1_000;

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
    #[error("the folder holds no picture ({}){}", ENDINGS.join(", "), passed_by(ignored))]
    Empty {
        /// The files in it that are none, by kind.
        ignored: BTreeMap<String, u64>,
    },
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

/// What a folder without pictures holds instead.
fn passed_by(ignored: &BTreeMap<String, u64>) -> String {
    let kinds: Vec<_> = ignored.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if kinds.is_empty() { String::new() } else { format!("; what it holds: {}", kinds.join(", ")) }
}

impl FolderError {
    /// Whether nothing behind it is looked at.
    fn is_end(&self) -> bool {
        !matches!(self, Self::LinkOutside { .. } | Self::Unreadable { .. })
    }
}

/// In which order the pictures of a folder come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// As people count: `frame2.png` before `frame10.png`.
    #[default]
    Natural,
    /// By the bytes of their paths.
    Bytes,
}

/// What one step through a folder gives.
#[derive(Debug, PartialEq)]
pub struct Step {
    /// Pictures.
    pub items: Vec<ManifestItem>,
    /// Files and folders that cannot be used.
    pub bad: Vec<FolderError>,
    /// How the scan ended, if it has: with what was passed by, by kind.
    pub end: Option<Result<BTreeMap<String, u64>, FolderError>>,
}

/// Starts to go through a folder, which must be the team's and below a media root once every link is followed.
///
/// The pictures come one by one; memory is that of the names in one path's folders. Reading blocks.
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

/// The pictures of a folder, and the files that cannot be used. A bound that is met ends it, and so does an empty folder.
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

/// One folder on the way down, with what is left of its entries.
#[derive(Debug)]
struct Level {
    canonical: PathBuf,
    relative: PathBuf,
    entries: vec::IntoIter<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The name, and a slash where it is a folder: sorting by it sorts whole relative paths by their bytes.
    key: OsString,
    /// Where it stands, or why it cannot be used.
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
    /// What the URIs of all pictures begin with that do not lie behind a link.
    pub fn base(&self) -> String {
        let top = self.levels.first().map(|level| media_path::uri_of(&level.canonical)).unwrap_or_default();
        if top.ends_with('/') { top } else { top + "/" }
    }

    /// The next pictures, at most so many and for about so long.
    pub fn batch(&mut self, most: usize, time: Duration) -> Step {
        let (mut items, mut bad, begun) = (Vec::new(), Vec::new(), Instant::now());
        while items.len() < most && bad.len() < BAD_MAX && begun.elapsed() < time {
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
        // A link to a folder that we stand in would lead round in circles.
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
            if is_litter(&entry.file_name()) {
                self.notes.ignore("hidden");
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

    /// What stands under this name, if it is a folder or named like a picture.
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
            self.notes.ignore(&kind_of(&key));
            return None;
        }
        Some(Entry { key, path: Ok(path) })
    }

    /// Whether an entry is a folder; none where it is passed by.
    fn is_folder(
        &mut self,
        entry: &DirEntry,
        path: &Path,
        relative: &Path,
    ) -> Result<Option<bool>, FolderError> {
        let kind = entry.file_type().map_err(|_| unreadable(relative, UNREADABLE))?;
        if kind.is_dir() {
            // The data folder may stand among the pictures: it is passed by, as hidden files are.
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
            uri: media_path::uri_of(&found.path),
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

impl Order {
    /// Compares two names of one folder. What people count alike is told apart by its bytes.
    fn compare(self, a: &OsStr, b: &OsStr) -> Ordering {
        match self {
            Self::Natural => alphanumeric_sort::compare_os_str(a, b).then_with(|| a.cmp(b)),
            Self::Bytes => a.cmp(b),
        }
    }
}

/// Whether a file is hidden, or left behind by a system that shows folders.
fn is_litter(name: &OsStr) -> bool {
    const LITTER: [&str; 3] = ["thumbs.db", "desktop.ini", "__macosx"];
    name.as_bytes().starts_with(b".") || LITTER.iter().any(|litter| name.eq_ignore_ascii_case(litter))
}

/// The kind of a file that is no picture: its ending, where that is short.
fn kind_of(name: &OsStr) -> String {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    match ending
        .filter(|ending| ending.len() <= 10 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        Some(ending) => format!(".{}", ending.to_ascii_lowercase()),
        None => "others".to_owned(),
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
