//! What is asked on behalf of those who watch over the whole: leases that run out, and whether the books balance.

use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::progress::{ItemStates, Progress};

use crate::engine::db::{Db, fetch_one, row};
use crate::error::Result;
use crate::model::status_sets::status;

/// A job's items as its counters have them, and as its rows do: the same, or the books are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// What the counters say.
    pub counted: ItemStates,
    /// What the rows say.
    pub found: ItemStates,
    /// The selection times the slots.
    pub selected: i64,
}

impl Books {
    /// Whether every item stands in exactly one state, and the counters know it.
    pub fn balance(&self) -> bool {
        self.counted == self.found && self.found.total() == self.selected
    }
}

row! {
    /// Both books side by side, so that one statement, and with it one snapshot, reads them.
    struct BooksRow {
        selected: i64,
        pending: i64,
        in_progress: i64,
        completed: i64,
        in_review: i64,
        accepted: i64,
        skipped: i64,
        cancelled: i64,
        counted_pending: i64,
        counted_in_progress: i64,
        counted_completed: i64,
        counted_in_review: i64,
        counted_accepted: i64,
        counted_skipped: i64,
        counted_cancelled: i64,
    }
}

impl From<BooksRow> for Books {
    fn from(row: BooksRow) -> Self {
        Self {
            selected: row.selected,
            found: ItemStates {
                pending: row.pending,
                in_progress: row.in_progress,
                completed: row.completed,
                in_review: row.in_review,
                accepted: row.accepted,
                skipped: row.skipped,
                cancelled: row.cancelled,
            },
            counted: ItemStates {
                pending: row.counted_pending,
                in_progress: row.counted_in_progress,
                completed: row.counted_completed,
                in_review: row.counted_in_review,
                accepted: row.counted_accepted,
                skipped: row.counted_skipped,
                cancelled: row.counted_cancelled,
            },
        }
    }
}

/// What is not cut yet counts as pending; what was rejected stands where its rework does.
const BOOKS: &str = concat!(
    "SELECT j.selected * j.slots,
           CAST((j.selected - j.cut_to) * j.slots + COALESCE(r.pending, 0) AS BIGINT),
           CAST(COALESCE(r.in_progress, 0) AS BIGINT), CAST(COALESCE(r.completed, 0) AS BIGINT),
           CAST(COALESCE(r.in_review, 0) AS BIGINT), CAST(COALESCE(r.accepted, 0) AS BIGINT),
           CAST(COALESCE(r.skipped, 0) AS BIGINT), CAST(COALESCE(r.cancelled, 0) AS BIGINT),
           CAST(COALESCE(p.pending, 0) AS BIGINT), CAST(COALESCE(p.in_progress, 0) AS BIGINT),
           CAST(COALESCE(p.completed, 0) AS BIGINT), CAST(COALESCE(p.in_review, 0) AS BIGINT),
           CAST(COALESCE(p.accepted, 0) AS BIGINT), CAST(COALESCE(p.skipped, 0) AS BIGINT),
           CAST(COALESCE(p.cancelled, 0) AS BIGINT)
    FROM jobs j
    CROSS JOIN (
        SELECT SUM(items) FILTER (WHERE status ", status!(PENDING), ") AS pending,
               SUM(items) FILTER (WHERE status ", status!(IN_PROGRESS), ") AS in_progress,
               SUM(items) FILTER (WHERE status ", status!(COMPLETED), ") AS completed,
               SUM(items) FILTER (WHERE status ", status!(IN_REVIEW), ") AS in_review,
               SUM(accepted) FILTER (WHERE status ", status!(DECIDED), ") AS accepted,
               SUM(skipped) FILTER (WHERE status ", status!(DECIDED), ") AS skipped,
               SUM(items) FILTER (WHERE status ", status!(CANCELLED), ") AS cancelled
        FROM assignments WHERE id >= $2 AND id <= $3 AND job = $1
    ) r
    CROSS JOIN (
        SELECT SUM(items_pending) AS pending, SUM(items_in_progress) AS in_progress, SUM(items_completed) AS completed,
               SUM(items_in_review) AS in_review, SUM(items_accepted) AS accepted, SUM(items_skipped) AS skipped,
               SUM(items_cancelled) AS cancelled
        FROM job_progress WHERE job = $1
    ) p
    WHERE j.id = $1"
);

/// The books of a job that is neither done nor being cancelled, in one snapshot; none where there is no such job.
/// It reads every row of the job.
pub(crate) async fn of_job(db: &mut Db<'_>, job: JobId) -> Result<Option<Books>> {
    let (first, last) = AssignmentId::span(job);
    let row = fetch_one!(
        db,
        BooksRow,
        BOOKS,
        job.0,
        first.0,
        last.0;
        |t| t.jobs.get(&job.0).map(|row| {
            let mut found = Progress::of_new_job((row.selected - row.cut_to) * row.slots);
            t.of_job(job).for_each(|a| found.count(a, 1));
            let mut counted = Progress::default();
            t.progress.range((job.0, i64::MIN)..=(job.0, i64::MAX)).for_each(|(_, stripe)| counted.merge(stripe));
            side_by_side(row.selected * row.slots, found.items(), counted.items())
        })
    )?;
    Ok(row.map(Books::from))
}

fn side_by_side(selected: i64, found: ItemStates, counted: ItemStates) -> BooksRow {
    BooksRow {
        selected,
        pending: found.pending,
        in_progress: found.in_progress,
        completed: found.completed,
        in_review: found.in_review,
        accepted: found.accepted,
        skipped: found.skipped,
        cancelled: found.cancelled,
        counted_pending: counted.pending,
        counted_in_progress: counted.in_progress,
        counted_completed: counted.completed,
        counted_in_review: counted.in_review,
        counted_accepted: counted.accepted,
        counted_skipped: counted.skipped,
        counted_cancelled: counted.cancelled,
    }
}
