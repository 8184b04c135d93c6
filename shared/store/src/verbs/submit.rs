//! Submits assignments: each is handed in as a whole, at most once per lease.

use std::collections::{HashMap, HashSet};

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, ItemIndex, Refusal, Stage, Status, Time};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::requests::Key;
use crate::model::rows::GrantRow;
use crate::model::work::ItemWork;
use crate::tables::saved_items::{self, AnnotationKey, WorkOf};
use crate::tables::written::{Request, Save};
use crate::tables::{grants, opinions};
use crate::verbs::auto_accept::{WholeSubmission, accept_at_once};
use crate::verbs::changes::Changes;
use crate::verbs::definition::definition;
use crate::verbs::leases::{self, Grants, LeaseRef, Resolved};
use crate::verbs::saved_items::SavedItems;

/// An annotator submits an assignment.
#[derive(Debug, Clone)]
pub struct Submit {
    /// The lease under which it is submitted.
    pub lease: LeaseId,
    /// The user, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The client's `submission_id` and what came with it.
    pub submission: Key,
    /// Items saved on the way.
    pub items: Vec<ItemWork>,
    /// When it is submitted, by the database's clock.
    pub now: Time,
}

/// The answer, the same however often the submission is sent.
#[derive(Debug, Clone, Copy)]
pub struct Submitted {
    /// The assignment that was submitted.
    pub assignment: AssignmentId,
    /// Its status right after the submission.
    pub status: Status,
    /// Who decides about the submission.
    pub next: Next,
    /// Whether this call did it, rather than an earlier one under the same id.
    pub fresh: bool,
}

/// Who decides about a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A reviewer, who finds it by asking for work.
    Reviewer,
    /// The review rule, which accepts it as soon as the review service is told.
    Rule,
    /// It is decided: the review rule has accepted it in the same transaction, or an earlier call has submitted it.
    Nobody,
}

/// A command whose lease was looked up.
#[derive(Clone, Copy)]
struct Submission<'a> {
    command: &'a Submit,
    lease: Resolved<'a>,
}

/// What the first look at a submission found.
enum Checked {
    /// It was submitted before.
    Repeated(Submitted),
    /// Its items are saved; it can be submitted if none is missing.
    Saved,
}

pub(crate) async fn submit(core: &Core, commands: Vec<Submit>) -> Replies<Submitted> {
    let mut tx = core.begin().await?;
    refuse_same_lease(&commands)?;
    let db = &mut tx.db();
    let (grants, mut changes) = leases::lock(db, commands.iter().map(|command| command.lease)).await?;
    let resolved: Vec<_> = commands.iter().map(|command| resolve(&grants, &mut changes, command)).collect();
    let submissions: Vec<Submission<'_>> =
        resolved.iter().filter_map(|of| of.as_ref().ok().copied()).collect();
    let keys = keys_to_look_up(&mut changes, &submissions);
    let mut saved = SavedItems::read(db, &keys).await?;
    let tokens = fencing_tokens(db, &saved, &submissions).await?;
    let mut checked = Answers::with_capacity(commands.len());
    for submission in resolved {
        let outcome = submission.and_then(|of| Ok((of, save_items(&mut changes, &mut saved, &tokens, of)?)));
        checked.push(outcome)?;
    }
    let incomplete = incomplete(&mut changes, &saved, checked.iter().flatten());
    let had = saved_items::items(db, &incomplete).await?;
    let mut answers = Answers::with_capacity(commands.len());
    for checked in checked.into_vec() {
        answers.push(match checked {
            Ok((_, Checked::Repeated(first))) => Ok(first),
            Ok((submission, Checked::Saved)) => {
                let items = Items { saved: &saved, had: had.get(&submission.lease.assignment()) };
                hand_in(core, db, &mut changes, items, submission).await
            }
            Err(error) => Err(error),
        })?;
    }
    changes.save(saved.into_rows());
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

/// A batch holds one command per lease: a second one must see what the first has written.
fn refuse_same_lease(commands: &[Submit]) -> Result<()> {
    let mut seen = HashSet::new();
    if commands.iter().all(|command| seen.insert(command.lease)) {
        return Ok(());
    }
    Err(StoreError::Collision("two submissions of one lease".into()))
}

fn resolve<'a>(grants: &'a Grants, changes: &mut Changes, command: &'a Submit) -> Result<Submission<'a>> {
    let of = LeaseRef { stage: Stage::Annotate, lease: command.lease, user: command.user };
    Ok(Submission { command, lease: grants.resolve(changes, of)? })
}

impl Submission<'_> {
    fn key(&self, item: ItemIndex) -> AnnotationKey {
        AnnotationKey { assignment: self.lease.assignment(), author: self.command.user, item }
    }
}

/// Keys to look up before writing. A current first lease without saved items has no stored rows and is skipped; for any
/// other lease the row does not tell, so its items are read.
fn keys_to_look_up(changes: &mut Changes, submissions: &[Submission<'_>]) -> Vec<AnnotationKey> {
    let mut keys = Vec::new();
    for submission in submissions {
        let assignment = changes.get(submission.lease.assignment());
        let is_untouched = assignment.is_some_and(|assignment| assignment.is_untouched());
        if !(submission.lease.stands() && is_untouched) {
            keys.extend(submission.command.items.iter().map(|work| submission.key(work.item)));
        }
    }
    keys
}

/// For submissions under a stale lease: the fencing tokens of the leases that saved the items they would overwrite.
async fn fencing_tokens(
    db: &mut Db<'_>,
    saved: &SavedItems,
    submissions: &[Submission<'_>],
) -> Result<HashMap<LeaseId, i64>> {
    let mut leases = HashSet::new();
    for submission in submissions.iter().filter(|submission| !submission.lease.stands()) {
        let items = submission.command.items.iter();
        leases.extend(items.filter_map(|work| saved.lease(&submission.key(work.item))));
    }
    if leases.is_empty() {
        return Ok(HashMap::new());
    }
    let grants = grants::of_leases(db, &leases.into_iter().collect::<Vec<_>>()).await?;
    Ok(grants.into_iter().map(|(lease, grant)| (lease, grant.fence)).collect())
}

/// Answers a submission that was taken before; otherwise saves the items that came with this one.
///
/// They are saved even where the lease is stale and the submission is refused, with two exceptions: the author's own
/// submission of the assignment is not touched, nor are items that the same user has saved under a later lease.
fn save_items(
    changes: &mut Changes,
    saved: &mut SavedItems,
    tokens: &HashMap<LeaseId, i64>,
    submission: Submission<'_>,
) -> Result<Checked> {
    let Submission { command, lease } = submission;
    if let Some(first) = first_submission(lease.grant, &command.submission)? {
        return Ok(Checked::Repeated(first));
    }
    let assignment = changes.get(lease.assignment()).ok_or(StoreError::NotFound)?;
    if let Some(foreign) = command.items.iter().find(|work| !assignment.ranges.contains(work.item)) {
        return Err(Refusal::ForeignItem(foreign.item).into());
    }
    let stands = lease.stands();
    if stands || assignment.author() != Some(command.user) {
        for work in &command.items {
            let before = saved.lease(&submission.key(work.item));
            let is_later = |lease_before: LeaseId| {
                tokens.get(&lease_before).is_none_or(|token| *token > lease.grant.fence)
            };
            if !stands && before.is_some_and(is_later) {
                continue;
            }
            let put = saved.put(Save {
                assignment: assignment.id,
                author: command.user,
                lease: command.lease,
                work: work.clone(),
                now: command.now,
            });
            // The row counts the items of the present holder only.
            assignment.saved += i64::from(put.is_new && lease.stands());
        }
    }
    lease.require_standing()?;
    Ok(Checked::Saved)
}

fn first_submission(grant: &GrantRow, key: &Key) -> Result<Option<Submitted>> {
    if grant.request.as_deref() != Some(key.text.as_str()) {
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

/// The submissions whose items do not all come with them.
fn incomplete<'a>(
    changes: &mut Changes,
    saved: &SavedItems,
    checked: impl Iterator<Item = &'a (Submission<'a>, Checked)>,
) -> Vec<WorkOf> {
    let mut incomplete = Vec::new();
    for (submission, _) in checked.filter(|(_, checked)| matches!(checked, Checked::Saved)) {
        let of = WorkOf { assignment: submission.lease.assignment(), author: submission.command.user };
        let items = Items { saved, had: None };
        let assignment = changes.get(of.assignment);
        if assignment.is_some_and(|assignment| !items.missing(assignment, of.author).is_empty()) {
            incomplete.push(of);
        }
    }
    incomplete
}

/// Which items of a submission are saved: by this batch, and before it.
#[derive(Clone, Copy)]
struct Items<'a> {
    saved: &'a SavedItems,
    had: Option<&'a HashSet<ItemIndex>>,
}

impl Items<'_> {
    /// The items of an assignment that are not saved.
    fn missing(&self, assignment: &Assignment, author: UserId) -> Vec<ItemIndex> {
        let is_saved = |item: &ItemIndex| {
            self.saved.contains(&AnnotationKey { assignment: assignment.id, author, item: *item })
                || self.had.is_some_and(|had| had.contains(item))
        };
        assignment.ranges.iter().filter(|item| !is_saved(item)).collect()
    }
}

async fn hand_in(
    core: &Core,
    db: &mut Db<'_>,
    changes: &mut Changes,
    items: Items<'_>,
    Submission { command, lease }: Submission<'_>,
) -> Result<Submitted> {
    let job = definition(core, db, lease.job()).await?;
    let assignment = changes.get(lease.assignment()).ok_or(StoreError::NotFound)?;
    let missing = items.missing(assignment, command.user);
    if !missing.is_empty() {
        assignment.saved = assignment.items - missing.len() as i64;
        return Err(Refusal::Incomplete(missing).into());
    }
    // Only what is really submitted is an opinion: a refused one must not keep its author from the other slots.
    if job.slots > 1 && !opinions::claim(db, assignment, command.user).await? {
        return Err(Refusal::SecondOpinion.into());
    }
    let review = job.review.draws(job.seed, command.lease);
    let detail = serde_json::json!({"review_percent": job.review.percent(), "to_review": review,
        "submission_id": command.submission.text});
    let entry = assignment.submit(command.user, review, detail, command.now);
    changes.log_through(command.token_maker, [entry]);
    let request = Request { key: command.submission.clone(), answer: None };
    changes.end_by(command.lease, request, command.now);
    changes.count(lease.job(), Counter::Submissions, 1);
    let next = match review {
        true => Next::Reviewer,
        false => next_of_unreviewed(changes, command, lease.assignment())?,
    };
    Ok(Submitted { assignment: lease.assignment(), status: Status::Completed, next, fresh: true })
}

/// Accepts a submission that no reviewer is to see, if all its items came with it.
fn next_of_unreviewed(changes: &mut Changes, command: &Submit, assignment: AssignmentId) -> Result<Next> {
    let whole = WholeSubmission { assignment, author: command.user, items: &command.items, at: command.now };
    Ok(if accept_at_once(changes, &whole)? { Next::Nobody } else { Next::Rule })
}
