//! Jobs that are not done, page by page.

use std::collections::HashMap;

use swath_domain::job::JobHead;
use swath_domain::progress::Progress;
use swath_runtime::Context;
use swath_store::Result;
use uuid::Uuid;

/// Jobs read at once.
const PAGE_JOBS: i64 = 200;

/// A job with its counters.
pub(super) struct OpenJob {
    pub(super) job: JobHead,
    pub(super) progress: Progress,
}

/// The next page of the jobs that are not done, after the job with the id `after`.
pub(super) async fn open_jobs(context: &Context, after: Uuid) -> Result<Vec<OpenJob>> {
    let jobs = context.store.jobs_undone(after, PAGE_JOBS).await?;
    let Some(last) = jobs.last().map(|job| job.id.0) else { return Ok(Vec::new()) };
    let counters: HashMap<_, _> = context.store.progress_between(after, last).await?.into_iter().collect();
    let open_job = |job: JobHead| {
        let progress = counters.get(&job.id).copied().unwrap_or_default();
        OpenJob { job, progress }
    };
    Ok(jobs.into_iter().map(open_job).collect())
}
