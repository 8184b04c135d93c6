//! Pictures that somebody wanted to see and that could not be read. Managers see how many there are, and each of them once.

use swath_domain::Time;
use swath_domain::ids::DatasetId;

use crate::engine::db::{execute, fetch_all, fetch_one};
use crate::error::Result;
use crate::store::Store;

/// A picture that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingPicture {
    /// Its item.
    pub item: i64,
    /// When that was first seen.
    pub since: Time,
    /// How often it has been seen, about: a process counts once a minute.
    pub times: i64,
}

impl Store {
    /// Notes that a picture could not be read, and says whether that is news.
    pub async fn picture_missing(&self, id: DatasetId, item: i64, now: Time) -> Result<bool> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                let times = fetch_one!(
                    &mut tx.db(),
                    (i64,),
                    "INSERT INTO missing_pictures (dataset, item, since, times) VALUES ($1, $2, $3, 1)
                     ON CONFLICT (dataset, item) DO UPDATE SET times = missing_pictures.times + 1 RETURNING times",
                    id.0,
                    item,
                    now.0;
                    |t| {
                        let (since, times) = t.missing_pictures.get(&(id.0, item)).copied().unwrap_or((now.0, 0));
                        t.missing_pictures.put((id.0, item), (since, times + 1));
                        Some((times + 1,))
                    }
                )?;
                Ok(times.is_some_and(|(times,)| times == 1))
            })
        })
        .await
    }

    /// Notes that a picture can be read again.
    pub async fn picture_found(&self, id: DatasetId, item: i64) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "DELETE FROM missing_pictures WHERE dataset = $1 AND item = $2",
                    id.0,
                    item;
                    |t| Ok(t.missing_pictures.remove(&(id.0, item)))
                )
                .map(drop)
            })
        })
        .await
    }

    /// How many pictures of a dataset could not be read.
    pub async fn pictures_missing(&self, id: DatasetId) -> Result<i64> {
        let mut reader = self.reader().await?;
        let count = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT COUNT(*) FROM missing_pictures WHERE dataset = $1",
            id.0;
            |t| Some((t.missing_pictures.range((id.0, i64::MIN)..=(id.0, i64::MAX)).count() as i64,))
        )?;
        Ok(count.unwrap_or_default().0)
    }

    /// How many pictures could not be read in all datasets, counted up to so many.
    pub async fn all_pictures_missing(&self, most: i64) -> Result<i64> {
        let mut reader = self.reader().await?;
        let count = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT COUNT(*) FROM (SELECT item FROM missing_pictures LIMIT $1) AS counted",
            most;
            |t| Some(((t.missing_pictures.iter().count() as i64).min(most),))
        )?;
        Ok(count.unwrap_or_default().0)
    }

    /// Pictures of a dataset behind `after` that could not be read.
    pub async fn missing_pictures(
        &self,
        id: DatasetId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<MissingPicture>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, i64, i64),
            "SELECT item, since, times FROM missing_pictures WHERE dataset = $1 AND item > $2 ORDER BY item LIMIT $3",
            id.0,
            after,
            limit;
            |t| {
                let behind = t.missing_pictures.range((id.0, after + 1)..=(id.0, i64::MAX)).take(limit as usize);
                behind.map(|((_, item), (since, times))| (*item, *since, *times)).collect()
            }
        )?;
        let missing = |(item, since, times)| MissingPicture { item, since: Time(since), times };
        Ok(rows.into_iter().map(missing).collect())
    }
}
