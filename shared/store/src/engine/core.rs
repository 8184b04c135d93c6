//! What every transaction of a process shares: its pools, its caches, and where its job queues begin.

use std::sync::Arc;

use swath_domain::ids::{DatasetId, JobId};
use swath_domain::job::{JobHead, JobSpec};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::cache::Cache;
use crate::engine::db::Tx;
use crate::engine::pools::{Pools, Target};
use crate::engine::queue_cursors::QueueCursors;
use crate::error::Result;
use crate::model::datasets::ReadySegment;

/// Bytes of the cached definitions of jobs.
const JOBS_BYTES: usize = 8 << 20;
/// Bytes of JSON of the cached specifications of jobs; parsed they take up to three times as much.
const SPECS_BYTES: usize = 16 << 20;
/// Bytes of the cached segments of datasets.
const SEGMENTS_BYTES: usize = 8 << 20;
/// The most counter stripes that one process writes: one for each task that writes, and the first for rare writes.
pub(crate) const STRIPES: i64 = 16;

/// What a transaction needs, and the stripe of the counters that belongs to its task alone: two tasks that shared one
/// would wait for each other's commits.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) stripe: i64,
    pub(crate) pools: Arc<Pools>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) queue_cursors: Arc<QueueCursors>,
}

/// Rows that never change once they stand, or that carry a number which tells whether they have.
pub(crate) struct Caches {
    pub(crate) segments: Cache<DatasetId, Arc<[ReadySegment]>>,
    /// Each with the number of the job's last log entry, which grows with every change.
    pub(crate) specs: Cache<JobId, (i64, Arc<JobSpec>)>,
    pub(crate) jobs: Cache<JobId, Arc<JobHead>>,
}

impl Core {
    /// Opens the pools; `stripe` is the first one of this process.
    pub(crate) async fn open(target: &Target, stripe: i64) -> Result<Self> {
        let caches = Caches {
            segments: Cache::of_bytes(SEGMENTS_BYTES),
            specs: Cache::of_bytes(SPECS_BYTES),
            jobs: Cache::of_bytes(JOBS_BYTES),
        };
        Ok(Self {
            stripe,
            pools: Arc::new(Pools::open(target).await?),
            caches: Arc::new(caches),
            queue_cursors: Arc::default(),
        })
    }

    /// The same with another stripe.
    pub(crate) fn with_stripe(&self, stripe: i64) -> Self {
        Self { stripe, ..self.clone() }
    }

    /// Begins a transaction, where possible on the connection that this stripe's task used before.
    #[expect(
        clippy::expect_used,
        reason = "the first stripe of a process is a multiple of its number, which is not negative"
    )]
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let task = usize::try_from(self.stripe % STRIPES).expect("no stripe is negative");
        self.pools.begin(task).await
    }
}

/// Ends a batch: commits, and passes the answers on. Nothing is answered before the commit.
pub(crate) async fn commit<R>(tx: Tx, answers: Answers<R>) -> Replies<R> {
    tx.commit().await?;
    Ok(answers.into_vec())
}
