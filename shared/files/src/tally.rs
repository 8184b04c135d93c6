//! Checks the length of content and computes its digest while it is written.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use sha2::{Digest, Sha256};

use crate::{Content, FilesError, Result};

/// The progress of content that must have a given length. Clones share it.
#[derive(Clone)]
pub(crate) struct Tally(Arc<Mutex<Seen>>);

struct Seen {
    left_bytes: u64,
    digest: Sha256,
    error: Option<io::Error>,
}

impl Tally {
    pub(crate) fn of(length: u64) -> Self {
        let seen = Seen { left_bytes: length, digest: Sha256::new(), error: None };
        Self(Arc::new(Mutex::new(seen)))
    }

    /// The same content, which ends with an error if it is too short, too long or fails.
    pub(crate) fn watch(&self, content: Content) -> Content {
        let tally = self.clone();
        let chunks = content.map(Some).chain(futures::stream::iter([None]));
        Box::pin(chunks.filter_map(move |chunk| {
            let passed = tally.pass(chunk);
            async move { passed }
        }))
    }

    fn pass(&self, chunk: Option<io::Result<bytes::Bytes>>) -> Option<io::Result<bytes::Bytes>> {
        let mut seen = self.seen();
        let fault = match chunk {
            Some(Ok(chunk)) if chunk.len() as u64 <= seen.left_bytes => {
                seen.left_bytes -= chunk.len() as u64;
                seen.digest.update(&chunk);
                return Some(Ok(chunk));
            }
            None if seen.left_bytes == 0 => return None,
            Some(Ok(_)) => io::Error::new(io::ErrorKind::InvalidData, "it is longer than announced"),
            Some(Err(error)) => error,
            None => io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than announced"),
        };
        // An error cannot be cloned. The stream gets a copy, and `digest` returns the original.
        let copy = io::Error::new(fault.kind(), fault.to_string());
        seen.error.get_or_insert(fault);
        Some(Err(copy))
    }

    /// The SHA-256 of the whole content, or the error that ended it.
    pub(crate) fn digest(&self) -> Result<Vec<u8>> {
        let mut seen = self.seen();
        match seen.error.take() {
            Some(error) => Err(FilesError::BadContent(error)),
            None => Ok(seen.digest.clone().finalize().to_vec()),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
