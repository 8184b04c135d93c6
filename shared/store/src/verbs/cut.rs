//! Cutting: the next slice of a job's selection becomes assignments, in the transaction that moves `cut_to`.

use serde_json::json;
use swath_domain::assignment::Cause;
use swath_domain::ids::JobId;
use swath_domain::job::{Job, JobStatus};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::{FIRST_ROUND, Progress};
use swath_domain::ranges::Range;
use swath_domain::selection::{Run, slice};
use swath_domain::{Assignment, Time};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute, fetch_all};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::{changes, progress};
use crate::verbs::jobs;

/// What a cut came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Assignments made.
    pub made: i64,
    /// The number of the first range cut, and how many there are.
    pub ranges: (i64, i64),
    /// Up to which position the job is cut now.
    pub to: i64,
    /// Whether the whole selection is cut.
    pub done: bool,
}

impl Store {
    /// Cuts at most `ranges` more ranges of a job. Killed at any point it has cut the slice or nothing.
    pub async fn job_cut(&self, job: JobId, ranges: i64, now: Time) -> Result<Cut> {
        self.write(now, move |core, tx, now| Box::pin(cut(core, tx, job, (None, ranges), *now))).await
    }

    /// The same for a job that is cut up to `from`; nothing where it has been cut further meanwhile.
    pub async fn job_cut_from(&self, job: JobId, from: i64, ranges: i64, now: Time) -> Result<Cut> {
        self.write(now, move |core, tx, now| Box::pin(cut(core, tx, job, (Some(from), ranges), *now))).await
    }
}

async fn cut(
    core: &Core,
    tx: &mut Tx,
    id: JobId,
    (wanted, ranges): (Option<i64>, i64),
    now: Time,
) -> Result<Cut> {
    let db = &mut tx.db();
    let mut job = jobs::lock(db, id).await?;
    let (from, to) = (job.cut_to, job.selected.min(job.cut_to + ranges * job.range_size));
    let is_elsewhere = wanted.is_some_and(|wanted| wanted != from);
    if from == to || is_elsewhere || !matches!(job.status, JobStatus::Active | JobStatus::Paused) {
        return Ok(Cut { made: 0, ranges: (0, 0), to: from, done: from == job.selected });
    }
    let assignments = lay_out(&job, &runs(db, id, from, to).await?, (from, to), now);
    changes::insert(db, &assignments).await?;
    let moved = execute!(
        db,
        "UPDATE jobs SET cut_to = $3 WHERE id = $1 AND cut_to = $2",
        id.0,
        from,
        to;
        |t| Ok(match t.jobs.get(&id.0) {
            Some(job) if job.cut_to == from => {
                t.jobs.update(&id.0, |job| job.cut_to = if is(Bug::CutStands) { from } else { to })
            }
            _ => 0,
        })
    )?;
    if moved != 1 {
        return Err(StoreError::Collision("another process has cut this slice".into()));
    }
    let first = from / job.range_size;
    let made = assignments.len() as i64;
    let detail = json!({"from": from, "to": to, "first_number": first, "numbers": made / job.slots, "slots": job.slots});
    jobs::note(db, &mut job, &Cause::own(now), "cut", detail).await?;
    progress::add(db, &[(id, Progress::of_cut(made))].into(), core.stripe).await?;
    Ok(Cut { made, ranges: (first, made / job.slots), to, done: to == job.selected })
}

/// The assignments of positions `from..to`, every range once per slot.
fn lay_out(job: &Job, runs: &[Run], (from, to): (i64, i64), now: Time) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut start = from;
    while start < to {
        let end = to.min(start + job.range_size);
        let first = start - i64::from(is(Bug::RangeOverlaps) && start > 0);
        let short = i64::from(is(Bug::RangeShort) && end - start < job.range_size);
        let ranges = slice(runs, first, end - short);
        for slot in 0..job.slots {
            let key = (FIRST_ROUND, start / job.range_size, slot);
            assignments.push(Assignment::new(job.team, job.id, key, ranges.clone(), now));
        }
        start = end;
    }
    assignments
}

/// The runs that hold positions `from..to`.
async fn runs(db: &mut Db<'_>, job: JobId, from: i64, to: i64) -> Result<Vec<Run>> {
    let rows = fetch_all!(
        db,
        (i64, i64, i64),
        "SELECT first, start, stop FROM runs
         WHERE job = $1 AND first < $3
           AND first >= (SELECT MAX(first) FROM runs WHERE job = $1 AND first <= $2)
         ORDER BY first",
        job.0,
        from,
        to;
        |t| {
            let first = t.runs.range((job.0, i64::MIN)..=(job.0, from)).next_back().map_or(from, |((_, at), _)| *at);
            let runs = t.runs.range((job.0, first)..(job.0, to));
            runs.map(|((_, first), (start, stop))| (*first, *start, *stop)).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(offset, start, end)| Run { range: Range { start, end }, offset }).collect())
}
