//! Annotations: of single assignments, and for exports.

use std::collections::HashMap;
use std::ops::RangeInclusive;

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
    pub async fn annotation_sizes(&self, assignment: AssignmentId, author: UserId) -> Result<Vec<ItemSize>> {
        annotations::sizes(&mut self.reader().await?.db(), assignment, author).await
    }

    /// Reads what an author has saved of a range of items of an assignment, by item. It may be large: ask
    /// [`Store::annotation_sizes`] first which items fit into an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn annotations(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: RangeInclusive<i64>,
    ) -> Result<Vec<StoredAnnotation>> {
        annotations::in_range(&mut self.reader().await?.db(), assignment, author, items).await
    }

    /// Counts the figures that an author has saved on each of these items of an assignment, by item. Items that are not
    /// saved are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] for an annotation that is not
    /// JSON.
    pub async fn figure_counts(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: Vec<i64>,
    ) -> Result<HashMap<i64, i64>> {
        annotations::figure_counts(&mut self.reader().await?.db(), assignment, author, &items).await
    }

    /// Reads the keys and sizes of all authors' annotations in these assignments, by assignment, author and item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn annotation_places(&self, ids: &[AssignmentId]) -> Result<Vec<AnnotationPlace>> {
        annotations::places(&mut self.reader().await?.db(), ids).await
    }

    /// Reads the annotations with these keys, by assignment, author and item.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn annotations_at(&self, places: &[AnnotationPlace]) -> Result<Vec<KeptAnnotation>> {
        exports::annotations_at(&mut self.reader().await?.db(), places).await
    }

    /// Reads the accepted items of a job after this one, or from the first on, by item and slot: as many as bring at most
    /// `bytes` bytes of annotations into memory, one in any case; none at the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn accepted(
        &self,
        job: JobId,
        after: Option<AcceptedKey>,
        bytes: usize,
    ) -> Result<Vec<AcceptedItem>> {
        exports::accepted(&mut self.reader().await?.db(), job, after, bytes).await
    }
}
