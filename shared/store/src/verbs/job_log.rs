//! Changes of a locked job, each with an entry in the job's log.

use serde_json::{Value, json};
use swath_domain::cause::Cause;
use swath_domain::event::Event;
use swath_domain::job::{Job, JobStatus};
use swath_domain::log::Entry;

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::jobs;
use crate::verbs::changes::Changes;

/// Writes an entry into the log of a locked job.
pub(crate) async fn note(
    db: &mut Db<'_>,
    job: &mut Job,
    cause: &Cause,
    action: &str,
    detail: Value,
) -> Result<()> {
    job.seq += 1;
    jobs::set_seq(db, job.id, job.seq).await?;
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
    changes.publish(job.team, Event::Job { job: job.id, action: action.to_owned() });
    changes.log(entry);
    // Nothing is counted, so the stripe of the counters does not matter.
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
    jobs::set_status(db, job.id, status).await?;
    note(db, job, cause, action, json!({"from": from, "to": status})).await
}
