//! A lease or a review as its holder sees it.

use std::sync::Arc;

use swath_api::leases::{AssignmentPart, ItemPart, JobPart, LeaseDocument};
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::job::Job;
use swath_domain::labels::TagDefinition;
use swath_domain::{Assignment, ItemIndex, LeaseEnd, Ranges, limits};
use swath_runtime::media_access::TeamAccess;
use swath_runtime::pages::Page;
use swath_runtime::{Problem, Result};
use swath_store::{ItemRow, LeaseView, fitting};

use crate::budgeted::Budgeted;
use crate::labels::{Index, Known, Labels};
use crate::media::MediaUrls;
use crate::service::LeaseService;

/// The size of an item in a response without its texts.
const ITEM_BYTES: usize = 256;
/// The size of a figure's position in a response.
pub(crate) const FIGURE_BYTES: usize = 6;
/// While a response is encoded, its content is in memory twice.
pub(crate) const COPIES: usize = 2;

impl LeaseService {
    /// A lease of this user as a document, whether it is current or has ended.
    ///
    /// # Errors
    /// Not found if the lease is unknown or another user's.
    pub async fn document(&self, lease: LeaseId, user: UserId) -> Result<Budgeted<LeaseDocument>> {
        let view = self.own_lease(lease, user).await?;
        let job = self.job(&view.assignment).await?;
        let items = self.context.store.items(job.dataset, &view.assignment.ranges).await?;
        self.describe(&view, &job, items).await
    }

    /// A page of the items of a user's lease, with annotations and verdicts. `after` is an item's number.
    ///
    /// # Errors
    /// Not found if the lease is unknown or another user's.
    pub async fn item_page(
        &self,
        lease: LeaseId,
        user: UserId,
        after: i64,
        limit: i64,
    ) -> Result<Budgeted<Page<ItemPart>>> {
        let view = self.own_lease(lease, user).await?;
        let context = self.lease_context(lease, user).await?;
        let (dataset, spec) = (context.dataset, self.spec(&context).await?);
        let lease_state = view.assignment.lease_state(self.stage, view.holder, view.lease);
        let access = self.media_access(&view.assignment, lease_state).await?;
        let urls = self.media_urls(&view, access.as_deref());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let numbers: Vec<_> = view.assignment.ranges.iter().filter(|item| *item > ItemIndex(after)).collect();
        let wanted = Ranges::of_items(numbers.iter().copied().take(limit));
        let mut index = self.index(&view).await?;
        let known = |index: &Index, item: ItemIndex| index.known.get(&item).copied().unwrap_or_default();
        let rows = self.context.store.items(dataset, &wanted).await?;
        let mut metas = self.metas(dataset, &rows, &spec.shown_meta).await?;
        let mut items: Vec<_> = rows
            .into_iter()
            .map(|row| ItemPart {
                meta: metas.remove(&row.index),
                ..self.item(known(&index, row.index), row, urls.as_ref())
            })
            .collect();
        let cost = |item: &ItemPart| item_bytes(item) + known(&index, ItemIndex(item.index)).total;
        items.truncate(fitting(&items, limits::PAGE_BYTES_MAX, cost));
        let share =
            self.context.answers.share(Some(user), COPIES * items.iter().map(cost).sum::<usize>()).await?;
        if let (Some(first), Some(last)) = (items.first(), items.last()) {
            let mut labels = self.labels(&mut index, ItemIndex(first.index)..=ItemIndex(last.index)).await?;
            items.iter_mut().for_each(|item| add_labels(item, &mut labels));
        }
        let is_more = items.len() < numbers.len();
        Ok(Budgeted { value: Page::cut(items, is_more, |item| item.index.to_string()), share })
    }

    pub(crate) async fn own_lease(&self, lease: LeaseId, user: UserId) -> Result<LeaseView> {
        let view = self.context.store.lease(lease).await?;
        view.filter(|view| view.holder == user && view.stage == self.stage).ok_or_else(Problem::not_found)
    }

    /// The document of a lease that has just been granted.
    pub(crate) async fn granted(
        &self,
        lease: LeaseId,
        user: UserId,
        assignment: Assignment,
    ) -> Result<Budgeted<LeaseDocument>> {
        let job = self.job(&assignment).await?;
        let fence = assignment.fence;
        let view = LeaseView { lease, holder: user, stage: self.stage, fence, ended: None, assignment };
        let items = self.context.store.items(job.dataset, &view.assignment.ranges).await?;
        self.cache_context(&view, job.dataset, &items);
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

    async fn describe(
        &self,
        view: &LeaseView,
        job: &Job,
        items: Vec<ItemRow>,
    ) -> Result<Budgeted<LeaseDocument>> {
        let assignment = &view.assignment;
        let lease_state = assignment.lease_state(self.stage, view.holder, view.lease);
        let expires = assignment.expires().filter(|_| lease_state.is_some());
        let mut index = self.index(view).await?;
        let known = |item: ItemIndex| index.known.get(&item).copied().unwrap_or_default();
        let access = self.media_access(assignment, lease_state).await?;
        let urls = self.media_urls(view, access.as_deref());
        let mut metas = self.metas(job.dataset, &items, &job.spec.shown_meta).await?;
        let mut items: Vec<_> = items
            .into_iter()
            .map(|row| ItemPart {
                meta: metas.remove(&row.index),
                ..self.item(known(row.index), row, urls.as_ref())
            })
            .collect();
        let job_part = job_part(job);
        let total = index.total();
        let annotations_left_out = total > limits::PAGE_BYTES_MAX;
        let bytes = items.iter().map(item_bytes).sum::<usize>() + job_bytes(&job_part);
        let labels = if annotations_left_out { 0 } else { total };
        let share = self.context.answers.share(Some(view.holder), COPIES * (bytes + labels)).await?;
        if !annotations_left_out {
            let mut labels = self.labels(&mut index, ItemIndex::EVERY).await?;
            items.iter_mut().for_each(|item| add_labels(item, &mut labels));
        }
        let now = self.context.now();
        let document = LeaseDocument {
            lease_id: view.lease,
            fence: view.fence,
            state: state(lease_state, view.ended).to_owned(),
            expires_at: expires,
            expires_in: expires.map_or(0, |expires| expires.seconds_after(now)),
            assignment: AssignmentPart {
                id: assignment.id,
                number: assignment.key.number,
                round: assignment.key.round.0,
                slot: assignment.key.slot.0,
                job: assignment.key.job,
                ranges: assignment.ranges.as_slice().to_vec(),
                items,
                instructions: job.spec.instructions.clone(),
                due_date: job.due,
                parent: assignment.parent,
            },
            job: job_part,
            annotations_left_out,
        };
        Ok(Budgeted { value: document, share })
    }

    /// The media that the team of a current lease may use. `None` for other leases, which show no pictures.
    async fn media_access(
        &self,
        assignment: &Assignment,
        lease_state: Option<LeaseState>,
    ) -> Result<Option<Arc<TeamAccess>>> {
        match lease_state {
            Some(LeaseState::Current) => {
                self.context.media.of(&self.context.store, assignment.team).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    fn media_urls<'a>(&'a self, view: &LeaseView, access: Option<&'a TeamAccess>) -> Option<MediaUrls<'a>> {
        let (lease, user) = (view.lease, view.holder);
        access.map(|access| MediaUrls { context: &self.context, access, lease, user })
    }

    /// An item without its meta, its annotation and its verdict, which are added later.
    fn item(&self, known: Known, item: ItemRow, urls: Option<&MediaUrls<'_>>) -> ItemPart {
        let media_url = urls.and_then(|urls| urls.url(item.index, &item.uri));
        ItemPart {
            index: item.index.0,
            uri: self.context.media.files.shown_uri(&item.uri),
            media_url,
            width: item.size.map(|size| size.0),
            height: item.size.map(|size| size.1),
            as_stored: item.is_as_stored,
            size_is_provisional: item.is_provisional,
            meta: None,
            revision: known.revision,
            annotation: None,
            annotation_bytes: Some(known.annotation).filter(|bytes| *bytes > 0),
            verdict: None,
            former_verdict: None,
        }
    }
}

/// The size of a document in a response, in bytes.
pub(crate) fn document_bytes(document: &LeaseDocument) -> usize {
    document.assignment.items.iter().map(item_bytes).sum::<usize>() + job_bytes(&document.job)
}

/// The size of an item in a response, in bytes, without labels that are added later.
fn item_bytes(item: &ItemPart) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let verdicts = [&item.verdict, &item.former_verdict].into_iter().flatten();
    let verdicts = verdicts.map(|v| text(&v.reason) + text(&v.comment) + v.figures.len() * FIGURE_BYTES);
    let annotation = item.annotation.as_ref().map_or(0, |annotation| annotation.get().len());
    let meta: usize =
        item.meta.iter().flatten().map(|(field, value)| field.len() + value.to_string().len()).sum();
    ITEM_BYTES + meta + item.uri.len() + text(&item.media_url) + annotation + verdicts.sum::<usize>()
}

/// The size of a job in a response, in bytes.
fn job_bytes(job: &JobPart) -> usize {
    let values = |tag: &TagDefinition| tag.values.iter().flatten().map(String::len).sum::<usize>();
    job.description.as_ref().map_or(0, String::len)
        + job.classes.iter().map(|class| class.name.len()).sum::<usize>()
        + job.tags.iter().map(|tag| tag.name.len() + values(tag)).sum::<usize>()
        + job.reasons.iter().map(|reason| reason.code.len() + reason.title.len()).sum::<usize>()
}

fn job_part(job: &Job) -> JobPart {
    let spec = &job.spec;
    JobPart {
        id: job.id,
        title: job.title.clone(),
        description: spec.description.clone(),
        classes: spec.classes.clone(),
        tags: spec.tags.clone(),
        limits: spec.limits,
        slots: job.slots,
        reasons: spec.reasons.clone(),
    }
}

/// Adds an item's annotation and verdicts.
fn add_labels(item: &mut ItemPart, labels: &mut Labels) {
    let index = ItemIndex(item.index);
    let saved = labels.saved.remove(&index);
    item.revision = saved.as_ref().map_or(0, |saved| saved.revision);
    item.annotation = saved.map(|saved| saved.annotation);
    item.verdict = labels.verdicts.remove(&index);
    item.former_verdict = labels.former.remove(&index);
}

fn state(lease_state: Option<LeaseState>, ended: Option<LeaseEnd>) -> &'static str {
    match (lease_state, ended) {
        (Some(LeaseState::Current), _) => "current",
        (Some(LeaseState::Expired), _) | (None, None | Some(LeaseEnd::Expired)) => "lapsed",
        (None, Some(LeaseEnd::Taken)) => "taken",
        (None, Some(LeaseEnd::Released)) => "released",
        (None, Some(LeaseEnd::Reassigned)) => "reassigned",
        (None, Some(LeaseEnd::Cancelled)) => "cancelled",
        (None, Some(LeaseEnd::Submitted)) => "submitted",
    }
}
