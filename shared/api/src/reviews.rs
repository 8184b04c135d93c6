//! Reviews: the requests and answers of `/v1/reviews`, as far as they differ from those of leases.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use swath_domain::Status;
use swath_domain::ids::AssignmentId;
use swath_domain::labels::Annotation;
use swath_domain::review::Verdict;

use crate::leases::VerdictPart;

/// A verdict on one item.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictRequest {
    /// Whether the item is accepted or rejected.
    pub verdict: Verdict,
    /// The reason. If the job names reasons, it is the code of one of them, and a rejection needs one; else a keyword or a
    /// phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
    /// A comment for the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub comment: Option<String>,
    /// The figures that it is about, by their positions in the annotation from 0; none if it is about the whole item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    pub figures: Vec<u32>,
}

/// The answer to a saved verdict.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerdictAnswer {
    /// The number of the item in the dataset.
    pub index: i64,
    /// Whether the item is accepted or rejected.
    pub verdict: Verdict,
}

/// A verdict that comes with the decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemVerdict {
    /// The number of the item in the dataset.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Whether the item is accepted or rejected.
    pub verdict: Verdict,
    /// The reason. If the job names reasons, it is the code of one of them, and a rejection needs one; else a keyword or a
    /// phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
    /// A comment for the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub comment: Option<String>,
    /// The figures that it is about, by their positions in the annotation from 0; none if it is about the whole item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    pub figures: Vec<u32>,
}

/// The verdict on items without one of their own.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rest {
    /// They are accepted.
    Accept,
}

/// A decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// An id that the client chooses. A repeated request with the same id gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub decision_id: String,
    /// Verdicts to save with the decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub verdicts: Vec<ItemVerdict>,
    /// The verdict on all other items; if absent, every item needs a verdict of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// A rework.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rework {
    /// Its id.
    pub id: AssignmentId,
    /// Its round, one more than that of its parent.
    pub round: i64,
    /// The number of its range in the job, the same as its parent's.
    pub number: i64,
    /// The submission that it reworks.
    pub parent: AssignmentId,
}

/// The answer to a decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecideAnswer {
    /// ACCEPTED, or REJECTED if an item was rejected.
    pub status: Status,
    /// The rework of the rejected items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rework: Option<Rework>,
}

/// Another annotation of an item.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Opinion {
    /// The round in which it was submitted.
    pub round: i64,
    /// Which of the independent annotations it is, from 0.
    pub slot: i64,
    /// The status of its assignment.
    pub status: Status,
    /// The labels of the item, or why it was skipped.
    #[schema(value_type = Annotation)]
    pub annotation: Box<RawValue>,
    /// The verdict of its reviewer, once the assignment is decided.
    pub verdict: Option<VerdictPart>,
}
