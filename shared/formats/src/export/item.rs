//! The values from which an export is made.

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::job::Job;
use swath_domain::labels::{Annotation, Size};
use swath_domain::{AssignmentId, ItemIndex, Round, Slot, Time, UserId};

/// The head of an export, which is known before its first item.
#[derive(Debug, Clone)]
pub struct Head {
    /// The job.
    pub job: Job,
    /// The name of the job's dataset.
    pub dataset_name: String,
    /// The common prefix of all URIs in the job's dataset version, see [`shared_base`](super::names::shared_base).
    /// File names are made of the rest.
    pub base: String,
    /// The only slot to export. `None` for all slots.
    pub slot: Option<Slot>,
    /// Whether coordinates and sizes are those of the stored pictures instead of the displayed (rotated) ones.
    pub is_stored: bool,
}

/// One accepted annotation of one item.
#[derive(Debug, Clone)]
pub struct Item {
    /// The item's number in the dataset.
    pub index: ItemIndex,
    /// The URI of the item's picture, from which the file name is made.
    pub uri: String,
    /// The URI for display.
    pub shown_uri: String,
    /// The size of the picture in pixels, if it is known.
    pub size: Option<Size>,
    /// The EXIF orientation of the picture, if it was measured.
    pub orientation: Option<i64>,
    /// The metadata that was imported with the item.
    pub meta: Option<Box<RawValue>>,
    /// The slot: which of the independent annotations of the item this is, from 0.
    pub slot: Slot,
    /// The round in which the annotation was accepted.
    pub round: Round,
    /// The accepted annotation.
    pub annotation: Annotation,
    /// The annotator.
    pub author: UserId,
    /// The reviewer. `None` if the review rule accepted the annotation.
    pub reviewer: Option<UserId>,
    /// The annotation's revision.
    pub revision: i64,
    /// The time of the acceptance.
    pub accepted_at: Time,
    /// The assignment of the annotation.
    pub assignment: AssignmentId,
}

/// The origin of an annotation, which COCO and Supervisely documents contain in addition to their own fields.
#[derive(Serialize)]
pub(super) struct Provenance {
    slot: Slot,
    round: Round,
    author: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<UserId>,
    revision: i64,
    accepted_at: Time,
    assignment: AssignmentId,
}

impl Provenance {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            slot: item.slot,
            round: item.round,
            author: item.author,
            reviewer: item.reviewer,
            revision: item.revision,
            accepted_at: item.accepted_at,
            assignment: item.assignment,
        }
    }
}
