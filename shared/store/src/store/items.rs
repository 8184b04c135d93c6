//! Items of datasets.

use futures::future::BoxFuture;
use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;
use swath_domain::{ItemIndex, Ranges};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::items::ItemRow;
use crate::reads::dataset_items::{self, LabelledItems};
use crate::reads::item_texts::{self, ItemTextsPage};

impl Store {
    /// Reads these items of a dataset, in ascending order; items that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] for a malformed pattern.
    pub fn items<'a>(&'a self, id: DatasetId, wanted: &'a Ranges) -> BoxFuture<'a, Result<Vec<ItemRow>>> {
        Box::pin(async move { dataset_items::items(self.core(), id, wanted).await })
    }

    /// Looks at the first `limit` items of a range, or at fewer where their labels take too many bytes, and returns those
    /// that carry one of these labels.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] for labels that are not
    /// JSON.
    pub fn items_labelled<'a>(
        &'a self,
        id: DatasetId,
        labels: &'a [String],
        items: Range,
        limit: i64,
    ) -> BoxFuture<'a, Result<LabelledItems>> {
        Box::pin(async move {
            dataset_items::labelled(&mut self.reader().await?.db(), id, labels, items, limit).await
        })
    }

    /// Reads the texts of the first of these items, in ascending order, that take at most so many bytes; of one item in any
    /// case.
    ///
    /// # Errors
    /// As for [`Store::items_labelled`].
    pub fn item_texts<'a>(
        &'a self,
        id: DatasetId,
        items: &'a [ItemIndex],
        bytes: usize,
    ) -> BoxFuture<'a, Result<ItemTextsPage>> {
        Box::pin(async move { item_texts::page(&mut self.reader().await?.db(), id, items, bytes).await })
    }
}
