//! The labels of a lease's items: annotations and verdicts, from up to two sources. Their sizes are read first, so
//! that a response can leave out what is too large.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use serde_json::value::RawValue;
use swath_api::leases::VerdictPart;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{ItemIndex, Stage};
use swath_runtime::Result;
use swath_runtime::budget::SMALL_BYTES;
use swath_store::{ItemSize, LeaseView, Look, StoreError, UnderReview, VerdictSize};

use crate::service::LeaseService;
use crate::verdicts::verdict_part;

/// A source of annotations or verdicts.
enum Source {
    /// The annotations that the holder has saved.
    Own { assignment: AssignmentId, author: UserId },
    /// In a rework: the rejected annotations, with their verdicts.
    Rejected { assignment: AssignmentId, author: UserId, submission: LeaseId },
    /// In a review: the submitted annotations, with the reviewer's verdicts.
    UnderReview(UnderReview),
    /// In the review of a rework: the verdicts of the previous round.
    Former { assignment: AssignmentId, submission: LeaseId },
}

/// The key of a stored annotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnnotationKey {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) item: ItemIndex,
}

/// An item's annotation as it is stored.
pub(crate) struct Saved {
    pub(crate) revision: i64,
    pub(crate) annotation: Box<RawValue>,
}

/// Annotations and verdicts by item.
#[derive(Default)]
pub(crate) struct Labels {
    pub(crate) saved: HashMap<ItemIndex, Saved>,
    pub(crate) verdicts: HashMap<ItemIndex, VerdictPart>,
    pub(crate) former: HashMap<ItemIndex, VerdictPart>,
}

/// What is known about an item's labels before they are read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// The revision that the holder has saved. 0 if there is none.
    pub(crate) revision: i64,
    /// The size of the shown annotation, in bytes.
    pub(crate) annotation: i64,
    /// The memory of the labels once they are read, in bytes.
    pub(crate) total: usize,
}

/// The sources of a lease, with the size of each item's labels. A later source overrides an earlier one.
#[derive(Default)]
pub(crate) struct Index {
    sources: Vec<Source>,
    pub(crate) known: BTreeMap<ItemIndex, Known>,
    /// The labels, if they were read together with their sizes.
    ready: Option<Labels>,
}

impl Index {
    /// The memory of all labels once they are read, in bytes.
    pub(crate) fn total(&self) -> usize {
        self.known.values().map(|known| known.total).sum()
    }

    fn add(&mut self, source: Source, sizes: impl IntoIterator<Item = ItemSize>) {
        let is_own = !matches!(source, Source::Rejected { .. });
        for size in sizes {
            let known = self.known.entry(size.item).or_default();
            known.annotation = size.bytes;
            known.revision = if is_own { size.revision } else { 0 };
            known.total = known.total.saturating_add(size.total());
        }
        self.sources.push(source);
    }
}

impl LeaseService {
    /// The index of a lease. Does not ask the database if nothing can have been saved.
    pub(crate) async fn index(&self, view: &LeaseView) -> Result<Index> {
        match self.stage {
            Stage::Annotate => self.index_own(view).await,
            Stage::Review => Box::pin(self.index_review(view)).await,
        }
    }

    async fn index_own(&self, view: &LeaseView) -> Result<Index> {
        let (store, assignment) = (&self.context.store, &view.assignment);
        let mut index = Index::default();
        if let Some(parent) = assignment.parent {
            Box::pin(self.index_rejected(parent, &mut index)).await?;
        }
        // The current first lease knows whether it has saved anything. Any other lease may have saved labels.
        if assignment.fence > 1 || view.ended.is_some() || assignment.saved > 0 {
            let (assignment, author) = (assignment.id, view.holder);
            let sizes = Box::pin(store.annotation_sizes(assignment, author)).await?;
            index.add(Source::Own { assignment, author }, sizes);
        }
        Ok(index)
    }

    async fn index_rejected(&self, parent: AssignmentId, index: &mut Index) -> Result<()> {
        let store = &self.context.store;
        let Some(parent) = store.assignment(parent).await? else { return Ok(()) };
        let (Some(author), Some(submission)) = (parent.author(), parent.submission_id()) else {
            return Ok(());
        };
        let texts = self.verdict_sizes(submission).await?;
        let sizes = store.annotation_sizes(parent.id, author).await?;
        let with_texts =
            |size: ItemSize| ItemSize { texts: texts.get(&size.item).copied().unwrap_or_default(), ..size };
        let source = Source::Rejected { assignment: parent.id, author, submission };
        index.add(source, sizes.into_iter().map(with_texts));
        Ok(())
    }

    async fn index_review(&self, view: &LeaseView) -> Result<Index> {
        let assignment = &view.assignment;
        let mut index = Index::default();
        if let (Some(author), Some(submission)) = (assignment.author(), assignment.submission_id()) {
            let under = UnderReview { assignment: assignment.id, author, submission, reviewer: view.holder };
            let Look { sizes, items } = self.context.store.review_look(under).await?;
            index.add(Source::UnderReview(under), sizes);
            index.ready = items.map(|items| under_review(&under, items)).transpose()?;
        }
        if let Some(parent) = assignment.parent {
            Box::pin(self.index_former(parent, &mut index)).await?;
        }
        Ok(index)
    }

    /// A rework consists of rejected items, so each of them has a verdict of the previous round.
    async fn index_former(&self, parent: AssignmentId, index: &mut Index) -> Result<()> {
        let former = self.context.store.assignment(parent).await?;
        let Some(submission) = former.and_then(|former| former.submission_id()) else { return Ok(()) };
        let (Some((first, _)), Some((last, _))) =
            (index.known.first_key_value(), index.known.last_key_value())
        else {
            return Ok(());
        };
        let items = *first..=*last;
        // The verdicts of other items between the first and the last are read as well, so they count as well.
        for (item, bytes) in self.verdict_sizes(submission).await? {
            if let Some((_, known)) = index.known.range_mut(item..).next().filter(|_| items.contains(&item)) {
                known.total = known.total.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
            }
        }
        let source = Source::Former { assignment: parent, submission };
        if index.total() > SMALL_BYTES {
            index.ready = None;
        }
        if let Some(labels) = &mut index.ready {
            self.read(&source, items, labels).await?;
        }
        index.sources.push(source);
        Ok(())
    }

    /// The size of the verdicts on a submission, by item, in bytes. An item may have verdicts of several reviewers.
    async fn verdict_sizes(&self, submission: LeaseId) -> Result<HashMap<ItemIndex, i64>> {
        let mut sizes: HashMap<ItemIndex, i64> = HashMap::new();
        for VerdictSize { item, bytes } in self.context.store.verdict_sizes(submission).await? {
            *sizes.entry(ItemIndex(item)).or_default() += bytes;
        }
        Ok(sizes)
    }

    /// The annotations and verdicts of these items.
    pub(crate) async fn labels(&self, index: &mut Index, items: RangeInclusive<ItemIndex>) -> Result<Labels> {
        if let Some(labels) = index.ready.take() {
            return Ok(labels);
        }
        let mut labels = Labels::default();
        for source in &index.sources {
            Box::pin(self.read(source, items.clone(), &mut labels)).await?;
        }
        Ok(labels)
    }

    async fn read(
        &self,
        source: &Source,
        items: RangeInclusive<ItemIndex>,
        labels: &mut Labels,
    ) -> Result<()> {
        let store = &self.context.store;
        let (assignment, author, is_own) = match source {
            Source::UnderReview(under) => {
                let read = under_review(under, store.review_items(*under, items).await?)?;
                labels.saved.extend(read.saved);
                labels.verdicts.extend(read.verdicts);
                return Ok(());
            }
            Source::Former { assignment, submission } => {
                let verdicts = store.deciding_verdicts(*assignment, *submission, items).await?;
                labels.former.extend(verdicts.into_iter().map(|row| (row.item, verdict_part(row))));
                return Ok(());
            }
            Source::Rejected { assignment, author, submission } => {
                let verdicts = store.deciding_verdicts(*assignment, *submission, items.clone()).await?;
                labels.verdicts.extend(verdicts.into_iter().map(|row| (row.item, verdict_part(row))));
                (*assignment, *author, false)
            }
            Source::Own { assignment, author } => (*assignment, *author, true),
        };
        for row in store.annotations(assignment, author, items).await? {
            let annotation = raw(row.body, AnnotationKey { assignment, author, item: row.item })?;
            let revision = if is_own { row.revision } else { 0 };
            labels.saved.insert(row.item, Saved { revision, annotation });
        }
        Ok(())
    }
}

fn under_review(of: &UnderReview, items: Vec<swath_store::ItemUnderReview>) -> Result<Labels> {
    let mut labels = Labels::default();
    for shown in items {
        let annotation = raw(
            shown.body,
            AnnotationKey { assignment: of.assignment, author: of.author, item: shown.item },
        )?;
        labels.saved.insert(shown.item, Saved { revision: shown.revision, annotation });
        labels.verdicts.extend(shown.verdict.map(|verdict| (shown.item, verdict_part(verdict))));
    }
    Ok(labels)
}

/// A stored annotation as it is shown. It is not parsed, because that would need several times the memory.
pub(crate) fn raw(body: String, of: AnnotationKey) -> Result<Box<RawValue>> {
    let AnnotationKey { assignment, author, item } = of;
    let corrupt = |error| StoreError::Corrupt {
        table: "annotations",
        id: format!("{assignment}/{author}/{item}"),
        what: format!("body: {error}"),
    };
    Ok(RawValue::from_string(body).map_err(corrupt)?)
}
