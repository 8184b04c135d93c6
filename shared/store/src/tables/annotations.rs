//! Reads of the table `annotations`; it is written with the changes of assignments.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{ItemIndex, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_each};
use crate::error::Result;
use crate::model::annotations::{AnnotationPlace, ItemSize, StoredAnnotation};

/// Reads the sizes of all items that an author has saved in an assignment, by item.
pub(crate) async fn sizes(
    db: &mut Db<'_>,
    assignment: AssignmentId,
    author: UserId,
) -> Result<Vec<ItemSize>> {
    let rows = fetch_all!(
        db,
        (i64, i64, i64),
        "SELECT item, revision, CAST(octet_length(body) AS BIGINT) FROM annotations
         WHERE assignment = $1 AND author = $2 ORDER BY item",
        assignment.0,
        author.0;
        |t| {
            let notes = t.annotations_by(assignment.0, author.0);
            notes.map(|(item, n)| (item, n.revision, n.body.len() as i64)).collect()
        }
    )?;
    let size = |(item, revision, bytes)| ItemSize { item: ItemIndex(item), revision, bytes, texts: 0 };
    Ok(rows.into_iter().map(size).collect())
}

/// Reads what an author has saved of a range of items of an assignment, by item.
pub(crate) async fn in_range(
    db: &mut Db<'_>,
    assignment: AssignmentId,
    author: UserId,
    items: RangeInclusive<ItemIndex>,
) -> Result<Vec<StoredAnnotation>> {
    type Row = (i64, String, i64, bool, Uuid, i64);
    let rows = fetch_all!(
        db,
        Row,
        "SELECT item, body, revision, skipped, lease, updated FROM annotations
         WHERE assignment = $1 AND author = $2 AND item >= $3 AND item <= $4 ORDER BY item",
        assignment.0,
        author.0,
        items.start().0,
        items.end().0;
        |t| {
            let notes = t.annotations_by(assignment.0, author.0).filter(|(item, _)| items.contains(&ItemIndex(*item)));
            notes.map(|(item, n)| (item, n.body.clone(), n.revision, n.skipped, n.lease, n.updated)).collect()
        }
    )?;
    let stored = |(item, body, revision, skipped, lease, updated): Row| StoredAnnotation {
        assignment,
        author,
        item: ItemIndex(item),
        body,
        revision,
        skipped,
        lease: LeaseId(lease),
        updated: Time(updated),
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// Counts the figures that an author has saved on each of these items of an assignment, by item.
pub(crate) async fn figure_counts(
    db: &mut Db<'_>,
    assignment: AssignmentId,
    author: UserId,
    items: &[ItemIndex],
) -> Result<HashMap<ItemIndex, i64>> {
    let rows = fetch_each!(
        db,
        (i64, i64),
        [
            "SELECT n.item, CAST(COALESCE(json_array_length(CAST(n.body AS json) -> 'figures'), 0) AS BIGINT)
             FROM {rows} CROSS JOIN annotations n
             WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item",
            "SELECT n.item, COALESCE(json_array_length(n.body, '$.figures'), 0)
             FROM {rows} CROSS JOIN annotations n
             WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item"
        ],
        items,
        |item| {
            assignment: uuid = assignment.0,
            author: uuid = author.0,
            item: bigint = item.0,
        };
        |t| t.annotations.get(&(assignment.0, author.0, item.0)).map(|note| (item.0, figures_in(&note.body)))
    )?;
    Ok(rows.into_iter().map(|(item, figures)| (ItemIndex(item), figures)).collect())
}

/// How many figures an annotation has.
#[expect(
    clippy::expect_used,
    reason = "an annotation is stored as JSON, or PostgreSQL and SQLite could not count either"
)]
fn figures_in(body: &str) -> i64 {
    let body: serde_json::Value = serde_json::from_str(body).expect("an annotation is stored as JSON");
    body["figures"].as_array().map_or(0, Vec::len) as i64
}

/// Reads the keys and sizes of all authors' annotations in these assignments, by assignment, author and item.
pub(crate) async fn places(db: &mut Db<'_>, assignments: &[AssignmentId]) -> Result<Vec<AnnotationPlace>> {
    type Row = (Uuid, Uuid, i64, i64);
    let rows = fetch_each!(
        db,
        Row,
        "SELECT n.assignment, n.author, n.item, CAST(octet_length(n.body) AS BIGINT)
         FROM {rows} CROSS JOIN annotations n
         WHERE n.assignment = c.key ORDER BY n.assignment, n.author, n.item",
        assignments,
        |id| { key: uuid = id.0 };
        |t| {
            let first = (id.0, Uuid::nil(), i64::MIN);
            let notes = t.annotations.range(first..).take_while(|(key, _)| key.0 == id.0);
            notes.map(|((assignment, author, item), n)| (*assignment, *author, *item, n.body.len() as i64))
        }
    )?;
    let place = |(assignment, author, item, bytes)| AnnotationPlace {
        assignment: AssignmentId(assignment),
        author: UserId(author),
        item: ItemIndex(item),
        bytes,
    };
    Ok(rows.into_iter().map(place).collect())
}
