//! A lease, or a review, as the person who holds it sees it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use swath_domain::assignment::Hold;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::job::Job;
use swath_domain::labels::{Annotation, Class, LabelLimits, TagDefinition};
use swath_domain::ranges::Range;
use swath_domain::review::Verdict;
use swath_domain::{Assignment, Stage, Stale, Time};
use swath_runtime::{Problem, Result};
use swath_store::{ItemRow, LeaseView, StoreError, StoredAnnotation, UnderReview, VerdictRow};

use crate::Desk;
use crate::media::Shows;

/// A lease.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LeaseDocument {
    /// Names the lease in every call; never a secret.
    pub lease_id: LeaseId,
    /// Grows with every grant of the assignment.
    pub fence: i64,
    /// `current`, `lapsed` while nobody has taken the work since, or why it is over.
    pub state: &'static str,
    /// When it lapses without a sign of life; none once it is over.
    pub expires_at: Option<Time>,
    /// The same in seconds from now.
    pub expires_in: i64,
    /// The work.
    pub assignment: AssignmentPart,
    /// What it is part of.
    pub job: JobPart,
}

/// The assignment under a lease.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssignmentPart {
    /// Its id.
    pub id: AssignmentId,
    /// Its number in the job.
    pub number: i64,
    /// Its round.
    pub round: i64,
    /// Its slot.
    pub slot: i64,
    /// Its job.
    pub job: JobId,
    /// Its items as ranges.
    #[schema(value_type = Vec<Range>)]
    pub ranges: Vec<Range>,
    /// Its items one by one.
    pub items: Vec<ItemPart>,
    /// What to look out for.
    pub instructions: Option<String>,
    /// When the job is due.
    pub due_date: Option<Time>,
    /// The submission that this one redoes.
    pub parent: Option<AssignmentId>,
}

/// One item of a lease.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ItemPart {
    /// Its number in the dataset.
    pub index: i64,
    /// The media; of a file on the server its path below the media root.
    pub uri: String,
    /// Where a browser loads it from, for as long as the lease is current; none for a former holder, and where the team may
    /// not use it any more.
    pub media_url: Option<String>,
    /// Width in pixels, where known.
    pub width: Option<i64>,
    /// Height in pixels, where known.
    pub height: Option<i64>,
    /// The saved revision, 0 where nothing is saved yet.
    pub revision: i64,
    /// What is saved; in a rework that has nothing saved yet, what was rejected.
    pub annotation: Option<Annotation>,
    /// The verdict: a reviewer's own in a review, the former one in a rework.
    pub verdict: Option<VerdictPart>,
}

/// A verdict on an item.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct VerdictPart {
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// More for the author.
    pub comment: Option<String>,
}

/// The job under a lease.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobPart {
    /// Its id.
    pub id: JobId,
    /// Its title.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// What is to be labelled.
    pub classes: Vec<Class>,
    /// Tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels per item.
    pub limits: LabelLimits,
}

impl Desk {
    /// The lease of this person as a document, whatever became of it.
    pub async fn document(&self, lease: LeaseId, user: UserId) -> Result<LeaseDocument> {
        let view = self.context.store.lease(lease).await?;
        let view = view
            .filter(|view| view.holder == user && view.stage == self.stage)
            .ok_or_else(Problem::not_found)?;
        let job = self.job(&view.assignment).await?;
        let items = self.context.store.items(job.dataset, &view.assignment.ranges).await?;
        self.describe(&view, &job, items).await
    }

    /// A lease that was granted a moment ago.
    pub(crate) async fn granted(
        &self,
        lease: LeaseId,
        user: UserId,
        assignment: Assignment,
    ) -> Result<LeaseDocument> {
        let job = self.job(&assignment).await?;
        let fence = assignment.fence;
        let view = LeaseView { lease, holder: user, stage: self.stage, fence, ended: None, assignment };
        let items = self.context.store.items(job.dataset, &view.assignment.ranges).await?;
        self.remember(&view, &job, &items);
        self.describe(&view, &job, items).await
    }

    async fn job(&self, assignment: &Assignment) -> Result<Arc<Job>> {
        if let Some(job) = self.jobs.find(&self.context.store, assignment.team, assignment.job).await? {
            return Ok(job);
        }
        let job = Box::pin(self.context.store.job(assignment.job)).await?;
        job.map(Arc::new).ok_or_else(Problem::not_found)
    }

    async fn describe(&self, view: &LeaseView, job: &Job, items: Vec<ItemRow>) -> Result<LeaseDocument> {
        let assignment = &view.assignment;
        let hold = assignment.hold(self.stage, view.holder, view.lease);
        let stands = hold.is_some();
        let labels = match self.stage {
            Stage::Annotate => self.own_labels(view).await?,
            Stage::Review => Box::pin(self.labels_under_review(view)).await?,
        };
        let is_current = hold == Some(Hold::Current);
        let access = match is_current {
            true => self.context.media.of(&self.context.store, assignment.team).await?,
            false => Arc::default(),
        };
        let shows = Shows { context: &self.context, access: &access, lease: view.lease, user: view.holder };
        let shows = Some(shows).filter(|_| is_current);
        let items = items.into_iter().map(|item| self.item(item, &labels, shows.as_ref())).collect();
        let now = self.context.now();
        Ok(LeaseDocument {
            lease_id: view.lease,
            fence: view.fence,
            state: state(hold, view.ended),
            expires_at: stands.then_some(assignment.expires),
            expires_in: if stands { assignment.expires.seconds_after(now) } else { 0 },
            assignment: AssignmentPart {
                id: assignment.id,
                number: assignment.number,
                round: assignment.round,
                slot: assignment.slot,
                job: assignment.job,
                ranges: assignment.ranges.as_slice().to_vec(),
                items,
                instructions: job.spec.instructions.clone(),
                due_date: job.due,
                parent: assignment.parent,
            },
            job: JobPart {
                id: job.id,
                title: job.title.clone(),
                description: job.spec.description.clone(),
                classes: job.spec.classes.clone(),
                tags: job.spec.tags.clone(),
                limits: job.spec.limits,
            },
        })
    }

    fn item(&self, item: ItemRow, labels: &Labels, shows: Option<&Shows<'_>>) -> ItemPart {
        let media_url = shows.and_then(|shows| shows.url(item.index, &item.uri));
        let saved = labels.saved.get(&item.index);
        ItemPart {
            index: item.index,
            uri: self.context.media.files.shown_uri(&item.uri),
            media_url,
            width: item.size.map(|size| size.0),
            height: item.size.map(|size| size.1),
            revision: saved.map_or(0, |(revision, _)| *revision),
            annotation: saved.map(|(_, annotation)| annotation.clone()),
            verdict: labels.verdicts.get(&item.index).cloned(),
        }
    }

    /// What the holder has saved; in a rework, what was rejected and why where nothing is saved yet.
    async fn own_labels(&self, view: &LeaseView) -> Result<Labels> {
        let assignment = &view.assignment;
        let mut labels = Labels::default();
        if let Some(parent) = assignment.parent {
            labels = Box::pin(self.rejected(parent)).await?;
            labels.saved.values_mut().for_each(|(revision, _)| *revision = 0);
        }
        // A first grant is the one case in which nobody can have saved anything.
        if assignment.fence > 1 || view.ended.is_some() || assignment.confirmed > 0 {
            labels.saved.extend(Box::pin(self.saved(assignment.id, view.holder)).await?);
        }
        Ok(labels)
    }

    async fn rejected(&self, parent: AssignmentId) -> Result<Labels> {
        let Some(parent) = self.context.store.assignment(parent).await? else { return Ok(Labels::default()) };
        let (Some(author), Some(submission)) = (parent.author, parent.submission) else {
            return Ok(Labels::default());
        };
        let verdicts = self.context.store.verdicts(submission).await?;
        let verdicts = verdicts.into_iter().map(|row| (row.item, row.into())).collect();
        Ok(Labels { saved: self.saved(parent.id, author).await?, verdicts })
    }

    async fn labels_under_review(&self, view: &LeaseView) -> Result<Labels> {
        let assignment = &view.assignment;
        let (Some(author), Some(submission)) = (assignment.author, assignment.submission) else {
            return Ok(Labels::default());
        };
        let under = UnderReview { assignment: assignment.id, author, submission, reviewer: view.holder };
        let mut labels = Labels::default();
        for shown in self.context.store.review_look(under).await? {
            let annotation = read(&shown.body, (assignment.id, author, shown.item))?;
            labels.saved.insert(shown.item, (shown.revision, annotation));
            labels.verdicts.extend(shown.verdict.map(|verdict| (shown.item, verdict.into())));
        }
        Ok(labels)
    }

    async fn saved(
        &self,
        assignment: AssignmentId,
        author: UserId,
    ) -> Result<HashMap<i64, (i64, Annotation)>> {
        let stored = self.context.store.annotations(assignment, author).await?;
        let saved = |row: StoredAnnotation| {
            Ok((row.item, (row.revision, read(&row.body, (assignment, author, row.item))?)))
        };
        stored.into_iter().map(saved).collect()
    }
}

/// Labels and verdicts by item.
#[derive(Default)]
struct Labels {
    saved: HashMap<i64, (i64, Annotation)>,
    verdicts: HashMap<i64, VerdictPart>,
}

/// An annotation as it is stored.
fn read(body: &str, (assignment, author, item): (AssignmentId, UserId, i64)) -> Result<Annotation> {
    let corrupt = |error| StoreError::Corrupt {
        table: "annotations",
        id: format!("{assignment}/{author}/{item}"),
        what: format!("body: {error}"),
    };
    Ok(serde_json::from_str(body).map_err(corrupt)?)
}

impl From<VerdictRow> for VerdictPart {
    fn from(row: VerdictRow) -> Self {
        Self { verdict: row.verdict, reason: row.reason, comment: row.comment }
    }
}

fn state(hold: Option<Hold>, ended: Option<Stale>) -> &'static str {
    match (hold, ended) {
        (Some(Hold::Current), _) => "current",
        (Some(Hold::Lapsed), _) | (None, None | Some(Stale::Lapsed)) => "lapsed",
        (None, Some(Stale::Taken)) => "taken",
        (None, Some(Stale::Released)) => "released",
        (None, Some(Stale::Reassigned)) => "reassigned",
        (None, Some(Stale::Cancelled)) => "cancelled",
        (None, Some(Stale::Submitted)) => "submitted",
    }
}
