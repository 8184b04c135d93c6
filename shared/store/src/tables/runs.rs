//! The statements over the runs of a job's selection: consecutive items, by the position of the first in the selection.

use swath_domain::ids::JobId;
use swath_domain::ranges::Range;
use swath_domain::selection::Run;

use crate::engine::db::{Db, execute_each, fetch_all};
use crate::error::Result;

/// Runs written in one statement.
const RUNS_PER_STATEMENT: usize = 5_000;

/// Writes the selection of a new job.
pub(crate) async fn insert(db: &mut Db<'_>, job: JobId, runs: &[Run]) -> Result<()> {
    for page in runs.chunks(RUNS_PER_STATEMENT) {
        execute_each!(
            db,
            "INSERT INTO runs (job, first, start, stop) SELECT * FROM {rows}",
            page,
            |r| {
                job: uuid = job.0,
                first: bigint = r.offset,
                start: bigint = r.range.start.0,
                stop: bigint = r.range.end.0,
            };
            |t| t.runs.insert((job.0, r.offset), (r.range.start.0, r.range.end.0))
        )?;
    }
    Ok(())
}

/// The runs that hold these positions of a job's selection.
pub(crate) async fn between(
    db: &mut Db<'_>,
    job: JobId,
    positions: std::ops::Range<i64>,
) -> Result<Vec<Run>> {
    let rows = fetch_all!(
        db,
        (i64, i64, i64),
        "SELECT first, start, stop FROM runs
         WHERE job = $1 AND first < $3
           AND first >= (SELECT MAX(first) FROM runs WHERE job = $1 AND first <= $2)
         ORDER BY first",
        job.0,
        positions.start,
        positions.end;
        |t| {
            let before = t.runs.range((job.0, i64::MIN)..=(job.0, positions.start)).next_back();
            let first = before.map_or(positions.start, |((_, at), _)| *at);
            let runs = t.runs.range((job.0, first)..(job.0, positions.end));
            runs.map(|((_, first), (start, stop))| (*first, *start, *stop)).collect()
        }
    )?;
    let run = |(offset, start, end)| Run { range: Range::of(start, end), offset };
    Ok(rows.into_iter().map(run).collect())
}
