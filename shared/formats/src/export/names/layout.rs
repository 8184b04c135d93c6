//! Whether names keep their folders.

/// Whether names keep their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Relative paths with slashes, of files that are there already.
    Tree,
    /// Plain names, safe for files that are made anew on any system.
    Flat,
}
