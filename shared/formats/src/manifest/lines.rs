//! Splits chunks of bytes into lines.

use super::bounds::LINE_BYTES_MAX;
use super::error::{ManifestError, TOO_LONG};

/// Splits bytes into lines, and passes on those that are not empty with their numbers. Keeps at most one line.
#[derive(Debug, Default)]
pub struct Lines {
    ended: u64,
    partial: Vec<u8>,
}

impl Lines {
    /// Splits the next bytes.
    ///
    /// # Errors
    /// If a line is too long.
    pub fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(u64, &[u8])) -> Result<(), ManifestError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.keep(&bytes[..end])?;
            self.end_line(&mut take);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes)
    }

    /// Ends the last line.
    ///
    /// # Errors
    /// None. It returns a result only for symmetry with [`push`](Self::push).
    pub fn finish(mut self, mut take: impl FnMut(u64, &[u8])) -> Result<(), ManifestError> {
        self.end_line(&mut take);
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), ManifestError> {
        if self.partial.len() + bytes.len() > LINE_BYTES_MAX {
            return Err(ManifestError::plain(self.ended + 1, TOO_LONG));
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, take: &mut impl FnMut(u64, &[u8])) {
        self.ended += 1;
        let line = self.partial.trim_ascii();
        if !line.is_empty() {
            take(self.ended, line);
        }
        self.partial.clear();
    }
}
