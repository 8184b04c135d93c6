//! Reads of assignments, leases and annotations.

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::log::Entry;
use swath_domain::{Assignment, Stage, Stale, Status, Time};
use uuid::Uuid;

use crate::core::Store;
use crate::db::{Db, fetch_all, fetch_as, fetch_each, fetch_one};
use crate::error::Result;
use crate::exports::{KeptAnnotation, StoredAnnotation};
use crate::leased::{self, Leased};
use crate::log;
use crate::rows::{AssignmentRow, assignment_columns};

/// Which assignments of a job are listed.
#[derive(Debug, Clone, Default)]
pub struct AssignmentFilter {
    /// In this status only.
    pub status: Option<Status>,
    /// Held by this person only.
    pub holder: Option<UserId>,
    /// Undecided ones only.
    pub undecided: bool,
}

/// A lease or a review as it stands.
#[derive(Debug, Clone)]
pub struct LeaseView {
    /// Its id.
    pub lease: LeaseId,
    /// Whose it is or was.
    pub holder: UserId,
    /// To annotate or to review.
    pub stage: Stage,
    /// The fence that it was granted at.
    pub fence: i64,
    /// Why it is over; none while it stands on the assignment, current or lapsed.
    pub ended: Option<Stale>,
    /// The assignment as it is now.
    pub assignment: Assignment,
}

/// A page of the ids of a job's assignments. The ids themselves say where the job begins and ends, and SQLite is kept
/// from reading all of the job by another index and sorting it for every page.
pub(crate) const IDS_POSTGRES: &str =
    "SELECT id FROM assignments WHERE job = $1 AND id > $2 AND id <= $4 ORDER BY id LIMIT $3";
/// See [`IDS_POSTGRES`].
pub(crate) const IDS_SQLITE: &str =
    "SELECT id FROM assignments WHERE +job = $1 AND id > $2 AND id <= $4 ORDER BY id LIMIT $3";

const BY_ID: &str = concat!("SELECT ", assignment_columns!(), " FROM assignments WHERE id = $1");

async fn by_id(db: &mut Db<'_>, id: AssignmentId) -> Result<Option<Assignment>> {
    let found = fetch_as!(
        db,
        AssignmentRow => Assignment,
        BY_ID,
        id.0;
        |t| t.assignments.get(&id.0).cloned().into_iter().collect()
    )?;
    Ok(found.into_iter().next())
}

impl Store {
    /// One assignment.
    pub async fn assignment(&self, id: AssignmentId) -> Result<Option<Assignment>> {
        let mut reader = self.reader().await?;
        by_id(&mut reader.db(), id).await
    }

    /// A page of a job's assignments by round, number and slot.
    pub async fn assignments(
        &self,
        job: JobId,
        filter: AssignmentFilter,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Assignment>> {
        macro_rules! page {
            ($of_job:literal) => {
                concat!(
                    "SELECT ",
                    assignment_columns!(),
                    " FROM assignments WHERE ",
                    $of_job,
                    " AND id > $2 AND id <= $8
                       AND ($3 < 0 OR status = $3) AND ($4 = 0 OR holder = $5) AND ($6 = 0 OR status < 4)
                     ORDER BY id LIMIT $7"
                )
            };
        }
        let (first, last) = AssignmentId::span(job);
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            AssignmentRow => Assignment,
            [page!("job = $1"), page!("+job = $1")],
            job.0,
            after.max(first.0),
            filter.status.map_or(-1, Status::code),
            i64::from(filter.holder.is_some()),
            filter.holder.map(|user| user.0),
            i64::from(filter.undecided),
            limit,
            last.0;
            |t| {
                let wanted = |a: &&Assignment| {
                    a.id.0 > after
                        && filter.status.is_none_or(|status| a.status == status)
                        && filter.holder.is_none_or(|holder| a.holder == Some(holder))
                        && (!filter.undecided || a.status.code() < 4)
                };
                t.of_job(job).filter(wanted).take(limit as usize).cloned().collect()
            }
        )
    }

    /// Numbers of assignments that wait in a job's queue, in the order in which they are handed out.
    pub async fn assignments_waiting(&self, job: JobId, now: Time, limit: i64) -> Result<Vec<(i64, i64)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (i64, i64),
            "SELECT round, number FROM assignments
             WHERE job = $1 AND status = 0 AND NOT held AND (reserved_for IS NULL OR reserved_until <= $2)
             ORDER BY round DESC, number, slot LIMIT $3",
            job.0,
            now.0,
            limit;
            |t| {
                let waiting = t.queue(job, now).into_iter().take(limit as usize);
                waiting.map(|a| (a.round, a.number)).collect()
            }
        )
    }

    /// When the oldest waiting assignment and the oldest waiting submission of a job began to wait.
    pub async fn oldest_waiting(&self, job: JobId) -> Result<(Option<Time>, Option<Time>)> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        // The first of the queue: reworks are handed out first and cut ranges in order, so it is among the oldest.
        let pending = fetch_one!(
            db,
            (i64,),
            "SELECT since FROM assignments WHERE job = $1 AND status = 0 ORDER BY round DESC, number, slot LIMIT 1",
            job.0;
            |t| {
                let pending = t.of_job(job).filter(|a| a.status == Status::Pending);
                pending.min_by_key(|a| (-a.round, a.number, a.slot)).map(|a| (a.since.0,))
            }
        )?;
        let review = fetch_one!(
            db,
            (i64,),
            "SELECT since FROM assignments WHERE job = $1 AND status = 2 AND review ORDER BY since LIMIT 1",
            job.0;
            |t| {
                let waiting = t.of_job(job).filter(|a| a.status == Status::Completed && a.review);
                waiting.map(|a| a.since.0).min().map(|since| (since,))
            }
        )?;
        Ok((pending.map(|(at,)| Time(at)), review.map(|(at,)| Time(at))))
    }

    /// A lease or a review, whatever became of it.
    pub async fn lease(&self, lease: LeaseId) -> Result<Option<LeaseView>> {
        let mut reader = self.reader().await?;
        let found = leased::read(&mut reader.db(), &[lease]).await?;
        Ok(found.into_iter().next().map(|Leased { assignment, grant }| LeaseView {
            lease,
            holder: UserId(grant.holder),
            stage: if grant.stage == Stage::Review.code() { Stage::Review } else { Stage::Annotate },
            fence: grant.fence,
            ended: grant.ended.and_then(Stale::from_code),
            assignment,
        }))
    }

    /// The assignments that a person holds right now.
    pub async fn leases_of(&self, user: UserId, stage: Stage) -> Result<Vec<Assignment>> {
        const HELD: &str = concat!(
            "SELECT ",
            assignment_columns!(),
            " FROM assignments WHERE holder = $1 AND status = $2 ORDER BY id LIMIT 1000"
        );
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            AssignmentRow => Assignment,
            HELD,
            user.0,
            stage.held().code();
            |t| {
                let held = |a: &&Assignment| a.holder == Some(user) && a.status == stage.held();
                t.assignments.values().filter(held).take(1000).cloned().collect()
            }
        )
    }

    /// What a person has saved in an assignment, by item.
    pub async fn annotations(
        &self,
        assignment: AssignmentId,
        author: UserId,
    ) -> Result<Vec<StoredAnnotation>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, String, i64, bool, Uuid, i64),
            "SELECT item, body, revision, skipped, lease, updated FROM annotations
             WHERE assignment = $1 AND author = $2 ORDER BY item",
            assignment.0,
            author.0;
            |t| {
                let notes = t.annotations_by(assignment.0, author.0);
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

    /// What everyone has saved in these assignments, by assignment, author and item.
    pub async fn annotations_of(&self, ids: &[AssignmentId]) -> Result<Vec<KeptAnnotation>> {
        type Row = (Uuid, Uuid, i64, String, i64, bool, Uuid, i64, bool);
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            Row,
            "SELECT n.assignment, n.author, n.item, n.body, n.revision, n.skipped, n.lease, n.updated,
                    EXISTS (SELECT 1 FROM accepted k WHERE k.job = a.job AND k.item = n.item AND k.slot = a.slot
                            AND k.assignment = n.assignment AND k.author = n.author)
             FROM {rows} CROSS JOIN assignments a CROSS JOIN annotations n
             WHERE a.id = c.key AND n.assignment = a.id ORDER BY n.assignment, n.author, n.item",
            ids,
            |id| { key: uuid = id.0 };
            |t| {
                let nobody = uuid::Uuid::nil();
                let notes = t.annotations.range((id.0, nobody, i64::MIN)..).take_while(|(place, _)| place.0 == id.0);
                notes.filter_map(|((assignment, author, item), n)| {
                    let row = t.assignments.get(assignment)?;
                    let accepted = t.accepted.get(&(row.job.0, *item, row.slot));
                    let accepted = accepted.is_some_and(|a| (a.assignment, a.author) == (*assignment, *author));
                    let body = n.body.clone();
                    Some((*assignment, *author, *item, body, n.revision, n.skipped, n.lease, n.updated, accepted))
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

    /// A page of the log of an assignment or a job.
    pub async fn log(&self, subject: Uuid, after: i64, limit: i64) -> Result<Vec<Entry>> {
        let mut reader = self.reader().await?;
        log::read(&mut reader.db(), subject, after, limit).await
    }

    /// The logs of the `limit` assignments of a job behind `after`, and the last of them; none at the end.
    pub async fn log_page(&self, job: JobId, after: Uuid, limit: i64) -> Result<(Vec<Entry>, Option<Uuid>)> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        let (first, last) = AssignmentId::span(job);
        let after = after.max(first.0);
        let ids = fetch_all!(
            db,
            (Uuid,),
            [IDS_POSTGRES, IDS_SQLITE],
            job.0,
            after,
            limit,
            last.0;
            |t| t.of_job(job).filter(|a| a.id.0 > after).take(limit as usize).map(|a| (a.id.0,)).collect()
        )?;
        let Some((last,)) = ids.last() else { return Ok((Vec::new(), None)) };
        Ok((log::read_between(db, job.0, after, *last).await?, Some(*last)))
    }
}
