//! Jobs: made whole in one transaction, edited, paused, called off and finished, each with an entry in the job's log.

use std::sync::Arc;

use serde_json::{Value, json};
use swath_domain::assignment::Cause;
use swath_domain::event::Event;
use swath_domain::ids::{JobId, UserId};
use swath_domain::job::{Job, JobHead, JobSpec, JobStatus, Priority};
use swath_domain::log::Entry;
use swath_domain::planted::{Bug, is};
use swath_domain::progress::{Counter, Progress};
use swath_domain::review::ReasonCode;
use swath_domain::selection::Run;
use swath_domain::{FieldError, Time};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute, execute_each, fetch_as};
use crate::error::{Result, StoreError};
use crate::model::rows::{JobRow, job_columns, job_head_columns};
use crate::store::Store;
use crate::tables::answers::{Asked, first_answer, keep_answer};
use crate::tables::changes::Changes;
use crate::tables::progress;

/// A job to be made, with its selection as runs.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The job, PENDING as a whole.
    pub job: Job,
    /// What is selected.
    pub runs: Vec<Run>,
    /// Who made the creator's token, where that is somebody else.
    pub token_maker: Option<UserId>,
}

/// Runs written at once.
const RUNS_AT_ONCE: usize = 5_000;

/// Changes to a job; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct JobEdit {
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub description: Option<Option<String>>,
    /// New instructions.
    pub instructions: Option<Option<String>>,
    /// A new due date.
    pub due: Option<Option<Time>>,
    /// A new priority.
    pub priority: Option<Priority>,
    /// Other annotators.
    pub annotators: Option<Option<Vec<UserId>>>,
    /// Other reviewers.
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// Other reasons for rejecting items.
    pub reasons: Option<Vec<ReasonCode>>,
}

const GET: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE id = $1");

pub(crate) async fn get(db: &mut Db<'_>, id: JobId) -> Result<Option<Job>> {
    let found =
        fetch_as!(db, JobRow => Job, GET, id.0; |t| t.jobs.get(&id.0).cloned().into_iter().collect())?;
    Ok(found.into_iter().next())
}

/// The job without its specification.
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

/// What never changes about a job: its lease policy, review rule and slots. Its status and texts may be old.
pub(crate) async fn definition(core: &Core, db: &mut Db<'_>, id: JobId) -> Result<Arc<JobHead>> {
    let cached = &core.caches.jobs;
    if let Some(job) = cached.get(&id) {
        return Ok(job);
    }
    let job = Arc::new(head(db, id).await?.ok_or(StoreError::NotFound)?);
    cached.insert(id, job.clone(), job.title.len());
    Ok(job)
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

/// Writes an entry into the log of a locked job.
pub(crate) async fn note(
    db: &mut Db<'_>,
    job: &mut Job,
    cause: &Cause,
    action: &str,
    detail: Value,
) -> Result<()> {
    job.seq += 1;
    execute!(
        db,
        "UPDATE jobs SET seq = $2 WHERE id = $1",
        job.id.0,
        job.seq;
        |t| Ok(t.jobs.update(&job.id.0, |row| row.seq = job.seq))
    )?;
    let entry = Entry {
        subject: job.id.0,
        seq: job.seq,
        at: cause.at,
        actor: cause.actor,
        token_maker: cause.token_maker,
        action: action.to_owned(),
        from: None,
        to: None,
        lease_id: None,
        fence: 0,
        reason: cause.reason.clone(),
        detail: Some(detail),
    };
    let mut changes = Changes::default();
    changes.tell(job.team, Event::Job { job: job.id, action: action.to_owned() });
    changes.log(entry);
    // Nothing is counted, so no stripe of counters is meant.
    changes.write(db, 0).await
}

/// Sets the status of a locked job and logs it.
pub(crate) async fn set_status(
    db: &mut Db<'_>,
    job: &mut Job,
    status: JobStatus,
    cause: &Cause,
    action: &str,
) -> Result<()> {
    let from = std::mem::replace(&mut job.status, status);
    execute!(
        db,
        "UPDATE jobs SET status = $2 WHERE id = $1",
        job.id.0,
        status.code();
        |t| Ok(t.jobs.update(&job.id.0, |row| row.status = status))
    )?;
    note(db, job, cause, action, json!({"from": from, "to": status})).await
}

/// A specification as it is stored.
fn text(spec: &JobSpec) -> Result<String> {
    serde_json::to_string(spec).map_err(|error| StoreError::Conflict(error.to_string()))
}

async fn insert(db: &mut Db<'_>, job: &Job) -> Result<()> {
    let spec = text(&job.spec)?;
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
        job.terms.lease,
        job.terms.deadline,
        job.terms.reserve,
        job.terms.rounds,
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

async fn insert_runs(db: &mut Db<'_>, job: JobId, runs: &[Run]) -> Result<()> {
    for page in runs.chunks(RUNS_AT_ONCE) {
        execute_each!(
            db,
            "INSERT INTO runs (job, first, start, stop) SELECT * FROM {rows}",
            page,
            |r| {
                job: uuid = job.0,
                first: bigint = r.offset,
                start: bigint = r.range.start,
                stop: bigint = r.range.end,
            };
            |t| t.runs.insert((job.0, r.offset), (r.range.start, r.range.end))
        )?;
    }
    Ok(())
}

async fn create(core_stripe: i64, tx: &mut Tx, new: &NewJob, asked: Option<&Asked>) -> Result<JobId> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return serde_json::from_value(first).map_err(|error| StoreError::Conflict(error.to_string()));
    }
    let mut job = new.job.clone();
    insert(db, &job).await?;
    insert_runs(db, job.id, &new.runs).await?;
    let cause = Cause::by(job.creator, job.created).through(new.token_maker);
    let detail = json!({"selected": job.selected, "slots": job.slots, "range_size": job.range_size,
        "review_percent": job.review.percent(), "rounds": job.terms.rounds});
    note(db, &mut job, &cause, "create", detail).await?;
    keep_answer(db, asked, &json!(job.id), job.created).await?;
    let counters = Progress::of_new_job(job.selected * job.slots);
    progress::add(db, &[(job.id, counters)].into(), core_stripe).await?;
    Ok(job.id)
}

async fn edit(db: &mut Db<'_>, id: JobId, edit: &JobEdit, cause: &Cause) -> Result<()> {
    let mut job = lock(db, id).await?;
    let mut changed = serde_json::Map::new();
    let before = text(&job.spec)?;
    let spec = Arc::make_mut(&mut job.spec);
    let mut note_change = |name: &str, value: Value| changed.insert(name.to_owned(), value);
    if let Some(title) = &edit.title {
        note_change("title", json!(title));
        job.title.clone_from(title);
    }
    if let Some(priority) = edit.priority {
        note_change("priority", json!(priority));
        job.priority = priority;
    }
    if let Some(due) = edit.due {
        note_change("due_date", json!(due));
        job.due = due;
    }
    if let Some(description) = &edit.description {
        note_change("description", json!(description));
        spec.description.clone_from(description);
    }
    if let Some(instructions) = &edit.instructions {
        note_change("instructions", json!(instructions));
        spec.instructions.clone_from(instructions);
    }
    if let Some(annotators) = &edit.annotators {
        note_change("annotators", json!(annotators));
        spec.annotators.clone_from(annotators);
    }
    if let Some(reviewers) = &edit.reviewers {
        note_change("reviewers", json!(reviewers));
        spec.reviewers.clone_from(reviewers);
    }
    if let Some(reasons) = &edit.reasons {
        note_change("reasons", json!(reasons));
        spec.reasons.clone_from(reasons);
    }
    let spec = text(&job.spec)?;
    // A job that is too large since before there was a bound may be edited, as long as it does not grow.
    if spec.len() > before.len() {
        job.spec.check_size().map_err(StoreError::Invalid)?;
    }
    execute!(
        db,
        "UPDATE jobs SET title = $2, spec = $3, priority = $4, due = $5 WHERE id = $1",
        id.0,
        job.title.clone(),
        spec,
        job.priority.code(),
        job.due.map(|due| due.0);
        |t| Ok(t.jobs.update(&id.0, |row| {
            row.title.clone_from(&job.title);
            row.spec.clone_from(&job.spec);
            row.priority = job.priority;
            row.due = job.due;
        }))
    )?;
    note(db, &mut job, cause, "edit", Value::Object(changed)).await
}

/// Pauses or resumes; asking for what is already so changes nothing.
async fn switch(db: &mut Db<'_>, id: JobId, to: JobStatus, cause: &Cause) -> Result<()> {
    let mut job = lock(db, id).await?;
    let action = if to == JobStatus::Paused { "pause" } else { "resume" };
    match job.status {
        status if status == to => Ok(()),
        JobStatus::Active | JobStatus::Paused => set_status(db, &mut job, to, cause, action).await,
        status => {
            Err(StoreError::Conflict(format!("the job is {}", json!(status).as_str().unwrap_or_default())))
        }
    }
}

/// Marks a job as being cancelled and calls off at once what was never cut; the sweep does the rest row by row.
async fn cancel(db: &mut Db<'_>, stripe: i64, id: JobId, cause: &Cause) -> Result<()> {
    let mut job = lock(db, id).await?;
    match job.status {
        JobStatus::Cancelling | JobStatus::Cancelled => return Ok(()),
        JobStatus::Done => return Err(StoreError::Conflict("the job is done".into())),
        JobStatus::Active | JobStatus::Paused => {}
    }
    set_status(db, &mut job, JobStatus::Cancelling, cause, "cancel").await?;
    let uncut = (job.selected - job.cut_to) * job.slots;
    let mut change = Progress::default();
    change.add(Counter::ItemsPending, -uncut);
    change.add(Counter::ItemsCancelled, uncut);
    progress::add(db, &[(id, change)].into(), stripe).await
}

/// Ends a job on which nothing is left to be done: `cancelling` becomes `cancelled`, the others `done`.
async fn finish(db: &mut Db<'_>, id: JobId, now: Time) -> Result<bool> {
    let mut job = lock(db, id).await?;
    let to = match job.status {
        JobStatus::Cancelling => JobStatus::Cancelled,
        JobStatus::Active | JobStatus::Paused => JobStatus::Done,
        JobStatus::Cancelled | JobStatus::Done => return Ok(false),
    };
    if progress::read(db, id).await?.items().undecided() > 0 && !is(Bug::DoneEarly) {
        return Ok(false);
    }
    let cause = Cause::own(now);
    let action = if to == JobStatus::Done { "done" } else { "cancelled" };
    set_status(db, &mut job, to, &cause, action).await?;
    Ok(true)
}

impl Store {
    /// Makes a job. The same request under the same key makes it once.
    pub async fn job_create(&self, new: NewJob, asked: Option<Asked>) -> Result<JobId> {
        if new.job.selected == 0 {
            return Err(StoreError::Invalid(FieldError::new("selection", "selects no item")));
        }
        self.write((new, asked), |core, tx, (new, asked)| {
            Box::pin(create(core.stripe, tx, new, asked.as_ref()))
        })
        .await
    }

    /// Edits what may be edited while work goes on.
    pub async fn job_edit(&self, id: JobId, changes: JobEdit, cause: Cause) -> Result<()> {
        self.write((changes, cause), move |_, tx, (changes, cause)| {
            Box::pin(async move { edit(&mut tx.db(), id, changes, cause).await })
        })
        .await
    }

    /// Stops or resumes the granting of leases.
    pub async fn job_switch(&self, id: JobId, to: JobStatus, cause: Cause) -> Result<()> {
        self.write(cause, move |_, tx, cause| {
            Box::pin(async move { switch(&mut tx.db(), id, to, cause).await })
        })
        .await
    }

    /// Calls a job off.
    pub async fn job_cancel(&self, id: JobId, cause: Cause) -> Result<()> {
        self.write(cause, move |core, tx, cause| {
            Box::pin(async move { cancel(&mut tx.db(), core.stripe, id, cause).await })
        })
        .await
    }

    /// Ends a job whose items are all decided or called off; says whether it did.
    pub async fn job_finish(&self, id: JobId, now: Time) -> Result<bool> {
        self.write(now, move |_, tx, now| Box::pin(async move { finish(&mut tx.db(), id, *now).await })).await
    }

    /// One job.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>> {
        let mut reader = self.reader().await?;
        get(&mut reader.db(), id).await
    }

    /// One job without its specification, as it is now.
    pub async fn job_head(&self, id: JobId) -> Result<Option<JobHead>> {
        let mut reader = self.reader().await?;
        head(&mut reader.db(), id).await
    }

    /// A job's counters.
    pub async fn job_progress(&self, id: JobId) -> Result<Progress> {
        let mut reader = self.reader().await?;
        progress::read(&mut reader.db(), id).await
    }
}
