//! The invariants, and what has been observed so far to check them.

use std::collections::{BTreeMap, BTreeSet};

use swath_domain::job::{Job, JobStatus};
use swath_domain::progress::Counter;
use swath_domain::{Assignment, AssignmentId, ItemIndex, JobId, LeaseId, Round, Slot, Status, Time, UserId};
use swath_store::View;
use tokio::time::Instant;

use crate::allowed::allows;
use crate::coverage::check_coverage;
use crate::replay::Replay;
use crate::violation::{Checked, broken};

/// What a user was told is saved: revision and body.
type Saved = (i64, String);

/// What has been observed so far, for comparison with the next state.
#[derive(Default)]
pub struct Audit {
    pub(crate) replay: Replay,
    /// Every item that was answered as saved, alone or in a submission.
    pub(crate) saved: BTreeMap<(AssignmentId, UserId, ItemIndex), Saved>,
    /// The annotations of submitted work, which must not change.
    frozen: BTreeMap<(AssignmentId, i64), Vec<(ItemIndex, String)>>,
    /// The last known statuses of the jobs.
    statuses: BTreeMap<JobId, JobStatus>,
    fences: BTreeMap<AssignmentId, i64>,
    /// Leases that were granted to users after they had lost the role, and that no sweep has found yet.
    pub(crate) late: BTreeSet<LeaseId>,
    /// The latest time so far. A reservation that ended stays ended when the clock jumps back.
    pub(crate) latest: Time,
    /// How much had been written at the last check.
    pub(crate) written: usize,
}

impl Audit {
    /// Plays the log entries since the last check, and records new submissions, which must not change any more.
    pub(crate) fn play_logs(
        &mut self,
        view: View<'_>,
        marks: &mut Vec<(AssignmentId, i64, Status)>,
    ) -> Checked {
        for row in view.assignments() {
            for entry in view.log(row.id.0, self.replay.seq(row.id)) {
                self.replay.play(row, entry)?;
                marks.push((row.id, row.seq, row.status));
                if entry.action == "submit" {
                    self.frozen.insert((row.id, row.fence), bodies(view, row));
                }
            }
            self.replay.agrees(row)?;
        }
        Ok(())
    }

    pub(crate) fn check_rows(&mut self, view: View<'_>) -> Checked {
        let mut holders = BTreeSet::new();
        for row in view.assignments() {
            let last = self.fences.insert(row.id, row.fence).unwrap_or_default();
            if row.fence < last {
                broken!("the fence of {row:?} shrank from {last}");
            }
            let current = matches!(row.status, Status::InProgress | Status::InReview);
            if current && !holders.insert((row.holder(), row.key.job, row.status.code())) {
                broken!("two current leases of one user in one job: {row:?}");
            }
            if row.status == Status::InReview && row.holder() == row.author() {
                broken!("a user reviews their own work: {row:?}");
            }
            if row.items != row.ranges.items() || row.saved > row.items {
                broken!("the numbers of {row:?} do not fit");
            }
        }
        Ok(())
    }

    /// No user has a lease or reservation that needs a role they lack, except for late grants that wait for the
    /// sweep.
    pub(crate) fn check_ties(&self, view: View<'_>) -> Checked {
        for row in view.assignments() {
            let lease = row.lease_id().filter(|lease| !self.late.contains(lease));
            let reserved = row
                .reserved_for()
                .filter(|_| row.status == Status::Pending && row.is_reserved_after(self.latest));
            let people = lease.and(row.holder()).into_iter().chain(reserved);
            for person in people {
                if !allows(view.roles(row.team, person), row) {
                    broken!("{person} lacks the role for {row:?}");
                }
            }
        }
        Ok(())
    }

    pub(crate) fn check_jobs(
        &mut self,
        view: View<'_>,
        now: Instant,
        switched: &mut BTreeMap<JobId, Instant>,
    ) -> Checked {
        for job in view.jobs() {
            if self.statuses.insert(job.id, job.status) != Some(job.status) {
                switched.insert(job.id, now);
            }
            let rows: Vec<_> = view.assignments().filter(|row| row.key.job == job.id).collect();
            check_cover(job, &rows)?;
            let states = check_items(view, job, &rows)?;
            self.check_counters(view, job, &rows, &states)?;
            check_opinions(job, &rows)?;
            check_coverage(view, job, &rows)?;
            let ended = matches!(job.status, JobStatus::Done | JobStatus::Cancelled);
            if ended && states.undecided() > 0 {
                broken!("{} is over, and {} items are not", job.id, states.undecided());
            }
        }
        Ok(())
    }

    /// Every counter equals what it counts.
    fn check_counters(&self, view: View<'_>, job: &Job, rows: &[&Assignment], states: &States) -> Checked {
        let progress = view.progress(job.id);
        let count = |status| rows.iter().filter(|row| row.status == status).count() as i64;
        let counts = self.replay.counts.get(&job.id).copied().unwrap_or_default();
        let held =
            rows.iter().filter(|row| row.needs_manager && row.status == Status::Pending).count() as i64;
        let expected = [
            (Counter::ItemsPending, states.pending),
            (Counter::ItemsInProgress, states.in_progress),
            (Counter::ItemsCompleted, states.completed),
            (Counter::ItemsInReview, states.in_review),
            (Counter::ItemsAccepted, states.accepted),
            (Counter::ItemsSkipped, states.skipped),
            (Counter::ItemsCancelled, states.cancelled),
            (Counter::Pending, count(Status::Pending)),
            (Counter::InProgress, count(Status::InProgress)),
            (Counter::Completed, count(Status::Completed)),
            (Counter::InReview, count(Status::InReview)),
            (Counter::Accepted, count(Status::Accepted)),
            (Counter::Rejected, count(Status::Rejected)),
            (Counter::Cancelled, count(Status::Cancelled)),
            (Counter::Held, held),
            (Counter::Leases, counts.leases),
            (Counter::Expiries, counts.expiries),
            (Counter::Submissions, counts.submissions),
            (Counter::Decisions, counts.decisions),
        ];
        for (counter, counted) in expected {
            if progress.get(counter) != counted {
                broken!(
                    "{} of {} says {}, and {counted} were counted",
                    counter.column(),
                    job.id,
                    progress.get(counter)
                );
            }
        }
        if states.sum() != job.selected * job.slots {
            broken!("{states:?} do not add up to {} items in {} slots", job.selected, job.slots);
        }
        Ok(())
    }

    /// Saved items are still there, and submitted work is unchanged.
    pub(crate) fn check_saved(&self, view: View<'_>) -> Checked {
        for ((assignment, author, item), (revision, body)) in &self.saved {
            let stored = view.annotation(*assignment, *author, *item);
            let kept = stored.is_some_and(|(at, text)| at > *revision || at == *revision && text == body);
            if !kept {
                broken!("item {item} of {assignment} was saved as {revision} {body}, and is {stored:?}");
            }
        }
        for ((id, fence), bodies_then) in &self.frozen {
            let Some(row) = view.assignment(*id) else { continue };
            let stands =
                row.author().is_some() && row.fence >= *fence && self.is_last_submission(*id, *fence);
            if stands && row.status != Status::Pending && bodies(view, row) != *bodies_then {
                broken!("submitted work has changed: {bodies_then:?} is {:?}", bodies(view, row));
            }
        }
        Ok(())
    }

    fn is_last_submission(&self, id: AssignmentId, fence: i64) -> bool {
        self.frozen.range((id, fence + 1)..=(id, i64::MAX)).next().is_none()
    }
}

fn bodies(view: View<'_>, row: &Assignment) -> Vec<(ItemIndex, String)> {
    let Some(author) = row.author() else { return Vec::new() };
    let body = |item| view.annotation(row.id, author, item).map(|(_, body)| (item, body.to_owned()));
    row.ranges.iter().filter_map(body).collect()
}

/// I1: in every slot, the ranges of the first round cover exactly the items that are cut.
fn check_cover(job: &Job, rows: &[&Assignment]) -> Checked {
    let split = job.selected / 2;
    let selected = (0..split).chain(split + 3..job.selected + 3);
    let cut: Vec<_> = selected.take(job.cut_to as usize).map(ItemIndex).collect();
    for slot in 0..job.slots {
        let first = rows.iter().filter(|row| row.key.round == Round::FIRST && row.key.slot == Slot(slot));
        let covered: Vec<ItemIndex> = first.flat_map(|row| row.ranges.iter()).collect();
        if covered != cut {
            broken!("slot {slot} covers {covered:?} and not {cut:?}");
        }
    }
    Ok(())
}

/// The number of items in each state.
#[derive(Debug, Default)]
struct States {
    pending: i64,
    in_progress: i64,
    completed: i64,
    in_review: i64,
    accepted: i64,
    skipped: i64,
    cancelled: i64,
}

impl States {
    fn undecided(&self) -> i64 {
        self.pending + self.in_progress + self.completed + self.in_review
    }

    fn sum(&self) -> i64 {
        self.undecided() + self.accepted + self.skipped + self.cancelled
    }
}

/// I4, I6 and I9: every item is in one state, is accepted at most once, and is redone exactly if it was rejected.
fn check_items(view: View<'_>, job: &Job, rows: &[&Assignment]) -> Checked<States> {
    let cancelling = matches!(job.status, JobStatus::Cancelling | JobStatus::Cancelled);
    let uncut = (job.selected - job.cut_to) * job.slots;
    let mut states = States::default();
    *(if cancelling { &mut states.cancelled } else { &mut states.pending }) += uncut;
    let mut accepted: BTreeMap<AssignmentId, Vec<ItemIndex>> = BTreeMap::new();
    for (of, item, _, assignment, _) in view.accepted() {
        if of == job.id {
            accepted.entry(assignment).or_default().push(ItemIndex(item));
        }
    }
    for row in rows {
        let kept = accepted.remove(&row.id).unwrap_or_default();
        let children = rows.iter().filter(|child| child.parent == Some(row.id)).collect::<Vec<_>>();
        if row.status != Status::Rejected && !children.is_empty() {
            broken!("{row:?} was not rejected and has a rework");
        }
        match row.status {
            Status::Pending => states.pending += row.items,
            Status::InProgress => states.in_progress += row.items,
            Status::Completed => states.completed += row.items,
            Status::InReview => states.in_review += row.items,
            Status::Cancelled => states.cancelled += row.items,
            Status::Accepted | Status::Rejected => {
                let skipped = kept.iter().filter(|item| is_skipped(view, row, **item)).count() as i64;
                states.skipped += skipped;
                states.accepted += kept.len() as i64 - skipped;
                let redone: Vec<ItemIndex> = children.iter().flat_map(|child| child.ranges.iter()).collect();
                let mut all: Vec<_> = kept.iter().chain(&redone).copied().collect();
                all.sort_unstable();
                if all != row.ranges.iter().collect::<Vec<_>>() || children.len() > 1 {
                    broken!("of {row:?} {kept:?} are accepted and {redone:?} are redone");
                }
            }
        }
        let decided = matches!(row.status, Status::Accepted | Status::Rejected);
        if !decided && !kept.is_empty() {
            broken!("{kept:?} are accepted from {row:?}");
        }
    }
    if !accepted.is_empty() {
        broken!("{accepted:?} are accepted from nowhere");
    }
    Ok(states)
}

fn is_skipped(view: View<'_>, row: &Assignment, item: ItemIndex) -> bool {
    let body = row.author().and_then(|author| view.annotation(row.id, author, item));
    body.is_some_and(|(_, body)| body.contains("\"skip\""))
}

/// No user gives two opinions on one range.
fn check_opinions(job: &Job, rows: &[&Assignment]) -> Checked {
    if job.slots == 1 {
        return Ok(());
    }
    let mut slots: BTreeMap<(i64, UserId), Slot> = BTreeMap::new();
    for row in rows {
        let Some(author) = row.author() else { continue };
        let slot = *slots.entry((row.key.number, author)).or_insert(row.key.slot);
        if slot != row.key.slot {
            broken!(
                "{author} has two opinions on range {}: slots {slot} and {}",
                row.key.number,
                row.key.slot
            );
        }
    }
    Ok(())
}
