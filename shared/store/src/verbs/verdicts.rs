//! Verdicts, item by item: saved while a submission is under review, and read again in the round after.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::review::Verdict;
use swath_domain::{Refusal, Stage, Time};
use uuid::Uuid;

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit, settle};
use crate::engine::db::{Db, fetch_all, row};
use crate::error::{Result, StoreError};
use crate::model::memory::VerdictRecord;
use crate::store::Store;
use crate::tables::changes::Judged;
use crate::verbs::leases::{Holds, Renew};

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
    /// Which figures it is about, by their positions; the item as a whole where there are none.
    pub figures: Vec<u32>,
}

impl VerdictRow {
    /// A verdict that says no more than that.
    pub fn plain(item: i64, verdict: Verdict) -> Self {
        Self { item, verdict, reason: None, comment: None, figures: Vec::new() }
    }

    /// The figures as they are stored.
    pub(crate) fn stored_figures(&self) -> Option<String> {
        let is_named = !self.figures.is_empty() && !is(Bug::FiguresForgotten);
        is_named.then(|| serde_json::json!(self.figures).to_string())
    }
}

row! {
    /// A verdict as it is stored.
    pub(crate) struct StoredVerdict {
        item: i64, accept: bool, reason: Option<String>, comment: Option<String>, figures: Option<String>,
    }
}

impl From<StoredVerdict> for VerdictRow {
    fn from(row: StoredVerdict) -> Self {
        let StoredVerdict { item, accept, reason, comment, figures } = row;
        let verdict = if accept { Verdict::Accept } else { Verdict::Reject };
        // Nothing else writes the list; one that cannot be read names no figure rather than failing the whole page.
        let figures = figures.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default();
        Self { item, verdict, reason, comment, figures }
    }
}

/// A reviewer saves a verdict.
#[derive(Debug, Clone)]
pub struct PutVerdict {
    /// Under which review.
    pub lease: LeaseId,
    /// Who.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// What.
    pub verdict: VerdictRow,
    /// When.
    pub now: Time,
}

pub(crate) async fn put_verdicts(core: &Core, commands: Vec<PutVerdict>) -> Replies<()> {
    let mut tx = core.begin().await?;
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
    holds.changes.judge(puts.into_values());
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

async fn accept_verdict(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    command: &PutVerdict,
) -> Result<Judged> {
    let id = holds.standing(Stage::Review, command.lease, command.user)?;
    let submission = submission_with(holds, id, [command.verdict.item])?;
    refuse_makers_own_work(holds, id, command.token_maker)?;
    let &PutVerdict { lease, user, token_maker, now, .. } = command;
    holds.touch(core, db, &Renew { stage: Stage::Review, lease, user, token_maker, now }).await?;
    let verdict = command.verdict.clone();
    Ok(Judged { submission, reviewer: command.user, lease, verdict, at: command.now })
}

/// The maker of a token can act through it, so a review through a token that the author made is a review of own work.
pub(crate) fn refuse_makers_own_work(
    holds: &mut Holds,
    id: AssignmentId,
    token_maker: Option<UserId>,
) -> Result<()> {
    let author = holds.changes.get(id).and_then(|assignment| assignment.author);
    if token_maker.is_some() && author == token_maker { Err(Refusal::OwnWork.into()) } else { Ok(()) }
}

/// The submission under review, if it holds all these items.
pub(crate) fn submission_with(
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

impl Store {
    /// The bytes of the texts of the verdicts that were saved on a submission, by item.
    pub async fn verdict_sizes(&self, submission: LeaseId) -> Result<Vec<(i64, i64)>> {
        let mut reader = self.reader().await?;
        fetch_all!(
            &mut reader.db(),
            (i64, i64),
            "SELECT item, CAST(COALESCE(octet_length(reason), 0) + COALESCE(octet_length(comment), 0)
                         + COALESCE(octet_length(figures), 0) AS BIGINT)
             FROM verdicts WHERE submission = $1 ORDER BY item",
            submission.0;
            |t| {
                let all = t.verdicts.iter().filter(|((on, ..), _)| *on == submission.0);
                let size = |((_, _, item), v): (&(Uuid, Uuid, i64), &VerdictRecord)| (*item, v.bytes());
                let mut sizes: Vec<_> = all.map(size).collect();
                sizes.sort_unstable();
                sizes
            }
        )
    }

    /// The verdicts by which a submission was decided, on these items, by item. Reviewers who gave it back before that may
    /// have saved others.
    pub async fn deciding_verdicts(
        &self,
        (assignment, submission): (AssignmentId, LeaseId),
        items: RangeInclusive<i64>,
    ) -> Result<Vec<VerdictRow>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            StoredVerdict,
            "SELECT item, accept, reason, comment, figures FROM verdicts
             WHERE submission = $1 AND item >= $2 AND item <= $3
               AND reviewer = (SELECT actor FROM decision_log
                               WHERE subject = $4 AND action = 'decide' ORDER BY seq DESC LIMIT 1)
             ORDER BY item",
            submission.0,
            *items.start(),
            *items.end(),
            assignment.0;
            |t| {
                let log = t.log.range((assignment.0, 0)..=(assignment.0, i64::MAX));
                let reviewer = log.rev().find(|(_, entry)| entry.action == "decide");
                let reviewer = reviewer.and_then(|(_, entry)| entry.actor).map(|reviewer| reviewer.0);
                let here = |on: &Uuid, by: &Uuid, item: &i64| {
                    let decided = Some(*by) == reviewer || is(Bug::VerdictsOfOthers);
                    *on == submission.0 && decided && items.contains(item)
                };
                let all = t.verdicts.iter().filter(|((on, by, item), _)| here(on, by, item));
                let row = |((_, _, item), v): (&(Uuid, Uuid, i64), &VerdictRecord)| v.stored(*item);
                let mut rows: Vec<_> = all.map(row).collect();
                rows.sort_by_key(|row| row.item);
                rows
            }
        )?;
        Ok(rows.into_iter().map(VerdictRow::from).collect())
    }
}
