//! Recounts: a job whose coverage differs from its counters is counted anew from its assignments. That is so for jobs that
//! are older than coverage, after a process of an older version has written, and after a dump was restored.

use std::collections::{BTreeMap, HashMap};

use swath_domain::coverage::{Cover, block_width};
use swath_domain::event::Event;
use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::job::JobStatus;
use swath_domain::progress::{Counter, Progress};
use uuid::Uuid;

use super::{Added, UNCOUNTED_MAX, changes_of, levels, put, range_of_all, ranges_of, sizes};
use crate::engine::db::{Db, Tx, execute, fetch_all, fetch_each, row};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::progress;
use crate::verbs::events;

/// What a look at a page of jobs found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageCheck {
    /// The last job looked at; none at the end.
    pub last: Option<JobId>,
    /// The jobs whose coverage differs from their counters.
    pub wrong: Vec<JobId>,
}

impl Store {
    /// Compares the coverage of `limit` jobs behind `after` with their counters.
    pub async fn coverage_check(&self, after: JobId, limit: i64) -> Result<CoverageCheck> {
        self.write((), move |_, tx, ()| Box::pin(check(tx, after, limit))).await
    }

    /// Counts the coverage of a job from its assignments.
    pub async fn coverage_recount(&self, job: JobId) -> Result<()> {
        self.write((), move |_, tx, ()| Box::pin(recount(tx, job))).await
    }
}

/// Makes all statements of a transaction see the same moment, as they do in SQLite.
async fn see_one_moment(db: &mut Db<'_>) -> Result<()> {
    if let Db::Postgres(connection) = db {
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut **connection).await?;
    }
    Ok(())
}

row! {
    struct ExtentRow { id: Uuid, selected: i64, range_size: i64, slots: i64, cut_to: i64, status: i64, }
}

impl ExtentRow {
    fn top(&self) -> i64 {
        levels(ranges_of(self.selected, self.range_size))
    }

    /// Items that were called off before they were cut, for which there are no assignments.
    fn cancelled_uncut(&self) -> i64 {
        let is_cancelled =
            [JobStatus::Cancelling, JobStatus::Cancelled].iter().any(|s| s.code() == self.status);
        if is_cancelled { (self.selected - self.cut_to) * self.slots } else { 0 }
    }
}

row! {
    struct TopRow {
        job: Uuid, rework: i64, held: i64, in_progress: i64, completed: i64, in_review: i64, accepted: i64, skipped: i64,
        cancelled: i64,
    }
}

impl TopRow {
    fn cover(&self) -> Cover {
        let Self { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled, .. } =
            *self;
        Cover { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled }
    }
}

async fn check(tx: &mut Tx, after: JobId, limit: i64) -> Result<CoverageCheck> {
    let db = &mut tx.db();
    see_one_moment(db).await?;
    let jobs = fetch_all!(
        db,
        ExtentRow,
        "SELECT id, selected, range_size, slots, cut_to, status FROM jobs WHERE id > $1 ORDER BY id LIMIT $2",
        after.0,
        limit;
        |t| {
            let page = t.jobs.range(range_of_all(after.0)).take(limit as usize);
            page.map(|(id, job)| ExtentRow {
                id: *id,
                selected: job.selected,
                range_size: job.range_size,
                slots: job.slots,
                cut_to: job.cut_to,
                status: job.status.code(),
            }).collect()
        }
    )?;
    let Some(last) = jobs.last().map(|job| job.id) else { return Ok(CoverageCheck::default()) };
    let counted: HashMap<_, _> = progress::read_between(db, after.0, last).await?.into_iter().collect();
    let mut covers = tops(db, &jobs).await?;
    for event in uncounted(db).await? {
        for (job, _, cover) in changes_of(&event) {
            covers.entry(job.0).or_default().add(&cover);
        }
    }
    let is_wrong = |job: &&ExtentRow| {
        let counted = counted.get(&JobId(job.id)).copied().unwrap_or_default();
        differs(&covers.get(&job.id).copied().unwrap_or_default(), &counted, job.cancelled_uncut())
    };
    let wrong = jobs.iter().filter(is_wrong).map(|job| JobId(job.id)).collect();
    Ok(CoverageCheck { last: Some(JobId(last)), wrong })
}

fn differs(cover: &Cover, counted: &Progress, cancelled_uncut: i64) -> bool {
    cover.in_progress != counted.get(Counter::ItemsInProgress)
        || cover.completed != counted.get(Counter::ItemsCompleted)
        || cover.in_review != counted.get(Counter::ItemsInReview)
        || cover.accepted != counted.get(Counter::ItemsAccepted)
        || cover.skipped != counted.get(Counter::ItemsSkipped)
        || cover.cancelled != counted.get(Counter::ItemsCancelled) - cancelled_uncut
        || cover.rework + cover.held > counted.get(Counter::ItemsPending)
}

/// The counts of whole jobs, each at its highest level.
async fn tops(db: &mut Db<'_>, jobs: &[ExtentRow]) -> Result<HashMap<Uuid, Cover>> {
    let rows = fetch_each!(
        db,
        TopRow,
        "SELECT v.job, v.rework, v.held, v.in_progress, v.completed, v.in_review, v.accepted, v.skipped, v.cancelled
         FROM {rows} CROSS JOIN coverage v WHERE v.job = c.id AND v.level = c.top",
        jobs,
        |job| { id: uuid = job.id, top: bigint = job.top() };
        |t| {
            let blocks = t.coverage.range((job.id, job.top(), i64::MIN)..=(job.id, job.top(), i64::MAX));
            blocks.map(|(_, cover)| top_row(job.id, *cover)).collect::<Vec<_>>()
        }
    )?;
    let mut tops: HashMap<Uuid, Cover> = HashMap::new();
    for row in rows {
        tops.entry(row.job).or_default().add(&row.cover());
    }
    Ok(tops)
}

fn top_row(job: Uuid, cover: Cover) -> TopRow {
    let Cover { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled } = cover;
    TopRow { job, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled }
}

/// All events that are not counted yet.
async fn uncounted(db: &mut Db<'_>) -> Result<Vec<Event>> {
    let rows = fetch_all!(
        db,
        (i64, String),
        "SELECT e.position, e.body FROM event_marks m CROSS JOIN events e WHERE e.position > m.folded
         ORDER BY e.position LIMIT $1",
        UNCOUNTED_MAX;
        |t| t.events.range(t.marks().folded + 1..).map(|(at, event)| (*at, event.body())).collect()
    )?;
    if rows.len() as i64 >= UNCOUNTED_MAX {
        return Err(StoreError::Unavailable("counting has fallen behind the events".into()));
    }
    rows.iter().map(|(position, body)| events::read(body, *position)).collect()
}

const LOWEST: &str = "INSERT INTO coverage
         (job, level, block, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled)
     SELECT $1, 1, number / 8,
         CAST(SUM(CASE WHEN status = 0 AND NOT held THEN items ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status = 0 AND held THEN items ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status = 1 THEN items ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status = 2 THEN items ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status = 3 THEN items ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status IN (4, 5) THEN accepted ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status IN (4, 5) THEN skipped ELSE 0 END) AS BIGINT),
         CAST(SUM(CASE WHEN status = 6 THEN items ELSE 0 END) AS BIGINT)
     FROM assignments WHERE id >= $2 AND id <= $3 AND (status > 0 OR round > 1 OR held)
     GROUP BY number / 8";
const NEXT_LEVEL: &str = "INSERT INTO coverage
         (job, level, block, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled)
     SELECT job, level + 1, block / 8, CAST(SUM(rework) AS BIGINT), CAST(SUM(held) AS BIGINT),
         CAST(SUM(in_progress) AS BIGINT), CAST(SUM(completed) AS BIGINT), CAST(SUM(in_review) AS BIGINT),
         CAST(SUM(accepted) AS BIGINT), CAST(SUM(skipped) AS BIGINT), CAST(SUM(cancelled) AS BIGINT)
     FROM coverage WHERE job = $1 AND level = $2 GROUP BY job, level, block / 8";

/// Counts anew what the assignments say, less what events will add that are not counted yet.
async fn recount(tx: &mut Tx, job: JobId) -> Result<()> {
    let db = &mut tx.db();
    see_one_moment(db).await?;
    let Some(ranges) = sizes(db, &[job.0]).await?.remove(&job.0) else { return Ok(()) };
    // A process that counts events at the same time collides with this transaction.
    execute!(db, "UPDATE event_marks SET folded = folded"; |_t| Ok(0))?;
    execute!(
        db,
        "DELETE FROM coverage WHERE job = $1",
        job.0;
        |t| Ok(t.coverage.remove_range((job.0, 0, i64::MIN)..=(job.0, i64::MAX, i64::MAX)))
    )?;
    let (first, last) = AssignmentId::span(job);
    execute!(
        db,
        LOWEST,
        job.0,
        first.0,
        last.0;
        |t| {
            let mut blocks: BTreeMap<i64, Cover> = BTreeMap::new();
            for a in t.of_job(job) {
                let cover = swath_domain::coverage::Standing::of(a).cover(a.round, a.items);
                blocks.entry(a.number / block_width(1)).or_default().add(&cover);
            }
            blocks.retain(|_, cover| !cover.is_zero());
            Ok(blocks.into_iter().map(|(block, cover)| t.coverage.put((job.0, 1, block), cover)).sum::<u64>())
        }
    )?;
    for level in 1..levels(ranges) {
        execute!(
            db,
            NEXT_LEVEL,
            job.0,
            level;
            |t| {
                let below: Vec<_> = t.coverage.range((job.0, level, i64::MIN)..=(job.0, level, i64::MAX))
                    .map(|((_, _, block), cover)| (*block, *cover)).collect();
                let mut blocks: BTreeMap<i64, Cover> = BTreeMap::new();
                for (block, cover) in below {
                    blocks.entry(block / block_width(1)).or_default().add(&cover);
                }
                Ok(blocks.into_iter().map(|(block, cover)| t.coverage.put((job.0, level + 1, block), cover)).sum::<u64>())
            }
        )?;
    }
    take_off_uncounted(db, job, ranges).await
}

async fn take_off_uncounted(db: &mut Db<'_>, job: JobId, ranges: i64) -> Result<()> {
    let mut blocks: BTreeMap<(i64, i64), Cover> = BTreeMap::new();
    for event in uncounted(db).await? {
        for (_, number, cover) in changes_of(&event).filter(|(of, _, _)| *of == job) {
            for level in 1..=levels(ranges) {
                blocks.entry((level, number / block_width(level))).or_default().subtract(&cover);
            }
        }
    }
    let added = blocks.into_iter().map(|((level, block), cover)| Added { job: job.0, level, block, cover });
    put(db, &added.collect::<Vec<_>>()).await
}
