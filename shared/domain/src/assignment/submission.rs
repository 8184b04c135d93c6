//! Submitting work, and accepting it without a reviewer.

use serde_json::{Value, json};

use super::{Assignment, Outcome, Refusal, Submission};
use crate::cause::Cause;
use crate::ids::UserId;
use crate::key::ItemIndex;
use crate::log::Entry;
use crate::ranges::Ranges;
use crate::status::Status;
use crate::time::Time;

impl Assignment {
    /// Submits the whole assignment under the lease that stands on it; `for_review` says whether a reviewer decides.
    pub fn submit(&mut self, user: UserId, for_review: bool, detail: Value, now: Time) -> Entry {
        self.submission = self.lease_id().map(|id| Submission { id, author: user, for_review });
        self.saved = self.items;
        let entry = self.enter(Status::Completed, "submit", &Cause::by(user, now), Some(detail));
        self.lease = None;
        entry
    }

    /// Accepts a submission that the review rule does not put before a reviewer.
    ///
    /// # Errors
    /// [`Refusal::Status`] where nothing is submitted or a reviewer decides.
    pub fn waive(&mut self, skipped: &[ItemIndex], now: Time) -> Result<Entry, Refusal> {
        if self.status != Status::Completed || self.is_for_review() {
            return Err(Refusal::Status(self.status));
        }
        let count = skipped.len() as i64;
        self.outcome = Outcome { accepted: self.items - count, skipped: count };
        let detail = json!({"skipped": Ranges::of_items(skipped.iter().copied()).to_string()});
        Ok(self.enter(Status::Accepted, "waive", &Cause::own(now), Some(detail)))
    }
}
