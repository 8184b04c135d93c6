//! Whether names keep their folders.

/// Whether names keep their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Relative paths with slashes, for pictures in their existing folders.
    Tree,
    /// Plain names without folders, which are safe for new files on any operating system.
    Flat,
}
