//! What a reviewer is shown: the items of a submission as their author left them, with the verdicts that this reviewer
//! has saved on them.

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::review::Verdict;

use crate::batcher::Replies;
use crate::core::Core;
use crate::db::{Db, fetch_each, row};
use crate::error::Result;
use crate::reviews::VerdictRow;

/// A submission before a reviewer.
#[derive(Debug, Clone, Copy)]
pub struct UnderReview {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Who handed it in.
    pub author: UserId,
    /// Under which lease.
    pub submission: LeaseId,
    /// Who looks at it.
    pub reviewer: UserId,
}

/// One item of it.
#[derive(Debug, Clone)]
pub struct ItemUnderReview {
    /// The item.
    pub item: i64,
    /// At which revision it stands.
    pub revision: i64,
    /// The annotation's JSON.
    pub body: String,
    /// What this reviewer has said of it so far.
    pub verdict: Option<VerdictRow>,
}

row! {
    struct ShownRow {
        place: i64, item: i64, revision: i64, body: String, accept: Option<bool>, reason: Option<String>,
        comment: Option<String>,
    }
}

/// The items of each of these, in order.
pub(crate) async fn read(core: &Core, commands: Vec<UnderReview>) -> Replies<Vec<ItemUnderReview>> {
    let mut reader = core.pools.reader().await?;
    let mut shown: Vec<_> = commands.iter().map(|_| Ok(Vec::new())).collect();
    for row in rows(&mut reader.db(), commands).await? {
        let place = usize::try_from(row.place).unwrap_or(usize::MAX);
        if let Some(Ok(items)) = shown.get_mut(place) {
            items.push(item(row));
        }
    }
    Ok(shown)
}

async fn rows(db: &mut Db<'_>, commands: Vec<UnderReview>) -> Result<Vec<ShownRow>> {
    let placed: Vec<_> = (0_i64..).zip(commands).collect();
    fetch_each!(
        db,
        ShownRow,
        "SELECT c.place, n.item, n.revision, n.body, v.accept, v.reason, v.comment
         FROM {rows} CROSS JOIN annotations n
         LEFT JOIN verdicts v ON v.submission = c.submission AND v.reviewer = c.reviewer AND v.item = n.item
         WHERE n.assignment = c.assignment AND n.author = c.author ORDER BY c.place, n.item",
        &placed,
        |p| {
            place: bigint = p.0,
            assignment: uuid = p.1.assignment.0,
            author: uuid = p.1.author.0,
            submission: uuid = p.1.submission.0,
            reviewer: uuid = p.1.reviewer.0,
        };
        |t| {
            let verdict = |item| t.verdicts.get(&(p.1.submission.0, p.1.reviewer.0, item));
            let notes = t.annotations_by(p.1.assignment.0, p.1.author.0);
            let shown = notes.map(|(item, note)| ShownRow {
                place: p.0,
                item,
                revision: note.revision,
                body: note.body.clone(),
                accept: verdict(item).map(|verdict| verdict.accept),
                reason: verdict(item).and_then(|verdict| verdict.reason.clone()),
                comment: verdict(item).and_then(|verdict| verdict.comment.clone()),
            });
            shown.collect::<Vec<_>>()
        }
    )
}

fn item(row: ShownRow) -> ItemUnderReview {
    let ShownRow { item, revision, body, accept, reason, comment, place: _ } = row;
    let verdict = accept.map(|accept| {
        let verdict = if accept { Verdict::Accept } else { Verdict::Reject };
        VerdictRow { item, verdict, reason, comment }
    });
    ItemUnderReview { item, revision, body, verdict }
}
