//! The coverage of jobs: how many items of each stretch are in which state. Events are counted into it behind the
//! writers, a page at a time; a reader adds those that are not counted yet, so that what it sees is exact.
//!
//! Counts are kept for blocks of ranges at several levels, each eight times as wide as the one below. A level ends
//! where one block spans the whole job, so that a job's size does not matter to who reads a few thousand blocks of it.

mod recount;
mod stretches;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use swath_domain::coverage::{Cover, LEVELS, block_width};
use swath_domain::event::Event;
use swath_domain::ids::JobId;
use swath_domain::planted::{Bug, is};
use uuid::Uuid;

use crate::engine::db::{Db, Tx, execute, execute_each, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::Tables;
use crate::store::Store;
use crate::verbs::events::{self, settled};

pub use recount::CoverageCheck;
pub use stretches::Stretches;

/// Events that a reader adds, at most: past that counting has come to a halt.
const UNCOUNTED_MAX: i64 = 20_000;

/// What a round of counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Events counted.
    pub events: usize,
    /// Whether there is more.
    pub is_behind: bool,
    /// Whether the positions were those of another history, as after a dump was restored.
    pub is_restored: bool,
}

/// The levels that are kept of a job with so many ranges: up to the one at which a block spans all of them.
pub fn levels(ranges: i64) -> i64 {
    (1..LEVELS).find(|level| block_width(*level) >= ranges).unwrap_or(LEVELS)
}

/// The keys behind one.
fn range_of_all(after: Uuid) -> (Bound<Uuid>, Bound<Uuid>) {
    (Bound::Excluded(after), Bound::Unbounded)
}

/// How many ranges a job has.
pub(crate) fn ranges_of(selected: i64, range_size: i64) -> i64 {
    (selected + range_size - 1) / range_size.max(1)
}

/// A block of a job at a level, and what is added to it.
struct Added {
    job: Uuid,
    level: i64,
    block: i64,
    cover: Cover,
}

impl Store {
    /// Counts at most about `limit` events into the coverage.
    pub async fn coverage_fold(&self, limit: i64) -> Result<Folded> {
        self.write((), move |_, tx, ()| Box::pin(fold(tx, limit))).await
    }
}

/// See [`Store::coverage_fold`]. Only one process can move the mark from where it stood.
async fn fold(tx: &mut Tx, limit: i64) -> Result<Folded> {
    let db = &mut tx.db();
    let Some((folded, newest)) = marks(db).await? else {
        return Err(StoreError::Corrupt { table: "event_marks", id: "1".into(), what: "is missing".into() });
    };
    if newest < folded {
        return begin_again(db, newest).await;
    }
    let page = events::page(db, folded, limit).await?;
    if page.to == folded {
        return Ok(Folded { events: 0, is_behind: false, is_restored: false });
    }
    let to = if is(Bug::FoldStands) { folded } else { page.to };
    let moved = execute!(
        db,
        "UPDATE event_marks SET folded = $2 WHERE folded = $1",
        folded,
        to;
        |t| Ok(t.change_marks(|marks| marks.folded = to))
    )?;
    if moved != 1 {
        return Err(StoreError::Collision("another process has counted these events".into()));
    }
    add(db, &page.events.iter().map(|event| &event.event).collect::<Vec<_>>()).await?;
    Ok(Folded { events: page.events.len(), is_behind: page.to < page.marks.settled, is_restored: false })
}

/// Up to where events are counted, and where the newest one may be.
async fn marks(db: &mut Db<'_>) -> Result<Option<(i64, i64)>> {
    fetch_one!(
        db,
        (i64, i64),
        [
            "SELECT folded, CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT) FROM event_marks",
            concat!("SELECT folded, ", settled!(sqlite), " FROM event_marks")
        ];
        |t| Some((t.marks().folded, t.last_event()))
    )
}

/// Forgets the positions of another history. What was not counted of them is found by a recount.
async fn begin_again(db: &mut Db<'_>, newest: i64) -> Result<Folded> {
    execute!(
        db,
        [
            concat!("UPDATE event_marks SET era = substr(md5(CAST(random() AS TEXT)), 1, 8), folded = ", settled!(postgres),
                ", cleared = ", settled!(postgres)),
            "UPDATE event_marks SET era = lower(hex(randomblob(4)))"
        ];
        |_t| Ok(0)
    )?;
    execute!(db, "DELETE FROM events WHERE position >= $1", newest; |_t| Ok(0))?;
    Ok(Folded { events: 0, is_behind: true, is_restored: true })
}

/// Adds what these events have changed.
async fn add(db: &mut Db<'_>, events: &[&Event]) -> Result<()> {
    let mut changes: BTreeMap<(Uuid, i64), Cover> = BTreeMap::new();
    for (job, number, cover) in events.iter().flat_map(|event| changes_of(event)) {
        changes.entry((job.0, number)).or_default().add(&cover);
    }
    changes.retain(|_, cover| !cover.is_zero());
    let jobs: BTreeSet<Uuid> = changes.keys().map(|(job, _)| *job).collect();
    let sizes = sizes(db, &jobs.into_iter().collect::<Vec<_>>()).await?;
    let mut blocks: BTreeMap<(Uuid, i64, i64), Cover> = BTreeMap::new();
    for ((job, number), cover) in &changes {
        let Some(ranges) = sizes.get(job) else { continue };
        for level in 1..=levels(*ranges) {
            blocks.entry((*job, level, number / block_width(level))).or_default().add(cover);
        }
    }
    let added: Vec<_> =
        blocks.into_iter().map(|((job, level, block), cover)| Added { job, level, block, cover }).collect();
    put(db, &added).await
}

/// What an event changes about the counts: job, number and change.
fn changes_of(event: &Event) -> impl Iterator<Item = (JobId, i64, Cover)> + '_ {
    let (job, changes) = match event {
        Event::Assignments { job, changes } => (*job, changes.as_slice()),
        Event::Job { job, .. } => (*job, [].as_slice()),
        Event::Dataset { .. } | Event::People { .. } => (JobId(Uuid::nil()), [].as_slice()),
    };
    changes.iter().map(move |change| (job, change.number, change.cover()))
}

/// How many ranges these jobs have.
async fn sizes(db: &mut Db<'_>, jobs: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let rows = fetch_each!(
        db,
        (Uuid, i64, i64),
        "SELECT j.id, j.selected, j.range_size FROM {rows} CROSS JOIN jobs j WHERE j.id = c.key",
        jobs,
        |id| { key: uuid = *id };
        |t| t.jobs.get(id).map(|job| (*id, job.selected, job.range_size))
    )?;
    Ok(rows.into_iter().map(|(id, selected, range_size)| (id, ranges_of(selected, range_size))).collect())
}

async fn put(db: &mut Db<'_>, added: &[Added]) -> Result<()> {
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
        added,
        |a| {
            job: uuid = a.job,
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
            let place = (a.job, a.level, a.block);
            let mut cover = t.coverage.get(&place).copied().unwrap_or_default();
            cover.add(&a.cover);
            Ok::<u64, StoreError>(t.coverage.put(place, cover))
        }
    )?;
    Ok(())
}

/// The whole coverage of a job in the model, by level and block.
pub(crate) fn of_model(t: &Tables, job: JobId) -> BTreeMap<(i64, i64), Cover> {
    let ranges = t.jobs.get(&job.0).map_or(0, |job| ranges_of(job.selected, job.range_size));
    let counted = t.coverage.range((job.0, 0, i64::MIN)..=(job.0, i64::MAX, i64::MAX));
    let mut blocks: BTreeMap<(i64, i64), Cover> =
        counted.map(|((_, level, block), cover)| ((*level, *block), *cover)).collect();
    for (_, event) in t.events.range(t.marks().folded + 1..) {
        for (_, number, cover) in changes_of(&event.event).filter(|(of, _, _)| *of == job) {
            for level in 1..=levels(ranges) {
                blocks.entry((level, number / block_width(level))).or_default().add(&cover);
            }
        }
    }
    blocks.retain(|_, cover| !cover.is_zero());
    blocks
}
