//! Coverage: the answer of `/v1/jobs/{job_id}/coverage`, of which maps of jobs are drawn.

use serde::{Deserialize, Serialize};

/// The items of a job by state, for stretches of its ranges.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CoverageView {
    /// How many ranges the job has.
    #[schema(minimum = 0, example = 1000)]
    pub ranges: i64,
    /// How many items a range has; the last may have fewer.
    #[schema(minimum = 1, example = 50)]
    pub range_size: i64,
    /// How many opinions are asked for on each item. Items count once for each.
    #[schema(minimum = 1, example = 1)]
    pub opinions: i64,
    /// The first range of the answer: the one that was asked for, or one before it where stretches begin.
    #[schema(minimum = 0, example = 0)]
    pub from: i64,
    /// The range behind the last.
    #[schema(minimum = 0, example = 1000)]
    pub to: i64,
    /// How many ranges a stretch spans; the last may span fewer.
    #[schema(minimum = 1, example = 8)]
    pub width: i64,
    /// The stretches in order.
    pub buckets: Vec<Bucket>,
}

/// Items of a stretch by state. States without items are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bucket {
    /// Waiting for an annotator for the first time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: i64,
    /// Waiting for an annotator again, because a reviewer rejected them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rework: i64,
    /// Waiting for a manager, because their rounds are used up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: i64,
    /// Leased by an annotator.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub in_progress: i64,
    /// Submitted, and waiting for a reviewer or the review rule.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub completed: i64,
    /// Leased by a reviewer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub in_review: i64,
    /// Accepted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub accepted: i64,
    /// Accepted as skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: i64,
    /// Cancelled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cancelled: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
