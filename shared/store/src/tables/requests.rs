//! The requests that are being carried out, by user, route and key, each with the attempt that does.

use swath_domain::Time;
use uuid::Uuid;

use crate::engine::db::{Db, execute};
use crate::error::Result;
use crate::model::requests::{Attempt, RowKey};

/// Claims a key for an attempt; false while another attempt has it and counts as alive.
pub(crate) async fn claim(db: &mut Db<'_>, key: RowKey<'_>, attempt: Attempt, now: Time) -> Result<bool> {
    let claimed = execute!(
        db,
        "INSERT INTO requests (person, route, key, attempt, until) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person, route, key) DO UPDATE SET attempt = excluded.attempt, until = excluded.until
         WHERE requests.until <= $6",
        key.user.0,
        key.route,
        key.text,
        attempt.id,
        attempt.until.0,
        now.0;
        |t| {
            let key = key.owned();
            let running = t.requests.get(&key);
            let runs = running.is_some_and(|other| other.until > now);
            Ok(if runs { 0 } else { t.requests.put(key, attempt) })
        }
    )?;
    Ok(claimed == 1)
}

/// Lets an attempt keep its key until a later moment; false where the key is not this attempt's any more.
pub(crate) async fn extend(db: &mut Db<'_>, key: RowKey<'_>, attempt: Attempt) -> Result<bool> {
    let extended = execute!(
        db,
        "UPDATE requests SET until = $5 WHERE person = $1 AND route = $2 AND key = $3 AND attempt = $4",
        key.user.0,
        key.route,
        key.text,
        attempt.id,
        attempt.until.0;
        |t| {
            let key = key.owned();
            let own = t.requests.get(&key).is_some_and(|running| running.id == attempt.id);
            Ok(if own { t.requests.put(key, attempt) } else { 0 })
        }
    )?;
    Ok(extended == 1)
}

/// Frees the key of an attempt; false where the key is not this attempt's any more.
pub(crate) async fn release(db: &mut Db<'_>, key: RowKey<'_>, attempt: Uuid) -> Result<bool> {
    let released = execute!(
        db,
        "DELETE FROM requests WHERE person = $1 AND route = $2 AND key = $3 AND attempt = $4",
        key.user.0,
        key.route,
        key.text,
        attempt;
        |t| {
            let key = key.owned();
            let own = t.requests.get(&key).is_some_and(|running| running.id == attempt);
            Ok(if own { t.requests.remove(&key) } else { 0 })
        }
    )?;
    Ok(released == 1)
}

/// Deletes the requests whose attempts count as dead since `before` at the latest, and says how many they were.
pub(crate) async fn delete_until(db: &mut Db<'_>, before: Time) -> Result<u64> {
    execute!(
        db,
        "DELETE FROM requests WHERE until <= $1",
        before.0;
        |t| {
            let old = t.requests.iter().filter(|(_, attempt)| attempt.until <= before);
            let old: Vec<_> = old.map(|(key, _)| key.clone()).collect();
            Ok(old.iter().map(|key| t.requests.remove(key)).sum())
        }
    )
}
