//! The work of users as values.

/// What a user says of one item: its canonical JSON, checked by the caller.
#[derive(Debug, Clone)]
pub struct ItemWork {
    /// The number of the item in the dataset.
    pub item: i64,
    /// The annotation as JSON.
    pub body: String,
    /// Whether the item was skipped.
    pub skipped: bool,
}
