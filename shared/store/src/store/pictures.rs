//! Pictures that have no size yet, or cannot be read.

use futures::future::BoxFuture;
use swath_domain::ids::{DatasetId, JobId, UserId};
use swath_domain::labels::Size;
use swath_domain::{ItemIndex, Time};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::pictures::{Measuring, MissingPicture, NewSize, SizeSource, UnmeasuredItem};
use crate::tables::size_reports::SizeReport;
use crate::{reads, tables, verbs};

/// Sizes of pictures.
impl Store {
    /// Writes sizes that a manager entered or Swath measured, and returns how many of them were not known before. Items that
    /// were imported with a size, and sizes from a more certain source, are left as they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn sizes_put(
        &self,
        id: DatasetId,
        source: SizeSource,
        sizes: Vec<NewSize>,
    ) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write(sizes, move |_, tx, sizes| {
                Box::pin(async move { tables::picture_sizes::put(&mut tx.db(), id, source, sizes).await })
            })
            .await
        })
    }

    /// Takes the size in pixels that a user's browser reports of an item's picture, and returns whether another user has
    /// reported the same.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown dataset, and [`StoreError::Unavailable`] where the database does not answer.
    pub fn size_report(
        &self,
        id: DatasetId,
        item: ItemIndex,
        user: UserId,
        size: Size,
    ) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            self.write(SizeReport { dataset: id, item, user, size }, |_, tx, report| {
                Box::pin(async move { verbs::picture_sizes::report(&mut tx.db(), *report).await })
            })
            .await
        })
    }

    /// Counts the items of a job whose pictures have no known size.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn sizes_unknown(&self, job: JobId) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { reads::pictures::sizes_unknown(&mut self.reader().await?.db(), job).await })
    }
}

/// Datasets whose pictures wait to be measured.
impl Store {
    /// Reads which dataset's pictures are to be measured next; `None` where none is due.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn measuring_next(&self, now: Time) -> BoxFuture<'_, Result<Option<Measuring>>> {
        Box::pin(async move { tables::measuring::first_due(&mut self.reader().await?.db(), now).await })
    }

    /// Reads at most `limit` items, from number `from` on, that were imported without a size and have not been measured
    /// since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn unmeasured_items(
        &self,
        id: DatasetId,
        from: ItemIndex,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<UnmeasuredItem>>> {
        Box::pin(
            async move { reads::pictures::unmeasured(&mut self.reader().await?.db(), id, from, limit).await },
        )
    }

    /// Moves a pass on to item `next`, with the number of pictures before it that could not be measured. Does nothing where
    /// the pass has been moved since it was read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn measuring_go_on(&self, was: Measuring, next: ItemIndex, failed: i64) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { tables::measuring::advance(&mut tx.db(), was, next, failed).await })
            })
            .await
        })
    }

    /// Ends a pass. Pictures that could not be measured are tried again later, a few times.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn measuring_end_pass(&self, was: Measuring, now: Time) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { verbs::measuring::end_pass(&mut tx.db(), was, now).await })
            })
            .await
        })
    }

    /// Counts the datasets with pictures to be measured.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn datasets_measuring(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { tables::measuring::count(&mut self.reader().await?.db()).await })
    }

    /// Whether a dataset has pictures to be measured.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn is_measuring(&self, id: DatasetId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move { tables::measuring::contains(&mut self.reader().await?.db(), id).await })
    }
}

/// Pictures that could not be read.
impl Store {
    /// Notes that a picture could not be read. True the first time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn picture_missing(&self, id: DatasetId, item: ItemIndex, now: Time) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { verbs::missing_pictures::miss(&mut tx.db(), id, item, now).await })
            })
            .await
        })
    }

    /// Notes that a picture can be read again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn picture_found(&self, id: DatasetId, item: ItemIndex) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { tables::missing_pictures::delete(&mut tx.db(), id, item).await })
            })
            .await
        })
    }

    /// Counts the pictures of a dataset that could not be read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn pictures_missing(&self, id: DatasetId) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { tables::missing_pictures::count(&mut self.reader().await?.db(), id).await })
    }

    /// Counts the pictures of all datasets that could not be read, up to `most`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn all_pictures_missing(&self, most: i64) -> BoxFuture<'_, Result<i64>> {
        Box::pin(
            async move { tables::missing_pictures::count_all(&mut self.reader().await?.db(), most).await },
        )
    }

    /// Reads at most `limit` pictures of a dataset that could not be read, of items after number `after`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn missing_pictures(
        &self,
        id: DatasetId,
        after: ItemIndex,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<MissingPicture>>> {
        Box::pin(async move {
            tables::missing_pictures::after(&mut self.reader().await?.db(), id, after, limit).await
        })
    }
}
