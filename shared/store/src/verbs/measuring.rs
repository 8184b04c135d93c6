//! Which pictures in the object store are still to be measured: a row for each dataset that has some, with the item at which
//! it goes on.

use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::time::seconds;
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_one};
use crate::error::Result;
use crate::model::memory::MeasuringRow;
use crate::store::Store;

/// How often a picture that could not be measured is tried, in all.
const PASSES: i64 = 3;
/// How long the next pass waits, in microseconds, for each pass before it.
const PAUSE: i64 = seconds(60);

/// A dataset that is being measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measuring {
    /// The dataset.
    pub dataset: DatasetId,
    /// Its team.
    pub team: TeamId,
    /// The item at which it goes on.
    pub next: i64,
}

/// Writes down that items of a dataset, from this one on, are to be measured.
pub(crate) async fn ask(db: &mut Db<'_>, id: DatasetId, from: i64, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO measuring (dataset, next, pass, failed, due) VALUES ($1, $2, 1, 0, $3)
         ON CONFLICT (dataset) DO UPDATE
         SET next = CASE WHEN measuring.next < excluded.next THEN measuring.next ELSE excluded.next END,
             pass = 1, due = excluded.due",
        id.0,
        from,
        now.0;
        |t| {
            let next = t.measuring.get(&id.0).map_or(from, |row| row.next.min(from));
            Ok(t.measuring.put(id.0, MeasuringRow { next, pass: 1, failed: 0, due: now.0 }))
        }
    )?;
    Ok(())
}

impl Store {
    /// The dataset whose pictures are to be measured next.
    pub async fn measuring_next(&self, now: Time) -> Result<Option<Measuring>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (Uuid, Uuid, i64),
            "SELECT m.dataset, d.team, m.next FROM measuring m JOIN datasets d ON d.id = m.dataset
             WHERE m.due <= $1 ORDER BY m.due, m.dataset LIMIT 1",
            now.0;
            |t| {
                let due = t.measuring.iter().filter(|(_, row)| row.due <= now.0);
                let first = due.min_by_key(|(dataset, row)| (row.due, **dataset));
                first.and_then(|(dataset, row)| Some((*dataset, t.datasets.get(dataset)?.team.0, row.next)))
            }
        )?;
        Ok(row.map(|(dataset, team, next)| Measuring {
            dataset: DatasetId(dataset),
            team: TeamId(team),
            next,
        }))
    }

    /// Items from this one on that came without a size and were not measured since, with their URIs.
    pub async fn unmeasured_items(&self, id: DatasetId, from: i64, limit: i64) -> Result<Vec<(i64, String)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (i64, String),
            "SELECT i.item, i.uri FROM items i
             WHERE i.dataset = $1 AND i.item >= $2 AND i.width IS NULL
               AND NOT EXISTS (SELECT 1 FROM picture_sizes p
                               WHERE p.dataset = i.dataset AND p.item = i.item AND p.source = 2)
             ORDER BY i.item LIMIT $3",
            id.0,
            from,
            limit;
            |t| {
                let is_measured = |place| t.picture_sizes.get(place).is_some_and(|size| size.source == 2);
                let rows = t.items.range((id.0, from)..=(id.0, i64::MAX));
                let open = rows.filter(|(place, row)| row.size.0.is_none() && !is_measured(*place));
                open.take(limit as usize).map(|((_, item), row)| (*item, row.uri.clone())).collect()
            }
        )
    }

    /// Goes on behind the items that were tried, of which so many could not be measured.
    pub async fn measuring_go_on(&self, was: Measuring, next: i64, failed: i64) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "UPDATE measuring SET next = $3, failed = failed + $4 WHERE dataset = $1 AND next = $2",
                    was.dataset.0,
                    was.next,
                    next,
                    failed;
                    |t| Ok(match t.measuring.get(&was.dataset.0) {
                        Some(row) if row.next == was.next => t.measuring.update(&was.dataset.0, |row| {
                            (row.next, row.failed) = (next, row.failed + failed);
                        }),
                        _ => 0,
                    })
                )
                .map(drop)
            })
        })
        .await
    }

    /// Ends a pass. What could not be measured is tried again later, a few times.
    pub async fn measuring_end_pass(&self, was: Measuring, now: Time) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                let db = &mut tx.db();
                execute!(
                    db,
                    "DELETE FROM measuring WHERE dataset = $1 AND next = $2 AND (failed = 0 OR pass >= $3)",
                    was.dataset.0,
                    was.next,
                    PASSES;
                    |t| Ok(match t.measuring.get(&was.dataset.0) {
                        Some(row) if row.next == was.next && (row.failed == 0 || row.pass >= PASSES) => {
                            t.measuring.remove(&was.dataset.0)
                        }
                        _ => 0,
                    })
                )?;
                execute!(
                    db,
                    "UPDATE measuring SET next = 0, failed = 0, due = $3 + pass * $4, pass = pass + 1
                     WHERE dataset = $1 AND next = $2",
                    was.dataset.0,
                    was.next,
                    now.0,
                    PAUSE;
                    |t| Ok(match t.measuring.get(&was.dataset.0) {
                        Some(row) if row.next == was.next => t.measuring.update(&was.dataset.0, |row| {
                            let due = now.0 + row.pass * PAUSE;
                            *row = MeasuringRow { next: 0, pass: row.pass + 1, failed: 0, due };
                        }),
                        _ => 0,
                    })
                )
                .map(drop)
            })
        })
        .await
    }

    /// How many datasets wait to be measured.
    pub async fn datasets_measuring(&self) -> Result<i64> {
        let mut reader = self.reader().await?;
        let count = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT COUNT(*) FROM measuring";
            |t| Some((t.measuring.iter().count() as i64,))
        )?;
        Ok(count.unwrap_or_default().0)
    }

    /// Whether pictures of a dataset wait to be measured.
    pub async fn is_measuring(&self, id: DatasetId) -> Result<bool> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT next FROM measuring WHERE dataset = $1",
            id.0;
            |t| t.measuring.get(&id.0).map(|row| (row.next,))
        )?;
        Ok(row.is_some())
    }
}
