//! An assignment and the only transitions that it knows. A transition checks its guard, changes the value and
//! returns the log entry that must be written with it; the store runs it on a row that it has locked.

mod status;

use serde_json::{Value, json};

use crate::ids::{AssignmentId, JobId, LeaseId, TeamId, UserId};
use crate::job::Terms;
use crate::log::Entry;
use crate::planted::{Bug, is};
use crate::ranges::Ranges;
use crate::time::Time;

pub use status::{Stage, Stale, Status};

/// Why a transition did not happen. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lease is not the current one.
    #[error("the lease is no longer current")]
    Stale(Stale),
    /// Someone else was quicker, or the person may not have it.
    #[error("the assignment is not available")]
    Unavailable,
    /// Items are neither confirmed nor skipped, or have no verdict.
    #[error("items are missing")]
    Incomplete(Vec<i64>),
    /// The item does not belong to the assignment.
    #[error("item {0} is not in the assignment")]
    ForeignItem(i64),
    /// The status does not allow it.
    #[error("an assignment that is {0:?} cannot be changed so")]
    Status(Status),
    /// The person has given an opinion on this range already.
    #[error("the same person has given another opinion on this range")]
    SecondOpinion,
    /// The token under which a review is done was made by the author of the work.
    #[error("the token that is used was made by the author of this work")]
    OwnWork,
}

/// What a lease is good for right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The work is held.
    Current,
    /// Its time ran out, but nobody has taken the work since.
    Lapsed,
}

/// The unit of work, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// Derived from job, round, number and slot.
    pub id: AssignmentId,
    /// The team, for reads that must not leave it.
    pub team: TeamId,
    /// The job.
    pub job: JobId,
    /// 1 for what was cut, one more for each rework.
    pub round: i64,
    /// Its number in the job, from 0; a rework keeps its parent's.
    pub number: i64,
    /// Which of the opinions asked for, from 0.
    pub slot: i64,
    /// The rejected submission that this one redoes.
    pub parent: Option<AssignmentId>,
    /// Its items.
    pub ranges: Ranges,
    /// How many they are.
    pub items: i64,
    /// Where it stands.
    pub status: Status,
    /// Grows with every grant and never shrinks.
    pub fence: i64,
    /// The current lease, or the lapsed one that nobody has replaced.
    pub lease: Option<LeaseId>,
    /// Whose lease that is.
    pub holder: Option<UserId>,
    /// When the lease lapses.
    pub expires: Time,
    /// When it can no longer be renewed.
    pub deadline: Time,
    /// Items confirmed by the present holder.
    pub confirmed: i64,
    /// Who submitted it.
    pub author: Option<UserId>,
    /// The lease under which it was submitted.
    pub submission: Option<LeaseId>,
    /// Whether the submission goes before a reviewer.
    pub review: bool,
    /// For whom it waits, until `reserved_until`.
    pub reserved_for: Option<UserId>,
    /// When anyone may take it.
    pub reserved_until: Time,
    /// Whether its rounds are used up, so that it waits for a manager.
    pub held: bool,
    /// Items accepted with labels, once it is decided.
    pub accepted: i64,
    /// Items accepted as skipped, once it is decided.
    pub skipped: i64,
    /// Entries in its log.
    pub seq: i64,
    /// Since when it has its status.
    pub since: Time,
}

/// Who does something, when and why.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// The moment.
    pub at: Time,
    /// The person; none where Swath itself acts.
    pub actor: Option<UserId>,
    /// Who made the person's token, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The reason, where one is given.
    pub reason: Option<String>,
}

impl Cause {
    /// A person's act.
    pub fn by(actor: UserId, at: Time) -> Self {
        Self { at, actor: Some(actor), ..Self::default() }
    }

    /// An act of Swath's own.
    pub fn own(at: Time) -> Self {
        Self { at, ..Self::default() }
    }

    /// The same through a token that somebody else made.
    pub fn through(mut self, token_maker: Option<UserId>) -> Self {
        self.token_maker = token_maker;
        self
    }

    /// The same with a reason.
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }
}

/// The outcome of a review, item by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Items accepted with labels.
    pub accepted: Vec<i64>,
    /// Items accepted as skipped.
    pub skipped: Vec<i64>,
    /// Items rejected.
    pub rejected: Vec<i64>,
}

impl Assignment {
    /// A new PENDING assignment.
    pub fn new(team: TeamId, job: JobId, key: (i64, i64, i64), ranges: Ranges, now: Time) -> Self {
        let (round, number, slot) = key;
        Self {
            id: AssignmentId::of(job, round, number, slot),
            team,
            job,
            round,
            number,
            slot,
            parent: None,
            items: ranges.items(),
            ranges,
            status: Status::Pending,
            fence: 0,
            lease: None,
            holder: None,
            expires: Time(0),
            deadline: Time(0),
            confirmed: 0,
            author: None,
            submission: None,
            review: false,
            reserved_for: None,
            reserved_until: Time(0),
            held: false,
            accepted: 0,
            skipped: 0,
            seq: 0,
            since: now,
        }
    }

    /// Whether nothing can have been saved under it yet, as long as its lease stands: it is the first, and has saved nothing.
    pub fn is_untouched(&self) -> bool {
        self.fence <= 1 && self.confirmed == 0
    }

    /// Whether this person may be given the work now, as far as the row itself tells.
    pub fn is_eligible(&self, stage: Stage, user: UserId, now: Time) -> bool {
        self.status == stage.waiting()
            && match stage {
                Stage::Annotate => {
                    !self.held
                        && (self.reserved_for.is_none_or(|person| person == user)
                            || self.reserved_until <= now && !is(Bug::ReservedForEver)
                            || is(Bug::ReservedForNobody))
                }
                Stage::Review => self.review && (self.author != Some(user) || is(Bug::SelfReview)),
            }
    }

    /// Grants a lease to annotate, or claims a review.
    pub fn grant(
        &mut self,
        stage: Stage,
        user: UserId,
        lease: LeaseId,
        terms: Terms,
        now: Time,
    ) -> Result<Entry, Refusal> {
        if !self.is_eligible(stage, user, now) {
            return Err(Refusal::Unavailable);
        }
        self.fence += i64::from(!is(Bug::FenceStands));
        self.lease = Some(lease);
        self.holder = Some(user);
        self.deadline = now + terms.deadline;
        self.expires = (now + terms.lease).min(self.deadline);
        self.confirmed = 0;
        let action = if stage == Stage::Annotate { "grant" } else { "claim" };
        Ok(self.enter(stage.held(), action, &Cause::by(user, now), None))
    }

    /// What this lease is still good for, if it stands on the row.
    pub fn hold(&self, stage: Stage, user: UserId, lease: LeaseId) -> Option<Hold> {
        if (self.lease != Some(lease) || self.holder != Some(user)) && !is(Bug::FenceUnchecked) {
            None
        } else if self.status == stage.held() {
            Some(Hold::Current)
        } else {
            (self.status == stage.waiting()).then_some(Hold::Lapsed)
        }
    }

    /// Keeps a lease alive; one that lapsed is revived. Gaining less than a quarter of the lease changes nothing.
    /// Refused from the hard deadline on.
    pub fn renew(
        &mut self,
        stage: Stage,
        user: UserId,
        terms: Terms,
        now: Time,
    ) -> Result<Option<Entry>, Refusal> {
        if now >= self.deadline && !is(Bug::DeadlineIgnored) {
            return Err(Refusal::Stale(Stale::Lapsed));
        }
        let expires = (now + terms.lease).min(self.deadline);
        if self.status == stage.held() {
            if (expires - self.expires) * 4 >= terms.lease && !is(Bug::RenewForgotten) {
                self.expires = expires;
            }
            return Ok(None);
        }
        self.expires = expires;
        Ok(Some(self.enter(stage.held(), "revive", &Cause::by(user, now), None)))
    }

    /// Hands in the whole assignment under a lease that holds or has lapsed; `review` says whether it is reviewed.
    pub fn submit(&mut self, user: UserId, review: bool, detail: Value, now: Time) -> Entry {
        let lease = self.lease;
        self.author = Some(user);
        self.submission = lease;
        self.review = review;
        self.confirmed = self.items;
        let entry = self.enter(Status::Completed, "submit", &Cause::by(user, now), Some(detail));
        self.clear_lease();
        entry
    }

    /// Gives the work back, unfinished.
    pub fn release(&mut self, stage: Stage, user: UserId, reason: Option<String>, now: Time) -> Entry {
        let entry = self.enter(stage.waiting(), "release", &Cause::by(user, now).because(reason), None);
        if !is(Bug::ReleaseKeepsLease) {
            self.clear_lease();
        }
        entry
    }

    /// Lets a lease lapse that has seen no sign of life; it stays on the row so that its holder can come back.
    pub fn expire(&mut self, now: Time) -> Result<Entry, Refusal> {
        let waiting = match self.status {
            Status::InProgress => Status::Pending,
            Status::InReview => Status::Completed,
            Status::Completed if is(Bug::ExpireFinished) => Status::Pending,
            other => return Err(Refusal::Status(other)),
        };
        let entry = self.enter(waiting, "expire", &Cause::own(now), None);
        if is(Bug::ExpireForgetsHolder) {
            self.clear_lease();
        }
        Ok(entry)
    }

    /// Decides a review, held or lapsed; with rejected items the rework that redoes them comes back as well.
    pub fn decide(
        &mut self,
        user: UserId,
        decision: &Decision,
        terms: Terms,
        now: Time,
    ) -> (Entry, Option<(Self, Entry)>) {
        let rejected = self.to_redo(decision);
        let skipped = Ranges::of_items(decision.skipped.iter().copied());
        self.accepted = decision.accepted.len() as i64;
        self.skipped = decision.skipped.len() as i64;
        let status = if decision.rejected.is_empty() { Status::Accepted } else { Status::Rejected };
        let detail = json!({"rejected": rejected.to_string(), "skipped": skipped.to_string()});
        let entry = self.enter(status, "decide", &Cause::by(user, now), Some(detail));
        self.clear_lease();
        let redone = status == Status::Rejected && !is(Bug::RequeueNothing);
        (entry, redone.then(|| self.rework(rejected, user, terms, now)))
    }

    fn to_redo(&self, decision: &Decision) -> Ranges {
        if is(Bug::RequeueAll) && !decision.rejected.is_empty() {
            return self.ranges.clone();
        }
        let spared = usize::from(is(Bug::RequeueOneLess) && decision.rejected.len() > 1);
        Ranges::of_items(decision.rejected.iter().skip(spared).copied())
    }

    fn rework(&self, rejected: Ranges, user: UserId, terms: Terms, now: Time) -> (Self, Entry) {
        let key = (self.round + 1, self.number, self.slot);
        let mut child = Self::new(self.team, self.job, key, rejected, now);
        child.parent = Some(self.id);
        child.reserved_for = self.author.filter(|_| !is(Bug::ReworkForAnyone));
        child.reserved_until = now + terms.reserve;
        child.held = child.round > terms.rounds && !is(Bug::RoundsUnbounded);
        let detail = json!({"parent": self.id, "ranges": child.ranges.to_string(), "reserved_for": child.reserved_for,
            "waits_for_manager": child.held});
        let entry = child.enter(Status::Pending, "rework", &Cause::by(user, now), Some(detail));
        (child, entry)
    }

    /// Accepts a submission that the review rule does not put before a reviewer.
    pub fn waive(&mut self, skipped: &[i64], now: Time) -> Result<Entry, Refusal> {
        if self.status != Status::Completed || self.review && !is(Bug::WaiveReviewed) {
            return Err(Refusal::Status(self.status));
        }
        self.skipped = if is(Bug::SkippedCounted) { 0 } else { skipped.len() as i64 };
        self.accepted = self.items - self.skipped;
        let detail = json!({"skipped": Ranges::of_items(skipped.iter().copied()).to_string()});
        Ok(self.enter(Status::Accepted, "waive", &Cause::own(now), Some(detail)))
    }

    /// Takes the work from whoever has it and reserves it for a person, or for anyone. A review goes back to the
    /// submissions that wait, which are never reserved.
    pub fn reassign(&mut self, to: Option<UserId>, until: Time, cause: &Cause) -> Result<Entry, Refusal> {
        if self.status == Status::InReview && to.is_none() {
            let detail = json!({"former_holder": self.holder});
            let entry = self.enter(Status::Completed, "reassign", cause, Some(detail));
            self.clear_lease();
            return Ok(entry);
        }
        if !matches!(self.status, Status::Pending | Status::InProgress) {
            return Err(Refusal::Status(self.status));
        }
        self.reserved_for = to;
        self.reserved_until = until;
        let detail = json!({"reserved_for": to, "reserved_until": until, "former_holder": self.holder});
        self.confirmed = 0;
        self.held = false;
        let entry = self.enter(Status::Pending, "reassign", cause, Some(detail));
        self.clear_lease();
        Ok(entry)
    }

    /// Ends what ties the work to a person who may no longer do it: the lease, current or expired, and the reservation.
    /// None where nothing does.
    pub fn free(&mut self, user: UserId, allowed: impl Fn(Stage) -> bool, cause: &Cause) -> Option<Entry> {
        let (stage, to) = match self.status {
            Status::Pending | Status::InProgress => (Stage::Annotate, Status::Pending),
            Status::Completed | Status::InReview => (Stage::Review, Status::Completed),
            Status::Accepted | Status::Rejected | Status::Cancelled => return None,
        };
        let leased = self.lease.is_some() && self.holder == Some(user);
        // Work that is leased to somebody else goes on; its reservation has ended, or it could not have been granted.
        let reserved = self.reserved_for == Some(user)
            && (self.status == Status::Pending || leased && stage == Stage::Annotate);
        if allowed(stage) || !leased && !reserved || is(Bug::LeaverKeepsLease) {
            return None;
        }
        let former = self.holder.filter(|_| leased);
        let detail =
            json!({"former_holder": former, "reserved_for": self.reserved_for.filter(|_| !reserved)});
        if stage == Stage::Annotate && leased {
            self.confirmed = 0;
        }
        if reserved {
            (self.reserved_for, self.reserved_until) = (None, Time(0));
        }
        let entry = self.enter(to, "free", cause, Some(detail));
        if leased {
            self.clear_lease();
        }
        Some(entry)
    }

    /// Puts submitted or accepted work back into the queue.
    pub fn reopen(&mut self, cause: &Cause) -> Result<Entry, Refusal> {
        let rejected = self.status == Status::Rejected && is(Bug::ReopenRejected);
        if !matches!(self.status, Status::Completed | Status::InReview | Status::Accepted) && !rejected {
            return Err(Refusal::Status(self.status));
        }
        let detail = json!({"author": self.author});
        self.author = None;
        self.submission = None;
        self.review = false;
        self.confirmed = 0;
        self.accepted = 0;
        self.skipped = 0;
        self.reserved_for = None;
        let entry = self.enter(Status::Pending, "reopen", cause, Some(detail));
        self.clear_lease();
        Ok(entry)
    }

    /// Calls off what is not decided yet.
    pub fn cancel(&mut self, cause: &Cause) -> Result<Entry, Refusal> {
        let spared = self.status == Status::InProgress && is(Bug::CancelSparesHeld);
        let accepted = self.status == Status::Accepted && is(Bug::CancelAccepted);
        if !self.status.is_undecided() && !accepted || spared {
            return Err(Refusal::Status(self.status));
        }
        let entry = self.enter(Status::Cancelled, "cancel", cause, None);
        self.clear_lease();
        Ok(entry)
    }

    fn clear_lease(&mut self) {
        self.lease = None;
        self.holder = None;
        self.expires = Time(0);
        self.deadline = Time(0);
    }

    /// Takes on a status and writes down how it came to that.
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
            lease_id: self.lease,
            fence: self.fence,
            reason: cause.reason.clone(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests;
