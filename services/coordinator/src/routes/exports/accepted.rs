//! Reads the accepted items of a job, with what the dataset knows of them.

use std::collections::HashMap;
use std::io;

use serde_json::value::RawValue;
use swath_domain::labels::stored_size;
use swath_domain::{ItemIndex, Ranges};
use swath_formats::export::{Head, Item};
use swath_runtime::Context;
use swath_store::{AcceptedItem, AcceptedKey, ItemRow, ItemTexts, ItemTextsPage};

use super::stream::store_failure;
use crate::stored_items::{PAGE_BYTES, annotation};

/// What the dataset knows of an item.
struct Row {
    item: ItemRow,
    meta: Option<Box<RawValue>>,
}

/// The accepted items of a job, page by page.
pub(super) struct AcceptedItems<'a> {
    context: &'a Context,
    head: &'a Head,
    after: Option<AcceptedKey>,
}

impl<'a> AcceptedItems<'a> {
    pub(super) fn of(context: &'a Context, head: &'a Head) -> Self {
        Self { context, head, after: None }
    }

    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<Item>>> {
        let (store, job) = (&self.context.store, &self.head.job);
        let mut page = store.accepted(job.id, self.after, PAGE_BYTES).await.map_err(store_failure)?;
        let mut numbers: Vec<_> = page.iter().map(|item| item.annotation.item).collect();
        numbers.dedup();
        // The metadata of items may be larger than their annotations.
        let ItemTextsPage { texts, covered } =
            store.item_texts(job.dataset, &numbers, PAGE_BYTES).await.map_err(store_failure)?;
        numbers.truncate(covered);
        page.retain(|item| numbers.last().is_some_and(|last| item.annotation.item <= *last));
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.key());
        page.retain(|item| self.head.slot.is_none_or(|slot| item.slot == slot));
        let rows = store.items(job.dataset, &Ranges::of_items(numbers)).await.map_err(store_failure)?;
        let mut rows: HashMap<ItemIndex, Row> =
            rows.into_iter().map(|item| (item.index, Row { item, meta: None })).collect();
        for ItemTexts { item, meta, .. } in texts {
            if let Some(row) = rows.get_mut(&item) {
                row.meta = meta.map(RawValue::from_string).transpose()?;
            }
        }
        page.into_iter().map(|item| self.exported(item, &rows)).collect::<io::Result<_>>().map(Some)
    }

    fn exported(&self, accepted: AcceptedItem, rows: &HashMap<ItemIndex, Row>) -> io::Result<Item> {
        let stored = accepted.annotation;
        let row = rows
            .get(&stored.item)
            .ok_or_else(|| io::Error::other(format!("item {} is missing", stored.item)))?;
        let Row { item, meta } = row;
        let mut annotation = annotation(&stored)?;
        let (mut size, orientation) = (item.size, item.orientation);
        if let (true, Some(displayed), Some(orientation)) = (self.head.is_stored, size, orientation) {
            annotation.figures.iter_mut().for_each(|figure| figure.geometry.store(displayed, orientation));
            size = Some(stored_size(displayed, orientation));
        }
        Ok(Item {
            index: stored.item,
            uri: item.uri.clone(),
            shown_uri: self.context.media.files.shown_uri(&item.uri),
            size,
            orientation,
            meta: meta.clone(),
            slot: accepted.slot,
            round: accepted.round,
            annotation,
            author: stored.author,
            reviewer: accepted.reviewer,
            revision: stored.revision,
            accepted_at: accepted.accepted,
            assignment: stored.assignment,
        })
    }
}
