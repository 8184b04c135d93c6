//! Confirming: one item, or a handful, saved durably under (assignment, author, item).

use std::collections::HashMap;

use swath_domain::ids::{AssignmentId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Refusal, Stage, Time};
use uuid::Uuid;

use crate::engine::batcher::Replies;
use crate::engine::core::{Core, commit, settle};
use crate::engine::db::{Db, fetch_each};
use crate::error::{Result, StoreError};
use crate::verbs::leases::{Holds, Renew};

/// What a person says of one item: its canonical JSON, checked by the caller.
#[derive(Debug, Clone)]
pub struct ItemWork {
    /// The item.
    pub item: i64,
    /// The annotation.
    pub body: String,
    /// Whether the item was skipped.
    pub skipped: bool,
}

/// Saves one item.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Under which lease.
    pub lease: LeaseId,
    /// By whom.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// What.
    pub work: ItemWork,
    /// Only if the saved revision is this one; 0 where nothing may be saved yet.
    pub if_revision: Option<i64>,
    /// When.
    pub now: Time,
}

impl Confirm {
    /// A save keeps the lease alive.
    fn renewal(&self) -> Renew {
        let &Self { lease, user, token_maker, now, .. } = self;
        Renew { stage: Stage::Annotate, lease, user, token_maker, now }
    }
}

/// What was saved.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed {
    /// The assignment.
    pub assignment: AssignmentId,
    /// The revision; the same body again keeps it.
    pub revision: i64,
    /// When the lease lapses.
    pub expires: Time,
}

/// An item as it is written, at its new revision.
pub(crate) struct SavedRow {
    pub(crate) revision: i64,
    pub(crate) save: Save,
}

/// An item that is to be written.
#[derive(Debug, Clone)]
pub struct Save {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) lease: LeaseId,
    pub(crate) work: ItemWork,
    pub(crate) now: Time,
}

type Place = (AssignmentId, UserId, i64);

/// A saved item: its revision, its body, and under which lease it was saved.
struct Stored {
    revision: i64,
    body: String,
    lease: LeaseId,
}

/// What is stored at the places that a batch writes to, as the batch changes it.
#[derive(Default)]
pub(crate) struct Saved {
    rows: HashMap<Place, Stored>,
    dirty: HashMap<Place, (i64, Save)>,
}

impl Saved {
    /// Reads what stands at these places. Their assignments must be locked.
    pub(crate) async fn read(db: &mut Db<'_>, places: Vec<Place>) -> Result<Self> {
        type Row = (Uuid, Uuid, i64, i64, String, Uuid);
        let rows = fetch_each!(
            db,
            Row,
            "SELECT n.assignment, n.author, n.item, n.revision, n.body, n.lease FROM {rows} CROSS JOIN annotations n
             WHERE n.assignment = c.assignment AND n.author = c.author AND n.item = c.item",
            &places,
            |p| { assignment: uuid = p.0.0, author: uuid = p.1.0, item: bigint = p.2 };
            |t| t.annotations.get(&(p.0.0, p.1.0, p.2)).map(|n| (p.0.0, p.1.0, p.2, n.revision, n.body.clone(), n.lease))
        )?;
        let stored = |row: &mut Row| Stored {
            revision: row.3,
            body: std::mem::take(&mut row.4),
            lease: LeaseId(row.5),
        };
        let place = |mut row: Row| ((AssignmentId(row.0), UserId(row.1), row.2), stored(&mut row));
        Ok(Self { rows: rows.into_iter().map(place).collect(), dirty: HashMap::new() })
    }

    /// The saved revision, 0 where there is none.
    pub(crate) fn revision(&self, place: &Place) -> i64 {
        self.rows.get(place).map_or(0, |stored| stored.revision)
    }

    /// Whether this very body is saved there.
    fn has_body(&self, place: &Place, body: &str) -> bool {
        self.rows.get(place).is_some_and(|stored| stored.body == body)
    }

    /// Saves one item and says at which revision, and whether it is new there. The same body keeps its revision, and is
    /// from now on what was saved under this lease.
    pub(crate) fn put(&mut self, save: Save) -> (i64, bool) {
        let place = (save.assignment, save.author, save.work.item);
        let before = self.rows.get(&place);
        let is_new = before.is_none();
        let is_same = before.is_some_and(|stored| stored.body == save.work.body);
        if is_same && before.is_some_and(|stored| stored.lease == save.lease) {
            return (self.revision(&place), false);
        }
        let step = i64::from(is_new || !is_same && !is(Bug::RevisionStands));
        let revision = self.revision(&place) + step;
        self.rows.insert(place, Stored { revision, body: save.work.body.clone(), lease: save.lease });
        self.dirty.insert(place, (revision, save));
        (revision, is_new)
    }

    /// Under which lease an item was saved.
    pub(crate) fn lease(&self, place: &Place) -> Option<LeaseId> {
        self.rows.get(place).map(|stored| stored.lease)
    }

    /// Whether something is saved at a place by now, as far as this batch knows.
    pub(crate) fn holds(&self, place: &Place) -> bool {
        self.rows.contains_key(place)
    }

    /// What is to be written, in the order of its places.
    pub(crate) fn into_rows(self) -> Vec<SavedRow> {
        let mut rows: Vec<_> = self.dirty.into_iter().collect();
        rows.sort_unstable_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, (revision, save))| SavedRow { revision, save }).collect()
    }
}

pub(crate) async fn confirm(core: &Core, commands: Vec<Confirm>) -> Replies<Confirmed> {
    let mut tx = core.begin().await?;
    let db = &mut tx.db();
    let mut holds = Holds::lock(db, commands.iter().map(|command| command.lease)).await?;
    let places = commands.iter().filter_map(|command| {
        let grant = holds.grant(Stage::Annotate, command.lease, command.user).ok()?;
        Some((AssignmentId(grant.assignment), command.user, command.work.item))
    });
    let mut saved = Saved::read(db, places.collect()).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for command in &commands {
        answers.push(settle(confirm_one(core, db, &mut holds, &mut saved, command).await)?);
    }
    holds.changes.save(saved.into_rows());
    holds.changes.write(db, core.stripe).await?;
    commit(tx, answers).await
}

async fn confirm_one(
    core: &Core,
    db: &mut Db<'_>,
    holds: &mut Holds,
    saved: &mut Saved,
    command: &Confirm,
) -> Result<Confirmed> {
    let id = holds.standing(Stage::Annotate, command.lease, command.user)?;
    let item = command.work.item;
    if !holds.changes.get(id).is_some_and(|assignment| assignment.ranges.contains(item)) {
        return Err(Refusal::ForeignItem(item).into());
    }
    let place = (id, command.user, item);
    let revision = saved.revision(&place);
    // What stands there already may be this very save, whose answer was lost.
    let is_repeat = |wanted: i64| wanted == revision - 1 && saved.has_body(&place, &command.work.body);
    if command.if_revision.is_some_and(|wanted| wanted != revision && !is_repeat(wanted)) {
        return Err(StoreError::Conflict(format!("{REVISION} {revision}")));
    }
    let touched = holds.touch(core, db, &command.renewal()).await?;
    let save = Save {
        assignment: id,
        author: command.user,
        lease: command.lease,
        work: command.work.clone(),
        now: command.now,
    };
    let (revision, is_new) = saved.put(save);
    if let Some(assignment) = holds.changes.get(id) {
        assignment.confirmed += i64::from(is_new);
    }
    Ok(Confirmed { assignment: id, revision, expires: touched.expires })
}

/// How the sentence of a failed `If-Match` begins.
pub(crate) const REVISION: &str = "the saved revision is";
