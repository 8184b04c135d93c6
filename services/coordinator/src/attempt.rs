//! An attempt at a long request with an `Idempotency-Key`. While it runs, the key is taken. At its end either its answer is
//! kept or the key is free again, even if its task is dropped or its process dies.

use std::time::Duration;

use axum::http::StatusCode;
use swath_domain::time::{Micros, seconds};
use swath_runtime::{Context, Problem, Result};
use swath_store::{Begun, Completion, FirstAnswer, RequestKey};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long an attempt counts as running after its last heartbeat.
const ALIVE_FOR: Micros = seconds(30);
/// The time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The state of a key when a request begins.
pub(crate) enum Start {
    /// The request must be carried out. Without a key there is no attempt.
    Go(Option<Attempt>),
    /// An earlier request under the key was answered.
    Answered(FirstAnswer),
}

/// The attempt at a request, if the request has a key, and the digest of what is asked for.
pub(crate) struct Attempted {
    pub(crate) attempt: Option<Attempt>,
    pub(crate) digest: Vec<u8>,
}

/// An attempt at a request with an `Idempotency-Key`.
pub(crate) struct Attempt {
    context: Context,
    request: RequestKey,
    id: Uuid,
    is_open: bool,
    heartbeat: JoinHandle<()>,
}

/// Begins a request under its key.
///
/// # Errors
/// 409 `in-progress` while an earlier one is being carried out.
pub(crate) async fn start(context: &Context, request: Option<RequestKey>) -> Result<Start> {
    let Some(request) = request else { return Ok(Start::Go(None)) };
    let (id, now) = (context.ids.random(), context.now());
    match context.store.request_begin(request.clone(), id, now + ALIVE_FOR, now).await? {
        Begun::Mine => {
            let heartbeat = tokio::spawn(extend(context.clone(), request.clone(), id));
            Ok(Start::Go(Some(Attempt { context: context.clone(), request, id, is_open: true, heartbeat })))
        }
        Begun::Running => {
            Err(in_progress("an earlier request under the same key is still being carried out"))
        }
        Begun::Answered(first) => Ok(Start::Answered(first)),
    }
}

/// Another request is still being carried out; the client should ask again later.
pub(crate) fn in_progress(detail: &str) -> Problem {
    Problem { retry_after: Some(1), ..Problem::new(StatusCode::CONFLICT, "in-progress", detail) }
}

async fn extend(context: Context, request: RequestKey, id: Uuid) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let until = context.now() + ALIVE_FOR;
        match context.store.request_extend(request.clone(), id, until).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the heartbeat of an import failed"),
        }
    }
}

impl Attempt {
    /// Keeps the answer in the transaction of the work; the digest is that of the request.
    pub(crate) fn completion(&self, digest: Vec<u8>) -> Completion {
        Completion { asked: self.request.asked(digest), attempt: self.id }
    }

    /// Ends the attempt: the work and the answer are kept.
    pub(crate) fn done(mut self) {
        self.is_open = false;
    }

    /// Keeps the answer that the client got, though the work has failed since.
    pub(crate) async fn answered(mut self, digest: Vec<u8>, answer: serde_json::Value) -> Result<()> {
        let completion = self.completion(digest);
        self.context.store.request_complete(completion, answer, self.context.now()).await?;
        self.is_open = false;
        Ok(())
    }

    /// Ends the attempt without an answer, and frees the key.
    pub(crate) async fn abandon(mut self) -> Result<()> {
        self.is_open = false;
        Ok(self.context.store.request_abandon(self.request.clone(), self.id).await?)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.heartbeat.abort();
        if !self.is_open {
            return;
        }
        let (context, request, id) = (self.context.clone(), self.request.clone(), self.id);
        tokio::spawn(async move {
            if let Err(error) = context.store.request_abandon(request, id).await {
                tracing::warn!(%error, "the key of an import was not freed; it expires by itself");
            }
        });
    }
}
