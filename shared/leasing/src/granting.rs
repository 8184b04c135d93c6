//! A user asks for work: first what they hold, then what is reserved for them, then job by job; and if there is nothing, why.

use std::sync::Arc;
use std::time::Duration;

use swath_api::leases::{LeaseDocument, LeaseRequest};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::{Assignment, Stage, Time};
use swath_locks::Acquired;
use swath_runtime::auth::Principal;
use swath_runtime::budget::Share;
use swath_runtime::{Caller, Problem, Result};
use swath_store::{Grant, Granted, Key, Wait};
use tokio::time::Instant;

use crate::budgeted::Budgeted;
use crate::no_work::{Blocker, NoWork};
use crate::open_jobs::OpenJob;
use crate::service::LeaseService;

/// A request for work.
pub struct Ask {
    /// The user who asks.
    pub caller: Caller,
    /// The team and the job that they ask for.
    pub request: LeaseRequest,
    /// The idempotency key of the request.
    pub key: Option<Key>,
}

/// The answer to a request for work.
pub enum Answer {
    /// A lease.
    Lease(Box<Outcome>),
    /// There is no work for the user.
    NoWork(NoWork),
}

/// The lease that a user was given.
pub struct Outcome {
    /// The lease.
    pub lease: LeaseDocument,
    /// Its share of the memory for large answers, to be kept until the answer is sent.
    pub share: Share,
    /// Whether it is new; if not, the user held it already.
    pub is_new: bool,
}

impl Outcome {
    fn of(document: Budgeted<LeaseDocument>, is_new: bool) -> Self {
        Self { lease: document.value, share: document.share, is_new }
    }
}

/// A request for work in the team in which it is asked.
struct Search<'a> {
    ask: &'a Ask,
    team: TeamId,
    /// When it began.
    since: Time,
}

/// How often all jobs are tried while a plain read finds work.
const ROUNDS_MAX: u32 = 5;
/// The pause after the first round, in which others may unlock their rows. It grows with each round.
const ROUND_PAUSE: Duration = Duration::from_millis(20);
/// How long a candidate stays locked while its grant is written.
const LOCK_TIME: Duration = Duration::from_secs(5);
/// Seconds until it is worth asking again, at most.
const RETRY_SECONDS_MAX: i64 = 5;

impl LeaseService {
    fn admits(&self, job: &OpenJob, user: UserId) -> bool {
        match self.stage {
            Stage::Annotate => job.spec.admits_annotator(user),
            Stage::Review => job.spec.admits_reviewer(user),
        }
    }

    /// Whether the user may be given work from this job.
    fn serves(&self, job: &OpenJob, user: UserId) -> bool {
        job.is_open() && self.admits(job, user)
    }

    /// Whether two lists serve the user the same jobs.
    fn serves_alike(&self, before: &[Arc<OpenJob>], after: &[Arc<OpenJob>], user: UserId) -> bool {
        let served = |job: &Arc<OpenJob>| (job.id, self.serves(job, user));
        before.iter().map(served).eq(after.iter().map(served))
    }

    /// Finds work for a user. `candidates` returns assignments of a job to try first; it may return none.
    ///
    /// # Errors
    /// A team or a job in which the caller may not work, or a database that cannot be read or written.
    pub async fn ask(&self, ask: Ask, candidates: impl Fn(JobId) -> Vec<AssignmentId>) -> Result<Answer> {
        if !self.context.clock_is_fresh() {
            return Err(Problem::unavailable());
        }
        let team = self.team(&ask).await?;
        let user = ask.caller.user();
        let asked = Instant::now();
        let search = Search { ask: &ask, team, since: self.context.now() };
        let mut jobs = self.jobs_for(team, &ask.request, None).await?;
        for round in 0..ROUNDS_MAX {
            let (mut open, closed): (Vec<_>, Vec<_>) =
                jobs.iter().cloned().partition(|job| self.serves(job, user));
            self.jobs.rotate(&mut open);
            let ids: Arc<[JobId]> = open.iter().map(|job| job.id).collect();
            if let Some(outcome) = self.try_jobs(&search, &open, &ids, &candidates).await? {
                return Ok(Answer::Lease(Box::new(outcome)));
            }
            let found = Box::pin(self.waits(&open, ask.caller.principal())).await?;
            if matches!(found, Found::Work) {
                let_others_finish(round).await;
            }
            // A list from before the request may choose the jobs, but is too old to find that there is no work.
            let newer = self.jobs_for(team, &ask.request, Some(asked)).await?;
            match found {
                Found::Nothing(waits) if self.serves_alike(&jobs, &newer, user) => {
                    return Ok(Answer::NoWork(self.no_work(&ask, &waits, &closed)));
                }
                Found::Nothing(_) | Found::Work | Found::New => jobs = newer,
            }
        }
        // There is work, but others keep taking it first, so it is worth asking again at once.
        Ok(Answer::NoWork(NoWork { blockers: vec![Blocker::new("busy")], retry_after_seconds: 1 }))
    }

    async fn team(&self, ask: &Ask) -> Result<TeamId> {
        let Some(id) = ask.request.job else { return ask.caller.team(ask.request.team, self.role()) };
        let job = self.context.store.job_definition(id).await?.ok_or_else(Problem::not_found)?;
        ask.caller.require(job.team, self.role())?;
        if ask.request.team.is_some_and(|team| team != job.team) {
            return Err(Problem::not_found());
        }
        Ok(job.team)
    }

    async fn jobs_for(
        &self,
        team: TeamId,
        request: &LeaseRequest,
        after: Option<Instant>,
    ) -> Result<Vec<Arc<OpenJob>>> {
        let store = &self.context.store;
        let list = self.jobs.of_team(store, team, after).await?;
        let Some(only) = request.job else { return Ok(list.to_vec()) };
        let mut jobs: Vec<_> = list.iter().filter(|job| job.id == only).cloned().collect();
        if jobs.is_empty() {
            // The list may be older than the job, by up to a second.
            let job = Box::pin(store.job(only)).await?.filter(|job| job.is_open());
            jobs.extend(job.map(|job| {
                let people = Arc::new(job.spec.people());
                Arc::new(job.with(people))
            }));
        }
        Ok(jobs)
    }

    /// Tries to get a lease from each of these jobs in turn.
    async fn try_jobs(
        &self,
        search: &Search<'_>,
        jobs: &[Arc<OpenJob>],
        open: &Arc<[JobId]>,
        candidates: &impl Fn(JobId) -> Vec<AssignmentId>,
    ) -> Result<Option<Outcome>> {
        let ask = search.ask;
        // Without an open job the user may still hold a lease.
        let turns = jobs.iter().map(|job| Some(job.id)).chain(jobs.is_empty().then_some(None));
        for job in turns {
            let lease = self.context.lease_id();
            let tried = job.map(candidates).unwrap_or_default();
            let candidates = self.lock(tried, lease).await;
            let command = Grant {
                stage: self.stage,
                user: ask.caller.user(),
                token_maker: ask.caller.principal().token_maker,
                team: search.team,
                only: ask.request.job,
                open: open.clone(),
                job,
                candidates,
                lease,
                key: ask.key.clone(),
                now: self.context.now(),
            };
            let user = command.user;
            match self.context.store.lease_grant(command).await? {
                Granted::New(assignment) => {
                    return self.new_lease(search, lease, *assignment).await.map(Some);
                }
                Granted::Held(current) => {
                    if self.lease_context(current, user).await?.team != search.team {
                        return Err(Problem::conflict("the key was used for another request"));
                    }
                    let document = Box::pin(self.document(current, user)).await?;
                    return Ok(Some(Outcome::of(document, false)));
                }
                Granted::Nothing => {}
            }
        }
        Ok(None)
    }

    async fn new_lease(
        &self,
        search: &Search<'_>,
        lease: LeaseId,
        assignment: Assignment,
    ) -> Result<Outcome> {
        self.context.traces.granted(self.stage, assignment.id, lease, search.since);
        let left = assignment
            .expires()
            .map_or(Duration::ZERO, |expires| (expires - self.context.now()).to_duration());
        self.context.locks.keep(vec![(assignment.id, lease, left)]);
        let document = self.granted(lease, search.ask.caller.user(), assignment).await?;
        Ok(Outcome::of(document, true))
    }

    /// The first of these candidates that is not just being granted to another user.
    async fn lock(&self, candidates: Vec<AssignmentId>, lease: LeaseId) -> Vec<AssignmentId> {
        for candidate in candidates {
            let taken = self.context.locks.acquire(&[(candidate, lease)], LOCK_TIME).await;
            if taken.first() != Some(&Acquired::Refused) {
                return vec![candidate];
            }
        }
        Vec::new()
    }

    /// Reads why each open job has nothing for the user. A job that is not cut completely is cut further.
    async fn waits(&self, jobs: &[Arc<OpenJob>], by: Principal) -> Result<Found> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut waits = Vec::with_capacity(jobs.len());
        for job in jobs {
            let wait = store.lease_wait(self.stage, job.id, by.user, by.token_maker, now).await?;
            if wait.eligible {
                return Ok(Found::Work);
            }
            if wait.uncut && self.stage == Stage::Annotate {
                // Another request may have cut it meanwhile; then there is work as well.
                self.cuts.further(job.id, |ranges| self.context.cut(job.id, ranges, now)).await?;
                return Ok(Found::New);
            }
            waits.push(wait);
        }
        Ok(Found::Nothing(waits))
    }

    fn no_work(&self, ask: &Ask, waits: &[Wait], closed: &[Arc<OpenJob>]) -> NoWork {
        let now = self.context.now();
        let mut blockers = Vec::new();
        let first = |times: Vec<Option<Time>>| times.into_iter().flatten().min();
        let leased = first(waits.iter().map(|wait| wait.leased_until).collect());
        let reserved = first(waits.iter().map(|wait| wait.reserved_until).collect());
        blockers.extend(leased.map(|until| Blocker::until("held-by-others", until)));
        blockers.extend(reserved.map(|until| Blocker::until("reserved", until)));
        blockers.extend(waits.iter().any(|wait| wait.own).then(|| Blocker::new("own-work")));
        blockers
            .extend(waits.iter().any(|wait| wait.needs_manager).then(|| Blocker::new("waits-for-manager")));
        let user = ask.caller.user();
        let not_admitted = closed.iter().any(|job| job.is_open() && !self.admits(job, user));
        blockers.extend(not_admitted.then(|| Blocker::new("not-a-member")));
        blockers.extend(closed.iter().any(|job| !job.is_open()).then(|| Blocker::new("paused")));
        if blockers.is_empty() {
            blockers.push(Blocker::new("nothing-pending"));
        }
        let until = [leased, reserved].into_iter().flatten().min();
        let seconds = |until: Time| until.seconds_after(now).clamp(1, RETRY_SECONDS_MAX);
        NoWork { blockers, retry_after_seconds: until.map_or(RETRY_SECONDS_MAX, seconds) }
    }
}

/// What a plain read of the open jobs has found.
enum Found {
    /// Work that others have locked.
    Work,
    /// Work that has just been cut.
    New,
    Nothing(Vec<Wait>),
}

/// Waits a little longer each round, so that those who have locked the rows can finish.
async fn let_others_finish(round: u32) {
    tokio::time::sleep(ROUND_PAUSE * (round + 1)).await;
}
