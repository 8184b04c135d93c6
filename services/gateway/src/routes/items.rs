//! One item saved: checked against the job's classes, tags and limits, and against the picture's size.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use swath_domain::ids::LeaseId;
use swath_domain::labels::{Annotation, Figure, Skip, Tag};
use swath_domain::{FieldError, Refusal};
use swath_leasing::Facts;
use swath_runtime::{Body, Caller, PathId, Problem, Result};
use swath_store::{Confirm, ItemWork, StoreError};

use crate::Gateway;

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
    let facts = gateway.desk.facts(lease, caller.user()).await?;
    let annotation = checked(&facts, index, labels(request.value)?, "")?;
    let if_revision = if_match(&headers)?;
    let (work, now) = (work_of(index, &annotation), gateway.context.now());
    let confirm = Confirm { lease, user: caller.user(), work, if_revision, now };
    let confirmed = gateway.context.store.item_confirm(confirm).await.map_err(|error| match error {
        StoreError::Conflict(detail) if if_revision.is_some() => Problem::precondition(detail),
        error => error.into(),
    })?;
    gateway.metrics.confirmed.inc();
    let revision = confirmed.revision;
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

/// The annotation, if the item belongs to the lease and the job allows what it says.
pub(super) fn checked(facts: &Facts, index: i64, annotation: Annotation, at: &str) -> Result<Annotation> {
    if !facts.ranges.contains(index) {
        return Err(Refusal::ForeignItem(index).into());
    }
    let errors = facts.rules.check_annotation(&annotation, facts.sizes.get(&index).copied());
    if errors.is_empty() {
        return Ok(annotation);
    }
    let within = |error: FieldError| if at.is_empty() { error } else { error.within(at) };
    let mut problem = Problem::invalid(errors.into_iter().map(within).collect());
    problem.errors.iter_mut().for_each(|fault| fault.index = Some(index));
    Err(problem)
}

/// An annotation as it is stored: the same labels are the same text.
pub(super) fn work_of(item: i64, annotation: &Annotation) -> ItemWork {
    let body = serde_json::to_string(annotation).unwrap_or_default();
    ItemWork { item, body, skipped: annotation.skip.is_some() }
}

/// The revision that the client expects; `*` means that something must be saved already, which any revision is.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    text.parse().map(Some).map_err(|_| Problem::field("If-Match", "must be a revision"))
}
