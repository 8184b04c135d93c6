//! One transaction's changes to assignments: the rows are locked first, changed as values by the domain's
//! transitions, and written at the end together with their log entries, grants and counters.

mod model;
mod parts;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use swath_domain::event::{Change, Event};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::log::Entry;
use swath_domain::planted::{Bug, is};
use swath_domain::progress::{Counter, Progress};
use swath_domain::{Assignment, Stage, Stale, Status, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute_each, fetch_as_each};
use crate::error::Result;
use crate::model::rows::{AssignmentRow, GrantRow, assignment_columns};
use crate::tables::answers::Key;
use crate::tables::progress;
use crate::verbs::events::NewEvent;
use crate::verbs::save::SavedRow;
use crate::verbs::verdicts::VerdictRow;

macro_rules! of_ids {
    ($lock:literal) => {
        concat!(
            "SELECT ",
            assignment_columns!("a."),
            " FROM {rows} CROSS JOIN assignments a WHERE a.id = c.key ORDER BY a.id",
            $lock
        )
    };
}

/// Reads the assignments of these ids, locked where a database has locks for rows.
macro_rules! lock {
    ($db:expr, $ids:expr, $lock:literal) => {
        fetch_as_each!(
            $db,
            AssignmentRow => Assignment,
            [(of_ids!($lock)), (of_ids!(""))],
            &sorted($ids),
            |id| { key: uuid = *id };
            |t| t.assignments.get(id).cloned()
        )
    };
}

/// The statement that locks by ids, for the test that looks at what it sees.
#[cfg(test)]
pub(crate) const LOCK: &str = of_ids!(" FOR NO KEY UPDATE OF a");

/// What a lease came to.
struct Ended {
    lease: LeaseId,
    how: Stale,
    at: Time,
    taken: Option<Taken>,
}

impl Ended {
    fn request(&self) -> Option<String> {
        self.taken.as_ref().map(|taken| taken.key.text.clone())
    }

    fn request_digest(&self) -> Option<Vec<u8>> {
        self.taken.as_ref().map(|taken| taken.key.digest.clone())
    }

    fn answer(&self) -> Option<String> {
        self.taken.as_ref().and_then(|taken| taken.answer.clone())
    }

    /// Ends a grant of the model.
    fn end(&self, grant: &mut GrantRow) {
        if grant.ended.is_none() {
            grant.ended = Some(self.how.code());
            (grant.request, grant.request_digest) = (self.request(), self.request_digest());
            grant.answer = self.answer();
        }
    }
}

/// Under which key a lease or a review was handed in, and the answer where it is needed again.
pub(crate) struct Taken {
    pub(crate) key: Key,
    pub(crate) answer: Option<String>,
}

/// Locked assignments and what is to be written about them.
#[derive(Default)]
pub(crate) struct Changes {
    /// In boxes: a tree moves its entries about as it grows, and these are large.
    rows: BTreeMap<AssignmentId, Box<Touched>>,
    fresh: Vec<Assignment>,
    entries: Vec<Entry>,
    granted: Vec<NewGrant>,
    ended: Vec<Ended>,
    progress: BTreeMap<JobId, Progress>,
    saved: Vec<SavedRow>,
    judged: Vec<Judged>,
    accepted: Vec<AcceptedRow>,
    events: Vec<(TeamId, Event)>,
}

/// A lease or a review that comes into being.
pub(crate) struct NewGrant {
    pub(crate) lease: LeaseId,
    pub(crate) assignment: AssignmentId,
    pub(crate) job: JobId,
    pub(crate) holder: UserId,
    pub(crate) stage: Stage,
    pub(crate) fence: i64,
    pub(crate) key: Option<Key>,
    pub(crate) at: Time,
}

/// A verdict that is given, or given otherwise.
pub(crate) struct Judged {
    pub(crate) submission: LeaseId,
    pub(crate) reviewer: UserId,
    pub(crate) lease: LeaseId,
    pub(crate) verdict: VerdictRow,
    pub(crate) at: Time,
}

/// An item that becomes final: by the table's key there is one for each item and slot.
pub(crate) struct AcceptedRow {
    pub(crate) job: JobId,
    pub(crate) item: i64,
    pub(crate) slot: i64,
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    /// None where the review rule has accepted it.
    pub(crate) reviewer: Option<UserId>,
    pub(crate) skipped: bool,
    pub(crate) at: Time,
}

/// What is to be written, and nothing that stays as it is.
struct Written {
    changed: Vec<Assignment>,
    fresh: Vec<Assignment>,
    granted: Vec<NewGrant>,
    ended: Vec<Ended>,
    entries: Vec<Entry>,
    progress: BTreeMap<JobId, Progress>,
    saved: Vec<SavedRow>,
    judged: Vec<Judged>,
    accepted: Vec<AcceptedRow>,
    events: Vec<NewEvent>,
}

struct Touched {
    before: Assignment,
    now: Assignment,
}

impl Touched {
    fn is_given_back(&self) -> bool {
        self.before.status == Status::InProgress && self.now.status == Status::Pending
    }
}

impl Changes {
    /// Locks these assignments in the order of their ids, waiting for each.
    pub(crate) async fn lock(db: &mut Db<'_>, ids: impl IntoIterator<Item = AssignmentId>) -> Result<Self> {
        let mut changes = Self::default();
        changes.add(lock!(db, ids, " FOR NO KEY UPDATE OF a")?);
        Ok(changes)
    }

    /// Locks those of these assignments that nobody else has locked.
    pub(crate) async fn lock_free(
        db: &mut Db<'_>,
        ids: impl IntoIterator<Item = AssignmentId>,
    ) -> Result<Self> {
        let mut changes = Self::default();
        changes.add(lock!(db, ids, " FOR NO KEY UPDATE OF a SKIP LOCKED")?);
        Ok(changes)
    }

    /// Takes over rows that another statement of the same transaction has locked.
    pub(crate) fn add(&mut self, locked: Vec<Assignment>) {
        for row in locked {
            self.rows.entry(row.id).or_insert_with(|| Box::new(Touched { before: row.clone(), now: row }));
        }
    }

    /// Takes over what another set has locked in the same transaction.
    pub(crate) fn absorb(&mut self, locked: Changes) {
        self.add(locked.rows.into_values().map(|touched| touched.now).collect());
    }

    /// The assignment as it stands in this transaction, if it was locked.
    pub(crate) fn get(&mut self, id: AssignmentId) -> Option<&mut Assignment> {
        self.rows.get_mut(&id).map(|touched| &mut touched.now)
    }

    /// The ids of all that is locked.
    pub(crate) fn ids(&self) -> Vec<AssignmentId> {
        self.rows.keys().copied().collect()
    }

    /// A rework that comes into being.
    pub(crate) fn create(&mut self, child: Assignment, entry: Entry) {
        self.progress(child.job).count(&child, 1);
        self.fresh.push(child);
        self.entries.push(entry);
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Logs what somebody did through a token that `token_maker` made for them.
    pub(crate) fn log_through(
        &mut self,
        token_maker: Option<UserId>,
        entries: impl IntoIterator<Item = Entry>,
    ) {
        self.entries.extend(entries.into_iter().map(|entry| Entry { token_maker, ..entry }));
    }

    /// Notes that a lease was granted.
    pub(crate) fn grant(&mut self, grant: NewGrant) {
        self.granted.push(grant);
    }

    /// Notes that a lease no longer stands on its assignment.
    pub(crate) fn end(&mut self, lease: Option<LeaseId>, how: Stale, at: Time) {
        self.ended.extend(lease.map(|lease| Ended { lease, how, at, taken: None }));
    }

    /// Notes that a lease was handed in.
    pub(crate) fn hand_in(&mut self, lease: LeaseId, taken: Taken, at: Time) {
        self.ended.push(Ended { lease, how: Stale::Submitted, at, taken: Some(taken) });
    }

    pub(crate) fn count(&mut self, job: JobId, counter: Counter, n: i64) {
        self.progress(job).add(counter, n);
    }

    /// Items as they are saved; no place twice.
    pub(crate) fn save(&mut self, rows: Vec<SavedRow>) {
        self.saved.extend(rows);
    }

    /// Verdicts as they are given; no place twice.
    pub(crate) fn judge(&mut self, verdicts: impl IntoIterator<Item = Judged>) {
        self.judged.extend(verdicts);
    }

    /// Items that become final.
    pub(crate) fn accept(&mut self, rows: impl IntoIterator<Item = AcceptedRow>) {
        self.accepted.extend(rows);
    }

    /// Something besides assignments that those who follow a team's work are to hear of.
    pub(crate) fn tell(&mut self, team: TeamId, event: Event) {
        self.events.push((team, event));
    }

    fn progress(&mut self, job: JobId) -> &mut Progress {
        self.progress.entry(job).or_default()
    }

    /// Writes everything.
    pub(crate) async fn write(mut self, db: &mut Db<'_>, stripe: i64) -> Result<()> {
        let changed: Vec<_> =
            self.rows.into_values().filter(|touched| touched.before != touched.now).collect();
        for touched in
            changed.iter().filter(|touched| !(is(Bug::ReleaseUncounted) && touched.is_given_back()))
        {
            let change = Progress::between(&touched.before, &touched.now);
            self.progress.entry(touched.now.job).or_default().merge(&change);
        }
        let events = events(&changed, &self.fresh, &self.entries, self.events);
        let mut progress = self.progress;
        progress.retain(|_, change| !change.is_zero());
        let written = Written {
            changed: changed.into_iter().map(|touched| touched.now).collect(),
            fresh: self.fresh,
            granted: self.granted,
            ended: self.ended,
            entries: self.entries,
            progress,
            saved: self.saved,
            judged: self.judged,
            accepted: self.accepted,
            events,
        };
        // Reworks are rare enough to be written apart.
        insert(db, &written.fresh).await?;
        match db {
            Db::Postgres(connection) => return postgres::write(connection, &written, stripe).await,
            Db::Sqlite(connection) => sqlite::write(connection, &written).await?,
            Db::Memory(tables) => model::write(tables, &written)?,
        }
        progress::add(db, &written.progress, stripe).await
    }
}

/// The events of a transaction: one for each job of which assignments have moved, and what else was to be told.
fn events(
    changed: &[Box<Touched>],
    fresh: &[Assignment],
    entries: &[Entry],
    others: Vec<(TeamId, Event)>,
) -> Vec<NewEvent> {
    let at = entries.iter().map(|entry| entry.at).max().unwrap_or_default();
    let mut moved: BTreeMap<(TeamId, JobId), Vec<Change>> = BTreeMap::new();
    for touched in changed.iter().filter(|touched| !(is(Bug::EventForgotten) && touched.is_given_back())) {
        let change = Change::between(&touched.before, &touched.now);
        moved.entry((touched.now.team, touched.now.job)).or_default().extend(change);
    }
    for assignment in fresh {
        moved.entry((assignment.team, assignment.job)).or_default().push(Change::created(assignment));
    }
    let moved = moved.into_iter().filter(|(_, changes)| !changes.is_empty());
    let moved = moved.map(|((team, job), changes)| (team, Event::Assignments { job, changes }));
    moved.chain(others).map(|(team, event)| NewEvent { team, at, event }).collect()
}

fn sorted(ids: impl IntoIterator<Item = AssignmentId>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Writes new assignments, which are PENDING and were never leased.
pub(crate) async fn insert(db: &mut Db<'_>, rows: &[Assignment]) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO assignments (id, team, job, round, number, slot, parent, ranges, items, status, fence, expires,
             deadline, confirmed, review, reserved_for, reserved_until, held, accepted, skipped, seq, since)
         SELECT id, team, job, round, number, slot, parent, ranges, items, 0, 0, 0, 0, 0, FALSE, reserved_for,
             reserved_until, held, 0, 0, seq, since
         FROM {rows}",
        rows,
        |a| {
            id: uuid = a.id.0,
            team: uuid = a.team.0,
            job: uuid = a.job.0,
            round: bigint = a.round,
            number: bigint = a.number,
            slot: bigint = a.slot,
            parent: uuid = a.parent.map(|id| id.0),
            ranges: text = a.ranges.to_string(),
            items: bigint = a.items,
            reserved_for: uuid = a.reserved_for.map(|id| id.0),
            reserved_until: bigint = a.reserved_until.0,
            held: boolean = a.held,
            seq: bigint = a.seq,
            since: bigint = a.since.0,
        };
        |t| t.write_assignment(a, true)
    )?;
    Ok(())
}
