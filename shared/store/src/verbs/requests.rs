//! Requests with an `Idempotency-Key` that take longer than one transaction. While one attempt carries such a request out,
//! another attempt under its key is refused. The answer is stored in the transaction that completes the request.

use serde_json::Value;
use swath_domain::Time;
use uuid::Uuid;

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::requests::{Asked, Attempt, FirstAnswer, RequestKey};
use crate::tables::{answers, requests};
use crate::verbs::answers::keep_answer;

/// What is found under a key when a request begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: the request is to be carried out by this attempt.
    Mine,
    /// An earlier attempt is still being carried out.
    Running,
    /// An earlier attempt was answered.
    Answered(FirstAnswer),
}

/// A request whose answer is stored with the work that it asked for.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The request that is completed.
    pub asked: Asked,
    /// The attempt that carries it out.
    pub attempt: Uuid,
}

/// Begins an attempt, unless the request was answered or another attempt runs.
pub(crate) async fn begin(tx: &mut Tx, request: &RequestKey, attempt: Attempt, now: Time) -> Result<Begun> {
    let db = &mut tx.db();
    let key = request.row_key();
    if let Some(first) = answers::find(db, key).await? {
        return Ok(Begun::Answered(first));
    }
    if !requests::claim(db, key, attempt, now).await? {
        return Ok(Begun::Running);
    }
    // Another attempt may have stored its answer after the first look and before the claim.
    match answers::find(db, key).await? {
        Some(first) => {
            requests::release(db, key, attempt.id).await?;
            Ok(Begun::Answered(first))
        }
        None => Ok(Begun::Mine),
    }
}

/// Stores the answer of a request in the transaction that completes it.
pub(crate) async fn complete(
    db: &mut Db<'_>,
    completion: Option<&Completion>,
    answer: &Value,
    now: Time,
) -> Result<()> {
    let Some(Completion { asked, attempt }) = completion else { return Ok(()) };
    if !requests::release(db, asked.row_key(), *attempt).await? {
        let lost = "a later request under the same key has taken over from this one";
        return Err(StoreError::Conflict(lost.into()));
    }
    keep_answer(db, Some(asked), answer, now).await
}
