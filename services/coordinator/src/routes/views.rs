//! Jobs as they are shown.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{DatasetId, JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobStatus, Priority};
use swath_domain::labels::{Class, LabelLimits, Shape, TagDefinition};
use swath_domain::progress::{Counter, ItemStates, Progress};
use swath_domain::review::{ReasonCode, ReviewRule};
use swath_formats::export::NOT_COCO;

use super::names::{Names, Person};
use crate::markdown;

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewPart {
    /// Everything, nothing, or a sample.
    pub(crate) rule: RuleName,
    /// With `sample`: how many submissions in a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub(crate) percent: Option<u8>,
}

/// A review rule by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuleName {
    /// Every submission.
    All,
    /// None.
    None,
    /// A share of them.
    Sample,
}

impl From<ReviewRule> for ReviewPart {
    fn from(rule: ReviewRule) -> Self {
        match rule {
            ReviewRule::All => Self { rule: RuleName::All, percent: None },
            ReviewRule::None => Self { rule: RuleName::None, percent: None },
            ReviewRule::Sample(percent) => Self { rule: RuleName::Sample, percent: Some(percent) },
        }
    }
}

/// A job as lists show it, without what it says about the work.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobSummary {
    id: JobId,
    team: TeamId,
    dataset: DatasetId,
    /// Not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_name: Option<String>,
    dataset_version: i64,
    title: String,
    status: JobStatus,
    priority: Priority,
    due_date: Option<Time>,
    range_size: i64,
    slots: i64,
    rounds: i64,
    lease_seconds: i64,
    reserve_seconds: i64,
    review: ReviewPart,
    /// Selected items.
    items: i64,
    /// Items by state, each counted once per slot; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ItemStates>,
    /// Assignments by status, and what has happened so far; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    /// Who made it; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_name: Option<String>,
    created_at: Time,
}

/// A job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobView {
    #[serde(flatten)]
    summary: JobSummary,
    /// Markdown.
    description: Option<String>,
    /// The same as HTML that is safe to show.
    description_html: Option<String>,
    classes: Vec<Class>,
    tags: Vec<TagDefinition>,
    limits: LabelLimits,
    /// Markdown.
    instructions: Option<String>,
    /// The same as HTML that is safe to show.
    instructions_html: Option<String>,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    reasons: Vec<ReasonCode>,
    /// Which fields of an item's `meta` are shown to the people who work on it.
    shown_meta: Vec<String>,
    /// Who may annotate, `null` for everyone in the team; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    annotators: Option<Option<Vec<UserId>>>,
    /// Who may review, `null` for every reviewer of the team; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    reviewers: Option<Option<Vec<UserId>>>,
    /// The names of everyone whose id stands here; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Vec<Person>>,
    /// Pictures of its dataset that somebody wanted to see and that could not be read; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures_missing: Option<i64>,
    /// What exports of this job could not hold, as things stand; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    exports_lack: Option<Lacks>,
}

/// What exports would lack.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Lacks {
    /// Items whose picture's size is unknown: COCO and Supervisely need it.
    items_without_size: i64,
    /// Forms of figures that the job's classes take and COCO does not.
    coco_shapes: Vec<Shape>,
}

impl Lacks {
    pub(crate) fn of(items_without_size: i64, classes: &[Class]) -> Self {
        let takes =
            |shape: &Shape| classes.iter().any(|class| class.shape == *shape || class.shape == Shape::Any);
        Self { items_without_size, coco_shapes: NOT_COCO.into_iter().filter(takes).collect() }
    }
}

/// Assignments by status, and events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Counts {
    pending: i64,
    in_progress: i64,
    completed: i64,
    in_review: i64,
    accepted: i64,
    rejected: i64,
    cancelled: i64,
    /// Assignments whose rounds are used up: they wait for a manager to reassign them.
    waiting_for_manager: i64,
    leases: i64,
    expiries: i64,
    submissions: i64,
    decisions: i64,
    rejected_items: i64,
}

impl From<&Progress> for Counts {
    fn from(progress: &Progress) -> Self {
        let get = |counter| progress.get(counter);
        Self {
            pending: get(Counter::Pending),
            in_progress: get(Counter::InProgress),
            completed: get(Counter::Completed),
            in_review: get(Counter::InReview),
            accepted: get(Counter::Accepted),
            rejected: get(Counter::Rejected),
            cancelled: get(Counter::Cancelled),
            waiting_for_manager: get(Counter::Held),
            leases: get(Counter::Leases),
            expiries: get(Counter::Expiries),
            submissions: get(Counter::Submissions),
            decisions: get(Counter::Decisions),
            rejected_items: get(Counter::Rejects),
        }
    }
}

impl JobSummary {
    /// A job, with its progress and its people for those who lead it.
    pub(crate) fn new(job: JobHead, names: &Names, leads: Option<&Progress>) -> Self {
        Self {
            id: job.id,
            team: job.team,
            dataset: job.dataset,
            dataset_name: leads.and_then(|_| names.dataset(job.dataset)),
            dataset_version: job.version,
            title: job.title,
            status: job.status,
            priority: job.priority,
            due_date: job.due,
            range_size: job.range_size,
            slots: job.slots,
            rounds: job.terms.rounds,
            lease_seconds: job.terms.lease / 1_000_000,
            reserve_seconds: job.terms.reserve / 1_000_000,
            review: job.review.into(),
            items: job.selected,
            progress: leads.map(Progress::items),
            counts: leads.map(Counts::from),
            created_by: leads.map(|_| job.creator),
            created_by_name: leads.and_then(|_| names.person(job.creator)),
            created_at: job.created,
        }
    }

    pub(crate) fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl JobView {
    /// A job, with its progress and its people for those who lead it.
    pub(crate) fn new(job: Job, names: &Names, leads: Option<(&Progress, Lacks, i64)>) -> Self {
        let (leads, lacks, pictures_missing) = match leads {
            Some((progress, lacks, missing)) => (Some(progress), Some(lacks), Some(missing)),
            None => (None, None, None),
        };
        let spec = Arc::unwrap_or_clone(job.spec.clone());
        Self {
            summary: JobSummary::new(job.with(()), names, leads),
            description_html: spec.description.as_deref().map(markdown::html),
            description: spec.description,
            classes: spec.classes,
            tags: spec.tags,
            limits: spec.limits,
            instructions_html: spec.instructions.as_deref().map(markdown::html),
            instructions: spec.instructions,
            reasons: spec.reasons,
            shown_meta: spec.shown_meta,
            annotators: leads.map(|_| spec.annotators),
            reviewers: leads.map(|_| spec.reviewers),
            people: leads.map(|_| names.everybody()),
            pictures_missing,
            exports_lack: lacks,
        }
    }
}
