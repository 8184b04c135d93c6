//! The cache of each team's open jobs, in the order in which their work is granted. Of the specifications it only has
//! the users who may work in the jobs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use swath_domain::ids::{JobId, TeamId, UserId};
use swath_domain::job::{Job, JobHead, JobPeople};
use swath_runtime::Result;
use swath_store::{Store, StoreError};
use tokio::time::Instant;

/// How old a list may be (monotonic clock).
const LIST_AGE_MAX: Duration = Duration::from_secs(1);
/// The largest number of open jobs of one team whose work is granted.
const TEAM_JOBS_MAX: i64 = 1_000;
/// The largest number of teams in the cache.
const TEAMS_MAX: usize = 5_000;

/// The memory of the lists of all teams.
const LISTS_BYTES_MAX: usize = 64 << 20;
/// The memory of a job in a list without its title and its users.
const JOB_BYTES: usize = 512;

/// A job with the users that it is restricted to.
pub type OpenJob = Job<Arc<JobPeople>>;
/// The jobs of one team.
pub type List = Arc<[Arc<OpenJob>]>;

/// The list of one team. Only one task reads it from the database at a time; the others wait for its result.
#[derive(Default)]
struct TeamJobs {
    list: Mutex<Option<(Instant, List)>>,
    bytes: AtomicUsize,
    reading: tokio::sync::Mutex<()>,
}

/// The error for an open job whose restrictions were not found: jobs are never deleted.
fn without_people(id: JobId) -> StoreError {
    StoreError::Corrupt { table: "jobs", id: id.to_string(), what: "the job has disappeared".to_owned() }
}

impl TeamJobs {
    fn fresh(&self, after: Option<Instant>) -> Option<List> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, list) = list.as_ref()?;
        let usable = since.elapsed() < LIST_AGE_MAX && after.is_none_or(|after| *since > after);
        usable.then(|| list.clone())
    }

    async fn read(&self, store: &Store, team: TeamId, after: Option<Instant>) -> Result<List> {
        let _reading = self.reading.lock().await;
        if let Some(list) = self.fresh(after) {
            return Ok(list);
        }
        let since = Instant::now();
        let heads = store.jobs_open(team, TEAM_JOBS_MAX).await?;
        let seqs: HashMap<_, _> = heads.iter().map(|head| (head.id, head.seq)).collect();
        let mut people = self.known_people();
        people.retain(|id, (seq, _)| seqs.get(id) == Some(seq));
        let unknown: Vec<_> =
            heads.iter().map(|head| head.id).filter(|id| !people.contains_key(id)).collect();
        let mut read = if unknown.is_empty() { HashMap::new() } else { store.jobs_people(&unknown).await? };
        let with_people = |head: JobHead| -> Result<Arc<OpenJob>> {
            let people = match people.remove(&head.id) {
                Some((_, known)) => known,
                // Without its restrictions, a job would be open to every user of the team.
                None => Arc::new(read.remove(&head.id).ok_or_else(|| without_people(head.id))?),
            };
            Ok(Arc::new(head.with(people)))
        };
        let list: List = heads.into_iter().map(with_people).collect::<Result<_>>()?;
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some((since, list.clone()));
        self.bytes.store(list.iter().map(|job| bytes(job)).sum(), Ordering::Relaxed);
        Ok(list)
    }

    /// The users of the jobs in the current list. Each is valid for the job's log number at that time, which grows
    /// with every change of the job.
    fn known_people(&self) -> HashMap<JobId, (i64, Arc<JobPeople>)> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = list.iter().flat_map(|(_, list)| list.iter());
        jobs.map(|job| (job.id, (job.seq, job.spec.clone()))).collect()
    }
}

/// The memory of a job in a list, in bytes.
fn bytes(job: &OpenJob) -> usize {
    let people =
        [&job.spec.annotators, &job.spec.reviewers].into_iter().flatten().map(Vec::len).sum::<usize>();
    JOB_BYTES + job.title.len() + people * size_of::<UserId>()
}

/// The teams' open jobs, including paused ones.
#[derive(Default)]
pub struct OpenJobs {
    lists: Mutex<HashMap<TeamId, Arc<TeamJobs>>>,
    turn: AtomicUsize,
}

impl OpenJobs {
    /// The team's jobs by priority and due date. With `after`, the list is newer than that time.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn of_team(&self, store: &Store, team: TeamId, after: Option<Instant>) -> Result<List> {
        let jobs = self.team_jobs(team);
        if let Some(list) = jobs.fresh(after) {
            return Ok(list);
        }
        // Boxed so that this rare branch does not enlarge every caller's future.
        let before = jobs.bytes.load(Ordering::Relaxed);
        let list = Box::pin(jobs.read(store, team, after)).await?;
        if jobs.bytes.load(Ordering::Relaxed) > before {
            self.evict(team);
        }
        Ok(list)
    }

    /// Removes the lists of the other teams if all lists need too much memory.
    fn evict(&self, team: TeamId) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.values().map(|jobs| jobs.bytes.load(Ordering::Relaxed)).sum::<usize>() > LISTS_BYTES_MAX {
            lists.retain(|other, _| *other == team);
        }
    }

    /// Rotates jobs of the same priority and due date, so that each of them comes first in turn.
    pub fn rotate(&self, jobs: &mut [Arc<OpenJob>]) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for equals in jobs.chunk_by_mut(|a, b| (a.priority, a.due) == (b.priority, b.due)) {
            let start = turn % equals.len();
            equals.rotate_left(start);
        }
    }

    /// One of the team's open jobs.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn find(&self, store: &Store, team: TeamId, job: JobId) -> Result<Option<Arc<OpenJob>>> {
        Ok(self.of_team(store, team, None).await?.iter().find(|open| open.id == job).cloned())
    }

    fn team_jobs(&self, team: TeamId) -> Arc<TeamJobs> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= TEAMS_MAX && !lists.contains_key(&team) {
            lists.clear();
        }
        lists.entry(team).or_default().clone()
    }
}
