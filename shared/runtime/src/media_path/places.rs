//! Where the media of a team may be: folders of the server, and prefixes in buckets.

use std::path::{Path, PathBuf};

use swath_formats::file_uri::path_of;
use swath_store::TeamMedia;

use crate::object_store::{Object, Prefix};

/// The largest number of folders, and of bucket prefixes, of one team.
pub const PLACES_MAX: usize = 100;
/// The longest folder or bucket prefix, in bytes.
pub const PLACE_BYTES_MAX: usize = 1_000;

/// Folders and bucket prefixes that a team may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    everything: bool,
    folders: Vec<PathBuf>,
    prefixes: Vec<Prefix>,
}

/// Why a text is not a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A folder must be absolute and without `.` and `..`.
    #[error("must be an absolute path without `.` and `..`")]
    Folder,
    /// A prefix must name a bucket, and may add complete path segments of keys.
    #[error(
        "must be as in s3://bucket/prefix/, with a bucket's name of 3 to 63 lower-case letters, digits, `-` and `.`"
    )]
    Prefix,
    /// It is too long.
    #[error("must not be longer than {PLACE_BYTES_MAX} bytes")]
    Length,
}

impl Places {
    /// Every folder below the roots, and every bucket.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// These folders and no bucket.
    pub fn folders(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { folders: folders.into_iter().collect(), ..Self::default() }
    }

    /// The places in the configuration. Folders may be relative to the current one.
    ///
    /// # Errors
    /// If an entry is not a place.
    pub fn of_config(shared: &[String]) -> Result<Self, PlaceError> {
        let mut places = Self::default();
        for place in shared.iter().map(|place| place.trim()).filter(|place| !place.is_empty()) {
            match place.contains("://") {
                true => places.prefixes.push(prefix(place)?),
                false => {
                    let folder = std::path::absolute(place).map_err(|_| PlaceError::Folder)?;
                    places.folders.push(folder);
                }
            }
        }
        Ok(places)
    }

    /// The places that the database has for a team. Skips rows that are not valid any more.
    pub fn of_team(media: &TeamMedia) -> Self {
        Self {
            everything: media.everything,
            folders: media.folders.iter().filter_map(|text| folder(text).ok()).collect(),
            prefixes: media.buckets.iter().filter_map(|text| prefix(text).ok()).collect(),
        }
    }

    /// Both these places and the others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.everything |= others.everything;
        self.folders.extend(others.folders.iter().cloned());
        self.prefixes.extend(others.prefixes.iter().cloned());
        self
    }

    /// Whether the roots are the only limit.
    pub fn are_everything(&self) -> bool {
        self.everything
    }

    /// The folders, without resolving links.
    pub fn named_folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether a path, with links resolved, is in one of the folders. Asks the file system.
    pub(super) fn contain_real(&self, real: &Path) -> bool {
        self.everything
            || self.folders.iter().filter_map(|f| f.canonicalize().ok()).any(|f| real.starts_with(f))
    }

    /// Whether a file's path is in one of the folders. Does not ask the file system, so it is cheap enough for every
    /// item of a lease.
    pub fn name_file(&self, uri: &str, resolved: &[PathBuf]) -> bool {
        let Some(path) = path_of(uri) else { return false };
        self.everything || self.folders.iter().chain(resolved).any(|folder| path.starts_with(folder))
    }

    /// Whether one of the prefixes contains the object.
    pub fn contain_object(&self, object: &Object<'_>) -> bool {
        self.everything || self.prefixes.iter().any(|prefix| prefix.contains(object))
    }
}

/// Parses the path of a folder.
///
/// # Errors
/// If it is too long, not absolute, or contains `.`, `..` or control characters.
pub fn folder(text: &str) -> Result<PathBuf, PlaceError> {
    if text.len() > PLACE_BYTES_MAX {
        return Err(PlaceError::Length);
    }
    let plain = text.starts_with('/') && !text.split('/').any(|step| matches!(step, "." | ".."));
    if plain && !text.chars().any(char::is_control) {
        Ok(PathBuf::from(text))
    } else {
        Err(PlaceError::Folder)
    }
}

/// Parses a bucket prefix.
///
/// # Errors
/// If it is too long or malformed.
pub fn prefix(text: &str) -> Result<Prefix, PlaceError> {
    if text.len() > PLACE_BYTES_MAX {
        return Err(PlaceError::Length);
    }
    Prefix::parse(text).ok_or(PlaceError::Prefix)
}
