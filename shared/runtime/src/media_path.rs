//! Pictures in files on the server (`file://` URIs). All media files are read through this module.
//!
//! A file must be below a media root, belong to the team, and not be one of the installation's own. This is checked
//! at import and at every read, because links, mounts and the team's folders may change in between.

mod files;
mod picture;
pub mod places;
mod private;
mod work;

pub use files::{Found, MediaFiles};
pub use picture::{Picture, PictureKind, exchanges_sides, is_data_picture, read_header, read_shown};
pub use places::Places;
pub use private::Private;
pub use work::{FileWork, TimedOut};

/// Why a path is refused. No variant reveals whether a file outside the roots exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaPathError {
    /// The URI is not an absolute `file:` URI as [`swath_formats::file_uri::uri_of`] writes them.
    #[error("is not a file URI with an absolute path")]
    NotAFile,
    /// The path, with links resolved, is not one that this team may use.
    #[error("does not lie below a media root of this team")]
    Outside,
    /// The path is below a root, and there is no file.
    #[error("does not exist")]
    Missing,
}
