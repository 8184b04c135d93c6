//! One transaction's changes to assignments: the rows are locked first, changed as values by the domain's
//! transitions, and written at the end together with their log entries, ended grants and counters.

use std::collections::BTreeMap;

use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::log::Entry;
use swath_domain::planted::{Bug, is};
use swath_domain::progress::{Counter, Progress};
use swath_domain::{Assignment, Stale, Status, Time};
use uuid::Uuid;

use crate::db::{Db, execute_each, fetch_as_each};
use crate::error::{Result, StoreError};
use crate::rows::{AssignmentRow, assignment_columns};
use crate::{log, progress};

pub(crate) const LOCK_POSTGRES: &str = concat!(
    "SELECT ",
    assignment_columns!(),
    " FROM assignments WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
);
const LOCK_FREE_POSTGRES: &str = concat!(
    "SELECT ",
    assignment_columns!(),
    " FROM assignments WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
);
const LOCK_SQLITE: &str = concat!("SELECT ", assignment_columns!(), " FROM assignments WHERE id = $1");

/// What a lease came to.
struct Ended {
    lease: LeaseId,
    how: Stale,
    at: Time,
}

/// Locked assignments and what is to be written about them.
#[derive(Default)]
pub(crate) struct Changes {
    rows: BTreeMap<AssignmentId, Touched>,
    fresh: Vec<Assignment>,
    entries: Vec<Entry>,
    ended: Vec<Ended>,
    progress: BTreeMap<JobId, Progress>,
}

struct Touched {
    before: Assignment,
    now: Assignment,
}

impl Touched {
    fn is_given_back(&self) -> bool {
        self.before.status == Status::InProgress && self.now.status == Status::Pending
    }
}

impl Changes {
    /// Locks these assignments in the order of their ids, waiting for each.
    pub(crate) async fn lock(db: &mut Db<'_>, ids: impl IntoIterator<Item = AssignmentId>) -> Result<Self> {
        let mut changes = Self::default();
        changes.add(rows_of(db, LOCK_POSTGRES, ids).await?);
        Ok(changes)
    }

    /// Locks those of these assignments that nobody else has locked.
    pub(crate) async fn lock_free(
        db: &mut Db<'_>,
        ids: impl IntoIterator<Item = AssignmentId>,
    ) -> Result<Self> {
        let mut changes = Self::default();
        changes.add(rows_of(db, LOCK_FREE_POSTGRES, ids).await?);
        Ok(changes)
    }

    /// Takes over rows that another statement of the same transaction has locked.
    pub(crate) fn add(&mut self, locked: Vec<Assignment>) {
        for row in locked {
            self.rows.entry(row.id).or_insert_with(|| Touched { before: row.clone(), now: row });
        }
    }

    /// Takes over what another set has locked in the same transaction.
    pub(crate) fn absorb(&mut self, locked: Changes) {
        self.add(locked.rows.into_values().map(|touched| touched.now).collect());
    }

    /// The assignment as it stands in this transaction, if it was locked.
    pub(crate) fn get(&mut self, id: AssignmentId) -> Option<&mut Assignment> {
        self.rows.get_mut(&id).map(|touched| &mut touched.now)
    }

    /// The ids of all that is locked.
    pub(crate) fn ids(&self) -> Vec<AssignmentId> {
        self.rows.keys().copied().collect()
    }

    /// A rework that comes into being.
    pub(crate) fn create(&mut self, child: Assignment, entry: Entry) {
        self.progress(child.job).count(&child, 1);
        self.fresh.push(child);
        self.entries.push(entry);
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Notes that a lease no longer stands on its assignment.
    pub(crate) fn end(&mut self, lease: Option<LeaseId>, how: Stale, at: Time) {
        self.ended.extend(lease.map(|lease| Ended { lease, how, at }));
    }

    pub(crate) fn count(&mut self, job: JobId, counter: Counter, n: i64) {
        self.progress(job).add(counter, n);
    }

    fn progress(&mut self, job: JobId) -> &mut Progress {
        self.progress.entry(job).or_default()
    }

    /// Writes everything: assignments first, counters last.
    pub(crate) async fn write(mut self, db: &mut Db<'_>, stripe: i64) -> Result<()> {
        let changed: Vec<_> =
            self.rows.into_values().filter(|touched| touched.before != touched.now).collect();
        for touched in
            changed.iter().filter(|touched| !(is(Bug::ReleaseUncounted) && touched.is_given_back()))
        {
            let change = Progress::between(&touched.before, &touched.now);
            self.progress.entry(touched.now.job).or_default().merge(&change);
        }
        let changed: Vec<_> = changed.into_iter().map(|touched| touched.now).collect();
        update(db, &changed).await?;
        insert(db, &self.fresh).await?;
        end_grants(db, &self.ended).await?;
        log::insert(db, &self.entries).await?;
        progress::add(db, &self.progress, stripe).await
    }
}

async fn rows_of(
    db: &mut Db<'_>,
    postgres: &'static str,
    ids: impl IntoIterator<Item = AssignmentId>,
) -> Result<Vec<Assignment>> {
    let mut ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    fetch_as_each!(
        db,
        AssignmentRow => Assignment,
        [postgres, LOCK_SQLITE],
        &ids,
        |id| *id;
        |t| t.assignments.get(id).cloned()
    )
}

const UPDATE_POSTGRES: &str = "
    UPDATE assignments a SET
        status = c.status, fence = c.fence, lease = c.lease, holder = c.holder, expires = c.expires,
        deadline = c.deadline, confirmed = c.confirmed, author = c.author, submission = c.submission,
        review = c.review, reserved_for = c.reserved_for, reserved_until = c.reserved_until, held = c.held,
        accepted = c.accepted, skipped = c.skipped, seq = c.seq, since = c.since
    FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::uuid[], $10::uuid[], $11::boolean[], $12::uuid[], $13::bigint[], $14::boolean[],
                $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[])
         AS c (id, status, fence, lease, holder, expires, deadline, confirmed, author, submission, review,
               reserved_for, reserved_until, held, accepted, skipped, seq, since)
    WHERE a.id = c.id";

const UPDATE_SQLITE: &str = "
    UPDATE assignments SET
        status = $2, fence = $3, lease = $4, holder = $5, expires = $6, deadline = $7, confirmed = $8, author = $9,
        submission = $10, review = $11, reserved_for = $12, reserved_until = $13, held = $14, accepted = $15,
        skipped = $16, seq = $17, since = $18
    WHERE id = $1";

async fn update(db: &mut Db<'_>, rows: &[Assignment]) -> Result<()> {
    execute_each!(
        db,
        [UPDATE_POSTGRES, UPDATE_SQLITE],
        rows,
        |a| a.id.0,
        a.status.code(),
        a.fence,
        a.lease.map(|id| id.0),
        a.holder.map(|id| id.0),
        a.expires.0,
        a.deadline.0,
        a.confirmed,
        a.author.map(|id| id.0),
        a.submission.map(|id| id.0),
        a.review,
        a.reserved_for.map(|id| id.0),
        a.reserved_until.0,
        a.held,
        a.accepted,
        a.skipped,
        a.seq,
        a.since.0;
        |t| t.write_assignment(a, false)
    )?;
    Ok(())
}

/// Writes new assignments, which are PENDING and were never leased.
pub(crate) async fn insert(db: &mut Db<'_>, rows: &[Assignment]) -> Result<()> {
    const POSTGRES: &str = "
        INSERT INTO assignments (id, team, job, round, number, slot, parent, ranges, items, status, fence, expires,
            deadline, confirmed, review, reserved_for, reserved_until, held, accepted, skipped, seq, since)
        SELECT id, team, job, round, number, slot, parent, ranges, items, 0, 0, 0, 0, 0, FALSE, reserved_for,
            reserved_until, held, 0, 0, seq, since
        FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[],
            $8::text[], $9::bigint[], $10::uuid[], $11::bigint[], $12::boolean[], $13::bigint[], $14::bigint[])
            AS c (id, team, job, round, number, slot, parent, ranges, items, reserved_for, reserved_until, held,
                  seq, since)";
    const SQLITE: &str = "
        INSERT INTO assignments (id, team, job, round, number, slot, parent, ranges, items, status, fence, expires,
            deadline, confirmed, review, reserved_for, reserved_until, held, accepted, skipped, seq, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0, FALSE, $10, $11, $12, 0, 0, $13, $14)";
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        rows,
        |a| a.id.0,
        a.team.0,
        a.job.0,
        a.round,
        a.number,
        a.slot,
        a.parent.map(|id| id.0),
        a.ranges.to_string(),
        a.items,
        a.reserved_for.map(|id| id.0),
        a.reserved_until.0,
        a.held,
        a.seq,
        a.since.0;
        |t| t.write_assignment(a, true)
    )?;
    Ok(())
}

async fn end_grants(db: &mut Db<'_>, ended: &[Ended]) -> Result<()> {
    const POSTGRES: &str = "
        UPDATE grants g SET ended = c.ended, ended_at = c.ended_at
        FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[]) AS c (lease, ended, ended_at)
        WHERE g.lease = c.lease AND g.ended IS NULL";
    const SQLITE: &str = "UPDATE grants SET ended = $2, ended_at = $3 WHERE lease = $1 AND ended IS NULL";
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        ended,
        |e| e.lease.0,
        e.how.code(),
        e.at.0;
        |t| Ok::<_, StoreError>(t.grants.update(&e.lease.0, |grant| {
            grant.ended = grant.ended.or(Some(e.how.code()));
        }))
    )?;
    Ok(())
}
