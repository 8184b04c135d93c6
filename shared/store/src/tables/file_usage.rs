//! The table `file_usage`: the bytes that each team's files take.

use swath_domain::ids::TeamId;

use crate::engine::db::{Db, execute, fetch_one, only};
use crate::error::Result;

/// Locks a team's row, so that transactions that change the team's files take turns.
pub(crate) async fn lock(db: &mut Db<'_>, team: TeamId) -> Result<()> {
    execute!(
        db,
        "INSERT INTO file_usage (team, bytes) VALUES ($1, 0) ON CONFLICT (team) DO UPDATE SET bytes = file_usage.bytes",
        team.0;
        |t| Ok(t.file_usage.insert_new(team.0, 0))
    )
    .map(drop)
}

/// Adds bytes, unless the team would then have more than its quota. False in that case.
pub(crate) async fn reserve(db: &mut Db<'_>, team: TeamId, bytes: i64, quota: i64) -> Result<bool> {
    let reserved = execute!(
        db,
        "UPDATE file_usage SET bytes = bytes + $2 WHERE team = $1 AND bytes + $2 <= $3",
        team.0,
        bytes,
        quota;
        |t| Ok(match t.file_usage.get(&team.0) {
            Some(sum) if sum + bytes <= quota => t.file_usage.update(&team.0, |sum| *sum += bytes),
            _ => 0,
        })
    )?;
    Ok(reserved > 0)
}

/// Subtracts bytes from what the team uses.
pub(crate) async fn give_back(db: &mut Db<'_>, team: TeamId, bytes: i64) -> Result<()> {
    execute!(
        db,
        "UPDATE file_usage SET bytes = bytes + $2 WHERE team = $1",
        team.0,
        -bytes;
        |t| Ok(t.file_usage.update(&team.0, |sum| *sum -= bytes))
    )
    .map(drop)
}

/// Reads the bytes of a team's files.
pub(crate) async fn get(db: &mut Db<'_>, team: TeamId) -> Result<i64> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT bytes FROM file_usage WHERE team = $1",
        team.0;
        |t| t.file_usage.get(&team.0).map(|bytes| (*bytes,))
    )?;
    Ok(row.unwrap_or_default().0)
}

/// Reads the bytes of all files.
pub(crate) async fn sum(db: &mut Db<'_>) -> Result<i64> {
    let sum = fetch_one!(
        db,
        (i64,),
        "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM file_usage";
        |t| Some((t.file_usage.values().sum(),))
    )?;
    Ok(only(sum).0)
}
