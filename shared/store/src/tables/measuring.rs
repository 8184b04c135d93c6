//! The table `measuring`: a row for each dataset with pictures in the object store that are still to be measured.

use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::{ItemIndex, Micros, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_one, only};
use crate::error::Result;
use crate::model::memory::MeasuringRow;
use crate::model::pictures::Measuring;

/// Starts a first pass over the items from number `first` on, or makes the dataset's present pass begin there if it is
/// beyond.
pub(crate) async fn start(db: &mut Db<'_>, id: DatasetId, first: ItemIndex, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO measuring (dataset, next, pass, failed, due) VALUES ($1, $2, 1, 0, $3)
         ON CONFLICT (dataset) DO UPDATE
         SET next = CASE WHEN measuring.next < excluded.next THEN measuring.next ELSE excluded.next END,
             pass = 1, due = excluded.due",
        id.0,
        first.0,
        now.0;
        |t| {
            let next = t.measuring.get(&id.0).map_or(first, |row| ItemIndex(row.next.min(first.0)));
            Ok(t.measuring.put(id.0, MeasuringRow { next: next.0, pass: 1, failed: 0, due: now.0 }))
        }
    )
    .map(drop)
}

/// Reads the dataset that has been due for longest.
pub(crate) async fn first_due(db: &mut Db<'_>, now: Time) -> Result<Option<Measuring>> {
    let row = fetch_one!(
        db,
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
    let measuring = |(dataset, team, next)| Measuring {
        dataset: DatasetId(dataset),
        team: TeamId(team),
        next: ItemIndex(next),
    };
    Ok(row.map(measuring))
}

/// Moves a pass on to item `next` and adds to its failures, unless it has been moved since it was read.
pub(crate) async fn advance(db: &mut Db<'_>, was: Measuring, next: ItemIndex, failed: i64) -> Result<()> {
    execute!(
        db,
        "UPDATE measuring SET next = $3, failed = failed + $4 WHERE dataset = $1 AND next = $2",
        was.dataset.0,
        was.next.0,
        next.0,
        failed;
        |t| Ok(match t.measuring.get(&was.dataset.0) {
            Some(row) if row.next == was.next.0 => t.measuring.update(&was.dataset.0, |row| {
                (row.next, row.failed) = (next.0, row.failed + failed);
            }),
            _ => 0,
        })
    )
    .map(drop)
}

/// Deletes a dataset's row if its pass has had no failure or was the last of `passes`.
pub(crate) async fn delete_done(db: &mut Db<'_>, was: Measuring, passes: i64) -> Result<()> {
    execute!(
        db,
        "DELETE FROM measuring WHERE dataset = $1 AND next = $2 AND (failed = 0 OR pass >= $3)",
        was.dataset.0,
        was.next.0,
        passes;
        |t| Ok(match t.measuring.get(&was.dataset.0) {
            Some(row) if row.next == was.next.0 && (row.failed == 0 || row.pass >= passes) => {
                t.measuring.remove(&was.dataset.0)
            }
            _ => 0,
        })
    )
    .map(drop)
}

/// Starts the next pass from the first item, after a `pause` for each pass before it.
pub(crate) async fn start_next_pass(db: &mut Db<'_>, was: Measuring, now: Time, pause: Micros) -> Result<()> {
    execute!(
        db,
        "UPDATE measuring SET next = 0, failed = 0, due = $3 + pass * $4, pass = pass + 1
         WHERE dataset = $1 AND next = $2",
        was.dataset.0,
        was.next.0,
        now.0,
        pause.0;
        |t| Ok(match t.measuring.get(&was.dataset.0) {
            Some(row) if row.next == was.next.0 => t.measuring.update(&was.dataset.0, |row| {
                let due = now.0 + row.pass * pause.0;
                *row = MeasuringRow { next: 0, pass: row.pass + 1, failed: 0, due };
            }),
            _ => 0,
        })
    )
    .map(drop)
}

/// Counts the datasets with pictures to be measured.
pub(crate) async fn count(db: &mut Db<'_>) -> Result<i64> {
    let count = fetch_one!(
        db,
        (i64,),
        "SELECT COUNT(*) FROM measuring";
        |t| Some((t.measuring.iter().count() as i64,))
    )?;
    Ok(only(count).0)
}

/// Whether a dataset has pictures to be measured.
pub(crate) async fn contains(db: &mut Db<'_>, id: DatasetId) -> Result<bool> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT next FROM measuring WHERE dataset = $1",
        id.0;
        |t| t.measuring.get(&id.0).map(|row| (row.next,))
    )?;
    Ok(row.is_some())
}
