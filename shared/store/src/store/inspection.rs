//! Looking for stored rows that would be refused today.

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::reads::inspection::{self, Inspection, InspectionCursor, InspectionPage, ROWS_PER_PAGE};
use futures::future::BoxFuture;

impl Store {
    /// Reads the next page of findings of one kind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub fn inspect(
        &self,
        kind: Inspection,
        after: InspectionCursor,
    ) -> BoxFuture<'_, Result<InspectionPage>> {
        Box::pin(async move {
            match kind {
                Inspection::LargeAnnotations => {
                    inspection::large_annotations(&mut self.reader().await?.db(), after).await
                }
                Inspection::LargeJobs => inspection::large_jobs(&mut self.reader().await?.db(), after).await,
                Inspection::TokensWithoutTeam => {
                    inspection::tokens_without_team(&mut self.reader().await?.db(), after).await
                }
                Inspection::SharedAddresses => {
                    inspection::shared_addresses(&mut self.reader().await?.db(), after).await
                }
                Inspection::MembersUnasked => {
                    inspection::members_unasked(&mut self.reader().await?.db(), after).await
                }
                Inspection::SharedMedia => {
                    let teams = self.teams_with_shared_media(after.id(), ROWS_PER_PAGE).await?;
                    Ok(inspection::shared_media(teams))
                }
                Inspection::SizesAsStored => {
                    inspection::sizes_as_stored(&mut self.reader().await?.db(), after).await
                }
            }
        })
    }
}
