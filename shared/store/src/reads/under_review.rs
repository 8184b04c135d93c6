//! What a reviewer is shown: the items of a submission as their author left them, with the verdicts that this reviewer
//! has saved on them.

use std::ops::RangeInclusive;

use swath_domain::ItemIndex;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};

use crate::engine::batcher::Replies;
use crate::engine::core::Core;
use crate::engine::db::{Db, fetch_each, row};
use crate::error::Result;
use crate::model::annotations::ItemSize;
use crate::model::verdicts::{StoredVerdict, VerdictRow};

/// A submission before a reviewer.
#[derive(Debug, Clone, Copy)]
pub struct UnderReview {
    /// The assignment that is under review.
    pub assignment: AssignmentId,
    /// Who handed it in.
    pub author: UserId,
    /// The lease under which it was submitted.
    pub submission: LeaseId,
    /// Who looks at it.
    pub reviewer: UserId,
}

/// One item of it.
#[derive(Debug, Clone)]
pub struct ItemUnderReview {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// At which revision it stands.
    pub revision: i64,
    /// The submitted annotation as JSON.
    pub body: String,
    /// What this reviewer has said of it so far.
    pub verdict: Option<VerdictRow>,
}

/// A submission as it is looked at: the size of each item, and the items themselves where all together are small.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// How large each item is.
    pub sizes: Vec<ItemSize>,
    /// The items, unless they take more than what is read of many submissions at once.
    pub items: Option<Vec<ItemUnderReview>>,
}

/// A submission of at most so many bytes is read together with its sizes.
const SMALL_BYTES: usize = 256 << 10;

row! {
    struct SizeRow { place: i64, item: i64, revision: i64, bytes: i64, texts: i64, }
}

row! {
    struct ShownRow {
        place: i64, item: i64, revision: i64, body: String, accept: Option<bool>, reason: Option<String>,
        comment: Option<String>, figures: Option<String>,
    }
}

/// Each of these submissions, its items in order.
pub(crate) async fn read(core: &Core, commands: Vec<UnderReview>) -> Replies<Look> {
    let mut reader = core.pools.reader().await?;
    let mut looks: Vec<_> = commands.iter().map(|_| Look::default()).collect();
    let placed: Vec<_> = (0_i64..).zip(commands).collect();
    for row in sizes(&mut reader.db(), &placed).await? {
        let SizeRow { place, item, revision, bytes, texts } = row;
        if let Some(look) = at(&mut looks, place) {
            look.sizes.push(ItemSize { item: ItemIndex(item), revision, bytes, texts });
        }
    }
    let is_small = |look: &Look| look.sizes.iter().map(ItemSize::total).sum::<usize>() <= SMALL_BYTES;
    let mut small = Vec::with_capacity(placed.len());
    for (look, of) in looks.iter_mut().zip(&placed) {
        if is_small(look) {
            look.items = Some(Vec::with_capacity(look.sizes.len()));
            small.push((of.0, of.1, EVERY_ITEM));
        }
    }
    for row in rows(&mut reader.db(), &small).await? {
        if let Some(items) = at(&mut looks, row.place).and_then(|look| look.items.as_mut()) {
            items.push(item(row));
        }
    }
    Ok(looks.into_iter().map(Ok).collect())
}

const EVERY_ITEM: (i64, i64) = (i64::MIN, i64::MAX);

fn at(looks: &mut [Look], place: i64) -> Option<&mut Look> {
    usize::try_from(place).ok().and_then(|place| looks.get_mut(place))
}

/// These items of a submission as a reviewer sees them, in order.
pub(crate) async fn items(
    db: &mut Db<'_>,
    of: UnderReview,
    items: RangeInclusive<ItemIndex>,
) -> Result<Vec<ItemUnderReview>> {
    let placed = [(0, of, (items.start().0, items.end().0))];
    Ok(rows(db, &placed).await?.into_iter().map(item).collect())
}

async fn sizes(db: &mut Db<'_>, placed: &[(i64, UnderReview)]) -> Result<Vec<SizeRow>> {
    fetch_each!(
        db,
        SizeRow,
        "SELECT c.place, n.item, n.revision, CAST(octet_length(n.body) AS BIGINT),
                CAST(COALESCE(octet_length(v.reason), 0) + COALESCE(octet_length(v.comment), 0)
                     + COALESCE(octet_length(v.figures), 0) AS BIGINT)
         FROM {rows} CROSS JOIN annotations n
         LEFT JOIN verdicts v ON v.submission = c.submission AND v.reviewer = c.reviewer AND v.item = n.item
         WHERE n.assignment = c.assignment AND n.author = c.author ORDER BY c.place, n.item",
        placed,
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
            let size = |(item, note): (i64, &crate::model::memory::Annotation)| SizeRow {
                place: p.0,
                item,
                revision: note.revision,
                bytes: note.body.len() as i64,
                texts: verdict(item).map_or(0, |verdict| verdict.bytes()),
            };
            notes.map(size).collect::<Vec<_>>()
        }
    )
}

async fn rows(db: &mut Db<'_>, placed: &[(i64, UnderReview, (i64, i64))]) -> Result<Vec<ShownRow>> {
    fetch_each!(
        db,
        ShownRow,
        "SELECT c.place, n.item, n.revision, n.body, v.accept, v.reason, v.comment, v.figures
         FROM {rows} CROSS JOIN annotations n
         LEFT JOIN verdicts v ON v.submission = c.submission AND v.reviewer = c.reviewer AND v.item = n.item
         WHERE n.assignment = c.assignment AND n.author = c.author AND n.item >= c.first AND n.item <= c.last
         ORDER BY c.place, n.item",
        placed,
        |p| {
            place: bigint = p.0,
            assignment: uuid = p.1.assignment.0,
            author: uuid = p.1.author.0,
            submission: uuid = p.1.submission.0,
            reviewer: uuid = p.1.reviewer.0,
            first: bigint = p.2.0,
            last: bigint = p.2.1,
        };
        |t| {
            let verdict = |item| t.verdicts.get(&(p.1.submission.0, p.1.reviewer.0, item));
            let notes = t.annotations_by(p.1.assignment.0, p.1.author.0);
            let notes = notes.filter(|(item, _)| (p.2.0..=p.2.1).contains(item));
            let shown = notes.map(|(item, note)| ShownRow {
                place: p.0,
                item,
                revision: note.revision,
                body: note.body.clone(),
                accept: verdict(item).map(|verdict| verdict.accept),
                reason: verdict(item).and_then(|verdict| verdict.reason.clone()),
                comment: verdict(item).and_then(|verdict| verdict.comment.clone()),
                figures: verdict(item).and_then(|verdict| verdict.figures.clone()),
            });
            shown.collect::<Vec<_>>()
        }
    )
}

fn item(row: ShownRow) -> ItemUnderReview {
    let ShownRow { item, revision, body, accept, reason, comment, figures, place: _ } = row;
    let verdict = accept.map(|accept| StoredVerdict { item, accept, reason, comment, figures }.into());
    ItemUnderReview { item: ItemIndex(item), revision, body, verdict }
}
