//! Finds work for a user: first their own lease, then what is reserved for them, then job by job. If there is none,
//! finds the reasons.

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
    /// The caller who asks for work.
    pub caller: Caller,
    /// The team and the job in the request.
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

/// The lease of a successful request for work.
pub struct Outcome {
    /// The lease.
    pub lease: LeaseDocument,
    /// The share of the memory for large responses, which must be kept until the response is sent.
    pub share: Share,
    /// Whether the lease is new. If not, the user had it already.
    pub is_new: bool,
}

impl Outcome {
    fn of(document: Budgeted<LeaseDocument>, is_new: bool) -> Self {
        Self { lease: document.value, share: document.share, is_new }
    }
}

/// A request for work, and its team.
struct Search<'a> {
    ask: &'a Ask,
    team: TeamId,
    /// When the request began.
    since: Time,
}

/// How often all jobs are tried while a read without locks finds work.
const ROUNDS_MAX: u32 = 5;
/// The pause after the first round, in which other transactions may release their rows. It grows with each round.
const ROUND_PAUSE: Duration = Duration::from_millis(20);
/// How long a candidate stays locked while its grant is written.
const LOCK_TIME: Duration = Duration::from_secs(5);
/// The largest number of seconds after which the user is told to ask again.
const RETRY_SECONDS_MAX: i64 = 5;

impl LeaseService {
    fn admits(&self, job: &OpenJob, user: UserId) -> bool {
        match self.stage {
            Stage::Annotate => job.spec.admits_annotator(user),
            Stage::Review => job.spec.admits_reviewer(user),
        }
    }

    /// Whether the user may get work from this job.
    fn serves(&self, job: &OpenJob, user: UserId) -> bool {
        job.is_open() && self.admits(job, user)
    }

    /// Whether the user may get work from the same jobs of both lists.
    fn serves_alike(&self, before: &[Arc<OpenJob>], after: &[Arc<OpenJob>], user: UserId) -> bool {
        let served = |job: &Arc<OpenJob>| (job.id, self.serves(job, user));
        before.iter().map(served).eq(after.iter().map(served))
    }

    /// Finds work for a user. `candidates` returns assignments of a job to try first, and may return none.
    ///
    /// # Errors
    /// If the caller may not work in the team or the job, or the database cannot be read or written.
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
            // A list from before the request is good enough to choose jobs, but too old to conclude that there is no
            // work.
            let newer = self.jobs_for(team, &ask.request, Some(asked)).await?;
            match found {
                Found::Nothing(waits) if self.serves_alike(&jobs, &newer, user) => {
                    return Ok(Answer::NoWork(self.no_work(&ask, &waits, &closed)));
                }
                Found::Nothing(_) | Found::Work | Found::New => jobs = newer,
            }
        }
        // There is work, but other users keep getting it first, so the user should ask again soon.
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

    /// Tries to get a lease from each of these jobs, one after the other.
    async fn try_jobs(
        &self,
        search: &Search<'_>,
        jobs: &[Arc<OpenJob>],
        open: &Arc<[JobId]>,
        candidates: &impl Fn(JobId) -> Vec<AssignmentId>,
    ) -> Result<Option<Outcome>> {
        let ask = search.ask;
        // Without an open job the user may still have a lease.
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

    /// The first candidate that is not being granted to another user at this moment.
    async fn lock(&self, candidates: Vec<AssignmentId>, lease: LeaseId) -> Vec<AssignmentId> {
        for candidate in candidates {
            let taken = self.context.locks.acquire(&[(candidate, lease)], LOCK_TIME).await;
            if taken.first() != Some(&Acquired::Refused) {
                return vec![candidate];
            }
        }
        Vec::new()
    }

    /// Reads why each open job has no work for the user. Cuts a job further if it is not cut completely.
    async fn waits(&self, jobs: &[Arc<OpenJob>], by: Principal) -> Result<Found> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut waits = Vec::with_capacity(jobs.len());
        for job in jobs {
            let wait = store.lease_wait(self.stage, job.id, by.user, by.token_maker, now).await?;
            if wait.eligible {
                return Ok(Found::Work);
            }
            if wait.uncut && self.stage == Stage::Annotate {
                // Another request may have cut it meanwhile. Then there is new work, too.
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

/// What a read of the open jobs without locks has found.
enum Found {
    /// Work whose rows other transactions have locked.
    Work,
    /// Work that has just been cut.
    New,
    /// No work, with what each job waits for.
    Nothing(Vec<Wait>),
}

/// Waits a little longer each round, so that transactions with locks can finish.
async fn let_others_finish(round: u32) {
    tokio::time::sleep(ROUND_PAUSE * (round + 1)).await;
}
