//! The invariants of a job, checked from the tables: nothing here trusts a counter or a transition.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use swath_domain::coverage::{AssignmentState, Cover, block_width};
use swath_domain::job::{Job, JobStatus};
use swath_domain::log::Entry;
use swath_domain::progress::{Counter, ItemStates, Progress};
use swath_domain::{Assignment, ItemIndex, JobId, Round, Slot, Status};
use uuid::Uuid;

use super::replay::Replayed;
use super::world::World;
use swath_store::{AcceptedItem, LogPage, Stretches, levels};

/// Everything that is checked about a job, as it stood when nothing was under way.
struct Books {
    job: Job,
    selection: Vec<ItemIndex>,
    assignments: Vec<Assignment>,
    accepted: Vec<AcceptedItem>,
    logs: HashMap<Uuid, Vec<Entry>>,
    progress: Progress,
}

/// Checks every invariant of a job on which no command is under way.
pub(super) async fn audit(world: &World, job: JobId) {
    let books = Books::open(world, job).await;
    books.cover();
    books.one_holder(world).await;
    books.once();
    books.rework();
    books.trail();
    books.conserved();
    books.covered(world).await;
    if matches!(books.job.status, JobStatus::Active | JobStatus::Paused) {
        let told = world.store.books(job).await.unwrap().unwrap();
        assert!(told.balance(), "what is told of the books: {told:?}");
    }
}

impl Books {
    async fn open(world: &World, job: JobId) -> Self {
        Self {
            job: world.store.job(job).await.unwrap().unwrap(),
            selection: world.selection(job),
            assignments: world.assignments(job).await,
            accepted: accepted(world, job).await,
            logs: logs(world, job).await,
            progress: world.store.job_progress(job).await.unwrap(),
        }
    }

    /// I1: the ranges of the first round are the selection up to where it was cut, once per slot.
    fn cover(&self) {
        for slot in 0..self.job.slots {
            let mine =
                self.assignments.iter().filter(|a| a.key.round == Round::FIRST && a.key.slot == Slot(slot));
            let mut cut: Vec<_> = mine.map(|a| (a.key.number, a.ranges.iter().collect::<Vec<_>>())).collect();
            cut.sort_unstable();
            let items: Vec<_> = cut.into_iter().flat_map(|(_, items)| items).collect();
            assert_eq!(items, self.selection[..self.job.cut_to as usize], "the cover of slot {slot}");
        }
    }

    /// I2: a user holds one assignment per job and stage, and what stands on a row is its newest grant.
    async fn one_holder(&self, world: &World) {
        let mut holders = HashSet::new();
        for held in self.assignments.iter().filter(|a| a.lease.is_some()) {
            let lease =
                world.store.lease(held.lease_id().unwrap()).await.unwrap().expect("the lease has a grant");
            assert_eq!((lease.ended, Some(lease.holder)), (None, held.holder()), "the grant behind {held:?}");
            assert_eq!(
                (lease.fence, lease.assignment.id),
                (held.fence, held.id),
                "the grant behind {held:?}"
            );
            if matches!(held.status, Status::InProgress | Status::InReview) {
                assert!(holders.insert((held.holder(), held.status)), "{:?} holds two", held.holder());
            }
        }
    }

    /// I4: an accepted item has one annotation per slot, and nobody works on it any more.
    fn once(&self) {
        let mut places = HashSet::new();
        for item in &self.accepted {
            assert!(places.insert((item.annotation.item, item.slot)), "{item:?} is accepted twice");
        }
        for open in self.assignments.iter().filter(|a| a.status.is_undecided()) {
            let done = open.ranges.iter().find(|item| places.contains(&(*item, open.key.slot)));
            assert_eq!(done, None, "an accepted item is being worked on in {open:?}");
        }
        for decided in &self.assignments {
            let items = self.accepted.iter().filter(|item| item.annotation.assignment == decided.id).count();
            assert_eq!(
                items as i64,
                decided.outcome.accepted + decided.outcome.skipped,
                "accepted items of {decided:?}"
            );
        }
    }

    /// I6: a rejected submission has one rework, of exactly what was rejected, and no other rework exists.
    fn rework(&self) {
        let by_key: BTreeMap<_, _> =
            self.assignments.iter().map(|a| ((a.key.round, a.key.number, a.key.slot), a)).collect();
        assert_eq!(by_key.len(), self.assignments.len());
        for parent in &self.assignments {
            let child = by_key.get(&(Round(parent.key.round.0 + 1), parent.key.number, parent.key.slot));
            assert_eq!(child.is_some(), parent.status == Status::Rejected, "the rework of {parent:?}");
            let Some(child) = child else { continue };
            let rejected: BTreeSet<_> = child.ranges.iter().collect();
            assert_eq!(child.parent, Some(parent.id));
            assert_eq!(
                &rejected,
                Replayed::of(&self.logs[&parent.id.0]).rejected(),
                "the rework of {parent:?}"
            );
            let kept = self.accepted.iter().filter(|item| item.annotation.assignment == parent.id);
            let mut all: Vec<_> = kept.map(|item| item.annotation.item).chain(rejected).collect();
            all.sort_unstable();
            assert_eq!(all, parent.ranges.iter().collect::<Vec<_>>(), "each item once in {parent:?}");
        }
    }

    /// I7: the logs lead without a gap to what the tables say.
    fn trail(&self) {
        for assignment in &self.assignments {
            let entries = self.logs.get(&assignment.id.0).map_or(&[][..], Vec::as_slice);
            Replayed::of(entries).must_be(assignment);
        }
        let job = &self.logs[&self.job.id.0];
        assert!(job.iter().zip(1..).all(|(entry, seq)| entry.seq == seq), "the job's log has a gap");
        assert_eq!(job.len() as i64, self.job.seq);
        let cut: i64 = job.iter().filter(|entry| entry.action == "cut").map(cut_length).sum();
        assert_eq!(cut, self.job.cut_to);
    }

    /// I9: the counters are what a recount gives, and the item states add up to the selection times the slots.
    fn conserved(&self) {
        assert_eq!(self.progress.items(), self.recount());
        assert_eq!(self.progress.items().total(), self.job.selected * self.job.slots);
        let statuses = [
            (Counter::Pending, Status::Pending),
            (Counter::InProgress, Status::InProgress),
            (Counter::Completed, Status::Completed),
            (Counter::InReview, Status::InReview),
            (Counter::Accepted, Status::Accepted),
            (Counter::Rejected, Status::Rejected),
            (Counter::Cancelled, Status::Cancelled),
        ];
        for (counter, status) in statuses {
            let count = self.assignments.iter().filter(|a| a.status == status).count() as i64;
            assert_eq!(self.progress.get(counter), count, "{counter:?}");
        }
        let held =
            self.assignments.iter().filter(|a| a.needs_manager && a.status == Status::Pending).count() as i64;
        assert_eq!(self.progress.get(Counter::Held), held);
        let fences: i64 = self.assignments.iter().map(|a| a.fence).sum();
        assert_eq!(self.progress.get(Counter::Leases), fences, "every lease has its fence");
    }

    /// The coverage is what a recount gives at every level, however many events are counted in it.
    async fn covered(&self, world: &World) {
        const EVENTS: i64 = 3;
        world.store.coverage_fold(EVENTS).await.unwrap();
        let (team, size) = (self.job.team, self.job.range_size);
        let ranges = (self.job.selected + size - 1) / size;
        for level in 0..=levels(ranges) {
            let mut expected: BTreeMap<i64, Cover> = BTreeMap::new();
            for a in &self.assignments {
                let cover = AssignmentState::of(a).cover(a.key.round, a.items);
                expected.entry(a.key.number / block_width(level)).or_default().add(&cover);
            }
            expected.retain(|_, cover| !cover.is_zero());
            let stretches = Stretches { from: 0, to: ranges, width: block_width(level), level };
            let counted = world.store.job_coverage(team, self.job.id, stretches).await.unwrap();
            assert_eq!(counted, expected, "the coverage at level {level}");
        }
        let before = JobId(Uuid::from_u128(self.job.id.0.as_u128() - 1));
        let check = world.store.coverage_check(before, 1).await.unwrap();
        assert_eq!((check.last, check.wrong), (Some(self.job.id), Vec::new()));
    }

    fn recount(&self) -> ItemStates {
        let items_in =
            |status| self.assignments.iter().filter(|a| a.status == status).map(|a| a.items).sum::<i64>();
        let skipped = self.accepted.iter().filter(|item| item.annotation.skipped).count() as i64;
        let uncut = (self.job.selected - self.job.cut_to) * self.job.slots;
        let (waiting, called_off) = if is_called_off(&self.job) { (0, uncut) } else { (uncut, 0) };
        ItemStates {
            pending: items_in(Status::Pending) + waiting,
            in_progress: items_in(Status::InProgress),
            completed: items_in(Status::Completed),
            in_review: items_in(Status::InReview),
            accepted: self.accepted.len() as i64 - skipped,
            skipped,
            cancelled: items_in(Status::Cancelled) + called_off,
        }
    }
}

/// Whether what is not cut yet was called off with its job.
fn is_called_off(job: &Job) -> bool {
    matches!(job.status, JobStatus::Cancelling | JobStatus::Cancelled)
}

fn cut_length(entry: &Entry) -> i64 {
    let detail = entry.detail.as_ref().expect("a cut says what it cut");
    detail["to"].as_i64().unwrap() - detail["from"].as_i64().unwrap()
}

/// A page of a few accepted items.
const PAGE_BYTES: usize = 200;

/// All accepted items of a job, by pages so small that their seams are tried.
pub(super) async fn accepted(world: &World, job: JobId) -> Vec<AcceptedItem> {
    let mut all: Vec<AcceptedItem> = Vec::new();
    loop {
        let after = all.last().map(AcceptedItem::key);
        let page = world.store.accepted(job, after, PAGE_BYTES).await.expect("a page of accepted items");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The logs of a job and of all its assignments, by subject.
async fn logs(world: &World, job: JobId) -> HashMap<Uuid, Vec<Entry>> {
    let mut logs: HashMap<_, Vec<_>> = HashMap::new();
    logs.insert(job.0, world.store.log(job.0, 0, 10_000).await.unwrap().entries);
    let mut after = (Uuid::nil(), 0);
    loop {
        let LogPage { entries, has_more } = world.store.log_page(job, after).await.unwrap();
        for entry in entries {
            after = (entry.subject, entry.seq);
            logs.entry(entry.subject).or_default().push(entry);
        }
        if !has_more {
            return logs;
        }
    }
}
