//! Why a user gets no work.

use swath_domain::ids::{JobId, UserId};
use swath_domain::{Assignment, Stage, Status, Time};

use crate::engine::db::{Db, fetch_one, only, row};
use crate::error::Result;
use crate::model::memory::Tables;
use crate::model::status_sets::status;
use crate::tables::jobs::is_uncut;

/// What a user may be waiting for in one job, by a plain read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wait {
    /// Something could be granted to the user right now.
    pub eligible: bool,
    /// A part of the job is not cut into ranges yet.
    pub uncut: bool,
    /// Work is leased to others, and the first of those leases expires then.
    pub leased_until: Option<Time>,
    /// Work is reserved for others, the first until then.
    pub reserved_until: Option<Time>,
    /// Work needs a manager.
    pub needs_manager: bool,
    /// There is work, but all of it is the user's own.
    pub own: bool,
}

row! {
    struct AnnotateRow {
        eligible: bool, expires: Option<i64>, reserved_until: Option<i64>, needs_manager: bool, pending: bool,
    }
}

/// What a user waits for who asks to annotate.
pub(crate) async fn to_annotate(db: &mut Db<'_>, job: JobId, user: UserId, now: Time) -> Result<Wait> {
    // The job comes first: a range that is cut after this read is one that the job still calls uncut.
    let Some(uncut) = is_uncut(db, job).await? else { return Ok(Wait::default()) };
    let row = fetch_one!(
        db,
        AnnotateRow,
        (concat!("SELECT
           EXISTS (SELECT 1 FROM assignments a WHERE job = $1 AND status ", status!(PENDING), " AND NOT held
                     AND (reserved_for IS NULL OR reserved_until <= $2 OR reserved_for = $3)
                     AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.job = a.job AND o.number = a.number
                                     AND o.author = $3 AND o.slot <> a.slot)
                     AND NOT EXISTS (SELECT 1 FROM assignments h WHERE h.holder = $3 AND h.job = a.job
                                     AND h.number = a.number AND h.slot <> a.slot AND h.status ", status!(NOT_SUBMITTED), ")),
           (SELECT expires FROM assignments WHERE status ", status!(IN_PROGRESS), " AND job = $1 ORDER BY expires LIMIT 1),
           (SELECT MIN(reserved_until) FROM assignments
            WHERE job = $1 AND status ", status!(PENDING), " AND NOT held AND reserved_for IS NOT NULL AND reserved_until > $2),
           EXISTS (SELECT 1 FROM assignments WHERE job = $1 AND status ", status!(PENDING), " AND held),
           EXISTS (SELECT 1 FROM assignments
                   WHERE job = $1 AND status ", status!(PENDING), " AND NOT held AND reserved_for IS NULL)")),
        job.0,
        now.0,
        user.0;
        |t| Some(annotate_in_memory(t, job, user, now))
    )?;
    let row = only(row);
    Ok(Wait {
        eligible: row.eligible,
        leased_until: row.expires.map(Time),
        reserved_until: row.reserved_until.map(Time),
        needs_manager: row.needs_manager,
        own: !row.eligible && row.pending,
        uncut,
    })
}

fn annotate_in_memory(t: &Tables, job: JobId, user: UserId, now: Time) -> AnnotateRow {
    let pending = || t.of_job(job).filter(|a| a.status == Status::Pending);
    let free = || pending().filter(|a| !a.needs_manager);
    let reserved = free().filter_map(|a| a.reservation).filter(|reservation| reservation.until > now);
    let may = |a: &Assignment| a.is_eligible(Stage::Annotate, user, now) && !t.has_other_opinion(a, user);
    AnnotateRow {
        eligible: t.of_job(job).any(may),
        expires: t
            .of_job(job)
            .filter(|a| a.status == Status::InProgress)
            .filter_map(|a| a.expires())
            .min()
            .map(|at| at.0),
        reserved_until: reserved.map(|reservation| reservation.until.0).min(),
        needs_manager: pending().any(|a| a.needs_manager),
        pending: free().any(|a| a.reserved_for().is_none()),
    }
}

row! {
    struct ReviewRow { eligible: bool, own: bool, expires: Option<i64>, }
}

/// What a user waits for who asks to review; `own` are the users whose work they may not review.
pub(crate) async fn to_review(db: &mut Db<'_>, job: JobId, own: [UserId; 2]) -> Result<Wait> {
    let Some(uncut) = is_uncut(db, job).await? else { return Ok(Wait::default()) };
    let row = fetch_one!(
        db,
        ReviewRow,
        (concat!("SELECT
           EXISTS (SELECT 1 FROM assignments
                   WHERE job = $1 AND status ", status!(COMPLETED), " AND review AND author NOT IN ($2, $3)),
           EXISTS (SELECT 1 FROM assignments
                   WHERE job = $1 AND status ", status!(COMPLETED), " AND review AND author IN ($2, $3)),
           (SELECT expires FROM assignments WHERE status ", status!(IN_REVIEW), " AND job = $1 ORDER BY expires LIMIT 1)")),
        job.0,
        own[0].0,
        own[1].0;
        |t| {
            let is_own = |a: &Assignment| a.author().is_some_and(|author| own.contains(&author));
            Some(ReviewRow {
                eligible: t.to_review(job).into_iter().any(|a| !is_own(a)),
                own: t.to_review(job).into_iter().any(is_own),
                expires: t.of_job(job).filter(|a| a.status == Status::InReview).filter_map(|a| a.expires()).min().map(|at| at.0),
            })
        }
    )?;
    let row = only(row);
    Ok(Wait {
        eligible: row.eligible,
        leased_until: row.expires.map(Time),
        own: !row.eligible && row.own,
        uncut,
        ..Wait::default()
    })
}
