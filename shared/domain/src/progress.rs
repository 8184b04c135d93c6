//! Counters of a job, moved by every transition and never recounted.

use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::key::Round;
use crate::status::Status;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident = $column:literal,)*) => {
        /// One number that is kept for every job.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Counter { $($(#[$doc])* $name,)* }

        impl Counter {
            /// How many counters there are.
            pub const COUNT: usize = [$(Counter::$name),*].len();
            /// Every counter, in the order in which the store keeps them.
            pub const ALL: [Counter; Counter::COUNT] = [$(Counter::$name),*];

            /// The store's column, which is also the name in metrics.
            pub const fn column(self) -> &'static str {
                match self { $(Counter::$name => $column,)* }
            }
        }
    };
}

counters! {
    /// Items not cut yet, or waiting for an annotator.
    ItemsPending = "items_pending",
    /// Items under a lease.
    ItemsInProgress = "items_in_progress",
    /// Items submitted and waiting.
    ItemsCompleted = "items_completed",
    /// Items before a reviewer.
    ItemsInReview = "items_in_review",
    /// Items accepted with labels.
    ItemsAccepted = "items_accepted",
    /// Items accepted as skipped.
    ItemsSkipped = "items_skipped",
    /// Items cancelled before they were decided.
    ItemsCancelled = "items_cancelled",
    /// Assignments waiting for an annotator.
    Pending = "assignments_pending",
    /// Assignments under a lease.
    InProgress = "assignments_in_progress",
    /// Assignments submitted, and not yet claimed by a reviewer or auto-accepted.
    Completed = "assignments_completed",
    /// Assignments before a reviewer.
    InReview = "assignments_in_review",
    /// Assignments accepted as a whole.
    Accepted = "assignments_accepted",
    /// Assignments of which a part was rejected.
    Rejected = "assignments_rejected",
    /// Assignments cancelled before they were decided.
    Cancelled = "assignments_cancelled",
    /// Assignments that wait for a manager because their rounds are used up.
    Held = "assignments_held",
    /// Leases granted, reviews included.
    Leases = "leases",
    /// Leases that the sweep expired, reviews included.
    Expiries = "expiries",
    /// Submissions, each counted once however often it is sent.
    Submissions = "submissions",
    /// Submissions decided by a reviewer.
    Decisions = "decisions",
    /// Items rejected by decisions.
    Rejects = "rejects",
    /// Items accepted in their first round, with labels or as skipped.
    FirstPass = "first_pass",
}

/// A value, or a change, of every counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress(pub [i64; Counter::COUNT]);

impl Default for Progress {
    fn default() -> Self {
        Self([0; Counter::COUNT])
    }
}

impl Progress {
    /// The counters of a job that was just made: all its items are pending, times the opinions asked for.
    pub fn of_new_job(items: i64) -> Self {
        let mut progress = Self::default();
        progress.add(Counter::ItemsPending, items);
        progress
    }

    /// The change from one state of an assignment to another.
    pub fn between(before: &Assignment, after: &Assignment) -> Self {
        let mut change = Self::default();
        change.count(after, 1);
        change.count(before, -1);
        change
    }

    /// The change that new assignments bring whose items were counted as pending before: those just cut.
    pub fn of_cut(assignments: i64) -> Self {
        let mut change = Self::default();
        change.add(Counter::Pending, assignments);
        change
    }

    /// Adds what one assignment holds, `sign` times.
    pub fn count(&mut self, assignment: &Assignment, sign: i64) {
        let a = assignment;
        let live = match a.status {
            Status::Pending => Some((Counter::ItemsPending, Counter::Pending)),
            Status::InProgress => Some((Counter::ItemsInProgress, Counter::InProgress)),
            Status::Completed => Some((Counter::ItemsCompleted, Counter::Completed)),
            Status::InReview => Some((Counter::ItemsInReview, Counter::InReview)),
            Status::Cancelled => Some((Counter::ItemsCancelled, Counter::Cancelled)),
            Status::Accepted | Status::Rejected => None,
        };
        if let Some((items, assignments)) = live {
            self.add(items, sign * a.items);
            self.add(assignments, sign);
        } else {
            self.add(Counter::ItemsAccepted, sign * a.outcome.accepted);
            self.add(Counter::ItemsSkipped, sign * a.outcome.skipped);
            if a.key.round == Round::FIRST {
                self.add(Counter::FirstPass, sign * (a.outcome.accepted + a.outcome.skipped));
            }
            self.add(if a.status == Status::Accepted { Counter::Accepted } else { Counter::Rejected }, sign);
        }
        if a.needs_manager && a.status == Status::Pending {
            self.add(Counter::Held, sign);
        }
    }

    /// Adds `n`, which may be negative, to a counter.
    pub fn add(&mut self, counter: Counter, n: i64) {
        self.0[counter as usize] += n;
    }

    /// The value of a counter.
    pub fn get(&self, counter: Counter) -> i64 {
        self.0[counter as usize]
    }

    /// Adds another change to this one.
    pub fn merge(&mut self, other: &Progress) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// Whether nothing would change.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|n| *n == 0)
    }

    /// The items by state, which add up to the selection times the opinions asked for.
    pub fn items(&self) -> ItemStates {
        ItemStates {
            pending: self.get(Counter::ItemsPending),
            in_progress: self.get(Counter::ItemsInProgress),
            completed: self.get(Counter::ItemsCompleted),
            in_review: self.get(Counter::ItemsInReview),
            accepted: self.get(Counter::ItemsAccepted),
            skipped: self.get(Counter::ItemsSkipped),
            cancelled: self.get(Counter::ItemsCancelled),
        }
    }
}

/// Items of a job by state, each item counted once per slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ItemStates {
    /// Waiting for an annotator, what is not cut yet included.
    #[schema(required = true)]
    pub pending: i64,
    /// Leased to an annotator.
    #[schema(required = true)]
    pub in_progress: i64,
    /// Submitted, and not yet claimed by a reviewer or auto-accepted.
    #[schema(required = true)]
    pub completed: i64,
    /// Leased to a reviewer.
    #[schema(required = true)]
    pub in_review: i64,
    /// Accepted with labels.
    #[schema(required = true)]
    pub accepted: i64,
    /// Accepted without labels, for the reason that the annotator gave.
    #[schema(required = true)]
    pub skipped: i64,
    /// Cancelled before they were decided.
    #[schema(required = true)]
    pub cancelled: i64,
}

impl ItemStates {
    /// All items of the job, each once per slot.
    pub fn total(&self) -> i64 {
        self.undecided() + self.accepted + self.skipped + self.cancelled
    }

    /// Items on which somebody still has to act.
    pub fn undecided(&self) -> i64 {
        self.pending + self.in_progress + self.completed + self.in_review
    }
}
