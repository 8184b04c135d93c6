//! Giving the bytes of deleted files back to their teams.

use std::collections::BTreeMap;

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::file_usage;
use crate::tables::files::deleting::MarkedFile;

/// Takes the bytes of these files off their teams' usage, team by team in the order of their ids.
pub(super) async fn give_back(db: &mut Db<'_>, marked: &[MarkedFile]) -> Result<()> {
    let mut teams = BTreeMap::new();
    for file in marked {
        *teams.entry(file.team).or_insert(0) += file.bytes;
    }
    for (team, bytes) in teams {
        file_usage::give_back(db, team, bytes).await?;
    }
    Ok(())
}
