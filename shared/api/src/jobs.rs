//! Jobs: the requests and answers of `/v1/jobs`.

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{DatasetId, JobId, TeamId, UserId};
use swath_domain::job::{JobStatus, Priority};
use swath_domain::labels::{Class, LabelLimits, Shape, TagDefinition};
use swath_domain::progress::ItemStates;
use swath_domain::ranges::Range;
use swath_domain::review::ReasonCode;

use crate::nullable::given;
use crate::people::NamedUser;

/// A job to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJobRequest {
    /// The team; the dataset's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The dataset, at its latest version.
    pub dataset: DatasetId,
    /// Its title.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: String,
    /// Markdown for the people who do the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub description: Option<String>,
    /// What is to be labelled.
    #[schema(min_items = 1, max_items = 500)]
    pub classes: Vec<Class>,
    /// Tags that may be set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub tags: Vec<TagDefinition>,
    /// The most labels on one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<LabelLimits>,
    /// Which items; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Items per range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub range_size: Option<i64>,
    /// Short instructions that come with every lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub instructions: Option<String>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Time>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Who may annotate; everyone in the team where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub annotators: Option<Vec<UserId>>,
    /// Who may review; every reviewer of the team where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub reviewers: Option<Vec<UserId>>,
    /// What is reviewed; everything where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewPart>,
    /// How long a lease runs without a sign of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5, maximum = 43200)]
    pub lease_seconds: Option<i64>,
    /// How long rework waits for its author before anyone may take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2592000)]
    pub reserve_seconds: Option<i64>,
    /// The last round that is handed out without a manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 60)]
    pub rounds: Option<i64>,
    /// Opinions asked for of each range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 16)]
    pub slots: Option<i64>,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub reasons: Option<Vec<ReasonCode>>,
    /// Which fields of an item's `meta` are shown to the people who work on it; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 10)]
    pub shown_meta: Option<Vec<String>>,
}

/// Which items of the dataset; all of them unless something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Items that carry one of these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 50)]
    pub labels: Option<Vec<String>>,
    /// Items in these ranges, ascending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub ranges: Option<Vec<Range>>,
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub limit: Option<i64>,
}

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewPart {
    /// Everything, nothing, or a sample.
    pub rule: RuleName,
    /// With `sample`: how many submissions in a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub percent: Option<u8>,
}

/// A review rule by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleName {
    /// Every submission.
    All,
    /// None.
    None,
    /// A share of them.
    Sample,
}

/// A job as lists show it, without what it says about the work.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobSummary {
    /// Its id.
    pub id: JobId,
    /// Its team.
    pub team: TeamId,
    /// Its dataset.
    pub dataset: DatasetId,
    /// Not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// The version of its dataset.
    pub dataset_version: i64,
    /// Its title.
    pub title: String,
    /// Its status.
    pub status: JobStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// When it is due.
    pub due_date: Option<Time>,
    /// Items per range.
    pub range_size: i64,
    /// Opinions asked for of each item.
    pub slots: i64,
    /// The last round that is handed out without a manager.
    pub rounds: i64,
    /// How long a lease runs without a sign of life.
    pub lease_seconds: i64,
    /// How long rework waits for its author before anyone may take it.
    pub reserve_seconds: i64,
    /// What is reviewed.
    pub review: ReviewPart,
    /// Selected items.
    pub items: i64,
    /// Items by state, each counted once per slot; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ItemStates>,
    /// Assignments by status, and what has happened so far; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Who made it; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The name of who made it; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_name: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

/// A job.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobView {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// Markdown.
    pub description: Option<String>,
    /// The same as HTML that is safe to show.
    pub description_html: Option<String>,
    /// What is to be labelled.
    pub classes: Vec<Class>,
    /// Tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels on one item.
    pub limits: LabelLimits,
    /// Markdown.
    pub instructions: Option<String>,
    /// The same as HTML that is safe to show.
    pub instructions_html: Option<String>,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    pub reasons: Vec<ReasonCode>,
    /// Which fields of an item's `meta` are shown to the people who work on it.
    pub shown_meta: Vec<String>,
    /// Who may annotate, `null` for everyone in the team; not for annotators.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    pub annotators: Option<Option<Vec<UserId>>>,
    /// Who may review, `null` for every reviewer of the team; not for annotators.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// The names of everyone whose id stands here; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<NamedUser>>,
    /// Pictures of its dataset that somebody wanted to see and that could not be read; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures_missing: Option<i64>,
    /// What exports of this job could not hold, as things stand; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exports_lack: Option<Lacks>,
}

/// What exports would lack.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lacks {
    /// Items whose picture's size is unknown: COCO and Supervisely need it.
    pub items_without_size: i64,
    /// Forms of figures that the job's classes take and COCO does not.
    pub coco_shapes: Vec<Shape>,
}

/// Assignments by status, and events.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    /// Assignments that wait for an annotator.
    pub pending: i64,
    /// Assignments that an annotator has leased.
    pub in_progress: i64,
    /// Submitted assignments.
    pub completed: i64,
    /// Submissions that a reviewer has leased.
    pub in_review: i64,
    /// Accepted assignments.
    pub accepted: i64,
    /// Rejected assignments.
    pub rejected: i64,
    /// Cancelled assignments.
    pub cancelled: i64,
    /// Assignments whose rounds are used up: they wait for a manager to reassign them.
    pub waiting_for_manager: i64,
    /// Leases that were granted.
    pub leases: i64,
    /// Leases that expired.
    pub expiries: i64,
    /// Submissions.
    pub submissions: i64,
    /// Decisions.
    pub decisions: i64,
    /// Items that were rejected.
    pub rejected_items: i64,
}

/// What may be edited while work goes on; what is absent stays, `null` takes a value away.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    /// Its title.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Markdown.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    pub description: Option<Option<String>>,
    /// Markdown.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    pub instructions: Option<Option<String>>,
    /// When it is due.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Time>)]
    pub due_date: Option<Option<Time>>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Who may annotate.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub annotators: Option<Option<Vec<UserId>>>,
    /// Who may review.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// Why items may be rejected.
    #[schema(max_items = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<ReasonCode>>,
}

/// Why a job is called off.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// In the manager's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
}
