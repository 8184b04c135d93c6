//! The URLs at which browsers load items, and whether a lease still shows its items.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use swath_domain::assignment::LeaseState;
use swath_domain::ids::{DatasetId, LeaseId, TeamId, UserId};
use swath_domain::{Ranges, Role, Roles, Stage};
use swath_runtime::media::Ticket;
use swath_runtime::media_access::TeamAccess;
use swath_runtime::medium::Medium;
use swath_runtime::object_store;
use swath_runtime::{Context, Result};
use tokio::time::Instant;

/// How long the answer whether a lease shows its items is cached (monotonic clock).
const ANSWER_AGE_MAX: Duration = Duration::from_secs(2);
/// Leases whose answers are cached, at most.
const CACHED_MAX: usize = 20_000;

/// The URLs of the items of a lease, and the media that its team may use.
pub(crate) struct MediaUrls<'a> {
    pub(crate) context: &'a Context,
    pub(crate) access: &'a TeamAccess,
    pub(crate) lease: LeaseId,
    pub(crate) user: UserId,
}

impl MediaUrls<'_> {
    /// A URL that needs no token: the item's own where browsers can load it, and otherwise a signed one of the server.
    /// `None` where the server cannot reach the item, or the team may not use it.
    pub(crate) fn url(&self, index: i64, uri: &str) -> Option<String> {
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

    fn ticket(&self, item: i64) -> String {
        let expires = self.context.now() + Duration::from_secs(self.context.config.media.url_seconds);
        self.context.signer.sign(Ticket { lease: self.lease, user: self.user, item, expires })
    }
}

/// What a current lease shows.
#[derive(Debug)]
pub struct ShownLease {
    user: UserId,
    /// The team of its job.
    pub team: TeamId,
    /// The dataset of its items.
    pub dataset: DatasetId,
    /// Its items.
    pub ranges: Ranges,
    /// The media that its team may use.
    pub access: Arc<TeamAccess>,
}

/// Which leases show their items, cached for a moment because the pictures of a lease are loaded many at a time.
#[derive(Default)]
pub struct ShownLeases(Mutex<HashMap<LeaseId, Cached>>);

/// What was read about a lease, and when.
struct Cached {
    asked: Instant,
    shown: Option<Arc<ShownLease>>,
}

impl ShownLeases {
    /// What this user's lease, or review, shows now. `None` once it is over, has expired, or its holder has lost the role
    /// for it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(
        &self,
        context: &Context,
        lease: LeaseId,
        user: UserId,
    ) -> Result<Option<Arc<ShownLease>>> {
        let shown = match self.cached(lease) {
            Some(shown) => shown,
            None => {
                let asked = Instant::now();
                let shown = read(context, lease).await?.map(Arc::new);
                self.insert(lease, Cached { asked, shown: shown.clone() });
                shown
            }
        };
        Ok(shown.filter(|shown| shown.user == user))
    }

    fn cached(&self, lease: LeaseId) -> Option<Option<Arc<ShownLease>>> {
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Cached { asked, shown } = leases.get(&lease)?;
        (asked.elapsed() < ANSWER_AGE_MAX).then(|| shown.clone())
    }

    fn insert(&self, lease: LeaseId, answer: Cached) {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() >= CACHED_MAX {
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

/// The role that work of a stage needs.
pub(crate) fn role_of(stage: Stage) -> Roles {
    Roles::of(&[if stage == Stage::Annotate { Role::Annotator } else { Role::Reviewer }])
}
