//! The handlers that the routes of leases and reviews share.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use swath_api::leases::{ReleaseRequest, Renewed};
use swath_api::pictures::PictureReport;
use swath_domain::ItemIndex;
use swath_domain::ids::LeaseId;
use swath_leasing::LeaseService;
use swath_runtime::pages::{self, PageQuery};
use swath_runtime::{Body, Caller, Context, PathId, Result, Search, body};

use crate::answers::{json, redirect};

/// The service, as an extension of the routes.
type Leases = Extension<Arc<LeaseService>>;

/// The caller's current leases.
///
/// # Errors
/// Those of [`LeaseService::current_leases`].
pub async fn list(
    Extension(leases): Leases,
    caller: Caller,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    Ok(json(leases.current_leases(&caller, after, limit).await?))
}

/// The current state of a lease.
///
/// # Errors
/// Those of [`LeaseService::document`].
pub async fn show(
    Extension(leases): Leases,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
) -> Result<Response> {
    let user = leases.admit(&caller, lease).await?.user;
    Ok(json(leases.document(lease, user).await?))
}

/// A page of a lease's items.
///
/// # Errors
/// Those of [`LeaseService::item_page`].
pub async fn items(
    Extension(leases): Leases,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_item(query.after.as_deref())?);
    let user = leases.admit(&caller, lease).await?.user;
    Ok(json(leases.item_page(lease, user, after, limit).await?))
}

/// Renews a lease.
///
/// # Errors
/// Those of [`LeaseService::renew`].
pub async fn renew(
    Extension(leases): Leases,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
) -> Result<Json<Renewed>> {
    let principal = leases.admit(&caller, lease).await?;
    Ok(Json(leases.renew(lease, principal).await?))
}

/// Releases a lease. The body may be absent.
///
/// # Errors
/// Those of [`LeaseService::release`].
pub async fn release(
    Extension(leases): Leases,
    State(context): State<Context>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    request: Request,
) -> Result<StatusCode> {
    let bytes_max = context.config.server.body_bytes;
    let bytes = body::collect(request.into_body(), bytes_max, &context.requests, Some(caller.user())).await?;
    let request = if bytes.is_empty() { ReleaseRequest::default() } else { body::parse(&bytes)? };
    let principal = leases.admit(&caller, lease).await?;
    leases.release(lease, principal, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Redirects the holder's browser to an item.
///
/// # Errors
/// Those of [`LeaseService::media_url`].
pub async fn media(
    Extension(leases): Leases,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
) -> Result<Response> {
    let user = leases.admit(&caller, lease).await?.user;
    redirect(&leases.media_url(lease, user, ItemIndex(index)).await?)
}

/// Stores a browser's report about a picture.
///
/// # Errors
/// Those of [`LeaseService::picture_report`].
pub async fn picture(
    Extension(leases): Leases,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
    request: Body<PictureReport>,
) -> Result<StatusCode> {
    let user = leases.admit(&caller, lease).await?.user;
    leases.picture_report(lease, user, ItemIndex(index), request.value).await?;
    Ok(StatusCode::NO_CONTENT)
}
