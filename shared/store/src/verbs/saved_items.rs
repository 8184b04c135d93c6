//! What is saved under the keys that a batch writes to, as the batch changes it.

use std::collections::HashMap;

use swath_domain::ids::LeaseId;

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::saved_items::{self, AnnotationKey, SavedItem};
use crate::tables::written::{Save, SavedRow};

/// The stored rows of a batch's items, and the rows that it writes.
#[derive(Default)]
pub(crate) struct SavedItems {
    items: HashMap<AnnotationKey, SavedItem>,
    /// What the batch has changed, each with its new revision.
    changed: HashMap<AnnotationKey, (i64, Save)>,
}

impl SavedItems {
    /// Reads what is saved under these keys. Their assignments must be locked.
    pub(crate) async fn read(db: &mut Db<'_>, keys: &[AnnotationKey]) -> Result<Self> {
        Ok(Self { items: saved_items::read(db, keys).await?, changed: HashMap::new() })
    }

    /// The saved revision, 0 where there is none.
    pub(crate) fn revision(&self, key: &AnnotationKey) -> i64 {
        self.items.get(key).map_or(0, |saved| saved.revision)
    }

    /// Whether this very body is saved.
    pub(crate) fn has_body(&self, key: &AnnotationKey, body: &str) -> bool {
        self.items.get(key).is_some_and(|saved| saved.body == body)
    }

    /// The lease that saved an item.
    pub(crate) fn lease(&self, key: &AnnotationKey) -> Option<LeaseId> {
        self.items.get(key).map(|saved| saved.lease)
    }

    /// Whether something is saved under a key, as far as this batch knows.
    pub(crate) fn contains(&self, key: &AnnotationKey) -> bool {
        self.items.contains_key(key)
    }

    /// Saves one item. The same body keeps its revision, and counts from now on as saved under this lease.
    pub(crate) fn put(&mut self, save: Save) -> Put {
        let key = AnnotationKey { assignment: save.assignment, author: save.author, item: save.work.item };
        let before = self.items.get(&key);
        let is_new = before.is_none();
        let is_same = before.is_some_and(|saved| saved.body == save.work.body);
        if is_same && before.is_some_and(|saved| saved.lease == save.lease) {
            return Put { revision: self.revision(&key), is_new: false };
        }
        let step = i64::from(is_new || !is_same);
        let revision = self.revision(&key) + step;
        self.items.insert(key, SavedItem { revision, body: save.work.body.clone(), lease: save.lease });
        self.changed.insert(key, (revision, save));
        Put { revision, is_new }
    }

    /// What is to be written, in the order of the keys.
    pub(crate) fn into_rows(self) -> Vec<SavedRow> {
        let mut rows: Vec<_> = self.changed.into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows.into_iter().map(|(_, (revision, save))| SavedRow { revision, save }).collect()
    }
}

/// How an item was saved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Put {
    pub(crate) revision: i64,
    /// Whether nothing was saved of the item before.
    pub(crate) is_new: bool,
}
