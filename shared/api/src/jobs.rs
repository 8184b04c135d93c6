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

/// A new job.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJobRequest {
    /// The team; that of the dataset if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The dataset, which is used at its latest version.
    pub dataset: DatasetId,
    /// Its title.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: String,
    /// A description for the people who do the work, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub description: Option<String>,
    /// The classes of figures that are to be drawn.
    #[schema(min_items = 1, max_items = 500)]
    pub classes: Vec<Class>,
    /// The tags that may be set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub tags: Vec<TagDefinition>,
    /// The most labels on one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<LabelLimits>,
    /// The selected items; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Items per range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub range_size: Option<i64>,
    /// Short instructions that come with every lease, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub instructions: Option<String>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Time>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The users who may annotate; every annotator of the team if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub annotators: Option<Vec<UserId>>,
    /// The users who may review; every reviewer of the team if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub reviewers: Option<Vec<UserId>>,
    /// The review rule; `all` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewPart>,
    /// How long a lease lasts unless it is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5, maximum = 43200)]
    pub lease_seconds: Option<i64>,
    /// How long a rework is reserved for its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2592000)]
    pub reserve_seconds: Option<i64>,
    /// The last round that annotators get without a manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 60)]
    pub rounds: Option<i64>,
    /// How many independent annotations of each range are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 16)]
    pub slots: Option<i64>,
    /// The reasons for which items may be rejected; if there are none, reviewers use their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub reasons: Option<Vec<ReasonCode>>,
    /// The fields of an item's `meta` that are shown to the people who work on it; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 10)]
    pub shown_meta: Option<Vec<String>>,
}

impl NewJobRequest {
    /// A request in which everything that may be absent is absent.
    pub fn new(dataset: DatasetId, title: impl Into<String>, classes: Vec<Class>) -> Self {
        Self {
            team: None,
            dataset,
            title: title.into(),
            description: None,
            classes,
            tags: Vec::new(),
            limits: None,
            selection: None,
            range_size: None,
            instructions: None,
            due_date: None,
            priority: None,
            annotators: None,
            reviewers: None,
            review: None,
            lease_seconds: None,
            reserve_seconds: None,
            rounds: None,
            slots: None,
            reasons: None,
            shown_meta: None,
        }
    }
}

/// A selection of a dataset's items; all of them without any field.
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
    /// At most this many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub limit: Option<i64>,
}

/// A review rule: which submissions are reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewPart {
    /// The name of the rule.
    pub rule: RuleName,
    /// With `sample`: the share of submissions, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub percent: Option<u8>,
}

/// A review rule by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleName {
    /// Every submission is reviewed.
    All,
    /// No submission is reviewed.
    None,
    /// A share of the submissions is reviewed.
    Sample,
}

/// A job as lists show it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobSummary {
    /// Its id.
    pub id: JobId,
    /// Its team.
    pub team: TeamId,
    /// Its dataset.
    pub dataset: DatasetId,
    /// The name of its dataset; not for annotators.
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
    /// How many independent annotations of each item are wanted.
    pub slots: i64,
    /// The last round that annotators get without a manager.
    pub rounds: i64,
    /// How long a lease lasts unless it is renewed.
    pub lease_seconds: i64,
    /// How long a rework is reserved for its author.
    pub reserve_seconds: i64,
    /// The review rule.
    pub review: ReviewPart,
    /// The number of selected items.
    pub items: i64,
    /// The number of items in each state, each counted once per slot; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ItemStates>,
    /// The number of assignments in each status, and of events so far; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The user who created it; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The name of that user; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_name: Option<String>,
    /// When it was created.
    pub created_at: Time,
}

/// A job.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobView {
    /// The fields that lists show.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// The description in Markdown.
    pub description: Option<String>,
    /// The description as HTML that is safe to show.
    pub description_html: Option<String>,
    /// The classes of figures that are to be drawn.
    pub classes: Vec<Class>,
    /// The tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels on one item.
    pub limits: LabelLimits,
    /// The instructions in Markdown.
    pub instructions: Option<String>,
    /// The instructions as HTML that is safe to show.
    pub instructions_html: Option<String>,
    /// The reasons for which items may be rejected; if there are none, reviewers use their own words.
    #[serde(default)]
    #[schema(required = true)]
    pub reasons: Vec<ReasonCode>,
    /// The fields of an item's `meta` that are shown to the people who work on it.
    #[serde(default)]
    #[schema(required = true)]
    pub shown_meta: Vec<String>,
    /// The users who may annotate, `null` for every annotator of the team; not for annotators.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    pub annotators: Option<Option<Vec<UserId>>>,
    /// The users who may review, `null` for every reviewer of the team; not for annotators.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// The names of all users whose ids are in this document; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<NamedUser>>,
    /// Pictures of its dataset that a user wanted to see and that could not be read; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures_missing: Option<i64>,
    /// What exports of this job would lack now; not for annotators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exports_lack: Option<Lacks>,
}

/// What exports would lack.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lacks {
    /// Items whose picture's size is unknown. COCO and Supervisely need it.
    pub items_without_size: i64,
    /// Shapes of figures that the job's classes allow and COCO does not.
    pub coco_shapes: Vec<Shape>,
}

/// The number of assignments in each status, and of events so far.
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
    /// Assignments whose rounds are used up, and which wait for a manager to reassign them.
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

/// Changes of a job, also while work goes on. Absent fields stay as they are, and `null` removes a value.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    /// The new title.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new description, in Markdown.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    pub description: Option<Option<String>>,
    /// The new instructions, in Markdown.
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
    /// The users who may annotate; `null` for every annotator of the team.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub annotators: Option<Option<Vec<UserId>>>,
    /// The users who may review; `null` for every reviewer of the team.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<UserId>>, max_items = 10000)]
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// The reasons for which items may be rejected.
    #[schema(max_items = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<ReasonCode>>,
}

/// The cancellation of a job.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// The reason in the manager's words, for the decision log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
}
