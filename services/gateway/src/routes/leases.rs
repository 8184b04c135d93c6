//! Requests for leases, and submissions. What leases and reviews share is in `swath-leasing-http`.

use std::sync::Arc;

use axum::response::Response;
use axum::{Extension, Json};
use swath_api::digested;
use swath_api::leases::{LeaseRequest, SubmitAnswer, SubmitRequest, SubmittedItem};
use swath_domain::ItemIndex;
use swath_domain::ids::LeaseId;
use swath_domain::labels::Annotation;
use swath_runtime::body::OptionalBody;
use swath_runtime::idempotency::check_key;
use swath_runtime::{Body, Caller, IdempotencyKey, PathId, Result};
use swath_store::Key;

use crate::gateway::Gateway;
use crate::work::Work;

pub(crate) async fn create(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<LeaseRequest>,
) -> Result<Response> {
    listen(&gateway, &caller, &request.value);
    let outcome = gateway.ask(swath_leasing_http::ask(caller, &key, request.value)).await?;
    Ok(swath_leasing_http::given(outcome))
}

/// Listens to the hints of the team in which the user asks.
fn listen(gateway: &Gateway, caller: &Caller, request: &LeaseRequest) {
    let annotator = swath_domain::Roles::of(&[swath_domain::Role::Annotator]);
    if let Ok(team) = caller.team(request.team, annotator) {
        gateway.candidates.listen_to(team);
    }
}

pub(crate) async fn submit(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    request: Body<SubmitRequest>,
) -> Result<Json<SubmitAnswer>> {
    let request = request.value;
    check_key("submission_id", &request.submission_id)?;
    let submission = Key::new(request.submission_id, &digested::items(&request.items));
    let items = request.items.into_iter().map(work).collect();
    let principal = gateway.leases.admit(&caller, lease).await?;
    let submitted = gateway.submit(principal, lease, submission, items).await?;
    Ok(Json(SubmitAnswer { assignment: submitted.assignment, status: submitted.status }))
}

fn work(item: SubmittedItem) -> Work {
    let annotation = Annotation { figures: item.figures, tags: item.tags, skip: item.skip };
    Work { index: ItemIndex(item.index), annotation }
}
