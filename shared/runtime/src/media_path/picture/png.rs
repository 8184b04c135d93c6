//! Finds EXIF in a PNG by skipping chunks.

use std::io::{BufRead, Seek, SeekFrom};

use super::exif;

/// How many chunks are read, at most.
const CHUNKS_MAX: usize = 10_000;
/// The largest EXIF data that is read.
const EXIF_BYTES_MAX: u32 = 1 << 20;

/// The EXIF orientation before the pixels of a PNG.
pub(super) fn orientation(reader: &mut (impl BufRead + Seek)) -> Option<i64> {
    reader.seek(SeekFrom::Start(8)).ok()?;
    for _ in 0..CHUNKS_MAX {
        let (length, name) = head(reader)?;
        match &name {
            b"IDAT" | b"IEND" => return None,
            b"eXIf" => return block(reader, length),
            // Each chunk has a checksum of 4 bytes at its end.
            _ => reader.seek_relative(i64::from(length) + 4).ok()?,
        }
    }
    None
}

fn head(reader: &mut impl BufRead) -> Option<(u32, [u8; 4])> {
    let (length, name) = (four(reader)?, four(reader)?);
    Some((u32::from_be_bytes(length), name))
}

fn four(reader: &mut impl BufRead) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn block(reader: &mut impl BufRead, length: u32) -> Option<i64> {
    if length > EXIF_BYTES_MAX {
        return None;
    }
    let mut block = vec![0; usize::try_from(length).ok()?];
    reader.read_exact(&mut block).ok()?;
    exif::orientation(&block)
}
