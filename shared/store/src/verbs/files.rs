//! The books of the files seam: what each team has uploaded, the thumbnails of its items, and how many bytes that takes. A
//! file's content lies in the seam under the row's id, which no other content ever has: deleting one cannot meet another
//! that has just arrived.

mod dropping;
mod sweeping;
mod uses;

use swath_domain::Time;
use swath_domain::ids::{DatasetId, FileId, TeamId};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::memory::FileRecord;
use crate::store::Store;

pub(crate) use dropping::drop_thumbnails;
pub use sweeping::FileAges;
pub(crate) use uses::{count_uses, drop_uses};

/// Kinds of files.
const UPLOAD: i64 = 0;
const THUMBNAIL: i64 = 1;
const GUIDELINE: i64 = 2;
/// States of files.
const ARRIVING: i64 = 0;
const STORED: i64 = 1;
const TO_DELETE: i64 = 2;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// Items name it; it goes where none does.
    Items,
    /// The thumbnail of this item.
    Thumbnail(DatasetId, i64),
    /// Instructions of jobs show it; it stays until it is deleted.
    Guideline,
}

impl FilePurpose {
    fn kind(self) -> i64 {
        match self {
            Self::Items => UPLOAD,
            Self::Thumbnail(..) => THUMBNAIL,
            Self::Guideline => GUIDELINE,
        }
    }

    fn item(self) -> Option<(DatasetId, i64)> {
        match self {
            Self::Thumbnail(dataset, item) => Some((dataset, item)),
            Self::Items | Self::Guideline => None,
        }
    }
}

/// A file that is about to arrive.
#[derive(Debug, Clone, Copy)]
pub struct NewFile {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub team: TeamId,
    /// How many bytes it has.
    pub bytes: i64,
    /// What it is for.
    pub purpose: FilePurpose,
}

/// What is known of a file's content once it has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// Its SHA-256.
    pub digest: Vec<u8>,
    /// Its type, by its content.
    pub media_type: String,
    /// Pixels, as it is displayed.
    pub width: i64,
    /// Pixels, as it is displayed.
    pub height: i64,
    /// How it is stored, by its number in EXIF.
    pub orientation: i64,
}

/// A file that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub team: TeamId,
    /// Its length.
    pub bytes: i64,
    /// What is known of its content.
    pub content: FileContent,
}

row! {
    struct FileRow {
        id: Uuid, team: Uuid, bytes: i64, digest: Vec<u8>, media_type: String, width: i64, height: i64, orientation: i64,
    }
}

impl From<FileRow> for StoredFile {
    fn from(row: FileRow) -> Self {
        let FileRow { id, team, bytes, digest, media_type, width, height, orientation } = row;
        let content = FileContent { digest, media_type, width, height, orientation };
        Self { id: FileId(id), team: TeamId(team), bytes, content }
    }
}

/// The row of a file of the model, where it is stored and of this kind.
fn model_row(id: &Uuid, record: &FileRecord, kind: i64) -> Option<FileRow> {
    let FileContent { digest, media_type, width, height, orientation } = record.content.clone()?;
    let is_it = (record.state, record.kind) == (STORED, kind);
    let row = FileRow {
        id: *id,
        team: record.team,
        bytes: record.bytes,
        digest,
        media_type,
        width,
        height,
        orientation,
    };
    is_it.then_some(row)
}

/// Those who change what a team's files take do so in turn.
async fn lock_usage(db: &mut Db<'_>, team: Uuid) -> Result<()> {
    execute!(
        db,
        "INSERT INTO file_usage (team, bytes) VALUES ($1, 0) ON CONFLICT (team) DO UPDATE SET bytes = file_usage.bytes",
        team;
        |t| Ok(t.file_usage.insert_new(team, 0))
    )
    .map(drop)
}

/// Adds to what a team's files take, or takes off it.
async fn add_usage(db: &mut Db<'_>, team: Uuid, bytes: i64) -> Result<()> {
    execute!(
        db,
        "UPDATE file_usage SET bytes = bytes + $2 WHERE team = $1",
        team,
        bytes;
        |t| Ok(t.file_usage.update(&team, |sum| *sum += bytes))
    )
    .map(drop)
}

/// Reserves the bytes of a file for it; false where the team would have more than its quota.
async fn begin(db: &mut Db<'_>, new: NewFile, quota: i64, now: Time) -> Result<bool> {
    lock_usage(db, new.team.0).await?;
    let reserved = execute!(
        db,
        "UPDATE file_usage SET bytes = bytes + $2 WHERE team = $1 AND bytes + $2 <= $3",
        new.team.0,
        new.bytes,
        quota;
        |t| Ok(match t.file_usage.get(&new.team.0) {
            Some(sum) if sum + new.bytes <= quota => t.file_usage.update(&new.team.0, |sum| *sum += new.bytes),
            _ => 0,
        })
    )?;
    if reserved == 0 {
        return Ok(false);
    }
    let kind = new.purpose.kind();
    let (dataset, item) = new.purpose.item().map(|(dataset, item)| (dataset.0, item)).unzip();
    execute!(
        db,
        "INSERT INTO files (id, team, kind, state, bytes, items, dataset, item, touched)
         VALUES ($1, $2, $3, 0, $4, 0, $5, $6, $7)",
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
                state: ARRIVING,
                bytes: new.bytes,
                content: None,
                items: 0,
                thumbnail_of: dataset.zip(item),
                touched: now.0,
            }),
            false => Err(StoreError::NotFound),
        }
    )?;
    Ok(true)
}

/// The stored file that the new one would be the same as: one of the same content for the same purpose, or the item's thumbnail.
async fn twin(db: &mut Db<'_>, new: NewFile, digest: &[u8]) -> Result<Option<StoredFile>> {
    let kind = new.purpose.kind();
    let row = match new.purpose.item() {
        Some((dataset, item)) => thumbnail(db, dataset, item).await?,
        None => fetch_one!(
            db,
            FileRow,
            "SELECT id, team, bytes, digest, media_type, width, height, orientation FROM files
             WHERE team = $1 AND digest = $2 AND state = 1 AND kind = $3",
            new.team.0,
            digest,
            kind;
            |t| {
                let own = t.files.iter().filter(|(_, record)| record.team == new.team.0);
                let mut rows = own.filter_map(|(id, record)| model_row(id, record, kind));
                rows.find(|row| row.digest == digest)
            }
        )?,
    };
    Ok(row.map(StoredFile::from))
}

async fn thumbnail(db: &mut Db<'_>, dataset: DatasetId, item: i64) -> Result<Option<FileRow>> {
    fetch_one!(
        db,
        FileRow,
        "SELECT id, team, bytes, digest, media_type, width, height, orientation FROM files
         WHERE dataset = $1 AND item = $2 AND state = 1 AND kind = 1",
        dataset.0,
        item;
        |t| {
            let of_item = t.files.iter().filter(|(_, record)| record.thumbnail_of == Some((dataset.0, item)));
            of_item.filter_map(|(id, record)| model_row(id, record, THUMBNAIL)).next()
        }
    )
}

/// Marks a file that is arriving as one to be deleted, and gives its bytes back to the team.
async fn abandon(db: &mut Db<'_>, new: NewFile, now: Time) -> Result<()> {
    lock_usage(db, new.team.0).await?;
    let marked = execute!(
        db,
        "UPDATE files SET state = 2, touched = $2 WHERE id = $1 AND state = 0",
        new.id.0,
        now.0;
        |t| Ok(match t.files.get(&new.id.0) {
            Some(record) if record.state == ARRIVING => t.files.update(&new.id.0, |record| {
                (record.state, record.touched) = (TO_DELETE, now.0);
            }),
            _ => 0,
        })
    )?;
    if marked > 0 { add_usage(db, new.team.0, -new.bytes).await } else { Ok(()) }
}

/// Makes a file that has arrived a stored one, unless there is one like it.
async fn finish(db: &mut Db<'_>, new: NewFile, content: &FileContent, now: Time) -> Result<StoredFile> {
    lock_usage(db, new.team.0).await?;
    if let Some(twin) = twin(db, new, &content.digest).await? {
        abandon(db, new, now).await?;
        execute!(
            db,
            "UPDATE files SET touched = $2 WHERE id = $1",
            twin.id.0,
            now.0;
            |t| Ok(t.files.update(&twin.id.0, |record| record.touched = now.0))
        )?;
        return Ok(twin);
    }
    let FileContent { digest, media_type, width, height, orientation } = content;
    let stored = execute!(
        db,
        "UPDATE files SET state = 1, digest = $2, media_type = $3, width = $4, height = $5, orientation = $6, touched = $7
         WHERE id = $1 AND state = 0",
        new.id.0,
        digest,
        media_type,
        *width,
        *height,
        *orientation,
        now.0;
        |t| Ok(match t.files.get(&new.id.0) {
            Some(record) if record.state == ARRIVING => t.files.update(&new.id.0, |record| {
                (record.state, record.touched) = (STORED, now.0);
                record.content = Some(content.clone());
            }),
            _ => 0,
        })
    )?;
    if stored == 0 {
        return Err(StoreError::Conflict("the file took too long to arrive".into()));
    }
    Ok(StoredFile { id: new.id, team: new.team, bytes: new.bytes, content: content.clone() })
}

impl Store {
    /// Reserves the bytes of a file that is about to arrive; false where the team's files would take more than `quota`.
    pub async fn file_begin(&self, new: NewFile, quota: i64, now: Time) -> Result<bool> {
        self.write((), move |_, tx, ()| Box::pin(async move { begin(&mut tx.db(), new, quota, now).await }))
            .await
    }

    /// Keeps a file that has arrived, and gives it; or the one that was there already, and the new one is dropped.
    pub async fn file_finish(&self, new: NewFile, content: FileContent, now: Time) -> Result<StoredFile> {
        self.write(content, move |_, tx, content| {
            Box::pin(async move { finish(&mut tx.db(), new, content, now).await })
        })
        .await
    }

    /// Drops a file that did not arrive.
    pub async fn file_abandon(&self, new: NewFile, now: Time) -> Result<()> {
        self.write((), move |_, tx, ()| Box::pin(async move { abandon(&mut tx.db(), new, now).await })).await
    }

    /// These uploads, as far as they are the team's.
    pub async fn uploads(&self, team: TeamId, ids: &[FileId]) -> Result<Vec<StoredFile>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            FileRow,
            "SELECT f.id, f.team, f.bytes, f.digest, f.media_type, f.width, f.height, f.orientation
             FROM {rows} CROSS JOIN files f WHERE f.id = c.id AND f.team = c.team AND f.state = 1 AND f.kind = 0",
            ids,
            |id| { id: uuid = id.0, team: uuid = team.0 };
            |t| {
                let record = t.files.get(&id.0).filter(|record| record.team == team.0);
                record.and_then(|record| model_row(&id.0, record, UPLOAD))
            }
        )?;
        Ok(rows.into_iter().map(StoredFile::from).collect())
    }

    /// A picture for instructions, as far as it is the team's.
    pub async fn guideline(&self, team: TeamId, id: FileId) -> Result<Option<StoredFile>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            FileRow,
            "SELECT id, team, bytes, digest, media_type, width, height, orientation FROM files
             WHERE id = $1 AND team = $2 AND state = 1 AND kind = 2",
            id.0,
            team.0;
            |t| {
                let record = t.files.get(&id.0).filter(|record| record.team == team.0);
                record.and_then(|record| model_row(&id.0, record, GUIDELINE))
            }
        )?;
        Ok(row.map(StoredFile::from))
    }

    /// The thumbnail of an item.
    pub async fn thumbnail(&self, dataset: DatasetId, item: i64) -> Result<Option<StoredFile>> {
        let mut reader = self.reader().await?;
        Ok(thumbnail(&mut reader.db(), dataset, item).await?.map(StoredFile::from))
    }

    /// How many bytes a team's files take.
    pub async fn file_usage(&self, team: TeamId) -> Result<i64> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT bytes FROM file_usage WHERE team = $1",
            team.0;
            |t| t.file_usage.get(&team.0).map(|bytes| (*bytes,))
        )?;
        Ok(row.unwrap_or_default().0)
    }
}
