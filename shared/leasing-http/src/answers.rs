//! Values of `swath-leasing` as HTTP answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use swath_api::leases::LeaseRequest;
use swath_leasing::{Answer, Ask, Budgeted, NoWork, Outcome};
use swath_runtime::{Caller, IdempotencyKey, Problem, Result, budget};

/// A request for work, as a caller sends it.
pub fn ask(caller: Caller, key: &IdempotencyKey, request: LeaseRequest) -> Ask {
    let digest = serde_json::to_vec(&request).unwrap_or_default();
    Ask { caller, key: key.key(&digest), request }
}

/// The outcome of a request for work, or the problem that says why there is none.
///
/// # Errors
/// 404 `no-work` where there is no work.
pub fn outcome(answer: Answer) -> Result<Outcome> {
    match answer {
        Answer::Lease(outcome) => Ok(*outcome),
        Answer::NoWork(no_work) => Err(no_work_problem(&no_work)),
    }
}

fn no_work_problem(no_work: &NoWork) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, "no-work", "there is no work for you right now");
    Problem { retry_after: Some(no_work.retry_after_seconds), ..problem.with("blockers", &no_work.blockers) }
}

/// Answers with a lease: 201 for a new one, and 200 for one that the user held already.
pub fn given(outcome: Outcome) -> Response {
    let status = if outcome.is_new { StatusCode::CREATED } else { StatusCode::OK };
    budget::json_response(status, &outcome.lease, outcome.share)
}

/// Answers with a value, which keeps its share of the memory until it is sent.
pub fn json<T: Serialize>(answer: Budgeted<T>) -> Response {
    budget::json_response(StatusCode::OK, &answer.value, answer.share)
}

/// Sends a browser to a URL that is valid for a short time only.
///
/// # Errors
/// Not found where the URL cannot stand in a header.
pub fn redirect(url: &str) -> Result<Response> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::not_found())?;
    let uncached = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::FOUND, [(header::LOCATION, location), uncached]).into_response())
}
