//! The caller's own work: the answer of `/v1/me/work`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId};
use swath_domain::{Status, Time};

/// The caller's own work in the teams in which the token is valid. Each list is newest first and has at most 200 entries.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnWorkView {
    /// What the caller has leased.
    pub held: Vec<HeldWork>,
    /// What is reserved for the caller: reworks of their submissions, and what a manager reassigned to them.
    pub returned: Vec<ReturnedWork>,
    /// What the caller has submitted or decided.
    pub handed_in: Vec<HandedInWork>,
    /// How much the caller has submitted and decided.
    pub totals: Totals,
}

/// The kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// Annotation of items.
    Annotation,
    /// Review of a submission.
    Review,
}

/// An assignment, with the names of its job and its team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkPart {
    /// The id of the assignment.
    pub assignment: AssignmentId,
    /// Its job.
    pub job: NamedJob,
    /// The job's team.
    pub team: NamedTeam,
    /// The number of its range in the job, from 0.
    pub number: i64,
    /// Its round.
    pub round: i64,
    /// How many items it has.
    pub items: i64,
}

/// A job by id and title.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedJob {
    /// Its id.
    pub id: JobId,
    /// Its title.
    pub title: String,
}

/// A team by id and name.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedTeam {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// An assignment that the caller has leased.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldWork {
    /// Whether the lease is for annotation or for review.
    pub stage: StageName,
    /// The id of the lease or the review.
    pub lease_id: Option<LeaseId>,
    /// The assignment that is leased.
    #[serde(flatten)]
    pub work: WorkPart,
    /// How many items are saved, or have a verdict.
    pub saved: i64,
    /// When the lease expires unless it is renewed.
    pub expires_at: Time,
}

/// An assignment that is reserved for the caller.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReturnedWork {
    /// The assignment that is reserved.
    #[serde(flatten)]
    pub work: WorkPart,
    /// When the reservation ends, so that others may take it.
    pub reserved_until: Time,
}

/// An assignment that the caller has submitted or decided.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedInWork {
    /// Whether the caller annotated or reviewed it.
    pub stage: StageName,
    /// The assignment that was handed in.
    #[serde(flatten)]
    pub work: WorkPart,
    /// When the caller submitted or decided it.
    pub at: Time,
    /// Its present status.
    pub status: Status,
}

/// How much the caller has submitted and decided.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// Submissions.
    pub submissions: i64,
    /// The items in these submissions.
    pub items: i64,
    /// Decided reviews.
    pub decisions: i64,
    /// The items in these reviews.
    pub judged: i64,
}
