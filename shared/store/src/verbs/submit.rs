//! Submitting: an assignment is handed in as a whole, at most once per lease.

use std::collections::{HashMap, HashSet};

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, Refusal, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit, settle};
use crate::engine::db::{Db, execute, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::rows::GrantRow;
use crate::tables::answers::Key;
use crate::tables::changes::Taken;
use crate::verbs::jobs::definition;
use crate::verbs::leases::Holds;
use crate::verbs::save::{ItemWork, Save, Saved};
use crate::verbs::{auto_accept, grant};

/// A person hands in an assignment.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Under which lease.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
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
    /// Its status right after the submission.
    pub status: Status,
    /// What this call put it before.
    pub next: Next,
    /// Whether this call did it, rather than an earlier one under the same id.
    pub fresh: bool,
}

/// Who has the next word on a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A reviewer.
    Reviewer,
    /// The review rule, which accepts it as soon as it hears of it.
    Rule,
    /// Nobody: the review rule has accepted it on the spot, or an earlier call has handed it in.
    Nobody,
}

pub(crate) async fn submit(core: &Core, commands: Vec<Submit>) -> Replies<Submitted> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut saved = Saved::read(db, places(&mut holds, &commands)).await?;
    let fences = fences(db, &mut holds, &saved, &commands).await?;
    // One command per lease and batch: a second one finds out from the first one's row.
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(commands.len());
    for command in &commands {
        checked.push(if seen.insert(command.lease) {
            settle(save_items(&mut holds, (&mut saved, &fences), command))?
        } else {
            return Err(StoreError::Collision("two submissions of one lease".into()));
        });
    }
    let partly = partly(&mut holds, &saved, commands.iter().zip(&checked));
    let had = items_had(db, &partly).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for (command, checked) in commands.iter().zip(checked) {
        answers.push(match checked {
            Ok(Some(first)) => Ok(first),
            Ok(None) => settle(hand_in(core, db, &mut holds, (&saved, &had), command).await)?,
            Err(error) => Err(error),
        });
    }
    holds.changes.save(saved.into_rows());
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

/// Where the batch writes and something may stand already. Nothing does under a first lease that has saved nothing and
/// still stands; once it is gone, the row does not tell any more.
fn places(holds: &mut Holds, commands: &[Submit]) -> Vec<(AssignmentId, UserId, i64)> {
    let mut places = Vec::new();
    for command in commands {
        let Ok(grant) = holds.grant(Stage::Annotate, command.lease, command.user) else { continue };
        let id = AssignmentId(grant.assignment);
        let stands = holds.standing(Stage::Annotate, command.lease, command.user).is_ok();
        let is_untouched = holds.changes.get(id).is_some_and(|assignment| assignment.is_untouched());
        if !(stands && is_untouched) {
            places.extend(command.items.iter().map(|work| (id, command.user, work.item)));
        }
    }
    places
}

/// The fences under which that was saved which a submission under a stale lease meets.
async fn fences(
    db: &mut Db<'_>,
    holds: &mut Holds,
    saved: &Saved,
    commands: &[Submit],
) -> Result<HashMap<LeaseId, i64>> {
    let mut leases = HashSet::new();
    for command in commands {
        if holds.standing(Stage::Annotate, command.lease, command.user).is_ok() {
            continue;
        }
        let Ok(grant) = holds.grant(Stage::Annotate, command.lease, command.user) else { continue };
        let place = |work: &ItemWork| (AssignmentId(grant.assignment), command.user, work.item);
        leases.extend(command.items.iter().filter_map(|work| saved.lease(&place(work))));
    }
    if leases.is_empty() {
        return Ok(HashMap::new());
    }
    let grants = grant::of_leases(db, &leases.into_iter().collect::<Vec<_>>()).await?;
    Ok(grants.into_iter().map(|(lease, grant)| (lease, grant.fence)).collect())
}

/// Answers a submission that was taken before; otherwise saves what came with this one, which is kept even when the
/// lease turns out to be stale, unless the person's own submission of the assignment still stands, and but for items that
/// the same person has saved under a later lease.
fn save_items(
    holds: &mut Holds,
    (saved, fences): (&mut Saved, &HashMap<LeaseId, i64>),
    command: &Submit,
) -> Result<Option<Submitted>> {
    let grant = holds.grant(Stage::Annotate, command.lease, command.user)?;
    let (id, fence) = (AssignmentId(grant.assignment), grant.fence);
    if let Some(first) = first_submission(grant, &command.submission)? {
        return Ok(Some(first));
    }
    let standing = holds.standing(Stage::Annotate, command.lease, command.user);
    let assignment = holds.changes.get(id).ok_or(StoreError::NotFound)?;
    if let Some(foreign) = command.items.iter().find(|work| !assignment.ranges.contains(work.item)) {
        return Err(Refusal::ForeignItem(foreign.item).into());
    }
    let stands = standing.is_ok() || is(Bug::LateOverwrites);
    if stands || assignment.author != Some(command.user) {
        for work in &command.items {
            let before = saved.lease(&(id, command.user, work.item));
            let is_later = |lease: LeaseId| fences.get(&lease).is_none_or(|other| *other > fence);
            if !stands && before.is_some_and(is_later) {
                continue;
            }
            let (author, lease, now) = (command.user, command.lease, command.now);
            let (_, is_new) = saved.put(Save { assignment: id, author, lease, work: work.clone(), now });
            // Of the present holder's items alone.
            assignment.confirmed += i64::from(is_new && standing.is_ok());
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
        status: Status::Completed,
        next: Next::Nobody,
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

/// The assignments, with who hands each in, whose items do not all come with the submission.
fn partly<'a>(
    holds: &mut Holds,
    saved: &Saved,
    checked: impl Iterator<Item = (&'a Submit, &'a Result<Option<Submitted>>)>,
) -> Vec<(AssignmentId, UserId)> {
    let mut partly = Vec::new();
    for (command, _) in checked.filter(|(_, checked)| matches!(checked, Ok(None))) {
        let Ok(id) = holds.standing(Stage::Annotate, command.lease, command.user) else { continue };
        if holds
            .changes
            .get(id)
            .is_some_and(|assignment| !missing(assignment, command, saved, None).is_empty())
        {
            partly.push((id, command.user));
        }
    }
    partly
}

type ItemsHad = HashMap<AssignmentId, HashSet<i64>>;

/// Which items stand saved for these.
async fn items_had(db: &mut Db<'_>, wanted: &[(AssignmentId, UserId)]) -> Result<ItemsHad> {
    let rows = fetch_each!(
        db,
        (Uuid, i64),
        "SELECT n.assignment, n.item FROM {rows} CROSS JOIN annotations n
         WHERE n.assignment = c.assignment AND n.author = c.author",
        wanted,
        |w| { assignment: uuid = w.0.0, author: uuid = w.1.0 };
        |t| match is(Bug::HolderInherits) {
            true => t.annotations.iter().filter(|(at, _)| at.0 == w.0.0).map(|(at, _)| (at.0, at.2)).collect(),
            false => t.annotations_by(w.0.0, w.1.0).map(|(item, _)| (w.0.0, item)).collect::<Vec<_>>(),
        }
    )?;
    let mut had = ItemsHad::new();
    for (assignment, item) in rows {
        had.entry(AssignmentId(assignment)).or_default().insert(item);
    }
    Ok(had)
}

/// Items of the assignment that neither came with the submission, or another of the batch, nor were saved before.
fn missing(assignment: &Assignment, command: &Submit, saved: &Saved, had: Option<&HashSet<i64>>) -> Vec<i64> {
    let along = |item: i64| saved.holds(&(assignment.id, command.user, item));
    let is_there = |item: &i64| along(*item) || had.is_some_and(|had| had.contains(item));
    assignment.ranges.iter().filter(|item| !is_there(item)).collect()
}

async fn hand_in(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    (saved, had): (&Saved, &ItemsHad),
    command: &Submit,
) -> Result<Submitted> {
    let id = holds.standing(Stage::Annotate, command.lease, command.user)?;
    let job_id = JobId(holds.grant(Stage::Annotate, command.lease, command.user)?.job);
    let job = definition(core, db, job_id).await?;
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let missing = missing(assignment, command, saved, had.get(&id));
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
    holds.changes.log_through(command.token_maker, [entry]);
    holds.changes.hand_in(
        command.lease,
        Taken { key: command.submission.clone(), answer: None },
        command.now,
    );
    holds.changes.count(job_id, Counter::Submissions, 1);
    let next = if review { Next::Reviewer } else { auto_accept::waive_whole(holds, command, id)? };
    Ok(Submitted { assignment: id, status: Status::Completed, next, fresh: true })
}
