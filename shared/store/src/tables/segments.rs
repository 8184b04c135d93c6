//! The table `segments`: for each version of a dataset the items that it has added. A segment is complete when it is
//! `ready`; until then items are appended to it or, if its import failed, deleted from it.

use swath_domain::ids::DatasetId;
use swath_domain::ranges::Range;
use swath_domain::{ItemIndex, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_one};
use crate::error::Result;
use crate::model::datasets::{DatasetVersion, ReadySegment};
use crate::model::memory::Segment;

/// The value of `touched` in a segment whose items are being deleted; no item is appended to it any more.
const DROPPING: i64 = -1;

/// A pattern, and the common beginning of the URIs that it makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern<'a> {
    pub(crate) text: &'a str,
    pub(crate) base: &'a str,
}

/// A segment that is not complete, on a locked row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenSegment {
    pub(crate) items: Range,
    /// When its import last gave a sign of life.
    touched: i64,
}

impl OpenSegment {
    /// Whether its items are being deleted.
    pub(crate) fn is_being_dropped(&self) -> bool {
        self.touched == DROPPING
    }

    /// Whether its import has given no sign of life since this time.
    pub(crate) fn is_idle_since(&self, before: Time) -> bool {
        self.touched < before.0
    }
}

/// Inserts the segment of a version: complete with a pattern, and open for rows without one.
pub(crate) async fn insert(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
    items: Range,
    pattern: Option<Pattern<'_>>,
    now: Time,
) -> Result<()> {
    let ready = pattern.is_some();
    let (pattern, base) = pattern.map(|pattern| (pattern.text, pattern.base)).unzip();
    execute!(
        db,
        "INSERT INTO segments (dataset, version, start, stop, pattern, ready, touched, base, as_displayed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE)",
        dataset.0,
        version,
        items.start.0,
        items.end.0,
        pattern,
        ready,
        now.0,
        base;
        |t| t.segments.insert((dataset.0, version), Segment {
            start: items.start.0,
            stop: items.end.0,
            pattern: pattern.map(str::to_owned),
            ready,
            touched: now.0,
            as_displayed: true,
            base: base.map(str::to_owned),
        })
    )
    .map(drop)
}

/// Reads the complete segments of a dataset, in the order of their items.
pub(crate) async fn ready(db: &mut Db<'_>, id: DatasetId) -> Result<Vec<ReadySegment>> {
    let rows = fetch_all!(
        db,
        (i64, i64, Option<String>, bool),
        "SELECT start, stop, pattern, as_displayed FROM segments WHERE dataset = $1 AND ready ORDER BY version",
        id.0;
        |t| {
            let ready = t.segments_of(id).filter(|(_, segment)| segment.ready);
            ready.map(|(_, s)| (s.start, s.stop, s.pattern.clone(), s.as_displayed)).collect()
        }
    )?;
    let segment = |(start, end, pattern, as_displayed)| ReadySegment {
        items: Range::of(start, end),
        pattern,
        as_displayed,
    };
    Ok(rows.into_iter().map(segment).collect())
}

/// Whether a dataset has a segment that is not complete.
pub(crate) async fn has_open(db: &mut Db<'_>, id: DatasetId) -> Result<bool> {
    let open = fetch_one!(
        db,
        (i64,),
        "SELECT version FROM segments WHERE dataset = $1 AND NOT ready",
        id.0;
        |t| t.segments_of(id).find(|(_, segment)| !segment.ready).map(|(version, _)| (version,))
    )?;
    Ok(open.is_some())
}

/// Locks the segment of a version that is not complete, so that appending and deleting its items take turns.
pub(crate) async fn lock_open(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
) -> Result<Option<OpenSegment>> {
    const SQLITE: &str =
        "SELECT start, stop, touched FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready";
    const POSTGRES: &str = "SELECT start, stop, touched FROM segments WHERE dataset = $1 AND version = $2 AND NOT ready FOR UPDATE";
    let row = fetch_one!(
        db,
        (i64, i64, i64),
        [POSTGRES, SQLITE],
        dataset.0,
        version;
        |t| t.segments.get(&(dataset.0, version)).filter(|s| !s.ready).map(|s| (s.start, s.stop, s.touched))
    )?;
    Ok(row.map(|(start, end, touched)| OpenSegment { items: Range::of(start, end), touched }))
}

/// Sets the end of a segment that items were appended to.
pub(crate) async fn extend(
    db: &mut Db<'_>,
    segment: DatasetVersion,
    end: ItemIndex,
    now: Time,
) -> Result<()> {
    set_end(db, segment, end.0, now.0).await
}

/// Sets the end of a segment whose items are being deleted, and keeps others from being appended.
pub(crate) async fn shorten(db: &mut Db<'_>, segment: DatasetVersion, end: ItemIndex) -> Result<()> {
    set_end(db, segment, end.0, DROPPING).await
}

async fn set_end(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
    stop: i64,
    touched: i64,
) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET stop = $3, touched = $4 WHERE dataset = $1 AND version = $2",
        dataset.0,
        version,
        stop,
        touched;
        |t| Ok(t.segments.update(&(dataset.0, version), |segment| {
            (segment.stop, segment.touched) = (stop, touched);
        }))
    )
    .map(drop)
}

/// Notes a sign of life of an import, unless its items are being deleted.
pub(crate) async fn touch(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
    now: Time,
) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET touched = $3 WHERE dataset = $1 AND version = $2 AND NOT ready AND touched >= 0",
        dataset.0,
        version,
        now.0;
        |t| Ok(match t.segments.get(&(dataset.0, version)) {
            Some(segment) if !segment.ready && segment.touched >= 0 => {
                t.segments.update(&(dataset.0, version), |segment| segment.touched = now.0)
            }
            _ => 0,
        })
    )
    .map(drop)
}

/// Notes of all imports that they have given no sign of life for long.
pub(crate) async fn age_all(db: &mut Db<'_>) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET touched = 0 WHERE NOT ready";
        |t| {
            let open = t.segments.iter().filter(|(_, segment)| !segment.ready);
            let open: Vec<_> = open.map(|(key, _)| *key).collect();
            Ok(open.iter().map(|key| t.segments.update(key, |segment| segment.touched = 0)).sum())
        }
    )
    .map(drop)
}

/// Reads which versions are not complete and have given no sign of life since `before`, at most `limit` of them.
pub(crate) async fn idle(db: &mut Db<'_>, before: Time, limit: i64) -> Result<Vec<DatasetVersion>> {
    let rows = fetch_all!(
        db,
        (Uuid, i64),
        "SELECT dataset, version FROM segments WHERE NOT ready AND touched < $1 LIMIT $2",
        before.0,
        limit;
        |t| {
            let idle = t.segments.iter().filter(|(_, s)| !s.ready && s.touched < before.0);
            idle.map(|(key, _)| *key).take(limit as usize).collect()
        }
    )?;
    let key = |(dataset, version)| DatasetVersion { dataset: DatasetId(dataset), version };
    Ok(rows.into_iter().map(key).collect())
}

/// Copies the dataset's base to its complete segments that have none of their own. They are older than that column, and
/// the dataset's base is about to change.
pub(crate) async fn keep_base(db: &mut Db<'_>, id: DatasetId) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET base = (SELECT d.base FROM datasets d WHERE d.id = $1)
         WHERE dataset = $1 AND ready AND base IS NULL",
        id.0;
        |t| {
            let base = t.datasets.get(&id.0).map(|dataset| dataset.base.clone());
            let lacking = t.segments_of(id).filter(|(_, segment)| segment.ready && segment.base.is_none());
            let lacking: Vec<_> = lacking.map(|(version, _)| (id.0, version)).collect();
            Ok(lacking.iter().map(|key| t.segments.update(key, |segment| segment.base = base.clone())).sum())
        }
    )
    .map(drop)
}

/// Makes a segment complete.
pub(crate) async fn complete(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
    base: &str,
) -> Result<()> {
    execute!(
        db,
        "UPDATE segments SET ready = TRUE, base = $3 WHERE dataset = $1 AND version = $2",
        dataset.0,
        version,
        base;
        |t| Ok(t.segments.update(&(dataset.0, version), |segment| {
            (segment.ready, segment.base) = (true, Some(base.to_owned()));
        }))
    )
    .map(drop)
}

/// Deletes a segment that has no items left.
pub(crate) async fn delete(
    db: &mut Db<'_>,
    DatasetVersion { dataset, version }: DatasetVersion,
) -> Result<()> {
    execute!(
        db,
        "DELETE FROM segments WHERE dataset = $1 AND version = $2",
        dataset.0,
        version;
        |t| Ok(t.segments.remove(&(dataset.0, version)))
    )
    .map(drop)
}
