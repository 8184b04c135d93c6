//! Converts jobs into the documents that show them.

use std::sync::Arc;

use swath_api::jobs::{Counts, JobSummary, JobView, Lacks, ReviewPart, RuleName};
use swath_domain::job::{Job, JobHead};
use swath_domain::labels::{Class, Shape};
use swath_domain::progress::{Counter, Progress};
use swath_domain::review::ReviewRule;
use swath_formats::export::NOT_COCO;

use super::names::Names;
use crate::markdown;

fn review_part(rule: ReviewRule) -> ReviewPart {
    match rule {
        ReviewRule::All => ReviewPart { rule: RuleName::All, percent: None },
        ReviewRule::None => ReviewPart { rule: RuleName::None, percent: None },
        ReviewRule::Sample(percent) => ReviewPart { rule: RuleName::Sample, percent: Some(percent) },
    }
}

/// What exports of a job with these classes would lack.
pub(crate) fn lacks(items_without_size: i64, classes: &[Class]) -> Lacks {
    let takes =
        |shape: &Shape| classes.iter().any(|class| class.shape == *shape || class.shape == Shape::Any);
    Lacks { items_without_size, coco_shapes: NOT_COCO.into_iter().filter(takes).collect() }
}

fn counts(progress: &Progress) -> Counts {
    let get = |counter| progress.get(counter);
    Counts {
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

/// A job as lists show it, with its progress for managers and reviewers.
pub(crate) fn job_summary(job: JobHead, names: &Names, leads: Option<&Progress>) -> JobSummary {
    JobSummary {
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
        rounds: job.lease_policy.rounds,
        lease_seconds: job.lease_policy.lease.whole_seconds(),
        reserve_seconds: job.lease_policy.reserve.whole_seconds(),
        review: review_part(job.review),
        items: job.selected,
        progress: leads.map(Progress::items),
        counts: leads.map(counts),
        created_by: leads.map(|_| job.creator),
        created_by_name: leads.and_then(|_| names.user(job.creator)),
        created_at: job.created,
    }
}

/// What a job's managers and reviewers see of it beside its specification.
pub(crate) struct ForLeads {
    pub(crate) progress: Progress,
    pub(crate) lacks: Lacks,
    pub(crate) pictures_missing: i64,
}

/// A job as it is shown alone, with its progress and its users for managers and reviewers.
pub(crate) fn job_view(job: Job, names: &Names, leads: Option<ForLeads>) -> JobView {
    let progress = leads.as_ref().map(|leads| &leads.progress);
    let spec = Arc::unwrap_or_clone(job.spec.clone());
    JobView {
        summary: job_summary(job.with(()), names, progress),
        description_html: spec.description.as_deref().map(markdown::html),
        description: spec.description,
        classes: spec.classes,
        tags: spec.tags,
        limits: spec.limits,
        instructions_html: spec.instructions.as_deref().map(markdown::html),
        instructions: spec.instructions,
        reasons: spec.reasons,
        shown_meta: spec.shown_meta,
        annotators: progress.map(|_| spec.annotators),
        reviewers: progress.map(|_| spec.reviewers),
        people: progress.map(|_| names.all_users()),
        pictures_missing: leads.as_ref().map(|leads| leads.pictures_missing),
        exports_lack: leads.map(|leads| leads.lacks),
    }
}
