//! The operations of a simulated world, as plain data.

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng};
use serde::{Deserialize, Serialize};

/// The index of one of a user's leases, newest first.
pub type Nth = usize;

/// One operation. Numbers select among what exists when it runs, so that a list stays valid when it is shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// One round of the cutter.
    Cut,
    /// One round of the hinter.
    Hint,
    /// One round of the sweeper.
    Sweep,
    /// New events are added to the coverage of jobs.
    CountEvents,
    /// The client that follows the team reads a page of events.
    Follow { limit: usize },
    /// A review service's sweep for submissions whose notice was lost.
    Waive { process: usize },
    /// A gateway publishes its waiting notices.
    Tell { process: usize },
    /// A message arrives: any of those that were published.
    Deliver { message: usize, process: usize },
    /// A message is lost.
    Lose { message: usize },
    /// A message is doubled.
    Double { message: usize },
    /// A user asks for work; `again` repeats the last key.
    Ask { person: usize, process: usize, job: Option<usize>, again: bool },
    /// A user saves an item.
    Confirm { person: usize, process: usize, lease: Nth, item: usize, text: u8 },
    /// A user renews a lease.
    Renew { person: usize, process: usize, lease: Nth },
    /// A user submits, with all items or with none; `again` repeats the last id, `other` with other items.
    Submit { person: usize, process: usize, lease: Nth, with_items: bool, again: bool, other: bool },
    /// A user releases a lease.
    Release { person: usize, process: usize, lease: Nth },
    /// A user asks for a review.
    AskReview { person: usize, process: usize },
    /// A reviewer saves a verdict on an item.
    Judge { person: usize, process: usize, lease: Nth, item: usize, reject: bool },
    /// A reviewer renews a review.
    RenewReview { person: usize, process: usize, lease: Nth },
    /// A reviewer decides a review.
    Decide { person: usize, process: usize, lease: Nth, rest: bool, again: bool },
    /// A reviewer releases a review.
    ReleaseReview { person: usize, process: usize, lease: Nth },
    /// A manager reassigns an assignment.
    Reassign { assignment: usize, to: Option<usize> },
    /// A manager reopens an assignment.
    Reopen { assignment: usize },
    /// A manager cancels an assignment.
    CancelAssignment { assignment: usize },
    /// A manager pauses or resumes a job.
    Pause { job: usize, resume: bool },
    /// A manager cancels a job.
    CancelJob { job: usize },
    /// Time passes, in seconds.
    Advance { seconds: i64 },
    /// The clock jumps, in seconds.
    Jump { seconds: i64 },
    /// The locks begin to behave like this: 0 honest, 1 grant everything, 2 refuse everything, 3 unreachable.
    LockFault { fault: u8 },
    /// The locks lose all entries.
    Forget,
    /// The next commit fails: rolled back, or committed with the answer lost (`unheard`).
    Fail { unheard: bool },
    /// A process dies and is replaced by a new one.
    Crash { process: usize },
    /// Several users save items at the same moment, which puts them into one transaction.
    Together { lease: Nth, item: usize, text: u8 },
    /// A user's roles change: bit 0 is annotator, bit 1 reviewer. While it is `unheard`, gateways use the old roles
    /// until time passes.
    Roles { person: usize, roles: u8, unheard: bool },
    /// An account is deactivated or reactivated.
    Account { person: usize, active: bool, unheard: bool },
    /// A client sends an import under a key, for the first time or again.
    Import { key: usize, process: usize },
    /// A user's browser reports a picture under a lease or a review: one of two sizes, that it is missing, or that it
    /// is missing again after another process has shown it.
    Report { person: usize, process: usize, lease: Nth, item: usize, said: u8, review: bool },
    /// A manager sets a picture's size, or Swath measures it.
    Size { item: usize, size: usize, measured: bool },
    /// One of the imports in progress imports another page, or finishes.
    GoOn { import: usize, finish: bool },
}

/// The number of processes of a world.
pub const PROCESSES: usize = 2;
/// The number of users of a world.
pub const PEOPLE: usize = 4;
/// The number of jobs of a world.
pub const JOBS: usize = 2;

/// The number of import requests that are open at once.
pub const IMPORTS: usize = 2;

/// The number of operations of a list, before the world comes to rest.
pub const LENGTH: usize = 140;

/// The operations of a seed.
pub fn of_seed(seed: u64) -> Vec<Op> {
    let mut rng = SmallRng::seed_from_u64(seed);
    // Each world has its own mixture: lists that mix all operations evenly rarely complete any work.
    let calm = rng.random_range(0..3) > 0;
    let restless = rng.random_range(0..2) == 0;
    let op = |_| match restless && rng.random_range(0..12) == 0 {
        true => restless_one(&mut rng),
        false => one(&mut rng, calm),
    };
    (0..LENGTH).map(op).collect()
}

/// Users leave and come back, imports are sent twice, and browsers report pictures.
fn restless_one(rng: &mut SmallRng) -> Op {
    let (person, process) = (rng.random_range(0..PEOPLE), rng.random_range(0..PROCESSES));
    let unheard = rng.random_range(0..3) > 0;
    match rng.random_range(0..26) {
        // Half of the time a user comes back, so that work goes on.
        0..3 => Op::Roles { person, roles: 3, unheard },
        3..6 => Op::Roles { person, roles: rng.random_range(0..3), unheard },
        6..8 => Op::Account { person, active: rng.random_range(0..2) == 0, unheard },
        8..11 => Op::Import { key: rng.random_range(0..IMPORTS), process },
        16..24 => {
            let (lease, item) = (0, rng.random_range(0..4));
            let (said, review) = (rng.random_range(0..4), rng.random_range(0..2) == 0);
            Op::Report { person, process, lease, item, said, review }
        }
        24..26 => Op::Size {
            item: rng.random_range(0..6),
            size: rng.random_range(0..2),
            measured: rng.random_range(0..2) == 0,
        },
        _ => Op::GoOn { import: rng.random_range(0..4), finish: rng.random_range(0..2) == 0 },
    }
}

fn one(rng: &mut SmallRng, calm: bool) -> Op {
    let person = rng.random_range(0..PEOPLE);
    let process = rng.random_range(0..PROCESSES);
    // Mostly the newest lease, sometimes one that should be over.
    let lease = if rng.random_range(0..8) > 0 { 0 } else { rng.random_range(0..4) };
    let item = rng.random_range(0..16);
    let often = rng.random_range(0..8) > 0;
    match rng.random_range(0..if calm { 92 } else { 112 }) {
        0..3 => Op::Cut,
        3..5 => Op::Hint,
        5..8 => Op::Sweep,
        8..10 => Op::Waive { process },
        10..13 => Op::Tell { process },
        13..19 => Op::Deliver { message: item, process },
        19..31 => {
            let job = (!often).then(|| rng.random_range(0..JOBS));
            Op::Ask { person, process, job, again: rng.random_range(0..6) == 0 }
        }
        31..41 => Op::Confirm { person, process, lease, item, text: rng.random_range(0..3) },
        41..44 => Op::Renew { person, process, lease },
        44..58 => {
            let (again, other) = (rng.random_range(0..5) == 0, rng.random_range(0..6) == 0);
            Op::Submit { person, process, lease, with_items: often, again, other }
        }
        58..60 => Op::Release { person, process, lease },
        60..69 => Op::AskReview { person, process },
        69..76 => Op::Judge { person, process, lease, item, reject: rng.random_range(0..2) == 0 },
        76..77 => Op::RenewReview { person, process, lease },
        77..86 => Op::Decide { person, process, lease, rest: often, again: rng.random_range(0..5) == 0 },
        86..87 => Op::ReleaseReview { person, process, lease },
        87 => match rng.random_range(0..3) {
            0 => Op::CountEvents,
            _ => Op::Follow { limit: rng.random_range(0..4) },
        },
        88 => Op::Advance { seconds: rng.random_range(1..30) },
        89..91 => Op::Advance { seconds: [300, 895, 1_795, 45_000][rng.random_range(0..4)] },
        91..92 => Op::Together { lease, item, text: rng.random_range(0..3) },
        92..94 => Op::Lose { message: item },
        94..96 => Op::Double { message: item },
        96..98 => {
            let to = (rng.random_range(0..3) > 0).then_some(person);
            Op::Reassign { assignment: item, to }
        }
        98..100 => Op::Reopen { assignment: item },
        100..101 => Op::CancelAssignment { assignment: item },
        101..103 => Op::Pause { job: rng.random_range(0..JOBS), resume: rng.random_range(0..2) == 0 },
        103..104 if rng.random_range(0..4) == 0 => Op::CancelJob { job: rng.random_range(0..JOBS) },
        103..104 => Op::Jump { seconds: if often { 3_600 } else { -3_600 } },
        104..106 => Op::LockFault { fault: rng.random_range(0..4) },
        106..107 => Op::Forget,
        107..111 => Op::Fail { unheard: rng.random_range(0..2) == 0 },
        _ => Op::Crash { process },
    }
}
