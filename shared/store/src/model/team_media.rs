//! What a team may use as media.

/// The folders and bucket prefixes that a team may use as media.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamMedia {
    /// Everything that the server can read, as teams from before there were limits may.
    pub everything: bool,
    /// Folders of the server.
    pub folders: Vec<String>,
    /// Prefixes as in `s3://bucket/prefix/`.
    pub buckets: Vec<String>,
}
