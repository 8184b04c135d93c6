//! The byte order mark that some editors write at the start of a file.

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Skips a byte order mark at the start, even if it is spread over several chunks.
#[derive(Debug, Default)]
pub(super) struct ByteOrderMark {
    seen: usize,
    over: bool,
}

impl ByteOrderMark {
    /// Returns the bytes to parse now: those that were kept back, and the rest of `bytes`.
    pub(super) fn strip<'a>(&mut self, bytes: &'a [u8]) -> (&'static [u8], &'a [u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            if self.over || self.seen == BYTE_ORDER_MARK.len() {
                self.over = true;
                return (&[], &bytes[index..]);
            }
            if *byte != BYTE_ORDER_MARK[self.seen] {
                let kept_back = self.kept_back();
                self.over = true;
                return (kept_back, &bytes[index..]);
            }
            self.seen += 1;
        }
        (&[], &[])
    }

    /// The bytes that were kept back although they are not a mark.
    pub(super) fn kept_back(&self) -> &'static [u8] {
        if self.over || self.seen == BYTE_ORDER_MARK.len() { &[] } else { &BYTE_ORDER_MARK[..self.seen] }
    }
}
