//! Bounds of what a parser keeps.

/// The longest line of a manifest, in bytes.
pub const LINE_MAX: usize = 64 * 1024;
/// The most columns of a CSV manifest.
pub const COLUMNS_MAX: usize = 64;
