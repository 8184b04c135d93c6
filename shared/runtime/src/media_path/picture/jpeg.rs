//! Reads the size and the EXIF orientation of a JPEG. Reads its segments up to the frame, and skips the fill bytes
//! and markers without a length that the standard allows between them.

use std::io::{BufRead, Read, Seek};

use super::exif;

/// How many segments may be before the frame. A colour profile alone may have 255.
const SEGMENTS_MAX: usize = 2_000;
/// How many fill bytes may be between two segments.
const FILL_BYTES_MAX: usize = 64 << 10;
/// The start of an APP1 segment with EXIF.
const EXIF_PREFIX: &[u8] = b"Exif\0\0";

/// Width, height and orientation.
pub(super) fn read(reader: &mut (impl BufRead + Seek)) -> Option<(i64, i64, i64)> {
    let mut start = [0; 2];
    reader.read_exact(&mut start).ok().filter(|()| start == [0xFF, 0xD8])?;
    let mut orientation = None;
    for _ in 0..SEGMENTS_MAX {
        match marker(reader)? {
            // TEM and restart markers have no length.
            0x01 | 0xD0..=0xD7 => {}
            // A start of frame. C4, C8 and CC have other meanings.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let mut frame = [0; 7];
                reader.read_exact(&mut frame).ok()?;
                let [_, _, _, h1, h0, w1, w0] = frame;
                let side = |high, low| i64::from(u16::from_be_bytes([high, low]));
                return Some((side(w1, w0), side(h1, h0), orientation.unwrap_or(1)));
            }
            // The end of the image, or pixel data without a frame.
            0xD8..=0xDA => return None,
            0xE1 if orientation.is_none() => {
                let length = length(reader)?;
                orientation = exif_of(reader, length)?;
            }
            _ => {
                let length = length(reader)?;
                reader.seek_relative(length.into()).ok()?;
            }
        }
    }
    None
}

/// The next marker, after any fill bytes.
fn marker(reader: &mut impl Read) -> Option<u8> {
    let mut byte = [0];
    reader.read_exact(&mut byte).ok().filter(|()| byte == [0xFF])?;
    for _ in 0..FILL_BYTES_MAX {
        reader.read_exact(&mut byte).ok()?;
        if byte != [0xFF] {
            return Some(byte[0]);
        }
    }
    None
}

/// The number of bytes that follow in the segment.
fn length(reader: &mut impl Read) -> Option<u16> {
    let mut length = [0; 2];
    reader.read_exact(&mut length).ok()?;
    u16::from_be_bytes(length).checked_sub(2)
}

/// The orientation in an APP1 segment, or `Some(None)` if it has none. `None` if the segment is truncated.
fn exif_of(reader: &mut impl Read, length: u16) -> Option<Option<i64>> {
    let mut segment = vec![0; length.into()];
    reader.read_exact(&mut segment).ok()?;
    Some(segment.strip_prefix(EXIF_PREFIX).and_then(exif::orientation))
}
