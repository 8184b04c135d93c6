//! Reads of assignments and leases.

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::{Assignment, LeaseEnd, Round, Slot, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_as, fetch_one};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, assignment_columns};
use crate::model::status_sets::status;
use crate::tables::assignments;
use crate::tables::leases::{self, Leased};

/// An assignment that waits in the queue of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingAssignment {
    /// Its round.
    pub round: Round,
    /// The number of its range in the job.
    pub number: i64,
}

/// Since when the oldest waiting work of a job waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OldestWaiting {
    /// The assignment that has waited longest for an annotator.
    pub assignment: Option<Time>,
    /// The submission that has waited longest for a reviewer.
    pub submission: Option<Time>,
}

/// Which assignments of a job are listed.
#[derive(Debug, Clone, Default)]
pub struct AssignmentFilter {
    /// In this status only.
    pub status: Option<Status>,
    /// Held by this user only.
    pub holder: Option<UserId>,
    /// Handed in by this user only.
    pub author: Option<UserId>,
    /// Of this round only.
    pub round: Option<Round>,
    /// Of this range only, in all its rounds and slots.
    pub number: Option<i64>,
    /// Only assignments that are neither decided nor cancelled.
    pub undecided: bool,
}

/// A lease or a review as it stands.
#[derive(Debug, Clone)]
pub struct LeaseView {
    /// The id of the lease.
    pub lease: LeaseId,
    /// Whose it is or was.
    pub holder: UserId,
    /// To annotate or to review.
    pub stage: Stage,
    /// The fence that it was granted at.
    pub fence: i64,
    /// Why it is over; none while it stands on the assignment, current or expired.
    pub ended: Option<LeaseEnd>,
    /// The assignment as it is now.
    pub assignment: Assignment,
}

impl AssignmentFilter {
    /// Whether the assignment is listed.
    pub(crate) fn admits(&self, a: &Assignment) -> bool {
        self.status.is_none_or(|status| a.status == status)
            && self.holder.is_none_or(|holder| a.holder() == Some(holder))
            && self.author.is_none_or(|author| a.author() == Some(author))
            && self.round.is_none_or(|round| a.key.round == round)
            && self.number.is_none_or(|number| a.key.number == number)
            && (!self.undecided || a.status.is_undecided())
    }
}

/// All assignments of a range, by round and slot. Their ids are computed, so that a job's size does not matter.
pub(crate) async fn of_range(
    db: &mut Db<'_>,
    job: JobId,
    number: i64,
    slots: i64,
) -> Result<Vec<Assignment>> {
    let of_round = |round| Slot::of_job(slots).map(move |slot| AssignmentId::of(job, round, number, slot));
    let ids: Vec<_> = Round::all().flat_map(of_round).collect();
    assignments::read(db, &ids).await
}

/// A page of a job's assignments by round, number and slot.
pub(crate) async fn page(
    db: &mut Db<'_>,
    job: JobId,
    filter: &AssignmentFilter,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Assignment>> {
    macro_rules! page {
        ($of_job:literal) => {
            concat!(
                "SELECT ",
                assignment_columns!(),
                " FROM assignments WHERE ",
                $of_job,
                " AND id > $2 AND id <= $8
                   AND ($3 < 0 OR status = $3) AND ($4 = 0 OR holder = $5) AND ($6 = 0 OR status ",
                status!(UNDECIDED),
                ")
                   AND ($9 = 0 OR author = $10)
                 ORDER BY id LIMIT $7"
            )
        };
    }
    let whole = || AssignmentId::span(job);
    let (first, last) = filter.round.map_or_else(whole, |round| AssignmentId::span_of_round(job, round));
    fetch_as!(
        db,
        AssignmentRow => Assignment,
        [page!("job = $1"), page!("+job = $1")],
        job.0,
        after.max(first.0),
        filter.status.map_or(-1, Status::code),
        i64::from(filter.holder.is_some()),
        filter.holder.map(|user| user.0),
        i64::from(filter.undecided),
        limit,
        last.0,
        i64::from(filter.author.is_some()),
        filter.author.map(|user| user.0);
        |t| {
            let wanted = |a: &&Assignment| a.id.0 > after && filter.admits(a);
            t.of_job(job).filter(wanted).take(limit as usize).cloned().collect()
        }
    )
}

/// Assignments that wait in a job's queue, in the order in which they are handed out.
pub(crate) async fn waiting(
    db: &mut Db<'_>,
    job: JobId,
    now: Time,
    limit: i64,
) -> Result<Vec<WaitingAssignment>> {
    let rows = fetch_all!(
        db,
        (i64, i64),
        (concat!("SELECT round, number FROM assignments
         WHERE job = $1 AND status ", status!(PENDING), " AND NOT held AND (reserved_for IS NULL OR reserved_until <= $2)
         ORDER BY round DESC, number, slot LIMIT $3")),
        job.0,
        now.0,
        limit;
        |t| {
            let waiting = t.queue(job, now).into_iter().take(limit as usize);
            waiting.map(|a| (a.key.round.0, a.key.number)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(round, number)| WaitingAssignment { round: Round(round), number }).collect())
}

/// When the oldest waiting assignment and the oldest waiting submission of a job began to wait.
pub(crate) async fn oldest_waiting(db: &mut Db<'_>, job: JobId) -> Result<OldestWaiting> {
    // The first of the queue: reworks are handed out first and cut ranges in order, so it is among the oldest.
    let pending = fetch_one!(
        db,
        (i64,),
        (concat!(
            "SELECT since FROM assignments WHERE job = $1 AND status ", status!(PENDING), "
             ORDER BY round DESC, number, slot LIMIT 1"
        )),
        job.0;
        |t| {
            let pending = t.of_job(job).filter(|a| a.status == Status::Pending);
            pending.min_by_key(|a| (-a.key.round.0, a.key.number, a.key.slot.0)).map(|a| (a.since.0,))
        }
    )?;
    let review = fetch_one!(
        db,
        (i64,),
        (concat!(
            "SELECT since FROM assignments WHERE job = $1 AND status ", status!(COMPLETED), " AND review
             ORDER BY since LIMIT 1"
        )),
        job.0;
        |t| {
            let waiting = t.of_job(job).filter(|a| a.status == Status::Completed && a.is_for_review());
            waiting.map(|a| a.since.0).min().map(|since| (since,))
        }
    )?;
    Ok(OldestWaiting { assignment: pending.map(|(at,)| Time(at)), submission: review.map(|(at,)| Time(at)) })
}

/// A lease or a review, whatever became of it.
pub(crate) async fn lease(db: &mut Db<'_>, lease: LeaseId) -> Result<Option<LeaseView>> {
    let found = leases::read(db, &[lease]).await?;
    Ok(found.into_iter().next().map(|Leased { assignment, grant }| LeaseView {
        lease,
        holder: UserId(grant.holder),
        stage: if grant.stage == Stage::Review.code() { Stage::Review } else { Stage::Annotate },
        fence: grant.fence,
        ended: grant.ended.and_then(LeaseEnd::from_code),
        assignment,
    }))
}

/// A page of the assignments that a user holds right now, in the order of their ids.
pub(crate) async fn leased_by(
    db: &mut Db<'_>,
    user: UserId,
    stage: Stage,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Assignment>> {
    const LEASED: &str = concat!(
        "SELECT ",
        assignment_columns!(),
        " FROM assignments WHERE holder = $1 AND status = $2 AND id > $3 ORDER BY id LIMIT $4"
    );
    fetch_as!(
        db,
        AssignmentRow => Assignment,
        LEASED,
        user.0,
        stage.leased().code(),
        after,
        limit;
        |t| {
            let held = |a: &&Assignment| {
                a.holder() == Some(user) && a.status == stage.leased() && a.id.0 > after
            };
            t.assignments.values().filter(held).take(limit as usize).cloned().collect()
        }
    )
}
