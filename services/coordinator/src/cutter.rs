//! The cutter: keeps every active job cut some way ahead of the people, and no further.

use swath_domain::Time;
use swath_domain::job::{Job, JobStatus};
use swath_domain::progress::{Counter, Progress};
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

use crate::duty::Duty;

/// Ranges cut in one transaction.
pub(crate) const SLICE: i64 = 500;
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
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "cutting will go on in the next round");
            }
        }
    }

    /// Goes once through all jobs.
    pub async fn tick(&self, now: Time) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.id.0;
            for (job, progress) in page {
                if job.status == JobStatus::Active && job.cut_to < job.selected {
                    self.cut_ahead(&job, progress.get(Counter::Pending), now).await?;
                }
            }
        }
    }

    async fn cut_ahead(&self, job: &Job, mut pending: i64, now: Time) -> Result<()> {
        let ahead = self.context.config.work.cut_ahead;
        // Little more than a slice at a time: a job whose people are quick has used up half of it by the next round.
        if pending + SLICE > ahead && pending > ahead / 2 {
            return Ok(());
        }
        while pending < ahead {
            let cut = self.context.cut(job.id, SLICE, now).await?;
            pending += cut.made;
            if cut.done || cut.made == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// A page of the undone jobs behind `after`, each with its counters.
pub(crate) async fn jobs_with_progress(context: &Context, after: Uuid) -> Result<Vec<(Job, Progress)>> {
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
