//! Pictures on the server's own disk: `file://` URIs, and the one module through which every file of media is read.
//!
//! A file must lie below a root, belong to the team, and be none of the installation's own. That is checked when it is
//! imported, and again whenever it is read, because links, mounts and the team's folders may have changed in between.

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

/// Why a path is refused. None of these tells whether something outside the roots exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaPathError {
    /// The URI is not an absolute `file:` URI as [`swath_formats::file_uri::uri_of`] writes them.
    #[error("is not a file URI with an absolute path")]
    NotAFile,
    /// The path, with every link followed, does not lie where this team's media may lie.
    #[error("does not lie below a media root of this team")]
    Outside,
    /// The path lies below a root, and nothing stands there.
    #[error("does not exist")]
    Missing,
}
