//! Coming to rest: once the faults end, all work is finished within a bounded time.

use swath_domain::job::JobStatus;
use swath_domain::{Stage, Status};
use swath_locks::LockFault;

use crate::ops::{Op, PEOPLE, PROCESSES};
use crate::violation::{Checked, broken};
use crate::world::World;

/// The number of rounds within which all work must be finished.
const ROUNDS: usize = 60;
/// The time that passes in a round, in seconds: longer than a sweep interval and shorter than a lease.
const ROUND: i64 = 120;

impl World {
    /// Ends the faults and lets all users work until all jobs are done.
    pub async fn come_to_rest(&mut self) -> Checked {
        self.heal();
        self.common.locks.set(LockFault::None);
        // Deadlines that a jump of the clock has moved into the future must pass first.
        self.run(&Op::Advance { seconds: 7_200 }).await?;
        for person in 0..PEOPLE {
            self.run(&Op::Account { person, active: true, unheard: false }).await?;
            self.run(&Op::Roles { person, roles: 3, unheard: false }).await?;
        }
        self.finish_imports().await?;
        for job in 0..self.jobs.len() {
            self.run(&Op::Pause { job, resume: true }).await?;
        }
        for _ in 0..ROUNDS {
            if self.is_at_rest()? {
                return self.check_pictures();
            }
            self.round().await?;
        }
        let left = self.look(|view| {
            view.assignments().filter(|row| row.status.is_undecided()).cloned().collect::<Vec<_>>()
        })?;
        broken!("after {ROUNDS} rounds of {ROUND} s there is work left: {left:?}")
    }

    fn is_at_rest(&self) -> Checked<bool> {
        self.look(|view| view.jobs().all(|job| matches!(job.status, JobStatus::Done | JobStatus::Cancelled)))
    }

    async fn round(&mut self) -> Checked {
        for op in [Op::Cut, Op::Sweep, Op::Hint, Op::CountEvents, Op::Follow { limit: 1_000 }] {
            self.run(&op).await?;
        }
        for process in 0..PROCESSES {
            self.run(&Op::Tell { process }).await?;
            self.run(&Op::Waive { process }).await?;
        }
        while !self.under_way.is_empty() {
            self.run(&Op::Deliver { message: 0, process: self.under_way.len() % PROCESSES }).await?;
        }
        self.give_out_what_waits_for_a_manager().await?;
        for person in 0..PEOPLE {
            let process = person % PROCESSES;
            self.run(&Op::Ask { person, process, job: None, again: false }).await?;
            if self.holds(Stage::Annotate, person)? {
                let submit =
                    Op::Submit { person, process, lease: 0, with_items: true, again: false, other: false };
                self.run(&submit).await?;
            }
            self.run(&Op::AskReview { person, process }).await?;
            if self.holds(Stage::Review, person)? {
                self.run(&Op::Decide { person, process, lease: 0, rest: true, again: false }).await?;
            }
        }
        self.run(&Op::Advance { seconds: ROUND }).await
    }

    /// True if the newest lease that the user knows of is current. Older ones may be released first.
    fn holds(&mut self, stage: Stage, person: usize) -> Checked<bool> {
        let user = self.people[person].id;
        let known = match stage {
            Stage::Annotate => &mut self.people[person].leases,
            Stage::Review => &mut self.people[person].reviews,
        };
        let current = self.common.memory.view(|view| {
            known.iter().position(|known_lease| {
                view.assignment(known_lease.assignment).is_some_and(|row| {
                    row.lease_state(stage, user, known_lease.lease).is_some() && row.status == stage.leased()
                })
            })
        });
        match current.flatten() {
            Some(place) => {
                known.swap(0, place);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn give_out_what_waits_for_a_manager(&mut self) -> Checked {
        let waiting = self.look(|view| {
            view.assignments().position(|row| row.needs_manager && row.status == Status::Pending)
        })?;
        match waiting {
            Some(assignment) => self.run(&Op::Reassign { assignment, to: None }).await,
            None => Ok(()),
        }
    }
}
