//! How a picture is stored, by the number that EXIF has for it: browsers turn and mirror it so before they show it.

use exif::{In, Reader, Tag};

/// The orientation that a block of EXIF names, from 1 to 8.
pub(super) fn orientation(block: &[u8]) -> Option<i64> {
    let exif = Reader::new().continue_on_error(true).read_raw(block.to_vec());
    let exif = exif.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    (1..=8).contains(&value).then_some(value.into())
}

/// Whether a picture that is stored so is shown with its sides exchanged.
pub fn exchanges_sides(orientation: i64) -> bool {
    (5..=8).contains(&orientation)
}
