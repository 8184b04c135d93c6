//! Annotations: of single assignments, and for exports.

use futures::future::BoxFuture;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use swath_domain::ItemIndex;
use swath_domain::ids::{AssignmentId, JobId, UserId};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::annotations::{
    AcceptedItem, AcceptedKey, AnnotationPlace, ItemSize, KeptAnnotation, StoredAnnotation,
};
use crate::reads::exports;
use crate::tables::annotations;

impl Store {
    /// Reads the sizes of all items that an author has saved in an assignment, by item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn annotation_sizes(
        &self,
        assignment: AssignmentId,
        author: UserId,
    ) -> BoxFuture<'_, Result<Vec<ItemSize>>> {
        Box::pin(async move { annotations::sizes(&mut self.reader().await?.db(), assignment, author).await })
    }

    /// Reads what an author has saved of a range of items of an assignment, by item. It may be large: ask
    /// [`Store::annotation_sizes`] first which items fit into an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn annotations(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: RangeInclusive<ItemIndex>,
    ) -> BoxFuture<'_, Result<Vec<StoredAnnotation>>> {
        Box::pin(async move {
            annotations::in_range(&mut self.reader().await?.db(), assignment, author, items).await
        })
    }

    /// Counts the figures that an author has saved on each of these items of an assignment, by item. Items that are not
    /// saved are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] for an annotation that is not
    /// JSON.
    pub fn figure_counts(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: Vec<ItemIndex>,
    ) -> BoxFuture<'_, Result<HashMap<ItemIndex, i64>>> {
        Box::pin(async move {
            annotations::figure_counts(&mut self.reader().await?.db(), assignment, author, &items).await
        })
    }

    /// Reads the keys and sizes of all authors' annotations in these assignments, by assignment, author and item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn annotation_places<'a>(
        &'a self,
        ids: &'a [AssignmentId],
    ) -> BoxFuture<'a, Result<Vec<AnnotationPlace>>> {
        Box::pin(async move { annotations::places(&mut self.reader().await?.db(), ids).await })
    }

    /// Reads the annotations with these keys, by assignment, author and item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn annotations_at<'a>(
        &'a self,
        places: &'a [AnnotationPlace],
    ) -> BoxFuture<'a, Result<Vec<KeptAnnotation>>> {
        Box::pin(async move { exports::annotations_at(&mut self.reader().await?.db(), places).await })
    }

    /// Reads the accepted items of a job after this one, or from the first on, by item and slot: as many as bring at most
    /// `bytes` bytes of annotations into memory, one in any case; none at the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn accepted(
        &self,
        job: JobId,
        after: Option<AcceptedKey>,
        bytes: usize,
    ) -> BoxFuture<'_, Result<Vec<AcceptedItem>>> {
        Box::pin(async move { exports::accepted(&mut self.reader().await?.db(), job, after, bytes).await })
    }
}
