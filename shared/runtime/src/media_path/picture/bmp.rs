//! The head of a Windows bitmap. The two letters at its start begin many texts, so its second header must be one that there
//! is; the height of a picture whose first row is the upper one stands there below zero.

use std::io::{BufRead, Seek, SeekFrom};

/// Where the second header stands.
const HEADER_AT: u64 = 14;
/// The oldest header, whose sides are short.
const CORE: u32 = 12;
/// Sizes that the others may have.
const HEADERS: [u32; 8] = [16, 40, 52, 56, 64, 108, 124, 240];

/// Width and height; none where it is no bitmap.
pub(super) fn read(reader: &mut (impl BufRead + Seek)) -> Option<(i64, i64)> {
    let mut head = [0; 12];
    reader.seek(SeekFrom::Start(HEADER_AT)).and_then(|_| reader.read_exact(&mut head)).ok()?;
    let [a, b, c, d, sides @ ..] = head;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = sides;
    match u32::from_le_bytes([a, b, c, d]) {
        CORE => {
            let short = |low, high| i64::from(u16::from_le_bytes([low, high]));
            Some((short(w0, w1), short(w2, w3)))
        }
        size if HEADERS.contains(&size) => {
            let width = i32::from_le_bytes([w0, w1, w2, w3]);
            let height = i32::from_le_bytes([h0, h1, h2, h3]);
            (width >= 0).then_some((width.into(), i64::from(height).abs()))
        }
        _ => None,
    }
}
