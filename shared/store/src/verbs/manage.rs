//! What a manager does to one assignment: reassign, reopen, call off.

use swath_domain::assignment::Cause;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::job::JobStatus;
use swath_domain::{Assignment, Stale, Time};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute, fetch_one};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::changes::Changes;
use crate::verbs::jobs;

/// What is done.
#[derive(Debug, Clone)]
enum Deed {
    Reassign { to: Option<UserId>, until: Time },
    Reopen,
    Cancel,
}

/// The assignment afterwards, and the lease that this ended.
pub type Managed = (Assignment, Option<LeaseId>);

impl Store {
    /// Takes an assignment from whoever has it, and reserves it for a person until `until`, or for nobody.
    pub async fn assignment_reassign(
        &self,
        id: AssignmentId,
        to: Option<UserId>,
        until: Time,
        cause: Cause,
    ) -> Result<Managed> {
        self.manage(id, Deed::Reassign { to, until }, cause).await
    }

    /// Puts a submitted or accepted assignment back into the queue.
    pub async fn assignment_reopen(&self, id: AssignmentId, cause: Cause) -> Result<Managed> {
        self.manage(id, Deed::Reopen, cause).await
    }

    /// Calls an undecided assignment off.
    pub async fn assignment_cancel(&self, id: AssignmentId, cause: Cause) -> Result<Managed> {
        self.manage(id, Deed::Cancel, cause).await
    }

    async fn manage(&self, id: AssignmentId, deed: Deed, cause: Cause) -> Result<Managed> {
        self.write((deed, cause), move |core, tx, (deed, cause)| Box::pin(manage(core, tx, id, deed, cause)))
            .await
    }
}

async fn manage(core: &Core, tx: &mut Tx, id: AssignmentId, deed: &Deed, cause: &Cause) -> Result<Managed> {
    let db = &mut tx.db();
    let mut changes = Changes::lock(db, [id]).await?;
    let assignment = changes.get(id).ok_or(StoreError::NotFound)?;
    let lease = assignment.lease;
    let author = assignment.author;
    let (entry, how) = match deed {
        Deed::Reassign { to, until } => (assignment.reassign(*to, *until, cause)?, Stale::Reassigned),
        Deed::Reopen => (assignment.reopen(cause)?, Stale::Reassigned),
        Deed::Cancel => (assignment.cancel(cause)?, Stale::Cancelled),
    };
    let after = assignment.clone();
    changes.log(entry);
    changes.end(lease, how, cause.at);
    if matches!(deed, Deed::Reopen) {
        withdraw_accepted(db, &after).await?;
        withdraw_opinion(db, &after, author).await?;
    }
    if !matches!(deed, Deed::Cancel) {
        refuse_if_cancelled(db, &after, cause, matches!(deed, Deed::Reopen)).await?;
    }
    changes.write(db, core.stripe).await?;
    Ok((after, lease))
}

/// Work goes back only into a job that goes on; one that was done is active again.
async fn refuse_if_cancelled(
    db: &mut Db<'_>,
    assignment: &Assignment,
    cause: &Cause,
    reopened: bool,
) -> Result<()> {
    let mut job = jobs::lock(db, assignment.job).await?;
    match job.status {
        JobStatus::Cancelling | JobStatus::Cancelled => {
            Err(StoreError::Conflict("the job was cancelled".into()))
        }
        JobStatus::Done if reopened => {
            jobs::set_status(db, &mut job, JobStatus::Active, cause, "reopen").await
        }
        _ => Ok(()),
    }
}

async fn withdraw_accepted(db: &mut Db<'_>, assignment: &Assignment) -> Result<()> {
    let ranges = assignment.ranges.as_slice();
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return Ok(()) };
    execute!(
        db,
        "DELETE FROM accepted WHERE job = $1 AND item >= $2 AND item < $3 AND slot = $4 AND assignment = $5",
        assignment.job.0,
        first.start,
        last.end,
        assignment.slot,
        assignment.id.0;
        |t| {
            let own = t.accepted.range((assignment.job.0, first.start, 0)..(assignment.job.0, last.end, 0));
            let own = own.filter(|(place, row)| place.2 == assignment.slot && row.assignment == assignment.id.0);
            let own: Vec<_> = own.map(|(place, _)| *place).collect();
            Ok(own.iter().map(|place| t.accepted.remove(place)).sum())
        }
    )?;
    Ok(())
}

/// The author may speak of the range again, in any slot, unless an earlier round of this one is theirs as well.
async fn withdraw_opinion(db: &mut Db<'_>, assignment: &Assignment, author: Option<UserId>) -> Result<()> {
    let Some(author) = author else { return Ok(()) };
    let mut earlier = assignment.parent;
    while let Some(id) = earlier {
        let row = fetch_one!(
            db,
            (Option<Uuid>, Option<Uuid>),
            "SELECT author, parent FROM assignments WHERE id = $1",
            id.0;
            |t| t.assignments.get(&id.0).map(|a| (a.author.map(|author| author.0), a.parent.map(|parent| parent.0)))
        )?;
        let Some((wrote, parent)) = row else { break };
        if wrote == Some(author.0) {
            return Ok(());
        }
        earlier = parent.map(AssignmentId);
    }
    execute!(
        db,
        "DELETE FROM opinions WHERE job = $1 AND number = $2 AND author = $3 AND slot = $4",
        assignment.job.0,
        assignment.number,
        author.0,
        assignment.slot;
        |t| {
            let place = (assignment.job.0, assignment.number, author.0);
            let own = t.opinions.get(&place) == Some(&assignment.slot);
            Ok(if own { t.opinions.remove(&place) } else { 0 })
        }
    )?;
    Ok(())
}
