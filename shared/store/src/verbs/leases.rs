//! Renewing and releasing leases and reviews, and what every command under a lease begins with: locking the assignment
//! and finding out whether the lease still stands on it.

use std::collections::HashMap;

use swath_domain::assignment::LeaseState;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::{Assignment, LeaseEnd, Refusal, Stage, Time};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::rows::GrantRow;
use crate::tables::leases::{self, Leased};
use crate::tables::{assignments, grants};
use crate::verbs::changes::Changes;
use crate::verbs::definition::definition;

/// Keeps a lease or a review alive.
#[derive(Debug, Clone)]
pub struct Renew {
    /// Of a lease or of a review.
    pub stage: Stage,
    /// The lease to renew.
    pub lease: LeaseId,
    /// The user, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// When it is renewed, by the database's clock.
    pub now: Time,
}

/// Until when the lease runs now.
#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    /// The assignment under the lease.
    pub assignment: AssignmentId,
    /// When the lease expires.
    pub expires: Time,
    /// Whether that is later than before; a renewal that would gain little leaves it.
    pub moved: bool,
}

/// Gives work back unfinished.
#[derive(Debug, Clone)]
pub struct Release {
    /// A lease or a review.
    pub stage: Stage,
    /// The lease to end.
    pub lease: LeaseId,
    /// The user, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// In the user's words.
    pub reason: Option<String>,
    /// When it is released, by the database's clock.
    pub now: Time,
}

/// Which lease a command is about, and whose it must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseRef {
    pub(crate) stage: Stage,
    pub(crate) lease: LeaseId,
    pub(crate) user: UserId,
}

/// The grants behind the leases of a batch.
pub(crate) struct Grants(HashMap<LeaseId, GrantRow>);

/// A lease that a command is about, looked up once: its grant, and whether it still stands on its assignment. It is as of
/// then: a verb that ends leases looks a lease up again for each of its commands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolved<'a> {
    pub(crate) of: LeaseRef,
    pub(crate) grant: &'a GrantRow,
    /// Why the lease has ended; none while it stands on its assignment, current or expired.
    pub(crate) ended: Option<LeaseEnd>,
}

/// Locks the assignments of these leases.
pub(crate) async fn lock(
    db: &mut Db<'_>,
    leases: impl IntoIterator<Item = LeaseId>,
) -> Result<(Grants, Changes)> {
    let leases = sorted(leases);
    let mut rows = HashMap::with_capacity(leases.len());
    let mut changes = Changes::default();
    let mut ended = Vec::new();
    for Leased { assignment, grant } in leases::lock(db, &leases).await? {
        let lease = LeaseId(grant.lease);
        if assignment.lease_id() != Some(lease) {
            ended.push(lease);
        }
        rows.insert(lease, grant);
        changes.add(vec![assignment]);
    }
    // Read again after the lock: what ended these leases may have committed while this transaction waited for the
    // rows. A lease that stands on its assignment has not ended.
    rows.extend(grants::of_leases(db, &ended).await?);
    Ok((Grants(rows), changes))
}

fn sorted(leases: impl IntoIterator<Item = LeaseId>) -> Vec<LeaseId> {
    let mut leases: Vec<_> = leases.into_iter().collect();
    leases.sort_unstable();
    leases.dedup();
    leases
}

impl Grants {
    /// Looks a lease up; one of another user or stage is not found.
    pub(crate) fn resolve(&self, changes: &mut Changes, of: LeaseRef) -> Result<Resolved<'_>> {
        let grant = self.0.get(&of.lease).ok_or(StoreError::NotFound)?;
        if grant.holder != of.user.0 || grant.stage != of.stage.code() {
            return Err(StoreError::NotFound);
        }
        let assignment = changes.get(AssignmentId(grant.assignment)).ok_or(StoreError::NotFound)?;
        let stands = assignment.lease_state(of.stage, of.user, of.lease).is_some();
        let how = || grant.ended.and_then(LeaseEnd::from_code).unwrap_or(LeaseEnd::Expired);
        Ok(Resolved { of, grant, ended: (!stands).then(how) })
    }
}

impl Resolved<'_> {
    /// Refuses a lease that no longer stands on its assignment.
    pub(crate) fn require_standing(&self) -> Result<()> {
        self.ended.map_or(Ok(()), |how| Err(Refusal::Stale(how).into()))
    }

    pub(crate) fn stands(&self) -> bool {
        self.ended.is_none()
    }

    pub(crate) fn assignment(&self) -> AssignmentId {
        AssignmentId(self.grant.assignment)
    }

    pub(crate) fn job(&self) -> JobId {
        JobId(self.grant.job)
    }
}

/// Who keeps a lease alive by a command, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignOfLife {
    pub(crate) token_maker: Option<UserId>,
    pub(crate) now: Time,
}

/// Renews a lease that stands on its assignment, or revives it where it has expired.
pub(crate) async fn extend(
    core: &Core,
    db: &mut Db<'_>,
    changes: &mut Changes,
    lease: &Resolved<'_>,
    by: SignOfLife,
) -> Result<Renewed> {
    lease.require_standing()?;
    let LeaseRef { stage, user, .. } = lease.of;
    let policy = definition(core, db, lease.job()).await?.lease_policy;
    let assignment = changes.get(lease.assignment()).ok_or(StoreError::NotFound)?;
    // The user may have gone on with another assignment of the job; an expired lease is not revived beside that.
    if assignment.status == stage.waiting()
        && assignments::has_current_lease_beside(db, assignment, stage, user).await?
    {
        return Err(Refusal::Stale(LeaseEnd::Expired).into());
    }
    let before = assignment.expires();
    let entry = assignment.renew(stage, user, policy, by.now)?;
    let expires = assignment.expires().ok_or(StoreError::NotFound)?;
    changes.log_through(by.token_maker, entry);
    Ok(Renewed { assignment: lease.assignment(), expires, moved: Some(expires) != before })
}

impl Renew {
    fn lease_ref(&self) -> LeaseRef {
        LeaseRef { stage: self.stage, lease: self.lease, user: self.user }
    }
}

/// Renews leases. Most renewals gain little and change nothing: a plain read answers those, and only the others are
/// written.
pub(crate) async fn renew(core: &Core, commands: Vec<Renew>) -> Replies<Renewed> {
    let unchanged = unchanged(core, &commands).await?;
    let changing = commands.iter().zip(&unchanged).filter(|(_, unchanged)| unchanged.is_none());
    let changing: Vec<_> = changing.map(|(command, _)| command.clone()).collect();
    let written = if changing.is_empty() { Vec::new() } else { renew_rows(core, changing).await? };
    let mut written = written.into_iter();
    let lost = || StoreError::Unavailable("a batch lost its answer".into());
    let answer = |unchanged: Option<Renewed>| match unchanged {
        Some(renewed) => Ok(renewed),
        None => written.next().unwrap_or_else(|| Err(lost())),
    };
    Ok(unchanged.into_iter().map(answer).collect())
}

/// The reply to each renewal that need not be written; none where it must be.
async fn unchanged(core: &Core, commands: &[Renew]) -> Result<Vec<Option<Renewed>>> {
    let mut reader = core.pools.reader().await?;
    let db = &mut reader.db();
    let leased = leases::read(db, &sorted(commands.iter().map(|command| command.lease))).await?;
    let leased: HashMap<_, _> =
        leased.into_iter().map(|leased| (LeaseId(leased.grant.lease), leased)).collect();
    let mut unchanged = Vec::with_capacity(commands.len());
    for command in commands {
        unchanged.push(match leased.get(&command.lease) {
            Some(leased) => unchanged_by(core, db, &leased.assignment, command).await?,
            None => None,
        });
    }
    Ok(unchanged)
}

async fn unchanged_by(
    core: &Core,
    db: &mut Db<'_>,
    assignment: &Assignment,
    &Renew { stage, lease, user, now, .. }: &Renew,
) -> Result<Option<Renewed>> {
    if assignment.lease_state(stage, user, lease) != Some(LeaseState::Current) {
        return Ok(None);
    }
    let policy = definition(core, db, assignment.key.job).await?.lease_policy;
    let mut renewed = assignment.clone();
    let is_unchanged = matches!(renewed.renew(stage, user, policy, now), Ok(None)) && renewed == *assignment;
    let answer =
        assignment.expires().map(|expires| Renewed { assignment: assignment.id, expires, moved: false });
    Ok(answer.filter(|_| is_unchanged))
}

async fn renew_rows(core: &Core, commands: Vec<Renew>) -> Replies<Renewed> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let (grants, mut changes) = lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut answers = Answers::with_capacity(commands.len());
    for command in &commands {
        answers.push(renew_one(core, db, &grants, &mut changes, command).await)?;
    }
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

async fn renew_one(
    core: &Core,
    db: &mut Db<'_>,
    grants: &Grants,
    changes: &mut Changes,
    command: &Renew,
) -> Result<Renewed> {
    let lease = grants.resolve(changes, command.lease_ref())?;
    let by = SignOfLife { token_maker: command.token_maker, now: command.now };
    extend(core, db, changes, &lease, by).await
}

/// Gives leases and reviews back.
pub(crate) async fn release(core: &Core, commands: Vec<Release>) -> Replies<()> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let (grants, mut changes) = lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut answers = Answers::with_capacity(commands.len());
    for command in &commands {
        answers.push(release_one(&grants, &mut changes, command))?;
    }
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

fn release_one(grants: &Grants, changes: &mut Changes, command: &Release) -> Result<()> {
    let &Release { stage, lease, user, .. } = command;
    let lease = grants.resolve(changes, LeaseRef { stage, lease, user })?;
    if lease.grant.ended == Some(LeaseEnd::Released.code()) {
        // The same request again, whose first answer was lost.
        return Ok(());
    }
    lease.require_standing()?;
    let assignment = changes.get(lease.assignment()).ok_or(StoreError::NotFound)?;
    let entry = assignment.release(stage, user, command.reason.clone(), command.now);
    changes.log_through(command.token_maker, [entry]);
    changes.end(Some(command.lease), LeaseEnd::Released, command.now);
    Ok(())
}
