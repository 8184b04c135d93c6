//! Renewing and releasing what is held: leases and reviews alike.

use std::collections::HashMap;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Refusal, Stage, Stale, Time};
use uuid::Uuid;

use crate::changes::Changes;
use crate::core::{Core, commit, settle};
use crate::db::{Db, fetch_one};
use crate::error::{Result, StoreError};
use crate::grants;
use crate::rows::GrantRow;
use crate::writer::Replies;

/// A sign of life.
#[derive(Debug, Clone)]
pub struct Renew {
    /// Of a lease or of a review.
    pub stage: Stage,
    /// Which.
    pub lease: LeaseId,
    /// Whose.
    pub user: UserId,
    /// When.
    pub now: Time,
}

/// Until when the lease runs now.
#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    /// The assignment under the lease.
    pub assignment: AssignmentId,
    /// When it lapses.
    pub expires: Time,
}

/// Work handed back unfinished.
#[derive(Debug, Clone)]
pub struct Release {
    /// A lease or a review.
    pub stage: Stage,
    /// Which.
    pub lease: LeaseId,
    /// Whose.
    pub user: UserId,
    /// In the person's words.
    pub reason: Option<String>,
    /// When.
    pub now: Time,
}

/// The grants behind a batch's leases, and their assignments, locked.
pub(crate) struct Holds {
    pub(crate) grants: HashMap<LeaseId, GrantRow>,
    pub(crate) changes: Changes,
}

impl Holds {
    pub(crate) async fn lock(db: &mut Db<'_>, leases: impl IntoIterator<Item = LeaseId>) -> Result<Self> {
        let mut leases: Vec<_> = leases.into_iter().collect();
        leases.sort_unstable();
        leases.dedup();
        let changes = Changes::lock_leased(db, &leases).await?;
        // Only now: what ended while we waited for the rows must be seen.
        let grants = grants::of_leases(db, &leases).await?;
        Ok(Self { grants, changes })
    }

    /// The grant of a lease of this person, whatever became of it.
    pub(crate) fn grant(&self, stage: Stage, lease: LeaseId, user: UserId) -> Result<&GrantRow> {
        let grant = self.grants.get(&lease).ok_or(StoreError::NotFound)?;
        if grant.holder != user.0 || grant.stage != stage.code() {
            return Err(StoreError::NotFound);
        }
        Ok(grant)
    }

    /// The assignment that the lease still stands on, current or lapsed.
    pub(crate) fn standing(&mut self, stage: Stage, lease: LeaseId, user: UserId) -> Result<AssignmentId> {
        let grant = self.grant(stage, lease, user)?;
        let stale = grants::stale(grant);
        let id = AssignmentId(grant.assignment);
        let assignment = self.changes.get(id).ok_or(StoreError::NotFound)?;
        assignment.hold(stage, user, lease).map(|_| id).ok_or(stale)
    }

    /// Keeps a standing lease alive, or revives it.
    pub(crate) async fn touch(
        &mut self,
        core: &Core,
        db: &mut Db<'_>,
        (stage, lease, user, now): (Stage, LeaseId, UserId, Time),
    ) -> Result<Renewed> {
        let id = self.standing(stage, lease, user)?;
        let job = JobId(self.grant(stage, lease, user)?.job);
        let terms = core.job(db, job).await?.terms;
        let assignment = self.changes.get(id).ok_or(StoreError::NotFound)?;
        if assignment.status == stage.waiting() && holds_another(db, assignment, stage, user).await? {
            return Err(StoreError::Refused(Refusal::Stale(Stale::Lapsed)));
        }
        let entry = assignment.renew(stage, user, terms, now)?;
        let expires = assignment.expires;
        entry.into_iter().for_each(|entry| self.changes.log(entry));
        Ok(Renewed { assignment: id, expires })
    }
}

/// Whether the person has gone on with another assignment of the job: a lapsed lease is not revived beside it.
async fn holds_another(db: &mut Db<'_>, lapsed: &Assignment, stage: Stage, user: UserId) -> Result<bool> {
    let other = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM assignments WHERE holder = $1 AND job = $2 AND status = $3 LIMIT 1",
        user.0,
        lapsed.job.0,
        stage.held().code();
        |t| t.of_job(lapsed.job).find(|a| a.holder == Some(user) && a.status == stage.held()).map(|a| (a.id.0,))
    )?;
    Ok(other.is_some())
}

pub(crate) async fn renew(core: &Core, commands: Vec<Renew>) -> Replies<Renewed> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for c in &commands {
        answers.push(settle(holds.touch(core, db, (c.stage, c.lease, c.user, c.now)).await)?);
    }
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

pub(crate) async fn release(core: &Core, commands: Vec<Release>) -> Replies<()> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let answers = commands.iter().map(|command| give_back(&mut holds, command)).collect();
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

fn give_back(holds: &mut Holds, command: &Release) -> Result<()> {
    let grant = holds.grant(command.stage, command.lease, command.user)?;
    if grant.ended == Some(Stale::Released.code()) {
        // The same request again, whose first answer was lost.
        return Ok(());
    }
    let id = holds.standing(command.stage, command.lease, command.user)?;
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let entry = assignment.release(command.stage, command.user, command.reason.clone(), command.now);
    if !is(Bug::ReleaseUnlogged) {
        holds.changes.log(entry);
    }
    holds.changes.end(Some(command.lease), Stale::Released, command.now);
    Ok(())
}
