//! Imports: opening, filling, completing and dropping versions of datasets.

use futures::future::BoxFuture;
use swath_domain::Time;
use swath_domain::ids::DatasetId;

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::datasets::{DatasetVersion, OpenedVersion};
use crate::model::items::NewItem;
use crate::tables::segments;
use crate::verbs::imports::append::{self, Appended};
use crate::verbs::imports::discard::{self, Discard};
use crate::verbs::imports::finish::{self, Imported};
use crate::verbs::imports::open;
use crate::verbs::requests::Completion;

impl Store {
    /// Opens the next version of a dataset for rows.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown dataset, [`StoreError::Conflict`] where the dataset is not ready or has an open
    /// version, [`StoreError::Collision`] where another command opens a version at the same time, and
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn dataset_open_version(&self, id: DatasetId, now: Time) -> BoxFuture<'_, Result<OpenedVersion>> {
        Box::pin(async move {
            self.write(now, move |_, tx, now| {
                Box::pin(async move { open::open(&mut tx.db(), id, *now).await })
            })
            .await
        })
    }

    /// Appends a page of items to an open version. Items whose URIs the dataset has already are left out and named.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the version is complete or dropped, or an upload that an item names is deleted or
    /// another team's, and [`StoreError::Unavailable`] where the database does not answer.
    pub fn dataset_append(
        &self,
        id: DatasetId,
        version: i64,
        items: Vec<NewItem>,
        now: Time,
    ) -> BoxFuture<'_, Result<Appended>> {
        Box::pin(async move {
            let version = DatasetVersion { dataset: id, version };
            self.write((items, now), move |_, tx, (items, now)| {
                Box::pin(async move { append::append(&mut tx.db(), version, items, *now).await })
            })
            .await
        })
    }

    /// Completes an open version. The answer of the request that asked for it is stored in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the version has no items, [`StoreError::Conflict`] where it is complete or dropped
    /// already or another attempt has taken over the request, and [`StoreError::Unavailable`] where the database does not
    /// answer.
    pub fn dataset_finish(
        &self,
        id: DatasetId,
        version: i64,
        imported: Imported,
        completion: Option<Completion>,
        now: Time,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let version = DatasetVersion { dataset: id, version };
            self.write((imported, completion), move |_, tx, (imported, completion)| {
                Box::pin(async move {
                    finish::finish(&mut tx.db(), version, imported, completion.as_ref(), now).await
                })
            })
            .await
        })
    }

    /// Drops an open version with all its items; does nothing where it is complete or gone. The dataset of a first version
    /// is deleted, or kept as failed where an error is given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer; a part of the items may be deleted then, and the same
    /// call goes on.
    pub fn dataset_drop_version(
        &self,
        id: DatasetId,
        version: i64,
        error: Option<String>,
        now: Time,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let version = DatasetVersion { dataset: id, version };
            self.discard(Discard { version, error, idle_since: None, now }).await
        })
    }

    /// Drops an open version like [`Store::dataset_drop_version`], unless its import has shown a sign of life since
    /// `idle_since`.
    ///
    /// # Errors
    /// As for [`Store::dataset_drop_version`].
    pub fn dataset_drop_abandoned(
        &self,
        version: DatasetVersion,
        error: String,
        idle_since: Time,
        now: Time,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let (error, idle_since) = (Some(error), Some(idle_since));
            self.discard(Discard { version, error, idle_since, now }).await
        })
    }

    async fn discard(&self, command: Discard) -> Result<()> {
        let mut is_gone = false;
        while !is_gone {
            let step = self.write(command.clone(), |_, tx, command| {
                Box::pin(async move { discard::step(&mut tx.db(), command).await })
            });
            is_gone = step.await?;
        }
        Ok(())
    }

    /// Notes that an import is alive while it appends nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn dataset_touch(&self, id: DatasetId, version: i64, now: Time) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let version = DatasetVersion { dataset: id, version };
            self.write((), move |_, tx, ()| {
                Box::pin(async move { segments::touch(&mut tx.db(), version, now).await })
            })
            .await
        })
    }

    /// Marks all imports as abandoned. For an installation of one process, which calls it when it starts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub fn imports_abandon(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((), |_, tx, ()| Box::pin(async move { segments::age_all(&mut tx.db()).await })).await
        })
    }

    /// Reads at most `limit` open versions whose imports have shown no sign of life since `before`: their process is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn datasets_abandoned(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<Vec<DatasetVersion>>> {
        Box::pin(async move { segments::idle(&mut self.reader().await?.db(), before, limit).await })
    }
}
