//! What an export holds, and what its format could not.

use std::collections::BTreeMap;

use serde::Serialize;
use swath_domain::labels::{Class, Size};
use swath_domain::{DatasetId, JobId};

use super::names::Name;
use super::{Head, Item};

/// Names told one by one, at most; beyond that they are only counted.
const RENAMED_MAX: usize = 100;

/// The counts that stand in every COCO and Supervisely export. Nothing is left out without being counted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    job: JobId,
    title: String,
    dataset: DatasetId,
    dataset_version: i64,
    /// The only slot that is in the export, where one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<i64>,
    /// Opinions in the export.
    items: u64,
    /// Figures in the export.
    figures: u64,
    /// Opinions that were a skip, and so are not in the export.
    skipped: u64,
    /// Opinions not in the export because their picture's size is unknown.
    unknown_size: u64,
    /// Figures and tags that are not in the export, by kind.
    left_out: BTreeMap<&'static str, u64>,
    /// Figures that are in the export in another form than they were drawn, and names that are not the item's own path,
    /// by kind.
    changed: BTreeMap<&'static str, u64>,
    /// The first of those names.
    renamed: Vec<Renamed>,
    /// The item named last; the opinions on it stand side by side and share its name.
    #[serde(skip)]
    named: Option<i64>,
    /// The items of which something is left out.
    #[serde(skip)]
    losses: Losses,
    /// The item that is being written.
    #[serde(skip)]
    item: i64,
}

/// Items of which an export leaves something out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses {
    /// How many there are.
    pub items: u64,
    /// The first of them, each with what is left out of it first.
    pub first: Vec<(i64, &'static str)>,
    last: Option<i64>,
}

/// Items that are told one by one.
const TOLD_MAX: usize = 100;

impl Losses {
    fn add(&mut self, item: i64, kind: &'static str) {
        if self.last.replace(item) == Some(item) {
            return;
        }
        self.items += 1;
        if self.first.len() < TOLD_MAX {
            self.first.push((item, kind));
        }
    }
}

/// An item whose name is not its own path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Renamed {
    index: i64,
    uri: String,
    name: String,
}

impl Summary {
    /// A summary of nothing yet.
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
            item: 0,
            renamed: Vec::new(),
            named: None,
        }
    }

    /// What is left out so far, by kind, and of which items.
    pub(crate) fn losses(&self) -> (&BTreeMap<&'static str, u64>, &Losses) {
        (&self.left_out, &self.losses)
    }

    /// Counts an opinion, and gives its picture's size if it can be exported at all.
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

    /// Takes note of an item's name, once for all opinions on it.
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

/// The place of a class in the job, from 1.
pub(super) fn class_number(classes: &[Class], name: &str) -> Option<usize> {
    classes.iter().position(|class| class.name == name).map(|position| position + 1)
}
