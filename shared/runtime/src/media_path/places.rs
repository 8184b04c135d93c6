//! Where the media of a team may lie: folders of the server, and prefixes in buckets.

use std::path::{Path, PathBuf};

use swath_formats::file_uri::path_of;
use swath_store::TeamMedia;

use crate::object_store::{Object, Prefix};

/// The most folders, and the most bucket prefixes, of one team.
pub const PLACES_MAX: usize = 100;
/// The longest folder or bucket prefix, in bytes.
pub const PLACE_BYTES_MAX: usize = 1_000;

/// What a team may use, with what all teams share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    everything: bool,
    folders: Vec<PathBuf>,
    prefixes: Vec<Prefix>,
}

/// Why a text names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A folder is absolute, and no step of it is `.` or `..`.
    #[error("must be an absolute path without `.` and `..`")]
    Folder,
    /// A prefix names a bucket, and perhaps the beginning of keys by whole steps.
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

    /// Folders, which may be relative to the current one, and bucket prefixes of the configuration.
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

    /// What the store keeps for a team; a row that is no place any more opens nothing.
    pub fn of_team(media: &TeamMedia) -> Self {
        Self {
            everything: media.everything,
            folders: media.folders.iter().filter_map(|text| folder(text).ok()).collect(),
            prefixes: media.buckets.iter().filter_map(|text| prefix(text).ok()).collect(),
        }
    }

    /// These places and the others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.everything |= others.everything;
        self.folders.extend(others.folders.iter().cloned());
        self.prefixes.extend(others.prefixes.iter().cloned());
        self
    }

    /// Whether there is no limit but the roots.
    pub fn are_everything(&self) -> bool {
        self.everything
    }

    /// The folders, as they were named.
    pub fn named_folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether a path with every link followed lies in one of the folders. Asks the file system.
    pub(super) fn hold_real(&self, real: &Path) -> bool {
        self.everything
            || self.folders.iter().filter_map(|f| f.canonicalize().ok()).any(|f| real.starts_with(f))
    }

    /// Whether a file may lie in one of the folders, by its path alone: what is cheap to ask of every item of a lease.
    pub fn name_file(&self, uri: &str, resolved: &[PathBuf]) -> bool {
        let Some(path) = path_of(uri) else { return false };
        self.everything || self.folders.iter().chain(resolved).any(|folder| path.starts_with(folder))
    }

    /// Whether the object's key begins with one of the prefixes, by whole steps.
    pub fn hold_object(&self, object: &Object<'_>) -> bool {
        self.everything || self.prefixes.iter().any(|prefix| prefix.holds(object))
    }
}

/// Reads the name of a folder.
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

/// Reads a bucket prefix.
pub fn prefix(text: &str) -> Result<Prefix, PlaceError> {
    if text.len() > PLACE_BYTES_MAX {
        return Err(PlaceError::Length);
    }
    Prefix::parse(text).ok_or(PlaceError::Prefix)
}
