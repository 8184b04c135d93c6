//! Saves single items durably, under assignment, author and item.

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::{Refusal, Stage, Time};

use crate::engine::answers::Answers;
use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit};
use crate::engine::db::Db;
use crate::error::{Result, StoreError};
use crate::model::work::ItemWork;
use crate::tables::saved_items::AnnotationKey;
use crate::tables::written::Save;
use crate::verbs::changes::Changes;
use crate::verbs::leases::{self, LeaseRef, Resolved, SignOfLife};
use crate::verbs::saved_items::SavedItems;

/// An annotator saves one item.
#[derive(Debug, Clone)]
pub struct SaveItem {
    /// The lease under which it is saved.
    pub lease: LeaseId,
    /// The user, who must hold that lease.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The item and its annotation.
    pub work: ItemWork,
    /// Only if the saved revision is this one; 0 where nothing may be saved yet.
    pub if_revision: Option<i64>,
    /// When it is saved, by the database's clock.
    pub now: Time,
}

/// The answer to a save.
#[derive(Debug, Clone, Copy)]
pub struct ItemSaved {
    /// The assignment that the item belongs to.
    pub assignment: AssignmentId,
    /// The revision; the same body again keeps it.
    pub revision: i64,
    /// When the lease expires.
    pub expires: Time,
}

/// How the sentence of a failed `If-Match` begins.
pub(crate) const REVISION: &str = "the saved revision is";

pub(crate) async fn save(core: &Core, commands: Vec<SaveItem>) -> Replies<ItemSaved> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let (grants, mut changes) = leases::lock(db, commands.iter().map(|command| command.lease)).await?;
    let mut resolved = Vec::with_capacity(commands.len());
    for command in &commands {
        let of = LeaseRef { stage: Stage::Annotate, lease: command.lease, user: command.user };
        resolved.push(grants.resolve(&mut changes, of));
    }
    let keys =
        commands.iter().zip(&resolved).filter_map(|(command, lease)| Some(command.key(lease.as_ref().ok()?)));
    let mut saved = SavedItems::read(db, &keys.collect::<Vec<_>>()).await?;
    let mut answers = Answers::with_capacity(commands.len());
    for (command, lease) in commands.iter().zip(resolved) {
        answers.push(match lease {
            Ok(lease) => save_one(core, db, &mut changes, &mut saved, command, &lease).await,
            Err(error) => Err(error),
        })?;
    }
    changes.save(saved.into_rows());
    changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

impl SaveItem {
    fn key(&self, lease: &Resolved<'_>) -> AnnotationKey {
        AnnotationKey { assignment: lease.assignment(), author: self.user, item: self.work.item }
    }
}

async fn save_one(
    core: &Core,
    db: &mut Db<'_>,
    changes: &mut Changes,
    saved: &mut SavedItems,
    command: &SaveItem,
    lease: &Resolved<'_>,
) -> Result<ItemSaved> {
    lease.require_standing()?;
    let key = command.key(lease);
    if !changes.get(key.assignment).is_some_and(|assignment| assignment.ranges.contains(key.item)) {
        return Err(Refusal::ForeignItem(key.item).into());
    }
    let revision = saved.revision(&key);
    // What is saved may be this very command, whose answer was lost.
    let is_repeat = |wanted: i64| wanted == revision - 1 && saved.has_body(&key, &command.work.body);
    if command.if_revision.is_some_and(|wanted| wanted != revision && !is_repeat(wanted)) {
        return Err(StoreError::Conflict(format!("{REVISION} {revision}")));
    }
    // A save keeps the lease alive.
    let by = SignOfLife { token_maker: command.token_maker, now: command.now };
    let renewed = leases::extend(core, db, changes, lease, by).await?;
    let put = saved.put(Save {
        assignment: key.assignment,
        author: command.user,
        lease: command.lease,
        work: command.work.clone(),
        now: command.now,
    });
    if let Some(assignment) = changes.get(key.assignment) {
        assignment.saved += i64::from(put.is_new);
    }
    Ok(ItemSaved { assignment: key.assignment, revision: put.revision, expires: renewed.expires })
}
