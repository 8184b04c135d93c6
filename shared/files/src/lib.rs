//! Files of an installation: uploads and thumbnails, in a folder or in a bucket of an S3 store.
//!
//! A file is written once, under an id that is never reused. A write either completes or leaves no file. A file is
//! found by its id only; its type and its owner are in the database. A folder and a bucket use the same paths, so
//! that an installation can change from one to the other by copying.
//!
//! ```
//! use bytes::Bytes;
//! use futures::{StreamExt, TryStreamExt, stream};
//! use swath_domain::ids::FileId;
//! use swath_files::{Files, FilesError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), FilesError> {
//! # let folder = tempfile::tempdir().unwrap();
//! let files = Files::folder(folder.path().to_owned());
//! let id = FileId("01890000-0000-7000-8000-00000000abcd".parse().unwrap());
//! files.put(id, 5, stream::iter([Ok(Bytes::from("hello"))]).boxed()).await?;
//!
//! let chunks: Vec<Bytes> = files.get(id, 1..5).await?.try_collect().await.unwrap();
//! assert_eq!(chunks.concat(), b"ello");
//! # Ok(())
//! # }
//! ```

mod error;
mod files;
mod folder;
mod layout;
mod s3;
mod tally;

#[cfg(test)]
mod conformance;

pub use error::{FilesError, Result};
pub use files::Files;
pub use layout::Content;
pub use s3::{Bucket, BucketError};
