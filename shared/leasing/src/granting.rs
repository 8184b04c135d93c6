//! A person asks for work: what they hold, what is reserved for them, then job by job; and if there is nothing, why.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use swath_domain::ids::{AssignmentId, JobId, TeamId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Roles, Stage, Time};
use swath_locks::Acquired;
use swath_runtime::auth::Principal;
use swath_runtime::{Caller, Problem, Result};
use swath_store::{Grant, Granted, Key, Wait};
use tokio::time::Instant;

use crate::Desk;
use crate::document::LeaseDocument;
use crate::jobs::OpenJob;
use crate::media::role_of;

/// The body of `POST /v1/leases` and `POST /v1/reviews`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// In which team; not needed for someone with one team.
    #[serde(default)]
    pub team: Option<TeamId>,
    /// From this job alone.
    #[serde(default)]
    pub job: Option<JobId>,
}

/// A question for work.
pub struct Ask {
    /// Who asks.
    pub caller: Caller,
    /// For what.
    pub request: LeaseRequest,
    /// The client's key.
    pub key: Option<Key>,
}

/// The answer.
pub struct Outcome {
    /// The lease.
    pub lease: LeaseDocument,
    /// Whether it is new, rather than the one that the person held already.
    pub is_new: bool,
}

/// How often the jobs are gone through while a plain read says that there is work.
const ROUNDS: u32 = 5;
/// Between two such rounds: rows were locked by others.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a lock is held while a grant is being written.
const LOCK: Duration = Duration::from_secs(5);
/// Seconds until it is worth asking again, unless something is known.
const ASK_AGAIN: i64 = 5;

impl Desk {
    pub(crate) fn role(&self) -> Roles {
        role_of(self.stage)
    }

    fn admits(&self, job: &OpenJob, user: UserId) -> bool {
        match self.stage {
            Stage::Annotate => job.spec.admits_annotator(user),
            Stage::Review => job.spec.admits_reviewer(user),
        }
    }

    /// Whether the person may be given work from this job.
    fn serves(&self, job: &OpenJob, user: UserId) -> bool {
        job.is_open() && self.admits(job, user)
    }

    /// Whether two lists hold the same jobs for the person.
    fn serves_alike(&self, before: &[Arc<OpenJob>], after: &[Arc<OpenJob>], user: UserId) -> bool {
        let served = |job: &Arc<OpenJob>| (job.id, self.serves(job, user));
        before.iter().map(served).eq(after.iter().map(served))
    }

    /// Finds work for a person. `candidates` gives assignments of a job to try first; it may know none.
    pub async fn ask(&self, ask: Ask, candidates: impl Fn(JobId) -> Vec<AssignmentId>) -> Result<Outcome> {
        if !self.context.clock_is_fresh() {
            return Err(Problem::unavailable());
        }
        let team = self.team(&ask).await?;
        let user = ask.caller.user();
        let (asked, since) = (Instant::now(), self.context.now());
        let mut jobs = self.jobs_for(team, &ask.request, None).await?;
        for round in 0..ROUNDS {
            let (mut open, closed): (Vec<_>, Vec<_>) =
                jobs.iter().cloned().partition(|job| self.serves(job, user));
            self.jobs.take_turns(&mut open);
            let ids: Arc<[JobId]> = open.iter().map(|job| job.id).collect();
            if let Some(outcome) = self.go_through((&ask, since), team, &open, &ids, &candidates).await? {
                return Ok(outcome);
            }
            let found = Box::pin(self.waits(&open, ask.caller.principal())).await?;
            if matches!(found, Found::Work) {
                let_others_finish(round).await;
            }
            // A list from before the question may choose the jobs, but it is too old to say no.
            let newer = self.jobs_for(team, &ask.request, Some(asked)).await?;
            match found {
                Found::Nothing(waits) if self.serves_alike(&jobs, &newer, user) => {
                    return Err(self.no_work(&ask, &waits, &closed));
                }
                Found::Nothing(_) | Found::Work | Found::New => jobs = newer,
            }
        }
        // There is work, but others keep taking it first: asking again at once is the right thing to do.
        Err(no_work(vec![json!({"reason": "busy"})], 1))
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
            // The list may be a second older than the job.
            let job = Box::pin(store.job(only)).await?.filter(|job| job.is_open());
            jobs.extend(job.map(|job| {
                let people = Arc::new(job.spec.people());
                Arc::new(job.with(people))
            }));
        }
        Ok(jobs)
    }

    async fn go_through(
        &self,
        (ask, since): (&Ask, Time),
        team: TeamId,
        jobs: &[Arc<OpenJob>],
        open: &Arc<[JobId]>,
        candidates: &impl Fn(JobId) -> Vec<AssignmentId>,
    ) -> Result<Option<Outcome>> {
        // Without an open job the person may still hold a lease.
        let turns = jobs.iter().map(|job| Some(job.id)).chain(jobs.is_empty().then_some(None));
        for job in turns {
            let lease = self.context.lease_id();
            let tried = job.map(candidates).unwrap_or_default();
            let had = tried.len().min(1);
            let candidates = self.lock(tried, lease).await;
            if is(Bug::LocksDecide) && candidates.len() < had {
                continue;
            }
            let command = Grant {
                stage: self.stage,
                user: ask.caller.user(),
                token_maker: ask.caller.principal().token_maker,
                team,
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
                    return self.new_lease((ask, since), lease, *assignment).await.map(Some);
                }
                Granted::Held(held) => {
                    if self.facts(held, user).await?.team != team {
                        return Err(Problem::conflict("the key was used for another request"));
                    }
                    let lease = Box::pin(self.document(held, user)).await?;
                    return Ok(Some(Outcome { lease, is_new: false }));
                }
                Granted::Nothing => {}
            }
        }
        Ok(None)
    }

    async fn new_lease(
        &self,
        (ask, since): (&Ask, Time),
        lease: swath_domain::LeaseId,
        assignment: swath_domain::Assignment,
    ) -> Result<Outcome> {
        self.context.traces.granted(self.stage, assignment.id, lease, since);
        let left = assignment.expires().map_or(0, |expires| expires - self.context.now());
        let left = Duration::from_micros(left.max(0).unsigned_abs());
        self.context.locks.keep(vec![(assignment.id, lease, left)]);
        let lease = self.granted(lease, ask.caller.user(), assignment).await?;
        Ok(Outcome { lease, is_new: true })
    }

    /// Those of these candidates that nobody else is just being granted.
    async fn lock(&self, candidates: Vec<AssignmentId>, lease: swath_domain::LeaseId) -> Vec<AssignmentId> {
        for candidate in candidates {
            let taken = self.context.locks.acquire(&[(candidate, lease)], LOCK).await;
            if taken.first() != Some(&Acquired::Refused) {
                return vec![candidate];
            }
        }
        Vec::new()
    }

    /// Why each open job has nothing for the person, by a plain read; a job that is not cut to its end is cut further.
    async fn waits(&self, jobs: &[Arc<OpenJob>], by: Principal) -> Result<Found> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut waits = Vec::with_capacity(jobs.len());
        for job in jobs {
            let wait = store.lease_wait(self.stage, job.id, by.user, by.token_maker, now).await?;
            if is(Bug::NoWorkUnseen) {
                continue;
            }
            if wait.eligible {
                return Ok(Found::Work);
            }
            if wait.uncut && self.stage == Stage::Annotate {
                // Someone else may have cut it meanwhile: then there is work all the same.
                self.cuts.further(job.id, |ranges| self.context.cut(job.id, ranges, now)).await?;
                return Ok(Found::New);
            }
            waits.push(wait);
        }
        Ok(Found::Nothing(waits))
    }

    fn no_work(&self, ask: &Ask, waits: &[Wait], closed: &[Arc<OpenJob>]) -> Problem {
        let now = self.context.now();
        let mut blockers: Vec<Value> = Vec::new();
        let first = |times: Vec<Option<Time>>| times.into_iter().flatten().min();
        let held = first(waits.iter().map(|wait| wait.leased_until).collect());
        let reserved = first(waits.iter().map(|wait| wait.reserved_until).collect());
        blockers.extend(held.map(|until| json!({"reason": "held-by-others", "until": until})));
        blockers.extend(reserved.map(|until| json!({"reason": "reserved", "until": until})));
        blockers.extend(waits.iter().any(|wait| wait.own).then(|| json!({"reason": "own-work"})));
        blockers.extend(
            waits.iter().any(|wait| wait.needs_manager).then(|| json!({"reason": "waits-for-manager"})),
        );
        let user = ask.caller.user();
        let not_admitted = closed.iter().any(|job| job.is_open() && !self.admits(job, user));
        blockers.extend(not_admitted.then(|| json!({"reason": "not-a-member"})));
        blockers.extend(closed.iter().any(|job| !job.is_open()).then(|| json!({"reason": "paused"})));
        if blockers.is_empty() {
            blockers.push(json!({"reason": "nothing-pending"}));
        }
        let until = [held, reserved].into_iter().flatten().min();
        no_work(blockers, until.map_or(ASK_AGAIN, |until| until.seconds_after(now).clamp(1, ASK_AGAIN)))
    }
}

enum Found {
    /// Work that others have locked.
    Work,
    /// Work that was just cut.
    New,
    Nothing(Vec<Wait>),
}

fn no_work(blockers: Vec<Value>, retry_after: i64) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, "no-work", "there is no work for you right now");
    Problem { retry_after: Some(retry_after), ..problem.with("blockers", blockers) }
}

/// Waits a little longer each round, so that whoever holds the rows can finish.
async fn let_others_finish(round: u32) {
    tokio::time::sleep(PAUSE * (round + 1)).await;
}
