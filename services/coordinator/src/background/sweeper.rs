//! The sweeper expires leases, cancels the rest of cancelled jobs, ends finished jobs, and deletes what is not needed any
//! more.

use swath_bus::{Notices, Queue};
use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::job::{JobHead, JobStatus};
use swath_domain::time::{Micros, seconds};
use swath_domain::{Status, Time};
use swath_runtime::Context;
use swath_store::{CancelledPage, Result};
use uuid::Uuid;

use super::clock_jumps::ClockJumpDetector;
use super::leader::LeaderLease;
use super::open_jobs::{OpenJob, open_jobs};
use crate::freed_work;

/// Assignments that one transaction of a cancellation reads.
const CANCEL_PAGE: i64 = 500;
/// How long an import may receive no item before it counts as abandoned.
const IMPORT_IDLE: Micros = seconds(90);
/// How long the answers of requests with an `Idempotency-Key` are kept.
const ANSWERS_KEPT: Micros = seconds(48 * 3_600);
/// Users who lost a role and whose work is freed in one round, at most.
const DEPARTURES_PER_ROUND: i64 = 100;
/// How long an unfinished request is kept after its process died.
const REQUESTS_KEPT: Micros = seconds(3_600);
/// How long a finished session is kept, in microseconds. Its entries in the audit log stay.
const SESSIONS_KEPT: Micros = seconds(48 * 3_600);
/// Sessions, and sign-in links, that are deleted in one round, at most.
const SESSIONS_PER_ROUND: i64 = 1_000;
/// Answers that are deleted in one round, at most.
const ANSWERS_PER_ROUND: i64 = 1_000;

/// Cleans up periodically.
pub struct Sweeper {
    context: Context,
    notices: Notices,
    clock_jumps: ClockJumpDetector,
}

impl Sweeper {
    /// A sweeper of this process.
    pub fn new(context: Context) -> Self {
        Self {
            notices: Notices::new(context.bus.clone()),
            context,
            clock_jumps: ClockJumpDetector::default(),
        }
    }

    /// Sweeps until shutdown, in rounds in which this process is the leader.
    pub async fn run(mut self) {
        let mut lease = LeaderLease::new(self.context.clone(), "sweeper");
        while lease.next().await {
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "sweeping failed; the next round tries again");
            }
        }
    }

    /// Carries out one round.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        // After a jump of the clock live leases may look expired.
        let is_steady = !self.clock_jumps.has_jumped(now);
        if is_steady {
            self.expire(now).await?;
        }
        let freed = self.context.store.departures_sweep(now, DEPARTURES_PER_ROUND).await?;
        freed_work::announce(&self.context, &freed);
        self.finish_jobs(now).await?;
        if is_steady {
            self.drop_abandoned(now).await?;
        }
        self.context.store.sign_in_links_forget(now, SESSIONS_PER_ROUND).await?;
        self.context.store.sessions_forget(now - SESSIONS_KEPT, SESSIONS_PER_ROUND).await?;
        self.context.store.requests_forget(now - REQUESTS_KEPT).await?;
        self.context.store.answers_forget(now - ANSWERS_KEPT, ANSWERS_PER_ROUND).await?;
        Ok(())
    }

    async fn expire(&self, now: Time) -> Result<()> {
        let work = &self.context.config.work;
        let before = now - seconds(work.grace_seconds as i64);
        let expired = self.context.store.leases_expire(before, now, work.expire_at_once).await?;
        let locks =
            expired.iter().filter_map(|(assignment, lease)| Some((assignment.id, (*lease)?))).collect();
        self.context.locks.free(locks);
        for (assignment, lease) in
            expired.iter().filter_map(|(assignment, lease)| Some((assignment, (*lease)?)))
        {
            drop(self.context.traces.under("lapse", assignment.id, lease));
        }
        for (assignment, _) in expired.iter().filter(|(assignment, _)| assignment.status == Status::Pending) {
            let hint =
                self.context.hint(assignment.key.job, assignment.key.round, vec![assignment.key.number]);
            self.notices.send(Queue::Annotate(assignment.team), hint);
            tracing::debug!(assignment = %assignment.id, "a lease has expired");
        }
        self.notices.tick().await;
        Ok(())
    }

    async fn drop_abandoned(&self, now: Time) -> Result<()> {
        let before = now - IMPORT_IDLE;
        for version in self.context.store.datasets_abandoned(before, CANCEL_PAGE).await? {
            let why = "the import was interrupted".to_owned();
            self.context.store.dataset_drop_abandoned(version, why, before, now).await?;
        }
        Ok(())
    }

    async fn finish_jobs(&self, now: Time) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let page = open_jobs(&self.context, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.job.id.0;
            for OpenJob { job, progress } in page {
                if job.status == JobStatus::Cancelling {
                    cancel(&self.context, job.id, now).await?;
                } else if is_cut(&job) && progress.items().undecided() == 0 {
                    self.context.store.job_finish(job.id, now).await?;
                }
            }
        }
    }
}

fn is_cut(job: &JobHead) -> bool {
    job.cut_to == job.selected
}

/// Cancels the undecided assignments of a cancelled job, page by page, and ends the job.
///
/// # Errors
/// When the database cannot be read or written.
pub(crate) async fn cancel(context: &Context, job: JobId, now: Time) -> Result<()> {
    let mut after = AssignmentId(Uuid::nil());
    loop {
        let CancelledPage { ended, last } =
            context.store.job_cancel_page(job, after, CANCEL_PAGE, now).await?;
        context.locks.free(ended);
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    // A decision in between may have made a rework in a page that is done; the next round finds it.
    context.store.job_finish(job, now).await?;
    Ok(())
}
