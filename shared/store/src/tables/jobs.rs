//! The statements over single jobs.

use swath_domain::ids::JobId;
use swath_domain::job::{Job, JobHead, JobSpec, JobStatus};

use crate::engine::db::{Db, execute, fetch_as, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::rows::{JobRow, job_columns, job_head_columns};
use crate::model::status_sets::job_status;

const GET: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE id = $1");

/// Reads the job with this id.
pub(crate) async fn get(db: &mut Db<'_>, id: JobId) -> Result<Option<Job>> {
    let found =
        fetch_as!(db, JobRow => Job, GET, id.0; |t| t.jobs.get(&id.0).cloned().into_iter().collect())?;
    Ok(found.into_iter().next())
}

/// One job without its specification.
pub(crate) async fn head(db: &mut Db<'_>, id: JobId) -> Result<Option<JobHead>> {
    const HEAD: &str = concat!("SELECT ", job_head_columns!(), " FROM jobs WHERE id = $1");
    let found = fetch_as!(
        db,
        JobRow => JobHead,
        HEAD,
        id.0;
        |t| t.jobs.get(&id.0).map(Job::head).into_iter().collect()
    )?;
    Ok(found.into_iter().next())
}

/// The job, locked until the transaction ends.
pub(crate) async fn lock(db: &mut Db<'_>, id: JobId) -> Result<Job> {
    const POSTGRES: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE id = $1 FOR NO KEY UPDATE");
    let found = fetch_as!(
        db,
        JobRow => Job,
        [POSTGRES, GET],
        id.0;
        |t| t.jobs.get(&id.0).cloned().into_iter().collect()
    )?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

/// A specification as it is stored.
#[expect(clippy::expect_used, reason = "a specification has only text keys, so it is always valid JSON")]
pub(crate) fn spec_text(spec: &JobSpec) -> String {
    serde_json::to_string(spec).expect("a job's specification is always valid JSON")
}

/// Writes a new job, of which nothing is cut yet.
pub(crate) async fn insert(db: &mut Db<'_>, job: &Job) -> Result<()> {
    let spec = spec_text(&job.spec);
    execute!(
        db,
        "INSERT INTO jobs (id, team, dataset, version, title, spec, status, priority, due, range_size, slots, lease,
             deadline, reserve, rounds, review, seed, selected, cut_to, seq, creator, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, $19, $20)",
        job.id.0,
        job.team.0,
        job.dataset.0,
        job.version,
        &job.title,
        &spec,
        job.status.code(),
        job.priority.code(),
        job.due.map(|due| due.0),
        job.range_size,
        job.slots,
        job.lease_policy.lease.0,
        job.lease_policy.deadline.0,
        job.lease_policy.reserve.0,
        job.lease_policy.rounds,
        i64::from(job.review.percent()),
        job.seed,
        job.selected,
        job.creator.0,
        job.created.0;
        |t| match t.teams.contains(&job.team.0) && t.datasets.contains(&job.dataset.0) {
            true => t.jobs.insert(job.id.0, Job { cut_to: 0, seq: 0, ..job.clone() }),
            false => Err(StoreError::NotFound),
        }
    )?;
    Ok(())
}

/// Writes what may be edited about a job: title, specification, priority and due date.
pub(crate) async fn update(db: &mut Db<'_>, job: &Job) -> Result<()> {
    execute!(
        db,
        "UPDATE jobs SET title = $2, spec = $3, priority = $4, due = $5 WHERE id = $1",
        job.id.0,
        job.title.clone(),
        spec_text(&job.spec),
        job.priority.code(),
        job.due.map(|due| due.0);
        |t| Ok(t.jobs.update(&job.id.0, |row| {
            row.title.clone_from(&job.title);
            row.spec.clone_from(&job.spec);
            row.priority = job.priority;
            row.due = job.due;
        }))
    )?;
    Ok(())
}

/// Sets the number of a job's last log entry.
pub(crate) async fn set_seq(db: &mut Db<'_>, id: JobId, seq: i64) -> Result<()> {
    execute!(
        db,
        "UPDATE jobs SET seq = $2 WHERE id = $1",
        id.0,
        seq;
        |t| Ok(t.jobs.update(&id.0, |row| row.seq = seq))
    )?;
    Ok(())
}

/// Sets the status of a job.
pub(crate) async fn set_status(db: &mut Db<'_>, id: JobId, status: JobStatus) -> Result<()> {
    execute!(
        db,
        "UPDATE jobs SET status = $2 WHERE id = $1",
        id.0,
        status.code();
        |t| Ok(t.jobs.update(&id.0, |row| row.status = status))
    )?;
    Ok(())
}

/// Moves up to which position of its selection a job is cut; false where it no longer stands at `from`.
pub(crate) async fn move_cut(db: &mut Db<'_>, id: JobId, from: i64, to: i64) -> Result<bool> {
    let moved = execute!(
        db,
        "UPDATE jobs SET cut_to = $3 WHERE id = $1 AND cut_to = $2",
        id.0,
        from,
        to;
        |t| Ok(match t.jobs.get(&id.0) {
            Some(job) if job.cut_to == from => {
                t.jobs.update(&id.0, |job| job.cut_to = to)
            }
            _ => 0,
        })
    )?;
    Ok(moved == 1)
}

/// Whether a job that grants leases has a part that is not cut yet; none where it grants none.
pub(crate) async fn is_uncut(db: &mut Db<'_>, id: JobId) -> Result<Option<bool>> {
    let row = fetch_one!(
        db,
        (i64, i64),
        (concat!("SELECT cut_to, selected FROM jobs WHERE id = $1 AND status ", job_status!(ACTIVE))),
        id.0;
        |t| t.jobs.get(&id.0).filter(|job| job.is_open()).map(|job| (job.cut_to, job.selected))
    )?;
    Ok(row.map(|(cut_to, selected)| cut_to < selected))
}

/// A job's specification as text, with the number of the job's last log entry.
pub(crate) async fn stored_spec(db: &mut Db<'_>, id: JobId) -> Result<Option<(i64, String)>> {
    fetch_one!(
        db,
        (i64, String),
        "SELECT seq, spec FROM jobs WHERE id = $1",
        id.0;
        |t| t.jobs.get(&id.0).map(|job| (job.seq, spec_text(&job.spec)))
    )
}

/// How many items of a job are selected, and how many of them a range holds.
pub(crate) struct Extent {
    pub(crate) job: JobId,
    pub(crate) selected: i64,
    pub(crate) range_size: i64,
}

/// The extents of these jobs.
pub(crate) async fn extents(db: &mut Db<'_>, jobs: &[JobId]) -> Result<Vec<Extent>> {
    let rows = fetch_each!(
        db,
        (uuid::Uuid, i64, i64),
        "SELECT j.id, j.selected, j.range_size FROM {rows} CROSS JOIN jobs j WHERE j.id = c.key",
        jobs,
        |id| { key: uuid = id.0 };
        |t| t.jobs.get(&id.0).map(|job| (id.0, job.selected, job.range_size))
    )?;
    let extent = |(job, selected, range_size)| Extent { job: JobId(job), selected, range_size };
    Ok(rows.into_iter().map(extent).collect())
}
