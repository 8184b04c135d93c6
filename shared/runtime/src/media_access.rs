//! Which media a team may use: what is configured for all, and what the administrator has given to the team.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::TeamId;
use swath_store::Store;
use tokio::time::Instant;

use crate::media_path::{MediaFiles, Places};
use crate::object_store::Object;
use crate::problem::Result;

/// How long a team's places are believed, by a clock that never jumps.
const BELIEVED: Duration = Duration::from_secs(2);
/// How long, where the file system did not say in time where the folders really lie: leases must not wait for it again.
const BELIEVED_UNRESOLVED: Duration = Duration::from_secs(30);
/// Teams remembered.
const REMEMBERED_MAX: usize = 10_000;
/// How long the file system may take to say where a team's folders really lie.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The media of all teams.
pub struct MediaAccess {
    /// Files below the media roots.
    pub files: Arc<MediaFiles>,
    shared: Places,
    /// By team: until when it is believed, and what.
    teams: Mutex<HashMap<TeamId, (Instant, Arc<TeamAccess>)>>,
}

/// The media that one team may use.
#[derive(Debug, Default)]
pub struct TeamAccess {
    /// Where they may lie.
    pub places: Places,
    /// The folders among them with every link followed.
    resolved: Vec<PathBuf>,
}

impl TeamAccess {
    /// Whether a `file:` URI names a file of the team, by its path alone. Reading it asks more.
    pub fn names_file(&self, uri: &str) -> bool {
        self.places.name_file(uri, &self.resolved)
    }

    /// Whether an object is the team's.
    pub fn holds_object(&self, object: &Object<'_>) -> bool {
        self.places.hold_object(object)
    }
}

impl MediaAccess {
    /// Access to these files, and for every team to what is shared.
    pub fn new(files: MediaFiles, shared: Places) -> Self {
        Self { files: Arc::new(files), shared, teams: Mutex::default() }
    }

    /// What a team may use now.
    pub async fn of(&self, store: &Store, team: TeamId) -> Result<Arc<TeamAccess>> {
        if let Some(known) = self.known(team) {
            return Ok(known);
        }
        let now = Instant::now();
        let given = store.team_media(team).await?;
        let places = Places::of_team(&given).and(&self.shared);
        let resolved = self.resolve(places.named_folders().to_vec()).await;
        let until = now + if resolved.is_some() { BELIEVED } else { BELIEVED_UNRESOLVED };
        let access = Arc::new(TeamAccess { places, resolved: resolved.unwrap_or_default() });
        let mut teams = self.teams();
        if teams.len() >= REMEMBERED_MAX {
            teams.clear();
        }
        teams.insert(team, (until, access.clone()));
        Ok(access)
    }

    async fn resolve(&self, folders: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        if folders.is_empty() {
            return Some(folders);
        }
        let resolve = move || folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        self.files.work.run(RESOLVE_TIMEOUT, resolve).await.ok()
    }

    fn known(&self, team: TeamId) -> Option<Arc<TeamAccess>> {
        let teams = self.teams();
        let (until, access) = teams.get(&team)?;
        (Instant::now() < *until).then(|| access.clone())
    }

    fn teams(&self) -> MutexGuard<'_, HashMap<TeamId, (Instant, Arc<TeamAccess>)>> {
        self.teams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks a team's places up again: they have changed in this process.
    pub fn forget(&self, team: TeamId) {
        self.teams().remove(&team);
    }
}
