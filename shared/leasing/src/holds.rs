//! What a holder does with a lease or a review besides the work itself: look at it, keep it, give it back, load media.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{FieldError, Time, limits, text};
use swath_runtime::auth::Principal;
use swath_runtime::budget::{self, Share};
use swath_runtime::medium::Medium;
use swath_runtime::pages::Page;
use swath_runtime::{Caller, Problem, Result, object_store};
use swath_store::{Release, Renew};
use uuid::Uuid;

use crate::Desk;
use crate::document::LeaseDocument;
use crate::media::Shows;

/// A page of leases ends once it has so many bytes. No document before the last takes a share of the memory for large
/// answers then, so that none is held while another is waited for.
const HELD_BYTES: usize = budget::SMALL_BYTES / 2;

/// How long a lease runs now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Renewed {
    /// When it lapses.
    pub expires_at: Time,
    /// The same in seconds from now.
    pub expires_in: i64,
}

/// The body of `DELETE /v1/leases/{lease_id}`, which may be absent.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Why the work is given back.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
}

impl ReleaseRequest {
    fn check(self) -> Result<Option<String>> {
        let mut errors: Vec<FieldError> = Vec::new();
        if let Some(reason) = &self.reason {
            text::check_text("reason", reason, limits::REASON_MAX, &mut errors);
        }
        if errors.is_empty() { Ok(self.reason) } else { Err(Problem::invalid(errors)) }
    }
}

/// A page of the leases that a person holds, as an answer.
pub struct HeldPage(Page<LeaseDocument>);

impl HeldPage {
    /// The page as an answer. Each document has its share of the memory for large answers.
    pub fn answer(self) -> Response {
        let shares: Vec<_> = self.0.items.iter().map(|document| document.share.clone()).collect();
        budget::json(StatusCode::OK, &self.0, Share::of(shares))
    }
}

impl Desk {
    /// Renews a lease; one that lapsed is revived as long as nobody has taken the work.
    pub async fn renew(&self, lease: LeaseId, by: impl Into<Principal>) -> Result<Renewed> {
        let (now, Principal { user, token_maker }) = (self.context.now(), by.into());
        let renew = Renew { stage: self.stage, lease, user, token_maker, now };
        let renewed = self.context.store.lease_renew(renew).await?;
        drop(self.context.traces.under("renew", renewed.assignment, lease));
        if renewed.moved {
            let left = Duration::from_micros((renewed.expires - now).max(0).unsigned_abs());
            self.context.locks.keep(vec![(renewed.assignment, lease, left)]);
        }
        Ok(Renewed { expires_at: renewed.expires, expires_in: renewed.expires.seconds_after(now) })
    }

    /// Gives a lease back.
    pub async fn release(
        &self,
        lease: LeaseId,
        by: impl Into<Principal>,
        request: ReleaseRequest,
    ) -> Result<()> {
        let Principal { user, token_maker } = by.into();
        let facts = self.facts(lease, user).await?;
        let (reason, now) = (request.check()?, self.context.now());
        let release = Release { stage: self.stage, lease, user, token_maker, reason, now };
        let step = self.context.traces.under("release", facts.assignment, lease);
        step.end(self.context.store.lease_release(release).await.map_err(Problem::from))?;
        self.context.locks.free(vec![(facts.assignment, lease)]);
        Ok(())
    }

    /// A page of the leases that a person holds right now, in teams in which they may. It ends early where the documents
    /// would take too much together.
    pub async fn held(&self, caller: &Caller, after: Uuid, limit: i64) -> Result<HeldPage> {
        let (user, mut documents, mut bytes) = (caller.user(), Vec::new(), 0);
        let held = self.context.store.leases_of(user, self.stage, after, limit).await?;
        let mut next = held.last().filter(|_| held.len() as i64 >= limit).map(|last| last.id.to_string());
        let mut before = None;
        for assignment in held {
            let may = caller.roles_in(assignment.team).any(self.role());
            if let Some(lease) = assignment.lease_id().filter(|_| may) {
                if bytes > HELD_BYTES {
                    next = before;
                    break;
                }
                let document = self.document(lease, user).await?;
                bytes += document.bytes();
                documents.push(document);
            }
            before = Some(assignment.id.to_string());
        }
        Ok(HeldPage(Page { items: documents, next }))
    }

    /// Sends the holder's browser to an item. A former holder has lost it from sight, and so has one whose lease has
    /// expired, until a renewal.
    pub async fn media(&self, lease: LeaseId, user: UserId, index: i64) -> Result<Response> {
        let (facts, item) = self.shown(lease, user, index).await?;
        let access = self.context.media.of(&self.context.store, facts.team).await?;
        let shows = Shows { context: &self.context, access: &access, lease, user };
        let url = match Medium::of(&item.uri) {
            Medium::Object(object) if access.holds_object(&object) => {
                object_store::presigned(&self.context.config.media, &object)
            }
            _ => shows.url(index, &item.uri),
        };
        redirect(&url.ok_or_else(Problem::not_found)?)
    }
}

/// Sends a browser to a URL that is soon good no more.
pub fn redirect(url: &str) -> Result<Response> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::not_found())?;
    let uncached = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::FOUND, [(header::LOCATION, location), uncached]).into_response())
}
