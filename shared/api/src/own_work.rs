//! One's own work: the answer of `/v1/me/work`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId};
use swath_domain::{Status, Time};

/// One's own work in the teams that the token opens. Each list is newest first and holds at most 200 entries.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnWorkView {
    /// What one holds.
    pub held: Vec<HeldWork>,
    /// What is reserved for oneself: reworks of one's own submissions, and what a manager gave one.
    pub returned: Vec<ReturnedWork>,
    /// What one has handed in.
    pub handed_in: Vec<HandedInWork>,
    /// How much that is.
    pub totals: Totals,
}

/// To label, or to review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// Labelling.
    Annotation,
    /// Checking.
    Review,
}

/// Which piece of work it is.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkPart {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its job.
    pub job: NamedJob,
    /// The job's team.
    pub team: NamedTeam,
    /// Its number in the job.
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

/// What one holds.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldWork {
    /// To label, or to review.
    pub stage: StageName,
    /// The lease, or the review.
    pub lease_id: Option<LeaseId>,
    /// The assignment that is leased.
    #[serde(flatten)]
    pub work: WorkPart,
    /// How many items are saved, or judged.
    pub saved: i64,
    /// When it expires without a sign of life.
    pub expires_at: Time,
}

/// What is reserved for oneself.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReturnedWork {
    /// The assignment that is reserved.
    #[serde(flatten)]
    pub work: WorkPart,
    /// When anyone may take it.
    pub reserved_until: Time,
}

/// What one has handed in.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedInWork {
    /// Labelled, or reviewed.
    pub stage: StageName,
    /// The assignment that was handed in.
    #[serde(flatten)]
    pub work: WorkPart,
    /// When.
    pub at: Time,
    /// Where it stands now.
    pub status: Status,
}

/// How much was handed in.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// Submissions.
    pub submissions: i64,
    /// The items in them.
    pub items: i64,
    /// Decided reviews.
    pub decisions: i64,
    /// The items in them.
    pub judged: i64,
}
