//! The URLs at which browsers load items, and which leases still show their items.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use swath_domain::assignment::LeaseState;
use swath_domain::ids::{DatasetId, LeaseId, TeamId, UserId};
use swath_domain::{ItemIndex, Ranges, Role, Roles, Stage};
use swath_runtime::media::Ticket;
use swath_runtime::media_access::TeamAccess;
use swath_runtime::medium::Medium;
use swath_runtime::object_store;
use swath_runtime::{Context, Result};
use tokio::time::Instant;

/// How long it is cached whether a lease shows its items (monotonic clock).
const CACHE_TTL: Duration = Duration::from_secs(2);
/// The largest number of leases in the cache.
const CACHED_LEASES_MAX: usize = 20_000;

/// Makes the media URLs of a lease's items.
pub(crate) struct MediaUrls<'a> {
    pub(crate) context: &'a Context,
    pub(crate) access: &'a TeamAccess,
    pub(crate) lease: LeaseId,
    pub(crate) user: UserId,
}

impl MediaUrls<'_> {
    /// A URL that needs no token: the item's own if browsers can load it, and otherwise a signed URL of the server.
    /// `None` if the server cannot read the item, or the team may not use it.
    pub(crate) fn url(&self, index: ItemIndex, uri: &str) -> Option<String> {
        let is_ours = match Medium::of(uri) {
            Medium::Web | Medium::Data => return Some(uri.to_owned()),
            Medium::File => self.access.names_file(uri),
            Medium::Object(object) => {
                object_store::is_configured(&self.context.config.media) && self.access.holds_object(&object)
            }
            Medium::Upload(_) => self.context.files.is_configured(),
            Medium::Elsewhere => false,
        };
        is_ours.then(|| format!("/v1/media/{}", self.ticket(index)))
    }

    fn ticket(&self, item: ItemIndex) -> String {
        let expires = self.context.now() + Duration::from_secs(self.context.config.media.url_seconds);
        self.context.signer.sign(Ticket { lease: self.lease, user: self.user, item, expires })
    }
}

/// A current lease, whose items may be shown.
#[derive(Debug)]
pub struct ShownLease {
    user: UserId,
    /// The team of the lease's job.
    pub team: TeamId,
    /// The dataset of the items.
    pub dataset: DatasetId,
    /// The items of the lease.
    pub ranges: Ranges,
    /// The media that the team may use.
    pub access: Arc<TeamAccess>,
}

/// The leases that show their items. Cached for a moment, because browsers load many pictures of a lease at a time.
#[derive(Default)]
pub struct ShownLeases(Mutex<HashMap<LeaseId, Cached>>);

/// The cached answer about a lease, and when it was read.
struct Cached {
    read_at: Instant,
    shown: Option<Arc<ShownLease>>,
}

impl ShownLeases {
    /// This user's lease or review, if it is current. `None` if it has ended or expired, or its holder does not have
    /// the role any more.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn of(
        &self,
        context: &Context,
        lease: LeaseId,
        user: UserId,
    ) -> Result<Option<Arc<ShownLease>>> {
        let shown = match self.cached(lease) {
            Some(shown) => shown,
            None => {
                let read_at = Instant::now();
                let shown = read(context, lease).await?.map(Arc::new);
                self.insert(lease, Cached { read_at, shown: shown.clone() });
                shown
            }
        };
        Ok(shown.filter(|shown| shown.user == user))
    }

    fn cached(&self, lease: LeaseId) -> Option<Option<Arc<ShownLease>>> {
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Cached { read_at, shown } = leases.get(&lease)?;
        (read_at.elapsed() < CACHE_TTL).then(|| shown.clone())
    }

    fn insert(&self, lease: LeaseId, answer: Cached) {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() >= CACHED_LEASES_MAX {
            leases.clear();
        }
        leases.insert(lease, answer);
    }
}

async fn read(context: &Context, lease: LeaseId) -> Result<Option<ShownLease>> {
    let Some(view) = context.store.lease(lease).await? else { return Ok(None) };
    let (assignment, user) = (&view.assignment, view.holder);
    if assignment.lease_state(view.stage, user, lease) != Some(LeaseState::Current) {
        return Ok(None);
    }
    let roles = context.store.member_roles(assignment.team, user).await?;
    if !roles.any(role_of(view.stage)) {
        return Ok(None);
    }
    let Some(job) = context.store.job_definition(assignment.key.job).await? else { return Ok(None) };
    let access = context.media.of(&context.store, assignment.team).await?;
    Ok(Some(ShownLease {
        user,
        team: assignment.team,
        dataset: job.dataset,
        ranges: assignment.ranges.clone(),
        access,
    }))
}

/// The role that a stage requires.
pub(crate) fn role_of(stage: Stage) -> Roles {
    Roles::of(&[if stage == Stage::Annotate { Role::Annotator } else { Role::Reviewer }])
}
