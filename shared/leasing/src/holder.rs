//! What a user does with a lease or a review besides the work itself: list, renew, release, load media.

use swath_api::leases::{LeaseDocument, ReleaseRequest, Renewed};
use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{FieldError, ItemIndex, limits, text};
use swath_runtime::auth::Principal;
use swath_runtime::budget::{self, Share};
use swath_runtime::medium::Medium;
use swath_runtime::pages::Page;
use swath_runtime::{Caller, Problem, Result, object_store};
use swath_store::{Release, Renew};
use uuid::Uuid;

use crate::budgeted::Budgeted;
use crate::document::document_bytes;
use crate::media::MediaUrls;
use crate::picture_reports::ShownItem;
use crate::service::LeaseService;

/// A page of leases ends once its documents have this size. Only its last document can then need a share of the
/// memory for large responses, so that no request waits for a share while it has one.
const PAGE_BYTES: usize = budget::SMALL_BYTES / 2;

/// Checks the reason for a release.
fn checked_reason(request: ReleaseRequest) -> Result<Option<String>> {
    let mut errors: Vec<FieldError> = Vec::new();
    if let Some(reason) = &request.reason {
        text::check_text("reason", reason, limits::REASON_MAX, &mut errors);
    }
    if errors.is_empty() { Ok(request.reason) } else { Err(Problem::invalid(errors)) }
}

impl LeaseService {
    /// Renews a lease. Revives an expired one if no other user has the work.
    ///
    /// # Errors
    /// If the lease is unknown, another user's, or has ended.
    pub async fn renew(&self, lease: LeaseId, by: impl Into<Principal>) -> Result<Renewed> {
        let (now, Principal { user, token_maker }) = (self.context.now(), by.into());
        let renew = Renew { stage: self.stage, lease, user, token_maker, now };
        let renewed = self.context.store.lease_renew(renew).await?;
        drop(self.context.traces.under("renew", renewed.assignment, lease));
        if renewed.moved {
            let left = (renewed.expires - now).to_duration();
            self.context.locks.keep(vec![(renewed.assignment, lease, left)]);
        }
        Ok(Renewed { expires_at: renewed.expires, expires_in: renewed.expires.seconds_after(now) })
    }

    /// Releases a lease.
    ///
    /// # Errors
    /// If the lease is unknown, another user's, or has ended, or the reason breaks a rule.
    pub async fn release(
        &self,
        lease: LeaseId,
        by: impl Into<Principal>,
        request: ReleaseRequest,
    ) -> Result<()> {
        let Principal { user, token_maker } = by.into();
        let context = self.lease_context(lease, user).await?;
        let (reason, now) = (checked_reason(request)?, self.context.now());
        let release = Release { stage: self.stage, lease, user, token_maker, reason, now };
        let step = self.context.traces.under("release", context.assignment, lease);
        step.end(self.context.store.lease_release(release).await.map_err(Problem::from))?;
        self.context.locks.free(vec![(context.assignment, lease)]);
        Ok(())
    }

    /// A page of a user's current leases, in teams in which they have the role. The page ends early if the documents
    /// are too large together.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn current_leases(
        &self,
        caller: &Caller,
        after: Uuid,
        limit: i64,
    ) -> Result<Budgeted<Page<LeaseDocument>>> {
        let (user, mut bytes) = (caller.user(), 0);
        let (mut documents, mut shares) = (Vec::new(), Vec::new());
        let leased = self.context.store.leases_of(user, self.stage, after, limit).await?;
        let mut next = leased.last().filter(|_| leased.len() as i64 >= limit).map(|last| last.id.to_string());
        let mut before = None;
        for assignment in leased {
            let may = caller.roles_in(assignment.team).any(self.role());
            if let Some(lease) = assignment.lease_id().filter(|_| may) {
                if bytes > PAGE_BYTES {
                    next = before;
                    break;
                }
                let Budgeted { value, share } = self.document(lease, user).await?;
                bytes += document_bytes(&value);
                documents.push(value);
                shares.push(share);
            }
            before = Some(assignment.id.to_string());
        }
        Ok(Budgeted { value: Page { items: documents, next }, share: Share::of(shares) })
    }

    /// The URL at which the holder's browser loads an item.
    ///
    /// # Errors
    /// If the lease has ended or expired, or the team may not use the item.
    pub async fn media_url(&self, lease: LeaseId, user: UserId, index: ItemIndex) -> Result<String> {
        let ShownItem { lease: context, item } = self.shown_item(lease, user, index).await?;
        let access = self.context.media.of(&self.context.store, context.team).await?;
        let urls = MediaUrls { context: &self.context, access: &access, lease, user };
        let url = match Medium::of(&item.uri) {
            Medium::Object(object) if access.holds_object(&object) => {
                object_store::presigned(&self.context.config.media, &object)
            }
            _ => urls.url(index, &item.uri),
        };
        url.ok_or_else(Problem::not_found)
    }
}
