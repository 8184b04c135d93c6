//! The end of an export.

use std::fs::File;
use std::io::{self, Read};

/// The size of the chunks that are read from the temporary file.
const CHUNK_BYTES: usize = 64 * 1024;

/// The end of an export, in chunks of bounded size.
#[derive(Debug, Default)]
pub struct Tail {
    pub(super) first: Option<Vec<u8>>,
    /// The temporary file, from its current position to its end.
    pub(super) spool: Option<File>,
    pub(super) last: Option<Vec<u8>>,
}

impl Iterator for Tail {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if let Some(file) = &mut self.spool {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            match file.take(CHUNK_BYTES as u64).read_to_end(&mut chunk) {
                Ok(0) => self.spool = None,
                Ok(_) => return Some(Ok(chunk)),
                Err(error) => {
                    (self.spool, self.last) = (None, None);
                    return Some(Err(error));
                }
            }
        }
        self.last.take().map(Ok)
    }
}
