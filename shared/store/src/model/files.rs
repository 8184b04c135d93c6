//! Files in the file storage: uploads, thumbnails, and pictures for guidelines.

use swath_domain::ids::{DatasetId, FileId, TeamId};
use swath_domain::{ItemIndex, Time};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// An upload for items, deleted some time after no item refers to it any more.
    Items,
    /// The thumbnail of this item.
    Thumbnail(DatasetId, ItemIndex),
    /// A picture in the instructions of jobs, kept until a manager deletes it.
    Guideline,
}

/// A file that is about to arrive.
#[derive(Debug, Clone, Copy)]
pub struct NewFile {
    /// Its id, under which its content is stored.
    pub id: FileId,
    /// The team that it belongs to.
    pub team: TeamId,
    /// Its length in bytes.
    pub bytes: i64,
    /// What it is for.
    pub purpose: FilePurpose,
}

/// What is known of a file's content once it has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The SHA-256 of the bytes, by which the same content is found again.
    pub digest: Vec<u8>,
    /// Its media type, found from the content.
    pub media_type: String,
    /// Width in pixels of the picture as it is displayed.
    pub width: i64,
    /// Height in pixels of the picture as it is displayed.
    pub height: i64,
    /// How the picture is stored, by its number in EXIF.
    pub orientation: i64,
}

/// A file whose content is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id, under which its content is stored.
    pub id: FileId,
    /// The team that it belongs to.
    pub team: TeamId,
    /// Its length in bytes.
    pub bytes: i64,
    /// What is known of its content.
    pub content: FileContent,
}

/// The times before which files must have been used last to expire.
#[derive(Debug, Clone, Copy)]
pub struct FileAges {
    /// For a file that is still arriving.
    pub arriving: Time,
    /// For an upload that no item refers to.
    pub unused: Time,
    /// For a thumbnail, which is made again when it is asked for.
    pub thumbnails: Time,
}
