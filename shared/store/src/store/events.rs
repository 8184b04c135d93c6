//! Events, and the coverage of jobs that is counted from them.

use futures::future::BoxFuture;
use swath_domain::Time;
use swath_domain::ids::JobId;

use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::events::EventPage;
use crate::store::Store;
use crate::tables::events;
use crate::verbs::coverage::{self, CoverageCheck, Folded};
use crate::verbs::events::forget;

impl Store {
    /// At most about `limit` events behind a position, and up to where that was a complete answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn events_after(&self, after: i64, limit: i64) -> BoxFuture<'_, Result<EventPage>> {
        Box::pin(async move { events::page(&mut self.reader().await?.db(), after, limit).await })
    }

    /// A position behind which there are about `limit` events at most, none of them older than `since`; none where
    /// nothing is as young.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn events_since(&self, since: Time, limit: i64) -> BoxFuture<'_, Result<Option<i64>>> {
        Box::pin(async move {
            let newest = events::newest(&mut self.reader().await?.db(), limit).await?;
            let first = newest.iter().take_while(|event| event.at >= since).last();
            Ok(first.map(|event| event.position - 1))
        })
    }

    /// When the oldest event was appended that is not counted in the coverage yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read, and [`StoreError::Corrupt`] where a row does not
    /// decode.
    pub fn events_uncounted_since(&self) -> BoxFuture<'_, Result<Option<Time>>> {
        Box::pin(async move { events::uncounted_since(&mut self.reader().await?.db()).await })
    }

    /// Clears away at most `limit` events that are older than `before` and are counted in the coverage.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn events_forget(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write(before, move |_, tx, before| {
                Box::pin(async move { forget(&mut tx.db(), *before, limit).await })
            })
            .await
        })
    }

    /// Counts at most about `limit` events into the coverage.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn coverage_fold(&self, limit: i64) -> BoxFuture<'_, Result<Folded>> {
        Box::pin(async move { self.write((), move |_, tx, ()| Box::pin(coverage::fold(tx, limit))).await })
    }

    /// Compares the coverage of `limit` jobs behind `after` with their counters.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn coverage_check(&self, after: JobId, limit: i64) -> BoxFuture<'_, Result<CoverageCheck>> {
        Box::pin(
            async move { self.write((), move |_, tx, ()| Box::pin(coverage::check(tx, after, limit))).await },
        )
    }

    /// Counts the coverage of a job from its assignments.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn coverage_recount(&self, job: JobId) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.write((), move |_, tx, ()| Box::pin(coverage::recount(tx, job))).await })
    }
}
