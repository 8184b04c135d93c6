//! The statements over accepted items: by the table's key there is at most one for each item and slot of a job.

use std::collections::HashMap;

use swath_domain::ids::{AssignmentId, UserId};
use swath_domain::{Assignment, ItemIndex, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_each};
use crate::error::Result;
use crate::model::memory::{Accepted, Tables};

/// Accepts every item of these submissions without a reviewer. Answers which of them were skipped, by assignment.
pub(crate) async fn accept_whole(
    db: &mut Db<'_>,
    ids: &[AssignmentId],
    now: Time,
) -> Result<HashMap<AssignmentId, Vec<ItemIndex>>> {
    macro_rules! insert {
        ($order:literal) => {
            concat!(
                "INSERT INTO accepted (job, item, slot, assignment, author, skipped, at)
                 SELECT a.job, n.item, a.slot, a.id, n.author, n.skipped, c.at
                 FROM {rows} CROSS JOIN assignments a CROSS JOIN annotations n
                 WHERE a.id = c.key AND n.assignment = a.id AND n.author = a.author",
                $order,
                " RETURNING assignment, item, skipped"
            )
        };
    }
    const POSTGRES: &str = concat!(
        "WITH written AS (",
        insert!(""),
        ") SELECT assignment, item, skipped FROM written WHERE skipped ORDER BY item"
    );
    const SQLITE: &str = insert!(" ORDER BY n.item");
    let rows = match db {
        Db::Memory(t) => {
            let mut rows = Vec::new();
            for id in ids {
                rows.extend(accept_in_memory(t, *id, now)?);
            }
            rows
        }
        db => fetch_each!(
            db,
            (Uuid, i64, bool),
            [POSTGRES, SQLITE],
            ids,
            |id| { key: uuid = id.0, at: bigint = now.0 };
            |_t| {
                let _ = id;
                None::<(Uuid, i64, bool)>
            }
        )?,
    };
    let mut skipped: HashMap<_, Vec<_>> = HashMap::new();
    for (id, item, _) in rows.into_iter().filter(|(.., skipped)| *skipped) {
        skipped.entry(AssignmentId(id)).or_default().push(ItemIndex(item));
    }
    Ok(skipped)
}

/// Accepts all items of a submission; answers them with whether each was skipped.
fn accept_in_memory(t: &mut Tables, id: AssignmentId, now: Time) -> Result<Vec<(Uuid, i64, bool)>> {
    let Some(assignment) = t.assignments.get(&id.0).cloned() else { return Ok(Vec::new()) };
    let Some(UserId(author)) = assignment.author() else { return Ok(Vec::new()) };
    let items: Vec<_> =
        t.annotations_by(id.0, author).map(|(item, note)| (id.0, item, note.skipped)).collect();
    for (_, item, _) in &items {
        let row = Accepted { assignment: id.0, author, reviewer: None, at: now.0 };
        t.accepted.insert((assignment.key.job.0, *item, assignment.key.slot.0), row)?;
    }
    Ok(items)
}

/// Takes back that items of this assignment are accepted.
pub(crate) async fn withdraw(db: &mut Db<'_>, assignment: &Assignment) -> Result<()> {
    let ranges = assignment.ranges.as_slice();
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return Ok(()) };
    execute!(
        db,
        "DELETE FROM accepted WHERE job = $1 AND item >= $2 AND item < $3 AND slot = $4 AND assignment = $5",
        assignment.key.job.0,
        first.start.0,
        last.end.0,
        assignment.key.slot.0,
        assignment.id.0;
        |t| {
            let own = t.accepted.range((assignment.key.job.0, first.start.0, 0)..(assignment.key.job.0, last.end.0, 0));
            let own = own.filter(|(key, row)| key.2 == assignment.key.slot.0 && row.assignment == assignment.id.0);
            let own: Vec<_> = own.map(|(key, _)| *key).collect();
            Ok(own.iter().map(|key| t.accepted.remove(key)).sum())
        }
    )?;
    Ok(())
}
