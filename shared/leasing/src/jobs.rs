//! The open jobs of a team in the order in which they are served, at most a second old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use swath_domain::Time;
use swath_domain::ids::{JobId, TeamId};
use swath_domain::job::Job;
use swath_runtime::Result;
use swath_store::Store;

/// How old a list may be, in microseconds.
const FRESH: i64 = 1_000_000;
/// Open jobs of one team that are served.
const MOST: i64 = 1_000;
/// Teams whose lists are kept.
const TEAMS: usize = 5_000;

type List = Arc<[Arc<Job>]>;

/// The teams' open jobs, paused ones included.
#[derive(Default)]
pub struct OpenJobs {
    lists: Mutex<HashMap<TeamId, (Time, List)>>,
    turn: AtomicUsize,
}

impl OpenJobs {
    /// The team's jobs by priority and due date; equals take turns at coming first.
    pub async fn of_team(&self, store: &Store, team: TeamId, now: Time) -> Result<Vec<Arc<Job>>> {
        let mut jobs = self.list(store, team, now).await?.to_vec();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for equals in jobs.chunk_by_mut(|a, b| (a.priority, a.due) == (b.priority, b.due)) {
            let start = turn % equals.len();
            equals.rotate_left(start);
        }
        Ok(jobs)
    }

    /// One of the team's open jobs.
    pub async fn find(&self, store: &Store, team: TeamId, job: JobId, now: Time) -> Result<Option<Arc<Job>>> {
        Ok(self.list(store, team, now).await?.iter().find(|open| open.id == job).cloned())
    }

    async fn list(&self, store: &Store, team: TeamId, now: Time) -> Result<List> {
        if let Some(list) = self.fresh(team, now) {
            return Ok(list);
        }
        let list: List = store.jobs_open(team, MOST).await?.into_iter().map(Arc::new).collect();
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= TEAMS {
            lists.clear();
        }
        lists.insert(team, (now, list.clone()));
        Ok(list)
    }

    fn fresh(&self, team: TeamId, now: Time) -> Option<List> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.get(&team).filter(|(since, _)| now - *since < FRESH).map(|(_, list)| list.clone())
    }

    /// Reads a team's jobs again at the next question.
    pub fn forget(&self, team: TeamId) {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).remove(&team);
    }
}
