//! One item saved.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use swath_domain::ids::LeaseId;
use swath_domain::labels::{Annotation, Figure, Skip, Tag};
use swath_runtime::{Body, Caller, PathId, Problem, Result};

use crate::{Gateway, Work};

/// What is said of an item: its labels, or why it is left out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRequest {
    /// What was drawn; needed unless the item is skipped.
    figures: Option<Vec<Figure>>,
    /// Tags of the whole item; needed unless the item is skipped.
    tags: Option<Vec<Tag>>,
    /// Why it is left out.
    skip: Option<Skip>,
}

/// What was saved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ItemAnswer {
    /// The item.
    index: i64,
    /// Its revision; the same body again keeps it.
    revision: i64,
}

pub(crate) async fn confirm(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
    headers: HeaderMap,
    request: Body<ItemRequest>,
) -> Result<Response> {
    let work = Work { index, annotation: labels(request.value)? };
    let principal = gateway.desk.admit(&caller, lease).await?;
    let revision = gateway.confirm(principal, lease, work, if_match(&headers)?).await?;
    let etag = HeaderValue::from_str(&format!("\"{revision}\"")).map_err(|_| Problem::unavailable())?;
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
