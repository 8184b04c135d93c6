//! What is shown of a lease's items: annotations and verdicts, from up to two places. Their sizes are known before any of
//! them is read, so that an answer leaves out what is too much for it.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use serde_json::value::RawValue;
use swath_domain::Stage;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_runtime::Result;
use swath_runtime::budget::SMALL_BYTES;
use swath_store::{ItemSize, LeaseView, Look, StoreError, UnderReview};

use crate::Desk;
use crate::document::VerdictPart;

/// Where annotations come from.
enum Source {
    /// What the holder has saved.
    Own { assignment: AssignmentId, author: UserId },
    /// In a rework: what was rejected, and why.
    Rejected { assignment: AssignmentId, author: UserId, submission: LeaseId },
    /// In a review: what was handed in, and what the reviewer has said of it.
    UnderReview(UnderReview),
    /// In the review of a rework: what was said of the round before.
    Former { assignment: AssignmentId, submission: LeaseId },
}

/// An item's annotation as it is stored.
pub(crate) struct Saved {
    pub(crate) revision: i64,
    pub(crate) annotation: Box<RawValue>,
}

/// Annotations and verdicts by item.
#[derive(Default)]
pub(crate) struct Labels {
    pub(crate) saved: HashMap<i64, Saved>,
    pub(crate) verdicts: HashMap<i64, VerdictPart>,
    pub(crate) former: HashMap<i64, VerdictPart>,
}

/// What is known of an item before it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// The revision that the holder has saved.
    pub(crate) revision: i64,
    /// Bytes of the annotation that is shown.
    pub(crate) annotation: i64,
    /// What reading it brings into memory.
    pub(crate) total: usize,
}

/// All sources of a lease, a later one before an earlier one, with the size of each item.
#[derive(Default)]
pub(crate) struct Index {
    sources: Vec<Source>,
    pub(crate) known: BTreeMap<i64, Known>,
    /// The labels themselves, where they came along with their sizes.
    ready: Option<Labels>,
}

impl Index {
    /// What reading all of it brings into memory.
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

impl Desk {
    /// What there is to be shown of a lease. Nothing is asked where nobody can have saved anything.
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
        // A first grant is the one case in which nobody can have saved anything.
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

    /// A rework holds only items that were rejected, so each of them has a verdict of the round before.
    async fn index_former(&self, parent: AssignmentId, index: &mut Index) -> Result<()> {
        let former = self.context.store.assignment(parent).await?;
        let Some(submission) = former.and_then(|former| former.submission_id()) else { return Ok(()) };
        let (Some((first, _)), Some((last, _))) =
            (index.known.first_key_value(), index.known.last_key_value())
        else {
            return Ok(());
        };
        let items = *first..=*last;
        // What lies between the items is read with them.
        for (item, bytes) in self.verdict_sizes(submission).await? {
            if let Some((_, known)) = index.known.range_mut(item..).next().filter(|_| items.contains(&item)) {
                known.total = known.total.saturating_add(usize::try_from(bytes).unwrap_or_default());
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

    /// The bytes of what was said of a submission, by item; several reviewers may have spoken of one.
    async fn verdict_sizes(&self, submission: LeaseId) -> Result<HashMap<i64, i64>> {
        let mut sizes: HashMap<i64, i64> = HashMap::new();
        for (item, bytes) in self.context.store.verdict_sizes(submission).await? {
            *sizes.entry(item).or_default() += bytes;
        }
        Ok(sizes)
    }

    /// The annotations and verdicts of these items.
    pub(crate) async fn labels(&self, index: &mut Index, items: RangeInclusive<i64>) -> Result<Labels> {
        if let Some(labels) = index.ready.take() {
            return Ok(labels);
        }
        let mut labels = Labels::default();
        for source in &index.sources {
            Box::pin(self.read(source, items.clone(), &mut labels)).await?;
        }
        Ok(labels)
    }

    async fn read(&self, source: &Source, items: RangeInclusive<i64>, labels: &mut Labels) -> Result<()> {
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
                labels.former.extend(verdicts.into_iter().map(|row| (row.item, row.into())));
                return Ok(());
            }
            Source::Rejected { assignment, author, submission } => {
                let verdicts = store.deciding_verdicts(*assignment, *submission, items.clone()).await?;
                labels.verdicts.extend(verdicts.into_iter().map(|row| (row.item, row.into())));
                (*assignment, *author, false)
            }
            Source::Own { assignment, author } => (*assignment, *author, true),
        };
        for row in store.annotations(assignment, author, items).await? {
            let annotation = raw(row.body, (assignment, author, row.item))?;
            let revision = if is_own { row.revision } else { 0 };
            labels.saved.insert(row.item, Saved { revision, annotation });
        }
        Ok(())
    }
}

fn under_review(of: &UnderReview, items: Vec<swath_store::ItemUnderReview>) -> Result<Labels> {
    let mut labels = Labels::default();
    for shown in items {
        let annotation = raw(shown.body, (of.assignment, of.author, shown.item))?;
        labels.saved.insert(shown.item, Saved { revision: shown.revision, annotation });
        labels.verdicts.extend(shown.verdict.map(|verdict| (shown.item, verdict.into())));
    }
    Ok(labels)
}

/// An annotation as it is stored, which is as it is shown: parsed it would take several times as much memory.
pub(crate) fn raw(
    body: String,
    (assignment, author, item): (AssignmentId, UserId, i64),
) -> Result<Box<RawValue>> {
    let corrupt = |error| StoreError::Corrupt {
        table: "annotations",
        id: format!("{assignment}/{author}/{item}"),
        what: format!("body: {error}"),
    };
    Ok(RawValue::from_string(body).map_err(corrupt)?)
}
