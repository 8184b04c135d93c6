//! Grants: a lease to annotate, or the claim of a review.

mod keys;
mod queues;
mod standing;
mod waits;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, Stage, Stale, Time};

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::{Db, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::rows::{GrantRow, grant_columns};
use crate::tables::answers::Key;
use crate::tables::changes::{Changes, NewGrant};
use crate::verbs::jobs::definition;

use standing::{HeldRow, Standing};

pub use waits::Wait;

/// A person asks for work.
#[derive(Debug, Clone)]
pub struct Grant {
    /// To annotate or to review.
    pub stage: Stage,
    /// Who asks.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// In which team.
    pub team: TeamId,
    /// From which job alone, where the person says so.
    pub only: Option<JobId>,
    /// The open jobs of the team that admit the person; what is reserved for them there comes first.
    pub open: Arc<[JobId]>,
    /// The job to take from if nothing is held or reserved.
    pub job: Option<JobId>,
    /// Assignments of that job to try before its queue is read.
    pub candidates: Vec<AssignmentId>,
    /// The id of the lease, should there be one.
    pub lease: LeaseId,
    /// The client's key.
    pub key: Option<Key>,
    /// When.
    pub now: Time,
}

impl Grant {
    /// Whether this asks to review work of the person who made the token.
    fn is_of_the_author(&self, assignment: &Assignment) -> bool {
        self.stage == Stage::Review && self.token_maker.is_some() && assignment.author == self.token_maker
    }

    fn may_hold(&self, row: &HeldRow) -> bool {
        row.team == self.team.0 && self.only.is_none_or(|job| job.0 == row.job)
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Granted {
    /// A new lease on this assignment.
    New(Box<Assignment>),
    /// The person holds this lease already, or got it under the same key before.
    Held(LeaseId),
    /// Nothing could be had from the job that was named.
    Nothing,
}

/// One batch under way: its commands, and the answers so far.
struct Batch<'a> {
    core: &'a Core,
    commands: &'a [Grant],
    answers: Vec<Option<Result<Granted>>>,
    changes: Changes,
    /// How many rows it has granted, which still look free to a statement.
    granted: usize,
    /// Which commands were handed back what is held already.
    held: Vec<(usize, LeaseId)>,
}

pub(crate) async fn grant(core: &Core, commands: Vec<Grant>) -> Replies<Granted> {
    let mut tx = core.begin().await?;
    let mut batch = Batch {
        core,
        commands: &commands,
        answers: commands.iter().map(|_| None).collect(),
        changes: Changes::default(),
        granted: 0,
        held: Vec::new(),
    };
    let db = &mut tx.db();
    let standing = Standing::read(db, &commands).await?;
    batch.replay(&standing);
    batch.hand_back(db, &standing).await?;
    batch.try_candidates(db, &standing).await?;
    batch.claim(db).await?;
    let answers = batch.write(db).await?;
    commit(tx, answers).await
}

impl Batch<'_> {
    /// The commands that have no answer yet.
    fn open(&self) -> Vec<usize> {
        (0..self.commands.len()).filter(|index| self.answers[*index].is_none()).collect()
    }

    /// Answers those whose key was used before.
    fn replay(&mut self, standing: &Standing) {
        for (index, command) in self.commands.iter().enumerate() {
            if let Some((key, (lease, digest))) = command.key.as_ref().zip(standing.first(command)) {
                self.answers[index] = Some(key.matches(digest.as_deref()).map(|()| Granted::Held(*lease)));
            }
        }
    }

    /// Answers those who hold a lease already; one that lapsed is revived.
    async fn hand_back(&mut self, db: &mut Db<'_>, standing: &Standing) -> Result<()> {
        let held = self.open().into_iter().flat_map(|index| standing.held(&self.commands[index]));
        let lapsed: Vec<_> =
            held.filter(|(_, lapsed)| *lapsed).map(|(row, _)| AssignmentId(row.id)).collect();
        self.changes = Changes::lock_free(db, lapsed).await?;
        for index in self.open() {
            let command = &self.commands[index];
            let mut mine: Vec<_> =
                standing.held(command).iter().filter(|(row, _)| command.may_hold(row)).collect();
            mine.sort_by_key(|(_, lapsed)| *lapsed);
            for (row, lapsed) in mine {
                if !lapsed || self.revive(db, command, row).await? {
                    self.answers[index] = Some(Ok(Granted::Held(LeaseId(row.lease))));
                    self.held.push((index, LeaseId(row.lease)));
                    break;
                }
            }
        }
        Ok(())
    }

    async fn revive(&mut self, db: &mut Db<'_>, command: &Grant, row: &HeldRow) -> Result<bool> {
        let terms = definition(self.core, db, JobId(row.job)).await?.terms;
        let Some(assignment) = self.changes.get(AssignmentId(row.id)) else { return Ok(false) };
        let lease = LeaseId(row.lease);
        if assignment.hold(command.stage, command.user, lease).is_none() {
            return Ok(false);
        }
        match assignment.renew(command.stage, command.user, terms, command.now) {
            Ok(entry) => {
                self.changes.log_through(command.token_maker, entry);
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Tries what is reserved for each person, then the candidates that came with the command.
    async fn try_candidates(&mut self, db: &mut Db<'_>, standing: &Standing) -> Result<()> {
        let mut tries: Vec<(usize, Vec<AssignmentId>)> = Vec::new();
        for index in self.open() {
            let command = &self.commands[index];
            let reserved = standing.reserved(command).iter();
            let admitted = reserved.filter(|(job, _)| {
                command.open.contains(job) && command.only.is_none_or(|only| only == *job)
            });
            let mut ids: Vec<_> = admitted.map(|(_, id)| *id).collect();
            ids.extend(&command.candidates);
            tries.push((index, ids));
        }
        let known: HashSet<_> = self.changes.ids().into_iter().collect();
        let wanted = tries.iter().flat_map(|(_, ids)| ids.iter().copied()).filter(|id| !known.contains(id));
        let locked = Changes::lock_free(db, wanted.collect::<Vec<_>>()).await?;
        self.changes.absorb(locked);
        for (index, ids) in tries {
            for id in ids {
                if self.answers[index].is_none() {
                    self.give(db, index, id).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes from the queue of the job that each command names.
    async fn claim(&mut self, db: &mut Db<'_>) -> Result<()> {
        let mut by_job: BTreeMap<JobId, Vec<usize>> = BTreeMap::new();
        for index in self.open() {
            if let Some(job) = self.commands[index].job {
                by_job.entry(job).or_default().push(index);
            }
        }
        for (job, indices) in by_job {
            let slots = definition(self.core, db, job).await?.slots;
            let (alike, special): (Vec<_>, Vec<_>) = indices
                .into_iter()
                .partition(|index| slots == 1 || self.commands[*index].stage == Stage::Review);
            for stage in [Stage::Annotate, Stage::Review] {
                let of_stage = alike.iter().copied().filter(|index| self.commands[*index].stage == stage);
                self.claim_alike(db, job, stage, &of_stage.collect::<Vec<_>>()).await?;
            }
            let left = alike.into_iter().filter(|index| self.commands[*index].stage == Stage::Review);
            for index in special.into_iter().chain(left) {
                if self.answers[index].is_none() {
                    self.claim_one(db, job, index).await?;
                }
            }
        }
        Ok(())
    }

    /// People for whom everything that waits in the job is as good as any other; a reviewer whose own work comes first
    /// there is looked after apart.
    async fn claim_alike(
        &mut self,
        db: &mut Db<'_>,
        job: JobId,
        stage: Stage,
        indices: &[usize],
    ) -> Result<()> {
        let Some(now) = indices.first().map(|index| self.commands[*index].now) else { return Ok(()) };
        // Rows that this batch has granted already still look free to the statement.
        let limit = (indices.len() + self.granted) as i64;
        let heads = &self.core.queue_cursors;
        let mut rows = match heads.of(job, stage) {
            Some(head) => queues::first_from(db, (job, stage), head, now, limit).await?,
            None => Vec::new(),
        };
        if rows.len() < limit as usize {
            rows = queues::first(db, (job, stage), now, limit).await?;
        }
        if let Some(last) = rows.last().filter(|_| rows.len() == limit as usize) {
            heads.advance(job, stage, last.into());
        }
        let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.changes.add(rows);
        for index in indices {
            for place in 0..ids.len() {
                self.give(db, *index, ids[place]).await?;
                if self.answers[*index].is_some() {
                    ids.remove(place);
                    break;
                }
            }
        }
        Ok(())
    }

    /// A person for whom the queue must be read with their own past in mind.
    async fn claim_one(&mut self, db: &mut Db<'_>, job: JobId, index: usize) -> Result<()> {
        let command = &self.commands[index];
        let limit = 1 + self.granted as i64;
        let asker = (command.user, command.token_maker);
        let rows = queues::first_for(db, (job, command.stage), asker, command.now, limit).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.changes.add(rows);
        for id in ids {
            if self.answers[index].is_none() {
                self.give(db, index, id).await?;
            }
        }
        Ok(())
    }

    /// Grants one locked assignment to one person, if it is theirs to have.
    async fn give(&mut self, db: &mut Db<'_>, index: usize, id: AssignmentId) -> Result<()> {
        let command = &self.commands[index];
        let Some(assignment) = self.changes.get(id) else { return Ok(()) };
        let in_reach = assignment.team == command.team && command.open.contains(&assignment.job);
        if !in_reach
            || !assignment.is_eligible(command.stage, command.user, command.now)
            || command.is_of_the_author(assignment)
        {
            return Ok(());
        }
        let before = assignment.lease;
        let lease = before.filter(|_| is(Bug::LeaseReused)).unwrap_or(command.lease);
        let job_id = assignment.job;
        let job = definition(self.core, db, job_id).await?;
        if command.stage == Stage::Annotate
            && job.slots > 1
            && has_other_opinion(db, assignment, command.user).await?
        {
            return Ok(());
        }
        let Ok(entry) = assignment.grant(command.stage, command.user, lease, job.terms, command.now) else {
            return Ok(());
        };
        if command.stage == Stage::Annotate && assignment.fence > 1 {
            assignment.confirmed = count_own(db, assignment.id, command.user).await?;
        }
        let granted = assignment.clone();
        self.changes.end(before, Stale::Taken, command.now);
        self.changes.log_through(command.token_maker, [entry]);
        self.changes.count(job_id, Counter::Leases, 1);
        self.changes.grant(NewGrant {
            lease: command.lease,
            assignment: granted.id,
            job: job_id,
            holder: command.user,
            stage: command.stage,
            fence: granted.fence,
            key: command.key.clone(),
            at: command.now,
        });
        self.granted += 1;
        self.answers[index] = Some(Ok(Granted::New(Box::new(granted))));
        Ok(())
    }

    async fn write(self, db: &mut Db<'_>) -> Result<Vec<Result<Granted>>> {
        let held = self.held.iter().map(|(index, lease)| (&self.commands[*index], *lease)).collect();
        keys::keep(db, held).await?;
        self.changes.write(db, self.core.stripe).await?;
        Ok(self.answers.into_iter().map(|answer| answer.unwrap_or(Ok(Granted::Nothing))).collect())
    }
}

/// Whether the person has another opinion on the range: given, or in hand under a lease that still stands on its row,
/// for even one that has lapsed for good may be handed in as long as nobody else has the work.
async fn has_other_opinion(db: &mut Db<'_>, assignment: &Assignment, user: UserId) -> Result<bool> {
    let other = fetch_one!(
        db,
        (i64,),
        "SELECT slot FROM opinions WHERE job = $1 AND number = $2 AND author = $3 AND slot <> $4
         UNION ALL
         SELECT slot FROM assignments WHERE holder = $3 AND job = $1 AND number = $2 AND slot <> $4 AND status < 2
         LIMIT 1",
        assignment.job.0,
        assignment.number,
        user.0,
        assignment.slot;
        |t| t.has_other_opinion(assignment, user).then_some((0,))
    )?;
    Ok(other.is_some() && !is(Bug::OpinionsUncounted))
}

/// How many items of the assignment the person has saved in an earlier lease.
async fn count_own(db: &mut Db<'_>, assignment: AssignmentId, user: UserId) -> Result<i64> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM annotations WHERE assignment = $1 AND author = $2",
        assignment.0,
        user.0;
        |t| Some((t.annotations_by(assignment.0, user.0).count() as i64,))
    )?;
    Ok(row.map_or(0, |(count,)| count))
}

/// The grant behind each of these leases.
pub(crate) async fn of_leases(db: &mut Db<'_>, leases: &[LeaseId]) -> Result<HashMap<LeaseId, GrantRow>> {
    let rows = fetch_each!(
        db,
        GrantRow,
        (concat!("SELECT ", grant_columns!("g."), " FROM {rows} CROSS JOIN grants g WHERE g.lease = c.key")),
        leases,
        |lease| { key: uuid = lease.0 };
        |t| t.grants.get(&lease.0).cloned()
    )?;
    Ok(rows.into_iter().map(|row| (LeaseId(row.lease), row)).collect())
}

/// Why a lease that is not on its assignment any more is stale.
pub(crate) fn stale(grant: &GrantRow) -> StoreError {
    let reason = grant.ended.and_then(Stale::from_code).unwrap_or(Stale::Lapsed);
    StoreError::Refused(swath_domain::Refusal::Stale(reason))
}
