//! The values that an export is made of.

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::job::Job;
use swath_domain::labels::{Annotation, Size};
use swath_domain::{AssignmentId, Time, UserId};

/// What an export is about, known before its first item.
#[derive(Debug, Clone)]
pub struct Head {
    /// The job.
    pub job: Job,
    /// The name of its dataset.
    pub dataset_name: String,
    /// The common start of all URIs in the job's dataset version, see [`shared_base`](super::names::shared_base). File
    /// names are made of what follows it.
    pub base: String,
    /// The only slot to export; `None` for all slots.
    pub slot: Option<i64>,
    /// Whether coordinates and sizes refer to the stored pictures, not to the displayed (rotated) ones.
    pub is_stored: bool,
}

/// One accepted annotation of one item.
#[derive(Debug, Clone)]
pub struct Item {
    /// The item's number in the dataset.
    pub index: i64,
    /// The URI of its medium, from which its file name is made.
    pub uri: String,
    /// The URI as users see it.
    pub shown_uri: String,
    /// Its size in pixels, where known.
    pub size: Option<Size>,
    /// The EXIF orientation of the picture, where it was measured.
    pub orientation: Option<i64>,
    /// The metadata that was imported with the item.
    pub meta: Option<Box<RawValue>>,
    /// Which of the job's independent annotations of the item this is, from 0.
    pub slot: i64,
    /// The round in which it was accepted.
    pub round: i64,
    /// The accepted annotation.
    pub annotation: Annotation,
    /// The annotator.
    pub author: UserId,
    /// The reviewer; `None` where the review rule accepted it.
    pub reviewer: Option<UserId>,
    /// The annotation's revision.
    pub revision: i64,
    /// The time of the acceptance.
    pub accepted_at: Time,
    /// The assignment it belonged to.
    pub assignment: AssignmentId,
}

/// The origin of an annotation, which COCO and Supervisely documents carry beside their own fields.
#[derive(Serialize)]
pub(super) struct Provenance {
    slot: i64,
    round: i64,
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
