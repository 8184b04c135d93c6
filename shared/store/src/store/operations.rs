//! What processes need of the database beyond the work: its schema, its health, and who does what for all.

use futures::future::BoxFuture;
use prometheus::core::Collector;
use swath_domain::Time;
use uuid::Uuid;

use crate::engine::connections::Connections;
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::leader_leases::{self, LeaderLease};

/// The row that is written to find out whether anything can be.
const PROBE: &str = "readiness";
/// A disk with less room counts as full, in bytes.
const FREE_BYTES_MIN: u64 = 1 << 20;

impl Store {
    /// Brings the schema up to this version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn migrate(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.core.pools.migrate().await })
    }

    /// Whether the schema is at this version or a later one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn is_migrated(&self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move { self.core.pools.is_migrated().await })
    }

    /// Settings of the database under which an acknowledged write could be lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn unsafe_settings(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move { self.core.pools.unsafe_settings().await })
    }

    /// The database's clock; none where the process' own clock counts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn clock(&self) -> BoxFuture<'_, Result<Option<Time>>> {
        Box::pin(async move { self.core.pools.clock().await })
    }

    /// What the store measures of its transactions, to be registered.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.meters.collectors()
    }

    /// The connections of each pool.
    pub fn connections(&self) -> Vec<Connections> {
        self.core.pools.connections()
    }

    /// Closes every connection once it is back.
    pub fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.core.pools.close())
    }

    /// Takes or extends a leader lease until `until`; false where another process holds it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn leader_lease_take<'a>(
        &'a self,
        name: &'a str,
        holder: Uuid,
        now: Time,
        until: Time,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let lease = LeaderLease { name: name.to_owned(), holder, now, until };
            self.write(lease, |_, tx, lease| {
                Box::pin(async move { leader_leases::take(&mut tx.db(), lease).await })
            })
            .await
        })
    }

    /// Gives a leader lease back, so that the next process need not wait until it expires.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn leader_lease_give<'a>(&'a self, name: &'a str, holder: Uuid) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.write(name.to_owned(), move |_, tx, name| {
                Box::pin(async move { leader_leases::give_back(&mut tx.db(), name, holder).await })
            })
            .await
        })
    }

    /// Writes a row, to find out whether anything can be written. The room on the disk is looked at as well, because one
    /// small row may still fit where no save does.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where nothing can be written or the disk is full.
    pub fn probe_write(&self, holder: Uuid, now: Time) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if let Some(free) = self.core.pools.free_bytes().filter(|free| *free < FREE_BYTES_MIN) {
                return Err(StoreError::Unavailable(format!("the disk is full: {free} bytes are left")));
            }
            self.write((), move |_, tx, ()| {
                Box::pin(async move { leader_leases::put(&mut tx.db(), PROBE, holder, now).await })
            })
            .await
        })
    }
}
