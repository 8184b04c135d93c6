//! The writing of a transaction row by row: to SQLite, which is a function call away, and to the model.

use super::{Ended, NewGrant, Written, insert};
use crate::db::{Db, execute};
use crate::error::{Result, StoreError};
use crate::rows::GrantRow;
use crate::{log, progress};

pub(super) async fn write(db: &mut Db<'_>, written: &Written, stripe: i64) -> Result<()> {
    for assignment in &written.changed {
        update(db, assignment).await?;
    }
    insert(db, &written.fresh).await?;
    for grant in &written.granted {
        insert_grant(db, grant).await?;
    }
    for ended in &written.ended {
        end_grant(db, ended).await?;
    }
    log::insert(db, &written.entries).await?;
    progress::add(db, &written.progress, stripe).await
}

async fn update(db: &mut Db<'_>, a: &swath_domain::Assignment) -> Result<()> {
    execute!(
        db,
        "UPDATE assignments SET
             status = $2, fence = $3, lease = $4, holder = $5, expires = $6, deadline = $7, confirmed = $8,
             author = $9, submission = $10, review = $11, reserved_for = $12, reserved_until = $13, held = $14,
             accepted = $15, skipped = $16, seq = $17, since = $18
         WHERE id = $1",
        a.id.0,
        a.status.code(),
        a.fence,
        a.lease.map(|id| id.0),
        a.holder.map(|id| id.0),
        a.expires.0,
        a.deadline.0,
        a.confirmed,
        a.author.map(|id| id.0),
        a.submission.map(|id| id.0),
        a.review,
        a.reserved_for.map(|id| id.0),
        a.reserved_until.0,
        a.held,
        a.accepted,
        a.skipped,
        a.seq,
        a.since.0;
        |t| t.write_assignment(a, false)
    )?;
    Ok(())
}

async fn insert_grant(db: &mut Db<'_>, grant: &NewGrant) -> Result<()> {
    let key = || grant.key.as_ref().map(|key| key.text.clone());
    let digest = || grant.key.as_ref().map(|key| key.digest.clone());
    execute!(
        db,
        "INSERT INTO grants (lease, assignment, job, holder, stage, fence, granted, key, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        grant.lease.0,
        grant.assignment.0,
        grant.job.0,
        grant.holder.0,
        grant.stage.code(),
        grant.fence,
        grant.at.0,
        key(),
        digest();
        |t| t.write_grant(row(grant), key())
    )?;
    Ok(())
}

fn row(grant: &NewGrant) -> GrantRow {
    GrantRow {
        lease: grant.lease.0,
        assignment: grant.assignment.0,
        job: grant.job.0,
        holder: grant.holder.0,
        stage: grant.stage.code(),
        fence: grant.fence,
        digest: grant.key.as_ref().map(|key| key.digest.clone()),
        ended: None,
        request: None,
        request_digest: None,
        answer: None,
    }
}

async fn end_grant(db: &mut Db<'_>, ended: &Ended) -> Result<()> {
    execute!(
        db,
        "UPDATE grants SET ended = $2, ended_at = $3, request = $4, request_digest = $5, answer = $6
         WHERE lease = $1 AND ended IS NULL",
        ended.lease.0,
        ended.how.code(),
        ended.at.0,
        ended.request(),
        ended.request_digest(),
        ended.answer();
        |t| Ok::<_, StoreError>(t.grants.update(&ended.lease.0, |grant| ended.end(grant)))
    )?;
    Ok(())
}
