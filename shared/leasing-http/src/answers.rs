//! Turns values of `swath-leasing` into HTTP responses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use swath_api::digested;
use swath_api::leases::LeaseRequest;
use swath_leasing::{Answer, Ask, Budgeted, NoWork, Outcome};
use swath_runtime::{Caller, IdempotencyKey, Problem, Result, budget};

/// A request for work of a caller.
pub fn ask(caller: Caller, key: &IdempotencyKey, request: LeaseRequest) -> Ask {
    let key = key.key(&digested::ask(&request));
    Ask { caller, key, request }
}

/// The lease of a request for work.
///
/// # Errors
/// 404 `no-work` with the reasons if there is no work.
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

/// Responds with a lease: 201 for a new one, 200 for one that the user had already.
pub fn given(outcome: Outcome) -> Response {
    let status = if outcome.is_new { StatusCode::CREATED } else { StatusCode::OK };
    budget::json_response(status, &outcome.lease, outcome.share)
}

/// Responds with a value, which keeps its share of the memory until it is sent.
pub fn json<T: Serialize>(answer: Budgeted<T>) -> Response {
    budget::json_response(StatusCode::OK, &answer.value, answer.share)
}

/// Redirects a browser to a short-lived URL, which it must not cache.
///
/// # Errors
/// Not found if the URL contains characters that a header cannot have.
pub fn redirect(url: &str) -> Result<Response> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::not_found())?;
    let uncached = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::FOUND, [(header::LOCATION, location), uncached]).into_response())
}
