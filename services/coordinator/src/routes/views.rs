//! Jobs and assignments as they are shown.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobStatus, Priority};
use swath_domain::labels::{Class, LabelLimits, TagDefinition};
use swath_domain::progress::{Counter, ItemStates, Progress};
use swath_domain::ranges::Range;
use swath_domain::review::ReviewRule;
use swath_domain::{Assignment, Status, Time};
use swath_runtime::{Context, Result};

/// A person by id and name.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Person {
    /// The account.
    pub(crate) id: UserId,
    /// The name.
    pub(crate) name: String,
}

/// The names of these people, by one statement.
pub(crate) async fn names_of(context: &Context, mut people: Vec<UserId>) -> Result<HashMap<UserId, String>> {
    people.sort_unstable();
    people.dedup();
    Ok(context.store.user_names(people).await?.into_iter().collect())
}

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
    created_at: Time,
}

/// A job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobView {
    #[serde(flatten)]
    summary: JobSummary,
    description: Option<String>,
    classes: Vec<Class>,
    tags: Vec<TagDefinition>,
    limits: LabelLimits,
    instructions: Option<String>,
    /// Who may annotate, `null` for everyone in the team; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    annotators: Option<Option<Vec<UserId>>>,
    /// Who may review, `null` for every reviewer of the team; not for annotators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<UserId>>)]
    reviewers: Option<Option<Vec<UserId>>>,
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
    pub(crate) fn new(job: JobHead, leads: Option<&Progress>) -> Self {
        Self {
            id: job.id,
            team: job.team,
            dataset: job.dataset,
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
            created_at: job.created,
        }
    }

    pub(crate) fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl JobView {
    /// A job, with its progress and its people for those who lead it.
    pub(crate) fn new(job: Job, leads: Option<&Progress>) -> Self {
        let spec = Arc::unwrap_or_clone(job.spec.clone());
        Self {
            summary: JobSummary::new(job.with(()), leads),
            description: spec.description,
            classes: spec.classes,
            tags: spec.tags,
            limits: spec.limits,
            instructions: spec.instructions,
            annotators: leads.map(|_| spec.annotators),
            reviewers: leads.map(|_| spec.reviewers),
        }
    }
}

/// An assignment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AssignmentView {
    id: AssignmentId,
    job: JobId,
    round: i64,
    number: i64,
    slot: i64,
    parent: Option<AssignmentId>,
    #[schema(value_type = Vec<Range>)]
    ranges: Vec<Range>,
    items: i64,
    status: Status,
    fence: i64,
    /// Whose lease stands on it; it has lapsed if the status is PENDING or COMPLETED.
    holder: Option<UserId>,
    lease_id: Option<LeaseId>,
    expires_at: Option<Time>,
    /// Items saved by the present holder.
    confirmed: i64,
    author: Option<UserId>,
    /// Whether the submission goes before a reviewer.
    review: bool,
    reserved_for: Option<UserId>,
    reserved_until: Option<Time>,
    /// Its rounds are used up: it waits for a manager to reassign it.
    waits_for_manager: bool,
    /// Since when it has its status.
    since: Time,
}

impl AssignmentView {
    /// About how many bytes it takes: mostly its ranges.
    pub(crate) fn bytes(&self) -> usize {
        1_024 + 64 * self.ranges.len()
    }

    pub(crate) fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl From<Assignment> for AssignmentView {
    fn from(a: Assignment) -> Self {
        Self {
            id: a.id,
            job: a.job,
            round: a.round,
            number: a.number,
            slot: a.slot,
            parent: a.parent,
            ranges: a.ranges.as_slice().to_vec(),
            items: a.items,
            status: a.status,
            fence: a.fence,
            holder: a.holder,
            lease_id: a.lease,
            expires_at: a.lease.map(|_| a.expires),
            confirmed: a.confirmed,
            author: a.author,
            review: a.review,
            reserved_for: a.reserved_for,
            reserved_until: a.reserved_for.map(|_| a.reserved_until),
            waits_for_manager: a.held,
            since: a.since,
        }
    }
}
