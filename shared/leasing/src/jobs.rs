//! The open jobs of a team in the order in which they are served, at most a second old. Of their specifications nothing
//! is kept but who may work in them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople};
use swath_runtime::Result;
use swath_store::Store;
use tokio::time::Instant;

/// How old a list may be, by a clock that never jumps.
const FRESH: Duration = Duration::from_secs(1);
/// Open jobs of one team that are served.
const MOST: i64 = 1_000;
/// Teams whose lists are kept.
const TEAMS: usize = 5_000;

/// What the lists of all teams may take together.
const LISTS_BYTES: usize = 64 << 20;
/// What a job takes in a list beside its texts and people.
const JOB_BYTES: usize = 512;

/// A job with the people that it is restricted to.
pub type OpenJob = Job<Arc<JobPeople>>;
/// The jobs of one team.
pub type List = Arc<[Arc<OpenJob>]>;

/// One team's list, and the turn of whoever reads it anew: the others wait for that instead of reading as well.
#[derive(Default)]
struct Shelf {
    list: Mutex<Option<(Instant, List)>>,
    bytes: AtomicUsize,
    reading: tokio::sync::Mutex<()>,
}

impl Shelf {
    fn fresh(&self, after: Option<Instant>) -> Option<List> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, list) = list.as_ref()?;
        let usable = since.elapsed() < FRESH && after.is_none_or(|after| *since > after);
        usable.then(|| list.clone())
    }

    async fn read(&self, store: &Store, team: TeamId, after: Option<Instant>) -> Result<List> {
        let _turn = self.reading.lock().await;
        if let Some(list) = self.fresh(after) {
            return Ok(list);
        }
        let since = Instant::now();
        let heads = store.jobs_open(team, MOST).await?;
        let seqs: HashMap<_, _> = heads.iter().map(|head| (head.id, head.seq)).collect();
        let mut people = self.known_people();
        people.retain(|id, (seq, _)| seqs.get(id) == Some(seq));
        let unknown: Vec<_> =
            heads.iter().map(|head| head.id).filter(|id| !people.contains_key(id)).collect();
        let mut read = if unknown.is_empty() { HashMap::new() } else { store.jobs_people(&unknown).await? };
        let with_people = |head: JobHead| {
            let known = people.remove(&head.id).map(|(_, people)| people);
            let people = known.unwrap_or_else(|| Arc::new(read.remove(&head.id).unwrap_or_default()));
            Arc::new(head.with(people))
        };
        let list: List = heads.into_iter().map(with_people).collect();
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some((since, list.clone()));
        self.bytes.store(list.iter().map(|job| bytes(job)).sum(), Ordering::Relaxed);
        Ok(list)
    }

    /// The people of the jobs that were read last, each with the job's log number then: it grows with every change.
    fn known_people(&self) -> HashMap<JobId, (i64, Arc<JobPeople>)> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = list.iter().flat_map(|(_, list)| list.iter());
        jobs.map(|job| (job.id, (job.seq, job.spec.clone()))).collect()
    }
}

/// What a job takes in a list.
fn bytes(job: &OpenJob) -> usize {
    let people =
        [&job.spec.annotators, &job.spec.reviewers].into_iter().flatten().map(Vec::len).sum::<usize>();
    JOB_BYTES + job.title.len() + people * size_of::<UserId>()
}

/// The teams' open jobs, paused ones included.
#[derive(Default)]
pub struct OpenJobs {
    shelves: Mutex<HashMap<TeamId, Arc<Shelf>>>,
    turn: AtomicUsize,
}

impl OpenJobs {
    /// The team's jobs by priority and due date; where `after` is given, as they were at some time after it.
    pub async fn of_team(&self, store: &Store, team: TeamId, after: Option<Instant>) -> Result<List> {
        let shelf = self.shelf(team);
        if let Some(list) = shelf.fresh(after) {
            return Ok(list);
        }
        // In a box, as it is rare: what a future may have to hold is moved about with every call.
        let before = shelf.bytes.load(Ordering::Relaxed);
        let list = Box::pin(shelf.read(store, team, after)).await?;
        if shelf.bytes.load(Ordering::Relaxed) > before {
            self.bound(team);
        }
        Ok(list)
    }

    /// Forgets the lists of the other teams where all together take too much.
    fn bound(&self, team: TeamId) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if shelves.values().map(|shelf| shelf.bytes.load(Ordering::Relaxed)).sum::<usize>() > LISTS_BYTES {
            shelves.retain(|other, _| *other == team);
        }
    }

    /// Lets jobs of the same priority and due date take turns at coming first.
    pub fn take_turns(&self, jobs: &mut [Arc<OpenJob>]) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for equals in jobs.chunk_by_mut(|a, b| (a.priority, a.due) == (b.priority, b.due)) {
            let start = turn % equals.len();
            equals.rotate_left(start);
        }
    }

    /// One of the team's open jobs.
    pub async fn find(&self, store: &Store, team: TeamId, job: JobId) -> Result<Option<Arc<OpenJob>>> {
        Ok(self.of_team(store, team, None).await?.iter().find(|open| open.id == job).cloned())
    }

    fn shelf(&self, team: TeamId) -> Arc<Shelf> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if shelves.len() >= TEAMS && !shelves.contains_key(&team) {
            shelves.clear();
        }
        shelves.entry(team).or_default().clone()
    }
}
