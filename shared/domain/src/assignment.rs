//! An assignment and the only transitions that it knows.
//!
//! A transition checks its guard, changes the value and returns the log entry that must be written with it. The store
//! runs it on a row that it has locked. The transitions stand in the modules below, by who causes them.

mod lease;
mod manage;
mod parts;
mod refusal;
mod review;
mod submission;

use serde_json::Value;

use crate::cause::Cause;
use crate::ids::{AssignmentId, LeaseId, TeamId, UserId};
use crate::log::Entry;
use crate::ranges::Ranges;
use crate::status::Status;
use crate::time::Time;

pub use lease::LeaseState;
pub use parts::{Lease, Outcome, RangeKey, Reservation, Submission};
pub use refusal::Refusal;
pub use review::Decision;

/// The unit of work, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// Computed from the key.
    pub id: AssignmentId,
    /// The job, and which of its ranges this is.
    pub key: RangeKey,
    /// The team, for reads that must not leave it.
    pub team: TeamId,
    /// The rejected submission that this one redoes.
    pub parent: Option<AssignmentId>,
    /// The item numbers of its range; of a rework, only the rejected ones.
    pub ranges: Ranges,
    /// How many they are.
    pub items: i64,
    /// The state that says who may act on it next.
    pub status: Status,
    /// The fencing token: grows with every grant and never shrinks.
    pub fence: i64,
    /// The current lease, or an expired one that nobody has taken over.
    pub lease: Option<Lease>,
    /// Items saved by its present or last holder.
    pub saved: i64,
    /// The latest submission; none before one, and after the work was reopened.
    pub submission: Option<Submission>,
    /// For whom it waits.
    pub reservation: Option<Reservation>,
    /// Whether its rounds are used up, so that a manager must act.
    pub needs_manager: bool,
    /// What was decided; zero before that.
    pub outcome: Outcome,
    /// Entries in its log.
    pub seq: i64,
    /// Since when it has its status.
    pub since: Time,
}

impl Assignment {
    /// A new PENDING assignment.
    pub fn new(team: TeamId, key: RangeKey, ranges: Ranges, now: Time) -> Self {
        Self {
            id: key.id(),
            key,
            team,
            parent: None,
            items: ranges.items(),
            ranges,
            status: Status::Pending,
            fence: 0,
            lease: None,
            saved: 0,
            submission: None,
            reservation: None,
            needs_manager: false,
            outcome: Outcome::default(),
            seq: 0,
            since: now,
        }
    }

    /// The lease that stands on it, current or expired.
    pub fn lease_id(&self) -> Option<LeaseId> {
        self.lease.map(|lease| lease.id)
    }

    /// Whose lease that is.
    pub fn holder(&self) -> Option<UserId> {
        self.lease.map(|lease| lease.holder)
    }

    /// When the lease that stands on it expires, or has expired.
    pub fn expires(&self) -> Option<Time> {
        self.lease.map(|lease| lease.expires)
    }

    /// The user who submitted it, if it is submitted.
    pub fn author(&self) -> Option<UserId> {
        self.submission.map(|submission| submission.author)
    }

    /// The lease under which it was submitted.
    pub fn submission_id(&self) -> Option<LeaseId> {
        self.submission.map(|submission| submission.id)
    }

    /// Whether its submission goes before a reviewer.
    pub fn is_for_review(&self) -> bool {
        self.submission.is_some_and(|submission| submission.for_review)
    }

    /// For whom it is reserved.
    pub fn reserved_for(&self) -> Option<UserId> {
        self.reservation.map(|reservation| reservation.user)
    }

    /// Whether it is reserved for somebody until after this moment.
    pub fn is_reserved_after(&self, now: Time) -> bool {
        self.reservation.is_some_and(|reservation| reservation.until > now)
    }

    /// Takes on a status and makes the log entry of the transition.
    fn enter(&mut self, status: Status, action: &str, cause: &Cause, detail: Option<Value>) -> Entry {
        let from = std::mem::replace(&mut self.status, status);
        self.since = cause.at;
        self.seq += 1;
        Entry {
            subject: self.id.0,
            seq: self.seq,
            at: cause.at,
            actor: cause.actor,
            token_maker: cause.token_maker,
            action: action.to_owned(),
            from: Some(from),
            to: Some(status),
            lease_id: self.lease_id(),
            fence: self.fence,
            reason: cause.reason.clone(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests;
