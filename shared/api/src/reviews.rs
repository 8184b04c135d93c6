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
    /// Accept or reject.
    pub verdict: Verdict,
    /// Why: where the job names reasons, the code of one of them, which a rejection needs; else a keyword or a phrase.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
    /// More for the author.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub comment: Option<String>,
    /// Which figures it is about, by their positions in the annotation from 0; the item as a whole where there are none.
    #[serde(default)]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    pub figures: Vec<u32>,
}

/// The verdict that is saved now.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerdictAnswer {
    /// The item.
    pub index: i64,
    /// Accepted or rejected.
    pub verdict: Verdict,
}

/// A verdict that comes with the decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemVerdict {
    /// The item.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Accept or reject.
    pub verdict: Verdict,
    /// Why: where the job names reasons, the code of one of them, which a rejection needs; else a keyword or a phrase.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
    /// More for the author.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub comment: Option<String>,
    /// Which figures it is about, by their positions in the annotation from 0; the item as a whole where there are none.
    // The digest of a decision without figures stays what it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    pub figures: Vec<u32>,
}

/// What becomes of items without a verdict.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rest {
    /// They are accepted.
    Accept,
}

/// The body of a decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// Chosen by the client; the same again gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub decision_id: String,
    /// Verdicts saved on the way.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub verdicts: Vec<ItemVerdict>,
    /// What becomes of the rest; without it every item needs a verdict.
    #[serde(default)]
    pub rest: Option<Rest>,
}

/// A rework.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rework {
    /// Its id.
    pub id: AssignmentId,
    /// Its round.
    pub round: i64,
    /// Its number, the same as its parent's.
    pub number: i64,
    /// The submission that it redoes.
    pub parent: AssignmentId,
}

/// The answer to a decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecideAnswer {
    /// ACCEPTED, or REJECTED if any item was.
    pub status: Status,
    /// What the rejected items became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rework: Option<Rework>,
}

/// An opinion on an item.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Opinion {
    /// In which round it was handed in.
    pub round: i64,
    /// Which of the opinions asked for it is.
    pub slot: i64,
    /// Where its assignment stands.
    pub status: Status,
    /// What was drawn, or why the item was skipped.
    #[schema(value_type = Annotation)]
    pub annotation: Box<RawValue>,
    /// What its reviewer said of it, once its assignment is decided.
    pub verdict: Option<VerdictPart>,
}
