//! What may happen in a simulated world, as plain data: a seed gives a list, and a list gives a run.

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng};
use serde::{Deserialize, Serialize};

/// Which of a person's leases an operation is about, newest first.
pub type Nth = usize;

/// One operation. Numbers pick from what there is when it runs, so that a list stays meaningful when it is shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// The cutter's round.
    Cut,
    /// The hinter's round.
    Hint,
    /// The sweeper's round.
    Sweep,
    /// Events are counted into the coverage of jobs.
    CountEvents,
    /// Somebody who follows the team reads on, a page of a few events.
    Follow { limit: usize },
    /// A review's sweep for what no notice told of.
    Waive { process: usize },
    /// A gateway publishes the notices that wait.
    Tell { process: usize },
    /// A message arrives: any of those under way.
    Deliver { message: usize, process: usize },
    /// A message gets lost.
    Lose { message: usize },
    /// A message is doubled.
    Double { message: usize },
    /// Somebody asks for work; `again` repeats the key of the last time.
    Ask { person: usize, process: usize, job: Option<usize>, again: bool },
    /// Somebody saves an item.
    Confirm { person: usize, process: usize, lease: Nth, item: usize, text: u8 },
    /// Somebody renews.
    Renew { person: usize, process: usize, lease: Nth },
    /// Somebody hands in, with all items or with none; `again` repeats the id of the last time, `other` with other items.
    Submit { person: usize, process: usize, lease: Nth, with_items: bool, again: bool, other: bool },
    /// Somebody gives work back.
    Release { person: usize, process: usize, lease: Nth },
    /// Somebody asks for a review.
    AskReview { person: usize, process: usize },
    /// A reviewer judges an item.
    Judge { person: usize, process: usize, lease: Nth, item: usize, reject: bool },
    /// A reviewer renews.
    RenewReview { person: usize, process: usize, lease: Nth },
    /// A reviewer decides.
    Decide { person: usize, process: usize, lease: Nth, rest: bool, again: bool },
    /// A reviewer gives a review back.
    ReleaseReview { person: usize, process: usize, lease: Nth },
    /// A manager takes an assignment away and reserves it.
    Reassign { assignment: usize, to: Option<usize> },
    /// A manager reopens an assignment.
    Reopen { assignment: usize },
    /// A manager calls an assignment off.
    CancelAssignment { assignment: usize },
    /// A manager pauses or resumes a job.
    Pause { job: usize, resume: bool },
    /// A manager calls a job off.
    CancelJob { job: usize },
    /// Time passes, in seconds.
    Advance { seconds: i64 },
    /// The clock jumps, in seconds.
    Jump { seconds: i64 },
    /// The locks change their temper: 0 honest, 1 grant all, 2 refuse all, 3 away.
    Mood { temper: u8 },
    /// The locks forget everything.
    Forget,
    /// The next commit fails: undone, or done and unheard.
    Fail { unheard: bool },
    /// A process dies and another takes its place.
    Crash { process: usize },
    /// Several people save items in the same moment, which puts them into one transaction.
    Together { lease: Nth, item: usize, text: u8 },
    /// A person's roles change: bit 0 is to annotate, bit 1 to review. While it is `unheard`, gateways go on believing in
    /// the old ones until time passes.
    Roles { person: usize, roles: u8, unheard: bool },
    /// An account is deactivated, or activated again.
    Account { person: usize, active: bool, unheard: bool },
    /// Somebody sends an import under a key, for the first time or once more.
    Import { key: usize, process: usize },
    /// Somebody's browser reports a picture under a lease, or under a review: one of two sizes, that it is missing,
    /// or that it is missing again after another process has shown it.
    Report { person: usize, process: usize, lease: Nth, item: usize, said: u8, review: bool },
    /// A manager tells a picture's size, or Swath measures it.
    Size { item: usize, size: usize, measured: bool },
    /// One of the imports that are under way goes on: with another page, or to its end.
    GoOn { import: usize, finish: bool },
}

/// How many processes, people and jobs a world has.
pub const PROCESSES: usize = 2;
/// See [`PROCESSES`].
pub const PEOPLE: usize = 4;
/// See [`PROCESSES`].
pub const JOBS: usize = 2;

/// Requests to import that a world knows.
pub const IMPORTS: usize = 2;

/// Operations of one list, before the world is let come to rest.
pub const LENGTH: usize = 140;

/// The list of a seed.
pub fn of_seed(seed: u64) -> Vec<Op> {
    let mut rng = SmallRng::seed_from_u64(seed);
    // Worlds differ in what goes on in them: a list of evenly mixed operations rarely gets anywhere.
    let calm = rng.random_range(0..3) > 0;
    let restless = rng.random_range(0..2) == 0;
    let op = |_| match restless && rng.random_range(0..12) == 0 {
        true => restless_one(&mut rng),
        false => one(&mut rng, calm),
    };
    (0..LENGTH).map(op).collect()
}

/// People leave and come back, imports are sent twice, and browsers report pictures.
fn restless_one(rng: &mut SmallRng) -> Op {
    let (person, process) = (rng.random_range(0..PEOPLE), rng.random_range(0..PROCESSES));
    let unheard = rng.random_range(0..3) > 0;
    match rng.random_range(0..26) {
        // Half of the time somebody comes back, so that work goes on.
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
    // Mostly the newest lease; now and then one that should be over.
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
        104..106 => Op::Mood { temper: rng.random_range(0..4) },
        106..107 => Op::Forget,
        107..111 => Op::Fail { unheard: rng.random_range(0..2) == 0 },
        _ => Op::Crash { process },
    }
}
