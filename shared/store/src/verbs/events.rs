//! Forgets events that are too old to be read again.

use swath_domain::Time;

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::events;

/// Clears away at most `limit` events that are older than `before` and are counted in the coverage.
pub(crate) async fn forget(db: &mut Db<'_>, before: Time, limit: i64) -> Result<u64> {
    // Mostly nothing is old enough, and one row says so.
    if events::oldest_counted(db, 1).await?.first().is_none_or(|event| event.at >= before) {
        return Ok(0);
    }
    // Positions and times are nearly, and not quite, in the same order.
    let old = events::oldest_counted(db, limit).await?.into_iter().take_while(|event| event.at < before);
    match old.last() {
        Some(last) => events::clear(db, last.position).await,
        None => Ok(0),
    }
}
