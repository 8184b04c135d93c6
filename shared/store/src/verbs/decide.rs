//! The decision of a review, with the rework that it makes.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use swath_domain::assignment::Decision;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::log::Entry;
use swath_domain::planted::{Bug, is};
use swath_domain::progress::Counter;
use swath_domain::review::Verdict;
use swath_domain::{Refusal, Stage, Status, Time};
use uuid::Uuid;

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit, settle};
use crate::engine::db::{Db, fetch_each};
use crate::error::{Result, StoreError};
use crate::model::rows::GrantRow;
use crate::tables::answers::Key;
use crate::tables::changes::{AcceptedRow, Judged, Taken};
use crate::verbs::holdings::free_reservation;
use crate::verbs::jobs::definition;
use crate::verbs::leases::Holds;
use crate::verbs::verdicts::{VerdictRow, refuse_makers_own_work, submission_with};

/// A reviewer decides a submission.
#[derive(Debug, Clone)]
pub struct Decide {
    /// Under which review.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// A decision under way: its guard holds.
struct Deciding<'a> {
    command: &'a Decide,
    id: AssignmentId,
    job: JobId,
    author: UserId,
    submission: LeaseId,
}

pub(crate) async fn decide(core: &Core, commands: Vec<Decide>) -> Replies<Decided> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(commands.len());
    for command in &commands {
        if !seen.insert(command.lease) {
            return Err(StoreError::Collision("two decisions of one review".into()));
        }
        checked.push(settle(begin_to_decide(&mut holds, command))?);
    }
    let deciding: Vec<_> =
        checked.iter().filter_map(|checked| checked.as_ref().ok()?.as_ref().err()).collect();
    let mut standing = items_under(db, &deciding).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for checked in checked {
        answers.push(match checked {
            Ok(Ok(first)) => Ok(first),
            Ok(Err(deciding)) => {
                let mut items = standing.remove(&deciding.id).unwrap_or_default();
                holds.changes.judge(deciding.judge(&mut items));
                settle(decide_one(core, db, &mut holds, &deciding, &items).await)?
            }
            Err(error) => Err(error),
        });
    }
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

/// The answer to a decision that was taken before, or what is needed to take this one.
fn begin_to_decide<'a>(
    holds: &mut Holds,
    command: &'a Decide,
) -> Result<std::result::Result<Decided, Deciding<'a>>> {
    let grant = holds.grant(Stage::Review, command.lease, command.user)?;
    if let Some(first) = first_decision(grant, &command.decision)? {
        return Ok(Ok(first));
    }
    let job = JobId(grant.job);
    let id = holds.standing(Stage::Review, command.lease, command.user)?;
    refuse_makers_own_work(holds, id, command.token_maker)?;
    let submission = submission_with(holds, id, command.verdicts.iter().map(|verdict| verdict.item))?;
    let author =
        holds.changes.get(id).and_then(|assignment| assignment.author).ok_or(StoreError::NotFound)?;
    Ok(Err(Deciding { command, id, job, author, submission }))
}

async fn decide_one(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    deciding: &Deciding<'_>,
    items: &[Item],
) -> Result<Decided> {
    let Deciding { command, id, job, .. } = *deciding;
    let decision = tally(items)?;
    let terms = definition(core, db, job).await?.terms;
    let Some(assignment) = holds.changes.get(id) else { return Err(StoreError::NotFound) };
    let accepted = deciding.accepted(assignment.slot, items);
    let (entry, child) = assignment.decide(command.user, &decision, terms, command.now);
    let status = assignment.status;
    let rework = child.as_ref().map(|(child, _)| (child.id, (child.round, child.number)));
    holds.changes.accept(accepted);
    holds.changes.log_through(command.token_maker, [entry]);
    if let Some((mut child, entry)) = child {
        let freed = free_reservation(db, &mut child, command.now).await?;
        holds.changes.create(child, Entry { token_maker: command.token_maker, ..entry });
        freed.into_iter().for_each(|entry| holds.changes.log(entry));
    }
    holds.changes.count(job, Counter::Decisions, 1);
    holds.changes.count(job, Counter::Rejects, decision.rejected.len() as i64);
    let (rework, rework_key) = rework.unzip();
    let rejected = items.iter().filter(|item| item.accept == Some(false)).map(|item| item.reason.clone());
    let rejected = rejected.collect();
    let decided = Decided { assignment: id, job, status, rework, rework_key, rejected, fresh: true };
    let answer = serde_json::to_string(&decided).map_err(|e| StoreError::Conflict(e.to_string()))?;
    let taken = Taken { key: command.decision.clone(), answer: Some(answer) };
    holds.changes.hand_in(command.lease, taken, command.now);
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

/// An item of a submission, and what its reviewer says of it.
struct Item {
    item: i64,
    skipped: bool,
    accept: Option<bool>,
    reason: Option<String>,
}

impl Deciding<'_> {
    /// Judges what the decision has something to say of; where the rest is to be accepted, the others as well.
    fn judge(&self, items: &mut [Item]) -> Vec<Judged> {
        let command = self.command;
        let mut verdicts: BTreeMap<_, _> =
            command.verdicts.iter().map(|verdict| (verdict.item, verdict.clone())).collect();
        for Item { item, accept, reason, .. } in items {
            if let Some(verdict) = verdicts.get(item) {
                *accept = Some(verdict.verdict == Verdict::Accept);
                reason.clone_from(&verdict.reason);
            } else if accept.is_none() && command.accept_rest {
                *accept = Some(true);
                verdicts.insert(*item, VerdictRow::plain(*item, Verdict::Accept));
            }
        }
        let (submission, reviewer, lease) = (self.submission, command.user, command.lease);
        let judged = |verdict| Judged { submission, reviewer, lease, verdict, at: command.now };
        verdicts.into_values().map(judged).collect()
    }

    /// The items that become final.
    fn accepted(&self, slot: i64, items: &[Item]) -> Vec<AcceptedRow> {
        let Deciding { command, id: assignment, job, author, .. } = *self;
        let row = |Item { item, skipped, .. }: &Item| AcceptedRow {
            job,
            item: *item,
            slot,
            assignment,
            author,
            reviewer: Some(command.user),
            skipped: *skipped,
            at: command.now,
        };
        items.iter().filter(|item| item.accept == Some(true)).map(row).collect()
    }
}

/// The items of these submissions in order, with the verdicts that their reviewers have saved.
async fn items_under(
    db: &mut Db<'_>,
    deciding: &[&Deciding<'_>],
) -> Result<HashMap<AssignmentId, Vec<Item>>> {
    type Row = (Uuid, i64, bool, Option<bool>, Option<String>);
    let rows = fetch_each!(
        db,
        Row,
        "SELECT n.assignment, n.item, n.skipped, v.accept, v.reason
         FROM {rows} CROSS JOIN annotations n
         LEFT JOIN verdicts v ON v.submission = c.submission AND v.reviewer = c.reviewer AND v.item = n.item
         WHERE n.assignment = c.assignment AND n.author = c.author ORDER BY n.assignment, n.item",
        deciding,
        |d| {
            assignment: uuid = d.id.0,
            author: uuid = d.author.0,
            submission: uuid = d.submission.0,
            reviewer: uuid = d.command.user.0,
        };
        |t| {
            let verdict = |item| t.verdicts.get(&(d.submission.0, d.command.user.0, item));
            t.annotations_by(d.id.0, d.author.0).map(move |(item, note)| {
                let said = verdict(item);
                (d.id.0, item, note.skipped, said.map(|row| row.accept), said.and_then(|row| row.reason.clone()))
            })
        }
    )?;
    let mut items: HashMap<_, Vec<_>> = HashMap::new();
    for (id, item, skipped, accept, reason) in rows {
        items.entry(AssignmentId(id)).or_default().push(Item { item, skipped, accept, reason });
    }
    Ok(items)
}

/// Sorts a submission's items by their verdicts; those without one are missing.
fn tally(items: &[Item]) -> Result<Decision> {
    let mut decision = Decision::default();
    let mut missing = Vec::new();
    for &Item { item, skipped, accept, .. } in items {
        match accept {
            None => missing.push(item),
            Some(false) => decision.rejected.push(item),
            Some(true) if skipped => decision.skipped.push(item),
            Some(true) => decision.accepted.push(item),
        }
    }
    if missing.is_empty() { Ok(decision) } else { Err(Refusal::Incomplete(missing).into()) }
}
