//! Files in the file storage.

use futures::future::BoxFuture;
use swath_domain::ids::{DatasetId, FileId, TeamId};
use swath_domain::{ItemIndex, Time};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::files::{FileAges, FileContent, NewFile, StoredFile};
use crate::tables::file_usage;
use crate::tables::files::{deleting, stored};
use crate::verbs::files::{arrive, discard, expire};

impl Store {
    /// Reserves the bytes of a file that is about to arrive. False where the team's files would take more than `quota`
    /// bytes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown team, [`StoreError::Collision`] for an id that is taken, and
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn file_begin(&self, new: NewFile, quota: i64, now: Time) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { arrive::begin(&mut tx.db(), new, quota, now).await })
            })
            .await
        })
    }

    /// Makes a file that has arrived a stored one. If the team has one with the same content and purpose, or the item a
    /// thumbnail, the new file is dropped and that one returned.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the file has expired meanwhile, and [`StoreError::Unavailable`] where the database does
    /// not answer.
    pub fn file_finish(
        &self,
        new: NewFile,
        content: FileContent,
        now: Time,
    ) -> BoxFuture<'_, Result<StoredFile>> {
        Box::pin(async move {
            self.write(content, move |_, tx, content| {
                Box::pin(async move { arrive::finish(&mut tx.db(), new, content, now).await })
            })
            .await
        })
    }

    /// Drops a file that did not arrive.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn file_abandon(&self, new: NewFile, now: Time) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { arrive::abandon(&mut tx.db(), new, now).await })
            })
            .await
        })
    }

    /// Drops a team's upload or picture for guidelines. False where the team has no such file.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where an item refers to the file, and [`StoreError::Unavailable`] where the database does not
    /// answer.
    pub fn file_drop(&self, team: TeamId, id: FileId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { discard::discard(&mut tx.db(), team, id).await })
            })
            .await
        })
    }

    /// Reads those of these uploads that are stored and the team's, in no particular order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn uploads<'a>(&'a self, team: TeamId, ids: &'a [FileId]) -> BoxFuture<'a, Result<Vec<StoredFile>>> {
        Box::pin(async move { stored::uploads(&mut self.reader().await?.db(), team, ids).await })
    }

    /// Reads a team's picture for guidelines; `None` where the team has no such picture.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn guideline(&self, team: TeamId, id: FileId) -> BoxFuture<'_, Result<Option<StoredFile>>> {
        Box::pin(async move { stored::guideline(&mut self.reader().await?.db(), team, id).await })
    }

    /// Reads the thumbnail of an item; `None` where it has none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn thumbnail(
        &self,
        dataset: DatasetId,
        item: ItemIndex,
    ) -> BoxFuture<'_, Result<Option<StoredFile>>> {
        Box::pin(async move { stored::thumbnail(&mut self.reader().await?.db(), dataset, item).await })
    }

    /// Reads how many bytes a team's files take.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn file_usage(&self, team: TeamId) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { file_usage::get(&mut self.reader().await?.db(), team).await })
    }

    /// Reads how many bytes the files of all teams take.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn all_file_usage(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { file_usage::sum(&mut self.reader().await?.db()).await })
    }

    /// Marks at most `limit` files that have not been used since these times and that no item refers to, and returns how
    /// many those were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn files_expire(&self, before: FileAges, limit: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { expire::expire(&mut tx.db(), before, limit).await })
            })
            .await
        })
    }

    /// Reads at most `limit` marked files, whose content is to be deleted from the file storage.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn files_to_delete(&self, limit: i64) -> BoxFuture<'_, Result<Vec<FileId>>> {
        Box::pin(async move { deleting::to_delete(&mut self.reader().await?.db(), limit).await })
    }

    /// Deletes the rows of marked files whose content has been deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn files_forget(&self, ids: Vec<FileId>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(ids, |_, tx, ids| {
                Box::pin(async move { deleting::delete_marked(&mut tx.db(), ids).await })
            })
            .await
        })
    }
}
