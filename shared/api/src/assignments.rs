//! Assignments: the requests and answers of `/v1/assignments` and `/v1/jobs/{job_id}/assignments`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::ranges::Range;
use swath_domain::{Status, Time};

/// An assignment.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignmentView {
    /// Its id.
    pub id: AssignmentId,
    /// Its job.
    pub job: JobId,
    /// Its round: 1 for what was cut, and one more for each rework of it.
    pub round: i64,
    /// The number of its range in the job, from 0.
    pub number: i64,
    /// Which of the independent annotations of its range it is, from 0.
    pub slot: i64,
    /// The submission that it reworks.
    pub parent: Option<AssignmentId>,
    /// Its items, as ranges of item numbers.
    pub ranges: Vec<Range>,
    /// How many items it has.
    pub items: i64,
    /// Its status.
    pub status: Status,
    /// The fencing token of the latest lease; it grows with every grant.
    pub fence: i64,
    /// Whose lease stands on it; it has expired if the status is PENDING or COMPLETED.
    pub holder: Option<UserId>,
    /// The name of the holder.
    pub holder_name: Option<String>,
    /// The holder's lease.
    pub lease_id: Option<LeaseId>,
    /// When that lease expires unless it is renewed.
    pub expires_at: Option<Time>,
    /// Items saved by the holder.
    pub confirmed: i64,
    /// Who submitted it.
    pub author: Option<UserId>,
    /// The name of the author.
    pub author_name: Option<String>,
    /// Whether a reviewer will see the submission.
    pub review: bool,
    /// The only user to whom it is given before `reserved_until`.
    pub reserved_for: Option<UserId>,
    /// The name of that user.
    pub reserved_for_name: Option<String>,
    /// When the reservation ends.
    pub reserved_until: Option<Time>,
    /// Whether its rounds are used up, so that it waits for a manager to reassign it.
    pub waits_for_manager: bool,
    /// Since when it has its status.
    pub since: Time,
}

/// The reason for a manager's action.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// The reason in the manager's words, for the decision log.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: String,
}

/// A reassignment.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignRequest {
    /// The reason in the manager's words, for the decision log.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: String,
    /// The user for whom it is reserved; any annotator may take it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// How long it is reserved; the job's `reserve_seconds` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 2592000)]
    pub reserve_seconds: Option<i64>,
}
