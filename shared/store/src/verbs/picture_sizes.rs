//! Sizes of pictures that become known after their items came into the dataset: measured, told by a manager, or reported
//! by the browsers of two people who agree. Items themselves never change.

use std::collections::HashMap;

use swath_domain::ids::{DatasetId, JobId, UserId};
use swath_domain::labels::Size;
use swath_domain::planted::{Bug, is};

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::{PictureSize, Tables};
use crate::store::Store;

/// How a size became known, from the least certain to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeSource {
    /// Two people's browsers reported the same. It is provisional: no figure is refused because of it.
    Agreed,
    /// A manager told it.
    Told,
    /// Swath measured the picture.
    Measured,
}

/// A size that has become known, as the picture is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSize {
    /// The item.
    pub item: i64,
    /// Width and height in pixels.
    pub size: Size,
    /// How the picture is stored, by its number in EXIF, where that is known.
    pub orientation: Option<i64>,
}

/// What is known of an item's picture beside its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) size: Size,
    pub(crate) orientation: Option<i64>,
    pub(crate) is_provisional: bool,
}

type SizeRow = (i64, i64, i64, Option<i64>, i64);

/// The sizes that became known of items `start..stop`.
pub(crate) async fn sizes_of(
    db: &mut Db<'_>,
    id: DatasetId,
    start: i64,
    stop: i64,
) -> Result<HashMap<i64, Known>> {
    let rows = fetch_all!(
        db,
        SizeRow,
        "SELECT item, width, height, orientation, source FROM picture_sizes
         WHERE dataset = $1 AND item >= $2 AND item < $3",
        id.0,
        start,
        stop;
        |t| {
            let rows = t.picture_sizes.range((id.0, start)..(id.0, stop));
            rows.map(|((_, item), row)| (*item, row.size.0, row.size.1, row.orientation, row.source)).collect()
        }
    )?;
    let known = |(item, width, height, orientation, source): SizeRow| {
        let is_provisional = source == SizeSource::Agreed as i64;
        (item, Known { size: (width, height), orientation, is_provisional })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Writes sizes of items that came without one, over what is known less well, and says how many that changed.
async fn put(db: &mut Db<'_>, id: DatasetId, source: SizeSource, sizes: &[NewSize]) -> Result<u64> {
    let rank = source as i64;
    execute_each!(
        db,
        "INSERT INTO picture_sizes (dataset, item, width, height, orientation, source)
         SELECT c.dataset, c.item, c.width, c.height, c.orientation, c.source FROM {rows}
         WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset = c.dataset AND i.item = c.item AND i.width IS NOT NULL)
         ON CONFLICT (dataset, item) DO UPDATE
         SET width = excluded.width, height = excluded.height, orientation = excluded.orientation, source = excluded.source
         WHERE picture_sizes.source < excluded.source
            OR picture_sizes.source = excluded.source
           AND (picture_sizes.width <> excluded.width OR picture_sizes.height <> excluded.height)",
        sizes,
        |n| {
            dataset: uuid = id.0,
            item: bigint = n.item,
            width: bigint = n.size.0,
            height: bigint = n.size.1,
            orientation: bigint = n.orientation,
            source: bigint = rank,
        };
        |t| {
            let came_with_one = t.items.get(&(id.0, n.item)).is_some_and(|row| row.size.0.is_some());
            let known = t.picture_sizes.get(&(id.0, n.item));
            let is_better = known.is_none_or(|known| {
                known.source < rank || known.source == rank && known.size != n.size || is(Bug::CertainSizeReplaced)
            });
            let row = PictureSize { size: n.size, orientation: n.orientation, source: rank };
            Ok::<u64, StoreError>(match is_better && !came_with_one {
                true => t.picture_sizes.put((id.0, n.item), row),
                false => 0,
            })
        }
    )
}

/// Reports on one dataset take turns: two that come at once would each miss the other.
async fn take_turns(db: &mut Db<'_>, id: DatasetId) -> Result<()> {
    const POSTGRES: &str = "SELECT items FROM datasets WHERE id = $1 FOR NO KEY UPDATE";
    const SQLITE: &str = "SELECT items FROM datasets WHERE id = $1";
    let dataset = fetch_one!(
        db,
        (i64,),
        [POSTGRES, SQLITE],
        id.0;
        |t| t.datasets.get(&id.0).map(|dataset| (dataset.items,))
    )?;
    dataset.map(drop).ok_or(StoreError::NotFound)
}

/// Writes down what a person's browser has reported, in place of what it reported before.
async fn report(
    db: &mut Db<'_>,
    place: (DatasetId, i64),
    person: UserId,
    (width, height): Size,
) -> Result<()> {
    let (id, item) = place;
    execute!(
        db,
        "INSERT INTO size_reports (dataset, item, person, width, height) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (dataset, item, person) DO UPDATE SET width = excluded.width, height = excluded.height",
        id.0,
        item,
        person.0,
        width,
        height;
        |t| Ok(t.size_reports.put((id.0, item, person.0), (width, height)))
    )?;
    Ok(())
}

/// Whether somebody else has reported the same.
async fn is_agreed(db: &mut Db<'_>, place: (DatasetId, i64), person: UserId, size: Size) -> Result<bool> {
    let (id, item) = place;
    let other = fetch_one!(
        db,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM size_reports
         WHERE dataset = $1 AND item = $2 AND person <> $3 AND width = $4 AND height = $5 LIMIT 1",
        id.0,
        item,
        person.0,
        size.0,
        size.1;
        |t| reports_of(t, place).any(|(who, reported)| (who != person || is(Bug::ReportAgreesWithItself)) && reported == size).then_some((1,))
    )?;
    Ok(other.is_some())
}

pub(crate) fn reports_of(t: &Tables, (id, item): (DatasetId, i64)) -> impl Iterator<Item = (UserId, Size)> {
    let rows = t.size_reports.range((id.0, item, uuid::Uuid::nil())..=(id.0, item, uuid::Uuid::max()));
    rows.map(|((_, _, person), size)| (UserId(*person), *size))
}

impl Store {
    /// Writes sizes that were told or measured, each of an item of the dataset, and says how many of them are news.
    pub async fn sizes_put(&self, id: DatasetId, source: SizeSource, sizes: Vec<NewSize>) -> Result<u64> {
        self.write(sizes, move |_, tx, sizes| {
            Box::pin(async move { put(&mut tx.db(), id, source, sizes).await })
        })
        .await
    }

    /// Takes what a person's browser reports of an item, and says whether somebody else has reported the same.
    pub async fn size_report(&self, id: DatasetId, item: i64, person: UserId, size: Size) -> Result<bool> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                let db = &mut tx.db();
                take_turns(db, id).await?;
                report(db, (id, item), person, size).await?;
                let is_agreed = is_agreed(db, (id, item), person, size).await?;
                if is_agreed {
                    put(db, id, SizeSource::Agreed, &[NewSize { item, size, orientation: None }]).await?;
                }
                Ok(is_agreed)
            })
        })
        .await
    }

    /// How many of a job's items have a picture of unknown size.
    pub async fn sizes_unknown(&self, job: JobId) -> Result<i64> {
        let (rows, of_patterns, known) = {
            let mut reader = self.reader().await?;
            let db = &mut reader.db();
            (rows_without(db, job).await?, in_patterns(db, job).await?, known_later(db, job).await?)
        };
        Ok((rows + of_patterns - known).max(0))
    }
}

/// Selected items that stand as rows and came without a size.
async fn rows_without(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM jobs j CROSS JOIN runs r CROSS JOIN items i
         WHERE j.id = $1 AND r.job = j.id
           AND i.dataset = j.dataset AND i.item >= r.start AND i.item < r.stop AND i.width IS NULL",
        job.0;
        |t| Some((selected(t, job).filter(|place| t.items.get(place).is_some_and(|row| row.size.0.is_none())).count() as i64,))
    )?;
    Ok(count.unwrap_or_default().0)
}

/// Selected items that follow from a pattern, which says nothing of sizes.
async fn in_patterns(db: &mut Db<'_>, job: JobId) -> Result<i64> {
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
        |t| Some((selected(t, job).filter(|place| !t.items.contains(place)).count() as i64,))
    )?;
    Ok(count.unwrap_or_default().0)
}

/// Selected items whose size became known later.
async fn known_later(db: &mut Db<'_>, job: JobId) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM jobs j CROSS JOIN runs r CROSS JOIN picture_sizes p
         WHERE j.id = $1 AND r.job = j.id AND p.dataset = j.dataset AND p.item >= r.start AND p.item < r.stop",
        job.0;
        |t| Some((selected(t, job).filter(|place| t.picture_sizes.contains(place)).count() as i64,))
    )?;
    Ok(count.unwrap_or_default().0)
}

/// The places of a job's items.
fn selected(t: &Tables, job: JobId) -> impl Iterator<Item = (uuid::Uuid, i64)> {
    let dataset = t.jobs.get(&job.0).map(|job| job.dataset.0).unwrap_or_default();
    let runs = t.runs.range((job.0, i64::MIN)..=(job.0, i64::MAX)).map(|(_, run)| *run);
    runs.flat_map(move |(start, stop)| (start..stop).map(move |item| (dataset, item)))
}
