//! Files that are dropped: marked as ones to be deleted, with their bytes given back to their teams.

use std::collections::BTreeMap;

use swath_domain::ids::{DatasetId, FileId, TeamId};
use uuid::Uuid;

use super::{STORED, THUMBNAIL, TO_DELETE, add_usage, lock_usage};
use crate::engine::db::{Db, fetch_all, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::{FileRecord, Tables};
use crate::store::Store;

impl Store {
    /// Drops a team's file that no item names. False where there is none; one that items name is a conflict.
    pub async fn file_drop(&self, team: TeamId, id: FileId) -> Result<bool> {
        self.write((), move |_, tx, ()| Box::pin(async move { drop_one(&mut tx.db(), team, id).await })).await
    }
}

async fn drop_one(db: &mut Db<'_>, team: TeamId, id: FileId) -> Result<bool> {
    lock_usage(db, team.0).await?;
    let found = fetch_one!(
        db,
        (i64,),
        "SELECT items FROM files WHERE id = $1 AND team = $2 AND state = 1 AND kind <> 1",
        id.0,
        team.0;
        |t| {
            let record = t.files.get(&id.0).filter(|record| record.team == team.0 && record.state == STORED);
            record.filter(|record| record.kind != THUMBNAIL).map(|record| (record.items,))
        }
    )?;
    if found.is_none() {
        return Ok(false);
    }
    // An item may come to name it after it was read.
    let marked = fetch_all!(
        db,
        (Uuid, i64),
        "UPDATE files SET state = 2 WHERE id = $1 AND state = 1 AND items = 0 RETURNING team, bytes",
        id.0;
        |t| match t.files.get(&id.0).is_some_and(|record| record.items == 0) {
            true => mark(t, vec![id.0]),
            false => Vec::new(),
        }
    )?;
    if marked.is_empty() {
        return Err(StoreError::Conflict("items of a dataset name this picture".into()));
    }
    give_back(db, &marked).await.map(|()| true)
}

/// Takes the bytes of files that were marked off what their teams take.
pub(super) async fn give_back(db: &mut Db<'_>, marked: &[(Uuid, i64)]) -> Result<()> {
    let mut teams = BTreeMap::new();
    for (team, bytes) in marked {
        *teams.entry(*team).or_insert(0) += bytes;
    }
    for (team, bytes) in teams {
        add_usage(db, team, -bytes).await?;
    }
    Ok(())
}

/// Marks these files of the model as ones to be deleted, and says whose they were and what they took.
pub(super) fn mark(t: &mut Tables, ids: Vec<Uuid>) -> Vec<(Uuid, i64)> {
    let mut marked = Vec::new();
    for id in ids {
        marked.extend(t.files.get(&id).map(|record| (record.team, record.bytes)));
        t.files.update(&id, |record| record.state = TO_DELETE);
    }
    marked
}

/// Marks the thumbnails of items from this one on: the items are deleted.
pub(crate) async fn drop_thumbnails(db: &mut Db<'_>, dataset: DatasetId, from: i64) -> Result<()> {
    let marked = fetch_all!(
        db,
        (Uuid, i64),
        "UPDATE files SET state = 2 WHERE dataset = $1 AND item >= $2 AND state = 1 AND kind = 1
         RETURNING team, bytes",
        dataset.0,
        from;
        |t| {
            let is_one = |record: &FileRecord| {
                record.state == STORED && record.thumbnail_of.is_some_and(|(of, item)| of == dataset.0 && item >= from)
            };
            let ids = t.files.iter().filter(|(_, record)| is_one(record)).map(|(id, _)| *id).collect();
            mark(t, ids)
        }
    )?;
    give_back(db, &marked).await
}
