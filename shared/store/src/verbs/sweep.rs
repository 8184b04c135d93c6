//! Sweeps: what ends without a user's help, a bounded page at a time.

use swath_domain::cause::Cause;
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, LeaseEnd, Time};

use crate::engine::core::Core;
use crate::engine::db::Tx;
use crate::error::Result;
use crate::tables::assignments;
use crate::verbs::changes::Changes;

/// An assignment whose lease expired in a sweep, and that lease.
pub type Expired = (Assignment, Option<LeaseId>);

/// Expires at most `limit` leases that ran out before `before`.
pub(crate) async fn expire(
    core: &Core,
    tx: &mut Tx,
    before: Time,
    now: Time,
    limit: i64,
) -> Result<Vec<Expired>> {
    let db = &mut tx.db();
    let mut changes = Changes::of(assignments::lock_overdue(db, before, limit).await?);
    let mut expired = Vec::new();
    for id in changes.ids() {
        let Some(assignment) = changes.get(id) else { continue };
        let job = assignment.key.job;
        if let Ok(entry) = assignment.expire(now) {
            expired.push((assignment.clone(), assignment.lease_id()));
            changes.log(entry);
            changes.count(job, Counter::Expiries, 1);
        }
    }
    changes.write(db, core.stripe).await?;
    Ok(expired)
}

/// A page of a cancelled job's assignments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CancelPage {
    pub(crate) job: JobId,
    pub(crate) after: AssignmentId,
    pub(crate) limit: i64,
}

/// What a page of a cancelled job came to.
#[derive(Debug, Clone, Default)]
pub struct CancelledPage {
    /// The leases that ended, each with its assignment.
    pub ended: Vec<(AssignmentId, LeaseId)>,
    /// The last assignment looked at; none where there was none.
    pub last: Option<AssignmentId>,
}

/// Cancels what is undecided among a page of the job's assignments.
pub(crate) async fn cancel_page(
    core: &Core,
    tx: &mut Tx,
    CancelPage { job, after, limit }: CancelPage,
    now: Time,
) -> Result<CancelledPage> {
    let db = &mut tx.db();
    let ids = assignments::page_of_ids(db, job, after, limit).await?;
    let last = ids.last().copied();
    let mut changes = Changes::lock(db, ids).await?;
    let cause = Cause::own(now).because(Some("the job was cancelled".into()));
    let mut ended = Vec::new();
    for id in changes.ids() {
        let Some(assignment) = changes.get(id) else { continue };
        let lease = assignment.lease_id();
        if let Ok(entry) = assignment.cancel(&cause) {
            changes.log(entry);
            changes.end(lease, LeaseEnd::Cancelled, now);
            ended.extend(lease.map(|lease| (id, lease)));
        }
    }
    changes.write(db, core.stripe).await?;
    Ok(CancelledPage { ended, last })
}
