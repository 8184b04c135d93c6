//! Counts events into the coverage of jobs, behind the writers and a page at a time. A reader adds those that are not
//! counted yet, so that what it sees is exact.
//!
//! A job whose coverage differs from its counters is counted anew from its assignments. That is so for jobs that are
//! older than coverage, after a process of an older version has written, and after a dump was restored.

use std::collections::{BTreeMap, HashMap};

use swath_domain::coverage::{Cover, block_width};
use swath_domain::event::Event;
use swath_domain::ids::JobId;
use swath_domain::progress::{Counter, Progress};

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::coverage::{UNCOUNTED_MAX, changes_of, levels, ranges_of};
use crate::tables::coverage::{self, BlockChange};
use crate::tables::{events, jobs, progress};

/// What a round of counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// How many events were counted.
    pub events: usize,
    /// Whether there is more.
    pub is_behind: bool,
    /// Whether the positions were those of another history, as after a dump was restored.
    pub is_restored: bool,
}

/// What a look at a page of jobs found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageCheck {
    /// The last job looked at; none at the end.
    pub last: Option<JobId>,
    /// The jobs whose coverage differs from their counters.
    pub wrong: Vec<JobId>,
}

/// Counts at most about `limit` events. Only one process can move the mark from where it stood.
pub(crate) async fn fold(tx: &mut Tx, limit: i64) -> Result<Folded> {
    let db = &mut tx.db();
    let Some(counted) = events::counted_to(db).await? else {
        return Err(StoreError::Corrupt { table: "event_marks", id: "1".into(), what: "is missing".into() });
    };
    if counted.newest < counted.folded {
        // What was not counted of the other history is found by a recount.
        events::begin_era(db, counted.newest).await?;
        return Ok(Folded { events: 0, is_behind: true, is_restored: true });
    }
    let page = events::page(db, counted.folded, limit).await?;
    if page.to == counted.folded {
        return Ok(Folded { events: 0, is_behind: false, is_restored: false });
    }
    if !events::move_counted(db, counted.folded, page.to).await? {
        return Err(StoreError::Collision("another process has counted these events".into()));
    }
    add(db, page.events.iter().map(|event| &event.event)).await?;
    Ok(Folded { events: page.events.len(), is_behind: page.to < page.marks.settled, is_restored: false })
}

/// Adds what these events have changed.
async fn add(db: &mut Db<'_>, events: impl Iterator<Item = &Event>) -> Result<()> {
    let mut changes: BTreeMap<(JobId, i64), Cover> = BTreeMap::new();
    for change in events.flat_map(changes_of) {
        changes.entry((change.job, change.number)).or_default().add(&change.cover);
    }
    changes.retain(|_, cover| !cover.is_zero());
    let mut changed: Vec<JobId> = changes.keys().map(|(job, _)| *job).collect();
    changed.dedup();
    let ranges = ranges(db, &changed).await?;
    let mut blocks: BTreeMap<(JobId, i64, i64), Cover> = BTreeMap::new();
    for ((job, number), cover) in &changes {
        let Some(ranges) = ranges.get(job) else { continue };
        for level in 1..=levels(*ranges) {
            blocks.entry((*job, level, number / block_width(level))).or_default().add(cover);
        }
    }
    let change = |((job, level, block), cover)| BlockChange { job, level, block, cover };
    coverage::add(db, &blocks.into_iter().map(change).collect::<Vec<_>>()).await
}

/// How many ranges these jobs have.
async fn ranges(db: &mut Db<'_>, of: &[JobId]) -> Result<HashMap<JobId, i64>> {
    let extents = jobs::extents(db, of).await?;
    Ok(extents.iter().map(|extent| (extent.job, ranges_of(extent.selected, extent.range_size))).collect())
}

/// Compares the coverage of `limit` jobs behind `after` with their counters.
pub(crate) async fn check(tx: &mut Tx, after: JobId, limit: i64) -> Result<CoverageCheck> {
    tx.see_one_moment().await?;
    let db = &mut tx.db();
    let jobs = coverage::jobs_to_check(db, after, limit).await?;
    let Some(last) = jobs.last().map(|job| job.job()) else { return Ok(CoverageCheck::default()) };
    let counters: HashMap<_, _> = progress::read_between(db, after.0, last.0).await?.into_iter().collect();
    let mut covers = coverage::totals(db, &jobs).await?;
    for event in uncounted(db).await? {
        for change in changes_of(&event) {
            covers.entry(change.job).or_default().add(&change.cover);
        }
    }
    let mut wrong = Vec::new();
    for job in &jobs {
        let counters = counters.get(&job.job()).copied().unwrap_or_default();
        let cover = covers.get(&job.job()).copied().unwrap_or_default();
        if differs(&cover, &counters, job.cancelled_uncut()) {
            wrong.push(job.job());
        }
    }
    Ok(CoverageCheck { last: Some(last), wrong })
}

fn differs(cover: &Cover, counters: &Progress, cancelled_uncut: i64) -> bool {
    cover.in_progress != counters.get(Counter::ItemsInProgress)
        || cover.completed != counters.get(Counter::ItemsCompleted)
        || cover.in_review != counters.get(Counter::ItemsInReview)
        || cover.accepted != counters.get(Counter::ItemsAccepted)
        || cover.skipped != counters.get(Counter::ItemsSkipped)
        || cover.cancelled != counters.get(Counter::ItemsCancelled) - cancelled_uncut
        || cover.rework + cover.held > counters.get(Counter::ItemsPending)
}

/// The events that are not counted yet.
async fn uncounted(db: &mut Db<'_>) -> Result<Vec<Event>> {
    let events = events::uncounted(db, UNCOUNTED_MAX).await?;
    if events.len() as i64 >= UNCOUNTED_MAX {
        return Err(StoreError::Unavailable("counting has fallen behind the events".into()));
    }
    Ok(events)
}

/// Counts the coverage of a job from its assignments, less what events will add that are not counted yet.
pub(crate) async fn recount(tx: &mut Tx, job: JobId) -> Result<()> {
    tx.see_one_moment().await?;
    let db = &mut tx.db();
    let Some(ranges) = ranges(db, &[job]).await?.remove(&job) else { return Ok(()) };
    events::lock_counted(db).await?;
    coverage::remove(db, job).await?;
    coverage::count_lowest_level(db, job).await?;
    for level in 1..levels(ranges) {
        coverage::count_next_level(db, job, level).await?;
    }
    take_off_uncounted(db, job, ranges).await
}

async fn take_off_uncounted(db: &mut Db<'_>, job: JobId, ranges: i64) -> Result<()> {
    let mut blocks: BTreeMap<(i64, i64), Cover> = BTreeMap::new();
    for event in uncounted(db).await? {
        for change in changes_of(&event).filter(|change| change.job == job) {
            for level in 1..=levels(ranges) {
                let block = (level, change.number / block_width(level));
                blocks.entry(block).or_default().subtract(&change.cover);
            }
        }
    }
    let change = |((level, block), cover)| BlockChange { job, level, block, cover };
    coverage::add(db, &blocks.into_iter().map(change).collect::<Vec<_>>()).await
}
