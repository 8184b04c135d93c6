//! The open jobs of a team in the order in which they are served, at most a second old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// The jobs of one team.
pub type List = Arc<[Arc<Job>]>;

/// One team's list, and the turn of whoever reads it anew: the others wait for that instead of reading as well.
#[derive(Default)]
struct Shelf {
    list: Mutex<Option<(Instant, List)>>,
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
        let list: List = store.jobs_open(team, MOST).await?.into_iter().map(Arc::new).collect();
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some((since, list.clone()));
        Ok(list)
    }
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
        Box::pin(shelf.read(store, team, after)).await
    }

    /// Lets jobs of the same priority and due date take turns at coming first.
    pub fn take_turns(&self, jobs: &mut [Arc<Job>]) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for equals in jobs.chunk_by_mut(|a, b| (a.priority, a.due) == (b.priority, b.due)) {
            let start = turn % equals.len();
            equals.rotate_left(start);
        }
    }

    /// One of the team's open jobs.
    pub async fn find(&self, store: &Store, team: TeamId, job: JobId) -> Result<Option<Arc<Job>>> {
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
