//! The review rule: it accepts what it does not put before a reviewer, on the spot where everything is at hand, and
//! otherwise when the review service comes by.

use std::collections::{BTreeMap, HashMap};

use swath_domain::ids::{AssignmentId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Status, Time};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, fetch_all, fetch_each};
use crate::error::{Result, StoreError};
use crate::model::memory::{Accepted, Tables};
use crate::store::Store;
use crate::tables::changes::{AcceptedRow, Changes};
use crate::verbs::leases::Holds;
use crate::verbs::submit::{Next, Submit};

impl Store {
    /// Accepts those of these submissions that the review rule does not put before a reviewer, and names them.
    pub async fn submission_waive(&self, ids: Vec<AssignmentId>, now: Time) -> Result<Vec<AssignmentId>> {
        self.write((ids, now), |core, tx, (ids, now)| Box::pin(waive(core, tx, ids, *now))).await
    }

    /// Submissions that wait for nothing but the review rule since before `before`, oldest first.
    pub async fn submissions_to_waive(&self, before: Time, limit: i64) -> Result<Vec<AssignmentId>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (uuid::Uuid,),
            "SELECT id FROM assignments WHERE status = 2 AND NOT review AND since < $1 ORDER BY since LIMIT $2",
            before.0,
            limit;
            |t| {
                let waiting = |a: &&Assignment| may_waive(a) && a.since < before;
                let mut rows: Vec<_> = t.assignments.values().filter(waiting).collect();
                rows.sort_by_key(|a| a.since);
                rows.into_iter().take(limit as usize).map(|a| (a.id.0,)).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
    }
}

/// Accepts on the spot a submission that brings all its items along, so that all that the review rule needs is at hand;
/// one whose items were saved before is left to the review service, for nobody should wait for a thousand rows.
pub(crate) fn waive_whole(holds: &mut Holds, command: &Submit, id: AssignmentId) -> Result<Next> {
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let along: BTreeMap<_, _> = command.items.iter().map(|work| (work.item, work.skipped)).collect();
    if along.len() as i64 != assignment.items {
        return Ok(Next::Rule);
    }
    let skipped: Vec<_> = along.iter().filter(|(_, skipped)| **skipped).map(|(item, _)| *item).collect();
    let entry = assignment.waive(&skipped, command.now)?;
    let (job, slot) = (assignment.job, assignment.slot);
    let row = |(item, skipped)| AcceptedRow {
        job,
        item,
        slot,
        assignment: id,
        author: command.user,
        reviewer: None,
        skipped,
        at: command.now,
    };
    holds.changes.accept(along.into_iter().map(row));
    holds.changes.log(entry);
    Ok(Next::Nobody)
}

async fn waive(core: &Core, tx: &mut Tx, ids: &[AssignmentId], now: Time) -> Result<Vec<AssignmentId>> {
    let db = &mut tx.db();
    let mut changes = Changes::lock_free(db, ids.iter().copied()).await?;
    let waived: Vec<_> =
        changes.ids().into_iter().filter(|id| changes.get(*id).is_some_and(|a| may_waive(a))).collect();
    let skipped = accept_whole(db, &waived, now).await?;
    for id in &waived {
        let Some(assignment) = changes.get(*id) else { continue };
        let entry = assignment.waive(skipped.get(id).map_or(&[], Vec::as_slice), now)?;
        changes.log(entry);
    }
    changes.write(db, core.stripe).await?;
    Ok(waived)
}

fn may_waive(a: &Assignment) -> bool {
    a.status == Status::Completed && (!a.review || is(Bug::WaiveReviewed))
}

/// Accepts every item of these submissions, and says which of them were skipped.
async fn accept_whole(
    db: &mut Db<'_>,
    ids: &[AssignmentId],
    now: Time,
) -> Result<HashMap<AssignmentId, Vec<i64>>> {
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
                rows.extend(skipped_by(t, *id));
                accept(t, *id, now)?;
            }
            rows
        }
        db => {
            fetch_each!(db, (Uuid, i64, bool), [POSTGRES, SQLITE], ids, |id| { key: uuid = id.0, at: bigint = now.0 }; |_t| {
                let _ = id;
                None::<(Uuid, i64, bool)>
            })?
        }
    };
    let mut skipped: HashMap<_, Vec<_>> = HashMap::new();
    for (id, item, _) in rows.into_iter().filter(|(.., skipped)| *skipped) {
        skipped.entry(AssignmentId(id)).or_default().push(item);
    }
    Ok(skipped)
}

fn skipped_by(t: &Tables, id: AssignmentId) -> Vec<(Uuid, i64, bool)> {
    let author = t.assignments.get(&id.0).and_then(|a| a.author);
    let items = author.into_iter().flat_map(|author| t.annotations_by(id.0, author.0));
    items.filter(|(_, note)| note.skipped).map(|(item, _)| (id.0, item, true)).collect()
}

/// Accepts all of a submission of the model, by its review rule.
fn accept(t: &mut Tables, id: AssignmentId, now: Time) -> Result<u64> {
    let Some(assignment) = t.assignments.get(&id.0).cloned() else { return Ok(0) };
    let Some(UserId(author)) = assignment.author else { return Ok(0) };
    let items: Vec<_> = t.annotations_by(id.0, author).map(|(item, _)| item).collect();
    let mut written = 0;
    for item in items {
        let row = Accepted { assignment: id.0, author, reviewer: None, at: now.0 };
        written += t.accepted.insert((assignment.job.0, item, assignment.slot), row)?;
    }
    Ok(written)
}
