//! The stream of an export: pages are encoded on a thread of their own and sent in chunks.

use std::io;

use swath_formats::export::{Encoder, Item};
use swath_store::StoreError;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// Where the chunks of an export go.
pub(super) type Chunks = mpsc::Sender<io::Result<Vec<u8>>>;

/// Encodes a page on a blocking thread, because a page of masks keeps a processor busy for a while.
pub(super) async fn encoded(mut encoder: Encoder, items: Vec<Item>) -> io::Result<(Encoder, Vec<u8>)> {
    let written = spawn_blocking(move || encoder.items(&items).map(|bytes| (encoder, bytes)));
    written.await.map_err(io::Error::other)?
}

/// Sends a chunk, unless it is empty.
pub(super) async fn send(chunks: &Chunks, bytes: Vec<u8>) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    chunks.send(Ok(bytes)).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

/// A failure of the database as one of the stream.
pub(super) fn store_failure(error: StoreError) -> io::Error {
    io::Error::other(error.to_string())
}
