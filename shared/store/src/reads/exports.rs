//! Reads for exports: accepted items page by page, and all annotations of assignments.

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::{ItemIndex, Round, Slot, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_each, row};
use crate::error::Result;
use crate::model::annotations::{
    AcceptedItem, AcceptedKey, AnnotationPlace, KeptAnnotation, StoredAnnotation,
};
use crate::model::fitting::fitting;
use crate::model::memory::{Accepted, Tables};

/// The most accepted items whose sizes are read for one page.
const SIZES_PER_PAGE: i64 = 1_000;
/// The key before that of every accepted item.
const BEGINNING: AcceptedKey = AcceptedKey { item: ItemIndex(-1), slot: Slot(-1) };

row! {
    struct AcceptedRow {
        item: i64, slot: i64, assignment: Uuid, author: Uuid, reviewer: Option<Uuid>, at: i64, round: i64, body: String,
        revision: i64, skipped: bool, lease: Uuid, updated: i64,
    }
}

impl From<AcceptedRow> for AcceptedItem {
    fn from(row: AcceptedRow) -> Self {
        let annotation = StoredAnnotation {
            assignment: AssignmentId(row.assignment),
            author: UserId(row.author),
            item: ItemIndex(row.item),
            body: row.body,
            revision: row.revision,
            skipped: row.skipped,
            lease: LeaseId(row.lease),
            updated: Time(row.updated),
        };
        Self {
            annotation,
            slot: Slot(row.slot),
            round: Round(row.round),
            reviewer: row.reviewer.map(UserId),
            accepted: Time(row.at),
        }
    }
}

/// Reads the accepted items of a job after this one, by item and slot: as many as bring at most `bytes` bytes of
/// annotations into memory, one in any case; none at the end.
pub(crate) async fn accepted(
    db: &mut Db<'_>,
    job: JobId,
    after: Option<AcceptedKey>,
    bytes: usize,
) -> Result<Vec<AcceptedItem>> {
    let after = after.unwrap_or(BEGINNING);
    let sizes = accepted_sizes(db, job, after, SIZES_PER_PAGE).await?;
    let fitting = fitting(&sizes, bytes, |bytes| *bytes);
    accepted_rows(db, job, after, fitting as i64).await
}

/// Reads the bytes of the annotations of the next `limit` accepted items.
async fn accepted_sizes(
    db: &mut Db<'_>,
    job: JobId,
    AcceptedKey { item, slot }: AcceptedKey,
    limit: i64,
) -> Result<Vec<usize>> {
    let rows = fetch_all!(
        db,
        (i64, i64, i64),
        "SELECT c.item, c.slot, CAST(octet_length(n.body) AS BIGINT)
         FROM accepted c
         JOIN annotations n ON n.assignment = c.assignment AND n.author = c.author AND n.item = c.item
         WHERE c.job = $1 AND (c.item, c.slot) > ($2, $3) ORDER BY c.item, c.slot LIMIT $4",
        job.0,
        item.0,
        slot.0,
        limit;
        |t| {
            let behind = t.accepted.range((job.0, item.0, slot.0 + 1)..=(job.0, i64::MAX, i64::MAX));
            let rows = behind.filter_map(|(key, row)| accepted_in_memory(t, key_of(key), row));
            rows.take(limit as usize).map(|row| (row.item, row.slot, row.body.len() as i64)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(.., bytes)| usize::try_from(bytes).unwrap_or(usize::MAX)).collect())
}

/// Reads the next `limit` accepted items.
async fn accepted_rows(
    db: &mut Db<'_>,
    job: JobId,
    AcceptedKey { item, slot }: AcceptedKey,
    limit: i64,
) -> Result<Vec<AcceptedItem>> {
    let rows = fetch_all!(
        db,
        AcceptedRow,
        "SELECT c.item, c.slot, c.assignment, c.author, c.reviewer, c.at, a.round, n.body, n.revision, n.skipped,
                n.lease, n.updated
         FROM accepted c
         JOIN assignments a ON a.id = c.assignment
         JOIN annotations n ON n.assignment = c.assignment AND n.author = c.author AND n.item = c.item
         WHERE c.job = $1 AND (c.item, c.slot) > ($2, $3) ORDER BY c.item, c.slot LIMIT $4",
        job.0,
        item.0,
        slot.0,
        limit;
        |t| {
            let behind = t.accepted.range((job.0, item.0, slot.0 + 1)..=(job.0, i64::MAX, i64::MAX));
            behind.filter_map(|(key, row)| accepted_in_memory(t, key_of(key), row)).take(limit as usize).collect()
        }
    )?;
    Ok(rows.into_iter().map(AcceptedItem::from).collect())
}

/// The item and the slot of a key of the table in memory.
fn key_of(key: &(Uuid, i64, i64)) -> AcceptedKey {
    let (_job, item, slot) = *key;
    AcceptedKey { item: ItemIndex(item), slot: Slot(slot) }
}

/// The row of an accepted item as the statements join it.
fn accepted_in_memory(t: &Tables, key: AcceptedKey, row: &Accepted) -> Option<AcceptedRow> {
    let AcceptedKey { item, slot } = key;
    let note = t.annotations.get(&(row.assignment, row.author, item.0))?;
    Some(AcceptedRow {
        item: item.0,
        slot: slot.0,
        assignment: row.assignment,
        author: row.author,
        reviewer: row.reviewer,
        at: row.at,
        round: t.assignments.get(&row.assignment)?.key.round.0,
        body: note.body.clone(),
        revision: note.revision,
        skipped: note.skipped,
        lease: note.lease,
        updated: note.updated,
    })
}

row! {
    struct KeptRow {
        assignment: Uuid, author: Uuid, item: i64, body: String, revision: i64, skipped: bool, lease: Uuid, updated: i64,
        accepted: bool,
    }
}

impl From<KeptRow> for KeptAnnotation {
    fn from(row: KeptRow) -> Self {
        let annotation = StoredAnnotation {
            assignment: AssignmentId(row.assignment),
            author: UserId(row.author),
            item: ItemIndex(row.item),
            body: row.body,
            revision: row.revision,
            skipped: row.skipped,
            lease: LeaseId(row.lease),
            updated: Time(row.updated),
        };
        Self { annotation, accepted: row.accepted }
    }
}

/// Reads the annotations with these keys, by assignment, author and item.
pub(crate) async fn annotations_at(
    db: &mut Db<'_>,
    places: &[AnnotationPlace],
) -> Result<Vec<KeptAnnotation>> {
    let rows = fetch_each!(
        db,
        KeptRow,
        "SELECT n.assignment, n.author, n.item, n.body, n.revision, n.skipped, n.lease, n.updated,
                EXISTS (SELECT 1 FROM accepted k WHERE k.job = a.job AND k.item = n.item AND k.slot = a.slot
                        AND k.assignment = n.assignment AND k.author = n.author)
         FROM {rows} CROSS JOIN assignments a CROSS JOIN annotations n
         WHERE a.id = c.assignment AND n.assignment = a.id AND n.author = c.author AND n.item = c.item
         ORDER BY n.assignment, n.author, n.item",
        places,
        |p| { assignment: uuid = p.assignment.0, author: uuid = p.author.0, item: bigint = p.item.0 };
        |t| kept_in_memory(t, p)
    )?;
    Ok(rows.into_iter().map(KeptAnnotation::from).collect())
}

fn kept_in_memory(t: &Tables, place: &AnnotationPlace) -> Option<KeptRow> {
    let (assignment, author, item) = (place.assignment.0, place.author.0, place.item);
    let note = t.annotations.get(&(assignment, author, item.0))?;
    let row = t.assignments.get(&assignment)?;
    let accepted = t.accepted.get(&(row.key.job.0, item.0, row.key.slot.0));
    Some(KeptRow {
        assignment,
        author,
        item: item.0,
        body: note.body.clone(),
        revision: note.revision,
        skipped: note.skipped,
        lease: note.lease,
        updated: note.updated,
        accepted: accepted.is_some_and(|a| (a.assignment, a.author) == (assignment, author)),
    })
}
