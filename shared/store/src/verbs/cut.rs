//! Cuts jobs: the next slice of a job's selection becomes assignments, in the transaction that moves `cut_to`.

use std::ops::Range;

use serde_json::json;
use swath_domain::assignment::RangeKey;
use swath_domain::cause::Cause;
use swath_domain::ids::JobId;
use swath_domain::job::{Job, JobStatus};
use swath_domain::progress::Progress;
use swath_domain::selection::{Run, slice};
use swath_domain::{Assignment, Round, Slot, Time};

use crate::engine::core::Core;
use crate::engine::db::Tx;
use crate::error::{Result, StoreError};
use crate::tables::{assignments, jobs, progress, runs};
use crate::verbs::job_log;

/// What a cut came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// How many assignments were made.
    pub made: i64,
    /// The number of the first range cut, and how many there are.
    pub ranges: (i64, i64),
    /// Up to which position the job is cut now.
    pub to: i64,
    /// Whether the whole selection is cut.
    pub done: bool,
}

/// How much of a job is to be cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CutJob {
    pub(crate) job: JobId,
    /// Nothing is cut where the job is cut up to another position than this.
    pub(crate) only_from: Option<i64>,
    /// The most ranges that are cut.
    pub(crate) ranges: i64,
}

/// Cuts a slice of a job. A process that is killed at any point has cut the slice or nothing.
pub(crate) async fn cut(core: &Core, tx: &mut Tx, wanted: CutJob, now: Time) -> Result<Cut> {
    let db = &mut tx.db();
    let id = wanted.job;
    let mut job = jobs::lock(db, id).await?;
    let (from, to) = (job.cut_to, job.selected.min(job.cut_to + wanted.ranges * job.range_size));
    let is_elsewhere = wanted.only_from.is_some_and(|wanted| wanted != from);
    if from == to || is_elsewhere || !matches!(job.status, JobStatus::Active | JobStatus::Paused) {
        return Ok(Cut { made: 0, ranges: (0, 0), to: from, done: from == job.selected });
    }
    let runs = runs::between(db, id, from..to).await?;
    let assignments = lay_out(&job, &runs, from..to, now);
    assignments::insert(db, &assignments).await?;
    if !jobs::move_cut(db, id, from, to).await? {
        return Err(StoreError::Collision("another process has cut this slice".into()));
    }
    let first = from / job.range_size;
    let made = assignments.len() as i64;
    let detail = json!({"from": from, "to": to, "first_number": first, "numbers": made / job.slots, "slots": job.slots});
    job_log::note(db, &mut job, &Cause::own(now), "cut", detail).await?;
    progress::add(db, &[(id, Progress::of_cut(made))].into(), core.stripe).await?;
    Ok(Cut { made, ranges: (first, made / job.slots), to, done: to == job.selected })
}

/// The assignments of these positions, every range once per slot.
fn lay_out(job: &Job, runs: &[Run], positions: Range<i64>, now: Time) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut start = positions.start;
    while start < positions.end {
        let end = positions.end.min(start + job.range_size);
        let ranges = slice(runs, start, end);
        for slot in Slot::of_job(job.slots) {
            let number = start / job.range_size;
            let key = RangeKey { job: job.id, round: Round::FIRST, number, slot };
            assignments.push(Assignment::new(job.team, key, ranges.clone(), now));
        }
        start = end;
    }
    assignments
}
