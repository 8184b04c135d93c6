//! The job as a whole: the invariants that span assignments.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use swath_domain::job::JobStatus;
use swath_domain::log::Entry;
use swath_domain::progress::ItemStates;
use swath_domain::{AssignmentId, ItemIndex, LeaseId, Range, Ranges, Status, UserId};

use crate::case::Case;
use crate::findings::Findings;
use crate::grants::{self, CountByUser};
use crate::history::{Answer, Call, Event, Outcome};
use crate::replay::Trail;
use crate::reviews;
use crate::server::{Exported, JobFacts, Row};
use crate::work;

/// Compares the two sides of one job. Feed it the events that name no assignment, the job's own log, every assignment
/// in ascending order of its id, and the export, in this order; then take its findings.
#[derive(Debug)]
pub struct Checker {
    job: JobFacts,
    findings: Findings,
    leases: HashSet<LeaseId>,
    unreported: CountByUser,
    unanswered: CountByUser,
    clients: BTreeMap<UserId, Count>,
    trail: JobTrail,
    cover: BTreeMap<i64, Cover>,
    awaited: BTreeMap<AssignmentId, Rework>,
    opinions: BTreeMap<(i64, UserId), i64>,
    states: ItemStates,
    accepted: Fingerprint,
    exported: Fingerprint,
    last_exported: Option<(i64, i64)>,
}

/// The events of a client, which must be numbered from 1 without a gap.
#[derive(Debug, Default)]
struct Count {
    events: u64,
    last: u64,
    sum: u64,
}

/// The state of the job by its own log, and how far it was cut.
#[derive(Debug)]
struct JobTrail {
    seq: i64,
    status: JobStatus,
    to: i64,
    numbers: i64,
}

/// What the first round of one slot covers so far.
#[derive(Debug, Default)]
struct Cover {
    next: i64,
    ranges: Vec<Range>,
}

/// What an assignment's rework must be.
#[derive(Debug)]
struct Rework {
    key: (i64, i64, i64),
    items: Ranges,
    /// The rework ids that reviewers were answered with.
    reported: Vec<Option<AssignmentId>>,
}

/// A digest of a multiset: its size and the sum of its hashes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fingerprint {
    count: u64,
    sum: u64,
}

impl Fingerprint {
    fn add(&mut self, what: impl Hash) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(mixed(what));
    }
}

fn mixed(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

impl Checker {
    /// A checker of a job to which no call is in progress.
    pub fn new(job: JobFacts) -> Self {
        Self {
            job,
            findings: Findings::default(),
            leases: HashSet::new(),
            unreported: CountByUser::new(),
            unanswered: CountByUser::new(),
            clients: BTreeMap::new(),
            trail: JobTrail { seq: 0, status: JobStatus::Active, to: 0, numbers: 0 },
            cover: BTreeMap::new(),
            awaited: BTreeMap::new(),
            opinions: BTreeMap::new(),
            states: ItemStates::default(),
            accepted: Fingerprint::default(),
            exported: Fingerprint::default(),
            last_exported: None,
        }
    }

    /// Checks the events that name no assignment.
    pub fn events_without_assignment(&mut self, events: &[Event]) {
        grants::check_order(events, &mut self.findings);
        events.iter().for_each(|event| self.check_event_without_assignment(event));
    }

    fn check_event_without_assignment(&mut self, event: &Event) {
        self.count(event);
        if let (Call::Ask { stage }, Outcome::Unknown) = (&event.call, &event.outcome) {
            *self.unanswered.entry(grants::key(event.who, *stage)).or_default() += 1;
        }
        if event.is_done() {
            self.findings.add("I8", format!("{event:?} was done to no assignment"));
        }
    }

    fn count(&mut self, event: &Event) {
        let count = self.clients.entry(event.who).or_default();
        count.events += 1;
        count.last = count.last.max(event.seq);
        count.sum = count.sum.wrapping_add(mixed(event.seq));
        self.findings
            .expect(event.began <= event.ended, "history", || format!("{event:?} ended before it began"));
    }

    /// Checks an entry of the job's own log.
    pub fn job_entry(&mut self, entry: &Entry) {
        let follows = entry.seq == self.trail.seq + 1;
        self.findings.expect(follows, "I7", || format!("the job's log has a gap before {entry:?}"));
        self.trail.seq = entry.seq;
        if entry.action != "cut" {
            self.switch(entry);
            return;
        }
        let number = |field: &str| entry.detail.as_ref().and_then(|detail| detail[field].as_i64());
        let from = (number("from"), number("first_number"));
        self.findings.expect(from == (Some(self.trail.to), Some(self.trail.numbers)), "I1", || {
            format!("{entry:?} does not continue {:?}", self.trail)
        });
        self.trail.to = number("to").unwrap_or_default();
        self.trail.numbers += number("numbers").unwrap_or_default();
    }

    /// I7: a job changes its status from the one that its log has last set.
    fn switch(&mut self, entry: &Entry) {
        let status = |field: &str| {
            let value = entry.detail.as_ref().and_then(|detail| detail.get(field))?;
            serde_json::from_value::<JobStatus>(value.clone()).ok()
        };
        let Some((from, to)) = status("from").zip(status("to")) else { return };
        let follows = from == self.trail.status;
        self.findings.expect(follows, "I7", || format!("{entry:?} of a job that is {:?}", self.trail.status));
        self.trail.status = to;
    }

    /// Checks an assignment.
    pub fn assignment(&mut self, case: &Case) {
        case.events.iter().for_each(|event| self.count(event));
        let mut trail = Trail::default();
        for entry in &case.log {
            if let Err(broken) = trail.play(entry) {
                self.findings.add("I7", broken);
                return;
            }
        }
        if let Err(broken) = trail.agrees(&case.row) {
            self.findings.add("I7", broken);
        }
        for lease in trail.leases.keys() {
            let is_new = self.leases.insert(*lease);
            self.findings.expect(is_new, "I2", || format!("lease {lease} was granted twice"));
        }
        grants::check(case, &trail, &mut self.unreported, &mut self.findings);
        work::check(case, &trail, &mut self.findings);
        reviews::check(case, &trail, &mut self.findings);
        self.check_position(&case.row);
        self.check_opinion(&case.row, &trail);
        self.expect_rework(case, &trail);
        self.tally(case, &trail);
    }

    /// I1 and I6: an assignment of the first round is the next part of the cut; any other redoes exactly what was
    /// rejected.
    fn check_position(&mut self, row: &Row) {
        let key = (row.round, row.number, row.slot);
        if row.round > 1 || row.parent.is_some() {
            let awaited = row.parent.and_then(|parent| self.awaited.remove(&parent));
            let fits = awaited.as_ref().is_some_and(|awaited| {
                let reported = awaited.reported.iter().all(|rework| *rework == Some(row.id));
                reported && awaited.key == key && awaited.items == row.ranges
            });
            self.findings.expect(fits, "I6", || format!("{row:?} should be the rework {awaited:?}"));
            return;
        }
        let cover = self.cover.entry(row.slot).or_default();
        let follows = row.number == cover.next;
        self.findings.expect(follows, "I1", || format!("{row:?} is not number {}", cover.next));
        cover.next = row.number + 1;
        for range in row.ranges.as_slice() {
            match cover.ranges.last_mut() {
                Some(last) if range.start < last.end => {
                    self.findings.add("I1", format!("{row:?} overlaps the one before it"));
                }
                Some(last) if range.start == last.end => last.end = range.end,
                _ => cover.ranges.push(*range),
            }
        }
    }

    /// I4: no user gives two opinions on one range.
    fn check_opinion(&mut self, row: &Row, trail: &Trail) {
        let Some(author) = trail.author.filter(|_| self.job.slots > 1) else { return };
        let slot = *self.opinions.entry((row.number, author)).or_insert(row.slot);
        self.findings.expect(slot == row.slot, "I4", || {
            format!("{author} gave an opinion in slot {slot} and in {row:?}")
        });
    }

    fn expect_rework(&mut self, case: &Case, trail: &Trail) {
        let reported = case.events.iter().filter_map(|event| match &event.outcome {
            Outcome::Done(Answer::Decided { rework, .. }) => Some(*rework),
            _ => None,
        });
        let row = &case.row;
        if trail.status == Status::Rejected {
            // A reviewer whose acceptance was undone by a reopening was answered without a rework.
            let reported = reported.filter(Option::is_some).collect();
            let key = (row.round + 1, row.number, row.slot);
            self.awaited.insert(row.id, Rework { key, items: trail.rejected.clone(), reported });
        } else if let Some(rework) = reported.flatten().next() {
            self.findings.add(
                "I6",
                format!("{row:?} was not rejected, and a reviewer was answered with the rework {rework}"),
            );
        }
    }

    /// I9: every item is in one state.
    fn tally(&mut self, case: &Case, trail: &Trail) {
        let items = case.row.ranges.items();
        let states = &mut self.states;
        match trail.status {
            Status::Pending => states.pending += items,
            Status::InProgress => states.in_progress += items,
            Status::Completed => states.completed += items,
            Status::InReview => states.in_review += items,
            Status::Cancelled => states.cancelled += items,
            Status::Accepted | Status::Rejected => {
                states.skipped += trail.skipped.items();
                states.accepted += items - trail.rejected.items() - trail.skipped.items();
            }
        }
        let decided = matches!(trail.status, Status::Accepted | Status::Rejected);
        let own = case.stored.iter().filter(|line| decided && trail.author == Some(line.author));
        for line in own.filter(|line| !trail.rejected.contains(ItemIndex(line.item)) && !line.skipped) {
            let slot = case.row.slot;
            self.accepted.add((line.assignment, line.author, line.item, slot, line.content, line.revision));
        }
    }

    /// Checks a line of the export of accepted items.
    pub fn exported(&mut self, line: &Exported) {
        let place = Some((line.item, line.slot));
        self.findings.expect(self.last_exported < place, "I4", || {
            format!("{line:?} is exported twice, or out of order")
        });
        self.last_exported = place;
        self.exported.add((line.assignment, line.author, line.item, line.slot, line.content, line.revision));
    }

    /// Records a defect of the material itself.
    pub fn unreadable(&mut self, what: String) {
        self.findings.add("history", what);
    }

    /// Checks what concerns the whole job, and returns all findings.
    pub fn finish(mut self) -> Findings {
        self.finish_clients();
        self.finish_cover();
        let (awaited, findings) = (&self.awaited, &mut self.findings);
        findings.expect(awaited.is_empty(), "I6", || format!("rejected items without a rework: {awaited:?}"));
        for (who, unreported) in &self.unreported {
            let asked = self.unanswered.get(who).copied().unwrap_or_default();
            findings.expect(*unreported <= asked, "I2", || {
                format!(
                    "{who:?} has {unreported} leases that they were never answered with, and only {asked} unanswered requests"
                )
            });
        }
        findings.expect(self.accepted == self.exported, "I4", || {
            format!("accepted are {:?}, exported {:?}", self.accepted, self.exported)
        });
        let uncut = (self.job.items - self.trail.to) * self.job.slots;
        let cancelled = matches!(self.job.status, JobStatus::Cancelling | JobStatus::Cancelled);
        *(if cancelled { &mut self.states.cancelled } else { &mut self.states.pending }) += uncut;
        findings.expect(self.states == self.job.progress, "I9", || {
            format!("the states of the items are {:?}, and the job says {:?}", self.states, self.job.progress)
        });
        findings.expect(self.trail.status == self.job.status, "I7", || {
            format!("the job is {:?}, and its log says {:?}", self.job.status, self.trail)
        });
        let over = matches!(self.job.status, JobStatus::Done | JobStatus::Cancelled);
        findings.expect(!over || self.states.undecided() == 0, "I5", || {
            format!("the job is {:?}, and its items are {:?}", self.job.status, self.states)
        });
        self.findings
    }

    fn finish_clients(&mut self) {
        for (who, count) in &self.clients {
            let whole = (1..=count.last).fold(0_u64, |sum, seq| sum.wrapping_add(mixed(seq)));
            let is_whole = count.events == count.last && count.sum == whole;
            self.findings.expect(is_whole, "history", || format!("the history of {who} has gaps: {count:?}"));
        }
    }

    fn finish_cover(&mut self) {
        let selection = self
            .job
            .selection
            .take()
            .map_or_else(|| vec![Range::of(0, self.job.items)], |selection| selection.as_slice().to_vec());
        let expected = first(&selection, self.trail.to);
        for slot in 0..self.job.slots {
            let cover = self.cover.remove(&slot).unwrap_or_default();
            let fits = cover.ranges == expected && cover.next == self.trail.numbers;
            self.findings.expect(fits, "I1", || {
                format!("slot {slot} covers {cover:?} and not {expected:?} in {} ranges", self.trail.numbers)
            });
        }
        let more = &self.cover;
        self.findings.expect(more.is_empty(), "I1", || format!("slots that the job does not have: {more:?}"));
    }
}

/// The first `count` items of ranges.
fn first(ranges: &[Range], mut count: i64) -> Vec<Range> {
    let mut first = Vec::new();
    for range in ranges {
        let end = range.end.min(range.start + count);
        if end > range.start {
            let taken = Range { start: range.start, end };
            count -= taken.len();
            first.push(taken);
        }
    }
    first
}
