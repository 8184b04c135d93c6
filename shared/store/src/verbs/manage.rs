//! What a manager does to one assignment: reassign it, reopen it, cancel it.

use swath_domain::cause::Cause;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::job::JobStatus;
use swath_domain::{Assignment, LeaseEnd, Time};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::tables::{accepted, assignments, jobs, opinions};
use crate::verbs::changes::Changes;
use crate::verbs::job_log;

/// What a manager does to an assignment.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Takes the assignment from its holder, and reserves it for a user until `until`, or for nobody.
    Reassign { to: Option<UserId>, until: Time },
    /// Puts a submitted or accepted assignment back into the queue.
    Reopen,
    /// Cancels an undecided assignment.
    Cancel,
}

/// The assignment afterwards, and the lease that this ended.
pub type Managed = (Assignment, Option<LeaseId>);

pub(crate) async fn manage(
    core: &Core,
    tx: &mut Tx,
    id: AssignmentId,
    action: &Action,
    cause: &Cause,
) -> Result<Managed> {
    let db = &mut tx.db();
    let mut changes = Changes::lock(db, [id]).await?;
    let assignment = changes.get(id).ok_or(StoreError::NotFound)?;
    let lease = assignment.lease_id();
    let author = assignment.author();
    let (entry, how) = match action {
        Action::Reassign { to, until } => (assignment.reassign(*to, *until, cause)?, LeaseEnd::Reassigned),
        Action::Reopen => (assignment.reopen(cause)?, LeaseEnd::Reassigned),
        Action::Cancel => (assignment.cancel(cause)?, LeaseEnd::Cancelled),
    };
    let after = assignment.clone();
    changes.log(entry);
    changes.end(lease, how, cause.at);
    if matches!(action, Action::Reopen) {
        accepted::withdraw(db, &after).await?;
        withdraw_opinion(db, &after, author).await?;
    }
    if !matches!(action, Action::Cancel) {
        refuse_if_cancelled(db, &after, cause, matches!(action, Action::Reopen)).await?;
    }
    changes.write(db, core.stripe).await?;
    Ok((after, lease))
}

/// Work goes back only into a job that goes on. A job that was done becomes active again.
async fn refuse_if_cancelled(
    db: &mut Db<'_>,
    assignment: &Assignment,
    cause: &Cause,
    reopened: bool,
) -> Result<()> {
    let mut job = jobs::lock(db, assignment.key.job).await?;
    match job.status {
        JobStatus::Cancelling | JobStatus::Cancelled => {
            Err(StoreError::Conflict("the job was cancelled".into()))
        }
        JobStatus::Done if reopened => {
            job_log::set_status(db, &mut job, JobStatus::Active, cause, "reopen").await
        }
        _ => Ok(()),
    }
}

/// Allows the author to submit any slot of the range again, unless an earlier round of this one is theirs as well.
async fn withdraw_opinion(db: &mut Db<'_>, assignment: &Assignment, author: Option<UserId>) -> Result<()> {
    let Some(author) = author else { return Ok(()) };
    let mut earlier = assignment.parent;
    while let Some(id) = earlier {
        let Some(descent) = assignments::descent(db, id).await? else { break };
        if descent.author == Some(author) {
            return Ok(());
        }
        earlier = descent.parent;
    }
    opinions::withdraw(db, assignment, author).await
}
