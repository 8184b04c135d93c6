//! One attempt at a request that takes long and carries an `Idempotency-Key`: while it runs, its key says so; it ends
//! with an answer that is kept, or with a key that is free again, also when its task is dropped or its process dies.

use std::time::Duration;

use axum::http::StatusCode;
use swath_domain::time::seconds;
use swath_runtime::{Context, Problem, Result};
use swath_store::{Begun, Completion, FirstAnswer, RequestKey};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// For how long an attempt is believed to run after its last sign of life, in microseconds.
const BELIEVED: i64 = seconds(30);
/// Between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// What a key says when a request begins.
pub(crate) enum Start {
    /// The request is to be carried out. Without a key there is no attempt to be kept.
    Go(Option<Attempt>),
    /// An earlier request under the key was answered.
    Answered(FirstAnswer),
}

/// See the module.
pub(crate) struct Attempt {
    context: Context,
    request: RequestKey,
    id: Uuid,
    is_open: bool,
    signs_of_life: JoinHandle<()>,
}

/// Begins a request under its key.
///
/// # Errors
/// 409 `in-progress` while an earlier one is being carried out.
pub(crate) async fn start(context: &Context, request: Option<RequestKey>) -> Result<Start> {
    let Some(request) = request else { return Ok(Start::Go(None)) };
    let (id, now) = (context.ids.random(), context.now());
    match context.store.request_begin(request.clone(), id, now + BELIEVED, now).await? {
        Begun::Mine => {
            let signs_of_life = tokio::spawn(extend(context.clone(), request.clone(), id));
            Ok(Start::Go(Some(Attempt {
                context: context.clone(),
                request,
                id,
                is_open: true,
                signs_of_life,
            })))
        }
        Begun::Running => {
            Err(in_progress("an earlier request under the same key is still being carried out"))
        }
        Begun::Answered(first) => Ok(Start::Answered(first)),
    }
}

/// Somebody else is still at it; asking again later will tell.
pub(crate) fn in_progress(detail: &str) -> Problem {
    Problem { retry_after: Some(1), ..Problem::new(StatusCode::CONFLICT, "in-progress", detail) }
}

async fn extend(context: Context, request: RequestKey, id: Uuid) {
    loop {
        tokio::time::sleep(SIGN_OF_LIFE).await;
        let until = context.now() + BELIEVED;
        match context.store.request_extend(request.clone(), id, until).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "an import could not say that it goes on"),
        }
    }
}

impl Attempt {
    /// What keeps the answer together with the work; the digest is that of the request's body.
    pub(crate) fn completion(&self, digest: Vec<u8>) -> Completion {
        Completion { asked: self.request.asked(digest), attempt: self.id }
    }

    /// The work and the answer are kept: nothing is left to be ended.
    pub(crate) fn done(mut self) {
        self.is_open = false;
    }

    /// Keeps the answer that the request has had, though its work has failed since.
    pub(crate) async fn answered(mut self, digest: Vec<u8>, answer: serde_json::Value) -> Result<()> {
        let completion = self.completion(digest);
        self.context.store.request_complete(completion, answer, self.context.now()).await?;
        self.is_open = false;
        Ok(())
    }

    /// The work has come to nothing, and the key is free again.
    pub(crate) async fn abandon(mut self) -> Result<()> {
        self.is_open = false;
        Ok(self.context.store.request_abandon(self.request.clone(), self.id).await?)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.signs_of_life.abort();
        if !self.is_open {
            return;
        }
        let (context, request, id) = (self.context.clone(), self.request.clone(), self.id);
        tokio::spawn(async move {
            if let Err(error) = context.store.request_abandon(request, id).await {
                tracing::warn!(%error, "the key of an import is free only after a while");
            }
        });
    }
}
