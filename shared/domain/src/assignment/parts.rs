//! What an assignment is made of.

use crate::ids::{AssignmentId, JobId, LeaseId, UserId};
use crate::key::{Round, Slot};
use crate::time::Time;

/// Which assignment of a job it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeKey {
    /// The job whose range it is.
    pub job: JobId,
    /// The first for what was cut, one more for each rework.
    pub round: Round,
    /// The number of the range in the job, from 0; a rework keeps its parent's.
    pub number: i64,
    /// Which of the opinions asked for, from 0.
    pub slot: Slot,
}

impl RangeKey {
    /// The id that an assignment has by its key.
    pub fn id(self) -> AssignmentId {
        AssignmentId::of(self.job, self.round, self.number, self.slot)
    }
}

/// A user's right to work on an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Its id, which the holder names in every command.
    pub id: LeaseId,
    /// The user who works on the assignment.
    pub holder: UserId,
    /// When it expires unless it is renewed.
    pub expires: Time,
    /// When it can no longer be renewed.
    pub deadline: Time,
}

/// Work that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Submission {
    /// The lease under which it was submitted, which is the id of the submission.
    pub id: LeaseId,
    /// The user who submitted it, and for whom a rework is reserved.
    pub author: UserId,
    /// Whether it goes before a reviewer, or the review rule accepts it.
    pub for_review: bool,
}

/// That an assignment is kept for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reservation {
    /// The only user who may take the work until then.
    pub user: UserId,
    /// When anybody may take the work.
    pub until: Time,
}

/// What a decision came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Items accepted with labels.
    pub accepted: i64,
    /// Items accepted as skipped.
    pub skipped: i64,
}
