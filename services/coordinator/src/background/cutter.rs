//! The cutter splits active jobs into ranges, some way ahead of the annotators and no further.

use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::job::{JobHead, JobStatus};
use swath_domain::progress::Counter;
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use super::leader::LeaderLease;
use super::open_jobs::{OpenJob, open_jobs};

/// Ranges that are cut in one transaction if annotators may need them soon.
pub(crate) const SLICE_RANGES: i64 = 500;
/// Ranges of the smallest slice that is not urgent: a large transaction delays those of annotators.
const SLICE_RANGES_MIN: i64 = 100;
/// The last ranges before a job is cut far enough are not urgent. They are at most this many, and at most half of the ranges
/// ahead.
const NOT_URGENT_RANGES_MAX: i64 = 5_000;
/// Small slices of one job in one round, at most: each costs a transaction.
const SLICES_PER_JOB_MAX: i64 = 8;
/// Small slices in one round, so that the next round, with its urgent jobs, begins soon.
const SLICES_PER_ROUND_MAX: usize = 64;

/// Cuts jobs into ranges.
pub struct Cutter {
    context: Context,
}

impl Cutter {
    /// A cutter of this process.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Cuts until shutdown, in rounds in which this process is the leader.
    pub async fn run(self) {
        let mut lease = LeaderLease::new(self.context.clone(), "cutter");
        while lease.next().await {
            if let Err(error) = self.round(&lease).await {
                tracing::warn!(%error, "cutting failed; the next round tries again");
            }
        }
    }

    /// Cuts urgent slices at once, and spreads the others over the round.
    async fn round(&self, lease: &LeaderLease) -> Result<()> {
        let slices = self.cut_urgent(self.context.now()).await?;
        let mut pace = lease.divided(slices.len());
        for slice in slices {
            tokio::select! {
                _ = pace.tick() => {}
                () = self.context.shutdown.cancelled() => break,
            }
            slice.cut(&self.context, self.context.now()).await?;
        }
        Ok(())
    }

    /// Goes once through all jobs.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn tick(&self, now: Time) -> Result<()> {
        for slice in self.cut_urgent(now).await? {
            slice.cut(&self.context, now).await?;
        }
        Ok(())
    }

    /// Goes once through all jobs and cuts what annotators may need soon. Returns the other slices that are needed, up to
    /// a bound.
    async fn cut_urgent(&self, now: Time) -> Result<Vec<Slice>> {
        let (mut after, mut slices) = (Uuid::nil(), Vec::new());
        loop {
            let page = open_jobs(&self.context, after).await?;
            let Some(last) = page.last() else { return Ok(slices) };
            after = last.job.id.0;
            for OpenJob { job, progress } in page {
                if job.status == JobStatus::Active && job.cut_to < job.selected {
                    let rest = self.cut_ahead(&job, progress.get(Counter::Pending), now).await?;
                    slices.extend(rest);
                    slices.truncate(SLICES_PER_ROUND_MAX);
                }
            }
        }
    }

    /// Cuts what annotators of a job may need soon, and returns the other slices that it needs. A job that another
    /// process cuts at the same moment is left to the next round, so that the two together do not cut it too far.
    async fn cut_ahead(&self, job: &JobHead, mut pending: i64, now: Time) -> Result<Vec<Slice>> {
        let ahead = self.context.config.work.cut_ahead;
        let soon = ahead - NOT_URGENT_RANGES_MAX.min(ahead / 2);
        let mut from = job.cut_to;
        while pending < soon {
            let cut = self.context.cut_from(job.id, from, SLICE_RANGES, now).await?;
            if cut.done || cut.made == 0 {
                return Ok(Vec::new());
            }
            pending += cut.made;
            from = cut.to;
        }
        // Each range is cut once for each slot.
        let lacking = (ahead - pending).max(0) / job.slots;
        Ok(sliced(job, from, lacking))
    }
}

/// The ranges of one transaction, which is carried out only if the job is cut up to `from` then.
#[derive(Debug, Clone, Copy)]
struct Slice {
    job: JobId,
    from: i64,
    ranges: i64,
}

impl Slice {
    async fn cut(&self, context: &Context, now: Time) -> Result<()> {
        context.cut_from(self.job, self.from, self.ranges, now).await.map(drop)
    }
}

/// Divides this many ranges from `from` on into slices. A rest that is smaller than a slice is left out.
fn sliced(job: &JobHead, from: i64, ranges: i64) -> Vec<Slice> {
    let each = (ranges / SLICES_PER_JOB_MAX).clamp(SLICE_RANGES_MIN, SLICE_RANGES);
    let slice = |n| Slice { job: job.id, from: from + n * each * job.range_size, ranges: each };
    (0..ranges / each).map(slice).take_while(|slice| slice.from < job.selected).collect()
}
