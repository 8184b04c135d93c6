//! The review rule: it accepts submissions that it does not put before a reviewer. That happens in the submitting
//! transaction where everything is at hand, and otherwise when the review service asks for it.

use std::collections::BTreeMap;

use swath_domain::ids::{AssignmentId, UserId};
use swath_domain::{Assignment, Status, Time};

use crate::engine::core::Core;
use crate::engine::db::Tx;
use crate::error::{Result, StoreError};
use crate::model::work::ItemWork;
use crate::tables::accepted;
use crate::tables::written::AcceptedRow;
use crate::verbs::changes::Changes;

/// A submission with the items that came with it.
pub(crate) struct WholeSubmission<'a> {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) items: &'a [ItemWork],
    pub(crate) at: Time,
}

/// Accepts a submission that brings all its items along; false where it does not. One whose items were saved before is
/// left to the review service, because nobody should wait for a thousand rows to be accepted.
pub(crate) fn accept_at_once(changes: &mut Changes, of: &WholeSubmission<'_>) -> Result<bool> {
    let assignment = changes.get(of.assignment).ok_or(StoreError::NotFound)?;
    let along: BTreeMap<_, _> = of.items.iter().map(|work| (work.item, work.skipped)).collect();
    if along.len() as i64 != assignment.items {
        return Ok(false);
    }
    let skipped: Vec<_> = along.iter().filter(|(_, skipped)| **skipped).map(|(item, _)| *item).collect();
    let entry = assignment.waive(&skipped, of.at)?;
    let (job, slot) = (assignment.key.job, assignment.key.slot);
    let row = |(item, skipped)| AcceptedRow {
        job,
        item,
        slot,
        assignment: of.assignment,
        author: of.author,
        reviewer: None,
        skipped,
        at: of.at,
    };
    changes.accept(along.into_iter().map(row));
    changes.log(entry);
    Ok(true)
}

/// Accepts those of these submissions that the review rule does not put before a reviewer, and names them.
pub(crate) async fn accept(
    core: &Core,
    tx: &mut Tx,
    ids: &[AssignmentId],
    now: Time,
) -> Result<Vec<AssignmentId>> {
    let db = &mut tx.db();
    let mut changes = Changes::lock_free(db, ids.iter().copied()).await?;
    let accepted: Vec<_> =
        changes.ids().into_iter().filter(|id| changes.get(*id).is_some_and(|a| may_accept(a))).collect();
    let skipped = accepted::accept_whole(db, &accepted, now).await?;
    for id in &accepted {
        let Some(assignment) = changes.get(*id) else { continue };
        let entry = assignment.waive(skipped.get(id).map_or(&[], Vec::as_slice), now)?;
        changes.log(entry);
    }
    changes.write(db, core.stripe).await?;
    Ok(accepted)
}

fn may_accept(a: &Assignment) -> bool {
    a.status == Status::Completed && !a.is_for_review()
}
