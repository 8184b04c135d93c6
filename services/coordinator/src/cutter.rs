//! The cutter: keeps every active job cut some way ahead of the people, and no further.

use swath_domain::Time;
use swath_domain::ids::JobId;
use swath_domain::job::{JobHead, JobStatus};
use swath_domain::progress::{Counter, Progress};
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use crate::duty::Duty;

/// Ranges cut in one transaction where people may soon wait for them.
pub(crate) const SLICE: i64 = 500;
/// The least where they do not: a large transaction holds up those of the people.
const SMALL: i64 = 100;
/// The last ranges before a job is cut far enough, for which nobody waits: at most so many, and never more than half.
const UNHURRIED: i64 = 5_000;
/// Into how many smaller slices that is cut in one round, at most: each costs what any transaction costs.
const PER_JOB: i64 = 8;
/// Smaller slices in one round: whoever waits for a large one is looked at again soon.
const PER_ROUND: usize = 64;
/// Jobs read at once.
pub(crate) const PAGE: i64 = 200;

/// Cuts ahead.
pub struct Cutter {
    context: Context,
}

impl Cutter {
    /// A cutter over the process' parts.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Cuts until shutdown, while that is this process' duty.
    pub async fn run(self) {
        let mut duty = Duty::new(self.context.clone(), "cutter");
        while duty.next().await {
            if let Err(error) = self.round(&duty).await {
                tracing::warn!(%error, "cutting will go on in the next round");
            }
        }
    }

    /// Cuts at once what people may soon wait for, and the rest little by little until the next round.
    async fn round(&self, duty: &Duty) -> Result<()> {
        let slices = self.look(self.context.now()).await?;
        let mut pace = duty.divided(slices.len());
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
    pub async fn tick(&self, now: Time) -> Result<()> {
        for slice in self.look(now).await? {
            slice.cut(&self.context, now).await?;
        }
        Ok(())
    }

    /// Goes once through all jobs, and names the slices that nobody waits for yet; not all where there are many.
    async fn look(&self, now: Time) -> Result<Vec<Slice>> {
        let (mut after, mut slices) = (Uuid::nil(), Vec::new());
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(slices) };
            after = last.id.0;
            for (job, progress) in page {
                if job.status == JobStatus::Active && job.cut_to < job.selected {
                    let rest = self.cut_ahead(&job, progress.get(Counter::Pending), now).await?;
                    slices.extend(rest);
                    slices.truncate(PER_ROUND);
                }
            }
        }
    }

    /// Cuts what people may soon wait for, and names the slices that are lacking then. A job that somebody else cuts in the
    /// same moment is left to the next round, so that both together do not cut it too far.
    async fn cut_ahead(&self, job: &JobHead, mut pending: i64, now: Time) -> Result<Vec<Slice>> {
        let ahead = self.context.config.work.cut_ahead;
        let soon = ahead - UNHURRIED.min(ahead / 2);
        let mut from = job.cut_to;
        while pending < soon {
            let cut = self.context.cut_from(job.id, from, SLICE, now).await?;
            if cut.done || cut.made == 0 {
                return Ok(Vec::new());
            }
            pending += cut.made;
            from = cut.to;
        }
        // Each range comes once for each slot.
        let lacking = (ahead - pending).max(0) / job.slots;
        Ok(sliced(job, from, lacking))
    }
}

/// What is cut in one transaction, where the job is cut up to `from`.
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

/// So many ranges behind `from` in slices, except for a rest that is not worth one.
fn sliced(job: &JobHead, from: i64, ranges: i64) -> Vec<Slice> {
    let each = (ranges / PER_JOB).clamp(SMALL, SLICE);
    let slice = |n| Slice { job: job.id, from: from + n * each * job.range_size, ranges: each };
    (0..ranges / each).map(slice).take_while(|slice| slice.from < job.selected).collect()
}

/// A page of the undone jobs behind `after`, each with its counters.
pub(crate) async fn jobs_with_progress(context: &Context, after: Uuid) -> Result<Vec<(JobHead, Progress)>> {
    let jobs = context.store.jobs_undone(after, PAGE).await?;
    let Some(last) = jobs.last().map(|job| job.id.0) else { return Ok(Vec::new()) };
    let counters: std::collections::HashMap<_, _> =
        context.store.progress_between(after, last).await?.into_iter().collect();
    Ok(jobs
        .into_iter()
        .map(|job| (counters.get(&job.id).copied().unwrap_or_default(), job))
        .map(|(p, j)| (j, p))
        .collect())
}
