//! Files of an installation: uploads and thumbnails, in a folder or in a bucket of an S3 store.
//!
//! A file is written once, under an id that is never used again, and is there whole or not at all. It is served by its id
//! and by nothing else; what it is and whose is the store's to know. Both kinds lay files out alike, so that an installation
//! changes from one to the other by copying.

mod folder;
mod s3;
mod tally;

#[cfg(test)]
mod conformance;

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures::stream::BoxStream;
use swath_domain::ids::FileId;

use self::folder::Folder;
use self::s3::S3;
use self::tally::Tally;

pub use self::s3::{Bucket, BucketError};

/// The content of a file, piece by piece.
pub type Content = BoxStream<'static, io::Result<Bytes>>;

/// Where the files of an installation are.
#[derive(Debug, Clone)]
pub struct Files(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(Folder),
    S3(Box<S3>),
    Nowhere,
}

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The installation has no place for files.
    #[error("no place for files is configured")]
    NotConfigured,
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// What was to be written broke off, or is not as long as was said.
    #[error("the content did not arrive: {0}")]
    Arriving(io::Error),
    /// The folder or the object store did not do it.
    #[error("the files cannot be reached: {0}")]
    Unavailable(String),
}

/// What a call gives.
pub type Result<T, E = FilesError> = std::result::Result<T, E>;

impl Files {
    /// Files in a folder, which is made where it is missing.
    pub fn folder(root: PathBuf) -> Self {
        Self(Kind::Folder(Folder::new(root)))
    }

    /// Files in a bucket of an object store.
    ///
    /// # Errors
    /// Where the bucket or its address is none.
    pub fn bucket(bucket: Bucket) -> Result<Self, BucketError> {
        S3::new(bucket).map(|s3| Self(Kind::S3(Box::new(s3))))
    }

    /// No files at all.
    pub fn nowhere() -> Self {
        Self(Kind::Nowhere)
    }

    /// Whether files can be kept.
    pub fn is_configured(&self) -> bool {
        !matches!(self.0, Kind::Nowhere)
    }

    /// Writes a file of exactly `length` bytes, and gives the SHA-256 of its content. Once it answers the file is durable;
    /// where it fails nothing is there, or what is there is deleted by [`Files::delete`].
    pub async fn put(&self, id: FileId, length: u64, content: Content) -> Result<Vec<u8>> {
        let tally = Tally::of(length);
        let watched = tally.watch(content);
        let put = match &self.0 {
            Kind::Folder(folder) => folder.put(id, watched).await,
            Kind::S3(s3) => s3.put(id, length, watched).await,
            Kind::Nowhere => return Err(FilesError::NotConfigured),
        };
        // What is wrong with the content is why the write has failed.
        let digest = tally.digest()?;
        put.map(|()| digest)
    }

    /// The bytes of a file in this range, which lies within it.
    pub async fn get(&self, id: FileId, range: Range<u64>) -> Result<Content> {
        match &self.0 {
            Kind::Folder(folder) => folder.get(id, range).await,
            Kind::S3(s3) => s3.get(id, range).await,
            Kind::Nowhere => Err(FilesError::NotConfigured),
        }
    }

    /// The length of a file; none where there is no such file.
    pub async fn length(&self, id: FileId) -> Result<Option<u64>> {
        match &self.0 {
            Kind::Folder(folder) => folder.length(id).await,
            Kind::S3(s3) => s3.length(id).await,
            Kind::Nowhere => Err(FilesError::NotConfigured),
        }
    }

    /// Deletes a file, and what is left of one that did not arrive. One that is not there is no error.
    pub async fn delete(&self, id: FileId) -> Result<()> {
        match &self.0 {
            Kind::Folder(folder) => folder.delete(id).await,
            Kind::S3(s3) => s3.delete(id).await,
            Kind::Nowhere => Err(FilesError::NotConfigured),
        }
    }
}

/// Where a file lies: below one of 256 folders, by the last digits of its id, for the first ones are its time.
fn key(id: FileId) -> String {
    let id = id.to_string();
    let last = id.get(id.len().saturating_sub(2)..).unwrap_or_default();
    format!("{last}/{id}")
}
