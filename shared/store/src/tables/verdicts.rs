//! The statements over verdicts that the verbs need.

use std::collections::HashMap;

use swath_domain::ItemIndex;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_each};
use crate::error::Result;

/// A submission that a reviewer decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubmissionUnderReview {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) submission: LeaseId,
    pub(crate) reviewer: UserId,
}

/// An item of a submission, with the verdict that the reviewer has saved on it.
pub(crate) struct JudgedItem {
    pub(crate) item: ItemIndex,
    pub(crate) skipped: bool,
    /// None where there is no verdict yet.
    pub(crate) accept: Option<bool>,
    pub(crate) reason: Option<String>,
}

/// The items of these submissions, in order.
pub(crate) async fn judged_items(
    db: &mut Db<'_>,
    of: &[SubmissionUnderReview],
) -> Result<HashMap<AssignmentId, Vec<JudgedItem>>> {
    type Row = (Uuid, i64, bool, Option<bool>, Option<String>);
    let rows = fetch_each!(
        db,
        Row,
        "SELECT n.assignment, n.item, n.skipped, v.accept, v.reason
         FROM {rows} CROSS JOIN annotations n
         LEFT JOIN verdicts v ON v.submission = c.submission AND v.reviewer = c.reviewer AND v.item = n.item
         WHERE n.assignment = c.assignment AND n.author = c.author ORDER BY n.assignment, n.item",
        of,
        |s| {
            assignment: uuid = s.assignment.0,
            author: uuid = s.author.0,
            submission: uuid = s.submission.0,
            reviewer: uuid = s.reviewer.0,
        };
        |t| {
            let verdict = |item| t.verdicts.get(&(s.submission.0, s.reviewer.0, item));
            t.annotations_by(s.assignment.0, s.author.0).map(move |(item, note)| {
                let said = verdict(item);
                let (accept, reason) = (said.map(|row| row.accept), said.and_then(|row| row.reason.clone()));
                (s.assignment.0, item, note.skipped, accept, reason)
            })
        }
    )?;
    let mut items: HashMap<_, Vec<_>> = HashMap::new();
    for (id, item, skipped, accept, reason) in rows {
        let judged = JudgedItem { item: ItemIndex(item), skipped, accept, reason };
        items.entry(AssignmentId(id)).or_default().push(judged);
    }
    Ok(items)
}
