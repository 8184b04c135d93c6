//! How requests with items begin, with or without an `Idempotency-Key`.

use axum::body::Body;
use swath_runtime::{Context, Problem, Result, body};
use swath_store::RequestKey;

use crate::attempt::{self, Attempt};

pub(crate) fn unknown_type() -> Problem {
    Problem::media_type("the body must be application/json, application/x-ndjson or text/csv")
}

/// How a request begins: it is carried out, or it repeats one that was answered.
pub(crate) enum Start {
    Go(Option<Attempt>),
    Answered(serde_json::Value),
}

pub(crate) async fn begin(context: &Context, key: Option<RequestKey>, digest: Vec<u8>) -> Result<Start> {
    let asked = key.as_ref().map(|key| key.asked(digest));
    match (attempt::start(context, key).await?, asked) {
        (attempt::Start::Answered(first), Some(asked)) => Ok(Start::Answered(first.to(&asked)?)),
        (attempt::Start::Answered(_), None) => Err(Problem::internal()),
        (attempt::Start::Go(attempt), _) => Ok(Start::Go(attempt)),
    }
}

/// How a request with a streamed body begins.
pub(crate) enum Begun {
    /// It is carried out.
    Go {
        /// The attempt under its key.
        attempt: Option<Attempt>,
        /// The body, of which nothing is read yet.
        body: Body,
    },
    /// It repeats a request with this answer.
    Answered(serde_json::Value),
}

/// Begins a request whose body is still to be read. Where the request is not carried out, the body is read to its end: its
/// digest shows whether the request repeats the first one, and a client that is still sending does not read the answer.
pub(crate) async fn begin_stream(
    context: &Context,
    key: Option<RequestKey>,
    prefix: &[u8],
    body: Body,
) -> Result<Begun> {
    let max = context.config.server.upload_bytes;
    match attempt::start(context, key.clone()).await {
        Ok(attempt::Start::Go(attempt)) => Ok(Begun::Go { attempt, body }),
        Ok(attempt::Start::Answered(first)) => {
            let digest = body::digest(body, prefix, max).await?;
            let asked = key.map(|key| key.asked(digest)).ok_or_else(Problem::internal)?;
            Ok(Begun::Answered(first.to(&asked)?))
        }
        Err(problem) => Err(refused_stream(body, max, problem).await),
    }
}

/// Refuses a body that is still being sent, after reading it to its end: a client that is sending does not read the answer.
pub(crate) async fn refused_stream(body: Body, max: u64, problem: Problem) -> Problem {
    match body::digest(body, &[], max).await {
        Ok(_) => problem,
        Err(interrupted) => interrupted,
    }
}
