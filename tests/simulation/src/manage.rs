//! What managers do, and the background tasks.

use std::time::Duration;

use swath_checker::{Action, Answer, Call, Outcome};
use swath_domain::cause::Cause;
use swath_domain::job::JobStatus;
use swath_domain::time::{Micros, seconds};
use swath_domain::{AssignmentId, Role, Stage, Status};
use swath_locks::LockFault;
use swath_store::{Fault, StoreError};

use crate::annotate::{annotation, content_of};
use crate::ops::{Op, PROCESSES};
use crate::reply::{Reply, outcome};
use crate::violation::{Checked, Violation, broken};
use crate::world::World;

/// How long rework that a manager reassigns is reserved.
const RESERVE: Micros = seconds(600);

impl World {
    /// Classifies the outcome of a store verb. An unknown one is only allowed if a commit was made to fail.
    pub(crate) fn verb<T>(&mut self, outcome: swath_store::Result<T>) -> Checked<Reply<T>> {
        let hit = self.was_hit();
        match outcome {
            Ok(done) => Ok(Reply::Done(done)),
            Err(StoreError::Unavailable(_)) if hit => Ok(Reply::Unknown),
            Err(StoreError::Refused(_) | StoreError::Conflict(_)) => {
                Ok(Reply::Refused("conflict", String::new()))
            }
            Err(error) => broken!("a failure although no fault was injected: {error:?}"),
        }
    }

    /// Records the outcome of a manager's call in the history.
    fn managed<T>(
        &mut self,
        id: AssignmentId,
        action: Action,
        done: swath_store::Result<T>,
    ) -> Checked<bool> {
        let reply = self.verb(done)?;
        let call = Call::Manage { action };
        self.record(self.manager, Some(id), call, outcome(&reply, |_| Answer::Nothing));
        let done = reply.done().is_some();
        self.tell(&(action, id), &done);
        Ok(done)
    }

    fn assignment(&self, number: usize) -> Checked<Option<AssignmentId>> {
        self.look(|view| {
            let count = view.assignments().count();
            view.assignments().nth(number % count.max(1)).map(|row| row.id)
        })
    }

    fn cause(&self) -> Cause {
        Cause::by(self.manager, self.now()).because(Some("the manager says so".into()))
    }

    /// Takes an assignment from its holder and reserves it.
    pub async fn reassign(&mut self, number: usize, to: Option<usize>) -> Checked {
        let Some(id) = self.assignment(number)? else { return Ok(()) };
        let (to, until) = (to.map(|person| self.people[person].id), self.now() + RESERVE);
        // The route reserves no work for a user who lacks the role.
        if let Some(user) = to
            && !self.roles(user)?.has(Role::Annotator)
        {
            return Ok(());
        }
        let before = self.row(id)?;
        let store = self.processes[0].context.store.clone();
        let outcome = store.assignment_reassign(id, to, until, self.cause()).await;
        let done = self.managed(id, Action::Reassign, outcome)?;
        let may_be = match before.status {
            Status::Pending | Status::InProgress => true,
            Status::InReview => to.is_none(),
            _ => false,
        };
        if done && !may_be {
            broken!("{before:?} was reassigned");
        }
        Ok(())
    }

    /// Makes an assignment pending again.
    pub async fn reopen(&mut self, number: usize) -> Checked {
        let Some(id) = self.assignment(number)? else { return Ok(()) };
        let before = self.row(id)?;
        let store = self.processes[0].context.store.clone();
        let outcome = store.assignment_reopen(id, self.cause()).await;
        let done = self.managed(id, Action::Reopen, outcome)?;
        if done && !matches!(before.status, Status::Completed | Status::InReview | Status::Accepted) {
            broken!("{before:?} was reopened");
        }
        Ok(())
    }

    /// Cancels an assignment.
    pub async fn cancel_assignment(&mut self, number: usize) -> Checked {
        let Some(id) = self.assignment(number)? else { return Ok(()) };
        let store = self.processes[0].context.store.clone();
        let outcome = store.assignment_cancel(id, self.cause()).await;
        let done = self.managed(id, Action::Cancel, outcome)?;
        if done && self.row(id)?.status != Status::Cancelled {
            broken!("{id} was cancelled and is not");
        }
        Ok(())
    }

    /// Pauses or resumes a job.
    pub async fn switch(&mut self, job: usize, resume: bool) -> Checked {
        let to = if resume { JobStatus::Active } else { JobStatus::Paused };
        let store = self.processes[0].context.store.clone();
        let outcome = store.job_switch(self.jobs[job], to, Cause::by(self.manager, self.now())).await;
        let done = self.verb(outcome)?.done().is_some();
        self.tell(&("switch", job, resume), &done);
        Ok(())
    }

    /// Cancels a job.
    pub async fn cancel_job(&mut self, job: usize) -> Checked {
        let store = self.processes[0].context.store.clone();
        let outcome = store.job_cancel(self.jobs[job], Cause::by(self.manager, self.now())).await;
        let done = self.verb(outcome)?.done().is_some();
        self.tell(&("cancel job", job), &done);
        Ok(())
    }

    /// One round of the cutter.
    pub async fn cut(&mut self) -> Checked {
        let now = self.now();
        let outcome = self.processes[0].cutter.tick(now).await;
        self.verb(outcome).map(drop)
    }

    /// One round of the hinter.
    pub async fn hint(&mut self) -> Checked {
        let now = self.now();
        let outcome = self.processes[0].hinter.tick(now).await;
        self.verb(outcome).map(drop)
    }

    /// One round of the sweeper: it expires one page of leases that have run out, and no others.
    pub async fn sweep(&mut self) -> Checked {
        let now = self.now();
        let grace = seconds(self.common.config.work.grace_seconds as i64);
        let current: Vec<_> = self.look(|view| {
            let held =
                |row: &&swath_domain::Assignment| matches!(row.status, Status::InProgress | Status::InReview);
            view.assignments().filter(held).cloned().collect()
        })?;
        let leased: Vec<_> =
            self.look(|view| view.assignments().filter(|row| row.lease_id().is_some()).cloned().collect())?;
        let cancelling: Vec<_> = self.look(|view| {
            let cancelling = view.jobs().filter(|job| job.status == JobStatus::Cancelling);
            cancelling.map(|job| job.id).collect()
        })?;
        let outcome = self.processes[0].sweeper.tick(now).await;
        let done = self.verb(outcome)?.done().is_some();
        self.tell(&"sweep", &done);
        self.note_freed(&leased)?;
        if done {
            self.none_is_late()?;
        }
        let late = current.iter().filter(|row| row.expires().unwrap_or_default() + grace < now).count();
        let mut expired = 0;
        for row in &current {
            let has_expired = |view: swath_store::View<'_>| {
                view.log(row.id.0, row.seq).any(|entry| entry.action == "expire")
            };
            if !self.look(has_expired)? {
                continue;
            }
            expired += 1;
            if row.expires().unwrap_or_default() + grace >= now {
                broken!("{row:?} expired before its time");
            }
        }
        let most = self.common.config.work.expire_at_once as usize;
        if expired > 0 && expired < late.min(most) && cancelling.is_empty() {
            broken!("{expired} of {late} expired");
        }
        for job in cancelling.into_iter().filter(|_| done) {
            if self.job(job)?.status != JobStatus::Cancelled {
                broken!("{job} was swept and is not cancelled");
            }
        }
        Ok(())
    }

    /// One sweep of a review service.
    pub async fn waive(&mut self, process: usize) -> Checked {
        let outcome = self.processes[process].review.clone().tick().await;
        self.verb(outcome).map(drop)
    }

    /// A message arrives at a process that handles it.
    pub async fn deliver(&mut self, message: usize, process: usize) -> Checked {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let message = self.under_way.remove(message % self.under_way.len());
        self.tell(&"deliver", &message);
        let now = self.now();
        let target = &mut self.processes[process];
        target.gateway.hear(message.clone()).await;
        let heard = target.review.hear(message.clone()).await;
        self.verb(heard)?;
        let heard = self.processes[process].hinter.hear(message, now).await;
        self.verb(heard).map(drop)
    }

    /// Lets time pass for all clocks.
    pub async fn advance(&mut self, by: i64) -> Checked {
        self.common.clock.turn(seconds(by));
        tokio::time::advance(Duration::from_secs(by.unsigned_abs())).await;
        self.believe()
    }

    /// Every user with a lease saves an item at the same moment.
    pub async fn together(&mut self, lease: usize, item: usize, text: u8) -> Checked {
        let mut calls = Vec::new();
        for (number, person) in self.people.iter().enumerate() {
            let Some(known_lease) = self.lease(number, lease) else { continue };
            if !self.is_believed(Stage::Annotate, number) {
                continue;
            }
            let gateway = self.processes[number % PROCESSES].gateway.clone();
            let (user, index) = (person.id, known_lease.items[item % known_lease.items.len()]);
            let annotation = annotation(text);
            calls.push(async move {
                let work = swath_gateway::Work { index, annotation };
                (user, index, gateway.save_item(user, known_lease.lease, work, None).await, known_lease)
            });
        }
        let answers = futures::future::join_all(calls).await;
        let hit = self.was_hit();
        for (user, item, answer, known_lease) in answers {
            self.mark(answer.as_ref().map_or(-1, |revision| *revision));
            let outcome = match answer {
                Ok(revision) => Outcome::Done(Answer::Saved { revision }),
                Err(problem) if problem.code != "unavailable" => Outcome::Refused(problem.code.to_owned()),
                Err(_) if hit => Outcome::Unknown,
                Err(problem) => broken!("a failure although no fault was injected: {}", problem.detail),
            };
            let call = Call::Confirm { lease: known_lease.lease, item: item.0, content: content_of(text) };
            self.record(user, Some(known_lease.assignment), call, outcome);
        }
        Ok(())
    }

    /// Runs one operation, and checks all invariants afterwards.
    pub async fn run(&mut self, op: &Op) -> Checked {
        self.operations += 1;
        self.dispatch(op).await?;
        self.collect();
        let writes = matches!(op, Op::Confirm { .. } | Op::Submit { .. } | Op::Together { .. });
        self.check(writes)
    }

    async fn dispatch(&mut self, op: &Op) -> Checked {
        use swath_domain::Stage::{Annotate, Review};
        match *op {
            Op::Cut => self.cut().await,
            Op::Hint => self.hint().await,
            Op::Sweep => self.sweep().await,
            Op::CountEvents => self.count_events().await,
            Op::Follow { limit } => self.follow(limit).await,
            Op::Waive { process } => self.waive(process).await,
            Op::Tell { process } => {
                self.processes[process].gateway.tick().await;
                Ok(())
            }
            Op::Deliver { message, process } => self.deliver(message, process).await,
            Op::Lose { message } => {
                if !self.under_way.is_empty() {
                    self.under_way.remove(message % self.under_way.len());
                }
                Ok(())
            }
            Op::Double { message } => {
                if !self.under_way.is_empty() {
                    self.under_way.push(self.under_way[message % self.under_way.len()].clone());
                }
                Ok(())
            }
            Op::Ask { person, process, job, again } => {
                self.ask(Annotate, (person, process), job, again).await
            }
            Op::Confirm { person, process, lease, item, text } => {
                self.confirm((person, process), lease, item, text).await
            }
            Op::Renew { person, process, lease } => self.renew(Annotate, (person, process), lease).await,
            Op::Submit { person, process, lease, with_items, again, other } => {
                self.submit((person, process), lease, with_items, (again, other)).await
            }
            Op::Release { person, process, lease } => self.release(Annotate, (person, process), lease).await,
            Op::AskReview { person, process } => self.ask(Review, (person, process), None, false).await,
            Op::Judge { person, process, lease, item, reject } => {
                self.judge((person, process), lease, item, reject).await
            }
            Op::RenewReview { person, process, lease } => self.renew(Review, (person, process), lease).await,
            Op::Decide { person, process, lease, rest, again } => {
                self.decide((person, process), lease, rest, again).await
            }
            Op::ReleaseReview { person, process, lease } => {
                self.release(Review, (person, process), lease).await
            }
            Op::Reassign { assignment, to } => self.reassign(assignment, to).await,
            Op::Reopen { assignment } => self.reopen(assignment).await,
            Op::CancelAssignment { assignment } => self.cancel_assignment(assignment).await,
            Op::Pause { job, resume } => self.switch(job, resume).await,
            Op::CancelJob { job } => self.cancel_job(job).await,
            Op::Advance { seconds } => self.advance(seconds).await,
            Op::Jump { seconds: by } => {
                self.common.clock.turn(seconds(by));
                // Cached roles are a second old at most, and no clock jumps twice within a second.
                self.believe()
            }
            Op::LockFault { fault } => {
                let faults =
                    [LockFault::None, LockFault::GrantsAll, LockFault::RefusesAll, LockFault::Unreachable];
                self.common.locks.set(faults[usize::from(fault) % faults.len()]);
                Ok(())
            }
            Op::Forget => {
                self.common.locks.forget();
                Ok(())
            }
            Op::Fail { unheard } => {
                self.fail(if unheard { Fault::Unheard } else { Fault::Undone });
                Ok(())
            }
            Op::Crash { process } => {
                self.crash(process).await.map_err(|error| Violation(format!("no new process: {error:#}")))
            }
            Op::Together { lease, item, text } => self.together(lease, item, text).await,
            Op::Roles { person, roles, unheard } => self.change_roles(person, roles, unheard).await,
            Op::Account { person, active, unheard } => self.switch_account(person, active, unheard).await,
            Op::Import { key, process } => self.import(key, process).await,
            Op::Report { person, process, lease, item, said, review } => {
                let stage = if review { Review } else { Annotate };
                self.report(stage, (person, process), lease, item, said).await
            }
            Op::Size { item, size, measured } => self.tell_size(item, size, measured).await,
            Op::GoOn { import, finish } => self.go_on(import, finish).await,
        }
    }
}
