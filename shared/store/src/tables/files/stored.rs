//! Reads of stored files.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, FileId, TeamId};
use uuid::Uuid;

use super::codes::{kind, kind_of, state};
use crate::engine::db::{Db, fetch_each, fetch_one, row};
use crate::error::Result;
use crate::model::files::{FileContent, FilePurpose, StoredFile};
use crate::model::memory::FileRecord;
use crate::model::rows::columns;

row! {
    struct FileRow {
        id: Uuid, team: Uuid, bytes: i64, digest: Vec<u8>, media_type: String, width: i64, height: i64, orientation: i64,
    }
}

/// The columns of [`FileRow`].
macro_rules! file_columns {
    ($of:literal) => {
        columns!($of, id, team, bytes, digest, media_type, width, height, orientation)
    };
}

impl From<FileRow> for StoredFile {
    fn from(row: FileRow) -> Self {
        let FileRow { id, team, bytes, digest, media_type, width, height, orientation } = row;
        let content = FileContent { digest, media_type, width, height, orientation };
        Self { id: FileId(id), team: TeamId(team), bytes, content }
    }
}

/// The row of a file in memory, if it is stored and of this kind.
fn row_in_memory(id: &Uuid, record: &FileRecord, kind: i64) -> Option<FileRow> {
    let FileContent { digest, media_type, width, height, orientation } = record.content.clone()?;
    let is_it = record.state == state!(stored) && record.kind == kind;
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

/// Reads a team's stored file with this content and for this purpose, which is not that of a thumbnail.
pub(crate) async fn with_digest(
    db: &mut Db<'_>,
    team: TeamId,
    purpose: FilePurpose,
    digest: &[u8],
) -> Result<Option<StoredFile>> {
    const WITH_DIGEST: &str = concat!(
        "SELECT ",
        file_columns!(""),
        " FROM files
             WHERE team = $1 AND digest = $2 AND state = ",
        state!(stored),
        " AND kind = $3"
    );
    let kind = kind_of(purpose);
    let row = fetch_one!(
        db,
        FileRow,
        WITH_DIGEST,
        team.0,
        digest,
        kind;
        |t| {
            let own = t.files.iter().filter(|(_, record)| record.team == team.0);
            let mut rows = own.filter_map(|(id, record)| row_in_memory(id, record, kind));
            rows.find(|row| row.digest == digest)
        }
    )?;
    Ok(row.map(StoredFile::from))
}

/// Reads the thumbnail of an item.
pub(crate) async fn thumbnail(
    db: &mut Db<'_>,
    dataset: DatasetId,
    item: ItemIndex,
) -> Result<Option<StoredFile>> {
    const THUMBNAIL: &str = concat!(
        "SELECT ",
        file_columns!(""),
        " FROM files
         WHERE dataset = $1 AND item = $2 AND state = ",
        state!(stored),
        " AND kind = ",
        kind!(thumbnail)
    );
    let row = fetch_one!(
        db,
        FileRow,
        THUMBNAIL,
        dataset.0,
        item.0;
        |t| {
            let of_item = t.files.iter().filter(|(_, record)| record.thumbnail_of == Some((dataset.0, item.0)));
            of_item.filter_map(|(id, record)| row_in_memory(id, record, kind!(thumbnail))).next()
        }
    )?;
    Ok(row.map(StoredFile::from))
}

/// Reads a team's picture for guidelines.
pub(crate) async fn guideline(db: &mut Db<'_>, team: TeamId, id: FileId) -> Result<Option<StoredFile>> {
    const GUIDELINE: &str = concat!(
        "SELECT ",
        file_columns!(""),
        " FROM files
             WHERE id = $1 AND team = $2 AND state = ",
        state!(stored),
        " AND kind = ",
        kind!(guideline)
    );
    let row = fetch_one!(
        db,
        FileRow,
        GUIDELINE,
        id.0,
        team.0;
        |t| {
            let record = t.files.get(&id.0).filter(|record| record.team == team.0);
            record.and_then(|record| row_in_memory(&id.0, record, kind!(guideline)))
        }
    )?;
    Ok(row.map(StoredFile::from))
}

/// Reads those of these uploads that are the team's.
pub(crate) async fn uploads(db: &mut Db<'_>, team: TeamId, ids: &[FileId]) -> Result<Vec<StoredFile>> {
    let rows = fetch_each!(
        db,
        FileRow,
        (concat!(
            "SELECT ",
            file_columns!("f."),
            "
             FROM {rows} CROSS JOIN files f WHERE f.id = c.id AND f.team = c.team AND f.state = ",
            state!(stored),
            " AND f.kind = ",
            kind!(upload)
        )),
        ids,
        |id| { id: uuid = id.0, team: uuid = team.0 };
        |t| {
            let record = t.files.get(&id.0).filter(|record| record.team == team.0);
            record.and_then(|record| row_in_memory(&id.0, record, kind!(upload)))
        }
    )?;
    Ok(rows.into_iter().map(StoredFile::from).collect())
}
