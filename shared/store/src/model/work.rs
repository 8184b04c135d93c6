//! The work of users as values.

use swath_domain::ItemIndex;

/// What a user says of one item: its canonical JSON, checked by the caller.
#[derive(Debug, Clone)]
pub struct ItemWork {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// The annotation as JSON.
    pub body: String,
    /// Whether the item was skipped.
    pub skipped: bool,
}
