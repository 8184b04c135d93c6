//! The writing of a transaction row by row: to SQLite, which is a function call away, and to the model.

use swath_domain::review::Verdict;

use super::{AcceptedRow, Ended, Judged, NewGrant, Written, insert};
use crate::db::{Db, execute};
use crate::error::{Result, StoreError};
use crate::items::SavedRow;
use crate::memory::{Accepted, Annotation, VerdictRecord};
use crate::reviews::VerdictRow;
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
    for row in &written.saved {
        save(db, row).await?;
    }
    for judged in &written.judged {
        judge(db, judged).await?;
    }
    for row in &written.accepted {
        accept(db, row).await?;
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

async fn save(db: &mut Db<'_>, SavedRow { revision, save }: &SavedRow) -> Result<()> {
    execute!(
        db,
        "INSERT INTO annotations (assignment, author, item, lease, revision, skipped, body, updated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (assignment, author, item) DO UPDATE SET lease = excluded.lease, revision = excluded.revision,
             skipped = excluded.skipped, body = excluded.body, updated = excluded.updated",
        save.assignment.0,
        save.author.0,
        save.work.item,
        save.lease.0,
        *revision,
        save.work.skipped,
        save.work.body.as_str(),
        save.now.0;
        |t| {
            let annotation = Annotation {
                lease: save.lease.0,
                revision: *revision,
                skipped: save.work.skipped,
                body: save.work.body.clone(),
                updated: save.now.0,
            };
            Ok::<_, StoreError>(t.annotations.put((save.assignment.0, save.author.0, save.work.item), annotation))
        }
    )?;
    Ok(())
}

async fn judge(db: &mut Db<'_>, judged: &Judged) -> Result<()> {
    let VerdictRow { item, verdict, reason, comment } = &judged.verdict;
    execute!(
        db,
        "INSERT INTO verdicts (submission, reviewer, item, lease, accept, reason, comment, updated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (submission, reviewer, item) DO UPDATE SET lease = excluded.lease, accept = excluded.accept,
             reason = excluded.reason, comment = excluded.comment, updated = excluded.updated",
        judged.submission.0,
        judged.reviewer.0,
        *item,
        judged.lease.0,
        *verdict == Verdict::Accept,
        reason.as_deref(),
        comment.as_deref(),
        judged.at.0;
        |t| {
            let accept = *verdict == Verdict::Accept;
            let record = VerdictRecord { accept, reason: reason.clone(), comment: comment.clone() };
            Ok::<_, StoreError>(t.verdicts.put((judged.submission.0, judged.reviewer.0, *item), record))
        }
    )?;
    Ok(())
}

async fn accept(db: &mut Db<'_>, row: &AcceptedRow) -> Result<()> {
    execute!(
        db,
        "INSERT INTO accepted (job, item, slot, assignment, author, reviewer, skipped, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.job.0,
        row.item,
        row.slot,
        row.assignment.0,
        row.author.0,
        row.reviewer.0,
        row.skipped,
        row.at.0;
        |t| {
            let (assignment, author, reviewer) = (row.assignment.0, row.author.0, Some(row.reviewer.0));
            t.accepted.insert((row.job.0, row.item, row.slot), Accepted { assignment, author, reviewer, at: row.at.0 })
        }
    )?;
    Ok(())
}
