//! When "no work" is a correct answer, by a plain search of all assignments.

use swath_domain::job::JobStatus;
use swath_domain::{Assignment, JobId, Stage, Status, Time, UserId};

use crate::violation::{Checked, broken};
use crate::world::World;

impl World {
    pub(crate) fn check_no_work(
        &self,
        stage: Stage,
        user: UserId,
        only: Option<JobId>,
        holds: &[Assignment],
    ) -> Checked {
        if !holds.is_empty() {
            broken!("{user} holds {holds:?} and got no-work");
        }
        let now = self.now();
        let open = |job: JobId| -> Checked<bool> { Ok(self.job(job)?.status == JobStatus::Active) };
        for job in self.jobs.iter().filter(|job| only.is_none_or(|only| only == **job)) {
            if !open(*job)? {
                continue;
            }
            if stage == Stage::Annotate && self.job(*job)?.cut_to < self.job(*job)?.selected {
                broken!("{user} got no-work, and {job} is not cut to its end");
            }
            let rows: Vec<_> =
                self.look(|view| view.assignments().filter(|row| row.key.job == *job).cloned().collect())?;
            if let Some(missed) = rows.iter().find(|row| is_theirs(stage, user, row, &rows, now)) {
                broken!("{user} got no-work, and there is {missed:?}");
            }
        }
        Ok(())
    }
}

fn is_theirs(stage: Stage, user: UserId, row: &Assignment, rows: &[Assignment], now: Time) -> bool {
    match stage {
        Stage::Annotate => {
            let free = row.reserved_for().is_none_or(|person| person == user) || !row.is_reserved_after(now);
            row.status == Status::Pending
                && !row.needs_manager
                && free
                && !has_spoken(user, row, rows)
                && !has_in_hand(user, row, rows)
        }
        Stage::Review => row.status == Status::Completed && row.is_for_review() && row.author() != Some(user),
    }
}

/// True if the user has given another opinion on the assignment's range.
pub(crate) fn has_spoken(user: UserId, row: &Assignment, rows: &[Assignment]) -> bool {
    rows.iter().any(|other| {
        other.key.number == row.key.number && other.key.slot != row.key.slot && other.author() == Some(user)
    })
}

/// True if the user has a lease on another slot of the range, which they may still submit.
fn has_in_hand(user: UserId, row: &Assignment, rows: &[Assignment]) -> bool {
    rows.iter().any(|other| {
        let open = matches!(other.status, Status::Pending | Status::InProgress);
        open && other.key.number == row.key.number
            && other.key.slot != row.key.slot
            && other.holder() == Some(user)
    })
}
