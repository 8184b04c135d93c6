//! The statements over opinions: which slot of a range a user has spoken in. Nobody gives two opinions on one range.

use swath_domain::Assignment;
use swath_domain::ids::UserId;

use crate::engine::db::{Db, execute, fetch_one};
use crate::error::Result;
use crate::model::status_sets::status;

/// Whether the user has submitted another slot of this range, or still holds a lease on one. An expired lease counts
/// too, because it may yet be submitted.
pub(crate) async fn has_other_slot(db: &mut Db<'_>, assignment: &Assignment, user: UserId) -> Result<bool> {
    let other = fetch_one!(
        db,
        (i64,),
        (concat!(
            "SELECT slot FROM opinions WHERE job = $1 AND number = $2 AND author = $3 AND slot <> $4
             UNION ALL
             SELECT slot FROM assignments
             WHERE holder = $3 AND job = $1 AND number = $2 AND slot <> $4 AND status ", status!(NOT_SUBMITTED), "
             LIMIT 1"
        )),
        assignment.key.job.0,
        assignment.key.number,
        user.0,
        assignment.key.slot.0;
        |t| t.has_other_opinion(assignment, user).then_some((0,))
    )?;
    Ok(other.is_some())
}

/// Records the assignment's slot as the user's; false where the user has submitted another slot of the range.
pub(crate) async fn claim(db: &mut Db<'_>, assignment: &Assignment, user: UserId) -> Result<bool> {
    let (job, number, slot) = (assignment.key.job.0, assignment.key.number, assignment.key.slot.0);
    execute!(
        db,
        "INSERT INTO opinions (job, number, author, slot) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        job,
        number,
        user.0,
        slot;
        |t| Ok(t.opinions.insert_new((job, number, user.0), slot))
    )?;
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT slot FROM opinions WHERE job = $1 AND number = $2 AND author = $3",
        job,
        number,
        user.0;
        |t| t.opinions.get(&(job, number, user.0)).map(|slot| (*slot,))
    )?;
    Ok(row == Some((slot,)))
}

/// Forgets that the assignment's slot is the user's.
pub(crate) async fn withdraw(db: &mut Db<'_>, assignment: &Assignment, user: UserId) -> Result<()> {
    execute!(
        db,
        "DELETE FROM opinions WHERE job = $1 AND number = $2 AND author = $3 AND slot = $4",
        assignment.key.job.0,
        assignment.key.number,
        user.0,
        assignment.key.slot.0;
        |t| {
            let key = (assignment.key.job.0, assignment.key.number, user.0);
            let own = t.opinions.get(&key) == Some(&assignment.key.slot.0);
            Ok(if own { t.opinions.remove(&key) } else { 0 })
        }
    )?;
    Ok(())
}
