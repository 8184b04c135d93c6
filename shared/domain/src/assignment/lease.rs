//! Granting, renewing, releasing and expiring leases.

use super::{Assignment, Lease, Refusal};
use crate::cause::Cause;
use crate::ids::{LeaseId, UserId};
use crate::job::LeasePolicy;
use crate::log::Entry;
use crate::status::{LeaseEnd, Stage, Status};
use crate::time::Time;

/// What a lease that stands on an assignment is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseState {
    /// Its holder has the work.
    Current,
    /// It has expired, but nobody has taken the work since.
    Expired,
}

impl Assignment {
    /// Whether nothing can have been saved under it yet, as long as its lease stands: it is the first lease, and has
    /// saved nothing.
    pub fn is_untouched(&self) -> bool {
        self.fence <= 1 && self.saved == 0
    }

    /// Whether this user may be given the work now, as far as the assignment itself tells.
    pub fn is_eligible(&self, stage: Stage, user: UserId, now: Time) -> bool {
        self.status == stage.waiting()
            && match stage {
                Stage::Annotate => !self.needs_manager && self.is_free_for(user, now),
                Stage::Review => self.is_for_review() && self.author() != Some(user),
            }
    }

    fn is_free_for(&self, user: UserId, now: Time) -> bool {
        self.reserved_for().is_none_or(|reserved| reserved == user) || !self.is_reserved_after(now)
    }

    /// Grants a lease to annotate, or a review.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] where the user may not be given the work.
    pub fn grant(
        &mut self,
        stage: Stage,
        user: UserId,
        lease: LeaseId,
        policy: LeasePolicy,
        now: Time,
    ) -> Result<Entry, Refusal> {
        if !self.is_eligible(stage, user, now) {
            return Err(Refusal::Unavailable);
        }
        self.fence += 1;
        let deadline = now + policy.deadline;
        let expires = (now + policy.lease).min(deadline);
        self.lease = Some(Lease { id: lease, holder: user, expires, deadline });
        self.saved = 0;
        let action = if stage == Stage::Annotate { "grant" } else { "claim" };
        Ok(self.enter(stage.leased(), action, &Cause::by(user, now), None))
    }

    /// What this lease is still good for; none where it does not stand on the assignment.
    pub fn lease_state(&self, stage: Stage, user: UserId, lease: LeaseId) -> Option<LeaseState> {
        let is_this = self.lease.is_some_and(|held| held.id == lease && held.holder == user);
        if !is_this {
            None
        } else if self.status == stage.leased() {
            Some(LeaseState::Current)
        } else {
            (self.status == stage.waiting()).then_some(LeaseState::Expired)
        }
    }

    /// Extends the lease that stands on the assignment; an expired one is revived. A renewal that gains less than a
    /// quarter of the lease changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Stale`] from the hard deadline on.
    pub fn renew(
        &mut self,
        stage: Stage,
        user: UserId,
        policy: LeasePolicy,
        now: Time,
    ) -> Result<Option<Entry>, Refusal> {
        let gone = Refusal::Stale(LeaseEnd::Expired);
        let Some(lease) = &mut self.lease else { return Err(gone) };
        if now >= lease.deadline {
            return Err(gone);
        }
        let expires = (now + policy.lease).min(lease.deadline);
        if self.status == stage.leased() {
            if (expires - lease.expires) * 4 >= policy.lease {
                lease.expires = expires;
            }
            return Ok(None);
        }
        lease.expires = expires;
        Ok(Some(self.enter(stage.leased(), "revive", &Cause::by(user, now), None)))
    }

    /// Gives the work back, unfinished.
    pub fn release(&mut self, stage: Stage, user: UserId, reason: Option<String>, now: Time) -> Entry {
        let entry = self.enter(stage.waiting(), "release", &Cause::by(user, now).because(reason), None);
        self.lease = None;
        entry
    }

    /// Expires a lease that was not renewed in time. It stays on the assignment so that its holder can come back.
    ///
    /// # Errors
    /// [`Refusal::Status`] where nothing is leased.
    pub fn expire(&mut self, now: Time) -> Result<Entry, Refusal> {
        let waiting = match self.status {
            Status::InProgress => Status::Pending,
            Status::InReview => Status::Completed,
            other => return Err(Refusal::Status(other)),
        };
        Ok(self.enter(waiting, "expire", &Cause::own(now), None))
    }
}
