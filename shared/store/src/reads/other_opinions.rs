//! What others have said of an item, and what was said of it in former rounds.

use std::cmp::Reverse;

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{Assignment, ItemIndex, Round, Slot, Status};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each, row};
use crate::error::Result;

row! {
    struct Row {
        id: Uuid, round: i64, slot: i64, status: i64, author: Uuid, submission: Uuid, bytes: i64,
    }
}

/// An opinion on an item that was handed in, without its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherOpinion {
    /// The assignment in which the item was annotated.
    pub assignment: AssignmentId,
    /// The round of that assignment.
    pub round: Round,
    /// Which of the opinions asked for.
    pub slot: Slot,
    /// Where the assignment stands.
    pub status: Status,
    /// The user whose opinion it is.
    pub author: UserId,
    /// The lease under which it was submitted.
    pub submission: LeaseId,
    /// Bytes of its annotation.
    pub bytes: i64,
}

/// The opinions on an item beside this assignment's own, of all slots and rounds, the newest round first.
pub(crate) async fn read(
    db: &mut Db<'_>,
    of: &Assignment,
    slots: i64,
    item: ItemIndex,
) -> Result<Vec<OtherOpinion>> {
    let keys = Round::all().flat_map(|round| Slot::of_job(slots).map(move |slot| (round, slot)));
    let keys: Vec<_> =
        keys.map(|(round, slot)| AssignmentId::of(of.key.job, round, of.key.number, slot)).collect();
    let keys: Vec<AssignmentId> = keys.into_iter().filter(|id| *id != of.id).collect();
    let rows = fetch_each!(
        db,
        Row,
        "SELECT a.id, a.round, a.slot, a.status, a.author, a.submission, CAST(octet_length(n.body) AS BIGINT)
         FROM {rows} CROSS JOIN assignments a CROSS JOIN annotations n
         WHERE a.id = c.key AND a.status BETWEEN 2 AND 5 AND a.submission IS NOT NULL
           AND n.assignment = a.id AND n.author = a.author AND n.item = c.item
         ORDER BY a.round DESC, a.slot",
        &keys,
        |id| {
            key: uuid = id.0,
            item: bigint = item.0,
        };
        |t| {
            let assignment = t.assignments.get(&id.0).filter(|a| (2..=5).contains(&a.status.code()));
            assignment.and_then(|a| {
                let (author, submission) = (a.author()?.0, a.submission_id()?.0);
                let bytes = t.annotations.get(&(a.id.0, author, item.0))?.body.len() as i64;
                let (round, slot, status) = (a.key.round, a.key.slot, a.status.code());
                Some(Row { id: a.id.0, round: round.0, slot: slot.0, status, author, submission, bytes })
            })
        }
    )?;
    let mut opinions: Vec<_> = rows.into_iter().filter_map(opinion).collect();
    opinions.sort_by_key(|opinion| (Reverse(opinion.round), opinion.slot));
    Ok(opinions)
}

fn opinion(row: Row) -> Option<OtherOpinion> {
    Some(OtherOpinion {
        assignment: AssignmentId(row.id),
        round: Round(row.round),
        slot: Slot(row.slot),
        status: Status::from_code(row.status)?,
        author: UserId(row.author),
        submission: LeaseId(row.submission),
        bytes: row.bytes,
    })
}

// The statement names these by their numbers.
const _: () = assert!(Status::Completed.code() == 2 && Status::Rejected.code() == 5);
