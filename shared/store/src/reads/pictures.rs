//! Which pictures have no size yet.

use swath_domain::ItemIndex;
use swath_domain::ids::{DatasetId, JobId};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_one, only};
use crate::error::Result;
use crate::model::memory::Tables;
use crate::model::pictures::{SizeSource, UnmeasuredItem};

/// Reads at most `limit` items, from number `first` on, that were imported without a size and have not been measured since.
pub(crate) async fn unmeasured(
    db: &mut Db<'_>,
    id: DatasetId,
    first: ItemIndex,
    limit: i64,
) -> Result<Vec<UnmeasuredItem>> {
    // The source 2 is `SizeSource::Measured`.
    let rows = fetch_all!(
        db,
        (i64, String),
        "SELECT i.item, i.uri FROM items i
         WHERE i.dataset = $1 AND i.item >= $2 AND i.width IS NULL
           AND NOT EXISTS (SELECT 1 FROM picture_sizes p
                           WHERE p.dataset = i.dataset AND p.item = i.item AND p.source = 2)
         ORDER BY i.item LIMIT $3",
        id.0,
        first.0,
        limit;
        |t| {
            let measured = SizeSource::Measured.code();
            let is_measured = |key| t.picture_sizes.get(key).is_some_and(|size| size.source == measured);
            let rows = t.items.range((id.0, first.0)..=(id.0, i64::MAX));
            let open = rows.filter(|(key, row)| row.size.0.is_none() && !is_measured(*key));
            open.take(limit as usize).map(|((_, item), row)| (*item, row.uri.clone())).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(item, uri)| UnmeasuredItem { item: ItemIndex(item), uri }).collect())
}

/// Counts the items of a job whose pictures have no known size.
pub(crate) async fn sizes_unknown(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    let rows = rows_without_size(db, job).await?;
    let patterns = items_of_patterns(db, job).await?;
    let known = sizes_known_later(db, job).await?;
    Ok((rows + patterns - known).max(0))
}

/// Counts selected items that are rows and were imported without a size.
async fn rows_without_size(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM jobs j CROSS JOIN runs r CROSS JOIN items i
         WHERE j.id = $1 AND r.job = j.id
           AND i.dataset = j.dataset AND i.item >= r.start AND i.item < r.stop AND i.width IS NULL",
        job.0;
        |t| {
            let without = |key: &(Uuid, i64)| t.items.get(key).is_some_and(|row| row.size.0.is_none());
            Some((selected(t, job).filter(without).count() as i64,))
        }
    )?;
    Ok(only(count).0)
}

/// Counts selected items that are made by a pattern, which has no sizes.
async fn items_of_patterns(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    const POSTGRES: &str = "SELECT CAST(COALESCE(SUM(LEAST(r.stop, s.stop) - GREATEST(r.start, s.start)), 0) AS BIGINT)
         FROM jobs j JOIN runs r ON r.job = j.id
         JOIN segments s ON s.dataset = j.dataset AND s.pattern IS NOT NULL AND s.start < r.stop AND s.stop > r.start
         WHERE j.id = $1";
    const SQLITE: &str = "SELECT COALESCE(SUM(MIN(r.stop, s.stop) - MAX(r.start, s.start)), 0)
         FROM jobs j JOIN runs r ON r.job = j.id
         JOIN segments s ON s.dataset = j.dataset AND s.pattern IS NOT NULL AND s.start < r.stop AND s.stop > r.start
         WHERE j.id = $1";
    let count = fetch_one!(
        db,
        (i64,),
        [POSTGRES, SQLITE],
        job.0;
        |t| Some((selected(t, job).filter(|key| !t.items.contains(key)).count() as i64,))
    )?;
    Ok(only(count).0)
}

/// Counts selected items whose size became known after the import.
async fn sizes_known_later(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM jobs j CROSS JOIN runs r CROSS JOIN picture_sizes p
         WHERE j.id = $1 AND r.job = j.id AND p.dataset = j.dataset AND p.item >= r.start AND p.item < r.stop",
        job.0;
        |t| Some((selected(t, job).filter(|key| t.picture_sizes.contains(key)).count() as i64,))
    )?;
    Ok(only(count).0)
}

/// The keys of the items that a job selects.
fn selected(t: &Tables, job: JobId) -> impl Iterator<Item = (Uuid, i64)> {
    let dataset = t.jobs.get(&job.0).map(|job| job.dataset.0).unwrap_or_default();
    let runs = t.runs.range((job.0, i64::MIN)..=(job.0, i64::MAX)).map(|(_, run)| *run);
    runs.flat_map(move |(start, stop)| (start..stop).map(move |item| (dataset, item)))
}
