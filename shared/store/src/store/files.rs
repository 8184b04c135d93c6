//! Files in the file storage.

use swath_domain::Time;
use swath_domain::ids::{DatasetId, FileId, TeamId};

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
    pub async fn file_begin(&self, new: NewFile, quota: i64, now: Time) -> Result<bool> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move { arrive::begin(&mut tx.db(), new, quota, now).await })
        })
        .await
    }

    /// Makes a file that has arrived a stored one. If the team has one with the same content and purpose, or the item a
    /// thumbnail, the new file is dropped and that one returned.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the file has expired meanwhile, and [`StoreError::Unavailable`] where the database does
    /// not answer.
    pub async fn file_finish(&self, new: NewFile, content: FileContent, now: Time) -> Result<StoredFile> {
        self.write(content, move |_, tx, content| {
            Box::pin(async move { arrive::finish(&mut tx.db(), new, content, now).await })
        })
        .await
    }

    /// Drops a file that did not arrive.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn file_abandon(&self, new: NewFile, now: Time) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move { arrive::abandon(&mut tx.db(), new, now).await })
        })
        .await
    }

    /// Drops a team's upload or picture for guidelines. False where the team has no such file.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where an item refers to the file, and [`StoreError::Unavailable`] where the database does not
    /// answer.
    pub async fn file_drop(&self, team: TeamId, id: FileId) -> Result<bool> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move { discard::discard(&mut tx.db(), team, id).await })
        })
        .await
    }

    /// Reads those of these uploads that are stored and the team's, in no particular order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn uploads(&self, team: TeamId, ids: &[FileId]) -> Result<Vec<StoredFile>> {
        stored::uploads(&mut self.reader().await?.db(), team, ids).await
    }

    /// Reads a team's picture for guidelines; `None` where the team has no such picture.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn guideline(&self, team: TeamId, id: FileId) -> Result<Option<StoredFile>> {
        stored::guideline(&mut self.reader().await?.db(), team, id).await
    }

    /// Reads the thumbnail of an item; `None` where it has none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn thumbnail(&self, dataset: DatasetId, item: i64) -> Result<Option<StoredFile>> {
        stored::thumbnail(&mut self.reader().await?.db(), dataset, item).await
    }

    /// Reads how many bytes a team's files take.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn file_usage(&self, team: TeamId) -> Result<i64> {
        file_usage::get(&mut self.reader().await?.db(), team).await
    }

    /// Reads how many bytes the files of all teams take.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn all_file_usage(&self) -> Result<i64> {
        file_usage::sum(&mut self.reader().await?.db()).await
    }

    /// Marks at most `limit` files that have not been used since these times and that no item refers to, and returns how
    /// many those were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn files_expire(&self, before: FileAges, limit: i64) -> Result<u64> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move { expire::expire(&mut tx.db(), before, limit).await })
        })
        .await
    }

    /// Reads at most `limit` marked files, whose content is to be deleted from the file storage.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn files_to_delete(&self, limit: i64) -> Result<Vec<FileId>> {
        deleting::to_delete(&mut self.reader().await?.db(), limit).await
    }

    /// Deletes the rows of marked files whose content has been deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn files_forget(&self, ids: Vec<FileId>) -> Result<()> {
        self.write(ids, |_, tx, ids| {
            Box::pin(async move { deleting::delete_marked(&mut tx.db(), ids).await })
        })
        .await
    }
}
