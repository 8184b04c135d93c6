//! One transaction's changes to assignments: the rows are locked first, changed as values by the domain's transitions,
//! and written at the end together with their log entries, grants and counters.

use std::collections::BTreeMap;

use swath_domain::event::{Change, Event};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::log::Entry;
use swath_domain::progress::{Counter, Progress};
use swath_domain::{Assignment, LeaseEnd, Time};

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::events::NewEvent;
use crate::tables::assignments;
use crate::tables::written::{self, AcceptedRow, Ended, Judged, NewGrant, Request, SavedRow, Written};

/// Locked assignments and what is to be written about them.
#[derive(Default)]
pub(crate) struct Changes {
    /// Boxed, because a tree moves its entries as it grows, and these are large.
    rows: BTreeMap<AssignmentId, Box<Locked>>,
    /// What is written besides the changed assignments, which are found at the end.
    written: Written,
    events: Vec<(TeamId, Event)>,
}

/// A locked assignment as it was, and as it is now.
struct Locked {
    before: Assignment,
    now: Assignment,
}

impl Locked {
    fn is_changed(&self) -> bool {
        self.before != self.now
    }
}

impl Changes {
    /// Locks these assignments in the order of their ids, and waits for each.
    pub(crate) async fn lock(db: &mut Db<'_>, ids: impl IntoIterator<Item = AssignmentId>) -> Result<Self> {
        Ok(Self::of(assignments::lock(db, ids).await?))
    }

    /// Locks those of these assignments that no other transaction has locked.
    pub(crate) async fn lock_free(
        db: &mut Db<'_>,
        ids: impl IntoIterator<Item = AssignmentId>,
    ) -> Result<Self> {
        Ok(Self::of(assignments::lock_free(db, ids).await?))
    }

    /// Begins with rows that a statement of this transaction has locked.
    pub(crate) fn of(locked: Vec<Assignment>) -> Self {
        let mut changes = Self::default();
        changes.add(locked);
        changes
    }

    /// Adds rows that another statement of this transaction has locked.
    pub(crate) fn add(&mut self, locked: Vec<Assignment>) {
        for row in locked {
            self.rows.entry(row.id).or_insert_with(|| Box::new(Locked { before: row.clone(), now: row }));
        }
    }

    /// The assignment as it is in this transaction, if it was locked.
    pub(crate) fn get(&mut self, id: AssignmentId) -> Option<&mut Assignment> {
        self.rows.get_mut(&id).map(|locked| &mut locked.now)
    }

    /// The ids of all that is locked.
    pub(crate) fn ids(&self) -> Vec<AssignmentId> {
        self.rows.keys().copied().collect()
    }

    /// Adds a rework that comes into being.
    pub(crate) fn create(&mut self, child: Assignment, entry: Entry) {
        self.progress(child.key.job).count(&child, 1);
        self.written.created.push(child);
        self.written.entries.push(entry);
    }

    /// Adds an entry to the decision log.
    pub(crate) fn log(&mut self, entry: Entry) {
        self.written.entries.push(entry);
    }

    /// Logs what a user did through a token that `token_maker` made for them.
    pub(crate) fn log_through(
        &mut self,
        token_maker: Option<UserId>,
        entries: impl IntoIterator<Item = Entry>,
    ) {
        self.written.entries.extend(entries.into_iter().map(|entry| Entry { token_maker, ..entry }));
    }

    /// Adds a lease that was granted.
    pub(crate) fn grant(&mut self, grant: NewGrant) {
        self.written.granted.push(grant);
    }

    /// Ends a lease that no longer stands on its assignment.
    pub(crate) fn end(&mut self, lease: Option<LeaseId>, how: LeaseEnd, at: Time) {
        self.written.ended.extend(lease.map(|lease| Ended { lease, how, at, request: None }));
    }

    /// Ends a lease that was submitted, or a review that was decided.
    pub(crate) fn end_by(&mut self, lease: LeaseId, request: Request, at: Time) {
        self.written.ended.push(Ended { lease, how: LeaseEnd::Submitted, at, request: Some(request) });
    }

    /// Adds to a counter of a job.
    pub(crate) fn count(&mut self, job: JobId, counter: Counter, n: i64) {
        self.progress(job).add(counter, n);
    }

    /// Adds items as they are saved; no key may occur twice.
    pub(crate) fn save(&mut self, rows: Vec<SavedRow>) {
        self.written.saved.extend(rows);
    }

    /// Adds verdicts as they are given; no key may occur twice.
    pub(crate) fn judge(&mut self, verdicts: impl IntoIterator<Item = Judged>) {
        self.written.judged.extend(verdicts);
    }

    /// Adds items that become final.
    pub(crate) fn accept(&mut self, rows: impl IntoIterator<Item = AcceptedRow>) {
        self.written.accepted.extend(rows);
    }

    /// Adds an event that is about something else than assignments.
    pub(crate) fn publish(&mut self, team: TeamId, event: Event) {
        self.events.push((team, event));
    }

    fn progress(&mut self, job: JobId) -> &mut Progress {
        self.written.progress.entry(job).or_default()
    }

    /// Writes everything, the counters into this stripe.
    pub(crate) async fn write(self, db: &mut Db<'_>, stripe: i64) -> Result<()> {
        let Self { rows, mut written, events } = self;
        let changed: Vec<_> = rows.into_values().filter(|locked| locked.is_changed()).collect();
        for locked in &changed {
            let change = Progress::between(&locked.before, &locked.now);
            written.progress.entry(locked.now.key.job).or_default().merge(&change);
        }
        written.progress.retain(|_, change| !change.is_zero());
        written.events = events_of(&changed, &written, events);
        written.changed = changed.into_iter().map(|locked| locked.now).collect();
        written::write(db, &written, stripe).await
    }
}

/// The events of a transaction: one for each job whose assignments have changed, and the others.
#[expect(clippy::expect_used, reason = "what is an event to others is also an entry of the decision log")]
fn events_of(changed: &[Box<Locked>], written: &Written, others: Vec<(TeamId, Event)>) -> Vec<NewEvent> {
    let at = written.entries.iter().map(|entry| entry.at).max();
    let mut moved: BTreeMap<(TeamId, JobId), Vec<Change>> = BTreeMap::new();
    for locked in changed {
        let change = Change::between(&locked.before, &locked.now);
        moved.entry((locked.now.team, locked.now.key.job)).or_default().extend(change);
    }
    for assignment in &written.created {
        moved.entry((assignment.team, assignment.key.job)).or_default().push(Change::created(assignment));
    }
    let moved = moved.into_iter().filter(|(_, changes)| !changes.is_empty());
    let moved = moved.map(|((team, job), changes)| (team, Event::Assignments { job, changes }));
    let dated = |(team, event)| NewEvent { team, at: at.expect("an event has an entry in the log"), event };
    moved.chain(others).map(dated).collect()
}
