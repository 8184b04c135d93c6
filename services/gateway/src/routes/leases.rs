//! Leases: asked for, looked at, kept, handed in, given back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use swath_domain::Status;
use swath_domain::ids::{AssignmentId, LeaseId};
use swath_domain::labels::{Annotation, Figure, Skip, Tag};
use swath_leasing::{Ask, LeaseRequest, PictureReport, ReleaseRequest, Renewed};
use swath_runtime::body::OptionalBody;
use swath_runtime::idempotency::check_key;
use swath_runtime::pages::{self, PageQuery};
use swath_runtime::{Body, Caller, Context, IdempotencyKey, PathId, Result, Search, body};
use swath_store::Key;

use crate::{Gateway, Work};

pub(crate) async fn create(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<LeaseRequest>,
) -> Result<Response> {
    let digest = serde_json::to_vec(&request.value).unwrap_or_default();
    attend(&gateway, &caller, &request.value);
    let ask = Ask { caller, request: request.value, key: key.key(&digest) };
    let outcome = gateway.ask(ask).await?;
    let status = if outcome.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(outcome.lease.answer(status))
}

/// Listens to the hints of the team in which the person asks.
fn attend(gateway: &Gateway, caller: &Caller, request: &LeaseRequest) {
    let annotator = swath_domain::Roles::of(&[swath_domain::Role::Annotator]);
    if let Ok(team) = caller.team(request.team, annotator) {
        gateway.candidates.attend(team);
    }
}

pub(crate) async fn list(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    Ok(gateway.desk.held(&caller, after, limit).await?.answer())
}

pub(crate) async fn show(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
) -> Result<Response> {
    let user = gateway.desk.admit(&caller, lease).await?.user;
    Ok(gateway.desk.document(lease, user).await?.answer(StatusCode::OK))
}

pub(crate) async fn items(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_item(query.after.as_deref())?);
    let user = gateway.desk.admit(&caller, lease).await?.user;
    Ok(gateway.desk.item_page(lease, user, after, limit).await?.answer())
}

pub(crate) async fn renew(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
) -> Result<Json<Renewed>> {
    let principal = gateway.desk.admit(&caller, lease).await?;
    Ok(Json(gateway.desk.renew(lease, principal).await?))
}

pub(crate) async fn release(
    Extension(gateway): Extension<Arc<Gateway>>,
    State(context): State<Context>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    request: Request,
) -> Result<StatusCode> {
    let bytes = body::collect(
        request.into_body(),
        context.config.server.body_bytes,
        (&context.requests, Some(caller.user())),
    )
    .await?;
    let request = if bytes.is_empty() { ReleaseRequest::default() } else { body::parse(&bytes)? };
    let principal = gateway.desk.admit(&caller, lease).await?;
    gateway.desk.release(lease, principal, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn media(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
) -> Result<Response> {
    let user = gateway.desk.admit(&caller, lease).await?.user;
    gateway.desk.media(lease, user, index).await
}

pub(crate) async fn picture(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId((lease, index)): PathId<(LeaseId, i64)>,
    request: Body<PictureReport>,
) -> Result<StatusCode> {
    let user = gateway.desk.admit(&caller, lease).await?.user;
    gateway.desk.picture_report(lease, user, index, request.value).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of a submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitRequest {
    /// Chosen by the client; the same again gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    submission_id: String,
    /// Items to be saved on the way.
    #[serde(default)]
    #[schema(max_items = 1000)]
    items: Vec<SubmittedItem>,
}

/// An item that is saved with the submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmittedItem {
    /// Its number.
    #[schema(minimum = 0)]
    index: i64,
    /// What was drawn.
    #[serde(default)]
    figures: Vec<Figure>,
    /// Tags of the whole item.
    #[serde(default)]
    tags: Vec<Tag>,
    /// Why it was left out.
    #[serde(default)]
    skip: Option<Skip>,
}

/// The answer to a submission.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SubmitAnswer {
    /// The assignment.
    assignment: AssignmentId,
    /// Its status right after the submission.
    status: Status,
}

pub(crate) async fn submit(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    PathId(lease): PathId<LeaseId>,
    request: Body<SubmitRequest>,
) -> Result<Json<SubmitAnswer>> {
    let request = request.value;
    check_key("submission_id", &request.submission_id)?;
    let submission = Key::new(request.submission_id, &serde_json::to_vec(&request.items).unwrap_or_default());
    let items = request.items.into_iter().map(Work::from).collect();
    let principal = gateway.desk.admit(&caller, lease).await?;
    let handed = gateway.submit(principal, lease, submission, items).await?;
    Ok(Json(SubmitAnswer { assignment: handed.assignment, status: handed.status }))
}

impl From<SubmittedItem> for Work {
    fn from(item: SubmittedItem) -> Self {
        Self {
            index: item.index,
            annotation: Annotation { figures: item.figures, tags: item.tags, skip: item.skip },
        }
    }
}
