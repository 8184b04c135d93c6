//! The EXIF orientation, by which browsers rotate and mirror a picture before they show it.

use exif::{In, Reader, Tag};

/// The orientation in EXIF data, from 1 to 8.
pub(super) fn orientation(block: &[u8]) -> Option<i64> {
    let exif = Reader::new().continue_on_error(true).read_raw(block.to_vec());
    let exif = exif.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    (1..=8).contains(&value).then_some(value.into())
}

/// Whether a picture with this orientation is displayed with width and height exchanged.
pub fn exchanges_sides(orientation: i64) -> bool {
    (5..=8).contains(&orientation)
}
