//! The statements over the coverage of jobs: how many items of each block of ranges are in which state.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use swath_domain::coverage::{AssignmentState, Cover, block_width};
use swath_domain::ids::{AssignmentId, JobId, TeamId};
use swath_domain::job::JobStatus;
use swath_domain::{Assignment, Round, Slot, Status};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_each, row};
use crate::error::{Result, StoreError};
use crate::model::coverage::{Stretches, UNCOUNTED_MAX, changes_of, levels, ranges_of};
use crate::model::memory::Tables;
use crate::model::status_sets::status;

/// A block of a job at a level, and what is added to its counts.
pub(crate) struct BlockChange {
    pub(crate) job: JobId,
    pub(crate) level: i64,
    pub(crate) block: i64,
    pub(crate) cover: Cover,
}

row! {
    /// The counts of a block, as they stand beside its key.
    struct CoverColumns {
        rework: i64, held: i64, in_progress: i64, completed: i64, in_review: i64, accepted: i64, skipped: i64,
        cancelled: i64,
    }
}

impl From<CoverColumns> for Cover {
    fn from(row: CoverColumns) -> Self {
        let CoverColumns { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled } =
            row;
        Self { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled }
    }
}

/// A row that begins with its key and the counts.
macro_rules! cover_row {
    ($(#[$doc:meta])* struct $name:ident { $key:ident: $type:ty, cover $(, $more:ident: $more_type:ty)? }) => {
        $(#[$doc])*
        struct $name { $key: $type, cover: Cover, $($more: $more_type,)? }

        impl<'r, R> sqlx::FromRow<'r, R> for $name
        where
            R: sqlx::Row,
            usize: sqlx::ColumnIndex<R>,
            $type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            $($more_type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)?
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $key: row.try_get(0)?,
                    cover: CoverColumns::at(row, 1)?.into(),
                    $($more: row.try_get(1 + CoverColumns::WIDTH)?,)?
                })
            }
        }
    };
}

/// Adds to the counts of these blocks.
pub(crate) async fn add(db: &mut Db<'_>, changes: &[BlockChange]) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO coverage
             (job, level, block, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled)
         SELECT * FROM {rows} WHERE TRUE
         ON CONFLICT (job, level, block) DO UPDATE SET
             rework = coverage.rework + excluded.rework, held = coverage.held + excluded.held,
             in_progress = coverage.in_progress + excluded.in_progress,
             completed = coverage.completed + excluded.completed,
             in_review = coverage.in_review + excluded.in_review,
             accepted = coverage.accepted + excluded.accepted, skipped = coverage.skipped + excluded.skipped,
             cancelled = coverage.cancelled + excluded.cancelled",
        changes,
        |a| {
            job: uuid = a.job.0,
            level: bigint = a.level,
            block: bigint = a.block,
            rework: bigint = a.cover.rework,
            held: bigint = a.cover.held,
            in_progress: bigint = a.cover.in_progress,
            completed: bigint = a.cover.completed,
            in_review: bigint = a.cover.in_review,
            accepted: bigint = a.cover.accepted,
            skipped: bigint = a.cover.skipped,
            cancelled: bigint = a.cover.cancelled,
        };
        |t| {
            let key = (a.job.0, a.level, a.block);
            let mut cover = t.coverage.get(&key).copied().unwrap_or_default();
            cover.add(&a.cover);
            Ok::<u64, StoreError>(t.coverage.put(key, cover))
        }
    )?;
    Ok(())
}

row! {
    /// A job as its coverage is checked.
    pub(crate) struct CheckedJob { id: Uuid, selected: i64, range_size: i64, slots: i64, cut_to: i64, status: i64, }
}

impl CheckedJob {
    pub(crate) fn job(&self) -> JobId {
        JobId(self.id)
    }

    fn highest_level(&self) -> i64 {
        levels(ranges_of(self.selected, self.range_size))
    }

    /// Items that were cancelled before they were cut, for which there are no assignments.
    pub(crate) fn cancelled_uncut(&self) -> i64 {
        let is_cancelled =
            [JobStatus::Cancelling, JobStatus::Cancelled].iter().any(|s| s.code() == self.status);
        if is_cancelled { (self.selected - self.cut_to) * self.slots } else { 0 }
    }
}

/// A page of all jobs behind `after`, in the order of their ids.
pub(crate) async fn jobs_to_check(db: &mut Db<'_>, after: JobId, limit: i64) -> Result<Vec<CheckedJob>> {
    fetch_all!(
        db,
        CheckedJob,
        "SELECT id, selected, range_size, slots, cut_to, status FROM jobs WHERE id > $1 ORDER BY id LIMIT $2",
        after.0,
        limit;
        |t| {
            let behind = t.jobs.iter().filter(|(id, _)| **id > after.0).take(limit as usize);
            behind.map(|(id, job)| CheckedJob {
                id: *id,
                selected: job.selected,
                range_size: job.range_size,
                slots: job.slots,
                cut_to: job.cut_to,
                status: job.status.code(),
            }).collect()
        }
    )
}

cover_row! {
    /// A block at the highest level of its job.
    struct HighestBlock { job: Uuid, cover }
}

/// The counts of whole jobs.
pub(crate) async fn totals(db: &mut Db<'_>, jobs: &[CheckedJob]) -> Result<HashMap<JobId, Cover>> {
    let rows = fetch_each!(
        db,
        HighestBlock,
        "SELECT v.job, v.rework, v.held, v.in_progress, v.completed, v.in_review, v.accepted, v.skipped, v.cancelled
         FROM {rows} CROSS JOIN coverage v WHERE v.job = c.id AND v.level = c.top",
        jobs,
        |job| { id: uuid = job.id, top: bigint = job.highest_level() };
        |t| {
            let level = job.highest_level();
            let blocks = t.coverage.range((job.id, level, i64::MIN)..=(job.id, level, i64::MAX));
            blocks.map(|(_, cover)| HighestBlock { job: job.id, cover: *cover }).collect::<Vec<_>>()
        }
    )?;
    let mut totals: HashMap<JobId, Cover> = HashMap::new();
    for row in rows {
        totals.entry(JobId(row.job)).or_default().add(&row.cover);
    }
    Ok(totals)
}

/// Forgets the coverage of a job.
pub(crate) async fn remove(db: &mut Db<'_>, job: JobId) -> Result<()> {
    execute!(
        db,
        "DELETE FROM coverage WHERE job = $1",
        job.0;
        |t| Ok(t.coverage.remove_range((job.0, 0, i64::MIN)..=(job.0, i64::MAX, i64::MAX)))
    )?;
    Ok(())
}

/// Counts the blocks of the lowest level from the assignments of a job.
pub(crate) async fn count_lowest_level(db: &mut Db<'_>, job: JobId) -> Result<()> {
    let (first, last) = AssignmentId::span(job);
    execute!(
        db,
        (concat!("INSERT INTO coverage
             (job, level, block, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled)
         SELECT $1, 1, number / 8,
             CAST(SUM(CASE WHEN status ", status!(PENDING), " AND NOT held THEN items ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(PENDING), " AND held THEN items ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(IN_PROGRESS), " THEN items ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(COMPLETED), " THEN items ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(IN_REVIEW), " THEN items ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(DECIDED), " THEN accepted ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(DECIDED), " THEN skipped ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN status ", status!(CANCELLED), " THEN items ELSE 0 END) AS BIGINT)
         FROM assignments WHERE id >= $2 AND id <= $3 AND (status ", status!(NOT_PENDING), " OR round > 1 OR held)
         GROUP BY number / 8")),
        job.0,
        first.0,
        last.0;
        |t| {
            let mut blocks: BTreeMap<i64, Cover> = BTreeMap::new();
            for a in t.of_job(job) {
                let cover = AssignmentState::of(a).cover(a.key.round, a.items);
                blocks.entry(a.key.number / block_width(1)).or_default().add(&cover);
            }
            blocks.retain(|_, cover| !cover.is_zero());
            Ok(blocks.into_iter().map(|(block, cover)| t.coverage.put((job.0, 1, block), cover)).sum::<u64>())
        }
    )?;
    Ok(())
}

/// Counts the blocks of the level above this one from the blocks of this one.
pub(crate) async fn count_next_level(db: &mut Db<'_>, job: JobId, level: i64) -> Result<()> {
    execute!(
        db,
        "INSERT INTO coverage
             (job, level, block, rework, held, in_progress, completed, in_review, accepted, skipped, cancelled)
         SELECT job, level + 1, block / 8, CAST(SUM(rework) AS BIGINT), CAST(SUM(held) AS BIGINT),
             CAST(SUM(in_progress) AS BIGINT), CAST(SUM(completed) AS BIGINT), CAST(SUM(in_review) AS BIGINT),
             CAST(SUM(accepted) AS BIGINT), CAST(SUM(skipped) AS BIGINT), CAST(SUM(cancelled) AS BIGINT)
         FROM coverage WHERE job = $1 AND level = $2 GROUP BY job, level, block / 8",
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
    Ok(())
}

cover_row! {
    /// A stretch with its counts, or an event that is not counted yet with its position.
    struct StretchRow { stretch: i64, cover, body: Option<String> }
}

/// The counts of a job's stretches as they are stored, and what is to be added to them.
pub(crate) struct StoredStretches {
    pub(crate) counts: BTreeMap<i64, Cover>,
    /// The events that are not counted yet, by position; empty texts for those of other teams.
    pub(crate) uncounted: Vec<(i64, String)>,
}

/// Stretches of blocks, and the events that are not counted in them yet. It is one statement, so that it sees one moment.
pub(crate) async fn stretches(
    db: &mut Db<'_>,
    team: TeamId,
    job: JobId,
    wanted: Stretches,
) -> Result<StoredStretches> {
    let (blocks, blocks_each) = (wanted.blocks(), wanted.blocks_each());
    let rows = fetch_all!(
        db,
        StretchRow,
        "SELECT (block - $3) / $7, CAST(SUM(rework) AS BIGINT), CAST(SUM(held) AS BIGINT),
             CAST(SUM(in_progress) AS BIGINT), CAST(SUM(completed) AS BIGINT), CAST(SUM(in_review) AS BIGINT),
             CAST(SUM(accepted) AS BIGINT), CAST(SUM(skipped) AS BIGINT), CAST(SUM(cancelled) AS BIGINT),
             CAST(NULL AS TEXT)
         FROM coverage WHERE job = $1 AND level = $2 AND block >= $3 AND block < $4 GROUP BY 1
         UNION ALL
         SELECT e.position, 0, 0, 0, 0, 0, 0, 0, 0, CASE WHEN e.team = $5 THEN e.body ELSE '' END
         FROM (SELECT e.position, e.team, e.body FROM event_marks m CROSS JOIN events e WHERE e.position > m.folded
               ORDER BY e.position LIMIT $6) e",
        job.0,
        wanted.level,
        blocks.start,
        blocks.end,
        team.0,
        UNCOUNTED_MAX,
        blocks_each;
        |t| stretches_in_memory(t, job, wanted)
    )?;
    let mut stored = StoredStretches { counts: BTreeMap::new(), uncounted: Vec::new() };
    for row in rows {
        match row.body {
            None => stored.counts.entry(row.stretch).or_default().add(&row.cover),
            Some(body) => stored.uncounted.push((row.stretch, body)),
        }
    }
    Ok(stored)
}

fn stretches_in_memory(t: &Tables, job: JobId, wanted: Stretches) -> Vec<StretchRow> {
    let (blocks, blocks_each) = (wanted.blocks(), wanted.blocks_each());
    let keys = (job.0, wanted.level, blocks.start)..(job.0, wanted.level, blocks.end);
    let counted = t.coverage.range(keys).map(|((_, _, block), cover)| StretchRow {
        stretch: (block - blocks.start) / blocks_each,
        cover: *cover,
        body: None,
    });
    let uncounted = t.events.range(t.marks().folded + 1..).map(|(position, event)| StretchRow {
        stretch: *position,
        cover: Cover::default(),
        body: Some(event.body()),
    });
    counted.chain(uncounted).collect()
}

row! {
    struct RangeRow {
        number: i64, round: i64, items: i64, status: i64, held: bool, accepted: i64, skipped: i64,
    }
}

impl RangeRow {
    fn of(a: &Assignment) -> Self {
        Self {
            number: a.key.number,
            round: a.key.round.0,
            items: a.items,
            status: a.status.code(),
            held: a.needs_manager,
            accepted: a.outcome.accepted,
            skipped: a.outcome.skipped,
        }
    }

    fn counted(&self) -> Result<CountedRange> {
        let status = Status::from_code(self.status).ok_or_else(|| StoreError::Corrupt {
            table: "assignments",
            id: self.number.to_string(),
            what: format!("status {}", self.status),
        })?;
        let Self { number, round, items, held, accepted, skipped, .. } = *self;
        let cover =
            AssignmentState { status, needs_manager: held, accepted, skipped }.cover(Round(round), items);
        Ok(CountedRange { number, cover })
    }
}

/// The items of one assignment by state, and the number of its range.
pub(crate) struct CountedRange {
    pub(crate) number: i64,
    pub(crate) cover: Cover,
}

/// Counts the assignments of a few ranges themselves; what is needed of them is read by their ids.
pub(crate) async fn ranges(db: &mut Db<'_>, job: JobId, numbers: Range<i64>) -> Result<Vec<CountedRange>> {
    let of_round = |round| {
        let last = (numbers.end - 1).max(numbers.start);
        (
            AssignmentId::of(job, round, numbers.start, Slot::FIRST),
            AssignmentId::of(job, round, last, Slot::LAST),
        )
    };
    let rounds: Vec<_> = Round::all().map(of_round).collect();
    let rows = fetch_each!(
        db,
        RangeRow,
        "SELECT a.number, a.round, a.items, a.status, a.held, a.accepted, a.skipped
         FROM {rows} CROSS JOIN assignments a WHERE a.id >= c.low AND a.id <= c.high",
        &rounds,
        |r| { low: uuid = r.0.0, high: uuid = r.1.0 };
        |t| t.assignments.range(r.0.0..=r.1.0).map(|(_, a)| RangeRow::of(a)).collect::<Vec<_>>()
    )?;
    rows.iter().map(RangeRow::counted).collect()
}

/// The whole coverage of a job in memory, by level and block, with what is not counted yet.
pub(crate) fn of_memory(t: &Tables, job: JobId) -> BTreeMap<(i64, i64), Cover> {
    let ranges = t.jobs.get(&job.0).map_or(0, |job| ranges_of(job.selected, job.range_size));
    let counted = t.coverage.range((job.0, 0, i64::MIN)..=(job.0, i64::MAX, i64::MAX));
    let mut blocks: BTreeMap<(i64, i64), Cover> =
        counted.map(|((_, level, block), cover)| ((*level, *block), *cover)).collect();
    for (_, event) in t.events.range(t.marks().folded + 1..) {
        for change in changes_of(&event.event).filter(|change| change.job == job) {
            for level in 1..=levels(ranges) {
                blocks.entry((level, change.number / block_width(level))).or_default().add(&change.cover);
            }
        }
    }
    blocks.retain(|_, cover| !cover.is_zero());
    blocks
}
