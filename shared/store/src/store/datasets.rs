//! Datasets.

use futures::future::BoxFuture;
use swath_domain::ids::{DatasetId, TeamId};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::datasets::{Dataset, DatasetState, DatasetVersion, NewDataset};
use crate::model::list_page::ListPage;
use crate::verbs::requests::Completion;
use crate::{reads, tables, verbs};

impl Store {
    /// Creates a dataset: complete where it is a pattern, otherwise with a first version that is open for rows. The answer
    /// of the request, where that asks for nothing more, is stored in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown team, [`StoreError::Collision`] for an id that is taken,
    /// [`StoreError::Conflict`] where another attempt has taken over the request, and [`StoreError::Unavailable`] where the
    /// database does not answer.
    pub fn dataset_create(
        &self,
        new: NewDataset,
        completion: Option<Completion>,
    ) -> BoxFuture<'_, Result<DatasetId>> {
        Box::pin(async move {
            self.write((new, completion), |_, tx, (new, completion)| {
                Box::pin(async move { verbs::datasets::create(&mut tx.db(), new, completion.as_ref()).await })
            })
            .await
        })
    }

    /// Reads one dataset; `None` where there is no such dataset.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] for an unknown state.
    pub fn dataset(&self, id: DatasetId) -> BoxFuture<'_, Result<Option<Dataset>>> {
        Box::pin(async move { tables::datasets::get(&mut self.reader().await?.db(), id).await })
    }

    /// Reads a page of a team's datasets, of one state or of any.
    ///
    /// # Errors
    /// As for [`Store::dataset`].
    pub fn datasets<'a>(
        &'a self,
        team: TeamId,
        state: Option<DatasetState>,
        page: &'a ListPage,
    ) -> BoxFuture<'a, Result<Vec<Dataset>>> {
        Box::pin(
            async move { tables::datasets::page(&mut self.reader().await?.db(), team, state, page).await },
        )
    }

    /// Reads the names of these datasets, without those that do not exist and in no particular order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn dataset_names(&self, datasets: Vec<DatasetId>) -> BoxFuture<'_, Result<Vec<(DatasetId, String)>>> {
        Box::pin(async move { tables::datasets::names(&mut self.reader().await?.db(), &datasets).await })
    }

    /// Reads the common beginning of all URIs of a complete version, up to a slash; `None` where there is no such version.
    /// Exports of a job name files by what follows it, whatever is appended to the dataset later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn dataset_base(&self, id: DatasetId, version: i64) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async move {
            let version = DatasetVersion { dataset: id, version };
            reads::datasets::base(&mut self.reader().await?.db(), version).await
        })
    }

    /// Whether the dataset's files were imported before Swath measured pictures as they are displayed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn is_measured_as_stored(&self, id: DatasetId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(
            async move { reads::datasets::is_measured_as_stored(&mut self.reader().await?.db(), id).await },
        )
    }
}
