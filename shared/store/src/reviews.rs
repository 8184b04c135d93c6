//! Reviews: verdicts item by item, the decision with the rework that it makes, and submissions that nobody reviews.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use swath_domain::assignment::Decision;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::review::Verdict;
use swath_domain::{Assignment, Refusal, Stage, Stale, Status, Time};
use uuid::Uuid;

use crate::answers::Key;
use crate::changes::Changes;
use crate::core::{Core, Store, commit, settle};
use crate::db::{Db, execute, execute_each, fetch_all};
use crate::error::{Result, StoreError};
use crate::holds::Holds;
use crate::memory::{Accepted, Tables, VerdictRecord};
use crate::rows::GrantRow;
use crate::submissions::{Taken, keep_requests};
use crate::writer::Replies;

/// A verdict on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// The item.
    pub item: i64,
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// Why, as a keyword or a phrase.
    pub reason: Option<String>,
    /// More for the author.
    pub comment: Option<String>,
}

/// A reviewer saves a verdict.
#[derive(Debug, Clone)]
pub struct PutVerdict {
    /// Under which review.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// What.
    pub verdict: VerdictRow,
    /// When.
    pub now: Time,
}

/// A reviewer decides a submission.
#[derive(Debug, Clone)]
pub struct Decide {
    /// Under which review.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// The client's `decision_id` and what came with it.
    pub decision: Key,
    /// Verdicts saved on the way.
    pub verdicts: Vec<VerdictRow>,
    /// Whether items without a verdict are accepted.
    pub accept_rest: bool,
    /// When.
    pub now: Time,
}

/// The answer, the same however often the decision is sent.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Decided {
    /// The submission's assignment.
    #[serde(skip, default = "nowhere")]
    pub assignment: AssignmentId,
    /// Its job.
    #[serde(skip, default = "no_job")]
    pub job: JobId,
    /// ACCEPTED or REJECTED.
    pub status: Status,
    /// The rework, where items were rejected.
    pub rework: Option<AssignmentId>,
    /// Its round and number.
    pub rework_key: Option<(i64, i64)>,
    /// Whether this call did it.
    #[serde(skip)]
    pub fresh: bool,
}

fn nowhere() -> AssignmentId {
    AssignmentId(uuid::Uuid::nil())
}

fn no_job() -> JobId {
    JobId(uuid::Uuid::nil())
}

struct Put {
    submission: LeaseId,
    reviewer: UserId,
    lease: LeaseId,
    verdict: VerdictRow,
    now: Time,
}

pub(crate) async fn put_verdicts(core: &Core, commands: Vec<PutVerdict>) -> Replies<()> {
    let mut tx = core.pools.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut puts = BTreeMap::new();
    let mut answers = Vec::with_capacity(commands.len());
    for c in &commands {
        let put = settle(accept_verdict(core, db, &mut holds, c).await)?;
        answers.push(put.map(|put| {
            puts.insert((put.submission, put.reviewer, put.verdict.item), put);
        }));
    }
    write_verdicts(db, &puts.into_values().collect::<Vec<_>>()).await?;
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

async fn accept_verdict(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    command: &PutVerdict,
) -> Result<Put> {
    let id = holds.standing(Stage::Review, command.lease, command.user)?;
    let submission = submission_with(holds, id, [command.verdict.item])?;
    holds.touch(core, db, (Stage::Review, command.lease, command.user, command.now)).await?;
    let (lease, verdict) = (command.lease, command.verdict.clone());
    Ok(Put { submission, reviewer: command.user, lease, verdict, now: command.now })
}

/// The submission under review, if it holds all these items.
fn submission_with(
    holds: &mut Holds,
    id: AssignmentId,
    items: impl IntoIterator<Item = i64>,
) -> Result<LeaseId> {
    let assignment = holds.changes.get(id).ok_or(StoreError::NotFound)?;
    if let Some(foreign) = items.into_iter().find(|item| !assignment.ranges.contains(*item)) {
        return Err(Refusal::ForeignItem(foreign).into());
    }
    assignment.submission.ok_or(StoreError::NotFound)
}

async fn write_verdicts(db: &mut Db<'_>, puts: &[Put]) -> Result<()> {
    const POSTGRES: &str = "
        INSERT INTO verdicts (submission, reviewer, item, lease, accept, reason, comment, updated)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::boolean[], $6::text[],
            $7::text[], $8::bigint[])
        ON CONFLICT (submission, reviewer, item) DO UPDATE SET lease = excluded.lease, accept = excluded.accept,
            reason = excluded.reason, comment = excluded.comment, updated = excluded.updated";
    const SQLITE: &str = "
        INSERT INTO verdicts (submission, reviewer, item, lease, accept, reason, comment, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (submission, reviewer, item) DO UPDATE SET lease = excluded.lease, accept = excluded.accept,
            reason = excluded.reason, comment = excluded.comment, updated = excluded.updated";
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        puts,
        |p| p.submission.0,
        p.reviewer.0,
        p.verdict.item,
        p.lease.0,
        p.verdict.verdict == Verdict::Accept,
        p.verdict.reason.clone(),
        p.verdict.comment.clone(),
        p.now.0;
        |t| Ok::<_, StoreError>(t.verdicts.put((p.submission.0, p.reviewer.0, p.verdict.item), VerdictRecord {
            accept: p.verdict.verdict == Verdict::Accept,
            reason: p.verdict.reason.clone(),
            comment: p.verdict.comment.clone(),
        }))
    )?;
    Ok(())
}

pub(crate) async fn decide(core: &Core, commands: Vec<Decide>) -> Replies<Decided> {
    let mut tx = core.pools.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut seen = HashSet::new();
    let mut taken = Vec::new();
    let mut answers = Vec::with_capacity(commands.len());
    for command in &commands {
        answers.push(if seen.insert(command.lease) {
            settle(decide_one(core, db, &mut holds, &mut taken, command).await)?
        } else {
            return Err(StoreError::Collision("two decisions of one review".into()));
        });
    }
    holds.changes.write(db, core.stripe).await?;
    keep_requests(db, &taken).await?;
    commit(tx, answers).await
}

async fn decide_one(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    taken: &mut Vec<Taken>,
    command: &Decide,
) -> Result<Decided> {
    let grant = holds.grant(Stage::Review, command.lease, command.user)?;
    if let Some(first) = first_decision(grant, &command.decision)? {
        return Ok(first);
    }
    let job_id = JobId(grant.job);
    let id = holds.standing(Stage::Review, command.lease, command.user)?;
    let submission = submission_with(holds, id, command.verdicts.iter().map(|verdict| verdict.item))?;
    save_verdicts(db, submission, command).await?;
    let decision = tally(db, holds, id, submission, command).await?;
    let terms = core.job(db, job_id).await?.terms;
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let (entry, child) = assignment.decide(command.user, &decision, terms, command.now);
    let status = assignment.status;
    keep_accepted(db, (id, submission, command.user), command.now).await?;
    let rework = child.as_ref().map(|(child, _)| (child.id, (child.round, child.number)));
    holds.changes.log(entry);
    if let Some((child, entry)) = child {
        holds.changes.create(child, entry);
    }
    holds.changes.end(Some(command.lease), Stale::Submitted, command.now);
    holds.changes.count(job_id, Counter::Decisions, 1);
    holds.changes.count(job_id, Counter::Rejects, decision.rejected.len() as i64);
    let (rework, rework_key) = rework.unzip();
    let decided = Decided { assignment: id, job: job_id, status, rework, rework_key, fresh: true };
    let answer = serde_json::to_string(&decided).map_err(|e| StoreError::Conflict(e.to_string()))?;
    taken.push(Taken { lease: command.lease, key: command.decision.clone(), answer });
    Ok(decided)
}

fn first_decision(grant: &GrantRow, key: &Key) -> Result<Option<Decided>> {
    if grant.request.as_deref() != Some(key.text.as_str()) || is(Bug::DecisionForgotten) {
        return Ok(None);
    }
    key.matches(grant.request_digest.as_deref())?;
    let corrupt = |what: String| StoreError::Corrupt {
        table: "grants",
        id: grant.lease.to_string(),
        what: format!("answer: {what}"),
    };
    let answer = grant.answer.as_deref().ok_or_else(|| corrupt("missing".into()))?;
    let first: Decided = serde_json::from_str(answer).map_err(|error| corrupt(error.to_string()))?;
    Ok(Some(Decided { assignment: AssignmentId(grant.assignment), job: JobId(grant.job), ..first }))
}

async fn save_verdicts(db: &mut Db<'_>, submission: LeaseId, command: &Decide) -> Result<()> {
    let mut puts = BTreeMap::new();
    for verdict in &command.verdicts {
        let put = Put {
            submission,
            reviewer: command.user,
            lease: command.lease,
            verdict: verdict.clone(),
            now: command.now,
        };
        puts.insert(verdict.item, put);
    }
    write_verdicts(db, &puts.into_values().collect::<Vec<_>>()).await
}

/// Sorts the submission's items by their verdicts; those without one are accepted, or named as missing.
async fn tally(
    db: &mut Db<'_>,
    holds: &mut Holds,
    id: AssignmentId,
    submission: LeaseId,
    command: &Decide,
) -> Result<Decision> {
    let assignment = holds.changes.get(id).ok_or(StoreError::NotFound)?;
    let author = assignment.author.ok_or(StoreError::NotFound)?;
    if command.accept_rest {
        accept_rest(db, (id, author, submission), command).await?;
    }
    let rows = fetch_all!(
        db,
        (i64, bool, Option<bool>),
        "SELECT n.item, n.skipped, v.accept FROM annotations n
         LEFT JOIN verdicts v ON v.submission = $3 AND v.reviewer = $4 AND v.item = n.item
         WHERE n.assignment = $1 AND n.author = $2 ORDER BY n.item",
        id.0,
        author.0,
        submission.0,
        command.user.0;
        |t| {
            let verdict = |item| t.verdicts.get(&(submission.0, command.user.0, item)).map(|verdict| verdict.accept);
            t.annotations_by(id.0, author.0).map(|(item, note)| (item, note.skipped, verdict(item))).collect()
        }
    )?;
    let mut decision = Decision::default();
    let mut missing = Vec::new();
    for (item, skipped, accept) in rows {
        match accept {
            None => missing.push(item),
            Some(false) => decision.rejected.push(item),
            Some(true) if skipped => decision.skipped.push(item),
            Some(true) => decision.accepted.push(item),
        }
    }
    if missing.is_empty() { Ok(decision) } else { Err(Refusal::Incomplete(missing).into()) }
}

async fn accept_rest(
    db: &mut Db<'_>,
    (id, author, submission): (AssignmentId, UserId, LeaseId),
    command: &Decide,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO verdicts (submission, reviewer, item, lease, accept, updated)
         SELECT $1, $2, n.item, $3, TRUE, $4 FROM annotations n WHERE n.assignment = $5 AND n.author = $6
         ON CONFLICT (submission, reviewer, item) DO NOTHING",
        submission.0,
        command.user.0,
        command.lease.0,
        command.now.0,
        id.0,
        author.0;
        |t| {
            let items: Vec<_> = t.annotations_by(id.0, author.0).map(|(item, _)| item).collect();
            let accepted = VerdictRecord { accept: true, reason: None, comment: None };
            let place = |item| (submission.0, command.user.0, item);
            Ok(items.into_iter().map(|item| t.verdicts.insert_new(place(item), accepted.clone())).sum())
        }
    )?;
    Ok(())
}

/// Makes the accepted items final: one accepted annotation per item and slot, by the table's key.
async fn keep_accepted(
    db: &mut Db<'_>,
    (id, submission, reviewer): (AssignmentId, LeaseId, UserId),
    now: Time,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO accepted (job, item, slot, assignment, author, reviewer, skipped, at)
         SELECT a.job, n.item, a.slot, a.id, n.author, v.reviewer, n.skipped, $4
         FROM assignments a
         JOIN annotations n ON n.assignment = a.id AND n.author = a.author
         JOIN verdicts v ON v.submission = $2 AND v.reviewer = $3 AND v.item = n.item AND v.accept
         WHERE a.id = $1",
        id.0,
        submission.0,
        reviewer.0,
        now.0;
        |t| accept(t, id, now, |t, item| {
            let verdict = t.verdicts.get(&(submission.0, reviewer.0, item));
            verdict.filter(|verdict| verdict.accept).map(|_| Some(reviewer.0))
        })
    )?;
    Ok(())
}

/// Accepts those items of a submission for which `by` names who accepts them: a reviewer, or the rule.
fn accept(
    t: &mut Tables,
    id: AssignmentId,
    now: Time,
    by: impl Fn(&Tables, i64) -> Option<Option<Uuid>>,
) -> Result<u64> {
    let Some(assignment) = t.assignments.get(&id.0).cloned() else { return Ok(0) };
    let Some(UserId(author)) = assignment.author else { return Ok(0) };
    let items: Vec<_> = t.annotations_by(id.0, author).map(|(item, _)| item).collect();
    let mut written = 0;
    for item in items {
        let Some(reviewer) = by(t, item) else { continue };
        let row = Accepted { assignment: id.0, author, reviewer, at: now.0 };
        written += t.accepted.insert((assignment.job.0, item, assignment.slot), row)?;
    }
    Ok(written)
}

impl Store {
    /// The verdicts of one reviewer on one submission.
    pub async fn verdicts(&self, submission: LeaseId, reviewer: Option<UserId>) -> Result<Vec<VerdictRow>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (i64, bool, Option<String>, Option<String>),
            "SELECT item, accept, reason, comment FROM verdicts
             WHERE submission = $1 AND ($2 = 0 OR reviewer = $3) ORDER BY item",
            submission.0,
            i64::from(reviewer.is_some()),
            reviewer.map(|user| user.0);
            |t| {
                let all = t.verdicts.iter().filter(|((on, by, _), _)| {
                    *on == submission.0 && reviewer.is_none_or(|reviewer| reviewer.0 == *by)
                });
                let row = |((_, _, item), v): (&(Uuid, Uuid, i64), &VerdictRecord)| {
                    (*item, v.accept, v.reason.clone(), v.comment.clone())
                };
                let mut rows: Vec<_> = all.map(row).collect();
                rows.sort_by_key(|row| row.0);
                rows
            }
        )?;
        let verdict = |(item, accept, reason, comment)| VerdictRow {
            item,
            verdict: if accept { Verdict::Accept } else { Verdict::Reject },
            reason,
            comment,
        };
        Ok(rows.into_iter().map(verdict).collect())
    }

    /// Accepts those of these submissions that the review rule does not put before a reviewer, and names them.
    pub async fn submission_waive(&self, ids: Vec<AssignmentId>, now: Time) -> Result<Vec<AssignmentId>> {
        self.write((ids, now), |core, tx, (ids, now)| Box::pin(waive(core, tx, ids, *now))).await
    }

    /// Submissions that wait for nothing but the review rule since before `before`, oldest first.
    pub async fn submissions_to_waive(&self, before: Time, limit: i64) -> Result<Vec<AssignmentId>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (uuid::Uuid,),
            "SELECT id FROM assignments WHERE status = 2 AND NOT review AND since < $1 ORDER BY since LIMIT $2",
            before.0,
            limit;
            |t| {
                let waiting = |a: &&Assignment| may_waive(a) && a.since < before;
                let mut rows: Vec<_> = t.assignments.values().filter(waiting).collect();
                rows.sort_by_key(|a| a.since);
                rows.into_iter().take(limit as usize).map(|a| (a.id.0,)).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
    }
}

async fn waive(
    core: &Core,
    tx: &mut crate::db::Tx,
    ids: &[AssignmentId],
    now: Time,
) -> Result<Vec<AssignmentId>> {
    let db = &mut tx.db();
    let mut changes = Changes::lock_free(db, ids.iter().copied()).await?;
    let mut waived = Vec::new();
    for id in changes.ids() {
        let Some(assignment) = changes.get(id).filter(|a| may_waive(a)) else {
            continue;
        };
        let Some(author) = assignment.author else { continue };
        let skipped = skipped_items(db, id, author).await?;
        if let Ok(entry) = assignment.waive(&skipped, now) {
            changes.log(entry);
            waived.push(id);
        }
    }
    accept_whole(db, &waived, now).await?;
    changes.write(db, core.stripe).await?;
    Ok(waived)
}

fn may_waive(a: &Assignment) -> bool {
    a.status == Status::Completed && (!a.review || is(Bug::WaiveReviewed))
}

async fn skipped_items(db: &mut Db<'_>, id: AssignmentId, author: UserId) -> Result<Vec<i64>> {
    let rows = fetch_all!(
        db,
        (i64,),
        "SELECT item FROM annotations WHERE assignment = $1 AND author = $2 AND skipped ORDER BY item",
        id.0,
        author.0;
        |t| t.annotations_by(id.0, author.0).filter(|(_, note)| note.skipped).map(|(item, _)| (item,)).collect()
    )?;
    Ok(rows.into_iter().map(|(item,)| item).collect())
}

async fn accept_whole(db: &mut Db<'_>, ids: &[AssignmentId], now: Time) -> Result<()> {
    const POSTGRES: &str = "
        INSERT INTO accepted (job, item, slot, assignment, author, skipped, at)
        SELECT a.job, n.item, a.slot, a.id, n.author, n.skipped, c.at
        FROM UNNEST($1::uuid[], $2::bigint[]) AS c (id, at)
        JOIN assignments a ON a.id = c.id
        JOIN annotations n ON n.assignment = a.id AND n.author = a.author";
    const SQLITE: &str = "
        INSERT INTO accepted (job, item, slot, assignment, author, skipped, at)
        SELECT a.job, n.item, a.slot, a.id, n.author, n.skipped, $2
        FROM assignments a JOIN annotations n ON n.assignment = a.id AND n.author = a.author WHERE a.id = $1";
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        ids,
        |id| id.0,
        now.0;
        |t| accept(t, *id, now, |_, _| Some(None))
    )?;
    Ok(())
}
