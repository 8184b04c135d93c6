//! A folder of pictures on the server as a list of items, in the byte order of their relative paths.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::BufReader;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::vec;

use imagesize::ImageType;
use swath_runtime::media_path::{self, MediaPathError};

use crate::manifest::{ManifestItem, check_item};

/// How deep folders may be nested.
pub const DEPTH_MAX: usize = 32;
/// The most pictures that one scan gives, and the most entries that one folder may hold.
pub const PICTURES_MAX: u64 = 1_000_000;
/// Endings of files that count as pictures, in lower case.
pub const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];

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

/// Starts to go through a folder, which must lie below one of the roots once every link is followed.
///
/// The pictures come one by one; memory is that of the names in one path's folders. Reading blocks.
pub fn scan(roots: &[PathBuf], folder: &Path) -> Result<Scan, FolderError> {
    let top = media_path::below(roots, folder)?;
    if !top.is_dir() {
        return Err(FolderError::NotAFolder);
    }
    let mut scan = Scan { roots: roots.to_vec(), levels: Vec::new(), found: 0, ended: false };
    scan.descend(top, PathBuf::new())?;
    Ok(scan)
}

/// The pictures of a folder. It ends with its first error; an empty folder is one.
#[derive(Debug)]
pub struct Scan {
    roots: Vec<PathBuf>,
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
    /// Where it leads, with links followed.
    target: PathBuf,
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
    fn step(&mut self) -> Result<Option<ManifestItem>, FolderError> {
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let relative = level.relative.join(&entry.key);
            if entry.is_folder() {
                self.descend(entry.target, relative)?;
            } else {
                return self.picture(&entry.target, &relative).map(Some);
            }
        }
        if self.found == 0 { Err(FolderError::Empty) } else { Ok(None) }
    }

    fn descend(&mut self, canonical: PathBuf, relative: PathBuf) -> Result<(), FolderError> {
        if self.levels.len() >= DEPTH_MAX {
            return Err(too_much(&relative, format!("folders nested deeper than {DEPTH_MAX}")));
        }
        // A link to a folder that we stand in would lead round in circles.
        if self.levels.iter().any(|level| level.canonical == canonical) {
            return Err(unreadable(&relative, "it is a link to a folder that it stands in"));
        }
        let entries = self.entries(&canonical, &relative)?.into_iter();
        self.levels.push(Level { canonical, relative, entries });
        Ok(())
    }

    fn entries(&self, folder: &Path, relative: &Path) -> Result<Vec<Entry>, FolderError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| unreadable(relative, error))? {
            let entry = entry.map_err(|error| unreadable(relative, error))?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            entries.extend(self.entry(entry.path(), name, relative)?);
            if entries.len() as u64 > PICTURES_MAX {
                return Err(too_much(relative, format!("more than {PICTURES_MAX} entries in one folder")));
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// What stands under this name, if it is a folder or named like a picture.
    fn entry(&self, path: PathBuf, name: OsString, relative: &Path) -> Result<Option<Entry>, FolderError> {
        let relative = relative.join(&name);
        let kind = path.symlink_metadata().map_err(|error| unreadable(&relative, error))?.file_type();
        let (target, is_folder) = if kind.is_symlink() {
            let is_folder = path.is_dir();
            if !is_folder && !is_picture(&name) {
                return Ok(None);
            }
            (self.follow(&path, &relative)?, is_folder)
        } else {
            (path, kind.is_dir())
        };
        let mut key = name;
        if is_folder {
            key.push("/");
        }
        Ok((is_folder || is_picture(&key)).then_some(Entry { key, target }))
    }

    fn follow(&self, link: &Path, relative: &Path) -> Result<PathBuf, FolderError> {
        media_path::below(&self.roots, link).map_err(|error| match error {
            MediaPathError::Missing => unreadable(relative, error),
            _ => FolderError::LinkOutside { path: relative.display().to_string() },
        })
    }

    fn picture(&mut self, path: &Path, relative: &Path) -> Result<ManifestItem, FolderError> {
        if self.found >= PICTURES_MAX {
            return Err(too_much(relative, format!("more than {PICTURES_MAX} pictures")));
        }
        let (width, height) = measure(path).map_err(|reason| unreadable(relative, reason))?;
        self.found += 1;
        let item = ManifestItem {
            line: self.found,
            uri: media_path::uri_of(path),
            width: Some(width),
            height: Some(height),
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

/// Reads width and height, in pixels, from a picture's header; what follows the header is not looked at.
fn measure(path: &Path) -> Result<(i64, i64), String> {
    // A named pipe would block for ever when opened.
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut reader = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    let kind = imagesize::reader_type(&mut reader).map_err(|_| "it is not a picture".to_owned())?;
    if !matches!(
        kind,
        ImageType::Png
            | ImageType::Jpeg
            | ImageType::Gif
            | ImageType::Webp
            | ImageType::Bmp
            | ImageType::Tiff
    ) {
        return Err("its content is not of a supported kind".to_owned());
    }
    let size = kind.reader_size(&mut reader).map_err(|_| "its header is damaged".to_owned())?;
    let pixels = |value: usize| i64::try_from(value).map_err(|_| "its size is out of range".to_owned());
    Ok((pixels(size.width)?, pixels(size.height)?))
}

fn unreadable(relative: &Path, reason: impl ToString) -> FolderError {
    FolderError::Unreadable { path: relative.display().to_string(), reason: reason.to_string() }
}

fn too_much(relative: &Path, bound: String) -> FolderError {
    FolderError::TooMuch { path: relative.display().to_string(), bound }
}

#[cfg(test)]
mod tests;
