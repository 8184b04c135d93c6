//! Decides reviews, and makes the rework of what was rejected.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use swath_domain::assignment::Decision;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::log::Entry;
use swath_domain::progress::Counter;
use swath_domain::review::Verdict;
use swath_domain::{Refusal, Round, Slot, Stage, Status, Time};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::requests::Key;
use crate::model::rows::GrantRow;
use crate::model::verdicts::VerdictRow;
use crate::tables::verdicts::{JudgedItem, SubmissionUnderReview, judged_items};
use crate::tables::written::{AcceptedRow, Judged, Request};
use crate::verbs::changes::Changes;
use crate::verbs::definition::definition;
use crate::verbs::leases::{self, Grants, LeaseRef};
use crate::verbs::leavers::free_reservation;
use crate::verbs::review::{refuse_own_work, submission_with};

/// A reviewer decides a submission.
#[derive(Debug, Clone)]
pub struct Decide {
    /// The review, which is a lease.
    pub lease: LeaseId,
    /// The reviewer, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The client's `decision_id` and what came with it.
    pub decision: Key,
    /// Verdicts saved on the way.
    pub verdicts: Vec<VerdictRow>,
    /// Whether items without a verdict are accepted.
    pub accept_rest: bool,
    /// When it is decided, by the database's clock.
    pub now: Time,
}

/// The answer, the same however often the decision is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// The assignment that was decided.
    #[serde(skip, default = "nowhere")]
    pub assignment: AssignmentId,
    /// The job of the assignment.
    #[serde(skip, default = "no_job")]
    pub job: JobId,
    /// Accepted, or rejected if a rework was made.
    pub status: Status,
    /// The rework, where items were rejected.
    pub rework: Option<AssignmentId>,
    /// Its round and number.
    pub rework_key: Option<(Round, i64)>,
    /// The reason of each rejected item, where this call did it.
    #[serde(skip)]
    pub rejected: Vec<Option<String>>,
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

/// A decision that may be taken, as far as its review is concerned.
struct Deciding<'a> {
    command: &'a Decide,
    job: JobId,
    of: SubmissionUnderReview,
}

/// What the first look at a decision found.
enum Checked<'a> {
    /// It was taken before.
    Repeated(Decided),
    /// It can be taken if no item lacks a verdict.
    New(Deciding<'a>),
}

pub(crate) async fn decide(core: &Core, commands: Vec<Decide>) -> Replies<Decided> {
    let mut tx = core.begin().await?;
    refuse_same_review(&commands)?;
    let db = &mut tx.db();
    let (grants, mut changes) = leases::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut checked = Answers::with_capacity(commands.len());
    for command in &commands {
        checked.push(check(&grants, &mut changes, command))?;
    }
    let new = checked.iter().filter_map(|checked| match checked {
        Ok(Checked::New(deciding)) => Some(deciding.of),
        Ok(Checked::Repeated(_)) | Err(_) => None,
    });
    let mut judged = judged_items(db, &new.collect::<Vec<_>>()).await?;
    let mut answers = Answers::with_capacity(commands.len());
    for checked in checked.into_vec() {
        answers.push(match checked {
            Ok(Checked::Repeated(first)) => Ok(first),
            Ok(Checked::New(deciding)) => {
                let mut items = judged.remove(&deciding.of.assignment).unwrap_or_default();
                changes.judge(deciding.judge(&mut items));
                decide_one(core, db, &mut changes, &deciding, &items).await
            }
            Err(error) => Err(error),
        })?;
    }
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

/// A batch holds one decision per review: a second one must see what the first has written.
fn refuse_same_review(commands: &[Decide]) -> Result<()> {
    let mut seen = HashSet::new();
    if commands.iter().all(|command| seen.insert(command.lease)) {
        return Ok(());
    }
    Err(StoreError::Collision("two decisions of one review".into()))
}

/// The answer to a decision that was taken before, or what is needed to take this one.
fn check<'a>(grants: &Grants, changes: &mut Changes, command: &'a Decide) -> Result<Checked<'a>> {
    let of = LeaseRef { stage: Stage::Review, lease: command.lease, user: command.user };
    let review = grants.resolve(changes, of)?;
    if let Some(first) = first_decision(review.grant, &command.decision)? {
        return Ok(Checked::Repeated(first));
    }
    review.require_standing()?;
    let assignment = review.assignment();
    refuse_own_work(changes, assignment, command.token_maker)?;
    let submission =
        submission_with(changes, assignment, command.verdicts.iter().map(|verdict| verdict.item))?;
    let author = changes.get(assignment).and_then(|row| row.author()).ok_or(StoreError::NotFound)?;
    let of = SubmissionUnderReview { assignment, author, submission, reviewer: command.user };
    Ok(Checked::New(Deciding { command, job: review.job(), of }))
}

async fn decide_one(
    core: &Core,
    db: &mut Db<'_>,
    changes: &mut Changes,
    deciding: &Deciding<'_>,
    items: &[JudgedItem],
) -> Result<Decided> {
    let Deciding { command, job, of } = *deciding;
    let decision = tally(items)?;
    let policy = definition(core, db, job).await?.lease_policy;
    let assignment = changes.get(of.assignment).ok_or(StoreError::NotFound)?;
    let accepted = deciding.accepted(assignment.key.slot, items);
    let (entry, child) = assignment.decide(command.user, &decision, policy, command.now);
    let status = assignment.status;
    let rework = child.as_ref().map(|(child, _)| (child.id, (child.key.round, child.key.number)));
    changes.accept(accepted);
    changes.log_through(command.token_maker, [entry]);
    if let Some((mut child, entry)) = child {
        let freed = free_reservation(db, &mut child, command.now).await?;
        changes.create(child, Entry { token_maker: command.token_maker, ..entry });
        freed.into_iter().for_each(|entry| changes.log(entry));
    }
    changes.count(job, Counter::Decisions, 1);
    changes.count(job, Counter::Rejects, decision.rejected.len() as i64);
    let (rework, rework_key) = rework.unzip();
    let rejected = items.iter().filter(|item| item.accept == Some(false)).map(|item| item.reason.clone());
    let rejected = rejected.collect();
    let decided =
        Decided { assignment: of.assignment, job, status, rework, rework_key, rejected, fresh: true };
    let request = Request { key: command.decision.clone(), answer: Some(decided.stored()) };
    changes.end_by(command.lease, request, command.now);
    Ok(decided)
}

impl Decided {
    /// The answer as it is kept for a decision that is sent again.
    #[expect(clippy::expect_used, reason = "a decision has only text keys, so it is always valid JSON")]
    fn stored(&self) -> String {
        serde_json::to_string(self).expect("a decision is always valid JSON")
    }
}

fn first_decision(grant: &GrantRow, key: &Key) -> Result<Option<Decided>> {
    if grant.request.as_deref() != Some(key.text.as_str()) {
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

impl Deciding<'_> {
    /// Applies the verdicts that came with the decision. Where the rest is to be accepted, items without one are.
    fn judge(&self, items: &mut [JudgedItem]) -> Vec<Judged> {
        let command = self.command;
        let mut verdicts: BTreeMap<_, _> =
            command.verdicts.iter().map(|verdict| (verdict.item, verdict.clone())).collect();
        for JudgedItem { item, accept, reason, .. } in items {
            if let Some(verdict) = verdicts.get(item) {
                *accept = Some(verdict.verdict == Verdict::Accept);
                reason.clone_from(&verdict.reason);
            } else if accept.is_none() && command.accept_rest {
                *accept = Some(true);
                verdicts.insert(*item, VerdictRow::plain(*item, Verdict::Accept));
            }
        }
        let (submission, reviewer, lease) = (self.of.submission, command.user, command.lease);
        let judged = |verdict| Judged { submission, reviewer, lease, verdict, at: command.now };
        verdicts.into_values().map(judged).collect()
    }

    /// The items that become final.
    fn accepted(&self, slot: Slot, items: &[JudgedItem]) -> Vec<AcceptedRow> {
        let Deciding { command, job, of } = *self;
        let row = |JudgedItem { item, skipped, .. }: &JudgedItem| AcceptedRow {
            job,
            item: *item,
            slot,
            assignment: of.assignment,
            author: of.author,
            reviewer: Some(of.reviewer),
            skipped: *skipped,
            at: command.now,
        };
        items.iter().filter(|item| item.accept == Some(true)).map(row).collect()
    }
}

/// Sorts a submission's items by their verdicts; those without one are missing.
fn tally(items: &[JudgedItem]) -> Result<Decision> {
    let mut decision = Decision::default();
    let mut missing = Vec::new();
    for &JudgedItem { item, skipped, accept, .. } in items {
        match accept {
            None => missing.push(item),
            Some(false) => decision.rejected.push(item),
            Some(true) if skipped => decision.skipped.push(item),
            Some(true) => decision.accepted.push(item),
        }
    }
    if missing.is_empty() { Ok(decision) } else { Err(Refusal::Incomplete(missing).into()) }
}
