//! Deciding reviews, and the rework that a rejection makes.

use serde_json::json;

use super::{Assignment, Outcome, RangeKey, Reservation};
use crate::cause::Cause;
use crate::ids::UserId;
use crate::job::LeasePolicy;
use crate::key::ItemIndex;
use crate::log::Entry;
use crate::ranges::Ranges;
use crate::status::Status;
use crate::time::Time;

/// The outcome of a review, item by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Items accepted with labels.
    pub accepted: Vec<ItemIndex>,
    /// Items accepted as skipped.
    pub skipped: Vec<ItemIndex>,
    /// Items that go into the rework.
    pub rejected: Vec<ItemIndex>,
}

impl Assignment {
    /// Decides a review. With rejected items, the rework that redoes them comes back as well.
    pub fn decide(
        &mut self,
        user: UserId,
        decision: &Decision,
        policy: LeasePolicy,
        now: Time,
    ) -> (Entry, Option<(Self, Entry)>) {
        let rejected = Ranges::of_items(decision.rejected.iter().copied());
        let skipped = Ranges::of_items(decision.skipped.iter().copied());
        self.outcome =
            Outcome { accepted: decision.accepted.len() as i64, skipped: decision.skipped.len() as i64 };
        let status = if decision.rejected.is_empty() { Status::Accepted } else { Status::Rejected };
        let detail = json!({"rejected": rejected.to_string(), "skipped": skipped.to_string()});
        let entry = self.enter(status, "decide", &Cause::by(user, now), Some(detail));
        self.lease = None;
        let redone = status == Status::Rejected;
        (entry, redone.then(|| self.rework(rejected, user, policy, now)))
    }

    fn rework(&self, rejected: Ranges, user: UserId, policy: LeasePolicy, now: Time) -> (Self, Entry) {
        let key = RangeKey { round: self.key.round.next(), ..self.key };
        let mut child = Self::new(self.team, key, rejected, now);
        child.parent = Some(self.id);
        let until = now + policy.reserve;
        let author = self.author();
        child.reservation = author.map(|user| Reservation { user, until });
        child.needs_manager = child.key.round.0 > policy.rounds;
        let detail = json!({"parent": self.id, "ranges": child.ranges.to_string(), "reserved_for": child.reserved_for(),
            "waits_for_manager": child.needs_manager});
        let entry = child.enter(Status::Pending, "rework", &Cause::by(user, now), Some(detail));
        (child, entry)
    }
}
