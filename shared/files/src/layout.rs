//! What a folder and a bucket have in common.

use std::io;

use bytes::Bytes;
use futures::stream::BoxStream;
use swath_domain::ids::FileId;

/// The content of a file, as a stream of chunks.
pub type Content = BoxStream<'static, io::Result<Bytes>>;

/// The path of a file: in one of 256 folders, by the last digits of its id. The first digits are a time, so they
/// would put all new files into the same folder.
pub(crate) fn key(id: FileId) -> String {
    let id = id.to_string();
    let folder = &id[id.len() - 2..];
    format!("{folder}/{id}")
}
