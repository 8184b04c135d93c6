//! The summary of an export: what it contains, and what its format could not represent.

use std::collections::BTreeMap;

use serde::Serialize;
use swath_domain::labels::{Class, Size};
use swath_domain::{DatasetId, ItemIndex, JobId, Slot};

use super::item::{Head, Item};
use super::names::Name;

/// How many renamed items are listed. Further ones are only counted.
const RENAMED_MAX: usize = 100;

/// The counts in every COCO and Supervisely export. Everything that is left out is counted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    job: JobId,
    title: String,
    dataset: DatasetId,
    dataset_version: i64,
    /// The only exported slot. `None` for all slots.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<Slot>,
    /// Annotations in the export.
    items: u64,
    /// Figures in the export.
    figures: u64,
    /// Skipped items, which are not in the export.
    skipped: u64,
    /// Annotations that are not in the export because the size of their picture is unknown.
    unknown_size: u64,
    /// Figures and tags that are not in the export, by kind.
    left_out: BTreeMap<&'static str, u64>,
    /// Figures with another form than they were drawn, and names that differ from the item's path, by kind.
    changed: BTreeMap<&'static str, u64>,
    /// The first of those names.
    renamed: Vec<Renamed>,
    /// The item that was named last. The annotations of an item come together and share its name.
    #[serde(skip)]
    named: Option<ItemIndex>,
    /// The items that are not exported completely.
    #[serde(skip)]
    losses: Losses,
    /// The current item.
    #[serde(skip)]
    item: ItemIndex,
}

/// Items that are not exported completely.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses {
    /// The number of such items.
    pub items: u64,
    /// The first of them, each with the kind of its first loss.
    pub first: Vec<Loss>,
    last: Option<ItemIndex>,
}

/// How many incomplete items are listed. Further ones are only counted.
const LISTED_MAX: usize = 100;

/// One item that is not exported completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The item's number.
    pub item: ItemIndex,
    /// The kind of the first loss.
    pub kind: &'static str,
}

impl Losses {
    fn add(&mut self, item: ItemIndex, kind: &'static str) {
        if self.last.replace(item) == Some(item) {
            return;
        }
        self.items += 1;
        if self.first.len() < LISTED_MAX {
            self.first.push(Loss { item, kind });
        }
    }
}

/// An item whose name differs from its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Renamed {
    index: ItemIndex,
    uri: String,
    name: String,
}

impl Summary {
    /// An empty summary.
    pub(super) fn new(head: &Head) -> Self {
        Self {
            job: head.job.id,
            title: head.job.title.clone(),
            dataset: head.job.dataset,
            dataset_version: head.job.version,
            slot: head.slot,
            items: 0,
            figures: 0,
            skipped: 0,
            unknown_size: 0,
            left_out: BTreeMap::new(),
            changed: BTreeMap::new(),
            losses: Losses::default(),
            item: ItemIndex::FIRST,
            renamed: Vec::new(),
            named: None,
        }
    }

    /// The items so far that are not exported completely.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// The number of figures and tags left out so far, by kind.
    pub fn left_out(&self) -> &BTreeMap<&'static str, u64> {
        &self.left_out
    }

    /// Counts an annotation, and returns the size of its picture if it can be exported at all.
    pub(super) fn admit(&mut self, item: &Item) -> Option<Size> {
        self.item = item.index;
        if item.annotation.skip.is_some() {
            self.skipped += 1;
            return None;
        }
        if item.size.is_none() {
            self.unknown_size += 1;
            self.losses.add(item.index, "unknown_size");
            self.leave_out("figure_of_unknown_size", item.annotation.figures.len());
            self.leave_out("tag_of_unknown_size", item.annotation.tags.len());
            return None;
        }
        self.items += 1;
        item.size
    }

    pub(super) fn count_figure(&mut self) {
        self.figures += 1;
    }

    pub(super) fn leave_out(&mut self, kind: &'static str, count: usize) {
        if count > 0 {
            *self.left_out.entry(kind).or_default() += count as u64;
            self.losses.add(self.item, kind);
        }
    }

    /// Records an item's name, once for all annotations of the item.
    pub(super) fn name(&mut self, item: &Item, name: Name) -> String {
        if let Some(kind) = name.change.filter(|_| self.named != Some(item.index)) {
            self.change(kind);
            if self.renamed.len() < RENAMED_MAX {
                let (uri, name) = (item.shown_uri.clone(), name.text.clone());
                self.renamed.push(Renamed { index: item.index, uri, name });
            }
        }
        self.named = Some(item.index);
        name.text
    }

    pub(super) fn change(&mut self, kind: &'static str) {
        *self.changed.entry(kind).or_default() += 1;
    }
}

/// The number of a class in the job, from 1.
pub(super) fn class_number(classes: &[Class], name: &str) -> Option<usize> {
    classes.iter().position(|class| class.name == name).map(|position| position + 1)
}
