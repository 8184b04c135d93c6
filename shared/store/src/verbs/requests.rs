//! Requests with an `Idempotency-Key` that take longer than one transaction: while one is being carried out, another
//! under its key is told so; its answer is kept in the transaction that completes it, and only then.

use serde_json::Value;
use swath_domain::Time;
use swath_domain::ids::{TeamId, UserId};
use swath_domain::planted::{Bug, is};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_one};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::answers::{Asked, Key, digest as sha256, keep_answer};

/// A key on a route, before the request behind it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks.
    pub user: UserId,
    /// The route's template.
    pub route: &'static str,
    /// As the client chose it.
    pub key: String,
    /// The team of the token that is used, to which the key is bound.
    pub team: Option<TeamId>,
}

impl RequestKey {
    /// The key with the request that it stands for.
    pub fn asked(&self, digest: Vec<u8>) -> Asked {
        let digest = match self.team {
            Some(team) => sha256(&[team.0.as_bytes(), digest.as_slice()].concat()),
            None => digest,
        };
        Asked { user: self.user, route: self.route, key: Key { text: self.key.clone(), digest } }
    }
}

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

/// An answer, and the request that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    digest: Vec<u8>,
    answer: Value,
}

impl FirstAnswer {
    /// The answer, if it was given to this very request.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for another request under the same key.
    pub fn to(self, asked: &Asked) -> Result<Value> {
        asked.key.matches(Some(&self.digest)).map(|()| self.answer)
    }
}

/// A request whose answer is kept with the work that it asked for.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The request.
    pub asked: Asked,
    /// The attempt that carries it out.
    pub attempt: Uuid,
}

async fn first(db: &mut Db<'_>, request: &RequestKey) -> Result<Option<FirstAnswer>> {
    let row = fetch_one!(
        db,
        (Vec<u8>, String),
        "SELECT digest, answer FROM answers WHERE person = $1 AND route = $2 AND key = $3",
        request.user.0,
        request.route,
        &request.key;
        |t| {
            let place = (request.user.0, request.route.to_owned(), request.key.clone());
            t.answers.get(&place).map(|(digest, answer, _)| (digest.clone(), answer.clone()))
        }
    )?;
    let Some((digest, answer)) = row else { return Ok(None) };
    let corrupt = |error: serde_json::Error| StoreError::Corrupt {
        table: "answers",
        id: request.key.clone(),
        what: error.to_string(),
    };
    Ok(Some(FirstAnswer { digest, answer: serde_json::from_str(&answer).map_err(corrupt)? }))
}

async fn begin(
    db: &mut Db<'_>,
    request: &RequestKey,
    (attempt, until): (Uuid, Time),
    now: Time,
) -> Result<Begun> {
    if let Some(first) = first(db, request).await? {
        return Ok(Begun::Answered(first));
    }
    let claimed = execute!(
        db,
        "INSERT INTO requests (person, route, key, attempt, until) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person, route, key) DO UPDATE SET attempt = excluded.attempt, until = excluded.until
         WHERE requests.until <= $6",
        request.user.0,
        request.route,
        &request.key,
        attempt,
        until.0,
        now.0;
        |t| {
            let place = (request.user.0, request.route.to_owned(), request.key.clone());
            let runs = t.requests.get(&place);
            let runs = runs.is_some_and(|(_, until)| *until > now.0 || is(Bug::AttemptNeverOver));
            Ok(if runs { 0 } else { t.requests.put(place, (attempt, until.0)) })
        }
    )?;
    if claimed == 0 {
        return Ok(Begun::Running);
    }
    // An attempt that was completed in between has left its answer.
    match first(db, request).await? {
        Some(first) => {
            release(db, request, attempt).await?;
            Ok(Begun::Answered(first))
        }
        None => Ok(Begun::Mine),
    }
}

/// Ends the claim of an attempt; false where it is not this attempt's any more.
async fn release(db: &mut Db<'_>, request: &RequestKey, attempt: Uuid) -> Result<bool> {
    let released = execute!(
        db,
        "DELETE FROM requests WHERE person = $1 AND route = $2 AND key = $3 AND attempt = $4",
        request.user.0,
        request.route,
        &request.key,
        attempt;
        |t| {
            let place = (request.user.0, request.route.to_owned(), request.key.clone());
            let own = t.requests.get(&place).is_some_and(|(running, _)| *running == attempt);
            Ok(if own { t.requests.remove(&place) } else { 0 })
        }
    )?;
    Ok(released == 1)
}

/// Keeps the answer of a request in the transaction that completes it.
pub(crate) async fn complete(
    db: &mut Db<'_>,
    completion: Option<&Completion>,
    answer: &Value,
    now: Time,
) -> Result<()> {
    let Some(Completion { asked, attempt }) = completion else { return Ok(()) };
    let request =
        RequestKey { user: asked.user, route: asked.route, key: asked.key.text.clone(), team: None };
    if !release(db, &request, *attempt).await? && !is(Bug::TwinsBothComplete) {
        let lost = "a later request under the same key has taken over from this one";
        return Err(StoreError::Conflict(lost.into()));
    }
    keep_answer(db, Some(asked), answer, now).await
}

impl Store {
    /// Begins to carry out a request, until `until` unless that is extended: an attempt whose process has died is
    /// believed to run no longer.
    pub async fn request_begin(
        &self,
        request: RequestKey,
        attempt: Uuid,
        until: Time,
        now: Time,
    ) -> Result<Begun> {
        self.write(request, move |_, tx, request| {
            Box::pin(async move { begin(&mut tx.db(), request, (attempt, until), now).await })
        })
        .await
    }

    /// Says that an attempt is still being carried out; false where it is another's turn.
    pub async fn request_extend(&self, request: RequestKey, attempt: Uuid, until: Time) -> Result<bool> {
        self.write(request, move |_, tx, request| {
            Box::pin(async move {
                let extended = execute!(
                    &mut tx.db(),
                    "UPDATE requests SET until = $5 WHERE person = $1 AND route = $2 AND key = $3 AND attempt = $4",
                    request.user.0,
                    request.route,
                    &request.key,
                    attempt,
                    until.0;
                    |t| {
                        let place = (request.user.0, request.route.to_owned(), request.key.clone());
                        let own = t.requests.get(&place).is_some_and(|(running, _)| *running == attempt);
                        Ok(if own { t.requests.put(place, (attempt, until.0)) } else { 0 })
                    }
                )?;
                Ok(extended == 1)
            })
        })
        .await
    }

    /// Ends an attempt that has come to nothing, so that its key is free again.
    pub async fn request_abandon(&self, request: RequestKey, attempt: Uuid) -> Result<()> {
        self.write(request, move |_, tx, request| {
            Box::pin(async move { release(&mut tx.db(), request, attempt).await.map(drop) })
        })
        .await
    }

    /// Keeps the answer of a request whose work goes on by itself.
    pub async fn request_complete(&self, completion: Completion, answer: Value, now: Time) -> Result<()> {
        self.write((completion, answer), move |_, tx, (completion, answer)| {
            Box::pin(async move { complete(&mut tx.db(), Some(completion), answer, now).await })
        })
        .await
    }

    /// Forgets the requests that were believed to run until `before` at most.
    pub async fn requests_forget(&self, before: Time) -> Result<u64> {
        self.write(before, |_, tx, before| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "DELETE FROM requests WHERE until <= $1",
                    before.0;
                    |t| {
                        let old = t.requests.iter().filter(|(_, (_, until))| *until <= before.0);
                        let old: Vec<_> = old.map(|(place, _)| place.clone()).collect();
                        Ok(old.iter().map(|place| t.requests.remove(place)).sum())
                    }
                )
            })
        })
        .await
    }
}
