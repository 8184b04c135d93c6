//! Files that are marked as ones to be deleted, and the deletion of their rows once their content is deleted.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, FileId, TeamId};
use uuid::Uuid;

use super::codes::{kind, state};
use crate::engine::db::{Db, execute_each, fetch_all, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::files::FileAges;
use crate::model::memory::{FileRecord, Tables};

/// A file that was marked as one to be deleted, with the bytes that its team gets back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MarkedFile {
    pub(crate) team: TeamId,
    pub(crate) bytes: i64,
}

row! {
    struct MarkedRow { team: Uuid, bytes: i64, }
}

impl From<MarkedRow> for MarkedFile {
    fn from(row: MarkedRow) -> Self {
        Self { team: TeamId(row.team), bytes: row.bytes }
    }
}

/// Marks these files in memory, and returns their teams and bytes.
fn mark_in_memory(t: &mut Tables, ids: Vec<Uuid>) -> Vec<MarkedRow> {
    let mut marked = Vec::new();
    for id in ids {
        marked.extend(t.files.get(&id).map(|record| MarkedRow { team: record.team, bytes: record.bytes }));
        t.files.update(&id, |record| record.state = state!(to_delete));
    }
    marked
}

/// Whether a team has a stored upload or picture for guidelines with this id.
pub(crate) async fn is_deletable(db: &mut Db<'_>, team: TeamId, id: FileId) -> Result<bool> {
    const ITEMS: &str = concat!(
        "SELECT items FROM files WHERE id = $1 AND team = $2 AND state = ",
        state!(stored),
        " AND kind <> ",
        kind!(thumbnail)
    );
    let found = fetch_one!(
        db,
        (i64,),
        ITEMS,
        id.0,
        team.0;
        |t| {
            let own = t.files.get(&id.0).filter(|record| record.team == team.0);
            let stored = own.filter(|record| record.state == state!(stored));
            stored.filter(|record| record.kind != kind!(thumbnail)).map(|record| (record.items,))
        }
    )?;
    Ok(found.is_some())
}

/// Marks a stored file that no item refers to.
pub(crate) async fn mark_unused(db: &mut Db<'_>, id: FileId) -> Result<Option<MarkedFile>> {
    const MARK: &str = concat!(
        "UPDATE files SET state = ",
        state!(to_delete),
        " WHERE id = $1 AND state = ",
        state!(stored),
        " AND items = 0 RETURNING team, bytes"
    );
    let marked = fetch_all!(
        db,
        MarkedRow,
        MARK,
        id.0;
        |t| match t.files.get(&id.0).is_some_and(|record| record.items == 0) {
            true => mark_in_memory(t, vec![id.0]),
            false => Vec::new(),
        }
    )?;
    Ok(marked.into_iter().next().map(MarkedFile::from))
}

/// Marks the thumbnails of a dataset's items from number `first` on.
pub(crate) async fn mark_thumbnails(
    db: &mut Db<'_>,
    dataset: DatasetId,
    first: ItemIndex,
) -> Result<Vec<MarkedFile>> {
    const MARK: &str = concat!(
        "UPDATE files SET state = ",
        state!(to_delete),
        " WHERE dataset = $1 AND item >= $2 AND state = ",
        state!(stored),
        " AND kind = ",
        kind!(thumbnail),
        "
         RETURNING team, bytes"
    );
    let marked = fetch_all!(
        db,
        MarkedRow,
        MARK,
        dataset.0,
        first.0;
        |t| {
            let is_one = |record: &FileRecord| {
                let is_of_item = record.thumbnail_of.is_some_and(|(of, item)| of == dataset.0 && item >= first.0);
                record.state == state!(stored) && is_of_item
            };
            let ids = t.files.iter().filter(|(_, record)| is_one(record)).map(|(id, _)| *id).collect();
            mark_in_memory(t, ids)
        }
    )?;
    Ok(marked.into_iter().map(MarkedFile::from).collect())
}

/// The condition that a file has expired; the names of columns begin with `$of`.
macro_rules! is_expired {
    ($of:literal) => {
        concat!(
            "(",
            $of,
            "state = ",
            state!(arriving),
            " AND ",
            $of,
            "touched < $1 OR ",
            $of,
            "state = ",
            state!(stored),
            " AND ",
            $of,
            "kind = ",
            kind!(upload),
            " AND ",
            $of,
            "touched < $2
                             OR ",
            $of,
            "state = ",
            state!(stored),
            " AND ",
            $of,
            "kind = ",
            kind!(thumbnail),
            " AND ",
            $of,
            "touched < $3)"
        )
    };
}

/// Marks at most `limit` files that have expired and that no item refers to.
pub(crate) async fn mark_expired(db: &mut Db<'_>, before: FileAges, limit: i64) -> Result<Vec<MarkedFile>> {
    // The conditions stand here twice, because an item may come to refer to the file between the choice and the lock.
    const MARK: &str = concat!(
        "UPDATE files SET state = ",
        state!(to_delete),
        "
         WHERE id IN (SELECT f.id FROM files f
                      WHERE f.items = 0 AND f.state < ",
        state!(to_delete),
        "
                        AND ",
        is_expired!("f."),
        "
                      LIMIT $4)
           AND items = 0
           AND ",
        is_expired!(""),
        "
         RETURNING team, bytes"
    );
    let (arriving, unused, thumbnails) = (before.arriving.0, before.unused.0, before.thumbnails.0);
    let is_expired = |record: &FileRecord| match (record.state, record.kind) {
        (state!(arriving), _) => record.touched < arriving,
        (state!(stored), kind!(thumbnail)) => record.touched < thumbnails,
        (state!(stored), kind!(upload)) => record.items == 0 && record.touched < unused,
        _ => false,
    };
    let marked = fetch_all!(
        db,
        MarkedRow,
        MARK,
        arriving,
        unused,
        thumbnails,
        limit;
        |t| {
            let expired = t.files.iter().filter(|(_, record)| is_expired(record)).map(|(id, _)| *id);
            let ids = expired.take(limit as usize).collect();
            mark_in_memory(t, ids)
        }
    )?;
    Ok(marked.into_iter().map(MarkedFile::from).collect())
}

/// Reads at most `limit` files that are marked as ones to be deleted.
pub(crate) async fn to_delete(db: &mut Db<'_>, limit: i64) -> Result<Vec<FileId>> {
    const TO_DELETE: &str = concat!(
        "SELECT id FROM files WHERE state = ",
        state!(to_delete),
        " AND items = 0 ORDER BY touched LIMIT $1"
    );
    let rows = fetch_all!(
        db,
        (Uuid,),
        TO_DELETE,
        limit;
        |t| {
            let marked = t.files.iter().filter(|(_, record)| record.state == state!(to_delete));
            marked.map(|(id, _)| (*id,)).take(limit as usize).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id,)| FileId(id)).collect())
}

/// Deletes the rows of those of these files that are marked.
pub(crate) async fn delete_marked(db: &mut Db<'_>, ids: &[FileId]) -> Result<()> {
    execute_each!(
        db,
        (concat!(
            "DELETE FROM files WHERE state = ",
            state!(to_delete),
            " AND id IN (SELECT c.id FROM {rows})"
        )),
        ids,
        |id| { id: uuid = id.0 };
        |t| Ok::<u64, StoreError>(match t.files.get(&id.0) {
            Some(record) if record.state == state!(to_delete) => t.files.remove(&id.0),
            _ => 0,
        })
    )
    .map(drop)
}
