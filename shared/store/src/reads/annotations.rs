//! Reads of annotations. A whole assignment may hold a thousand times the largest annotation, so that its sizes are asked
//! for first, and then only as many annotations as fit into an answer.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use swath_domain::Time;
use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use uuid::Uuid;

use crate::engine::db::{fetch_all, fetch_each};
use crate::error::Result;
use crate::reads::exports::{KeptAnnotation, StoredAnnotation};
use crate::store::Store;

/// How large a saved item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemSize {
    /// The item.
    pub item: i64,
    /// Its saved revision.
    pub revision: i64,
    /// Bytes of its annotation's JSON.
    pub bytes: i64,
    /// Bytes of the texts of its verdict, where one is read with it.
    pub texts: i64,
}

impl ItemSize {
    /// What reading it brings into memory.
    pub fn total(&self) -> usize {
        usize::try_from(self.bytes + self.texts).unwrap_or(usize::MAX)
    }
}

/// Where a stored annotation stands, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnotationPlace {
    /// In which assignment.
    pub assignment: AssignmentId,
    /// By whom.
    pub author: UserId,
    /// Of which item.
    pub item: i64,
    /// Bytes of its JSON.
    pub bytes: i64,
}

/// How many of these, from the first on, bring at most `most` bytes into memory; one in any case.
pub fn fitting<T>(sizes: &[T], most: usize, bytes: impl Fn(&T) -> usize) -> usize {
    let mut sum = 0_usize;
    let fits = |size: &&T| {
        sum = sum.saturating_add(bytes(size));
        sum <= most
    };
    sizes.iter().take_while(fits).count().max(1).min(sizes.len())
}

impl Store {
    /// How large what a person has saved in an assignment is, by item.
    pub async fn annotation_sizes(&self, assignment: AssignmentId, author: UserId) -> Result<Vec<ItemSize>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
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
        let size = |(item, revision, bytes)| ItemSize { item, revision, bytes, texts: 0 };
        Ok(rows.into_iter().map(size).collect())
    }

    /// What a person has saved of these items of an assignment, by item.
    pub async fn annotations(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: RangeInclusive<i64>,
    ) -> Result<Vec<StoredAnnotation>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, String, i64, bool, Uuid, i64),
            "SELECT item, body, revision, skipped, lease, updated FROM annotations
             WHERE assignment = $1 AND author = $2 AND item >= $3 AND item <= $4 ORDER BY item",
            assignment.0,
            author.0,
            *items.start(),
            *items.end();
            |t| {
                let notes = t.annotations_by(assignment.0, author.0).filter(|(item, _)| items.contains(item));
                notes.map(|(item, n)| (item, n.body.clone(), n.revision, n.skipped, n.lease, n.updated)).collect()
            }
        )?;
        Ok(rows
            .into_iter()
            .map(|(item, body, revision, skipped, lease, updated)| StoredAnnotation {
                assignment,
                author,
                item,
                body,
                revision,
                skipped,
                lease: LeaseId(lease),
                updated: Time(updated),
            })
            .collect())
    }

    /// How many figures a person has saved on each of these items of an assignment.
    pub async fn figure_counts(
        &self,
        assignment: AssignmentId,
        author: UserId,
        items: Vec<i64>,
    ) -> Result<HashMap<i64, i64>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            (i64, i64),
            [
                "SELECT n.item, CAST(COALESCE(json_array_length(CAST(n.body AS json) -> 'figures'), 0) AS BIGINT)
                 FROM {rows} CROSS JOIN annotations n
                 WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item",
                "SELECT n.item, COALESCE(json_array_length(n.body, '$.figures'), 0)
                 FROM {rows} CROSS JOIN annotations n
                 WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item"
            ],
            &items,
            |item| {
                assignment: uuid = assignment.0,
                author: uuid = author.0,
                item: bigint = *item,
            };
            |t| t.annotations.get(&(assignment.0, author.0, *item)).map(|note| {
                let body: serde_json::Value = serde_json::from_str(&note.body).unwrap_or_default();
                (*item, body["figures"].as_array().map_or(0, Vec::len) as i64)
            })
        )?;
        Ok(rows.into_iter().collect())
    }

    /// Where everyone's annotations in these assignments stand, by assignment, author and item.
    pub async fn annotation_places(&self, ids: &[AssignmentId]) -> Result<Vec<AnnotationPlace>> {
        type Row = (Uuid, Uuid, i64, i64);
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            Row,
            "SELECT n.assignment, n.author, n.item, CAST(octet_length(n.body) AS BIGINT)
             FROM {rows} CROSS JOIN annotations n
             WHERE n.assignment = c.key ORDER BY n.assignment, n.author, n.item",
            ids,
            |id| { key: uuid = id.0 };
            |t| {
                let first = (id.0, Uuid::nil(), i64::MIN);
                let notes = t.annotations.range(first..).take_while(|(place, _)| place.0 == id.0);
                notes.map(|((assignment, author, item), n)| (*assignment, *author, *item, n.body.len() as i64))
            }
        )?;
        let place = |(assignment, author, item, bytes)| AnnotationPlace {
            assignment: AssignmentId(assignment),
            author: UserId(author),
            item,
            bytes,
        };
        Ok(rows.into_iter().map(place).collect())
    }

    /// The annotations at these places, in order, each with whether it is its item's accepted one.
    pub async fn annotations_at(&self, places: &[AnnotationPlace]) -> Result<Vec<KeptAnnotation>> {
        type Row = (Uuid, Uuid, i64, String, i64, bool, Uuid, i64, bool);
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            Row,
            "SELECT n.assignment, n.author, n.item, n.body, n.revision, n.skipped, n.lease, n.updated,
                    EXISTS (SELECT 1 FROM accepted k WHERE k.job = a.job AND k.item = n.item AND k.slot = a.slot
                            AND k.assignment = n.assignment AND k.author = n.author)
             FROM {rows} CROSS JOIN assignments a CROSS JOIN annotations n
             WHERE a.id = c.assignment AND n.assignment = a.id AND n.author = c.author AND n.item = c.item
             ORDER BY n.assignment, n.author, n.item",
            places,
            |p| { assignment: uuid = p.assignment.0, author: uuid = p.author.0, item: bigint = p.item };
            |t| {
                let (assignment, author, item) = (p.assignment.0, p.author.0, p.item);
                t.annotations.get(&(assignment, author, item)).and_then(|n| {
                    let row = t.assignments.get(&assignment)?;
                    let accepted = t.accepted.get(&(row.key.job.0, item, row.key.slot));
                    let accepted = accepted.is_some_and(|a| (a.assignment, a.author) == (assignment, author));
                    let body = n.body.clone();
                    Some((assignment, author, item, body, n.revision, n.skipped, n.lease, n.updated, accepted))
                })
            }
        )?;
        let kept = |row: Row| KeptAnnotation {
            accepted: row.8,
            annotation: StoredAnnotation {
                assignment: AssignmentId(row.0),
                author: UserId(row.1),
                item: row.2,
                body: row.3,
                revision: row.4,
                skipped: row.5,
                lease: LeaseId(row.6),
                updated: Time(row.7),
            },
        };
        Ok(rows.into_iter().map(kept).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn one_fits_in_any_case_and_the_rest_by_their_sum() {
        let count = |sizes: &[usize]| fitting(sizes, 10, |size| *size);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[11, 1]), 1);
        assert_eq!(count(&[4, 6, 0, 1]), 3);
    }
}
