//! Grants: a lease to annotate, or the claim of a review.

mod command;
mod context;

use std::collections::{BTreeMap, HashSet};

use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::progress::Counter;
use swath_domain::{LeaseEnd, Stage};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::grant_context::HeldLease;
use crate::tables::grant_keys::{self, HandedBack};
use crate::tables::queues::{self, Queue};
use crate::tables::saved_items::{self, WorkOf};
use crate::tables::written::NewGrant;
use crate::tables::{assignments, opinions};
use crate::verbs::changes::Changes;
use crate::verbs::definition::definition;

use context::GrantContext;

pub use command::{Grant, Granted};

/// One batch under way: its commands, and the answers so far.
struct Batch<'a> {
    core: &'a Core,
    commands: &'a [Grant],
    answers: Vec<Option<Result<Granted>>>,
    changes: Changes,
    /// How many rows it has granted. A statement of this transaction still sees them as waiting.
    granted: usize,
    /// The leases that were handed back to users who asked under a key.
    handed_back: Vec<HandedBack>,
}

pub(crate) async fn grant(core: &Core, commands: Vec<Grant>) -> Replies<Granted> {
    let mut tx = core.begin().await?;
    let mut batch = Batch {
        core,
        commands: &commands,
        answers: commands.iter().map(|_| None).collect(),
        changes: Changes::default(),
        granted: 0,
        handed_back: Vec::new(),
    };
    let db = &mut tx.db();
    let context = GrantContext::read(db, &commands).await?;
    batch.replay(&context);
    batch.hand_back(db, &context).await?;
    batch.try_candidates(db, &context).await?;
    batch.claim(db).await?;
    let answers = batch.write(db).await?;
    commit(tx, answers).await
}

impl Batch<'_> {
    /// The commands that have no answer yet.
    fn open(&self) -> Vec<usize> {
        (0..self.commands.len()).filter(|index| self.answers[*index].is_none()).collect()
    }

    /// Answers the commands whose key was used before.
    fn replay(&mut self, context: &GrantContext) {
        for (index, command) in self.commands.iter().enumerate() {
            if let Some((key, first)) = command.key.as_ref().zip(context.first_answer(command)) {
                let answer = key.matches(first.digest.as_deref());
                self.answers[index] = Some(answer.map(|()| Granted::Held(first.lease)));
            }
        }
    }

    /// Answers the users who hold a lease already; an expired one is revived.
    async fn hand_back(&mut self, db: &mut Db<'_>, context: &GrantContext) -> Result<()> {
        let held = self.open().into_iter().flat_map(|index| context.leases(&self.commands[index]));
        let expired: Vec<_> = held.filter(|held| held.is_expired).map(|held| held.assignment).collect();
        self.changes = Changes::lock_free(db, expired).await?;
        for index in self.open() {
            let command = &self.commands[index];
            let mut held: Vec<_> =
                context.leases(command).iter().filter(|held| command.may_get(held)).collect();
            held.sort_by_key(|held| held.is_expired);
            for held in held {
                if !held.is_expired || self.revive(db, command, held).await? {
                    self.answer_with(index, held.lease);
                    break;
                }
            }
        }
        Ok(())
    }

    fn answer_with(&mut self, index: usize, lease: LeaseId) {
        let command = &self.commands[index];
        self.answers[index] = Some(Ok(Granted::Held(lease)));
        let &Grant { user, stage, now: at, .. } = command;
        let kept = command.key.clone().map(|key| HandedBack { user, stage, key, lease, at });
        self.handed_back.extend(kept);
    }

    async fn revive(&mut self, db: &mut Db<'_>, command: &Grant, held: &HeldLease) -> Result<bool> {
        let policy = definition(self.core, db, held.job).await?.lease_policy;
        let Some(assignment) = self.changes.get(held.assignment) else { return Ok(false) };
        if assignment.lease_state(command.stage, command.user, held.lease).is_none() {
            return Ok(false);
        }
        match assignment.renew(command.stage, command.user, policy, command.now) {
            Ok(entry) => {
                self.changes.log_through(command.token_maker, entry);
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Tries what is reserved for each user, then the candidates that came with the command.
    async fn try_candidates(&mut self, db: &mut Db<'_>, context: &GrantContext) -> Result<()> {
        let mut tries: Vec<(usize, Vec<AssignmentId>)> = Vec::new();
        for index in self.open() {
            let command = &self.commands[index];
            let reserved = context.reservations(command).iter().filter(|reserved| {
                command.open.contains(&reserved.job) && command.only.is_none_or(|only| only == reserved.job)
            });
            let mut ids: Vec<_> = reserved.map(|reserved| reserved.assignment).collect();
            ids.extend(&command.candidates);
            tries.push((index, ids));
        }
        let known: HashSet<_> = self.changes.ids().into_iter().collect();
        let wanted = tries.iter().flat_map(|(_, ids)| ids.iter().copied()).filter(|id| !known.contains(id));
        let locked = assignments::lock_free(db, wanted.collect::<Vec<_>>()).await?;
        self.changes.add(locked);
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

    /// Grants to users for whom any waiting assignment of the job will do. A reviewer to whom the queue offers only their
    /// own work is served by [`Self::claim_one`].
    async fn claim_alike(
        &mut self,
        db: &mut Db<'_>,
        job: JobId,
        stage: Stage,
        indices: &[usize],
    ) -> Result<()> {
        let Some(now) = indices.first().map(|index| self.commands[*index].now) else { return Ok(()) };
        // The statement also returns rows that this batch has granted already.
        let limit = (indices.len() + self.granted) as i64;
        let queue = Queue { job, stage, now, limit };
        let cursors = &self.core.queue_cursors;
        let mut rows = match cursors.of(job, stage) {
            Some(cursor) => queues::first_from(db, queue, cursor).await?,
            None => Vec::new(),
        };
        if rows.len() < limit as usize {
            rows = queues::first(db, queue).await?;
        }
        if let Some(last) = rows.last().filter(|_| rows.len() == limit as usize) {
            cursors.advance(job, stage, last.into());
        }
        let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.changes.add(rows);
        for index in indices {
            for position in 0..ids.len() {
                self.give(db, *index, ids[position]).await?;
                if self.answers[*index].is_some() {
                    ids.remove(position);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Grants to a user for whom the queue must be read by itself, since some of it is not theirs to have.
    async fn claim_one(&mut self, db: &mut Db<'_>, job: JobId, index: usize) -> Result<()> {
        let command = &self.commands[index];
        let queue = Queue { job, stage: command.stage, now: command.now, limit: 1 + self.granted as i64 };
        let rows = queues::first_for(db, queue, command.user, command.token_maker).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.changes.add(rows);
        for id in ids {
            if self.answers[index].is_none() {
                self.give(db, index, id).await?;
            }
        }
        Ok(())
    }

    /// Grants one locked assignment to one user, if they may have it.
    async fn give(&mut self, db: &mut Db<'_>, index: usize, id: AssignmentId) -> Result<()> {
        let command = &self.commands[index];
        let Some(assignment) = self.changes.get(id) else { return Ok(()) };
        if !command.is_in_reach(assignment)
            || !assignment.is_eligible(command.stage, command.user, command.now)
            || command.is_of_the_author(assignment)
        {
            return Ok(());
        }
        let before = assignment.lease_id();
        let job_id = assignment.key.job;
        let job = definition(self.core, db, job_id).await?;
        if command.stage == Stage::Annotate
            && job.slots > 1
            && opinions::has_other_slot(db, assignment, command.user).await?
        {
            return Ok(());
        }
        let Ok(entry) =
            assignment.grant(command.stage, command.user, command.lease, job.lease_policy, command.now)
        else {
            return Ok(());
        };
        if command.stage == Stage::Annotate && assignment.fence > 1 {
            let own = WorkOf { assignment: assignment.id, author: command.user };
            assignment.saved = saved_items::count(db, own).await?;
        }
        let granted = assignment.clone();
        self.changes.end(before, LeaseEnd::Taken, command.now);
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

    async fn write(self, db: &mut Db<'_>) -> Result<Answers<Granted>> {
        grant_keys::keep(db, self.handed_back).await?;
        self.changes.write(db, self.core.stripe).await?;
        let mut answers = Answers::with_capacity(self.answers.len());
        for answer in self.answers {
            answers.push(answer.unwrap_or(Ok(Granted::Nothing)))?;
        }
        Ok(answers)
    }
}
