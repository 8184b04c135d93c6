//! The line of a stored annotation, accepted or not.

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::labels::Annotation;
use swath_domain::{AssignmentId, ItemIndex, LeaseId, Round, Slot, Time, UserId};

use super::jsonl::json_line;

/// One stored annotation, accepted or not, for an export of `items=all`.
#[derive(Debug, Clone, Serialize)]
pub struct StoredItem {
    /// The item's number in the dataset.
    pub index: ItemIndex,
    /// The URI of the item's picture.
    pub uri: String,
    /// The metadata that was imported with the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Box<RawValue>>,
    /// The slot: which of the independent annotations of the item this is, from 0.
    pub slot: Slot,
    /// The round of the assignment.
    pub round: Round,
    /// The item's state, named as in the job's progress.
    pub state: &'static str,
    /// The stored annotation, which may be a skip with its reason.
    pub annotation: Annotation,
    /// The annotator.
    pub author: UserId,
    /// The lease under which the annotation was last saved.
    pub lease: LeaseId,
    /// The number of times it was saved.
    pub revision: i64,
    /// When it was last saved.
    pub saved_at: Time,
    /// The assignment of the annotation.
    pub assignment: AssignmentId,
}

/// Appends the line of one stored annotation.
///
/// # Errors
/// If the annotation cannot be encoded.
pub fn stored_line(item: &StoredItem, bytes: &mut Vec<u8>) -> io::Result<()> {
    json_line(item, bytes)
}
