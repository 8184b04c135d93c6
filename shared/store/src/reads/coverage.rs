//! What a map shows: a job's ranges in stretches, each with its items by state.

use std::collections::BTreeMap;

use swath_domain::coverage::Cover;
use swath_domain::ids::{JobId, TeamId};

use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::coverage::{Stretches, UNCOUNTED_MAX, changes_of};
use crate::tables::{coverage, events};

/// The counts of a job's stretches, by their number; those without any are left out.
pub(crate) async fn of_job(
    db: &mut Db<'_>,
    team: TeamId,
    job: JobId,
    stretches: Stretches,
) -> Result<BTreeMap<i64, Cover>> {
    let mut counts = if stretches.level == 0 {
        range_by_range(db, job, stretches).await?
    } else {
        block_by_block(db, team, job, stretches).await?
    };
    counts.retain(|_, cover| !cover.is_zero());
    Ok(counts)
}

async fn block_by_block(
    db: &mut Db<'_>,
    team: TeamId,
    job: JobId,
    stretches: Stretches,
) -> Result<BTreeMap<i64, Cover>> {
    let stored = coverage::stretches(db, team, job, stretches).await?;
    if stored.uncounted.len() as i64 >= UNCOUNTED_MAX {
        return Err(StoreError::Unavailable("counting has fallen behind the events".into()));
    }
    let mut counts = stored.counts;
    for (position, body) in stored.uncounted.iter().filter(|(_, body)| !body.is_empty()) {
        let event = events::read(body, *position)?;
        for change in changes_of(&event).filter(|change| change.job == job) {
            if let Some(stretch) = stretches.of(change.number) {
                counts.entry(stretch).or_default().add(&change.cover);
            }
        }
    }
    Ok(counts)
}

/// Counts the assignments of a few ranges themselves.
async fn range_by_range(db: &mut Db<'_>, job: JobId, stretches: Stretches) -> Result<BTreeMap<i64, Cover>> {
    let mut counts: BTreeMap<i64, Cover> = BTreeMap::new();
    for range in coverage::ranges(db, job, stretches.from..stretches.to).await? {
        if let Some(stretch) = stretches.of(range.number) {
            counts.entry(stretch).or_default().add(&range.cover);
        }
    }
    Ok(counts)
}
