//! What a map shows: a job's ranges in stretches, each with its items by state.

use std::collections::BTreeMap;
use std::ops::Range;

use swath_domain::coverage::{Cover, Standing, block_width};
use swath_domain::event::Event;
use swath_domain::ids::{AssignmentId, JobId, TeamId};
use swath_domain::{Assignment, Status};

use super::{UNCOUNTED_MAX, changes_of};
use crate::engine::db::{Db, fetch_all, fetch_each, row};
use crate::error::{Result, StoreError};
use crate::model::memory::Tables;
use crate::store::Store;
use crate::verbs::events;

/// A job's ranges from `from` to the one before `to`, in stretches of equal width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretches {
    /// The first range.
    pub from: i64,
    /// The range behind the last.
    pub to: i64,
    /// How many ranges a stretch spans.
    pub width: i64,
    /// The level of the blocks that are read, of which `from` and `width` are multiples; 0 for the ranges themselves.
    pub level: i64,
}

impl Stretches {
    /// How many there are.
    pub fn count(&self) -> i64 {
        (self.to - self.from + self.width - 1) / self.width
    }

    /// The stretch that a range is in, where it is in one.
    fn of(&self, number: i64) -> Option<i64> {
        (self.from..self.to).contains(&number).then(|| (number - self.from) / self.width)
    }
}

impl Store {
    /// The counts of a job's stretches, by their number; those without any are left out.
    pub async fn job_coverage(
        &self,
        job: (TeamId, JobId),
        stretches: Stretches,
    ) -> Result<BTreeMap<i64, Cover>> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        let mut counts = if stretches.level == 0 {
            range_by_range(db, job.1, stretches).await?
        } else {
            block_by_block(db, job, stretches).await?
        };
        counts.retain(|_, cover| !cover.is_zero());
        Ok(counts)
    }
}

row! {
    struct StretchRow {
        stretch: i64, rework: i64, held: i64, in_progress: i64, completed: i64, in_review: i64, accepted: i64,
        skipped: i64, cancelled: i64, body: Option<String>,
    }
}

impl StretchRow {
    fn cover(&self) -> Cover {
        let Self { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled, .. } =
            *self;
        Cover { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled }
    }
}

/// Stretches of so many blocks each, and the events that are not counted in them yet, in one statement: it sees one moment.
const STRETCHES: &str = "SELECT (block - $3) / $7, CAST(SUM(rework) AS BIGINT), CAST(SUM(held) AS BIGINT),
         CAST(SUM(in_progress) AS BIGINT), CAST(SUM(completed) AS BIGINT), CAST(SUM(in_review) AS BIGINT),
         CAST(SUM(accepted) AS BIGINT), CAST(SUM(skipped) AS BIGINT), CAST(SUM(cancelled) AS BIGINT),
         CAST(NULL AS TEXT)
     FROM coverage WHERE job = $1 AND level = $2 AND block >= $3 AND block < $4 GROUP BY 1
     UNION ALL
     SELECT e.position, 0, 0, 0, 0, 0, 0, 0, 0, CASE WHEN e.team = $5 THEN e.body ELSE '' END
     FROM (SELECT e.position, e.team, e.body FROM event_marks m CROSS JOIN events e WHERE e.position > m.folded
           ORDER BY e.position LIMIT $6) e";

async fn block_by_block(
    db: &mut Db<'_>,
    (team, job): (TeamId, JobId),
    stretches: Stretches,
) -> Result<BTreeMap<i64, Cover>> {
    let block = block_width(stretches.level);
    let blocks = stretches.from / block..(stretches.to + block - 1) / block;
    let per_stretch = stretches.width / block;
    let rows = fetch_all!(
        db,
        StretchRow,
        STRETCHES,
        job.0,
        stretches.level,
        blocks.start,
        blocks.end,
        team.0,
        UNCOUNTED_MAX,
        per_stretch;
        |t| model_stretches(t, job, stretches.level, blocks.clone(), per_stretch)
    )?;
    let mut counts: BTreeMap<i64, Cover> = BTreeMap::new();
    let mut uncounted = 0;
    for row in rows {
        match row.body.as_deref() {
            None => counts.entry(row.stretch).or_default().add(&row.cover()),
            Some(body) => {
                uncounted += 1;
                add_uncounted(&mut counts, &row_event(body, row.stretch)?, job, stretches);
            }
        }
    }
    if uncounted >= UNCOUNTED_MAX {
        return Err(StoreError::Unavailable("counting has fallen behind the events".into()));
    }
    Ok(counts)
}

/// The event of a row; none where it is another team's.
fn row_event(body: &str, position: i64) -> Result<Option<Event>> {
    (!body.is_empty()).then(|| events::read(body, position)).transpose()
}

/// Adds what an event changes about a job's stretches.
fn add_uncounted(counts: &mut BTreeMap<i64, Cover>, event: &Option<Event>, job: JobId, stretches: Stretches) {
    let changes = event.iter().flat_map(changes_of).filter(|(of, _, _)| *of == job);
    for (_, number, cover) in changes {
        if let Some(stretch) = stretches.of(number) {
            counts.entry(stretch).or_default().add(&cover);
        }
    }
}

fn model_stretches(
    t: &Tables,
    job: JobId,
    level: i64,
    blocks: Range<i64>,
    per_stretch: i64,
) -> Vec<StretchRow> {
    let places = (job.0, level, blocks.start)..(job.0, level, blocks.end);
    let counted = t.coverage.range(places);
    let counted =
        counted.map(|((_, _, block), cover)| stretch_row((block - blocks.start) / per_stretch, *cover, None));
    let behind = t.events.range(t.marks().folded + 1..);
    counted.chain(behind.map(|(at, event)| stretch_row(*at, Cover::default(), Some(event.body())))).collect()
}

fn stretch_row(stretch: i64, cover: Cover, body: Option<String>) -> StretchRow {
    let Cover { rework, held, in_progress, completed, in_review, accepted, skipped, cancelled } = cover;
    StretchRow {
        stretch,
        rework,
        held,
        in_progress,
        completed,
        in_review,
        accepted,
        skipped,
        cancelled,
        body,
    }
}

row! {
    struct StandingRow {
        number: i64, round: i64, items: i64, status: i64, held: bool, accepted: i64, skipped: i64,
    }
}

/// The rounds that an id has room for.
const ROUNDS: Range<i64> = 1..64;
/// The slots that an id has room for.
const SLOT_MAX: i64 = 63;

/// Counts the assignments of a few ranges themselves.
async fn range_by_range(db: &mut Db<'_>, job: JobId, stretches: Stretches) -> Result<BTreeMap<i64, Cover>> {
    let Stretches { from, to, .. } = stretches;
    let of = |round: i64| {
        (AssignmentId::of(job, round, from, 0), AssignmentId::of(job, round, (to - 1).max(from), SLOT_MAX))
    };
    let rounds: Vec<_> = ROUNDS.map(of).collect();
    let rows = fetch_each!(
        db,
        StandingRow,
        "SELECT a.number, a.round, a.items, a.status, a.held, a.accepted, a.skipped
         FROM {rows} CROSS JOIN assignments a WHERE a.id >= c.low AND a.id <= c.high",
        &rounds,
        |r| { low: uuid = r.0.0, high: uuid = r.1.0 };
        |t| t.assignments.range(r.0.0..=r.1.0).map(|(_, a)| standing_row(a)).collect::<Vec<_>>()
    )?;
    let mut counts: BTreeMap<i64, Cover> = BTreeMap::new();
    for row in &rows {
        if let Some(stretch) = stretches.of(row.number) {
            counts.entry(stretch).or_default().add(&row.cover()?);
        }
    }
    Ok(counts)
}

impl StandingRow {
    fn cover(&self) -> Result<Cover> {
        let status = Status::from_code(self.status).ok_or_else(|| StoreError::Corrupt {
            table: "assignments",
            id: self.number.to_string(),
            what: format!("status {}", self.status),
        })?;
        let Self { held, accepted, skipped, .. } = *self;
        Ok(Standing { status, held, accepted, skipped }.cover(self.round, self.items))
    }
}

fn standing_row(a: &Assignment) -> StandingRow {
    StandingRow {
        number: a.number,
        round: a.round,
        items: a.items,
        status: a.status.code(),
        held: a.held,
        accepted: a.accepted,
        skipped: a.skipped,
    }
}
