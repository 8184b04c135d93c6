//! Reads the size of a Windows bitmap. Many texts begin with the same two letters, so the second header must have a
//! known size. A negative height means that the top row comes first.

use std::io::{BufRead, Seek, SeekFrom};

/// The offset of the second header.
const HEADER_OFFSET: u64 = 14;
/// The size of the oldest header, which has 16-bit width and height.
const CORE_HEADER_BYTES: u32 = 12;
/// The sizes of the other headers.
const HEADER_BYTES: [u32; 8] = [16, 40, 52, 56, 64, 108, 124, 240];

/// Width and height. `None` if it is not a bitmap.
pub(super) fn read(reader: &mut (impl BufRead + Seek)) -> Option<(i64, i64)> {
    let mut head = [0; 12];
    reader.seek(SeekFrom::Start(HEADER_OFFSET)).and_then(|_| reader.read_exact(&mut head)).ok()?;
    let [a, b, c, d, sides @ ..] = head;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = sides;
    match u32::from_le_bytes([a, b, c, d]) {
        CORE_HEADER_BYTES => {
            let short = |low, high| i64::from(u16::from_le_bytes([low, high]));
            Some((short(w0, w1), short(w2, w3)))
        }
        size if HEADER_BYTES.contains(&size) => {
            let width = i32::from_le_bytes([w0, w1, w2, w3]);
            let height = i32::from_le_bytes([h0, h1, h2, h3]);
            (width >= 0).then_some((width.into(), i64::from(height).abs()))
        }
        _ => None,
    }
}
