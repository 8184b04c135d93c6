//! Files that have not been used for long.

use super::giving_back::give_back;
use crate::engine::db::Db;
use crate::error::Result;
use crate::model::files::FileAges;
use crate::tables::files::deleting;

/// Marks at most `limit` expired files as ones to be deleted, and returns how many those were.
pub(crate) async fn expire(db: &mut Db<'_>, before: FileAges, limit: i64) -> Result<u64> {
    let marked = deleting::mark_expired(db, before, limit).await?;
    give_back(db, &marked).await?;
    Ok(marked.len() as u64)
}
