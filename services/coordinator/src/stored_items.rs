//! Reads every stored annotation of a job, accepted or not, with its current state.

use std::collections::{HashMap, VecDeque};
use std::io;

use serde_json::value::RawValue;
use swath_domain::job::Job;
use swath_domain::labels::Annotation;
use swath_domain::{Assignment, AssignmentId, ItemIndex, Ranges, Status};
use swath_formats::export::StoredItem;
use swath_store::{AnnotationPlace, ItemTextsPage, KeptAnnotation, Store, StoredAnnotation, fitting};

/// Bytes of annotations that are read at once. Parsed and encoded again they take several times as much memory.
pub const PAGE_BYTES: usize = 1 << 20;

/// The stored annotations of some assignments of a job, by assignment, author and item, in pages of bounded size.
pub struct StoredItems<'a> {
    store: &'a Store,
    job: &'a Job,
    by_id: HashMap<AssignmentId, Assignment>,
    places: VecDeque<AnnotationPlace>,
}

impl<'a> StoredItems<'a> {
    /// The annotations of these assignments. Only their keys and sizes are read here.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(store: &'a Store, job: &'a Job, page: Vec<Assignment>) -> swath_store::Result<Self> {
        let ids: Vec<_> = page.iter().map(|a| a.id).collect();
        let places = store.annotation_places(&ids).await?.into();
        Ok(Self { store, job, by_id: page.into_iter().map(|a| (a.id, a)).collect(), places })
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// When the database cannot be read, or a stored annotation cannot be parsed.
    pub async fn next(&mut self) -> io::Result<Option<Vec<StoredItem>>> {
        let page = self.places.make_contiguous();
        let page = &page[..page.len().min(PAGE_ITEMS)];
        let fitting = fitting(page, PAGE_BYTES, |place| usize::try_from(place.bytes).unwrap_or(usize::MAX));
        if fitting == 0 {
            return Ok(None);
        }
        let mut numbers: Vec<_> = page[..fitting].iter().map(|place| place.item).collect();
        numbers.sort_unstable();
        numbers.dedup();
        // The metadata of items may be larger than their annotations.
        let texts = self.store.item_texts(self.job.dataset, &numbers, PAGE_BYTES).await;
        let ItemTextsPage { texts, covered } = texts.map_err(io::Error::other)?;
        numbers.truncate(covered);
        let fits = |place: &&AnnotationPlace| numbers.binary_search(&place.item).is_ok();
        let fitting = page[..fitting].iter().take_while(fits).count();
        let places: Vec<_> = self.places.drain(..fitting).collect();
        let stored = self.store.annotations_at(&places).await.map_err(io::Error::other)?;
        let rows = self.store.items(self.job.dataset, &Ranges::of_items(numbers)).await;
        let rows = rows.map_err(io::Error::other)?;
        let uris: HashMap<ItemIndex, String> = rows.into_iter().map(|row| (row.index, row.uri)).collect();
        let metas: HashMap<ItemIndex, Box<RawValue>> = texts
            .into_iter()
            .filter_map(|texts| Some((texts.item, RawValue::from_string(texts.meta?).ok()?)))
            .collect();
        let mut items = Vec::with_capacity(stored.len());
        for kept in stored {
            let row = &kept.annotation;
            let Some(assignment) = self.by_id.get(&row.assignment) else { continue };
            items.push(StoredItem {
                index: row.item,
                uri: uris.get(&row.item).cloned().ok_or_else(|| missing(row.item))?,
                meta: metas.get(&row.item).cloned(),
                slot: assignment.key.slot,
                round: assignment.key.round,
                state: state(assignment, &kept),
                annotation: annotation(row)?,
                author: row.author,
                lease: row.lease,
                revision: row.revision,
                saved_at: row.updated,
                assignment: row.assignment,
            });
        }
        Ok(Some(items))
    }
}

/// Annotations that are read at once, however small they are.
const PAGE_ITEMS: usize = 1_000;

fn missing(item: ItemIndex) -> io::Error {
    io::Error::other(format!("item {item} is missing"))
}

/// Parses the text of a stored annotation.
pub(crate) fn annotation(stored: &StoredAnnotation) -> io::Result<Annotation> {
    Ok(serde_json::from_str(&stored.body)?)
}

/// The current state of a stored annotation.
fn state(assignment: &Assignment, kept: &KeptAnnotation) -> &'static str {
    let row = &kept.annotation;
    let is_authors = assignment.author() == Some(row.author);
    match assignment.status {
        Status::Accepted | Status::Rejected if kept.accepted => "accepted",
        Status::Accepted | Status::Rejected if is_authors => "rejected",
        Status::Completed | Status::InReview if is_authors => "submitted",
        Status::InProgress if assignment.holder() == Some(row.author) => "confirmed",
        Status::Cancelled => "cancelled",
        _ => "kept",
    }
}
