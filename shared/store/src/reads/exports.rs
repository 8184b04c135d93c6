//! Reads for exports: accepted items page by page, each page in one statement.

use swath_domain::Time;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use uuid::Uuid;

use crate::engine::db::{fetch_all, row};
use crate::error::Result;
use crate::model::memory::{Accepted, Tables};
use crate::reads::annotations::fitting;
use crate::store::Store;

/// An annotation as it is stored.
#[derive(Debug, Clone)]
pub struct StoredAnnotation {
    /// In which assignment.
    pub assignment: AssignmentId,
    /// By whom.
    pub author: UserId,
    /// Of which item.
    pub item: i64,
    /// The annotation's JSON.
    pub body: String,
    /// Grows with every change.
    pub revision: i64,
    /// Whether the item was skipped.
    pub skipped: bool,
    /// The lease under which it was last saved.
    pub lease: LeaseId,
    /// When that was.
    pub updated: Time,
}

/// A stored annotation, and whether it is the one that was accepted.
#[derive(Debug, Clone)]
pub struct KeptAnnotation {
    /// The annotation.
    pub annotation: StoredAnnotation,
    /// Whether it stands as its item's accepted one.
    pub accepted: bool,
}

/// An accepted item, with its final annotation.
#[derive(Debug, Clone)]
pub struct AcceptedItem {
    /// The annotation.
    pub annotation: StoredAnnotation,
    /// The slot.
    pub slot: i64,
    /// The round in which it was accepted.
    pub round: i64,
    /// Who accepted it; none where the review rule did.
    pub reviewer: Option<UserId>,
    /// When it was accepted.
    pub accepted: Time,
}

row! {
    struct AcceptedRow {
        item: i64, slot: i64, assignment: Uuid, author: Uuid, reviewer: Option<Uuid>, at: i64, round: i64, body: String,
        revision: i64, skipped: bool, lease: Uuid, updated: i64,
    }
}

/// Accepted items looked at for one page.
const LOOKED_AT: i64 = 1_000;

impl Store {
    /// Accepted items of a job behind (item, slot), in that order: as many as bring at most `bytes` bytes of annotations
    /// into memory, one in any case; none at the end.
    pub async fn accepted(&self, job: JobId, after: (i64, i64), bytes: usize) -> Result<Vec<AcceptedItem>> {
        let sizes = self.accepted_sizes(job, after, LOOKED_AT).await?;
        let fitting = fitting(&sizes, bytes, |(.., bytes)| usize::try_from(*bytes).unwrap_or(usize::MAX));
        self.accepted_rows(job, after, fitting as i64).await
    }

    /// The next accepted items, each with the bytes of its annotation.
    async fn accepted_sizes(
        &self,
        job: JobId,
        (item, slot): (i64, i64),
        limit: i64,
    ) -> Result<Vec<(i64, i64, i64)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (i64, i64, i64),
            "SELECT c.item, c.slot, CAST(octet_length(n.body) AS BIGINT)
             FROM accepted c
             JOIN annotations n ON n.assignment = c.assignment AND n.author = c.author AND n.item = c.item
             WHERE c.job = $1 AND (c.item, c.slot) > ($2, $3) ORDER BY c.item, c.slot LIMIT $4",
            job.0,
            item,
            slot,
            limit;
            |t| {
                let behind = t.accepted.range((job.0, item, slot + 1)..=(job.0, i64::MAX, i64::MAX));
                let rows = behind.filter_map(|(place, row)| accepted_row(t, *place, row));
                rows.take(limit as usize).map(|row| (row.item, row.slot, row.body.len() as i64)).collect()
            }
        )
    }

    /// The next `limit` accepted items.
    async fn accepted_rows(
        &self,
        job: JobId,
        (item, slot): (i64, i64),
        limit: i64,
    ) -> Result<Vec<AcceptedItem>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            AcceptedRow,
            "SELECT c.item, c.slot, c.assignment, c.author, c.reviewer, c.at, a.round, n.body, n.revision, n.skipped,
                    n.lease, n.updated
             FROM accepted c
             JOIN assignments a ON a.id = c.assignment
             JOIN annotations n ON n.assignment = c.assignment AND n.author = c.author AND n.item = c.item
             WHERE c.job = $1 AND (c.item, c.slot) > ($2, $3) ORDER BY c.item, c.slot LIMIT $4",
            job.0,
            item,
            slot,
            limit;
            |t| {
                let behind = t.accepted.range((job.0, item, slot + 1)..=(job.0, i64::MAX, i64::MAX));
                behind.filter_map(|(place, row)| accepted_row(t, *place, row)).take(limit as usize).collect()
            }
        )?;
        Ok(rows.into_iter().map(AcceptedItem::from).collect())
    }
}

/// An accepted item with its annotation, as the statement joins them.
fn accepted_row(t: &Tables, (_, item, slot): (Uuid, i64, i64), row: &Accepted) -> Option<AcceptedRow> {
    let note = t.annotations.get(&(row.assignment, row.author, item))?;
    Some(AcceptedRow {
        item,
        slot,
        assignment: row.assignment,
        author: row.author,
        reviewer: row.reviewer,
        at: row.at,
        round: t.assignments.get(&row.assignment)?.key.round,
        body: note.body.clone(),
        revision: note.revision,
        skipped: note.skipped,
        lease: note.lease,
        updated: note.updated,
    })
}

impl From<AcceptedRow> for AcceptedItem {
    fn from(row: AcceptedRow) -> Self {
        let annotation = StoredAnnotation {
            assignment: AssignmentId(row.assignment),
            author: UserId(row.author),
            item: row.item,
            body: row.body,
            revision: row.revision,
            skipped: row.skipped,
            lease: LeaseId(row.lease),
            updated: Time(row.updated),
        };
        Self {
            annotation,
            slot: row.slot,
            round: row.round,
            reviewer: row.reviewer.map(UserId),
            accepted: Time(row.at),
        }
    }
}
