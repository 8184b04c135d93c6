//! Why a file cannot be written or read.

use std::io;

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The installation is configured without files.
    #[error("no place for files is configured")]
    NotConfigured,
    /// The file does not exist.
    #[error("there is no such file")]
    NotFound,
    /// The content to write ended with an error, or its length is not the announced one.
    #[error("the content did not arrive: {0}")]
    BadContent(io::Error),
    /// The folder or the object store failed or did not answer in time.
    #[error("the files cannot be reached: {0}")]
    Unavailable(String),
}

/// The result of a call.
pub type Result<T, E = FilesError> = std::result::Result<T, E>;
