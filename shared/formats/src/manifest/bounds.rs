//! The limits of a parser.

/// The longest line of a manifest.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// The largest number of columns of a CSV manifest.
pub const COLUMNS_MAX: usize = 64;
