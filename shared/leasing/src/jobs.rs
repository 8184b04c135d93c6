//! The open jobs of a team in the order in which they are served, at most a second old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::{JobId, TeamId};
use swath_domain::job::Job;
use swath_runtime::Result;
use swath_store::Store;
use tokio::time::Instant;

/// How old a list may be, by a clock that never jumps.
const FRESH: Duration = Duration::from_secs(1);
/// Open jobs of one team that are served.
const MOST: i64 = 1_000;
/// Teams whose lists are kept.
const TEAMS: usize = 5_000;

type List = Arc<[Arc<Job>]>;

/// The teams' open jobs, paused ones included.
#[derive(Default)]
pub struct OpenJobs {
    lists: Mutex<HashMap<TeamId, (Instant, List)>>,
    turn: AtomicUsize,
}

impl OpenJobs {
    /// The team's jobs by priority and due date; equals take turns at coming first.
    pub async fn of_team(&self, store: &Store, team: TeamId) -> Result<Vec<Arc<Job>>> {
        let mut jobs = self.list(store, team).await?.to_vec();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for equals in jobs.chunk_by_mut(|a, b| (a.priority, a.due) == (b.priority, b.due)) {
            let start = turn % equals.len();
            equals.rotate_left(start);
        }
        Ok(jobs)
    }

    /// One of the team's open jobs.
    pub async fn find(&self, store: &Store, team: TeamId, job: JobId) -> Result<Option<Arc<Job>>> {
        Ok(self.list(store, team).await?.iter().find(|open| open.id == job).cloned())
    }

    /// Reads a team's list anew; whether there is something in it that the list before did not tell.
    pub async fn has_changed(&self, store: &Store, team: TeamId) -> Result<bool> {
        let before = self.lock().get(&team).map(|(_, list)| list.clone());
        let list = self.read(store, team).await?;
        Ok(before.is_none_or(|before| before != list))
    }

    async fn list(&self, store: &Store, team: TeamId) -> Result<List> {
        match self.fresh(team) {
            Some(list) => Ok(list),
            None => self.read(store, team).await,
        }
    }

    async fn read(&self, store: &Store, team: TeamId) -> Result<List> {
        let now = Instant::now();
        let list: List = store.jobs_open(team, MOST).await?.into_iter().map(Arc::new).collect();
        let mut lists = self.lock();
        if lists.len() >= TEAMS {
            lists.clear();
        }
        lists.insert(team, (now, list.clone()));
        Ok(list)
    }

    fn fresh(&self, team: TeamId) -> Option<List> {
        let lists = self.lock();
        lists.get(&team).filter(|(since, _)| since.elapsed() < FRESH).map(|(_, list)| list.clone())
    }

    /// Reads a team's jobs again at the next question.
    pub fn forget(&self, team: TeamId) {
        self.lock().remove(&team);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TeamId, (Instant, List)>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
