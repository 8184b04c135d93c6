//! The media that a team may use: those configured for all teams, and those the administrator has given to the team.

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

/// How long a team's access is cached (monotonic clock).
const ACCESS_TTL: Duration = Duration::from_secs(2);
/// How long it is cached if the file system did not resolve the folders in time. Longer, because leases must not wait
/// for it again and again.
const UNRESOLVED_ACCESS_TTL: Duration = Duration::from_secs(30);
/// The capacity of the cache.
const CACHED_TEAMS_MAX: usize = 10_000;
/// How long the file system may take to resolve the links in a team's folders.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The media of all teams.
pub struct MediaAccess {
    /// Files below the media roots.
    pub files: Arc<MediaFiles>,
    shared: Places,
    /// By team: when the entry expires, and the access.
    cache: Mutex<HashMap<TeamId, (Instant, Arc<TeamAccess>)>>,
}

/// The media that one team may use.
#[derive(Debug, Default)]
pub struct TeamAccess {
    /// Where they may be.
    pub places: Places,
    /// The folders of `places`, with links resolved.
    resolved: Vec<PathBuf>,
}

impl TeamAccess {
    /// Whether the path of a `file:` URI is one of the team's. Reading the file checks more.
    pub fn names_file(&self, uri: &str) -> bool {
        self.places.name_file(uri, &self.resolved)
    }

    /// Whether the team may use an object.
    pub fn holds_object(&self, object: &Object<'_>) -> bool {
        self.places.contain_object(object)
    }
}

impl MediaAccess {
    /// Access to these files. All teams may use `shared`.
    pub fn new(files: MediaFiles, shared: Places) -> Self {
        Self { files: Arc::new(files), shared, cache: Mutex::default() }
    }

    /// The media that a team may use now.
    ///
    /// # Errors
    /// 503 if the database does not answer.
    pub async fn of(&self, store: &Store, team: TeamId) -> Result<Arc<TeamAccess>> {
        if let Some(cached) = self.cached(team) {
            return Ok(cached);
        }
        let now = Instant::now();
        let given = store.team_media(team).await?;
        let places = Places::of_team(&given).and(&self.shared);
        let resolved = self.resolve(places.named_folders().to_vec()).await;
        let until = now + if resolved.is_some() { ACCESS_TTL } else { UNRESOLVED_ACCESS_TTL };
        let access = Arc::new(TeamAccess { places, resolved: resolved.unwrap_or_default() });
        let mut cache = self.cache();
        if cache.len() >= CACHED_TEAMS_MAX {
            cache.clear();
        }
        cache.insert(team, (until, access.clone()));
        Ok(access)
    }

    async fn resolve(&self, folders: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        if folders.is_empty() {
            return Some(folders);
        }
        let resolve = move || folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        self.files.work.run(RESOLVE_TIMEOUT, resolve).await.ok()
    }

    fn cached(&self, team: TeamId) -> Option<Arc<TeamAccess>> {
        let cache = self.cache();
        let (until, access) = cache.get(&team)?;
        (Instant::now() < *until).then(|| access.clone())
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<TeamId, (Instant, Arc<TeamAccess>)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a team from the cache, because this process has changed its media.
    pub fn forget(&self, team: TeamId) {
        self.cache().remove(&team);
    }
}
