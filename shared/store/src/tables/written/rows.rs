//! The rows that a transaction writes.

use std::collections::BTreeMap;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::log::Entry;
use swath_domain::progress::Progress;
use swath_domain::{Assignment, ItemIndex, LeaseEnd, Slot, Stage, Time};

use crate::model::events::NewEvent;
use crate::model::requests::Key;
use crate::model::rows::GrantRow;
use crate::model::verdicts::VerdictRow;
use crate::model::work::ItemWork;

/// All rows that a transaction writes, table by table.
#[derive(Default)]
pub(crate) struct Written {
    /// Assignments as they are now.
    pub(crate) changed: Vec<Assignment>,
    /// Reworks that come into being.
    pub(crate) created: Vec<Assignment>,
    pub(crate) granted: Vec<NewGrant>,
    pub(crate) ended: Vec<Ended>,
    pub(crate) entries: Vec<Entry>,
    /// What is added to the counters of each job.
    pub(crate) progress: BTreeMap<JobId, Progress>,
    pub(crate) saved: Vec<SavedRow>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) accepted: Vec<AcceptedRow>,
    pub(crate) events: Vec<NewEvent>,
}

/// A lease or a review that is granted.
pub(crate) struct NewGrant {
    pub(crate) lease: LeaseId,
    pub(crate) assignment: AssignmentId,
    pub(crate) job: JobId,
    pub(crate) holder: UserId,
    pub(crate) stage: Stage,
    pub(crate) fence: i64,
    pub(crate) key: Option<Key>,
    pub(crate) at: Time,
}

/// How a lease or a review has ended.
pub(crate) struct Ended {
    pub(crate) lease: LeaseId,
    pub(crate) how: LeaseEnd,
    pub(crate) at: Time,
    pub(crate) request: Option<Request>,
}

/// The request that submitted a lease or decided a review, and its answer where it is needed again.
pub(crate) struct Request {
    pub(crate) key: Key,
    pub(crate) answer: Option<String>,
}

impl Ended {
    pub(super) fn request_text(&self) -> Option<String> {
        self.request.as_ref().map(|request| request.key.text.clone())
    }

    pub(super) fn request_digest(&self) -> Option<Vec<u8>> {
        self.request.as_ref().map(|request| request.key.digest.clone())
    }

    pub(super) fn answer(&self) -> Option<String> {
        self.request.as_ref().and_then(|request| request.answer.clone())
    }

    /// Ends a grant in memory.
    pub(super) fn end(&self, grant: &mut GrantRow) {
        if grant.ended.is_none() {
            grant.ended = Some(self.how.code());
            (grant.request, grant.request_digest) = (self.request_text(), self.request_digest());
            grant.answer = self.answer();
        }
    }
}

/// An item that is to be saved.
#[derive(Debug, Clone)]
pub(crate) struct Save {
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    pub(crate) lease: LeaseId,
    pub(crate) work: ItemWork,
    pub(crate) now: Time,
}

/// An item as it is saved, at its new revision.
pub(crate) struct SavedRow {
    pub(crate) revision: i64,
    pub(crate) save: Save,
}

/// A verdict that is new, or takes the place of an earlier one.
pub(crate) struct Judged {
    pub(crate) submission: LeaseId,
    pub(crate) reviewer: UserId,
    pub(crate) lease: LeaseId,
    pub(crate) verdict: VerdictRow,
    pub(crate) at: Time,
}

/// An item that becomes final: by the table's key there is one for each item and slot.
pub(crate) struct AcceptedRow {
    pub(crate) job: JobId,
    pub(crate) item: ItemIndex,
    pub(crate) slot: Slot,
    pub(crate) assignment: AssignmentId,
    pub(crate) author: UserId,
    /// None where the review rule has accepted it.
    pub(crate) reviewer: Option<UserId>,
    pub(crate) skipped: bool,
    pub(crate) at: Time,
}
