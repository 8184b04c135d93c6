//! A lease, or a review, as the person who holds it sees it.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::job::Job;
use swath_domain::labels::{Annotation, Class, LabelLimits, TagDefinition};
use swath_domain::ranges::Range;
use swath_domain::review::{ReasonCode, Verdict};
use swath_domain::{Assignment, LeaseEnd, Ranges, Time, limits};
use swath_runtime::budget::{self, Share};
use swath_runtime::media_access::TeamAccess;
use swath_runtime::pages::Page;
use swath_runtime::{Problem, Result};
use swath_store::{ItemRow, LeaseView, VerdictRow, fitting};

use crate::Desk;
use crate::labels::{Index, Known, Labels};
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
    /// Whether annotations and verdicts are left out, because together they take more than 4 MiB: then `items` below
    /// the lease gives them page by page.
    pub annotations_left_out: bool,
    #[serde(skip)]
    pub(crate) share: Share,
}

impl LeaseDocument {
    /// The document as an answer.
    pub fn answer(self, status: StatusCode) -> Response {
        let share = self.share.clone();
        budget::json(status, &self, share)
    }

    /// About how many bytes it takes, for pages of several.
    pub(crate) fn bytes(&self) -> usize {
        self.assignment.items.iter().map(ItemPart::bytes).sum::<usize>() + self.job.bytes
    }
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
    /// Whether size and coordinates are those of the picture as its file stores it, without what EXIF says: so in datasets
    /// of earlier versions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub as_stored: bool,
    /// Whether the size is only what two people have reported.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub size_is_provisional: bool,
    /// The fields of the item's `meta` that the job shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// The saved revision, 0 where nothing is saved yet.
    pub revision: i64,
    /// What is saved; in a rework that has nothing saved yet, what was rejected. None where it is left out.
    #[schema(value_type = Option<Annotation>)]
    pub annotation: Option<Box<RawValue>>,
    /// How many bytes the annotation's JSON takes; none where there is no annotation.
    pub annotation_bytes: Option<i64>,
    /// The verdict: a reviewer's own in a review, the former one in a rework.
    pub verdict: Option<VerdictPart>,
    /// In the review of a rework: the verdict of the round before.
    pub former_verdict: Option<VerdictPart>,
}

impl ItemPart {
    /// About how many bytes it takes, without what is read into it later.
    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let verdicts = [&self.verdict, &self.former_verdict].into_iter().flatten();
        let verdicts = verdicts.map(|v| text(&v.reason) + text(&v.comment) + v.figures.len() * FIGURE_BYTES);
        let annotation = self.annotation.as_ref().map_or(0, |annotation| annotation.get().len());
        let meta: usize =
            self.meta.iter().flatten().map(|(field, value)| field.len() + value.to_string().len()).sum();
        ITEM_BYTES + meta + self.uri.len() + text(&self.media_url) + annotation + verdicts.sum::<usize>()
    }

    fn show(&mut self, labels: &mut Labels) {
        let saved = labels.saved.remove(&self.index);
        self.revision = saved.as_ref().map_or(0, |saved| saved.revision);
        self.annotation = saved.map(|saved| saved.annotation);
        self.verdict = labels.verdicts.remove(&self.index);
        self.former_verdict = labels.former.remove(&self.index);
    }
}

/// A page of a lease's items, as an answer.
pub struct ItemPage {
    page: Page<ItemPart>,
    share: Share,
}

impl ItemPage {
    /// The page as an answer.
    pub fn answer(self) -> Response {
        budget::json(StatusCode::OK, &self.page, self.share)
    }
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
    /// Which figures it is about, by their positions from 0 in the annotation that was judged: in a rework and in a former
    /// verdict that is the one handed in before. The item as a whole where there are none.
    #[schema(max_items = 100)]
    pub figures: Vec<u32>,
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
    /// Opinions asked for of each item.
    pub slots: i64,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    pub reasons: Vec<ReasonCode>,
    #[serde(skip)]
    bytes: usize,
}

/// What an item takes in an answer beside its texts.
const ITEM_BYTES: usize = 256;
/// What the position of a figure takes.
pub(crate) const FIGURE_BYTES: usize = 6;
/// While an answer is written, what is in it stands in memory twice.
pub(crate) const COPIES: usize = 2;

impl Desk {
    /// The lease of this person as a document, whatever became of it.
    pub async fn document(&self, lease: LeaseId, user: UserId) -> Result<LeaseDocument> {
        let view = self.own_lease(lease, user).await?;
        let job = self.job(&view.assignment).await?;
        let items = self.context.store.items(job.dataset, &view.assignment.ranges).await?;
        self.describe(&view, &job, items).await
    }

    /// A page of the items of a lease of this person, with annotations and verdicts; `after` is an item's number.
    pub async fn item_page(&self, lease: LeaseId, user: UserId, after: i64, limit: i64) -> Result<ItemPage> {
        let view = self.own_lease(lease, user).await?;
        let facts = self.facts(lease, user).await?;
        let (dataset, spec) = (facts.dataset, self.spec(&facts).await?);
        let hold = view.assignment.lease_state(self.stage, view.holder, view.lease);
        let access = self.media_access(&view.assignment, hold).await?;
        let shows = self.shows(&view, access.as_deref());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let numbers: Vec<_> = view.assignment.ranges.iter().filter(|item| *item > after).collect();
        let wanted = Ranges::of_items(numbers.iter().copied().take(limit));
        let mut index = self.index(&view).await?;
        let known = |index: &Index, item: i64| index.known.get(&item).copied().unwrap_or_default();
        let rows = self.context.store.items(dataset, &wanted).await?;
        let mut metas = self.metas(dataset, &rows, &spec.shown_meta).await?;
        let mut items: Vec<_> = rows
            .into_iter()
            .map(|row| (metas.remove(&row.index), row))
            .map(|(meta, row)| self.item(known(&index, row.index), row, (shows.as_ref(), meta)))
            .collect();
        let cost = |item: &ItemPart| item.bytes() + known(&index, item.index).total;
        items.truncate(fitting(&items, limits::PAGE_BYTES_MAX, cost));
        let share =
            self.context.answers.share(Some(user), COPIES * items.iter().map(cost).sum::<usize>()).await?;
        if let (Some(first), Some(last)) = (items.first(), items.last()) {
            let mut labels = self.labels(&mut index, first.index..=last.index).await?;
            items.iter_mut().for_each(|item| item.show(&mut labels));
        }
        let more = items.len() < numbers.len();
        Ok(ItemPage { page: Page::cut(items, more, |item| item.index.to_string()), share })
    }

    pub(crate) async fn own_lease(&self, lease: LeaseId, user: UserId) -> Result<LeaseView> {
        let view = self.context.store.lease(lease).await?;
        view.filter(|view| view.holder == user && view.stage == self.stage).ok_or_else(Problem::not_found)
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
        self.remember(&view, job.dataset, &items);
        self.describe(&view, &job, items).await
    }

    async fn job(&self, assignment: &Assignment) -> Result<Job> {
        let store = &self.context.store;
        let open = self.jobs.find(store, assignment.team, assignment.key.job).await?;
        if let Some(open) = open
            && let Some(spec) = store.job_spec(open.id, open.seq).await?
        {
            return Ok(Job::clone(&open).with(spec));
        }
        Box::pin(store.job(assignment.key.job)).await?.ok_or_else(Problem::not_found)
    }

    async fn describe(&self, view: &LeaseView, job: &Job, items: Vec<ItemRow>) -> Result<LeaseDocument> {
        let assignment = &view.assignment;
        let hold = assignment.lease_state(self.stage, view.holder, view.lease);
        let expires = assignment.expires().filter(|_| hold.is_some());
        let mut index = self.index(view).await?;
        let known = |item: i64| index.known.get(&item).copied().unwrap_or_default();
        let access = self.media_access(assignment, hold).await?;
        let shows = self.shows(view, access.as_deref());
        let mut metas = self.metas(job.dataset, &items, &job.spec.shown_meta).await?;
        let mut items: Vec<_> = items
            .into_iter()
            .map(|row| (metas.remove(&row.index), row))
            .map(|(meta, row)| self.item(known(row.index), row, (shows.as_ref(), meta)))
            .collect();
        let job_part = JobPart::of(job);
        let total = index.total();
        let annotations_left_out = total > limits::PAGE_BYTES_MAX;
        let bytes = items.iter().map(ItemPart::bytes).sum::<usize>() + job_part.bytes;
        let labels = if annotations_left_out { 0 } else { total };
        let share = self.context.answers.share(Some(view.holder), COPIES * (bytes + labels)).await?;
        if !annotations_left_out {
            let mut labels = self.labels(&mut index, i64::MIN..=i64::MAX).await?;
            items.iter_mut().for_each(|item| item.show(&mut labels));
        }
        let now = self.context.now();
        Ok(LeaseDocument {
            lease_id: view.lease,
            fence: view.fence,
            state: state(hold, view.ended),
            expires_at: expires,
            expires_in: expires.map_or(0, |expires| expires.seconds_after(now)),
            assignment: AssignmentPart {
                id: assignment.id,
                number: assignment.key.number,
                round: assignment.key.round,
                slot: assignment.key.slot,
                job: assignment.key.job,
                ranges: assignment.ranges.as_slice().to_vec(),
                items,
                instructions: job.spec.instructions.clone(),
                due_date: job.due,
                parent: assignment.parent,
            },
            job: job_part,
            annotations_left_out,
            share,
        })
    }

    /// What the team of a current lease may use; none of a lease that shows no items any more.
    async fn media_access(
        &self,
        assignment: &Assignment,
        hold: Option<LeaseState>,
    ) -> Result<Option<Arc<TeamAccess>>> {
        match hold {
            Some(LeaseState::Current) => {
                self.context.media.of(&self.context.store, assignment.team).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    fn shows<'a>(&'a self, view: &LeaseView, access: Option<&'a TeamAccess>) -> Option<Shows<'a>> {
        let (lease, user) = (view.lease, view.holder);
        access.map(|access| Shows { context: &self.context, access, lease, user })
    }

    /// An item as it is before its annotation and verdict are read.
    fn item(
        &self,
        known: Known,
        item: ItemRow,
        (shows, meta): (Option<&Shows<'_>>, Option<Map<String, Value>>),
    ) -> ItemPart {
        let media_url = shows.and_then(|shows| shows.url(item.index, &item.uri));
        ItemPart {
            index: item.index,
            uri: self.context.media.files.shown_uri(&item.uri),
            media_url,
            width: item.size.map(|size| size.0),
            height: item.size.map(|size| size.1),
            as_stored: item.is_as_stored,
            size_is_provisional: item.is_provisional,
            meta,
            revision: known.revision,
            annotation: None,
            annotation_bytes: Some(known.annotation).filter(|bytes| *bytes > 0),
            verdict: None,
            former_verdict: None,
        }
    }
}

impl JobPart {
    fn of(job: &Job) -> Self {
        let spec = &job.spec;
        let values = |tag: &TagDefinition| tag.values.iter().flatten().map(String::len).sum::<usize>();
        let texts = spec.description.as_ref().map_or(0, String::len)
            + spec.classes.iter().map(|class| class.name.len()).sum::<usize>()
            + spec.tags.iter().map(|tag| tag.name.len() + values(tag)).sum::<usize>()
            + spec.reasons.iter().map(|reason| reason.code.len() + reason.title.len()).sum::<usize>();
        Self {
            id: job.id,
            title: job.title.clone(),
            description: spec.description.clone(),
            classes: spec.classes.clone(),
            tags: spec.tags.clone(),
            limits: spec.limits,
            slots: job.slots,
            reasons: spec.reasons.clone(),
            bytes: texts,
        }
    }
}

impl From<VerdictRow> for VerdictPart {
    fn from(row: VerdictRow) -> Self {
        let VerdictRow { item: _, verdict, reason, comment, figures } = row;
        Self { verdict, reason, comment, figures }
    }
}

fn state(hold: Option<LeaseState>, ended: Option<LeaseEnd>) -> &'static str {
    match (hold, ended) {
        (Some(LeaseState::Current), _) => "current",
        (Some(LeaseState::Expired), _) | (None, None | Some(LeaseEnd::Expired)) => "lapsed",
        (None, Some(LeaseEnd::Taken)) => "taken",
        (None, Some(LeaseEnd::Released)) => "released",
        (None, Some(LeaseEnd::Reassigned)) => "reassigned",
        (None, Some(LeaseEnd::Cancelled)) => "cancelled",
        (None, Some(LeaseEnd::Submitted)) => "submitted",
    }
}
