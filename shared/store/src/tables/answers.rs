//! First answers, kept so that a request that is sent again under the same key gets them again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use swath_domain::Time;
use swath_domain::ids::UserId;
use swath_domain::planted::{Bug, is};

use crate::engine::db::{Db, execute, fetch_one};
use crate::error::{Result, StoreError};
use crate::store::Store;

/// An `Idempotency-Key`, `submission_id` or `decision_id`, and what was asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As the client chose it.
    pub text: String,
    /// SHA-256 of the request's meaning.
    pub digest: Vec<u8>,
}

impl Key {
    /// A key for a request.
    pub fn new(text: impl Into<String>, request: &[u8]) -> Self {
        Self { text: text.into(), digest: digest(request) }
    }

    /// Whether this request is the first one again; another request under the same key is a conflict.
    pub(crate) fn matches(&self, first: Option<&[u8]>) -> Result<()> {
        if first == Some(self.digest.as_slice()) || is(Bug::KeyMatchesAnything) {
            return Ok(());
        }
        Err(StoreError::Conflict(format!("the key `{}` was used for another request", self.text)))
    }
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Who asks under which key on which route.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The person.
    pub user: UserId,
    /// The route's template.
    pub route: &'static str,
    /// The key and the request.
    pub key: Key,
}

/// The primary key of an answer.
fn place(asked: &Asked) -> (uuid::Uuid, String, String) {
    (asked.user.0, asked.route.to_owned(), asked.key.text.clone())
}

pub(crate) async fn first_answer(db: &mut Db<'_>, asked: Option<&Asked>) -> Result<Option<Value>> {
    let Some(asked) = asked else { return Ok(None) };
    let row = fetch_one!(
        db,
        (Vec<u8>, String),
        "SELECT digest, answer FROM answers WHERE person = $1 AND route = $2 AND key = $3",
        asked.user.0,
        asked.route,
        &asked.key.text;
        |t| t.answers.get(&place(asked)).map(|(digest, answer, _)| (digest.clone(), answer.clone()))
    )?;
    let Some((digest, answer)) = row else { return Ok(None) };
    asked.key.matches(Some(&digest))?;
    let corrupt = |error: serde_json::Error| StoreError::Corrupt {
        table: "answers",
        id: asked.key.text.clone(),
        what: error.to_string(),
    };
    serde_json::from_str(&answer).map(Some).map_err(corrupt)
}

pub(crate) async fn keep_answer(
    db: &mut Db<'_>,
    asked: Option<&Asked>,
    answer: &Value,
    now: Time,
) -> Result<()> {
    let Some(asked) = asked else { return Ok(()) };
    execute!(
        db,
        "INSERT INTO answers (person, route, key, digest, answer, created) VALUES ($1, $2, $3, $4, $5, $6)",
        asked.user.0,
        asked.route,
        &asked.key.text,
        &asked.key.digest,
        answer.to_string(),
        now.0;
        |t| t.answers.insert(place(asked), (asked.key.digest.clone(), answer.to_string(), now.0))
    )?;
    Ok(())
}

/// An answer as it is kept for a request that is sent again.
pub(crate) fn encoded<T: Serialize>(answer: &T) -> Result<serde_json::Value> {
    serde_json::to_value(answer).map_err(|error| StoreError::Conflict(error.to_string()))
}

/// An answer that was kept.
pub(crate) fn decoded<T: for<'de> Deserialize<'de>>(answer: serde_json::Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| StoreError::Conflict(error.to_string()))
}

impl Store {
    /// The first answer under a key, if there was one; another request under the same key is a conflict.
    pub async fn answer(&self, asked: &Asked) -> Result<Option<Value>> {
        let mut reader = self.reader().await?;
        first_answer(&mut reader.db(), Some(asked)).await
    }

    /// Forgets answers that were first given before `before`, at most `limit` of them.
    pub async fn answers_forget(&self, before: Time, limit: i64) -> Result<u64> {
        self.write((before, limit), |_, tx, &(before, limit)| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "DELETE FROM answers WHERE (person, route, key) IN
                     (SELECT person, route, key FROM answers WHERE created < $1 ORDER BY created LIMIT $2)",
                    before.0,
                    limit;
                    |t| {
                        let old = t.answers.iter().filter(|(_, (_, _, created))| *created < before.0);
                        let mut old: Vec<_> = old.map(|(key, (_, _, created))| (*created, key.clone())).collect();
                        old.sort();
                        Ok(old.iter().take(limit as usize).map(|(_, key)| t.answers.remove(key)).sum())
                    }
                )
            })
        })
        .await
    }
}
