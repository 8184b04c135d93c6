//! The sweeper: lets leases lapse, calls off the rest of cancelled jobs, ends what is finished, and clears away what
//! nobody will come back to.

use swath_bus::{Notices, Queue};
use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::job::{JobHead, JobStatus};
use swath_domain::planted::{Bug, is};
use swath_domain::time::seconds;
use swath_domain::{Status, Time};
use swath_runtime::Context;
use swath_store::CancelledPage;
use swath_store::Result;
use uuid::Uuid;

use crate::cutter::jobs_with_progress;
use crate::duty::Duty;
use crate::freed;
use crate::leaps::Leaps;

/// Assignments looked at in one transaction of a cancellation.
const CANCEL_PAGE: i64 = 500;
/// How long an import may see no item before it counts as abandoned, in microseconds.
const ABANDONED: i64 = seconds(90);
/// How long first answers are kept, in microseconds.
const ANSWERS_KEPT: i64 = seconds(48 * 3_600);
/// People who lost a role a moment ago and are looked after in one round.
const DEPARTURES_AT_ONCE: i64 = 100;
/// How long a request is kept that nobody has taken over after its process died, in microseconds.
const REQUESTS_KEPT: i64 = seconds(3_600);
/// How long a session is kept that is over, in microseconds: its entries in the audit log stay.
const SESSIONS_KEPT: i64 = seconds(48 * 3_600);
/// Sessions, and links to sign in, that are forgotten in one round.
const SESSIONS_AT_ONCE: i64 = 1_000;
/// Answers forgotten in one round.
const ANSWERS_AT_ONCE: i64 = 1_000;

/// Sweeps.
pub struct Sweeper {
    context: Context,
    notices: Notices,
    leaps: Leaps,
}

impl Sweeper {
    /// A sweeper over the process' parts.
    pub fn new(context: Context) -> Self {
        Self { notices: Notices::new(context.bus.clone()), context, leaps: Leaps::default() }
    }

    /// Sweeps until shutdown, while that is this process' duty.
    pub async fn run(mut self) {
        let mut duty = Duty::new(self.context.clone(), "sweeper");
        while duty.next().await {
            if let Err(error) = self.tick(self.context.now()).await {
                tracing::warn!(%error, "sweeping will go on in the next round");
            }
        }
    }

    /// One round.
    pub async fn tick(&mut self, now: Time) -> Result<()> {
        // After a leap of the clock everything looks late.
        let steady = !self.leaps.has_leapt(now);
        if steady {
            self.expire(now).await?;
        }
        let freed = self.context.store.departures_sweep(now, DEPARTURES_AT_ONCE).await?;
        freed::announce(&self.context, &freed);
        self.look_after_jobs(now).await?;
        if steady {
            self.drop_abandoned(now).await?;
        }
        self.context.store.sign_in_links_forget(now, SESSIONS_AT_ONCE).await?;
        self.context.store.sessions_forget(now + -SESSIONS_KEPT, SESSIONS_AT_ONCE).await?;
        self.context.store.requests_forget(now + -REQUESTS_KEPT).await?;
        self.context.store.answers_forget(now + -ANSWERS_KEPT, ANSWERS_AT_ONCE).await?;
        Ok(())
    }

    async fn expire(&self, now: Time) -> Result<()> {
        let work = &self.context.config.work;
        let before = now + -seconds(work.grace_seconds as i64);
        let lapsed = self.context.store.leases_expire(before, now, work.expire_at_once).await?;
        let locks =
            lapsed.iter().filter_map(|(assignment, lease)| Some((assignment.id, (*lease)?))).collect();
        self.context.locks.free(locks);
        for (assignment, lease) in
            lapsed.iter().filter_map(|(assignment, lease)| Some((assignment, (*lease)?)))
        {
            drop(self.context.traces.under("lapse", assignment.id, lease));
        }
        for (assignment, _) in lapsed.iter().filter(|(assignment, _)| assignment.status == Status::Pending) {
            let hint = self.context.hint(assignment.job, assignment.round, vec![assignment.number]);
            self.notices.tell(Queue::Annotate(assignment.team), hint);
            tracing::debug!(assignment = %assignment.id, "a lease has lapsed");
        }
        self.notices.tick().await;
        Ok(())
    }

    async fn drop_abandoned(&self, now: Time) -> Result<()> {
        let before = now + -ABANDONED;
        for (dataset, version) in self.context.store.datasets_abandoned(before, CANCEL_PAGE).await? {
            let why = "the import was interrupted".to_owned();
            self.context.store.dataset_drop_abandoned(dataset, version, why, (before, now)).await?;
        }
        Ok(())
    }

    async fn look_after_jobs(&self, now: Time) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let page = jobs_with_progress(&self.context, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.id.0;
            for (job, progress) in page {
                if job.status == JobStatus::Cancelling {
                    cancel(&self.context, job.id, now).await?;
                } else if is_cut(&job) && (progress.items().undecided() == 0 || is(Bug::DoneEarly)) {
                    self.context.store.job_finish(job.id, now).await?;
                }
            }
        }
    }
}

fn is_cut(job: &JobHead) -> bool {
    job.cut_to == job.selected
}

/// Calls off what is undecided in a cancelled job, page by page, and ends the job.
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
    // A decision that came in between may have made a rework behind us; the next round finds it.
    context.store.job_finish(job, now).await?;
    Ok(())
}
