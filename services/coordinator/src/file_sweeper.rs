//! The sweeper of files: uploads that no item names, thumbnails of long ago, and what did not arrive.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use swath_domain::Time;
use swath_domain::ids::FileId;
use swath_domain::time::seconds;
use swath_runtime::Context;
use swath_store::{FileAges, Result};
use tokio::time::Instant;

use crate::duty::Duty;

/// How long a file may take to arrive, in microseconds: longer than an object store takes one.
const ARRIVING: i64 = seconds(2 * 3_600);
/// Between two rounds at least.
const PAUSE: Duration = Duration::from_secs(5);
/// Files that are marked, and that are deleted, in one round.
const AT_ONCE: i64 = 1_000;
/// Files that are deleted at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Sweeps files.
pub struct FileSweeper {
    context: Context,
}

impl FileSweeper {
    /// A sweeper over the process' parts.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Sweeps until shutdown, while that is this process' duty.
    pub async fn run(self) {
        if !self.context.files.is_configured() {
            return self.context.shutdown.cancelled().await;
        }
        let mut duty = Duty::new(self.context.clone(), "file sweeper");
        let mut due = Instant::now();
        while duty.next().await {
            if Instant::now() < due {
                continue;
            }
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "sweeping files will go on in the next round");
            }
            due = Instant::now() + PAUSE;
        }
    }

    /// One round: marks what nobody needs, and deletes what is marked.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let files = &self.context.config.files;
        let before = |age: u64| now + -seconds(age as i64);
        let ages = FileAges {
            arriving: now + -ARRIVING,
            unused: before(files.unused_seconds),
            thumbnails: before(files.thumbnail_seconds),
        };
        self.context.store.files_expire(ages, AT_ONCE).await?;
        let marked = self.context.store.files_to_delete(AT_ONCE).await?;
        let deleted = stream::iter(marked).map(|id| self.delete(id)).buffer_unordered(SIDE_BY_SIDE);
        let deleted: Vec<FileId> = deleted.filter_map(std::future::ready).collect().await;
        if deleted.is_empty() { Ok(()) } else { self.context.store.files_forget(deleted).await }
    }

    /// Deletes a file; none where that is to be tried again.
    async fn delete(&self, id: FileId) -> Option<FileId> {
        let deleted = self.context.files.delete(id).await;
        deleted
            .inspect_err(|error| tracing::warn!(%error, file = %id, "a file was not deleted"))
            .ok()
            .map(|()| id)
    }
}
