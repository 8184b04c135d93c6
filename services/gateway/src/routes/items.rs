//! Saves the work on one item.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use swath_api::leases::{ItemAnswer, ItemRequest};
use swath_domain::ItemIndex;
use swath_domain::ids::LeaseId;
use swath_domain::labels::Annotation;
use swath_runtime::{Body, Caller, PathId, Problem, Result};

use crate::gateway::Gateway;
use crate::work::Work;

pub(crate) async fn save(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
    headers: HeaderMap,
    request: Body<ItemRequest>,
) -> Result<Response> {
    let work = Work { index: ItemIndex(index), annotation: labels(request.value)? };
    let principal = gateway.leases.admit(&caller, lease).await?;
    let revision = gateway.save_item(principal, lease, work, if_match(&headers)?).await?;
    let etag = HeaderValue::from_str(&format!("\"{revision}\"")).map_err(|_| Problem::internal())?;
    Ok(([(header::ETAG, etag)], Json(ItemAnswer { index, revision })).into_response())
}

fn labels(request: ItemRequest) -> Result<Annotation> {
    if request.skip.is_none() && request.figures.is_none() && request.tags.is_none() {
        return Err(Problem::field("figures", "is needed, or `skip` with a reason"));
    }
    Ok(Annotation {
        figures: request.figures.unwrap_or_default(),
        tags: request.tags.unwrap_or_default(),
        skip: request.skip,
    })
}

/// The revision that the client expects; `*` means that something must be saved already, which any revision is.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    text.parse().map(Some).map_err(|_| Problem::field("If-Match", "must be a revision"))
}
