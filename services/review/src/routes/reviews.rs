//! Requests for reviews, verdicts on items, and decisions. What leases and reviews share is in `swath-leasing-http`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use swath_api::digested;
use swath_api::leases::LeaseRequest;
use swath_api::reviews::{DecideAnswer, DecideRequest, ItemVerdict, Rework, VerdictAnswer, VerdictRequest};
use swath_domain::ids::LeaseId;
use swath_domain::text::check_text;
use swath_domain::{FieldError, ItemIndex, limits};
use swath_leasing::OpinionsPage;
use swath_runtime::body::OptionalBody;
use swath_runtime::idempotency::check_key;
use swath_runtime::pages::{self, PageQuery};
use swath_runtime::{Body, Caller, IdempotencyKey, PathId, Problem, Result, Search};
use swath_store::{Decided, Key, VerdictRow};

use crate::review::Review;

type Shared = Extension<Arc<Review>>;

pub(crate) async fn create(
    Extension(review): Shared,
    caller: Caller,
    key: IdempotencyKey,
    OptionalBody(request): OptionalBody<LeaseRequest>,
) -> Result<Response> {
    let outcome = review.ask(swath_leasing_http::ask(caller, &key, request.value)).await?;
    Ok(swath_leasing_http::given(outcome))
}

pub(crate) async fn opinions(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
    Search(query): Search<PageQuery>,
) -> Result<Response> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_item(query.after.as_deref())?);
    let page = OpinionsPage { after, limit };
    let user = review.leases.admit(&caller, id).await?.user;
    Ok(swath_leasing_http::json(review.leases.opinions(id, user, ItemIndex(index), page).await?))
}

pub(crate) async fn verdict(
    Extension(review): Shared,
    caller: Caller,
    PathId((id, index)): PathId<(LeaseId, i64)>,
    request: Body<VerdictRequest>,
) -> Result<Json<VerdictAnswer>> {
    let verdict = checked(request.value, "", ItemIndex(index))?;
    let answer = VerdictAnswer { index, verdict: verdict.verdict };
    let principal = review.leases.admit(&caller, id).await?;
    review.judge(principal, id, verdict).await?;
    Ok(Json(answer))
}

/// The verdict as it is stored, if its fields are within their bounds; `at` is its path in the request.
fn checked(request: VerdictRequest, at: &str, item: ItemIndex) -> Result<VerdictRow> {
    let mut errors: Vec<FieldError> = Vec::new();
    for (field, text) in [("reason", &request.reason), ("comment", &request.comment)] {
        if let Some(text) = text {
            check_text(&format!("{at}{field}"), text, limits::REASON_MAX, &mut errors);
        }
    }
    check_figures(&format!("{at}figures"), &request.figures, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let bytes = encoded(&(&request.reason, &request.comment)).len();
    if bytes > limits::VERDICT_BYTES_MAX {
        let at = at.trim_end_matches('.');
        return Err(Problem::too_large_item(at, item, bytes, limits::VERDICT_BYTES_MAX));
    }
    let VerdictRequest { verdict, reason, comment, figures } = request;
    Ok(VerdictRow { item, verdict, reason, comment, figures })
}

/// Parts of a request as JSON, as they are measured.
#[expect(clippy::expect_used, reason = "requests have no maps, whose keys are all that JSON may refuse")]
fn encoded(parts: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(parts).expect("parts of a request are valid JSON")
}

/// Checks that a list of figures is bounded and names each of them once.
fn check_figures(field: &str, figures: &[u32], errors: &mut Vec<FieldError>) {
    if figures.len() > limits::VERDICT_FIGURES_MAX {
        let max = limits::VERDICT_FIGURES_MAX;
        errors.push(FieldError::new(field, format!("at most {max} figures are named in one verdict")));
        return;
    }
    let mut seen = HashSet::new();
    let twice = figures.iter().enumerate().filter(|(_, figure)| !seen.insert(**figure));
    errors.extend(twice.map(|(index, _)| FieldError::new(format!("{field}[{index}]"), "stands here twice")));
}

pub(crate) async fn submit(
    Extension(review): Shared,
    caller: Caller,
    PathId(id): PathId<LeaseId>,
    request: Body<DecideRequest>,
) -> Result<Json<DecideAnswer>> {
    let request = request.value;
    check_key("decision_id", &request.decision_id)?;
    let accept_rest = request.rest.is_some();
    let decision = Key::new(request.decision_id, &digested::decision(&request.verdicts, accept_rest));
    let principal = review.leases.admit(&caller, id).await?;
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
        checked(request, &format!("verdicts[{position}]."), ItemIndex(index))
    };
    verdicts.into_iter().enumerate().map(row).collect()
}

fn answer(decided: &Decided) -> DecideAnswer {
    let rework = decided.rework.zip(decided.rework_key);
    let rework =
        rework.map(|(id, (round, number))| Rework { id, round: round.0, number, parent: decided.assignment });
    DecideAnswer { status: decided.status, rework }
}
