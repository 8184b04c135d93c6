//! Writes a transaction to the tables in memory: what each part means on plain maps.

use swath_domain::review::Verdict;

use super::rows::{NewGrant, Written};
use crate::error::Result;
use crate::model::memory::{Accepted, Annotation, Tables, VerdictRecord};
use crate::model::rows::GrantRow;

/// Writes all parts to the tables in memory.
pub(super) fn write(t: &mut Tables, written: &Written) -> Result<()> {
    for assignment in &written.changed {
        t.write_assignment(assignment, false)?;
    }
    for grant in &written.granted {
        t.write_grant(row(grant), grant.key.as_ref().map(|key| key.text.clone()))?;
    }
    for ended in &written.ended {
        t.grants.update(&ended.lease.0, |grant| ended.end(grant));
    }
    for entry in &written.entries {
        t.log.insert((entry.subject, entry.seq), entry.clone())?;
    }
    for event in &written.events {
        t.append_event(event);
    }
    write_labels(t, written)
}

fn write_labels(t: &mut Tables, written: &Written) -> Result<()> {
    for row in &written.saved {
        let save = &row.save;
        let annotation = Annotation {
            lease: save.lease.0,
            revision: row.revision,
            skipped: save.work.skipped,
            body: save.work.body.clone(),
            updated: save.now.0,
        };
        t.annotations.put((save.assignment.0, save.author.0, save.work.item.0), annotation);
    }
    for judged in &written.judged {
        let said = &judged.verdict;
        let record = VerdictRecord {
            accept: said.verdict == Verdict::Accept,
            reason: said.reason.clone(),
            comment: said.comment.clone(),
            figures: said.stored_figures(),
        };
        t.verdicts.put((judged.submission.0, judged.reviewer.0, said.item.0), record);
    }
    for row in &written.accepted {
        let (assignment, author, reviewer) =
            (row.assignment.0, row.author.0, row.reviewer.map(|user| user.0));
        let accepted = Accepted { assignment, author, reviewer, at: row.at.0 };
        t.accepted.insert((row.job.0, row.item.0, row.slot.0), accepted)?;
    }
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
