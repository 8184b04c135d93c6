//! The statements over assignments alone.

use swath_domain::ids::{AssignmentId, JobId, UserId};
use swath_domain::{Assignment, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute_each, fetch_all, fetch_as, fetch_as_each, fetch_one, only};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, NO_TIME, assignment_columns};
use crate::model::status_sets::status;

macro_rules! of_ids {
    ($lock:literal) => {
        concat!(
            "SELECT ",
            assignment_columns!("a."),
            " FROM {rows} CROSS JOIN assignments a WHERE a.id = c.key ORDER BY a.id",
            $lock
        )
    };
}

const READ: &str = of_ids!("");
const LOCK_FREE: &str = of_ids!(" FOR NO KEY UPDATE OF a SKIP LOCKED");
/// The statement that locks; the conformance suite checks what it sees.
pub(crate) const LOCK: &str = of_ids!(" FOR NO KEY UPDATE OF a");

/// Reads the assignments of these ids, locked where a database has locks for rows.
macro_rules! of_ids_locked {
    ($db:expr, $ids:expr, $lock:expr) => {
        fetch_as_each!(
            $db,
            AssignmentRow => Assignment,
            [$lock, READ],
            &sorted($ids),
            |id| { key: uuid = *id };
            |t| t.assignments.get(id).cloned()
        )
    };
}

/// Locks these assignments in the order of their ids, and waits for each.
pub(crate) async fn lock(
    db: &mut Db<'_>,
    ids: impl IntoIterator<Item = AssignmentId>,
) -> Result<Vec<Assignment>> {
    of_ids_locked!(db, ids, LOCK)
}

/// Locks those of these assignments that no other transaction has locked.
pub(crate) async fn lock_free(
    db: &mut Db<'_>,
    ids: impl IntoIterator<Item = AssignmentId>,
) -> Result<Vec<Assignment>> {
    of_ids_locked!(db, ids, LOCK_FREE)
}

fn sorted(ids: impl IntoIterator<Item = AssignmentId>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Reads these assignments, in the order of their ids.
pub(crate) async fn read(db: &mut Db<'_>, ids: &[AssignmentId]) -> Result<Vec<Assignment>> {
    fetch_as_each!(
        db,
        AssignmentRow => Assignment,
        READ,
        ids,
        |id| { key: uuid = id.0 };
        |t| t.assignments.get(&id.0).cloned()
    )
}

/// Reads the assignment with this id.
pub(crate) async fn get(db: &mut Db<'_>, id: AssignmentId) -> Result<Option<Assignment>> {
    const BY_ID: &str = concat!("SELECT ", assignment_columns!(), " FROM assignments WHERE id = $1");
    let found = fetch_as!(
        db,
        AssignmentRow => Assignment,
        BY_ID,
        id.0;
        |t| t.assignments.get(&id.0).cloned().into_iter().collect()
    )?;
    Ok(found.into_iter().next())
}

/// Who submitted an assignment, and of which one it is the rework.
pub(crate) struct Descent {
    pub(crate) author: Option<UserId>,
    pub(crate) parent: Option<AssignmentId>,
}

/// The descent of an assignment.
pub(crate) async fn descent(db: &mut Db<'_>, id: AssignmentId) -> Result<Option<Descent>> {
    let row = fetch_one!(
        db,
        (Option<Uuid>, Option<Uuid>),
        "SELECT author, parent FROM assignments WHERE id = $1",
        id.0;
        |t| t.assignments.get(&id.0).map(|a| (a.author().map(|author| author.0), a.parent.map(|parent| parent.0)))
    )?;
    let descent = |(author, parent): (Option<Uuid>, Option<Uuid>)| Descent {
        author: author.map(UserId),
        parent: parent.map(AssignmentId),
    };
    Ok(row.map(descent))
}

/// Whether the user holds a current lease on another assignment of this one's job.
pub(crate) async fn has_current_lease_beside(
    db: &mut Db<'_>,
    assignment: &Assignment,
    stage: Stage,
    user: UserId,
) -> Result<bool> {
    let other = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE holder = $1 AND job = $2 AND status = $3 LIMIT 1",
        user.0,
        assignment.key.job.0,
        stage.leased().code();
        |t| t.of_job(assignment.key.job).find(|a| a.holder() == Some(user) && a.status == stage.leased()).map(|a| (a.id.0,))
    )?;
    Ok(other.is_some())
}

/// Locks at most `limit` assignments whose leases ran out before `before`, those first that ran out first.
pub(crate) async fn lock_overdue(db: &mut Db<'_>, before: Time, limit: i64) -> Result<Vec<Assignment>> {
    const SQLITE: &str = concat!(
        "SELECT ",
        assignment_columns!(),
        " FROM assignments WHERE status ",
        status!(LEASED),
        " AND expires < $1
         ORDER BY expires LIMIT $2"
    );
    const POSTGRES: &str = concat!(
        "SELECT ",
        assignment_columns!(),
        " FROM assignments WHERE status ",
        status!(LEASED),
        " AND expires < $1
         ORDER BY expires LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
    );
    fetch_as!(
        db,
        AssignmentRow => Assignment,
        [POSTGRES, SQLITE],
        before.0,
        limit;
        |t| {
            let leased = |a: &&Assignment| {
                matches!(a.status, Status::InProgress | Status::InReview)
            };
            let leased = t.assignments.values().filter(leased);
            let mut overdue: Vec<_> = leased.filter(|a| expires_before(a, before)).cloned().collect();
            overdue.sort_by_key(|a| a.expires());
            overdue.truncate(limit as usize);
            overdue
        }
    )
}

/// How many leases and reviews run out before `before`, counted up to `most`.
pub(crate) async fn count_until(db: &mut Db<'_>, before: Time, most: i64) -> Result<i64> {
    let row = fetch_one!(
        db,
        (i64,),
        (concat!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM assignments WHERE status ", status!(LEASED), " AND expires < $1
         ORDER BY expires LIMIT $2) AS late")),
        before.0,
        most;
        |t| {
            let leased = t.assignments.values().filter(|a| matches!(a.status, Status::InProgress | Status::InReview));
            Some(((leased.filter(|a| expires_before(a, before)).count() as i64).min(most),))
        }
    )?;
    Ok(only(row).0)
}

/// Locks everything that the user holds or that is reserved for them, in any team, in the order of the ids.
pub(crate) async fn lock_of_user(db: &mut Db<'_>, user: UserId) -> Result<Vec<Assignment>> {
    macro_rules! of_user {
        ($lock:literal) => {
            concat!(
                "SELECT ",
                assignment_columns!(),
                " FROM assignments
                 WHERE holder = $1 OR (reserved_for = $1 AND reserved_for IS NOT NULL AND status ",
                status!(PENDING),
                ")
                 ORDER BY id",
                $lock
            )
        };
    }
    fetch_as!(
        db,
        AssignmentRow => Assignment,
        [of_user!(" FOR NO KEY UPDATE"), of_user!("")],
        user.0;
        |t| {
            let own = t.assignments.values().filter(|a| a.holder() == Some(user) || a.reserved_for() == Some(user));
            own.cloned().collect()
        }
    )
}

/// The ids of at most `limit` assignments of a job behind `after`, in order.
///
/// The ids themselves say where the job begins and ends. The `+` keeps SQLite from reading all of the job by another
/// index and sorting it for every page.
pub(crate) async fn page_of_ids(
    db: &mut Db<'_>,
    job: JobId,
    after: AssignmentId,
    limit: i64,
) -> Result<Vec<AssignmentId>> {
    let (first, last) = AssignmentId::span(job);
    let rows = fetch_all!(
        db,
        (Uuid,),
        [
            "SELECT id FROM assignments WHERE job = $1 AND id > $2 AND id <= $4 ORDER BY id LIMIT $3",
            "SELECT id FROM assignments WHERE +job = $1 AND id > $2 AND id <= $4 ORDER BY id LIMIT $3"
        ],
        job.0,
        after.max(first).0,
        limit,
        last.0;
        |t| t.of_job(job).filter(|a| a.id > after).take(limit as usize).map(|a| (a.id.0,)).collect()
    )?;
    Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
}

/// Submissions that wait only for the review rule since before `before`, oldest first.
pub(crate) async fn to_auto_accept(db: &mut Db<'_>, before: Time, limit: i64) -> Result<Vec<AssignmentId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        (concat!(
            "SELECT id FROM assignments WHERE status ", status!(COMPLETED), " AND NOT review AND since < $1
             ORDER BY since LIMIT $2"
        )),
        before.0,
        limit;
        |t| {
            let waiting = |a: &&Assignment| {
                a.status == Status::Completed && !a.is_for_review() && a.since < before
            };
            let mut rows: Vec<_> = t.assignments.values().filter(waiting).collect();
            rows.sort_by_key(|a| a.since);
            rows.into_iter().take(limit as usize).map(|a| (a.id.0,)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
}

/// Writes new assignments, which are PENDING and were never leased.
pub(crate) async fn insert(db: &mut Db<'_>, rows: &[Assignment]) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO assignments (id, team, job, round, number, slot, parent, ranges, items, status, fence, expires,
             deadline, confirmed, review, reserved_for, reserved_until, held, accepted, skipped, seq, since)
         SELECT id, team, job, round, number, slot, parent, ranges, items, 0, 0, 0, 0, 0, FALSE, reserved_for,
             reserved_until, held, 0, 0, seq, since
         FROM {rows}",
        rows,
        |a| {
            id: uuid = a.id.0,
            team: uuid = a.team.0,
            job: uuid = a.key.job.0,
            round: bigint = a.key.round.0,
            number: bigint = a.key.number,
            slot: bigint = a.key.slot.0,
            parent: uuid = a.parent.map(|id| id.0),
            ranges: text = a.ranges.to_string(),
            items: bigint = a.items,
            reserved_for: uuid = a.reserved_for().map(|user| user.0),
            reserved_until: bigint = a.reservation.map_or(NO_TIME, |reservation| reservation.until.0),
            held: boolean = a.needs_manager,
            seq: bigint = a.seq,
            since: bigint = a.since.0,
        };
        |t| t.write_assignment(a, true)
    )?;
    Ok(())
}

/// Whether the lease of an assignment expires before a moment.
fn expires_before(a: &Assignment, before: Time) -> bool {
    a.expires().is_some_and(|expires| expires < before)
}
