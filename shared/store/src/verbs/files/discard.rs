//! Files that are dropped on purpose: by a manager, or with the items that they belong to.

use std::slice;

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, FileId, TeamId};

use super::giving_back::give_back;
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::tables::file_usage;
use crate::tables::files::deleting;

/// Drops a team's file, unless an item refers to it. False where the team has no such file.
pub(crate) async fn discard(db: &mut Db<'_>, team: TeamId, id: FileId) -> Result<bool> {
    file_usage::lock(db, team).await?;
    if !deleting::is_deletable(db, team, id).await? {
        return Ok(false);
    }
    let Some(marked) = deleting::mark_unused(db, id).await? else {
        return Err(StoreError::Conflict("items of a dataset name this picture".into()));
    };
    give_back(db, slice::from_ref(&marked)).await?;
    Ok(true)
}

/// Drops the thumbnails of a dataset's items from number `first` on: the items are about to be deleted.
pub(crate) async fn discard_thumbnails(db: &mut Db<'_>, dataset: DatasetId, first: ItemIndex) -> Result<()> {
    let marked = deleting::mark_thumbnails(db, dataset, first).await?;
    give_back(db, &marked).await
}
