//! The arrival of a file: its bytes are reserved, its content is written to the file storage, and its row becomes a stored
//! one.

use swath_domain::Time;

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::files::{FileContent, FilePurpose, NewFile, StoredFile};
use crate::tables::file_usage;
use crate::tables::files::{arriving, stored};

/// Reserves the bytes of a file. False if the team would have more than its quota.
pub(crate) async fn begin(db: &mut Db<'_>, new: NewFile, quota: i64, now: Time) -> Result<bool> {
    file_usage::lock(db, new.team).await?;
    if !file_usage::reserve(db, new.team, new.bytes, quota).await? {
        return Ok(false);
    }
    arriving::insert(db, new, now).await?;
    Ok(true)
}

/// Makes a file that has arrived a stored one. If there is one like it, the new file is dropped and that one returned.
pub(crate) async fn finish(
    db: &mut Db<'_>,
    new: NewFile,
    content: &FileContent,
    now: Time,
) -> Result<StoredFile> {
    file_usage::lock(db, new.team).await?;
    if let Some(twin) = twin(db, new, &content.digest).await? {
        abandon(db, new, now).await?;
        arriving::touch(db, twin.id, now).await?;
        return Ok(twin);
    }
    if !arriving::store(db, new.id, content, now).await? {
        return Err(StoreError::Conflict("the file took too long to arrive".into()));
    }
    Ok(StoredFile { id: new.id, team: new.team, bytes: new.bytes, content: content.clone() })
}

/// The stored file that makes a new one superfluous: the item's thumbnail, or one with the same content and purpose.
async fn twin(db: &mut Db<'_>, new: NewFile, digest: &[u8]) -> Result<Option<StoredFile>> {
    match new.purpose {
        FilePurpose::Thumbnail(dataset, item) => stored::thumbnail(db, dataset, item).await,
        FilePurpose::Items | FilePurpose::Guideline => {
            stored::with_digest(db, new.team, new.purpose, digest).await
        }
    }
}

/// Drops a file that is arriving, and gives its bytes back to the team.
pub(crate) async fn abandon(db: &mut Db<'_>, new: NewFile, now: Time) -> Result<()> {
    file_usage::lock(db, new.team).await?;
    if arriving::abandon(db, new.id, now).await? {
        file_usage::give_back(db, new.team, new.bytes).await?;
    }
    Ok(())
}
