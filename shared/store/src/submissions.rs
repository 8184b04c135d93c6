//! Submitting: an assignment is handed in as a whole, at most once per lease.

use std::collections::HashSet;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::{Refusal, Stage, Stale, Status, Time};

use crate::answers::Key;
use crate::core::{Core, commit, settle};
use crate::db::{Db, execute, execute_each, fetch_all, fetch_one};
use crate::error::{Result, StoreError};
use crate::holds::Holds;
use crate::items::{ItemWork, Save, Saved};
use crate::rows::GrantRow;
use crate::writer::Replies;

/// A person hands in an assignment.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Under which lease.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// The client's `submission_id` and what came with it.
    pub submission: Key,
    /// Items saved on the way.
    pub items: Vec<ItemWork>,
    /// When.
    pub now: Time,
}

/// The answer, the same however often the submission is sent.
#[derive(Debug, Clone, Copy)]
pub struct Submitted {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its job.
    pub job: JobId,
    /// Its status right after the submission.
    pub status: Status,
    /// Whether this call did it, rather than an earlier one under the same id.
    pub fresh: bool,
}

/// A submission that was taken in this batch.
pub(crate) struct Taken {
    pub(crate) lease: LeaseId,
    pub(crate) key: Key,
    pub(crate) answer: String,
}

pub(crate) async fn submit(core: &Core, commands: Vec<Submit>) -> Replies<Submitted> {
    let mut tx = core.pools.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut saved = Saved::read(db, places(&holds, &commands)).await?;
    // One command per lease and batch: a second one finds out from the first one's row.
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(commands.len());
    for command in &commands {
        checked.push(if seen.insert(command.lease) {
            settle(save_items(&mut holds, &mut saved, command))?
        } else {
            return Err(StoreError::Collision("two submissions of one lease".into()));
        });
    }
    saved.write(db).await?;
    let mut taken = Vec::new();
    let mut answers = Vec::with_capacity(commands.len());
    for (command, checked) in commands.iter().zip(checked) {
        answers.push(match checked {
            Ok(Some(first)) => Ok(first),
            Ok(None) => settle(hand_in(core, db, &mut holds, &mut taken, command).await)?,
            Err(error) => Err(error),
        });
    }
    holds.changes.write(db, core.stripe).await?;
    keep_requests(db, &taken).await?;
    commit(tx, answers).await
}

fn places(holds: &Holds, commands: &[Submit]) -> Vec<(AssignmentId, UserId, i64)> {
    let mut places = Vec::new();
    for command in commands {
        if let Ok(grant) = holds.grant(Stage::Annotate, command.lease, command.user) {
            let assignment = AssignmentId(grant.assignment);
            places.extend(command.items.iter().map(|work| (assignment, command.user, work.item)));
        }
    }
    places
}

/// Answers a submission that was taken before; otherwise saves what came with this one, which is kept even when the
/// lease turns out to be stale, unless the person's own submission of the assignment still stands.
fn save_items(holds: &mut Holds, saved: &mut Saved, command: &Submit) -> Result<Option<Submitted>> {
    let grant = holds.grant(Stage::Annotate, command.lease, command.user)?;
    let id = AssignmentId(grant.assignment);
    if let Some(first) = first_submission(grant, &command.submission)? {
        return Ok(Some(first));
    }
    let standing = holds.standing(Stage::Annotate, command.lease, command.user);
    let assignment = holds.changes.get(id).ok_or(StoreError::NotFound)?;
    if let Some(foreign) = command.items.iter().find(|work| !assignment.ranges.contains(work.item)) {
        return Err(Refusal::ForeignItem(foreign.item).into());
    }
    if standing.is_ok() || assignment.author != Some(command.user) || is(Bug::LateOverwrites) {
        for work in &command.items {
            let (author, lease, now) = (command.user, command.lease, command.now);
            saved.put(Save { assignment: id, author, lease, work: work.clone(), now });
        }
    }
    standing.map(|_| None)
}

fn first_submission(grant: &GrantRow, key: &Key) -> Result<Option<Submitted>> {
    if grant.request.as_deref() != Some(key.text.as_str()) || is(Bug::SubmissionForgotten) {
        return Ok(None);
    }
    key.matches(grant.request_digest.as_deref())?;
    Ok(Some(Submitted {
        assignment: AssignmentId(grant.assignment),
        job: JobId(grant.job),
        status: Status::Completed,
        fresh: false,
    }))
}

/// Writes down whose opinion the range's slot is; false where the person has given one in another slot.
async fn claim_slot(db: &mut Db<'_>, assignment: &swath_domain::Assignment, user: UserId) -> Result<bool> {
    let (job, number, slot) = (assignment.job.0, assignment.number, assignment.slot);
    execute!(
        db,
        "INSERT INTO opinions (job, number, author, slot) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        job,
        number,
        user.0,
        slot;
        |t| Ok(t.opinions.insert_new((job, number, user.0), slot))
    )?;
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT slot FROM opinions WHERE job = $1 AND number = $2 AND author = $3",
        job,
        number,
        user.0;
        |t| t.opinions.get(&(job, number, user.0)).map(|slot| (*slot,))
    )?;
    Ok(row == Some((slot,)) || is(Bug::OpinionsUncounted))
}

async fn hand_in(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    taken: &mut Vec<Taken>,
    command: &Submit,
) -> Result<Submitted> {
    let id = holds.standing(Stage::Annotate, command.lease, command.user)?;
    let job_id = JobId(holds.grant(Stage::Annotate, command.lease, command.user)?.job);
    let job = core.job(db, job_id).await?;
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let missing = missing(db, id, command.user, assignment.ranges.iter().collect()).await?;
    if !missing.is_empty() && !is(Bug::IncompleteTaken) {
        assignment.confirmed = assignment.items - missing.len() as i64;
        return Err(Refusal::Incomplete(missing).into());
    }
    // Only what is really handed in is an opinion: a refused one must not keep its author from the other slots.
    if job.slots > 1 && !claim_slot(db, assignment, command.user).await? {
        return Err(Refusal::SecondOpinion.into());
    }
    let review = job.review.draws(job.seed, command.lease);
    let detail = serde_json::json!({"review_percent": job.review.percent(), "to_review": review,
        "submission_id": command.submission.text});
    let entry = assignment.submit(command.user, review, detail, command.now);
    holds.changes.log(entry);
    holds.changes.end(Some(command.lease), Stale::Submitted, command.now);
    holds.changes.count(job_id, Counter::Submissions, 1);
    taken.push(Taken { lease: command.lease, key: command.submission.clone(), answer: String::new() });
    Ok(Submitted { assignment: id, job: job_id, status: Status::Completed, fresh: true })
}

/// Which of these items the person has neither confirmed nor skipped.
async fn missing(
    db: &mut Db<'_>,
    assignment: AssignmentId,
    user: UserId,
    items: Vec<i64>,
) -> Result<Vec<i64>> {
    let rows = fetch_all!(
        db,
        (i64,),
        "SELECT item FROM annotations WHERE assignment = $1 AND author = $2",
        assignment.0,
        user.0;
        |t| match is(Bug::HolderInherits) {
            true => t.annotations.iter().filter(|(at, _)| at.0 == assignment.0).map(|(at, _)| (at.2,)).collect(),
            false => t.annotations_by(assignment.0, user.0).map(|(item, _)| (item,)).collect(),
        }
    )?;
    let saved: HashSet<i64> = rows.into_iter().map(|(item,)| item).collect();
    Ok(items.into_iter().filter(|item| !saved.contains(item)).collect())
}

/// Keeps the ids under which leases and reviews were handed in, with the answers where they are needed again.
pub(crate) async fn keep_requests(db: &mut Db<'_>, taken: &[Taken]) -> Result<()> {
    const POSTGRES: &str = "
        UPDATE grants g SET request = c.request, request_digest = c.digest, answer = NULLIF(c.answer, '')
        FROM UNNEST($1::uuid[], $2::text[], $3::bytea[], $4::text[]) AS c (lease, request, digest, answer)
        WHERE g.lease = c.lease";
    const SQLITE: &str =
        "UPDATE grants SET request = $2, request_digest = $3, answer = NULLIF($4, '') WHERE lease = $1";
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        taken,
        |k| k.lease.0,
        k.key.text.clone(),
        k.key.digest.clone(),
        k.answer.clone();
        |t| Ok::<_, StoreError>(t.grants.update(&k.lease.0, |grant| {
            grant.request = Some(k.key.text.clone());
            grant.request_digest = Some(k.key.digest.clone());
            grant.answer = Some(k.answer.clone()).filter(|answer| !answer.is_empty());
        }))
    )?;
    Ok(())
}
