//! Lines, from bytes in chunks of any size.

use super::bounds::LINE_MAX;
use super::error::{ManifestError, TOO_LONG};

/// Splits bytes into lines and passes on those that are not empty, with their numbers. Keeps at most one line.
#[derive(Debug, Default)]
pub struct Lines {
    ended: u64,
    partial: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When a line is too long: its end may never come.
    pub fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(u64, &[u8])) -> Result<(), ManifestError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.hold(&bytes[..end])?;
            self.end_line(&mut take);
            bytes = &bytes[end + 1..];
        }
        self.hold(bytes)
    }

    /// Ends the last line.
    ///
    /// # Errors
    /// None; it returns a result as [`push`](Self::push) does.
    pub fn finish(mut self, mut take: impl FnMut(u64, &[u8])) -> Result<(), ManifestError> {
        self.end_line(&mut take);
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), ManifestError> {
        if self.partial.len() + bytes.len() > LINE_MAX {
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
