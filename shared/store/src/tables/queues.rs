//! The queues of a job as a grant reads them: what waits, in order, without what another transaction has locked.

use swath_domain::ids::{JobId, UserId};
use swath_domain::{Assignment, Stage, Time};

use crate::engine::db::{Db, fetch_as};
use crate::engine::queue_cursors::QueuePosition;
use crate::error::Result;
use crate::model::rows::{AssignmentRow, assignment_columns};
use crate::model::status_sets::status;

/// The queue of a job: reworks first, then in the order of the dataset.
macro_rules! claim {
    ($more:expr, $lock:literal) => {
        concat!(
            "SELECT ",
            assignment_columns!(),
            " FROM assignments a
             WHERE job = $1 AND status ",
            status!(PENDING),
            " AND NOT held
                 AND (reserved_for IS NULL OR reserved_until <= $2) ",
            $more,
            "
             ORDER BY round DESC, number, slot LIMIT $3",
            $lock
        )
    };
}
/// Only ranges of which the user has neither submitted nor leased another slot.
macro_rules! claim_opinion {
    ($lock:literal) => {
        claim!(
            concat!("AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.job = a.job AND o.number = a.number AND o.author = $4
                             AND o.slot <> a.slot)
             AND NOT EXISTS (SELECT 1 FROM assignments h WHERE h.holder = $4 AND h.job = a.job AND h.number = a.number
                             AND h.slot <> a.slot AND h.status ", status!(NOT_SUBMITTED), ")"),
            $lock
        )
    };
}
/// Submissions that wait for a reviewer, oldest first, with a further condition or none.
macro_rules! claim_review {
    ($more:expr, $lock:literal) => {
        concat!(
            "SELECT ",
            assignment_columns!(),
            " FROM assignments
             WHERE job = $1 AND status ",
            status!(COMPLETED),
            " AND review ",
            $more,
            " ORDER BY since, id LIMIT $2",
            $lock
        )
    };
}

/// Which queue is read, as of when, and how many assignments of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queue {
    pub(crate) job: JobId,
    pub(crate) stage: Stage,
    pub(crate) now: Time,
    pub(crate) limit: i64,
}

/// The first of a queue.
pub(crate) async fn first(
    db: &mut Db<'_>,
    Queue { job, stage, now, limit }: Queue,
) -> Result<Vec<Assignment>> {
    match stage {
        Stage::Annotate => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [claim!("", " FOR NO KEY UPDATE SKIP LOCKED"), claim!("", "")],
            job.0,
            now.0,
            limit;
            |t| t.queue(job, now).into_iter().take(limit as usize).cloned().collect()
        ),
        Stage::Review => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [claim_review!("", " FOR NO KEY UPDATE SKIP LOCKED"), claim_review!("", "")],
            job.0,
            limit;
            |t| t.to_review(job).into_iter().take(limit as usize).cloned().collect()
        ),
    }
}

/// The first of a queue from a position on, within the round of the position.
pub(crate) async fn first_from(
    db: &mut Db<'_>,
    Queue { job, stage, now, limit }: Queue,
    from: QueuePosition,
) -> Result<Vec<Assignment>> {
    macro_rules! claim_from {
        ($lock:literal) => {
            claim!("AND round = $4 AND number >= $5", $lock)
        };
    }
    macro_rules! claim_review_from {
        ($lock:literal) => {
            claim_review!("AND since >= $3", $lock)
        };
    }
    match stage {
        Stage::Annotate => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [claim_from!(" FOR NO KEY UPDATE SKIP LOCKED"), claim_from!("")],
            job.0,
            now.0,
            limit,
            from.round.0,
            from.number;
            |t| {
                let behind = |a: &&Assignment| a.key.round == from.round && a.key.number >= from.number;
                t.queue(job, now).into_iter().filter(behind).take(limit as usize).cloned().collect()
            }
        ),
        Stage::Review => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [claim_review_from!(" FOR NO KEY UPDATE SKIP LOCKED"), claim_review_from!("")],
            job.0,
            limit,
            from.since;
            |t| {
                t.to_review(job).into_iter().filter(|a| a.since.0 >= from.since).take(limit as usize).cloned().collect()
            }
        ),
    }
}

/// The first of a queue that this user may have: not a range on which they have another opinion, and not a submission
/// of their own or of the maker of their token.
pub(crate) async fn first_for(
    db: &mut Db<'_>,
    Queue { job, stage, now, limit }: Queue,
    user: UserId,
    token_maker: Option<UserId>,
) -> Result<Vec<Assignment>> {
    match stage {
        Stage::Annotate => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [claim_opinion!(" FOR NO KEY UPDATE SKIP LOCKED"), claim_opinion!("")],
            job.0,
            now.0,
            limit,
            user.0;
            |t| {
                let queue = t.queue(job, now).into_iter().filter(|a| !t.has_other_opinion(a, user));
                queue.take(limit as usize).cloned().collect()
            }
        ),
        Stage::Review => fetch_as!(
            db,
            AssignmentRow => Assignment,
            [
                claim_review!("AND author NOT IN ($3, $4)", " FOR NO KEY UPDATE SKIP LOCKED"),
                claim_review!("AND author NOT IN ($3, $4)", "")
            ],
            job.0,
            limit,
            user.0,
            token_maker.unwrap_or(user).0;
            |t| {
                let others = t.to_review(job).into_iter().filter(|a| {
                    a.author() != Some(user) && (token_maker.is_none() || a.author() != token_maker)
                });
                others.take(limit as usize).cloned().collect()
            }
        ),
    }
}
