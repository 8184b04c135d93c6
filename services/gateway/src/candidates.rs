//! Candidates: pending assignments that hints named. They are advice, bounded in number, and dropped after seconds. Work
//! that is not among them is found in the database.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use swath_domain::Slot;

use swath_bus::{Envelope, Message, Queue};
use swath_domain::ids::{AssignmentId, JobId, TeamId};
use swath_runtime::Context;
use swath_runtime::panics::keep_running;
use tokio::time::Instant;

/// Candidates of one job, at most.
const CANDIDATES_PER_JOB_MAX: usize = 1_024;
/// Jobs with candidates, at most.
const JOBS_MAX: usize = 4_096;
/// How long a hint is used.
const HINT_AGE_MAX: Duration = Duration::from_secs(5);
/// Candidates that a request tries before the queue in the database is read.
const TRIED_PER_REQUEST_MAX: usize = 3;
/// How long a gateway listens to the hints of a team after a user of the team last asked here.
const LISTEN_TIME: Duration = Duration::from_secs(30);

type Pool = HashMap<JobId, VecDeque<(Instant, AssignmentId)>>;

#[derive(Default)]
struct Shared {
    pool: Mutex<Pool>,
    /// When a user of each team last asked here.
    asked: Mutex<HashMap<TeamId, Instant>>,
}

/// The candidates of one gateway.
pub struct Candidates {
    context: Context,
    shared: Arc<Shared>,
}

impl Candidates {
    /// No candidates yet.
    pub fn new(context: Context) -> Self {
        Self { context, shared: Arc::default() }
    }

    /// Listens to the hints of a team, because one of its users asks here.
    pub fn listen_to(&self, team: TeamId) {
        let mut asked = lock(&self.shared.asked);
        if asked.insert(team, Instant::now()).is_none() {
            let (context, shared) = (self.context.clone(), self.shared.clone());
            tokio::spawn(async move {
                let start = || listen(context.clone(), shared.clone(), team);
                keep_running("hints", &context.shutdown, start).await;
            });
        }
    }

    /// Adds the assignments that a hint names.
    pub async fn hear(&self, message: impl Into<Envelope>) {
        take_hint(&self.context, &self.shared, message.into()).await;
    }

    /// Takes a few candidates of a job.
    pub fn take(&self, job: JobId) -> Vec<AssignmentId> {
        let mut pool = lock(&self.shared.pool);
        let Some(waiting) = pool.get_mut(&job) else { return Vec::new() };
        while waiting.front().is_some_and(|(since, _)| since.elapsed() > HINT_AGE_MAX) {
            waiting.pop_front();
        }
        let count = waiting.len().min(TRIED_PER_REQUEST_MAX);
        waiting.drain(..count).map(|(_, id)| id).collect()
    }
}

impl Shared {
    fn add(&self, job: JobId, ids: impl Iterator<Item = AssignmentId>) {
        let mut pool = lock(&self.pool);
        if pool.len() >= JOBS_MAX && !pool.contains_key(&job) {
            pool.clear();
        }
        let waiting = pool.entry(job).or_default();
        waiting.extend(ids.map(|id| (Instant::now(), id)));
        let surplus = waiting.len().saturating_sub(CANDIDATES_PER_JOB_MAX);
        waiting.drain(..surplus);
    }

    /// Whether a user of the team has asked lately. If not, the next request starts a new listener.
    fn is_still_asked(&self, team: TeamId) -> bool {
        let mut asked = lock(&self.asked);
        let is_recent = asked.get(&team).is_some_and(|last| last.elapsed() < LISTEN_TIME);
        if !is_recent {
            asked.remove(&team);
        }
        is_recent
    }
}

async fn listen(context: Context, shared: Arc<Shared>, team: TeamId) {
    let mut hints = context.bus.subscribe(Queue::Annotate(team));
    let mut check = tokio::time::interval(LISTEN_TIME);
    loop {
        tokio::select! {
            biased;
            message = hints.recv_envelope() => match message {
                Some(envelope) => take_hint(&context, &shared, envelope).await,
                None => break,
            },
            _ = check.tick() => if !shared.is_still_asked(team) { return },
            () = context.shutdown.cancelled() => break,
        }
    }
    lock(&shared.asked).remove(&team);
}

/// Adds the assignments that a hint names, in each slot, to the pool.
async fn take_hint(context: &Context, shared: &Shared, Envelope { message, traceparent }: Envelope) {
    let Message::Hint { job, round, numbers } = message else { return };
    let first_slots = numbers.iter().map(|number| AssignmentId::of(job, round, *number, Slot::FIRST));
    context.traces.received("candidate", first_slots, traceparent.as_deref());
    let slots = match context.store.job_definition(job).await {
        Ok(Some(job)) => job.slots,
        Ok(None) | Err(_) => return,
    };
    let ids = numbers
        .into_iter()
        .flat_map(|number| Slot::of_job(slots).map(move |slot| AssignmentId::of(job, round, number, slot)));
    shared.add(job, ids);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
