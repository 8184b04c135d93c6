//! The first answers to requests, by user, route and key.

use serde_json::Value;
use swath_domain::Time;

use crate::engine::db::{Db, execute, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::requests::{Asked, FirstAnswer, RowKey};

/// The answer under a key.
pub(crate) async fn find(db: &mut Db<'_>, key: RowKey<'_>) -> Result<Option<FirstAnswer>> {
    let row = fetch_one!(
        db,
        (Vec<u8>, String),
        "SELECT digest, answer FROM answers WHERE person = $1 AND route = $2 AND key = $3",
        key.user.0,
        key.route,
        key.text;
        |t| t.answers.get(&key.owned()).map(|(digest, answer, _)| (digest.clone(), answer.clone()))
    )?;
    let Some((digest, answer)) = row else { return Ok(None) };
    let answer = serde_json::from_str(&answer).map_err(|error| corrupt(key, &error))?;
    Ok(Some(FirstAnswer { digest, answer }))
}

/// The error for an answer that does not decode.
pub(crate) fn corrupt(key: RowKey<'_>, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { table: "answers", id: key.text.to_owned(), what: error.to_string() }
}

/// Stores an answer. One that is there already is a collision: the same request was sent twice at once.
pub(crate) async fn insert(db: &mut Db<'_>, asked: &Asked, answer: &Value, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO answers (person, route, key, digest, answer, created) VALUES ($1, $2, $3, $4, $5, $6)",
        asked.user.0,
        asked.route,
        &asked.key.text,
        &asked.key.digest,
        answer.to_string(),
        now.0;
        |t| t.answers.insert(asked.row_key().owned(), (asked.key.digest.clone(), answer.to_string(), now.0))
    )?;
    Ok(())
}

/// Deletes the oldest answers from before `before`, at most `limit` of them, and says how many they were.
pub(crate) async fn delete_before(db: &mut Db<'_>, before: Time, limit: i64) -> Result<u64> {
    execute!(
        db,
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
}
