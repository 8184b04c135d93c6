//! Saves verdicts, item by item, while a submission is under review.

use std::collections::BTreeMap;

use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{Stage, Time};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::Result;
use crate::model::verdicts::VerdictRow;
use crate::tables::written::Judged;
use crate::verbs::changes::Changes;
use crate::verbs::leases::{self, Grants, LeaseRef, SignOfLife};
use crate::verbs::review::{refuse_own_work, submission_with};

/// A reviewer saves a verdict.
#[derive(Debug, Clone)]
pub struct PutVerdict {
    /// The review, which is a lease.
    pub lease: LeaseId,
    /// The reviewer, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The item and what the reviewer says of it.
    pub verdict: VerdictRow,
    /// When it is saved, by the database's clock.
    pub now: Time,
}

pub(crate) async fn put(core: &Core, commands: Vec<PutVerdict>) -> Replies<()> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let (grants, mut changes) = leases::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut puts = BTreeMap::new();
    let mut answers = Answers::with_capacity(commands.len());
    for command in &commands {
        let put = put_one(core, db, &grants, &mut changes, command).await;
        answers.push(put.map(|put| {
            puts.insert((put.submission, put.reviewer, put.verdict.item), put);
        }))?;
    }
    changes.judge(puts.into_values());
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

async fn put_one(
    core: &Core,
    db: &mut Db<'_>,
    grants: &Grants,
    changes: &mut Changes,
    command: &PutVerdict,
) -> Result<Judged> {
    let &PutVerdict { lease, user, token_maker, now, .. } = command;
    let review = grants.resolve(changes, LeaseRef { stage: Stage::Review, lease, user })?;
    review.require_standing()?;
    let submission = submission_with(changes, review.assignment(), [command.verdict.item])?;
    refuse_own_work(changes, review.assignment(), token_maker)?;
    leases::extend(core, db, changes, &review, SignOfLife { token_maker, now }).await?;
    Ok(Judged { submission, reviewer: user, lease, verdict: command.verdict.clone(), at: now })
}
