//! Bytes as lines, however they are cut.

use super::{LINE_MAX, ManifestError, TOO_LONG};

/// Gathers bytes into lines and gives those that are not empty, with their numbers. Holds one line at most.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    ended: u64,
    partial: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes. A line that is too long ends the reading, because its end may never come.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(), ManifestError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.hold(&bytes[..end])?;
            self.end_line(&mut take);
            bytes = &bytes[end + 1..];
        }
        self.hold(bytes)
    }

    /// Takes the end, which ends the last line.
    pub(crate) fn finish(mut self, mut take: impl FnMut(u64, &[u8])) -> Result<(), ManifestError> {
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
