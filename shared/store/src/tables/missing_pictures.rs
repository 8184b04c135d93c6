//! The table `missing_pictures`.

use swath_domain::ids::DatasetId;
use swath_domain::{ItemIndex, Time};

use crate::engine::db::{Db, execute, fetch_all, fetch_one, only};
use crate::error::Result;
use crate::model::pictures::MissingPicture;

/// Counts that a picture was missed, and returns how often it has been missed so far.
pub(crate) async fn count_miss(db: &mut Db<'_>, id: DatasetId, item: ItemIndex, now: Time) -> Result<i64> {
    let times = fetch_one!(
        db,
        (i64,),
        "INSERT INTO missing_pictures (dataset, item, since, times) VALUES ($1, $2, $3, 1)
         ON CONFLICT (dataset, item) DO UPDATE SET times = missing_pictures.times + 1 RETURNING times",
        id.0,
        item.0,
        now.0;
        |t| {
            let (since, times) = t.missing_pictures.get(&(id.0, item.0)).copied().unwrap_or((now.0, 0));
            t.missing_pictures.put((id.0, item.0), (since, times + 1));
            Some((times + 1,))
        }
    )?;
    Ok(only(times).0)
}

/// Deletes the row of a picture, where there is one.
pub(crate) async fn delete(db: &mut Db<'_>, id: DatasetId, item: ItemIndex) -> Result<()> {
    execute!(
        db,
        "DELETE FROM missing_pictures WHERE dataset = $1 AND item = $2",
        id.0,
        item.0;
        |t| Ok(t.missing_pictures.remove(&(id.0, item.0)))
    )
    .map(drop)
}

/// Counts the missing pictures of a dataset.
pub(crate) async fn count(db: &mut Db<'_>, id: DatasetId) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM missing_pictures WHERE dataset = $1",
        id.0;
        |t| Some((t.missing_pictures.range((id.0, i64::MIN)..=(id.0, i64::MAX)).count() as i64,))
    )?;
    Ok(only(count).0)
}

/// Counts the missing pictures of all datasets, up to `most`.
pub(crate) async fn count_all(db: &mut Db<'_>, most: i64) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT item FROM missing_pictures LIMIT $1) AS counted",
        most;
        |t| Some(((t.missing_pictures.iter().count() as i64).min(most),))
    )?;
    Ok(only(count).0)
}

/// Reads at most `limit` missing pictures of a dataset whose items come after this one.
pub(crate) async fn after(
    db: &mut Db<'_>,
    id: DatasetId,
    item: ItemIndex,
    limit: i64,
) -> Result<Vec<MissingPicture>> {
    let rows = fetch_all!(
        db,
        (i64, i64, i64),
        "SELECT item, since, times FROM missing_pictures WHERE dataset = $1 AND item > $2 ORDER BY item LIMIT $3",
        id.0,
        item.0,
        limit;
        |t| {
            let behind = t.missing_pictures.range((id.0, item.0 + 1)..=(id.0, i64::MAX)).take(limit as usize);
            behind.map(|((_, item), (since, times))| (*item, *since, *times)).collect()
        }
    )?;
    let missing = |(item, since, times)| MissingPicture { item: ItemIndex(item), since: Time(since), times };
    Ok(rows.into_iter().map(missing).collect())
}
