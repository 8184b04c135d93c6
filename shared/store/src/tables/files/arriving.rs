//! Files that are arriving, until they are stored.

use swath_domain::Time;
use swath_domain::ids::FileId;

use super::codes::{kind_of, state};
use crate::engine::db::{Db, execute};
use crate::error::{Result, StoreError};
use crate::model::files::{FileContent, FilePurpose, NewFile};
use crate::model::memory::FileRecord;

/// Inserts a file that is about to arrive.
pub(crate) async fn insert(db: &mut Db<'_>, new: NewFile, now: Time) -> Result<()> {
    const INSERT: &str = concat!(
        "INSERT INTO files (id, team, kind, state, bytes, items, dataset, item, touched)
         VALUES ($1, $2, $3, ",
        state!(arriving),
        ", $4, 0, $5, $6, $7)"
    );
    let kind = kind_of(new.purpose);
    let thumbnail_of = match new.purpose {
        FilePurpose::Thumbnail(dataset, item) => Some((dataset.0, item.0)),
        FilePurpose::Items | FilePurpose::Guideline => None,
    };
    let (dataset, item) = thumbnail_of.unzip();
    execute!(
        db,
        INSERT,
        new.id.0,
        new.team.0,
        kind,
        new.bytes,
        dataset,
        item,
        now.0;
        |t| match t.teams.contains(&new.team.0) {
            true => t.files.insert(new.id.0, FileRecord {
                team: new.team.0,
                kind,
                state: state!(arriving),
                bytes: new.bytes,
                content: None,
                items: 0,
                thumbnail_of,
                touched: now.0,
            }),
            false => Err(StoreError::NotFound),
        }
    )
    .map(drop)
}

/// Makes a file that was arriving a stored one. False where it is not arriving any more.
pub(crate) async fn store(db: &mut Db<'_>, id: FileId, content: &FileContent, now: Time) -> Result<bool> {
    const STORE: &str = concat!(
        "UPDATE files SET state = ",
        state!(stored),
        ", digest = $2, media_type = $3, width = $4, height = $5, orientation = $6, touched = $7
         WHERE id = $1 AND state = ",
        state!(arriving)
    );
    let FileContent { digest, media_type, width, height, orientation } = content;
    let stored = execute!(
        db,
        STORE,
        id.0,
        digest,
        media_type,
        *width,
        *height,
        *orientation,
        now.0;
        |t| Ok(match t.files.get(&id.0) {
            Some(record) if record.state == state!(arriving) => t.files.update(&id.0, |record| {
                (record.state, record.touched) = (state!(stored), now.0);
                record.content = Some(content.clone());
            }),
            _ => 0,
        })
    )?;
    Ok(stored > 0)
}

/// Marks a file that was arriving as one to be deleted. False where it is not arriving any more.
pub(crate) async fn abandon(db: &mut Db<'_>, id: FileId, now: Time) -> Result<bool> {
    const ABANDON: &str = concat!(
        "UPDATE files SET state = ",
        state!(to_delete),
        ", touched = $2 WHERE id = $1 AND state = ",
        state!(arriving)
    );
    let marked = execute!(
        db,
        ABANDON,
        id.0,
        now.0;
        |t| Ok(match t.files.get(&id.0) {
            Some(record) if record.state == state!(arriving) => t.files.update(&id.0, |record| {
                (record.state, record.touched) = (state!(to_delete), now.0);
            }),
            _ => 0,
        })
    )?;
    Ok(marked > 0)
}

/// Notes that a file is used.
pub(crate) async fn touch(db: &mut Db<'_>, id: FileId, now: Time) -> Result<()> {
    execute!(
        db,
        "UPDATE files SET touched = $2 WHERE id = $1",
        id.0,
        now.0;
        |t| Ok(t.files.update(&id.0, |record| record.touched = now.0))
    )
    .map(drop)
}
