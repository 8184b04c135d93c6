//! Sweeps: what ends without a person's help, a bounded page at a time.

use swath_domain::assignment::Cause;
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, Stale, Status, Time};

use crate::engine::core::Core;
use crate::engine::db::{Tx, fetch_all, fetch_as};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, assignment_columns};
use crate::reads::listing::{IDS_POSTGRES, IDS_SQLITE};
use crate::store::Store;
use crate::tables::changes::Changes;

/// An assignment whose lease lapsed in a sweep, and that lease.
pub type Lapsed = (Assignment, Option<LeaseId>);

impl Store {
    /// Lets at most `limit` leases lapse that ran out before `before`.
    pub async fn leases_expire(&self, before: Time, now: Time, limit: i64) -> Result<Vec<Lapsed>> {
        self.write((before, now), move |core, tx, (before, now)| {
            Box::pin(expire(core, tx, *before, *now, limit))
        })
        .await
    }

    /// Calls off what is undecided among the `limit` assignments of a cancelled job behind `after`. Answers the leases
    /// that ended, and the last assignment looked at; none where there was none.
    pub async fn job_cancel_page(
        &self,
        job: JobId,
        after: AssignmentId,
        limit: i64,
        now: Time,
    ) -> Result<(Vec<(AssignmentId, LeaseId)>, Option<AssignmentId>)> {
        self.write(now, move |core, tx, now| Box::pin(cancel_page(core, tx, (job, after, limit), *now))).await
    }
}

/// How much too early the planted sweep comes, in microseconds.
const EARLY: i64 = 60_000_000;

async fn expire(core: &Core, tx: &mut Tx, before: Time, now: Time, limit: i64) -> Result<Vec<Lapsed>> {
    const SQLITE: &str = concat!(
        "SELECT ",
        assignment_columns!(),
        " FROM assignments WHERE status IN (1, 3) AND expires < $1
         ORDER BY expires LIMIT $2"
    );
    const POSTGRES: &str = concat!(
        "SELECT ",
        assignment_columns!(),
        " FROM assignments WHERE status IN (1, 3) AND expires < $1
         ORDER BY expires LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
    );
    let before = if is(Bug::ExpireEarly) { before + EARLY } else { before };
    let db = &mut tx.db();
    let rows = fetch_as!(
        db,
        AssignmentRow => Assignment,
        [POSTGRES, SQLITE],
        before.0,
        limit;
        |t| {
            let held = |a: &&Assignment| {
                matches!(a.status, Status::InProgress | Status::InReview)
                    || a.status == Status::Completed && is(Bug::ExpireFinished)
            };
            let page = if is(Bug::SweepStarves) { limit as usize } else { usize::MAX };
            let held = t.assignments.values().filter(held).take(page);
            let mut late: Vec<_> = held.filter(|a| a.expires < before).cloned().collect();
            late.sort_by_key(|a| a.expires);
            late.truncate(limit as usize);
            late
        }
    )?;
    let mut changes = Changes::default();
    changes.add(rows);
    let mut lapsed = Vec::new();
    for id in changes.ids() {
        let Some(assignment) = changes.get(id) else { continue };
        let job = assignment.job;
        if let Ok(entry) = assignment.expire(now) {
            lapsed.push((assignment.clone(), assignment.lease));
            changes.log(entry);
            changes.count(job, Counter::Expiries, if is(Bug::ExpiryDoubled) { 2 } else { 1 });
        }
    }
    changes.write(db, core.stripe).await?;
    Ok(lapsed)
}

type Cancelled = (Vec<(AssignmentId, LeaseId)>, Option<AssignmentId>);

async fn cancel_page(
    core: &Core,
    tx: &mut Tx,
    (job, after, limit): (JobId, AssignmentId, i64),
    now: Time,
) -> Result<Cancelled> {
    let db = &mut tx.db();
    let (first, last) = AssignmentId::span(job);
    let ids = fetch_all!(
        db,
        (uuid::Uuid,),
        [IDS_POSTGRES, IDS_SQLITE],
        job.0,
        after.max(first).0,
        limit,
        last.0;
        |t| t.of_job(job).filter(|a| a.id > after).take(limit as usize).map(|a| (a.id.0,)).collect()
    )?;
    let last = ids.last().map(|(id,)| AssignmentId(*id));
    let mut changes = Changes::lock(db, ids.into_iter().map(|(id,)| AssignmentId(id))).await?;
    let cause = Cause::own(now).because(Some("the job was cancelled".into()));
    let mut ended = Vec::new();
    for id in changes.ids() {
        let Some(assignment) = changes.get(id) else { continue };
        let lease = assignment.lease;
        if let Ok(entry) = assignment.cancel(&cause) {
            changes.log(entry);
            changes.end(lease, Stale::Cancelled, now);
            ended.extend(lease.map(|lease| (id, lease)));
        }
    }
    changes.write(db, core.stripe).await?;
    Ok((ended, last))
}
