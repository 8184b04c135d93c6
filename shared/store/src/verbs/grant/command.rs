//! The command that asks for work, and its answer.

use std::sync::Arc;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use swath_domain::{Assignment, Stage, Time};

use crate::model::requests::Key;
use crate::tables::grant_context::HeldLease;

/// A user asks for work.
#[derive(Debug, Clone)]
pub struct Grant {
    /// To annotate or to review.
    pub stage: Stage,
    /// The user who asks for work.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The team in which they ask.
    pub team: TeamId,
    /// From which job alone, where the user says so.
    pub only: Option<JobId>,
    /// The open jobs of the team that admit the user; what is reserved for them there comes first.
    pub open: Arc<[JobId]>,
    /// The job to take from if the user holds nothing and nothing is reserved for them.
    pub job: Option<JobId>,
    /// Assignments of that job to try before its queue is read.
    pub candidates: Vec<AssignmentId>,
    /// The id of the lease, should there be one.
    pub lease: LeaseId,
    /// The idempotency key of the request.
    pub key: Option<Key>,
    /// When they ask, by the database's clock.
    pub now: Time,
}

impl Grant {
    /// Whether this asks to review work of the user who made the token.
    pub(super) fn is_of_the_author(&self, assignment: &Assignment) -> bool {
        self.stage == Stage::Review && self.token_maker.is_some() && assignment.author() == self.token_maker
    }

    /// Whether a lease that the user holds answers this command.
    pub(super) fn may_get(&self, held: &HeldLease) -> bool {
        held.team == self.team && self.only.is_none_or(|job| job == held.job)
    }

    /// Whether the assignment belongs to a job that the user may work in.
    pub(super) fn is_in_reach(&self, assignment: &Assignment) -> bool {
        assignment.team == self.team && self.open.contains(&assignment.key.job)
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Granted {
    /// A new lease on this assignment.
    New(Box<Assignment>),
    /// The user holds this lease already, or got it under the same key before.
    Held(LeaseId),
    /// Nothing could be had from the job that was named.
    Nothing,
}
