//! Files that nobody needs: marked first, deleted in the seam, and forgotten last.

use swath_domain::Time;
use swath_domain::ids::FileId;
use uuid::Uuid;

use super::dropping::{give_back, mark};
use super::{ARRIVING, STORED, THUMBNAIL, TO_DELETE, UPLOAD};
use crate::engine::db::{Db, execute_each, fetch_all, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::FileRecord;
use crate::store::Store;

/// Since when a file has been as it is, for it to be dropped.
#[derive(Debug, Clone, Copy)]
pub struct FileAges {
    /// Of one that is still arriving.
    pub arriving: Time,
    /// Of an upload that no item names.
    pub unused: Time,
    /// Of a thumbnail.
    pub thumbnails: Time,
}

async fn expire(db: &mut Db<'_>, before: FileAges, limit: i64) -> Result<u64> {
    let (arriving, unused, thumbnails) = (before.arriving.0, before.unused.0, before.thumbnails.0);
    let is_old = |record: &FileRecord| match (record.state, record.kind) {
        (ARRIVING, _) => record.touched < arriving,
        (STORED, THUMBNAIL) => record.touched < thumbnails,
        (STORED, UPLOAD) => record.items == 0 && record.touched < unused,
        _ => false,
    };
    // The conditions stand here twice: between the choice and the lock an item may come to name the file.
    let marked = fetch_all!(
        db,
        (Uuid, i64),
        "UPDATE files SET state = 2
         WHERE id IN (SELECT f.id FROM files f
                      WHERE f.items = 0 AND f.state < 2
                        AND (f.state = 0 AND f.touched < $1 OR f.state = 1 AND f.kind = 0 AND f.touched < $2
                             OR f.state = 1 AND f.kind = 1 AND f.touched < $3)
                      LIMIT $4)
           AND items = 0
           AND (state = 0 AND touched < $1 OR state = 1 AND kind = 0 AND touched < $2
                OR state = 1 AND kind = 1 AND touched < $3)
         RETURNING team, bytes",
        arriving,
        unused,
        thumbnails,
        limit;
        |t| {
            let old = t.files.iter().filter(|(_, record)| is_old(record)).map(|(id, _)| *id);
            let ids = old.take(limit as usize).collect();
            mark(t, ids)
        }
    )?;
    give_back(db, &marked).await?;
    Ok(marked.len() as u64)
}

impl Store {
    /// Marks files that nobody needs any more, at most so many, and says how many those were.
    pub async fn files_expire(&self, before: FileAges, limit: i64) -> Result<u64> {
        self.write((), move |_, tx, ()| Box::pin(async move { expire(&mut tx.db(), before, limit).await }))
            .await
    }

    /// How many bytes the files of all teams take.
    pub async fn all_file_usage(&self) -> Result<i64> {
        let mut reader = self.reader().await?;
        let sum = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM file_usage";
            |t| Some((t.file_usage.values().sum(),))
        )?;
        Ok(sum.unwrap_or_default().0)
    }

    /// Files that are marked, to be deleted in the seam.
    pub async fn files_to_delete(&self, limit: i64) -> Result<Vec<FileId>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid,),
            "SELECT id FROM files WHERE state = 2 AND items = 0 ORDER BY touched LIMIT $1",
            limit;
            |t| {
                let marked = t.files.iter().filter(|(_, record)| record.state == TO_DELETE);
                marked.map(|(id, _)| (*id,)).take(limit as usize).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id,)| FileId(id)).collect())
    }

    /// Forgets files whose content has been deleted.
    pub async fn files_forget(&self, ids: Vec<FileId>) -> Result<()> {
        self.write(ids, |_, tx, ids| {
            Box::pin(async move {
                execute_each!(
                    &mut tx.db(),
                    "DELETE FROM files WHERE state = 2 AND id IN (SELECT c.id FROM {rows})",
                    ids.as_slice(),
                    |id| { id: uuid = id.0 };
                    |t| Ok::<u64, StoreError>(match t.files.get(&id.0) {
                        Some(record) if record.state == TO_DELETE => t.files.remove(&id.0),
                        _ => 0,
                    })
                )
                .map(drop)
            })
        })
        .await
    }
}
