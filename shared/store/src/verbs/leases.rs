//! Renewing and releasing what is held: leases and reviews alike.

use std::collections::HashMap;

use swath_domain::assignment::Hold;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Refusal, Stage, Stale, Time};
use uuid::Uuid;

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit, settle};
use crate::engine::db::{Db, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::rows::GrantRow;
use crate::tables::changes::Changes;
use crate::tables::leased::{self, Leased};
use crate::verbs::grant;
use crate::verbs::jobs::definition;

/// A sign of life.
#[derive(Debug, Clone)]
pub struct Renew {
    /// Of a lease or of a review.
    pub stage: Stage,
    /// Which.
    pub lease: LeaseId,
    /// Whose.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
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
    /// Whether that is later than before; a renewal that would gain little leaves it.
    pub moved: bool,
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
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
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
        let mut holds = Self { grants: HashMap::with_capacity(leases.len()), changes: Changes::default() };
        let mut gone = Vec::new();
        for Leased { assignment, grant } in leased::lock(db, &leases).await? {
            let lease = LeaseId(grant.lease);
            if assignment.lease != Some(lease) {
                gone.push(lease);
            }
            holds.grants.insert(lease, grant);
            holds.changes.add(vec![assignment]);
        }
        // Only now: what ended while we waited for the rows must be seen. A lease that stands has not ended.
        holds.grants.extend(grant::of_leases(db, &gone).await?);
        Ok(holds)
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
        let stale = grant::stale(grant);
        let id = AssignmentId(grant.assignment);
        let assignment = self.changes.get(id).ok_or(StoreError::NotFound)?;
        assignment.hold(stage, user, lease).map(|_| id).ok_or(stale)
    }

    /// Keeps a standing lease alive, or revives it.
    pub(crate) async fn touch(
        &mut self,
        core: &Core,
        db: &mut Db<'_>,
        &Renew { stage, lease, user, token_maker, now }: &Renew,
    ) -> Result<Renewed> {
        let id = self.standing(stage, lease, user)?;
        let job = JobId(self.grant(stage, lease, user)?.job);
        let terms = definition(core, db, job).await?.terms;
        let assignment = self.changes.get(id).ok_or(StoreError::NotFound)?;
        if assignment.status == stage.waiting() && holds_another(db, assignment, stage, user).await? {
            return Err(StoreError::Refused(Refusal::Stale(Stale::Lapsed)));
        }
        let before = assignment.expires;
        let entry = assignment.renew(stage, user, terms, now)?;
        let expires = assignment.expires;
        self.changes.log_through(token_maker, entry);
        Ok(Renewed { assignment: id, expires, moved: expires != before })
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

/// Most renewals gain little and change nothing: a plain read answers those, and only the others are written.
pub(crate) async fn renew(core: &Core, commands: Vec<Renew>) -> Replies<Renewed> {
    let standing = unmoved(core, &commands).await?;
    let moving: Vec<_> = commands
        .iter()
        .zip(&standing)
        .filter(|(_, unmoved)| unmoved.is_none())
        .map(|(c, _)| c.clone())
        .collect();
    let mut written =
        if moving.is_empty() { Vec::new() } else { renew_rows(core, moving).await? }.into_iter();
    let lost = || StoreError::Unavailable("a batch lost its answer".into());
    let answer = |unmoved: Option<Renewed>| match unmoved {
        Some(renewed) => Ok(renewed),
        None => written.next().unwrap_or_else(|| Err(lost())),
    };
    Ok(standing.into_iter().map(answer).collect())
}

/// What each of these renewals hears if it leaves everything as it is.
async fn unmoved(core: &Core, commands: &[Renew]) -> Result<Vec<Option<Renewed>>> {
    let mut reader = core.pools.reader().await?;
    let db = &mut reader.db();
    let mut leases: Vec<_> = commands.iter().map(|command| command.lease).collect();
    leases.sort_unstable();
    leases.dedup();
    let leased = leased::read(db, &leases).await?;
    let leased: HashMap<_, _> =
        leased.into_iter().map(|leased| (LeaseId(leased.grant.lease), leased)).collect();
    let mut unmoved = Vec::with_capacity(commands.len());
    for command in commands {
        unmoved.push(match leased.get(&command.lease) {
            Some(leased) => as_it_stands(core, db, &leased.assignment, command).await?,
            None => None,
        });
    }
    Ok(unmoved)
}

async fn as_it_stands(
    core: &Core,
    db: &mut Db<'_>,
    assignment: &Assignment,
    &Renew { stage, lease, user, now, .. }: &Renew,
) -> Result<Option<Renewed>> {
    if assignment.hold(stage, user, lease) != Some(Hold::Current) {
        return Ok(None);
    }
    let terms = definition(core, db, assignment.job).await?.terms;
    let mut renewed = assignment.clone();
    let left_alone = matches!(renewed.renew(stage, user, terms, now), Ok(None)) && renewed == *assignment;
    let answer = Renewed { assignment: assignment.id, expires: assignment.expires, moved: false };
    Ok(left_alone.then_some(answer))
}

async fn renew_rows(core: &Core, commands: Vec<Renew>) -> Replies<Renewed> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for c in &commands {
        answers.push(settle(holds.touch(core, db, c).await)?);
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
        holds.changes.log_through(command.token_maker, [entry]);
    }
    holds.changes.end(Some(command.lease), Stale::Released, command.now);
    Ok(())
}
