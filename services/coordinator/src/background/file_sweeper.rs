//! The sweeper of files deletes uploads that no item names, old thumbnails, and files that did not arrive in full.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use swath_domain::Time;
use swath_domain::ids::FileId;
use swath_domain::time::{Micros, seconds};
use swath_runtime::Context;
use swath_store::{FileAges, Result};
use tokio::time::Instant;

use super::leader::LeaderLease;

/// How long a file may take to arrive, in microseconds: longer than object stores accept an upload.
const ARRIVAL_MAX: Micros = seconds(2 * 3_600);
/// The shortest pause between two rounds.
const PAUSE: Duration = Duration::from_secs(5);
/// Files that are marked, and that are deleted, in one round, at most.
const FILES_PER_ROUND: i64 = 1_000;
/// Files that are deleted at the same time.
const CONCURRENT_DELETES: usize = 8;

/// Deletes files that are not needed any more.
pub struct FileSweeper {
    context: Context,
}

impl FileSweeper {
    /// A sweeper of this process.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Sweeps until shutdown, in rounds in which this process is the leader.
    pub async fn run(self) {
        if !self.context.files.is_configured() {
            return self.context.shutdown.cancelled().await;
        }
        let mut lease = LeaderLease::new(self.context.clone(), "file sweeper");
        let mut due = Instant::now();
        while lease.next().await {
            if Instant::now() < due {
                continue;
            }
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "sweeping files failed; the next round tries again");
            }
            due = Instant::now() + PAUSE;
        }
    }

    /// Carries out one round: marks files that are not needed, and deletes marked files.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let files = &self.context.config.files;
        let before = |age: u64| now - seconds(age as i64);
        let ages = FileAges {
            arriving: now - ARRIVAL_MAX,
            unused: before(files.unused_seconds),
            thumbnails: before(files.thumbnail_seconds),
        };
        self.context.store.files_expire(ages, FILES_PER_ROUND).await?;
        let marked = self.context.store.files_to_delete(FILES_PER_ROUND).await?;
        let deleted = stream::iter(marked).map(|id| self.delete(id)).buffer_unordered(CONCURRENT_DELETES);
        let deleted: Vec<FileId> = deleted.filter_map(std::future::ready).collect().await;
        if deleted.is_empty() { Ok(()) } else { self.context.store.files_forget(deleted).await }
    }

    /// Deletes a file; `None` if that must be tried again.
    async fn delete(&self, id: FileId) -> Option<FileId> {
        let deleted = self.context.files.delete(id).await;
        deleted
            .inspect_err(|error| tracing::warn!(%error, file = %id, "a file was not deleted"))
            .ok()
            .map(|()| id)
    }
}
