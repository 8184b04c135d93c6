//! What managers do to an assignment, and what follows from the roles of its users.

use serde_json::json;

use super::{Assignment, Outcome, Refusal, Reservation};
use crate::cause::Cause;
use crate::ids::UserId;
use crate::log::Entry;
use crate::status::{Stage, Status};
use crate::time::Time;

impl Assignment {
    /// Takes the work from its holder and reserves it for a user, or for nobody. A review goes back to the
    /// submissions that wait, which are never reserved.
    ///
    /// # Errors
    /// [`Refusal::Status`] where the work is submitted or decided.
    pub fn reassign(&mut self, to: Option<UserId>, until: Time, cause: &Cause) -> Result<Entry, Refusal> {
        if self.status == Status::InReview && to.is_none() {
            let detail = json!({"former_holder": self.holder()});
            let entry = self.enter(Status::Completed, "reassign", cause, Some(detail));
            self.lease = None;
            return Ok(entry);
        }
        if !matches!(self.status, Status::Pending | Status::InProgress) {
            return Err(Refusal::Status(self.status));
        }
        self.reservation = to.map(|user| Reservation { user, until });
        let detail = json!({"reserved_for": to, "reserved_until": until, "former_holder": self.holder()});
        self.saved = 0;
        self.needs_manager = false;
        let entry = self.enter(Status::Pending, "reassign", cause, Some(detail));
        self.lease = None;
        Ok(entry)
    }

    /// Ends what ties the work to a user who may no longer do it: the lease, current or expired, and the reservation.
    /// None where nothing does.
    pub fn free(&mut self, user: UserId, allowed: impl Fn(Stage) -> bool, cause: &Cause) -> Option<Entry> {
        let (stage, to) = match self.status {
            Status::Pending | Status::InProgress => (Stage::Annotate, Status::Pending),
            Status::Completed | Status::InReview => (Stage::Review, Status::Completed),
            Status::Accepted | Status::Rejected | Status::Cancelled => return None,
        };
        let leased = self.holder() == Some(user);
        // Work that is leased to somebody else goes on; its reservation has ended, or it could not have been granted.
        let reserved = self.reserved_for() == Some(user)
            && (self.status == Status::Pending || leased && stage == Stage::Annotate);
        if allowed(stage) || !leased && !reserved {
            return None;
        }
        let former = self.holder().filter(|_| leased);
        let detail =
            json!({"former_holder": former, "reserved_for": self.reserved_for().filter(|_| !reserved)});
        if stage == Stage::Annotate && leased {
            self.saved = 0;
        }
        if reserved {
            self.reservation = None;
        }
        let entry = self.enter(to, "free", cause, Some(detail));
        if leased {
            self.lease = None;
        }
        Some(entry)
    }

    /// Puts submitted or accepted work back into the queue.
    ///
    /// # Errors
    /// [`Refusal::Status`] in any other status.
    pub fn reopen(&mut self, cause: &Cause) -> Result<Entry, Refusal> {
        if !matches!(self.status, Status::Completed | Status::InReview | Status::Accepted) {
            return Err(Refusal::Status(self.status));
        }
        let detail = json!({"author": self.author()});
        self.submission = None;
        self.saved = 0;
        self.outcome = Outcome::default();
        self.reservation = None;
        let entry = self.enter(Status::Pending, "reopen", cause, Some(detail));
        self.lease = None;
        Ok(entry)
    }

    /// Cancels what is not decided yet.
    ///
    /// # Errors
    /// [`Refusal::Status`] where it is decided.
    pub fn cancel(&mut self, cause: &Cause) -> Result<Entry, Refusal> {
        if !self.status.is_undecided() {
            return Err(Refusal::Status(self.status));
        }
        let entry = self.enter(Status::Cancelled, "cancel", cause, None);
        self.lease = None;
        Ok(entry)
    }
}
