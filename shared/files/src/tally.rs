//! Counts and digests content on its way to a file.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use sha2::{Digest, Sha256};

use crate::{Content, FilesError, Result};

/// What has been seen of content that is to have so many bytes.
#[derive(Clone)]
pub(crate) struct Tally(Arc<Mutex<Seen>>);

struct Seen {
    left: u64,
    digest: Sha256,
    broken: Option<io::Error>,
}

impl Tally {
    pub(crate) fn of(length: u64) -> Self {
        let seen = Seen { left: length, digest: Sha256::new(), broken: None };
        Self(Arc::new(Mutex::new(seen)))
    }

    /// The content as it passes by. It ends with an error where it is too short, too long or broken.
    pub(crate) fn watch(&self, content: Content) -> Content {
        let tally = self.clone();
        let pieces = content.map(Some).chain(futures::stream::iter([None]));
        Box::pin(pieces.filter_map(move |piece| {
            let passed = tally.pass(piece);
            async move { passed }
        }))
    }

    fn pass(&self, piece: Option<io::Result<bytes::Bytes>>) -> Option<io::Result<bytes::Bytes>> {
        let mut seen = self.seen();
        let fault = match piece {
            Some(Ok(piece)) if piece.len() as u64 <= seen.left => {
                seen.left -= piece.len() as u64;
                seen.digest.update(&piece);
                return Some(Ok(piece));
            }
            None if seen.left == 0 => return None,
            Some(Ok(_)) => io::Error::new(io::ErrorKind::InvalidData, "it is longer than was said"),
            Some(Err(error)) => error,
            None => io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than was said"),
        };
        let told = io::Error::new(fault.kind(), fault.to_string());
        seen.broken.get_or_insert(fault);
        Some(Err(told))
    }

    /// The SHA-256 of the whole content, or why it is not whole.
    pub(crate) fn digest(&self) -> Result<Vec<u8>> {
        let mut seen = self.seen();
        match seen.broken.take() {
            Some(error) => Err(FilesError::Arriving(error)),
            None => Ok(seen.digest.clone().finalize().to_vec()),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
