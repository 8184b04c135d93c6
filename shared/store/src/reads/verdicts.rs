//! Verdicts on submissions.

use std::ops::RangeInclusive;

use swath_domain::ItemIndex;
use swath_domain::ids::{AssignmentId, LeaseId};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all};
use crate::error::Result;
use crate::model::memory::Tables;
use crate::model::verdicts::{StoredVerdict, VerdictRow, VerdictSize};

/// The bytes of the texts of all verdicts on a submission, by item.
pub(crate) async fn sizes(db: &mut Db<'_>, submission: LeaseId) -> Result<Vec<VerdictSize>> {
    fetch_all!(
        db,
        VerdictSize,
        "SELECT item, CAST(COALESCE(octet_length(reason), 0) + COALESCE(octet_length(comment), 0)
                     + COALESCE(octet_length(figures), 0) AS BIGINT)
         FROM verdicts WHERE submission = $1 ORDER BY item",
        submission.0;
        |t| {
            let all = t.verdicts.iter().filter(|((on, ..), _)| *on == submission.0);
            let mut sizes: Vec<_> =
                all.map(|((_, _, item), verdict)| VerdictSize { item: *item, bytes: verdict.bytes() }).collect();
            sizes.sort_unstable_by_key(|size| (size.item, size.bytes));
            sizes
        }
    )
}

/// Items of a submission that was decided.
pub(crate) struct DecidedItems {
    pub(crate) assignment: AssignmentId,
    pub(crate) submission: LeaseId,
    pub(crate) items: RangeInclusive<ItemIndex>,
}

/// The verdicts of the reviewer who decided the submission, by item.
pub(crate) async fn deciding(db: &mut Db<'_>, of: DecidedItems) -> Result<Vec<VerdictRow>> {
    let rows = fetch_all!(
        db,
        StoredVerdict,
        "SELECT item, accept, reason, comment, figures FROM verdicts
         WHERE submission = $1 AND item >= $2 AND item <= $3
           AND reviewer = (SELECT actor FROM decision_log
                           WHERE subject = $4 AND action = 'decide' ORDER BY seq DESC LIMIT 1)
         ORDER BY item",
        of.submission.0,
        of.items.start().0,
        of.items.end().0,
        of.assignment.0;
        |t| deciding_in_memory(t, &of)
    )?;
    Ok(rows.into_iter().map(VerdictRow::from).collect())
}

fn deciding_in_memory(t: &Tables, of: &DecidedItems) -> Vec<StoredVerdict> {
    let log = t.log.range((of.assignment.0, 0)..=(of.assignment.0, i64::MAX));
    let decision = log.rev().find(|(_, entry)| entry.action == "decide");
    let reviewer = decision.and_then(|(_, entry)| entry.actor).map(|reviewer| reviewer.0);
    let is_wanted = |on: &Uuid, by: &Uuid, item: i64| {
        let decided = Some(*by) == reviewer;
        *on == of.submission.0 && decided && of.items.contains(&ItemIndex(item))
    };
    let wanted = t.verdicts.iter().filter(|((on, by, item), _)| is_wanted(on, by, *item));
    let mut rows: Vec<_> = wanted.map(|((_, _, item), verdict)| verdict.stored(*item)).collect();
    rows.sort_by_key(|row| row.item);
    rows
}
