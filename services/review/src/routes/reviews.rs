//! Reviews: asked for, looked at, kept, judged item by item, decided, given back.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, LeaseId};
use swath_domain::review::Verdict;
use swath_domain::text::check_text;
use swath_domain::{FieldError, Status, limits};
use swath_leasing::{Ask, LeaseRequest, PictureReport, ReleaseRequest, Renewed};
use swath_runtime::body::OptionalBody;
use swath_runtime::idempotency::check_key;
use swath_runtime::pages::{self, PageQuery};
use swath_runtime::{Body, Caller, Context, IdempotencyKey, PathId, Problem, Result, Search, body};
use swath_store::{Decided, Key, VerdictRow};

use crate::Review;

type Shared = Extension<Arc<Review>>;

pub(crate) async fn create(
    Extension(review): Shared,
    caller: Caller,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<LeaseRequest>,
) -> Result<Response> {
    let digest = serde_json::to_vec(&request.value).unwrap_or_default();
    let ask = Ask { caller, request: request.value, key: key.key(&digest) };
    let outcome = review.ask(ask).await?;
    let status = if outcome.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(outcome.lease.answer(status))
}

pub(crate) async fn picture(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
    request: Body<PictureReport>,
) -> Result<StatusCode> {
    let user = review.desk.admit(&caller, id).await?.user;
    review.desk.picture_report(id, user, index, request.value).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn list(
    Extension(review): Shared,
    caller: Caller,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    Ok(review.desk.held(&caller, after, limit).await?.answer())
}

pub(crate) async fn show(
    Extension(review): Shared,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
) -> Result<Response> {
    let user = review.desk.admit(&caller, id).await?.user;
    Ok(review.desk.document(id, user).await?.answer(StatusCode::OK))
}

pub(crate) async fn items(
    Extension(review): Shared,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_item(query.after.as_deref())?);
    let user = review.desk.admit(&caller, id).await?.user;
    Ok(review.desk.item_page(id, user, after, limit).await?.answer())
}

pub(crate) async fn renew(
    Extension(review): Shared,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
) -> Result<Json<Renewed>> {
    let principal = review.desk.admit(&caller, id).await?;
    Ok(Json(review.desk.renew(id, principal).await?))
}

pub(crate) async fn release(
    Extension(review): Shared,
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
    request: Request,
) -> Result<StatusCode> {
    let bytes = body::collect(
        request.into_body(),
        context.config.server.body_bytes,
        (&context.requests, Some(caller.user())),
    )
    .await?;
    let request = if bytes.is_empty() { ReleaseRequest::default() } else { body::parse(&bytes)? };
    let principal = review.desk.admit(&caller, id).await?;
    review.desk.release(id, principal, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn media(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
) -> Result<Response> {
    let user = review.desk.admit(&caller, id).await?.user;
    review.desk.media(id, user, index).await
}

pub(crate) async fn opinions(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_item(query.after.as_deref())?);
    let user = review.desk.admit(&caller, id).await?.user;
    Ok(review.desk.opinions((id, user), index, after, limit).await?.answer())
}

/// A verdict on one item.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictRequest {
    /// Accept or reject.
    verdict: Verdict,
    /// Why: where the job names reasons, the code of one of them, which a rejection needs; else a keyword or a phrase.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    reason: Option<String>,
    /// More for the author.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    comment: Option<String>,
    /// Which figures it is about, by their positions in the annotation from 0; the item as a whole where there are none.
    #[serde(default)]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    figures: Vec<u32>,
}

impl VerdictRequest {
    fn check(self, at: &str, item: i64) -> Result<VerdictRow> {
        let mut errors: Vec<FieldError> = Vec::new();
        for (field, text) in [("reason", &self.reason), ("comment", &self.comment)] {
            if let Some(text) = text {
                check_text(&format!("{at}{field}"), text, limits::REASON_MAX, &mut errors);
            }
        }
        check_figures(&format!("{at}figures"), &self.figures, &mut errors);
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let bytes = serde_json::to_vec(&(&self.reason, &self.comment)).map_or(usize::MAX, |json| json.len());
        if bytes > limits::VERDICT_BYTES_MAX {
            let at = at.trim_end_matches('.');
            return Err(Problem::too_large_item(at, item, bytes, limits::VERDICT_BYTES_MAX));
        }
        let Self { verdict, reason, comment, figures } = self;
        Ok(VerdictRow { item, verdict, reason, comment, figures })
    }
}

/// A list of figures is bounded, and names each of them once.
fn check_figures(field: &str, figures: &[u32], errors: &mut Vec<FieldError>) {
    if figures.len() > limits::VERDICT_FIGURES_MAX {
        let most = limits::VERDICT_FIGURES_MAX;
        errors.push(FieldError::new(field, format!("at most {most} figures are named in one verdict")));
        return;
    }
    let mut seen = HashSet::new();
    let twice = figures.iter().enumerate().filter(|(_, figure)| !seen.insert(**figure));
    errors.extend(twice.map(|(index, _)| FieldError::new(format!("{field}[{index}]"), "stands here twice")));
}

/// The verdict that is saved now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct VerdictAnswer {
    /// The item.
    index: i64,
    /// Accepted or rejected.
    verdict: Verdict,
}

pub(crate) async fn verdict(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
    request: Body<VerdictRequest>,
) -> Result<Json<VerdictAnswer>> {
    let verdict = request.value.check("", index)?;
    let answer = VerdictAnswer { index, verdict: verdict.verdict };
    let principal = review.desk.admit(&caller, id).await?;
    review.judge(principal, id, verdict).await?;
    Ok(Json(answer))
}

/// A verdict that comes with the decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemVerdict {
    /// The item.
    #[schema(minimum = 0)]
    index: i64,
    /// Accept or reject.
    verdict: Verdict,
    /// Why: where the job names reasons, the code of one of them, which a rejection needs; else a keyword or a phrase.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    reason: Option<String>,
    /// More for the author.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    comment: Option<String>,
    /// Which figures it is about, by their positions in the annotation from 0; the item as a whole where there are none.
    // The digest of a decision without figures stays what it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = BTreeSet<u32>, max_items = 100)]
    figures: Vec<u32>,
}

/// What becomes of items without a verdict.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rest {
    /// They are accepted.
    Accept,
}

/// The body of a decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideRequest {
    /// Chosen by the client; the same again gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    decision_id: String,
    /// Verdicts saved on the way.
    #[serde(default)]
    #[schema(max_items = 1000)]
    verdicts: Vec<ItemVerdict>,
    /// What becomes of the rest; without it every item needs a verdict.
    #[serde(default)]
    rest: Option<Rest>,
}

/// A rework.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Rework {
    /// Its id.
    id: AssignmentId,
    /// Its round.
    round: i64,
    /// Its number, the same as its parent's.
    number: i64,
    /// The submission that it redoes.
    parent: AssignmentId,
}

/// The answer to a decision.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DecideAnswer {
    /// ACCEPTED, or REJECTED if any item was.
    status: Status,
    /// What the rejected items became.
    #[serde(skip_serializing_if = "Option::is_none")]
    rework: Option<Rework>,
}

pub(crate) async fn submit(
    Extension(review): Shared,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
    request: Body<DecideRequest>,
) -> Result<Json<DecideAnswer>> {
    let request = request.value;
    check_key("decision_id", &request.decision_id)?;
    let digest = serde_json::to_vec(&(&request.verdicts, request.rest.is_some())).unwrap_or_default();
    let decision = Key::new(request.decision_id, &digest);
    let accept_rest = request.rest.is_some();
    let principal = review.desk.admit(&caller, id).await?;
    let decided = review.decide(principal, id, decision, rows(request.verdicts)?, accept_rest).await?;
    Ok(Json(answer(&decided)))
}

fn rows(verdicts: Vec<ItemVerdict>) -> Result<Vec<VerdictRow>> {
    if verdicts.len() as i64 > limits::RANGE_SIZE_MAX {
        return Err(Problem::field(
            "verdicts",
            format!("at most {} verdicts at once", limits::RANGE_SIZE_MAX),
        ));
    }
    let mut seen = HashSet::new();
    let row = |(position, given): (usize, ItemVerdict)| {
        if !seen.insert(given.index) {
            return Err(Problem::field(format!("verdicts[{position}].index"), "stands here twice"));
        }
        let ItemVerdict { index, verdict, reason, comment, figures } = given;
        let request = VerdictRequest { verdict, reason, comment, figures };
        request.check(&format!("verdicts[{position}]."), index)
    };
    verdicts.into_iter().enumerate().map(row).collect()
}

fn answer(decided: &Decided) -> DecideAnswer {
    let rework = decided.rework.zip(decided.rework_key);
    let rework = rework.map(|(id, (round, number))| Rework { id, round, number, parent: decided.assignment });
    DecideAnswer { status: decided.status, rework }
}
