//! Jobs: made whole in one transaction, edited, paused, cancelled and finished, each with an entry in the job's log.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use swath_domain::Time;
use swath_domain::cause::Cause;
use swath_domain::ids::{JobId, UserId};
use swath_domain::job::{Job, JobStatus, Priority};
use swath_domain::progress::{Counter, Progress};
use swath_domain::review::ReasonCode;
use swath_domain::selection::Run;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::requests::Asked;
use crate::tables::jobs::{self, lock, spec_text};
use crate::tables::{progress, runs};
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::job_log::{note, set_status};

/// A job to be made, with its selection as runs.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The job, of which nothing is cut yet.
    pub job: Job,
    /// The runs of items that the job selects.
    pub runs: Vec<Run>,
    /// Who made the creator's token, where that is somebody else.
    pub token_maker: Option<UserId>,
}

/// Changes to a job; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct JobEdit {
    /// The new title, where it is to change.
    pub title: Option<String>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new instructions; `Some(None)` removes them.
    pub instructions: Option<Option<String>>,
    /// The new due date; `Some(None)` removes it.
    pub due: Option<Option<Time>>,
    /// The new priority, where it is to change.
    pub priority: Option<Priority>,
    /// Who may annotate from now on; `Some(None)` lets all annotators of the team.
    pub annotators: Option<Option<Vec<UserId>>>,
    /// Who may review from now on; `Some(None)` lets all reviewers of the team.
    pub reviewers: Option<Option<Vec<UserId>>>,
    /// Other reasons for rejecting items.
    pub reasons: Option<Vec<ReasonCode>>,
}

/// Makes a job. The same request under the same key makes it once.
pub(crate) async fn create(core: &Core, tx: &mut Tx, new: &NewJob, asked: Option<&Asked>) -> Result<JobId> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(first);
    }
    let mut job = new.job.clone();
    jobs::insert(db, &job).await?;
    runs::insert(db, job.id, &new.runs).await?;
    let cause = Cause::by(job.creator, job.created).through(new.token_maker);
    let detail = json!({"selected": job.selected, "slots": job.slots, "range_size": job.range_size,
        "review_percent": job.review.percent(), "rounds": job.lease_policy.rounds});
    note(db, &mut job, &cause, "create", detail).await?;
    keep_answer(db, asked, &job.id, job.created).await?;
    let counters = Progress::of_new_job(job.selected * job.slots);
    progress::add(db, &[(job.id, counters)].into(), core.stripe).await?;
    Ok(job.id)
}

/// Edits what may be edited while work goes on.
pub(crate) async fn edit(db: &mut Db<'_>, id: JobId, edit: &JobEdit, cause: &Cause) -> Result<()> {
    let mut job = lock(db, id).await?;
    let before = spec_text(&job.spec);
    let changed = edit.apply(&mut job);
    // A job that is too large since before there was a bound may be edited, as long as it does not grow.
    if spec_text(&job.spec).len() > before.len() {
        job.spec.check_size().map_err(StoreError::Invalid)?;
    }
    jobs::update(db, &job).await?;
    note(db, &mut job, cause, "edit", Value::Object(changed)).await
}

impl JobEdit {
    /// Changes the job, and answers what was changed as the log tells it.
    fn apply(&self, job: &mut Job) -> Map<String, Value> {
        let mut changed = Map::new();
        let spec = Arc::make_mut(&mut job.spec);
        let log = &mut |name: &str, value: Value| changed.insert(name.to_owned(), value);
        set(&mut job.title, &self.title, "title", log);
        set(&mut job.priority, &self.priority, "priority", log);
        set(&mut job.due, &self.due, "due_date", log);
        set(&mut spec.description, &self.description, "description", log);
        set(&mut spec.instructions, &self.instructions, "instructions", log);
        set(&mut spec.annotators, &self.annotators, "annotators", log);
        set(&mut spec.reviewers, &self.reviewers, "reviewers", log);
        set(&mut spec.reasons, &self.reasons, "reasons", log);
        changed
    }
}

/// Sets a field where a new value is given, and logs it under its name.
fn set<T: Clone + serde::Serialize>(
    field: &mut T,
    value: &Option<T>,
    name: &str,
    log: &mut impl FnMut(&str, Value) -> Option<Value>,
) {
    if let Some(value) = value {
        log(name, json!(value));
        field.clone_from(value);
    }
}

/// Pauses or resumes; asking for what is already so changes nothing.
pub(crate) async fn switch(db: &mut Db<'_>, id: JobId, to: JobStatus, cause: &Cause) -> Result<()> {
    let mut job = lock(db, id).await?;
    let action = if to == JobStatus::Paused { "pause" } else { "resume" };
    match job.status {
        status if status == to => Ok(()),
        JobStatus::Active | JobStatus::Paused => set_status(db, &mut job, to, cause, action).await,
        status => Err(StoreError::Conflict(format!("the job is {status}"))),
    }
}

/// Marks a job as being cancelled, and cancels at once what was never cut. The sweep cancels the rest row by row.
pub(crate) async fn cancel(core: &Core, db: &mut Db<'_>, id: JobId, cause: &Cause) -> Result<()> {
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
    progress::add(db, &[(id, change)].into(), core.stripe).await
}

/// Ends a job whose items are all decided or cancelled, and answers whether it did: `cancelling` becomes `cancelled`, the others `done`.
pub(crate) async fn finish(db: &mut Db<'_>, id: JobId, now: Time) -> Result<bool> {
    let mut job = lock(db, id).await?;
    let to = match job.status {
        JobStatus::Cancelling => JobStatus::Cancelled,
        JobStatus::Active | JobStatus::Paused => JobStatus::Done,
        JobStatus::Cancelled | JobStatus::Done => return Ok(false),
    };
    if progress::read(db, id).await?.items().undecided() > 0 {
        return Ok(false);
    }
    let cause = Cause::own(now);
    let action = if to == JobStatus::Done { "done" } else { "cancelled" };
    set_status(db, &mut job, to, &cause, action).await?;
    Ok(true)
}
