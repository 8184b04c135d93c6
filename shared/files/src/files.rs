//! The public type of the files, with its two implementations behind it.

use std::ops::Range;
use std::path::PathBuf;

use swath_domain::ids::FileId;

use crate::folder::Folder;
use crate::s3::S3;
use crate::tally::Tally;
use crate::{Bucket, BucketError, Content, FilesError, Result};

/// The files of an installation. Clones use the same folder or bucket.
#[derive(Debug, Clone)]
pub struct Files(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(Folder),
    S3(Box<S3>),
    None,
}

impl Files {
    /// Files in a folder, which is created if it is missing.
    pub fn folder(root: PathBuf) -> Self {
        Self(Kind::Folder(Folder::new(root)))
    }

    /// Files in a bucket of an object store.
    ///
    /// # Errors
    /// [`BucketError`] if the endpoint or the bucket's name is invalid. Nothing is sent to the object store yet.
    pub fn bucket(bucket: Bucket) -> Result<Self, BucketError> {
        S3::new(bucket).map(|s3| Self(Kind::S3(Box::new(s3))))
    }

    /// An installation without files: every call fails with [`FilesError::NotConfigured`].
    pub fn not_configured() -> Self {
        Self(Kind::None)
    }

    /// Whether the installation has files.
    pub fn is_configured(&self) -> bool {
        !matches!(self.0, Kind::None)
    }

    /// Writes a file of exactly `length` bytes, and returns the SHA-256 of its content. The file is durable once this
    /// returns.
    ///
    /// # Errors
    /// [`FilesError::BadContent`] if the content fails or is not `length` bytes long, and [`FilesError::Unavailable`]
    /// if the folder or the object store fails. Parts may be left then; the caller removes them with
    /// [`Files::delete`].
    pub async fn put(&self, id: FileId, length: u64, content: Content) -> Result<Vec<u8>> {
        let tally = Tally::of(length);
        let watched = tally.watch(content);
        let put = match &self.0 {
            Kind::Folder(folder) => folder.put(id, watched).await,
            Kind::S3(s3) => s3.put(id, length, watched).await,
            Kind::None => return Err(FilesError::NotConfigured),
        };
        // If the content was bad, that is why the write failed, so this error comes first.
        let digest = tally.digest()?;
        put.map(|()| digest)
    }

    /// The bytes of a file in this range, which must be within the file.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] if the file does not exist, [`FilesError::Unavailable`] if it cannot be read now. An
    /// error while reading ends the stream.
    pub async fn get(&self, id: FileId, range: Range<u64>) -> Result<Content> {
        match &self.0 {
            Kind::Folder(folder) => folder.get(id, range).await,
            Kind::S3(s3) => s3.get(id, range).await,
            Kind::None => Err(FilesError::NotConfigured),
        }
    }

    /// The length of a file in bytes. `None` if the file does not exist.
    ///
    /// # Errors
    /// [`FilesError::Unavailable`] if the folder or the object store fails.
    pub async fn length(&self, id: FileId) -> Result<Option<u64>> {
        match &self.0 {
            Kind::Folder(folder) => folder.length(id).await,
            Kind::S3(s3) => s3.length(id).await,
            Kind::None => Err(FilesError::NotConfigured),
        }
    }

    /// Deletes a file, or the parts that a failed write has left. A file that does not exist is not an error.
    ///
    /// # Errors
    /// [`FilesError::Unavailable`] if the folder or the object store fails. The caller may try again.
    pub async fn delete(&self, id: FileId) -> Result<()> {
        match &self.0 {
            Kind::Folder(folder) => folder.delete(id).await,
            Kind::S3(s3) => s3.delete(id).await,
            Kind::None => Err(FilesError::NotConfigured),
        }
    }
}
